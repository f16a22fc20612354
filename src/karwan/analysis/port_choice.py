"""What `karwan port choice` answers: by which port the trade with a market goes, from costs of whole routes and one logit choice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby

import numpy as np
import numpy.typing as npt
import polars as pl

from karwan.analysis.contract import Inputs, Result
from karwan.analysis.corridors import CorridorStudy
from karwan.analysis.port_day import PortDay, told_of_day, without_land
from karwan.analysis.port_places import Gateways, Pair, prices_of, read_trade
from karwan.analysis.port_requests import PortChoiceRequest
from karwan.case import Case
from karwan.case.provenance import BASES
from karwan.notes import Note, note
from karwan.schema.frames import result_frame
from karwan.schema.modes import MODES
from karwan.transport.cargo import Cargo
from karwan.transport.choice import logit_rows, path_size_logit
from karwan.transport.corridor import OPEN, corridor_route
from karwan.transport.cost import additive_cost, route_cost
from karwan.transport.network import FreightNetwork, Kept, NetworkRequest, build_network
from karwan.transport.network.stage import Row
from karwan.transport.paid import Bills
from karwan.transport.route import Route
from karwan.transport.route_choice import incidence
from karwan.transport.shipment import find_product

Floats = npt.NDArray[np.float64]
ELSEWHERE = ""
"""By land, or by a port that is none of those compared."""
BAND = (0.05, 0.95)
SMALLEST = 1e-9
"""Share of the trade below which a draw moved nothing."""
ALL_BUT_NONE = 0.995
"""Share of a pair's trade from which on a port has no rival."""
NAMED = 4
"""Pairs named in the first sentence."""
NO_WAY = "no lawful open way, by sea or by land, on the day of the case"


@dataclass(frozen=True)
class Ways:
    """Ways of a country pair between two places: by each port and by none of them.

    Attributes
    ----------
    pair
        The trade, with its weight for these places.
    ports
        Node of each way, shape (R,); blank is by none of them.
    cost_usd_t
        Generalised cost, shape (R,).
    path_size
        Shape (R,), in (0, 1].
    """

    pair: Pair
    ports: tuple[str, ...]
    cost_usd_t: Floats
    path_size: Floats


def answer_choice(inputs: Inputs, request: PortChoiceRequest) -> Result:
    """Tonnes, USD and share by port with a band; each pair; and the pairs without data, with the reason."""
    case = inputs.the_case()
    trade = read_trade(case, request.market)
    names = {
        "ports": "port_shares_by_port",
        "on the day": "port_on_day",
        "pairs": "port_pairs",
        "without data": "port_no_data",
    }
    if not trade.pairs:
        tables = {"without data": result_frame("port_no_data", trade.without)}
        empty = {key: result_frame(name, []) for key, name in names.items() if key not in tables}
        return Result(
            empty | tables, {"market": request.market}, (note(f"port.{trade.reason}", market=request.market),)
        )
    desk = _Desk(case, request)
    ways, lost = desk.ways(trade.pairs)
    desk.day.shut_at(trade.pairs)
    parts = _parts(ways, _shares(case, ways))
    drawn = _drawn(case, ways, request)
    tables = {
        "ports": _port_table(desk, parts, drawn),
        "on the day": desk.day.table(),
        "pairs": _pair_table(desk, parts, ways),
        "without data": result_frame("port_no_data", [*trade.without, *lost]),
    }
    return Result(
        tables,
        {
            "market": request.market,
            "countries": list(trade.members),
            "draws": request.draws,
            "seed": request.seed,
        },
        tuple(_notes(desk, tables, ways)),
    )


