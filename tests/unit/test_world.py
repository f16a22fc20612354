"""The world matrix: completed from totals, built from files, saved and read, and the tonnes of a flow."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from karwan.analysis.contract import Inputs
from karwan.analysis.trade_flows import trade_flows
from karwan.analysis.trade_requests import WorldBuildRequest, WorldCheckRequest, WorldShowRequest
from karwan.analysis.world.answer import (
    answer_world_build,
    answer_world_check,
    answer_world_show,
)
from karwan.analysis.world.build import baci_flows, icio_matrix, matrix_of_flows
from karwan.analysis.world.matrix import (
    WorldMatrix,
    chapter_sectors,
    goods_of_matrix,
    saved_world,
    sectors_of_goods,
)
from karwan.analysis.world.published import world_of_case, world_rows
from karwan.analysis.worth.flows import value_shares
from karwan.case import Case, read_case
from karwan.errors import InvalidInput
from karwan.trade.mix import mix_of_tonnes
from karwan.trade.world import complete_trade, gravity_pull, home_sales
from tests.shared import shared_path


@pytest.fixture(scope="module")
def case() -> Case:
    return read_case("kaz-pak")


@pytest.fixture(scope="module")
def world(case: Case) -> WorldMatrix:
    return world_of_case(case)


def test_published_cells_stay_and_totals_are_met(case: Case, world: WorldMatrix) -> None:
    goods = world.abroad_usd[0]
    place = {name: number for number, name in enumerate(world.countries)}
    assert goods[place["KAZ"], place["PAK"]] == 11_800_000
    assert goods[place["PAK"], place["KAZ"]] == 41_900_000
    assert not world.assumed[0, place["KAZ"], place["PAK"]]
    assert world.assumed[0, place["KAZ"], place["USA"]]
    table = case["world_countries"].filter(pl.col("country") != "WLD")
    for country, exports, imports in table.select("country", "exports_usd", "imports_usd").iter_rows():
        assert goods[place[country]].sum() == pytest.approx(exports, rel=1e-9)
        assert goods[:, place[country]].sum() == pytest.approx(imports, rel=1e-9)
    published = int((~world.assumed[0]).sum())
    assert published == case["world_flows"].height


def test_gravity_fills_by_size_distance_and_border() -> None:
    sizes = np.array([10.0, 20.0, 30.0])
    latitude, longitude = np.zeros(3), np.array([0.0, 10.0, np.nan])
    border = np.array([[False, True, False], [True, False, False], [False, False, False]])
    pull = gravity_pull(sizes, sizes, latitude, longitude, border)
    km = 10 * np.pi / 180 * 6371.0088
    assert pull[0, 1] == pytest.approx(200 * km**-0.7912879 * np.exp(0.6736456), rel=1e-9)
    assert pull[0, 2] == pytest.approx(300 * pull[1, 2] / 600, rel=1e-9)


def test_what_nobody_published_is_scaled_to_what_is_left() -> None:
    known = np.full((3, 3), np.nan)
    known[0, 1] = 4.0
    pull = 1.0 - np.eye(3)
    found = complete_trade(known, np.array([6.0, 5.0, 7.0]), np.array([5.0, 6.0, 7.0]), pull)
    assert found.flows[0, 1] == 4.0
    assert found.flows.sum(axis=1) == pytest.approx([6.0, 5.0, 7.0])
    assert found.flows.sum(axis=0) == pytest.approx([5.0, 6.0, 7.0])
    assert found.flows.diagonal() == pytest.approx(0.0)
    assert not found.computed[0, 1] and found.computed[1, 0]


def test_totals_that_contradict_are_refused() -> None:
    known = np.full((2, 2), np.nan)
    known[0, 1] = 9.0
    with pytest.raises(InvalidInput, match="more than all its exports"):
        complete_trade(known, np.array([6.0, 5.0]), np.array([1.0, 10.0]), 1.0 - np.eye(2))
    with pytest.raises(InvalidInput, match="differ"):
        complete_trade(known, np.array([6.0, 5.0]), np.array([1.0, 1.0]), 1.0 - np.eye(2))


def test_a_hub_sells_a_tenth_of_its_exports_at_home() -> None:
    assert home_sales(np.array([100.0, 50.0]), np.array([20.0, 80.0])) == pytest.approx([80.0, 8.0])


def test_a_matrix_is_saved_and_read_whole(
    world: WorldMatrix, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    world.save(tmp_path / "mine.world.parquet")
    again = saved_world("mine")
    order = [again.countries.index(name) for name in world.countries]
    assert again.flows_usd[:, order][:, :, order] == pytest.approx(world.flows_usd)
    assert again.hubs == tuple(sorted(world.hubs))
    with pytest.raises(InvalidInput, match="saved here: mine"):
        saved_world("yours")


def test_rows_are_those_of_the_case_or_of_a_name(case: Case, world: WorldMatrix) -> None:
    rows = world_rows(case)
    assert rows["value_usd"].sum() == pytest.approx(world.flows_usd.sum())
    assert world_rows(read_case("toyland")).is_empty()
    with pytest.raises(InvalidInput, match="no world matrix"):
        world_of_case(read_case("toyland"))


def test_goods_find_their_sector(case: Case, world: WorldMatrix) -> None:
    codes = {"wheat": "100199", "sulphur": "250300", "crude": "270900", "car": "870323"}
    assert set(goods_of_matrix(case, world).values()) == {"GOODS"}
    assert sectors_of_goods(codes, ("CRUDE", "FOOD", "FUEL", "MACH", "SERV")) == {
        "wheat": "FOOD", "sulphur": "CRUDE", "crude": "FUEL", "car": "MACH",
    }  # fmt: skip
    assert sectors_of_goods(codes, ("A01_A03", "C29", "SERV")) == {"wheat": "A01_A03", "car": "C29"}
    assert sectors_of_goods(codes, ("10", "87")) == {"wheat": "10", "car": "87"}
    assert len(chapter_sectors("section")) == 97
    with pytest.raises(InvalidInput, match="choose of"):
        chapter_sectors("sitc")


@pytest.fixture
def baci(tmp_path: Path) -> Path:
    path = tmp_path / "baci.csv"
    path.write_text(
        "t,i,j,k,v,q\n2021,398,586,100199,10,20\n2022,398,586,100199,30,60\n2022,398,586,250300,5,50\n"
        "2022,586,398,100630,40,60\n2022,586,842,620342,100,9\n2022,842,586,520100,70,40\n2022,842,398,870323,60,4\n"
    )
    return path


def test_baci_is_read_by_chapter_and_year(baci: Path) -> None:
    flows = baci_flows(baci, "section", None)
    assert flows["year"].unique().to_list() == [2022]
    wheat = flows.filter((pl.col("exporter") == "KAZ") & (pl.col("sector") == "FOOD"))
    assert wheat["value_usd"].to_list() == [30_000.0]
    assert baci_flows(baci, "hs2", 2021)["sector"].to_list() == ["10"]
    with pytest.raises(InvalidInput, match="no rows of 2019"):
        baci_flows(baci, "hs2", 2019)


def test_a_cell_of_baci_that_is_no_number_is_named_and_parquet_reads_as_csv(baci: Path) -> None:
    packed = baci.with_suffix(".parquet")
    pl.read_csv(baci, schema_overrides=dict.fromkeys("ijk", pl.String)).write_parquet(packed)
    assert baci_flows(packed, "section", None).equals(baci_flows(baci, "section", None))
    baci.write_text(baci.read_text() + "2022,842,398,870323,6x,4\n")
    with pytest.raises(InvalidInput, match="cannot be read") as refused:
        baci_flows(baci, "section", None)
    assert "6x" in refused.value.evidence
    baci.write_text("t,i,j,k,v,q\n")
    with pytest.raises(InvalidInput, match="no rows with a year"):
        baci_flows(baci, "section", None)


def test_figures_of_baci_between_semicolons_that_can_be_read_in_two_ways_are_refused(baci: Path) -> None:
    """12.500 thousand USD, or 12,500: the file is summed up a part at a time, and this is seen first."""
    whole = baci.read_text()
    baci.write_text(whole.replace(",30,", ",12.500,").replace(",", ";"))
    with pytest.raises(InvalidInput, match="two ways") as refused:
        baci_flows(baci, "section", None)
    assert "12.500" in refused.value.evidence
    baci.write_text(whole.replace(",30,", ",12.5,").replace(",", ";"))
    assert 12_500.0 in baci_flows(baci, "section", None)["value_usd"].to_list()


def test_output_gives_sales_at_home_and_others_are_one_rest(baci: Path) -> None:
    flows = baci_flows(baci, "section", None)
    output = pl.DataFrame({"country": ["KAZ"], "sector": ["FOOD"], "usd": [100_000.0]})
    found = matrix_of_flows(flows, output, {"KAZ": 1e6, "PAK": 2e6}, ("KAZ", "PAK"), "test", 0.8, 1.1)
    food, kaz = found.sectors.index("FOOD"), found.countries.index("KAZ")
    assert found.countries == ("KAZ", "PAK", "ROW")
    assert found.flows_usd[food, kaz, kaz] == pytest.approx(70_000.0)
    assert not found.assumed[food, kaz, kaz]
    assert found.assumed[found.sectors.index("CRUDE"), kaz, kaz]
    assert found.flows_usd[found.sectors.index("SERV"), kaz, kaz] == pytest.approx(1.1e6)
    assert found.hubs == ("ROW",)


def test_final_demand_follows_intermediate_sales(tmp_path: Path) -> None:
    sales, output = tmp_path / "sales.csv", tmp_path / "output.csv"
    sales.write_text("sector,exporter,importer,intermediate_musd\nA,X,X,6\nA,X,Y,2\nA,Y,Y,4\n")
    output.write_text(
        "sector,country,gross_output_musd,final_demand_for_output_musd\nA,X,16,8\nA,Y,5,1\nB,Y,3,3\n"
    )
    found = icio_matrix(sales, output, 2022, "test")
    assert found.flows_usd[0] == pytest.approx(np.array([[12e6, 4e6], [0.0, 5e6]]))
    assert found.flows_usd[1] == pytest.approx(np.array([[0.0, 0.0], [0.0, 3e6]]))
    with pytest.raises(InvalidInput, match="needs the output"):
        icio_matrix(sales, None, 2022, "test")


def test_build_saves_what_show_and_check_read(case: Case, baci: Path, tmp_path: Path) -> None:
    place = str(tmp_path / "own.parquet")
    built = answer_world_build(Inputs(case), WorldBuildRequest(place, baci=baci))
    shown = answer_world_show(Inputs(case), WorldShowRequest(place))
    assert built.tables["countries"].sort("country").equals(shown.tables["countries"].sort("country"))
    assert built.meta["saved"] == place
    assert shown.meta["trade_abroad_usd"] == pytest.approx(305_000.0)
    checked = answer_world_check(Inputs(case), WorldCheckRequest(place))
    assert not checked.failed
    with pytest.raises(InvalidInput, match="made of one file"):
        answer_world_build(Inputs(case), WorldBuildRequest(place))


def test_the_check_of_the_case_names_tonnes_that_no_mix_has(case: Case) -> None:
    found = answer_world_check(Inputs(case), WorldCheckRequest())
    assert not found.failed
    rows = {row["check"]: row for row in found.tables["checks"].iter_rows(named=True)}
    assert rows["exports of each country are those published"]["holds"]
    tonnes = rows["kaz_2024_a2b: a mix of goods has value and tonnes"]
    assert not tonnes["holds"]
    assert "81.6 USD a tonne" in tonnes["evidence"]


def test_a_mix_meets_value_and_tonnes_and_moves_least() -> None:
    share, price = np.array([0.5, 0.3, 0.2, 0.0]), np.array([100.0, 400.0, 2000.0, 50.0])
    found = mix_of_tonnes(share, price, 1e6, 4000.0)
    assert found.sum() == pytest.approx(1.0)
    assert (found / price).sum() * 1e6 == pytest.approx(4000.0, rel=1e-9)
    assert found[3] == 0.0
    tilt = np.log(found[:3] / share[:3])
    steps = np.diff(tilt) / np.diff(1.0 / price[:3])
    assert steps[0] == pytest.approx(steps[1], rel=1e-6)
    own = float((share[:3] / price[:3]).sum() * 1e6)
    assert mix_of_tonnes(share, price, 1e6, own) == pytest.approx(share, abs=1e-9)


def test_goods_of_a_flow_agree_with_its_tonnes_or_say_that_none_do(case: Case) -> None:
    goods = case["products"].filter((pl.col("exporter") == "KAZ") & (pl.col("form") == "box"))
    flow = trade_flows(case, case.settings.as_of)["a_to_b"]
    shares, said = value_shares(case, flow, goods)
    assert shares == pytest.approx(1.0 / goods.height)
    assert "the 82 reported" in said
    prices = goods["price_usd_t"].to_numpy()
    fits = pl.when(pl.col("flow_id") == "kaz_2024_a2b").then(pl.lit(20_000.0)).otherwise(pl.col("quantity_t"))
    lighter = case.with_tables({"flows": case["flows"].with_columns(quantity_t=fits)})
    shares, said = value_shares(lighter, flow, goods)
    assert (shares / prices).sum() * flow.value_usd == pytest.approx(20_000.0, rel=1e-9)
    assert said == " mixed to the 20,000 t reported"
    assert value_shares(case, trade_flows(case, case.settings.as_of)["b_to_a"], goods)[1] == ""


@pytest.mark.parametrize("tonnes", [20_000.0, 100.0, 0.0])
def test_no_mix_is_refused_with_the_prices(tonnes: float) -> None:
    with pytest.raises(InvalidInput, match="mix"):
        mix_of_tonnes(np.array([0.5, 0.5]), np.array([100.0, 400.0]), 1e6, tonnes)


def test_the_tables_of_the_oecd_are_read_and_corridor_countries_cut_in(case: Case, tmp_path: Path) -> None:
    sales = shared_path("data/world/icio2022_intermediate_bilateral_80c.parquet")
    output = shared_path("data/world/icio2022_output_80c.csv")
    place = str(tmp_path / "icio.parquet")
    request = WorldBuildRequest(place, icio=sales, output=output, year=2022)
    answer_world_build(Inputs(case), request)
    found = saved_world(place)
    assert {"UZB", "AFG", "TKM", "KGZ", "TJK"} <= set(found.countries)
    steel, kaz, pak = found.sectors.index("C24A"), found.countries.index("KAZ"), found.countries.index("PAK")
    assert found.flows_usd[steel, kaz, pak] > 26.8e6
    assert not answer_world_check(Inputs(case), WorldCheckRequest(place)).failed
