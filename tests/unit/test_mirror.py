"""Reconciliation of two reports: periods, freight, zero against missing, and the command."""

from __future__ import annotations

import json
import math
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import typer
from scipy import optimize, stats
from typer.testing import CliRunner

import karwan.cli.app  # fills the nouns
from karwan.cli import trade
from karwan.errors import InvalidInput
from karwan.trade.mirror import (
    PairPriors,
    Reliability,
    combine,
    estimate_cif,
    pair_gaps,
    paired_reports,
    published_cif,
    reconcile,
    reconcile_case,
    reporter_sigma,
    stated_cif,
)
from karwan.trade.mirror.pair import pair_cif_share
from karwan.trade.mirror.periods import PeriodFigure, calendar_year
from karwan.trade.period import month_number, whole_months

RUN = CliRunner()


def sigma_of(export: float, imported: float) -> Reliability:
    table = pl.DataFrame(
        {
            "reporter": ["AAA", "BBB"],
            "sigma_export": [export, imported],
            "sigma_import": [export, imported],
            "exports": [1, 1],
            "imports": [1, 1],
        }
    )
    products = pl.DataFrame(schema={"product": pl.String, "scale": pl.Float64})
    return Reliability(table, products, 0.5, "likelihood")


def flows(*pairs: tuple[float | None, float | None]) -> pl.DataFrame:
    rows = [("AAA", "BBB", f"{k:02d}", *pair) for k, pair in enumerate(pairs)]
    kinds = {
        "exporter": pl.String,
        "importer": pl.String,
        "product": pl.String,
        "export_usd": pl.Float64,
        "import_usd": pl.Float64,
    }
    return pl.DataFrame(rows, schema=kinds, orient="row")


def test_weights_are_inverse_variances_in_logs() -> None:
    mean, deviation, weight = combine(np.log([100.0]), np.log([400.0]), np.array([0.01]), np.array([0.04]))
    assert weight[0] == pytest.approx(0.8)
    assert np.exp(mean[0]) == pytest.approx(100**0.8 * 400**0.2)
    assert deviation[0] ** 2 == pytest.approx(0.01 * 0.04 / 0.05)


def test_widening_reaches_both_reports_and_leaves_agreement_alone() -> None:
    args = (np.log([100.0]), np.log([900.0]), np.array([0.04]), np.array([0.04]))
    mean, deviation, _ = combine(*args, widen=True)
    assert np.exp(mean[0] - deviation[0]) == pytest.approx(100.0)
    assert np.exp(mean[0] + deviation[0]) == pytest.approx(900.0)
    close = (np.log([100.0]), np.log([101.0]), np.array([0.04]), np.array([0.04]))
    assert combine(*close, widen=True)[1] == combine(*close)[1]


def test_exact_reporter_decides() -> None:
    mean, deviation, weight = combine(np.log([5.0]), np.log([9.0]), np.array([0.0]), np.array([0.3]))
    assert (weight[0], deviation[0]) == (1.0, 0.0)
    assert np.exp(mean[0]) == pytest.approx(5.0)


def test_zero_missing_and_freight() -> None:
    found = reconcile(
        flows((100.0, 110.0), (100.0, None), (None, 110.0), (0.0, 55.0), (0.0, 0.0), (0.0, None)),
        stated_cif(0.1),
        sigma_of(0.2, 0.2),
    ).table
    assert found["state"].to_list() == [
        "both",
        "one side",
        "one side",
        "zero against value",
        "both zero",
        "one side zero",
    ]
    assert found["value_usd"].to_list() == pytest.approx([100.0, 100.0, 100.0, 50.0, 0.0, 0.0])
    assert found["sides"].to_list() == ["both", "exporter", "importer", "both", "both", "exporter"]
    assert found["low_usd"][3] == 0.0
    assert found["high_usd"][3] > 50.0
    assert found["log_sd"][1] == pytest.approx(0.2)
    assert found["log_sd"][0] == pytest.approx(0.2 / np.sqrt(2))
    # Both originals stay.
    assert found["import_usd"].to_list() == [110.0, None, 110.0, 55.0, 0.0, None]
    assert found["export_usd"].null_count() == 1


