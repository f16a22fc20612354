"""What the money, hours and emissions of a stage are made of: terms, each a product of figures of the case."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

BASES = ("observed", "computed", "assumed", "assumed")  # by rank; the last where nothing is known
BASIS_RANK = {"observed": 0, "computed": 1, "assumed": 2}
MONEY = ("usd_t", "usd_unit")
HOURS = "hours"
EMISSION = "co2_kg_t"
FREIGHT_KINDS = ("line_haul", "sailing", "scarcity")
"""Kinds of money that carriers ask for the way itself, leg by leg."""
OF_TABLE = {
    "fees": "fees",
    "crossing_times": "border",
    "transfers": "transfers",
    "services": "sailing",
    "land_services": "through_rate",
}
"""Kind of money that a figure of a table stands for; the rest goes by the kind of its stage."""


class CellFigure(NamedTuple):
    """A figure with what it rests on and the cell of the case it came from.

    Attributes
    ----------
    value
        In the unit of its column.
    basis
        'observed', 'computed' or 'assumed'; a figure borrowed from a like place is assumed, whatever its row says.
    source_id
        Sources, joined by semicolons.
    table, key, column
        The cell.
    """

    value: float
    basis: str
    source_id: str
    table: str = ""
    key: str = ""
    column: str = ""


class Factor(NamedTuple):
    """A figure and the power with which an amount grows in it: 1, or -1 for a speed or hours a day."""

    figure: CellFigure
    power: int = 1


class Term(NamedTuple):
    """One amount that a stage's money, hours or emission is the sum of.

    Attributes
    ----------
    unit
        'usd_t' (per tonne), 'usd_unit' (per truck or container), 'hours' or 'co2_kg_t'.
    amount
        In that unit; proportional to each factor to its power.
    factors
        The figures.
    """

    unit: str
    amount: float
    factors: tuple[Factor, ...]


@dataclass(frozen=True)
class Stage:
    """One step of a route with its money, hours and emissions.

    Attributes
    ----------
    kind
        'line_haul', 'crossing', 'transfer' or 'sailing'.
    name, place_id, mode, country
        What and where; `place_id` is a link, crossing or node id.
    km
        Length, km.
    usd_t, usd_unit
        Money per tonne and per truck or container: the sums of the terms in that unit.
    hours, variance_h2
        Mean and variance of its hours, waiting for a ship included, waiting for an opening not.
    co2_kg_t
        Well-to-wheel emission per tonne, kg CO2e.
    headway_h
        Time between sailings, h; 0 when there is no ship to wait for.
    basis_usd, basis_hours
        Weakest basis of the figures that make the money and the mean hours.
    source_id
        Sources of all figures used.
    terms
        What the amounts are made of.
    hours_group, group_log_sd
        Kind of place whose hours share one unknown factor, and the standard deviation of its log.
    jam_share, jam_h
        Share of days with a queue of days, and the mean hours waited then; part of `hours`.
    """

    kind: str
    name: str
    place_id: str
    mode: str
    country: str
    km: float
    usd_t: float
    usd_unit: float
    hours: float
    variance_h2: float
    co2_kg_t: float
    headway_h: float
    basis_usd: str
    basis_hours: str
    source_id: str
    terms: tuple[Term, ...] = ()
    hours_group: str = ""
    group_log_sd: float = 0.0
    jam_share: float = 0.0
    jam_h: float = 0.0

    @property
    def service_h(self) -> float:
        """Mean hours without waiting for a ship and without the queue of bad days."""
        return self.hours - self.headway_h / 2.0 - self.jam_share * self.jam_h

    @property
    def service_variance_h2(self) -> float:
        """Variance of these hours, h2."""
        jam = (2.0 * self.jam_share - self.jam_share**2) * self.jam_h**2
        return self.variance_h2 - self.headway_h**2 / 12.0 - jam

    @cached_property
    def amounts(self) -> npt.NDArray[np.float64]:
        """USD/t, USD a unit, hours, h2, kg CO2e/t and km, shape (1, 6)."""
        return np.array([[self.usd_t, self.usd_unit, self.hours, self.variance_h2, self.co2_kg_t, self.km]])

    @property
    def basis(self) -> str:
        """Weaker of the two bases."""
        return worst_basis(self.basis_usd, self.basis_hours)

    def usd(self, tonnes: float, units: float) -> float:
        """Money for a load, USD."""
        return self.usd_t * tonnes + self.usd_unit * units


@dataclass(frozen=True)
class Step:
    """What a stage is, before its amounts: the fields of `Stage` of the same names."""

    kind: str
    name: str
    place_id: str
    mode: str
    country: str
    km: float = 0.0
    headway_h: float = 0.0
    hours_group: str = ""
    group_log_sd: float = 0.0
    jam_share: float = 0.0
    jam_h: float = 0.0


def make_stage(
    step: Step, terms: Iterable[Term], *, variance_h2: float, also: Iterable[CellFigure] = ()
) -> Stage:
    """A stage whose amounts are the sums of its terms.

    Parameters
    ----------
    step
        What and where.
    terms
        What its money, hours and emission are made of; a stage without money rests on an assumption.
    variance_h2
        Variance of its hours, h2.
    also
        Figures it rests on that move no amount: spreads, rules.
    """
    held = tuple(terms)
    sums = dict.fromkeys((*MONEY, HOURS, EMISSION), 0.0)
    weakest = dict.fromkeys((*MONEY, HOURS, EMISSION), -1)
    sources: list[str] = []
    for unit, amount, factors in held:
        sums[unit] += amount
        if unit != EMISSION:
            sources += [factor[0][2] for factor in factors]
            weakest[unit] = max([weakest[unit], *[BASIS_RANK.get(factor[0][1], 2) for factor in factors]])
    sources += [figure.source_id for figure in also]
    return Stage(
        step.kind,
        step.name,
        step.place_id,
        step.mode,
        step.country,
        step.km,
        sums["usd_t"],
        sums["usd_unit"],
        sums[HOURS],
        variance_h2,
        sums[EMISSION],
        step.headway_h,
        BASES[max(weakest["usd_t"], weakest["usd_unit"])],
        BASES[weakest[HOURS]],
        join_sources(*sources),
        held,
        step.hours_group,
        step.group_log_sd,
        step.jam_share,
        step.jam_h,
    )


def times(unit: str, *factors: CellFigure | Factor, by: float = 1.0) -> Term:
    """The term that is the product of figures (to their powers) and a plain number."""
    held = tuple([f if type(f) is Factor else Factor(f) for f in factors])  # type: ignore[arg-type]
    amount = by
    for figure, power in held:
        amount *= figure[0] if power > 0 else 1.0 / figure[0]
    return Term(unit, amount, held)


def scaled(term: Term, share: CellFigure) -> Term:
    """The term that adds a share of another one: a slowdown of hours."""
    return Term(term.unit, term.amount * share.value, (*term.factors, Factor(share)))


def figure_of(row: dict[str, Any], table: str, key: str, column: str) -> CellFigure:
    """The figure in a column of a row; `key` names the row's key column."""
    value = row[column]
    return CellFigure(
        0.0 if value is None else float(value), row["basis"], row["source_id"], table, row[key], column
    )


def money_kind(stage_kind: str, term: Term) -> str:
    """What the money of a term of a stage is paid for: line_haul, sailing, scarcity, through_rate, border, fees or transfers."""
    figures = [factor.figure for factor in term.factors]
    if any(figure.key == "scarcity_slope" for figure in figures):
        return "scarcity"
    named = next((OF_TABLE[figure.table] for figure in figures if figure.table in OF_TABLE), None)
    return named or {"line_haul": "line_haul", "sailing": "sailing"}.get(stage_kind, "transfers")


def worst_basis(*bases: str) -> str:
    """The weakest of several bases: assumed over computed over observed."""
    return max(bases, key=lambda b: BASIS_RANK.get(b, 2))


@lru_cache(maxsize=4096)
def join_sources(*sources: str) -> str:
    """Source ids joined once each, in order."""
    return ";".join(dict.fromkeys(part for s in sources if s for part in s.split(";")))
