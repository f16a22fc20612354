"""Questions of trade on a case that has no network, places or goods yet."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from karwan.analysis.contract import Inputs
from karwan.analysis.goods_verdicts import answer_goods
from karwan.analysis.mirror import trade_mirror
from karwan.analysis.reconciled import case_freight
from karwan.analysis.trade_requests import GoodsRequest, MirrorRequest
from karwan.case import Case, read_case
from karwan.errors import KarwanError, UnknownName
from karwan.project import new_case, open_case
from karwan.store import open_store
from karwan.trade.mirror.cif import PUBLISHED_MEAN
from karwan.words import sentences


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Case:
    folder = tmp_path_factory.mktemp("bare") / "uzb-pak"
    new_case("UZB", "PAK", folder, date(2026, 11, 1))
    return read_case(folder)


def _with_flow(case: Case) -> Case:
    """The case with one report by Uzbekistan of what it sells to Pakistan."""
    kinds = case["flows"].schema
    row: dict[str, Any] = dict.fromkeys(kinds)
    row |= {
        "flow_id": "f1",
        "reporter": "UZB",
        "direction": "a_to_b",
        "product_group": "all",
        "value_kind": "trade",
        "value_usd": 150e6,
        "period_start": date(2025, 1, 1),
        "period_end": date(2025, 12, 31),
        "period_kind": "calendar_year",
        "statistics": "official",
        "source_id": "judgement",
        "basis": "observed",
    }
    unknown = set(row) - set(kinds)
    assert not unknown, f"flows.csv has no {unknown}"
    return case.with_tables({"flows": pl.DataFrame([row], schema=kinds)})


def test_both_sides_are_reconciled_without_places(bare: Case) -> None:
    freight = case_freight(bare)
    assert set(freight.shares.values()) == {PUBLISHED_MEAN}
    assert "names no places" in freight.basis
    result = trade_mirror(Inputs(_with_flow(bare)), MirrorRequest("UZB", "PAK"))
    found = result.tables["reconciled by year"].filter(year=2025, direction="a_to_b")
    assert found["value_usd"].to_list() == pytest.approx([150e6])


def test_a_store_without_reports_leaves_the_case_alone(bare: Case, tmp_path: Path) -> None:
    store = str(tmp_path / "empty.duckdb")
    with open_store(store, create=True):
        pass
    request = MirrorRequest("UZB", "PAK")
    with pytest.raises(UnknownName, match="does not know both"):
        trade_mirror(Inputs(bare, store), request)
    told = trade_mirror(Inputs(_with_flow(bare), store), request)
    assert told.tables["both sides by year"].height
    assert any("the store adds nothing" in sentence for sentence in sentences(told.notes))
    with pytest.raises(KarwanError):
        trade_mirror(Inputs(_with_flow(bare), store), MirrorRequest("UZB", "PAK", year=2019))


def test_goods_without_a_network_lack_a_corridor(bare: Case, toyland: Case) -> None:
    assert sentences(answer_goods(Inputs(bare), GoodsRequest()).notes) == [
        "The case lists no goods: fill products.csv, or open a case `karwan case new A B --like kaz-pak` made."
    ]
    without = toyland.with_tables(
        {name: toyland[name].clear() for name in ("links", "corridors", "services")}
    )
    goods = answer_goods(Inputs(without), GoodsRequest()).tables["goods"]
    assert goods.height == 3
    assert set(goods["lacks"]) == {"corridor"}


@pytest.mark.parametrize("method", ["status", "target", "growth", "potential"])
def test_other_questions_of_trade_answer(bare: Case, method: str) -> None:
    assert bare.folder is not None
    project = open_case(bare.folder)
    asked = {"growth": ("UZB", "PAK"), "potential": ("UZB", "PAK")}.get(method, ())
    answer = getattr(project, method)(*asked)
    assert not any(table.height for table in answer.tables.values())
    said = sentences([*answer.notes, *answer.alerts])
    assert any("publishes no figures of trade yet" in one for one in said) or (method == "target" and said)
