"""Potential: every term against plain loops, the easiness terms by hand, and the desk's sources."""

from __future__ import annotations

import itertools
import json
import math
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from karwan.analysis.potential import (
    _no_per_cents,
    region_of,
)
from karwan.analysis.published_potential import published_potential
from karwan.analysis.registry import BY_NAME
from karwan.analysis.trade_requests import PotentialRequest
from karwan.analysis.world_flows import read_distances, read_world_flows, store_world_flows
from karwan.case.case import read_case
from karwan.cli.app import app
from karwan.errors import InvalidInput
from karwan.project import open_case
from karwan.schema.frames import result_types
from karwan.trade.potential import (
    Expectations,
    Peers,
    corridor_ratio,
    estimate_potential,
    fit_ppml,
    gravity_easiness,
    make_margins,
    make_terms,
    observed_easiness,
    product_density,
    rank_newcomers,
    regional_easiness,
)
from karwan.words import say, sentences

COUNTRIES = ("AAA", "BBB", "CCC", "DDD", "EEE")
PRODUCTS = ("01", "02", "03", "04")


@pytest.fixture(scope="module")
def flows() -> pl.DataFrame:
    random = np.random.default_rng(3)
    rows = [
        (i, j, k, float(np.round(random.lognormal(10, 2))))
        for i, j, k in itertools.product(COUNTRIES, COUNTRIES, PRODUCTS)
        if i != j and random.random() < 0.8
    ]
    return pl.DataFrame(rows, schema=["exporter", "importer", "product", "value_usd"], orient="row")


@pytest.fixture(scope="module")
def expected() -> Expectations:
    random = np.random.default_rng(4)
    pairs = [(i, j) for i, j in itertools.permutations(COUNTRIES, 2)]
    return Expectations(
        growth=pl.DataFrame(
            {
                "country": COUNTRIES,
                "gdp_ratio": 1 + random.random(5) / 3,
                "population_ratio": 1 + random.random(5) / 9,
            }
        ),
        tariffs=pl.DataFrame(
            [(i, j, k, float(random.random() / 4)) for i, j in pairs for k in PRODUCTS],
            schema=["exporter", "importer", "product", "rate_share"],
            orient="row",
        ),
        distances=pl.DataFrame(
            [(i, j, float(500 + 9000 * random.random())) for i, j in pairs],
            schema=["exporter", "importer", "distance_km"],
            orient="row",
        ),
        income_elasticity=1.2,
        tariff_elasticity=2.0,
    )


def loops(flows: pl.DataFrame, e: Expectations, i: str, j: str) -> dict[str, float]:
    """Export potential by product, written out as the formula stands."""
    v = {(a, b, k): x for a, b, k, x in flows.iter_rows()}
    gdp = {c: g for c, g, _ in e.growth.iter_rows()}  # type: ignore[union-attr]
    pop = {c: p for c, _, p in e.growth.iter_rows()}  # type: ignore[union-attr]
    tau = {(a, b, k): t for a, b, k, t in e.tariffs.iter_rows()}  # type: ignore[union-attr]
    ln_d = {(a, b): math.log(d) for a, b, d in e.distances.iter_rows()}  # type: ignore[union-attr]

    def total(a: str | None = None, b: str | None = None, k: str | None = None) -> float:
        return sum(
            x for (p, q, r), x in v.items() if (a in (None, p)) and (b in (None, q)) and (k in (None, r))
        )

    def rate(a: str | None, b: str | None, k: str) -> float:
        cells = [(c, x) for c, x in v.items() if c[2] == k and a in (None, c[0]) and b in (None, c[1])]
        return sum(tau[c] * x for c, x in cells) / sum(x for _, x in cells)

    ease = total(i, j) / sum(total(i, k=k) / total(k=k) * total(b=j, k=k) for k in PRODUCTS)
    found = {}
    for k in PRODUCTS:
        share = total(i, k=k) * gdp[i] / sum(total(a, k=k) * gdp[a] for a in COUNTRIES)
        supply = share * min(1.0, total(i, k=k) / total(b=i, k=k))
        supply *= ((1 + rate(i, None, k)) / (1 + rate(None, None, k))) ** e.tariff_elasticity
        bought = {a: v.get((a, j, k), 0.0) for a in COUNTRIES if a != j}
        mean_ln = sum(x * ln_d[a, j] for a, x in bought.items()) / sum(bought.values())
        demand = total(b=j, k=k) * (gdp[j] / pop[j]) ** e.income_elasticity * pop[j]
        demand *= ((1 + rate(None, j, k)) / (1 + tau[i, j, k])) ** e.tariff_elasticity
        demand *= math.exp(-abs(mean_ln - ln_d[i, j]))
        found[k] = supply * demand * ease
    return found


