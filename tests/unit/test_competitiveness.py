"""Competitiveness: landed prices by hand, break-evens put back into the landed cost, the desk on the case."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from karwan.analysis.competitiveness import TABLE, parse_rivals
from karwan.appraisal.competitiveness import (
    PricedOffer,
    break_even_days,
    break_even_freight,
    break_even_price,
    compare_offers,
    land_offer,
)
from karwan.case.case import read_case
from karwan.cli.app import app
from karwan.errors import InvalidInput, UnknownName
from karwan.project import Project
from karwan.words import say

KAZ = PricedOffer("KAZ", "KTAP", 600.0, 200.0, 20.0, 0.1, 5.0, 0.005, 0.004, 0.0001)
AUS = PricedOffer("AUS", "sea", 640.0, 90.0, 30.0, 0.1, 5.0, 0.005, 0.004, 0.0001)


def test_landed_by_hand() -> None:
    landed = land_offer(KAZ)
    cif = 800 * 1.005
    assert landed.landed_usd_t == pytest.approx(cif * 1.1 + 5 + 600 * 0.0041 * 20)


def test_break_even_by_hand() -> None:
    # 884.4 + 5 + 49.2 = 938.6 against 807.015 + 5 + 78.72 = 890.735; the gap of 47.865 is 43.298 of freight.
    table = compare_offers([KAZ], [AUS])
    own = table.filter(role="own").row(0, named=True)
    assert own["gap_usd_t"] == pytest.approx(938.6 - 890.735)
    assert own["break_even_freight_usd_t"] == pytest.approx(200 - 47.865 / (1.1 * 1.005))
    assert own["freight_cut_share"] == pytest.approx(47.865 / 1.1055 / 200)
    assert own["break_even_days"] == pytest.approx(20 - 47.865 / (600 * 0.0041))
    assert own["standing"] == "freight" and own["rival"] == "AUS, sea"


def test_standing() -> None:
    cheap, dear = replace(KAZ, freight_usd_t=50.0, way="x"), replace(KAZ, price_usd_t=900.0, way="y")
    table = compare_offers([KAZ, cheap, dear], [AUS])
    assert dict(table.filter(role="own").select("way", "standing").iter_rows()) == {
        "KTAP": "freight",
        "x": "ahead",
        "y": "never",
    }
    assert table["landed_usd_t"].is_sorted()


def test_without_rivals_the_break_even_is_missing() -> None:
    row = compare_offers([KAZ], []).row(0, named=True)
    assert row["break_even_freight_usd_t"] is None and row["standing"] is None
    assert row["landed_usd_t"] == pytest.approx(938.6)


OFFERS = st.builds(
    PricedOffer,
    st.just("KAZ"),
    st.just("way"),
    st.floats(50, 20_000),
    st.floats(1, 900),
    st.floats(1, 90),
    st.floats(0, 0.5),
    st.floats(0, 100),
    st.floats(0, 0.02),
    st.floats(0.001, 0.02),
    st.floats(0, 0.01),
)


@settings(max_examples=80, deadline=None)
@given(OFFERS, st.floats(60, 30_000))
def test_break_evens_land_at_the_wanted_price(offer: PricedOffer, wanted: float) -> None:
    """Put back into karwan.appraisal.landed, each closed form gives the price it was solved for."""
    freight = break_even_freight(offer, wanted)
    assert land_offer(replace(offer, freight_usd_t=freight)).landed_usd_t == pytest.approx(wanted, rel=1e-9)
    days = break_even_days(offer, wanted)
    assert days is not None
    assert land_offer(replace(offer, days=days)).landed_usd_t == pytest.approx(wanted, rel=1e-9)
    price = break_even_price(offer, wanted)
    assert land_offer(replace(offer, price_usd_t=price)).landed_usd_t == pytest.approx(wanted, rel=1e-9)


def test_where_a_day_costs_nothing_no_speed_helps() -> None:
    assert break_even_days(replace(KAZ, time_cost_share_day=0.0, loss_share_day=0.0), 900.0) is None


def test_impossible_offers_are_refused() -> None:
    with pytest.raises(InvalidInput, match="freight_usd_t"):
        compare_offers([replace(KAZ, freight_usd_t=-1.0)], [])
    with pytest.raises(InvalidInput, match="days"):
        compare_offers([KAZ], [replace(AUS, days=float("nan"))])
    with pytest.raises(InvalidInput, match="no offer"):
        compare_offers([], [AUS])


def test_rivals_as_typed() -> None:
    assert parse_rivals(["AUS:640:90:30", "IND:700"]) == [
        {"origin": "AUS", "price_usd_t": 640.0, "freight_usd_t": 90.0, "days": 30.0},
        {"origin": "IND", "price_usd_t": 700.0},
    ]
    for text in ("AUS", "AUS:dear", ":1", "A:1:2:3:4"):
        with pytest.raises(InvalidInput, match="is no rival"):
            parse_rivals([text])


def test_case_product_over_its_corridors(tmp_path: Path) -> None:
    case = read_case("kaz-pak")
    rivals = tmp_path / "rivals.csv"
    rivals.write_text("origin,price_usd_t,freight_usd_t,days,rate_share\nAUS,600,95,28,0\nTZA,650,,18,0\n")
    answer = Project(case).compete("chickpeas", rivals=rivals).tables[TABLE]
    own = answer.filter(role="own")
    assert own.height >= 2
    assert (own["freight_usd_t"] > 0).all() and (own["days"] > 1).all()
    assert own["lacks"].str.contains("assumed").all()
    best = answer.filter(role="rival")["landed_usd_t"].min()
    assert (own["rival_landed_usd_t"] == best).all()
    tza = answer.filter(origin="TZA").row(0, named=True)
    assert tza["lacks"] == "freight_usd_t"
    bare = Project(case).compete("chickpeas")
    assert {note.key for note in bare.notes} == {
        "compete.stand_in",
        "compete.own_goods",
        "compete.market_rivals",
        "compete.about",
    }
    rival = bare.tables[TABLE].filter(role="rival").row(0, named=True)
    assert (rival["origin"], rival["shut"]) == ("PAK", False) and "2025" in rival["way"]
    assert "no break-even" in say(Project(case).compete("zinc").notes[0])
    with pytest.raises(UnknownName):
        Project(case).compete("unobtainium")


STORE_MAPPING = (
    "name: weights\ntitle: with weights\nprovider: test\nlicence: none\nlayout: csv\nnomenclature: HS17\n"
    "columns:\n"
    "  exporter: {column: exporter, codes: iso3}\n  importer: {column: importer, codes: iso3}\n"
    "  reporter_side: {value: importer}\n  period: year\n  product: {column: product, level: 6}\n"
    "  value: value_usd\n  weight: kg\n  valuation: {value: cif}\n"
)


def test_rivals_from_the_store_are_unit_values(tmp_path: Path) -> None:
    from karwan.store import ingest, open_store
    from karwan.store.sources import source_named
    from karwan.store.sources.registry import Options

    csv, mapping, path = tmp_path / "f.csv", tmp_path / "m.yaml", str(tmp_path / "t.duckdb")
    mapping.write_text(STORE_MAPPING)
    csv.write_text(
        "exporter,importer,product,value_usd,kg,year\nAUS,PAK,071320,6000,10000,2019\n"
        "AUS,PAK,071320,7000,10000,2020\nTZA,PAK,071320,13000,20000,2020\nKAZ,PAK,071320,1,1,2020\n"
    )
    with open_store(path, create=True) as store:
        ingest(store, source_named("table").read(csv, Options(mapping=str(mapping))))
    project = Project(read_case("kaz-pak"))
    found = project.compete("chickpeas", trade_store=path)
    rivals = found.tables[TABLE].filter(role="rival")
    food = 127.2 / 97.9  # FAO Food Price Index of 2025 over that of 2020
    assert dict(rivals.select("origin", "price_usd_t").iter_rows()) == pytest.approx(
        {"TZA": 650.0 * food, "AUS": 700.0 * food}
    )
    assert (rivals["freight_usd_t"] == 0).all() and (rivals["insurance_usd_t"] == 0).all()
    assert "in 2020" in say(found.notes[0])
    none = project.compete("wheat_milling", trade_store=path)
    assert none.tables[TABLE].filter(role="rival").is_empty()
    assert "no purchases" in say(none.notes[0])


def test_command_prints_json(tmp_path: Path) -> None:
    call = ["trade", "compete", "rice_basmati", "--rival", "IND:900:60:14", "--json"]
    done = CliRunner().invoke(app, call)
    assert done.exit_code == 0, done.output
    rows = json.loads(done.output)["landed price, cheapest first"]
    assert {r["role"] for r in rows} == {"own", "rival"}
    assert {r["origin"] for r in rows} == {"PAK", "IND"}


def test_bad_rival_files_are_refused(tmp_path: Path) -> None:
    case = read_case("kaz-pak")
    path = tmp_path / "rivals.csv"
    for text, match in (
        ("origin\nAUS\n", "lacks price"),
        ("origin,price_usd_t\nAUS,dear\n", "no numbers"),
    ):
        path.write_text(text)
        with pytest.raises(InvalidInput, match=match):
            Project(case).compete("chickpeas", rivals=path)
