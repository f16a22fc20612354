"""Weak points of the corridors of a case: the table, places closed together, and what a map of them holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from karwan.analysis.contract import Inputs, Result
from karwan.analysis.corridors import CorridorStudy, asked_study
from karwan.analysis.requests import CriticalRequest
from karwan.analysis.sensitivity import CorridorBase
from karwan.case.places import matching
from karwan.notes import Note, note
from karwan.schema.frames import result_frame, result_types
from karwan.trade.parties import DIRECTIONS
from karwan.transport.criticality import (
    LINK,
    Criticality,
    Pair,
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
PAIR_NUMBERS = ("extra_usd_t", "extra_hours", "extra_usd_year", "beyond_usd_year")
BRIEF_ROWS = 15  # the rest is one command away: karwan corridor critical
OPENED_SUFFIX = " (opened)"
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
    notes
        On the demand and on what the figures mean.
    only
        The places asked for by name; the tables hold them alone. Empty for all.
    """

    places: pl.DataFrame
    pairs: pl.DataFrame
    sides: pl.DataFrame
    reroutes: pl.DataFrame
    weak_points: pl.DataFrame
    notes: tuple[Note, ...]
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
        """First rows of the filled tables as a person reads them.

        Of places in a row the first stands for all and names them; where places were asked for, each stands with its reroutes.
        """
        first = self.places if self.only else self.places.filter(pl.col("same_as_rank").is_null()).head(top)
        lost = self.pairs.filter(pl.col("pairs_cut") > 0)
        tables = {
            "weak points": first if first["pairs_cut"].sum() else first.drop("pairs_cut"),
            "reroutes": self.reroutes if self.only else self.reroutes.clear(),
            "ways round": first.clear() if self.only else self._ways_round(first),
            "closed together": self.pairs,
            "cut off together": lost.select("place_1", "place_2", "cut_off"),
            "an hour less at a side": self.sides,
        }
        return {name + suffix: table.head(top) for name, table in tables.items() if table.height}

    def _ways_round(self, first: pl.DataFrame) -> pl.DataFrame:
        """rank, place, in_row, reroute of the places on a best route."""
        ways = first.join(_rows_of(self.places), on="rank", how="left", maintain_order="left")
        return ways.filter(pl.col("pairs_hit") > 0).select("rank", "place", "in_row", "reroute")


@dataclass(frozen=True)
class CriticalBases:
    """Weak points as the network stands and, where places were taken as open, with them open.

    Attributes
    ----------
    study
        Corridors of the case on the day.
    answers
        Suffix of the tables to answer: blank as it stands, OPENED_SUFFIX with the places open.
    opened
        Place ids taken as open.
    costs
        See `before_and_after`; None where nothing was taken as open.
    """

    study: CorridorStudy
    answers: Mapping[str, CriticalAnswer]
    opened: frozenset[str]
    costs: pl.DataFrame | None = None

    def tables(self) -> dict[str, pl.DataFrame]:
        """Every table by key."""
        return self._costs() | {
            k: t for suffix, one in self.answers.items() for k, t in one.tables(suffix).items()
        }

    def plain(self, top: int) -> dict[str, pl.DataFrame]:
        """Tables as a person reads them; see `CriticalAnswer.plain`."""
        parts = [one.plain(suffix, top) for suffix, one in self.answers.items()]
        return self._costs() | {key: table for part in parts for key, table in part.items()}

    def _costs(self) -> dict[str, pl.DataFrame]:
        return {} if self.costs is None else {"what the closure costs": self.costs}

    def notes(self) -> tuple[Note, ...]:
        """Notes of both bases; those on the opened base are marked."""
        closed = self.answers[""].notes
        if self.costs is None:
            return closed
        names = sorted({self.study.place_name(p) for p in self.opened})
        more = [line for line in self.answers[OPENED_SUFFIX].notes if line not in closed]
        marked = [note("criticality.of_opened", line=line) for line in more]
        return (*closed, note("criticality.opened", names=names), *marked, closure_note(self.costs))


def answer_critical(inputs: Inputs, request: CriticalRequest) -> Result:
    """Weak points as the network stands, with places open where asked, and what their closure costs."""
    study = asked_study(inputs.the_case(), request.as_of, request.product)
    opened = study.opened(request.opened)
    base = CorridorBase(study, tonnes_year=request.tonnes_year, anywhere=request.anywhere)
    answers = {"": critical_answer(base, most=request.most, only=request.place)}
    costs = None
    if opened:
        other = CorridorBase(study, opened=opened, tonnes_year=request.tonnes_year, anywhere=request.anywhere)
        answers[OPENED_SUFFIX] = critical_answer(other, most=request.most, only=request.place)
        costs = before_and_after(base, other)
    bases = CriticalBases(study, answers, opened, costs)
    return Result(bases.tables(), {**study.facts, "opened": sorted(opened)}, bases.notes(), detail=bases)


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
        notes=(*base.demand.notes, _searched(base), *counted),
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


def _searched(base: CorridorBase) -> Note:
    if not base.within:
        return note("criticality.detours_anywhere")
    countries = [base.case.country_name(code) for code in sorted(base.within)]
    return note("criticality.detours_within", countries=countries)


