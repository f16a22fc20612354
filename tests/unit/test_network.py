"""The freight network of toyland: stages, calendars, closures, seasons, opened places, access rules, fees."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl
import pytest

from karwan.case import Case, read_case
from karwan.errors import UnknownName
from karwan.transport.network import BY_ROW, FreightNetwork, Kept, NetworkRequest, build_network
from karwan.transport.network.context import Context

SUMMER = date(2025, 6, 2)  # a Monday
WINTER = date(2025, 12, 1)
BUILT_FROM = (
    *("links", "rates", "fees", "services", "crossings", "crossing_times", "regimes", "access"),
    *("transfers", "closures", "land_services", "weight_limits"),
)
"""Tables of toyland that a network is made of, of which it can lack a row."""


@pytest.fixture(scope="module")
def toyland() -> Case:
    return read_case("toyland")


def request(day: date = SUMMER, **changes: object) -> NetworkRequest:
    return replace(NetworkRequest("XTA", "XTC", "box", day), **changes)  # type: ignore[arg-type]


def with_row(tables: Mapping[str, pl.DataFrame], name: str, **values: object) -> dict[str, pl.DataFrame]:
    """Tables with one more row in one of them; columns not named are missing."""
    table = tables[name]
    row = pl.DataFrame([{c: values.get(c) for c in table.columns}], schema=table.schema)
    return {**tables, name: pl.concat([table, row])}


def arcs_of(network: FreightNetwork, place: str) -> list[int]:
    return [i for i, arc in enumerate(network.arcs) if arc.place_id == place]


def test_line_haul_money_hours_and_emission(toyland: Case) -> None:
    network = build_network(toyland.tables, request())
    stage = network.arcs[arcs_of(network, "A-X")[0]].stages[0]
    assert stage.usd(20.0, 1) == pytest.approx(1.2 * 120)
    assert stage.hours == pytest.approx(120 / 60 * 24 / 10)  # ten driving hours a day
    assert stage.variance_h2 == pytest.approx((0.2 * 4.8) ** 2)
    assert stage.co2_kg_t == pytest.approx(0.1 * 120)


def test_dangerous_goods_pay_more_for_hauls_and_sailings(toyland: Case) -> None:
    """1.5 times the price of hauls and sailings, nothing else; networks that share their stages keep them apart."""
    row = {"parameter_id": "dangerous_rate_share", "value": 1.5, "source_id": "toy", "basis": "assumed"}
    tables, kept = with_row(toyland.tables, "parameters", **row), Kept()
    plain, dear = (build_network(tables, request(dangerous=asked), kept=kept) for asked in (False, True))
    for one, other in zip(plain.arcs, dear.arcs, strict=True):
        for before, after in zip(one.stages, other.stages, strict=True):
            more = after.usd(20, 1) - before.usd(20, 1)
            assert (more > 0.0) == (before.kind in ("line_haul", "sailing"))
            assert more <= 0.5 * before.usd(20, 1) + 1e-9  # fees on a link stay as they are
            assert after.hours == before.hours
    haul = dear.arcs[arcs_of(dear, "A-X")[0]].stages[0]
    assert haul.usd(20.0, 1) == pytest.approx(1.5 * 1.2 * 120)


@pytest.mark.parametrize(
    ("place_kind", "place_id", "left_out"),
    [("country", "XTB", ("links", "X-B")), ("link", "Y-C", ("links", "Y-C")), ("crossing", "X", ("crossings", "X"))],
)  # fmt: skip
def test_a_weight_limit_takes_its_road_away(
    toyland: Case, place_kind: str, place_id: str, left_out: tuple[str, str]
) -> None:
    """Truck of 15 t: 25 t of goods are over a limit of 38 t, 20 t are not; trains and past limits do not count."""
    limit = {"limit_id": "low", "place_kind": place_kind, "place_id": place_id, "max_gross_t": 38.0, "over": "forbidden"}  # fmt: skip
    tables = with_row(toyland.tables, "weight_limits", **limit)
    heavy = build_network(tables, request(load_t=25.0))
    assert (*left_out, "40.0 t gross is over the limit of 38 t") in heavy.skipped
    roads = [a for a in heavy.arcs if a.place_id == left_out[1] and a.stages[0].mode == "road"]
    assert not roads
    assert arcs_of(heavy, "X-Br")
    lapsed = with_row(toyland.tables, "weight_limits", **limit, end=date(2025, 1, 1))
    free = build_network(toyland.tables, request(load_t=25.0)).skipped
    assert build_network(tables, request(load_t=20.0)).skipped == free
    assert build_network(lapsed, request(load_t=25.0)).skipped == free


def test_cost_factor_raises_money_only(toyland: Case) -> None:
    network = build_network(toyland.tables, request())
    stage = network.arcs[arcs_of(network, "A-Z")[0]].stages[0]
    assert stage.usd(20.0, 1) == pytest.approx(1.2 * 320 * 1.5)
    assert stage.hours == pytest.approx(320 / 60 * 2.4)


def test_sailing_waits_half_a_headway_on_average(toyland: Case) -> None:
    network = build_network(toyland.tables, request())
    stage = network.arcs[arcs_of(network, "QP")[0]].stages[0]
    assert stage.step.headway_h == pytest.approx(48.0)
    assert stage.hours == pytest.approx(400 / 20 + 24)
    assert stage.variance_h2 == pytest.approx((0.1 * 20) ** 2 + 48**2 / 12)
    assert stage.usd(20, 2) == pytest.approx(600.0)  # a box pays per container


def test_a_ship_that_comes_late_adds_its_share_of_the_hours_late(toyland: Case) -> None:
    late = toyland["services"].with_columns(late_share=pl.lit(0.4), late_h=pl.lit(50.0))
    before, after = (
        network.arcs[arcs_of(network, "QP")[0]].stages[0]
        for network in (
            build_network(toyland.tables, request()),
            build_network({**toyland.tables, "services": late}, request()),
        )
    )
    assert after.hours - before.hours == pytest.approx(20.0)
    assert after.variance_h2 - before.variance_h2 == pytest.approx(0.4 * 2 * 50.0**2 - 20.0**2)
    assert after.service_h == pytest.approx(before.service_h)
    assert after.service_variance_h2 == pytest.approx(before.service_variance_h2)


def test_crossing_has_both_sides_and_the_transit_fee(toyland: Case) -> None:
    network = build_network(toyland.tables, request())
    for a in arcs_of(network, "X"):
        states = network.states
        if states[network.arcs[a].tail].country != "XTA" or states[network.arcs[a].head].carrier != "road":
            continue
        out, into = network.arcs[a].stages[:2]
        assert (out.country, into.country) == ("XTA", "XTB")
        assert (out.hours, into.hours) == (4.0, 6.0)
        assert out.usd(20, 1) == 20.0
        assert into.usd(20, 1) == 30.0 + 40.0  # CPMM money and Midland's transit fee


def test_transit_fee_falls_away_at_an_end(toyland: Case) -> None:
    network = build_network(toyland.tables, request(destination_country="XTB"))
    entries = [
        network.arcs[a].stages[1].usd(20, 1)
        for a in arcs_of(network, "X")
        if network.arcs[a].stages[1].country == "XTB" and network.arcs[a].stages[1].mode == "road"
    ]
    assert entries and set(entries) == {30.0}


def test_swap_rule_changes_truck_at_the_border(toyland: Case) -> None:
    network = build_network(toyland.tables, request())
    into_lowland = [
        network.arcs[a]
        for a in arcs_of(network, "Y")
        if network.states[network.arcs[a].head].country == "XTC"
        and network.states[network.arcs[a].tail].registration == "XTA"
    ]
    assert into_lowland
    for arc in into_lowland:
        swap = arc.stages[2]
        assert network.states[arc.head].registration == "XTC"
        assert (swap.kind, swap.hours, swap.usd(20, 1)) == ("transfer", 6.0, 60.0)


def test_a_truck_may_change_where_it_enters_the_country_of_destination(toyland: Case) -> None:
    """There each side is reached by the truck in use, and by one of the country for the price of a swap; on the way by the first alone."""
    open_ends = toyland["access"].filter(pl.col("rule") != "swap")
    network = build_network({**toyland.tables, "access": open_ends}, request())

    def entered(country: str) -> dict[tuple[str, str], dict[str, tuple[str, ...]]]:
        found: dict[tuple[str, str], dict[str, tuple[str, ...]]] = {}
        for arc in network.arcs:
            tail, head = network.states[arc.tail], network.states[arc.head]
            if tail.carrier == head.carrier == "road" and tail.country != head.country == country:
                way = found.setdefault((arc.place_id, tail.registration), {})
                way[head.registration] = tuple(stage.kind for stage in arc.stages)
        return found

    for (_, before), ways in entered("XTC").items():
        assert set(ways) == {before, "XTC"}
        assert ways["XTC"] == ((*ways[before], "transfer") if before != "XTC" else ways[before])
    assert all(len(ways) == 1 for ways in entered("XTB").values())
    assert entered("XTC")


def test_forbidden_rule_takes_the_crossing_away(toyland: Case) -> None:
    tables = with_row(
        toyland.tables, "access", access_id="no", country="XTC", vehicle_registration="XTA", mode="road",
        rule="forbidden", source_id="toy", basis="assumed",
    )  # fmt: skip
    network = build_network(tables, request())
    entering = [
        arc for arc in network.arcs if arc.place_id == "Z" and network.states[arc.tail].registration == "XTA"
    ]
    assert not entering


def test_dated_closure_shuts_a_crossing_and_open_sets_it_aside(toyland: Case) -> None:
    tables = with_row(
        toyland.tables, "closures", closure_id="now", place_kind="crossing", place_id="Y", kind="dated",
        start="2025-05-01", reason="strike", history=False, source_id="toy", basis="assumed",
    )  # fmt: skip
    shut = build_network(tables, request())
    assert all(shut.arcs[a].calendar in shut.shut for a in arcs_of(shut, "Y"))
    assert set(shut.shut.values()) == {"strike"}
    assert shut.never_open().sum() == len(arcs_of(shut, "Y"))
    opened = build_network(tables, request(opened=frozenset({"Y"})))
    assert not opened.shut


def test_closure_with_an_end_only_delays(toyland: Case) -> None:
    tables = with_row(
        toyland.tables, "closures", closure_id="now", place_kind="crossing", place_id="X", kind="dated",
        start="2025-06-01", end="2025-06-04", reason="flood", history=False, source_id="toy", basis="assumed",
    )  # fmt: skip
    network = build_network(tables, request())
    starts, ends = network.calendars[network.arcs[arcs_of(network, "X")[0]].calendar]
    assert starts[0] == 72.0  # shut through the 4th, open from midnight of the 5th
    assert np.isinf(ends[-1])


def slowed(tables: Mapping[str, pl.DataFrame], **shares: float) -> dict[str, pl.DataFrame]:
    """Tables in which the nodes named slow what passes them, by an added share of hours."""
    changed = dict(tables)
    for node, share in shares.items():
        changed = with_row(
            changed, "closures", closure_id=f"slow_{node}", place_kind="node", place_id=node, kind="disruption",
            start="2025-06-01", end="2025-06-30", slowdown_share=share, reason="queues", history=False,
            source_id="toy", basis="assumed",
        )  # fmt: skip
    return changed


@pytest.mark.parametrize("shares", [{"A": 0.5, "X": 0.2}, {"A": 0.2, "X": 0.5}, {"A": 0.5}])
def test_the_worse_of_both_ends_slows_a_link_not_their_sum(toyland: Case, shares: dict[str, float]) -> None:
    network = build_network(slowed(toyland.tables, **shares), request())
    for arc in arcs_of(network, "A-X"):
        assert network.arcs[arc].stages[0].hours == pytest.approx(120 / 60 * 2.4 * 1.5)


def test_the_worse_of_both_ends_slows_a_sailing_not_their_sum(toyland: Case) -> None:
    network = build_network(slowed(toyland.tables, Q=0.3, P=0.4), request())
    for arc in arcs_of(network, "QP"):
        assert network.arcs[arc].stages[0].hours == pytest.approx(400 / 20 * 1.4 + 24)


def test_season_closes_a_link_and_open_lifts_it(toyland: Case) -> None:
    winter = build_network(toyland.tables, request(WINTER))
    starts, _ = winter.calendars[winter.arcs[arcs_of(winter, "Z-C")[0]].calendar]
    assert starts[0] == (date(2026, 4, 1) - WINTER).days * 24.0
    lifted = build_network(toyland.tables, request(WINTER, opened=frozenset({"Z-C"})))
    assert all(lifted.arcs[a].calendar == -1 for a in arcs_of(lifted, "Z-C"))


def test_opening_hours_and_weekdays_hold_for_trucks_not_trains(toyland: Case) -> None:
    network = build_network(toyland.tables, request())
    for a in arcs_of(network, "Y"):
        arc = network.arcs[a]
        if arc.stages[0].mode == "rail":
            assert arc.calendar == -1
        else:
            starts, ends = network.calendars[arc.calendar]
            assert (starts[0], ends[0]) == (8.0, 18.0)
    saturday = network.calendars[network.arcs[arcs_of(network, "Z")[0]].calendar]
    assert (saturday[0][1], saturday[1][0]) == (7 * 24.0, 5 * 24.0)


def test_planned_link_is_left_out_until_it_opens_or_is_opened(toyland: Case) -> None:
    network = build_network(toyland.tables, request())
    assert not arcs_of(network, "A-Cp")
    assert ("links", "A-Cp", f"planned, not open on {SUMMER}") in network.skipped
    opened = build_network(toyland.tables, request(opened=frozenset({"A-Cp"})))
    assert arcs_of(opened, "A-Cp")
    later = build_network(toyland.tables, request(date(2030, 1, 1)))
    assert arcs_of(later, "A-Cp")


def test_missing_rate_is_said_not_lost(toyland: Case) -> None:
    tables = {**toyland.tables, "rates": toyland["rates"].filter(pl.col("rate_id") != "XTB_road")}
    network = build_network(tables, request())
    assert ("links", "X-B", "rates.csv has no cost_usd_km for XTB road") in network.skipped


def test_missing_parameter_is_named(toyland: Case) -> None:
    kept = toyland["parameters"].filter(pl.col("parameter_id") != "truck_swap_time_h")
    with pytest.raises(UnknownName, match="truck_swap_time_h"):
        build_network({**toyland.tables, "parameters": kept}, request())


def test_a_port_is_passed_by_ship_only(toyland: Case) -> None:
    network = build_network(toyland.tables, request())
    assert network.layout.harbours == {"Q", "P"}
    by_road = [a for a in arcs_of(network, "B-Q") if network.states[network.arcs[a].head].node_id == "Q"]
    assert by_road and not any(network.passing[a] for a in by_road)
    assert all(network.passing[a] for a in arcs_of(network, "QP"))


@pytest.mark.parametrize("name", ["toyland", "kaz-pak"])
def test_networks_that_share_stages_are_the_networks_built_alone(name: str) -> None:
    """Other ends, trucks, forms, days and modes between them: nothing of one request may reach another."""
    case = read_case(name)
    a, b = case.settings.party_a, case.settings.party_b
    third = next(c for c in case["countries"]["country"] if c not in (a, b))
    days = (
        WINTER,
        SUMMER,
    )  # of the large case one a request, so that each form and each pair of ends meets both
    requests = [
        NetworkRequest(*ends, form, day)
        for i, ends in enumerate(((a, b), (b, a), (third, b)))
        for k, form in enumerate(("bulk", "box", "reefer"))
        for day in (days if name == "toyland" else [days[(i + k) % 2]])
    ]
    requests.append(replace(requests[0], registration=third))
    kept = Kept()
    for one in requests:
        shared, alone = build_network(case.tables, one, kept=kept), build_network(case.tables, one)
        assert_alike(shared, alone, one)


def test_moves_along_links_are_shared_only_where_nothing_of_a_request_tells_them_apart(toyland: Case) -> None:
    """Each field of a request changed in turn, in a case where each moves the network: shared, it is the network built alone."""
    toll = {"fee_id": "toll", "place_kind": "link", "place_id": "A-X", "when": "passage", "vehicle_registration": "XTA"}  # fmt: skip
    tables = with_row(toyland.tables, "fees", **toll, unit="truck", cost_usd=5.0, use="model", basis="assumed", source_id="toy")  # fmt: skip
    tables = with_row(tables, "weight_limits", limit_id="low", place_kind="link", place_id="Y-C", max_gross_t=38.0, over="forbidden")  # fmt: skip
    tables = with_row(tables, "parameters", parameter_id="dangerous_rate_share", value=1.5, basis="assumed", source_id="toy")  # fmt: skip
    least = pl.when(pl.col("mode") == "sea").then(pl.lit(100.0)).otherwise("least_t").alias("least_t")
    tables["vehicles"] = tables["vehicles"].with_columns(least)
    tables["services"] = tables["services"].with_columns(cost_usd_t=pl.lit(3.0), cost_usd_feu=pl.lit(400.0))
    changes: list[dict[str, object]] = [
        {"form": "box"},
        {"form": "box", "units": ("road_bulk", "rail_bulk", "sea_bulk", "ferry_bulk")},
        {"departure": WINTER},
        {"opened": frozenset({"A-Cp"})},
        {"origin_country": "XTB"},
        {"registration": "XTB"},
        {"modes": frozenset({"rail"})},
        {"load_t": 25.0},
        {"units": ("rail_box",)},
        {"units": ("sea_box",)},
        {"fill_t": (("rail", 30.0),)},
        {"tonnes": 5.0},
        {"dangerous": True},
    ]
    first, kept = request(form="bulk"), Kept()
    now = build_network(tables, first, kept=kept)
    for change in changes:
        one = replace(first, **change)  # type: ignore[arg-type]
        alone = build_network(tables, one)
        assert_alike(build_network(tables, one, kept=kept), alone, change)
        assert (list(alone.arcs), opening(alone)) != (list(now.arcs), opening(now)), change
    assert_alike(build_network(tables, first, kept=kept), now, "asked again")


def opening(network: FreightNetwork) -> list[list[float]]:
    return [side.tolist() for calendar in network.calendars for side in calendar]


def assert_alike(one: FreightNetwork, other: FreightNetwork, what: object) -> None:
    """Two networks are the same to the last bit: states, arcs with their stages and sums, calendars, what was left out."""
    assert one.states == other.states, what
    assert list(one.arcs) == list(other.arcs), what
    assert np.array_equal(one.sums, other.sums), what
    assert one.layout.arc_keys == other.layout.arc_keys, what
    assert (one.shut, one.skipped) == (other.shut, other.skipped), what
    assert all(map(np.array_equal, one.calendars, other.calendars)), what


def test_loads_between_the_same_ends_share_where_arcs_lead_and_the_other_way_does_not(toyland: Case) -> None:
    kept = Kept()
    loads = [build_network(toyland.tables, request(form=form), kept=kept) for form in ("bulk", "box")]
    back = build_network(
        toyland.tables, replace(request(), origin_country="XTC", destination_country="XTA"), kept=kept
    )
    assert loads[0].layout.states is loads[1].layout.states
    assert list(loads[0].arcs) != list(loads[1].arcs)
    assert back.states[0] not in loads[0].layout.states[:1]


def test_sums_of_arcs_are_those_of_their_stages_and_layout_and_arcs_agree(toyland: Case) -> None:
    network = build_network(toyland.tables, request())
    for number, arc in enumerate(network.arcs):
        stages = arc.stages
        assert network.arc_hours()[number] == pytest.approx(sum(s.hours for s in stages), rel=1e-15)
        assert network.sums[number, 1] == pytest.approx(sum(s.usd_unit for s in stages), rel=1e-15)
        assert network.kilometres[number] == sum(s.km for s in stages)
        ends = network.states[arc.tail], network.states[arc.head]
        assert network.arc_keys[number] == (*ends, arc.place_kind, arc.place_id)
    assert len(network.arcs) == len(network.layout.heads) == len(network.sums) > 50


def test_what_is_kept_gives_the_network_of_a_case_that_lacks_a_row(toyland: Case) -> None:
    """Any table without its first or its last row: what was kept of the case gives the network built alone."""
    kept, moved = Kept(), set()
    now = build_network(toyland.tables, request(), kept=kept)
    for name in BUILT_FROM:
        table = toyland[name]
        for less in (table.slice(1), table.head(table.height - 1)):
            tables = {**toyland.tables, name: less}
            alone = build_network(tables, request())
            assert_alike(build_network(tables, request(), kept=kept.without((name,))), alone, name)
            if list(alone.arcs) != list(now.arcs):
                moved.add(name)
    assert moved >= {"links", "crossings", "transfers", "access"}


@pytest.mark.parametrize("case_id", ["toyland", "kaz-pak"])
def test_what_other_rows_gave_stays_where_single_rows_change(
    case_id: str, toyland: Case, kaz_pak: Case
) -> None:
    """A row of links or crossings with every figure a tenth larger, and one less: the network is that built alone, the other hauls are the same objects."""
    case = toyland if case_id == "toyland" else kaz_pak
    ask = replace(request(), origin_country=case.parties.codes[0], destination_country=case.parties.codes[1])
    kept = Kept()
    build_network(case.tables, ask, kept=kept)
    for name, key in BY_ROW.items():
        table = case[name]
        figures = [c for c, kind in table.schema.items() if kind == pl.Float64]
        hit = table[key][table.height // 2]
        larger = pl.when(pl.col(key) == hit).then(pl.col(figures) * 1.1).otherwise(pl.col(figures))
        for changed in (table.with_columns(larger), table.filter(pl.col(key) != hit)):
            tables = {**case.tables, name: changed}
            left = kept.without((name,), {name: (hit,)})
            assert left.hauls and (name != "links" or all(one.link_id != hit for one in left.hauls))
            assert_alike(build_network(tables, ask, kept=left), build_network(tables, ask), name)


def test_nothing_is_kept_of_a_table_that_is_another(toyland: Case, kaz_pak: Case) -> None:
    """Every figure of every table a network is built from, a tenth larger: what was kept of the case gives the network built alone."""
    crossing = toyland["crossings"]["crossing_id"][0]
    queue = (
        kaz_pak["queue_states"]
        .head(1)
        .with_columns(crossing_id=pl.lit(crossing), side=pl.lit(None, pl.String))
    )
    tables = {**toyland.tables, "hours": kaz_pak["hours"], "queue_states": queue}
    kept = Kept()
    now = build_network(tables, request(), kept=kept)
    moved = set()
    for name, table in tables.items():
        figures = [c for c, kind in table.schema.items() if kind == pl.Float64 and c not in ("lat", "lon")]
        changed = {**tables, name: table.with_columns(pl.col(figures) * 1.1)}
        alone = build_network(changed, request())
        assert_alike(build_network(changed, request(), kept=kept.without((name,))), alone, name)
        if list(alone.arcs) != list(now.arcs):
            moved.add(name)
    assert moved >= {
        "links",
        "rates",
        "vehicles",
        "parameters",
        "hours",
        "queue_states",
        "crossing_times",
        "transfers",
        "services",
    }


@pytest.mark.parametrize(
    ("bound", "ways"),
    [(None, ("head", "back", "back")), (150.0, ("head", "back", "back")), (100.0, ("", "", "back"))],
    ids=["no bound", "beyond the nearer end", "between the gate and the nearer end"],
)
def test_prices_by_direction_hold_up_to_a_distance_from_the_gate(
    toyland: Case, bound: float | None, ways: tuple[str, str, str]
) -> None:
    """Alford is the gate; Xing lies 111 km from it, Bridge 222 km."""
    countries = toyland["countries"].with_columns(
        head_haul_from=pl.lit("A"), head_haul_km=pl.lit(bound, dtype=pl.Float64)
    )
    request = NetworkRequest("XTA", "XTC", "box", date(2026, 12, 1))
    context = Context({**toyland.tables, "countries": countries}, request)
    pairs = (("X", "B"), ("B", "X"), ("X", "A"))
    assert tuple(context.haul("XTA", *pair) for pair in pairs) == ways
