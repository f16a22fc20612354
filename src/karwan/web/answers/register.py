"""The plan as two sides keep it: every promise with both words beside each other, one promise, what changed, the pack, and what goes by mail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from karwan.analysis.contract import Analysis, Result
from karwan.analysis.register_requests import PlanHistoryRequest, PlanPackRequest
from karwan.analysis.registry import BY_NAME
from karwan.errors import UnknownName
from karwan.notes import note
from karwan.project import Project
from karwan.register.database import POSTGRES
from karwan.register.entry import Entry
from karwan.register.register import now, withdrawn
from karwan.register.rules import DUE_TYPES, STATUSES
from karwan.register.state import Word
from karwan.report.answer_tables import answer_tables
from karwan.report.blocks import Block, Missing, Table
from karwan.report.text import clean, day, safe_url
from karwan.web.answers.entries import moment, reading_of, size_text, spoken, told_value
from karwan.web.answers.generic import form_of, shown
from karwan.web.answers.page import Asking, Page
from karwan.web.forms import read_request
from karwan.words import say, sentences

_ROWS = 500
"""Promises and entries on a page: all of a plan, so that none has to be looked for in a file."""


def board(asking: Asking) -> Page:
    """Both sides' words on every promise, disagreement first; its files are those of `karwan plan state`."""
    title, lead = say(note("page.register")), say(note("page.register_lead"))
    if not asking.register:
        return Page(title, lead, {"tables": [_no_register()]})
    project = _typed(asking)
    every = bool(asking.value("every") or asking.value("all"))
    result = project.plan_state(asking.register, domain=asking.value("domain"), every=every)
    analysis = BY_NAME["plan state"]
    tables = [_linked(one, asking, result) for one in _tables(asking, analysis, result)]
    return Page(
        title=title,
        lead=lead,
        parts={"tables": tables or _unspoken(asking, project, title)},
        form=form_of(asking),
        result=result,
        declared={key: analysis.table_of(key) for key in result.tables},
        notes=sentences(result.notes),
    )


def _unspoken(asking: Asking, project: Project, title: str) -> list[Block]:
    """Where nobody has said anything of what is asked for: so, and every promise with the way to say something."""
    every = project.plan_state(asking.register, domain=asking.value("domain"), every=True)
    blocks = _tables(asking, BY_NAME["plan state"], every)
    said = Missing(title, say(note("page.register_empty")))
    return [said, *(_linked(one, asking, every) for one in blocks)]


def promise(asking: Asking) -> Page:
    """One promise: each side's word with the evidence between, what would show it kept, what was said, and the forms that say more.

    Its files are those of `karwan plan history`.

    Raises
    ------
    UnknownName
        The plan has no such promise.
    """
    key = asking.ids["id"]
    project = _typed(asking)
    one = _about(project.plan(as_of=asking.as_of), "commitments", key)
    if one.tables["commitments"].is_empty():
        known = project.case["commitments"]["commitment_id"].sort().to_list()
        raise UnknownName(
            f"The plan has no promise {key!r}.", f"known: {', '.join(known)}", "follow a link of the plan."
        )
    watched = _about(project.indicators_of_plan(as_of=asking.as_of), "indicators", key)
    history = project.plan_history(asking.register, promise=key) if asking.register else None
    title = str(one.tables["commitments"]["title"][0])
    blocks = [
        *_tables(asking, BY_NAME["plan status"], one),
        *_tables(asking, BY_NAME["plan indicators"], watched),
    ]
    analysis = BY_NAME["plan history"]
    if history is None:
        blocks.append(_no_register())
    else:
        blocks += _tables(asking, analysis, history)
    kept = _kept(asking, project, key, title) if asking.register else {}
    return Page(
        title=title,
        lead=str(one.tables["commitments"]["evidence"][0] or ""),
        parts={**kept, "tables": blocks},
        result=history,
        declared={name: analysis.table_of(name) for name in history.tables} if history else {},
        notes=sentences(history.notes) if history else (),
    )


