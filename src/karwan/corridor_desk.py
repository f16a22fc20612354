"""Corridors as a whole: weak points, sensitivity of their ranking and assignment of demand, from a case."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from karwan.brief.corridors import DIRECTIONS, CorridorStudy
from karwan.models.corridor import OPEN, CorridorRoute, corridor_route, name_route
from karwan.models.criticality import (
    LINK,
    Arcs,
    ChoiceModel,
    Criticality,
    Pair,
    Place,
    Queue,
    Trade,
    close_pairs,
    criticality,
)
from karwan.models.network import FreightNetwork, NetworkRequest, build_network
from karwan.models.route import make_route
from karwan.models.sensitivity import Rival, sensitivity
from karwan.models.shipment import make_shipment
from karwan.tables import Case

TABLE_COLUMNS = (
    "place_id",
    "place",
    "kind",
    "reroute",
    "extra_usd_t",
    "extra_hours",
    "extra_usd_year",
    "pairs_cut",
    "value_hour_usd_year",
    "value_truck_usd_year",
    "rank",
)
BRIEF_ROWS = 15  # the rest is one command away: karwan corridor critical
BEYOND = 1.02
MOST_REBUILT = 6
SENSITIVITY_COLUMNS = (
    "parameter",
    "table",
    "row_key",
    "value_text",
    "corridor_now",
    "corridor_flipped",
    "switch_text",
    "flips",
)
KEY_COLUMN = {
    "parameters": "parameter_id",
    "products": "product_id",
    "rates": "rate_id",
    "crossing_times": "crossing_time_id",
    "transfers": "transfer_id",
    "services": "service_id",
    "links": "link_id",
    "closures": "closure_id",
}
Found = tuple[str, str, str, CorridorRoute]


@dataclass(frozen=True)
class Demand:
    """Tonnes a year by direction ('a_to_b', 'b_to_a'), and what they rest on in a sentence each."""

    tonnes_year: Mapping[str, float]
    text: tuple[str, ...]


@dataclass(frozen=True)
class CriticalAnswer:
    """What `karwan corridor critical` prints.

    Attributes
    ----------
    places
        Columns as `CorridorSection.criticality`, then tonnes_year, extra_money_usd_year, pairs_hit, tonnes_year_cut,
        background_hours_year.
    pairs
        Two places closed together: place_1, place_2, extra_usd_t, extra_hours, extra_usd_year, beyond_usd_year, pairs_cut.
    sides
        crossing, side, value_hour_usd_year.
    reroutes
        place_id, place, direction, origin, destination, before, after, extra_usd_t, extra_hours, extra_usd_year.
    text
        Sentences on the demand and on what the figures mean.
    """

    places: pl.DataFrame
    pairs: pl.DataFrame
    sides: pl.DataFrame
    reroutes: pl.DataFrame
    text: tuple[str, ...]


class CorridorBase:
    """Networks, routes and trades of both directions, as they stand or with places taken as open.

    Parameters
    ----------
    study
        Corridors of a case on a day.
    opened
        Place ids whose dated closures are set aside.
    tonnes_year
        Tonnes a year each way; taken from the case's flows where None.
    found
        Corridor routes at hand for this base; searched where None.
    anywhere
        Search detours in all countries of the case instead of those that a corridor's route passes.
    """

    def __init__(
        self,
        study: CorridorStudy,
        *,
        opened: frozenset[str] = frozenset(),
        tonnes_year: float | None = None,
        found: Iterable[Found] | None = None,
        anywhere: bool = False,
    ) -> None:
        self.study = study
        self.case = study.case
        self.opened = opened
        self.demand = demand_of(study, tonnes_year)
        self.networks = {d: self._network(d) for d in DIRECTIONS}
        self.found = list(found) if found is not None else self._search()
        passed = {s.country for *_, f in self.found if f.route is not None for s in f.route.stages}
        self.within = frozenset() if anywhere else frozenset(passed - {""})
        self.trades = tuple(self._trade(d) for d in DIRECTIONS)

    def _network(self, direction: str) -> FreightNetwork:
        form = self.study.shipment().form
        if not self.opened:
            return self.study.network(direction, form)
        settings = self.case.settings
        ends = (settings.party_a, settings.party_b)
        start, finish = ends if direction == "a_to_b" else ends[::-1]
        return build_network(
            self.case.tables, NetworkRequest(start, finish, form, self.study.as_of, self.opened)
        )

    def _search(self) -> list[Found]:
        load = self.study.shipment()
        return [
            (d, o, e, corridor_route(self.networks[d], load, c, o, e, backward=d == "b_to_a"))
            for d in DIRECTIONS
            for o, e in self.study.pairs(d)
            for c in self.study.corridors
        ]

    def _trade(self, direction: str) -> Trade:
        pairs = self.study.pairs(direction)
        each = self.demand.tonnes_year[direction] / len(pairs)
        routes: dict[Pair, list[Arcs]] = {pair: [] for pair in pairs}
        for way, origin, destination, found in self.found:
            if way == direction and found.status == OPEN and found.route is not None:
                routes[origin, destination].append(found.route.arcs)
        return Trade(
            network=self.networks[direction],
            shipment=self.study.shipment(),
            tonnes=dict.fromkeys(pairs, each),
            routes={pair: tuple(dict.fromkeys(r)) for pair, r in routes.items()},
            link_of_service=dict(self.case["services"].select("service_id", "link_id").iter_rows()),
            within=self.within,
        )

    def choice(self) -> ChoiceModel:
        """Route choice as the case's parameters state it."""
        return ChoiceModel(
            self.case.parameter("logit_scale_per_usd_t"), self.case.parameter("path_size_weight")
        )

    def queues(self) -> dict[str, Queue]:
        """Queue of every road crossing whose capacity is given."""
        servers = parameter_or(self.case, "crossing_servers", 1.0)
        rows = self.case["crossings"].filter(
            pl.col("capacity_trucks_day").is_not_null() & (pl.col("capacity_trucks_day") > 0)
        )
        return {
            r["crossing_id"]: Queue(
                r["capacity_trucks_day"], r["background_trucks_day"] or 0.0, round(servers)
            )
            for r in rows.iter_rows(named=True)
        }

    def place_name(self, place: Place) -> str:
        """Name of a place, with the mode of a link so that road and rail are told apart."""
        name = self.study.place_name(place[1])
        if place[0] != LINK:
            return name
        row = self.case["links"].filter(pl.col("link_id") == place[1])
        return f"{name} ({row['mode'][0]})" if row.height else name

    def route_name(self, trade: int, arcs: Sequence[int]) -> str:
        """Corridor a route keeps to, or the crossings it passes."""
        one = self.trades[trade]
        route = make_route(one.network, one.shipment, tuple(arcs))
        corridor = name_route(route, self.study.corridors, backward=DIRECTIONS[trade] == "b_to_a")
        if corridor is not None:
            return str(next(c["name"] for c in self.study.corridors if c["corridor_id"] == corridor))
        passed = [self.study.place_name(c) for c in route.crossings]
        return f"a way over {', '.join(passed)}" if passed else "a way without a land border"


