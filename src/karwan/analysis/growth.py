"""Growth like for like, what it is made of, and the seasons: of a pair's or a country's reported trade."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from karwan.analysis.answer import Answer
from karwan.analysis.figures import ALL, BOTH_WAYS, SERIES, Figures, case_figures, store_figures
from karwan.case.of_pair import case_of_pair
from karwan.errors import InvalidInput
from karwan.trade.indicators.growth import LikePeriods, contributions, like_periods
from karwan.trade.indicators.seasonality import seasonality
from karwan.trade.standing import period_label

BREAKDOWNS = ("product", "partner", "direction")
DIRECTIONS = 3  # latest comparisons broken down by direction
NAMED = {"source": pl.String, "reporter": pl.String, "flow": pl.String}
GROWTH = {
    **NAMED,
    "goods": pl.String,
    "kind": pl.String,
    "period": pl.String,
    "before": pl.String,
    "value_usd": pl.Float64,
    "before_usd": pl.Float64,
    "change_usd": pl.Float64,
    "growth_share": pl.Float64,
    "claimed": pl.String,
    "source_id": pl.String,
}
PARTS = {
    **NAMED,
    "period": pl.String,
    "before": pl.String,
    "group": pl.String,
    "earlier_usd": pl.Float64,
    "later_usd": pl.Float64,
    "change_usd": pl.Float64,
    "contribution_share": pl.Float64,
    "growth_share": pl.Float64,
    "state": pl.String,
}
SEASONS = {
    **NAMED,
    "month": pl.Int64,
    "index": pl.Float64,
    "months_seen": pl.Int64,
    "spread": pl.Float64,
    "strength": pl.Float64,
}
LACKS = {
    "source": pl.String,
    "reporter": pl.String,
    "flow": pl.String,
    "question": pl.String,
    "why": pl.String,
}


@dataclass(frozen=True)
class GrowthRequest:
    """What `karwan trade growth` asks.

    Attributes
    ----------
    country, partner
        ISO3. Without a partner: the country's exports to, and imports from, all others.
    case, store
        Case of the pair (the embedded one by default) or trade store.
    by
        Of `BREAKDOWNS`; all that the data have by default.
    level, products
        Digits of the products, and only these codes; for the store.
    until
        Last day considered; for a case its own day by default.
    year_starts
        Month in which the year to date starts.
    years_back
        Years between the two periods compared.
    limit
        Groups shown a series, the rest in one row; 0 shows all.
    """

    country: str
    partner: str | None = None
    case: str | None = None
    store: str | None = None
    by: tuple[str, ...] = ()
    level: int | None = None
    products: tuple[str, ...] = ()
    until: date | None = None
    year_starts: int = 1
    years_back: int = 1
    limit: int = 12


def growth(request: GrowthRequest) -> Answer:
    """Growth like for like, contributions to it, seasons, and what the figures cannot say.

    Returns
    -------
    Tables 'growth like for like', 'contributions by product', '... partner', '... direction' (of the latest
    comparison each series allows; they add up to its growth), 'seasons' (index by month), 'not supported'.

    Raises
    ------
    InvalidInput
        No figures of the two, or a breakdown that does not exist.
    """
    unknown = [name for name in request.by if name not in BREAKDOWNS]
    if unknown or (request.by and not _breakdowns(request)):
        raise InvalidInput(
            f"There is no breakdown by {', '.join(unknown or request.by)} here.",
            fix="Choose of product, and partner (for one country) or direction (for two).",
        )
    figures = _figures(request)
    rows: list[tuple[Any, ...]] = []
    seasons: list[pl.DataFrame] = []
    parts: dict[str, list[pl.DataFrame]] = {name: [] for name in _breakdowns(request)}
    lacks: list[tuple[str, ...]] = []
    for key, series in figures.table.group_by(*SERIES, maintain_order=True):
        name = (str(key[0]), str(key[1]), str(key[2]))
        totals = series.filter(pl.col("kind") == "total")
        comparisons, refused = like_periods(_periods(totals), **_like(request))
        rows += _growth_rows(name, totals, comparisons)
        lacks += [(*name, "growth", reason) for reason in refused]
        goods = series.filter(pl.col("kind") == "product")
        if not figures.complete:
            rows += _group_rows(name, goods, request)
        for kind in ("product", "partner"):
            if kind in parts:
                found, missing = _breakdown(name, series, kind, comparisons, figures.complete, request.limit)
                parts[kind] += found
                lacks += missing
        found, missing = _seasons(name, totals)
        seasons += found
        lacks += missing
    if "direction" in parts:
        found, missing = _directions(figures.table, request)
        parts["direction"] += found
        lacks += missing
    tables = {"growth like for like": pl.DataFrame(rows, schema=GROWTH, orient="row")}
    tables |= {f"contributions by {kind}": pl.concat(found) for kind, found in parts.items() if found}
    if seasons:
        tables["seasons"] = pl.concat(seasons)
    if lacks:
        tables["not supported"] = pl.DataFrame(lacks, schema=LACKS, orient="row").unique(maintain_order=True)
    meta = {"notes": "; ".join(figures.notes)} if figures.notes else {}
    return Answer(tables, meta)


def _figures(request: GrowthRequest) -> Figures:
    """Figures of the store, of a case, or of both where both are named."""
    found = []
    if request.store is not None:
        found.append(
            store_figures(
                request.store,
                request.country,
                request.partner,
                level=request.level,
                products=request.products,
                until=request.until,
            )
        )
    if request.store is None or request.case is not None:
        case = None
        if request.partner is not None:
            case = case_of_pair(request.country, request.partner, request.case)
        if case is None:
            raise InvalidInput(
                f"There are no figures for {request.country}"
                + (f" and {request.partner}." if request.partner else " alone."),
                "no case is about the two, and no store was given",
                "give --store FILE (see `karwan trade ingest`), or --case FOLDER and a partner.",
            )
        found.append(case_figures(case, request.until or case.settings.as_of))
    if len(found) == 1:
        return found[0]
    # Published figures name some goods only: the rest then stands in a row of its own for both.
    notes = tuple(note for one in found for note in one.notes)
    return Figures(pl.concat([one.table for one in found]), complete=False, notes=notes)


def _breakdowns(request: GrowthRequest) -> tuple[str, ...]:
    """A pair has no partners to break down by, one country no turnover by direction."""
    senseless = "direction" if request.partner is None else "partner"
    return tuple(name for name in request.by or BREAKDOWNS if name != senseless)


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
    name: tuple[str, ...], table: pl.DataFrame, comparisons: tuple[LikePeriods, ...], goods: str = ALL
) -> Iterator[tuple[Any, ...]]:
    for one in comparisons:
        now, before = _of(table, one.now), _of(table, one.before)
        value, earlier = float(now["value_usd"].sum()), float(before["value_usd"].sum())
        share = value / earlier - 1.0 if earlier > 0 else None
        yield (
            *name,
            goods,
            one.kind,
            _label(one),
            _label(one, before=True),
            value,
            earlier,
            value - earlier,
            share,
            _joined(now, before, "claimed", ", "),
            _joined(now, before, "quoted", ";"),
        )


def _joined(now: pl.DataFrame, before: pl.DataFrame, column: str, between: str) -> str | None:
    """What the two periods' figures have in a column, each once."""
    cells = [part for table in (now, before) for part in table[column].drop_nulls()]
    parts = dict.fromkeys(part for cell in cells for part in cell.split(";"))
    return between.join(parts) or None


