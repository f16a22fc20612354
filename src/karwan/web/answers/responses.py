"""What trade does under promises: by pair of countries, and who gains; one set of promises, or two beside each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from karwan.analysis.contract import Result
from karwan.analysis.registry import BY_NAME
from karwan.notes import note
from karwan.report.answer_tables import answer_tables
from karwan.report.blocks import Block, Figure, Prose
from karwan.report.charts.changes import Change, draw_changes
from karwan.report.wording import tell
from karwan.web.answers.generic import asked, form_of, result_for, shown
from karwan.web.answers.page import Asking, Page
from karwan.web.forms import Control
from karwan.words import say, sentences

TODAY = "today"


def trade(asking: Asking) -> Page:
    """The page of `karwan scenario trade`; with `against`, a second set beside the first."""
    first, second = _answers(asking)
    found = [_by_name(one.tables["pairs"], "pair", _trade_change) for one in (first, second) if one]
    picture = _figure(found, "trade")
    return _page(asking, first, second, picture, "page.trade_title", "page.trade_lead", ("pairs",))


def gains(asking: Asking) -> Page:
    """Who gains: every country by what the change is worth to it, money first, then where queues grow."""
    first, second = _answers(asking)
    column = "welfare_universal_usd_year" if asking.value("deficits") == "universal" else "welfare_usd_year"
    found = [
        _by_name(one.tables["countries"], "name", lambda row: row[column]) for one in (first, second) if one
    ]
    picture = _figure(found, "gains")
    return _page(
        asking, first, second, picture, "page.gains_title", "page.gains_lead", ("countries", "places")
    )


def _answers(asking: Asking) -> tuple[Result, Result | None]:
    """What the set asked for brings, and what the other does, where there is one."""
    asking.say("trade and queues answering one another")
    _, first = asked(asking)
    if not asking.value("against"):
        return first, None
    other = {**asking.query, "scenarios": asking.query["against"]}
    return first, result_for(_with(asking, other), BY_NAME["scenario trade"])


def _with(asking: Asking, query: dict[str, Any]) -> Asking:
    return Asking(asking.project, asking.screen, query, asking.ids, asking.say, asking.register, asking.typed)


def _trade_change(row: dict[str, Any]) -> float | None:
    after, before = row["new_value_usd_year"], row["value_usd_year"]
    return None if after is None or before is None else float(after) - float(before)


def _by_name(table: pl.DataFrame, name: str, change: Any) -> dict[str, float | None]:
    return {str(row[name]): change(row) for row in table.iter_rows(named=True)}


def _figure(found: Sequence[dict[str, float | None]], kind: str) -> Block:
    names = dict.fromkeys(name for one in found for name in one)
    rows = [Change(name, tuple(one.get(name) for one in found)) for name in names]
    title = tell(f"response.{kind}_figure")
    picture = draw_changes(rows, title, "AB"[: len(found)])
    if picture is None:
        return Prose((tell("response.nothing_moves"),), title)
    return Figure(f"f-{kind}", title, tell(f"response.{kind}_caption"), "USD a year", picture)


def _form(asking: Asking) -> list[Control]:
    """The form of the request, with the second set after the first."""
    first, *others = form_of(asking)
    second = Control(
        name="against",
        label=say(note("page.against")),
        help=say(note("page.against_help")),
        kind="text",
        value=asking.value("against"),
    )
    return [first, second, *others]


def _from_and_to(result: Result) -> list[str]:
    """Between which states the change is taken, as the command says it first: without a set it is what today is against the trade's own year."""
    return [text.replace("_", " ") for text in sentences(result.notes[:1])]


def _page(
    asking: Asking,
    first: Result,
    second: Result | None,
    picture: Block,
    title: str,
    lead: str,
    before: Sequence[str],
) -> Page:
    analysis = BY_NAME["scenario trade"]
    sets = [(asking.value("scenarios", TODAY), first)]
    if second:
        sets.append((asking.value("against"), second))
    tables: list[Block] = []
    for mark, (names, one) in zip("AB", sets, strict=False):
        read = shown(analysis, one)
        order = [*before, *(key for key in read.tables if key not in before)]
        told = Result(
            {key: read.tables[key] for key in order if key in read.tables and (not second or key in before)}
        )
        said = say(note("page.set_of", mark=mark, names=names.replace(",", ", ").replace("_", " ")))
        tables += [Prose((said,))] if second else []
        tables += answer_tables(analysis, told, asking.notes)
    return Page(
        title=say(note(title)),
        lead=" ".join([say(note(lead)), *_from_and_to(first)]),
        parts={"pictures": [picture], "tables": tables},
        form=_form(asking),
        result=first,
        declared={key: analysis.table_of(key) for key in first.tables},
        notes=sentences([*first.notes, *first.alerts]),
    )
