"""The ways to ship today, with what they cost and which bans and sanctions they meet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from karwan.analysis.corridor_day import slowed_places
from karwan.analysis.corridors import CorridorStudy
from karwan.analysis.shutting import past_seasons, shut_before
from karwan.schema.frames import result_frame
from karwan.trade.parties import DIRECTIONS
from karwan.transport.carriers import Leg, carriers_of
from karwan.transport.corridor import OPEN
from karwan.transport.network.stage import Row
from karwan.transport.network.terms import join_sources
from karwan.transport.restrictions import FORBIDDEN, SANCTIONED, UNKNOWN
from karwan.transport.route import Route

TOGETHER, CHEAPEST, FASTEST, CLEAR = "least money and time", "cheapest", "fastest", "no known sanction"
_SHOWN = (
    "pair_label",
    "direction",
    "corridor_id",
    "corridor",
    "colour",
    "all_told_usd",
    "usd_20t",
    "days",
    "days_p95",
    "assumed_share",
)
_SHUT = ("shut_at", "shut_count", "shut_years", "season_at", "season", "season_last")


@dataclass(frozen=True)
class Way:
    """An open corridor.

    Attributes
    ----------
    row
        Its row of `corridor_routes`.
    rules
        Bans and sanctions it meets.
    slowed
        What slows it on the day, each as 'Iran 30 %': it is in the days.
    legs
        Its legs with who can carry on them.
    shut
        What it takes for granted of its places: the one most often shut unannounced, and one that used to be shut at this time of the year.
    """

    row: Row
    rules: Sequence[Row]
    slowed: Sequence[str] = ()
    legs: Sequence[Leg] = ()
    shut: Mapping[str, object] = field(default_factory=dict)

    def meets(self, effect: str) -> bool:
        """Whether a rule of that effect holds on it."""
        return any(rule["effect"] == effect for rule in self.rules)


def ways_table(study: CorridorStudy, routes: pl.DataFrame) -> pl.DataFrame:
    """The best open corridors of the first pair, both ways, each with the rules it meets.

    Parameters
    ----------
    routes
        Result of `karwan.analysis.corridor_compare.compared_routes(study)`.

    Returns
    -------
    Of each direction the best in money and time, the cheapest, the fastest, and the best under no known sanction, with what a day counts; see
    `results/front_ways.csv`.
    """
    if not study.comparable:
        return result_frame("front_ways")
    keys = ("direction", "origin_id", "destination_id", "corridor_id")
    known = {tuple(row[key] for key in keys): row for row in routes.iter_rows(named=True)}
    rows = []
    for direction in DIRECTIONS:
        pair = study.pairs(direction)[0]
        usable = [
            _found_way(study, known[direction, *pair, str(e.corridor["corridor_id"])], e.found.route)
            for e in study.evaluated
            if e.direction == direction
            and (e.origin, e.destination) == pair
            and e.found.status == OPEN
            and e.found.route is not None
        ]
        rows += [row | _day_counts(study, direction, pair) for row in chosen_ways(usable)]
    return result_frame("front_ways", rows)


def _found_way(study: CorridorStudy, row: Row, route: Route) -> Way:
    """A corridor's row with the rules, slow-downs and carriers of its route on the study's day."""
    legs = carriers_of(route, study.case.tables, study.as_of)
    return Way(row, study.rules_met(route), slowed_places(study, route), legs, _shut(study, route))


def _shut(study: CorridorStudy, route: Route) -> Row:
    """The place of a route that closures on record shut for the largest share of days, and one whose closed season is over."""
    found: Row = {}
    for one in shut_before(route, study.arrival)[:1]:
        found = {"shut_at": study.place_name(one.place), "shut_count": one.count, "shut_years": one.years}
    for season in list(past_seasons(route, study.case["closures"]))[:1]:
        found |= {
            "season_at": study.place_name(season.place),
            "season": season.reason,
            "season_last": season.last,
        }
    return found


def _day_counts(study: CorridorStudy, direction: str, pair: tuple[str, str]) -> Row:
    """What a mean day, a day between mean and P95, and a tonne of CO2e count for the load, USD."""
    ways = (e for e in study.evaluated if e.direction == direction and (e.origin, e.destination) == pair)
    load = next(e.found.route.shipment for e in ways if e.found.route is not None)
    weights = study.weights(load)
    return {
        "day_usd": 24.0 * weights.value_of_time_usd_h,
        "late_day_usd": 24.0 * weights.value_of_reliability_usd_h,
        "co2_usd_t": 1000.0 * weights.carbon_price_usd_kg,
    }


def chosen_ways(usable: Sequence[Way]) -> list[Row]:
    """Rows of one direction, those under no known sanction first; a corridor that is best at several things stands once. A banned one is none."""
    legal = [way for way in usable if way.row["generalised_usd"] is not None and not way.meets(FORBIDDEN)]
    clear = [way for way in legal if not way.meets(SANCTIONED)]
    roles: dict[str, list[str]] = {}
    for role, among, column in (
        (TOGETHER, legal, "generalised_usd"),
        (CHEAPEST, legal, "all_told_usd"),
        (FASTEST, legal, "days"),
        (CLEAR, clear, "generalised_usd"),
    ):
        if among:
            roles.setdefault(_least(among, column), []).append(role)
    found = {way.row["corridor_id"]: way for way in legal}
    rows = [_way(found[name], named) for name, named in roles.items()]
    return sorted(
        rows, key=lambda row: (row["sanctions"] > 0, found[row["corridor_id"]].row["generalised_usd"])
    )


def _least(ways: Sequence[Way], column: str) -> str:
    """Corridor that is least in a column; of equal ones the first by key."""
    return min((way.row[column], str(way.row["corridor_id"])) for way in ways)[1]


def _way(way: Way, roles: Sequence[str]) -> Row:
    sanctions = [rule for rule in way.rules if rule["effect"] == SANCTIONED]
    authorities = sorted({name for rule in sanctions for name in rule["authority"]})
    return {name: way.row[name] for name in _SHOWN} | {
        "role": ", ".join(roles),
        "sanctions": len(sanctions),
        "unknown": sum(rule["effect"] == UNKNOWN for rule in way.rules),
        "authority": " and ".join(authorities) or None,
        "caveat": sanctions[0]["name"] if sanctions else None,
        "slowed": ", ".join(way.slowed) or None,
        "legs": len(way.legs),
        "legs_carried": sum(leg.carried for leg in way.legs),
        **{name: way.shut.get(name) for name in _SHUT},
        "source_id": join_sources(*(rule["source_id"] for rule in way.rules)),
    }
