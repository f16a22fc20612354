"""Terms of transit regimes move money and hours at a border: hand-reckoned."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import polars as pl
import pytest

from karwan.analysis.regime.worth import TERMS
from karwan.case import read_case
from karwan.schema import load_schema
from karwan.schema.cargoes import CARGOES
from karwan.transport.network import NetworkRequest, build_network
from karwan.transport.network.borders import _changed_side
from karwan.transport.network.context import Context, Kept
from karwan.transport.network.regimes import BorderTerms, Regimes, cargo_covered, covers
from karwan.transport.network.terms import HOURS, CellFigure, Stage, Step, times

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


@pytest.mark.parametrize(
    ("cargo", "country", "ends", "lawful"),
    [
        ("partner", "XTB", ("XTC", "XTB"), True),  # trade of the two parties
        ("partner", "XTB", ("XTC", "XTD"), True),  # the other party's trade with a third country
        ("partner", "XTB", ("XTA", "XTB"), False),  # the country's own trade with a third one
        ("partner", "XTB", ("XTA", "XTD"), False),  # others' goods
        ("parties", "XTB", ("XTC", "XTB"), True),
        ("parties", "XTB", ("XTC", "XTD"), False),
        ("any", "XTB", ("XTA", "XTD"), True),
        (None, "XTB", ("XTA", "XTB"), False),  # not said: as a transit agreement's own
    ],
)
def test_a_regime_holds_for_the_goods_its_text_covers(
    cargo: str | None, country: str, ends: tuple[str, str], lawful: bool
) -> None:
    """A truck of the country itself makes no treaty of its country lawful for any load."""
    said = [{**term("NEW", "cargo", 0.0), "value": None, "text_value": cargo}] if cargo else []
    held = Regimes([regime("NEW", "XTB;XTC")], [*NEW, *said], [], DAY, ends)
    assert (held.change(country, country) is not None) is lawful
    assert held.spares_swap(country, "XTC") is lawful


def test_terms_of_one_crossing_or_direction_hold_there_alone_and_ops_go_by_what_is_observed() -> None:
    """A share that is halved, hours that a term adds to, a fee on the way in at one crossing."""
    new = [
        {**term("NEW", "scan_share", 0.5), "op": "times"},
        {**term("NEW", "scan_h", -5.0), "op": "add"},
        {**term("NEW", "fee_usd", 30.0), "place_id": "GATE", "direction": "inbound"},
        {**term("NEW", "exam_share", 0.1), "mode": "rail"},
        {**term("NEW", "exam_h", 100.0), "mode": "rail"},
    ]
    held = Regimes([regime("OLD", "XTA;XTB"), regime("NEW", "XTB;XTC")], OLD + new, [], DAY)
    found = {
        (gate, way): held.change("XTB", "XTC", gate, way)
        for gate in ("GATE", "OTHER")
        for way in ("inbound", "outbound")
    }
    assert {key: one[0].fee and one[0].fee.value for key, one in found.items() if one} == {
        ("GATE", "inbound"): 30.0,
        ("GATE", "outbound"): None,
        ("OTHER", "inbound"): None,
        ("OTHER", "outbound"): None,
    }
    best = found["OTHER", "inbound"]
    assert best is not None and best[0].checked_h == pytest.approx(0.5 * 10.0)
    assert list(best[0].checks) == ["scan"], "what is checked by rail is no matter of trucks"
    assert best[1].checked_h == 15.0


def test_examination_alone_is_no_scan() -> None:
    alone = [term("NEW", "exam_share", 0.5), term("NEW", "exam_h", 24.0)]
    found = Regimes([regime("NEW", "XTB;XTC")], alone, [], DAY).change("XTB", "XTC")
    assert found is not None and list(found[0].checks) == ["exam"] and found[0].checked_h == 12.0


def test_every_quantity_a_term_may_have_is_ranked_or_says_whose_goods() -> None:
    """What no code reads is no term."""
    allowed = next(c for c in load_schema()["regime_terms"].columns if c.name == "quantity").allowed
    read = {quantity for group in TERMS.values() for quantity in group} | {"cargo"}
    assert set(allowed or ()) == read


def signed_agreement() -> tuple[Mapping[str, pl.DataFrame], dict[str, pl.DataFrame]]:
    """The case without and with the agreement in force."""
    case = read_case("kaz-pak")
    named = pl.col("regime_id") == "KZ_PK_TTA"
    signed = case["regimes"].with_columns(
        state=pl.when(named).then(pl.lit("in_force")).otherwise(pl.col("state")),
        in_force=pl.when(named).then(pl.lit(DAY)).otherwise(pl.col("in_force")),
    )
    return case.tables, {**case.tables, "regimes": signed}


def hours_at_torkham(tables: Mapping[str, pl.DataFrame], origin: str, registration: str) -> list[float]:
    """Hours at Pakistan's side of Torkham on the way in, of trucks of a country."""
    road = frozenset({"road"})
    request = NetworkRequest(origin, "PAK", "box", DAY, frozenset({"B_TORK"}), modes=road)
    network = build_network(tables, request)
    states = network.states
    entered = [a for a in network.arcs if a.place_id == "B_TORK" and states[a.head].country == "PAK"]
    own = [a for a in entered if registration in (states[a.tail].registration, states[a.head].registration)]
    return [sum(s.hours for s in arc.stages if s.country == "PAK") for arc in own]


