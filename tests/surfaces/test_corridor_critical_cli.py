"""`karwan corridor critical`, `sensitivity` and `assign` as a user calls them."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner, Result

from karwan.analysis.corridors import CorridorStudy
from karwan.case import read_case
from karwan.case.places import Gazetteer
from karwan.cli.app import NOUNS
from karwan.errors import InvalidInput, UnknownName

APP = NOUNS["corridor"]
HEAD = "origin_id,destination_id,product_id,t_day\n"


def call(*words: str) -> Result:
    result = CliRunner().invoke(APP, list(words))
    assert result.exit_code == 0, result.output
    return result


def answer(*words: str) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(call(*words, "--json").stdout)
    return parsed


def test_critical_ranks_places_and_says_what_the_demand_is() -> None:
    found = answer("critical", "toyland", "--tonnes-year", "10000")
    first = found["weak points"][0]
    assert (first["place"], first["reroute"], first["rank"]) == ("Xing", "Midland → Pass", 1)
    assert found["text"][0] == "10,000 t a year each way (given), spread evenly over the pairs."
    assert {r["place"] for r in found["reroutes"] if r["kind"] != "link"} == {"Xing", "Yard"}
    assert found["closed together"][0]["cut_off"] == ["Alford → Cove", "Cove → Alford"]


def test_critical_with_open_shows_both_bases() -> None:
    found = answer("critical", "toyland", "--open", "Yard")
    assert found["opened"] == ["Y"]
    assert {"weak points", "weak points (opened)", "what the closure costs"} <= set(found)
    assert found["what the closure costs"][0]["now_route"] == "Midland"


def test_another_product_is_priced_and_named() -> None:
    found = answer("critical", "toyland", "--product", "fruit")
    assert found["product"] == "fruit"
    assert "taken as oranges" in found["text"][0]
    with pytest.raises(UnknownName, match="No product is called 'frut'"):
        CliRunner().invoke(APP, ["critical", "toyland", "--product", "frut"], catch_exceptions=False)


def test_pairs_can_be_limited_or_left_out() -> None:
    every, one, none = (answer("critical", "toyland", *w) for w in ([], ["--pairs", "1"], ["--pairs", "0"]))
    assert len(every["closed together"]) > len(one["closed together"]) == 1
    assert none["closed together"] == []
    assert every["text"][-1].startswith("3 weak points")
    assert one["text"][-1].startswith("The 1 worst of 3 weak points")


def test_a_day_without_flows_still_says_what_reroutes() -> None:
    found = answer("critical", "toyland", "--as-of", "1990-01-01")
    assert found["text"][0] == "a to b: the case has no yearly flow on 1990-01-01; give --tonnes-year."
    first = found["weak points"][0]
    assert (first["place"], first["rank"], first["extra_usd_year"]) == ("Xing", 1, 0.0)
    assert first["extra_usd_t"] == pytest.approx(31.5)


def test_maps_are_written_and_named(tmp_path: Path) -> None:
    paths = [tmp_path / "weak.svg", tmp_path / "weak.geojson"]
    words = ["--map", str(paths[0]), "--map", str(paths[1])]
    found = answer("critical", "toyland", "--open", "Yard", *words)
    assert found["text"][-2:] == [f"Wrote {p}." for p in paths]
    assert "Taken as open: Yard" in paths[0].read_text(encoding="utf-8")
    ids = {f["id"] for f in json.loads(paths[1].read_text(encoding="utf-8"))["features"]}
    assert ids == {f"{r['kind']}/{r['place_id']}" for r in found["weak points (opened)"]}


def test_a_map_that_cannot_be_written_is_refused_before_work(tmp_path: Path) -> None:
    for name, words in (("weak.png", "ends in .png"), ("none/weak.svg", "no folder")):
        with pytest.raises(InvalidInput, match=words):
            CliRunner().invoke(
                APP, ["critical", "toyland", "--map", str(tmp_path / name)], catch_exceptions=False
            )


def test_plain_table_shows_the_top_rows_only() -> None:
    text = call("critical", "toyland", "--top", "1").stdout
    assert "Xing" in text.split("closed together")[0]
    assert "Bridge – Yard" not in text.split("closed together")[0]


def test_one_place_is_told_of_alone() -> None:
    found = answer("critical", "toyland", "--place", "Yard")
    assert [r["place"] for r in found["weak points"]] == ["Yard"]
    assert {r["place"] for r in found["reroutes"]} == {"Yard"}
    assert "reroutes" in call("critical", "toyland", "--place", "Yard").stdout
    with pytest.raises(UnknownName, match="No route passes a place called 'Nowhere'"):
        CliRunner().invoke(APP, ["critical", "toyland", "--place", "Nowhere"], catch_exceptions=False)


def test_critical_csv_names_its_tables() -> None:
    text = call("critical", "toyland", "--csv").stdout
    titles = [line for line in text.splitlines() if line.startswith("# ")]
    assert titles == ["# weak points", "# closed together", "# an hour less at a side", "# reroutes"]


def test_sensitivity_as_csv_is_one_table() -> None:
    table = pl.read_csv(io.StringIO(call("sensitivity", "toyland", "--csv").stdout))
    assert table.height > 10
    assert set(table["corridor_now"]) == {"Midland"}


def test_sensitivity_of_the_way_back() -> None:
    found = answer("sensitivity", "toyland", "--from", "Cove", "--to", "A", "--flips")
    assert found["pair"] == "Cove → Alford"
    assert all(row["flips"] for row in found["sensitivity"])


def test_assign_conserves_demand_and_balances_crossings() -> None:
    found = answer("assign", "toyland", "--tonnes-year", "200000")
    assert found["converged"] is True
    routes, demand = pl.DataFrame(found["routes"]), pl.DataFrame(found["demand"])
    flows = routes.group_by("od").agg(t_day=pl.col("t_day").sum(), share=pl.col("share").sum())
    joined = demand.join(flows, on="od", validate="1:1")
    assert joined["t_day"].to_list() == pytest.approx(joined["demand_t_day"].to_list())
    assert joined["share"].to_list() == pytest.approx([1.0, 1.0])
    assert (routes["t_day"] >= 0).all()
    crossings = {(r["place_id"], r["start"]): r for r in found["loads"] if r["kind"] == "crossing"}
    there = routes.filter(pl.col("origin") == "Alford")
    through = float(there.filter(pl.col("route").str.contains("Zenith"))["t_day"].sum())
    assert crossings["Z", "XTA"]["volume_day"] == pytest.approx(through / 20.0)
    row = crossings["X", "XTA"]
    assert row["load_share"] == pytest.approx((row["volume_day"] + 100.0) / 200.0)
    pier = next(r for r in found["loads"] if r["place_id"] == "PIER")
    by_sea = float(routes.filter(pl.col("route").str.starts_with("Sea"))["t_day"].sum())
    assert pier["unit"] == "TEU"
    assert pier["volume_day"] == pytest.approx(
        by_sea / 10.0
    )  # a box of 40 ft takes 20 t, both ways share the quay
    assert (pier["background_day"], pier["capacity_day"]) == (None, pytest.approx(100_000 / 365))
    assert "scale 0.02 per USD/t (0.01 to 0.05), assumed, source toy" in found["text"][1]
    unknown = {r["place_id"] for r in found["loads"] if r["background_day"] is None}
    assert unknown == {
        "PIER",
        "QUAY",
        "BRIDGE",
    }  # the ship's two ends, and where boxes are lifted on the train
    assert "Traffic of others is not known at 3 of them" in found["text"][2]


def test_a_queue_moves_demand_elsewhere() -> None:
    """The fuller the rail terminal is, the smaller its share; of the roads the pass with the longer queue loses against the other."""

    def shares(tonnes: str) -> dict[str, float]:
        rows = answer("assign", "toyland", "--tonnes-year", tonnes)["routes"]
        return {r["route"].split(" (")[0]: r["share"] for r in rows if r["origin"] == "Alford"}

    few, many = shares("10000"), shares("1000000")
    assert many["Rail"] < few["Rail"]
    assert many["Pass"] / many["Midland"] < few["Pass"] / few["Midland"]


def test_assign_reads_a_demand_table(tmp_path: Path) -> None:
    path = tmp_path / "demand.csv"
    path.write_text(HEAD + "A,C,beans,100\nC,A,fruit,40\nA,B,wheat,10\n", encoding="utf-8")
    found = answer("assign", "toyland", "--demand", str(path))
    demand = {row["od"]: row for row in found["demand"]}
    assert set(demand) == {"A/C/beans", "C/A/fruit", "A/B/wheat"}
    for row in demand.values():
        assert row["assigned_t_day"] == pytest.approx(row["demand_t_day"])


def test_row_order_changes_nothing(tmp_path: Path) -> None:
    rows = ["A,C,beans,3000", "C,A,fruit,400", "A,B,wheat,10"]
    seen = []
    for k, order in enumerate((rows, rows[::-1])):
        path = tmp_path / f"d{k}.csv"
        path.write_text(HEAD + "\n".join(order), encoding="utf-8")
        table = pl.DataFrame(answer("assign", "toyland", "--demand", str(path))["routes"])
        seen.append(table.sort("od", "usd_t", "hours", "route")["t_day"].to_list())
    assert seen[0] == pytest.approx(seen[1])


def test_not_converged_is_said() -> None:
    found = answer("assign", "toyland", "--tonnes-year", "900000", "--iterations", "1")
    assert found["converged"] is False
    assert any(line.startswith("NOT converged") for line in found["text"])
    assert "NOT converged" in call("assign", "toyland", "--tonnes-year", "900000", "--iterations", "1").stdout


def test_names_are_found_or_refused() -> None:
    assert answer("critical", "toyland", "--open", "zenith")["opened"] == ["Z"]
    with pytest.raises(UnknownName, match="is called 'Nowhere'"):
        CliRunner().invoke(APP, ["critical", "toyland", "--open", "Nowhere"], catch_exceptions=False)


@pytest.mark.parametrize(
    "name", ["Torkham", "chaman", "Spin Boldak", "B_TORK", "Ghulam Khan", "Friendship Bridge", "AFG"]
)
def test_open_means_the_same_places_as_in_route(name: str) -> None:
    case = read_case("kaz-pak")
    study = CorridorStudy(case, case.settings.as_of)
    assert study.opened([name]) == set(Gazetteer(case.tables).openable(name))


def test_a_wrong_name_suggests_what_is_meant() -> None:
    with pytest.raises(UnknownName, match=r"did you mean .*Torugart"):
        CliRunner().invoke(APP, ["critical", "kaz-pak", "--open", "Torugat pas"], catch_exceptions=False)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("", "no rows"),
        ("A,C,beans,-1\n", "t_day"),
        ("A,C,beans,much\n", "t_day"),
        ("A,C,beans,nan\n", "t_day"),
        ("A,C,beans,inf\n", "t_day"),
        ("A,C,beans,1e12\n", "line 2: A,C,beans,1e12"),
        ("A,C,beans,1\nA,C,fruit,\n", "1 of 2 rows: line 3: A,C,fruit,$"),
        ("A,,beans,1\n", "lack a place or product"),
        ("A,C, ,1\n", "lack a place or product"),
        ("A,C,beans,1\nA,C,beans,2\n", "twice"),
        ("A,A,beans,1\n", "starts and ends"),
    ],
)
def test_bad_demand_is_refused(tmp_path: Path, rows: str, words: str) -> None:
    path = tmp_path / "demand.csv"
    path.write_text(HEAD + rows, encoding="utf-8")
    with pytest.raises(InvalidInput, match=f"(?m){words}"):
        CliRunner().invoke(APP, ["assign", "toyland", "--demand", str(path)], catch_exceptions=False)


def test_one_demand_under_two_names_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "demand.csv"
    path.write_text(HEAD + "A,C,beans,1\nAlford,Cove,Beans,2\n", encoding="utf-8")
    with pytest.raises(InvalidInput, match=r"A, C, beans and Alford, Cove, Beans are both A/C/beans"):
        CliRunner().invoke(APP, ["assign", "toyland", "--demand", str(path)], catch_exceptions=False)


def test_demand_without_a_way_is_named_and_left_out_or_refused(tmp_path: Path) -> None:
    """Makmal stands on a railway that is not built yet."""
    path = tmp_path / "demand.csv"
    path.write_text(HEAD + "ALA,MKM,chickpeas,7\nALA,P_KHI,chickpeas,10\n", encoding="utf-8")
    found = answer("assign", "kaz-pak", "--demand", str(path))
    assert "ALA/MKM/chickpeas: no route open, 7.0 t a day not served." in found["text"]
    lost, served = found["demand"]
    assert (lost["assigned_t_day"], lost["logsum_usd_t"]) == (0.0, None)
    assert served["assigned_t_day"] == pytest.approx(10.0)
    path.write_text(HEAD + "ALA,MKM,chickpeas,7\n", encoding="utf-8")
    with pytest.raises(InvalidInput, match=r"No demand has a route.\n.*ALA/MKM/chickpeas"):
        CliRunner().invoke(APP, ["assign", "kaz-pak", "--demand", str(path)], catch_exceptions=False)


def test_unknown_place_and_columns_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "demand.csv"
    path.write_text(HEAD + "Alfrod,C,beans,1\n", encoding="utf-8")
    with pytest.raises(UnknownName, match="Alfrod"):
        CliRunner().invoke(APP, ["assign", "toyland", "--demand", str(path)], catch_exceptions=False)
    path.write_text("origin_id,t_day\nA,1\n", encoding="utf-8")
    with pytest.raises(InvalidInput, match="lacks columns"):
        CliRunner().invoke(APP, ["assign", "toyland", "--demand", str(path)], catch_exceptions=False)


@pytest.mark.parametrize("tonnes", ["0", "-4", "1e12", "nan"])
def test_absurd_tonnes_are_refused(tonnes: str) -> None:
    for command in ("critical", "assign"):
        with pytest.raises(InvalidInput, match="no demand"):
            CliRunner().invoke(APP, [command, "toyland", "--tonnes-year", tonnes], catch_exceptions=False)


@pytest.mark.parametrize(
    "words, heads",
    [
        (["sensitivity"], ["value_text", "rival", "switch_text"]),
        (["assign"], ["route", "share", "hours"]),
        (["assign", "--open", "Torkham,Chaman"], ["place", "unit", "a day"]),
    ],
)
def test_tables_fit_eighty_columns(
    words: list[str], heads: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    lines = call(words[0], "kaz-pak", *words[1:]).stdout.splitlines()
    assert max(map(len, lines)) <= 80
    assert any(all(head in line for head in heads) for line in lines)  # a table, not records


def test_routes_of_a_pair_have_different_names() -> None:
    routes = pl.DataFrame(answer("assign", "kaz-pak")["routes"])
    assert not routes.select("od", "route").is_duplicated().any()


def test_compare_shows_a_table_for_each_pair_in_eighty_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    plain = CliRunner().invoke(APP, ["compare", "toyland", "--stages"])
    lines = plain.stdout.splitlines()
    assert max(map(len, lines)) <= 80
    assert {"Alford → Cove", "Cove → Alford", "SEA: A → C"} <= {line.strip() for line in lines}
    assert any("corridor" in line and "crossings" in line for line in lines)
    found = answer("compare", "toyland")
    assert set(found) == {"routes", "closures"}
    assert {"gauge_changes", "generalised_usd"} <= set(found["routes"][0])


def test_sensitivity_says_who_leads_and_who_comes_nearest() -> None:
    found = answer("sensitivity", "toyland")
    (text,) = found["text"]
    assert " ".join(call("sensitivity", "toyland").stdout.split()).endswith(text)
    assert text.startswith("Midland leads by")
    assert all(row["corridor_flipped"] is None for row in found["sensitivity"])
    assert {row["rival"] for row in found["sensitivity"]} <= {"Pass", "Sea"}
    behind = [row["behind_usd_t"] for row in found["sensitivity"]]
    assert behind == pytest.approx(sorted(behind))