def _counted(
    places: pl.DataFrame, total: int, pairs: pl.DataFrame, chosen: int, others: int, only: str
) -> list[Note]:
    """What was closed and whether anything was cut off."""
    hit = places.filter(pl.col("pairs_hit") > 0)
    turn = note("criticality.closed_in_turn", places=places.height, hit=hit.height, cut=_cuts(hit))
    if not chosen:
        return [turn]
    every = "criticality.every" if chosen == total else "criticality.worst"
    which = note("criticality.named" if only else every, chosen=chosen, total=total, word=only)
    together = note(
        "criticality.closed_together", which=which, others=others, pairs=pairs.height, cut=_cuts(pairs)
    )
    return [turn, together]


def _cuts(table: pl.DataFrame) -> Note:
    count = table.filter(pl.col("pairs_cut") > 0).height
    return note("criticality.cuts", count=count) if count else note("criticality.cuts_none")


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
    moves = Counter(_move(base, row, names) for row in effects)
    parts = sorted(moves.items(), key=lambda m: (-m[1], m[0]))
    many = len(parts) > 1
    shown = [f"{text} ({count})" if many else text for text, count in parts[:2]]
    rest = sum(count for _, count in parts[2:])
    return "; ".join([*shown, *([f"other changes ({rest})"] if rest else [])])


def _move(base: CorridorBase, row: Mapping[str, Any], names: Names) -> str:
    """What replaces the best way of one pair."""
    before = _named(base, row["trade"], row["before"], names)
    if row["after"] is None:
        return f"{before}: cut off"
    after = _named(base, row["trade"], row["after"], names)
    return f"{before} by another way" if before == after else f"{before} → {after}"


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
    return result_frame("weak_reroutes", rows)


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
    choice = opened.choice()
    for number, (now, then) in enumerate(zip(closed.trades, opened.trades, strict=True)):
        lost = access_loss(now, then, choice)
        for pair, tonnes in now.tonnes.items():
            row: dict[str, Any] = {
                "direction": DIRECTIONS[number],
                "origin": closed.study.place_name(pair[0]),
                "destination": closed.study.place_name(pair[1]),
                "tonnes_year": tonnes,
                **_best(opened, number, pair, "open"),
                **_best(closed, number, pair, "now"),
            }
            rows.append(row | _rise(row, now.hour_usd_t, lost[pair]))
    return result_frame("closure_cost", rows)


def _best(base: CorridorBase, number: int, pair: Pair, word: str) -> dict[str, Any]:
    """Best way of a pair on a base: its name, money and hours, each under its word."""
    trade = base.trades[number]
    arcs = trade.best[pair]
    if arcs is None:
        return {f"{word}_route": "cut off", f"{word}_usd_t": None, f"{word}_hours": None}
    name = base.route_name(number, arcs)
    return {f"{word}_route": name, f"{word}_usd_t": trade.money(arcs), f"{word}_hours": trade.time(arcs)}


def _rise(row: Mapping[str, Any], hour_usd_t: float, lost_usd_t: float) -> dict[str, float]:
    """What a pair pays more as it stands; nothing where it has no way on one of the bases."""
    if row["open_usd_t"] is None or row["now_usd_t"] is None:
        return {}
    usd, hours = row["now_usd_t"] - row["open_usd_t"], row["now_hours"] - row["open_hours"]
    tonnes = row["tonnes_year"]
    return {
        "extra_usd_t": usd,
        "extra_hours": hours,
        "extra_usd_year": tonnes * (usd + hour_usd_t * hours),
        "choice_usd_year": tonnes * lost_usd_t,
    }


def closure_note(table: pl.DataFrame) -> Note:
    """What `before_and_after` adds up to."""
    cut = table.filter(pl.col("now_usd_t").is_null() & pl.col("open_usd_t").is_not_null()).height
    best, spread = (float(table[c].sum()) for c in ("extra_usd_year", "choice_usd_year"))
    return note(
        "criticality.closure",
        cut=note("criticality.closure_cuts", pairs=cut) if cut else "",
        best=best,
        moved=_moved(table.filter(pl.col("extra_usd_year") > 0)),
        spread=max(spread, 0.0),
    )


def _moved(table: pl.DataFrame) -> Note | str:
    """Tonnes that go another way, and what a tonne of them takes and pays more on average."""
    if not table.height:
        return ""
    tonnes = float(table["tonnes_year"].sum())
    hours, usd = (
        float((table["tonnes_year"] * table[c]).sum()) / tonnes for c in ("extra_hours", "extra_usd_t")
    )
    longer = note("criticality.hours_longer" if hours >= 0 else "criticality.hours_less", hours=abs(hours))
    dearer = note("criticality.usd_more" if usd >= 0 else "criticality.usd_less", usd=abs(usd))
    return note("criticality.closure_moves", tonnes=tonnes, hours=longer, money=dearer)


# -- on the map ----------------------------------------------------------------------------------------------


def weak_points(base: CorridorBase, table: pl.DataFrame) -> pl.DataFrame:
    """Places of the table of weak points with their coordinates; see `CorridorSection.weak_points`."""
    case = base.case
    columns = result_types("brief_weak_map")
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
        rows.append({**{c: row[c] for c in columns if c in row}, **where})
    return result_frame("brief_weak_map", rows)


__all__ = [
    "CriticalAnswer",
    "before_and_after",
    "brief_weak_points",
    "closure_note",
    "critical_answer",
    "place_table",
    "weak_points",
]
