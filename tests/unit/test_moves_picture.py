"""The picture of the workbench: corridors before and after under one set or two."""

from __future__ import annotations

from xml.etree import ElementTree

from karwan.report.charts.moves import Move, draw_moves

ROWS = (
    Move(
        "North",
        "#0072b2",
        ("closed", "open", "closed"),
        ((6493, 6430, 6493), (18.0, 21.1, 18.0), (43.6, 44.9, 43.6)),
    ),
    Move(
        "South",
        "#d55e00",
        ("open", "open", "open"),
        ((5116, 5116, 4900), (12.2, 12.2, 12.2), (None, None, 18.0)),
    ),
)


def test_each_set_has_a_lane_and_what_does_not_move_says_so() -> None:
    drawn = draw_moves(ROWS, ("A", "B"), "Before and after")
    assert drawn is not None
    root = ElementTree.fromstring(drawn)
    texts = ["".join(one.itertext()) for one in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"under A", "under B", "closed → open / closed", "open", "6,430", "4,900", "no way"} <= set(texts)
    assert texts.count("same") == 6
    said = root.find("{http://www.w3.org/2000/svg}desc")
    assert said is not None and said.text is not None
    assert (
        "North, closed → open / closed: money 6,493, A 6,430, B same (USD per 20 t); mean days 18.0"
        in said.text
    )


def test_one_set_has_one_lane_and_corridors_without_a_way_none() -> None:
    one = Move("North", "#0072b2", ("absent", "open"), ((None, 6430.0), (None, 21.1), (None, 44.9)))
    drawn = draw_moves((one,), ("A",), "Before and after")
    assert drawn is not None and "under B" not in drawn and "absent → open" in drawn
    assert (
        draw_moves((Move("North", "#0072b2", ("absent", "absent"), ((None, None),) * 3),), ("A",), "x")
        is None
    )
