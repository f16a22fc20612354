"""Ventures in the brief: would each pay, by bands, or why that is not known; and the tables its pictures are drawn from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from karwan.analysis.corridors import CorridorStudy
from karwan.analysis.sections import BriefVentures, VentureSheet
from karwan.analysis.venture.answer import appraisals_of, first_unknown
from karwan.analysis.venture.appraise import Appraisal
from karwan.analysis.venture.band import banded
from karwan.analysis.venture.read import lacking_words, why_not
from karwan.analysis.venture.tables import cash_band_table, gain_table, indicator_table, input_table
from karwan.errors import InvalidInput
from karwan.schema.frames import result_frame

Row = dict[str, Any]


def brief_ventures(study: CorridorStudy) -> BriefVentures:
    """Every venture of the case: appraised as the case stands, or why not. Those that somebody announced come first."""
    case = study.case
    rows = case["ventures"].sort(~pl.col("announced"), "venture_id").to_dicts()
    reasons = {row["venture_id"]: lacking_words(why_not(case, row["venture_id"])) for row in rows}
    ready = [name for name, lacks in reasons.items() if not lacks]
    made, refused = _made(study, ready)
    lines = []
    for row in rows:
        name = row["venture_id"]
        line = {"venture_id": name, "venture": row["name"]}
        line |= {key: row[key] for key in ("announced", "price_year", "basis", "source_id")}
        line |= {f"{key}_share": row[f"discount_rate_{key}"] for key in ("financial", "economic")}
        found = made.get(name)
        reason = f"lacks {reasons[name]}" if reasons[name] else refused.get(name)
        lines.append(line | (_appraised(found) if found else {"reason": reason}))
    sheets = tuple(_sheet(row, made[row["venture_id"]]) for row in rows if row["venture_id"] in made)
    frames = [one.indicators.select(pl.lit(one.venture_id).alias("venture_id"), pl.all()) for one in sheets]
    indicators = pl.concat(frames) if frames else result_frame("plan_venture_indicators")
    return BriefVentures(result_frame("plan_appraisals", lines), indicators, sheets)


def _made(study: CorridorStudy, names: Sequence[str]) -> tuple[dict[str, Appraisal], dict[str, str]]:
    """Ventures appraised together; one by one where a way to market is missing, so that each says its own reason."""
    try:
        found = appraisals_of(study.case, names, [()], study=study)
        return {name: own[0][0] for name, own in zip(names, found, strict=True)}, {}
    except InvalidInput:
        pass  # told below, by venture
    made, refused = dict[str, Appraisal](), dict[str, str]()
    for name in names:
        try:
            made[name] = appraisals_of(study.case, [name], [()], study=study)[0][0][0]
        except InvalidInput as error:
            refused[name] = str(error).splitlines()[0]
    return made, refused


def _appraised(made: Appraisal) -> Row:
    """Bands of one venture, chances, and what to find out first."""
    drawn = made.drawn
    return {
        **banded("fnpv", drawn.fnpv),
        **banded("enpv", drawn.enpv),
        **banded("firr", drawn.firr, "_share"),
        **banded("eirr", drawn.eirr, "_share"),
        "fnpv_usd": made.single(made.fnpv),
        "enpv_usd": made.single(made.enpv),
        "fnpv_positive_share": float((drawn.fnpv > 0).mean()),
        "enpv_positive_share": float((drawn.enpv > 0).mean()),
        "withheld": made.withheld,
        "decides": "; ".join(first_unknown(made)),
    }


def _sheet(row: Row, made: Appraisal) -> VentureSheet:
    return VentureSheet(
        row["venture_id"],
        row["name"],
        row["announced"],
        indicator_table(made),
        input_table(made),
        gain_table(made),
        cash_band_table(made),
    )
