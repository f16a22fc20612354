"""A new case from another of the region: what stays, what goes, and that it can be used at once."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from karwan.analysis.corridors import CorridorStudy
from karwan.case import read_case
from karwan.case.case import inspect_case
from karwan.case.like import NewCase, write_like
from karwan.errors import InvalidInput, UnknownName
from karwan.project import Project

DAY = date(2026, 11, 24)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> NewCase:
    return write_like("UZB", "PAK", "kaz-pak", tmp_path_factory.mktemp("like") / "uzb-pak", DAY)


def test_the_region_stays_and_the_pair_goes(made: NewCase) -> None:
    folder = made.files[0].parent
    case, problems = inspect_case(folder)
    assert case is not None and not [one for one in problems if one.severity == "error"]
    base = read_case("kaz-pak")
    for table in ("nodes", "links", "crossings", "rates", "parameters", "regimes", "terminals"):
        assert case[table].height == base[table].height
    for table in ("flows", "commitments", "milestones", "targets", "agreements", "ventures"):
        assert case[table].is_empty() and table in made.empty
    assert case["corridors"]["name"].to_list() == ["Any", "Road and rail", "Road"]
    assert set(case["corridors"]["basis"]) == {"assumed"}
    assert set(case["products"]["exporter"]) == {"PAK"}
    assert set(case["tariffs"]["product_id"].drop_nulls()) <= set(case["products"]["product_id"])


def test_places_are_those_of_the_other_case_or_the_best_linked(made: NewCase) -> None:
    settings = read_case(made.files[0].parent).settings
    assert settings.destinations == read_case("kaz-pak").settings.destinations
    assert len(settings.origins) == 2
    assert (settings.party_a, settings.party_b, settings.as_of) == ("UZB", "PAK", DAY)


def test_what_is_no_country_and_a_full_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match=r"no city in MNG(.|\n)*UZB"):
        write_like("MNG", "PAK", "kaz-pak", tmp_path / "new", DAY)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "a").write_text("x")
    with pytest.raises(InvalidInput, match="not empty"):
        write_like("UZB", "PAK", "kaz-pak", tmp_path / "full", DAY)
    assert not (tmp_path / "new").exists()


def test_the_ways_of_the_network_are_compared_at_once(made: NewCase) -> None:
    """Without a corridor of its own the case has the cheapest way by each set of modes, open on the day, and never a paper of the other pair."""
    case = read_case(made.files[0].parent)
    routes = Project(case).compare(as_of=DAY).tables["routes"]
    assert set(routes["status"]) == {"open"}
    usd = {
        name: routes.filter(pl.col("corridor") == name)["usd_20t"].to_numpy()
        for name in ("Road", "Road and rail", "Any")
    }
    assert (usd["Any"] <= usd["Road and rail"]).all() and (usd["Road and rail"] <= usd["Road"]).all()
    assert (usd["Any"] < usd["Road"]).any()
    assert case.settings.title == "Uzbekistan - Pakistan"


def test_a_pair_whose_goods_the_other_case_does_not_know_still_has_a_brief(tmp_path: Path) -> None:
    """No load, no price: what is missing is said, trips are left alone."""
    folder = tmp_path / "uzb-afg"
    made = write_like("UZB", "AFG", "kaz-pak", folder, DAY)
    assert "products" in made.empty
    case = read_case(folder)
    assert case.settings.reference_product == ""
    assert Project(case).observed().tables["trips"].is_empty()
    assert not CorridorStudy(case, DAY).comparable
