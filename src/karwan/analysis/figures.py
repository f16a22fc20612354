"""What one country or pair reports, period by period: from a case's published figures or from the store."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from karwan.analysis.levels import SITC_SECTIONS
from karwan.case import Case
from karwan.errors import InvalidInput
from karwan.store import open_store
from karwan.store.filters import held_near
from karwan.store.query import Selection, select
from karwan.trade.period import month_number, whole_months, year_after
from karwan.trade.standing import PUBLISHED, known_flows, series_figures

ALL = "all goods"
BOTH_WAYS = "both ways"
FIGURES = {
    "source": pl.String,
    "reporter": pl.String,
    "flow": pl.String,
    "kind": pl.String,
    "group": pl.String,
    "start": pl.Date,
    "end": pl.Date,
    "value_usd": pl.Float64,
    "claimed": pl.String,
    "quoted": pl.String,
}
UNQUOTED = dict.fromkeys(("claimed", "quoted"), pl.lit(None, dtype=pl.String))
SERIES = ("source", "reporter", "flow")
CHAPTER = 2  # digits of the codes that a change is broken down by, unless asked otherwise


@dataclass(frozen=True)
class Figures:
    """Reported values by series, period and group.

    Attributes
    ----------
    table
        Columns of `FIGURES`. A series is source, reporter ('reconciled' or 'unknown' where a database does
        not say whose report it is) and flow ('KAZ to PAK', 'both ways'). kind is 'total', 'product' or
        'partner'; group its name, `ALL` for totals. claimed and quoted say how a published figure was stated
        and where; null for the store's.
    complete
        True where the products of a period are all there are (customs statistics); False where a source
        names some of them (published figures).
    notes
        What was chosen among what there is.
    """

    table: pl.DataFrame
    complete: bool
    notes: tuple[str, ...] = ()


def case_figures(case: Case, as_of: date) -> Figures:
    """A case's published trade figures, one for each period of a series, and those that subtraction of cumulated figures gives.

    A series is one kind of claim and of statistics: customs, payments and press figures stay apart, speeches stay out. Totals of both directions
    are added where a side publishes the two and no total as firm.
    """
    known = known_flows(case["flows"], case["sources"], as_of)
    a, b = case.settings.party_a, case.settings.party_b
    ways = {"a_to_b": f"{a} to {b}", "b_to_a": f"{b} to {a}", "total": BOTH_WAYS}
    rows = [
        (
            _published(case.settings.case_id, row["claimed"], row["statistics"]),
            row["reporter"],
            ways[row["direction"]],
            "total" if row["product_group"] == "all" else "product",
            ALL if row["product_group"] == "all" else row["product_group"],
            row["period_start"],
            row["period_end"],
            row["value_usd"],
            ", ".join(word for word in (row["claimed"], row["how"]) if word and word != PUBLISHED) or None,
            row["source_id"],
        )
        for row in series_figures(known).values()
    ]
    order = ["source", "reporter", "flow", "kind", "group", "start", "end"]
    return Figures(pl.DataFrame(rows, schema=FIGURES, orient="row").sort(order), complete=False)


def _published(case_id: str, claimed: str | None, statistics: str | None) -> str:
    """Name of the published figures of one kind: 'published figures of kaz-pak, customs'."""
    press = ["press"] if claimed == "press" else []
    return ", ".join([f"published figures of {case_id}", *press, *([statistics] if statistics else [])])


def store_figures(
    target: str,
    country: str,
    partner: str | None = None,
    *,
    level: int | None = None,
    products: Sequence[str] = (),
    until: date | None = None,
) -> Figures:
    """Reports of a pair, both directions, or of one country's trade with all others, from the store.

    Series of different sources, reporters, nomenclatures and valuations stay apart.

    Parameters
    ----------
    level
        Digits of the products; longer codes are cut to it. By default chapters (sections for SITC).
    products
        Only these codes and what is under them; totals are then theirs.
    until
        Last day; later periods are left out.

    Raises
    ------
    InvalidInput
        The store has no such flows, or no codes of that level.
    """
    rows = _stored(target, country, partner, products, until)
    if rows.is_empty():
        who = country if partner is None else f"{country} and {partner}"
        raise InvalidInput(
            f"The store {target} has no flows of {who}"
            + (f" in {', '.join(products)}." if products else "."),
            _lacking(target, [country, *([partner] if partner else [])], products),
            fix="ingest their statistics (see `karwan trade ingest`), or check the codes.",
        )
    names = {True: f"{country} to {partner or 'all'}", False: f"{partner or 'all'} to {country}"}
    flow = (pl.col("exporter") == country).replace_strict(names, return_dtype=pl.String)
    stated = pl.when(pl.col("reporter_side").is_in(["exporter", "importer"])).then(pl.col("reporter"))
    rows = rows.with_columns(
        flow=flow,
        reporter=stated.otherwise(pl.col("reporter_side")),
        source=pl.format("{}, {}", "source", "hs_revision"),
        other=pl.when(pl.col("exporter") == country).then(pl.col("importer")).otherwise(pl.col("exporter")),
        world=(pl.col("exporter") == "WLD") | (pl.col("importer") == "WLD"),
        value_usd=pl.col("milli").cast(pl.Float64) / 1000.0,
        start=pl.col("period_start").cast(pl.Date),
        end=pl.col("period_end").cast(pl.Date),
    )
    rows, notes = _one_valuation(rows)
    tables = []
    for _, series in rows.group_by("source", "reporter", "flow", maintain_order=True):
        tables += _series_tables(series, level, bool(products))
    if not tables:
        raise InvalidInput(
            f"The store {target} has no codes of {level} digits of these flows.",
            f"levels: {', '.join(map(str, sorted(set(rows['product_level']))))} digits",
            "choose a level with as few digits.",
        )
    table = with_rests(pl.concat(tables))
    return Figures(_with_both_ways(table, partner is not None), complete=True, notes=notes)


def with_rests(table: pl.DataFrame) -> pl.DataFrame:
    """The figures, and those that subtraction of cumulated ones gives: February of January-February less January, August-December of the year
    less January-July.

    Only whole series are subtracted: a period stands that no report has and whose two sides both have a total; a good that the shorter
    period does not name has no trade in it. A difference that is not above zero is a revision and left out.
    """
    keys = ["source", "reporter", "flow", "kind", "group"]
    totals = table.filter(pl.col("kind") == "total")
    rows = [
        (*series, start, end, short)
        for series, own in totals.group_by(*SERIES, maintain_order=True)
        for start, end, short in _rest_periods(set(own.select("start", "end").iter_rows()))
    ]
    if not rows:
        return table
    kinds = {**dict.fromkeys(SERIES, pl.String), "start": pl.Date, "end": pl.Date, "end_short": pl.Date}
    new = pl.DataFrame(rows, schema=kinds, orient="row").with_columns(
        rest=pl.col("end_short").dt.offset_by("1d")
    )
    longer = new.join(table, on=[*SERIES, "start", "end"])
    shorter = table.select(*keys, "start", end_short="end", less="value_usd")
    rests = longer.join(shorter, on=[*keys, "start", "end_short"], how="left").with_columns(
        value_usd=pl.col("value_usd") - pl.col("less").fill_null(0.0), start=pl.col("rest")
    )
    made = rests.filter(pl.col("value_usd") > 0).select(list(FIGURES))
    return pl.concat([table, made]).sort(*SERIES, "start", "end", "kind", "group")


def _rest_periods(known: set[tuple[date, date]]) -> list[tuple[date, date, date]]:
    """Start and end of a longer period and the end of a shorter one, whose difference nobody reports whole or month by month."""
    months = {
        month_number(start): (start, end)
        for start, end in known
        if whole_months(start, end) == (month_number(start), month_number(start) + 1)
    }
    found: dict[tuple[date, date], tuple[date, date, date]] = {}
    for start, end in sorted(known):
        for other, short in sorted(known):
            rest = (short + timedelta(days=1), end)
            nested = other == start and short < end < year_after(start)
            if nested and rest not in known and not _by_month(rest, months):
                found.setdefault(rest, (start, end, short))
    return list(found.values())


def _by_month(period: tuple[date, date], months: Container[int]) -> bool:
    """Whether every month of a period is reported."""
    span = whole_months(*period)
    return span is not None and all(number in months for number in range(*span))


def _lacking(target: str, countries: Sequence[str], products: Sequence[str]) -> str:
    with open_store(target) as opened:
        return held_near(opened, countries, products)


def _stored(
    target: str, country: str, partner: str | None, products: Sequence[str], until: date | None
) -> pl.DataFrame:
    chosen = Selection(product=tuple(products), until=until.isoformat() if until else None)
    keys = ["source", "reporter_side", "reporter", "exporter", "importer", "hs_revision", "valuation"]
    keys += ["product", "product_level", "period_start", "period_end"]
    with open_store(target) as opened:
        flows = select(opened, chosen)
        own = (flows.exporter == country) | (flows.importer == country)
        flows = flows.filter(own & ~flows.partner.isin(["group", "itself"]))
        if partner is not None:
            flows = flows.filter((flows.exporter == partner) | (flows.importer == partner))
        rows = opened.table(flows.group_by(keys).aggregate(milli=flows.value_milliusd.sum()))
    return rows.sort(keys)


def _one_valuation(rows: pl.DataFrame) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """The valuation with most rows in each series: FOB and CIF reports of one flow do not add up."""
    keys = list(SERIES)
    counts = rows.group_by(*keys, "valuation").len().sort("len", "valuation", descending=[True, False])
    best = counts.unique(keys, keep="first", maintain_order=True)
    dropped = counts.join(best, on=[*keys, "valuation"], how="anti")
    notes = tuple(
        f"{row['reporter']}, {row['flow']}: also reported {row['valuation']}, which is left out"
        for row in dropped.sort(keys).iter_rows(named=True)
    )
    return rows.join(best.drop("len"), on=[*keys, "valuation"], how="semi"), notes


def _series_tables(series: pl.DataFrame, level: int | None, filtered: bool) -> list[pl.DataFrame]:
    """Totals, products and partners of one series; nothing where it has no codes as long as asked."""
    coded = series.filter(pl.col("product_level") > 0)
    spans = coded.group_by("product_level").agg(pl.struct("start", "end").n_unique().alias("periods"))
    if level is not None:
        spans = spans.filter(pl.col("product_level") >= level)
        if spans.is_empty():
            return []
    whole = series.filter((pl.col("product_level") == 0) & (not filtered))
    finest = spans.sort("periods", "product_level", descending=True)["product_level"].to_list()
    coded = coded.filter(pl.col("product_level") == finest[0]) if finest else coded.clear()
    digits = level or min(CHAPTER, finest[0] if finest else CHAPTER)
    in_order = [part.filter(pl.col("world") == world) for part in (whole, coded) for world in (True, False)]
    by_product = [in_order[2], in_order[3]]
    by_partner = [in_order[1], in_order[3]]
    parts = [
        _first_reported(in_order, "total", pl.lit(ALL)),
        _first_reported(by_product, "product", _code(series, digits)),
        _first_reported(by_partner, "partner", pl.col("other")),
    ]
    return [part for part in parts if part.height]


def _code(series: pl.DataFrame, digits: int) -> pl.Expr:
    """Product codes cut to so many digits; SITC sections with their names."""
    if digits == 1 and series["source"].str.ends_with(", SITC").all():
        return pl.col("product").replace({code: f"{code} {name}" for code, name in SITC_SECTIONS.items()})
    longer = pl.col("product_level") > digits
    return pl.when(longer).then(pl.col("product").str.slice(0, digits)).otherwise(pl.col("product"))


def _first_reported(choices: Sequence[pl.DataFrame], kind: str, group: pl.Expr) -> pl.DataFrame:
    """Sums by group; each period from the first of the tables that reports it."""
    kept: list[pl.DataFrame] = []
    for table in choices:
        fresh = table
        for earlier in kept:
            fresh = fresh.join(earlier, on=["start", "end"], how="anti")
        kept.append(fresh)
    sums = (
        pl.concat(kept)
        .with_columns(kind=pl.lit(kind), group=group, **UNQUOTED)
        .group_by("source", "reporter", "flow", "kind", "group", "start", "end", *UNQUOTED)
        .agg(pl.col("value_usd").sum())
    )
    return sums.select(list(FIGURES)).sort("start", "end", "group")


def _with_both_ways(table: pl.DataFrame, pair: bool) -> pl.DataFrame:
    """The table and, for a pair, turnover of the periods in which a series has both directions."""
    if not pair:
        return table
    keys = ["source", "reporter", "kind", "group", "start", "end"]
    spans = table.filter(pl.col("kind") == "total").group_by("source", "reporter", "start", "end")
    both = spans.agg(pl.col("flow").n_unique().alias("ways")).filter(pl.col("ways") == 2)
    held = table.join(both, on=["source", "reporter", "start", "end"], how="semi")
    turnover = held.group_by(keys).agg(pl.col("value_usd").sum()).filter(pl.col("kind") != "partner")
    made = turnover.with_columns(flow=pl.lit(BOTH_WAYS), **UNQUOTED)
    return pl.concat([table, made.select(list(FIGURES)).sort("start", "end", "group")])
