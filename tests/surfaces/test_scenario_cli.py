"""`karwan scenario` and `karwan network`: what they print and write, and that errors are told to the user."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import polars as pl
import pytest
import typer
from typer.testing import CliRunner

from karwan.analysis.corridor_compare import compared_routes
from karwan.analysis.corridors import CorridorStudy
from karwan.analysis.scenario import compare_corridors
from karwan.case import read_case
from karwan.cli.app import NOUNS
from karwan.errors import InvalidInput, UnknownName
from karwan.project import open_case
from tests.shared import shared_path

APP = typer.Typer()
APP.add_typer(NOUNS["scenario"], name="scenario")
APP.add_typer(NOUNS["network"], name="network")
RUN = CliRunner(env={"COLUMNS": "160"})


def test_list_names_every_scenario() -> None:
    shown = RUN.invoke(APP, ["scenario", "list", "kaz-pak", "--json"])
    assert shown.exit_code == 0
    rows = json.loads(shown.stdout)["scenarios"]
    assert {"open_afghan_crossings", "uap_railway"} <= {r["scenario"] for r in rows}
    plain = RUN.invoke(APP, ["scenario", "list", "toyland"])
    assert "fast_yard" in plain.stdout


def test_the_case_may_be_left_out() -> None:
    named = RUN.invoke(APP, ["scenario", "show", "kaz-pak", "khunjerab_all_week", "--csv"])
    plain = RUN.invoke(APP, ["scenario", "show", "khunjerab_all_week", "--csv"])
    assert (plain.exit_code, plain.stdout) == (0, named.stdout)
    unknown = RUN.invoke(APP, ["scenario", "show", "kazpak", "khunjerab_all_week"])
    assert "No scenario is called 'kazpak'" in str(unknown.exception)
    nothing = RUN.invoke(APP, ["scenario", "show", "kaz-pak"])
    assert nothing.exit_code == 2
    assert "Missing argument" in nothing.output


def test_show_lists_changed_cells() -> None:
    shown = RUN.invoke(APP, ["scenario", "show", "kaz-pak", "khunjerab_all_week", "--csv"])
    rows = list(csv.DictReader(io.StringIO(shown.stdout)))
    assert rows == [
        {"table": "crossings", "key": "B_KHUN", "column": "closed_weekdays", "before": "Sat;Sun", "after": ""}
    ]


def test_compare_puts_corridors_side_by_side() -> None:
    shown = RUN.invoke(APP, ["scenario", "compare", "toyland", "fast_yard", "--json"])
    assert shown.exit_code == 0, shown.output
    content = json.loads(shown.stdout)
    assert (content["routes"], content["opened"], content["shut"]) == (8, 0, 0)
    by = {(r["corridor_id"], r["direction"]): r for r in content["corridors"]}
    middle, high, home = by["MID", "a_to_b"], by["PASS", "a_to_b"], by["PASS", "b_to_a"]
    assert middle["moved"]
    assert middle["days_change"] == pytest.approx(middle["days_after"] - middle["days_before"])
    assert middle["days_change"] <= -6 / 24
    # Over the pass only the change of trucks falls away: 60 USD and 6 h (parameters.csv).
    assert high["usd_20t_change"] == pytest.approx(-60)
    # Days are means of simulated journeys: the 6 h come back to the error of their sample, under 2 minutes.
    assert high["days_change"] == pytest.approx(-0.25, abs=1e-3)
    assert not home["moved"]
    plain = RUN.invoke(APP, ["scenario", "compare", "toyland", "fast_yard"])
    everything = RUN.invoke(APP, ["scenario", "compare", "toyland", "fast_yard", "--all"])
    assert (plain.stdout.count("Pass"), everything.stdout.count("Pass")) == (1, 2)


def test_the_base_compared_with_itself_does_not_move() -> None:
    project = open_case("toyland")
    assert project.compare_scenarios(["base"]).meta["moved"] == 0
    assert project.scenario_cells(["base"]).tables["changes"].height == 0


def test_a_scenario_named_twice_is_refused() -> None:
    with pytest.raises(InvalidInput, match="named twice"):
        open_case("toyland").compare_scenarios(["fast_yard", "fast_yard"])


def test_a_day_that_is_none_is_refused() -> None:
    shown = RUN.invoke(APP, ["scenario", "compare", "toyland", "base", "--as-of", "soon"])
    assert shown.exit_code == 2
    assert "soon" in shown.stderr


def test_a_corridor_only_one_side_has_keeps_its_row() -> None:
    case = read_case("toyland")
    routes = compared_routes(CorridorStudy(case, case.settings.as_of))
    found = compare_corridors(routes.filter(pl.col("corridor_id") != "SEA"), routes)
    new = found.filter(pl.col("corridor_id") == "SEA")
    assert found.height == routes.height
    assert new["status_before"].to_list() == [None, None]
    assert new["status_after"].to_list() == ["open", "open"]
    assert new["corridor"].to_list() == ["Sea", "Sea"]
    assert new["moved"].all()


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["scenario", "compare", "toyland", "fastyard"], UnknownName),
        (["scenario", "list", "nowhere"], UnknownName),
        (["network", "export", "toyland", "--format", "shp", "--out", "x"], InvalidInput),
        (["network", "export", "toyland", "--geometry", "osm", "--out", "x"], InvalidInput),
        (["network", "import", "nowhere", "--out", "x"], InvalidInput),
        (["network", "import", ".", "--format", "osm", "--out", "x"], InvalidInput),
    ],
)
def test_user_errors_name_the_way_out(
    arguments: list[str], error: type[Exception], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = RUN.invoke(APP, arguments)
    assert isinstance(result.exception, error)
    assert "Fix:" in str(result.exception)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("form", "names"),
    [
        ("gmns", {"config.csv", "node.csv", "link.csv"}),
        ("geojson", {f"{n}.geojson" for n in ("nodes", "links", "crossings", "corridors")}),
    ],
)
def test_export_writes_the_files_it_names(form: str, names: set[str], tmp_path: Path) -> None:
    shown = RUN.invoke(
        APP, ["network", "export", "toyland", "--format", form, "--out", str(tmp_path), "--json"]
    )
    assert shown.exit_code == 0, shown.output
    assert {Path(f["file"]).name for f in json.loads(shown.stdout)["files"]} == names
    assert {p.name for p in tmp_path.iterdir()} == names


def test_what_gmns_export_writes_import_reads(tmp_path: Path) -> None:
    out, back = tmp_path / "gmns", tmp_path / "back"
    RUN.invoke(APP, ["network", "export", "toyland", "--out", str(out)])
    shown = RUN.invoke(APP, ["network", "import", str(out), "--out", str(back), "--json"])
    assert shown.exit_code == 0, shown.output
    assert json.loads(shown.stdout)["problems"] == []
    case = read_case("toyland")
    read = {p.name for p in back.iterdir()}
    assert read == {"nodes.csv", "links.csv", "problems.csv"}
    assert (back / "links.csv").read_text().count("\n") == case["links"].height + 1
    again = RUN.invoke(APP, ["network", "import", str(out), "--out", str(back)])
    assert isinstance(again.exception, InvalidInput)


def test_import_with_errors_writes_what_it_read_and_exits_2(tmp_path: Path) -> None:
    (tmp_path / "node.csv").write_text("node_id,x_coord,y_coord\n1,60,45\n2,61,45\n")
    (tmp_path / "link.csv").write_text("link_id,from_node_id,to_node_id,directed\n1,1,2,0\n2,1,5,0\n")
    shown = RUN.invoke(
        APP, ["network", "import", str(tmp_path), "--out", str(tmp_path / "o"), "--country", "XTA"]
    )
    assert shown.exit_code == 2
    with (tmp_path / "o" / "problems.csv").open() as file:
        problems = list(csv.DictReader(file))
    assert ("error", "link.csv", "3", "to_node_id", "5") in {
        (p["severity"], p["file"], p["row"], p["column"], p["value"]) for p in problems
    }


def test_import_shows_each_kind_of_problem_once(tmp_path: Path) -> None:
    nodes = "".join(f"{n},{60 + n / 10},45\n" for n in range(12))
    links = "".join(f"{n},{n},{n + 1},0,9000,signal\n" for n in range(11))
    (tmp_path / "node.csv").write_text(f"node_id,x_coord,y_coord\n{nodes}")
    (tmp_path / "link.csv").write_text(f"link_id,from_node_id,to_node_id,directed,length,ctrl\n{links}")
    (tmp_path / "config.csv").write_text("long_length,speed,crs\nkm,km/h,EPSG:4326\n")
    command = ["network", "import", str(tmp_path), "--country", "XTA", "--out"]
    shown = RUN.invoke(APP, [*command, str(tmp_path / "o")])
    assert shown.exit_code == 0, shown.output
    assert shown.stdout.count("is the unit of length right?") == 1
    assert shown.stdout.count("country") == 2
    everything = json.loads(RUN.invoke(APP, [*command, str(tmp_path / "p"), "--json"]).stdout)["problems"]
    with (tmp_path / "p" / "problems.csv").open() as file:
        assert len(list(csv.DictReader(file))) == len(everything)
    assert any("(11 of 11 links, the first shown)" in p["message"] for p in everything)


@pytest.mark.parametrize(
    ("name", "published"), [("SiouxFalls", 42.31335287107440e5), ("Anaheim", 1286032.1710960327)]
)
def test_a_public_network_is_assigned_to_its_best_known_flows(name: str, published: float) -> None:
    net = str(shared_path(f"data/networks/{name}_net.tntp"))
    shown = RUN.invoke(APP, ["network", "assign", net, "--gap", "1e-10", "--json"])
    assert shown.exit_code == 0, shown.output
    found = json.loads(shown.stdout)
    assert found["converged"]
    assert found["relative_gap"] <= 1e-10
    # the objective lies above the optimum by at most gap x total cost
    assert found["objective"] == pytest.approx(published, rel=1e-9)
    assert found["known_objective"] == pytest.approx(published, rel=1e-12)
    assert found["largest_volume_error"] < 0.01
    assert found["largest_volume_error"] == max(abs(row["volume_error"]) for row in found["links"])
    plain = RUN.invoke(APP, ["network", "assign", net, "--top", "3"])
    assert plain.stdout.count("\n│") == 3


def test_an_assignment_says_that_it_did_not_converge_and_refuses_foreign_files(tmp_path: Path) -> None:
    folder = shared_path("data/networks")
    net = str(folder / "SiouxFalls_net.tntp")
    shown = RUN.invoke(APP, ["network", "assign", net, "--method", "msa", "--iterations", "3", "--json"])
    assert not json.loads(shown.stdout)["converged"]
    assert any("NOT converged" in line for line in json.loads(shown.stdout)["text"])
    for option, kind, words in (
        ("--trips", "trips", "different zones"),
        ("--flows", "flow", "not of this network"),
    ):
        wrong = RUN.invoke(APP, ["network", "assign", net, option, str(folder / f"Anaheim_{kind}.tntp")])
        assert isinstance(wrong.exception, InvalidInput)
        assert words in str(wrong.exception)
    for path in (folder, tmp_path, tmp_path / "x_net.tntp"):
        assert isinstance(RUN.invoke(APP, ["network", "assign", str(path)]).exception, InvalidInput)