def _group_rows(
    name: tuple[str, ...], goods: pl.DataFrame, request: GrowthRequest
) -> Iterator[tuple[Any, ...]]:
    """Growth of goods that published figures name, each by its own periods."""
    for (group,), own in goods.group_by("group", maintain_order=True):
        comparisons, _ = like_periods(_periods(own), **_like(request))
        yield from _growth_rows(name, own, comparisons, str(group))


def _breakdown(
    name: tuple[str, ...],
    series: pl.DataFrame,
    kind: str,
    comparisons: tuple[LikePeriods, ...],
    complete: bool,
    limit: int,
) -> tuple[list[pl.DataFrame], list[tuple[str, ...]]]:
    """Contributions of the groups to the growth of the latest comparison that names them in both periods."""
    groups, totals = series.filter(pl.col("kind") == kind), series.filter(pl.col("kind") == "total")
    question = f"contributions by {kind}"
    if groups.is_empty():
        return [], [(*name, question, f"no figures by {kind}")]
    for one in comparisons:
        now, before = _of(groups, one.now), _of(groups, one.before)
        if not complete:  # a good that is named in one period only is unknown in the other, not zero
            now, before = now.join(before, on="group", how="semi"), before.join(now, on="group", how="semi")
        sums = [float(_of(totals, periods)["value_usd"].sum()) for periods in (one.before, one.now)]
        if now.is_empty() or before.is_empty() or not sums[0] > 0:
            continue
        table = contributions(before, now, by="group", totals=(sums[0], sums[1]))
        return [_named_parts(name, one, _folded(table, limit))], []
    why = "no two like periods have both the total and the same groups" if not complete else "no like periods"
    named = ", ".join(groups["group"].unique().sort().head(6).to_list())
    return [], [(*name, question, f"{why} (there are {named})")]


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


