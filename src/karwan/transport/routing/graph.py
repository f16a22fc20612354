"""State graph: arcs with money, hours, variance and emissions, and the openings to enter them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from karwan.errors import InvalidInput
from karwan.transport.routing.adjacency import Adjacency, prepare
from karwan.transport.routing.shortest import Impedance, weigh

Array = np.ndarray[Any, Any]

CRITERIA = ("cost_usd", "hours", "var_h2", "co2_kg")
"""Criteria of a route, in column order."""

ARC_COLUMNS = ("cost_usd", "mean_h", "var_h2", "co2_kg")


@dataclass(frozen=True)
class StateGraph:
    """What a shipment can do next in every state, priced per shipment.

    An arc with calendar c may be entered at the earliest t' >= t inside one of the windows
    ``[open_start_h, open_end_h)`` of c. Waiting for it costs hours, not money. When no window is left the arc
    is closed for good; a calendar without windows never opens.

    Parameters
    ----------
    n_states
        Number of states.
    tail, head
        State ids of arc ends, int32 (A,).
    cost_usd, mean_h, var_h2, co2_kg
        Money, mean hours without waiting for openings, variance of hours, emissions: finite, >= 0, (A,).
    calendar
        Index of the arc's calendar, -1 = always open, int32 (A,).
    calendar_ptr, open_start_h, open_end_h
        Windows of calendar c are rows ``calendar_ptr[c]:calendar_ptr[c + 1]``, sorted and disjoint, in hours
        from the horizon's origin; an end may be infinite.

    Raises
    ------
    InvalidInput
        Lengths differ, a value is negative or not finite, or windows overlap or are out of order.
    """

    n_states: int
    tail: Array
    head: Array
    cost_usd: Array
    mean_h: Array
    var_h2: Array
    co2_kg: Array
    calendar: Array
    calendar_ptr: Array
    open_start_h: Array
    open_end_h: Array

    def __post_init__(self) -> None:
        for name, kind in _DTYPES.items():
            object.__setattr__(self, name, np.ascontiguousarray(getattr(self, name), dtype=kind))
        n_arcs = self.tail.size
        for name in ("tail", "head"):
            ids = getattr(self, name)
            if ids.size and (ids.min() < 0 or ids.max() >= self.n_states):
                raise InvalidInput(
                    f"{name} names a state outside the graph",
                    f"ids {ids.min()}..{ids.max()} of {self.n_states} states",
                )
        for name in ("head", *ARC_COLUMNS, "calendar"):
            if getattr(self, name).shape != (n_arcs,):
                raise InvalidInput(f"{name} must have one value per arc", f"{n_arcs} arcs")
        for name in ARC_COLUMNS:
            values = getattr(self, name)
            bad = np.flatnonzero(~(np.isfinite(values) & (values >= 0.0)))
            if bad.size:
                shown = ", ".join(f"arc {a}: {values[a]}" for a in bad[:5])
                raise InvalidInput(f"{name} must be finite and >= 0", f"{bad.size} arcs, {shown}")
        self._check_calendars()

    def _check_calendars(self) -> None:
        ptr, start, end = self.calendar_ptr, self.open_start_h, self.open_end_h
        if ptr.size == 0 or ptr[0] != 0 or np.any(np.diff(ptr) < 0) or ptr[-1] != start.size:
            raise InvalidInput("calendar_ptr must rise from 0 to the number of windows")
        if start.shape != end.shape or np.any(np.isnan(start)) or not np.all(start <= end):
            raise InvalidInput("every window must have open_start_h <= open_end_h")
        same = np.ones(max(start.size - 1, 0), bool)
        inner = ptr[1:-1]
        same[inner[(inner > 0) & (inner < start.size)] - 1] = False
        if np.any(start[1:][same] < end[:-1][same]):
            raise InvalidInput("windows of a calendar must be sorted and disjoint")
        if self.calendar.size and (self.calendar.min() < -1 or self.calendar.max() >= ptr.size - 1):
            raise InvalidInput("calendar names a calendar that does not exist", f"{ptr.size - 1} calendars")

    @property
    def n_arcs(self) -> int:
        """Number of arcs."""
        return int(self.tail.size)

    @cached_property
    def adjacency(self) -> Adjacency:
        """Arcs in compressed order, built on first use."""
        return prepare(self.n_states, self.tail, self.head)

    @cached_property
    def weights(self) -> Array:
        """Arc criteria (A, 4) in outgoing order, columns as in `CRITERIA`."""
        order = self.adjacency.out_arc
        return np.column_stack([getattr(self, name)[order] for name in ARC_COLUMNS])

    @cached_property
    def _impedances(self) -> dict[str, Impedance]:
        return {}

    def impedance(self, criterion: str) -> Impedance:
        """One criterion as an impedance for least cost, waiting left out; laid out on first use.

        Parameters
        ----------
        criterion
            One of `CRITERIA`.

        Examples
        --------
        >>> StateGraph.always_open(2, [0], [1], cost_usd=[5.0]).impedance("cost_usd").weights.tolist()
        [5.0]
        """
        if criterion not in CRITERIA:
            raise InvalidInput(f"unknown criterion {criterion}", fix=f"choose from {', '.join(CRITERIA)}")
        if criterion not in self._impedances:
            values = getattr(self, ARC_COLUMNS[CRITERIA.index(criterion)])
            self._impedances[criterion] = weigh(self.adjacency, values)
        return self._impedances[criterion]

    @classmethod
    def always_open(
        cls,
        n_states: int,
        tail: ArrayLike,
        head: ArrayLike,
        *,
        cost_usd: ArrayLike | None = None,
        mean_h: ArrayLike | None = None,
        var_h2: ArrayLike | None = None,
        co2_kg: ArrayLike | None = None,
    ) -> StateGraph:
        """Graph without opening calendars; a criterion not given is 0 everywhere.

        Examples
        --------
        >>> StateGraph.always_open(2, [0], [1], cost_usd=[5.0]).n_arcs
        1
        """
        tails = np.atleast_1d(np.asarray(tail, dtype=np.int32))
        zero = np.zeros(tails.size)
        given = (cost_usd, mean_h, var_h2, co2_kg)
        usd, hours, variance, co2 = (zero if v is None else np.asarray(v, dtype=np.float64) for v in given)
        none = np.empty(0)
        always = np.full(tails.size, -1, dtype=np.int32)
        heads = np.atleast_1d(np.asarray(head, dtype=np.int32))
        ptr = np.zeros(1, dtype=np.int64)
        return cls(n_states, tails, heads, usd, hours, variance, co2, always, ptr, none, none)


_DTYPES: dict[str, type] = {
    "tail": np.int32,
    "head": np.int32,
    "cost_usd": np.float64,
    "mean_h": np.float64,
    "var_h2": np.float64,
    "co2_kg": np.float64,
    "calendar": np.int32,
    "calendar_ptr": np.int64,
    "open_start_h": np.float64,
    "open_end_h": np.float64,
}