@dataclass(frozen=True)
class _Desk:
    """Networks, ports and the reference load of a case."""

    case: Case
    request: PortChoiceRequest

    @cached_property
    def study(self) -> CorridorStudy:
        """For names, the reference load and its weights."""
        return CorridorStudy(self.case, self.case.settings.as_of)

    @cached_property
    def gateways(self) -> Gateways:
        """Ports of the case."""
        return Gateways(self.case, self.request.include_assumed)

    @cached_property
    def day(self) -> PortDay:
        """What is sanctioned, banned, shut or slow on the ways found."""
        return PortDay(self.case, self.study.places, self._opened)

    @cached_property
    def _opened(self) -> frozenset[str]:
        return self.study.opened(self.request.opened)

    @cached_property
    def _kept(self) -> Kept:
        return Kept()

    def ways(self, pairs: Sequence[Pair]) -> tuple[list[Ways], list[Row]]:
        """Ways of every pair, and the pairs that have none with the reason; places without a way leave their trade to the others of the pair."""
        found: list[Ways] = []
        lost: list[Row] = []
        for ends, own in groupby(pairs, key=lambda pair: (pair.exporter, pair.importer)):
            network, parts = self._network(ends), list(own)  # one network at a time
            ways = [one for one in (self._between(network, pair) for pair in parts) if one is not None]
            whole = sum(pair.value_usd for pair in parts)
            reached = sum(one.pair.value_usd for one in ways)
            found += [replace(one, pair=one.pair.times(whole / reached)) for one in ways]
            if not ways:
                lost.append(parts[0].times(whole / parts[0].value_usd).row(self.case, NO_WAY))
        return found, lost

    def _network(self, ends: tuple[str, str]) -> FreightNetwork:
        form = self.study.shipment().form
        request = NetworkRequest(
            *ends, form, self.case.settings.as_of, self._opened, include_assumed=self.request.include_assumed
        )
        return build_network(self.case.tables, request, kept=self._kept)

    def _between(self, network: FreightNetwork, pair: Pair) -> Ways | None:
        """The cheapest way by each port alone, and by none of them."""
        load, gateways = self.study.shipment(), self.gateways.between(pair)
        cost = additive_cost(network, load, self.study.weights(load).value_of_time_usd_h)
        routes: dict[str, Route] = {}
        banned = self.day.banned(pair)
        if set(banned) & {pair.exporter, pair.importer}:
            return None
        for port in (*gateways, ELSEWHERE):
            via = [port] if port else []
            shunned = (*self.gateways.shunned(pair, port), *banned)
            row = {"corridor_id": port, "via": via, "avoid": shunned, "modes": list(MODES)}
            found = corridor_route(
                network, load, row, pair.origin, pair.destination, if_open=False, cost=cost
            )
            if found.route is not None and found.status == OPEN:
                routes[port] = found.route
                self.day.passed(pair, port, found.route)
        if not routes:
            return None
        costs = np.array([self._cost(pair, route) for route in routes.values()])
        used, lengths = incidence(list(routes.values()))
        sizes = path_size_logit(costs, used, lengths, scale=1.0).path_size
        return Ways(pair, tuple(routes), costs, sizes)

    def _cost(self, pair: Pair, route: Route) -> float:
        """Generalised cost of a tonne, all that is paid counted."""
        load = route.shipment
        bills = self._bills(pair.exporter)
        return route_cost(route, self.study.weights(load), bills.all_told_usd(route)) / load.tonnes

    @cached_property
    def _held_bills(self) -> dict[str, Bills]:
        return {}

    def _bills(self, origin: str) -> Bills:
        if origin not in self._held_bills:
            product = find_product(self.case["products"], self.case.settings.reference_product)
            self._held_bills[origin] = Bills(
                self.case.tables,
                str(product["product_id"]),
                str(product["sector"]),
                origin,
                self.case.settings.as_of,
                Cargo(str(product["hs_code"] or "")),
            )
        return self._held_bills[origin]


def _shares(case: Case, ways: Sequence[Ways]) -> list[Floats]:
    """Share of each way of each pair in the middle case."""
    scale, weight = (case.parameter(name) for name in ("logit_scale_per_usd_t", "path_size_weight"))
    return [
        logit_rows(one.cost_usd_t, one.path_size, scale=scale, path_size_weight=weight)[0] for one in ways
    ]


@dataclass(frozen=True)
class _Drawn:
    """USD and tonnes by port in each draw, and USD of the trade as published, which only the choice moves, shape (N,)."""

    usd: dict[str, Floats]
    tonnes: dict[str, Floats]
    as_published: dict[str, Floats]

    @cached_property
    def total(self) -> Floats:
        """USD of all trade in each draw."""
        return np.asarray(np.sum(list(self.usd.values()), axis=0))

    def band(self, port: str) -> Row:
        """Ends of the bands of a port, and what moves its share; a share that nothing moves has no ends."""
        share = self.usd[port] / self.total
        found = {
            **_ends("usd", self.usd[port]),
            **_ends("tonnes", self.tonnes[port]),
            **_ends("share", share),
            "varies_by": self._moved_by(port, share),
        }
        return found if found["varies_by"] else found | dict.fromkeys(("share_low", "share_high"))

    def _moved_by(self, port: str, share: Floats) -> list[str]:
        """The choice where a pair has another way than by this port; the trade where other pairs do not go by it alike."""
        chosen = self.as_published[port]
        by_choice = np.ptp(chosen) > SMALLEST * np.max(self.total)
        moved = np.ptp(share - chosen / np.sum(list(self.as_published.values()), axis=0))
        return [*(["choice"] if by_choice else []), *(["trade"] if moved > SMALLEST else [])]


def _ends(name: str, drawn: Floats) -> Row:
    low, high = (float(end) for end in np.quantile(drawn, BAND))
    return {f"{name}_low": low, f"{name}_high": high}


