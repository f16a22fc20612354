"""Terms of transit regimes move money and hours at a border: hand-reckoned."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest

from karwan.case import read_case
from karwan.transport.network import NetworkRequest, build_network
from karwan.transport.network.regimes import Regimes

DAY = date(2026, 12, 1)


def regime(name: str, parties: str, state: str = "in_force") -> dict[str, Any]:
    return {"regime_id": name, "parties": parties.split(";"), "state": state, "in_force": None}


def term(name: str, quantity: str, value: float) -> dict[str, Any]:
    row = {"term_id": f"{name}_{quantity}", "regime_id": name, "leg": "border", "place_id": None}
    return {**row, "quantity": quantity, "value": value, "basis": "assumed", "source_id": "judgement"}


OLD = [term("OLD", "scan_share", 1.0), term("OLD", "scan_h", 15.0), term("OLD", "swap_needed", 1.0)]
NEW = [
    term("NEW", "scan_share", 0.2),
    term("NEW", "scan_h", 15.0),
    term("NEW", "swap_needed", 0.0),
    term("NEW", "fee_usd", 30.0),
]


def test_the_cheapest_lawful_regime_holds() -> None:
    both = Regimes([regime("OLD", "XTA;XTB"), regime("NEW", "XTB;XTC")], OLD + NEW, [], DAY)
    found = both.change("XTB", "XTC")
    assert found is not None
    best, observed = found
    assert (best.regime_id, best.checked_h, observed.checked_h) == ("NEW", 3.0, 15.0)
    assert both.spares_swap("XTB", "XTC") and not both.spares_swap("XTB", "XTA")
    assert both.change("XTB", "XTD") is None  # the truck's country is no party


def test_a_regime_that_is_not_in_force_changes_nothing() -> None:
    signed = Regimes([regime("OLD", "XTA;XTB"), regime("NEW", "XTB;XTC", "signed")], OLD + NEW, [], DAY)
    assert signed.change("XTB", "XTC") is None and not signed.spares_swap("XTB", "XTC")


def test_a_fee_that_stands_in_fees_is_not_added_twice() -> None:
    charged = [{"regime_id": "NEW", "place_id": "XTB"}]
    found = Regimes([regime("NEW", "XTB;XTC")], NEW, charged, DAY).change("XTB", "XTC")
    assert found is not None and found[0].fee is None


def test_signing_the_agreement_moves_hours_by_itself() -> None:
    """Scans of 20 instead of 100 % and examinations of 2 instead of 5 % save 12.72 h at Pakistan's side of each border."""
    case = read_case("kaz-pak")
    named = pl.col("regime_id") == "KZ_PK_TTA"
    signed = case["regimes"].with_columns(
        state=pl.when(named).then(pl.lit("in_force")).otherwise(pl.col("state")),
        in_force=pl.when(named).then(pl.lit(DAY)).otherwise(pl.col("in_force")),
    )
    hours = []
    for tables in (case.tables, {**case.tables, "regimes": signed}):
        network = build_network(
            tables, NetworkRequest("KAZ", "PAK", "box", DAY, frozenset({"B_TORK"}), modes=frozenset({"road"}))
        )
        arc = next(
            a
            for a in network.arcs
            if a.place_id == "B_TORK"
            and network.states[a.head].country == "PAK"
            and network.states[a.head].registration == "KAZ"
        )
        hours.append(sum(s.hours for s in arc.stages if s.country == "PAK"))
    assert hours[0] - hours[1] == pytest.approx(12.72)
    assert case["regime_terms"].filter(pl.col("regime_id") == "KZ_PK_TTA")["basis"].unique().to_list() == [
        "assumed"
    ]
