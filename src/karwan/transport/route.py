"""A route: stages in order with their money, hours, waits and emissions for a shipment."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from karwan.schema.frames import result_frame
from karwan.schema.modes import RAIL
from karwan.transport.calendar import Windows
from karwan.transport.network import FreightNetwork, Stage
from karwan.transport.network.stage import Row
from karwan.transport.shipment import Shipment


@dataclass(frozen=True)
class Route:
    """A path through the network for a shipment.

    Attributes
    ----------
    arcs
        Arc indices of `network`, in order.
    waits_h
        Hours waited before each arc for an opening, on mean hours; infinite where the arc never opens.
    usd, hours, variance_h2, co2_kg, km
        Totals: money, mean hours with waits, variance of hours without waits, emission, length.
    """

    network: FreightNetwork
    shipment: Shipment
    arcs: tuple[int, ...]
    waits_h: tuple[float, ...]
    usd: float
    hours: float
    variance_h2: float
    co2_kg: float
    km: float

    @property
    def days(self) -> float:
        """Mean days door to door."""
        return self.hours / 24.0

    @cached_property
    def stages(self) -> tuple[Stage, ...]:
        """Stages in order, waits left out."""
        return tuple(s for a in self.arcs for s in self.network.arcs[a].stages)

    @property
    def nodes(self) -> tuple[str, ...]:
        """Node ids passed, in order, each named once in a row."""
        states, arcs = self.network.states, self.network.arcs
        if not self.arcs:
            return ()
        passed = [states[arcs[self.arcs[0]].tail].node_id] + [states[arcs[a].head].node_id for a in self.arcs]
        return tuple(n for i, n in enumerate(passed) if i == 0 or n != passed[i - 1])

    @property
    def passed(self) -> tuple[str, ...]:
        """Node ids passed in order, as a corridor counts them: a crossing by crossing its border, a sea port by ship; ends included."""
        if not self.arcs:
            return ()
        network = self.network
        first = network.states[network.arcs[self.arcs[0]].tail].node_id
        heads = [network.states[network.arcs[a].head].node_id for a in self.arcs]
        inner = [n for n, a in zip(heads, self.arcs, strict=True) if network.passing[a]]
        found = [first, *inner, heads[-1]]
        return tuple(n for i, n in enumerate(found) if i == 0 or n != found[i - 1])

    @property
    def way(self) -> tuple[tuple[str, str, str], ...]:
        """Links, services, borders and transfers with their modes, in no order: what one way is, whatever its truck and side of a gauge change."""
        network = self.network
        moves = {
            (network.arcs[a].place_kind, network.arcs[a].place_id, network.head_modes[a]) for a in self.arcs
        }
        return tuple(sorted(moves))

    @property
    def crossings(self) -> tuple[str, ...]:
        """Crossing ids passed, in order."""
        return tuple(
            self.network.arcs[a].place_id for a in self.arcs if self.network.arcs[a].place_kind == "crossing"
        )

    @property
    def gauge_changes(self) -> int:
        """Number of times goods change from one rail gauge to another."""
        states, arcs = self.network.states, self.network.arcs
        count = 0
        for a in self.arcs:
            before, after = states[arcs[a].tail].carrier, states[arcs[a].head].carrier
            count += before.startswith(RAIL) and after.startswith(RAIL) and before != after
        return count

    def shut(self) -> list[tuple[str, str]]:
        """(place id, reason) of every arc that never opens on the horizon."""
        found = []
        for a in self.arcs:
            arc = self.network.arcs[a]
            if arc.calendar in self.network.shut:
                found.append((arc.place_id, self.network.shut[arc.calendar]))
        return list(dict.fromkeys(found))


def next_opening(windows: Windows, at_h: float) -> float:
    """Earliest hour >= `at_h` inside a window; infinite when none is left."""
    starts, ends = windows
    i = int(np.searchsorted(ends, at_h, side="right"))
    return np.inf if i >= len(ends) else max(at_h, float(starts[i]))


def make_route(
    network: FreightNetwork,
    shipment: Shipment,
    arcs: tuple[int, ...],
    *,
    depart_h: float = 0.0,
    ignore_shut: bool = False,
) -> Route:
    """Money, hours, waits and emissions of a path.

    Parameters
    ----------
    network, shipment
        Where and what.
    arcs
        Arc indices in order.
    depart_h
        Hour of departure on the network's time axis.
    ignore_shut
        Take arcs that never open as open: the figures the route would have.

    Returns
    -------
    The route. Waits are those met when every stage takes its mean hours; `reliability` gives their distribution.
    """
    chosen = [network.arcs[a] for a in arcs]
    clock = depart_h
    waits = []
    for arc in chosen:
        wait = 0.0
        if arc.calendar >= 0 and not (ignore_shut and arc.calendar in network.shut):
            wait = next_opening(network.calendars[arc.calendar], clock) - clock
        waits.append(wait)
        clock += wait + sum(s.hours for s in arc.stages)
    stages = [s for arc in chosen for s in arc.stages]
    return Route(
        network=network,
        shipment=shipment,
        arcs=tuple(arcs),
        waits_h=tuple(waits),
        usd=sum(s.usd(shipment.tonnes, shipment.units) for s in stages),
        hours=clock - depart_h,
        variance_h2=sum(s.variance_h2 for s in stages)
        + sum(arc.covariance_h2 for arc in chosen)
        + shared_variance(stages, network.trip_log_sd),
        co2_kg=sum(s.co2_kg_t for s in stages) * shipment.tonnes,
        km=sum(s.km for s in stages),
    )


def shared_variance(stages: Sequence[Stage], trip_log_sd: float) -> float:
    """What factors that stages share add to the variance of their hours, h2.

    A kind of place adds M^2 (exp(s^2) - 1) for its hours M and the spread s of its factor; so do all stages for the trip's own.
    """
    by_kind: dict[tuple[str, float], float] = {}
    for stage in stages:
        key = (stage.step.hours_group, stage.step.group_log_sd)
        by_kind[key] = by_kind.get(key, 0.0) + stage.service_h
    total = sum(by_kind.values())
    alike = sum(hours**2 * math.expm1(log_sd**2) for (_, log_sd), hours in by_kind.items())
    return alike + total**2 * math.expm1(trip_log_sd**2)


def stage_table(route: Route) -> pl.DataFrame:
    """Stages of a route as a table, waits for openings as rows of their own.

    Returns
    -------
    Table with columns stage (1 up), kind (line_haul, crossing, transfer, sailing, wait), name, place_id, mode, country, km, usd,
    hours, sd_h, co2_kg, basis, source_id.
    """
    rows: list[Row] = []
    load = route.shipment
    for a, wait in zip(route.arcs, route.waits_h, strict=True):
        arc = route.network.arcs[a]
        if wait > 1e-9:
            rows.append(_wait_row(arc.place_id, arc.stages[0], wait))
        rows += [_stage_row(stage, load) for stage in arc.stages]
    numbered = [{"stage": number, **row} for number, row in enumerate(rows, start=1)]
    return result_frame("route_stages", numbered, without=("route",))


def _wait_row(place_id: str, first: Stage, wait_h: float) -> Row:
    """The wait for an opening before the first stage of an arc."""
    return {
        "kind": "wait",
        "name": f"wait for {first.name}",
        "place_id": place_id,
        "mode": first.mode,
        "country": first.country,
        **dict.fromkeys(("km", "usd", "sd_h", "co2_kg"), 0.0),
        "hours": wait_h,
        "basis": first.basis,
        "source_id": first.source_id,
    }


def _stage_row(stage: Stage, load: Shipment) -> Row:
    return {
        "kind": stage.kind,
        "name": stage.name,
        "place_id": stage.place_id,
        "mode": stage.mode,
        "country": stage.country,
        "km": stage.km,
        "usd": stage.usd(load.tonnes, load.units),
        "hours": stage.hours,
        "sd_h": float(np.sqrt(stage.variance_h2)),
        "co2_kg": stage.co2_kg_t * load.tonnes,
        "basis": stage.basis,
        "source_id": stage.source_id,
    }


def assumed_share(route: Route) -> float:
    """Share of a route's money and hours that rests on assumed figures, the mean of the two shares; spreads do not count."""
    load = route.shipment
    stages = route.stages
    usd = sum(s.usd(load.tonnes, load.units) for s in stages)
    hours = sum(s.hours for s in stages)
    usd_assumed = sum(s.usd(load.tonnes, load.units) for s in stages if s.basis_usd == "assumed")
    hours_assumed = sum(s.hours for s in stages if s.basis_hours == "assumed")
    usd_share = usd_assumed / usd if usd else 0.0
    hours_share = hours_assumed / hours if hours else 0.0
    return 0.5 * (usd_share + hours_share)
