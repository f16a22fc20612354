"""Assigning demand to the corridors of a case: shares of routes, loads of the places they pass, queues."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from karwan.amounts import YEAR_DAYS
from karwan.analysis.capacity import SERVICE, Capacities, Limit
from karwan.analysis.contract import Inputs, Result
from karwan.analysis.corridors import CorridorStudy, asked_study
from karwan.analysis.pinned import pinned_scenarios
from karwan.analysis.requests import AssignRequest
from karwan.analysis.sensitivity import CorridorBase
from karwan.analysis.worth.flows import Flow, flow_direction
from karwan.analysis.worth.states import NOW, PairCosts, Plan
from karwan.case import Case
from karwan.errors import InvalidInput
from karwan.notes import Note, note
from karwan.schema.frames import result_frame
from karwan.trade.parties import DIRECTIONS
from karwan.transport.assignment import assign_routes
from karwan.transport.assignment.result import AssignmentNotConverged
from karwan.transport.carriers import operator_names
from karwan.transport.corridor import name_route
from karwan.transport.criticality import CROSSING, Arcs, Pair, Trade
from karwan.transport.network import FreightNetwork
from karwan.transport.network.through import lanes_of
from karwan.transport.route import make_route
from karwan.transport.shipment import make_shipment

COLUMNS = ("origin_id", "destination_id", "product_id", "t_day")
KEYS = list(COLUMNS[:3])
NO_LIMIT = 1e12
MOST_PASSED = 2
"""Places named to tell apart routes that change modes at the same ones."""
FELT_H = 1.0
"""Hours of waiting from which on a fleet is told to hold loads back."""
MOST_T_DAY = 1e7  # a third of what the world ships by sea in a day


@dataclass(frozen=True)
class CorridorAssignment:
    """What `karwan corridor assign` prints.

    Attributes
    ----------
    routes
        od, origin, destination, product, route (corridor or crossings), share, t_day, usd_t, hours (queues and waits for openings
        included), generalised_cost_usd_t (landed: price, freight, insurance, duty, time and reserve).
    loads
        kind ('crossing', 'terminal', 'link', 'sailing', 'service'), place_id, place, start, finish (countries of a crossing, node ids of a
        link, sailing or service, empty at a terminal), unit, volume_day, background_day (null where the case does not say; taken as none), capacity_day,
        load_share, time_h, delay_h (what the demand adds), beyond_limit; places on the routes whose capacity the case states, fullest
        first.
    demand
        od, origin, destination, product, demand_t_day, assigned_t_day, logsum_usd_t.
    residual, converged
        See `karwan.transport.assignment.routes.RouteAssignment`.
    notes
        What the demand rests on, what is not served, where capacity counts.
    outcome
        Whether it converged, and how far.
    """

    routes: pl.DataFrame
    loads: pl.DataFrame
    demand: pl.DataFrame
    residual: float
    converged: bool
    notes: tuple[Note, ...]
    outcome: Note


@dataclass(frozen=True)
class _Way:
    """An open route: its arcs, their ids in the whole problem, what a tonne costs landed, and its mean hours, waits for openings included."""

    arcs: Arcs
    labels: tuple[str, ...]
    cost_usd_t: float
    hours: float


@dataclass(frozen=True)
class _Leg:
    """A demand row with its routes in its own network."""

    od: str
    origin: str
    destination: str
    t_day: float
    trade: Trade
    routes: tuple[_Way, ...]
    names: tuple[str, ...]


def read_demand(path: Path) -> pl.DataFrame:
    """Demand table from a CSV file: origin_id, destination_id, product_id, t_day.

    Raises
    ------
    InvalidInput
        Unreadable, columns missing, repeated rows, or tonnes that are not numbers >= 0.
    """
    try:
        table = pl.read_csv(path, infer_schema=False)
    except (pl.exceptions.PolarsError, UnicodeDecodeError, OSError) as error:
        raise InvalidInput(
            f"{path.name} is not readable as CSV.", str(error), "save it as UTF-8 CSV."
        ) from None
    missing = [c for c in COLUMNS if c not in table.columns]
    if missing:
        raise InvalidInput(
            f"{path.name} lacks columns.",
            f"missing {', '.join(missing)}; it has {', '.join(table.columns)}",
            f"give {', '.join(COLUMNS)}.",
        )
    asked = table.select(COLUMNS).with_columns(pl.all().str.strip_chars().replace("", None))
    table = asked.with_columns(pl.col("t_day").cast(pl.Float64, strict=False))
    _check_rows(path.name, asked, table)
    return table


def _check_rows(file: str, asked: pl.DataFrame, table: pl.DataFrame) -> None:
    """Refuse rows without a place or product, tonnes that are none, a demand stated twice, and no rows at all."""
    named = pl.all_horizontal(pl.col(KEYS).is_not_null())
    amount = pl.col("t_day").is_finite() & pl.col("t_day").is_between(0, MOST_T_DAY)
    for ok, fact, fix in (
        (named, "rows lack a place or product.", "name origin, destination and product in each row."),
        (amount, f"t_day is no number from 0 to {MOST_T_DAY:,.0f}.", "give tonnes a day, as 120."),
    ):
        bad = asked.with_row_index("line", 2).filter(~table.select(ok.fill_null(False)).to_series())
        if bad.height:
            first = bad.fill_null("").head(5).iter_rows()
            lines = "; ".join(f"line {n}: {','.join(row)}" for n, *row in first)
            raise InvalidInput(f"{file}: {fact}", f"{bad.height} of {table.height} rows: {lines}", fix)
    twice = table.filter(table.select(KEYS).is_duplicated())
    if twice.height:
        raise InvalidInput(f"{file} states a demand twice.", ", ".join(twice.row(0)[:3]), "add the rows up.")
    if not table.height:
        raise InvalidInput(f"{file} has no rows.", fix="give at least one demand.")


def default_demand(base: CorridorBase) -> pl.DataFrame:
    """Demand of the case a day: its yearly tonnes, evenly over the pairs."""
    product = base.case.settings.reference_product
    rows = [
        {"origin_id": o, "destination_id": d, "product_id": product, "t_day": tonnes / YEAR_DAYS}
        for trade in base.trades
        for (o, d), tonnes in trade.tonnes.items()
    ]
    return pl.DataFrame(rows)


def answer_assign(inputs: Inputs, request: AssignRequest) -> Result:
    """Shares of routes, loads of places, and demand met."""
    study = asked_study(inputs.the_case(), request.as_of)
    opened = study.opened(request.opened)
    lead: tuple[Note, ...] = ()
    if request.demand is None:
        base = CorridorBase(study, opened=opened, tonnes_year=request.tonnes_year)
        table, lead = default_demand(base), base.demand.notes
    else:
        table = read_demand(request.demand)
    found = assign_corridors(
        study, table, opened=opened, tolerance=request.tolerance, max_iterations=request.iterations
    )
    meta = {**study.facts, "opened": sorted(opened), "residual": found.residual, "converged": found.converged}
    tables = {"routes": found.routes, "loads": found.loads, "demand": found.demand}
    notes = (*lead, *found.notes)
    if found.converged:
        return Result(tables, meta, (*notes, found.outcome))
    return Result(tables, meta, notes, alerts=(found.outcome,))


def assign_corridors(
    study: CorridorStudy,
    demand: pl.DataFrame,
    *,
    opened: frozenset[str] = frozenset(),
    tolerance: float = 1e-9,
    max_iterations: int = 200,
) -> CorridorAssignment:
    """Stochastic user equilibrium of a demand table over the corridors.

    The routes of an origin-destination-product are those of `karwan.analysis.trade_cost` that are open: named corridors between its places,
    the route of least generalised cost and the best way round each crossing of it, as things stand and under the scenarios the case pins.
    A tonne costs what it costs landed. Trucks and trains queue at crossings (M/M/c, M/D/1), terminals and links slow down as they
    fill, and a full ship or fleet makes loads wait for the next, each with the background traffic and where the case states a capacity. The
    observed hours hold at the background load, so what a place adds is what the demand adds.

    Parameters
    ----------
    study
        Corridors of a case on a day.
    demand
        origin_id, destination_id, product_id, t_day.
    opened
        Place ids whose dated closures are set aside.
    tolerance, max_iterations
        See `karwan.transport.assignment.assign_routes`.

    Raises
    ------
    UnknownName
        A place or product of the demand is not in the case.
    """
    legs = _legs(study, demand, opened)
    served = [leg for leg in legs if leg.routes]
    lost = [leg for leg in legs if not leg.routes and leg.t_day > 0]
    if not served:
        raise InvalidInput(
            "No demand has a route.",
            f"{len(legs)} rows: {', '.join(leg.od for leg in legs[:5])}",
            "open a crossing with --open, or change the demand.",
        )
    capacities = Capacities(study.case)
    limits = _limits(served, capacities)
    routes, uses, links = _problem(served, limits)
    od = _demands(served, capacities)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AssignmentNotConverged)
        found = assign_routes(
            routes.select("route_id", "od_id", "fixed_cost_usd_t"),
            uses,
            od,
            links,
            scale=study.case.parameter("logit_scale_per_usd_t"),
            path_size_weight=study.case.parameter("path_size_weight"),
            tolerance=tolerance,
            max_iterations=max_iterations,
        )
    loads = _load_table(study, limits, found.link_volumes)
    unserved = [note("assignment.not_served", od=leg.od, t_day=leg.t_day) for leg in lost]
    return CorridorAssignment(
        routes=_route_table(study, served, routes, found.route_flows),
        loads=loads,
        demand=_demand_table(study, legs, found.logsums),
        residual=found.residual,
        converged=found.converged,
        notes=(
            *unserved,
            _choice_note(study.case),
            _capacity_note(loads),
            *_fleet_notes(study.case, served, loads),
        ),
        outcome=note(
            "assignment.converged" if found.converged else "assignment.not_converged",
            residual=found.residual,
            bound=tolerance,
            iterations=len(found.residual_history),
        ),
    )


def _demands(served: Sequence[_Leg], capacities: Capacities) -> pl.DataFrame:
    """Tonnes a day of each origin-destination-product with a route, the value of its time and its payloads."""
    return pl.DataFrame(
        [
            {
                "od_id": leg.od,
                "demand_t_day": leg.t_day,
                "value_of_time_usd_t_h": leg.trade.hour_usd_t,
                **capacities.payloads(leg.trade.shipment),
            }
            for leg in served
        ]
    )


def _legs(study: CorridorStudy, demand: pl.DataFrame, opened: frozenset[str]) -> list[_Leg]:
    """Demand rows with their open routes, each at what a tonne costs landed (`karwan.analysis.trade_cost`)."""
    case = study.case
    opened_study = CorridorStudy(case, study.as_of, study.kept, opened)
    flows = _demand_flows(study, demand)
    plan = Plan(opened_study, pinned_scenarios(opened_study, {}), flows, {NOW: case})
    services = dict(case["services"].select("service_id", "link_id").iter_rows())
    outcome = plan.outcome()
    found = {}
    for costs in outcome.pairs:
        routes = costs.routes
        network = opened_study.network_between(routes.ends, routes.form)
        pair = routes.pairs[[rows for _, rows in routes.slices()].index(costs.rows)]
        own = [f for f in plan.flows if f.direction == routes.direction and (f.origin, f.destination) == pair]
        for number, flow in enumerate(f for f in own if _form(plan, f) == routes.form):
            leg = _leg(study, flow, network, costs, number, services)
            found[flow.origin, flow.destination, flow.product_id] = leg
    return [found[flow.origin, flow.destination, flow.product_id] for flow in flows]


def _form(plan: Plan, flow: Flow) -> str:
    return str(plan.products[flow.product_id]["form"])


def _demand_flows(study: CorridorStudy, demand: pl.DataFrame) -> list[Flow]:
    """Flows of a demand table, between any two places; a demand stated twice is an error."""
    case, places = study.case, study.places
    countries = dict(case["nodes"].select("node_id", "country").iter_rows())
    seen: dict[str, str] = {}
    flows = []
    for row in demand.iter_rows(named=True):
        pair: Pair = (places.node(row["origin_id"]), places.node(row["destination_id"]))
        if pair[0] == pair[1]:
            raise InvalidInput(f"A demand starts and ends at {pair[0]}.", fix="give two different places.")
        product = make_shipment(case["products"], row["product_id"], case.settings.load_t).product_id
        od = "/".join((*pair, product))
        words = ", ".join(str(row[c]) for c in COLUMNS[:3])
        if seen.setdefault(od, words) != words:
            raise InvalidInput(
                "A demand is stated twice.", f"{seen[od]} and {words} are both {od}", "add the rows up."
            )
        direction = flow_direction(case, countries[pair[0]], countries[pair[1]])
        flows.append(Flow(direction, *pair, product, row["t_day"] * YEAR_DAYS))
    return flows


def _leg(
    study: CorridorStudy,
    flow: Flow,
    network: FreightNetwork,
    costs: PairCosts,
    number: int,
    services: Mapping[str, str],
) -> _Leg:
    """A flow with its open routes, the dearest last to be named."""
    load = make_shipment(study.case["products"], flow.product_id, study.case.settings.load_t)
    pair: Pair = (flow.origin, flow.destination)
    trade = Trade(network, load, {pair: flow.tonnes_year}, {}, services)
    known = network.arc_numbers
    routes = []
    for at, steps in enumerate(costs.routes.flat[costs.rows]):
        if costs.opened[0, at]:
            arcs = tuple(known[key] for key in steps)
            labels = tuple(
                f"{costs.routes.direction}:{costs.routes.form}:{costs.routes.keys[key]}" for key in steps
            )
            cost, hours = costs.costs.cost_usd_t[0, number, at], costs.costs.hours[0, at]
            routes.append(_Way(arcs, labels, float(cost), float(hours)))
    backward = flow.direction == DIRECTIONS[1]
    names = _told_apart(study, trade, [(_name(study, trade, w.arcs, backward), w.arcs) for w in routes])
    od = "/".join((*pair, load.product_id))
    return _Leg(od, *pair, flow.tonnes_year / YEAR_DAYS, trade, tuple(routes), names)


def _name(study: CorridorStudy, trade: Trade, arcs: Arcs, backward: bool) -> str:
    route = make_route(trade.network, trade.shipment, arcs)
    corridor = name_route(route, study.corridors, backward=backward)
    passed = ", ".join(study.place_name(c) for c in route.crossings) or "no land border"
    title = next((c["name"] for c in study.corridors if c["corridor_id"] == corridor), None)
    name = f"a way over {passed}" if title is None else f"{title} ({passed})"
    rates = [_runs(study.case, service) for service, *_ in lanes_of(trade.network, arcs)]
    return f"{name} at the rate of {', '.join(rates)}" if rates else name


def _runs(case: Case, service: str) -> str:
    """Who runs a service with a through rate."""
    row = case["land_services"].row(by_predicate=pl.col("land_service_id") == service, named=True)
    names = operator_names(case.tables)
    return ", ".join(names[one] for one in row["operator_ids"])


def _told_apart(study: CorridorStudy, trade: Trade, named: list[tuple[str, Arcs]]) -> tuple[str, ...]:
    """Names of routes; those that share one say where they change modes or ships and the others do not, else where alone they pass."""
    arcs, states = trade.network.arcs, trade.network.states
    ways = [way for _, way in named]
    places = [[(states[arcs[a].head].node_id, arcs[a].place_kind) for a in way] for way in ways]
    changes = [[node for node, kind in way if kind in ("transfer", "service")] for way in places]
    names = _with_places(study, [name for name, _ in named], changes, None)
    return _with_places(study, names, [[node for node, _ in way] for way in places], MOST_PASSED)


def _with_places(
    study: CorridorStudy, names: Sequence[str], passed: list[list[str]], most: int | None
) -> tuple[str, ...]:
    """Names, with the first places that not all of one name pass; a name that stands alone stays as it is."""
    found = []
    for name, own in zip(names, passed, strict=True):
        alike = [set(other) for label, other in zip(names, passed, strict=True) if label == name]
        common = set.intersection(*alike)
        apart = [study.place_name(place) for place in dict.fromkeys(own) if place not in common]
        found.append(f"{name} by way of {', '.join(apart[:most])}" if apart else name)
    return tuple(found)


@dataclass(frozen=True)
class _Limits:
    """Limits the routes use by key, empty-place hours of each, and the keys each route of each leg uses."""

    by_key: dict[str, Limit]
    free_flow_h: dict[str, float]
    used: dict[tuple[str, Arcs], tuple[str, ...]]

    def usual_h(self, key: str) -> float:
        """Hours at the background load."""
        return self.by_key[key].time_h(self.free_flow_h[key])


def _limits(legs: list[_Leg], capacities: Capacities) -> _Limits:
    """Limits of all routes; moves that take unlike hours at one place get what its longest adds, whatever the order of the rows."""
    by_key: dict[str, Limit] = {}
    hours: dict[str, float] = {}
    used: dict[tuple[str, Arcs], tuple[str, ...]] = {}
    for leg in legs:
        for way in leg.routes:
            found = list(capacities.on(leg.trade, way.arcs))
            used[leg.od, way.arcs] = tuple(dict.fromkeys(limit.key for limit, _ in found))
            for limit, taken in found:
                by_key[limit.key] = limit
                hours[limit.key] = max(taken, hours.get(limit.key, 0.0))
    return _Limits(by_key, {key: limit.free_flow_h(hours[key]) for key, limit in by_key.items()}, used)


def _problem(legs: list[_Leg], limits: _Limits) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Tables routes, route_links and links of `assign_routes`; routes carry usd_t and rest_h beside.

    Overlap is measured on the places by km; capacities are links of no length beside them.
    """
    routes: list[dict[str, Any]] = []
    uses: dict[tuple[str, str], None] = {}
    links = {key: _limit_row(limit, limits.free_flow_h[key]) for key, limit in limits.by_key.items()}
    for leg in legs:
        trade = leg.trade
        km = trade.network.arc_km()
        for number, way in enumerate(leg.routes):
            route_id, passed = f"{leg.od}#{number + 1}", limits.used[leg.od, way.arcs]
            for a, key in zip(way.arcs, way.labels, strict=True):
                links.setdefault(key, _plain_row(key, float(km[a]) + 1e-9))
                uses[route_id, key] = None
            uses |= {(route_id, key): None for key in passed}
            usual = sum(limits.usual_h(key) for key in passed)
            routes.append(
                {
                    "route_id": route_id,
                    "od_id": leg.od,
                    "fixed_cost_usd_t": way.cost_usd_t - trade.hour_usd_t * usual,
                    "usd_t": trade.money(way.arcs),
                    "rest_h": way.hours - usual,
                }
            )
    return (
        pl.DataFrame(routes),
        pl.DataFrame(list(uses), schema=["route_id", "link_id"], orient="row"),
        pl.DataFrame(list(links.values()), infer_schema_length=None),
    )