def test_fob_imports_lose_no_freight() -> None:
    table = flows((None, 110.0)).with_columns(import_valuation=pl.lit("fob"))
    assert reconcile(table, stated_cif(0.1), sigma_of(0.2, 0.2)).table["value_usd"][0] == 110.0


def test_baci_weights_favour_the_steadier_reporter() -> None:
    found = reconcile(flows((100.0, 200.0)), stated_cif(0.0), sigma_of(0.1, 0.6), method="baci").table
    spread = [np.exp(s**2) * np.expm1(s**2) for s in (0.1, 0.6)]
    weight = spread[1] / sum(spread)
    assert found["exporter_weight"][0] == pytest.approx(weight)
    assert found["value_usd"][0] == pytest.approx(weight * 100 + (1 - weight) * 200)
    with pytest.raises(InvalidInput, match="method"):
        reconcile(flows((1.0, 1.0)), stated_cif(0.0), sigma_of(0.1, 0.1), method="mean")


def test_paired_reports_keep_silence_apart_from_zero() -> None:
    rows = [
        ("exporter", "AAA", "BBB", "01", 5.0),
        ("importer", "AAA", "BBB", "01", 0.0),
        ("exporter", "AAA", "BBB", "02", 3.0),
        ("exporter", "AAA", "BBB", "02", 4.0),
        ("importer", "AAA", "BBB", "03", None),
        ("reconciled", "AAA", "BBB", "01", 9.0),
    ]
    names = ["reporter_side", "exporter", "importer", "product", "value_usd"]
    wide = paired_reports(pl.DataFrame(rows, schema=names, orient="row"))
    assert wide.select("product", "export_usd", "import_usd").rows() == [("01", 5.0, 0.0), ("02", 7.0, None)]


def test_cif_estimate_recovers_the_terms() -> None:
    rng = np.random.default_rng(3)
    size = 4_000
    far = np.exp(rng.uniform(np.log(200), np.log(15_000), size))
    near = rng.random(size) < 0.2
    export = np.exp(rng.normal(12, 2, size))
    freight = 0.3 - 0.1 * np.log(far) + 0.01 * np.log(far) ** 2 - 0.04 * near
    table = pl.DataFrame(
        {
            "exporter": ["AAA"] * size,
            "importer": ["BBB"] * size,
            "export_usd": export,
            "import_usd": export * np.exp(freight + rng.normal(0, 0.01, size)),
            "distance_km": far,
            "contiguous": near.astype(float),
        }
    )
    model = estimate_cif(table)
    terms = dict(model.terms.select("term", "coefficient").iter_rows())
    assert list(terms) == ["constant", "ln_distance", "ln_distance_squared", "contiguous"]
    assert terms["contiguous"] == pytest.approx(-0.04, abs=0.002)
    assert model.share(table) == pytest.approx(np.maximum(np.expm1(freight), 0), abs=0.004)
    assert model.share(table.drop("distance_km")) == pytest.approx(model.mean_share)
    with pytest.raises(InvalidInput, match="Too few"):
        estimate_cif(table.head(20))


def test_published_share_grows_with_distance_and_with_a_landlocked_importer() -> None:
    near, far = (
        pair_cif_share(km, exporter_landlocked=False, importer_landlocked=False) for km in (1_000, 10_000)
    )
    assert 0.0 < near < far < 0.3
    assert pair_cif_share(1_000, exporter_landlocked=False, importer_landlocked=True) > near
    assert published_cif().mean_share == 0.033
    with pytest.raises(InvalidInput):
        pair_cif_share(0.0, exporter_landlocked=False, importer_landlocked=False)


def test_reliability_needs_two_sides() -> None:
    lone = flows((1.0, None)).with_columns(import_fob_usd=pl.col("import_usd"))
    with pytest.raises(InvalidInput, match="both sides"):
        reporter_sigma(lone)


def figure(start: tuple[int, int], end: tuple[int, int], value: float, rank: int = 0) -> PeriodFigure:
    first, after = month_number(date(*start, 1)), month_number(date(*end, 1)) + 1
    return PeriodFigure(first, after, value, f"{start}-{end}", "s", rank)


