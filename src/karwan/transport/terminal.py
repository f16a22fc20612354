"""What terminals on a route charge beyond their free days: storage of the terminal, detention of the shipping line.

Both are the expected charge of a stay that may be longer than what is free; see `beyond_free_usd`, the one definition.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import polars as pl

from karwan.schema.modes import SEA
from karwan.transport.network.stage import Arc, Row
from karwan.transport.route import Route

DWELL_CV = 0.6
"""Spread of a dwell whose own the case does not state."""
STORED = ("free_days", "storage_usd_day", "dwell_time_h")
DETAINED = ("detention_usd_day", "detention_free_days")


class Charge(NamedTuple):
    """What is expected to be charged for a box at a terminal, and the rows it rests on."""

    name: str
    usd_unit: float
    basis: tuple[str, ...]
    source_id: tuple[str, ...]


def beyond_free_usd(mean_days: float, cv: float, free_days: float, usd_day: float) -> float:
    """Expected charge of a box: the log-normal stay beyond the free days, times the charge of a day.

    E[(T - K)+] of a log-normal T is the undiscounted value of a call, Black (1976).

    Parameters
    ----------
    mean_days, cv
        Mean of the stay and its coefficient of variation.
    free_days, usd_day
        Days that cost nothing, and the charge of each day after them.

    Examples
    --------
    >>> round(beyond_free_usd(7.0, 0.001, 5.0, 50.0), 6)
    100.0
    """
    if mean_days <= 0.0 or free_days <= 0.0:
        return max(0.0, mean_days) * usd_day
    sigma = float(np.sqrt(np.log1p(cv**2)))
    if sigma == 0.0:
        return max(0.0, mean_days - free_days) * usd_day
    d1 = np.log(mean_days / free_days) / sigma + sigma / 2.0
    return float((mean_days * _below(d1) - free_days * _below(d1 - sigma)) * usd_day)


def _below(deviations: float) -> float:
    """Chance that a standard normal lies below; SciPy's `special` takes a quarter of the start of a route."""
    return 0.5 * math.erfc(-deviations / math.sqrt(2.0))


def storage_usd(terminal: Row) -> float:
    """Expected storage of a 40 ft box at a terminal that states `STORED`."""
    cv = terminal["dwell_cv"] or DWELL_CV
    return beyond_free_usd(
        terminal["dwell_time_h"] / 24.0, cv, float(terminal["free_days"]), terminal["storage_usd_day"]
    )


