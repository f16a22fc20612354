"""Two countries' trade as both report it and as it probably was: from a case and from the trade store."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from itertools import permutations
from typing import Any

import polars as pl

from karwan.analysis.contract import Inputs, Result
from karwan.analysis.panel import PRIOR_SIGMA, panel_errors
from karwan.analysis.reconciled import (
    Freight,
    case_freight,
    case_gaps,
    case_priors,
    reconciled_case,
    with_gaps,
)
from karwan.analysis.trade_requests import MirrorRequest
from karwan.analysis.world_flows import read_distances
from karwan.case import Case
from karwan.errors import InvalidInput, UnknownName
from karwan.notes import Note, note
from karwan.store import open_store
from karwan.store.country_codes import typed_country
from karwan.store.filters import held_near
from karwan.store.product_names import product_names_of
from karwan.store.query import Selection, select
from karwan.trade.mirror import (
    CifModel,
    PairGaps,
    PairPriors,
    PairReconciled,
    Reconciled,
    paired_reports,
    reconcile,
    reporter_sigma,
    stated_cif,
)


def trade_mirror(inputs: Inputs, request: MirrorRequest) -> Result:
    """Both sides, their ratio and periods, and the reconciled value with its band.

    Raises
    ------
    InvalidInput
        Neither a case nor a store has figures of the two countries.
    """
    tables: dict[str, pl.DataFrame] = {}
    meta: dict[str, Any] = {}
    sigmas: dict[str, float] = {}
    request = replace(request, party_a=typed_country(request.party_a), party_b=typed_country(request.party_b))
    if request.party_a == request.party_b:
        raise InvalidInput("The two countries are the same.", request.party_a, "name two countries.")
    case = inputs.case
    freight = _freight(request, case)
    notes: list[Note] = []
    if inputs.store is not None:
        panel, freight, notes = _panel_or_case(inputs, request, freight)
        tables |= panel.tables
        meta |= panel.meta
        sigmas = dict(panel.meta.get("sigmas", {}))
    if case is not None:
        answer = mirror_of_case(
            case, sigma=request.sigma, sigmas=sigmas, coverage=request.coverage, freight=freight
        )
        of_year = {title: _of_year(table, request.year) for title, table in answer.tables.items()}
        if not tables and request.year is not None and all(table.is_empty() for table in of_year.values()):
            raise _no_year(case, request.year, answer.tables.values())
        tables |= of_year
        meta |= answer.meta
    if not tables:
        raise InvalidInput(
            f"There are no figures for {request.party_a} and {request.party_b}.",
            "no embedded case is about the two, and no store was given",
            "give --store FILE (see `karwan trade ingest`), or --case FOLDER.",
        )
    return Result(tables, meta, tuple(notes))


def _panel_or_case(
    inputs: Inputs, request: MirrorRequest, freight: Freight | None
) -> tuple[Result, Freight | None, list[Note]]:
    """The store's answer; where it has no reports of the pair and nobody asked for a year or level, none, and a note that the case speaks alone.

    Raises
    ------
    InvalidInput
        The store has no such reports, and no case or what was asked for cannot do without.
    """
    try:
        return *_panel(inputs.the_store(), request, freight), []
    except (InvalidInput, UnknownName) as error:
        if (
            inputs.case is None
            or inputs.case["flows"].is_empty()
            or (request.year, request.level) != (None, None)
        ):
            raise
        return (
            Result({}),
            freight,
            [note("mirror.case_alone", fact=error.fact, case=inputs.case.settings.case_id)],
        )


def _freight(request: MirrorRequest, case: Case | None) -> Freight | None:
    """The stated share, else the case's; None where the store is to tell."""
    if request.cif_share is not None:
        ways = (f"{a} to {b}" for a, b in permutations((request.party_a, request.party_b)))
        return Freight(dict.fromkeys(ways, request.cif_share), "stated")
    return case_freight(case) if case is not None and request.distances is None else None


def _no_year(case: Case, year: int, tables: Iterable[pl.DataFrame]) -> InvalidInput:
    years = sorted({held for table in tables if "year" in table.columns for held in table["year"]})
    return InvalidInput(
        f"The case {case.settings.case_id} has no yearly figures of the two countries for {year}.",
        f"years: {', '.join(map(str, years)) or 'none'}",
        "choose of these, or give --store FILE.",
    )


def _of_year(table: pl.DataFrame, year: int | None) -> pl.DataFrame:
    return table if year is None else table.filter(pl.col("year") == year)


