from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from karwan.analysis.contract import Inputs
from karwan.analysis.corridor_compare import arrival_table, compared_routes
from karwan.analysis.corridors import CorridorStudy
from karwan.analysis.requests import RouteRequest
from karwan.analysis.route import answer_route
from karwan.case import read_case
from karwan.errors import UnknownName
from karwan.notes import note
from karwan.transport.calendar import HORIZON_DAYS
from karwan.transport.closures import in_force
from karwan.transport.corridor import corridor_route, name_route
from karwan.transport.journey import (
    LOOK_BACK_DAYS,
    ArrivalModel,
    arrival_model,
    closing_places,
    closure_process,
    dated_closures,
    journey_stages,
    recorded_closures,
    recorded_process,
)
from karwan.transport.network import NetworkRequest, build_network
from karwan.transport.reliability import moments, simulate
from karwan.transport.shipment import make_shipment
from karwan.words import say


@pytest.fixture(scope="module")
def toyland():
    return read_case("toyland")


def route_of(case, corridor_id, day=date(2025, 6, 2)):
    network = build_network(case.tables, NetworkRequest("XTA", "XTC", "box", day))
    corridor = case["corridors"].filter(corridor_id=corridor_id).row(0, named=True)
    return corridor_route(network, make_shipment(case["products"], "beans", 20), corridor, "A", "C")


@pytest.mark.parametrize("corridor", ["MID", "RAIL", "SEA"])
def test_simulated_mean_equals_the_sum_of_stages(toyland, corridor):
    found = route_of(toyland, corridor)
    waits = sum(found.route.waits_h)
    stages = journey_stages(found.route, arrival_model(toyland.tables, None))
    journeys = simulate(stages, journeys=40_000, seed=3)
    assert stages.size == len(found.route.stages)
    if not stages.clocked:
        assert journeys.mean_h == pytest.approx(found.route.hours - waits, abs=4 * journeys.mean_error_h)
        assert np.var(journeys.hours) == pytest.approx(found.route.variance_h2, rel=0.1)
    else:
        assert journeys.mean_h > found.route.hours - waits


def test_a_sailing_waits_half_its_headway_on_average(toyland):
    found = route_of(toyland, "SEA")
    sailing = next(s for s in found.route.stages if s.kind == "sailing")
    assert sailing.step.headway_h == pytest.approx(48)
    assert sailing.hours == pytest.approx(400 / 20 + 24)


def test_recorded_closures_join_what_overlaps_and_keep_quiet_places(toyland):
    events = recorded_closures(
        toyland["closures"], toyland["crossings"]["crossing_id"], date(2020, 1, 1), date(2025, 7, 1)
    )
    assert events.filter(place="Y").height == 2
    assert events.filter(place="Z")["start_date"].to_list() == [None]
    assert events.filter(place="X")["end_date"].to_list() == [date(2023, 1, 5)]


def test_closures_add_delay(toyland):
    process = closure_process(
        toyland["closures"], toyland["crossings"]["crossing_id"], date(2020, 1, 1), date(2025, 7, 1)
    )
    rate, mean_days, _ = process.stage_values("Y")
    open_days = (date(2025, 7, 1) - date(2020, 1, 1)).days - 10 - 4
    assert rate == pytest.approx(2 / open_days, rel=0.01)
    assert mean_days == pytest.approx((10 + 4 + 4) / 3, rel=0.01)
    found = route_of(toyland, "MID")
    model = arrival_model(toyland.tables, process)
    quiet = simulate(journey_stages(found.route, replace(model, closures=None)), journeys=20_000, seed=1)
    risky = simulate(journey_stages(found.route, model), journeys=20_000, seed=1)
    assert risky.mean_h > quiet.mean_h


