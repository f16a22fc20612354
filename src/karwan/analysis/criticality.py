"""Weak points of the corridors of a case: the table, places closed together, and what a map of them holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from karwan.analysis.brief_build import WEAK_POINT_SCHEMA
from karwan.analysis.corridors import CorridorStudy
from karwan.analysis.sensitivity import CorridorBase
from karwan.case.places import matching
from karwan.trade.parties import DIRECTIONS
from karwan.transport.criticality import (
    LINK,
    Criticality,
    Place,
    access_loss,
    choice_loss,
    close_pairs,
    criticality,
)

TABLE_COLUMNS = (
    "place_id",
    "place",
    "kind",
    "in_row",
    "reroute",
    "extra_usd_t",
    "extra_hours",
    "extra_usd_year",
    "pairs_cut",
    "value_hour_usd_year",
    "value_truck_usd_year",
    "rank",
)
SHOWN = (
    "rank",
    "place",
    "kind",
    "extra_usd_t",
    "extra_hours",
    "extra_usd_year",
    "choice_usd_year",
    "value_hour_usd_year",
    "value_truck_usd_year",
)
PAIR_NUMBERS = ("extra_usd_t", "extra_hours", "extra_usd_year", "beyond_usd_year")
REROUTE_COLUMNS = ("origin", "destination", "before", "after", "extra_usd_t", "extra_hours", "extra_usd_year")
BRIEF_ROWS = 15  # the rest is one command away: karwan corridor critical
Names = dict[tuple[int, tuple[int, ...]], str]


@dataclass(frozen=True)
class CriticalAnswer:
    """What `karwan corridor critical` prints.

    Attributes
    ----------
    places
        place_id, place, kind, same_as_rank (rank of the first place whose closure does the same; null where that is the place itself),
        reroute, extra_usd_t, extra_hours, extra_usd_year, choice_usd_year (what shippers lose who spread over the routes), pairs_cut,
        value_hour_usd_year, value_truck_usd_year, rank, tonnes_year,
        extra_money_usd_year, extra_tonne_hours_year, pairs_hit, tonnes_year_cut, cut_off (pairs in words), background_hours_year.
    pairs
        Two places closed together that do more than either alone: place_1, place_2, extra_usd_t, extra_hours, extra_usd_year,
        beyond_usd_year, extra_tonne_hours_year, pairs_cut, tonnes_year_cut, cut_off.
    sides
        crossing_id, crossing, side, value_hour_usd_year.
    reroutes
        place_id, place, kind, direction, origin, destination, before, after, extra_usd_t, extra_hours, extra_usd_year.
    weak_points
        Places with their coordinates; see `CorridorSection.weak_points`.
    text
        Sentences on the demand and on what the figures mean.
    only
        The places asked for by name; the tables hold them alone. Empty for all.
    """

    places: pl.DataFrame
    pairs: pl.DataFrame
    sides: pl.DataFrame
    reroutes: pl.DataFrame
    weak_points: pl.DataFrame
    text: tuple[str, ...]
    only: str = ""

    def tables(self, suffix: str = "") -> dict[str, pl.DataFrame]:
        """Tables by title; the suffix tells bases apart."""
        named = {
            "weak points": self.places,
            "closed together": self.pairs,
            "an hour less at a side": self.sides,
            "reroutes": self.reroutes,
        }
        return {name + suffix: table for name, table in named.items()}

    def plain(self, suffix: str = "", top: int = 25) -> dict[str, pl.DataFrame]:
        """First rows of the tables as a person reads them.

        Of places in a row the first stands for all and names them; where places were asked for, each stands with its reroutes.
        """
        first = self.places
        named = {}
        if self.only:
            named["reroutes"] = self.reroutes.select("place", "kind", *REROUTE_COLUMNS)
        else:
            first = self.places.filter(pl.col("same_as_rank").is_null()).head(top)
            ways = first.join(_rows_of(self.places), on="rank", how="left", maintain_order="left")
            named["ways round"] = ways.filter(pl.col("pairs_hit") > 0).select(
                "rank", "place", "in_row", "reroute"
            )
        cut = ["pairs_cut"] if first["pairs_cut"].sum() else []
        lost = self.pairs.filter(pl.col("pairs_cut") > 0)
        named = {"weak points": first.select(*SHOWN, *cut), **named}
        named["closed together"] = self.pairs.select("place_1", "place_2", *PAIR_NUMBERS, "pairs_cut")
        named |= {"cut off together": lost.select("place_1", "place_2", "cut_off")} if lost.height else {}
        named["an hour less at a side"] = self.sides.drop("crossing_id")
        return {name + suffix: table.head(top) for name, table in named.items()}


def brief_weak_points(study: CorridorStudy) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Weak points of the corridors as they stand, for the brief.

    Returns
    -------
    `CorridorSection.criticality`: the first 15 places; of places in a row the first stands for all and names them.
    `CorridorSection.weak_points`: every place, for the map.
    """
    found = [(e.direction, e.origin, e.destination, e.found) for e in study.evaluated]
    base = CorridorBase(study, found=found)
    table = place_table(base, criticality(base.trades, base.choice(), queues=base.queues()))
    with_row = table.join(_rows_of(table), on="rank", how="left", maintain_order="left")
    first = with_row.filter(pl.col("same_as_rank").is_null()).head(BRIEF_ROWS)
    return first.select(TABLE_COLUMNS), weak_points(base, table)


