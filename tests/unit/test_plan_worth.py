"""What promises are worth: against a reckoning of its own on tables edited by hand, and by laws."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from karwan.analysis.corridors import CorridorStudy
from karwan.analysis.coupling import sides
from karwan.analysis.worth import states
from karwan.analysis.worth.answer import loss_notes, scenario_table
from karwan.analysis.worth.flows import flows_of
from karwan.analysis.worth.promises import plan_worth
from karwan.analysis.worth.states import NOW, Plan
from karwan.appraisal.worth import WEEKS_H
from karwan.case import Case, embedded_cases, read_case
from karwan.case.scenario import apply_scenario, find_scenario, together
from karwan.case.scenario_file import read_scenario
from karwan.cli.app import app
from karwan.errors import InvalidInput
from karwan.project import open_case
from karwan.schema.frames import result_frame
from karwan.trade.parties import DIRECTIONS
from karwan.transport.cargo import Cargo
from karwan.transport.corridor import corridor_route
from karwan.transport.duty import find_duty
from karwan.transport.network import FreightNetwork
from karwan.transport.path import least_cost_path
from karwan.transport.reliability.moments import lognormal_quantile
from karwan.transport.route import make_route
from karwan.transport.shipment import TRUCK_BASIS_T, Shipment, make_shipment
from karwan.transport.ways import without_roads
from karwan.words import sentences
from tests.unit.papers_once import list_guarantees, list_papers

HEAD = "title: T\ndescription: D\nsource_ids: [toy]\nbasis: assumed\n"
YARD = "[{table: crossing_times, key: Y_XTC_road, set: {time_h: 3}, reason: Invented.}]"
RAIL = "[{table: links, key: A-Cp, set: {state: open, opens_on: }, reason: Invented.}]"
SHUT = "[{table: links, key: X-B, set: {state: closed}, reason: Invented.}]"
IDLE = "[{table: links, key: A-X, set: {state: open}, reason: Invented.}]"
DEMAND = pl.DataFrame(
    {
        "origin_id": ["A", "A", "C"],
        "destination_id": ["C", "C", "A"],
        "product_id": ["beans", "wheat", "fruit"],
        "t_day": [10.0, 4.0, 2.0],
    }
)


def toyland(home: Path, promises: Mapping[str, str], **status: str) -> Path:
    """Copy of toyland whose promises name new scenarios with these overrides."""
    shutil.copytree(embedded_cases()["toyland"], home)
    path = home / "commitments.csv"
    first = pl.read_csv(path, infer_schema=False).head(1)
    rows = [
        first.with_columns(
            commitment_id=pl.lit(f"c_{name}"),
            title=pl.lit(name),
            scenario_id=pl.lit(name),
            status=pl.lit(status.get(name, "unknown")),
        )
        for name in promises
    ]
    blank = first.with_columns(commitment_id=pl.lit("c_none"), scenario_id=pl.lit(None, pl.String))
    pl.concat([*rows, blank]).write_csv(path)
    for name, overrides in promises.items():
        text = f"id: {name}\n{HEAD}overrides: {overrides}\n"
        (home / "scenarios" / f"{name}.yaml").write_text(text, encoding="utf-8")
    return home


def edited(source: Path, home: Path, file: str, key: str, **cells: str | None) -> Case:
    """Case in which cells of one row were typed over by hand."""
    shutil.copytree(source, home)
    table = pl.read_csv(home / file, infer_schema=False)
    at = pl.col(table.columns[0]) == key
    assert table.filter(at).height == 1
    columns = [pl.when(at).then(pl.lit(v, pl.String)).otherwise(pl.col(c)).alias(c) for c, v in cells.items()]
    table.with_columns(columns).write_csv(home / file)
    return read_case(home)


def worth(case: Case, name: str, column: str = "usd_year", **options: object) -> float:
    table = plan_worth(case, case.settings.as_of, demand=DEMAND, **options).promises  # type: ignore[arg-type]
    return float(table.filter(pl.col("scenario_id") == name)[column][0])


# -- a reckoning of its own: full networks, loops, no arrays -------------------------------------------------


Step = tuple[object, ...]


def steps(network: FreightNetwork, arcs: tuple[int, ...]) -> tuple[Step, ...]:
    found = []
    for a in arcs:
        arc = network.arcs[a]
        found.append((network.states[arc.tail], network.states[arc.head], arc.place_kind, arc.place_id))
    return tuple(found)


def ways_of(case: Case, network: FreightNetwork, way: str, pair: tuple[str, str]) -> list[tuple[Step, ...]]:
    load = make_shipment(case["products"], case.settings.reference_product, case.settings.load_t)
    cost = network.arc_usd(load) + load.value_of_time_usd_h * network.arc_hours()
    found = []
    named = list(case["corridors"].sort("rank").iter_rows(named=True))
    mixed = [row for row in named if set(row["modes"]) == {"rail", "road"}]
    railways = [{**row, "modes": [mode for mode in row["modes"] if mode != "road"]} for row in mixed]
    for corridor in (*named, *railways):
        one = corridor_route(network, load, corridor, *pair, backward=way == "b_to_a")
        if one.route is not None:
            found.append(steps(network, one.route.arcs))
    usable = ~network.never_open()
    best = least_cost_path(network, cost, *pair, allowed=usable).arcs
    for arcs in (best,) if best else ():
        found.append(steps(network, arcs))
        for gate in {network.arcs[a].place_id for a in arcs if network.arcs[a].place_kind == "crossing"}:
            off = np.array([a.place_kind == "crossing" and a.place_id == gate for a in network.arcs])
            way_round = least_cost_path(network, cost, *pair, allowed=usable & ~off).arcs
            found += [steps(network, way_round)] if way_round else []
    return found


def landed_by_hand(
    case: Case, network: FreightNetwork, route: tuple[Step, ...], product: str, way: str
) -> float:
    """Landed cost of a tonne over a route; inf where it is not open."""
    row = case["products"].filter(pl.col("product_id") == product).row(0, named=True)
    unit_t = row["stowage_t_feu"] or TRUCK_BASIS_T
    load = make_shipment(case["products"], product, unit_t)
    known = {steps(network, (a,))[0]: a for a in range(len(network.arcs))}
    usd = hours = variance = 0.0
    for step in route:
        if step not in known or network.arcs[known[step]].calendar in network.shut:
            return math.inf
        arc = network.arcs[known[step]]
        usd += sum(s.usd(load.tonnes, load.units) for s in arc.stages)
        hours += sum(s.hours for s in arc.stages)
        variance += sum(s.variance_h2 for s in arc.stages) + arc.covariance_h2
        if arc.calendar >= 0:
            starts, ends = network.calendars[arc.calendar]
            moments = (np.arange(2_000_00) + 0.5) * WEEKS_H / 2_000_00
            waits = np.maximum(starts[np.searchsorted(ends, moments, side="right")] - moments, 0.0)
            hours, variance = hours + float(waits.mean()), variance + float(waits.var())
    usd += load.units * paid_by_hand(case, network, tuple(known[step] for step in route), load)
    cv = math.sqrt(variance) / hours
    felt = hours + case.parameter("reliability_ratio") * (lognormal_quantile(hours, cv, 0.95) - hours)
    own = case.settings
    buyer, seller = (own.party_b, own.party_a) if way == "a_to_b" else (own.party_a, own.party_b)
    duty = find_duty(case["tariffs"], product, buyer, seller)
    cif = (row["price_usd_t"] + usd / unit_t) * (1 + case.parameter("insurance_share"))
    day = row["time_cost_share_day"] + (row["loss_share_day"] or 0.0)
    return float(cif * (1 + duty.rate_share) + duty.specific_usd_t + row["price_usd_t"] * day * felt / 24)


def paid_by_hand(case: Case, network: FreightNetwork, arcs: tuple[int, ...], load: Shipment) -> float:
    """Papers that any goods need, and securities, USD a unit."""
    day, anything = case.settings.as_of, replace(load, product_id="")
    route = make_route(network, anything, arcs, ignore_shut=True)
    papers = list_papers(route, case.tables, "", day, Cargo(""))["cost_usd"].sum()
    return float(papers + list_guarantees(route, case.tables, {}, day)["cost_usd"].sum())


def worth_by_hand(before: Case, after: Case) -> float:
    """Fall of the expected landed cost of DEMAND from one case to the other, USD a year."""
    day = before.settings.as_of
    total = 0.0
    for flow in DEMAND.iter_rows(named=True):
        way = DIRECTIONS[0] if flow["origin_id"] == "A" else DIRECTIONS[1]
        form = before["products"].filter(pl.col("product_id") == flow["product_id"])["form"][0]
        nets = [CorridorStudy(case, day).network(way, form) for case in (before, after)]
        pair = (flow["origin_id"], flow["destination_id"])
        routes: list[tuple[Step, ...]] = []
        km: dict[Step, float] = {}
        for case, network in zip((before, after), nets, strict=True):
            routes += ways_of(case, network, way, pair)
            for a, arc in enumerate(network.arcs):
                km[steps(network, (a,))[0]] = sum(s.km for s in arc.stages) + 1e-9
        product = flow["product_id"]
        routes = [
            r
            for r in dict.fromkeys(routes)
            if any(
                math.isfinite(landed_by_hand(case, net, r, product, way))
                for case, net in zip((before, after), nets, strict=True)
            )
        ]
        size = []
        for route in routes:
            whole = sum(km[s] for s in route)
            size.append(sum(km[s] / whole / sum(s in other for other in routes) for s in route))
        expected = []
        scale, weight = before.parameter("logit_scale_per_usd_t"), before.parameter("path_size_weight")
        for case, network in zip((before, after), nets, strict=True):
            costs = [landed_by_hand(case, network, r, product, way) for r in routes]
            parts = [s**weight * math.exp(-scale * c) for s, c in zip(size, costs, strict=True)]
            expected.append(-math.log(sum(parts)) / scale)
        total += flow["t_day"] * 365 * (expected[0] - expected[1])
    return total


def test_the_worth_of_an_hour_saved_equals_tables_edited_by_hand(tmp_path: Path) -> None:
    folder = toyland(tmp_path / "case", {"yard": YARD})
    after = edited(folder, tmp_path / "hand", "crossing_times.csv", "Y_XTC_road", time_h="3")
    before = read_case(folder)
    assert worth(before, "yard") == pytest.approx(worth_by_hand(before, after), rel=1e-5)
    assert worth(before, "yard") > 0


def test_the_worth_of_a_railway_equals_tables_edited_by_hand(tmp_path: Path) -> None:
    folder = toyland(tmp_path / "case", {"rail": RAIL})
    after = edited(folder, tmp_path / "hand", "links.csv", "A-Cp", state="open", opens_on=None)
    before = read_case(folder)
    assert worth(before, "rail") == pytest.approx(worth_by_hand(before, after), rel=1e-5)
    assert worth(before, "rail") > 0


@pytest.mark.parametrize(
    ("name", "factor"),
    [
        ("driving_hours_day_road", 0.75),
        ("rail_hours_day", 0.75),
        ("truck_swap_time_h", 2.4),
        ("truck_swap_cost_usd", 0.5),
        ("reliability_ratio", 2.0),
        ("logit_scale_per_usd_t", 0.4),
        ("path_size_weight", 1.5),
        ("insurance_share", 2.4),
    ],
)
def test_ends_of_ranges_equal_a_case_with_the_parameter_typed_over(
    tmp_path: Path, name: str, factor: float
) -> None:
    """Routes are held, so the networks are built again on the same choice set."""
    folder = toyland(tmp_path / "case", {"yard": YARD, "rail": RAIL})
    case = read_case(folder)
    if name not in case["parameters"]["parameter_id"]:
        pytest.skip(f"toyland has no {name}")
    value = case.parameter(name) * factor
    other = edited(folder, tmp_path / "hand", "parameters.csv", name, value=str(value))
    plans = [_plan(c) for c in (case, other)]
    held, built = plans[0].outcome({name: value}), plans[1].outcome()
    one, two, usual = (o.change(0, 3).logsum_usd_t for o in (held, built, plans[0].outcome()))
    assert two == pytest.approx(one, rel=1e-9)
    assert not np.allclose(usual, two, rtol=1e-9)


def _plan(case: Case) -> Plan:
    assert case.folder is not None
    study = CorridorStudy(case, case.settings.as_of)
    found = {name: find_scenario(case.folder, name) for name in ("yard", "rail")}
    wanted = [("yard",), ("rail",), ("yard", "rail")]
    cases = {frozenset(s): apply_scenario(case, together([found[n] for n in s])) for s in wanted}
    return Plan(study, found, flows_of(study, DEMAND), {NOW: case, **cases})


def test_changes_in_a_row_add_up_where_no_route_opens(tmp_path: Path) -> None:
    faster = YARD.replace("Y_XTC_road", "X_XTB_road")
    case = read_case(toyland(tmp_path / "case", {"yard": YARD, "xing": faster}))
    table = plan_worth(case, case.settings.as_of, demand=DEMAND).promises
    by = {r["scenario_id"]: r for r in table.iter_rows(named=True)}
    # first one, then the other: both orders give the worth of both
    first = by["yard"]["usd_year"] + by["xing"]["usd_year_kept"]
    second = by["xing"]["usd_year"] + by["yard"]["usd_year_kept"]
    assert first == pytest.approx(second, rel=1e-9)
    assert first > by["yard"]["usd_year"] > 0


def test_an_effectless_scenario_is_worth_nothing(tmp_path: Path) -> None:
    case = read_case(toyland(tmp_path / "case", {"idle": IDLE, "yard": YARD}))
    table = plan_worth(case, case.settings.as_of, demand=DEMAND).promises
    row = table.filter(pl.col("scenario_id") == "idle").row(0, named=True)
    zero = ("usd_t", "hours_t", "usd_year", "low_usd_year", "high_usd_year", "usd_year_kept", "duty_usd_year")
    assert [row[c] for c in zero] == [0.0] * len(zero)
    assert row["reason"] == "moves no cost of these flows as things stand"
    assert table["scenario_id"].to_list() == ["yard", "idle", None]


def test_closing_costs_what_opening_is_worth(tmp_path: Path) -> None:
    """Where nothing else is looked for: a way best with another scenario too would be known to one side alone."""
    folder = toyland(tmp_path / "case", {"shut": SHUT})
    (folder / "scenarios" / "fast_yard.yaml").unlink()
    opened = read_case(folder)
    closed = edited(folder, tmp_path / "hand", "links.csv", "X-B", state="closed")
    back = "[{table: links, key: X-B, set: {state: open}, reason: Invented.}]"
    (tmp_path / "hand" / "scenarios" / "shut.yaml").write_text(f"id: shut\n{HEAD}overrides: {back}\n")
    loss, gain = worth(opened, "shut"), worth(closed, "shut")
    assert loss < 0 < gain
    assert loss == pytest.approx(-gain, rel=1e-9)


def test_promises_without_a_figure_say_why(tmp_path: Path) -> None:
    folder = toyland(tmp_path / "case", {"yard": YARD, "rail": RAIL, "idle": IDLE}, rail="done")
    case = open_case(folder, "yard").case
    (folder / "scenarios" / "idle.yaml").unlink()
    table = plan_worth(case, case.settings.as_of, demand=DEMAND).promises
    assert dict(table.select("commitment_id", "reason").iter_rows()) == {
        "c_yard": "already supposed: the case stands under it",
        "c_rail": "done: its effect stands in the case",
        "c_idle": "its scenario cannot be used: No scenario is called 'idle'; did you mean rail?",
        "c_none": "no scenario models it",
    }
    assert table["usd_year"].null_count() == table.height


def test_promises_that_exclude_each_other_are_ranked_alone(tmp_path: Path) -> None:
    new = "[{table: fees, add: {fee_id: f_new, name: New fee, place_kind: country, place_id: XTB, when: transit, cost_usd: 5,"
    new += " unit: truck, use: model}, reason: Invented.}]"
    folder = toyland(tmp_path / "case", {"one": new, "two": new, "yard": YARD})
    case = read_case(folder)
    found = plan_worth(case, case.settings.as_of, demand=DEMAND)
    assert any(line.startswith("The promises cannot all be kept together") for line in found.text)
    assert found.promises["usd_year"].drop_nulls().len() == 3
    assert found.promises["usd_year_kept"].null_count() == 4
    by = dict(found.promises.select("scenario_id", "usd_year").iter_rows())
    assert by["one"] == by["two"] <= 0 < by["yard"]


@pytest.fixture(scope="module")
def plain(kaz_pak: Case) -> pl.DataFrame:
    return plan_worth(kaz_pak, kaz_pak.settings.as_of, ranges=False, kept=False).promises


def test_a_study_at_hand_changes_nothing(kaz_pak: Case, plain: pl.DataFrame) -> None:
    day = kaz_pak.settings.as_of
    study = CorridorStudy(kaz_pak, day)
    assert plan_worth(kaz_pak, day, ranges=False, kept=False, study=study).promises.equals(plain)


def test_default_flows_are_the_years_value(tmp_path: Path) -> None:
    case = read_case(toyland(tmp_path / "case", {"yard": YARD}))
    found = plan_worth(case, case.settings.as_of)
    price = dict(case["products"].select("product_id", "price_usd_t").iter_rows())
    value = found.flows.with_columns(usd=pl.col("tonnes_year") * pl.col("product_id").replace_strict(price))
    by = dict(value.group_by("direction").agg(pl.col("usd").sum()).iter_rows())
    # toyland knows totals only: half of XTA's 12 m goes out, half of XTC's 18 m comes back
    assert by == {"a_to_b": pytest.approx(6e6), "b_to_a": pytest.approx(9e6)}
    row = found.promises.row(0, named=True)
    assert row["usd_year_target"] == pytest.approx(row["usd_year"] * 20 / 15)
    assert row["flows_usd"] == row["newest_usd"] == pytest.approx(15e6)
    assert "Valued is the trade of 2024, USD 15 m both ways, of which the target is 1.3 times." in sentences(
        found.text
    )
    assert row["low_usd_year"] <= row["usd_year"] <= row["high_usd_year"]
    assert row["usd_year_response"] is None  # toyland has no trade_elasticity
    assert "Trade Upland to Lowland, as either side reports it" in found.inputs["input"].to_list()


def test_a_demand_must_join_the_parties(tmp_path: Path) -> None:
    case = read_case(toyland(tmp_path / "case", {"yard": YARD}))
    for wrong in ("B", "nowhere"):
        table = DEMAND.with_columns(destination_id=pl.lit(wrong))
        with pytest.raises(InvalidInput, match="does not join XTA and XTC"):
            plan_worth(case, case.settings.as_of, demand=table)


def test_reopening_the_border_never_costs(plain: pl.DataFrame) -> None:
    by = {r["scenario_id"]: r for r in plain.iter_rows(named=True) if r["scenario_id"]}
    assert by["open_afghan_crossings"]["usd_year"] > 0
    assert by["open_afghan_crossings"]["obstacle"].startswith("closure of Torkham")
    assert all(r["usd_year"] <= r["usd_year_response"] for r in by.values() if r["usd_year"] is not None)
    duties = by["tariff_preference"]
    assert duties["usd_year"] >= duties["duty_usd_year"] > 0
    assert by["torghundi_herat_kandahar_railway"]["shared"] == 3
    none = plain.filter(pl.col("scenario_id").is_null())
    assert none["usd_year"].null_count() == none.height
    assert (none["reason"] == "no scenario models it").all()


def test_worth_in_equilibrium_is_beside_the_others(tmp_path: Path) -> None:
    """Without a world the worth is the fall of cost at the tonnes between, which lies near the rule of the half."""
    folder = toyland(tmp_path / "case", {"yard": YARD, "rail": RAIL})
    asked = ["plan", "worth", str(folder), "--general-equilibrium", "--json"]
    done = CliRunner().invoke(app, asked)
    assert done.exit_code == 0, done.output
    content = json.loads(done.stdout)
    rows = {r["scenario_id"]: r for r in content["promises"] if r["rank"]}
    assert rows.keys() == {"yard", "rail"}
    for row in rows.values():
        assert row["usd_year_ge"] == pytest.approx(row["usd_year"], rel=0.1)
        assert row["usd_year_ge_a"] + row["usd_year_ge_b"] == pytest.approx(row["usd_year_ge"])
        assert row["delay_usd_month"] == pytest.approx(row["usd_year_ge"] / 12)
        assert row["third_usd_year"] == pytest.approx(0.0)
        assert row["low_usd_year_ge"] <= row["usd_year_ge"] <= row["high_usd_year_ge"]
        assert row["delay_net_usd_month"] == pytest.approx(row["net_usd_year"] / 12)
    first, second = sorted(rows.values(), key=lambda r: r["rank_ge"])
    assert first["usd_year_ge"] >= second["usd_year_ge"]
    net = sorted(rows.values(), key=lambda r: r["rank"])
    assert net[0]["net_usd_year"] >= net[1]["net_usd_year"]  # the one rank does not overwrite the other
    assert first["usd_year_ge"] + second["usd_year_ge_kept"] == pytest.approx(
        second["usd_year_ge"] + first["usd_year_ge_kept"]
    )
    wrong = CliRunner().invoke(app, [*asked, "--who", "nobody"])
    assert isinstance(wrong.exception, InvalidInput) or wrong.exit_code == 2


LANE = (
    "[{table: operators, add: {operator_id: OP, name: O, country: XTA, kind: venture, modes: [road]}, reason: Invented.}, "
    "{table: land_services, add: {land_service_id: LANE, operator_ids: [OP], from_place: A, from_node_id: A, to_place: C, "
    "to_node_id: C, modes: [road], state: running, rate_usd: 300, rate_unit: truck}, reason: Invented.}]"
)


def test_a_through_rate_is_worth_something_alone_and_last(tmp_path: Path) -> None:
    """A lane stands in no network but its own: it goes by one name in each, and is looked for with it alone."""
    case = read_case(toyland(tmp_path / "case", {"yard": YARD, "lane": LANE}))
    table = plan_worth(case, case.settings.as_of, demand=DEMAND, ranges=False).promises
    lane = table.filter(pl.col("scenario_id") == "lane").row(0, named=True)
    assert lane["net_usd_year"] > 0 and lane["net_usd_year_kept"] > 0


@pytest.mark.parametrize(
    ("override", "alone"),
    [
        ("{table: links, key: X-B, set: {state: open}, reason: Invented.}", True),
        ("{table: closures, key: c_snow, remove: true, reason: Invented.}", True),
        ("{table: links, key: X-B, set: {speed_kmh: 90}, reason: Invented.}", False),
        ("{table: rates, key: r_one, set: {cost_usd_km: 1}, reason: Invented.}", False),
    ],
)
def test_what_builds_or_opens_is_looked_for_alone_too(tmp_path: Path, override: str, alone: bool) -> None:
    """A way may be best with it alone, and neither now nor with all in force."""
    path = tmp_path / "one.yaml"
    path.write_text(f"id: one\n{HEAD}overrides: [{override}]\n")
    assert states._adds_ways(read_scenario(path)) is alone


def test_the_command_prints_what_the_desk_finds(tmp_path: Path) -> None:
    folder = toyland(tmp_path / "case", {"yard": YARD, "rail": RAIL})
    demand = tmp_path / "demand.csv"
    DEMAND.write_csv(demand)
    case = read_case(folder)
    asked = ["plan", "worth", str(folder), "--demand", str(demand)]
    content = json.loads(CliRunner().invoke(app, [*asked, "--json"]).stdout)
    table = plan_worth(case, case.settings.as_of, demand=DEMAND).promises
    assert [r["usd_year"] for r in content["promises"]] == pytest.approx(table["usd_year"].to_list())
    assert content["text"][0] == "3 flows as given with --demand."
    plain = CliRunner().invoke(app, asked)
    assert plain.exit_code == 0, plain.output
    assert "missing line Alford" in " ".join(plain.stdout.split())
    assert "no scenario models it" in plain.stdout
    under = CliRunner().invoke(app, [*asked, "--scenario", "rail", "--json"])
    assert json.loads(under.stdout)["scenarios"][0]["scenario_id"] == "rail"


def test_reckoning_only_the_routes_touched_changes_nothing(
    kaz_pak: Case, plain: pl.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The shortcut of `touched.routes_hit` against every route in every state."""
    monkeypatch.setattr(states, "routes_hit", lambda routes, *_: np.ones(len(routes.flat), dtype=bool))
    every = plan_worth(kaz_pak, kaz_pak.settings.as_of, ranges=False, kept=False).promises
    for column in ("usd_year", "hours_t", "duty_usd_year"):
        one, other = (table[column].drop_nulls().to_list() for table in (plain, every))
        assert one == pytest.approx(other, rel=1e-9)