def test_days_shut_for_what_does_not_count_are_no_exposure(toyland):
    """The rate is closures by the days that a count day by day finds open: no winter, no closure, and a day shut by both is the closure's."""
    first, last = date(2020, 1, 1), date(2025, 7, 1)
    blank = dict.fromkeys(toyland["closures"].columns)
    base = {**blank, "place_kind": "crossing", "place_id": "Y", "reason": "winter", "history": False}
    winters = [
        {**base, "closure_id": "w", "kind": "seasonal", "start": "12-20", "end": "01-31"},
        {**base, "closure_id": "d", "kind": "dated", "start": "2024-05-07", "end": "2024-05-12"},
        {**base, "closure_id": "s", "kind": "disruption", "start": "2021-05-01", "end": "2021-05-31"},
    ]
    closures = pl.concat([toyland["closures"], pl.DataFrame(winters, schema=toyland["closures"].schema)])
    fitted = closure_process(closures, ["Y"], first, last).table.filter(place="Y").row(0, named=True)
    days = [first + timedelta(days=n) for n in range((last - first).days)]
    held = closures.filter((pl.col("place_id") == "Y") & (pl.col("kind") != "disruption"))
    open_days = sum(not any(in_force(row, day) for row in held.iter_rows(named=True)) for day in days)
    assert open_days < (last - first).days - 14
    assert fitted["open_days"] == open_days
    assert fitted["rate_per_day"] == pytest.approx(2 / open_days)
    assert fitted["closed_days"] == 14.0  # the closures keep their whole length


def test_a_route_says_what_was_shut_before_and_which_season_is_over(toyland):
    """A winter of an earlier year is named at its time of the year alone; a holiday, and a winter that holds now, are not."""
    blank = {
        **dict.fromkeys(toyland["closures"].columns),
        "reason": "winter",
        "history": False,
        "kind": "dated",
    }

    def told(start: str, end: str, depart: date) -> list[str]:
        row = {
            **blank,
            "closure_id": "w",
            "place_kind": "crossing",
            "place_id": "Y",
            "start": start,
            "end": end,
        }
        schema = toyland["closures"].schema
        changed = toyland.with_tables(
            {"closures": pl.concat([toyland["closures"], pl.DataFrame([row], schema=schema)])}
        )
        query = RouteRequest("A", "C", "beans", 20, depart)
        return [say(one) for one in answer_route(Inputs(changed), query).notes]

    winter = told("2023-12-01", "2024-02-28", date(2025, 12, 10))
    assert [one for one in winter if "time of the year (winter, up to 28 February 2024)" in one]
    (before,) = [one for one in winter if "Yard, shut unannounced" in one]
    assert "2 times in 5." in before
    assert "as fewer than three of its own ended" in before
    assert "14 days in all" in before and "take one as 6 days" in before  # ten and four days, four elsewhere
    assert not [
        one for one in told("2023-12-01", "2024-02-28", date(2026, 6, 1)) if "time of the year" in one
    ]
    assert not [
        one for one in told("2023-12-10", "2023-12-12", date(2025, 12, 10)) if "time of the year" in one
    ]


def test_routes_are_named_by_the_corridor_they_keep_to(toyland):
    corridors = toyland["corridors"].to_dicts()
    assert name_route(route_of(toyland, "PASS").route, corridors) == "PASS"
    assert name_route(route_of(toyland, "SEA").route, corridors) == "SEA"


def test_a_season_shuts_a_corridor_in_winter_only(toyland):
    summer = route_of(toyland, "PASS", date(2025, 6, 2))
    winter = route_of(toyland, "PASS", date(2025, 12, 20))
    assert summer.status == "open"
    assert sum(winter.route.waits_h) > 24 * 60 or winter.status == "closed"


def test_corridors_without_a_way_say_how_far_they_come(toyland):
    cut = toyland.with_tables({"links": toyland["links"].filter(pl.col("to_node_id") != "C")})
    found = route_of(cut, "MID")
    assert found.status == "absent"
    assert found.reason == "no way by road from Y to C"
    touching = (pl.col("from_node_id") == "Y") | (pl.col("to_node_id") == "Y")
    apart = toyland.with_tables({"links": toyland["links"].filter(~touching)})
    found = route_of(apart, "MID")
    assert (found.status, found.reason) == ("absent", "no way by road from X to Y")


