"""Delimited text block by block: line ends, trailing delimiters and bytes that are not text."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from karwan.store.reading import no_progress
from karwan.store.sources.content import Content
from karwan.store.sources.delimited import BadTable, read_blocks


def rows(folder: Path, text: bytes, *needed: str, encoding: str = "utf-8") -> list[tuple[object, ...]]:
    """Line, fault and needed cells of every row, by line."""
    path = folder / "table.csv"
    path.write_bytes(text)
    content = Content(path, None, len(text))
    blocks = list(read_blocks(content, needed, encoding=encoding, progress=no_progress))
    return pl.concat(blocks).sort("line").select("line", "fault", *needed).rows()


def test_lines_that_end_in_cr_alone_are_lines(tmp_path: Path) -> None:
    assert rows(tmp_path, b"a,b\rKAZ,1\rPAK,2", "a", "b") == [(2, None, "KAZ", "1"), (3, None, "PAK", "2")]


def test_a_header_with_a_stray_cr_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadTable, match="header line cannot be read"):
        rows(tmp_path, b"a,b\rKAZ,1\nPAK,2\n", "a")


@pytest.mark.parametrize("second", ["PAK,2,", "PAK,2", "PAK,2,,"])
def test_empty_cells_beyond_the_header_are_no_fault(tmp_path: Path, second: str) -> None:
    text = f"a,b\nKAZ,1,\n{second}\n"
    assert rows(tmp_path, text.encode(), "a", "b") == [(2, None, "KAZ", "1"), (3, None, "PAK", "2")]


def test_a_value_beyond_the_header_is_a_fault(tmp_path: Path) -> None:
    found = rows(tmp_path, b"a,b\nKAZ,1,\nPAK,2,x\nUZB\n", "a")
    assert found == [
        (2, None, "KAZ"),
        (3, "3 cells where the header has 2", "PAK"),
        (4, "1 cells where the header has 2", None),
    ]


def test_a_short_row_that_is_not_text_is_one_reject(tmp_path: Path) -> None:
    found = rows(tmp_path, "a,b\nCôte,1\n".encode() + b"P\xe0K\nKAZ,2\n", "a", "b")
    assert found == [
        (2, None, "Côte", "1"),
        (3, "1 cells where the header has 2", None, None),
        (4, None, "KAZ", "2"),
    ]


def test_bytes_outside_the_encoding_reject_their_row(tmp_path: Path) -> None:
    text = "a,b\nСтрана,1\n".encode("cp1251") + b"x\x98,2\n"
    assert rows(tmp_path, text, "a", "b", encoding="cp1251") == [
        (2, None, "Страна", "1"),
        (3, "bytes that are not cp1251 text: mixed encodings", None, "2"),
    ]


def test_a_character_cut_by_a_block_is_whole(tmp_path: Path) -> None:
    """Blocks of 8 MiB end within two-byte letters."""
    letter = "é".encode()
    text = b"a,b\n" + b"".join(letter * 50_000 + b",%d\n" % n for n in range(90)) + b"last,z\n"
    found = rows(tmp_path, text, "a", "b")
    assert len(found) == 91
    assert {row[1] for row in found} == {None}
    assert found[-1] == (92, None, "last", "z")
