"""Bilateral flows of the world at one product level, from a file or from the trade store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from karwan.analysis.flow_table import read_flow_table, tidy_flows
from karwan.analysis.levels import level_digits, level_title
from karwan.analysis.panel import panel_errors
from karwan.analysis.store_choice import chosen_source
from karwan.errors import InvalidInput
from karwan.notes import Note, note
from karwan.store import open_store
from karwan.store.country_codes import typed_country
from karwan.store.frame import one_row_each, read_frame, with_numbers, with_texts
from karwan.store.query import Selection, select
from karwan.store.sources.mapped_table import readings_of
from karwan.store.sources.mapping import mapping_named
from karwan.store.sources.registry import Options
from karwan.trade.mirror import paired_reports, reconcile

YEARS_AVERAGED = 5
MOST_KM = 40_075  # once round the Earth
MISSING = "."  # as CEPII writes a distance it does not know
DISTANCE_COLUMNS = ("exporter", "importer", "distance_km", "contiguous")


@dataclass(frozen=True)
class WorldFlows:
    """Flows ready for the models.

    Attributes
    ----------
    table
        exporter, importer, product, value_usd, year; log_sd (standard deviation of the logarithm of the
        value's error) where both sides' reports were reconciled.
    level
        Product level in words.
    origin
        Where the flows come from.
    lacks
        What the flows themselves lack (one side's report only, one year only).
    notes
        What a table of flows holds that was left out, with rows and USD.
    """

    table: pl.DataFrame
    level: str
    origin: str
    lacks: tuple[str, ...]
    notes: tuple[Note, ...] = ()

    @property
    def period(self) -> str:
        """Years averaged, `2016-2020`, `2015`, or `year unknown`."""
        if "year" not in self.table.columns:
            return "year unknown"
        years = sorted(map(int, self.table["year"].unique()))
        return str(years[0]) if len(years) == 1 else f"{years[0]}-{years[-1]}"


def read_world_flows(
    path: Path,
    *,
    level: str | None = None,
    mapping: str | None = None,
    years: Sequence[int] = (),
    asked: Sequence[str] = (),
) -> WorldFlows:
    """Flows from a CSV or Parquet file.

    Parameters
    ----------
    path
        Columns exporter, importer, product, value_usd and, optionally, year; any other layout with a mapping.
    level
        Key of `LEVELS`; longer codes are cut to it. By default the finest level that is complete.
    mapping
        Packaged mapping or mapping file, as for `karwan trade ingest table`.
    years
        Years to average; by default the last five there are.
    asked
        Codes of the countries the answer is about; see `karwan.analysis.flow_table`.

    Raises
    ------
    InvalidInput
        The file cannot be read, lacks a column, or has no code of that level.
    """
    if mapping and not path.is_file():
        raise InvalidInput(f"There is no file {path}.", fix="Check the path.")
    digits = None if level is None else level_digits(level)
    if mapping:
        found = tidy_flows(_mapped(path, mapping), asked=asked, digits=digits)
    else:
        found = read_flow_table(path, bilateral=True, asked=asked, digits=digits)
    table, lacks = _chosen_years(found.table, years)
    return WorldFlows(table, level_title(found.digits), path.name, lacks, found.notes)


def _mapped(path: Path, mapping: str) -> pl.DataFrame:
    frames = [
        frame
        for reading in readings_of(path, mapping_named(mapping), Options())
        for frame in reading.frames(lambda done: None)
    ]
    if not frames:
        raise InvalidInput(f"{path.name} has no rows.", "", "check the file.")
    rows = pl.concat(frames).filter(pl.col("reason").is_null() & (pl.col("frequency") == "A"))
    rows = rows.filter(pl.col("product_level") > 0)
    if rows.is_empty():
        raise InvalidInput("The table has no product codes.", path.name, "give codes, not totals.")
    return rows.select(
        "exporter",
        "importer",
        "product",
        value_usd=pl.col("value_milliusd") / 1000.0,
        year=pl.col("period_end").cast(pl.Date).dt.year().cast(pl.Int64),
    )


def _at_level(raw: pl.DataFrame, digits: int | None) -> tuple[pl.DataFrame, int]:
    """Rows at one level: those of that level, else longer codes cut to it, summed."""
    counts = raw.filter(pl.col("product_level") > 0).group_by("product_level").len()
    present = dict(counts.iter_rows())
    if not present:
        raise InvalidInput("The table has no product codes.", f"{raw.height} rows", "give codes, not totals.")
    chosen = digits if digits is not None else max(present, key=lambda n: (present[n], n))
    source = chosen if chosen in present else min((n for n in present if n > chosen), default=0)
    if not source:
        raise InvalidInput(
            f"The table has no products at {level_title(chosen)}.",
            f"it has codes of {', '.join(map(str, sorted(present)))} digits",
            "choose a level with as few digits.",
        )
    rows = raw.filter(pl.col("product_level") == source).with_columns(pl.col("product").str.slice(0, chosen))
    more = ("year", "reporter_side", "valuation")
    keys = ["exporter", "importer", "product", *(name for name in more if name in rows.columns)]
    return rows.group_by(keys).agg(pl.col("value_usd").sum()).sort(keys), chosen


def _chosen_years(table: pl.DataFrame, years: Sequence[int]) -> tuple[pl.DataFrame, tuple[str, ...]]:
    if "year" not in table.columns:
        return table, ("a mean of five years",)
    found = sorted(set(table["year"].drop_nulls()))
    absent = sorted(set(years) - set(found))
    if absent:
        raise InvalidInput(
            f"The table has no year {', '.join(map(str, absent))}.",
            f"it has {', '.join(map(str, found))}",
            "choose of these.",
        )
    # Years far apart are no average of today: the last run of consecutive years is taken.
    run = list(years) or [y for n, y in enumerate(reversed(found)) if found[-1] - y == n][:YEARS_AVERAGED]
    note = () if len(run) >= YEARS_AVERAGED else ("a mean of five years",)
    return table.filter(pl.col("year").is_in(run)), note


def store_world_flows(
    target: str,
    *,
    level: str | None = None,
    years: Sequence[int] = (),
    distances: pl.DataFrame | None = None,
    source: str | None = None,
    pair: tuple[str | None, str | None] = (None, None),
) -> WorldFlows:
    """Flows from the trade store.

    One source and nomenclature is used: the source named, else the one `karwan.analysis.store_choice.chosen_source` takes: the finest
    level that both countries report in the newest full year. Reconciled flows are taken as they are;
    reports of the two sides go through the mirror model, with freight and reporters' reliability estimated on all flows
    there (see `karwan.analysis.panel`).

    Parameters
    ----------
    target
        Path or URL of the store.
    level
        Key of `LEVELS`; by default the finest both countries report.
    years
        Years to average; by default the last five full ones in a row.
    distances
        exporter, importer, distance_km, contiguous: the freight in import reports is then estimated.
    source
        Source of the loads, as `karwan trade loads` lists them.
    pair
        Exporter and importer the flows are for; None is any.

    Raises
    ------
    InvalidInput
        The store has no bilateral yearly flows at that level, or none of the pair's two countries.
    """
    with open_store(target) as opened:
        flows = select(opened, Selection(frequency=("A",), source=(source,) if source else ()))
        flows = flows.filter((flows.partner == "country") & (flows.product_level > 0))
        flows = flows.filter(flows.hs_revision != "case")  # groups of goods in words, no codes
        where = target if source is None else f"{target} (source {source})"
        digits = None if level is None else level_digits(level)
        chosen = chosen_source(opened, flows, pair, where=where, digits=digits, named=source is not None)
        flows = flows.filter(
            (flows.source == chosen.source)
            & (flows.hs_revision == chosen.hs_revision)
            & (flows.product_level == chosen.digits)
        )
        by = ["exporter", "importer", "product", "reporter_side", "valuation", "period_end"]
        rows = opened.table(flows.group_by(by).aggregate(milli=flows.value_milliusd.sum()))
    rows = rows.with_columns(
        value_usd=pl.col("milli").cast(pl.Float64) / 1000.0,
        year=pl.col("period_end").cast(pl.Date).dt.year(),
        product_level=pl.lit(chosen.digits),
    )
    if not years:
        rows = rows.filter(~pl.col("year").is_in(chosen.part_years))
    rows, few = _chosen_years(rows, years)
    rows, digits = _at_level(rows, digits)
    table, lacks, words = _reconciled(rows, distances)
    others = f" (--source takes another: {chosen.others})" if chosen.others else ""
    origin = f"{chosen.source}, {chosen.hs_revision}, in {target}{words}{others}"
    return WorldFlows(table, level_title(digits), origin, (*lacks, *few), tuple(chosen.notes(pair)))


def _reconciled(
    rows: pl.DataFrame, distances: pl.DataFrame | None
) -> tuple[pl.DataFrame, tuple[str, ...], str]:
    """One value per flow and year: the reconciled one, else the mirror model's, else one of no known side.

    Returns
    -------
    exporter, importer, product, year, value_usd, and log_sd where the model gave any; what the flows lack;
    what was done, in words.
    """
    keys = ["exporter", "importer", "product", "year"]
    reports = rows.filter(pl.col("reporter_side").is_in(["exporter", "importer"]))
    parts = [_summed(rows.filter(pl.col("reporter_side") == "reconciled"), keys)]
    lacks: tuple[str, ...] = ()
    words = ""
    if reports.height:
        wide = paired_reports(reports, keys=("product", "year"))
        errors, wide = panel_errors(wide, distances=distances)
        found = reconcile(wide, errors.cif, errors.sigma).table
        parts.append(found.select(*keys, "value_usd", "log_sd"))
        sides = ("export_usd", "the exporters' reports"), ("import_usd", "the importers' reports")
        lacks = tuple(words for name, words in sides if not wide[name].count())
        if errors.assumed:
            lacks = (*lacks, f"reporters' reliability, taken as {errors.sigma.pooled:g} for all")
        words = (
            f", both sides' reports reconciled (freight {errors.cif_words}; reliability {errors.sigma_words})"
        )
    parts.append(_summed(rows.filter(pl.col("reporter_side") == "unknown"), keys))
    kept: list[pl.DataFrame] = []
    for part in parts:
        for earlier in kept:
            part = part.join(earlier, on=keys, how="anti")
        kept.append(part)
    table = pl.concat([part for part in kept if part.height], how="diagonal").sort(keys)
    return table, lacks, words


def _summed(rows: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    return rows.group_by(keys).agg(pl.col("value_usd").sum())


DISTANCES = {
    "distance_km": "potential.distance_given",
    "distw": "potential.distance_weighted",
    "dist": "potential.distance_cities",
}
"""Columns of distance in order of preference, with their words. CEPII has KAZ - PAK at 2,222 km by the second, at 1,117 by the third."""


def read_distances(path: Path) -> pl.DataFrame:
    """Distances between countries: exporter, importer, distance_km, contiguous; CEPII's column names are
    understood, and of its distances the weighted one comes first. A pair without it is left out.

    Raises
    ------
    InvalidInput
        The file cannot be read or lacks the columns.
    """
    names = {"iso_o": "exporter", "iso_d": "importer", "contig": "contiguous"}
    frame = read_frame(
        path,
        ("exporter", "importer", "distance_km"),
        texts=("iso_o", "iso_d", "exporter", "importer"),
        rename=names | {name: "distance_km" for name in DISTANCES if name != "distance_km"},
        fix="name the columns exporter, importer, distance_km and contiguous, or iso_o, iso_d, distw or dist, contig.",
    )
    held = [*DISTANCE_COLUMNS[: 4 if "contiguous" in frame.columns else 3]]
    blank = pl.col("distance_km").cast(pl.String).str.strip_chars() == MISSING
    known = frame.select(held).filter(~blank.fill_null(False))
    numbers = with_numbers(path, known, ("distance_km", "contiguous"))
    km = numbers["distance_km"].drop_nulls().to_list()
    if km and not 0 <= min(km) <= max(km) <= MOST_KM:
        raise InvalidInput(
            f"{path.name} has distances that no two countries have.",
            f"distance_km from {min(km):g} to {max(km):g}",
            f"write kilometres from 0 to {MOST_KM:,}.",
        )
    return one_row_each(path, with_codes(numbers, ("exporter", "importer")), ("exporter", "importer"))


def distance_measure(path: Path) -> Note:
    """Which distance `read_distances` takes of a file."""
    columns = read_frame(path).columns
    return note(next(key for name, key in DISTANCES.items() if name in columns))


def with_codes(frame: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    """The frame with columns of countries in alpha-3 codes; what is no country stays as it is, in capitals."""
    frame = with_texts(frame, names)
    codes = {text: typed_country(text) for name in names for text in frame[name].drop_nulls().unique()}
    return frame.with_columns(
        pl.col(name).replace_strict(codes, default=None, return_dtype=pl.String) for name in names
    )
