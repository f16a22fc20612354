"""`karwan brief` end to end on a case whose texts try to be code; the same inputs give the same page."""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl
import pytest
from pypdf import PdfReader
from typer.testing import CliRunner

import karwan
from karwan.cli.app import app
from karwan.register.rules import Said
from karwan.report import render_html

FORMULA = "=cmd|' /C calc'!A0 <script>alert(1)</script>"
MARKUP = '=1+1 #eval("1") *x* $y$ <img src=x onerror=alert(2)>'


@pytest.fixture
def hostile(toy_copy: Path) -> Path:
    for name, old, new in (
        ("corridors.csv", "MID,Midland,", f"MID,{FORMULA},"),
        ("commitments.csv", "Cut the bean tariff", MARKUP.replace('"', "'")),
    ):
        path = toy_copy / name
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")
    return toy_copy


def test_texts_of_a_case_stay_texts_in_every_file(hostile: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = CliRunner().invoke(
        app, ["brief", str(hostile), "--out", str(out), "--as-of", "2025-07-01"], catch_exceptions=False
    )
    assert done.exit_code == 0
    assert sorted(p.name for p in out.iterdir()) == [
        f"toyland-2025-07-01{end}" for end in ("-annex.pdf", ".html", ".pdf", ".xlsx")
    ]

    page = (out / "toyland-2025-07-01.html").read_text(encoding="utf-8")
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "&lt;script&gt;alert(1)" in page

    book = openpyxl.load_workbook(out / "toyland-2025-07-01.xlsx")
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert [c.coordinate for c in cells if c.data_type == "f"] == []
    assert any(c.value == FORMULA for c in cells)

    text = "".join(p.extract_text() for p in PdfReader(out / "toyland-2025-07-01.pdf").pages)
    assert "#eval('1')" in text

    again = render_html(karwan.open_case(hostile).brief())
    assert again == page


def test_a_file_in_the_way_is_said_so(toy_copy: Path, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    with pytest.raises(karwan.errors.InvalidInput, match="not a folder"):
        karwan.save_brief(None, tmp_path / "out")  # type: ignore[arg-type]
    assert (tmp_path / "out").read_text() == "mine"


def test_a_day_that_is_no_day_is_refused(tmp_path: Path) -> None:
    done = CliRunner().invoke(
        app, ["brief", "toyland", "--as-of", "2025-13-01", "--out", str(tmp_path / "o")]
    )
    assert done.exit_code == 2
    assert not (tmp_path / "o").exists()


def test_the_brief_takes_a_register_as_its_plan(tmp_path: Path) -> None:
    project = karwan.open_case("toyland")
    promise, other = project.case["commitments"]["commitment_id"].to_list()[:2]
    register = str(tmp_path / "plan.register")
    for side in (project.case.settings.party_a, project.case.settings.party_b):
        project.say(
            register, Said(side, promise, "statement", {"status": "stalled"}, "Talks ended."), "A. Person"
        )
    project.say(
        register,
        Said(project.case.settings.party_a, other, "statement", {"status": "in_progress"}, "Begun."),
        "A. Person",
    )
    done = CliRunner().invoke(
        app, ["brief", "toyland", "--register", register, "--json"], catch_exceptions=False
    )
    told = json.loads(done.stdout)
    status = {row["commitment_id"]: row["status"] for row in told["plan.commitments"]}
    assert (status[promise], status[other]) == ("stalled", "unknown")
    titles = [row["title"] for row in told["basis.sources"]]
    assert any(title.startswith("Register of the plan: 3 entries, head ") for title in titles)
    missing = CliRunner().invoke(app, ["brief", "toyland", "--register", str(tmp_path / "none")])
    assert isinstance(missing.exception, karwan.errors.InvalidInput)