def _rows_of(table: pl.DataFrame) -> pl.DataFrame:
    """rank, in_row: names of the places further down whose closure does the same."""
    same = table.filter(pl.col("same_as_rank").is_not_null()).group_by("same_as_rank", maintain_order=True)
    return same.agg(in_row=pl.col("place").str.join("; ")).rename({"same_as_rank": "rank"})


def critical_answer(base: CorridorBase, *, most: int | None = None, only: str = "") -> CriticalAnswer:
    """Weak points of a base, and of pairs of places.

    Parameters
    ----------
    base
        Networks and demand.
    most
        So many of the worst places are closed together with every other place that a route or a way round uses; all where None.
    only
        Id or name of the places to tell of (a part of a name tells of all that hold it); all where empty.

    Raises
    ------
    UnknownName
        No route passes a place called so.
    """
    result = criticality(base.trades, base.choice(), queues=base.queues())
    every = place_table(base, result)
    places = _with_choice(base, result, _called(every, only) if only else every)
    worst = places.filter((pl.col("same_as_rank").is_null() | bool(only)) & (pl.col("pairs_hit") > 0))
    chosen = list(worst.select("kind", "place_id").iter_rows())[:most]
    others = _used(base, result) if chosen else []
    pairs = close_pairs(base.trades, chosen, others, distinct=True)
    told = places.select("kind", "place_id")
    counted = _counted(every, len(worst), pairs, len(chosen), len(others), only)
    return CriticalAnswer(
        places=places,
        pairs=_pair_table(base, pairs),
        sides=_side_table(base, result).join(
            told, left_on="crossing_id", right_on="place_id", how="semi", maintain_order="left"
        ),
        reroutes=_reroutes(base, result).join(
            told, on=["kind", "place_id"], how="semi", maintain_order="left"
        ),
        weak_points=weak_points(base, every),
        text=(*base.demand.text, _searched(base), *counted),
        only=only,
    )


def _called(table: pl.DataFrame, word: str) -> pl.DataFrame:
    """Rows of the places a word means; see `matching`."""
    names = dict(table.select("place_id", "place").iter_rows())
    return table.filter(pl.col("place_id").is_in(matching(word, names)))


def _side_table(base: CorridorBase, result: Criticality) -> pl.DataFrame:
    sides = result.sides.with_columns(
        crossing=pl.col("crossing_id").map_elements(base.study.place_name, return_dtype=pl.String)
    )
    sides = sides.filter(pl.col("value_hour_usd_year") > 0).sort(
        "value_hour_usd_year", "crossing_id", "side", descending=[True, False, False]
    )
    return sides.select("crossing_id", "crossing", "side", "value_hour_usd_year")


def _with_choice(base: CorridorBase, result: Criticality, table: pl.DataFrame) -> pl.DataFrame:
    """The table with choice_usd_year beside extra_usd_year; null where a pair is cut off."""
    choice = base.choice()
    lost = [
        choice_loss(base.trades, place, result.effects_of.get(place, ()), choice)
        for place in table.select("kind", "place_id").iter_rows()
    ]
    column = pl.Series("choice_usd_year", lost, dtype=pl.Float64)
    return table.insert_column(table.get_column_index("extra_usd_year") + 1, column)


def _used(base: CorridorBase, result: Criticality) -> list[Place]:
    """Places on a route of the table or on a way round: the worst first, crossings and terminals before links."""
    found = dict.fromkeys(result.places.select("kind", "place_id").iter_rows())
    for trade, after in result.effects.select("trade", "after").iter_rows():
        found.update(dict.fromkeys(base.trades[trade].places_on(after or ())))
    return sorted(found, key=lambda place: place[0] == LINK)