def parameter_or(case: Case, name: str, default: float) -> float:
    """Value of a parameter, or a default where the case does not have it."""
    found = case["parameters"].filter(pl.col("parameter_id") == name)
    return float(found["value"][0]) if found.height else default


def demand_of(study: CorridorStudy, tonnes_year: float | None = None) -> Demand:
    """Tonnes a year each way: the latest yearly flow over the price of the reference product, or a figure given.

    The exporter's own report goes before the partner's; where only a total of both directions exists, half goes each way.
    """
    if tonnes_year is not None:
        given = f"{tonnes_year:,.0f} t a year each way (given), spread evenly over the pairs."
        return Demand(dict.fromkeys(DIRECTIONS, tonnes_year), (given,))
    case, load = study.case, study.shipment()
    settings = case.settings
    known = case["flows"].filter(
        (pl.col("period_end") <= study.as_of)
        & (pl.col("product_group") == "all")
        & (pl.col("value_kind") == "trade")
        & pl.col("value_usd").is_not_null()
        & (pl.col("period_kind") == "calendar_year")
    )
    tonnes: dict[str, float] = {}
    text: list[str] = []
    for direction, exporter in zip(DIRECTIONS, (settings.party_a, settings.party_b), strict=True):
        rows = known.filter(pl.col("direction") == direction)
        share, words = 1.0, direction.replace("_", " ")
        if not rows.height:
            rows, share, words = known.filter(pl.col("direction") == "total"), 0.5, "half of both directions"
        if not rows.height:
            tonnes[direction] = 0.0
            text.append(f"{direction}: the case has no yearly flow; give --tonnes-year.")
            continue
        own_last = (
            rows.with_columns(own=pl.col("reporter") == exporter)
            .sort("period_end", "own", "flow_id")
            .row(-1, named=True)
        )
        tonnes[direction] = own_last["value_usd"] * share / load.price_usd_t
        text.append(
            f"{words}: USD {own_last['value_usd']:,.0f} in {own_last['period_end'].year} as {own_last['reporter']} reports, taken as "
            f"{load.name.lower()} at USD {load.price_usd_t:,.0f}/t: {tonnes[direction]:,.0f} t a year, spread evenly over the pairs (assumed)."
        )
    return Demand(tonnes, tuple(text))