def _limit_row(limit: Limit, free_flow_h: float) -> dict[str, Any]:
    return {
        **_plain_row(limit.key, 0.0),
        "free_flow_time_h": free_flow_h,
        "capacity_per_day": float(limit.capacity_day),
        "background_per_day": limit.background_day or 0.0,
        "unit": limit.unit,
        "delay": limit.delay,
        **limit.shape,
    }


def _plain_row(key: str, km: float) -> dict[str, Any]:
    return {
        "link_id": key,
        "length_km": km,
        "free_flow_time_h": 0.0,
        "capacity_per_day": NO_LIMIT,
        "background_per_day": 0.0,
        "unit": "t",
        "delay": "constant",
        "servers": None,
        "service_cv": None,
        "open_share": None,
    }


def _route_table(
    study: CorridorStudy, legs: list[_Leg], routes: pl.DataFrame, flows: pl.DataFrame
) -> pl.DataFrame:
    names = [
        (
            leg.od,
            study.place_name(leg.origin),
            study.place_name(leg.destination),
            leg.trade.shipment.name,
            name,
        )
        for leg in legs
        for name in leg.names
    ]
    table = pl.DataFrame(names, schema=["od", "origin", "destination", "product", "route"], orient="row")
    return table.with_columns(
        share=flows["share"],
        t_day=flows["flow_t_day"],
        usd_t=routes["usd_t"],
        hours=routes["rest_h"] + flows["time_h"],
        generalised_cost_usd_t=flows["generalised_cost_usd_t"],
    )


