"""Building the freight network of a case for a kind of shipment between two countries."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from karwan.schema.modes import ROAD
from karwan.transport.network.borders import by_truck_over, crossing_moves
from karwan.transport.network.context import Context, Kept, Tables
from karwan.transport.network.layout import Branch
from karwan.transport.network.links import by_truck_along, link_moves, with_handling
from karwan.transport.network.price import PricedMove, laid_out, same_for_all
from karwan.transport.network.request import Move, NetworkRequest
from karwan.transport.network.spread import spread
from karwan.transport.network.stage import FreightNetwork
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
    return with_through_rates(context, _network(context, moves))


def _network(context: Context, moves: Sequence[Move]) -> FreightNetwork:
    """Moves spread over truck registrations, with what each arc costs."""
    found = spread(context, moves)
    each = [_priced(context, move, ways) for move, ways in zip(moves, found.branches, strict=True) if ways]
    stages, sums = laid_out(each, found.slots)
    return FreightNetwork(
        layout=found.layout,
        stages=stages,
        sums=sums,
        calendar=np.array([move.calendar for move in moves], dtype=np.int64)[found.moves],
        covariance_h2=np.array([move.covariance_h2 for move in moves], dtype=np.float64)[found.moves],
        calendars=tuple(context.met.calendars),
        shut=context.met.shut,
        first_day=context.request.departure,
        form=context.request.form,
        skipped=tuple(dict.fromkeys(context.met.skipped)),
        home=context.home,
        node_countries={node: row["country"] for node, row in context.nodes.items()},
        trip_log_sd=context.hours.trip_log_sd,
    )


def _priced(context: Context, move: Move, branches: tuple[Branch, ...]) -> PricedMove:
    """Stages and sums of a move by each truck that may make it."""
    by_road = move.head[1] == ROAD
    if by_road and move.place_kind == "crossing":
        return by_truck_over(context, move, branches)
    if by_road and move.place_kind == "link":
        found = by_truck_along(context, move, branches)
    else:
        found = same_for_all(move.stages, len(branches))
    return with_handling(context, move, found) if move.place_kind == "link" else found
