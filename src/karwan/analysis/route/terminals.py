"""Ways through the terminals of a port: at the quay or in bond through one off the dock, and what would decide between them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl

from karwan.analysis.route.offers import RouteOffer
from karwan.analysis.route.query import RoutePlan
from karwan.notes import Note, note
from karwan.schema.frames import result_frame
from karwan.schema.modes import SEA
from karwan.transport.cost import additive_cost, route_cost
from karwan.transport.network import Arc, FreightNetwork, State, build_network, worst_basis
from karwan.transport.network.stage import Row
from karwan.transport.network.transfers import ASSUMED, IN_BOND
from karwan.transport.route import Route, make_route
from karwan.transport.routing import least_cost_tree, prepare, weigh
from karwan.transport.terminal import transfer_of

ALIKE_USD = 0.5
"""Difference below which two terminals cost the same."""


@dataclass(frozen=True)
class _Ways:
    """A port the best route passes by ship, in a network with all ways in bond.

    Attributes
    ----------
    plan, network
        What is asked; the network.
    port
        Node.
    arcs
        The best route.
    span
        Arcs [first, last) of it that lead between the ship and the next place on land.
    """

    plan: RoutePlan
    network: FreightNetwork
    port: str
    arcs: tuple[int, ...]
    span: tuple[int, int]

    @cached_property
    def _transfers(self) -> npt.NDArray[np.str_]:
        """Transfer each move was made from; blank where it is none."""
        return np.array([_transfer(arc) for arc in self.network.arcs], dtype=np.str_)

    @cached_property
    def _here(self) -> npt.NDArray[np.bool_]:
        """Whether each move changes between ship and land at the port."""
        return np.array([_changes(self.network, arc, self.port) for arc in self.network.arcs], dtype=bool)

    def by(self, transfer: str, bonded: frozenset[str]) -> Route | None:
        """The best route with its way through the port in bond by a transfer; by the quay where it is blank."""
        in_bond = np.isin(self._transfers, list(bonded))
        kept = self._transfers == transfer if transfer else ~in_bond
        shut = self.network.never_open() | ((self._here | in_bond) & ~kept)
        tails, heads = self.network.ends
        cost = additive_cost(self.network, self.plan.shipment, self.plan.weights.value_of_time_usd_h)
        first, last = self.span
        start, finish = int(tails[self.arcs[first]]), int(heads[self.arcs[last - 1]])
        impedance = weigh(prepare(len(self.network.states), tails, heads), np.where(shut, np.inf, cost))
        tree = least_cost_tree(impedance, [start])
        if not np.isfinite(tree.impedance[finish]):
            return None
        path = tree.path(finish).tolist()
        if not any(_changes(self.network, self.network.arcs[a], self.port) for a in path):
            return None  # the way left goes by another port, or by land
        return make_route(self.network, self.plan.shipment, (*self.arcs[:first], *path, *self.arcs[last:]))


def terminal_table(plan: RoutePlan, offers: Sequence[RouteOffer]) -> pl.DataFrame:
    """The best route by the quay of each port it passes, and in bond through each terminal off its dock.

    Each row is the whole route by mean hours; `charge_at_par_usd` and `hours_at_par` are what the terminal's own charge or hours would have
    to be for it to cost as much as the quay. Empty where no port on the best route has a way in bond.
    """
    bonded = [row for row in plan.case["transfers"].iter_rows(named=True) if row["method"] == IN_BOND]
    rows: list[Row] = []
    for ways in _bonded(plan, offers[0].route, bonded):
        rows += _compared(ways, [row for row in bonded if row["node_id"] == ways.port], bonded)
    return result_frame("route_terminals", rows)


def terminal_notes(plan: RoutePlan, table: pl.DataFrame) -> list[Note]:
    """What was left out as it is assumed, and what would decide it."""
    bonded = table.filter(pl.col("way") == IN_BOND)
    if plan.request.include_assumed:
        kept = bonded.filter(pl.col("chosen") & (pl.col("basis") == ASSUMED))
        return [note("route.assumed_terminal_chosen", terminal=name) for name in kept["terminal"]]
    assumed = bonded.filter(pl.col("basis") == ASSUMED).sort("difference_usd")
    if assumed.is_empty():
        return []
    best = assumed.row(0, named=True)
    dearer = best["difference_usd"] > 0
    if best["hours_at_par"] is None:  # an hour is worth nothing: no stay would decide
        best["hours_at_par"] = 0.0 if dearer else float("inf")
    names = ("terminal", "charge_usd", "charge_at_par_usd", "hours", "hours_at_par")
    key = "route.assumed_terminal_dearer" if dearer else "route.assumed_terminal_cheaper"
    values = {name: best[name] for name in names}
    values["decides"] = _decides(best)
    alike = assumed.filter((pl.col("difference_usd") - best["difference_usd"]).abs() < ALIKE_USD)
    if alike.height > 1:
        values["terminal"] = note("route.terminals_alike", alike=alike.height, terminal=best["terminal"])
    return [note(key, terminals=assumed.height, difference_usd=abs(best["difference_usd"]), **values)]


def _bonded(plan: RoutePlan, route: Route, bonded: Sequence[Row]) -> Iterator[_Ways]:
    """Ports at which a route changes to or from a ship, that have ways in bond."""
    ports = {row["node_id"] for row in bonded}
    places = [route.network.arcs[a].place_id for a in route.arcs]
    at = [i for i, a in enumerate(route.arcs) if _changes(route.network, route.network.arcs[a], places[i])]
    met = [i for i in at if places[i] in ports]
    if not met:
        return
    network = plan.network
    if not plan.request.include_assumed:
        request = replace(plan.request, include_assumed=True)
        network = build_network(plan.case.tables, request, kept=plan.kept)
    arcs = _in(network, route)
    for position in met:
        yield _Ways(plan, network, places[position], arcs, _span(network, arcs, position, places[position]))


def _changes(network: FreightNetwork, arc: Arc, port: str) -> bool:
    """Whether a move changes between ship and land at a port."""
    if arc.place_kind != "transfer" or arc.place_id != port:
        return False
    return SEA in (network.states[arc.tail].carrier, network.states[arc.head].carrier)


def _transfer(arc: Arc) -> str:
    """Transfer a move was made from; only a change of mode has one, and to look through all others' figures takes long."""
    return transfer_of(arc) if arc.place_kind == "transfer" else ""