# -- weak points ---------------------------------------------------------------------------------------------


def criticality_table(study: CorridorStudy) -> pl.DataFrame:
    """Weak points of the corridors as they stand; see `CorridorSection.criticality`.

    Places whose closure changes nothing and where an hour is worth nothing are left out, and all behind the first 40.
    """
    found = [(e.direction, e.origin, e.destination, e.found) for e in study.evaluated]
    base = CorridorBase(study, found=found)
    table = _places(base, criticality(base.trades, base.choice(), queues=base.queues()))
    return table.select(TABLE_COLUMNS).head(BRIEF_ROWS)


def critical_answer(base: CorridorBase, *, most: int = 6) -> CriticalAnswer:
    """Weak points of a base with the pairs of the most critical ones.

    Parameters
    ----------
    base
        Networks and demand.
    most
        Crossings and terminals whose pairs are closed together.
    """
    result = criticality(base.trades, base.choice(), queues=base.queues())
    top = result.places.filter((pl.col("kind") != LINK) & (pl.col("pairs_hit") > 0)).head(most)
    chosen = [(r["kind"], r["place_id"]) for r in top.iter_rows(named=True)]
    sides = result.sides.with_columns(
        crossing=pl.col("crossing_id").map_elements(base.study.place_name, return_dtype=pl.String)
    )
    sides = sides.filter(pl.col("value_hour_usd_year") > 0).sort(
        "value_hour_usd_year", "crossing_id", "side", descending=[True, False, False]
    )
    return CriticalAnswer(
        places=_places(base, result),
        pairs=_pair_table(base, close_pairs(base.trades, chosen)),
        sides=sides.select("crossing_id", "crossing", "side", "value_hour_usd_year"),
        reroutes=_reroutes(base, result),
        text=(*base.demand.text, _searched(base)),
    )


def _searched(base: CorridorBase) -> str:
    if not base.within:
        return "Detours may pass any country of the case."
    names = ", ".join(base.case.country_name(c) for c in sorted(base.within))
    return f"Detours keep to the countries that a named corridor passes: {names}."


def _places(base: CorridorBase, result: Criticality) -> pl.DataFrame:
    table = result.places.filter((pl.col("pairs_hit") > 0) | (pl.col("value_hour_usd_year") > 0))
    effects: dict[Place, list[dict[str, Any]]] = {}
    for row in result.effects.iter_rows(named=True):
        effects.setdefault((row["kind"], row["place_id"]), []).append(row)
    names: dict[tuple[int, tuple[int, ...]], str] = {}
    keys = [(r["kind"], r["place_id"]) for r in table.iter_rows(named=True)]
    table = table.with_columns(
        place=pl.Series([base.place_name(k) for k in keys], dtype=pl.String),
        reroute=pl.Series([_spoken(base, effects.get(k, []), names) for k in keys], dtype=pl.String),
        rank=pl.int_range(1, table.height + 1, dtype=pl.Int64),
    )
    extras = [c for c in table.columns if c not in TABLE_COLUMNS]
    return table.select(*TABLE_COLUMNS, *extras)


def _spoken(
    base: CorridorBase, effects: Sequence[Mapping[str, Any]], names: dict[tuple[int, tuple[int, ...]], str]
) -> str:
    """What replaces a place in words, the change that most pairs make first."""
    if not effects:
        return "no best route uses it"
    moves: Counter[str] = Counter()
    for row in effects:
        before = _named(base, row["trade"], row["before"], names)
        if row["after"] is None:
            moves[f"{before}: cut off"] += 1
            continue
        after = _named(base, row["trade"], row["after"], names)
        moves[f"{before} by another way" if before == after else f"{before} → {after}"] += 1
    parts = sorted(moves.items(), key=lambda m: (-m[1], m[0]))
    many = len(parts) > 1
    shown = [f"{text} ({count})" if many else text for text, count in parts[:3]]
    return "; ".join(shown) + ("; other changes" if len(parts) > 3 else "")


