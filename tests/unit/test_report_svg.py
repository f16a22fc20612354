"""Drawing primitives: scales, valid markup, text that fits."""

import math
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from karwan.report import fonts
from karwan.report.svg import Drawing, Scale, fmt, legend, linear, logarithmic
from tests.sample_brief import HOSTILE


def test_linear_scale_includes_zero_and_holds_edges() -> None:
    scale = linear([2.0, 10.0], 0, 100)
    assert scale(0) == 0
    assert scale(10) == 100
    assert scale(5) == 50
    assert scale(99) == 100


def test_logarithmic_scale_gives_equal_steps_to_equal_ratios() -> None:
    scale = logarithmic([1.0, 1000.0], 0, 300)
    assert scale(10) - scale(1) == pytest.approx(scale(100) - scale(10))
    assert scale.ticks() == [1.0, 10.0, 100.0, 1000.0]


@given(st.lists(st.floats(-1e9, 1e9, allow_nan=False), max_size=8))
def test_linear_ticks_lie_inside_and_are_few(values: list[float]) -> None:
    scale = linear(values, 0, 100)
    ticks = scale.ticks(5)
    assert 1 <= len(ticks) <= 12
    assert all(
        scale.low - 1e-6 * abs(scale.low) <= t <= scale.high + 1e-6 * abs(scale.high) + 1e-9 for t in ticks
    )


@given(st.lists(st.floats(1e-3, 1e12), min_size=1, max_size=6))
def test_logarithmic_ticks_lie_inside(values: list[float]) -> None:
    scale = logarithmic(values, 0, 100)
    assert scale.ticks()
    assert all(math.isfinite(scale(t)) for t in scale.ticks())


def test_scale_of_one_value_is_finite() -> None:
    assert linear([], 0, 10)(0.5) == 5
    assert Scale(3, 3, 0, 10)(3) == 0


@pytest.mark.parametrize(("value", "shown"), [(1.0, "1"), (1.256, "1.26"), (-0.001, "0"), (10.50, "10.5")])
def test_coordinates_are_short(value: float, shown: str) -> None:
    assert fmt(value) == shown


@pytest.mark.parametrize("hostile", HOSTILE)
def test_drawing_is_strict_xml_whatever_it_says(hostile: str) -> None:
    drawing = Drawing("d", 100, 50, hostile, hostile)
    drawing.text(1, 2, hostile, halo="#ffffff")
    drawing.rect(0, 0, 5, 5, "#123456", title=hostile)
    legend(drawing, 0, 10, [("#123456", hostile)], room=100)
    root = ET.fromstring(drawing.render())
    tags = {element.tag.split("}")[1] for element in root.iter()}
    assert tags <= {"svg", "title", "desc", "text", "rect", "defs"}
    assert root.attrib["aria-labelledby"] == "d-t d-d"


def test_legend_wraps_into_rows() -> None:
    drawing = Drawing("d", 200, 80, "t", "d")
    below = legend(drawing, 0, 10, [("#123456", "a rather long entry")] * 4, room=200)
    assert below > 10 + 2 * 16


@given(st.text(alphabet="abcdefghij Мұқ", max_size=60), st.floats(5, 200))
def test_fitted_text_is_never_wider_than_its_room(value: str, room: float) -> None:
    fitted = fonts.fit(value, 11, room)
    assert fitted in ("", value) or fitted.endswith("…")
    assert fitted == "" or fonts.text_width(fitted, 11) <= room


def test_wrapped_lines_fit_and_keep_the_words() -> None:
    lines = fonts.wrap("Textiles and clothing of cotton", 11, 90, lines=3)
    assert len(lines) <= 3
    assert all(fonts.text_width(line, 11) <= 90 for line in lines)
    assert lines[0].startswith("Textiles")
