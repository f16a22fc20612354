"""A transit regime: what it changes at each leg and paper before and after, and what each of its terms is worth."""

from __future__ import annotations

from dataclasses import replace

from karwan.notes import note
from karwan.report.answer_tables import answer_tables
from karwan.report.blocks import Block, Figure, Missing
from karwan.report.charts.regime import draw_before_after, draw_terms, draw_trade
from karwan.web.answers.generic import asked, form_of, regimes_with_terms, shown
from karwan.web.answers.page import Asking, Page
from karwan.words import say, sentences


def answer(asking: Asking) -> Page:
    """The page of `karwan scenario regime`."""
    if "id" in asking.ids and not asking.value("regime_id"):
        asking = replace(asking, query={**asking.query, "regime_id": [asking.ids["id"]]})
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
        },
        form=form_of(asking),
        result=result,
        declared={key: analysis.table_of(key) for key in tables},
        notes=sentences([*result.notes, *result.alerts]),
    )
