"""Tasks of the workers for the page: facts of a case, a screen, a file of it, a picture or font."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from karwan.case.case import case_folder
from karwan.errors import KarwanError
from karwan.exports import json_text
from karwan.project import open_case
from karwan.report.text import day
from karwan.runs.job import Job
from karwan.web.answers.files import file_of
from karwan.web.answers.generic import form_of
from karwan.web.answers.opened import as_typed, opened
from karwan.web.answers.page import Asking, Page, content_of, error_content, status_of
from karwan.web.answers.paged import paged
from karwan.web.screens import BY_ADDRESS

Say = Callable[[str], None]


def facts(job: Job, say: Say) -> bytes:
    """What the server must know of a case: id, title, day, folder, scenarios, and the names its forms suggest; or why it cannot be read."""
    try:
        return _json(_facts(job))
    except KarwanError as error:
        return _json({"error": error_content(error)})


def _facts(job: Job) -> dict[str, Any]:
    case = open_case(job.case).case
    settings, parties = case.settings, case.parties
    folder = case_folder(job.case)
    return {
        "case_id": settings.case_id,
        "folder": str(folder),
        "title": settings.title,
        "as_of": settings.as_of,
        "day": day(settings.as_of),
        "pair": [parties.name_a, parties.name_b],
        "sides": [settings.party_a, settings.party_b],
        "promises": case["commitments"]["commitment_id"].to_list(),
        "scenarios": [path.stem for path in sorted((folder / "scenarios").glob("*.yaml"))],
        "lists": {
            "places": case["nodes"]["name"].sort().to_list(),
            "products": case["products"]["name"].sort().to_list(),
            "countries": case["countries"]["name"].sort().to_list(),
        },
    }


def page(job: Job, say: Say) -> bytes:
    """A screen as content for its template, with its status; a question it cannot answer says why in it."""
    try:
        asking = _asking(job, say)
        frame = {"under": asking.project.case.under, "as_of": asking.as_of, "day": day(asking.as_of)}
    except KarwanError as error:
        return _json({"status": status_of(error), "error": error_content(error), "frame": {"under": ""}})
    try:
        answered = _answered(asking)
    except KarwanError as error:
        form = content_of(form_of(asking))
        return _json(
            {"status": status_of(error), "error": error_content(error), "form": form, "frame": frame}
        )
    shown = {
        "status": 200,
        "title": answered.title,
        "lead": answered.lead,
        "form": content_of(answered.form),
        "parts_of": paged(content_of(answered.parts), asking.value("rows"), asking.value("figure")),
        "notes": list(answered.notes),
        "ends": _ends(answered),
    }
    return _json({**shown, "frame": frame})


def _ends(answered: Page) -> list[str]:
    """Endings of the files of a page."""
    of_result = [] if answered.result is None else ["csv", "xlsx", "json"]
    return ["pdf", *of_result, *([] if answered.geojson is None else ["geojson"])]


def download(job: Job, say: Say) -> bytes:
    """A file of a screen: a first line `status type`, then its bytes; see `karwan.web.answers.files`."""
    form = job.value("form")
    try:
        asking = _asking(job, say)
        kind, content = file_of(asking, _answered(asking), form)
    except KarwanError as error:
        status = status_of(error)
        envelope = {"ok": False, "error": error.fact, "errors": [error_content(error)], "status": status}
        return f"{status} application/json\n".encode() + _json(envelope)
    return f"200 {kind}\n".encode() + content


def _answered(asking: Asking) -> Page:
    module, _, name = asking.screen.run.partition(":")
    found: Page = getattr(importlib.import_module(module), name)(asking)
    return found


def _asking(job: Job, say: Say) -> Asking:
    """The question of a job; the case is opened once for the same contents."""
    query: dict[str, list[str]] = {}
    ids: dict[str, str] = {}
    for name, value in job.asked:
        if name.startswith("id:"):
            ids[name.removeprefix("id:")] = value
        elif name not in ("address", "form", "today"):
            query.setdefault(name, []).append(value)
    screen = BY_ADDRESS[job.value("address")]
    typed = as_typed(job) if job.register else None
    return Asking(opened(job), screen, query, ids, say, job.register or "", typed)


def _json(content: Any) -> bytes:
    return json_text(content, indent=None).encode()
