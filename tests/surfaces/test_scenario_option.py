"""`--scenario` on every command that reads a case: the answer stands under it and says so."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import polars as pl
import pytest
import typer
from pypdf import PdfReader
from rich.console import Console
from typer.testing import CliRunner

from karwan.case.scenario import case_under
from karwan.cli.app import app
from karwan.errors import InvalidInput, UnknownName
from karwan.project import open_case
from karwan.report import print_summary, render_html
from karwan.report.brief_files import save_brief

RUN = CliRunner(env={"COLUMNS": "160"})
SAID = "Under scenario fast_yard: Yard open round the clock, the low country lets trucks through (assumed)"
ROUTE = ("route", "Alford", "Cove", "--product", "beans", "--tonnes", "20", "--depart", "2026-01-05")
# Commands on a case that take no scenario, and why.
WITHOUT = {
    "case check": "it checks the files, scenarios among them",
    "scenario list": "lists them",
    "scenario regime": "makes its own scenarios: the regime in force, and without it",
    "venture template": "gives rows to fill, the same under every scenario",
    "venture wait": "sets the venture with the border shut beside the venture with it open",
    "observed add": "writes private rows, the same under every scenario",
    "observed remove": "removes private rows, the same under every scenario",
    "serve": "each of its pages takes scenarios itself",
    "plan say": "writes the register of a plan, which is one under every scenario",
    "plan attach": "writes the register of a plan, which is one under every scenario",
    "plan propose": "writes the register of a plan, which is one under every scenario",
    "plan note": "writes the register of a plan, which is one under every scenario",
    "plan withdraw": "writes the register of a plan, which is one under every scenario",
    "plan export": "copies the register of a plan as it stands",
    "plan merge": "writes the register of a plan, which is one under every scenario",
    "plan feed": "gives the plan of a register, which is one under every scenario",
    "trade growth": "reads reported flows only",
    "trade mirror": "reads reported flows only",
}


def commands() -> dict[str, dict[str, object]]:
    found: dict[str, dict[str, object]] = {}

    def walk(group: object, path: tuple[str, ...]) -> None:
        for name, command in getattr(group, "commands", {}).items():
            walk(command, (*path, name))
        if not hasattr(group, "commands"):
            names = {p.name: p for p in group.params}  # type: ignore[attr-defined]
            found[" ".join(path)] = names | {o: p for p in names.values() for o in p.opts}

    walk(typer.main.get_command(app), ())
    return found


def test_every_command_on_a_case_takes_scenarios() -> None:
    lacking = [
        name
        for name, options in commands().items()
        if "case" in options and not {"scenarios", "--scenario"} & set(options)
    ]
    assert sorted(lacking) == sorted(WITHOUT)


def test_the_reopening_brings_the_afghan_corridors_back() -> None:
    asked: tuple[str, ...] = ("route", "Kostanay", "Karachi", "--product", "chickpeas", "--tonnes", "24")
    asked += ("--depart", "2026-12-01", "--journeys", "200", "--json")
    closed = json.loads(RUN.invoke(app, asked).stdout)
    opened = json.loads(RUN.invoke(app, [*asked, "--scenario", "open_afghan_crossings"]).stdout)
    by = {r["corridor"]: r for r in closed["corridors"]}
    assert all(by[name]["route"] is None and by[name]["status"] == "closed" for name in ("KTAP", "KUAP"))
    by = {r["corridor"]: r for r in opened["corridors"]}
    assert all(by[name]["route"] is not None for name in ("KTAP", "KUAP"))
    assert [s["scenario_id"] for s in opened["scenarios"]] == ["open_afghan_crossings"]
    assert "scenarios" not in closed
    # the same crossings opened by --open give the same routes
    places = "Torkham,Chaman,Ghulam Khan,Kharlachi,Angoor Adda"
    by_hand = json.loads(RUN.invoke(app, [*asked, "--open", places]).stdout)
    usd = [{r["name"]: r["usd"] for r in answer["routes"]} for answer in (opened, by_hand)]
    assert usd[0] == usd[1]


@pytest.mark.parametrize(
    "arguments",
    [
        ("plan", "status", "toyland"),
        ("sources", "toyland"),
        ("corridor", "compare", "toyland"),
        ("corridor", "critical", "toyland"),
        ("trade", "status", "toyland"),
    ],
)
def test_answers_say_what_they_stand_under(arguments: tuple[str, ...]) -> None:
    under = (*arguments, "--scenario", "fast_yard")
    plain = RUN.invoke(app, under)
    assert plain.exit_code == 0, plain.output
    assert " ".join(plain.stdout.split()).startswith(SAID)
    content = json.loads(RUN.invoke(app, [*under, "--json"]).stdout)
    assert content["scenarios"] == [
        {
            "scenario_id": "fast_yard",
            "title": "Yard open round the clock, the low country lets trucks through",
            "basis": "assumed",
        }
    ]
    as_csv = RUN.invoke(app, [*under, "--csv"])
    assert SAID in as_csv.stderr
    assert SAID not in as_csv.stdout
    base = RUN.invoke(app, [*arguments, "--json"])
    assert "scenarios" not in json.loads(base.stdout)


def test_several_scenarios_are_applied_in_order(tmp_path: Path) -> None:
    second = tmp_path / "dear_yard.yaml"
    second.write_text(
        "id: dear_yard\ntitle: Dear yard\ndescription: One price.\nsource_ids: [toy]\nbasis: assumed\n"
        "overrides:\n  - {table: crossing_times, key: Y_XTC_road, set: {time_h: 4}, reason: Invented.}\n"
    )
    for order, hours in ((["fast_yard", str(second)], 4), ([str(second), "fast_yard"], 3)):
        case = open_case("toyland", order).case
        row = case["crossing_times"].filter(pl.col("crossing_time_id") == "Y_XTC_road")
        assert row["time_h"].to_list() == [hours]
        assert [s.scenario_id for s in case.scenarios] == [Path(name).stem for name in order]
        assert case.under.startswith("Under scenarios ")


@pytest.mark.parametrize(
    ("names", "error", "hint"),
    [
        (["fastyard"], UnknownName, "did you mean fast_yard"),
        (["fast_yard", "fast_yard"], InvalidInput, "named twice"),
        (["../x.yaml"], UnknownName, "No scenario is called"),
    ],
)
def test_wrong_names_are_refused(names: list[str], error: type[Exception], hint: str) -> None:
    flags = [word for name in names for word in ("--scenario", name)]
    for arguments in (["plan", "status", "toyland"], ["brief", "toyland"], [*ROUTE, "--case", "toyland"]):
        result = RUN.invoke(app, [*arguments, *flags])
        assert isinstance(result.exception, error)
        assert hint in str(result.exception)
    with pytest.raises(error, match=hint):
        open_case("toyland", names)


def test_no_scenario_is_the_case_as_it_stands() -> None:
    for nothing in (None, (), [], ["base"], "base"):
        base, changed = case_under("toyland", nothing)
        assert changed.under == ""
        assert all(changed[name].equals(base[name]) for name in base.tables)


def test_every_rendering_of_a_brief_names_its_scenario(tmp_path: Path) -> None:
    brief = open_case("toyland", "fast_yard").brief()
    assert brief.scenarios == ("fast_yard",)
    paths = save_brief(brief, tmp_path)
    stem = f"toyland-{brief.as_of}-fast_yard"
    written = {p.name: p for p in paths}
    assert set(written) == {f"{stem}{end}" for end in (".html", ".pdf", "-annex.pdf", ".xlsx")}
    assert SAID in written[f"{stem}.html"].read_text(encoding="utf-8")
    for end in (".pdf", "-annex.pdf"):
        pages = PdfReader(written[f"{stem}{end}"]).pages
        for page in (pages[0], pages[1]):
            found = "".join(page.extract_text().replace("\u200b", "").split())
            assert "Underscenariofast_yard:Yard" in found
    with zipfile.ZipFile(written[f"{stem}.xlsx"]) as book:
        cover = book.read("xl/sharedStrings.xml").decode()
        sheet = book.read("xl/worksheets/sheet3.xml").decode()
    assert SAID in cover
    assert "Under scenario fast_yard" in sheet
    shown = Console(file=io.StringIO(), width=200)
    print_summary(brief, shown)
    assert SAID in shown.file.getvalue()  # type: ignore[attr-defined]
    assert "Under scenario" not in render_html(open_case("toyland").brief())
