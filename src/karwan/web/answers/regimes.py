"""A transit regime: what it changes at each leg and paper before and after, and what each of its terms is worth."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from karwan.analysis.contract import Result
from karwan.analysis.regime.facts import RegimeFacts, regime_facts, regime_list
from karwan.case import Case
from karwan.errors import UnknownName
from karwan.notes import note
from karwan.report.answer_tables import answer_tables, result_blocks
from karwan.report.blocks import Block, Figure, Missing, Prose, Table
from karwan.report.charts.regime import draw_before_after, draw_terms, draw_trade
from karwan.report.text import clean, day
from karwan.web.answers.generic import asked, form_of, regimes_with_terms, shown
from karwan.web.answers.page import Asking, Page
from karwan.words import say, sentences


def answer(asking: Asking) -> Page:
    """The page of `karwan scenario regime`."""
    known = regimes_with_terms(asking.project.case)
    if not known and not asking.value("regime_id"):
        title = say(note("page.regime_none"))
        return Page(title, "", {"tables": [Missing(title, say(note("page.regime_none_why")))]})
    analysis, result = asked(asking)
    tables = result.tables
    drawn = {
        "terms": draw_terms(tables["terms by worth"]),
        "trade": draw_trade(tables["pairs"]),
        "hours": draw_before_after(tables["legs"], "hours_change", "hours"),
        "usd": draw_before_after(tables["legs"], "usd_change", "USD a truck"),
    }
    pictures: list[Block] = [
        Figure(
            f"f-{name}",
            say(note(f"page.regime_{name}")),
            say(note(f"page.regime_{name}_caption")),
            "",
            picture,
        )
        for name, picture in drawn.items()
        if picture
    ]
    if drawn["terms"] is None and tables["terms by worth"].height:
        nothing = Missing(say(note("page.regime_terms")), say(note("page.regime_no_worth")))
        pictures.insert(0, nothing)
    names = dict(asking.project.case["countries"].select("country", "name").iter_rows())
    row = known.get(str(result.meta["regime_id"]), {})
    after = [_listed(asking, regime_list(asking.project.case))]
    return Page(
        title=str(row.get("name", result.meta["regime_id"])),
        lead=say(
            note(
                "page.regime_lead",
                state=str(result.meta["state"]).replace("_", " "),
                parties=", ".join(names.get(one, one) for one in row.get("parties", ())),
            )
        ),
        parts={
            "pictures": pictures,
            "tables": answer_tables(analysis, shown(analysis, result), asking.notes),
            "after": after,
        },
        form=form_of(asking),
        result=result,
        declared={key: analysis.table_of(key) for key in tables},
        notes=sentences([*result.notes, *result.alerts]),
    )


def one(asking: Asking) -> Page:
    """One regime: what it is, its terms with their sources, what rests on it, which promise brings it, and its legs before and after.

    Its files hold these tables; trade, worth of terms and bands are those of `karwan scenario regime`.

    Raises
    ------
    UnknownName
        The case has no such regime.
    """
    case, key = asking.project.case, asking.ids["id"]
    known = sorted(case["regimes"]["regime_id"])
    if key not in known:
        raise UnknownName(
            f"The case has no regime {key!r}.", f"known: {', '.join(known)}", "follow a link of the regimes."
        )
    found = regime_facts(case, key)
    tables = {
        "regime_clauses": found.clauses,
        "regime_legs": found.legs,
        "regime_rests": found.rests,
        "regime_promises": found.promises,
    }
    blocks: list[Block] = [_about(asking, found)]
    for change, unit in (("hours_change", "hours"), ("usd_change", "USD a truck")):
        name = change.removesuffix("_change")
        picture = draw_before_after(found.legs, change, unit)
        if picture:
            title, caption = (say(note(f"page.regime_{name}{end}")) for end in ("", "_caption"))
            blocks.append(Figure(f"f-{name}", title, caption, "", picture))
    for name, table in tables.items():
        made = list(result_blocks(name, name, _readable(case, table), asking.notes)) if table.height else []
        blocks += made or [Missing(say(note(f"page.{name}_none")), say(note(f"page.{name}_why")))]
    root = f"/en/{case.settings.case_id}/"
    blocks = [_to_promises(block, f"{root}plan/promises/", found.promises) for block in blocks]
    follow = []
    if found.clauses.height:
        text = say(note("page.regime_answer"))
        follow = [{"to": f"{root}scenario/regime?regime_id={key}", "text": text}]
    return Page(
        title=clean(str(found.row["name"]), 160),
        lead=" ".join((_lead(asking, found), *sentences(found.lead))),
        parts={"blocks": blocks, "follow": follow},
        result=Result(tables),
        declared={name: name for name in tables},
    )


def _readable(case: Case, table: pl.DataFrame) -> pl.DataFrame:
    """A table without empty columns, countries by name."""
    names = dict(case["countries"].select("country", "name").iter_rows())
    codes = [name for name in ("country", "registration") if name in table.columns]
    shown = table.with_columns(pl.col(name).replace(names) for name in codes)
    return shown.drop([name for name in shown.columns if shown[name].null_count() == shown.height])


def _lead(asking: Asking, found: RegimeFacts) -> str:
    """State and parties of a regime in a sentence."""
    row, names = found.row, asking.project.case.country_name
    heads = {"signed": "page.regime_signed", "in_force": "page.regime_since"}
    days = [say(note(said, day=day(row[name]))) for name, said in heads.items() if row[name]]
    stands = str(row["state"])
    told = days if stands in heads and row[stands] else [stands.replace("_", " "), *days]
    parties = ", ".join(names(one) for one in row["parties"])
    said = note("page.regime_one_lead", parties=parties, told=", ".join(told))
    return say(said)


def _about(asking: Asking, found: RegimeFacts) -> Prose:
    """What it says in words, with its sources."""
    row = found.row
    texts = [clean(str(row[name]), 900) for name in ("terms", "note") if row[name]]
    sources = asking.notes.of(row["source_id"])
    texts = texts or [say(note("page.regime_no_text"))]
    return Prose(tuple(texts), say(note("page.regime_about")), tuple([sources] * len(texts)))


def _to_promises(block: Block, root: str, promises: pl.DataFrame) -> Block:
    """The table of promises with links to their pages."""
    ids = promises["commitment_id"].to_list()
    if not isinstance(block, Table) or not block.key.startswith("regime-promises") or not ids:
        return block
    rows = zip(block.rows, ids, strict=True)
    return replace(block, rows=tuple((replace(row[0], url=root + one), *row[1:]) for row, one in rows))


def every(asking: Asking) -> Page:
    """All regimes of the case: where each stands, whose it is, and how much of it is in figures."""
    table = regime_list(asking.project.case)
    blocks: list[Block] = [_listed(asking, table)]
    if not table.height:
        blocks = [Missing(say(note("page.regimes_none")), say(note("page.regimes_why")))]
    return Page(
        title=say(note("page.regimes_title")),
        lead=say(note("page.regimes_lead")),
        parts={"blocks": blocks},
        result=Result({"regimes_listed": table}),
        declared={"regimes_listed": "regimes_listed"},
    )


def _listed(asking: Asking, table: pl.DataFrame) -> Table:
    """All regimes of the case, each a link to its page."""
    root = f"/en/{asking.project.case.settings.case_id}/regimes/"
    (block,) = result_blocks("regimes_listed", "regimes_listed", table.drop("regime_id"), asking.notes)
    rows = zip(block.rows, table["regime_id"], strict=True)
    named = tuple((replace(row[0], url=root + one), *row[1:]) for row, one in rows)
    return replace(block, key="regimes-all", caption=say(note("page.regimes_all")), rows=named)
