"""The check of ways in bond, which looks across rows and tables."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from karwan.case.problems import Problem
from karwan.case.rows import numbered_rows
from karwan.schema.modes import WATER_MODES

Tables = Mapping[str, pl.DataFrame]
OFF_THE_DOCK = ("off_dock", "dry_port")


def ways_in_bond_lead_off_the_dock(tables: Tables) -> list[Problem]:
    """A way in bond joins a ship with the land side at the node of an off-dock terminal or dry port."""
    terminals = {row["terminal_id"]: row for _, row in numbered_rows(tables["terminals"])}
    problems = []
    for number, row in numbered_rows(tables["transfers"]):
        if row["method"] != "in_bond":
            continue
        terminal = terminals.get(row["terminal_id"] or "")
        column, message, allowed = "", "", ""
        if terminal is None or terminal["kind"] not in OFF_THE_DOCK:
            column, message = "terminal_id", "a way in bond without an off-dock terminal or dry port"
            allowed = "a terminal of kind off_dock or dry_port"
        elif len({row["from_mode"], row["to_mode"]} & set(WATER_MODES)) != 1:
            column, message = "from_mode", "a way in bond that does not join a ship and the land"
            allowed = "sea or ferry on one side, road or rail on the other"
        if column:
            value = str(row[column])
            problems.append(Problem("error", "transfers.csv", number, column, value, message, allowed))
    return problems


PORT_RULES = (ways_in_bond_lead_off_the_dock,)