@pytest.mark.parametrize(("i", "j"), [("AAA", "BBB"), ("DDD", "CCC"), ("EEE", "AAA")])
def test_every_term_equals_the_formula_in_plain_loops(
    flows: pl.DataFrame, expected: Expectations, i: str, j: str
) -> None:
    result = estimate_potential(flows, i, j, expected=expected, draws=2)
    ours = dict(result.table.select("product", "potential_usd").iter_rows())
    assert ours == pytest.approx(loops(flows, expected, i, j), rel=1e-12)


def test_terms_without_data_are_one_and_said(flows: pl.DataFrame) -> None:
    terms = make_terms(make_margins(flows), "AAA", "BBB", Expectations())
    for name in ("supply_tariff_factor", "demand_tariff_factor", "growth_factor", "distance_factor"):
        assert terms[name].to_list() == [1.0] * 4
    for text in terms["lacks"]:
        assert text.startswith("growth expectations; tariffs; distances")


def test_potential_sums_to_actual_without_other_terms(flows: pl.DataFrame) -> None:
    plain = Expectations(net_importer_correction=False)
    for i, j in itertools.permutations(COUNTRIES, 2):
        table = estimate_potential(flows, i, j, expected=plain, draws=1).table
        assert table["potential_usd"].sum() == pytest.approx(table["actual_usd"].sum(), rel=1e-12)


def test_unrealised_is_floored_and_shares_are_capped(flows: pl.DataFrame) -> None:
    table = estimate_potential(flows, "AAA", "BBB", draws=50).table
    gap = (table["potential_usd"] - table["actual_usd"]).clip(lower_bound=0)
    assert table["unrealised_usd"].to_list() == pytest.approx(gap.to_list())
    assert table["realised_share"].is_between(0, 1).all()
    assert (table["low_usd"] <= table["potential_usd"]).all()
    assert (table["high_usd"] >= table["potential_usd"]).all()
    assert table["unrealised_usd"].is_sorted(descending=True)


def test_exact_flows_and_one_easiness_leave_no_interval(flows: pl.DataFrame) -> None:
    table = estimate_potential(flows, "AAA", "BBB", flow_log_sd=0.0, draws=3).table
    assert table["low_usd"].to_list() == pytest.approx(table["high_usd"].to_list(), rel=1e-12)


def test_interval_spans_the_easiness_terms(flows: pl.DataFrame) -> None:
    table = estimate_potential(
        flows, "AAA", "BBB", peers=Peers(corridor_ratio=4.0), flow_log_sd=0.0, draws=1
    ).table
    assert (table["high_usd"] / table["low_usd"]).to_list() == pytest.approx([4.0] * 4)


def test_corridor_range_widens_its_own_interval_only(flows: pl.DataFrame) -> None:
    def ends(peers: Peers) -> dict[str, tuple[float, float]]:
        result = estimate_potential(flows, "AAA", "BBB", peers=peers, flow_log_sd=0.0, draws=200)
        return {k: (a, b) for k, a, b in result.easiness.select("kind", "low_usd", "high_usd").iter_rows()}

    fixed, ranged = (
        ends(Peers(corridor_ratio=2.0)),
        ends(Peers(corridor_ratio=2.0, corridor_range=(1.5, 4.0))),
    )
    assert ranged["observed"] == fixed["observed"]
    assert fixed["corridor"][0] == pytest.approx(fixed["corridor"][1])
    low, high = (end / fixed["observed"][0] for end in ranged["corridor"])
    assert 1.5 <= low < 1.7 and 3.5 < high <= 4.0


