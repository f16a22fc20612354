"""The next plan: who gains is taken, who would lose is said, every old promise has a fate, and the files hold it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from docx import Document
from typer.testing import CliRunner

from karwan.cli.app import app
from karwan.errors import InvalidInput
from karwan.project import open_case
from tests.unit.test_plan_worth import IDLE, RAIL, YARD, toyland

TOLL = "[{table: crossing_times, key: Y_XTC_road, set: {time_h: 90}, reason: Invented.}]"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("draft") / "case"
    return toyland(home, {"yard": YARD, "rail": RAIL, "idle": IDLE, "toll": TOLL})


def test_the_draft_holds_what_gains_and_says_what_not(folder: Path, tmp_path: Path) -> None:
    files = tmp_path / "draft.docx", tmp_path / "draft.json"
    asked = ["plan", "draft", str(folder), "--max", "1", "--from", "2027-01-01", "--to", "2028-12-31"]
    call = [*asked, "--docx", str(files[0]), "--proposal", str(files[1]), "--json"]
    done = CliRunner().invoke(app, call)
    assert done.exit_code == 0, done.output
    answer = json.loads(done.stdout)
    draft = answer["draft"]
    worth = [row["usd_year"] for row in draft]
    assert len(draft) == 1 and worth[-1] > 1000
    for row in draft:
        assert row["usd_year_a"] >= 0 and row["usd_year_b"] >= 0
        assert row["cost"] == "unknown" and row["evidence"] and row["observable"] and row["baseline"]
        assert "2027-01-01" <= row["due"] <= "2028-12-31"
    names = {row["scenario_id"] for row in draft}
    left = {row["scenario_id"]: row["reason"] for row in answer["left out"]}
    assert names | left.keys() == {"yard", "rail", "idle", "toll", "fast_yard"}
    assert "moves no cost" in left["idle"] and "costs more" in left["toll"]
    assert any("beyond the 1" in reason for reason in left.values())
    fates = {row["commitment_id"]: row["fate"] for row in answer["old plan"]}
    assert fates["c_none"] == "for the sides to decide" and fates["c_idle"] == "dropped"
    assert {key for key, fate in fates.items() if fate == "carried over"} == {
        f"c_{name}" for name in names if name != "fast_yard"
    }
    assert any(row["change"] == "new" for row in draft)  # the shipped scenario that no promise names
    heads = [p.text for p in Document(str(files[0])).paragraphs]
    assert any(draft[0]["wording"] in line for line in heads)
    proposal = json.loads(files[1].read_text(encoding="utf-8"))
    assert [row["wording"] for row in proposal["proposals"]] == [row["wording"] for row in draft]


def test_a_plan_must_end_after_it_starts_and_sides_be_parties(folder: Path) -> None:
    project = open_case(folder)
    with pytest.raises(InvalidInput, match="ends before"):
        project.draft(start=project.case.settings.plan_end, end=project.case.settings.plan_start)
    with pytest.raises(InvalidInput, match="no side"):
        project.draft(who="KAZ")
