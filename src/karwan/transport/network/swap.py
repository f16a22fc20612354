"""Changes of trucks where a border is crossed."""

from __future__ import annotations

from karwan.schema.modes import ROAD
from karwan.transport.network.context import Context
from karwan.transport.network.hours import SWAP_KIND
from karwan.transport.network.request import Move
from karwan.transport.network.terms import HOURS, CellFigure, Stage, Step, times


def swap_stage(context: Context, move: Move, access: str) -> Stage:
    """Change to a truck of the country where a move ends, under a rule of access if any. Networks that share `kept` make it once."""
    key = ("swap", move.head[0], move.head[2], access)
    stage = context.kept.stages.get(key)
    if stage is None:
        stage = context.kept.stages[key] = _new_swap_stage(context, *key[1:])
    return stage


def _new_swap_stage(context: Context, node: str, country: str, access: str) -> Stage:
    """Hours and money of a change of trucks, and the rule that asks for it."""
    hours, money = context.parameter("truck_swap_time_h"), context.parameter("truck_swap_cost_usd")
    cv = context.parameter("transfer_time_cv")
    name = f"{context.nodes[node]['name']}: goods change to a {country} truck"
    kind = context.hours.kind(SWAP_KIND)
    rules = (row for row in context.access if row["access_id"] == access)
    return Stage(
        Step("transfer", name, node, ROAD, country, hours_group=kind.name, group_log_sd=kind.log_sd),
        (times("usd_unit", money), times(HOURS, hours, *kind.factors())),
        variance_h2=(cv.value * hours.value * kind.factor.value) ** 2,
        also=tuple(CellFigure(0.0, row["basis"], row["source_id"]) for row in rules),
    )
