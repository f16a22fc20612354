"""A served case without a network: workers, framework and byte cache, asked in the process of the tests."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

pytest.importorskip("django", reason="the extra `web` is not installed")

from karwan.runs.pool import Limits
from karwan.web.bytecache import App
from karwan.web.serve import served
from karwan.web.site import Site

CASE = "toyland"


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
    """Toyland served by one worker."""
    folder: Path = tmp_path_factory.mktemp("answers")
    with served(CASE, folder=folder, limits=Limits(workers=1)) as (site, app):
        yield Served(app, site)