def _searched(base: CorridorBase) -> str:
    if not base.within:
        return "Detours may pass any country of the case."
    names = ", ".join(base.case.country_name(c) for c in sorted(base.within))
    return f"Detours keep to the countries that a named corridor passes: {names}."


def _counted(
    places: pl.DataFrame, total: int, pairs: pl.DataFrame, chosen: int, others: int, only: str
) -> list[str]:
    """What was closed and whether anything was cut off."""
    hit = places.filter(pl.col("pairs_hit") > 0)
    cut = hit.filter(pl.col("pairs_cut") > 0).height
    text = [
        f"{places.height} places closed in turn: {hit.height} of them are on a best route; {_cut_words(cut)}."
    ]
    if chosen:
        which = f"{total} weak points" if chosen == total else f"The {chosen} worst of {total} weak points"
        which = f"The {chosen} named {only!r}" if only else f"{which} (of places in a row the first)"
        two = pairs.filter(pl.col("pairs_cut") > 0).height
        text.append(
            f"{which} closed together with each of {others} places: {pairs.height} pairs of places do more than either alone; "
            f"{_cut_words(two)}."
        )
    return text


def _cut_words(count: int) -> str:
    return "none cuts a pair off" if not count else f"{count} cut{'s' if count == 1 else ''} a pair off"


def place_table(base: CorridorBase, result: Criticality) -> pl.DataFrame:
    """Ranked table with names; see `CriticalAnswer.places`. Places that change nothing are left out."""
    table = result.places.filter((pl.col("pairs_hit") > 0) | (pl.col("value_hour_usd_year") > 0))
    names: Names = {}
    keys = list(table.select("kind", "place_id").iter_rows())
    table = table.with_columns(
        place=pl.Series([base.place_name(k) for k in keys], dtype=pl.String),
        reroute=pl.Series(
            [_spoken(base, result.effects_of.get(k, []), names) for k in keys], dtype=pl.String
        ),
        cut_off=_pair_labels(base, table["cut_pairs"]),
    )
    first = [c for c in TABLE_COLUMNS if c != "in_row"]
    return table.select(*first, *(c for c in table.columns if c not in (*first, "cut_pairs")))


def _pair_labels(base: CorridorBase, cut: pl.Series) -> pl.Series:
    labels = [[base.study.pair_label(*pair) for pair in pairs] for pairs in cut.to_list()]
    return pl.Series(labels, dtype=pl.List(pl.String))


def _spoken(base: CorridorBase, effects: Sequence[Mapping[str, Any]], names: Names) -> str:
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
    shown = [f"{text} ({count})" if many else text for text, count in parts[:2]]
    rest = sum(count for _, count in parts[2:])
    return "; ".join([*shown, *([f"other changes ({rest})"] if rest else [])])


def _named(base: CorridorBase, trade: int, arcs: Sequence[int], names: Names) -> str:
    key = (trade, tuple(arcs))
    if key not in names:
        names[key] = base.route_name(trade, arcs)
    return names[key]


def _reroutes(base: CorridorBase, result: Criticality) -> pl.DataFrame:
    names: Names = {}
    label = base.study.place_name
    rows = []
    for e in result.effects.iter_rows(named=True):
        before = _named(base, e["trade"], e["before"], names)
        after = "cut off" if e["after"] is None else _named(base, e["trade"], e["after"], names)
        rows.append(
            {
                "place_id": e["place_id"],
                "place": base.place_name((e["kind"], e["place_id"])),
                "kind": e["kind"],
                "direction": DIRECTIONS[e["trade"]],
                "origin": label(e["origin"]),
                "destination": label(e["destination"]),
                "before": before,
                "after": f"{after} by another way" if after == before else after,
                **{k: e[k] for k in ("extra_usd_t", "extra_hours", "extra_usd_year")},
            }
        )
    schema = {
        **dict.fromkeys(
            ["place_id", "place", "kind", "direction", "origin", "destination", "before", "after"], pl.String
        ),
        **dict.fromkeys(["extra_usd_t", "extra_hours", "extra_usd_year"], pl.Float64),
    }
    return pl.DataFrame(rows, schema=schema)


def _pair_table(base: CorridorBase, table: pl.DataFrame) -> pl.DataFrame:
    names = {
        f"place_{k}": pl.Series(
            [base.place_name(p) for p in table.select(f"kind_{k}", f"place_id_{k}").iter_rows()],
            dtype=pl.String,
        )
        for k in (1, 2)
    }
    named = table.with_columns(**names, cut_off=_pair_labels(base, table["cut_pairs"]))
    return named.select(
        "place_1", "place_2", *PAIR_NUMBERS, "pairs_cut", "cut_off", "tonnes_year", "tonnes_year_cut", "extra_tonne_hours_year",
        "place_id_1", "place_id_2", "kind_1", "kind_2",
    )  # fmt: skip


