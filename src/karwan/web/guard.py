"""Bounds and headers of every request that the framework does not set itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from asgiref.sync import markcoroutinefunction
from django.http import HttpRequest, HttpResponse, HttpResponseBase

LONGEST_QUERY = 8_000
MOST_NAMES = 120
_SAFE = ("GET", "HEAD", "OPTIONS")


class Guard:
    """Refuses what is too long or comes from another site; says that no other site may embed an answer."""

    async_capable = True
    sync_capable = False

    def __init__(self, get_response: Callable[[HttpRequest], Awaitable[HttpResponseBase]]) -> None:
        self.get_response = get_response
        markcoroutinefunction(self)

    async def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer, or refuse; DisallowedHost where the host is not one of this machine's own names."""
        request.get_host()
        refused = _refused(request)
        answer = HttpResponse(refused[1], status=refused[0], content_type="text/plain") if refused else None
        found = answer or await self.get_response(request)
        found.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        return found


def _refused(request: HttpRequest) -> tuple[int, str] | None:
    query = request.META.get("QUERY_STRING", "")
    if len(query) > LONGEST_QUERY or query.count("&") >= MOST_NAMES:
        return 414, "The address is too long. Ask for fewer things at once."
    if request.method not in _SAFE and request.headers.get("Sec-Fetch-Site", "same-origin") not in (
        "same-origin",
        "none",
    ):
        return 403, "This came from another site. Send it from the page itself."
    return None