def test_regional_easiness_is_the_weighted_median_by_hand(flows: pl.DataFrame) -> None:
    margins = make_margins(flows)
    ours = regional_easiness(margins, "AAA", "BBB", ("CCC",), ("DDD",))
    pairs = [("AAA", "DDD"), ("CCC", "BBB"), ("CCC", "DDD")]
    places = [(margins.country(a), margins.country(b)) for a, b in pairs]
    by_ease = sorted((margins.easiness[p], margins.expected_pairs_usd[p]) for p in places)
    half = sum(w for _, w in by_ease) / 2
    reached = itertools.accumulate(w for _, w in by_ease)
    median = next(e for (e, _), sofar in zip(by_ease, reached, strict=True) if sofar >= half)
    assert ours.value == pytest.approx(median)
    assert "3 pairs" in ours.note


def test_gravity_easiness_recovers_an_exact_gravity_world() -> None:
    random = np.random.default_rng(8)
    names = [f"C{n:02d}" for n in range(12)]
    place = random.random((12, 2)) * 5000
    size, mass = random.lognormal(0, 1, 12), random.lognormal(0, 1, 12)
    rows, distances = [], []
    for a, b in itertools.permutations(range(12), 2):
        km = float(np.hypot(*(place[a] - place[b]))) + 10
        border = float(km < 900)
        distances.append((names[a], names[b], km, border))
        trade = 1e6 * size[a] * mass[b] * km**-1.1 * math.exp(0.5 * border)
        share = random.random()
        rows += [(names[a], names[b], "1", trade * share), (names[a], names[b], "2", trade * (1 - share))]
    flows = pl.DataFrame(rows, schema=["exporter", "importer", "product", "value_usd"], orient="row")
    table = pl.DataFrame(
        distances, schema=["exporter", "importer", "distance_km", "contiguous"], orient="row"
    )
    # The pair's own report is wiped out: the fit must restore it without having seen it.
    margins = make_margins(flows)
    silent = make_margins(flows.filter(~((pl.col("exporter") == "C00") & (pl.col("importer") == "C05"))))
    ease, fit = gravity_easiness(silent, "C00", "C05", table)
    assert fit is not None
    assert fit.beta == pytest.approx([-1.1, 0.5], abs=1e-8)
    restored = ease.value * silent.expected_pairs_usd[0, 5]
    assert restored == pytest.approx(margins.pairs_usd[0, 5], rel=1e-7)


def test_fit_reproduces_both_totals() -> None:
    random = np.random.default_rng(5)
    a, b = (x.ravel() for x in np.meshgrid(np.arange(8), np.arange(8)))
    y, x = random.poisson(3.0, 64).astype(float), random.standard_normal((64, 2))
    fit = fit_ppml(y, x, a, b)
    for group in (a, b):
        assert np.bincount(group, fit.fitted) == pytest.approx(np.bincount(group, y), rel=1e-8)


def test_corridor_ratio_by_hand() -> None:
    # Five days saved at 0.6 % and 2.1 % a day and theta 5: 1.16 and 1.69.
    for a_day, wanted in ((0.006, 1.16), (0.021, 1.69)):
        ratio = corridor_ratio((0.3, 0.3), (25, 20), elasticity=5, time_cost_share_day=a_day)
        assert ratio == pytest.approx(wanted, abs=0.005)
    assert corridor_ratio((0.5, 0.2), (9, 9), elasticity=2) == pytest.approx((1.5 / 1.2) ** 2)
    assert corridor_ratio((0.4, 0.4), (30, 30), elasticity=5, time_cost_share_day=0.01) == 1.0
    with pytest.raises(InvalidInput):
        corridor_ratio((-0.1, 0.2), (1, 1), elasticity=5)


def test_an_easiness_without_its_data_is_refused_with_what_it_lacks(flows: pl.DataFrame) -> None:
    with pytest.raises(InvalidInput, match="distances between countries"):
        estimate_potential(flows, "AAA", "BBB", easiness="gravity")
    with pytest.raises(InvalidInput, match="no country ZZZ"):
        estimate_potential(flows, "ZZZ", "BBB")
    with pytest.raises(InvalidInput, match="choose of observed"):
        estimate_potential(flows, "AAA", "BBB", easiness="wishful")


