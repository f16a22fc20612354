"""Building the freight network of a case for a kind of shipment between two countries."""

from __future__ import annotations

from collections import deque

from karwan.schema.modes import ROAD, WATER_MODES
from karwan.transport.network.borders import crossing_moves, under_regime
from karwan.transport.network.context import Context, Kept, Tables
from karwan.transport.network.hours import SWAP_KIND
from karwan.transport.network.links import link_moves, truck_stages, with_handling
from karwan.transport.network.lookup import access_rule
from karwan.transport.network.request import Move, NetworkRequest
from karwan.transport.network.stage import Arc, FreightNetwork, Row, State
from karwan.transport.network.terms import HOURS, CellFigure, Stage, Step, make_stage, times
from karwan.transport.network.through import with_through_rates
from karwan.transport.network.transfers import transfer_moves


def build_network(tables: Tables, request: NetworkRequest, *, kept: Kept | None = None) -> FreightNetwork:
    """Multimodal network of a case as states and arcs.

    Line haul keeps to the country that a link lies in; a crossing joins the two sides of a border in each direction; a transfer changes the
    mode or gauge at a place; a sailing waits for its ship. Money and hours follow `docs/route.md`.

    Parameters
    ----------
    tables
        Tables of a case.
    request
        Ends, cargo form, departure day, places taken as open.
    kept
        What to share with other networks of the same tables.

    Returns
    -------
    The network. Rows that cannot be used (no rate, no border time, no service, not yet built) stand in `skipped` with the reason.

    Raises
    ------
    UnknownName
        A parameter the model needs is missing from parameters.csv.
    """
    context = Context(tables, request, kept)
    moves = [*link_moves(context), *crossing_moves(context), *transfer_moves(context)]
    return with_through_rates(context, _spread(context, moves))


def _spread(context: Context, moves: list[Move]) -> FreightNetwork:
    """Spread the moves over truck registrations, from the origin's own trucks, and number the states."""
    outgoing: dict[tuple[str, str, str], list[Move]] = {}
    for move in moves:
        outgoing.setdefault(move.tail, []).append(move)
    home = context.request.registration or context.request.origin_country
    starts = [
        State(*place, _start_registration(place, home))
        for place in outgoing
        if place[2] == context.request.origin_country
    ]
    starts += [  # a port abroad may have nothing but ships
        State(*place, "")
        for place in outgoing
        if place[1] in WATER_MODES and context.nodes[place[0]]["country"] == context.request.origin_country
    ]
    index: dict[State, int] = {}
    arcs: list[Arc] = []
    queue = deque(dict.fromkeys(starts))
    for state in queue:
        index[state] = len(index)
    while queue:
        state = queue.popleft()
        tail = index[state]
        for move in outgoing.get(state[:3], ()):
            for state_after, extra in _follow(context, state, move):
                head = index.get(state_after)
                if head is None:
                    head = index[state_after] = len(index)
                    queue.append(state_after)
                arcs.append(_arc(context, move, (tail, head), state_after.registration, extra))
    return _freeze(context, index, arcs)


def _arc(
    context: Context, move: Move, ends: tuple[int, int], registration: str, extra: tuple[Stage, ...]
) -> Arc:
    """A move by a truck, and the change of trucks after it."""
    kind, stages = move.place_kind, move.stages
    if kind == "link":
        stages = with_handling(context, move, truck_stages(context, move, registration))
    elif kind == "crossing" and move.head[1] == ROAD:
        stages = under_regime(context, stages, registration)
    return Arc(*ends, stages + extra, move.calendar, kind, move.place_id, move.covariance_h2)


def _freeze(context: Context, index: dict[State, int], arcs: list[Arc]) -> FreightNetwork:
    return FreightNetwork(
        states=tuple(index),
        arcs=tuple(arcs),
        calendars=tuple(context.calendars),
        shut=context.shut,
        first_day=context.request.departure,
        form=context.request.form,
        skipped=tuple(dict.fromkeys(context.skipped)),
        index=index,
        home=context.request.registration or context.request.origin_country,
        node_countries={node: row["country"] for node, row in context.nodes.items()},
        trip_log_sd=context.hours.trip_log_sd,
    )


def _start_registration(place: tuple[str, str, str], home: str) -> str:
    return home if place[1] == ROAD else ""


def _follow(context: Context, state: State, move: Move) -> list[tuple[State, tuple[Stage, ...]]]:
    """States a move leads to with the truck in use, each with the truck swap it takes; none where the truck may not go.

    A foreign truck that enters the country of destination may also hand its load to one of that country, which pays what a swap costs. In a
    country on the way it may not choose to: a domestic rate is that of a truck that stays at home.
    """
    node, carrier, country = move.head
    if carrier != ROAD:
        return [(State(node, carrier, country, ""), ())]
    local = State(node, carrier, country, country)
    if state.carrier != ROAD:  # a local truck picks the goods up at a terminal
        return [(local, ())]
    if country == state.country:
        return [(State(node, carrier, country, state.registration), ())]
    key = (country, state.registration)
    if key not in context.rules:
        context.rules[key] = access_rule(context.access, *key, context.request.departure)
    rule, row = context.rules[key]
    if rule == "forbidden":
        return []
    through = State(node, carrier, country, state.registration)
    if state.registration == country:
        return [(through, ())]
    must = rule == "swap" and not context.regimes.spares_swap(*key, move.place_id)
    changed = (local, (_swap_stage(context, move, country, row if must else None),))
    if must:
        return [changed]
    return [(through, ()), changed] if country == context.request.destination_country else [(through, ())]


def _swap_stage(context: Context, move: Move, country: str, row: Row | None) -> Stage:
    """Change to a truck of a country where a move ends. Networks that share `kept` make it once."""
    key = ("swap", move.head[0], country, None if row is None else row["access_id"])
    stage = context.kept.stages.get(key)
    if stage is None:
        stage = context.kept.stages[key] = _new_swap_stage(context, move, country, row)
    return stage


def _new_swap_stage(context: Context, move: Move, country: str, row: Row | None) -> Stage:
    """Hours and money of a change of trucks, and the rule that asks for it."""
    hours, money = context.parameter("truck_swap_time_h"), context.parameter("truck_swap_cost_usd")
    cv = context.parameter("transfer_time_cv")
    name = f"{context.nodes[move.head[0]]['name']}: goods change to a {country} truck"
    kind = context.hours.kind(SWAP_KIND)
    rule = [CellFigure(0.0, row["basis"], row["source_id"])] if row is not None else []
    return make_stage(
        Step(
            "transfer",
            name,
            move.head[0],
            ROAD,
            country,
            hours_group=kind.name,
            group_log_sd=kind.log_sd,
        ),
        [times("usd_unit", money), times(HOURS, hours, *kind.factors())],
        variance_h2=(cv.value * hours.value * kind.factor.value) ** 2,
        also=rule,
    )
