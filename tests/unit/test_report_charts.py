"""Charts: strictly valid, nothing for nothing, the geometry that carries the message."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from datetime import date

import polars as pl
import pytest

from karwan.analysis.sections import Brief
from karwan.report.charts import (
    annual,
    arrivals,
    basis,
    chances,
    criticality,
    fan,
    growth,
    landed,
    ports,
    potential,
    reconciled,
    sides,
    stages,
    status,
    timeline,
    treemap,
    validation,
    worth,
)
from karwan.report.sections.corridors import headline_routes
from karwan.report.sections.standing import directions, main_target
from karwan.report.svg import Drawing
from tests.sample_brief import empty_brief, hostile_brief, sample_brief

NAMES = {"KAZ": "Kazakhstan", "PAK": "Pakistan"}
CHARTS: dict[str, Callable[[Brief], str | None]] = {
    "annual": lambda b: annual.draw_annual(b.standing.annual, main_target(b), directions(b)),
    "growth": lambda b: growth.draw_growth(b.standing.growth, NAMES),
    "reconciled": lambda b: reconciled.draw_reconciled(b.standing.reconciled),
    "stages": lambda b: stages.draw_stages(headline_routes(b, "a_to_b"), b.corridors.stages, "s", "t"),
    "arrivals": lambda b: arrivals.draw_arrivals(
        headline_routes(b, "a_to_b"), b.corridors.arrivals, "a", "t"
    ),
    "validation": lambda b: validation.draw_validation(b.corridors.validation),
    "criticality": lambda b: criticality.draw_criticality(b.corridors.criticality),
    "landed": lambda b: landed.draw_landed(b.goods.landed, "l", "t"),
    "potential": lambda b: potential.draw_potential(b.goods.potential),
    "treemap": lambda b: treemap.draw_treemap(b.goods.groups, "g", "t"),
    "ports": lambda b: ports.draw_ports(b.ports.ports),
    "status": lambda b: status.draw_status(b.plan.by_domain),
    "timeline": lambda b: timeline.draw_timeline(b.plan.milestones, b.as_of),
    "worth": lambda b: worth.draw_worth(b.plan.worth),
    "sides": lambda b: sides.draw_sides(b.plan.worth, (b.name_a, b.name_b)),
    "fan": lambda b: fan.draw_fan(b.target.fan, main_target(b)),
    "chances": lambda b: chances.draw_chances(b.target.chances, b.target.base_rate),
    "basis": lambda b: basis.draw_basis(b.basis.shares),
}


@pytest.mark.parametrize("name", CHARTS)
@pytest.mark.parametrize("make", [sample_brief, hostile_brief])
def test_chart_is_strict_xml_with_title_and_description(name: str, make: Callable[[], Brief]) -> None:
    svg = CHARTS[name](make())
    assert svg is not None
    root = ET.fromstring(svg)
    assert root.attrib["role"] == "img"
    kinds = [child.tag.split("}")[1] for child in root][:2]
    assert kinds == ["title", "desc"]
    assert all(child.text for child in list(root)[:2])
    assert "nan" not in svg.lower().replace("finance", "") or "NaN" not in svg


@pytest.mark.parametrize("name", CHARTS)
def test_no_rows_give_no_chart(name: str) -> None:
    assert CHARTS[name](empty_brief()) is None


@pytest.mark.parametrize("name", CHARTS)
def test_numbers_that_are_all_missing_break_no_chart(name: str) -> None:
    brief = sample_brief()
    blank = {
        "growth": lambda: growth.draw_growth(_blank(brief.standing.growth), NAMES),
        "annual": lambda: annual.draw_annual(_blank(brief.standing.annual), None, directions(brief)),
        "reconciled": lambda: reconciled.draw_reconciled(_blank(brief.standing.reconciled)),
        "stages": lambda: stages.draw_stages(
            _blank(headline_routes(brief, "a_to_b")), brief.corridors.stages, "s", "t"
        ),
        "arrivals": lambda: arrivals.draw_arrivals(
            _blank(headline_routes(brief, "a_to_b")), brief.corridors.arrivals, "a", "t"
        ),
        "validation": lambda: validation.draw_validation(_blank(brief.corridors.validation)),
        "criticality": lambda: criticality.draw_criticality(_blank(brief.corridors.criticality)),
        "landed": lambda: landed.draw_landed(_blank(brief.goods.landed), "l", "t"),
        "potential": lambda: potential.draw_potential(_blank(brief.goods.potential)),
        "treemap": lambda: treemap.draw_treemap(_blank(brief.goods.groups), "g", "t"),
        "ports": lambda: ports.draw_ports(_blank(brief.ports.ports)),
        "status": lambda: status.draw_status(_blank(brief.plan.by_domain)),
        "timeline": lambda: timeline.draw_timeline(
            brief.plan.milestones.with_columns(date=pl.lit(None)), brief.as_of
        ),
        "worth": lambda: worth.draw_worth(_blank(brief.plan.worth)),
        "sides": lambda: sides.draw_sides(_blank(brief.plan.worth), ("A", "B")),
        "fan": lambda: fan.draw_fan(_blank(brief.target.fan), None),
        "chances": lambda: chances.draw_chances(_blank(brief.target.chances), _blank(brief.target.base_rate)),
        "basis": lambda: basis.draw_basis(_blank(brief.basis.shares)),
    }
    assert blank[name]() is None


def _blank(table: pl.DataFrame) -> pl.DataFrame:
    return table.with_columns(
        pl.lit(None).cast(kind).alias(name) for name, kind in table.schema.items() if kind.is_numeric()
    )


def test_annual_bars_start_at_zero_on_one_scale() -> None:
    table = pl.DataFrame(
        {
            "reporter": ["A", "B"],
            "reporter_name": ["A", "B"],
            "year_label": ["2024", "2024"],
            "direction": ["total", "total"],
            "period_start": [date(2024, 1, 1)] * 2,
            "period_end": [date(2024, 12, 31)] * 2,
            "value_usd": [1e8, 5e8],
            "basis": ["observed"] * 2,
        }
    )
    svg = annual.draw_annual(table, (1e9, date(2026, 12, 31), "t"), {"total": "both"})
    assert svg is not None
    bars = [
        float(r.attrib["height"])
        for r in ET.fromstring(svg).iter()
        if r.tag.endswith("rect") and float(r.attrib["width"]) > 20
    ]
    assert bars[1] / bars[0] == pytest.approx(5, rel=0.01)


def test_both_directions_are_stacked_and_never_summed_with_a_total() -> None:
    rows = [
        {"direction": w, "value_usd": v, "basis": "observed"}
        for w, v in (("total", 9.0), ("a_to_b", 4.0), ("b_to_a", 5.0))
    ]

    def stacked(rows: list[dict[str, object]]) -> list[tuple[str, float, bool]]:
        return [(part.direction, part.usd, part.weak) for part in annual._stacked(rows)]

    assert stacked(rows) == [("a_to_b", 4.0, False), ("b_to_a", 5.0, False)]
    assert stacked(rows[:2]) == [("total", 9.0, False)]
    assert stacked(rows[1:2]) == [("a_to_b", 4.0, False)]


def test_treemap_areas_follow_values_and_fill_the_box() -> None:
    values = [21.0, 9.0, 7.5, 6.0, 2.2, 1.4, 0.4]
    boxes = treemap.squarify(values, (0, 0, 740, 250))
    areas = [w * h for _, _, w, h in boxes]
    assert sum(areas) == pytest.approx(740 * 250)
    assert [a / sum(areas) for a in areas] == pytest.approx([v / sum(values) for v in values])


def test_treemap_matches_the_published_example() -> None:
    """Bruls et al. (2000), figure 4: 6, 6, 4, 3, 2, 2, 1 in 6 by 4 starts with two of 3 by 2."""
    boxes = treemap.squarify([6, 6, 4, 3, 2, 2, 1], (0, 0, 6, 4))
    assert boxes[0] == pytest.approx((0, 0, 3, 2))
    assert boxes[1] == pytest.approx((0, 2, 3, 2))
    assert boxes[2] == pytest.approx((3, 0, 12 / 7, 7 / 3))


def test_timeline_names_meet_neither_each_other_nor_a_later_stem() -> None:
    brief = sample_brief()
    svg = timeline.draw_timeline(brief.plan.milestones, brief.as_of)
    assert svg is not None
    rows = sorted(brief.plan.milestones.iter_rows(named=True), key=lambda r: r["date"])
    scale = timeline.Scale(rows[0]["date"].toordinal() - 10, rows[-1]["date"].toordinal() + 10, 8, 510)
    lanes = timeline._lanes([(r["date"], r) for r in rows], scale)
    ends = [
        x + 4 + max(timeline.text_width(line, timeline._SIZE, stretch="semi-condensed") for line in lines)
        for _, x, lines in lanes
    ]
    for k, (lane, _, _) in enumerate(lanes):
        for later, later_x, lines in lanes[k + 1 :]:
            assert ends[k] <= later_x or lane >= later + len(lines)
    assert max(ends) <= timeline.WIDTH


def test_long_row_names_take_two_lines_and_are_whole() -> None:
    drawing = Drawing("k", 400, 100, "t", "d")
    drawing.row_name(50, "Surgical and medical instruments, PAK to KAZ", 178)
    drawing.row_name(80, "Onions", 178)
    texts = re.findall(r'y="([\d.]+)"[^>]*>([^<]+)</text>', drawing.render())
    assert " ".join(text for _, text in texts) == "Surgical and medical instruments, PAK to KAZ Onions"
    first, second, short = (float(y) for y, _ in texts)
    assert first < 50 < second and second - first > 10 and short == 80


def test_assumed_bars_are_hatched_open() -> None:
    svg = CHARTS["annual"](sample_brief())
    assert svg is not None and 'stroke-dasharray="3 2"' in svg


def _bars(svg: str) -> list[tuple[float, float]]:
    """Top and width of each bar of a picture."""
    found = re.findall(r'<rect x="[\d.]+" y="([\d.]+)" width="([\d.]+)"', svg)
    return [(float(y), float(width)) for y, width in found]


def test_bars_of_gains_are_as_long_as_the_money_and_small_ones_have_a_scale_of_their_own() -> None:
    """A loss of 5 m beside a gain of 200 m is a fortieth of its bar; promises of thousands are drawn below, larger, and that is said."""
    columns = ("scenario_id", "title", "shared", "basis", *sides.COLUMNS, *sides.BAND)
    rows = [
        ("big", "Open the border", 1, "assumed", -5e6, 200e6, 100e6, -10e6, 400e6),
        ("small", "Hand over faster", 1, "observed", 0.1e6, 0.4e6, 0.0, None, None),
    ]
    svg = sides.draw_sides(pl.DataFrame(rows, schema=list(columns), orient="row"), ("A", "B"))
    assert svg is not None
    bars = _bars(svg)
    big = sorted(width for y, width in bars if y == min(y for y, _ in bars))
    small = sorted(width for y, width in bars if y > min(y for y, _ in bars))
    assert big[0] / big[2] == pytest.approx(5 / 200, rel=0.05) and big[1] / big[2] == pytest.approx(
        0.5, rel=0.02
    )
    assert small[0] / small[1] == pytest.approx(0.25, rel=0.05)
    assert "510 times as long" in svg and "200 m†" in svg and "400 k†" not in svg
    assert "−10 m to 400 m" in svg.replace("\u00a0", " ")
