"""Commands on any terminal: no control character, no formula, any encoding, and a clean end when nobody reads on."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from karwan.project import open_case
from karwan.report.brief_files import save_brief

BAD = "\x1b[31mRED\x1b]0;title\x07\x9b5m\u202e"
RECORD = "reporterISO,partnerISO,flowCode,period,classificationCode,cmdCode,primaryValue\n"


def run(
    *arguments: str, env: dict[str, str] | None = None, cwd: Path | None = None
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "karwan", *arguments],
        capture_output=True,
        env={**os.environ, **(env or {})},
        cwd=cwd,
        timeout=120,
    )


def replace_in(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("store")
    path = folder / "rows.csv"
    path.write_text(
        f"{RECORD}KAZ,PAK,X,2022,H6,100199,1\nKAZ,PAK,X,2022,H6,{BAD},abc\n=1+1,PAK,X,2022,H6,100199,5\n",
        encoding="utf-8",
    )
    done = run("trade", "ingest", "comtrade-csv", str(path), "--store", str(folder / "s.duckdb"))
    assert done.returncode == 0, done.stderr
    return folder / "s.duckdb", path


@pytest.mark.parametrize("form", [[], ["--csv"], ["--json"]])
def test_no_control_character_of_a_file_reaches_the_terminal(
    store: tuple[Path, Path], form: list[str]
) -> None:
    done = run("trade", "rejects", "--store", str(store[0]), *form)
    assert done.returncode == 0
    text = (done.stdout + done.stderr).decode("utf-8")
    assert "RED" in text
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", text)


def test_an_error_message_carries_no_control_character() -> None:
    done = run("docs", "tables", f"no{BAD}des")
    assert done.returncode == 2
    text = done.stderr.decode("utf-8")
    assert "RED" in text
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", text)


def test_a_colour_in_a_cell_does_not_reach_a_terminal(store: tuple[Path, Path]) -> None:
    pty = pytest.importorskip("pty", reason="no pseudo-terminals on this system")
    seen = bytearray()

    def read(descriptor: int) -> bytes:
        part = os.read(descriptor, 4096)
        seen.extend(part)
        return b""  # nothing is echoed into the test's own output

    command = [sys.executable, "-m", "karwan", "trade", "rejects", "--store", str(store[0])]
    try:
        pty.spawn(command, read)
    except OSError:
        pytest.skip("this system ends a pseudo-terminal in another way")
    assert b"\x1b[31m" not in seen
    assert b"\x1b]0;" not in seen


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
def test_any_encoding_of_the_terminal_will_do(encoding: str) -> None:
    env = {"PYTHONIOENCODING": encoding}
    done = run("corridor", "compare", "toyland", env=env)
    assert done.returncode == 0, done.stderr
    text = done.stdout.decode(encoding)
    assert "Midland" in text
    listed = run("trade", "sources", env=env)
    assert listed.returncode == 0, listed.stderr
    assert listed.stdout.decode(encoding)


def test_an_encoding_without_a_letter_shows_the_nearest() -> None:
    text = "import sys; from karwan.cli.streams import make_safe; make_safe(); print('5 – 7 × é Қ …')"
    done = subprocess.run(
        [sys.executable, "-c", text],
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        timeout=60,
    )
    assert done.stdout.decode("ascii").strip().startswith("5 - 7 x e")
    assert done.returncode == 0


def test_a_full_output_ends_with_a_sentence() -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full on this system")
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "karwan", "docs", "tables"],
            stdout=full,
            stderr=subprocess.PIPE,
            timeout=60,
        )
    assert done.returncode == 2
    assert done.stderr.decode().strip() == "OSError: No space left on device"


def test_a_reader_that_goes_away_is_no_error() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "karwan", "docs", "tables"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.close()
        said = process.stderr.read()
        process.wait(60)
    assert process.returncode == 1
    assert said == b""


def test_csv_of_a_case_holds_no_formula(toy_copy: Path) -> None:
    replace_in(toy_copy / "sources.csv", "Invented", "=Invented")
    done = run("sources", str(toy_copy), "--csv")
    assert done.returncode == 0, done.stderr
    assert b"'=Invented" in done.stdout
    assert b",=Invented" not in done.stdout


def test_gmns_holds_no_formula(toy_copy: Path, tmp_path: Path) -> None:
    replace_in(toy_copy / "nodes.csv", "Cove", "@Cove")
    done = run("network", "export", str(toy_copy), "--out", str(tmp_path / "gmns"))
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "gmns" / "node.csv").read_text(encoding="utf-8")
    assert "'@Cove" in text
    assert ",@Cove" not in text


def test_chart_titles_of_the_workbook_are_texts(toy_copy: Path, tmp_path: Path) -> None:
    for name in ("nodes.csv", "case.yaml", "corridors.csv"):
        path = toy_copy / name
        path.write_text(path.read_text(encoding="utf-8").replace("Cove", "Port!A1"), encoding="utf-8")
    book = next(p for p in save_brief(open_case(toy_copy).brief(), tmp_path / "out") if p.suffix == ".xlsx")
    with zipfile.ZipFile(book) as archive:
        charts = [archive.read(n).decode() for n in archive.namelist() if n.startswith("xl/charts/chart")]
    formulas = {f for chart in charts for f in re.findall("<c:f>([^<]*)</c:f>", chart)}
    assert formulas
    assert all(f.startswith("Charts!$") for f in formulas)
    assert any("Port!A1</a:t>" in chart for chart in charts)


def test_json_of_two_places_at_one_point_is_json(toy_copy: Path) -> None:
    rows = (toy_copy / "nodes.csv").read_text(encoding="utf-8").splitlines()
    first, second = rows[1].split(","), rows[2].split(",")
    head = rows[0].split(",")
    for name in ("lat", "lon"):
        second[head.index(name)] = first[head.index(name)]
    rows[2] = ",".join(second)
    (toy_copy / "nodes.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    done = run("case", "check", str(toy_copy), "--json")
    assert b"Infinity" not in done.stdout
    assert b"NaN" not in done.stdout
    assert done.returncode == 0
