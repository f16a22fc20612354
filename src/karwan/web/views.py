"""Requests to answers: each hands a job to the workers and puts what comes back into a template or a file."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render

from karwan.errors import InvalidInput, KarwanError
from karwan.runs.job import Job
from karwan.runs.pool import JobFailed, PoolFull, Ticket
from karwan.web.assets import MEDIA, static_files
from karwan.web.openapi import ROOT, answered_screens, document
from karwan.web.screens import FORMS, SCREENS, SOURCES, SUBS, TABS, Screen
from karwan.web.site import DOWNLOAD, PAGE, Site
from karwan.web.templating import address

log = logging.getLogger("karwan.web")
PATIENCE = 1.0
"""Seconds a page waits before it says that it is on its way."""
LONGEST = 300.0
_SCENARIO = re.compile(r"[a-z0-9_]{1,80}")
_AS_IT_IS = "today"
"""The case without a scenario, as `karwan scenario trade` calls it."""
_LONG_LIVED = "public, max-age=31536000, immutable"
_LIVED = "no-cache"
_LABELS = {"geojson": "GeoJSON"}
_HELD: list[Site] = []


def hold(site: Site) -> None:
    """Say which site the views answer for; once a process."""
    _HELD[:] = [site]


def the_site() -> Site:
    """The site the views answer for."""
    return _HELD[0]


async def home(request: HttpRequest) -> HttpResponse:
    """The way to the case."""
    return HttpResponseRedirect(the_site().root)


async def healthz(request: HttpRequest) -> HttpResponse:
    """Whether the server is up, for whatever looks after it."""
    return JsonResponse({"ok": True})


async def page(request: HttpRequest, case: str, screen: Screen, **ids: str) -> HttpResponse:
    """A screen as a page."""
    if case != the_site().case_id:
        return not_found(request)
    return await shown(request, screen, ids)


async def shown(
    request: HttpRequest,
    screen: Screen,
    ids: Mapping[str, str],
    more: Mapping[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    """A screen as a page; `more` is what its form came to, and then nothing of it is kept."""
    site = the_site()
    query = asked_query(request, screen)
    try:
        job = _job(site, PAGE, screen, query, ids)
        ticket = site.submit(job, visitor(request))
        key = await _within(ticket, PATIENCE if more is None else LONGEST)
    except TimeoutError:
        waiting = _page(request, screen, query, {"waiting": _waiting(site, ticket)}, "waiting.html", 202)
        waiting.headers["Retry-After"] = "1"
        return waiting
    except KarwanError as error:
        return _refusal(request, screen, query, error)
    content = json.loads(site.pool.kept.read(key) or b"{}")
    found = int(content.get("status", 200))
    template = screen.template if found == 200 else "error.html"
    answer = _page(
        request, screen, query, {**content, **(more or {})}, template, found if found != 200 else status
    )
    if screen.posts:
        answer.headers["Cache-Control"] = (
            "no-store"  # its forms hold a token, and it changes with what is said
        )
    elif found == 200:
        answer.headers["ETag"] = f'"{key[:32]}"'
        answer.headers["Cache-Control"] = _LIVED
    return answer


async def download(request: HttpRequest, case: str, screen: Screen, form: str, **ids: str) -> HttpResponse:
    """A file of a screen."""
    site = the_site()
    if case != site.case_id:
        return not_found(request)
    query = asked_query(request, screen)
    try:
        key, status, kind, content = await _file(request, screen, query, form, ids)
    except KarwanError as error:
        return _envelope(error)
    answer = HttpResponse(content, status=int(status), content_type=kind)
    if status == "200":
        answer.headers["ETag"] = f'"{key[:32]}"'
        answer.headers["Cache-Control"] = _LIVED
        name = f"{case}-{screen.address.replace('/', '-') or 'brief'}.{form}"
        shown = "attachment" if form in ("xlsx", "csv", "geojson") else "inline"
        answer.headers["Content-Disposition"] = f'{shown}; filename="{name}"'
    return answer


async def _file(
    request: HttpRequest, screen: Screen, query: list[tuple[str, str]], form: str, ids: Mapping[str, str]
) -> tuple[str, str, str, bytes]:
    """Key, status, media type and bytes of a file of a screen."""
    site = the_site()
    job = _job(site, DOWNLOAD, screen, [*query, ("form", form)], ids)
    key = await _waited(site, site.submit(job, visitor(request)))
    head, _, content = (site.pool.kept.read(key) or b"500 text/plain\n").partition(b"\n")
    status, _, kind = head.decode().partition(" ")
    return key, status, kind, content


async def file_bytes(request: HttpRequest, screen: Screen, query: list[tuple[str, str]], form: str) -> bytes:
    """Bytes of a file of a screen.

    Raises
    ------
    InvalidInput
        It has none for what is asked.
    """
    _, status, _, content = await _file(request, screen, query, form, {})
    if status != "200":
        raise InvalidInput(**json.loads(content)["errors"][0])
    return content


async def static(request: HttpRequest, name: str) -> HttpResponse:
    """A script or style sheet of the page."""
    path = static_files().get(name)
    if path is None:
        return not_found(request)
    answer = HttpResponse(path.read_bytes(), content_type=MEDIA[path.suffix])
    answer.headers["Cache-Control"] = _LONG_LIVED
    answer.headers["ETag"] = f'"{name}"'
    return answer


async def picture(request: HttpRequest, tag: str, name: str) -> HttpResponse:
    """A picture or font that a worker makes once; its address changes with what it is made from."""
    site = the_site()
    try:
        key = await _waited(site, site.submit(site.picture(name), visitor(request)))
    except KarwanError as error:
        return _envelope(error)
    kind, _, content = (site.pool.kept.read(key) or b"\n").partition(b"\n")
    if not content:
        return not_found(request)
    answer = HttpResponse(content, content_type=kind.decode())
    answer.headers["Cache-Control"] = _LONG_LIVED
    answer.headers["ETag"] = f'"{key[:32]}"'
    return answer


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """No such page: what there is instead."""
    error = {
        "fact": "There is no such page.",
        "evidence": f"asked for {request.path[:200]}",
        "fix": "choose one of the pages above.",
    }
    if request.path.startswith(ROOT) or request.path.endswith(tuple(f".{form}" for form in FORMS)):
        return JsonResponse(
            {"ok": False, "error": error["fact"], "errors": [error], "status": 404}, status=404
        )
    return _page(request, SCREENS[0], [], {"error": error}, "error.html", 404)


def failed(request: HttpRequest) -> HttpResponse:
    """Something went wrong that nobody foresaw; the log has more."""
    return _page(request, SCREENS[0], [], {"error": _unforeseen("")}, "error.html", 500)


def asked_query(request: HttpRequest, screen: Screen) -> list[tuple[str, str]]:
    """Names and values of the address that the screen knows, cleaned of blanks, in its own order."""
    return [
        (name, value.strip()[:400])
        for name in screen.known
        for value in request.GET.getlist(name)
        if value.strip()
    ]


def _job(site: Site, task: str, screen: Screen, query: list[tuple[str, str]], ids: Mapping[str, str]) -> Job:
    parts = [part.strip() for name, value in query if name == "scenario" for part in value.split(",")]
    named = [name for name in parts if _SCENARIO.fullmatch(name)]
    if (
        "scenarios" in screen.known
    ):  # it asks about scenarios: those of the frame are its question, and the case stands as it is
        if named and not any(name == "scenarios" for name, _ in query):
            query = [*query, ("scenarios", ",".join(named))]
        named = []
    named = [name for name in named if name != _AS_IT_IS]
    asked = [("address", screen.address), *((f"id:{name}", value) for name, value in ids.items()), *query]
    if screen.posts:
        asked.append(("today", str(datetime.now(UTC).date())))  # what is late changes with the day
    return site.job(task, asked, named)


async def _within(ticket: Ticket, seconds: float) -> str:
    """Key of the answer of a ticket; TimeoutError where it is not there in time."""
    answer = asyncio.wrap_future(ticket.answer)
    answer.add_done_callback(_seen)
    return await asyncio.wait_for(asyncio.shield(answer), seconds)


async def _waited(site: Site, ticket: Ticket) -> str:
    """Key of the answer of a ticket that a file waits for; JobFailed, to be asked again, where that takes very long."""
    try:
        return await _within(ticket, LONGEST)
    except TimeoutError:
        place = site.pool.place(ticket)
        raise JobFailed(
            "The file is still on its way.",
            f"{place} questions go first" if place else "it is being computed",
            "ask again in a minute: the work goes on, and its answer is kept.",
        ) from None


def _seen(answer: asyncio.Future[str]) -> None:
    """Take note of a failure nobody waits for any more: who asks again is told."""
    if not answer.cancelled():
        answer.exception()


def _waiting(site: Site, ticket: Ticket) -> dict[str, Any]:
    return {"place": site.pool.place(ticket), "progress": ticket.progress}


def visitor(request: HttpRequest) -> str:
    """Who asks, for the limits."""
    return str(request.META.get("REMOTE_ADDR", ""))


def _refusal(
    request: HttpRequest, screen: Screen, query: list[tuple[str, str]], error: KarwanError
) -> HttpResponse:
    """A full queue or a job without an answer, as a page."""
    status, content = _refused(error)
    answer = _page(request, screen, query, {"error": content}, "error.html", status)
    if status == 503:
        answer.headers["Retry-After"] = "20"
    return answer


def _refused(error: BaseException) -> tuple[int, dict[str, str]]:
    if isinstance(error, PoolFull):
        return 503, {"fact": error.fact, "evidence": error.evidence, "fix": error.fix}
    if isinstance(error, JobFailed) and not error.trace:
        return 503, {"fact": error.fact, "evidence": error.evidence, "fix": error.fix}
    number = secrets.token_hex(4)
    log.error("answer %s failed: %s", number, getattr(error, "trace", "") or repr(error))
    return 500, _unforeseen(number)


def _unforeseen(number: str) -> dict[str, str]:
    named = f" It is number {number} in the log of the server." if number else ""
    return {
        "fact": "The answer could not be computed.",
        "evidence": f"something went wrong that nobody foresaw.{named}",
        "fix": "ask in another way, or ask the command line.",
    }


def _envelope(error: BaseException) -> HttpResponse:
    status, content = _refused(error)
    answer = JsonResponse(
        {"ok": False, "error": content["fact"], "errors": [content], "status": status}, status=status
    )
    if status == 503:
        answer.headers["Retry-After"] = "20"
    return answer


def _page(
    request: HttpRequest,
    screen: Screen,
    query: list[tuple[str, str]],
    content: Mapping[str, Any],
    template: str,
    status: int,
) -> HttpResponse:
    site = the_site()
    carried = [(name, value) for name, value in query if name in ("as_of", "scenario")]
    context = {
        "site": site.facts,
        "register_served": site.register is not None,
        "root": site.root,
        "tabs": TABS,
        "subs": SUBS.get(screen.tab, ()),
        "screen": screen,
        "screens": SCREENS,
        "query": query,
        "carried": address(carried),
        "here": request.path,
        "full": request.get_full_path(),
        "files": _files(request, screen, query, content),
        "tag": site.tag(),
        "with_one": lambda name, value: address([*_without(query, name), (name, str(value))]),
        "with_more": lambda name, value: address([*query, (name, str(value))]),
        "without_scenario": address(_without(query, "scenario")),
        "carry": lambda to: _carried_to(to, site.root, carried),
        "source_at": lambda number: _source_at(carried, int(number)),
        **content,
    }
    return render(request, template, context, status=status)


def _carried_to(to: str, root: str, carried: list[tuple[str, str]]) -> str:
    """A link of a table with the day and the scenario of the page it stands on, where it leads to another page of the case."""
    more = address(carried)
    if not more or not to.startswith(root) or "#" in to:
        return to
    return f"{to}&{more[1:]}" if "?" in to else f"{to}{more}"


def _source_at(carried: list[tuple[str, str]], number: int) -> str:
    """Query of the page of the list of sources that a source stands on, by its number."""
    part = (number - 1) // SOURCES + 1
    return address([*carried, ("rows", f"sources.{part}")] if part > 1 else carried)


def _without(query: list[tuple[str, str]], name: str) -> list[tuple[str, str]]:
    return [pair for pair in query if pair[0] != name]


def _files(
    request: HttpRequest, screen: Screen, query: list[tuple[str, str]], content: Mapping[str, Any]
) -> list[tuple[str, str]]:
    """Label and address of each file of a page."""
    kept = [pair for pair in query if pair[0] not in ("rows", "figure")]
    stem = request.path.rstrip("/") if screen.address else f"{request.path}brief"
    return [
        (_LABELS.get(end, end.upper()), f"{stem}.{end}{address(kept)}") for end in content.get("ends", ())
    ]


async def openapi(request: HttpRequest) -> HttpResponse:
    """What programs may ask, as OpenAPI 3.1."""
    return JsonResponse(document(str(the_site().facts["title"])))


async def api(request: HttpRequest, name: str) -> HttpResponse:
    """The JSON of an analysis by its name, the same bytes as its page's file."""
    screen = next((one for one in answered_screens() if one.asks.replace(" ", "/") == name), None)
    if screen is None:
        return not_found(request)
    return await download(request, the_site().case_id, screen, "json")
