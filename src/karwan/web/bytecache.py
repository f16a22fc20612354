"""Answers of the server kept as bytes before the framework: equal addresses are answered from memory, compressed once."""

from __future__ import annotations

import gzip
from collections import OrderedDict
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import brotli

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[..., Awaitable[None]]
Headers = list[tuple[bytes, bytes]]
Kept = tuple[int, Headers, bytes]

_TEXT = (b"text/", b"application/json", b"application/javascript", b"image/svg", b"application/geo+json")
_LEAST = 700  # bytes below which nothing is compressed


class ByteCache:
    """An ASGI application before another.

    Parameters
    ----------
    app
        The one behind.
    version
        Says what answers rest on; what was kept under another is not used.
    bound
        Bytes kept.
    """

    def __init__(self, app: App, version: Callable[[], str], bound: int = 64 << 20) -> None:
        self.app, self.version, self.bound = app, version, bound
        self._kept: OrderedDict[tuple[object, ...], Kept] = OrderedDict()
        self._size = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer from memory, or pass on and keep what may be kept."""
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
            await self.app(scope, receive, send)
            return
        asked = dict(scope["headers"])
        coding = _coding(asked.get(b"accept-encoding", b""))
        key = (
            scope["path"],
            scope["query_string"],
            coding,
            asked.get(b"hx-request"),
            asked.get(b"host"),
            self.version(),
        )
        kept = self._kept.get(key)
        if kept is None:
            kept = await self._passed(scope, receive, key, coding)
        else:
            self._kept.move_to_end(key)
        await _reply(send, kept, asked, head=scope["method"] == "HEAD")

    async def _passed(self, scope: Scope, receive: Receive, key: tuple[object, ...], coding: bytes) -> Kept:
        """Answer of the application behind, compressed, and kept where it says that it may be."""
        start: Message = {}
        body = bytearray()

        async def collect(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
            else:
                body.extend(message.get("body", b""))

        await self.app({**scope, "method": "GET"}, receive, collect)
        if not start:  # the reader went away before there was an answer
            return 503, [], b""
        headers: Headers = [h for h in start["headers"] if h[0].lower() != b"content-length"]
        found = dict(headers)
        content = _compressed(bytes(body), found, headers, coding)
        answer = (int(start["status"]), headers, content)
        if start["status"] == 200 and (b"ETag" in found or b"etag" in found):
            self._keep(key, answer)
        return answer

    def _keep(self, key: tuple[object, ...], answer: Kept) -> None:
        self._kept[key] = answer
        self._size += len(answer[2])
        while self._size > self.bound:
            _, old = self._kept.popitem(last=False)
            self._size -= len(old[2])


def _coding(accepted: bytes) -> bytes:
    return b"br" if b"br" in accepted else b"gzip" if b"gzip" in accepted else b""


def _compressed(body: bytes, found: dict[bytes, bytes], headers: Headers, coding: bytes) -> bytes:
    kind = found.get(b"Content-Type", found.get(b"content-type", b""))
    if not coding or len(body) < _LEAST or not kind.startswith(_TEXT):
        return body
    headers.append((b"content-encoding", coding))
    headers.append((b"vary", b"Accept-Encoding"))
    if coding == b"br":
        return bytes(brotli.compress(body, quality=5))
    return gzip.compress(body, 6, mtime=0)


async def _reply(send: Send, kept: Kept, asked: dict[bytes, bytes], *, head: bool) -> None:
    status, headers, body = kept
    tag = next((value for name, value in headers if name.lower() == b"etag"), None)
    if status == 200 and tag is not None and asked.get(b"if-none-match") == tag:
        status, body = 304, b""
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [*headers, length]})
    await send({"type": "http.response.body", "body": b"" if head else body})
