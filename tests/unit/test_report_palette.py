"""Colours of the report: contrast and safety."""

import pytest

from karwan.report import palette


def test_contrast_of_black_and_white_is_twenty_one() -> None:
    assert palette.contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert palette.contrast("#777777", "#777777") == pytest.approx(1.0)


@pytest.mark.parametrize("colour", ["INK", "MUTED", "ACCENT", "ALERT", "ASSUMED", "SEA_INK"])
def test_text_colours_meet_double_a_on_paper_and_panel(colour: str) -> None:
    found = getattr(palette, colour)
    papers = [palette.SEA] if colour == "SEA_INK" else [palette.PAPER, palette.PANEL, "#ffffff"]
    assert all(palette.contrast(found, paper) >= 4.5 for paper in papers)


@pytest.mark.parametrize("colour", ["#ffff00", "#b8860b", "#3f7d4e", "#ffffff", "#000000"])
def test_any_corridor_colour_becomes_readable_text(colour: str) -> None:
    assert palette.contrast(palette.text_colour(colour), palette.PAPER) >= 4.5


@pytest.mark.parametrize("colour", [*palette.SECTORS, *palette.STATUS.values(), *palette.SERIES])
def test_labels_on_fills_are_readable(colour: str) -> None:
    assert palette.contrast(palette.on_colour(colour), colour) >= 4.5


@pytest.mark.parametrize(
    "value", ["red", "#12345", "#1234567", '#123456" onload="x', "url(#x)", None, 7, "#12345g"]
)
def test_other_colours_fall_back(value: object) -> None:
    assert palette.safe_colour(value, 1) == palette.SERIES[1]


def test_safe_colour_keeps_hex() -> None:
    assert palette.safe_colour("#AbCdEf") == "#abcdef"


def test_stage_shades_differ() -> None:
    shades = {palette.stage_fill("#1f6f8b", kind) for kind in palette.STAGES}
    assert len(shades) == len(palette.STAGES)