def _named(
    base: CorridorBase, trade: int, arcs: Sequence[int], names: dict[tuple[int, tuple[int, ...]], str]
) -> str:
    key = (trade, tuple(arcs))
    if key not in names:
        names[key] = base.route_name(trade, arcs)
    return names[key]


def _reroutes(base: CorridorBase, result: Criticality) -> pl.DataFrame:
    names: dict[tuple[int, tuple[int, ...]], str] = {}
    label = base.study.names
    rows = []
    for e in result.effects.filter(pl.col("kind") != LINK).iter_rows(named=True):
        after = None if e["after"] is None else _named(base, e["trade"], e["after"], names)
        rows.append(
            {
                "place_id": e["place_id"],
                "place": base.place_name((e["kind"], e["place_id"])),
                "direction": DIRECTIONS[e["trade"]],
                "origin": label[e["origin"]],
                "destination": label[e["destination"]],
                "before": _named(base, e["trade"], e["before"], names),
                "after": "cut off" if after is None else after,
                **{k: e[k] for k in ("extra_usd_t", "extra_hours", "extra_usd_year")},
            }
        )
    schema = {
        **dict.fromkeys(
            ["place_id", "place", "direction", "origin", "destination", "before", "after"], pl.String
        ),
        **dict.fromkeys(["extra_usd_t", "extra_hours", "extra_usd_year"], pl.Float64),
    }
    return pl.DataFrame(rows, schema=schema)


def _pair_table(base: CorridorBase, table: pl.DataFrame) -> pl.DataFrame:
    numbers = ["extra_usd_t", "extra_hours", "extra_usd_year", "beyond_usd_year"]
    schema = {
        **dict.fromkeys(["place_1", "place_2"], pl.String),
        **dict.fromkeys(numbers, pl.Float64),
        "pairs_cut": pl.Int64,
    }
    rows = [
        {
            "place_1": base.place_name((r["kind_1"], r["place_id_1"])),
            "place_2": base.place_name((r["kind_2"], r["place_id_2"])),
            **{k: r[k] for k in (*numbers, "pairs_cut")},
        }
        for r in table.iter_rows(named=True)
    ]
    return pl.DataFrame(rows, schema=schema)


def before_and_after(closed: CorridorBase, opened: CorridorBase) -> pl.DataFrame:
    """Best route of each pair with places open and as it stands: what a closure that is already in force costs.

    Returns
    -------
    direction, origin, destination, open_route, open_usd_t, open_hours, now_route, now_usd_t, now_hours, extra_usd_t, extra_hours,
    extra_usd_year.
    """
    rows = []
    label = closed.study.names
    for number, (now, then) in enumerate(zip(closed.trades, opened.trades, strict=True)):
        for pair, tonnes in now.tonnes.items():
            row: dict[str, Any] = {
                "direction": DIRECTIONS[number],
                "origin": label[pair[0]],
                "destination": label[pair[1]],
            }
            for word, base, trade in (("open", opened, then), ("now", closed, now)):
                arcs = trade.best[pair]
                row |= {
                    f"{word}_route": "cut off" if arcs is None else base.route_name(number, arcs),
                    f"{word}_usd_t": None if arcs is None else trade.money(arcs),
                    f"{word}_hours": None if arcs is None else trade.time(arcs),
                }
            if row["open_usd_t"] is not None and row["now_usd_t"] is not None:
                usd, hours = row["now_usd_t"] - row["open_usd_t"], row["now_hours"] - row["open_hours"]
                row |= {
                    "extra_usd_t": usd,
                    "extra_hours": hours,
                    "extra_usd_year": tonnes * (usd + now.hour_usd_t * hours),
                }
            rows.append(row)
    texts, numbers = ["direction", "origin", "destination"], ["extra_usd_t", "extra_hours", "extra_usd_year"]
    schema: dict[str, Any] = dict.fromkeys(texts, pl.String)
    for word in ("open", "now"):
        schema |= {f"{word}_route": pl.String, f"{word}_usd_t": pl.Float64, f"{word}_hours": pl.Float64}
    return pl.DataFrame(rows, schema={**schema, **dict.fromkeys(numbers, pl.Float64)})


# -- sensitivity ---------------------------------------------------------------------------------------------


