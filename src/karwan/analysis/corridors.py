"""Section 2 of the brief: corridors, their stages, closures and arrivals, and the model against observed trips."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl

from karwan.amounts import percent
from karwan.analysis.observed import with_names
from karwan.case import Case
from karwan.errors import InvalidInput
from karwan.trade.parties import A_TO_B, B_TO_A, DIRECTIONS
from karwan.transport.closures import SLOW, in_force
from karwan.transport.corridor import ABSENT, CLOSED, CorridorRoute, corridor_route
from karwan.transport.cost import Weights, route_cost, shipper_weights
from karwan.transport.journey import ArrivalModel, arrival_model, journey_stages, recorded_process
from karwan.transport.network import FreightNetwork, Kept, NetworkRequest, build_network
from karwan.transport.network.stage import Row
from karwan.transport.reliability import Journeys, simulate
from karwan.transport.route import assumed_share, make_route, stage_table
from karwan.transport.shipment import Shipment, make_shipment

JOURNEYS, HEADLINE_JOURNEYS, SEED = (
    4000,
    20_000,
    1,
)  # of the headline pair as many as `karwan route` draws, with its seed
SHARES = (0.05, 0.25, 0.50, 0.75, 0.95)


@dataclass(frozen=True)
class Evaluated:
    """A corridor between two places in one direction, with its arrival distribution.

    `p95_quiet_h` is the P95 when no crossing closes at random, of the headline pair only.
    """

    corridor: Row
    direction: str
    origin: str
    destination: str
    found: CorridorRoute
    usd_feu: float | None
    journeys: Journeys | None
    p95_quiet_h: float | None = None


class CorridorStudy:
    """Every corridor of a case, both ways, between the places its brief compares.

    Parameters
    ----------
    case
        Case.
    as_of
        Day of departure and of the closures known.
    """

    def __init__(self, case: Case, as_of: date) -> None:
        self.case = case
        self.as_of = as_of
        self.corridors = list(case["corridors"].sort("rank", "corridor_id").iter_rows(named=True))
        self.names = dict(case["nodes"].select("node_id", "name").iter_rows())
        self.kept = Kept()
        self._networks: dict[tuple[str, str, str], FreightNetwork] = {}

    @property
    def comparable(self) -> bool:
        """Whether the case names places on both sides and a product, so that there is something to compare."""
        settings = self.case.settings
        return bool(settings.origins and settings.destinations and settings.reference_product)

    def require_comparable(self) -> None:
        """Raise InvalidInput, saying what `case.yaml` lacks, where there is nothing to compare."""
        settings = self.case.settings
        named = {
            "brief.origins": settings.origins,
            "brief.destinations": settings.destinations,
            "brief.reference_product": settings.reference_product,
        }
        empty = [key for key, value in named.items() if not value]
        if empty:
            raise InvalidInput(
                "The case names no places or no product to compare.",
                f"empty in case.yaml: {', '.join(empty)}",
                "fill nodes.csv and products.csv, then name rows of them there.",
            )

    def network(self, direction: str, form: str) -> FreightNetwork:
        """Network for a direction and cargo form on the study's day."""
        start, finish = self.case.parties.ends(direction)
        key = (start, finish, form)
        if key not in self._networks:
            request = NetworkRequest(start, finish, form, self.as_of)
            self._networks[key] = build_network(self.case.tables, request, kept=self.kept)
        return self._networks[key]

    def pairs(self, direction: str) -> list[tuple[str, str]]:
        """Origin and destination node ids compared in a direction, the headline pair first."""
        settings = self.case.settings
        forward = [(o, d) for d in settings.destinations for o in settings.origins]
        return forward if direction == A_TO_B else [(d, o) for o, d in forward]

    def shipment(self, tonnes: float | None = None) -> Shipment:
        """The reference load, or another weight of the reference product."""
        settings = self.case.settings
        return make_shipment(self.case["products"], settings.reference_product, tonnes or settings.load_t)

    def weights(self, shipment: Shipment) -> Weights:
        """What a shipper of a load gives up for an hour, its buffer and a kg of CO2e, as the case states it."""
        return shipper_weights(shipment, self.case.parameter)

    def _full_unit(self) -> Shipment:
        row = self.case["products"].filter(pl.col("product_id") == self.shipment().product_id)
        stowage = row["stowage_t_feu"][0]
        return self.shipment(float(stowage) if stowage else None)

    @cached_property
    def arrival(self) -> ArrivalModel:
        """Random and dated closures and the load of the crossings, as `karwan route` takes them."""
        return arrival_model(
            self.case.tables, recorded_process(self.case.tables, self.case.settings.as_of)[0]
        )

    @cached_property
    def evaluated(self) -> list[Evaluated]:
        """All corridors, pairs and directions, with simulated arrivals."""
        if not self.comparable:
            return []
        load, full = self.shipment(), self._full_unit()
        results = []
        for direction in DIRECTIONS:
            network = self.network(direction, load.form)
            for origin, destination in self.pairs(direction):
                headline = (origin, destination) == self.pairs(direction)[0]
                for corridor in self.corridors:
                    found = corridor_route(
                        network, load, corridor, origin, destination, backward=direction == B_TO_A
                    )
                    usd_feu, journeys, quiet = None, None, None
                    if found.route is not None:
                        shut = found.status == CLOSED
                        usd_feu = make_route(network, full, found.route.arcs, ignore_shut=shut).usd
                        journeys, quiet = self._arrivals(found, headline)
                    results.append(
                        Evaluated(corridor, direction, origin, destination, found, usd_feu, journeys, quiet)
                    )
        return results

    def _arrivals(self, found: CorridorRoute, headline: bool) -> tuple[Journeys, float | None]:
        """Simulated journeys, and of the headline pair the P95 without random closures."""
        assert found.route is not None
        shut = found.status == CLOSED
        stages = journey_stages(found.route, self.arrival, ignore_shut=shut)
        if not headline:
            return simulate(stages, journeys=JOURNEYS, seed=SEED), None
        journeys = simulate(stages, journeys=HEADLINE_JOURNEYS, seed=SEED)
        if not stages.closure_rate_per_day.any():
            return journeys, journeys.time_p95_h
        quiet = journey_stages(found.route, replace(self.arrival, closures=None), ignore_shut=shut)
        return journeys, simulate(quiet, journeys=HEADLINE_JOURNEYS, seed=SEED).time_p95_h

    # -- tables ----------------------------------------------------------------------------------------------

    def pair_label(self, origin: str, destination: str) -> str:
        """'Almaty → Karachi'."""
        return f"{self.names[origin]} → {self.names[destination]}"

    def routes(self) -> pl.DataFrame:
        """One row per corridor, pair and direction; see `CorridorSection.routes`."""
        return pl.DataFrame([self._route_row(e) for e in self.evaluated], schema=ROUTE_SCHEMA)

    def _route_row(self, e: Evaluated) -> Row:
        row: Row = {
            "corridor_id": e.corridor["corridor_id"],
            "corridor": e.corridor["name"],
            "colour": e.corridor["colour"],
            "pair_label": self.pair_label(e.origin, e.destination),
            "origin_id": e.origin,
            "origin": self.names[e.origin],
            "destination_id": e.destination,
            "destination": self.names[e.destination],
            "direction": e.direction,
            "status": e.found.status,
            "reason": self.spoken_reason(e.found),
        }
        route = e.found.route
        if route is None or e.journeys is None:
            return row
        days = [e.journeys.quantile(share) / 24.0 for share in SHARES]
        return {
            **row,
            "usd_20t": route.usd,
            "usd_feu": e.usd_feu,
            "hours": route.hours,
            "days": route.days,
            **{f"days_p{round(100 * s):02d}": d for s, d in zip(SHARES, days, strict=True)},
            "km": route.km,
            "co2_kg": route.co2_kg,
            "gauge_changes": route.gauge_changes,
            "crossings": len(route.crossings),
            "assumed_share": assumed_share(route),
            "generalised_usd": route_cost(route, self.weights(route.shipment)),
        }

    def spoken_reason(self, found: CorridorRoute) -> str:
        """Reason with place names in place of ids."""
        if found.status == CLOSED and found.route is not None:
            return "; ".join(f"{self.place_name(p)}: {why}" for p, why in found.route.shut())
        if found.status == ABSENT:
            return with_names(found.reason, self.names)
        return ""

    @cached_property
    def _place_names(self) -> dict[str, str]:
        links = self.case["links"].select("link_id", "from_node_id", "to_node_id").iter_rows()
        found = {link: f"{self.names.get(a, a)} – {self.names.get(b, b)}" for link, a, b in links}
        for service, link in self.case["services"].select("service_id", "link_id").iter_rows():
            found[service] = found.get(link, link)
        found.update(self.case["countries"].select("country", "name").iter_rows())
        found.update(self.names)
        found.update(self.case["crossings"].select("crossing_id", "name").iter_rows())
        return found

    def place_name(self, place_id: str) -> str:
        """Name of a node, crossing, link or country."""
        return self._place_names.get(place_id, place_id)

    def stages(self) -> pl.DataFrame:
        """Stages of every route; see `CorridorSection.stages`."""
        parts = []
        for e in self.evaluated:
            if e.found.route is None:
                continue
            table = stage_table(e.found.route).rename({"usd": "usd_20t"})
            parts.append(
                table.with_columns(
                    corridor_id=pl.lit(e.corridor["corridor_id"]),
                    origin_id=pl.lit(e.origin),
                    destination_id=pl.lit(e.destination),
                    direction=pl.lit(e.direction),
                    place=pl.col("place_id").replace_strict(self._place_names, default=pl.col("place_id")),
                )
            )
        if not parts:
            return pl.DataFrame(schema=STAGES_SCHEMA)
        return pl.concat(parts).select(list(STAGES_SCHEMA))

    def closures(self) -> pl.DataFrame:
        """What is shut or slowed on the day; see `CorridorSection.closures`."""
        touched: dict[str, set[str]] = {}
        for e in self.evaluated:
            if e.found.route is not None:
                names = set(e.found.route.nodes) | {s.place_id for s in e.found.route.stages}
                names |= {s.country for s in e.found.route.stages}
                for place in names:
                    touched.setdefault(place, set()).add(e.corridor["name"])
        rows = []
        for row in self.case["closures"].iter_rows(named=True):
            if not in_force(row, self.as_of):
                continue
            kind = "closed" if row["kind"] != SLOW else f"slower by {percent(row['slowdown_share'])}"
            rows.append(
                {
                    "place": self.place_name(row["place_id"]),
                    "kind": kind,
                    "since": row["start"],
                    "until": row["end"],
                    "last_seen": row["last_seen"],
                    "reason": row["reason"],
                    "corridors": ", ".join(sorted(touched.get(row["place_id"], ()))),
                    "source_id": row["source_id"],
                }
            )
        return pl.DataFrame(rows, schema=CLOSURE_SCHEMA)

    def arrivals(self) -> pl.DataFrame:
        """Sampled arrival days of the headline pair both ways; see `CorridorSection.arrivals`."""
        rows = []
        for e in self.evaluated:
            if e.journeys is None or (e.origin, e.destination) != self.pairs(e.direction)[0]:
                continue
            hours = np.sort(e.journeys.hours[np.isfinite(e.journeys.hours)])
            picks = np.quantile(hours, (np.arange(200) + 0.5) / 200.0) / 24.0 if hours.size else np.empty(0)
            rows.append(
                {
                    "corridor_id": e.corridor["corridor_id"],
                    "corridor": e.corridor["name"],
                    "colour": e.corridor["colour"],
                    "direction": e.direction,
                    "pair_label": self.pair_label(e.origin, e.destination),
                    "days": [round(float(d), 3) for d in picks],
                    "days_p95_no_closures": None if e.p95_quiet_h is None else e.p95_quiet_h / 24.0,
                    "on_time_label": "" if e.found.status == "open" else e.found.status,
                }
            )
        return pl.DataFrame(rows, schema=ARRIVAL_SCHEMA)

    def map_nodes(self) -> pl.DataFrame:
        """Places on the map; see `CorridorSection.map_nodes`."""
        used = {n for e in self.evaluated if e.found.route is not None for n in e.found.route.nodes}
        settings = self.case.settings
        first = {*settings.origins, *settings.destinations, *settings.ports}
        passed = {n for c in self.corridors for n in c["via"] if n in used}
        is_first, is_passed = pl.col("node_id").is_in(sorted(first)), pl.col("node_id").is_in(sorted(passed))
        rank = pl.when(is_first).then(1).when(is_passed).then(2).otherwise(3)
        return (
            self.case["nodes"]
            .filter(pl.col("node_id").is_in(sorted(used | first)))
            .select("node_id", "name", "kind", "country", "lat", "lon", rank=rank.cast(pl.Int64))
        )

    def map_lines(self) -> pl.DataFrame:
        """Lines of each corridor's headline route, and of what is planned; see `CorridorSection.map_lines`."""
        places = {r["node_id"]: (r["lon"], r["lat"]) for r in self.case["nodes"].iter_rows(named=True)}
        rows: list[Row] = []
        for e in self.evaluated:
            if e.direction != A_TO_B or e.found.route is None:
                continue
            if (e.origin, e.destination) != self.pairs(A_TO_B)[0]:
                continue
            rows += _route_lines(e, places)
        for link in self.case["links"].iter_rows(named=True):
            if link["state"] in ("planned", "construction"):
                ends = [places[link["from_node_id"]], places[link["to_node_id"]]]
                rows.append(_line_row("", "#555555", len(rows), link["mode"], "planned", ends))
        return pl.DataFrame(rows, schema=LINE_SCHEMA)