def before_and_after(closed: CorridorBase, opened: CorridorBase) -> pl.DataFrame:
    """Best route of each pair with places open and as it stands: what a closure that is already in force costs.

    Returns
    -------
    direction, origin, destination, tonnes_year, open_route, open_usd_t, open_hours, now_route, now_usd_t, now_hours, extra_usd_t,
    extra_hours, extra_usd_year, and choice_usd_year: tonnes x rise of the logsum (`access_loss`), what shippers lose who spread over the routes.
    """
    rows = []
    label = closed.study.place_name
    choice = opened.choice()
    for number, (now, then) in enumerate(zip(closed.trades, opened.trades, strict=True)):
        lost = access_loss(now, then, choice)
        for pair, tonnes in now.tonnes.items():
            row: dict[str, Any] = {
                "direction": DIRECTIONS[number],
                "origin": label(pair[0]),
                "destination": label(pair[1]),
                "tonnes_year": tonnes,
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
                    "choice_usd_year": tonnes * lost[pair],
                }
            rows.append(row)
    numbers = ["extra_usd_t", "extra_hours", "extra_usd_year", "choice_usd_year"]
    schema: dict[str, Any] = dict.fromkeys(["direction", "origin", "destination"], pl.String)
    schema["tonnes_year"] = pl.Float64
    for word in ("open", "now"):
        schema |= {f"{word}_route": pl.String, f"{word}_usd_t": pl.Float64, f"{word}_hours": pl.Float64}
    return pl.DataFrame(rows, schema={**schema, **dict.fromkeys(numbers, pl.Float64)})


def closure_text(table: pl.DataFrame) -> str:
    """What `before_and_after` adds up to, in a sentence."""
    cut = table.filter(pl.col("now_usd_t").is_null() & pl.col("open_usd_t").is_not_null())
    text = f"The closure cuts {cut.height} pairs off. " if cut.height else ""
    total, chosen = (float(table[c].sum()) for c in ("extra_usd_year", "choice_usd_year"))
    text += f"On the best ways it costs USD {total:,.0f} a year"
    moved = table.filter(pl.col("extra_usd_year") > 0)
    if moved.height:
        t = float(moved["tonnes_year"].sum())
        hours, usd = (
            float((moved["tonnes_year"] * moved[c]).sum()) / t for c in ("extra_hours", "extra_usd_t")
        )
        text += f": {t:,.0f} t go {abs(hours):,.0f} hours {'longer' if hours >= 0 else 'less'}"
        text += f" and pay USD {abs(usd):,.1f} a tonne {'more' if usd >= 0 else 'less'}"
    return f"{text}. Spread over the routes as shippers choose, it costs USD {max(chosen, 0.0):,.0f}."


BEFORE_AFTER = (
    "origin",
    "destination",
    "open_route",
    "now_route",
    "extra_usd_t",
    "extra_hours",
    "extra_usd_year",
    "choice_usd_year",
)


# -- on the map ----------------------------------------------------------------------------------------------


def weak_points(base: CorridorBase, table: pl.DataFrame) -> pl.DataFrame:
    """Places of the table of weak points with their coordinates; see `CorridorSection.weak_points`."""
    case = base.case
    at = {n: (lon, lat) for n, lon, lat in case["nodes"].select("node_id", "lon", "lat").iter_rows()}
    node_of = dict(case["crossings"].select("crossing_id", "node_id").iter_rows())
    links = {
        i: (mode, start, end)
        for i, mode, start, end in case["links"]
        .select("link_id", "mode", "from_node_id", "to_node_id")
        .iter_rows()
    }
    rows = []
    for row in table.iter_rows(named=True):
        place = row["place_id"]
        mode, *ends = links[place] if row["kind"] == LINK else ("", node_of.get(place, place))
        points = [at[n] for n in ends]
        where = {"mode": mode, "lons": [p[0] for p in points], "lats": [p[1] for p in points]}
        rows.append({**{c: row[c] for c in WEAK_POINT_SCHEMA if c in row}, **where})
    return pl.DataFrame(rows, schema=WEAK_POINT_SCHEMA)


__all__ = [
    "CriticalAnswer",
    "before_and_after",
    "brief_weak_points",
    "closure_text",
    "critical_answer",
    "place_table",
    "weak_points",
]
