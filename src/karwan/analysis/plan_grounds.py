"""What speaks for a promise of the next plan beside its worth: weak points it touches, goods it brings nearer to their rivals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import polars as pl

from karwan.amounts import number
from karwan.analysis.corridors import CorridorStudy
from karwan.analysis.coupling.problem import Coupling
from karwan.analysis.criticality import brief_weak_points
from karwan.analysis.goods import landed_table
from karwan.analysis.goods_verdicts import verdict_table
from karwan.analysis.plan_wording import listed
from karwan.analysis.regime.states import regime_states
from karwan.analysis.regime.worth import RegimeGrounds, regime_grounds, worth_table
from karwan.analysis.worth.states import NOW
from karwan.appraisal.verdict import NO, ONLY_IF

WEAK = 10  # weak points that are named
LEAST_SHARE = 0.05  # of the gap to a rival that is worth a word


@dataclass(frozen=True)
class Grounds:
    """Weak points and goods of a case, to hold a scenario against.

    Attributes
    ----------
    study
        Corridors of the case.
    coupling
        Goods and routes in the states of the promises; None where no scenario can be used.
    """

    study: CorridorStudy
    coupling: Coupling | None

    @cached_property
    def weak(self) -> pl.DataFrame:
        """The weakest places of the corridors."""
        return brief_weak_points(self.study)[0].head(WEAK) if self.study.comparable else pl.DataFrame()

    @cached_property
    def dear(self) -> pl.DataFrame:
        """Goods judged that land dearer than their cheapest rival, no ban on them."""
        if not self.study.comparable:
            return pl.DataFrame()
        judged = verdict_table(self.study, landed_table(self.study))
        dearer = (pl.col("gap_usd_t") > 0) & pl.col("verdict").is_in([NO, ONLY_IF]) & pl.col("ban").is_null()
        return judged.filter(dearer).sort("gap_usd_t")

    def of(self, name: str, places: Sequence[str], terms: Sequence[RegimeGrounds] = ()) -> str:
        """Grounds of a scenario that changes rows about some places, in words; empty where there are none."""
        texts = (*map(_terms_text, terms), self._weak_points(places), self._goods(name))
        return "; ".join(said for said in texts if said)

    def terms(self, regime_ids: Iterable[str]) -> list[RegimeGrounds]:
        """What the terms of regimes are worth one by one, from the case as it stands; those without terms are left out."""
        case = self.study.case
        known = set(case["regime_terms"]["regime_id"])
        if not self.study.comparable:
            return []
        found = (replace(regime_states(case, name), base=()) for name in regime_ids if name in known)
        return [regime_grounds(worth_table(states, self.study)) for states in found]

    def _weak_points(self, places: Sequence[str]) -> str:
        """Weak points among the places, or in a row with one of them."""
        met = [
            f"{row['place']} ({number(place)})"
            for place, row in enumerate(self.weak.iter_rows(named=True), start=1)
            if {row["place"], *(row["in_row"] or "").split("; ")} & set(places)
        ]
        return f"touches weak points of the corridors, by rank: {listed(met)}" if met else ""

    def _goods(self, name: str) -> str:
        """Goods judged too dear that it brings nearer to the cheapest rival, the nearest first."""
        falls = self._falls(name)
        found: list[tuple[float, str]] = []
        for row in self.dear.iter_rows(named=True):
            fall, gap = falls.get((row["product_id"], row["importer"]), 0.0), row["gap_usd_t"]
            word = (
                "closes the gap to"
                if fall >= gap
                else f"takes {number(fall)} of the {number(gap)} USD a tonne to"
            )
            where = self.study.case.country_name(row["importer"])
            if fall >= LEAST_SHARE * gap:
                found.append((fall / gap, f"{row['product']}: {word} the cheapest rival in {where}"))
        said = [text for _, text in sorted(found, reverse=True)]
        return f"goods judged too dear: {listed(said)}" if said else ""

    def _falls(self, name: str) -> Mapping[tuple[str, str], float]:
        """Fall of the landed cost of each product and importer, USD/t: mean over pairs of places."""
        if self.coupling is None or not self.dear.height:
            return {}
        states = self.coupling.plan.states
        change = self.coupling.outcome.change(states.index(NOW), states.index(frozenset((name,))))
        with np.errstate(invalid="ignore"):
            fall = change.logsum_usd_t[0] - change.logsum_usd_t[1]
        found: dict[tuple[str, str], list[float]] = {}
        parties = set(self.study.case.parties.codes)
        for flow, (exporter, importer), value in zip(
            self.coupling.plan.flows, self.coupling.ends, fall, strict=True
        ):
            if {exporter, importer} == parties and np.isfinite(value):
                found.setdefault((flow.product_id, importer), []).append(float(value))
        return {key: float(np.mean(values)) for key, values in found.items()}

    def taken_up_by_none(self, places: Sequence[str]) -> list[str]:
        """Weak points that no candidate touches."""
        touched = set(places)
        return [
            row["place"]
            for row in self.weak.iter_rows(named=True)
            if not {row["place"], *(row["in_row"] or "").split("; ")} & touched
        ]


def _terms_text(grounds: RegimeGrounds) -> str:
    """'all its terms are worth USD 5.7 (0 to 6.5) a tonne of the parties' goods: share scanned 5.3; nothing: guarantee'."""
    span = ""
    if grounds.low_usd_t is not None and grounds.high_usd_t is not None:
        span = f" ({number(grounds.low_usd_t, 1)} to {number(grounds.high_usd_t, 1)})"
    each = [f"{term.name} {number(term.worth_usd_t, 1)}" for term in grounds.terms if term.counts]
    said = f"its terms together are worth USD {number(grounds.whole_usd_t, 1)}{span} a tonne of the goods of both sides as things stand"
    one_by_one = f", without it lost: {', '.join(each)}" if each else ""
    nothing = f", of no worth: {', '.join(grounds.nothing)}" if grounds.nothing else ""
    return f"{said}{one_by_one}{nothing}"