def _kept(asking: Asking, project: Project, key: str, title: str) -> dict[str, Any]:
    """What both sides say of a promise, and what its forms need."""
    state, held = project.plan_words(asking.register, key)
    parties = project.case.parties
    names = {parties.code_a: parties.name_a, parties.code_b: parties.name_b}
    chain = project.plan_chain(asking.register)
    own = [one.entry for one in held if one.chain_id == chain]
    return {
        "standing": state.standing,
        "words": [_word(names[side], side, word) for side, word in state.words.items()],
        "evidence": [_shown_evidence(asking, e) for word in state.words.values() for e in word.evidence],
        "proposals": [
            {**_proposal(names, *one), "due_type": state.words[one[0]].due_type or ""}
            for one in state.proposals
        ],
        "joint": [{"text": str(e.change["text"]), "on": moment(e.at)} for e in state.notes],
        "written": _written(own, asking.value("said")),
        "forms": {
            "sides": [{"code": side, "name": name} for side, name in names.items()],
            "statuses": [{"code": one, "label": spoken(one)} for one in STATUSES],
            "due_types": DUE_TYPES,
            "today": str(now().date()),
            "wording": state.wording or title,
            "seen": len(held),
            "numbers": _withdrawable(own, names),
        },
    }


def _written(own: Sequence[Entry], number: str) -> str:
    """What is said after an entry was written; empty where the address names none."""
    found = [entry for entry in own if str(entry.number) == number]
    return say(note("page.entry_written", number=found[0].number, digest=found[0].digest)) if found else ""


def _withdrawable(own: Sequence[Entry], names: Mapping[str, str]) -> list[dict[str, object]]:
    """Entries of the own chain that a side may withdraw."""
    gone = withdrawn(own)
    stand = [e for e in own if e.number not in gone and e.kind not in ("withdrawal", "joint")]
    return [
        {"number": e.number, "label": f"{e.number}: {spoken(e.kind)}, {names.get(e.side, e.side)}"}
        for e in stand
    ]


def _word(name: str, side: str, word: Word) -> dict[str, Any]:
    due = told_value(word.due) if word.due else spoken(word.due_type or "")
    return {
        "side": side,
        "name": name,
        "status": spoken(word.status) if word.status else "",
        "on": day(date.fromisoformat(word.on)) if word.on else "",
        "share": "" if word.share_percent is None else f"{word.share_percent} %",
        "reason": clean(word.reason or "", 2_000),
        "due": due,
        "due_type": spoken(word.due_type) if word.due_type and word.due else "",
        "wording": clean(word.wording or "", 10_000),
    }


def _shown_evidence(asking: Asking, entry: Entry) -> dict[str, str]:
    link, digest = safe_url(str(entry.change.get("link", ""))) or "", str(entry.change.get("file", ""))
    root = f"/en/{asking.project.case.settings.case_id}/plan/files/"
    return {
        "side": entry.side,
        "text": clean(str(entry.change.get("name", "")) or link, 200),
        "to": link or f"{root}{digest}",
        "size": size_text(int(entry.change["bytes"])) if "bytes" in entry.change else "",
        "on": moment(entry.at),
        "reason": clean(entry.reason, 2_000),
    }


def _proposal(names: dict[str, str], side: str, kind: str, text: str) -> dict[str, str]:
    other = next(code for code in names if code != side)
    return {
        "side": other,
        "name": names[side],
        "other": names[other],
        "kind": kind,
        "text": text,
        "said": told_value(text),
        "undated": "1" if text == "undated" else "",
    }


def changes(asking: Asking) -> Page:
    """What was said, newest first in time asked for; its files are those of `karwan plan history`."""
    title, lead = say(note("page.said")), say(note("page.said_lead"))
    if not asking.register:
        return Page(title, lead, {"tables": [_no_register()]})
    request = read_request(PlanHistoryRequest, asking.query, {"register": asking.register})
    result = _typed(asking).plan_history(asking.register, promise=request.promise, since=request.since)
    analysis = BY_NAME["plan history"]
    return Page(
        title=title,
        lead=lead,
        parts={"tables": _tables(asking, analysis, result) or [Missing(title, say(note("page.said_none")))]},
        form=form_of(asking),
        result=result,
        declared={key: analysis.table_of(key) for key in result.tables},
        notes=sentences(result.notes),
    )


