"""Changes of mode or gauge as moves."""

from __future__ import annotations

from karwan.transport.network.context import Context
from karwan.transport.network.lookup import Fees, fee_money, join_sources
from karwan.transport.network.request import Move, carrier_of, mode_of
from karwan.transport.network.stage import SEA, Row, Stage, worst_basis


def transfer_moves(context: Context) -> list[Move]:
    """Moves between carriers at every place with a transfer."""
    moves: list[Move] = []
    terminals = {r["terminal_id"]: r for r in context.rows("terminals")}
    for row in context.rows("transfers"):
        if not context.request.uses(row["from_mode"], row["to_mode"]):
            continue
        ways = [("from", "to")] if row["directed"] else [("from", "to"), ("to", "from")]
        for before, after in ways:
            first = carrier_of(row[f"{before}_mode"], row[f"{before}_gauge_mm"])
            second = carrier_of(row[f"{after}_mode"], row[f"{after}_gauge_mm"])
            moves += _transfer(context, row, first, second, terminals.get(row["terminal_id"] or ""))
    return moves


def _transfer(context: Context, row: Row, before: str, after: str, terminal: Row | None) -> list[Move]:
    moves: list[Move] = []
    node = context.nodes[row["node_id"]]
    crossing = context.crossing_at.get(row["node_id"])
    countries = [crossing["country_a"], crossing["country_b"]] if crossing else [node["country"]]
    cv = context.parameter("transfer_time_cv")
    variance = ((row["time_cv"] if row["time_cv"] is not None else cv.value) * row["time_h"]) ** 2
    per_t, per_unit = _transfer_money(context, row)
    place = terminal["name"] if terminal else node["name"]
    fee_t, fee_unit, fee_bases, fee_sources = context.place_fees(
        "node", row["node_id"], mode_of(after), "passage"
    )
    for country in countries:
        entering = before in SEA and after not in SEA
        entry = _port_entry_fees(context, country, mode_of(after)) if entering else (0.0, 0.0, [], [])
        stage = Stage(
            kind="transfer",
            name=f"{place}: {_spoken(before)} to {_spoken(after)}",
            place_id=row["node_id"],
            mode=mode_of(after),
            country=country,
            km=0.0,
            usd_t=per_t + fee_t + entry[0],
            usd_unit=per_unit + fee_unit + entry[1],
            hours=row["time_h"],
            variance_h2=variance,
            co2_kg_t=0.0,
            headway_h=0.0,
            basis_usd=worst_basis(row["basis"], *fee_bases, *entry[2]),
            basis_hours=row["basis"],
            source_id=join_sources(row["source_id"], *fee_sources, *entry[3]),
        )
        tail = (row["node_id"], before, "" if before in SEA else country)
        head = (row["node_id"], after, "" if after in SEA else country)
        spans = context.spans(("node", row["node_id"]), mode=mode_of(after))
        calendar = context.calendar(("node", row["node_id"], mode_of(after)), spans)
        moves.append(Move(tail, head, (stage,), calendar, "transfer", row["node_id"]))
    return moves


def _port_entry_fees(context: Context, country: str, mode: str) -> Fees:
    kinds = context.entry_kinds(country)

    def due(fee: Row) -> bool:
        return (
            fee["place_kind"] == "country"
            and fee["place_id"] == country
            and fee["when"] in kinds
            and fee["mode"] in (None, mode)
            and context.registered(fee, country)
        )

    return fee_money(context.fees_at(("country", country)), due, context.request.form)


def _transfer_money(context: Context, row: Row) -> tuple[float, float]:
    if context.request.form == "bulk" and row["cost_usd_t"] is not None:
        return row["cost_usd_t"], 0.0
    per_unit = row["cost_usd_feu"] if row["cost_usd_feu"] is not None else row["cost_usd_teu"]
    if per_unit is not None:
        return 0.0, per_unit
    return row["cost_usd_t"] or 0.0, 0.0


def _spoken(carrier: str) -> str:
    return f"rail {carrier[4:]} mm" if carrier.startswith("rail") else {"sea": "ship"}.get(carrier, carrier)
