"""The cost side of the loop: what a tonne of each good costs at given volumes of the places it passes, and the volumes its tonnes make.

A route r of good g costs its landed cost at the hours observed in the base state, plus the value of an hour of the good times the hours that
volumes add there against the base, sum over places of t_a(others + v) - t_a(others + v0). Others are the background traffic less the base volume
of the goods themselves, so that their trade is not counted twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy import sparse

from karwan.appraisal.coupling.loop import Carried, Floats
from karwan.appraisal.worth import cost_ratio
from karwan.transport.delay import delay_named

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Places:
    """Places with a capacity that routes pass, A of them.

    Attributes
    ----------
    delay
        Name of the delay function of each.
    shape
        Parameters of the functions, shape (A, 4).
    capacity_day, background_day
        Units a day, and those observed there, shape (A,).
    observed_h
        Hours observed at the background, shape (A,).
    """

    delay: tuple[str, ...]
    shape: Floats
    capacity_day: Floats
    background_day: Floats
    observed_h: Floats

    def others_day(self, base_volume: Floats) -> Floats:
        """Traffic of others: the background less the modelled base volume, at least 0."""
        return np.maximum(0.0, self.background_day - base_volume)

    @cached_property
    def _kinds(self) -> dict[str, Ints]:
        names = np.array(self.delay, dtype=object)
        return {name: np.flatnonzero(names == name) for name in dict.fromkeys(self.delay)}

    def hours(self, free_h: Floats, load_day: Floats) -> Floats:
        """Hours at a load, shape (A,)."""
        found = np.zeros(len(self.delay))
        for name, at in self._kinds.items():
            entry = delay_named(name)
            shape = self.shape[at].T[: len(entry.parameters)]
            found[at] = entry.time(free_h[at], load_day[at], self.capacity_day[at], *shape)
        return found

    def free_h(self, load_day: Floats) -> Floats:
        """Hours on the empty place, so that at a load it takes the hours observed: less the queue there, or over the factor there."""
        zero, one = np.zeros(len(self.delay)), np.ones(len(self.delay))
        queue = self.hours(zero, load_day)
        factor = self.hours(one, load_day) - queue
        rest = np.maximum(0.0, self.observed_h - queue)
        return rest / np.where(factor > 0, factor, 1.0)

    def beyond_limit(self, load_day: Floats) -> npt.NDArray[np.bool_]:
        """Whether a load is past the share of the capacity up to which the function holds, shape (A,)."""
        limit = np.ones(len(self.delay))
        for name, at in self._kinds.items():
            slots = [p.name for p in delay_named(name).parameters]
            if "limit_share" in slots:
                limit[at] = self.shape[at, slots.index("limit_share")]
        return np.asarray(load_day > limit * self.capacity_day)


@dataclass(frozen=True)
class Corridor:
    """Goods, their routes in two states, and the places the routes fill. R rows, one a good and route; G goods; A places.

    Attributes
    ----------
    base_usd_t, cost_usd_t
        Landed cost of each row before and after, at observed hours, shape (R,); inf where shut.
    log_size
        Logarithm of the path size over the routes open before or after, times its weight, shape (R,).
    good
        Good of each row, ascending, shape (R,).
    hour_usd_t
        Value of an hour, shape (G,).
    passes, units_t
        Whether a row passes a place, and the units a tonne of it makes there, shape (R, A).
    places
        The places.
    base_tonnes_day
        Shape (G,).
    scale
        Of the choice among routes.
    """

    base_usd_t: Floats
    cost_usd_t: Floats
    log_size: Floats
    good: Ints
    hour_usd_t: Floats
    passes: sparse.csr_array
    units_t: sparse.csr_array
    places: Places
    base_tonnes_day: Floats
    scale: float

    @property
    def goods(self) -> int:
        """Number of goods."""
        return int(self.base_tonnes_day.size)

    @cached_property
    def _starts(self) -> Ints:
        """First row of each good."""
        return np.searchsorted(self.good, np.arange(self.goods))

    def choose(self, cost_usd_t: Floats) -> tuple[Floats, Floats]:
        """Shares of the rows, shape (R,), and logsum of the goods, shape (G,); inf and 0 where no route is open."""
        utility = np.where(np.isfinite(cost_usd_t), self.log_size - self.scale * cost_usd_t, -np.inf)
        best = np.maximum.reduceat(utility, self._starts)
        known = np.where(np.isfinite(best), best, 0.0)
        weight = np.exp(utility - known[self.good])
        total = np.add.reduceat(weight, self._starts)
        with np.errstate(divide="ignore"):
            logsum = np.where(total > 0, -(known + np.log(total)) / self.scale, np.inf)
        return weight / np.where(total > 0, total, 1.0)[self.good], logsum

    @cached_property
    def base(self) -> tuple[Floats, Floats, Floats]:
        """Shares, logsum and mean landed cost before."""
        shares, logsum = self.choose(self.base_usd_t)
        cost = np.where(np.isfinite(self.base_usd_t), self.base_usd_t, 0.0)
        return shares, logsum, np.add.reduceat(shares * cost, self._starts)

    def volumes(self, shares: Floats, tonnes_day: Floats) -> Floats:
        """Units a day at the places, shape (A,)."""
        return np.asarray(self.units_t.T @ (tonnes_day[self.good] * shares))

    @cached_property
    def base_volume(self) -> Floats:
        """Units a day of the goods at the places before."""
        return self.volumes(self.base[0], self.base_tonnes_day)

    @cached_property
    def _queues(self) -> tuple[Floats, Floats, Floats]:
        """Traffic of others, hours on the empty places, and hours at the base load."""
        others = self.places.others_day(self.base_volume)
        load = others + self.base_volume
        free = self.places.free_h(load)
        return others, free, self.places.hours(free, load)

    def load_day(self, volume_day: Floats) -> Floats:
        """Goods and others together at the places."""
        return self._queues[0] + volume_day

    def added_h(self, volume_day: Floats) -> Floats:
        """Hours that volumes add at the places against the base, shape (A,)."""
        _, free, usual = self._queues
        return self.places.hours(free, self.load_day(volume_day)) - usual

    def at(self, volume_day: Floats, *, queues: bool = True) -> Carried:
        """The cost side: cost ratios at volumes of the places."""
        return self.with_hours(self.added_h(volume_day) if queues else np.zeros(volume_day.size))

    def with_hours(self, added_h: Floats) -> Carried:
        """Cost ratios with hours added at the places, shape (A,)."""
        more = np.asarray(self.passes @ added_h) * self.hour_usd_t[self.good]
        shares, logsum = self.choose(self.cost_usd_t + more)
        _, before, level = self.base
        ratio = cost_ratio(before, logsum, level)
        return Carried(ratio, lambda tonnes: self.volumes(shares, tonnes))


def shape_rows(delay: str, given: Mapping[str, float]) -> list[float]:
    """Parameters of a place's delay in the order of its function, 4 of them."""
    from_registry = delay_named(delay).parameters
    row = [float(given.get(p.name, p.default)) for p in from_registry]
    return [*row, *([0.0] * (4 - len(row)))]