def test_calendar_year_from_a_fiscal_year_and_its_halves() -> None:
    figures = [
        figure((2023, 7), (2024, 6), 185.0),
        figure((2023, 7), (2023, 12), 57.0),
        figure((2024, 7), (2024, 12), 39.0),
    ]
    found = calendar_year(figures, 2024)
    assert found is not None
    assert (found.method, found.moved_share) == ("sums and differences", 0.0)
    assert found.value_usd == pytest.approx(185 - 57 + 39)
    assert len(found.pieces) == 3
    assert calendar_year(figures, 2022) is None


def test_a_year_of_several_figures_is_as_firm_as_the_weakest() -> None:
    figures = [figure((2024, 1), (2024, 6), 10.0, 0), figure((2024, 7), (2024, 12), 20.0, 2)]
    found = calendar_year(figures, 2024)
    assert found is not None and (found.value_usd, found.rank) == (30.0, 2)


def test_calendar_year_from_two_fiscal_years_by_months() -> None:
    figures = [figure((2023, 7), (2024, 6), 100.0), figure((2024, 7), (2025, 6), 60.0)]
    found = calendar_year(figures, 2024)
    assert found is not None
    assert (found.method, found.moved_share, found.value_usd) == ("fiscal years by months", 0.5, 80.0)
    assert calendar_year(figures, 2023) is None  # half a fiscal year says too little of 2023


def test_calendar_year_from_part_of_it() -> None:
    found = calendar_year([figure((2018, 1), (2018, 8), 20.0)], 2018)
    assert found is not None
    assert (found.method, found.months, found.value_usd) == ("scaled from part of the year", 8, 30.0)
    assert found.moved_share == pytest.approx(1 / 3)
    assert calendar_year([figure((2018, 1), (2018, 4), 20.0)], 2018) is None


def test_an_own_figure_comes_before_sums() -> None:
    figures = [figure((2024, 1), (2024, 12), 50.0), figure((2024, 1), (2024, 6), 1.0)]
    figures.append(figure((2024, 7), (2024, 12), 2.0))
    found = calendar_year(figures, 2024)
    assert found is not None
    assert (found.method, found.value_usd) == ("same period", 50.0)


def test_periods_that_cut_a_month_are_no_whole_months() -> None:
    assert whole_months(date(2024, 1, 1), date(2024, 2, 29)) == (24288, 24290)
    assert whole_months(date(2024, 1, 15), date(2024, 2, 29)) is None


def known(*rows: tuple[str, str, date, date, float, str]) -> pl.DataFrame:
    return pl.DataFrame(
        [
            {
                "reporter": reporter,
                "direction": way,
                "period_start": start,
                "period_end": end,
                "product_group": "all",
                "value_kind": "trade",
                "value_usd": value,
                "claimed": claimed,
                "printed": 2025,
                "period_label": f"{start.year}",
                "source_id": "s",
            }
            for reporter, way, start, end, value, claimed in rows
        ]
    )


YEAR = (date(2024, 1, 1), date(2024, 12, 31))
LABELS = {"a_to_b": "A to B", "b_to_a": "B to A", "total": "both ways"}
PRIORS = PairPriors(sigma=0.3, cif_share={"a_to_b": 0.1, "b_to_a": 0.0})


def test_pair_of_two_reports_bands_hold_both_and_the_total_adds_up() -> None:
    table = reconcile_case(
        known(
            ("AAA", "a_to_b", *YEAR, 100.0, "official"),
            ("BBB", "a_to_b", *YEAR, 440.0, "official"),
            ("AAA", "b_to_a", *YEAR, 50.0, "official"),
        ),
        "AAA",
        "BBB",
        labels=LABELS,
        priors=PRIORS,
    ).table
    out, back, total = table.rows(named=True)
    assert out["value_usd"] == pytest.approx(200.0)  # geometric mean of 100 and 440 / 1.1
    assert out["low_usd"] < 100.0 and out["high_usd"] > 400.0
    assert (out["sides"], back["sides"], total["sides"]) == ("both", "importer", "one side")
    assert "factor of 4.0" in out["note"]
    assert back["value_usd"] == pytest.approx(50.0)
    assert total["value_usd"] == pytest.approx(250.0)
    assert total["low_usd"] < 250.0 < total["high_usd"]