def test_promises_rank_by_what_is_left_without_duty() -> None:
    """Halved duties come last of those that are worth anything, and duty and rest add up."""
    found = plan_worth(read_case("kaz-pak"), date(2026, 11, 24), kept=False, ranges=False).promises
    known = found.filter(pl.col("rank").is_not_null())
    assert known["net_usd_year"].is_sorted(descending=True)
    assert (known["net_usd_year"] + known["duty_usd_year"] - known["usd_year"]).abs().max() < 1e-6
    duties = known.filter(pl.col("scenario_id") == "tariff_preference").row(0, named=True)
    assert duties["duty_usd_year"] == pytest.approx(2.39e6, rel=0.02)
    assert abs(duties["net_usd_year"]) < 0.01 * duties["usd_year"]
    ranks = known.select("scenario_id", "rank").unique().sort("rank")
    assert ranks["rank"].to_list() == list(range(1, known["scenario_id"].n_unique() + 1))
    factor = known["usd_year_target"] / known["usd_year"]
    target = (known["net_usd_year_target"] - factor * known["net_usd_year"]).abs()
    assert target.drop_nans().max() < 1.0
    shown = scenario_table(known)
    assert shown.columns[:2] == ["rank", "net_usd_year"]
    assert shown["promises"].str.split(" • ").list.len().sum() == known.height
    assert shown["net_usd_year"].to_list() == pytest.approx(
        known.unique("rank", maintain_order=True)["net_usd_year"].round_sig_figs(2).to_list()
    )


