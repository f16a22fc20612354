"""What is written in the browser: the forms of the register, each answered by the page it leads to, and its files."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import zipfile
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse

from karwan.errors import InvalidInput, KarwanError, UnknownName
from karwan.register.entry import checked_digest
from karwan.register.rules import Overtaken, Refused
from karwan.web import saying
from karwan.web.assets import EVIDENCE
from karwan.web.saying import Plan, Upload
from karwan.web.screens import Screen
from karwan.web.site import FACTS, Site
from karwan.web.templating import address
from karwan.web.views import asked_query, file_bytes, not_found, page, shown, the_site, visitor

log = logging.getLogger("karwan.web")
Said = dict[str, Any]


async def either(request: HttpRequest, case: str, screen: Screen, **ids: str) -> HttpResponse:
    """A screen with forms: read by GET, written by POST."""
    if request.method != "POST":
        return await page(request, case=case, screen=screen, **ids)
    site = the_site()
    if case != site.case_id:
        return not_found(request)
    if not site.register:
        return await _told(request, screen, ids, _no_register())
    try:
        return await _POSTS[screen.posts](request, site, screen, ids)
    except KarwanError as error:
        return await _told(request, screen, ids, error)


async def _promise(request: HttpRequest, site: Site, screen: Screen, ids: dict[str, str]) -> HttpResponse:
    """Write one entry about a promise."""
    form = _fields(request)
    plan, upload = await _plan(site, request), _upload(request, "file")
    entry = await asyncio.to_thread(saying.write, str(site.register), plan, ids["id"], form, upload)
    site.look_again()
    return _see(request, [("said", str(entry.number))])


async def _exchange(request: HttpRequest, site: Site, screen: Screen, ids: dict[str, str]) -> HttpResponse:
    """Sign, send, receive or verify a chain."""
    form = _fields(request)
    did = _DOES.get(form.get("do", ""))
    if did is None:
        raise InvalidInput("That form is not known.", "", "open the page again.")
    return await did(request, site, screen, form)


async def _signed(request: HttpRequest, site: Site, screen: Screen, form: Said) -> HttpResponse:
    await asyncio.to_thread(saying.sign, str(site.register))
    site.look_again()
    return _see(request, [("did", "signed"), *asked_query(request, screen)])


async def _sent(request: HttpRequest, site: Site, screen: Screen, form: Said) -> HttpResponse:
    content = await asyncio.to_thread(saying.sent, str(site.register))
    site.look_again()
    return attachment(f"{site.case_id}-register.karwan", content)


async def _received(request: HttpRequest, site: Site, screen: Screen, form: Said) -> HttpResponse:
    count = await asyncio.to_thread(saying.received, str(site.register), _needed(request, "merged"))
    site.look_again()
    return _see(request, [("did", "merged"), ("count", str(count))])


async def _verified(request: HttpRequest, site: Site, screen: Screen, form: Said) -> HttpResponse:
    head = _head(form.get("head", ""))
    upload = _needed(request, "verified")
    export, broken = await asyncio.to_thread(saying.checked, upload, head)
    found = {
        "name": upload.name[:120],
        "chain": export.chain_id[:40],
        "entries": len(export.entries),
        "checkpoints": len(export.checkpoints),
        "files": len(export.files),
        "broken": broken,
    }
    return await shown(request, screen, {}, {"verified": found})


async def _packed(request: HttpRequest, site: Site, screen: Screen, form: Said) -> HttpResponse:
    """The pack as one file: in print, as a workbook, as JSON, and the signed chain it speaks of."""
    chain = await asyncio.to_thread(saying.sent, str(site.register))
    site.look_again()
    query = asked_query(request, screen)
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for end in ("pdf", "xlsx", "json"):
            archive.writestr(f"pack.{end}", await file_bytes(request, screen, query, end))
        archive.writestr("register.karwan", chain)
    return attachment(f"{site.case_id}-pack.zip", made.getvalue())


_Posted = Callable[[HttpRequest, Site, Screen, dict[str, str]], Awaitable[HttpResponse]]
_POSTS: dict[str, _Posted] = {"promise": _promise, "exchange": _exchange}
_DOES: dict[str, Callable[[HttpRequest, Site, Screen, Said], Awaitable[HttpResponse]]] = {
    "sign": _signed,
    "send": _sent,
    "merge": _received,
    "verify": _verified,
    "pack": _packed,
}


async def evidence(request: HttpRequest, case: str, digest: str) -> HttpResponse:
    """A file of the register, to be kept and never shown in the page."""
    site = the_site()
    if case != site.case_id or not site.register:
        return not_found(request)
    try:
        found = await asyncio.to_thread(saying.file_said, site.register, digest)
    except UnknownName:
        found = None
    if found is None:
        return not_found(request)
    return attachment(found.name, found.content)


def attachment(name: str, content: bytes) -> HttpResponse:
    """A file that the browser keeps and does not open: its kind by its ending, sandboxed."""
    kind = EVIDENCE.get(name.lower().rpartition(".")[2], "application/octet-stream")
    answer = HttpResponse(content, content_type=kind)
    answer.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name, safe='')}"
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer.headers["Cache-Control"] = "no-store"
    return answer


def no_token(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without the token of this page, or from another site."""
    return not_sent(request, 403)


