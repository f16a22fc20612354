"""A case's trade as both sides report it, reconciled to one series with bands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from itertools import permutations
from typing import Any

import polars as pl

from karwan.analysis.panel import PRIOR_SIGMA
from karwan.case import Case
from karwan.numerics.geodesy import great_circle_km
from karwan.trade.mirror import FEWEST_GAPS, PairGaps, PairPriors, PairReconciled, pair_gaps, reconcile_case
from karwan.trade.mirror.cif import PUBLISHED_MEAN
from karwan.trade.mirror.pair import pair_cif_share
from karwan.trade.standing import known_flows

LEAST_KM = 1.0  # two places at one point are taken to lie so far apart


@dataclass(frozen=True)
class Freight:
    """Freight and insurance in the import reports of a pair: share by 'exporter to importer', and its basis."""

    shares: Mapping[str, float]
    basis: str

    def words(self) -> dict[str, Any]:
        """What an answer says of it."""
        shares = {way: round(share, 4) for way, share in self.shares.items()}
        return {"cif_share": shares, "cif_share_basis": self.basis}


def case_priors(
    case: Case,
    *,
    sigma: float = PRIOR_SIGMA,
    sigmas: Mapping[str, float] | None = None,
    coverage: float = 0.9,
    freight: Freight | None = None,
) -> PairPriors:
    """Priors of a case: CIF shares as given, else from its distance and landlocked countries; sigmas as given or the
    stated prior."""
    a, b = case.settings.party_a, case.settings.party_b
    shares = (freight or case_freight(case)).shares
    by_way = {"a_to_b": shares[f"{a} to {b}"], "b_to_a": shares[f"{b} to {a}"]}
    return PairPriors(sigma=sigma, sigmas=dict(sigmas or {}), cif_share=by_way, coverage=coverage)


def case_freight(case: Case) -> Freight:
    """The published coefficients at a pair's distance, landlocked countries told apart; their mean where the case names no places."""
    ways = list(permutations((case.settings.party_a, case.settings.party_b)))
    if not (case.settings.origins and case.settings.destinations):
        shares = {f"{one} to {other}": PUBLISHED_MEAN for one, other in ways}
        return Freight(
            shares,
            "published mean (Gaulier & Zignago 2010): the case names no places, so no distance is known",
        )
    landlocked = dict(case["countries"].select("country", "landlocked").iter_rows())
    far = _distance_km(case)
    shares = {
        f"{one} to {other}": pair_cif_share(
            far,
            exporter_landlocked=bool(landlocked.get(one)),
            importer_landlocked=bool(landlocked.get(other)),
        )
        for one, other in ways
    }
    return Freight(shares, "published coefficients (Gaulier & Zignago 2010) at the pair's distance")


def _distance_km(case: Case) -> float:
    """Mean great-circle distance between the places the case compares."""
    places = {row["node_id"]: (row["lat"], row["lon"]) for row in case["nodes"].iter_rows(named=True)}
    ends = [(places[a], places[b]) for a in case.settings.origins for b in case.settings.destinations]
    each = [float(great_circle_km(*start, *end)) for start, end in ends]
    return max(LEAST_KM, sum(each) / len(each))


def reconciled_case(case: Case, as_of: date, *, priors: PairPriors | None = None) -> PairReconciled:
    """Yearly series with bands from a case's published figures; as in the brief."""
    if priors is None:
        priors = case_priors(case)
        priors = with_gaps(priors, case_gaps(case, as_of, priors))
    settings = case.settings
    labels = case.parties.labels
    known = known_flows(case["flows"], case["sources"], as_of)
    return reconcile_case(
        known, settings.party_a, settings.party_b, labels=labels, priors=priors or case_priors(case)
    )


def reconciled_table(case: Case, as_of: date) -> pl.DataFrame:
    """Table of `reconciled_case`."""
    return reconciled_case(case, as_of).table


def case_gaps(case: Case, as_of: date, priors: PairPriors) -> PairGaps | None:
    """What the flow-years that both sides of a case report say of their errors; None where there are none."""
    reports = reconciled_case(case, as_of, priors=priors).reports
    sides = reports.filter((pl.col("side") != "total") & (pl.col("fob_usd") > 0))
    own = [priors.of(code) for code in sides["reporter"]]
    sides = sides.with_columns(own=pl.Series(own, dtype=pl.Float64))
    rows = (
        sides.with_columns(extra=(pl.col("log_sd") ** 2 - pl.col("own") ** 2).clip(0.0))
        .group_by("direction", "year", maintain_order=True)
        .agg(
            pl.len(),
            gap=pl.col("fob_usd").log().max() - pl.col("fob_usd").log().min(),
            extra=pl.col("extra").sum(),
        )
        .filter(pl.col("len") == 2)
    )
    return pair_gaps(rows["gap"].to_numpy(), rows["extra"].to_numpy()) if rows.height else None


def with_gaps(priors: PairPriors, gaps: PairGaps | None) -> PairPriors:
    """The priors with the sigma the gaps imply, where there are enough of them."""
    if gaps is None or gaps.flow_years < FEWEST_GAPS:
        return priors
    return replace(priors, sigma=gaps.sigma)