@dataclass(frozen=True)
class Terminals:
    """Terminals of a case, found by the changes of mode of a route.

    Parameters
    ----------
    tables
        Tables of a case.
    """

    tables: Mapping[str, pl.DataFrame]

    @cached_property
    def _rows(self) -> list[Row]:
        return list(self.tables["terminals"].iter_rows(named=True))

    @cached_property
    def _named(self) -> dict[str, str]:
        """Terminal of each transfer that names one."""
        rows = self.tables["transfers"].select("transfer_id", "terminal_id").iter_rows()
        return {transfer: terminal for transfer, terminal in rows if terminal}

    @cached_property
    def _terms(self) -> dict[str, list[Row]]:
        """Terms of each terminal that has any."""
        found: dict[str, list[Row]] = {}
        for row in self.tables.get("terminal_terms", pl.DataFrame()).iter_rows(named=True):
            found.setdefault(row["terminal_id"], []).append(row)
        return found

    def storage(self, route: Route) -> list[Charge]:
        """Storage expected at the ports where a ship is boarded or left, in the order of the table."""
        used = {terminal["terminal_id"] for _, terminal in self._on(route)}
        return [
            Charge(row["name"], storage_usd(row), (row["basis"],), (row["source_id"],))
            for row in self._rows
            if row["terminal_id"] in used
        ]

    def detention(self, route: Route) -> list[Charge]:
        """Detention of the line expected for boxes that leave a ship, from landing until they leave the port's country or arrive.

        Charged where the terminal's terms state it for such goods: `transit` is a route that ends in another country than the port's. Goods that
        go on are taken to leave the line's box at the border.
        """
        found = []
        for position, terminal in self._on(route):
            terms = self._detained(terminal["terminal_id"], self._goes_on(route, position))
            if terms and self._lands(route, position):
                days, cv = _stay(route, position)
                daily, free = (terms[name] for name in DETAINED)
                usd = beyond_free_usd(days, cv, free["value"], daily["value"])
                basis, sources = zip(
                    *((row["basis"], row["source_id"]) for row in (daily, free)), strict=True
                )
                found.append(Charge(f"{terminal['name']} (detention)", usd, basis, sources))
        return found

    def _detained(self, terminal_id: str, kind: str) -> dict[str, Row]:
        """Terms of detention for a kind of goods, by quantity; none where one of the two is not stated."""
        rows = {
            row["quantity"]: row
            for row in self._terms.get(terminal_id, ())
            if row["quantity"] in DETAINED and row["applies"] in ("all", kind)
        }
        return rows if len(rows) == len(DETAINED) else {}

    def _on(self, route: Route) -> Iterator[tuple[int, Row]]:
        """Place of each change to or from a ship in the route, with the terminal that stores the goods there."""
        arcs = route.network.arcs
        met = set()
        for position, a in enumerate(route.arcs):
            if arcs[a].place_kind != "transfer" or SEA not in self._carriers(route, position):
                continue
            terminal = self._at(arcs[a].place_id, transfer_of(arcs[a]))
            if terminal is not None and terminal["terminal_id"] not in met:
                met.add(terminal["terminal_id"])
                yield position, terminal

    def _at(self, node: str, transfer: str) -> Row | None:
        """The terminal a transfer names, else the first at the place, that states what storage costs."""
        usable = [row for row in self._rows if all(row[name] is not None for name in STORED)]
        named = self._named.get(transfer)
        own = next((row for row in usable if row["terminal_id"] == named), None)
        return own or next((row for row in usable if row["node_id"] == node), None)

    @staticmethod
    def _carriers(route: Route, position: int) -> tuple[str, str]:
        arc, states = route.network.arcs[route.arcs[position]], route.network.states
        return states[arc.tail].carrier, states[arc.head].carrier

    def _lands(self, route: Route, position: int) -> bool:
        return self._carriers(route, position)[0] == SEA

    @staticmethod
    def _goes_on(route: Route, position: int) -> str:
        """'transit' where goods landed go on to another country, else 'import'."""
        arcs, states = route.network.arcs, route.network.states
        landed, last = (states[arcs[route.arcs[at]].head].country for at in (position, -1))
        return "import" if landed == last else "transit"


def transfer_of(arc: Arc) -> str:
    """Key of the row of `transfers` a move was made from; blank where it is no change of mode."""
    figures = (factor.figure for stage in arc.stages for term in stage.terms for factor in term.factors)
    return next((figure.key for figure in figures if figure.table == "transfers"), "")


def _stay(route: Route, position: int) -> tuple[float, float]:
    """Mean days from landing to leaving the port's country or arriving, and their coefficient of variation; endless waits are left out."""
    states, arcs = route.network.states, route.network.arcs
    country = states[arcs[route.arcs[position]].head].country
    gone = (
        at for at in range(position, len(route.arcs)) if states[arcs[route.arcs[at]].head].country != country
    )
    last = next(gone, len(route.arcs)) + 1
    moves = [arcs[a] for a in route.arcs[position:last]]
    stages = [stage for arc in moves for stage in arc.stages]
    waits = sum(wait for wait in route.waits_h[position:last] if np.isfinite(wait))
    hours = sum(stage.hours for stage in stages) + waits
    variance = sum(stage.variance_h2 for stage in stages) + sum(arc.covariance_h2 for arc in moves)
    return hours / 24.0, float(np.sqrt(variance)) / hours if hours else 0.0