def _named_parts(name: tuple[str, ...], one: LikePeriods, table: pl.DataFrame) -> pl.DataFrame:
    words = {**dict(zip(NAMED, name, strict=True)), "period": _label(one), "before": _label(one, before=True)}
    return table.with_columns(pl.lit(value).alias(key) for key, value in words.items()).select(list(PARTS))


def _directions(
    table: pl.DataFrame, request: GrowthRequest
) -> tuple[list[pl.DataFrame], list[tuple[str, ...]]]:
    """Contributions of the two directions to the growth of turnover, by source and reporter."""
    found: list[pl.DataFrame] = []
    lacks: list[tuple[str, ...]] = []
    totals = table.filter(pl.col("kind") == "total")
    for (source, reporter), own in totals.group_by("source", "reporter", maintain_order=True):
        name = (str(source), str(reporter), BOTH_WAYS)
        turnover = own.filter(pl.col("flow") == BOTH_WAYS)
        ways = own.filter(pl.col("flow") != BOTH_WAYS)
        both = (
            ways.group_by("start", "end").agg(pl.col("flow").n_unique().alias("n")).filter(pl.col("n") == 2)
        )
        comparisons, _ = like_periods(_periods(both), **_like(request))
        shown: list[pl.DataFrame] = []
        for one in comparisons:
            sums = [float(_of(turnover, periods)["value_usd"].sum()) for periods in (one.before, one.now)]
            before, now = (
                _of(ways, periods).with_columns(group=pl.col("flow")) for periods in (one.before, one.now)
            )
            if sums[0] > 0 and min(before["value_usd"].sum(), now["value_usd"].sum()) > 0:
                parts = contributions(before, now, by="group", totals=(sums[0], sums[1]))
                shown.append(_named_parts(name, one, parts))
        found += shown[:DIRECTIONS]
        if not shown:
            lacks.append((*name, "contributions by direction", "no two like periods have both directions"))
    return found, lacks


def _seasons(name: tuple[str, ...], totals: pl.DataFrame) -> tuple[list[pl.DataFrame], list[tuple[str, ...]]]:
    """Seasonal indices of a series' months."""
    whole = (pl.col("start").dt.day() == 1) & (pl.col("start").dt.month_end() == pl.col("end"))
    months = totals.filter(whole)
    if months.is_empty():
        return [], [(*name, "seasons", "no monthly figures; 24 months in a row are needed")]
    try:
        found = seasonality(months, month="start")
    except InvalidInput as error:
        evidence = f" ({error.evidence})" if error.evidence else ""
        return [], [(*name, "seasons", f"{error.fact}{evidence} {error.fix}")]
    words = dict(zip(NAMED, name, strict=True))
    table = found.table.with_columns(
        *(pl.lit(value).alias(key) for key, value in words.items()), strength=pl.lit(found.strength)
    )
    return [table.select(pl.col(column).cast(kind) for column, kind in SEASONS.items())], []
