"""A served case without a network: workers, framework and byte cache, asked in the process of the tests."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import httpx
import pytest

pytest.importorskip("django", reason="the extra `web` is not installed")

from karwan.runs.pool import Limits
from karwan.web.bytecache import App
from karwan.web.serve import served
from karwan.web.site import Site

CASE = "toyland"
A = TypeVar("A")


@dataclass
class Served:
    """The application and its site; `get` asks it as a browser would."""

    app: App
    site: Site

    def get(self, address: str, **headers: str) -> httpx.Response:
        """Answer to an address, looked at again while it says that it is on its way."""
        return asyncio.run(self._get(address, headers))

    def page(self, address: str) -> httpx.Response:
        """A page under language and case."""
        return self.get(f"{self.site.root}{address}")

    def run(self, asked: Callable[[httpx.AsyncClient], Awaitable[A]]) -> A:
        """What a reader with cookies does, one thing after the other."""

        async def inside() -> A:
            transport = httpx.ASGITransport(self.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
                return await asked(client)

        return asyncio.run(inside())

    async def _get(self, address: str, headers: dict[str, str]) -> httpx.Response:
        transport = httpx.ASGITransport(self.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            answer = await client.get(address, headers=headers)
            while answer.status_code == 202:
                await asyncio.sleep(0.2)
                answer = await client.get(address, headers=headers)
        return answer


@pytest.fixture(scope="session")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Toyland served by one worker, with a register that begins empty."""
    folder: Path = tmp_path_factory.mktemp("answers")
    register = str(tmp_path_factory.mktemp("register") / "plan.register")
    with served(CASE, folder=folder, register=register, limits=Limits(workers=1)) as (site, app):
        yield Served(app, site)
