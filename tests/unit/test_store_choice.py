"""Which source of a store answers by default, and what is said of it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from karwan.analysis.contract import Inputs
from karwan.analysis.indicators import trade_indicators
from karwan.analysis.mirror import trade_mirror
from karwan.analysis.trade_requests import IndicatorRequest, MirrorRequest
from karwan.analysis.world_flows import store_world_flows
from karwan.errors import InvalidInput, UnknownName
from karwan.store import ingest, open_store
from karwan.store.sources import source_named
from karwan.store.sources.registry import Options
from karwan.words import sentences

MAPPING = """name: {0}
title: {0}
provider: test
licence: none
layout: csv
nomenclature: {1}
columns:
  exporter: {{column: exporter, codes: iso3}}
  importer: {{column: importer, codes: iso3}}
  reporter_side: {{value: reconciled}}
  period: year
  product: {{column: product, level: {2}}}
  value: value_usd
  valuation: {{value: fob}}
"""
ALL = ("KAZ", "PAK", "DEU", "FRA")


def _load(store: str, name: str, digits: int, years: Iterable[int], sellers: Iterable[str] = ALL) -> None:
    """A source in which every seller sells thirty products to every other country."""
    folder = Path(store).parent
    codes = [f"{n:0{digits}d}" for n in range(11, 41)] if digits > 1 else [str(n) for n in range(8)]
    rows = [
        f"{a},{b},{code},{10 + (n * (3 + 4 * ALL.index(a)) + n * n) % 97},{year}"
        for year in years
        for a in sellers
        for b in ALL
        if a != b
        for n, code in enumerate(codes)
    ]
    (folder / f"{name}.csv").write_text("\n".join(["exporter,importer,product,value_usd,year", *rows]))
    revision = "SITC" if digits == 1 else "HS17"
    (folder / f"{name}.yaml").write_text(MAPPING.format(name, revision, digits))
    with open_store(store, create=True) as opened:
        options = Options(mapping=str(folder / f"{name}.yaml"))
        ingest(opened, source_named("table").read(folder / f"{name}.csv", options))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Sections to 2015, chapters to 2021, subheadings of 2021 of both and of 2022 of one; chapters of 2099."""
    path = str(tmp_path_factory.mktemp("choice") / "t.duckdb")
    _load(path, "sections", 1, range(2013, 2016))
    _load(path, "chapters", 2, (2019, 2020, 2021, 2099))
    _load(path, "fine", 6, (2020, 2021))
    _load(path, "others", 6, (2022, 2023), ("DEU", "FRA"))
    return path


def test_the_finest_level_both_report_in_the_newest_full_year_answers(store: str) -> None:
    found = store_world_flows(store, pair=("KAZ", "PAK"))
    assert (found.origin.split(",")[0], found.level) == ("fine", "HS6 subheadings")
    assert sorted(set(found.table["year"])) == [2020, 2021]
    said = " ".join(sentences(found.notes))
    assert "fine, HS17, 6 digits, newest full year 2021" in said
    assert "--source takes another: " in said


def test_a_level_asked_for_is_taken_as_it_is(store: str) -> None:
    found = store_world_flows(store, level="hs2", pair=("KAZ", "PAK"))
    assert (found.origin.split(",")[0], found.level) == ("chapters", "HS2 chapters")


def test_a_year_that_was_not_over_when_it_was_loaded_is_set_aside(store: str) -> None:
    found = store_world_flows(store, source="chapters", pair=("KAZ", "PAK"))
    assert 2099 not in set(found.table["year"])
    assert "Part years set aside: 2099." in sentences(found.notes)
    asked = store_world_flows(store, source="chapters", pair=("KAZ", "PAK"), years=(2099,))
    assert set(asked.table["year"]) == {2099}


def test_a_thin_newest_year_is_set_aside(tmp_path: Path) -> None:
    path = str(tmp_path / "thin.duckdb")
    _load(path, "whole", 2, (2020, 2021))
    _load(path, "whole", 2, (2022,), ("KAZ", "PAK")[:1])
    found = store_world_flows(path, pair=("KAZ", "PAK"))
    assert sorted(set(found.table["year"])) == [2020, 2021]


def test_complexity_of_a_few_sections_is_never_silent(tmp_path: Path, store: str) -> None:
    path = str(tmp_path / "coarse.duckdb")
    _load(path, "sections", 1, (2015,))
    coarse = trade_indicators(Inputs(store=path), IndicatorRequest("KAZ"))
    assert any("Only 8 groups of goods: too coarse" in one for one in sentences(coarse.alerts))
    fine = trade_indicators(Inputs(store=store), IndicatorRequest("KAZ"))
    assert fine.meta["products"] == 30
    assert not any("too coarse" in one for one in sentences(fine.alerts))


def test_an_unknown_country_meets_the_nearest_of_the_store(store: str) -> None:
    country = "Kazahstan"
    with pytest.raises(InvalidInput, match="KAZ"):
        store_world_flows(store, pair=(country.upper(), "PAK"))
    with pytest.raises(InvalidInput, match="KAZ"):
        trade_indicators(Inputs(store=store), IndicatorRequest(country))
    with pytest.raises(UnknownName, match="KAZ"):
        trade_mirror(Inputs(store=store), MirrorRequest(country, "PAK"))


def test_without_importers_a_partner_leaves_the_rest(tmp_path: Path) -> None:
    table = tmp_path / "exports.csv"
    codes = [f"{n:02d}" for n in range(11, 31)]
    rows = [
        f"{a},{c},{10 + (n * (3 + 4 * k) + n * n) % 97}"
        for k, a in enumerate(ALL)
        for n, c in enumerate(codes)
    ]
    table.write_text("\n".join(["exporter,product,value_usd", *rows]))
    found = trade_indicators(Inputs(), IndicatorRequest("KAZ", partner="PAK", table=table))
    assert found.tables["country"].height == 1 and "pair" not in found.tables
    assert any("Nothing is said of the pair with PAK" in one for one in sentences(found.alerts))
