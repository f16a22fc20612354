"""What leaves the program: whole files, cells no spreadsheet runs, JSON without Infinity, texts no terminal obeys."""

from __future__ import annotations

import errno
import json
import math
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from karwan.errors import NotWritten
from karwan.exports import beside, defused, json_text, printable, write_text
from karwan.schema.answer_text import defused_table


def test_a_file_takes_its_name_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    path.write_text("old")
    with beside(path) as part:
        part.write_text("new, half")
        assert path.read_text() == "old"
    assert path.read_text() == "new, half"
    assert [p.name for p in tmp_path.iterdir()] == ["a.html"]


def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    path.write_text("old")
    with pytest.raises(NotWritten, match="was not written") as caught, beside(path) as part:
        part.write_text("cut")
        raise OSError(errno.ENOSPC, "No space left on device")
    assert caught.value.evidence == "No space left on device"
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.html"]


def test_any_other_error_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), beside(tmp_path / "a.html") as part:
        part.write_text("cut")
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []


def test_a_device_and_a_link_are_kept(tmp_path: Path) -> None:
    target, link = tmp_path / "target.txt", tmp_path / "link.txt"
    target.write_text("old")
    link.symlink_to(target)
    write_text(link, "new")
    assert link.is_symlink() and target.read_text() == "new"
    write_text("/dev/null", "gone")
    assert Path("/dev/null").is_char_device()


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotWritten, match="nowhere"):
        write_text(tmp_path / "nowhere" / "a.txt", "text")


@pytest.mark.parametrize(
    "start", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1", "\n=1"]
)
def test_a_formula_becomes_a_text(start: str) -> None:
    assert defused(start) == "'" + start
    assert defused_table(pl.DataFrame({"a": [start]}))["a"].to_list() == ["'" + start]


@pytest.mark.parametrize(
    "text", ["-5", "+7", "-1.5e-3", "-12,5", "-3 %".replace(" ", ""), "", "a=b", "2025-01-01", "–", "Алматы"]
)
def test_other_cells_stay(text: str) -> None:
    assert defused(text) == text
    assert defused_table(pl.DataFrame({"a": [text]}))["a"].to_list() == [text]


def test_numbers_and_missing_stay() -> None:
    table = pl.DataFrame({"a": [None, "=1"], "b": [-1.5, None], "c": [-1, 2]})
    out = defused_table(table)
    assert out["b"].to_list() == [-1.5, None]
    assert out["a"].to_list() == [None, "'=1"]
    assert out["c"].to_list() == [-1, 2]


def test_json_has_no_infinity() -> None:
    content = {
        "a": [math.inf, -math.inf, math.nan, np.float64("inf"), np.float64(1.5), np.int64(3)],
        "b": {"c": (math.nan,)},
    }
    assert json.loads(json_text(content)) == {"a": [None, None, None, None, 1.5, 3], "b": {"c": [None]}}


def test_json_keeps_every_text_and_holds_no_bare_control_character() -> None:
    text = "a\x1b\x7f\x9b\u2028\u202e\ud800 Қостанай"
    written = json_text([text])
    assert json.loads(written) == [text]
    assert not set(written) & set("\x1b\x7f\x9b\u2028\u202e\ud800")
    assert "Қостанай" in written


def test_control_characters_are_shown() -> None:
    shown = printable("a\x1b[31m\x9b\x07\u202e\rb\tc\nd")
    assert shown == "a\\x1b[31m\\x9b\\x07\\u202e\\x0db\tc\nd"
