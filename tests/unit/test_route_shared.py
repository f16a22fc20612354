"""What the networks of one case share from question to question."""

from __future__ import annotations

from datetime import date

import pytest

from karwan.analysis.contract import Inputs
from karwan.analysis.requests import RouteRequest
from karwan.analysis.route import answer_route, query
from karwan.case import Case

DAY = date(2025, 7, 10)
ASKED = (
    RouteRequest("Alford", "Cove", "beans", 20.0, DAY),
    RouteRequest("Cove", "Alford", "fruit", 24.0, DAY),
    RouteRequest("Alford", "Cove", "beans", 20.0, date(2025, 12, 1), opened=("Zenith",)),
    RouteRequest("Alford", "Cove", "beans", 44.0, DAY, registration="XTC"),
)


def test_an_answer_is_the_same_whatever_was_asked_before(
    toyland: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    after_others = [answer_route(Inputs(toyland), one) for one in ASKED]
    monkeypatch.setattr(query, "_MOST_SHARED", 0)  # nothing is shared any more
    for one, shared in zip(ASKED, after_others, strict=True):
        alone = answer_route(Inputs(toyland), one)
        assert alone.meta == shared.meta and alone.notes == shared.notes
        assert all(table.equals(shared.tables[name]) for name, table in alone.tables.items())


def test_only_networks_of_the_same_tables_share(toyland: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    first = query.shared_by(toyland.tables)
    assert query.shared_by(toyland.tables) is first
    assert query.shared_by(dict(toyland.tables)) is not first
    again = query.shared_by(toyland.tables)
    monkeypatch.setattr(query, "_MOST_SHARED", 2)
    assert query.shared_by(toyland.tables) is again
    assert query.shared_by(toyland.tables) is not again