def _basis(priors: PairPriors, stated: float, sigmas: Mapping[str, float]) -> str:
    origin = "assumed" if priors.sigma == stated else "from the gaps between the two sides, split evenly"
    return f"{origin}; `sigmas` from the panel come first" if sigmas else origin


def _gap_words(gaps: PairGaps) -> str:
    return (
        f"{gaps.flow_years} flow-years both report, apart by {gaps.rms_log_gap:.2f} in logarithms (root mean "
        f"square): sigma {gaps.sigma:.2f} ({gaps.low:.2f} to {gaps.high:.2f}) if both err alike"
    )


def mirror_of_case(
    case: Case,
    *,
    as_of: date | None = None,
    sigma: float | None = None,
    sigmas: Mapping[str, float] | None = None,
    coverage: float = 0.9,
    freight: Freight | None = None,
) -> Result:
    """A case's two sides by calendar year beside each other, and the reconciled series.

    Returns
    -------
    Tables 'both sides by year' (direction, year, each party's value, ratio, how each year was made) and
    'reconciled by year' (value with band, sides, note); meta with the priors.
    """
    day = as_of or case.settings.as_of
    stated = PRIOR_SIGMA if sigma is None else sigma
    freight = freight or case_freight(case)
    priors = case_priors(case, sigma=stated, sigmas=sigmas, coverage=coverage, freight=freight)
    gaps = case_gaps(case, day, priors)
    if sigma is None:
        priors = with_gaps(priors, gaps)
    found = reconciled_case(case, day, priors=priors)
    series = found.table.drop("export_usd", "import_usd", "ratio")
    meta = {
        "case": case.settings.case_id,
        "coverage": coverage,
        "prior_sigma": round(priors.sigma, 3),
        "prior_sigma_basis": _basis(priors, stated, sigmas or {}),
        "gaps": "none" if gaps is None else _gap_words(gaps),
        **freight.words(),
    }
    return Result({"both sides by year": _sides(found, case), "reconciled by year": series}, meta)


def _sides(found: PairReconciled, case: Case) -> pl.DataFrame:
    """Both parties' figures of one direction and year in one row."""
    codes = (case.settings.party_a, case.settings.party_b)
    parts = []
    for code in codes:
        side = found.reports.filter(pl.col("reporter") == code)
        words = pl.when(pl.col("approximate_period")).then(
            pl.format("approximate period: {} ({})", "method", "figures")
        )
        parts.append(
            side.select(
                "direction",
                "year",
                pl.col("value_usd").alias(f"{code.lower()}_usd"),
                words.otherwise(pl.col("figures")).alias(f"{code.lower()}_period"),
            )
        )
    one, other = parts
    wide = one.join(other, on=["direction", "year"], how="full", coalesce=True).sort("direction", "year")
    values = [pl.col(f"{code.lower()}_usd") for code in codes]
    smaller, larger = pl.min_horizontal(*values), pl.max_horizontal(*values)
    known = values[0].is_not_null() & values[1].is_not_null() & (smaller > 0)
    ways = {
        "a_to_b": f"{codes[0]} to {codes[1]}",
        "b_to_a": f"{codes[1]} to {codes[0]}",
        "total": "both ways",
    }
    label = pl.col("direction").replace(ways).alias("direction_label")
    return wide.with_columns(label, ratio=pl.when(known).then(larger / smaller))


