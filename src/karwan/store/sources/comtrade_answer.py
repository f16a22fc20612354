"""One answer of UN Comtrade's service: fetched within bounds of size and time, and checked_answer before it is used."""

from __future__ import annotations

import json
import threading
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from karwan.errors import KarwanError

# Unpacked; an answer that is larger is asked for in parts.
MAX_ANSWER_BYTES = 192 * 2**20
_PIECE = 64 * 2**10


class ServiceError(KarwanError, ConnectionError):
    """The service could not be reached or does not answer in its format."""


class TooLarge(ServiceError):
    """An answer is larger than is read at a time."""


@dataclass(frozen=True)
class HttpAnswer:
    """Status, headers and unpacked text of an answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as JSON; ValueError where it is none."""
        try:
            return json.loads(self.body)
        except RecursionError as error:
            raise ValueError("it is nested too deep") from error


def get(url: str, parameters: Mapping[str, str], headers: Mapping[str, str], timeout_s: float) -> HttpAnswer:
    """Ask once and read the whole answer.

    Parameters
    ----------
    timeout_s
        Longest time from the question to the last byte of the answer, however slowly it comes.

    Raises
    ------
    httpx.HTTPError
        The connection failed; another try may do.
    TooLarge
        The answer is larger than `MAX_ANSWER_BYTES` unpacked.
    ServiceError
        The answer is not complete in time, or packed in a way not asked for.
    """
    late = threading.Event()
    client = httpx.Client(timeout=timeout_s)

    def hang_up() -> None:
        late.set()
        client.close()

    watch = threading.Timer(timeout_s, hang_up)
    watch.daemon = True
    watch.start()
    ask = {"Accept-Encoding": "gzip", **headers}
    try:
        with client, client.stream("GET", url, params=dict(parameters), headers=ask) as response:
            body = _body(response, late)
            return HttpAnswer(response.status_code, dict(response.headers), body)
    except KarwanError:
        raise
    except (httpx.HTTPError, OSError, RuntimeError) as error:
        if late.is_set() or isinstance(error, httpx.TimeoutException):
            raise _too_slow(timeout_s) from error
        if isinstance(error, httpx.HTTPError):
            raise
        raise httpx.ReadError(str(error)) from error
    finally:
        watch.cancel()


def _too_slow(timeout_s: float) -> ServiceError:
    return ServiceError(
        f"Comtrade did not finish its answer in {timeout_s:g} s.",
        fix="Ask for fewer periods, partners or products, or give more time: --set timeout_s=300.",
    )


def _body(response: httpx.Response, late: threading.Event) -> bytes:
    """Unpacked bytes of the answer, never more than the limit."""
    coding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if coding not in ("identity", "gzip", "deflate", ""):
        raise ServiceError(
            f"Comtrade's answer is packed as `{coding[:40]}`, which was not asked for.",
            fix="Look for a proxy between here and the service.",
        )
    unpack = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32) if coding in ("gzip", "deflate") else None
    body = bytearray()
    for piece in response.iter_raw(_PIECE):
        if late.is_set():
            raise httpx.ReadTimeout("the answer came too slowly")
        try:
            unpacked = piece if unpack is None else unpack.decompress(piece, MAX_ANSWER_BYTES - len(body) + 1)
        except zlib.error as error:
            raise httpx.ReadError(f"the answer cannot be unpacked: {error}") from error
        body += unpacked
        if len(body) > MAX_ANSWER_BYTES:
            raise TooLarge(
                f"Comtrade's answer is larger than {MAX_ANSWER_BYTES // 2**20} MiB.",
                fix="Ask for fewer periods, partners or products at a time.",
            )
    if unpack is not None and not unpack.eof and body:
        raise httpx.ReadError("the packed answer is cut")
    return bytes(body)


def checked_answer(document: Any) -> dict[str, Any]:
    """A document whose `count` and `data` are what the format says.

    Raises
    ------
    ServiceError
        They are not: asking again would bring the same.
    """
    count, data = document.get("count"), document["data"]
    whole = count is None or (isinstance(count, int | float) and count == count // 1 and abs(count) < 1e15)
    fault = ""
    if isinstance(count, bool) or not whole:
        fault = f"`count` is {json.dumps(count)[:60]}, no number of records"
    for place, record in enumerate(data, 1):
        if not isinstance(record, dict):
            fault = f"entry {place} of `data` is {json.dumps(record)[:60]}, no record"
            break
    if fault:
        raise ServiceError(
            "Comtrade's answer is not in its format.",
            evidence=fault,
            fix="Check the address of the service (--set url), or go on later.",
        )
    return {**document, "count": int(count or 0)}
