"""Papers and securities of the reference load by road, without and with a transit regime."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from karwan.analysis.corridors import CorridorStudy
from karwan.analysis.regime.bands import BAND, row_bands
from karwan.analysis.regime.legs import less
from karwan.analysis.regime.states import RegimeStates, Row
from karwan.analysis.regime.term_draws import JUDGED_H, JUDGED_USD
from karwan.analysis.regime.worth import own_pairs
from karwan.case import Case
from karwan.schema.frames import result_frame
from karwan.schema.modes import ROAD
from karwan.trade.parties import DIRECTIONS
from karwan.transport.cargo import Cargo
from karwan.transport.cost import additive_cost
from karwan.transport.network import NetworkRequest, build_network, worst_basis
from karwan.transport.network.terms import join_sources
from karwan.transport.paid import Bills
from karwan.transport.path import allowed_arcs, least_cost_path
from karwan.transport.route import Route, make_route
from karwan.transport.shipment import find_product

PAPER, SECURITY = "paper", "security"
FIGURES = (
    *("before_usd", "after_usd", "usd_change", "before_h", "after_h", "hours_change"),
    *("before_tied_usd", "after_tied_usd"),
)
"""Columns that have a band."""
Asked = dict[tuple[str, str, str], Row]
"""Papers and securities by kind, place and name."""


@dataclass(frozen=True)
class _Ends:
    """Countries and places of a trade."""

    exporter: str
    importer: str
    origin: str
    destination: str

    @property
    def places(self) -> tuple[str, str]:
        return self.origin, self.destination


def paper_table(
    states: RegimeStates,
    study: CorridorStudy,
    drawn: Sequence[tuple[Case, Case]] = (),
    judged: Sequence[Mapping[str, float]] = (),
) -> pl.DataFrame:
    """Each paper and security of the reference load by road before and after; see `results/regime_papers.csv`.

    The road is the cheapest with the regime in force that keeps to its parties, else the cheapest of all; without it the cheapest past the
    same crossings, else the cheapest of all. Nothing where no road is open.

    Parameters
    ----------
    drawn
        The case without and with the regime in each joint draw.
    judged
        Inputs of each draw: what is judged of papers moves by one factor.
    """
    rows: list[Row] = []
    for ends in _trades(states, study):
        after = _road(states.after, study, ends, states.row["parties"], ())
        if after is None:
            continue
        before = _road(states.before, study, ends, states.row["parties"], _crossed(after))
        central = _both(states.before, states.after, study, ends, (before, after))
        found = list(_compared(study, ends, after, *central))
        draws = []
        for pair, at in zip(drawn, judged, strict=True):
            sides = _both(*pair, study, ends, (before, after))
            moved = [_judged(*each, at) for each in zip(sides, central, strict=True)]
            draws.append(list(_compared(study, ends, after, *moved, keys=_keys(*central))))
        for number, row in enumerate(found):
            rows.append(row | row_bands(FIGURES, [one[number] for one in draws]))
    return result_frame("regime_papers", rows)


def moved_papers(table: pl.DataFrame) -> pl.DataFrame:
    """Papers that move, and of each trade one row for those that stay: their sum, and the hours of the slowest."""
    stays = (pl.col("before_usd").eq_missing(pl.col("after_usd"))) & (
        pl.col("before_h").eq_missing(pl.col("after_h"))
    )
    moving = table.filter(~stays | pl.col("text").is_not_null() & (pl.col("text") != ""))
    rest = table.join(moving, on=["pair", "kind", "place", "paper"], how="anti")
    sums = rest.group_by("pair", "way", maintain_order=True).agg(
        paper=pl.format("{} papers that stay", pl.len()),
        before_usd=pl.col("before_usd").sum(),
        after_usd=pl.col("after_usd").sum(),
        before_h=pl.col("before_h").max(),
        after_h=pl.col("after_h").max(),
        known_by=pl.col("known_by").min(),  # a band where any of them has one
        **{name: pl.col(name).sum() for name in _money_bands(rest)},
    )
    sums = sums.with_columns(kind=pl.lit(PAPER), usd_change=pl.lit(0.0), hours_change=pl.lit(0.0))
    return pl.concat([moving, sums], how="diagonal").select(table.columns).sort("pair", maintain_order=True)


def _money_bands(table: pl.DataFrame) -> list[str]:
    """Bands of money: they add up, as one factor moves all that is judged of papers."""
    names = [f"{when}_{end}_usd" for when in ("before", "after", "usd_change") for end in BAND]
    return [name for name in names if name in table.columns and table[name].null_count() < table.height]


def _trades(states: RegimeStates, study: CorridorStudy) -> Iterator[_Ends]:
    """The two parties of the case both ways where the regime has both, else the pairs of its own parties."""
    case = study.case
    if {case.settings.party_a, case.settings.party_b} <= set(states.row["parties"]):
        for way in DIRECTIONS:
            yield _Ends(*case.parties.ends(way), *study.pairs(way)[0])
        return
    for pair in own_pairs(case, states):
        yield _Ends(*pair)


def _road(
    case: Case, study: CorridorStudy, ends: _Ends, parties: Sequence[str], via: Sequence[str]
) -> Route | None:
    """Cheapest open road of the reference load; see `paper_table`."""
    load = study.shipment()
    request = NetworkRequest(
        ends.exporter, ends.importer, load.form, study.as_of, study.set_aside, modes=frozenset({ROAD})
    )
    network = build_network(case.tables, request)
    others = {state.country for state in network.states} - {*parties, ends.exporter, ends.importer, ""}
    cost = additive_cost(network, load)
    for past, avoid in ((via, others), (via, ()), ((), ())):
        usable = allowed_arcs(network, avoid=avoid)
        arcs = least_cost_path(network, cost, *ends.places, via=past, allowed=usable).arcs
        if arcs is not None:
            return make_route(network, load, arcs)
    return None


def _crossed(route: Route) -> tuple[str, ...]:
    """Nodes of the crossings of a route, in order."""
    states, arcs = route.network.states, route.network.arcs
    return tuple(states[arcs[a].head].node_id for a in route.arcs if route.network.is_crossing[a])


def _both(
    without: Case, with_it: Case, study: CorridorStudy, ends: _Ends, roads: tuple[Route | None, Route]
) -> tuple[Asked, Asked]:
    """What is asked for without and with the regime, on the road of each."""
    before, after = roads
    old = _asked(without, study, ends, before) if before is not None else {}
    return old, _asked(with_it, study, ends, after)


def _judged(drawn: Asked, central: Asked, at: Mapping[str, float]) -> Asked:
    """What is asked for in a draw: an assumed figure that no term moves goes by the factor of what is judged."""
    found: Asked = {}
    for key, row in drawn.items():
        usual = central.get(key, row)
        factors = {"cost_usd": at[JUDGED_USD], "time_h": at[JUDGED_H]} if row["basis"] == "assumed" else {}
        found[key] = row | {
            name: row[name] * factor
            for name, factor in factors.items()
            if row.get(name) is not None and row[name] == usual.get(name)
        }
    return found


def _keys(old: Asked, new: Asked) -> list[tuple[str, str, str]]:
    return list(dict.fromkeys((*old, *new)))


def _compared(
    study: CorridorStudy,
    ends: _Ends,
    after: Route,
    old: Asked,
    new: Asked,
    *,
    keys: Sequence[tuple[str, str, str]] | None = None,
) -> Iterator[Row]:
    """Rows of one trade: what is asked for before, after, or both; rows of `keys` where they are given."""
    way = " – ".join(study.place_name(node) for node in _crossed(after))
    pair = study.pair_label(*ends.places)
    for key in _keys(old, new) if keys is None else keys:
        one, two = old.get(key, {}), new.get(key, {})
        same = one or two
        bases = [row["basis"] for row in (one, two) if row]
        yield {
            "pair": pair,
            "way": way,
            "kind": key[0],
            "place": study.place_name(key[1]) if key[1] else "",
            "paper": key[2],
            "before_usd": _cost(one),
            "after_usd": _cost(two),
            "usd_change": less(_cost(two), _cost(one)),
            "before_h": _hours(one),
            "after_h": _hours(two),
            "hours_change": less(_hours(two), _hours(one)),
            "before_tied_usd": one.get("tied_usd"),
            "after_tied_usd": two.get("tied_usd"),
            "text": _said(one, two),
            "basis": worst_basis(*bases) if bases else None,
            "source_id": join_sources(*(row["source_id"] for row in (one, two) if row)),
            "regime_id": two.get("regime_id") or same.get("regime_id"),
        }


def _asked(case: Case, study: CorridorStudy, ends: _Ends, route: Route) -> Asked:
    """Papers and securities of a route by kind, place and name."""
    product = find_product(case["products"], route.shipment.product_id)
    bills = Bills(
        case.tables,
        str(product["product_id"]),
        str(product["sector"]),
        ends.exporter,
        study.as_of,
        Cargo(str(product["hs_code"] or "")),
    )
    papers = bills.papers(route).iter_rows(named=True)
    found: Asked = {(PAPER, row["place_id"] or "", str(row["name"])): row for row in papers}
    for row in bills.guarantees(route).iter_rows(named=True):
        found[SECURITY, row["country"], f"security for goods in transit ({row['mode']})"] = row
    return found


def _cost(row: Row) -> float | None:
    """Cost of a paper; 0 where it is not asked for, None where its cost is not known."""
    return row.get("cost_usd") if row else 0.0


def _hours(row: Row) -> float | None:
    return row.get("time_h") if row else 0.0


def _said(one: Row, two: Row) -> str:
    """Asked for only on one side, or the kind of security on both."""
    if "guarantee" in one or "guarantee" in two:
        return f"{_kind(one)} → {_kind(two)}"
    if not one:
        return "asked for with the regime alone"
    return "" if two else "no longer asked for"


def _kind(row: Row) -> str:
    if not row:
        return "none"
    regime = f" ({row['regime_id']})" if row["regime_id"] else ""
    return f"{row['guarantee']}{regime}"
