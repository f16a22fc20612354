"""Parts of an answer taken out on the command line: one table, a folder of CSV files, a plot."""

from __future__ import annotations

import csv
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from karwan.analysis.registry import BY_NAME
from karwan.cli.app import app
from karwan.cli.extracts import with_folder, write_tables
from karwan.errors import InvalidInput, UnknownName
from karwan.project.plots import plot_table, write_plot

RUN = CliRunner()
COMPARE = ["corridor", "compare", "toyland"]


@pytest.fixture(scope="module")
def taken(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str | Path]:
    """One run that takes everything out, and what it printed."""
    folder = tmp_path_factory.mktemp("out")
    plot = folder / "routes.png"
    done = RUN.invoke(app, [*COMPARE, "--csv", f"{folder}/csv/", "--plot", str(plot)], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return {"folder": folder / "csv", "plot": plot, "printed": done.stdout}


def test_each_table_is_a_file_of_its_own(taken: dict[str, Path]) -> None:
    names = {path.name for path in taken["folder"].iterdir()}
    assert {"routes.csv", "closures.csv"} <= names
    with (taken["folder"] / "routes.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert {row["corridor"] for row in rows} == {"Midland", "Pass", "Rail", "Sea"}
    assert "written:" in str(taken["printed"])


def test_a_plot_is_a_picture(taken: dict[str, Path]) -> None:
    assert taken["plot"].read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


def test_one_table_alone() -> None:
    done = RUN.invoke(app, [*COMPARE, "--table", "clos", "--csv"], catch_exceptions=False)
    assert done.stdout.splitlines()[0].split(",")[0] not in ("# closures", "corridor_id")
    assert not done.stdout.startswith("#")
    with pytest.raises(UnknownName, match="no table 'nothing'"):
        RUN.invoke(app, [*COMPARE, "--table", "nothing"], catch_exceptions=False)


@pytest.mark.parametrize("name", ["trade indicators", "trade potential", "basket"])
def test_where_the_question_has_a_table_of_its_own_only_names_one(name: str) -> None:
    told = RUN.invoke(app, [*name.split(), "--help"], env={"COLUMNS": "200"}).stdout
    assert "--only" in told
    assert "One table of the answer" in told


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        (["toyland", "--csv", "out/"], ["toyland", "--folder", "out/"]),
        (["toyland", "--csv=out"], ["toyland", "--folder", "out"]),
        (["--csv", "toyland"], ["--csv", "toyland"]),
        (["--csv", "--json"], ["--csv", "--json"]),
    ],
)
def test_a_folder_behind_csv(given: list[str], taken: list[str]) -> None:
    assert with_folder(given) == taken


def test_the_folder_of_a_case_behind_csv_stays_the_case(toy_copy: Path) -> None:
    assert with_folder(["--csv", str(toy_copy)]) == ["--csv", str(toy_copy)]


def test_no_cell_of_a_file_is_a_formula(tmp_path: Path) -> None:
    table = pl.DataFrame({"name": ["=1+1", "-5.3"], "value": [1.0, 2.0]})
    written = write_tables(tmp_path / "new", {"A b (c)": table, "a_b_c": table})
    assert [path.name for path in written] == ["a_b_c.csv", "a_b_c_2.csv"]
    assert written[0].read_text(encoding="utf-8").splitlines()[1:] == ["'=1+1,1.0", "-5.3,2.0"]
    (tmp_path / "file").write_text("x")
    with pytest.raises(InvalidInput, match="no folder to write to"):
        write_tables(tmp_path / "file", {"a": table})


def test_a_series_is_drawn_as_lines_and_the_rest_as_bars() -> None:
    analysis = BY_NAME["trade status"]
    years = pl.DataFrame(
        {
            "reporter_name": ["KAZ", "PAK"] * 3,
            "year": [2020, 2020, 2021, 2021, 2022, 2022],
            "value_usd": [1.0, 2, 3, 4, 5, 6],
        }
    )
    assert plot_table(analysis, {"annual": years}).count("<path") == 2
    bars = plot_table(analysis, {"annual": years.head(4)})
    assert bars.count("<path") == 0
    with pytest.raises(InvalidInput, match="no figures 'reporter'"):
        plot_table(analysis, {"annual": years}, column="reporter")
    with pytest.raises(InvalidInput, match=r"no picture .* writes"):
        write_plot(Path("a.gif"), bars)
