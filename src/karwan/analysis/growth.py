"""Growth like for like, what it is made of, and the seasons: of a pair's or a country's reported trade."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import polars as pl

from karwan.analysis.contract import Inputs, Result
from karwan.analysis.figures import ALL, BOTH_WAYS, SERIES, Figures, case_figures, store_figures
from karwan.analysis.standing import none_published
from karwan.analysis.trade_requests import GrowthRequest
from karwan.errors import InvalidInput
from karwan.schema.frames import result_frame, result_types
from karwan.store.country_codes import typed_country
from karwan.store.product_names import product_names_of
from karwan.trade.indicators.growth import LikePeriods, contributions, like_periods, runs_of_months
from karwan.trade.indicators.seasonality import seasonality
from karwan.trade.standing import period_label

BREAKDOWNS = ("product", "partner", "direction")
RUNS = {"month": 1, "quarter": 3}
DIRECTIONS = 3  # latest comparisons broken down by direction
Row = dict[str, Any]
Name = dict[str, str]
"""Source, reporter and flow of a series."""


@dataclass(frozen=True)
class _Found:
    """What one series gives: rows of growth, contributions by kind, seasons, and what it does not support."""

    rows: tuple[Row, ...] = ()
    parts: tuple[tuple[str, pl.DataFrame], ...] = ()
    seasons: tuple[pl.DataFrame, ...] = ()
    lacks: tuple[Row, ...] = field(default=(), kw_only=True)

    def __add__(self, other: _Found) -> _Found:
        return _Found(
            self.rows + other.rows,
            self.parts + other.parts,
            self.seasons + other.seasons,
            lacks=self.lacks + other.lacks,
        )


def trade_growth(inputs: Inputs, request: GrowthRequest) -> Result:
    """Growth like for like, contributions to it, seasons, and what the figures cannot say.

    Returns
    -------
    Tables 'growth like for like', 'contributions by product', '... partner', '... direction' (of the latest
    comparison each series allows; they add up to its growth), 'growth by month' and '...
    quarter' where asked for, of each good too where products are, 'seasons' (index by month), 'not supported'.

    Raises
    ------
    InvalidInput
        No figures of the two, or a breakdown that does not exist.
    """
    request = _understood(request)
    _two_countries(request)
    figures = _figures(inputs, request)
    found = _Found()
    for key, series in figures.table.group_by(*SERIES, maintain_order=True):
        found += _of_series(dict(zip(SERIES, map(str, key), strict=True)), series, figures.complete, request)
    if "direction" in _breakdowns(request):
        found += _directions(figures.table, request)
    tables = {"growth like for like": result_frame("growth_like_for_like", found.rows)}
    for kind in (name for name in RUNS if name in request.by):
        tables[f"growth by {kind}"] = result_frame(
            "growth_like_for_like", _runs(figures.table, kind, request)
        )
    for kind in BREAKDOWNS:
        parts = [table for of, table in found.parts if of == kind]
        if parts:
            tables[f"contributions by {kind}"] = pl.concat(parts)
    if found.seasons:
        tables["seasons"] = pl.concat(found.seasons)
    if found.lacks:
        tables["not supported"] = result_frame("growth_refused", found.lacks).unique(maintain_order=True)
    empty = none_published(inputs.the_case()) if figures.table.is_empty() and inputs.case else ()
    return Result(tables, alerts=(*figures.notes, *empty))


def _understood(request: GrowthRequest) -> GrowthRequest:
    """The request with codes as the figures have them; refused where it asks for a breakdown there is not."""
    unknown = [name for name in request.by if name not in (*BREAKDOWNS, *RUNS)]
    asked = [name for name in request.by if name not in RUNS]
    if unknown or (asked and not _breakdowns(request)):
        raise InvalidInput(
            f"There is no breakdown by {', '.join(unknown or request.by)} here.",
            fix="Choose of product, month, quarter, and partner (for one country) or direction (for two).",
        )
    partner = typed_country(request.partner) if request.partner else None
    products = tuple(code.replace(".", "") for code in request.products)
    return replace(request, country=typed_country(request.country), partner=partner, products=products)


def _of_series(name: Name, series: pl.DataFrame, complete: bool, request: GrowthRequest) -> _Found:
    """All that one series answers."""
    totals = series.filter(pl.col("kind") == "total")
    comparisons, refused = like_periods(_periods(totals), **_like(request))
    found = _Found(
        tuple(_growth_rows(name, totals, comparisons)),
        lacks=tuple(_lack(name, "growth", reason) for reason in refused),
    )
    if not complete:
        goods = series.filter(pl.col("kind") == "product")
        found += _Found(tuple(_group_rows(name, goods, request)))
    for kind in ("product", "partner"):
        if kind in _breakdowns(request):
            found += _breakdown(name, series, kind, comparisons, complete, request.limit)
    return found + _seasons(name, totals)


def _lack(name: Name, question: str, why: str) -> Row:
    return {**name, "question": question, "why": why}


def _figures(inputs: Inputs, request: GrowthRequest) -> Figures:
    """Figures of the store, of a case, or of both where both are named."""
    found = []
    if inputs.store is not None:
        found.append(
            store_figures(
                inputs.store,
                request.country,
                request.partner,
                level=request.level,
                products=request.products,
                until=request.until,
            )
        )
    if inputs.store is None or (inputs.named and inputs.case is not None):
        found.append(_figures_of_case(inputs, request))
    if len(found) == 1:
        return found[0]
    # Published figures name some goods only: the rest then stands in a row of its own for both.
    notes = tuple(note for one in found for note in one.notes)
    return Figures(pl.concat([one.table for one in found]), complete=False, notes=notes)


def _two_countries(request: GrowthRequest) -> None:
    if request.country == request.partner:
        raise InvalidInput("The two countries are the same.", request.country, "name two countries.")


def _figures_of_case(inputs: Inputs, request: GrowthRequest) -> Figures:
    case = inputs.case
    if case is None or request.partner is None:
        whom = f"{request.country} and {request.partner}." if request.partner else f"{request.country} alone."
        raise InvalidInput(
            f"There are no figures for {whom}",
            "no store was given, and a case tells of its two countries together"
            if request.partner is None
            else "no case is about the two, and no store was given",
            "give --store FILE (see `karwan trade ingest`), or --case FOLDER and a partner.",
        )
    return case_figures(case, request.until or case.settings.as_of)


def _breakdowns(request: GrowthRequest) -> tuple[str, ...]:
    """A pair has no partners to break down by, one country no turnover by direction."""
    senseless = "direction" if request.partner is None else "partner"
    asked = tuple(name for name in request.by if name not in RUNS)
    return tuple(name for name in asked or BREAKDOWNS if name != senseless)


def _like(request: GrowthRequest) -> dict[str, int]:
    return {"year_starts": request.year_starts, "years_back": request.years_back}


def _periods(table: pl.DataFrame) -> set[tuple[date, date]]:
    return set(table.select("start", "end").iter_rows())


def _label(comparison: LikePeriods, *, before: bool = False) -> str:
    """The period in words."""
    start, end = comparison.span_before if before else comparison.span
    kind = "calendar_year" if start.month == 1 else "fiscal_year"
    return period_label(start, end, kind if comparison.kind == "year" else "part_year")


def _of(table: pl.DataFrame, periods: tuple[tuple[date, date], ...]) -> pl.DataFrame:
    wanted = pl.DataFrame(periods, schema={"start": pl.Date, "end": pl.Date}, orient="row")
    return table.join(wanted, on=["start", "end"], how="semi")


def _growth_rows(
    name: Name, table: pl.DataFrame, comparisons: tuple[LikePeriods, ...], goods: str = ALL
) -> Iterator[Row]:
    for one in comparisons:
        now, before = _of(table, one.now), _of(table, one.before)
        value, earlier = float(now["value_usd"].sum()), float(before["value_usd"].sum())
        share = value / earlier - 1.0 if earlier > 0 else None
        yield {
            **name,
            "goods": goods,
            "kind": one.kind,
            "period": _label(one),
            "before": _label(one, before=True),
            "value_usd": value,
            "before_usd": earlier,
            "change_usd": value - earlier,
            "growth_share": share,
            "claimed": _joined(now, before, "claimed", ", "),
            "source_id": _joined(now, before, "quoted", ";"),
        }


def _runs(table: pl.DataFrame, kind: str, request: GrowthRequest) -> list[Row]:
    """Growth of each month or quarter against the same of the year before: of totals, and of each good where products are asked for."""
    wanted = ["total", "product"] if "product" in request.by else ["total"]
    rows: list[Row] = []
    for key, own in table.filter(pl.col("kind").is_in(wanted)).group_by(
        *SERIES, "group", maintain_order=True
    ):
        name = dict(zip(SERIES, map(str, key), strict=False))
        comparisons = runs_of_months(_periods(own), RUNS[kind], **_like(request))
        rows += _growth_rows(name, own, comparisons, str(key[-1]))
    return rows


def _joined(now: pl.DataFrame, before: pl.DataFrame, column: str, between: str) -> str | None:
    """What the two periods' figures have in a column, each once."""
    cells = [part for table in (now, before) for part in table[column].drop_nulls()]
    parts = dict.fromkeys(part for cell in cells for part in cell.split(";"))
    return between.join(parts) or None