def _panel(store: str, request: MirrorRequest, freight: Freight | None) -> tuple[Result, Freight]:
    """The pair's flows in the store, reconciled with reliability from every flow both sides report there; and the
    freight taken off, the store's where none is given."""
    reports, about = store_reports(store, request)
    wide = paired_reports(reports)
    distances = read_distances(request.distances) if request.distances is not None else None
    errors, wide = panel_errors(
        wide,
        distances=distances,
        cif_share=request.cif_share,
        prior_sigma=PRIOR_SIGMA if request.sigma is None else request.sigma,
    )
    sigma = errors.sigma
    parties = (request.party_a, request.party_b)
    pair = wide.filter(pl.col("exporter").is_in(parties) & pl.col("importer").is_in(parties))
    if pair.is_empty():
        raise InvalidInput(
            f"The store has no flows between {' and '.join(parties)} there.",
            f"{about}; {wide.height} flows of other pairs",
            "choose another year or level, or ingest their statistics.",
        )
    freight = freight or _freight_of_store(errors.cif, distances, parties)
    method, coverage = request.method, request.coverage
    both = [
        reconcile(
            pair.filter(pl.col("exporter") == a),
            stated_cif(freight.shares[f"{a} to {b}"]),
            sigma,
            method=method,
            coverage=coverage,
        )
        for a, b in permutations(parties)
    ]
    found = Reconciled(pl.concat(one.table for one in both), coverage, method)
    flows = found.table.with_columns(ratio=pl.col("export_usd") / pl.col("import_usd")).sort(
        "exporter", "importer", pl.col("value_usd"), descending=[False, False, True]
    )
    known = sigma.table.filter(pl.col("reporter").is_in(parties))
    meta: dict[str, Any] = {
        "store": store,
        "flows_of": about,
        "both_reported": wide.filter((pl.col("export_usd") > 0) & (pl.col("import_usd") > 0)).height,
        "sigma_basis": errors.sigma_words,
        "cif_of_the_store": errors.cif_words,
        **freight.words(),
    }
    if not errors.assumed:
        meta["sigmas"] = _total_sigmas(wide, parties)
    tables = {
        "reports of the pair in the store": _directions(found),
        "flows by product": flows.with_columns(name=product_names_of(pl.col("product"))),
        "states": found.counts(),
        "reliability": known if not errors.assumed else known.clear(),
    }
    return Result(tables, meta), freight


def _freight_of_store(cif: CifModel, distances: pl.DataFrame | None, parties: tuple[str, str]) -> Freight:
    ends = pl.DataFrame(list(permutations(parties)), schema=["exporter", "importer"], orient="row")
    if distances is not None:
        ends = ends.join(distances, on=["exporter", "importer"], how="left", maintain_order="left")
    ways = (f"{a} to {b}" for a, b in ends.select("exporter", "importer").iter_rows())
    basis = "estimated on the store" if distances is not None else "published mean (Gaulier & Zignago 2010)"
    return Freight(dict(zip(ways, map(float, cif.share(ends)), strict=True)), basis)


def _total_sigmas(free: pl.DataFrame, parties: tuple[str, str]) -> dict[str, float]:
    """Sigma of the parties' totals by partner: errors of products partly cancel in a sum."""
    sums = free.group_by("exporter", "importer").agg(
        pl.when(pl.col(name).is_not_null().any()).then(pl.col(name).sum())
        for name in ("export_usd", "import_fob_usd")
    )
    table = reporter_sigma(sums).table.filter(pl.col("reporter").is_in(parties))
    return {
        row["reporter"]: row["sigma_export"] for row in table.iter_rows(named=True) if row["sigma_export"]
    }


def _directions(found: Reconciled) -> pl.DataFrame:
    """Sums by direction; the band adds the flows' bands, as if a country erred alike in every product."""
    sums = (
        found.table.group_by("exporter", "importer")
        .agg(
            export_usd=pl.when(pl.col("export_usd").is_not_null().any()).then(pl.col("export_usd").sum()),
            import_usd=pl.when(pl.col("import_usd").is_not_null().any()).then(pl.col("import_usd").sum()),
            value_usd=pl.col("value_usd").sum(),
            low_usd=pl.col("low_usd").sum(),
            high_usd=pl.col("high_usd").sum(),
            flows=pl.len(),
            both=(pl.col("sides") == "both").sum(),
            exporter_only=(pl.col("sides") == "exporter").sum(),
            importer_only=(pl.col("sides") == "importer").sum(),
        )
        .sort("exporter", "importer")
    )
    return sums.with_columns(ratio=pl.col("export_usd") / pl.col("import_usd"))