def test_exporter_totals_say_nothing_on_buyers(flows: pl.DataFrame) -> None:
    with pytest.raises(InvalidInput, match="does not say who buys"):
        make_margins(flows.with_columns(importer=pl.lit("WLD")))
    with pytest.raises(InvalidInput, match="negative"):
        make_margins(flows.with_columns(value_usd=-pl.col("value_usd")))
    with pytest.raises(InvalidInput, match="no number"):
        make_margins(flows.with_columns(value_usd=pl.lit(float("nan"))))
    with pytest.raises(InvalidInput, match="no country or product"):
        make_margins(flows.with_columns(product=pl.lit(None, dtype=pl.String)))


def test_years_are_averaged_with_absent_as_zero() -> None:
    rows = [("A", "B", "1", 10.0, 2019), ("A", "B", "1", 30.0, 2020), ("B", "A", "1", 8.0, 2020)]
    flows = pl.DataFrame(rows, schema=["exporter", "importer", "product", "value_usd", "year"], orient="row")
    margins = make_margins(flows)
    assert margins.years == 2
    assert margins.pairs_usd.tolist() == [[0.0, 20.0], [4.0, 0.0]]


def test_density_and_ranks_by_hand() -> None:
    exports = np.array([[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 1.0, 2.0]])
    density = product_density(exports)
    rca = exports / exports.sum(1, keepdims=True) / (exports.sum(0) / exports.sum())
    made = (rca >= 1).astype(float)
    for c, k in itertools.product(range(3), range(3)):
        near = {
            q: (made[:, k] * made[:, q]).sum() / max(made[:, k].sum(), made[:, q].sum())
            for q in range(3)
            if max(made[:, k].sum(), made[:, q].sum()) > 0
        }
        total = sum(near.values())
        if total == 0:
            assert math.isnan(density[c, k])
        else:
            assert density[c, k] == pytest.approx(sum(made[c, q] * f for q, f in near.items()) / total)
    given = np.array([[0.2, 0.4, 0.9]] * 3)
    ranks = rank_newcomers(("a", "b", "c"), exports, 0, density=given)
    assert ranks.select("rank", "product", "density").rows() == [(1, "c", 0.9)]
    assert "importer's demand" in ranks["lacks"][0]


# The desk: files, the case's published figures, the command.


def test_table_is_cut_to_the_level_and_zeros_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "flows.csv"
    path.write_text(
        "exporter,importer,product,value_usd,year\n"
        "kaz, PAK ,010121,5,2020\nKAZ,PAK,010129,7,2020\nPAK,KAZ,100630,9,2020\n"
    )
    found = read_world_flows(path, level="hs2")
    assert found.table.select("product", "value_usd").rows() == [("01", 12.0), ("10", 9.0)]
    assert found.level == "HS2 chapters"
    assert read_world_flows(path).level == "HS6 subheadings"
    with pytest.raises(InvalidInput, match="No product level"):
        read_world_flows(path, level="hs3")
    with pytest.raises(InvalidInput, match="no year 2019"):
        read_world_flows(path, years=(2019,))


def test_only_the_last_run_of_years_is_averaged(tmp_path: Path) -> None:
    path = tmp_path / "flows.csv"
    years = (2005, *range(2014, 2021))
    path.write_text(
        "exporter,importer,product,value_usd,year\n" + "".join(f"KAZ,PAK,01,{y},{y}\n" for y in years)
    )
    assert sorted(read_world_flows(path).table["year"]) == [2016, 2017, 2018, 2019, 2020]


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("exporter,importer,value_usd\nKAZ,PAK,1\n", "lacks product"),
        ("exporter,importer,product,value_usd\nKAZ,PAK,01,many\n", "no numbers"),
        ("exporter,importer,product,value_usd\nKAZ,PAK,01\n,,,,,,\n", "cannot be read|lacks|no numbers"),
    ],
)
def test_malformed_tables_are_refused(tmp_path: Path, text: str, match: str) -> None:
    path = tmp_path / "flows.csv"
    path.write_text(text)
    with pytest.raises(InvalidInput, match=match):
        read_world_flows(path)


def test_distances_take_cepii_names(tmp_path: Path) -> None:
    path = tmp_path / "d.csv"
    path.write_text("iso_o,iso_d,contig,dist\nKAZ,PAK,0,2250.5\n")
    assert read_distances(path).row(0) == ("KAZ", "PAK", 2250.5, 0.0)


def test_regions_are_un_subregions() -> None:
    assert set(region_of("KAZ")) == {"KGZ", "TJK", "TKM", "UZB"}
    assert {"AFG", "IND", "IRN", "BGD"} <= set(region_of("PAK"))
    assert region_of("XXX") == ()


