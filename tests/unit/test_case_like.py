"""A new case from another of the region: what stays, what goes, and that it can be used at once."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from karwan.case import read_case
from karwan.case.case import inspect_case
from karwan.case.like import NewCase, write_like
from karwan.errors import InvalidInput, UnknownName

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
    for table in ("flows", "commitments", "milestones", "targets", "corridors", "ventures"):
        assert case[table].is_empty() and table in made.empty
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