def store_reports(store: str, request: MirrorRequest) -> tuple[pl.DataFrame, str]:
    """One year of both sides' reports in a store, at one product level.

    Of several sources for one reporter and side the one with most rows is used.

    Returns
    -------
    reporter_side, reporter, exporter, importer, product, value_usd, valuation; and what was chosen, in words.

    Raises
    ------
    InvalidInput
        The store has no yearly reports of that year or level.
    """
    keys = ["reporter_side", "reporter", "exporter", "importer", "product", "product_level", "valuation"]
    with open_store(store) as opened:
        missing = held_near(opened, [request.party_a, request.party_b])
        if missing:
            raise UnknownName(f"The store {store} does not know both countries.", missing, "check the codes.")
        flows = select(opened, Selection(side=("exporter", "importer"), frequency=("A",)))
        flows = flows.filter(flows.partner == "country")
        if request.level is not None:
            flows = flows.filter(flows.product_level >= request.level)
        spans = opened.table(flows.group_by("reporter", "period_end").aggregate(rows=flows.count()))
        year = _chosen_year(store, spans, request)
        flows = flows.filter(flows.period_end.year() == year)
        keys += ["source", "hs_revision", "period_start", "period_end"]
        rows = opened.table(flows.group_by(keys).aggregate(milli=flows.value_milliusd.sum()))
    rows = rows.with_columns(value_usd=pl.col("milli").cast(pl.Float64) / 1000.0)
    rows, level = _at_level(rows, request)
    rows = _one_source(rows)
    revisions = ", ".join(rows["hs_revision"].unique().sort())
    words = "all goods" if level == 0 else f"{level}-digit codes"
    about = f"{year}, {words}, {revisions}; {_periods(rows, request)}"
    return rows.select(
        "reporter_side", "reporter", "exporter", "importer", "product", "value_usd", "valuation"
    ), about


def _chosen_year(store: str, spans: pl.DataFrame, request: MirrorRequest) -> int:
    """The year asked for, or the last one most parties of the pair report (years by their last day)."""
    years = spans.select("reporter", year=pl.col("period_end").cast(pl.Date).dt.year().cast(pl.Int64))
    have = sorted(set(years["year"]))
    if request.year in have:
        return int(request.year or 0)
    if request.year is not None or not have:
        raise InvalidInput(
            f"The store {store} has no yearly reports of either side"
            + (f" for {request.year}." if request.year else "."),
            f"years: {', '.join(map(str, have)) or 'none'}",
            "choose of these, or ingest national statistics or Comtrade (BACI is reconciled already).",
        )
    pair = years.filter(pl.col("reporter").is_in([request.party_a, request.party_b])).unique()
    counts = pair.group_by("year").len().sort("len", "year")
    return int(counts["year"][-1]) if counts.height else have[-1]


def _at_level(rows: pl.DataFrame, request: MirrorRequest) -> tuple[pl.DataFrame, int]:
    """Rows at one level; a reporter's longer codes are cut to it only where it has none of that length."""
    parties = (request.party_a, request.party_b)
    if request.level is not None:
        level = request.level
    else:
        own = rows.filter(pl.col("exporter").is_in(parties) & pl.col("importer").is_in(parties))
        finest = own.group_by("reporter").agg(pl.col("product_level").max())["product_level"].to_list()
        level = min(finest or rows["product_level"].to_list())
    who = ["reporter_side", "reporter", "source", "hs_revision"]
    usable = rows.filter(pl.col("product_level") >= level)
    nearest = usable.group_by(who).agg(pl.col("product_level").min().alias("nearest"))
    usable = usable.join(nearest, on=who).filter(pl.col("product_level") == pl.col("nearest"))
    cut = usable.with_columns(
        product=pl.col("product").str.slice(0, level) if level else pl.lit("TOTAL"),
    )
    same = [*who, "period_start", "period_end", "exporter", "importer", "product", "valuation"]
    return cut.group_by(same).agg(pl.col("value_usd").sum()), level


def _one_source(rows: pl.DataFrame) -> pl.DataFrame:
    """The source, nomenclature and period with most rows for each reporter and side."""
    who = ["reporter_side", "reporter", "source", "hs_revision", "period_start", "period_end"]
    counts = rows.group_by(who).len()
    best = counts.sort("len", *who, descending=[True, *[False] * len(who)]).unique(
        ["reporter_side", "reporter"], keep="first", maintain_order=True
    )
    return rows.join(best.drop("len"), on=who, how="semi")


def _periods(rows: pl.DataFrame, request: MirrorRequest) -> str:
    """The two parties' periods, and the months they share where they differ."""
    held = {}
    for party in (request.party_a, request.party_b):
        own = rows.filter(pl.col("reporter") == party)
        if own.height:
            start, end = (own[name].cast(pl.Date)[0] for name in ("period_start", "period_end"))
            held[party] = (start, end)
    words = ", ".join(f"{party} {start} to {end}" for party, (start, end) in held.items())
    if len(set(held.values())) < 2:
        return words or "neither party reports"
    first, last = max(start for start, _ in held.values()), min(end for _, end in held.values())
    months = max(0, round(((last - first).days + 1) / 30.44))
    return f"{words}: unlike periods, {months} of 12 months in common"