def test_brief_and_route_give_one_route_the_same_days(toyland):
    study = CorridorStudy(toyland, toyland.settings.as_of)
    origin, destination = study.pairs("a_to_b")[0]
    load = study.shipment()
    query = RouteRequest(origin, destination, load.product_id, load.tonnes, study.as_of)
    routes = answer_route(Inputs(toyland), query).tables["routes"]
    briefed = compared_routes(study).filter(direction="a_to_b", origin_id=origin, destination_id=destination)
    quiet = dict(
        arrival_table(study)
        .filter(direction="a_to_b")
        .select("corridor_id", "days_p95_no_closures")
        .iter_rows()
    )
    shared = 0
    for row in briefed.iter_rows(named=True):
        same = routes.filter(pl.col("usd").sub(row["usd_20t"]).abs() < 1e-9, pl.col("km") == row["km"])
        for found in same.iter_rows(named=True):
            shared += 1
            assert [found[f"days_p{s}"] for s in (5, 50, 95)] == [row[f"days_p{s:02d}"] for s in (5, 50, 95)]
            assert found["days_p95_no_closures"] == quiet[row["corridor_id"]] <= row["days_p95"]
    assert shared >= 3
    assert any(row["days_p95"] > quiet[row["corridor_id"]] for row in briefed.iter_rows(named=True))


def test_crossing_keeps_its_observed_mean_at_the_usual_load(toyland):
    found = route_of(toyland, "MID").route
    usual = moments(journey_stages(found, arrival_model(toyland.tables, None)))
    alone = moments(journey_stages(found, ArrivalModel(toyland.parameter("pair_correlation"))))
    assert usual.mean_h == pytest.approx(alone.mean_h)
    assert usual.variance_h2 == pytest.approx(alone.variance_h2, rel=1e-3)
    busy = moments(journey_stages(found, arrival_model(toyland.tables, None, load=1.5)))
    traffic = arrival_model(toyland.tables, None, load=1.5).traffic
    added = [
        traffic[c, "road"].wait(traffic[c, "road"].load_share).wait_mean_h
        - traffic[c, "road"].wait(traffic[c, "road"].usual_share).wait_mean_h
        for c in found.crossings
    ]
    assert busy.mean_h - usual.mean_h == pytest.approx(sum(added)) and min(added) > 0
    none = moments(journey_stages(found, arrival_model(toyland.tables, None, load=0.0)))
    assert none.mean_h < usual.mean_h


def test_dated_closure_leaves_a_line_where_the_load_is_known(toyland):
    row = {
        **{c: None for c in toyland["closures"].columns},
        **{
            "closure_id": "y25",
            "place_kind": "crossing",
            "place_id": "Y",
            "kind": "dated",
            "reason": "flood",
        },
        **{
            "start": "2025-05-28",
            "end": "2025-06-01",
            "history": False,
            "source_id": "toy",
            "basis": "assumed",
        },
    }
    extra = pl.DataFrame([row], schema=toyland["closures"].schema)
    shut = toyland.with_tables({"closures": pl.concat([toyland["closures"], extra])})
    route = route_of(shut, "MID", date(2025, 6, 2)).route  # the day after it reopened
    model = arrival_model(shut.tables, None)
    stages = journey_stages(route, model)
    at = stages.dated.tolist().index(0)
    assert (stages.dated_start_h.tolist(), stages.dated_end_h.tolist()) == ([-120.0], [0.0])
    assert stages.backlog_load[at] == pytest.approx(120 / 200) and stages.backlog_cap_days[at] == 5.0
    line = simulate(stages, journeys=2000, seed=1).stage_hours["closure_h"][at]
    assert 0.6 * 120.0 - 0.4 * 72.0 < line < 0.6 * 120.0
    unknown = shut.with_tables({"crossings": shut["crossings"].with_columns(background_trucks_day=None)})
    alone = journey_stages(route, arrival_model(unknown.tables, None))
    assert simulate(alone, journeys=200, seed=1).stage_hours["closure_h"][at] == 0.0


def test_record_of_a_running_closure_ends_where_it_was_last_seen(toyland):
    row = {
        **{c: None for c in toyland["closures"].columns},
        **{"closure_id": "z25", "place_kind": "crossing", "place_id": "Z", "kind": "dated", "reason": "war"},
        **{
            "start": "2024-10-01",
            "last_seen": date(2024, 12, 1),
            "history": True,
            "source_id": "toy",
            "basis": "assumed",
        },
    }
    closures = pl.concat([toyland["closures"], pl.DataFrame([row], schema=toyland["closures"].schema)])
    events = recorded_closures(
        closures, toyland["crossings"]["crossing_id"], date(2020, 1, 1), date(2025, 7, 1)
    )
    assert events.filter(place="Z").select("end_date", "observed_to").row(0) == (None, date(2024, 12, 1))
    process = closure_process(
        closures, toyland["crossings"]["crossing_id"], date(2020, 1, 1), date(2025, 7, 1)
    )
    fitted = process.table.filter(place="Z").row(0, named=True)
    assert fitted["closed_days"] == 61.0 and fitted["closures"] == 1
    load = fitted["rate_per_day"] * fitted["mean_days"]
    assert fitted["closed_share"] == pytest.approx(load / (1.0 + load))