def test_a_corridor_with_a_ship_has_no_railway_of_its_own() -> None:
    """Its way without roads would be its own way again, ending on board without the last lift."""
    by_modes = {
        "rail;road": [["rail"]],
        "road;rail": [["rail"]],
        "road": [],
        "road;rail;sea": [],
        "road;rail;sea;ferry": [],
    }
    for modes, wanted in by_modes.items():
        corridor = {"corridor_id": "C", "modes": modes.split(";")}
        assert [row["modes"] for row in without_roads(corridor)] == wanted


@pytest.mark.parametrize(("usd", "said"), [((-5e6, 2e8), True), ((5e6, 2e8), False), ((None, 2e8), False)])
def test_a_side_that_loses_by_the_first_rank_is_said_first(
    usd: tuple[float | None, float], said: bool
) -> None:
    case = read_case("toyland")
    row = {"rank": 1, "scenario_id": "s", "modelled_as": "Border open"}
    table = result_frame(
        "plan_worth", [row | dict(zip(("usd_year_ge_a", "usd_year_ge_b"), usd, strict=True))]
    )
    found = loss_notes(case, table)
    assert bool(found) is said
    if said:
        assert found[0].values["loser"] == "Upland" and found[0].values["lost_usd"] == 5e6


def test_a_loss_names_its_market_and_the_band_of_each_side() -> None:
    row = {"rank": 1, "scenario_id": "s", "usd_year_ge_a": -5e6, "usd_year_ge_b": 2e8}
    row |= {"lost_market": "Midland", "lost_market_usd_year": 4.6e7, "won_market_usd_year": 1.4e9}
    row |= {"low_usd_year_ge_a": -1.3e7, "high_usd_year_ge_a": -1e6}
    row |= {"low_usd_year_ge_b": 1e8, "high_usd_year_ge_b": 5e8}
    row |= {"loss_exporter": "Lowland", "loss_importer": "Midland", "loss_pair_usd_year": -8e6}
    row |= {"flows_year": "2024", "flows_usd": 9e6}
    notes = loss_notes(read_case("toyland"), result_frame("plan_worth", [row]))
    first, cause, alone, bands = sentences(notes)
    assert "valued trade of the two alone (USD 9 m in 2024);" in first
    assert alone.endswith("costs Upland USD 8 m a year; all else brings Upland USD 3 m.")
    assert (
        cause
        == "By the model Upland sells USD 46 m a year less to Midland, where Lowland sells USD 1.4 bn more than with what is shut today."
    )
    assert bands.endswith("Upland USD −13 m to USD −1 m, Lowland USD 100 m to USD 500 m.")


def test_the_market_lost_is_where_sales_fall_most() -> None:
    """Of the seller's own sales 9 less at home do not count; 4 less to the second country do, where the other party sells 7 more."""
    before = np.full((1, 3, 3), 20.0)
    after = before.copy()
    after[0, 0] += [-9.0, -1.0, -4.0]
    after[0, 1] += [0.0, 0.0, 7.0]
    known = {frozenset(): before, frozenset(("s",)): after}

    def at(state: frozenset[str]) -> SimpleNamespace:
        fullest = SimpleNamespace(equilibrium=SimpleNamespace(flows=known[state]))
        return SimpleNamespace(held=SimpleNamespace(solved=SimpleNamespace(fullest=fullest)))

    study = SimpleNamespace(case=read_case("toyland"))
    welfare = SimpleNamespace(
        at=at,
        members=lambda who: [0, 1],
        world=SimpleNamespace(countries=["XTA", "XTB", "XTC"]),
        coupling=SimpleNamespace(study=study),
    )
    found = sides._market(welfare, frozenset(("s",)), 0)  # type: ignore[arg-type]
    assert found["lost_market"] == study.case.country_name("XTC")
    assert (found["lost_market_usd_year"], found["won_market_usd_year"]) == (4.0, 7.0)