def _load_table(study: CorridorStudy, limits: _Limits, volumes: pl.DataFrame) -> pl.DataFrame:
    rows = []
    for row in volumes.filter(pl.col("link_id").is_in(list(limits.by_key))).iter_rows(named=True):
        limit = limits.by_key[row["link_id"]]
        rows.append(
            {
                "kind": limit.kind,
                "place_id": limit.place_id,
                "place": place_name(study, limit),
                "start": limit.start,
                "finish": limit.finish,
                "unit": limit.unit,
                "volume_day": row["volume_per_day"],
                "background_day": limit.background_day,
                "capacity_day": limit.capacity_day,
                "load_share": row["load_share"],
                "time_h": row["time_h"],
                "delay_h": row["time_h"] - limits.usual_h(limit.key),
                "beyond_limit": row["beyond_limit"],
            }
        )
    order = ["load_share", "kind", "place_id", "start"]
    return result_frame("assigned_loads", rows).sort(order, descending=[True, False, False, False])


def place_name(study: CorridorStudy, limit: Limit) -> str:
    """Name of a place with its direction: a crossing by countries, a link, sailing or service by its ends."""
    if limit.kind == CROSSING:
        return f"{study.place_name(limit.place_id)}, {limit.start} → {limit.finish}"
    if not limit.start:
        terminals = study.case["terminals"].filter(pl.col("terminal_id") == limit.place_id)
        return str(terminals["name"][0])
    label = study.pair_label(limit.start, limit.finish)
    return f"{_runs(study.case, limit.place_id)}, {label}" if limit.kind == SERVICE else label


