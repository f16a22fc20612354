"""A case's published figures, both sides, to one yearly series with a band."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import exp, expm1, log, sqrt
from typing import Any

import numpy as np
import polars as pl
from scipy.special import ndtri

from karwan.errors import InvalidInput
from karwan.schema.frames import result_frame
from karwan.trade.mirror.cif import PUBLISHED
from karwan.trade.mirror.periods import PeriodFigure, YearFigure, calendar_year
from karwan.trade.mirror.reconcile import combine
from karwan.trade.period import YEAR, whole_months

RANK = {"official": 0, "press": 1, "speech": 2}
WAYS = ("a_to_b", "b_to_a")
REPORTS = {
    "direction": pl.String,
    "year": pl.Int64,
    "reporter": pl.String,
    "side": pl.String,
    "value_usd": pl.Float64,
    "fob_usd": pl.Float64,
    "method": pl.String,
    "approximate_period": pl.Boolean,
    "moved_share": pl.Float64,
    "months": pl.Int64,
    "claimed": pl.String,
    "log_sd": pl.Float64,
    "figures": pl.String,
    "source_id": pl.String,
}


@dataclass(frozen=True)
class PairPriors:
    """What is taken for granted where no world panel gives it (basis: assumed).

    Attributes
    ----------
    sigma
        Standard deviation of the log error of a reporter's yearly figure; overridden by reporter in `sigmas`.
    cif_share
        Freight and insurance in import reports by direction; the published coefficients where absent.
    period_sigma
        Standard deviation of the log error of a year that is wholly allocated from other months; its
        variance is taken in proportion to the share that is.
    claim_sigma
        Added by how the figure was stated.
    coverage
        Probability of the band.
    """

    sigma: float = 0.5
    sigmas: Mapping[str, float] = field(default_factory=dict)
    cif_share: Mapping[str, float] = field(default_factory=dict)
    period_sigma: float = 0.5
    claim_sigma: Mapping[str, float] = field(
        default_factory=lambda: {"official": 0.0, "press": 0.25, "speech": 0.5}
    )
    coverage: float = 0.9

    def of(self, reporter: str) -> float:
        """Sigma of a reporter."""
        return self.sigmas.get(reporter, self.sigma)


@dataclass(frozen=True)
class PairReconciled:
    """Reconciled yearly series of a pair.

    Attributes
    ----------
    table
        Columns of `schema/results/standing_reconciled.csv`: directions and 'total', one row a year.
    reports
        Columns of `REPORTS`: what each side's figures say of each year, and how that year was made of them.
    """

    table: pl.DataFrame
    reports: pl.DataFrame


@dataclass(frozen=True)
class _Report:
    """One side's calendar-year value, less freight where it is an importer's, with its log variance."""

    reporter: str
    side: str
    figure: YearFigure
    fob_usd: float
    variance: float
    claimed: str


def pair_cif_share(distance_km: float, *, exporter_landlocked: bool, importer_landlocked: bool) -> float:
    """CIF share of a pair by the coefficients of Gaulier & Zignago (2010, model II), without a unit value."""
    if not distance_km > 0:
        raise InvalidInput(
            f"A distance of {distance_km} km is not possible.", fix="Give kilometres above zero."
        )
    p, far = PUBLISHED, log(distance_km)
    fitted = p["constant"] + p["ln_distance"] * far + p["ln_distance_squared"] * far**2
    fitted += p["exporter_landlocked"] * exporter_landlocked + p["importer_landlocked"] * importer_landlocked
    return max(0.0, expm1(fitted))


def reconcile_case(
    known: pl.DataFrame,
    code_a: str,
    code_b: str,
    *,
    labels: Mapping[str, str],
    priors: PairPriors | None = None,
) -> PairReconciled:
    """Yearly trade of two countries from both sides' published figures, with a band.

    Each side's figures on all goods are brought to calendar years (`periods.calendar_year`): exactly where
    sums and differences allow it, else approximately, with variance added. Of figures on the same months
    the firmest and latest printed stands. Import figures lose freight and insurance. The two sides are
    weighed by inverse variance in logs; if they are further apart than their variances allow, the band is
    widened until it holds both.

    Parameters
    ----------
    known
        Published figures as `karwan.trade.standing.known_flows` gives them: reporter, direction ('a_to_b',
        'b_to_a', 'total'), period_start, period_end, product_group, value_kind, value_usd, claimed,
        printed, period_label, source_id.
    code_a, code_b
        The parties; a_to_b is exported by the first.
    labels
        Direction to the words for it; 'total' too.

    Returns
    -------
    A total is the sum of the two directions where both are known, else both sides' totals, which mix
    exports FOB and imports CIF, reconciled as they are. Years nobody gives are absent.
    """
    held = priors or PairPriors()
    parties = {"a_to_b": (code_a, code_b), "b_to_a": (code_b, code_a)}
    figures = _figures(known)
    years = range(*_span(figures))
    rows: list[dict[str, Any]] = []
    reports: list[tuple[str, _Report]] = []
    for year in years:
        made = {}
        by_side = {side: _side_year(figures, side, year) for side in (code_a, code_b)}
        for way in WAYS:
            exporter, importer = parties[way]
            found = [
                _report(by_side[side][way], side, role, held, _cif(held, way))
                for side, role in ((exporter, "exporter"), (importer, "importer"))
                if by_side[side].get(way) is not None
            ]
            reports += [(way, report) for report in found]
            if found:
                made[way] = _reconciled(found, way, year, labels[way], held)
        totals = [
            _report(by_side[side]["total"], side, "total", held, 0.0)
            for side in (code_a, code_b)
            if by_side[side].get("total") is not None
        ]
        reports += [("total", report) for report in totals]
        if len(made) == len(WAYS):
            made["total"] = _summed([made[way] for way in WAYS], labels["total"], held)
        elif totals:
            made["total"] = _reconciled(totals, "total", year, labels["total"], held)
        rows += made.values()
    table = result_frame("standing_reconciled", rows).sort("direction", "year")
    return PairReconciled(table, pl.DataFrame([_listed(w, r) for w, r in reports], schema=REPORTS))


def _cif(priors: PairPriors, way: str) -> float:
    if way not in priors.cif_share:
        raise InvalidInput(
            f"There is no CIF share for {way}.",
            fix="Set PairPriors.cif_share; `pair_cif_share` gives a published one.",
        )
    return priors.cif_share[way]


def _figures(known: pl.DataFrame) -> dict[tuple[str, str], list[PeriodFigure]]:
    """Figures on all goods by reporter and direction: one for each period, the firmest and latest printed."""
    trade = known.filter(
        (pl.col("value_kind") == "trade")
        & (pl.col("product_group") == "all")
        & pl.col("value_usd").is_not_null()
    )
    best: dict[tuple[str, str, int, int], tuple[tuple[int, int], PeriodFigure]] = {}
    for row in trade.iter_rows(named=True):
        months = whole_months(row["period_start"], row["period_end"])
        if months is None:
            continue
        rank = RANK.get(row["claimed"] or "", 2)
        fob = row.get("valuation") == "fob"
        figure = PeriodFigure(*months, row["value_usd"], row["period_label"], row["source_id"], rank, fob)
        key = (row["reporter"], row["direction"], *months)
        firmness = (rank, -row["printed"])
        if key not in best or firmness < best[key][0]:
            best[key] = (firmness, figure)
    grouped: dict[tuple[str, str], list[PeriodFigure]] = {}
    for (reporter, direction, _, _), (_, figure) in best.items():
        grouped.setdefault((reporter, direction), []).append(figure)
    return grouped


def _span(figures: Mapping[tuple[str, str], list[PeriodFigure]]) -> tuple[int, int]:
    every = [figure for group in figures.values() for figure in group]
    if not every:
        return 0, 0
    return min(f.first for f in every) // YEAR, (max(f.after for f in every) - 1) // YEAR + 1


def _side_year(
    figures: Mapping[tuple[str, str], list[PeriodFigure]], side: str, year: int
) -> dict[str, YearFigure | None]:
    """What one side's figures give for a year, by direction; directions scaled to the side's own total."""
    found = {way: calendar_year(figures.get((side, way), []), year) for way in (*WAYS, "total")}
    total = found["total"]
    known = [part for way in WAYS if (part := found[way]) is not None]
    if total is not None and len(known) == len(WAYS) and _splits(total, known):
        whole = sum(part.value_usd for part in known)
        for way, part in zip(WAYS, known, strict=True):
            found[way] = _part_of(total, part, part.value_usd / whole if whole else 0.0)
    return found


def _splits(total: YearFigure, parts: Sequence[YearFigure]) -> bool:
    """Whether a total known exactly is a better guide than its directions: both approximate, of like months, and no firmer."""
    approximate = all(part.moved_share > 0 for part in parts)
    like_months = len({part.months for part in parts}) == 1
    as_firm = total.rank <= max(part.rank for part in parts)
    return total.moved_share == 0 and approximate and like_months and as_firm


def _part_of(total: YearFigure, part: YearFigure, share: float) -> YearFigure:
    """A direction as a share of the total."""
    return replace(
        part,
        value_usd=share * total.value_usd,
        method="split of the total",
        moved_share=part.moved_share / 2.0,
        pieces=(*part.pieces, f"scaled to {total.pieces[0]} in all"),
        source_ids=tuple(dict.fromkeys((*part.source_ids, *total.source_ids))),
        rank=max(part.rank, total.rank),
    )


def _report(figure: YearFigure | None, reporter: str, side: str, priors: PairPriors, cif: float) -> _Report:
    assert figure is not None
    claimed = {rank: name for name, rank in RANK.items()}[figure.rank]
    variance = priors.of(reporter) ** 2 + priors.claim_sigma.get(claimed, 0.0) ** 2
    variance += priors.period_sigma**2 * figure.moved_share
    freight = cif if side == "importer" and not figure.fob else 0.0
    fob = figure.value_usd / (1.0 + freight)
    return _Report(reporter, side, figure, fob, variance, claimed)


def _reconciled(
    reports: list[_Report], way: str, year: int, label: str, priors: PairPriors
) -> dict[str, Any]:
    """One row of the series from one or two reports."""
    positive = [report for report in reports if report.fob_usd > 0]
    contested = len(reports) == 2 and len(positive) == 1
    if not positive:
        value, deviation = 0.0, 0.0
    elif len(positive) == 1:
        value, deviation = positive[0].fob_usd, sqrt(positive[0].variance)
    else:
        logs = [np.array([log(report.fob_usd)]) for report in positive]
        spreads = [np.array([report.variance]) for report in positive]
        mean, sd, _ = combine(logs[0], logs[1], spreads[0], spreads[1], widen=True)
        value, deviation = exp(float(mean[0])), float(sd[0])
    reach = exp(float(ndtri(0.5 + priors.coverage / 2.0)) * deviation)
    values = sorted(report.fob_usd for report in positive)
    by_side = {report.side: report.figure.value_usd for report in reports}
    return {
        "direction": way,
        "direction_label": label,
        "year": year,
        "value_usd": value,
        "low_usd": 0.0 if contested else value / reach,
        "high_usd": value * reach,
        "sides": "both" if len(reports) == 2 else "one side" if way == "total" else reports[0].side,
        "export_usd": by_side.get("exporter"),
        "import_usd": by_side.get("importer"),
        "ratio": values[1] / values[0] if len(values) == 2 else None,
        "log_sd": deviation,
        "note": _note(reports, values, contested),
        "source_id": _sources(reports),
        "basis": "computed",
    }


def _sources(reports: Iterable[_Report]) -> str:
    every = [part for r in reports for source in r.figure.source_ids for part in source.split(";")]
    return ";".join(dict.fromkeys(every))


def _note(reports: list[_Report], values: list[float], contested: bool) -> str:
    """How the row was made, in words."""
    parts = []
    for report in reports:
        figure = report.figure
        if figure.method == "sums and differences":
            parts.append(f"{report.reporter}: {', '.join(figure.pieces)}")
        elif figure.moved_share > 0:
            parts.append(
                f"{report.reporter}: approximate period, {figure.method} ({', '.join(figure.pieces)})"
            )
        if figure.rank:
            parts.append(f"{report.reporter}: {report.claimed} figure")
    if contested:
        parts.append("one side states zero")
    if len(values) == 2 and values[0] > 0 and values[1] / values[0] >= 2.0:
        parts.append(f"the two reports differ by a factor of {values[1] / values[0]:.1f}")
    if len(reports) == 1:
        parts.append(f"only {reports[0].reporter} gives this year")
    return "; ".join(parts)


def _summed(rows: list[dict[str, Any]], label: str, priors: PairPriors) -> dict[str, Any]:
    """The total as the sum of two directions; errors taken as independent."""
    value = sum(row["value_usd"] for row in rows)
    spread = sqrt(sum((row["value_usd"] * row["log_sd"]) ** 2 for row in rows))
    deviation = spread / value if value else 0.0
    reach = exp(float(ndtri(0.5 + priors.coverage / 2.0)) * deviation)
    sources = ";".join(dict.fromkeys(";".join(row["source_id"] for row in rows).split(";")))
    return {
        "direction": "total",
        "direction_label": label,
        "year": rows[0]["year"],
        "value_usd": value,
        "low_usd": value / reach,
        "high_usd": value * reach,
        "sides": "both" if all(row["sides"] == "both" for row in rows) else "one side",
        "export_usd": None,
        "import_usd": None,
        "ratio": None,
        "log_sd": deviation,
        "note": "sum of the two directions",
        "source_id": sources,
        "basis": "computed",
    }


def _listed(way: str, report: _Report) -> dict[str, Any]:
    figure = report.figure
    return {
        "direction": way,
        "year": figure.year,
        "reporter": report.reporter,
        "side": report.side,
        "value_usd": figure.value_usd,
        "fob_usd": report.fob_usd if report.side != "total" else None,
        "method": figure.method,
        "approximate_period": figure.moved_share > 0,
        "moved_share": figure.moved_share,
        "months": figure.months,
        "claimed": report.claimed,
        "log_sd": sqrt(report.variance),
        "figures": "; ".join(figure.pieces),
        "source_id": ";".join(figure.source_ids),
    }