def _drawn(case: Case, ways: Sequence[Ways], request: PortChoiceRequest) -> _Drawn:
    """Trade by port in each draw: the scale of choice, what the cost by way of a port leaves out, drawn once a port, what a pair trades, and what a tonne is worth.

    The published trade of a pair is one report; in each draw it is off by a factor of its own, log-normal. What a tonne of an exporter's goods
    is worth is in each draw the price of one of them, as nobody published the mix.
    """
    rng = np.random.default_rng(request.seed)
    ports = sorted({port for one in ways for port in one.ports})
    rows = {row["parameter_id"]: row for row in case["parameters"].iter_rows(named=True)}
    scale = rng.triangular(*_range(rows["logit_scale_per_usd_t"]), size=request.draws)
    spread = rng.triangular(*_range(rows["port_cost_error_usd_t"]), size=request.draws)
    errors = {port: spread * rng.standard_normal(request.draws) for port in ports}
    exporters = sorted({one.pair.exporter for one in ways})
    worth = {exporter: rng.choice(prices_of(case, exporter), request.draws) for exporter in exporters}
    weight = case.parameter("path_size_weight")
    doubt = rng.triangular(*_range(rows["trade_report_log_sd"]), size=request.draws)
    pairs = sorted({(one.pair.exporter, one.pair.importer) for one in ways})
    told = {pair: np.exp(doubt * rng.standard_normal(request.draws)) for pair in pairs}
    usd, tonnes, as_published = ({port: np.zeros(request.draws) for port in ports} for _ in range(3))
    for one in ways:
        cost = one.cost_usd_t + np.column_stack([errors[port] for port in one.ports])
        shares, _ = logit_rows(cost * scale[:, None], one.path_size, scale=1.0, path_size_weight=weight)
        for number, port in enumerate(one.ports):
            value = shares[:, number] * one.pair.value_usd
            as_published[port] += value
            value = value * told[one.pair.exporter, one.pair.importer]
            usd[port] += value
            tonnes[port] += value / worth[one.pair.exporter]
    return _Drawn(usd, tonnes, as_published)


def _range(row: Row) -> tuple[float, float, float]:
    """Low, value and high of a parameter; a hair wide where it has no range."""
    low = row["value"] if row["low"] is None else row["low"]
    high = row["value"] if row["high"] is None else row["high"]
    return low, row["value"], max(high, low * (1.0 + 1e-9) + 1e-12)


def _parts(ways: Sequence[Ways], shares: Sequence[Floats]) -> pl.DataFrame:
    """One row a way: its pair, its port, and what goes by it; cost_usd is the generalised cost weighed by that value."""
    rows = []
    for one, share in zip(ways, shares, strict=True):
        for port, part, cost in zip(one.ports, share.tolist(), one.cost_usd_t.tolist(), strict=True):
            value, tonnes = part * one.pair.value_usd, part * one.pair.tonnes
            rows.append((one.pair.exporter, one.pair.importer, port, value, tonnes, value * cost))
    texts = dict.fromkeys(("exporter", "importer", "port"), pl.String())
    figures = dict.fromkeys(("usd", "tonnes", "cost_usd"), pl.Float64())
    return pl.DataFrame(rows, schema={**texts, **figures}, orient="row")


def _port_table(desk: _Desk, parts: pl.DataFrame, drawn: _Drawn) -> pl.DataFrame:
    """One row a port, the largest first, then what goes by none of them."""
    total = float(parts["usd"].sum())
    by_port = float(parts.filter(pl.col("port") != ELSEWHERE)["usd"].sum())
    sums = parts.group_by("port", maintain_order=True).agg(pl.sum("usd", "tonnes", "cost_usd"))
    rows = [
        {
            **drawn.band(row["port"]),
            **_about(desk, row["port"]),
            "tonnes": row["tonnes"],
            "usd": row["usd"],
            "share": row["usd"] / total,
            "share_of_ports": row["usd"] / by_port if row["port"] and by_port else None,
            "cost_usd_t": row["cost_usd"] / row["usd"] if row["usd"] > 0.0 else None,
        }
        for row in sums.iter_rows(named=True)
    ]
    table = result_frame("port_shares_by_port", rows)
    return table.sort(pl.col("node_id").is_null(), pl.col("usd"), descending=[False, True])


def _about(desk: _Desk, port: str) -> Row:
    """Name of a port, and what share somebody published."""
    found = {
        "node_id": port or None,
        "port": desk.study.place_name(port) if port else "by land or another port",
        "country": desk.gateways.country(port),
        "basis": BASES[-1],
    }
    observed = desk.gateways.observed(port, desk.request.market)
    if observed is None:
        return found | dict.fromkeys(("observed_share", "observed_of", "source_id"))
    told = f"{observed['trade']}, {observed['year']}"
    return found | {
        "observed_share": observed["share"],
        "observed_of": told,
        "source_id": observed["source_id"],
    }