def _route_lines(e: Evaluated, places: Mapping[str, tuple[float, float]]) -> list[Row]:
    """Runs of one mode and state along a route."""
    route = e.found.route
    assert route is not None
    states, arcs = route.network.states, route.network.arcs
    shut_places = {place for place, _ in route.shut()}
    runs: list[tuple[str, str, list[tuple[float, float]]]] = []
    for a in route.arcs:
        arc = arcs[a]
        tail, head = states[arc.tail].node_id, states[arc.head].node_id
        if tail == head:
            continue
        mode = arc.stages[0].mode
        state = "closed" if {tail, head, arc.place_id} & shut_places else "open"
        if not runs or runs[-1][:2] != (mode, state):
            runs.append((mode, state, [places[tail]]))
        runs[-1][2].append(places[head])
    corridor = e.corridor
    return [
        _line_row(corridor["corridor_id"], corridor["colour"], seq, mode, state, points)
        for seq, (mode, state, points) in enumerate(runs)
    ]


def _line_row(
    corridor: str, colour: str, seq: int, mode: str, state: str, points: Sequence[tuple[float, float]]
) -> Row:
    return {
        "corridor_id": corridor,
        "colour": colour,
        "seq": seq,
        "mode": mode,
        "state": state,
        "lons": [p[0] for p in points],
        "lats": [p[1] for p in points],
    }