def test_a_supposed_end_is_no_sighting_in_the_record(toyland):
    """Whether a running closure is set aside by a scenario that ends it, or left without an end, its record is the same."""
    crossings, first, today = toyland["crossings"]["crossing_id"], date(2020, 1, 1), date(2025, 7, 1)

    def fitted(end: str | None, last_seen: date | None) -> pl.DataFrame:
        row = {
            **{c: None for c in toyland["closures"].columns},
            **{"closure_id": "z25", "place_kind": "crossing", "place_id": "Z", "kind": "dated"},
            **{"start": "2024-10-01", "end": end, "last_seen": last_seen, "history": True},
        }
        closures = pl.concat([toyland["closures"], pl.DataFrame([row], schema=toyland["closures"].schema)])
        return closure_process(closures, crossings, first, today).table

    running, supposed = fitted(None, date(2024, 12, 1)), fitted("2025-06-30", date(2024, 12, 1))
    assert supposed.equals(running)
    told = fitted("2025-06-30", None)  # a reported end counts whole
    assert told.filter(place="Z")["ended"][0] == running.filter(place="Z")["ended"][0] + 1
    assert told.filter(place="Z")["closed_days"][0] == 273.0
    assert fitted("2024-12-01", date(2024, 12, 1)).filter(place="Z")["ended"][0] == 1  # seen to its last day


def test_case_without_its_parameters_says_so(toyland):
    bare = {**toyland.tables, "parameters": toyland["parameters"].head(0)}
    with pytest.raises(UnknownName, match="pair_correlation"):
        arrival_model(bare, None)
    process, why = recorded_process(bare, date(2025, 7, 1))
    assert process is None and why == (note("closures.no_record"),)
    early, why = recorded_process(toyland.tables, date(2019, 7, 1))
    assert early is None and "record begins on 2020-01-01" in say(why[0])
    untold = {**toyland.tables, "closures": toyland["closures"].with_columns(end=pl.lit(None, pl.String))}
    process, why = recorded_process(untold, date(2025, 7, 1))
    assert process is None and "No recorded closure has ended" in say(why[0])


def test_a_port_closes_at_random_for_its_own_mode_and_is_met_once(toyland):
    row = {
        **{c: None for c in toyland["closures"].columns},
        **{"place_kind": "node", "place_id": "Q", "mode": "sea", "kind": "dated", "reason": "storm"},
        **{"history": True, "source_id": "toy", "basis": "assumed"},
    }
    days = [("2021-03-01", "2021-03-04"), ("2022-05-01", "2022-05-02"), ("2023-09-01", "2023-09-03")]
    rows = [{**row, "closure_id": f"q{a}", "start": a, "end": b} for a, b in days]
    extra = pl.DataFrame(rows, schema=toyland["closures"].schema)
    case = toyland.with_tables({"closures": pl.concat([toyland["closures"], extra])})
    process, why = recorded_process(case.tables, date(2025, 7, 1))
    assert why == () and process.stage_values("Q")[1] == pytest.approx(3.0)
    assert process.table.filter(place="all").height == 1
    route = route_of(case, "SEA").route
    model = arrival_model(case.tables, process)
    stages = journey_stages(route, model)
    closing = np.flatnonzero(np.abs(stages.closure_mean_days - 3.0) < 1e-9)
    assert [route.stages[i].mode for i in closing] == ["sea"]
    road = route_of(case, "MID").route
    rates = journey_stages(road, model).closure_rate_per_day
    assert np.count_nonzero(rates) == len(road.crossings) == 2  # each crossing once, not its node too
    assert "Q" in closing_places(route, model) and "Q" not in closing_places(
        route_of(case, "MID").route, model
    )