def test_firmer_figures_and_stated_zero() -> None:
    found = reconcile_case(
        known(
            ("AAA", "a_to_b", *YEAR, 90.0, "speech"),
            ("AAA", "a_to_b", *YEAR, 100.0, "official"),
            ("BBB", "a_to_b", *YEAR, 0.0, "official"),
        ),
        "AAA",
        "BBB",
        labels=LABELS,
        priors=PRIORS,
    )
    row = found.table.row(0, named=True)
    assert (row["export_usd"], row["import_usd"], row["value_usd"], row["low_usd"]) == (
        100.0,
        0.0,
        100.0,
        0.0,
    )
    assert "states zero" in row["note"]
    assert found.reports.height == 2


def test_speech_is_less_certain_and_no_figures_give_no_rows() -> None:
    bands: list[Any] = []
    for claimed in ("official", "speech"):
        one = known(("AAA", "a_to_b", *YEAR, 100.0, claimed))
        bands.append(reconcile_case(one, "AAA", "BBB", labels=LABELS, priors=PRIORS).table.row(0, named=True))
    assert bands[1]["high_usd"] > bands[0]["high_usd"]
    none = known(("AAA", "a_to_b", *YEAR, 1.0, "official")).clear()
    empty = reconcile_case(none, "AAA", "BBB", labels=LABELS, priors=PRIORS)
    assert empty.table.is_empty()


@pytest.fixture
def app() -> typer.Typer:
    assert karwan.cli.app.NOUNS["trade"] is trade.app
    return trade.app


def test_command_on_the_embedded_case(app: typer.Typer) -> None:
    result = RUN.invoke(app, ["mirror", "kaz", "pak", "--year", "2024", "--json"])
    assert result.exit_code == 0, result.output
    answer = json.loads(result.stdout)
    assert {row["direction"] for row in answer["reconciled by year"]} == {"a_to_b", "b_to_a", "total"}
    sides = {row["direction"]: row for row in answer["both sides by year"]}
    assert sides["a_to_b"]["kaz_usd"] == 11_800_000
    assert sides["a_to_b"]["pak_usd"] > 5 * sides["a_to_b"]["kaz_usd"]
    assert answer["prior_sigma_basis"] == "from the gaps between the two sides, split evenly"
    assert "7 flow-years" in answer["gaps"]
    stated = json.loads(RUN.invoke(app, ["mirror", "kaz", "pak", "--sigma", "0.5", "--json"]).stdout)
    assert (stated["prior_sigma"], stated["prior_sigma_basis"]) == (0.5, "assumed")


def test_gaps_of_a_pair_give_the_error_both_would_have() -> None:
    """Equal variances in closed form; unequal ones at the peak of the likelihood; known truth inside the band."""
    gaps = np.array([1.0, -2.0, 0.5, 1.5])
    plain = pair_gaps(gaps, np.zeros(4))
    assert plain.sigma == pytest.approx(math.sqrt(np.mean(gaps**2) / 2), rel=1e-3)
    assert plain.low < plain.sigma < plain.high
    extra = np.array([0.0, 1.0, 0.25, 0.1])
    found = pair_gaps(gaps, extra)

    def loss(sigma: float) -> float:
        variance = 2 * sigma**2 + extra
        return float((np.log(variance) + gaps**2 / variance).sum())

    best = optimize.minimize_scalar(loss, bounds=(0.01, 5), method="bounded")
    assert found.sigma == pytest.approx(best.x, rel=2e-3)
    for end in (found.low, found.high):  # likelihood ratio of 90 %
        assert loss(end) - loss(best.x) == pytest.approx(stats.chi2.ppf(0.9, 1), rel=0.02)
    rng = np.random.default_rng(8)
    inside = 0
    for _ in range(200):
        drawn = pair_gaps(rng.normal(0, np.sqrt(2 * 0.6**2 + extra)), extra)
        inside += drawn.low <= 0.6 <= drawn.high
    assert inside > 160
    with pytest.raises(InvalidInput):
        pair_gaps(np.empty(0), np.empty(0))


def test_command_without_figures_says_what_to_do(app: typer.Typer) -> None:
    result = RUN.invoke(app, ["mirror", "FRA", "DEU"])
    assert isinstance(result.exception, InvalidInput)
    assert "--store" in result.exception.fix


HEADER = (
    "reporterISO,partnerISO,flowCode,period,classificationCode,cmdCode,primaryValue,netWgt,qty,qtyUnitAbbr,"
    "motCode,customsCode,partner2Code"
)