def not_read(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """A request that the framework refuses to read."""
    return not_sent(request, 400)


def not_sent(request: HttpRequest, status: int) -> HttpResponse:
    """Nothing was written: plain words, as there may be no page to put them in."""
    text = {
        403: "The form was not taken: it lacks the token of this page, or came from another site.",
        400: "The request was not taken: it cannot be read, or is too large.",
    }[status]
    return HttpResponse(
        f"{text} Nothing was written. Open the page again.", status=status, content_type="text/plain"
    )


async def _told(
    request: HttpRequest, screen: Screen, ids: dict[str, str], error: KarwanError
) -> HttpResponse:
    """The page with its form as it was filled, and what is wrong beside the field."""
    form = _fields(request)
    fault = {
        "do": form.get("do", ""),
        "field": error.field if isinstance(error, Refused) else "",
        "fact": error.fact,
        "evidence": error.evidence,
        "fix": error.fix,
    }
    status = 409 if isinstance(error, Overtaken) else 422
    return await shown(request, screen, ids, {"fault": fault, "filled": form}, status)


def _no_register() -> InvalidInput:
    return InvalidInput(
        "No register is served; nothing was written.", "", "start with: karwan serve CASE --register FILE"
    )


async def _plan(site: Site, request: HttpRequest) -> Plan:
    """Sides and promises of the case as its files are now."""
    key = await asyncio.wrap_future(site.submit(site.job(FACTS, []), visitor(request)).answer)
    facts = json.loads(site.pool.kept.read(key) or b"{}")
    if "error" in facts:
        raise InvalidInput(**facts["error"])
    first, second = facts["sides"]
    return Plan((first, second), tuple(facts["promises"]))


def _fields(request: HttpRequest) -> dict[str, str]:
    return {name: str(value) for name, value in request.POST.items() if name != "csrfmiddlewaretoken"}


def _upload(request: HttpRequest, name: str) -> Upload | None:
    found = request.FILES.get(name)
    return Upload(str(found.name), found.read()) if found is not None else None


def _needed(request: HttpRequest, name: str) -> Upload:
    found = _upload(request, name)
    if found is None or not found.content:
        raise Refused(name, "There is no file.", "", "choose an export of a register.")
    return found


def _head(text: str) -> str | None:
    try:
        return checked_digest(text) if text.strip() else None
    except InvalidInput as error:
        raise Refused("head", error.fact, error.evidence, error.fix) from error


def _see(request: HttpRequest, query: list[tuple[str, str]]) -> HttpResponse:
    """The way to the page that shows what was written: asked anew, so that loading it again writes nothing."""
    return HttpResponse(status=303, headers={"Location": f"{request.path}{address(query)}"})
