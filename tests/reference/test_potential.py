"""Potential against outside truth: published gravity, statsmodels, ecomplexity, and real trade."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from karwan.analysis.contract import Inputs
from karwan.analysis.potential import answer_potential, region_of
from karwan.analysis.trade_requests import PotentialRequest
from karwan.analysis.world_flows import read_distances, read_world_flows
from karwan.trade.potential import (
    Expectations,
    Peers,
    estimate_potential,
    fit_ppml,
    product_density,
)
from karwan.words import sentences
from tests.shared import shared_path

UNCTAD = "data/trade/unctad_sitc_section_bilateral_1995_2005_2015.parquet"


def codes(*columns: pl.Series) -> np.ndarray:
    frame = pl.DataFrame({str(n): c for n, c in enumerate(columns)})
    return frame.select(pl.struct(pl.all()).rank("dense").cast(pl.Int64) - 1).to_series().to_numpy()


def test_fit_equals_statsmodels_with_dummies() -> None:
    sm = pytest.importorskip("statsmodels.api")
    path = shared_path("data/trade/agtpa_applications.parquet")
    some = ["ARG", "AUS", "BRA", "CAN", "CHN", "DEU", "FRA", "GBR", "IND", "IRN", "ITA", "JPN", "MEX", "USA"]
    rows = pl.read_parquet(path).filter(
        (pl.col("year") == 2006)
        & pl.col("exporter").is_in(some)
        & pl.col("importer").is_in(some)
        & (pl.col("exporter") != pl.col("importer"))
    )
    x = np.column_stack([rows["dist"].log().to_numpy(), rows["cntg"].to_numpy(), rows["lang"].to_numpy()])
    a, b = codes(rows["exporter"]), codes(rows["importer"])
    fit = fit_ppml(rows["trade"].to_numpy(), x, a, b)
    dummies = np.column_stack([x, np.eye(a.max() + 1)[a], np.eye(b.max() + 1)[b][:, 1:]])
    peer = sm.GLM(rows["trade"].to_numpy(), dummies, family=sm.families.Poisson()).fit(tol=1e-12, maxiter=200)
    # Both solve the same score equations; 1e-7 is the peer's convergence.
    assert fit.beta == pytest.approx(peer.params[:3], abs=1e-7)
    assert fit.fitted == pytest.approx(peer.mu, rel=1e-6)


def test_fit_gives_the_published_traditional_gravity() -> None:
    """Yotov et al. (2016), application 1: PPML with exporter-time and importer-time effects."""
    path = shared_path("data/trade/agtpa_applications.parquet")
    years = [1986, 1990, 1994, 1998, 2002, 2006]
    rows = pl.read_parquet(path).filter(
        pl.col("year").is_in(years) & (pl.col("exporter") != pl.col("importer"))
    )
    x = np.column_stack(
        [rows["dist"].log().to_numpy(), *(rows[n].to_numpy() for n in ("cntg", "lang", "clny"))]
    )
    fit = fit_ppml(
        rows["trade"].to_numpy(),
        x,
        codes(rows["exporter"], rows["year"]),
        codes(rows["importer"], rows["year"]),
        pair=codes(rows["pair_id"]),
    )
    assert rows.height == 28152
    assert fit.beta == pytest.approx([-0.841, 0.437, 0.247, -0.222], abs=0.0006)
    assert fit.se == pytest.approx([0.032, 0.083, 0.077, 0.116], abs=0.002)


def test_density_equals_ecomplexity() -> None:
    peer = pytest.importorskip("ecomplexity")
    pandas = pytest.importorskip("pandas")
    path = shared_path("data/trade/ots_hs4_exports_2017.parquet")
    rows = pl.read_parquet(path).filter(pl.col("export_value_usd") > 0).drop_nulls()
    big = rows.group_by("reporter_iso").agg(pl.col("export_value_usd").sum()).sort("export_value_usd")
    kept = big["reporter_iso"].tail(40).to_list()
    rows = rows.filter(pl.col("reporter_iso").is_in(kept) & pl.col("product_code").str.ends_with("1"))
    wide = rows.pivot("product_code", index="reporter_iso", values="export_value_usd").fill_null(0.0)
    products = wide.columns[1:]
    exports = wide.select(products).to_numpy()
    ours = product_density(exports)
    long = pandas.DataFrame(
        {
            "time": 2017,
            "loc": np.repeat(wide["reporter_iso"].to_list(), len(products)),
            "prod": products * wide.height,
            "val": exports.ravel(),
        }
    )
    columns = {"time": "time", "loc": "loc", "prod": "prod", "val": "val"}
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = peer.ecomplexity(long, columns)
    found = {(r.loc, r.prod): r.density for r in theirs[["loc", "prod", "density"]].itertuples()}
    compared = [
        (ours[i, k], found[c, p])
        for i, c in enumerate(wide["reporter_iso"])
        for k, p in enumerate(products)
        if np.isfinite(ours[i, k]) and np.isfinite(found[c, p])
    ]
    assert len(compared) > 0.9 * ours.size
    assert max(abs(a - b) for a, b in compared) < 1e-9


@pytest.fixture(scope="module")
def sections() -> pl.DataFrame:
    return read_world_flows(
        shared_path(UNCTAD), mapping="unctad_sections", level="sitc1", years=(2015,)
    ).table


def test_real_matrix_by_plain_sums(sections: pl.DataFrame) -> None:
    """Kazakhstan to Pakistan in 2015 at SITC sections, recomputed from the file with nothing of the model."""
    result = estimate_potential(
        sections, "KAZ", "PAK", expected=Expectations(net_importer_correction=False), draws=5
    )
    sold: dict[str, float] = {}
    bought: dict[str, float] = {}
    world: dict[str, float] = {}
    pair = 0.0
    for e, i, k, v in sections.select("exporter", "importer", "product", "value_usd").iter_rows():
        if e == i:
            continue
        world[k] = world.get(k, 0.0) + v
        sold[k] = sold.get(k, 0.0) + v * (e == "KAZ")
        bought[k] = bought.get(k, 0.0) + v * (i == "PAK")
        pair += v * (e == "KAZ" and i == "PAK")
    ease = pair / sum(sold[k] / world[k] * bought[k] for k in world)
    for k, value in result.table.select("product", "potential_usd").iter_rows():
        assert value == pytest.approx(sold[k] / world[k] * bought[k] * ease, rel=1e-9)
    assert pair == pytest.approx(2_075_736, abs=1)  # the file's own total for the pair
    assert ease == pytest.approx(0.00677, abs=5e-6)


def test_thin_pair_spans_two_orders_of_magnitude(sections: pl.DataFrame) -> None:
    distances = read_distances(shared_path("data/trade/cepii_dist.parquet"))
    peers = Peers(region_of("KAZ"), region_of("PAK"), distances, 2.0)
    result = estimate_potential(sections, "KAZ", "PAK", peers=peers, draws=20)
    ease = dict(result.easiness.select("kind", "easiness").iter_rows())
    assert ease["observed"] < 0.01 < ease["regional"] < ease["gravity"]
    note = result.easiness.filter(pl.col("kind") == "gravity")["note"][0]
    assert "pairs with like fitted trade" in note
    assert ease["corridor"] == pytest.approx(2 * ease["observed"])
    assert result.table["high_usd"].sum() > 50 * result.table["low_usd"].sum()
    assert any(
        "only repeats that it trades little" in " ".join(note.split()) for note in sentences(result.notes)
    )


def test_hs4_between_twenty_three_countries_runs_at_its_level(tmp_path: Path) -> None:
    raw = pl.read_parquet(shared_path("data/trade/comtrade_hs4_bilateral_23c_1989_1990.parquet"))
    path = tmp_path / "hs4.parquet"
    raw.select(
        "exporter", "importer", product="hs4", value_usd=pl.col("value") * 1000, year="year"
    ).write_parquet(path)
    a, b = raw["exporter"][0], raw["importer"][0]
    answer = answer_potential(Inputs(), PotentialRequest(a, b, table=path, level="hs4"))
    assert answer.detail.level == "HS4 headings"
    assert answer.detail.table.height > 1000
    assert answer.detail.table["potential_usd"].is_finite().all()
    cut = answer_potential(Inputs(), PotentialRequest(a, b, table=path, level="hs2"))
    assert cut.detail.table.height < 100
    assert cut.meta["actual_usd"] == pytest.approx(answer.meta["actual_usd"])