def test_signing_the_agreement_moves_hours_by_itself() -> None:
    """Scans of 20 instead of 100 % and examinations of 2 instead of 5 % save 12.72 h at Pakistan's side of each border."""
    before, after = (hours_at_torkham(tables, "KAZ", "KAZ")[0] for tables in signed_agreement())
    assert before - after == pytest.approx(12.72)


def test_the_agreement_leaves_the_trade_of_others_alone() -> None:
    """Kabul to Karachi is no trade of Kazakhstan's, whosever truck carries it."""
    before, after = signed_agreement()
    for registration in ("AFG", "PAK"):
        there = hours_at_torkham(before, "AFG", registration)
        assert there and there == hours_at_torkham(after, "AFG", registration)


def test_every_regime_with_terms_says_whose_goods_it_covers() -> None:
    """Each with its source; TIR covers anybody's goods between its parties."""
    terms = read_case("kaz-pak")["regime_terms"]
    cargo = terms.filter(pl.col("quantity") == "cargo")
    assert set(cargo["regime_id"]) == set(terms["regime_id"])
    assert cargo["source_id"].null_count() == 0
    said = cargo_covered(cargo.to_dicts())
    assert said["TIR"] == "any" and covers("any", ["KAZ", "PAK"], "UZB", ("CHN", "PAK"))
    assert set(said.values()) <= set(CARGOES)


def test_queue_days_of_a_border_stay_when_a_regime_changes_its_hours() -> None:
    """Half the hours: half the wait on queue days and a quarter of all variance, on as many days."""

    def cell(value: float) -> CellFigure:
        return CellFigure(value, "observed", "", "crossing_times", "x", "time_h")

    step = Step("crossing", "A", "A", "road", "XTA", jam_share=0.1, jam_h=40.0)
    stage = Stage(step, (times(HOURS, cell(20.0)),), variance_h2=900.0)
    scans = {"scan": (cell(1.0), cell(10.0))}
    changed = _changed_side(stage, (BorderTerms("new", None, {}), BorderTerms("old", None, scans)))
    assert changed is stage  # a regime without hours of its own says nothing of them
    short = {"scan": (cell(0.0), cell(10.0))}
    changed = _changed_side(stage, (BorderTerms("new", None, short), BorderTerms("old", None, scans)))
    assert (changed.hours, changed.variance_h2) == (10.0, 225.0)
    assert (changed.step.jam_share, changed.step.jam_h) == (0.1, 20.0)
    assert changed.service_h == stage.service_h / 2
    assert changed.service_variance_h2 == pytest.approx(stage.service_variance_h2 / 4)


def test_a_term_that_began_later_than_its_regime_holds_from_its_own_day() -> None:
    late = {**term("NEW", "swap_needed", 0.0), "since": date(2026, 6, 1)}
    for day, spared in ((date(2026, 5, 31), False), (date(2026, 6, 1), True)):
        assert Regimes([regime("NEW", "XTA;XTB")], [late], [], day).spares_swap("XTA", "XTB") is spared


def test_networks_of_days_before_and_after_a_term_began_do_not_share_it() -> None:
    """Trucks of Pakistan enter Afghanistan without a change since May 2024 alone, whichever day is asked first."""
    tables, kept = read_case("kaz-pak").tables, Kept()

    def spared(day: date) -> bool:
        context = Context(tables, NetworkRequest("PAK", "AFG", "box", day), kept)
        return context.regimes.spares_swap("AFG", "PAK")

    assert [spared(date(2024, 6, 1)), spared(date(2024, 1, 1)), spared(date(2024, 6, 1))] == [
        True,
        False,
        True,
    ]