def panel(path: Path) -> dict[str, float]:
    rng = np.random.default_rng(5)
    codes = ["KAZ", "PAK", "UZB", "CHN", "RUS", "IND", "IRN", "TUR", "DEU", "FRA", "USA", "JPN"]
    sigmas = dict(zip(codes, rng.uniform(0.1, 0.6, len(codes)), strict=True))
    lines = [HEADER]
    for one in codes:
        for other in codes:
            for product in range(1, 41) if one != other else []:
                value = float(np.exp(rng.normal(13, 2)))
                reports = [("X", one, other, 1.0), ("M", other, one, 1.033)]
                for flow, reporter, partner, freight in reports:
                    stated = value * freight * np.exp(rng.normal(0, sigmas[reporter]))
                    if rng.random() < 0.95:
                        lines.append(
                            f"{reporter},{partner},{flow},2024,H5,{product:02d},{stated:.2f},,,N/A,0,C00,0"
                        )
    path.write_text("\n".join(lines) + "\n")
    return sigmas


def test_command_on_a_store_estimates_reliability(app: typer.Typer, tmp_path: Path) -> None:
    sigmas = panel(tmp_path / "comtrade.csv")
    store = str(tmp_path / "trade.duckdb")
    loaded = RUN.invoke(app, ["ingest", "comtrade-csv", str(tmp_path / "comtrade.csv"), "--store", store])
    assert loaded.exit_code == 0, loaded.output
    result = RUN.invoke(app, ["mirror", "UZB", "CHN", "--store", store, "--json"])
    assert result.exit_code == 0, result.output
    answer = json.loads(result.stdout)
    assert answer["sigma_basis"] == "estimated on 12 countries of the store"
    for row in answer["reliability"]:
        assert row["sigma_export"] == pytest.approx(sigmas[row["reporter"]], abs=0.05)
    both = [row for row in answer["flows by product"] if row["state"] == "both"]
    assert len(both) > 60
    assert all(row["low_usd"] < row["value_usd"] < row["high_usd"] for row in both)
    assert {row["state"] for row in answer["states"]} == {"both", "one side"}
    # The flagship pair: its case's series stands on the panel's sigmas of totals by partner.
    both = json.loads(RUN.invoke(app, ["mirror", "KAZ", "PAK", "--store", store, "--json"]).stdout)
    assert set(both["sigmas"]) == {"KAZ", "PAK"}
    assert {row["reporter"]: row["sigma_export"] for row in both["reliability"]} == pytest.approx(
        {code: sigmas[code] for code in ("KAZ", "PAK")}, abs=0.05
    )
    # One freight share a direction in the whole answer: the pair's, or the stated one.
    own = {"KAZ to PAK": 0.0706, "PAK to KAZ": 0.1345}
    assert both["cif_share"] == own and "pair's distance" in both["cif_share_basis"]
    for row in both["flows by product"]:
        assert row["cif_share"] == pytest.approx(own[f"{row['exporter']} to {row['importer']}"], abs=1e-4)
    stated = RUN.invoke(app, ["mirror", "KAZ", "PAK", "--store", store, "--cif-share", "0.05", "--json"])
    answer = json.loads(stated.stdout)
    assert answer["cif_share"] == dict.fromkeys(own, 0.05) and answer["cif_share_basis"] == "stated"
    assert {row["cif_share"] for row in answer["flows by product"]} == {0.05}
    assert {row["value_usd"] for row in answer["reconciled by year"]} != {
        row["value_usd"] for row in both["reconciled by year"]
    }
    assert "`sigmas` from the panel come first" in both["prior_sigma_basis"]
    alone = json.loads(RUN.invoke(app, ["mirror", "KAZ", "PAK", "--json"]).stdout)

    def band(answer: dict[str, Any]) -> float:
        row = next(r for r in answer["reconciled by year"] if (r["direction"], r["year"]) == ("a_to_b", 2016))
        return math.log(row["high_usd"] / row["low_usd"])

    spread = [both["sigmas"][code] ** 2 for code in ("KAZ", "PAK")]
    known = math.sqrt(spread[0] * spread[1] / sum(spread))
    assert band(both) == pytest.approx(2 * 1.6449 * known, rel=1e-3)
    assert band(both) < band(alone)
    absent = RUN.invoke(app, ["mirror", "UZB", "CHN", "--store", store, "--year", "2001"])
    assert isinstance(absent.exception, InvalidInput)


