"""Changes of mode or gauge as moves."""

from __future__ import annotations

from karwan.schema.modes import RAIL, SEA, WATER_MODES
from karwan.schema.units import BOX20
from karwan.transport.network.context import Context
from karwan.transport.network.hours import transfer_kind
from karwan.transport.network.lookup import fee_terms
from karwan.transport.network.request import Move, carrier_of, mode_of
from karwan.transport.network.stage import Row
from karwan.transport.network.terms import (
    HOURS,
    CellFigure,
    Stage,
    Step,
    Term,
    figure_of,
    scaled,
    times,
)

IN_BOND, ASSUMED = "in_bond", "assumed"


def transfer_moves(context: Context) -> list[Move]:
    """Moves between carriers at every place with a transfer."""
    moves: list[Move] = []
    terminals = {r["terminal_id"]: r for r in context.rows("terminals")}
    for row in context.rows("transfers"):
        terminal = terminals.get(row["terminal_id"] or "")
        if not _usable(context, row, terminal):
            continue
        ways = [("from", "to")] if row["directed"] else [("from", "to"), ("to", "from")]
        for before, after in ways:
            first = carrier_of(row[f"{before}_mode"], row[f"{before}_gauge_mm"])
            second = carrier_of(row[f"{after}_mode"], row[f"{after}_gauge_mm"])
            moves += _transfer(context, row, first, second, terminal)
    return moves


def _usable(context: Context, row: Row, terminal: Row | None) -> bool:
    """Whether the modes are asked for; a way in bond that is assumed must be asked for by name."""
    if not context.request.uses(row["from_mode"], row["to_mode"]):
        return False
    assumed = row["method"] == IN_BOND and ASSUMED in (row["basis"], (terminal or row)["basis"])
    if assumed and not context.request.include_assumed:
        context.met.skipped.append(("transfers", row["transfer_id"], "in bond through an assumed terminal"))
        return False
    return True


def _land_node(row: Row, terminal: Row | None) -> str:
    """Where goods stand on land: off the dock for a way in bond, else at the place itself."""
    node: str = row["node_id"]
    if row["method"] == IN_BOND and terminal is not None:
        node = terminal["node_id"]
    return node


def _transfer(context: Context, row: Row, before: str, after: str, terminal: Row | None) -> list[Move]:
    moves: list[Move] = []
    node = context.nodes[row["node_id"]]
    crossing = context.crossing_at.get(row["node_id"])
    countries = [crossing["country_a"], crossing["country_b"]] if crossing else [node["country"]]
    for country in countries:
        entering = before in WATER_MODES and after not in WATER_MODES
        places = [("node", row["node_id"]), *([("country", country)] if entering else [])]
        payer = context.payer(country, *places)
        key = (
            "transfer",
            row["transfer_id"],
            before,
            after,
            country,
            context.units[mode_of(after)].key,
            context.request.form,
            _order(context),
            payer,
        )
        stages = context.kept.stages
        if key not in stages:
            stages[key] = _transfer_stage(context, row, (before, after), country, terminal)
        stage = stages[key]
        assert stage is not None
        land = (_land_node(row, terminal), country)
        water = (row["node_id"], "")
        tail, head = (
            (place, carrier, side)
            for carrier in (before, after)
            for place, side in (water if carrier in WATER_MODES else land,)
        )
        spans = context.spans(("node", row["node_id"]), mode=mode_of(after))
        calendar = context.calendar(("node", row["node_id"], mode_of(after)), spans)
        moves.append(Move(tail, head, (stage,), calendar, "transfer", row["node_id"]))
    return moves


def _transfer_stage(
    context: Context, row: Row, carriers: tuple[str, str], country: str, terminal: Row | None
) -> Stage:
    """Hours and money of a change from one carrier to another; landing from a ship pays the country's entry fees."""
    before, after = carriers
    mode = mode_of(after)
    hours = figure_of(row, "transfers", "transfer_id", "time_h")
    cv = context.parameter("transfer_time_cv")
    spread = cv.value if row["time_cv"] is None else row["time_cv"]
    place = terminal["name"] if terminal else context.nodes[row["node_id"]]["name"]
    landing = before in WATER_MODES and after not in WATER_MODES
    kind = context.hours.kind(transfer_kind(mode_of(before), mode))
    terms = (
        times(HOURS, hours, *kind.factors()),
        *_transfer_money(context, row),
        *context.place_fees("node", row["node_id"], mode, "passage"),
        *(_port_entry_fees(context, country, mode) if landing else ()),
    )
    bonded = " in bond" if row["method"] == IN_BOND else ""
    name = f"{place}: {_spoken(before)} to {_spoken(after)}{bonded}"
    step = Step(
        "transfer", name, row["node_id"], mode, country, hours_group=kind.name, group_log_sd=kind.log_sd
    )
    return Stage(step, terms, variance_h2=(spread * hours.value * kind.factor.value) ** 2)


def _port_entry_fees(context: Context, country: str, mode: str) -> tuple[Term, ...]:
    kinds = context.entry_kinds(country)

    def due(fee: Row) -> bool:
        return (
            fee["place_kind"] == "country"
            and fee["place_id"] == country
            and fee["when"] in kinds
            and fee["mode"] in (None, mode)
            and context.registered(fee, country)
        )

    return fee_terms(context.fees_at(("country", country)), due, context.units[mode])


def _transfer_money(context: Context, row: Row) -> list[Term]:
    """Charges of a transfer: bulk pays per tonne where a rate exists, boxes by their size, else by the other, else per tonne; a heavy piece its crane."""
    column = next((name for name in _order(context) if row[name] is not None), None)
    if column is None:
        return [times("usd_t", CellFigure(0.0, row["basis"], row["source_id"]))]
    unit = "usd_t" if column == "cost_usd_t" else "usd_unit"
    charge = times(unit, figure_of(row, "transfers", "transfer_id", column))
    lifted = context.request.form == "heavy" and "heavy_lift_share" in context.parameters
    return [scaled(charge, context.parameter("heavy_lift_share")) if lifted else charge]


def _order(context: Context) -> tuple[str, ...]:
    """Columns of the charge of a transfer in the order they are looked up."""
    if context.bulk:
        return "cost_usd_t", "cost_usd_feu", "cost_usd_teu"
    if BOX20 in (context.units[RAIL].kind, context.units[SEA].kind):
        return "cost_usd_teu", "cost_usd_feu", "cost_usd_t"
    return "cost_usd_feu", "cost_usd_teu", "cost_usd_t"


def _spoken(carrier: str) -> str:
    return f"rail {carrier[4:]} mm" if carrier.startswith(RAIL) else {SEA: "ship"}.get(carrier, carrier)
