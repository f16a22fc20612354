"""Lines behind closures by hand, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from karwan.errors import InvalidInput
from karwan.transport.reliability import JourneyStages, moments, simulate
from karwan.transport.reliability.backlog import UnendingBacklog, cut_moments, line_ratio

INF = float("inf")


def shut(load: float, cap_days: float = INF, **columns: object) -> JourneyStages:
    """A gate shut from hour 24 to hour 72."""
    given = {
        "dated": [0],
        "dated_ptr": [0, 1],
        "dated_start_h": [24.0],
        "dated_end_h": [72.0],
        "backlog_load": [load],
        "backlog_cap_days": [cap_days],
        **columns,
    }
    return JourneyStages(name=("gate",), kind=[1], mean_h=[1.0], cv=[0.0], **given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("depart_h", "load", "cap_days", "wait_h"),
    [
        (0.0, 0.5, INF, 0.0),
        (24.0, 0.5, INF, 48.0),  # first in line
        (48.0, 0.5, INF, 24.0 + 12.0),  # a day to wait, half a day of trucks ahead
        (72.0, 0.5, INF, 24.0),  # open, two days of trucks at half capacity
        (96.0, 0.5, INF, 12.0),
        (120.0, 0.5, INF, 0.0),  # cleared after X load / (1 - load)
        (48.0, 0.0, INF, 24.0),
        (72.0, 0.0, INF, 0.0),
        (71.0, 0.5, 1.0, 1.0 + 12.0),  # nobody joined after the first day
        (84.0, 0.5, 1.0, 6.0),
    ],
)
def test_wait_in_and_after_a_dated_closure(
    depart_h: float, load: float, cap_days: float, wait_h: float
) -> None:
    drawn = simulate(shut(load, cap_days), depart_h=depart_h, journeys=2)
    assert drawn.hours.tolist() == pytest.approx([wait_h + 1.0] * 2)
    assert drawn.stage_hours["closure_h"][0] == pytest.approx(wait_h)


def test_line_of_a_closure_before_the_departure_is_met() -> None:
    past = shut(0.5, dated_start_h=[-60.0], dated_end_h=[-12.0])
    assert simulate(past, journeys=1).hours[0] == pytest.approx(1.0 + 24.0 - 6.0)


def test_hand_computed_mean_of_random_closures_with_a_line() -> None:
    # exponential closures of 4 days, one in 40 open days, load 1/2: ratio 0.1; met with probability 1/11;
    # an hour in line takes 1.1
    stages = JourneyStages(
        name=("gate",),
        kind=[1],
        mean_h=[0.0],
        cv=[0.0],
        closure_rate_per_day=[1 / 40],
        closure_mean_days=[4.0],
        backlog_load=[0.5],
    )
    assert line_ratio(stages).tolist() == pytest.approx([0.1])
    assert moments(stages).mean_h == pytest.approx(1 / 11 * 96.0 + 1.1 * (1 / 11 * 48.0 + 48.0 * 0.1 / 0.9))


def test_lines_that_never_clear_are_refused_and_a_cap_saves_them() -> None:
    columns = {"name": ("gate",), "kind": [1], "mean_h": [0.0], "cv": [0.0], "closure_rate_per_day": [0.1]}
    endless = JourneyStages(**columns, closure_mean_days=[10.0], backlog_load=[0.6])  # type: ignore[arg-type]
    for refuse in (simulate, moments):
        with pytest.raises(UnendingBacklog, match=r"gate: load 0\.6"):
            refuse(endless)
    capped = JourneyStages(  # type: ignore[arg-type]
        **columns, closure_mean_days=[10.0], backlog_load=[0.6], backlog_cap_days=[2.0]
    )
    assert moments(capped).mean_h > 0.5 * 240.0


def test_cap_of_nothing_leaves_the_closure_alone() -> None:
    assert cut_moments(3.0, float("nan"), 0.0) == (0.0, 0.0, 0.0)
    assert simulate(shut(0.9, 0.0), depart_h=48.0, journeys=1).hours[0] == 25.0


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"backlog_load": [1.0]}, "backlog_load 1 is outside"),
        ({"backlog_cap_days": [-1.0]}, "backlog_cap_days -1"),
        ({"dated_end_h": [np.inf]}, "dated_end_h must be finite"),
        ({"dated": [1]}, "dated 1 is not one of the 1"),
        ({"dated_end_h": [20.0]}, "start < end"),
        ({"queue_limit": 0.0}, "queue_limit is 0"),
    ],
)
def test_lines_out_of_bounds_are_refused(columns: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        shut(0.5, **columns)
    assert message in str(caught.value)


def test_two_stages_do_not_share_a_dated_closure() -> None:
    with pytest.raises(InvalidInput, match="used by 2 stages"):
        JourneyStages(
            name=("a", "b"),
            kind=[1, 1],
            mean_h=[1.0, 1.0],
            cv=[0.0, 0.0],
            dated=[0, 0],
            dated_ptr=[0, 1],
            dated_start_h=[0.0],
            dated_end_h=[1.0],
        )
