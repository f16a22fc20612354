"""A case broken in one way each: the message names file, row, column, value and what is allowed; nothing changes."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from karwan.case import CaseProblems, Problem, inspect_case, read_case
from karwan.errors import CaseError
from tests.conftest import CommandLine, fingerprint

Break = Callable[[Path], None]


def swap(file: str, old: str, new: str) -> Break:
    """Replace the first `old` in a file; fails when it is not there."""

    def apply(folder: Path) -> None:
        path = folder / file
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{file} no longer holds {old!r}"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    return apply


def write(file: str, content: bytes) -> Break:
    return lambda folder: (folder / file).write_bytes(content) and None


def drop(file: str) -> Break:
    return lambda folder: (folder / file).unlink()


def append(file: str, line: str) -> Break:
    def apply(folder: Path) -> None:
        with (folder / file).open("a", encoding="utf-8") as stream:
            stream.write(line + "\n")

    return apply


def without_column(file: str, name: str) -> Break:
    def apply(folder: Path) -> None:
        rows = [line.split(",") for line in (folder / file).read_text(encoding="utf-8").splitlines()]
        at = rows[0].index(name)
        (folder / file).write_text("\n".join(",".join(r[:at] + r[at + 1 :]) for r in rows), encoding="utf-8")

    return apply


@dataclass(frozen=True)
class Broken:
    """One way to break toyland and what the report must say of it."""

    name: str
    apply: Break
    file: str
    message: str
    row: int | None = None
    column: str = ""
    value: str = ""
    allowed: str = ""


LINK = "A-X,A,X,,road,,XTA,open,,,120"
WIDE = "Alford".ljust(5000, "d")
BROKEN = [
    Broken(
        "missing column",
        without_column("links.csv", "length_km"),
        "links.csv",
        "required column is missing",
        1,
        "length_km",
    ),
    Broken(
        "unknown column",
        swap("nodes.csv", "accuracy_km", "accurracy_km"),
        "nodes.csv",
        "unknown column",
        1,
        "accurracy_km",
        "",
        "accuracy_km",
    ),
    Broken(
        "column twice",
        swap("nodes.csv", "accuracy_km", "lat"),
        "nodes.csv",
        "column stands twice in the header",
        1,
        "lat",
    ),
    Broken(
        "unknown node",
        swap("links.csv", "A-X,A,X,", "A-X,A,XX,"),
        "links.csv",
        "not in nodes.csv",
        2,
        "to_node_id",
        "XX",
        "a key of nodes.csv",
    ),
    Broken(
        "negative length",
        swap("links.csv", LINK, LINK.replace("120", "-120")),
        "links.csv",
        "outside hard bounds",
        2,
        "length_km",
        "-120",
        "0",
    ),
    Broken(
        "infinite length",
        swap("links.csv", LINK, LINK.replace("120", "inf")),
        "links.csv",
        "not a float",
        2,
        "length_km",
        "inf",
        "a number",
    ),
    Broken(
        "not a number",
        swap("links.csv", LINK, LINK.replace("120", "nan")),
        "links.csv",
        "not a float",
        2,
        "length_km",
        "nan",
        "a number",
    ),
    Broken(
        "decimal comma",
        swap("links.csv", LINK, LINK.replace("120", '"120,5"')),
        "links.csv",
        "not a float",
        2,
        "length_km",
        "120,5",
        "decimal point",
    ),
    Broken(
        "duplicate key",
        append("nodes.csv", "A,Again,XTA,city,45,61,,,toy,assumed,"),
        "nodes.csv",
        "duplicate key, first in row 2",
        10,
        "node_id",
        "A",
        "one row per key",
    ),
    Broken(
        "HS code read as number",
        swap("products.csv", "071333", "71333"),
        "products.csv",
        "lost its leading zero",
        3,
        "hs_code",
        "71333",
        "leading zero kept",
    ),
    Broken(
        "HS code in scientific notation",
        swap("products.csv", "071333", "7.1333e4"),
        "products.csv",
        "not an HS code",
        3,
        "hs_code",
        "7.1333e4",
        "2, 4, 6, 8 or 10 digits",
    ),
    Broken(
        "wrong encoding",
        write("countries.csv", "country,name\nXTA,Übersee\n".encode("cp1252")),
        "countries.csv",
        "not UTF-8",
        None,
        "",
        "",
        "UTF-8",
    ),
    Broken(
        "UTF-16",
        write("countries.csv", "country,name\nXTA,Upland\n".encode("utf-16")),
        "countries.csv",
        "not UTF-8",
        None,
        "",
        "",
        "UTF-8",
    ),
    Broken(
        "10 MB garbage",
        write("flows.csv", bytes(range(256)) * 40_000),
        "flows.csv",
        "file has 10.2 MB",
        None,
        "",
        "",
        "karwan trade ingest",
    ),
    Broken(
        "NUL bytes",
        write("flows.csv", b"flow_id,reporter\n\x00\x00\x00,XTA\n"),
        "flows.csv",
        "holds NUL bytes",
        None,
        "",
        "",
        "comma-separated text",
    ),
    Broken(
        "unclosed quote",
        append("nodes.csv", 'N9,"Never closed,XTA,city,45,61,,,toy,assumed,'),
        "nodes.csv",
        "not readable as CSV",
        None,
        "",
        "",
        "quotes doubled",
    ),
    Broken(
        "semicolons",
        write("countries.csv", b"country;name\nXTA;Upland\n"),
        "countries.csv",
        "unknown column",
        1,
    ),
    Broken(
        "empty file", write("countries.csv", b""), "countries.csv", "empty file", None, "", "", "a header"
    ),
    Broken(
        "row too short",
        append("nodes.csv", "N9,Nine,XTA"),
        "nodes.csv",
        "row has 3 cells, the header 11",
        10,
        "",
        "N9,Nine,XTA",
        "one cell per column",
    ),
    Broken(
        "unknown source",
        swap("links.csv", "120,,,,,,,,,toy,", "120,,,,,,,,,newspaper,"),
        "links.csv",
        "not in sources.csv",
        2,
        "source_id",
        "newspaper",
        "a key of sources.csv",
    ),
    Broken(
        "unknown basis",
        swap("links.csv", "toy,assumed", "toy,guessed"),
        "links.csv",
        "value not allowed",
        2,
        "basis",
        "guessed",
        "observed, computed, assumed",
    ),
    Broken(
        "closure on unknown place",
        swap("closures.csv", "crossing,Y,", "crossing,YY,"),
        "closures.csv",
        "no such crossing",
        2,
        "place_id",
        "YY",
        "a key of the crossing table",
    ),
    Broken(
        "closure on an impossible day",
        swap("closures.csv", "2022-03-01", "2022-13-01"),
        "closures.csv",
        "not a day",
        2,
        "start",
        "2022-13-01",
        "YYYY-MM-DD",
    ),
    Broken(
        "missing table",
        drop("links.csv"),
        "links.csv",
        "required table is missing",
        None,
        "",
        "",
        "a file links.csv",
    ),
    Broken(
        "huge cell",
        swap("nodes.csv", "Alford", WIDE),
        "nodes.csv",
        "cell is too long or holds control characters",
        2,
        "name",
        "Alford",
        "at most 4000",
    ),
    Broken(
        "control characters",
        swap("nodes.csv", "Alford", "Al\x1b[31mford"),
        "nodes.csv",
        "control characters",
        2,
        "name",
        "",
        "printable",
    ),
    Broken(
        "required cell empty",
        swap("nodes.csv", "A,Alford,", "A,,"),
        "nodes.csv",
        "required cell is empty",
        2,
        "name",
    ),
    Broken(
        "link to itself",
        swap("links.csv", "A-X,A,X,", "A-X,A,A,"),
        "links.csv",
        "link joins a node to itself",
        2,
        "to_node_id",
        "A",
        "two different nodes",
    ),
    Broken(
        "bad YAML", write("case.yaml", b"id: [toy\nx: {"), "case.yaml", "not readable", None, "", "", "YAML"
    ),
    Broken(
        "YAML that is no mapping",
        write("case.yaml", b"- a\n- b\n"),
        "case.yaml",
        "not a table of keys and values",
        1,
        "",
        "",
    ),
    Broken(
        "YAML that makes objects",
        write("case.yaml", b'!!python/object/apply:os.system ["true"]'),
        "case.yaml",
        "not readable",
        None,
        "",
        "",
        "YAML",
    ),
    Broken(
        "unknown party",
        swap("case.yaml", "party_b: XTC", "party_b: XTQ"),
        "case.yaml",
        "not in countries.csv",
        None,
        "party_b",
        "XTQ",
        "a key of countries.csv",
    ),
    Broken(
        "YAML date that is text",
        swap("case.yaml", "as_of: ", "as_of: about "),
        "case.yaml",
        "not a day",
        10,
        "as_of",
        "about 2025-07-01",
        "YYYY-MM-DD",
    ),
]


def found_in(broken: Broken, problems: list[Problem]) -> list[Problem]:
    return [
        p
        for p in problems
        if p.severity == "error"
        and p.file == broken.file
        and broken.message in p.message
        and broken.row in (None, p.row)
        and broken.column in ("", p.column)
        and p.value.startswith(broken.value)
        and broken.allowed in p.allowed
    ]


@pytest.mark.parametrize("broken", BROKEN, ids=lambda b: b.name)
def test_a_broken_case_is_reported(broken: Broken, toy_copy: Path) -> None:
    broken.apply(toy_copy)
    before = fingerprint(toy_copy)
    _, problems = inspect_case(toy_copy)
    assert found_in(broken, problems), "\n".join(p.line() for p in problems)
    with pytest.raises(CaseProblems) as caught:
        read_case(toy_copy)
    text = str(caught.value)
    assert broken.file in text
    assert broken.message in text
    assert "Fix:" in text
    assert len(text) < 20_000
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", text)
    assert fingerprint(toy_copy) == before


def test_every_problem_is_listed_at_once(toy_copy: Path) -> None:
    swap("links.csv", LINK, LINK.replace("120", "-1"))(toy_copy)
    swap("nodes.csv", "Alford,XTA", "Alford,XTQ")(toy_copy)
    swap("products.csv", "071333", "71333")(toy_copy)
    with pytest.raises(CaseError) as caught:
        read_case(toy_copy)
    text = str(caught.value)
    assert "3 errors in links.csv, nodes.csv, products.csv" in text
    for word in ("-1", "XTQ", "71333", "links.csv, row 2, column length_km"):
        assert word in text


def test_a_missing_node_is_not_reported_once_per_link(toy_copy: Path) -> None:
    """A file that cannot be read at all does not make every reference to it an error."""
    (toy_copy / "nodes.csv").write_bytes(b"\xff\xfe")
    _, problems = inspect_case(toy_copy)
    assert {p.file for p in problems if p.severity == "error" and p.column == "from_node_id"} == set()


def test_a_hundred_errors_are_counted_not_poured_out(toy_copy: Path) -> None:
    for number in range(100):
        append("nodes.csv", f"N{number},Nine,QQQ,city,45,61,,,toy,assumed,")(toy_copy)
    with pytest.raises(CaseProblems) as caught:
        read_case(toy_copy)
    assert "100 errors" in str(caught.value)
    assert "and 75 more" in str(caught.value)
    assert len(caught.value.problems) >= 100


def test_a_formula_in_a_cell_is_text(toy_copy: Path) -> None:
    """A cell that a spreadsheet would run is kept as it is; the workbook writes it as text."""
    swap("nodes.csv", "Alford", "=HYPERLINK(1)")(toy_copy)
    assert read_case(toy_copy)["nodes"]["name"][0] == "=HYPERLINK(1)"


def test_a_byte_order_mark_and_windows_line_ends_are_read(toy_copy: Path) -> None:
    path = toy_copy / "nodes.csv"
    before = read_case(toy_copy)["nodes"]
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert read_case(toy_copy)["nodes"].equals(before)


COMMAND_CASES = {
    "negative length": swap("links.csv", LINK, LINK.replace("120", "-120")),
    "wrong encoding": write("countries.csv", "country,name\nXTA,Übersee\n".encode("cp1252")),
    "bad YAML": write("case.yaml", b"id: [toy\nx: {"),
}


@pytest.mark.parametrize("name", COMMAND_CASES)
def test_the_command_ends_with_2_and_no_traceback(
    name: str, toy_copy: Path, karwan_command: CommandLine, tmp_path: Path
) -> None:
    COMMAND_CASES[name](toy_copy)
    before = fingerprint(toy_copy)
    done = karwan_command("brief", toy_copy, "--out", tmp_path / "out")
    assert done.returncode == 2
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith("CaseProblems: Case ")
    assert "Fix:" in done.stderr
    assert fingerprint(toy_copy) == before
    assert not (tmp_path / "out").exists()


def test_debug_shows_the_traceback(toy_copy: Path, karwan_command: CommandLine) -> None:
    COMMAND_CASES["negative length"](toy_copy)
    done = karwan_command("--debug", "brief", toy_copy)
    assert done.returncode != 0
    assert "Traceback" in done.stderr
    assert "outside hard bounds" in done.stderr
