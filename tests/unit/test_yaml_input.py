"""Reading of YAML a user wrote: bounds, texts, and faults named by file, line, key and value."""

from __future__ import annotations

import time
import tracemalloc
from datetime import date
from pathlib import Path
from typing import Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field

from karwan.case.yaml_input import Document, checked, faults, parse_yaml, read_yaml
from karwan.errors import InvalidInput


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    month: int = Field(1, ge=1, le=12)
    factor: float = 1.0


class Sheet(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str
    kind: Literal["csv", "xlsx"] = "csv"
    day: date = date(2025, 1, 1)
    parts: tuple[Part, ...] = ()
    values: dict[str, str] = {}


def bomb(levels: int) -> str:
    lines = ["x0: &x0 [a,a,a,a,a,a,a,a,a]"]
    lines += [f"x{n}: &x{n} [{','.join([f'*x{n - 1}'] * 9)}]" for n in range(1, levels)]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (bomb(9), "aliases stand for more than 1,000 values"),
        ("a: &a [*a]", "an alias stands inside what it names"),
        ("a: " + "[" * 5000, "nested more than 30 deep"),
        ("a: " + "{b: " * 100, "nested more than 30 deep"),
        ("a: 1\nb:\n  c: 1\n  c: 2", "line 4: the key `c` stands twice"),
        ("a: 1\n'a': 2", "line 2: the key `a` stands twice"),
        ("? [a, b]\n: c", "a list or table is no key"),
        ("a: !!python/object/apply:os.system [ls]", "the tag `tag:yaml.org,2002:python"),
        ("a: !!set {b}", "the tag"),
        ("a: [1, 2", "line 1"),
        ("a: 2024-13-45", "month must be in 1..12"),
        ("a: 1\n--- \nb: 2", "line 2"),
        ("a: \x00", "a.yaml"),
        ("a: *b", "undefined alias"),
    ],
)
def test_what_is_no_plain_yaml_is_refused_in_one_sentence(text: str, said: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_yaml(text, "a.yaml")
    assert caught.value.fact.startswith("a.yaml")
    assert said in caught.value.fact
    assert "\n" not in caught.value.fact


def test_a_bomb_is_refused_at_once_and_in_little_memory() -> None:
    tracemalloc.start()
    began = time.perf_counter()
    with pytest.raises(InvalidInput, match="aliases"):
        parse_yaml(bomb(30), "a.yaml")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert time.perf_counter() - began < 2
    assert peak < 20e6


def test_a_few_aliases_and_merges_are_read() -> None:
    text = "base: &b {month: 7, factor: 2}\nparts: [*b, {<<: *b, factor: 3}]"
    assert parse_yaml(text, "a.yaml").content["parts"] == [
        {"month": 7, "factor": 2},
        {"month": 7, "factor": 3},
    ]


def test_text_stays_as_written() -> None:
    text = "NO: 0901\n2024: 012\nyes: null\nnone:\nnull_too: ~\nday: 2024-02-30\nlist: [1.10, 1_000, 1:30]"
    assert parse_yaml(text, "a.yaml", as_text=True).content == {
        "NO": "0901",
        "2024": "012",
        "yes": "null",
        "none": None,
        "null_too": None,
        "day": "2024-02-30",
        "list": ["1.10", "1_000", "1:30"],
    }


def test_text_becomes_what_the_model_wants() -> None:
    text = "name: 5\nkind: xlsx\nday: 2024-02-29\nparts: [{month: 7, factor: 1e3}]\nvalues: {NO: NOR}"
    sheet = checked(Sheet, parse_yaml(text, "a.yaml", as_text=True))
    assert (sheet.name, sheet.day, sheet.parts[0]) == ("5", date(2024, 2, 29), Part(month=7, factor=1000))
    assert sheet.values == {"NO": "NOR"}


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("kind: csv", (1, "name", "", "is missing", "")),
        ("name: a\nkind: ods", (2, "kind", "ods", "is not known", "'csv' or 'xlsx'")),
        ("name: a\nparts: 3", (2, "parts", "3", "is not a list", "a list")),
        ("name: a\nparts: [4]", (2, "parts[0]", "4", *["is not a table of keys and values", "a table of keys and values"])),
        ("name: a\nparts:\n  - month: July", (3, "parts[0].month", "July", "is not a whole number", "a whole number")),
        ("name: a\nparts:\n  - month: 13", (3, "parts[0].month", "13", "is out of bounds", "at most 12")),
        ("name: a\nparts:\n  - factor: [1]", (3, "parts[0].factor", "['1']", "is not a number", "a number")),
        ("name: a\nday: 2024-02-30", (2, "day", "2024-02-30", "is not a day", "a day as 2025-07-01")),
        ("name: a\nvalues: b", (2, "values", "b", *["is not a table of keys and values", "a table of keys and values"])),
        ("name: [a]", (1, "name", "['a']", "is not text", "text")),
        ("name: a\nparts: [{mnth: 1}]", (2, "parts[0].mnth", "", "is no key known here, did you mean `month`?", "factor, month")),
        ("", (1, "", "", "is not a table of keys and values", "a table of keys and values")),
    ],
)  # fmt: skip
def test_a_fault_has_line_key_value_and_what_is_allowed(text: str, fault: tuple[object, ...]) -> None:
    result, found = faults(Sheet, parse_yaml(text, "a.yaml", as_text=True))
    assert result is None
    assert [(f.line, f.key, f.value, f.message, f.allowed) for f in found] == [fault]


def test_one_fault_is_one_sentence_and_many_are_counted() -> None:
    with pytest.raises(InvalidInput) as one:
        checked(Sheet, parse_yaml("name: a\nkind: ods", "a.yaml"))
    assert one.value.fact == "a.yaml, line 2: `kind` is not known (`ods`); allowed: 'csv' or 'xlsx'."
    with pytest.raises(InvalidInput) as many:
        checked(Sheet, parse_yaml("\n".join(f"key{n}: 1" for n in range(9)), "a.yaml"))
    assert many.value.fact == "a.yaml has 10 problems."
    assert "and 5 more" in many.value.evidence


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"a: " + b"b" * 300_000, "too large"),
        (b"a: 1\nb: \xff", "line 2: not UTF-8"),
        (None, "cannot be read"),
    ],
)
def test_a_file_is_bounded_and_utf8(tmp_path: Path, raw: bytes | None, said: str) -> None:
    path = tmp_path / "a.yaml"
    if raw is not None:
        path.write_bytes(raw)
    with pytest.raises(InvalidInput, match=said):
        read_yaml(path)


def test_a_byte_order_mark_is_no_part_of_the_first_key(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(b"\xef\xbb\xbfname: a\n")
    assert read_yaml(path).content == {"name": "a"}


def test_a_place_the_file_lacks_has_the_line_around_it() -> None:
    document = Document("a.yaml", {}, {(): 1, ("parts",): 4})
    assert document.line(("parts", 2, "month")) == 4
