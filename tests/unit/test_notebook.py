"""The facade in a notebook: short reprs, tables as HTML, pandas frames and plots."""

from __future__ import annotations

from xml.etree import ElementTree

import polars as pl
import pytest

from karwan.analysis.contract import Result
from karwan.analysis.registry import BY_NAME
from karwan.errors import InvalidInput, UnknownName
from karwan.project import Project, open_case
from karwan.project.answers import NotebookAnswer
from karwan.schema.frames import result_frame


@pytest.fixture(scope="module")
def project() -> Project:
    return open_case("toyland")


def test_reprs_are_short(project: Project) -> None:
    shown = [repr(project), repr(project.case), repr(project.trade), repr(project.trade.goods())]
    assert all(len(text) < 200 for text in shown)
    assert shown[0].startswith("Project toyland: ")
    assert shown[3].startswith("trade goods: goods (3)")


def test_questions_of_the_pair_are_answered(project: Project) -> None:
    trade = project.trade
    for answer in (trade.status(), trade.mirror(), trade.growth(), trade.goods(), trade.target()):
        assert any(table.height for table in answer.tables.values())
        html = answer._repr_html_()
        assert html.startswith("<table>") and len(html) < 40_000
    a, b = project.case.parties.codes
    direct = project.mirror(a, b)
    assert trade.mirror().table().equals(next(t for t in direct.tables.values() if t.height))


def test_a_table_goes_to_pandas_and_to_a_picture(project: Project) -> None:
    goods = project.trade.goods()
    assert list(goods.to_pandas()["product_id"]) == goods.table("goods")["product_id"].to_list()
    drawn = goods.plot(value="landed_usd_t")._repr_svg_()
    assert ElementTree.fromstring(drawn).tag.endswith("svg")
    assert drawn.count("<rect") >= goods.table().height
    with pytest.raises(UnknownName, match="no table"):
        goods.table("nothing")
    with pytest.raises(InvalidInput, match="no figures"):
        goods.plot(value="product")


def test_html_escapes_what_a_case_says() -> None:
    rows = [{"product_id": "x", "product": "<script>alert(1)</script>", "verdict": "no"}]
    answer = NotebookAnswer(BY_NAME["trade goods"], Result({"goods": result_frame("goods_verdicts", rows)}))
    assert "<script>" not in answer._repr_html_()


def test_routes_and_scenarios_of_the_project(project: Project) -> None:
    assert project.scenario("fast_yard").case.scenarios[0].scenario_id == "fast_yard"
    settings = project.case.settings
    found = project.routes(
        settings.origins[0],
        settings.destinations[0],
        product=settings.reference_product,
        tonnes=20,
        departure=settings.as_of,
    )
    assert isinstance(found.table("routes"), pl.DataFrame) and found.table("routes").height