def test_published_figures_keep_missing_missing() -> None:
    case = read_case("kaz-pak")
    table = published_potential(case)
    row = table.filter((pl.col("direction") == "a_to_b") & pl.col("product").str.starts_with("all goods"))
    assert row["actual_usd"][0] == 11_800_000  # of 2024, not the 2.7 m of 2016
    assert (row["actual_of"][0], row["potential_of"][0]) == ("KAZ 2024", "2016")
    assert row["unrealised_usd"][0] is None
    assert "dollars of two years have no difference" in row["lacks"][0]
    then = case["flows"].with_columns(
        pl.col("period_start", "period_end").dt.offset_by(
            pl.when(pl.col("flow_id") == "pak_2016_a2b_potential").then(pl.lit("8y")).otherwise(pl.lit("0d"))
        )
    )
    alike = published_potential(case.with_tables({"flows": then}))
    row = alike.filter((pl.col("direction") == "a_to_b") & pl.col("product").str.starts_with("all goods"))
    assert row["unrealised_usd"][0] == 75_320_000 - 11_800_000
    offers = table.filter(pl.col("product").str.starts_with("85 goods")).row(0, named=True)
    assert (offers["low_usd"], offers["high_usd"]) == (490e6, 500e6)
    assert offers["actual_usd"] is None and offers["unrealised_usd"] is None
    assert "actual trade" in offers["lacks"]
    assert dict(table.drop("direction").schema) == result_types("potential_published")
    assert table.height >= 9


def test_without_data_the_command_is_named() -> None:
    project = open_case("kaz-pak")
    answer = project.potential("KAZ", "PAK")
    assert "trade ingest" in say(answer.meta["commands"])
    with pytest.raises(InvalidInput, match="No embedded case"):
        project.potential("FRA", "BRA")
    with pytest.raises(InvalidInput, match="same"):
        project.potential("KAZ", "KAZ")


def write_flows(flows: pl.DataFrame, folder: Path) -> Path:
    path = folder / "flows.parquet"
    renamed = {"AAA": "KAZ", "BBB": "PAK", "CCC": "UZB", "DDD": "IND", "EEE": "IRN"}
    flows.with_columns(pl.col("exporter", "importer").replace(renamed)).write_parquet(path)
    return path


def test_command_prints_json_and_csv(flows: pl.DataFrame, tmp_path: Path) -> None:
    path = write_flows(flows, tmp_path)
    call = ["trade", "potential", "KAZ", "PAK", "--table", str(path), "--easiness", "regional"]
    done = CliRunner().invoke(app, [*call, "--json"])
    assert done.exit_code == 0, done.output
    content = json.loads(done.output)
    assert content["level"] == "HS2 chapters"
    assert len(content["KAZ to PAK, HS2 chapters"]) == 4
    assert {row["kind"] for row in content["easiness terms"]} == {
        "observed",
        "regional",
        "gravity",
        "corridor",
    }
    lines = CliRunner().invoke(app, [*call, "--csv"]).output.splitlines()
    assert lines[0] == "# KAZ to PAK, HS2 chapters" and lines[1].startswith(
        "product,name,actual_usd,potential_usd"
    )


def test_smart_effects_need_tariffs_and_a_change(flows: pl.DataFrame, tmp_path: Path) -> None:
    path = write_flows(flows, tmp_path)
    rates = tmp_path / "rates.csv"
    sellers = ("KAZ", "UZB", "IND", "IRN")
    rows = [f"{s},PAK,{k},0.2,{0.0 if s == 'KAZ' else 0.2}" for s in sellers for k in PRODUCTS]
    rates.write_text("exporter,importer,product,rate_share,rate_after_share\n" + "\n".join(rows) + "\n")
    project = open_case("kaz-pak")
    answer = project.potential(
        "KAZ", "PAK", table=path, tariffs=rates, import_demand=-1.2, freight_share=(0.4, 0.2)
    )
    for key, table in answer.tables.items():
        declared = result_types(BY_NAME["trade potential"].table_of(key))
        assert table.height and set(table.columns) <= set(declared), key
    cut = answer.tables["tariff effects (SMART)"]
    margins = make_margins(flows)
    actual = margins.flows.filter((pl.col("exporter") == "AAA") & (pl.col("importer") == "BBB"))
    for product, value in actual.select("product", "value_usd").iter_rows():
        created = cut.filter(pl.col("product") == product)["creation_usd"][0]
        assert created == pytest.approx(value * 1.2 * (0.2 / 1.2))
    assert (answer.tables["corridor effects (SMART)"]["welfare_usd"] > 0).any()
    with pytest.raises(InvalidInput, match="needs the tariffs"):
        project.potential("KAZ", "PAK", table=path, import_demand=-1.2)