def pack(asking: Asking) -> Page:
    """The pack for a meeting, its head signed only by the form; its files are those of `karwan plan pack --unsigned`."""
    title, lead = say(note("page.pack")), say(note("page.pack_lead"))
    if not asking.register:
        return Page(title, lead, {"tables": [_no_register()]})
    if not _typed(asking).plan_chain(asking.register):
        return Page(title, lead, {"tables": [Missing(title, say(note("page.pack_empty")))]})
    given = {"register": asking.register, "as_of": now().date()}
    request: PlanPackRequest = replace(read_request(PlanPackRequest, asking.query, given), unsigned=True)
    result = _typed(asking).plan_pack(
        asking.register,
        since=request.since,
        within_days=request.within_days,
        as_of=request.as_of,
        unsigned=True,
    )
    analysis = BY_NAME["plan pack"]
    return Page(
        title=title,
        lead=lead,
        parts={
            "head": dict(result.meta),
            "signed": day(date.fromisoformat(str(result.meta["signed_at"])[:10]))
            if result.meta["signed_at"]
            else "",
            "tables": _captioned(_tables(asking, analysis, result), result),
        },
        form=[one for one in form_of(asking) if one.name != "unsigned"],
        result=result,
        declared={key: analysis.table_of(key) for key in result.tables},
        notes=sentences(result.notes),
    )


def _captioned(blocks: list[Block], result: Result) -> list[Block]:
    """The tables of a pack; the first says that its promises are those the sides disagree on."""
    if blocks and isinstance(blocks[0], Table) and result.tables["disagreements"].height:
        return [replace(blocks[0], caption=say(note("page.disagreements"))), *blocks[1:]]
    return blocks


def exchange(asking: Asking) -> Page:
    """What goes by mail: the chains held, their signed heads, and the forms that sign, send, receive and verify."""
    title, lead = say(note("page.exchange")), say(note("page.exchange_lead"))
    if not asking.register:
        return Page(title, lead, {"tables": [_no_register()]})
    if asking.register.startswith(POSTGRES):
        return Page(title, lead, {"served": True, "tables": []})
    result = _typed(asking).plan_verify(Path(asking.register))
    analysis = BY_NAME["plan verify"]
    return Page(
        title=title,
        lead=lead,
        parts={"served": True, "tables": _tables(asking, analysis, result)},
        result=result,
        declared={key: analysis.table_of(key) for key in result.tables},
        notes=sentences(result.notes),
    )


def _typed(asking: Asking) -> Project:
    """The case with the plan as its files have it: the register stands beside it here, not in its place."""
    return asking.typed or asking.project


def _linked(block: Block, asking: Asking, result: Result) -> Block:
    """The table of both sides' words, each promise by the wording both hold and a link to its own page."""
    if not isinstance(block, Table):
        return block
    root = f"/en/{asking.project.case.settings.case_id}/plan/promises/"
    rows = tuple(
        (replace(row[0], text=clean(one["title"], 200), url=f"{root}{one['commitment_id']}"), *row[1:])
        for row, one in zip(block.rows, result.tables["promises"].iter_rows(named=True), strict=False)
    )
    return replace(block, rows=rows)


def _about(result: Result, table: str, promise: str) -> Result:
    """One table of a result, of that the rows about a promise."""
    return Result({table: result.tables[table].filter(pl.col("commitment_id") == promise)})


def _tables(asking: Asking, analysis: Analysis[Any], result: Result) -> list[Block]:
    reading = reading_of(asking.project.case)
    read = answer_tables(analysis, shown(analysis, result), asking.notes, most=_ROWS)
    return [reading.table(one) for one in read]


def _no_register() -> Missing:
    return Missing(say(note("page.no_register")), say(note("page.no_register_why")))
