"""Bounds of what a request carries, before the framework reads it: size, and the time it may take."""

from __future__ import annotations

import asyncio
from time import monotonic

from karwan.web.bytecache import App, Message, Receive, Scope, Send

MOST_BYTES = 64_000_000
"""Of one request: an export of a register with its files. Evidence and text have narrower bounds of their own."""
MOST_SECONDS = 120.0


class Bodies:
    """An ASGI application before another: refuses a body that is too large (413) or comes too slowly (408)."""

    def __init__(self, app: App, most: int = MOST_BYTES, seconds: float = MOST_SECONDS) -> None:
        self.app, self.most, self.seconds = app, most, seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, or refuse."""
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD"):
            await self.app(scope, receive, send)
            return
        length = dict(scope["headers"]).get(b"content-length", b"0")
        if not length.isdigit() or int(length) > self.most:
            await _refuse(send, 413, f"The request is too large. Send at most {self.most // 1_000_000} MB.")
            return
        try:
            parts = await self._read(receive)
        except TimeoutError:
            await _refuse(send, 408, "The request came too slowly. Send it again.")
            return
        if parts is None:
            await _refuse(send, 413, f"The request is too large. Send at most {self.most // 1_000_000} MB.")
            return

        async def again() -> Message:
            return parts.pop(0) if parts else await receive()

        await self.app(scope, again, send)

    async def _read(self, receive: Receive) -> list[Message] | None:
        """The messages of a body; None where it is too large. TimeoutError where it is too slow."""
        parts: list[Message] = []
        size, until = 0, monotonic() + self.seconds
        while True:
            message = await asyncio.wait_for(receive(), until - monotonic())
            parts.append(message)
            size += len(message.get("body", b""))
            if size > self.most:
                return None
            if not message.get("more_body"):
                return parts


async def _refuse(send: Send, status: int, text: str) -> None:
    body = text.encode()
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        (b"x-content-type-options", b"nosniff"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