def test_few_sellers_are_no_world(flows: pl.DataFrame) -> None:
    notes = estimate_potential(flows, "AAA", "BBB", draws=1).notes
    assert any("Only 5 countries sell" in note for note in sentences(notes))


def test_brief_takes_both_directions_from_a_store(flows: pl.DataFrame, tmp_path: Path) -> None:
    from karwan.store import ingest, open_store
    from karwan.store.sources import source_named
    from karwan.store.sources.registry import Options

    csv = tmp_path / "flows.csv"
    renamed = {"AAA": "KAZ", "BBB": "PAK", "CCC": "UZB", "DDD": "IND", "EEE": "IRN"}
    flows.with_columns(pl.col("exporter", "importer").replace(renamed), year=2020).write_csv(csv)
    mapping = tmp_path / "own.yaml"
    mapping.write_text(
        "name: own\ntitle: own table\nprovider: test\nlicence: none\nlayout: csv\nnomenclature: HS17\n"
        "columns:\n"
        "  exporter: {column: exporter, codes: iso3}\n  importer: {column: importer, codes: iso3}\n"
        "  reporter_side: {value: reconciled}\n  period: year\n  product: {column: product, level: 2}\n"
        "  value: value_usd\n  valuation: {value: fob}\n"
    )
    path = str(tmp_path / "t.duckdb")
    readings = source_named("table").read(csv, Options(mapping=str(mapping)))
    with open_store(path, create=True) as store:
        ingest(store, readings)
    answer = open_case("kaz-pak", store=path).potential("KAZ", "PAK", easiness="regional")
    ours = next(table for table in answer.tables.values() if "potential_usd" in table.columns)
    table = estimate_potential(
        flows,
        "AAA",
        "BBB",
        easiness="regional",
        peers=Peers(("CCC",), ("DDD", "EEE")),
        expected=Expectations(net_importer_correction=False),
    ).table
    assert ours.height == 4
    assert ours.sort("product")["potential_usd"].to_list() == pytest.approx(
        table.sort("product")["potential_usd"].to_list()
    )
    assert ours["lacks"].str.contains("a mean of five years").all()
    assert set(ours["method"]) == {"export potential, regional easiness, 2020"}


SIDES = (
    "name: sides\ntitle: both sides\nprovider: test\nlicence: none\nlayout: csv\nnomenclature: HS17\n"
    "columns:\n"
    "  exporter: {column: exporter, codes: iso3}\n  importer: {column: importer, codes: iso3}\n"
    "  reporter_side: side\n  period: year\n  product: {column: product, level: 4}\n"
    "  value: value_usd\n  valuation: {value: fob}\n"
)


def test_both_sides_reports_are_reconciled_with_a_stated_prior_where_few_report(tmp_path: Path) -> None:
    from karwan.store import ingest, open_store
    from karwan.store.sources import source_named
    from karwan.store.sources.registry import Options

    csv, mapping, path = tmp_path / "f.csv", tmp_path / "sides.yaml", str(tmp_path / "t.duckdb")
    mapping.write_text(SIDES)
    csv.write_text(
        "exporter,importer,product,value_usd,side,year\nKAZ,PAK,1001,100,exporter,2020\n"
        "KAZ,PAK,1001,400,importer,2020\nPAK,KAZ,1006,50,importer,2020\nKAZ,UZB,1001,30,exporter,2020\n"
    )
    with open_store(path, create=True) as store:
        ingest(store, source_named("table").read(csv, Options(mapping=str(mapping))))
    found = store_world_flows(path)
    values = {(e, i): v for e, i, v in found.table.select("exporter", "importer", "value_usd").iter_rows()}
    assert values == pytest.approx({("KAZ", "PAK"): 200.0, ("KAZ", "UZB"): 30.0, ("PAK", "KAZ"): 50.0})
    assert any("reliability, taken as 0.5" in text for text in found.lacks) and found.period == "2020"
    spread = {(e, i): s for e, i, s in found.table.select("exporter", "importer", "log_sd").iter_rows()}
    alone = 0.5
    assert spread == pytest.approx(
        {("KAZ", "PAK"): alone / math.sqrt(2), ("KAZ", "UZB"): alone, ("PAK", "KAZ"): alone}
    )
    assert store_world_flows(path, level="hs2").table["product"].to_list() == ["10", "10", "10"]
    with pytest.raises(InvalidInput, match="HS6 subheadings"):
        store_world_flows(path, level="hs6")


