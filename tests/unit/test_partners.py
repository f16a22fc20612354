"""Partners of a country, indicators by year and fitness, against sums done by hand and an independent package."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from karwan.analysis.contract import Inputs
from karwan.analysis.indicator_series import answer_series
from karwan.analysis.partners import trade_partners
from karwan.analysis.trade_requests import IndicatorRequest, PartnersRequest
from karwan.errors import InvalidInput, KarwanError
from karwan.store import ingest, open_store
from karwan.store.sources import source_named
from karwan.store.sources.registry import Options
from karwan.trade.indicators.fitness import fitness

MAPPING = """name: weights
title: with weights
provider: test
licence: none
layout: csv
nomenclature: HS17
columns:
  exporter: {column: exporter, codes: iso3}
  importer: {column: importer, codes: iso3}
  reporter_side: {value: reconciled}
  period: year
  product: {column: product, level: 6}
  value: value_usd
  weight: kg
  valuation: {value: fob}
"""
COUNTRIES = ("KAZ", "PAK", "UZB", "CHN", "RUS", "TUR", "IND", "IRN")


def _flows() -> pl.DataFrame:
    rng = np.random.default_rng(3)
    rows = [
        (a, b, f"{hs:06d}", float(np.round(np.exp(rng.normal(12, 2)), 2)), year)
        for year in (2019, 2020)
        for a in COUNTRIES
        for b in COUNTRIES
        for hs in (71320, 100199, 520100, 410120, 740311, 870323, 300490)
        if a != b and rng.random() < 0.6
    ]
    table = pl.DataFrame(rows, schema=["exporter", "importer", "product", "value_usd", "year"], orient="row")
    return table.with_columns(kg=(pl.col("value_usd") * 2).round(0))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, pl.DataFrame]:
    folder = tmp_path_factory.mktemp("partners")
    table = _flows()
    table.write_csv(folder / "f.csv")
    (folder / "m.yaml").write_text(MAPPING)
    path = str(folder / "t.duckdb")
    with open_store(path, create=True) as store:
        ingest(store, source_named("table").read(folder / "f.csv", Options(mapping=str(folder / "m.yaml"))))
    return path, table


@pytest.mark.parametrize("flow", ["exports", "imports"])
def test_partners_are_the_sums_of_the_table(world: tuple[str, pl.DataFrame], flow: str) -> None:
    store, table = world
    found = trade_partners(Inputs(store=store), PartnersRequest("Kazakhstan", flow, ("0713",), limit=0))
    own, other = ("exporter", "importer") if flow == "exports" else ("importer", "exporter")
    goods = table.filter((pl.col(own) == "KAZ") & (pl.col("product") == "071320"))
    sums = goods.group_by("year", other).agg(pl.col("value_usd").sum())
    now = sums.filter(pl.col("year") == 2020).sort("value_usd", descending=True)
    before = dict(sums.filter(pl.col("year") == 2019).select(other, "value_usd").iter_rows())
    rows = found.tables["partners"]
    assert rows["partner"].to_list() == now[other].to_list()
    assert rows["value_usd"].to_list() == pytest.approx(now["value_usd"].to_list())
    share = now["value_usd"] / now["value_usd"].sum()
    assert rows["share"].to_list() == pytest.approx(share.to_list())
    said = {one.key for one in found.notes if not isinstance(one, str)}
    assert ("partners.few_sellers" in said) == (flow == "imports")
    assert found.meta["hhi"] == pytest.approx(float((share**2).sum()))
    assert rows["unit_value_usd_t"].to_list() == pytest.approx([500.0] * rows.height, rel=1e-3)
    for row in rows.iter_rows(named=True):
        known = before.get(row["partner"])
        assert row["growth_share"] == (None if known is None else pytest.approx(row["value_usd"] / known - 1))


def test_the_first_year_has_no_growth_and_a_year_that_is_not_there_is_refused(
    world: tuple[str, pl.DataFrame],
) -> None:
    first = trade_partners(Inputs(store=world[0]), PartnersRequest("KAZ", year=2019))
    assert first.tables["partners"]["growth_share"].null_count() == first.tables["partners"].height
    assert "partners.no_year_before" in {one.key for one in first.notes if not isinstance(one, str)}
    for request in (
        PartnersRequest("KAZ", year=2015),
        PartnersRequest("KAZ", flow="both"),
        PartnersRequest("FRA"),
    ):
        with pytest.raises(KarwanError):
            trade_partners(Inputs(store=world[0]), request)


def test_indicators_of_every_year_are_those_of_each(world: tuple[str, pl.DataFrame]) -> None:
    inputs = Inputs(store=world[0])
    series = answer_series(inputs, IndicatorRequest("KAZ", every_year=True)).tables["by year"]
    assert series["year"].to_list() == [2019, 2020]
    for row in series.head(1).iter_rows(named=True):
        one = (
            answer_series(inputs, IndicatorRequest("KAZ", year=row["year"]))
            .tables["country"]
            .row(0, named=True)
        )
        assert (row["eci"], row["fitness"], row["hhi"]) == pytest.approx(
            (one["eci"], one["fitness"], one["hhi"])
        )
    with pytest.raises(InvalidInput, match="One year and every year"):
        answer_series(inputs, IndicatorRequest("KAZ", year=2019, every_year=True))


def test_fitness_equals_an_independent_package_and_the_plain_loop() -> None:
    rng = np.random.default_rng(7)
    matrix = (rng.random((8, 12)) < np.linspace(0.9, 0.2, 8)[:, None]).astype(float)
    found = fitness(matrix)
    # econcomplex 1.0.1, eci_pci(matrix, use_rca=False, method="fitness", iterations=200, tol=0)
    theirs = [1.8287, 1.545726, 1.651864, 1.181712, 0.663292, 0.6416, 0.487106, 0.0]
    assert found.fitness == pytest.approx(theirs, abs=5e-7)
    assert found.quality[:4] == pytest.approx([1.578537, 1.578537, 0.779114, 1.160402], abs=5e-7)
    assert found.settled
    ours, goods = [1.0] * 8, [1.0] * 12
    for _ in range(200):
        up = [sum(matrix[c][p] * goods[p] for p in range(12)) for c in range(8)]
        hard = [1 / sum(matrix[c][p] / ours[c] for c in range(8)) for p in range(12)]
        ours, goods = [x * 8 / sum(up) for x in up], [x * 12 / sum(hard) for x in hard]
    assert found.fitness == pytest.approx(ours, rel=1e-9)