def _in(network: FreightNetwork, route: Route) -> tuple[int, ...]:
    """The moves of a route in a network that has them all."""
    if network is route.network:
        return route.arcs
    wanted = [_name(route.network, route.network.arcs[a]) for a in route.arcs]
    places = {(kind, place) for _, _, kind, place, _ in wanted}
    near = sorted(a for place in places for a in network.layout.of_place.get(place, ()))
    numbers = {_name(network, network.arcs[a]): a for a in near}
    return tuple(numbers[name] for name in wanted)


def _name(network: FreightNetwork, arc: Arc) -> tuple[State, State, str, str, str]:
    """What a move is called in every network that has it."""
    ends = network.states[arc.tail], network.states[arc.head]
    return *ends, arc.place_kind, arc.place_id, _transfer(arc)


def _span(network: FreightNetwork, arcs: tuple[int, ...], position: int, port: str) -> tuple[int, int]:
    """Moves between the ship and the next place on land that is not the port, the ends of the route at the latest."""
    states = network.states
    if states[network.arcs[arcs[position]].tail].carrier == SEA:
        away = (i for i in range(position, len(arcs)) if states[network.arcs[arcs[i]].head].node_id != port)
        return position, next(away, len(arcs) - 1) + 1
    before = (i for i in range(position, -1, -1) if states[network.arcs[arcs[i]].tail].node_id != port)
    return next(before, 0), position + 1


