"""Trucks that come under a transit regime a year, the permits it gives, and what a permit is worth where they are short."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
import polars as pl

from karwan.amounts import YEAR_DAYS
from karwan.analysis.coupling.problem import Coupling, StateChange
from karwan.analysis.coupling.solved import Solved, solve_change
from karwan.analysis.regime.states import RegimeStates, Row
from karwan.analysis.worth.rows import GoodsRows
from karwan.appraisal.coupling.loop import Floats
from karwan.schema.frames import result_frame
from karwan.schema.modes import ROAD
from karwan.transport.network.layout import ArcKey
from karwan.transport.network.regimes import QUOTA, cargo_covered, covers

CLOSE = 1e-3
"""Largest gap of trips and permits, of the logarithm of their ratio."""
STEPS = 60
SHARP = 1.0
"""Of the choice whether a permit is worth its price, per USD a tonne: all but a few USD a tonne are decided."""
LEAST_USD_T = 1e-6
"""Saving below which a route needs no permit of the regime."""


@dataclass(frozen=True)
class HeldTrade:
    """Trade with the permits of a regime held.

    Attributes
    ----------
    free, capped
        As if every truck got a permit, and with as many trips as there are permits; the same where none is short.
    permit_usd
        Price of a permit for a trip at which as many want one as there are, by country of registration; 0 where they suffice.
    settled
        Whether trips and permits were brought together.
    """

    free: Solved
    capped: Solved
    permit_usd: Mapping[str, float]
    settled: bool


def hold_permits(
    states: RegimeStates, coupling: Coupling, change: StateChange, kinds: Sequence[str]
) -> HeldTrade:
    """Trade where a permit that is short costs what makes trips equal permits.

    The price falls on routes that the regime makes cheaper or opens; who goes without a permit goes as if the regime were suspended. Who holds
    permits earns their price, so it counts as no gain or loss of traders beyond the trade it keeps away.
    """
    needs = permit_rows(states, coupling.rows(change)).of(change)
    solve = partial(solve_change, kinds=kinds)
    return held_at(solve(change), needs, permits_year(states), solve)


def held_at(
    free: Solved,
    needs: PermitNeeds,
    permits: float | Floats | None,
    solve: Callable[[StateChange], Solved],
) -> HeldTrade:
    """Trade with so many permits a year of each country of registration, or of every one; as it is where None.

    Parameters
    ----------
    free
        A change as if every truck got a permit.
    needs
        What needs a permit, and what it saves.
    solve
        What trade and corridor make of a change.
    """
    if permits is None:
        return HeldTrade(free, free, {}, True)
    search = _Prices.start(len(needs.registrations), -free.change.corridor.scale / needs.load_t)
    solved = free
    for _ in range(STEPS):
        gap = np.log(np.maximum(needs.trips_year(solved, search.price), 1e-9) / permits)
        if search.reached(gap):
            break
        search = search.after(gap)
        solved = solve(free.change.dearer(needs.added_usd_t(search.price)))
    else:
        return HeldTrade(free, solved, needs.named(search.price), False)
    return HeldTrade(free, solved, needs.named(search.price), True)


@dataclass(frozen=True)
class _Prices:
    """Prices looked for, C of them: secant steps on the logarithm of trips over permits, within the ends found so far.

    Attributes
    ----------
    price, slope
        The price tried, and the slope of the logarithm there as far as it is known.
    low, high
        Ends between which it lies.
    last
        Price and gap before; none at the start.
    """

    price: Floats
    slope: Floats
    low: Floats
    high: Floats
    last: tuple[Floats, Floats] | None = None

    @classmethod
    def start(cls, count: int, slope: float) -> _Prices:
        """Permits free."""
        return cls(np.zeros(count), np.full(count, slope), np.full(count, -np.inf), np.full(count, np.inf))

    def reached(self, gap: Floats) -> bool:
        """Whether trips equal permits, or are fewer where a permit is free."""
        return bool(np.where(self.price > 0.0, np.abs(gap) <= CLOSE, gap <= CLOSE).all())

    def after(self, gap: Floats) -> _Prices:
        """The next prices to try."""
        low = np.where(gap > 0.0, self.price, self.low)
        high = np.where(gap < 0.0, self.price, self.high)
        shut = high - low < 1e-6  # prices of the others moved the ends
        low, high = np.where(shut, -np.inf, low), np.where(shut, np.inf, high)
        slope = self.slope
        if self.last is not None:
            with np.errstate(divide="ignore", invalid="ignore"):
                secant = (gap - self.last[1]) / (self.price - self.last[0])
            slope = np.where(np.isfinite(secant) & (secant < 0.0), secant, slope)
        step = self.price - gap / slope
        within = (step > low) & (step < high)
        middle = np.where(np.isfinite(low + high), (low + high) / 2.0, step)
        return _Prices(np.maximum(0.0, np.where(within, step, middle)), slope, low, high, (self.price, gap))


@dataclass(frozen=True)
class PermitRows:
    """Rows of the corridor that a truck of a party passes into another party under the regime, whatever it saves there.

    Attributes
    ----------
    registrations
        Countries of registration, C of them.
    rows
        Whether a row takes a permit of one, shape (R, C).
    load_t
        Tonnes of a trip.
    """

    registrations: tuple[str, ...]
    rows: Floats
    load_t: float

    def of(self, change: StateChange) -> PermitNeeds:
        """What needs a permit in a change, as the regime makes it cheaper or opens it."""
        corridor = change.corridor
        opened = np.isfinite(corridor.cost_usd_t)
        before = np.where(opened, corridor.base_usd_t, 0.0)
        return self.saving(opened, before - np.where(opened, corridor.cost_usd_t, 0.0))

    def saving(self, opened: npt.NDArray[np.bool_], saved_usd_t: Floats) -> PermitNeeds:
        """What needs a permit: rows that are open and saved something, shapes (R,)."""
        needed = (opened & (saved_usd_t > LEAST_USD_T))[:, None] * self.rows
        return PermitNeeds(self.registrations, needed, self.load_t, np.maximum(saved_usd_t, 0.0))


@dataclass(frozen=True)
class PermitNeeds(PermitRows):
    """What needs a permit: those of the rows on which the regime saves something.

    Attributes
    ----------
    saving_usd_t
        What the regime saves on the row; inf where it opens it, shape (R,).
    """

    saving_usd_t: Floats

    def named(self, price: Floats) -> dict[str, float]:
        """Prices by country of registration."""
        return dict(zip(self.registrations, price.tolist(), strict=True))

    def taken_share(self, price: Floats) -> Floats:
        """Share of a row that takes its permit at a price, shape (R,): 1 where it is free, half where it eats the saving up."""
        fee = self.rows @ price / self.load_t
        with np.errstate(over="ignore"):
            free = 1.0 + np.exp(-SHARP * self.saving_usd_t)
            return np.asarray(free / (1.0 + np.exp(SHARP * (fee - self.saving_usd_t))))

    def added_usd_t(self, price: Floats) -> Floats:
        """What rows cost more at a price, shape (R,): the permit, or what the regime would save."""
        fee = self.rows @ price / self.load_t
        taken = self.taken_share(price)
        lost = np.where(np.isfinite(self.saving_usd_t), self.saving_usd_t, 0.0)
        return np.where(np.isfinite(self.saving_usd_t), taken * fee + (1.0 - taken) * lost, fee)

    def trips_year(self, solved: Solved, price: Floats, *, after: bool = True) -> Floats:
        """Trips a year that take a permit, shape (C,); before, those on the same rows."""
        return np.asarray(self._carried_day(solved, price, after=after) @ self.rows) * YEAR_DAYS / self.load_t

    def paid_year(self, solved: Solved, price: Floats) -> Floats:
        """What permits cost the goods a year at a price, USD, shape (G,)."""
        corridor = solved.change.corridor
        paid = self._carried_day(solved, price) * (self.rows @ price) / self.load_t
        return np.asarray(np.bincount(corridor.good, paid, corridor.goods) * YEAR_DAYS, dtype=float)

    def _carried_day(self, solved: Solved, price: Floats, *, after: bool = True) -> Floats:
        """Tonnes a day of the rows that take their permit, shape (R,)."""
        corridor, full = solved.change.corridor, solved.fullest
        shares = corridor.choose(corridor.cost_usd_t if after else corridor.base_usd_t)[0]
        tonnes = full.tonnes_day if after else corridor.base_tonnes_day
        taken = self.taken_share(price) if after else 1.0
        return np.asarray(np.nan_to_num(tonnes[corridor.good] * shares) * taken)


def permits_year(states: RegimeStates) -> float | None:
    """Permits a year of each country of registration; None where the regime has no quota."""
    quota = _quota(states)
    return None if quota is None else float(quota["value"])


def _quota(states: RegimeStates) -> Row | None:
    return next((row for row in states.terms if row["quantity"] == QUOTA), None)


def permit_table(states: RegimeStates, coupling: Coupling, held: HeldTrade) -> pl.DataFrame:
    """Trucks of each party a year that drive in another party under the regime, and the permits for them; see `results/regime_permits.csv`.

    Trucks are the tonnes on routes that enter another party by road with a truck of the party, of goods the regime covers, over the
    reference load, as far as the regime makes the route cheaper or opens it; trips home empty are not counted.
    """
    quota = _quota(states)
    needs = permit_rows(states, coupling.rows(held.free.change)).of(held.free.change)
    nothing = np.zeros(len(needs.registrations))
    price = np.array([held.permit_usd.get(code, 0.0) for code in needs.registrations])
    before = needs.trips_year(held.free, nothing, after=False)
    after, used = needs.trips_year(held.free, nothing), needs.trips_year(held.capped, price)
    rows: list[Row] = []
    for number, registration in enumerate(needs.registrations):
        if quota is None and not before[number] and not after[number]:
            continue
        permits = None if quota is None else float(quota["value"])
        come = float(after[number])
        rows.append(
            {
                "registration": registration,
                "trucks": coupling.study.case.country_name(registration),
                "before_trucks_year": float(before[number]),
                "after_trucks_year": come,
                "permits_year": permits,
                "binds": None if permits is None else come > permits,
                "covered_share": None if permits is None else min(1.0, permits / come) if come else 1.0,
                "held_trucks_year": None if permits is None else float(used[number]),
                "permit_usd": held.permit_usd.get(registration),
                "basis": "computed" if quota is None else quota["basis"],
                "source_id": None if quota is None else quota["source_id"],
            }
        )
    return result_frame("regime_permits", rows)


def permit_rows(states: RegimeStates, rows: GoodsRows) -> PermitRows:
    """Which rows pass a border of the regime with a truck of which country."""
    registrations = tuple(sorted(states.row["parties"]))
    blocks = []
    for number, own in rows.served:
        pair = rows.outcome.pairs[number]
        flat = pair.routes.flat[pair.rows]
        under = [_registrations(states, flat[route], pair.routes.ends) for route in own]
        block = np.array([[float(code in trucks) for code in registrations] for trucks in under])
        blocks.append(np.tile(block, (int(pair.costs.cost_usd_t.shape[1]), 1)))
    return PermitRows(registrations, np.concatenate(blocks), rows.load_t)


def _registrations(states: RegimeStates, route: Sequence[ArcKey], ends: tuple[str, str]) -> list[str]:
    """Parties whose trucks enter another party on a route with goods the regime covers there."""
    parties = set(states.row["parties"])
    cargo = cargo_covered(states.terms).get(states.row["regime_id"])
    entered = [head for tail, head, kind, _ in route if kind == "crossing" and head.carrier == ROAD]
    return sorted(
        {
            head.registration
            for head in entered
            if head.registration != head.country
            and {head.registration, head.country} <= parties
            and covers(cargo, states.row["parties"], head.country, ends)
        }
    )