def _group_rows(name: Name, goods: pl.DataFrame, request: GrowthRequest) -> Iterator[Row]:
    """Growth of goods that published figures name, each by its own periods."""
    for (group,), own in goods.group_by("group", maintain_order=True):
        comparisons, _ = like_periods(_periods(own), **_like(request))
        yield from _growth_rows(name, own, comparisons, str(group))


def _breakdown(
    name: Name,
    series: pl.DataFrame,
    kind: str,
    comparisons: tuple[LikePeriods, ...],
    complete: bool,
    limit: int,
) -> _Found:
    """Contributions of the groups to the growth of the latest comparison that names them in both periods."""
    groups, totals = series.filter(pl.col("kind") == kind), series.filter(pl.col("kind") == "total")
    question = f"contributions by {kind}"
    if groups.is_empty():
        return _Found(lacks=(_lack(name, question, f"no figures by {kind}"),))
    for one in comparisons:
        now, before = _of(groups, one.now), _of(groups, one.before)
        if not complete:  # a good that is named in one period only is unknown in the other, not zero
            now, before = now.join(before, on="group", how="semi"), before.join(now, on="group", how="semi")
        sums = [float(_of(totals, periods)["value_usd"].sum()) for periods in (one.before, one.now)]
        if now.is_empty() or before.is_empty() or not sums[0] > 0:
            continue
        table = contributions(before, now, by="group", totals=(sums[0], sums[1]))
        return _Found(parts=((kind, _named_parts(name, one, _folded(table, limit))),))
    why = "no two like periods have both the total and the same groups" if not complete else "no like periods"
    named = ", ".join(groups["group"].unique().sort().head(6).to_list())
    return _Found(lacks=(_lack(name, question, f"{why} (there are {named})"),))