def test_command_of_indicators(app: typer.Typer, tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    rows = [
        (f"C{a:02d}", f"C{b:02d}", f"{p:02d}", float(np.exp(rng.normal(0, 2))))
        for a in range(8)
        for b in range(8)
        for p in range(30)
        if a != b
    ]
    table = pl.DataFrame(rows, schema=["exporter", "importer", "product", "value_usd"], orient="row")
    table.write_csv(tmp_path / "world.csv")
    args = ["indicators", "C01", "--table", str(tmp_path / "world.csv"), "--partner", "C02", "--json"]
    result = RUN.invoke(app, args)
    assert result.exit_code == 0, result.output
    answer = json.loads(result.stdout)
    assert answer["country"][0]["country"] == "C01"
    assert [row["exporter"] for row in answer["pair"]] == ["C01", "C02"]
    assert all(row["rca"] >= 1 for row in answer["advantages"])
    assert isinstance(RUN.invoke(app, ["indicators", "C01"]).exception, InvalidInput)


def test_indicators_from_a_store_of_exports_to_the_world(app: typer.Typer, tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    codes = ["KAZ", "PAK", "UZB", "CHN", "RUS", "IND", "IRN", "TUR"]
    lines = [HEADER]
    for reporter in codes:
        for product in range(1, 31):
            value = float(np.exp(rng.normal(13, 2))) * (0.001 if reporter == "UZB" else 1.0)
            lines.append(f"{reporter},W00,X,2024,H5,{product:02d},{value:.2f},,,N/A,0,C00,0")
    (tmp_path / "comtrade.csv").write_text("\n".join(lines) + "\n")
    store = str(tmp_path / "trade.duckdb")
    assert (
        RUN.invoke(
            app, ["ingest", "comtrade-csv", str(tmp_path / "comtrade.csv"), "--store", store]
        ).exit_code
        == 0
    )
    result = RUN.invoke(app, ["indicators", "KAZ", "--store", store, "--json"])
    assert result.exit_code == 0, result.output
    answer = json.loads(result.stdout)
    assert (answer["countries"], answer["products"]) == (8, 30)
    assert answer["country"][0]["lines"] == 30
    large = RUN.invoke(app, ["indicators", "KAZ", "--store", store, "--least", "1e6", "--json"])
    assert json.loads(large.stdout)["countries"] == 7
    # A bilateral source without the country does not stand in the way, and a source can be named.
    lines = [HEADER]
    for one, other in (("DEU", "FRA"), ("FRA", "DEU"), ("ITA", "FRA")):
        for product in range(1, 90):
            lines.append(
                f"{one},{other},X,2024,H6,{product:02d},{product * len(one) + ord(one[0])},,,N/A,0,C00,0"
            )
    (tmp_path / "others.csv").write_text("\n".join(lines) + "\n")
    own = "name: others\ntitle: t\nprovider: p\nlicence: none\nlayout: csv\nnomenclature: HS22\ncolumns:\n"
    own += "  exporter: {column: reporterISO, codes: iso3}\n  importer: {column: partnerISO, codes: iso3}\n"
    own += (
        "  reporter_side: {value: reconciled}\n  period: period\n  product: cmdCode\n  value: primaryValue\n"
    )
    (tmp_path / "others.yaml").write_text(own)
    call = ["ingest", "table", str(tmp_path / "others.csv"), "--mapping", str(tmp_path / "others.yaml")]
    assert RUN.invoke(app, [*call, "--store", store]).exit_code == 0
    again = RUN.invoke(app, ["indicators", "KAZ", "--store", store, "--json"])
    assert json.loads(again.stdout)["of"] == answer["of"]
    named = RUN.invoke(app, ["indicators", "DEU", "--store", store, "--source", "others", "--json"])
    assert json.loads(named.stdout)["of"].startswith("others, HS22")
    with_partner = RUN.invoke(app, ["indicators", "KAZ", "--store", store, "--partner", "PAK"])
    assert with_partner.exit_code == 0
    assert "Nothing is said of the pair with PAK" in with_partner.output
