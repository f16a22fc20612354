"""Fonts of the report: found, cut, embedded, or done without."""

import base64
import io
import re
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

from karwan.report import fonts

KAZAKH = "ӘәІіҢңҒғҮүҰұҚқӨөҺһ"


def test_embedded_fonts_hold_kazakh_and_urdu() -> None:
    css = fonts.font_css(KAZAKH + "پاکستان ٹڈڑںےہگچ")
    held: dict[str, set[int]] = {}
    for family, data in re.findall(r"font-family:'([^']+)'.*?base64,([^)]+)\)", css):
        with TTFont(io.BytesIO(base64.b64decode(data))) as font:
            held.setdefault(family, set()).update(font.getBestCmap())
    assert set(map(ord, KAZAKH)) <= held[fonts.SANS]
    assert set(map(ord, KAZAKH)) <= held[fonts.SERIF]
    assert set(map(ord, "پاکستان" + "ٹڈڑںےہگچ")) <= held[fonts.ARABIC]


def test_arabic_is_embedded_only_when_used() -> None:
    assert fonts.ARABIC not in fonts.font_css("Kazakhstan")


def test_cut_fonts_are_the_same_bytes_each_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut anew, kept, and where nothing can be kept."""
    (tmp_path / "file").write_text("no folder")
    pages = []
    for folder in ("kept", "kept", "other", "file"):
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / folder))
        fonts.cut.cache_clear()
        pages.append(fonts.font_css("abc"))
    assert set(pages) == {pages[0]}
    assert len(list((tmp_path / "kept" / "karwan" / "fonts").glob("*.woff"))) == pages[0].count("@font-face")


def test_a_font_that_was_cut_is_not_cut_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    path = fonts.font_path(fonts.FACES[2])
    assert path is not None
    first = fonts.cut(path, "xyz", "any")
    fonts.cut.cache_clear()
    monkeypatch.setattr(fonts, "cut_anew", lambda *arguments: pytest.fail("cut again"))
    assert fonts.cut(path, "xyz", "any") == first


def test_figures_are_tabular() -> None:
    assert len({fonts.advances()[ord(c)] for c in "0123456789"}) == 1


def test_without_files_nothing_is_embedded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "font_folder", lambda: None)
    assert fonts.font_css("abc") == ""
    assert fonts.font_path(fonts.FACES[0]) is None


def test_the_licence_lies_beside_the_files() -> None:
    folder = fonts.font_folder()
    assert folder is not None
    assert "SIL Open Font License, Version 1.1" in (folder / "OFL.txt").read_text(encoding="utf-8")
    assert all(fonts.font_path(face) for face in fonts.FACES)
