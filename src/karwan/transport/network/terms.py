"""What the money, hours and emissions of a stage are made of: terms, each a product of figures of the case."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

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
class Step:
    """What a stage is, before its amounts.

    Attributes
    ----------
    kind
        'line_haul', 'crossing', 'transfer' or 'sailing'.
    name, place_id, mode, country
        What and where; `place_id` is a link, crossing or node id.
    km
        Length, km.
    headway_h
        Time between sailings, h; 0 when there is no ship to wait for.
    hours_group, group_log_sd
        Kind of place whose hours share one unknown factor, and the standard deviation of its log.
    jam_share, jam_h
        Share of days with a queue of days, and the mean hours waited then; part of the stage's hours.
    """

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


class Amounts(NamedTuple):
    """What a stage or an arc adds up to: money per tonne and per truck or container, hours, their variance, emission and length."""

    usd_t: float
    usd_unit: float
    hours: float
    variance_h2: float
    co2_kg_t: float
    km: float


@dataclass(frozen=True)
class Stage:
    """One step of a route with its money, hours and emissions: what it is, and the terms they are the sums of.

    A network has a stage for every truck on every link, and a route asks a handful of them: what is not a sum is worked out when asked.

    Attributes
    ----------
    step
        What and where.
    terms
        What its money, hours and emission are made of; a stage without money rests on an assumption.
    variance_h2
        Variance of its hours, h2, waiting for a ship included, waiting for an opening not.
    also
        Figures it rests on that move no amount: spreads, rules.
    """

    step: Step
    terms: tuple[Term, ...]
    variance_h2: float
    also: tuple[CellFigure, ...] = ()

    @cached_property
    def amounts(self) -> Amounts:
        """Sums of the terms in each unit, with the variance of its hours and its length."""
        sums = {"usd_t": 0.0, "usd_unit": 0.0, HOURS: 0.0, EMISSION: 0.0}
        for unit, amount, _ in self.terms:
            sums[unit] += amount
        usd_t, usd_unit, hours, co2_kg_t = sums.values()
        return Amounts(usd_t, usd_unit, hours, self.variance_h2, co2_kg_t, self.step.km)

    @property
    def kind(self) -> str:
        """Kind of its step."""
        return self.step.kind

    @property
    def name(self) -> str:
        """Name of its step."""
        return self.step.name

    @property
    def place_id(self) -> str:
        """Link, crossing or node."""
        return self.step.place_id

    @property
    def mode(self) -> str:
        """Mode of its step."""
        return self.step.mode

    @property
    def country(self) -> str:
        """Country it lies in."""
        return self.step.country

    @property
    def km(self) -> float:
        """Length, km."""
        return self.step.km

    @property
    def usd_t(self) -> float:
        """Money per tonne."""
        return self.amounts.usd_t

    @property
    def usd_unit(self) -> float:
        """Money per truck or container."""
        return self.amounts.usd_unit

    @property
    def hours(self) -> float:
        """Mean hours, waiting for a ship included, waiting for an opening not."""
        return self.amounts.hours

    @property
    def co2_kg_t(self) -> float:
        """Well-to-wheel emission per tonne, kg CO2e."""
        return self.amounts.co2_kg_t

    @property
    def service_h(self) -> float:
        """Mean hours without waiting for a ship and without the queue of bad days."""
        return self.hours - self.step.headway_h / 2.0 - self.step.jam_share * self.step.jam_h

    @property
    def service_variance_h2(self) -> float:
        """Variance of these hours, h2."""
        step = self.step
        jam = (2.0 * step.jam_share - step.jam_share**2) * step.jam_h**2
        return self.variance_h2 - step.headway_h**2 / 12.0 - jam

    @property
    def basis_usd(self) -> str:
        """Weakest basis of the figures that make the money."""
        return self._weakest(MONEY)

    @property
    def basis_hours(self) -> str:
        """Weakest basis of the figures that make the mean hours."""
        return self._weakest((HOURS,))

    def _weakest(self, units: Collection[str]) -> str:
        """Weakest basis of the figures in the terms of some units; assumed where there are none."""
        bases = [factor.figure.basis for term in self.terms if term.unit in units for factor in term.factors]
        return BASES[max((BASIS_RANK.get(basis, 2) for basis in bases), default=-1)]

    @property
    def source_id(self) -> str:
        """Sources of the figures that make its money and hours, and of those beside."""
        figures = [f.figure for term in self.terms if term.unit != EMISSION for f in term.factors]
        return join_sources(*[figure.source_id for figure in (*figures, *self.also)])

    @property
    def basis(self) -> str:
        """Weaker of the two bases."""
        return worst_basis(self.basis_usd, self.basis_hours)

    def usd(self, tonnes: float, units: float) -> float:
        """Money for a load, USD."""
        return self.usd_t * tonnes + self.usd_unit * units


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