def mixed_store(tmp_path: Path) -> str:
    """A store of many flows of others at HS6, and fewer of the pair by SITC section."""
    from karwan.store import ingest, open_store
    from karwan.store.sources import source_named
    from karwan.store.sources.registry import Options

    path = str(tmp_path / "mixed.duckdb")
    mapping = (
        "name: {0}\ntitle: {0}\nprovider: test\nlicence: none\nlayout: csv\nnomenclature: {1}\n"
        + "\n".join(
            (
                "columns:",
                "  exporter: {{column: exporter, codes: iso3}}",
                "  importer: {{column: importer, codes: iso3}}",
                "  reporter_side: {{value: reconciled}}",
                "  period: year",
                "  product: {{column: product, level: {2}}}",
                "  value: value_usd",
                "  valuation: {{value: fob}}",
                "",
            )
        )
    )
    with open_store(path, create=True) as store:
        for name, revision, digits in (("others", "HS17", 6), ("sections", "SITC", 1)):
            codes = [f"{n:0{digits}d}" for n in range(1, 9)]
            pairs = [("DEU", "PAK"), ("DEU", "FRA"), ("FRA", "DEU")] if digits == 6 else [("KAZ", "PAK")]
            rows = [f"{a},{b},{code},100,2020" for a, b in pairs for code in codes]
            (tmp_path / f"{name}.csv").write_text(
                "\n".join(["exporter,importer,product,value_usd,year", *rows])
            )
            (tmp_path / f"{name}.yaml").write_text(mapping.format(name, revision, digits))
            options = Options(mapping=str(tmp_path / f"{name}.yaml"))
            ingest(store, source_named("table").read(tmp_path / f"{name}.csv", options))
        ingest(store, source_named("case").read(Path("kaz-pak"), Options()))
    return path


def test_a_mixed_store_answers_from_a_source_with_both_countries(tmp_path: Path) -> None:
    path = mixed_store(tmp_path)
    assert store_world_flows(path).origin.startswith("others, HS17")
    found = store_world_flows(path, pair=("KAZ", "PAK"))
    assert found.origin.startswith("sections, SITC") and "--source" not in found.origin
    assert (
        "--source takes another: sections (1-digit codes)"
        in store_world_flows(path, pair=(None, "PAK")).origin
    )
    with pytest.raises(InvalidInput, match="both sides at HS4") as error:
        store_world_flows(path, level="hs4", pair=("KAZ", "PAK"))
    assert "KAZ's exports: sections (1-digit codes); PAK's imports: others (6-digit codes)" in str(
        error.value
    )
    with pytest.raises(InvalidInput, match="both sides"):
        store_world_flows(path, source="others", pair=("KAZ", "PAK"))


def test_a_store_of_both_sides_gives_the_values_of_the_mirror_model(tmp_path: Path) -> None:
    """Twelve countries' reports of known reliability: potential rests on what `karwan trade mirror` says."""
    from karwan.cli.app import app as whole
    from tests.unit.test_mirror import panel

    panel(tmp_path / "comtrade.csv")
    store = str(tmp_path / "trade.duckdb")
    run = CliRunner()
    loaded = run.invoke(
        whole, ["trade", "ingest", "comtrade-csv", str(tmp_path / "comtrade.csv"), "--store", store]
    )
    assert loaded.exit_code == 0, loaded.output
    mirror = json.loads(
        run.invoke(
            whole, ["trade", "mirror", "UZB", "CHN", "--store", store, "--level", "2", "--json"]
        ).stdout
    )
    answer = json.loads(
        run.invoke(whole, ["trade", "potential", "UZB", "CHN", "--store", store, "--json"]).stdout
    )
    sides = [row for row in mirror["flows by product"] if row["exporter"] == "UZB"]
    reconciled = {row["product"]: row["value_usd"] for row in sides}
    found = {row["product"]: row["actual_usd"] for row in answer["UZB to CHN, HS2 chapters"]}
    assert len(found) == 40
    assert {code: found[code] for code in reconciled} == pytest.approx(reconciled)
    assert "estimated on 12 countries" in answer["flows"]
    spread = store_world_flows(store).table
    own = spread.filter((pl.col("exporter") == "UZB") & (pl.col("importer") == "CHN"))
    assert dict(own.select("product", "log_sd").iter_rows()) == pytest.approx(
        {row["product"]: row["log_sd"] for row in sides}
    )