def sensitivity_table(study: CorridorStudy) -> pl.DataFrame:
    """Which assumption could flip the ranking of the headline pair's corridors; see `CorridorSection.sensitivity`.

    The nearest flips are checked on a network built again in which the two corridors look for their best routes anew; those that do not
    hold are marked so and do not count as flips.
    """
    pair = study.pairs("a_to_b")[0]
    found = [(e.direction, e.origin, e.destination, e.found) for e in study.evaluated]
    base = CorridorBase(study, found=found)
    table = sensitivity_answer(base, "a_to_b", pair)
    rows = [_checked(base, pair, row) if n < MOST_REBUILT else row for n, row in enumerate(table.to_dicts())]
    return pl.DataFrame(rows, schema=table.schema).select(SENSITIVITY_COLUMNS)


def _checked(base: CorridorBase, pair: Pair, row: dict[str, Any]) -> dict[str, Any]:
    """A row whose flip is taken back where the present best corridor finds another way."""
    names = (row["corridor_now"], row["corridor_flipped"])
    if not row["flips"] or row["table"] not in KEY_COLUMN:
        return row
    if _best_with(base, "a_to_b", pair, row, names) != row["corridor_now"]:
        return row
    text = row["switch_text"].split(":")[0]
    return {
        **row,
        "flips": False,
        "corridor_flipped": row["corridor_now"],
        "switch_text": f"{text} on its present route, but {row['corridor_now']} then finds another way",
    }


def sensitivity_answer(base: CorridorBase, direction: str, pair: Pair) -> pl.DataFrame:
    """Sensitivity of a pair's corridors with all columns of `karwan.models.sensitivity.sensitivity`."""
    names = {c["corridor_id"]: c["name"] for c in base.study.corridors}
    found = [(names[f.corridor_id], f) for d, o, e, f in base.found if d == direction and (o, e) == pair]
    return _sensitivity(base.case, found)


def rebuild_switches(base: CorridorBase, direction: str, pair: Pair, table: pl.DataFrame) -> pl.DataFrame:
    """Check every flip of a sensitivity table on a network built again with the input 2 % beyond its switch value.

    All corridors look for their best routes anew, so what was held in `sensitivity` moves too.

    Returns
    -------
    The table with best_rebuilt: the corridor that is best then; null where nothing flips.
    """
    best = [
        _best_with(base, direction, pair, row) if row["flips"] and row["table"] in KEY_COLUMN else None
        for row in table.iter_rows(named=True)
    ]
    return table.with_columns(best_rebuilt=pl.Series(best, dtype=pl.String))


def _best_with(
    base: CorridorBase, direction: str, pair: Pair, row: Mapping[str, Any], names: Collection[str] = ()
) -> str | None:
    """Best corridor of a pair with one input changed, among all or the named ones."""
    above = row["switch_value"] > row["value"]
    value = row["switch_value"] * (BEYOND if above else 1.0 / BEYOND)
    old, key = base.case[row["table"]], pl.col(KEY_COLUMN[row["table"]])
    changed = pl.when(key == row["row_key"]).then(value).otherwise(pl.col(row["column"]))
    case = base.case.with_tables({row["table"]: old.with_columns(changed.alias(row["column"]))})
    settings = case.settings
    load = make_shipment(case["products"], settings.reference_product, settings.load_t)
    ends = (settings.party_a, settings.party_b)
    start, finish = ends if direction == "a_to_b" else ends[::-1]
    request = NetworkRequest(start, finish, load.form, base.study.as_of, base.opened)
    network = build_network(case.tables, request)
    costs = {}
    for corridor in base.study.corridors:
        if names and corridor["name"] not in names:
            continue
        found = corridor_route(network, load, corridor, *pair, backward=direction == "b_to_a")
        if found.status == OPEN and found.route is not None:
            costs[corridor["name"]] = Rival(corridor["name"], found.route).cost_usd_t
    return min(costs, key=lambda name: (costs[name], name), default=None)


def _sensitivity(case: Case, found: Sequence[tuple[str, CorridorRoute]]) -> pl.DataFrame:
    rivals = [Rival(name, f.route) for name, f in found if f.status == OPEN and f.route is not None]
    return sensitivity(case.tables, rivals)


__all__ = [
    "CorridorBase",
    "CriticalAnswer",
    "Demand",
    "before_and_after",
    "critical_answer",
    "criticality_table",
    "demand_of",
    "rebuild_switches",
    "sensitivity_answer",
    "sensitivity_table",
]