_TEXT, _FLOAT, _INT = pl.String, pl.Float64, pl.Int64
ROUTE_SCHEMA: dict[str, Any] = {
    **dict.fromkeys(
        ["corridor_id", "corridor", "colour", "pair_label", "origin_id", "origin", "destination_id"], _TEXT
    ),
    **dict.fromkeys(["destination", "direction", "status", "reason"], _TEXT),
    **dict.fromkeys(["usd_20t", "usd_feu", "hours", "days"], _FLOAT),
    **dict.fromkeys([f"days_p{round(100 * s):02d}" for s in SHARES], _FLOAT),
    **dict.fromkeys(["km", "co2_kg"], _FLOAT),
    **dict.fromkeys(["gauge_changes", "crossings"], _INT),
    **dict.fromkeys(["assumed_share", "generalised_usd"], _FLOAT),
}
CLOSURE_SCHEMA: dict[str, Any] = {
    "place": _TEXT,
    "kind": _TEXT,
    "since": _TEXT,
    "until": _TEXT,
    "last_seen": pl.Date,
    "reason": _TEXT,
    "corridors": _TEXT,
    "source_id": _TEXT,
}
ARRIVAL_SCHEMA: dict[str, Any] = {
    **dict.fromkeys(["corridor_id", "corridor", "colour", "direction", "pair_label"], _TEXT),
    "days": pl.List(_FLOAT),
    "days_p95_no_closures": _FLOAT,
    "on_time_label": _TEXT,
}
LINE_SCHEMA: dict[str, Any] = {
    "corridor_id": _TEXT,
    "colour": _TEXT,
    "seq": _INT,
    "mode": _TEXT,
    "state": _TEXT,
    "lons": pl.List(_FLOAT),
    "lats": pl.List(_FLOAT),
}
STAGES_SCHEMA: dict[str, Any] = {
    **dict.fromkeys(["corridor_id", "origin_id", "destination_id", "direction"], _TEXT),
    "stage": _INT,
    **dict.fromkeys(["kind", "name", "place", "place_id", "mode", "country"], _TEXT),
    **dict.fromkeys(["km", "usd_20t", "hours", "sd_h", "co2_kg"], _FLOAT),
    **dict.fromkeys(["basis", "source_id"], _TEXT),
}
