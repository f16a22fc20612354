"""Shadow values against the whole reckoned again with one input changed by one unit."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path

import networkx as nx
import numpy as np
import polars as pl
import pytest

from karwan.analysis.corridors import CorridorStudy
from karwan.analysis.criticality import before_and_after, closure_note
from karwan.analysis.sensitivity import CorridorBase
from karwan.case import Case, read_case
from karwan.case.scenario import Override, Scenario, apply_scenario
from karwan.transport.assignment import assign_routes
from karwan.transport.choice import logit
from karwan.transport.criticality import CROSSING, TERMINAL, ChoiceSet, Criticality, criticality
from karwan.words import say

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))
import criticality_example
import figures

TONNES = 10_000.0


def base_of(case: Case, tonnes_year: float = TONNES) -> CorridorBase:
    return CorridorBase(CorridorStudy(case, case.settings.as_of), tonnes_year=tonnes_year)


@cache
def base(name: str) -> CorridorBase:
    return base_of(read_case(name))


@cache
def found(name: str) -> Criticality:
    return criticality(base(name).trades, base(name).choice(), queues=base(name).queues())


def value(name: str, kind: str, place: str, column: str) -> float:
    return float(found(name).places.filter(kind=kind, place_id=place)[column].item())


def changed(case: Case, table: str, rows: pl.Expr, column: str, by: float | pl.Expr) -> Case:
    """The case with some figures of a table changed."""
    new = pl.when(rows).then(pl.col(column) + by).otherwise(pl.col(column)).alias(column)
    return case.with_tables({table: case[table].with_columns(new)})


def of_the_table(case: Case) -> pl.Expr:
    """Hours of crossing_times that make one hour on the way: the factors of `hours.csv` stand between."""
    factors = dict(case["hours"].select("hours_id", "factor").iter_rows())
    kind = pl.col("mode") + "_border"
    return 1.0 / kind.replace_strict(factors, default=1.0, return_dtype=pl.Float64)


def logsum_usd_year(found_base: CorridorBase, routes_of: CorridorBase) -> float:
    """Tonnes a year times the logsum of the routes shippers choose among in `routes_of`, both directions."""
    choice, total = found_base.choice(), 0.0
    for trade, known in zip(found_base.trades, routes_of.trades, strict=True):
        routes = ChoiceSet(trade, known.choice_set.pairs, known.choice_set.routes)
        spread = logit(
            routes.cost,
            routes.path_size,
            scale=choice.scale,
            path_size_weight=choice.path_size_weight,
            group=routes.group,
        )
        total += float(routes.tonnes @ spread.logsum)
    return total


@pytest.mark.parametrize(
    ("name", "crossing", "side"),
    [("toyland", "X", "XTA"), ("toyland", "Y", "XTC"), ("toyland", "Z", "XTC"), ("kaz-pak", "B_SARA", "IRN")],
)
def test_an_hour_at_a_side_is_worth_what_the_case_with_an_hour_less_gains(
    name: str, crossing: str, side: str
) -> None:
    rows = (pl.col("crossing_id") == crossing) & (pl.col("side") == side)
    case = base(name).case
    case = changed(case, "crossing_times", rows, "time_h", -of_the_table(case))
    gain = logsum_usd_year(base(name), base(name)) - logsum_usd_year(base_of(case), base(name))
    sides = found(name).sides.filter(crossing_id=crossing, side=side)
    assert gain > 0
    assert sides["value_hour_usd_year"].item() == pytest.approx(gain, rel=1e-9)


@pytest.mark.parametrize("terminal", ["Q", "P"])
def test_an_hour_at_a_terminal_is_worth_what_the_case_with_an_hour_less_gains(terminal: str) -> None:
    case = changed(base("toyland").case, "transfers", pl.col("node_id") == terminal, "time_h", -1.0)
    gain = logsum_usd_year(base("toyland"), base("toyland")) - logsum_usd_year(base_of(case), base("toyland"))
    assert value("toyland", TERMINAL, terminal, "value_hour_usd_year") == pytest.approx(gain, rel=1e-9)


def equilibrium_usd_year(wider: str, by: float) -> float:
    """Tonnes a year times the logsum in the stochastic equilibrium of both directions, with `by` trucks a day more at a crossing.

    What the queue takes at the background load stays as it is: the observed hours were measured at the old capacity.
    """
    one = base("toyland")
    queues, choice = one.queues(), one.choice()
    routes, uses, demand = [], [], []
    links: dict[str, dict[str, object]] = {}
    for number, trade in enumerate(one.trades):
        km = trade.network.arc_km()
        (tonnes,) = trade.tonnes.values()
        payload = trade.shipment.tonnes / trade.shipment.units
        od = {"od_id": f"{number}", "demand_t_day": tonnes / 365.0, "payload_t": payload}
        demand.append({**od, "value_of_time_usd_t_h": trade.hour_usd_t})
        for k, arcs in enumerate(trade.choice_set.flat):
            fixed = float(trade.cost[list(arcs)].sum())
            for arc in arcs:
                kind, place = trade.arc_place[arc]
                road = kind == CROSSING and trade.network.arcs[arc].stages[0].mode == "road"
                queue = queues[place] if road else None
                key = f"{number}|{place if road else arc}"
                row: dict[str, object] = {"link_id": key, "length_km": float(km[arc]) + 1e-9}
                row |= {"free_flow_time_h": 0.0, "capacity_per_day": 1e12, "background_per_day": 0.0}
                row |= {"unit": "t", "delay": "constant", "servers": None, "open_share": None}
                if queue is not None:
                    fixed -= trade.hour_usd_t * queue.wait_h(0.0, queue.capacity_per_day)
                    row["capacity_per_day"] = queue.capacity_per_day + (by if place == wider else 0.0)
                    row |= {"background_per_day": queue.background_per_day, "unit": "truck"}
                    row |= {"delay": "border_queue", "servers": float(queue.servers)}
                    row["open_share"] = queue.open_share
                links[key] = row
                uses.append((f"{number}/{k}", key))
            routes.append({"route_id": f"{number}/{k}", "od_id": f"{number}", "fixed_cost_usd_t": fixed})
    spread = assign_routes(
        pl.DataFrame(routes),
        pl.DataFrame(list(dict.fromkeys(uses)), schema=["route_id", "link_id"], orient="row"),
        pl.DataFrame(demand),
        pl.DataFrame(list(links.values()), infer_schema_length=None),
        scale=choice.scale,
        path_size_weight=choice.path_size_weight,
        tolerance=1e-12,
    )
    assert spread.converged
    both = spread.logsums.join(pl.DataFrame(demand), on="od_id")
    return 365.0 * float((both["logsum_usd_t"] * both["demand_t_day"]).sum())


@pytest.mark.parametrize("crossing", ["X", "Y", "Z"])
def test_a_truck_of_capacity_is_worth_what_the_equilibrium_gains(crossing: str) -> None:
    """The formula holds the shares of routes; the equilibrium lets them move, which adds less than 0.01 % here."""
    gain = equilibrium_usd_year(crossing, 0.0) - equilibrium_usd_year(crossing, 1.0)
    assert value("toyland", CROSSING, crossing, "value_truck_usd_year") == pytest.approx(gain, rel=1e-4)


@pytest.mark.parametrize("crossing", ["X", "Y", "Z"])
def test_a_truck_of_capacity_is_worth_what_the_scenario_with_it_gains(crossing: str) -> None:
    """At one tonne a year, which adds nothing itself to the queues."""
    case = read_case("toyland")
    rows = case["crossings"].filter(pl.col("crossing_id") == crossing)
    wider = {"capacity_trucks_day": str(rows["capacity_trucks_day"][0] + 1.0)}
    override = Override("crossings", "set", (crossing,), wider)
    under = apply_scenario(case, Scenario("s", "S", "", ("judgement",), "assumed", (override,)))
    before, after = base_of(case, 1.0), base_of(under, 1.0)
    gain = logsum_usd_year(before, before) - logsum_usd_year(after, before)
    worth = criticality(before.trades, before.choice(), queues=before.queues()).places
    truck = worth.filter(kind=CROSSING, place_id=crossing)["value_truck_usd_year"].item()
    assert gain > 0.0 and truck == pytest.approx(gain, rel=1e-3)


def test_a_crossing_closed_costs_what_the_case_with_its_closure_costs() -> None:
    """The closure as a row of closures.csv, the network built again, every pair searched again."""
    case = read_case("kaz-pak")
    torkham = (pl.col("place_id") == "B_TORK") & (pl.col("kind") == "dated") & pl.col("end").is_null()
    row = case["closures"].filter(torkham).head(1)
    open_base = CorridorBase(CorridorStudy(case, case.settings.as_of), tonnes_year=TONNES, anywhere=True)
    places = criticality(open_base.trades, open_base.choice()).places
    for crossing in ("B_KHUN", "B_SARA"):
        shut = row.with_columns(place_id=pl.lit(crossing), closure_id=pl.lit(f"{crossing}_test"))
        closed_case = case.with_tables({"closures": pl.concat([case["closures"], shut])})
        study = CorridorStudy(closed_case, case.settings.as_of)
        table = before_and_after(CorridorBase(study, tonnes_year=TONNES, anywhere=True), open_base)
        lost = float(table["extra_usd_year"].sum())
        alone = places.filter(kind=CROSSING, place_id=crossing)
        assert alone["extra_usd_year"].item() == pytest.approx(lost, rel=1e-9)
        assert alone["pairs_hit"].item() == table.filter(pl.col("extra_usd_year") > 0).height > 0


def _with_choice(case: Case, scale: float, weight: float) -> Case:
    values = {"logit_scale_per_usd_t": scale, "path_size_weight": weight}
    new = pl.col("parameter_id").replace_strict(values, default=pl.col("value"), return_dtype=pl.Float64)
    return case.with_tables({"parameters": case["parameters"].with_columns(value=new)})


@pytest.mark.parametrize("place", [(TERMINAL, "P_BND"), (CROSSING, "B_KHUN")])
def test_a_place_closed_costs_what_an_independent_search_finds(place: tuple[str, str]) -> None:
    """Every pair searched by networkx with and without the arcs of the place."""
    year = 0.0
    for trade in base("kaz-pak").trades:
        graphs = [nx.DiGraph(), nx.DiGraph()]
        for graph, shut in zip(graphs, (False, True), strict=True):
            arcs = zip(trade.network.arcs, trade.cost, trade.arc_place, strict=True)
            usable = ((a, c) for a, c, own in arcs if np.isfinite(c) and not (shut and own == place))
            # of parallel arcs the cheapest stays, being written last
            for arc, cost in sorted(usable, key=lambda found: -found[1]):
                graph.add_edge(arc.tail, arc.head, cost=cost)
        for (origin, destination), tonnes in trade.tonnes.items():
            starts, goals = trade.starts[origin], trade.goals[destination]
            reached = [nx.multi_source_dijkstra_path_length(g, set(starts), weight="cost") for g in graphs]
            least = [min(found[s] for s in goals if s in found) for found in reached]
            year += tonnes * (least[1] - least[0])
    assert year > 0
    assert value("kaz-pak", *place, "extra_usd_year") == pytest.approx(year, rel=1e-9)


def test_what_shippers_lose_tends_to_what_the_best_ways_lose() -> None:
    """With a very large scale everybody takes the best route, so that both measures of a closure must agree."""
    case = _with_choice(read_case("kaz-pak"), 500.0, 0.0)
    study = CorridorStudy(case, case.settings.as_of)
    shut = CorridorBase(study, tonnes_year=TONNES)
    opened = frozenset({"B_TORK", "B_CHAM", "B_GHUL", "B_KHAR", "B_ANGO"})
    table = before_and_after(shut, CorridorBase(study, opened=opened, tonnes_year=TONNES))
    assert table["choice_usd_year"].to_list() == pytest.approx(
        table["extra_usd_year"].to_list(), abs=0.02 * TONNES
    )
    assert (table["choice_usd_year"] >= table["extra_usd_year"] - 0.02 * TONNES).all()


def test_a_choice_lost_costs_something_where_the_best_way_stays() -> None:
    """Pass is no one's best way in toyland, yet those who would take it lose when it shuts."""
    case = read_case("toyland")
    template = (
        read_case("kaz-pak")["closures"].filter(pl.col("kind") == "dated", pl.col("end").is_null()).head(1)
    )
    shut = template.with_columns(
        place_id=pl.lit("Z"), place_kind=pl.lit("crossing"), start=pl.lit("2025-01-01")
    )
    closed = case.with_tables({"closures": pl.concat([case["closures"], shut], how="vertical_relaxed")})
    table = before_and_after(base_of(closed), base("toyland"))
    assert table["extra_usd_year"].to_list() == [0.0, 0.0]
    assert (table["choice_usd_year"] > 0).all()
    assert "USD 0 a year. Spread" in say(closure_note(table))


@pytest.mark.timeout(300)  # whole commands on kaz-pak
def test_the_worked_example_of_the_docs_is_what_the_case_gives_today() -> None:
    written = (figures.DOCS / "criticality.md").read_text(encoding="utf-8")
    assert written == figures.page("criticality.md", criticality_example.PAGES), "run `make docs`"
