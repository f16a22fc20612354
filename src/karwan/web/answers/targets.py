"""The target: its chances beside the base rate, and the fan of the forecasts."""

from __future__ import annotations

import polars as pl

from karwan.notes import note
from karwan.report.answer_tables import answer_tables
from karwan.report.blocks import Block, Figure
from karwan.report.charts.axes import Target
from karwan.report.charts.chances import draw_chances
from karwan.report.charts.fan import draw_fan
from karwan.report.charts.promised import draw_promised_chances
from karwan.report.text import as_date, clean
from karwan.report.wording import tell
from karwan.web.answers.generic import asked, form_of
from karwan.web.answers.page import Asking, Page
from karwan.words import say, sentences


def answer(asking: Asking) -> Page:
    """The page of `karwan trade target`."""
    analysis, result = asked(asking)
    tables = result.tables
    empty = pl.DataFrame()
    chances = draw_chances(tables.get("chances", empty), tables.get("base rate", empty))
    fan = draw_fan(tables["fan"], _target(asking)) if "fan" in tables else None
    pictures: list[Block] = []
    if chances:
        pictures.append(
            Figure(
                "f-chances",
                tell("brief_target.chances_figure"),
                tell("brief_target.chances_caption"),
                tell("brief_target.chances_unit"),
                chances,
            )
        )
    if fan:
        pictures.append(
            Figure(
                "f-fan",
                tell("brief_target.fan_figure"),
                tell("brief_target.fan_caption"),
                tell("brief_target.fan_unit"),
                fan,
            )
        )
    promised = draw_promised_chances(tables["promises"]) if "promises" in tables else None
    if promised:
        pictures.append(
            Figure(
                "f-promised",
                tell("brief_target.promised_figure"),
                tell("brief_target.promised_caption"),
                tell("brief_target.chances_unit"),
                promised,
            )
        )
    return Page(
        title=say(note("page.target_title")),
        lead=say(note("page.target_lead")),
        parts={"pictures": pictures, "tables": answer_tables(analysis, result, asking.notes)},
        form=form_of(asking),
        result=result,
        declared={key: analysis.table_of(key) for key in tables},
        notes=sentences([*result.notes, *result.alerts]),
    )


def _target(asking: Asking) -> Target | None:
    """The target asked for, else the largest in money, the nearest of equal ones."""
    rows = [row for row in asking.project.case["targets"].iter_rows(named=True) if row["unit"] == "USD"]
    named = [row for row in rows if row["target_id"] == asking.value("target")] or rows
    if not named:
        return None
    row = min(named, key=lambda one: (-one["value"], str(one["due"])))
    return float(row["value"]), as_date(row["due"]), clean(row["title"])