def test_flows_of_their_own_error_widen_the_interval(flows: pl.DataFrame) -> None:
    sure, vague = (flows.with_columns(log_sd=pl.lit(sd)) for sd in (0.05, 0.8))
    ends = [
        estimate_potential(table, "AAA", "BBB", draws=50).easiness.row(0, named=True)
        for table in (sure, vague)
    ]
    assert ends[0]["high_usd"] - ends[0]["low_usd"] < 0.3 * (ends[1]["high_usd"] - ends[1]["low_usd"])
    years = pl.concat([sure.with_columns(year=y) for y in (2019, 2020)])
    averaged = make_margins(years).flows
    assert averaged["log_sd"].to_list() == pytest.approx([0.05 / math.sqrt(2)] * averaged.height)


def test_a_pair_that_does_not_trade_has_no_observed_potential(flows: pl.DataFrame) -> None:
    silent = flows.filter(~((pl.col("exporter") == "AAA") & (pl.col("importer") == "BBB")))
    peers = Peers(("CCC",), ("DDD",), corridor_ratio=2.0, corridor_range=(1.5, 3.0))
    own = estimate_potential(silent, "AAA", "BBB", peers=peers, draws=5)
    assert own.table["potential_usd"].sum() == 0.0 and own.table["high_usd"].sum() > 0
    regional = estimate_potential(silent, "AAA", "BBB", easiness="regional", peers=peers, draws=5)
    assert regional.table["unrealised_usd"].sum() > 0


def test_own_trade_is_the_observed_easiness(flows: pl.DataFrame) -> None:
    margins = make_margins(flows)
    found = observed_easiness(margins, "AAA", "BBB")
    i, j = margins.country("AAA"), margins.country("BBB")
    assert found.value * margins.expected_pairs_usd[i, j] == pytest.approx(margins.pairs_usd[i, j])


@pytest.mark.parametrize("rates", [(10.0, 5.0, 0.0), (-0.1, 0.1, 0.2)])
def test_duties_in_per_cent_or_below_zero_are_refused(rates: tuple[float, ...]) -> None:
    with pytest.raises(InvalidInput, match="no shares of the value"):
        _no_per_cents(Path("t.csv"), pl.Series("rate_share", rates))
    _no_per_cents(Path("t.csv"), pl.Series("rate_share", [0.1, 0.05, 30.0, 0.0, None]))


@pytest.mark.parametrize("km", ["-5", "1e17"])
def test_distances_no_countries_have_are_refused(km: str, tmp_path: Path) -> None:
    path = tmp_path / "d.csv"
    path.write_text(f"exporter,importer,distance_km\nKAZ,PAK,1500\nKAZ,UZB,{km}\n")
    with pytest.raises(InvalidInput, match="distances that no two countries have"):
        read_distances(path)


def test_a_scenario_is_told_of_where_no_table_is_given() -> None:
    """Published potentials are not moved by it; what it does to the cost of trade is said all the same."""
    toyland = open_case("toyland")
    plain = toyland.ask(BY_NAME["trade potential"], PotentialRequest(exporter="XTA", importer="XTC"))
    asked = PotentialRequest(exporter="XTA", importer="XTC", scenario=("fast_yard",))
    under = toyland.ask(BY_NAME["trade potential"], asked)
    words, alone = under.notes[len(plain.notes) :]
    assert (words.key, alone.key) == ("potential.corridor", "potential.corridor_alone")
    assert alone.values["factor"] > 1.0
