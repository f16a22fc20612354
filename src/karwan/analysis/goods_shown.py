"""What people read of the goods: a line each, or one good in full."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import polars as pl

from karwan.amounts import number, percent
from karwan.analysis.contract import Result
from karwan.analysis.trade_requests import GoodsView
from karwan.appraisal.verdict import FAR_CUT, NO, ONLY_IF, UNKNOWN, YES
from karwan.notes import note
from karwan.schema.frames import result_frame

Row = Mapping[str, Any]
NO_PLAN = "no plan"
"""What stands for `only if` where an input would have to fall by more than `FAR_CUT`."""
FAR = (pl.col("verdict") == ONLY_IF) & (pl.col("cut_share").fill_null(0.0) > FAR_CUT)
"""`is_far` of the rows of a table."""


def present_goods(result: Result, view: GoodsView, form: str) -> Result:
    """Plain: a line a good, those with a verdict unless every one is asked for; in full where one good or all columns are asked for."""
    goods = result.tables["goods"]
    if form != "table":
        return result
    judged = goods.filter(pl.col("verdict") != UNKNOWN)
    shown = goods if view.every or judged.is_empty() else judged
    hidden = goods.height - shown.height
    notes = (*result.notes, note("goods.hidden", goods=hidden)) if hidden else result.notes
    if view.full or goods.height <= 1:
        return replace(result, tables={"goods": shown}, notes=notes)
    short = result_frame("goods_short", [short_row(row) for row in shown.iter_rows(named=True)])
    return replace(result, tables={"in short": short}, notes=(*notes, note("goods.full")))


def short_row(row: Row) -> dict[str, Any]:
    """A good in a line; see `results/goods_short.csv`."""
    same = ("product", "exporter", "landed_usd_t", "rival_usd_t", "cut_share", "bound_usd")
    verdict = NO_PLAN if is_far(row) else row["verdict"]
    own = {"verdict": verdict, "sells_at": _sells_at(row), "missing": _missing(row)}
    return {name: row[name] for name in same} | own


def verdict_counts(verdicts: pl.DataFrame) -> dict[str, int]:
    """Goods of each kind: all, judged (a verdict is known), yes, only_if (one input would do), no_plan, no and unknown."""
    kinds = Counter(NO_PLAN if is_far(row) else row["verdict"] for row in verdicts.iter_rows(named=True))
    counts = {kind.replace(" ", "_"): kinds[kind] for kind in (YES, ONLY_IF, NO_PLAN, NO, UNKNOWN)}
    return counts | {"all": verdicts.height, "judged": verdicts.height - counts[UNKNOWN]}


def is_far(row: Row) -> bool:
    """Whether a good would sell only if an input fell by more than a plan can hold."""
    return row["verdict"] == ONLY_IF and (row.get("cut_share") or 0.0) > FAR_CUT


def _sells_at(row: Row) -> str | None:
    """'612', a price at origin in USD a tonne; 'duty 5 %', 'freight 120'; 'ban lifted'."""
    at = row["switch_at"]
    if at is None:
        return str(row["switch"]) if row["switch"] else None
    if row["switch"] == "duty":
        return f"duty {percent(at)}"
    return number(at) if row["switch"] == "price" else f"{row['switch']} {number(at)}"


def _missing(row: Row) -> list[str]:
    """What is lacking: what an unknown verdict waits for, the seller's own price, the rival's price of the good itself, its demand."""
    found = [row["lacks"]] if row["lacks"] else []
    if row["ban"]:
        found.append(f"ban of {row['ban']}")
    if row["price_country"]:
        found.append("own price")
    if row["price_old"]:
        found.append(f"index since {row['price_period'].rpartition('..')[2][:4] or 'no year'}")
    if row["rival_heading"]:
        found.append("like rival")
    if row["bound_usd"] is None and row["lacks"] != "demand":
        found.append("demand")
    return list(dict.fromkeys(found))
