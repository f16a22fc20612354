"""What is priced: the unit that carries a shipment on each mode, and the money of one unit as an amount of a stage."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from karwan.schema.units import BOX20, BOX40, TRUCK, unit_of
from karwan.transport.network.stage import Row
from karwan.transport.network.terms import CellFigure, Factor, Term, figure_of, times

COUNTED = frozenset(
    {TRUCK, BOX20, BOX40, "reefer_truck", "tank_truck", "reefer_box", "box40_block", "low_loader", "platform"}
)
"""Units that a shipment counts its load in; of the others one holds what several of them do."""


class Unit(NamedTuple):
    """The unit that carries a shipment on a mode.

    Attributes
    ----------
    row
        Row of `vehicles`.
    kind
        'truck', 'box20', 'box40', 'hopper', ...
    fill_t
        Tonnes in one of them; None takes its payload.
    """

    row: Row
    kind: str
    fill_t: float | None = None

    @property
    def counted(self) -> bool:
        """Whether the shipment's own units are these."""
        return self.kind in COUNTED

    @property
    def key(self) -> tuple[object, ...]:
        """What stages priced for it depend on."""
        return self.row["vehicle_id"], self.fill_t


def units_by_mode(
    rows: Iterable[Row], form: str, chosen: Iterable[str] = (), fill_t: Mapping[str, float] | None = None
) -> dict[str, Unit]:
    """Unit of each mode for a cargo form: one that is asked for, else the usual one; another form's where none carries it."""
    rows, wanted, fill_t = list(rows), set(chosen), fill_t or {}
    found: dict[str, Row] = {}
    for row in rows:
        if row["form"] == form and (row["default"] or row["mode"] not in found):
            found[row["mode"]] = row
    for row in rows:
        found.setdefault(row["mode"], row)
    found |= {row["mode"]: row for row in rows if row["vehicle_id"] in wanted}
    return {mode: Unit(row, unit_of(row), fill_t.get(mode)) for mode, row in found.items()}


def unit_term(unit: Unit, *factors: CellFigure | Factor, by: float = 1.0) -> Term:
    """Money of one unit as an amount of a stage: per truck or box of the shipment, or per tonne where a unit holds several.

    Examples
    --------
    A hopper of 60 t that asks 120 USD takes 2 USD a tonne when full, 4 half full.

    >>> money = CellFigure(120.0, "observed", "")
    >>> hopper = {"vehicle_id": "h", "mode": "rail", "form": "bulk", "payload_t": 60.0, "basis": "observed", "source_id": ""}
    >>> unit_term(Unit(hopper, "hopper"), money).amount
    2.0
    >>> unit_term(Unit(hopper, "hopper", 30.0), money).amount
    4.0
    """
    if unit.counted:
        return times("usd_unit", *factors, by=by)
    if unit.fill_t is not None:
        return times("usd_t", *factors, by=by / unit.fill_t)
    payload = figure_of(unit.row, "vehicles", "vehicle_id", "payload_t")
    return times("usd_t", *factors, Factor(payload, -1), by=by)


def share_of(unit: Unit) -> CellFigure | None:
    """Price of a unit over that of its mode's usual one, where its row states it."""
    if unit.row.get("rate_share") is None:
        return None
    return figure_of(unit.row, "vehicles", "vehicle_id", "rate_share")