def dated(toyland, *spans, first=date(2025, 6, 10)):
    """Start and end of dated closures of a crossing, days from the first one."""
    like = next(row for row in toyland["closures"].iter_rows(named=True) if row["place_kind"] == "crossing")
    rows = [like | {"kind": "dated", "mode": None, "start": start, "end": end} for start, end in spans]
    model = replace(arrival_model(toyland.tables, None), closure_rows=tuple(rows), opened=frozenset())
    shift_h = model.crossings[like["place_id"]]["utc_offset_h"]
    starts, ends = dated_closures(model, first, like["place_id"], "road")
    return [((s + shift_h) / 24.0, (e + shift_h) / 24.0) for s, e in zip(starts, ends, strict=True)]


def test_dated_closures_of_a_crossing_are_joined_in_days_of_its_own_time(toyland):
    assert dated(toyland, ("2025-06-12", "2025-06-13")) == [(2.0, 4.0)]
    assert dated(toyland, ("2025-06-14", "2025-06-15"), ("2025-06-12", "2025-06-13")) == [(2.0, 6.0)]
    assert dated(toyland, ("2025-06-12", "2025-06-20"), ("2025-06-13", "2025-06-14")) == [(2.0, 11.0)]
    apart = dated(toyland, ("2025-06-12", "2025-06-13"), ("2025-06-15", "2025-06-15"))
    assert apart == [(2.0, 4.0), (5.0, 6.0)]


def test_dated_closures_look_back_a_season_and_no_further_than_the_horizon(toyland):
    first = date(2025, 6, 10)
    last, beyond = (str(first + timedelta(days=days)) for days in (HORIZON_DAYS, HORIZON_DAYS + 1))
    assert dated(toyland, (last, last)) == [(HORIZON_DAYS, HORIZON_DAYS + 1.0)]
    assert dated(toyland, (beyond, beyond)) == []
    assert dated(toyland, ("2025-06-12", None)) == []
    seen, cleared = (str(first - timedelta(days=days)) for days in (LOOK_BACK_DAYS, LOOK_BACK_DAYS + 1))
    assert dated(toyland, (seen, seen)) == [(-LOOK_BACK_DAYS, 1.0 - LOOK_BACK_DAYS)]
    assert dated(toyland, (cleared, cleared)) == []


def test_no_place_counts_the_pandemic_as_a_random_closure(kaz_pak):
    """One rule for every place, that of docs/reliability.md; Taftan's closure of 2020 counted, Khunjerab's did not."""
    pandemic = kaz_pak["closures"].filter(pl.col("reason").str.contains("(?i)pandemic|covid"))
    assert {"taft_2020_02", "khun_covid_2020", "tork_2020_03"} <= set(pandemic["closure_id"])
    assert not pandemic["history"].any()


NOT_COUNTED = "Known ahead|known ahead|Not a random closure|the pandemic|hours only|not counted a second time"


def test_a_closure_counts_unless_its_note_says_why_not(kaz_pak):
    """War, blockade and embargo count as clashes do: one rule, that of docs/reliability.md."""
    closures = kaz_pak["closures"]
    left_out = closures.filter(~pl.col("history"))
    assert left_out.filter(~pl.col("note").str.contains(NOT_COUNTED))["closure_id"].to_list() == []
    came = {"bnd_2026_03", "jea_2026_03", "chb_2026_04", "bola_2025_10", "ghul_2014"}
    assert not came & set(left_out["closure_id"])


def test_a_blockade_counts_once_and_lends_its_length_to_ports_alone(kaz_pak):
    process, _ = recorded_process(kaz_pak.tables, date(2026, 11, 24))
    row = process.table.filter(place="P_BND").row(0, named=True)
    assert (row["closures"], row["closed_days"]) == (2, 115.0)  # two days of fire, 113 of war and blockade
    assert row["open_days"] == (date(2026, 11, 24) - date(2017, 1, 1)).days - 115
    assert row["mean_days"] == pytest.approx(
        (2 + 113 + 64) / 3
    )  # with Chabahar's; Jebel Ali's are the same days
    assert process.stage_values("SKZ")[1] < 5.0
    bans = (61 + 31 + 4 + 12 + 3) / 5  # Dostyk's three, one of them Khorgos's too, Bolashak's and Saryagash's
    assert process.stage_values("B_BOLA")[1] == pytest.approx(bans)
