"""Transit regimes: legs by hand on toyland, worth of terms by laws."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest

from karwan.analysis.regime import leg_table, regime_states, worth_table
from karwan.case import Case
from karwan.errors import InvalidInput, UnknownName


@pytest.fixture
def pact(toyland: Case) -> Case:
    """Toyland with a pact of Upland and Lowland on the table: no change of trucks, a tenth of trucks scanned for 5 h, a fee of 30."""
    regime = toyland["regimes"].with_columns(
        regime_id=pl.lit("pact"), parties=pl.lit(["XTA", "XTC"]), state=pl.lit("negotiated"),
        in_force=pl.lit(None, pl.Date), guarantee=pl.lit("insurance"), guarantee_usd_trip=pl.lit(45.0),
    )  # fmt: skip
    schema = toyland["regime_terms"].schema
    rows = [
        {"term_id": f"pact_{q}", "regime_id": "pact", "leg": "border", "place_id": place, "quantity": q, "value": v, "op": "set"}
        | {"source_id": "toy", "basis": "assumed"}
        for q, v, place in (("swap_needed", 0.0, None), ("scan_share", 0.1, "XTC"), ("scan_h", 5.0, "XTC"), ("fee_usd", 30.0, "XTC"))
    ]  # fmt: skip
    terms = pl.DataFrame(rows, schema=schema)
    swap = toyland["access"].with_columns(
        rule=pl.when(pl.col("country") == "XTC").then(pl.lit("swap")).otherwise("rule")
    )
    tables = {"regimes": pl.concat([toyland["regimes"], regime]), "regime_terms": terms, "access": swap}
    return toyland.with_tables(tables)


def test_legs_before_and_after_by_hand(pact: Case) -> None:
    states = regime_states(pact, "pact")
    legs = leg_table(states.case(pact, states.suspended), states.case(pact, states.in_force), states)
    here = {r["what"]: r for r in legs.filter(country="XTC", registration="XTA").iter_rows(named=True)}
    swap = here["trucks changed"]
    assert (swap["before"], swap["after"]) == (1.0, 0.0)
    assert swap["usd_change"] == -pact.parameter("truck_swap_cost_usd")
    assert swap["hours_change"] == -pact.parameter("truck_swap_time_h")
    assert here["share scanned"]["after"] == 0.1 and here["share scanned"]["before"] is None
    assert here["hours scanned and examined"]["after"] == pytest.approx(0.5)
    assert here["fee of the regime"]["usd_change"] == 30.0
    assert here["guarantee"]["after"] == 45.0 and "insurance (pact)" in here["guarantee"]["text"]
    assert set(legs["country"]) == {"XTA", "XTC"}


def test_the_term_that_opens_the_border_is_worth_most(pact: Case) -> None:
    table = worth_table(pact, regime_states(pact, "pact"))
    worth = dict(table.select("term", "worth_usd_t").iter_rows())
    assert table["term"][0] == "no change of trucks" and worth["no change of trucks"] > 0
    assert worth["fees"] < 0, "without its fee the regime would be worth more"
    assert table["term"][-1] == "all together"


def test_a_regime_without_terms_or_unknown_is_refused(toyland: Case) -> None:
    with pytest.raises(InvalidInput, match="regime_terms"):
        regime_states(toyland, "toy_transit")
    with pytest.raises(UnknownName, match="toy_transit"):
        regime_states(replace(toyland), "toy_transitt")