def _folded(table: pl.DataFrame, limit: int) -> pl.DataFrame:
    """The largest changes, the others in one row, so that the column still adds up."""
    if not limit or table.height <= limit + 1:
        return table
    rest = table[limit:]
    earlier, later = float(rest["earlier_usd"].sum()), float(rest["later_usd"].sum())
    row = {
        "group": f"{rest.height} others",
        "earlier_usd": earlier,
        "later_usd": later,
        "change_usd": float(rest["change_usd"].sum()),
        "contribution_share": float(rest["contribution_share"].sum()),
        "growth_share": later / earlier - 1.0 if earlier > 0 else None,
        "state": "both",
    }
    return pl.concat([table[:limit], pl.DataFrame([row], schema=table.schema)])


def _named_parts(name: Name, one: LikePeriods, table: pl.DataFrame) -> pl.DataFrame:
    words = {**name, "period": _label(one), "before": _label(one, before=True)}
    named = table.with_columns(pl.lit(value).alias(key) for key, value in words.items())
    named = named.with_columns(name=product_names_of(pl.col("group")))
    return named.select(list(result_types("growth_contributions")))


def _directions(table: pl.DataFrame, request: GrowthRequest) -> _Found:
    """Contributions of the two directions to the growth of turnover, by source and reporter."""
    found = _Found()
    totals = table.filter(pl.col("kind") == "total")
    for (source, reporter), own in totals.group_by("source", "reporter", maintain_order=True):
        name = {"source": str(source), "reporter": str(reporter), "flow": BOTH_WAYS}
        turnover = own.filter(pl.col("flow") == BOTH_WAYS)
        ways = own.filter(pl.col("flow") != BOTH_WAYS).with_columns(group=pl.col("flow"))
        both = ways.group_by("start", "end").agg(n=pl.col("flow").n_unique()).filter(pl.col("n") == 2)
        comparisons, _ = like_periods(_periods(both), **_like(request))
        shown = [parts for one in comparisons for parts in _ways_of(name, one, turnover, ways)]
        found += _Found(parts=tuple(("direction", parts) for parts in shown[:DIRECTIONS]))
        if not shown:
            why = "no two like periods have both directions"
            found += _Found(lacks=(_lack(name, "contributions by direction", why),))
    return found


def _ways_of(
    name: Name, one: LikePeriods, turnover: pl.DataFrame, ways: pl.DataFrame
) -> Iterator[pl.DataFrame]:
    """What the two directions add to the growth of turnover between two periods; nothing where one has no trade."""
    earlier, later = (float(_of(turnover, periods)["value_usd"].sum()) for periods in (one.before, one.now))
    before, now = _of(ways, one.before), _of(ways, one.now)
    if earlier > 0 and min(before["value_usd"].sum(), now["value_usd"].sum()) > 0:
        yield _named_parts(name, one, contributions(before, now, by="group", totals=(earlier, later)))


def _seasons(name: Name, totals: pl.DataFrame) -> _Found:
    """Seasonal indices of a series' months."""
    whole = (pl.col("start").dt.day() == 1) & (pl.col("start").dt.month_end() == pl.col("end"))
    months = totals.filter(whole)
    if months.is_empty():
        why = "no monthly figures; 24 months in a row are needed"
        return _Found(lacks=(_lack(name, "seasons", why),))
    try:
        found = seasonality(months, month="start")
    except InvalidInput as error:
        evidence = f" ({error.evidence})" if error.evidence else ""
        return _Found(lacks=(_lack(name, "seasons", f"{error.fact}{evidence} {error.fix}"),))
    table = found.table.with_columns(
        *(pl.lit(value).alias(key) for key, value in name.items()), strength=pl.lit(found.strength)
    )
    kinds = result_types("growth_seasons")
    return _Found(seasons=(table.select(pl.col(column).cast(kind) for column, kind in kinds.items()),))