def _choice_note(case: Case) -> Note:
    """Scale and weight of the choice, with range, basis and source."""
    row = case["parameters"].row(by_predicate=pl.col("parameter_id") == "logit_scale_per_usd_t", named=True)
    ranged = row["low"] is not None and row["high"] is not None
    return note(
        "assignment.choice",
        scale=row["value"],
        span=note("assignment.span", low=row["low"], high=row["high"]) if ranged else "",
        basis=row["basis"],
        source_id=row["source_id"],
        weight=case.parameter("path_size_weight"),
    )


def _capacity_note(loads: pl.DataFrame) -> Note:
    """How many places have a capacity, where the traffic of others is not known, and where the load is too much."""
    if not loads.height:
        return note("assignment.no_capacity")
    unknown, beyond = int(loads["background_day"].null_count()), int(loads["beyond_limit"].sum())
    kinds = loads.group_by("kind").len().sort("kind").iter_rows()
    return note(
        "assignment.capacity",
        kinds=[note(f"assignment.{kind}", count=count) for kind, count in kinds],
        unknown=note("assignment.unknown", count=unknown) if unknown else "",
        beyond=note("assignment.beyond", count=beyond) if beyond else "",
    )


def _fleet_notes(case: Case, served: Sequence[_Leg], loads: pl.DataFrame) -> Iterator[Note]:
    """How full each fleet is, fullest first, and which services have a rate and no fleet that anybody stated."""
    fleets = loads.filter(pl.col("kind") == SERVICE)
    for row in fleets.iter_rows(named=True):
        key = "full" if row["beyond_limit"] else "tight" if row["delay_h"] > FELT_H else "room"
        names = ("place", "volume_day", "capacity_day", "unit", "load_share", "delay_h")
        yield note(f"assignment.fleet_{key}", **{name: row[name] for name in names})
    taken = {one for leg in served for way in leg.routes for one, *_ in lanes_of(leg.trade.network, way.arcs)}
    endless = sorted(taken - set(fleets["place_id"]))
    if endless:
        yield note("assignment.no_fleet", count=len(endless), names=[_runs(case, one) for one in endless])


def _demand_table(study: CorridorStudy, legs: list[_Leg], logsums: pl.DataFrame) -> pl.DataFrame:
    found = {r["od_id"]: r for r in logsums.iter_rows(named=True)}
    rows = []
    for leg in legs:
        one = found.get(leg.od)
        rows.append(
            {
                "od": leg.od,
                "origin": study.place_name(leg.origin),
                "destination": study.place_name(leg.destination),
                "product": leg.trade.shipment.name,
                "demand_t_day": leg.t_day,
                "assigned_t_day": one["assigned_t_day"] if one else 0.0,
                "logsum_usd_t": one["logsum_usd_t"] if one else None,
            }
        )
    return result_frame("assigned_demand", rows)


__all__ = ["CorridorAssignment", "assign_corridors", "default_demand", "read_demand"]