def _compared(ways: _Ways, rows: Sequence[Row], bonded: Sequence[Row]) -> Iterator[Row]:
    """The way by the quay, then each in bond, as rows."""
    ids = frozenset(row["transfer_id"] for row in bonded)
    used = {transfer_of(ways.network.arcs[a]) for a in ways.arcs}
    quay = ways.by("", ids)
    if quay is None:
        return
    level = _cost(ways.plan, quay)
    own = {row["transfer_id"] for row in rows}
    yield {**_row(ways, quay, level), "way": "quay", "chosen": not used & own} | _NO_PAR
    for row in rows:
        route = ways.by(row["transfer_id"], ids)
        if route is not None:
            yield {**_row(ways, route, level), "way": IN_BOND, "chosen": row["transfer_id"] in used}


_NO_PAR: Row = {"charge_at_par_usd": None, "hours_at_par": None}


def _cost(plan: RoutePlan, route: Route) -> float:
    return route_cost(route, plan.weights, plan.bills.all_told_usd(route))


def _row(ways: _Ways, route: Route, level: float) -> Row:
    """A way through a port as a row, beside the generalised cost by the quay."""
    plan, arcs = ways.plan, [ways.network.arcs[a] for a in route.arcs]
    arc = next(arc for arc in arcs if _changes(ways.network, arc, ways.port))
    usd = sum(stage.usd(plan.shipment.tonnes, plan.shipment.units) for stage in arc.stages)
    hours = sum(stage.hours for stage in arc.stages)
    difference = _cost(plan, route) - level
    transfer = plan.case["transfers"].row(by_predicate=pl.col("transfer_id") == transfer_of(arc), named=True)
    terminals = plan.case["terminals"].filter(pl.col("terminal_id") == transfer["terminal_id"]).to_dicts()
    hour = plan.weights.value_of_time_usd_h
    spans = _spans(plan, transfer["terminal_id"], {"charge_usd": usd, "hours": hours})
    return {
        **spans,
        "port": plan.places.name(ways.port),
        "terminal": terminals[0]["name"] if terminals else plan.places.name(ways.port),
        "all_told_usd": plan.bills.all_told_usd(route),
        "storage_usd": plan.bills.rows(route)["storage"]["usd"],
        "days": route.days,
        "difference_usd": difference,
        "charge_usd": usd,
        "charge_at_par_usd": max(0.0, usd - difference),
        "hours": hours,
        "hours_at_par": max(0.0, hours - difference / hour) if hour else None,
        "basis": worst_basis(transfer["basis"], *(row["basis"] for row in terminals)),
        "source_id": transfer["source_id"],
    }


BOUNDED = {
    "charge_usd": ("bond_usd_feu", "charge_low_usd", "charge_high_usd"),
    "hours": ("bond_h", "hours_low", "hours_high"),
}
"""Figure of a way in bond, the term of its terminal that says how far it may be off, and the columns of the ends."""


def _spans(plan: RoutePlan, terminal: str | None, figures: dict[str, float]) -> Row:
    """Ends of the charge and the hours of a way, as far off them as the terminal's terms allow; none where they say nothing."""
    terms = plan.case["terminal_terms"].filter(pl.col("terminal_id") == terminal).iter_rows(named=True)
    said = {row["quantity"]: row for row in terms if row["value"]}
    found: Row = {}
    for name, (quantity, *ends) in BOUNDED.items():
        row = said.get(quantity, {"value": 1.0, "low": None, "high": None})
        for column, end in zip(ends, (row["low"], row["high"]), strict=True):
            found[column] = None if end is None else figures[name] * end / row["value"]
    return found


def _decides(best: Row) -> Note:
    """Whether the charge or the hours at which it is as good as the quay lie within what they may be."""
    ends = {name: best[name] for _, *columns in BOUNDED.values() for name in columns}
    if None in ends.values():
        return note("route.terminal_range_unknown")
    by_charge = ends["charge_low_usd"] <= best["charge_at_par_usd"] <= ends["charge_high_usd"]
    by_hours = ends["hours_low"] <= best["hours_at_par"] <= ends["hours_high"]
    key = {(True, True): "both", (True, False): "charge", (False, True): "hours"}.get(
        (by_charge, by_hours), "neither"
    )
    return note(f"route.terminal_range_{key}", **ends)
