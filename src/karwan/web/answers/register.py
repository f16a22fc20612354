"""The plan as two sides keep it: every promise with both words beside each other, and one promise with all that is known of it."""

from __future__ import annotations

import polars as pl

from karwan.analysis.contract import Analysis, Result
from karwan.analysis.registry import BY_NAME
from karwan.errors import UnknownName
from karwan.notes import note
from karwan.report.answer_tables import answer_tables
from karwan.report.blocks import Block, Missing
from karwan.web.answers.generic import form_of, shown
from karwan.web.answers.page import Asking, Page
from karwan.words import say, sentences


def board(asking: Asking) -> Page:
    """Both sides' words on every promise, disagreement first; its files are those of `karwan plan state`."""
    title, lead = say(note("page.register")), say(note("page.register_lead"))
    if not asking.register:
        return Page(title, lead, {"tables": [_no_register()]})
    project = asking.typed or asking.project
    every = bool(asking.value("every") or asking.value("all"))
    result = project.plan_state(asking.register, domain=asking.value("domain"), every=every)
    analysis = BY_NAME["plan state"]
    return Page(
        title=title,
        lead=lead,
        parts={"tables": _tables(asking, analysis, result) or [Missing(title, sentences(result.notes)[0])]},
        form=form_of(asking),
        result=result,
        declared={key: analysis.table_of(key) for key in result.tables},
        notes=sentences(result.notes),
    )


def promise(asking: Asking) -> Page:
    """One promise: what was said of it, the documents it stands in, what would show it kept; its files are those of `karwan plan history`.

    Raises
    ------
    UnknownName
        The plan has no such promise.
    """
    key = asking.ids["id"]
    project = asking.typed or asking.project
    one = _about(project.plan(as_of=asking.as_of), "commitments", key)
    if one.tables["commitments"].is_empty():
        known = project.case["commitments"]["commitment_id"].sort().to_list()
        raise UnknownName(
            f"The plan has no promise {key!r}.", f"known: {', '.join(known)}", "follow a link of the plan."
        )
    watched = _about(project.indicators_of_plan(as_of=asking.as_of), "indicators", key)
    history = project.plan_history(asking.register, promise=key) if asking.register else None
    blocks = [
        *_tables(asking, BY_NAME["plan status"], one),
        *_tables(asking, BY_NAME["plan indicators"], watched),
    ]
    analysis = BY_NAME["plan history"]
    blocks += _tables(asking, analysis, history) if history else [_no_register()]
    return Page(
        title=str(one.tables["commitments"]["title"][0]),
        lead=str(one.tables["commitments"]["evidence"][0] or ""),
        parts={"tables": blocks},
        result=history,
        declared={name: analysis.table_of(name) for name in history.tables} if history else {},
        notes=sentences(history.notes) if history else (),
    )


def _about(result: Result, table: str, promise: str) -> Result:
    """One table of a result, of that the rows about a promise."""
    return Result({table: result.tables[table].filter(pl.col("commitment_id") == promise)})


def _tables(asking: Asking, analysis: Analysis[object], result: Result) -> list[Block]:
    return list(answer_tables(analysis, shown(analysis, result), asking.notes))


def _no_register() -> Missing:
    return Missing(say(note("page.no_register")), say(note("page.no_register_why")))