def _pair_table(desk: _Desk, parts: pl.DataFrame, ways: Sequence[Ways]) -> pl.DataFrame:
    """One row a pair of countries: its trade, the port that takes most of it, what goes by none."""
    pairs = {(one.pair.exporter, one.pair.importer): one.pair for one in ways}
    columns = result_frame("port_pairs").columns
    by_sea = set(without_land(desk.case, [country for ends in pairs for country in ends]))
    rows = []
    for ends, own in parts.group_by(["exporter", "importer"], maintain_order=True):
        usd = float(own["usd"].sum())
        sums = own.group_by("port").agg(pl.sum("usd")).sort("usd", "port", descending=[True, False])
        by_land = float(own.filter(pl.col("port") == ELSEWHERE)["usd"].sum()) / usd
        best = sums.filter(pl.col("port") != ELSEWHERE).head(1).to_dicts()
        row = {
            **pairs[str(ends[0]), str(ends[1])].row(desk.case, ""),
            "usd": usd,
            "tonnes": float(own["tonnes"].sum()),
            "port": desk.study.place_name(best[0]["port"]) if best else None,
            "port_share": best[0]["usd"] / usd if best else None,
            "usd_t": usd / float(own["tonnes"].sum()),
            "elsewhere_share": by_land or (None if by_sea & set(ends) else 0.0),
        }
        rows.append({key: row[key] for key in columns})
    return result_frame("port_pairs", rows).sort("usd", descending=True)


def _without_rival(desk: _Desk, pairs: pl.DataFrame, ways: Sequence[Ways]) -> list[str]:
    """Pairs that have one way, or one port that no other way competes with: their shares rest on which links the network has."""
    single = {(one.pair.exporter, one.pair.importer) for one in ways if len(one.ports) == 1}
    names = {tuple(desk.case.country_name(end) for end in ends) for ends in single}
    taken = pairs.filter(pl.col("port_share") >= ALL_BUT_NONE)
    names |= set(taken.select("exporter", "importer").iter_rows())
    return sorted(f"{exporter} to {importer}" for exporter, importer in names)


def _first(desk: _Desk, tables: dict[str, pl.DataFrame]) -> Note | None:
    """The port that takes most, of how many pairs of the market; None where no port takes any."""
    ports, pairs = tables["ports"].filter(pl.col("node_id").is_not_null()), tables["pairs"]
    if ports.is_empty():
        return None
    first = ports.row(0, named=True)
    names = [
        f"{exporter} to {importer}" for exporter, importer in pairs.select("exporter", "importer").rows()
    ]
    said = {
        "pairs": pairs.height,
        "of": pairs.height + tables["without data"].height,
        "names": names[:NAMED] + ["..."] * (len(names) > NAMED),
        "market": desk.request.market,
        "port": first["port"],
        "port_share": first["share"],
        "total_usd": float(pairs["usd"].sum()),
        "of_ports_share": first["share_of_ports"],
        "value_usd": first["usd"],
        "low_usd": first["usd_low"],
        "high_usd": first["usd_high"],
    }
    if not first["varies_by"]:
        return note("port.choice_first_fixed", **said)
    band = {"low_share": first["share_low"], "high_share": first["share_high"]}
    key = "port.choice_first" if "choice" in first["varies_by"] else "port.choice_first_trade"
    return note(key, **said, **band)


def _notes(desk: _Desk, tables: dict[str, pl.DataFrame], ways: Sequence[Ways]) -> Iterator[Note]:
    request, settings = desk.request, desk.case.settings
    ports = tables["ports"].filter(pl.col("node_id").is_not_null())
    first = _first(desk, tables)
    if first:
        yield first
    yield from told_of_day(desk.case, tables["on the day"])
    by_sea = without_land(desk.case, [end for one in ways for end in (one.pair.exporter, one.pair.importer)])
    if by_sea:
        yield note("port.choice_no_land", countries=[desk.case.country_name(end) for end in by_sea])
    yield note("port.choice_tonnes")
    beside = ports.filter(pl.col("observed_share").is_not_null()).iter_rows(named=True)
    shares = [f"{row['port']} {row['observed_share']:.0%} ({row['observed_of']})" for row in beside]
    if shares:
        yield note("port.choice_observed", shares=shares)
    if settings.trade_state and not request.opened:
        yield note("port.choice_state", scenarios=", ".join(settings.trade_state))
    single = _without_rival(desk, tables["pairs"], ways)
    if single:
        yield note("port.choice_single", pairs=len(single), names=single)
    if desk.gateways.left_out:
        left_out = [desk.study.place_name(port) for port in desk.gateways.left_out]
        yield note("port.choice_assumed", ports=left_out)
    yield note("port.choice_model", draws=request.draws)
