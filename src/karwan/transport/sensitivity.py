"""Which assumed input could make another corridor the best one.

The generalised cost of a route is a sum over stages, each of which is proportional to an input (a rate, hours, a length) or to its
inverse (a speed, hours of driving a day). With the routes held, the lead of the best corridor over a rival is therefore

    D(v) = D(v0) + L (v - v0) + I (1 / v - 1 / v0)

in the value v of one input, and the value at which the best corridor changes (switch value) is a root of a quadratic: no network is
built again. Routes do not adapt to the changed input, so a switch value is an upper bound of how far the input must move where the
rival could find a better way, and exact where neither route would change.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

from karwan.errors import InvalidInput
from karwan.transport.network import Stage
from karwan.transport.network.lookup import ClosureBook
from karwan.transport.network.stage import Arc, Row, State
from karwan.transport.route import Route

Tables = Mapping[str, pl.DataFrame]
LOW_FACTOR, HIGH_FACTOR = 0.5, 2.0
UNIT = {
    "cost_usd_t_km": "USD/t-km",
    "speed_kmh": "km/h",
    "time_h": "h",
    "cost_usd": "USD",
    "length_km": "km",
    "cost_usd_t": "USD/t",
    "cost_usd_feu": "USD/FEU",
    "cost_usd_teu": "USD/TEU",
    "sailings_per_week": "a week",
    "slowdown_share": "share",
    "time_cost_share_day": "1/day",
}
PERCENT = {"share": "%", "1/day": "% a day"}
"""Units that sentences give in percent."""
SCHEMA: dict[str, Any] = {
    **dict.fromkeys(
        ["parameter", "table", "row_key", "value_text", "corridor_now", "corridor_flipped", "rival"],
        pl.String,
    ),
    "behind_usd_t": pl.Float64,
    "switch_text": pl.String,
    "flips": pl.Boolean,
    "column": pl.String,
    **dict.fromkeys(["value", "low", "high"], pl.Float64),
    "unit": pl.String,
    "switch_value": pl.Float64,
    "switch_factor": pl.Float64,
    "exposed_share": pl.Float64,
    "lead_usd_t": pl.Float64,
}


@dataclass(frozen=True)
class Rival:
    """A corridor's route that competes for the same pair and load."""

    name: str
    route: Route

    @property
    def cost_usd_t(self) -> float:
        """Money and value of time x hours, waits included, USD/t."""
        load = self.route.shipment
        return (self.route.usd + load.value_of_time_usd_h * self.route.hours) / load.tonnes


@dataclass
class Exposure:
    """An input and what each rival's cost owes to it, USD/t at the present value.

    Attributes
    ----------
    linear, inverse
        Rival to the part of its cost proportional to the input, and to its inverse.
    slope
        Rival to USD/t per unit of the input, for inputs that may be 0 now.
    """

    table: str
    row_key: str
    column: str
    label: str
    value: float
    low: float
    high: float
    unit: str
    linear: dict[int, float] = field(default_factory=dict)
    inverse: dict[int, float] = field(default_factory=dict)
    slope: dict[int, float] = field(default_factory=dict)

    def rate(self, rival: int) -> float:
        """USD/t per unit of the input."""
        linear = self.linear.get(rival, 0.0)
        return self.slope.get(rival, 0.0) + (linear / self.value if linear else 0.0)

    def scale(self, rival: int) -> float:
        """USD/t times unit of the input: the numerator of the part proportional to its inverse."""
        return self.inverse.get(rival, 0.0) * self.value

    def cost(self, rival: int, base: float, at: float) -> float:
        """Cost of a rival, USD/t, with the input at another value."""
        change = self.rate(rival) * (at - self.value)
        scale = self.scale(rival)
        return base + change + (scale * (1.0 / at - 1.0 / self.value) if scale else 0.0)


def sensitivity(
    tables: Tables,
    rivals: Sequence[Rival],
    *,
    low_factor: float = LOW_FACTOR,
    high_factor: float = HIGH_FACTOR,
) -> pl.DataFrame:
    """Every assumed input of the two best corridors, and the value at which another corridor becomes the best.

    Parameters
    ----------
    tables
        Tables of the case the routes were built from.
    rivals
        Open routes of one pair and load; of those that are one way (`FreightNetwork.way`) the first counts.
    low_factor, high_factor
        Plausible range of a table row, as factors on its value; parameters have their own low and high.

    Returns
    -------
    One row per input, those that flip the ranking first, nearest first, then those in whose range a rival comes nearest: parameter (in
    words), table, row_key, value_text, corridor_now, corridor_flipped (the new best; null where nothing flips), rival (the corridor that
    comes nearest within the range), behind_usd_t (by how much it is still dearer where it comes nearest; below 0 where it overtakes),
    switch_text, flips, column, value, low, high, unit, switch_value (nearest, within the range or not; null where none), switch_factor
    (over the value), exposed_share (of the best corridor's cost), lead_usd_t (of the best over the second). Inputs of corridors behind
    the second appear only where they flip. Empty with fewer than two rivals.

    Raises
    ------
    InvalidInput
        Factors that do not enclose 1.
    """
    if not 0.0 < low_factor < 1.0 < high_factor < np.inf:
        raise InvalidInput(
            "The range of a table row must enclose its value.",
            f"factors {low_factor} and {high_factor}",
            "give 0 < low < 1 < high.",
        )
    ways: dict[Hashable, Rival] = {}
    for one in rivals:
        ways.setdefault(one.route.network.way(one.route.arcs), one)
    if len(ways) < 2:
        return pl.DataFrame(schema=SCHEMA)
    ranked = sorted(ways.values(), key=lambda r: (r.cost_usd_t, r.name))
    costs = [r.cost_usd_t for r in ranked]
    rows = []
    for exposure in exposures(tables, ranked, low_factor, high_factor):
        row = _row(exposure, ranked, costs)
        leading = {0, 1} & {*exposure.linear, *exposure.inverse, *exposure.slope}
        if row["flips"] or leading:
            rows.append(row)
    rows.sort(key=_order)
    return pl.DataFrame(rows, schema=SCHEMA)


def exposures(
    tables: Tables, rivals: Sequence[Rival], low_factor: float, high_factor: float
) -> list[Exposure]:
    """Assumed inputs that the cost of any rival hangs on."""
    found = _Inputs(tables, low_factor, high_factor)
    for number, rival in enumerate(rivals):
        found.read(number, rival.route)
    return list(found.inputs.values())


def switch_value(exposure: Exposure, costs: Sequence[float]) -> tuple[float, int] | None:
    """Value nearest to the present one at which another rival's cost falls to that of the best, and that rival.

    Parameters
    ----------
    exposure
        Input.
    costs
        Cost of each rival now, ascending: the first is the best.
    """
    best: tuple[float, float, int] | None = None
    for rival in range(1, len(costs)):
        lead = costs[rival] - costs[0]
        linear = exposure.rate(rival) - exposure.rate(0)
        inverse = exposure.scale(rival) - exposure.scale(0)
        for root in _roots(exposure.value, lead, linear, inverse):
            distance = abs(np.log(root / exposure.value)) if exposure.value > 0 and root > 0 else abs(root)
            if best is None or distance < best[0]:
                best = (distance, root, rival)
    return None if best is None else (best[1], best[2])


def _roots(value: float, lead: float, linear: float, inverse: float) -> list[float]:
    """Positive v with lead + linear (v - value) + inverse (1/v - 1/value) = 0."""
    tiny = 1e-12 * max(1.0, abs(lead))
    if abs(inverse) <= tiny:
        if abs(linear) <= tiny / max(value, 1e-9):
            return []
        root = value - lead / linear
        return [root] if root >= 0.0 else []
    constant = lead - linear * value - inverse / value
    roots = (
        np.roots([linear, constant, inverse])
        if linear
        else np.array([-inverse / constant if constant else -1])
    )
    return [float(r.real) for r in roots if abs(r.imag) < 1e-9 * max(1.0, abs(r)) and r.real > 0.0]


def nearest_rival(exposure: Exposure, costs: Sequence[float]) -> tuple[int, float]:
    """Rival that comes nearest to the best, or overtakes it by most, within the range of an input, and its least lead left in USD/t.

    Parameters
    ----------
    exposure, costs
        As for `switch_value`; at least two costs.
    """
    leads = []
    for rival in range(1, len(costs)):
        linear = exposure.rate(rival) - exposure.rate(0)
        inverse = exposure.scale(rival) - exposure.scale(0)
        turn = np.sqrt(inverse / linear) if inverse * linear > 0.0 else exposure.low
        values = (
            exposure.low,
            exposure.value,
            exposure.high,
            float(np.clip(turn, exposure.low, exposure.high)),
        )
        leads.append(
            min(exposure.cost(rival, costs[rival], v) - exposure.cost(0, costs[0], v) for v in values)
        )
    nearest = int(np.argmin(leads))
    return nearest + 1, leads[nearest]


def _row(exposure: Exposure, rivals: Sequence[Rival], costs: Sequence[float]) -> dict[str, Any]:
    found = switch_value(exposure, costs)
    flips = found is not None and exposure.low <= found[0] <= exposure.high
    text = "no value flips it"
    if found is not None:
        word = "above" if found[0] > exposure.value else "below"
        text = f"{word} {_amount(found[0], exposure.unit)}: {rivals[found[1]].name}"
        text = text if flips else f"only outside the range, {text}"
    rival, behind = nearest_rival(exposure, costs)
    exposed = exposure.linear.get(0, 0.0) + exposure.inverse.get(0, 0.0)
    return {
        "parameter": exposure.label,
        "table": exposure.table,
        "row_key": exposure.row_key,
        "value_text": _amount(exposure.value, exposure.unit, exposure.low, exposure.high),
        "corridor_now": rivals[0].name,
        "corridor_flipped": rivals[found[1]].name if found is not None and flips else None,
        "rival": rivals[rival].name,
        "behind_usd_t": behind,
        "switch_text": text,
        "flips": flips,
        "column": exposure.column,
        "value": exposure.value,
        "low": exposure.low,
        "high": exposure.high,
        "unit": exposure.unit,
        "switch_value": None if found is None else found[0],
        "switch_factor": found[0] / exposure.value if found is not None and exposure.value else None,
        "exposed_share": exposed / costs[0] if costs[0] else None,
        "lead_usd_t": costs[1] - costs[0],
    }


def _order(row: Mapping[str, Any]) -> tuple[object, ...]:
    """Flips by how little the input must move, the rest by how little the rival stays behind."""
    factor = row["switch_factor"]
    distance = float(abs(np.log(factor))) if factor else np.inf
    near = distance if row["flips"] else round(row["behind_usd_t"], 9)
    return (
        not row["flips"],
        near,
        -(row["exposed_share"] or 0.0),
        row["table"],
        row["row_key"],
        row["column"],
    )


def _amount(value: float, unit: str, *span: float) -> str:
    """A value with its unit, shares in percent, and the range it may lie in: '48 h (24 to 96)'."""
    factor, unit = (100.0, PERCENT[unit]) if unit in PERCENT else (1.0, unit)
    text = f"{_plain(factor * value)} {unit}".rstrip()
    return f"{text} ({' to '.join(_plain(factor * v) for v in span)})" if span else text


def _plain(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


class _Inputs:
    """Collects exposures stage by stage."""

    def __init__(self, tables: Tables, low_factor: float, high_factor: float) -> None:
        self.tables = tables
        self.factors = (low_factor, high_factor)
        self.inputs: dict[tuple[str, str, str], Exposure] = {}
        self.parameters = _by_key(tables["parameters"], "parameter_id")
        self.links = _by_key(tables["links"], "link_id")
        self.services = _by_key(tables["services"], "service_id")
        self.crossings = _by_key(tables["crossings"], "crossing_id")
        self.nodes = _by_key(tables["nodes"], "node_id")
        self.countries = _by_key(tables["countries"], "country")
        self.products = _by_key(tables["products"], "product_id")
        self.rates = [r for r in tables["rates"].iter_rows(named=True) if r["use"] == "model"]
        self.times = [r for r in tables["crossing_times"].iter_rows(named=True) if r["use"] == "model"]
        self.transfers = list(tables["transfers"].iter_rows(named=True))
        self.closures = tuple(tables["closures"].iter_rows(named=True))

    def read(self, rival: int, route: Route) -> None:
        load, network = route.shipment, route.network
        hour = load.value_of_time_usd_h / load.tonnes
        book = ClosureBook(self.closures, network.first_day, frozenset())
        for a in route.arcs:
            arc = network.arcs[a]
            outbound = True
            for stage in arc.stages:
                usd = stage.usd(load.tonnes, load.units) / load.tonnes
                time = stage.hours * hour
                if stage.kind == "line_haul":
                    self._line_haul(rival, stage, usd, time)
                elif stage.kind == "sailing":
                    self._sailing(rival, stage, usd, hour)
                elif stage.kind == "crossing":
                    self._crossing(rival, stage, outbound, time, load.units / load.tonnes)
                    outbound = False
                elif arc.place_kind == "crossing":
                    self._parameter(rival, "truck_swap_time_h", linear=time)
                    self._parameter(rival, "truck_swap_cost_usd", linear=usd)
                else:
                    ends = (network.states[arc.tail], network.states[arc.head])
                    self._transfer(rival, stage, ends, usd, time)
                self._slowdowns(rival, book, arc, stage, hour)
        self._load(rival, route)

    def _load(self, rival: int, route: Route) -> None:
        """Value of time of the goods, and the carbon price."""
        load = route.shipment
        row = self.products[load.product_id]
        share = load.time_cost_share_day
        if share > 0:
            part = load.price_usd_t * share / 24.0 * route.hours
            label = f"Cost of a day, {load.name.lower()}"
            self._add(
                "products", load.product_id, "time_cost_share_day", label, row, share, rival, linear=part
            )
        carbon = self.parameters.get("carbon_price_usd_t")
        if carbon is not None:
            slope = route.co2_kg / 1000.0 / load.tonnes
            self._parameter(rival, "carbon_price_usd_t", slope=slope)

    def _line_haul(self, rival: int, stage: Stage, usd: float, time: float) -> None:
        link = self.links[stage.place_id]
        rate = self._rate(stage.country, stage.mode, "cost_usd_t_km")
        money = usd
        if rate is not None:
            row, assumed = rate
            money = row["cost_usd_t_km"] * link["length_km"] * link["cost_factor"]
            self._rate_row(rival, row, assumed, "cost_usd_t_km", linear=money)
        if link["speed_kmh"] is not None:
            if link["basis"] == "assumed":
                label = f"Speed {self._ends(link)}"
                self._add(
                    "links", link["link_id"], "speed_kmh", label, link, link["speed_kmh"], rival, inverse=time
                )
        else:
            speed = self._rate(stage.country, stage.mode, "speed_kmh")
            if speed is not None:
                self._rate_row(rival, *speed, "speed_kmh", inverse=time)
        if link["basis"] == "assumed":
            label = f"Length {self._ends(link)}, {stage.mode}"
            self._add(
                "links",
                link["link_id"],
                "length_km",
                label,
                link,
                link["length_km"],
                rival,
                linear=money + time,
            )
        hours = "driving_hours_day_road" if stage.mode == "road" else "rail_hours_day"
        self._parameter(rival, hours, inverse=time)

    def _sailing(self, rival: int, stage: Stage, usd: float, hour: float) -> None:
        service = self.services[stage.place_id]
        link = self.links[service["link_id"]]
        wait = stage.headway_h / 2.0 * hour
        sea = stage.hours * hour - wait
        name = f"{self._ends(link)} ({service['service_id']})"
        if service["basis"] == "assumed":
            key = service["service_id"]
            column = self._paid(service, usd)
            if column is not None:
                self._add(
                    "services", key, column, f"Freight {name}", service, service[column], rival, linear=usd
                )
            weekly = service["sailings_per_week"]
            self._add(
                "services", key, "sailings_per_week", f"Sailings {name}", service, weekly, rival, inverse=wait
            )
            if service["speed_kmh"] is not None:
                speed = service["speed_kmh"]
                self._add(
                    "services", key, "speed_kmh", f"Ship's speed {name}", service, speed, rival, inverse=sea
                )
        if service["speed_kmh"] is None:
            speed_row = self._rate("", stage.mode, "speed_kmh")
            if speed_row is not None:
                self._rate_row(rival, *speed_row, "speed_kmh", inverse=sea)
        if link["basis"] == "assumed":
            label = f"Length {self._ends(link)}, {stage.mode}"
            self._add(
                "links", link["link_id"], "length_km", label, link, link["length_km"], rival, linear=sea
            )

    def _paid(self, service: Row, usd: float) -> str | None:
        """Column of a service's freight that the money came from."""
        columns = [c for c in ("cost_usd_t", "cost_usd_feu") if service[c] is not None]
        exact = [c for c in columns if c == "cost_usd_t" and abs(service[c] - usd) < 1e-9]
        preferred = exact or [c for c in columns if c == "cost_usd_feu"] or columns
        return preferred[0] if preferred else None

    def _crossing(self, rival: int, stage: Stage, outbound: bool, time: float, units_t: float) -> None:
        wanted = "outbound" if outbound else "inbound"
        opposite = "inbound" if outbound else "outbound"
        name = self.crossings[stage.place_id]["name"]
        for column, what in (("time_h", "Hours"), ("cost_usd", "Charges")):
            for direction in (wanted, "both", opposite):
                rows = [
                    r
                    for r in self.times
                    if (r["crossing_id"], r["side"], r["mode"], r["direction"])
                    == (stage.place_id, stage.country, stage.mode, direction)
                ]
                row = _latest(rows, column)
                if row is not None:
                    break
            if row is None or not (row["basis"] == "assumed" or direction == opposite):
                continue
            part = time if column == "time_h" else row["cost_usd"] * units_t
            label = f"{what} at {name}, {stage.country} {'leaving' if outbound else 'entering'}, {stage.mode}"
            key = row["crossing_time_id"]
            self._add("crossing_times", key, column, label, row, row[column], rival, linear=part)

    def _transfer(self, rival: int, stage: Stage, ends: tuple[State, State], usd: float, time: float) -> None:
        before, after = ends[0].carrier, ends[1].carrier
        for row in self.transfers:
            ways = [("from", "to")] if row["directed"] else [("from", "to"), ("to", "from")]
            fits = any((_carrier(row, one), _carrier(row, two)) == (before, after) for one, two in ways)
            if row["node_id"] != stage.place_id or not fits or row["time_h"] != stage.hours:
                continue
            if row["basis"] == "assumed":
                key, name = row["transfer_id"], stage.name
                self._add(
                    "transfers", key, "time_h", f"Hours at {name}", row, row["time_h"], rival, linear=time
                )
                column = next(
                    (c for c in ("cost_usd_feu", "cost_usd_teu", "cost_usd_t") if row[c] is not None), None
                )
                if column is not None:
                    self._add(
                        "transfers", key, column, f"Charges at {name}", row, row[column], rival, linear=usd
                    )
            return

    def _slowdowns(self, rival: int, book: ClosureBook, arc: Arc, stage: Stage, hour: float) -> None:
        """Assumed slowdowns in force: hours are base x (1 + sum of shares)."""
        if stage.kind == "crossing":
            places = [[("crossing", stage.place_id)]]
        elif stage.kind in ("line_haul", "sailing"):
            link_id = (
                stage.place_id if stage.kind == "line_haul" else self.services[stage.place_id]["link_id"]
            )
            link = self.links[link_id]
            ends = [("node", link["from_node_id"]), ("node", link["to_node_id"])]
            places = [ends, [("link", link_id)], [("country", link["country"] or "")]]
        else:
            return
        parts = [max((book.slowdown(*p, stage.mode) for p in group), key=lambda s: s[0]) for group in places]
        total = sum(share for share, _ in parts)
        sailing_wait = stage.headway_h / 2.0
        base = (stage.hours - sailing_wait) / (1.0 + total) * hour
        for share, row in parts:
            if row is None or row["basis"] != "assumed" or share <= 0:
                continue
            label = f"Slowdown at {self._place(row)}: {row['reason']}"
            key = row["closure_id"]
            self._add("closures", key, "slowdown_share", label, row, share, rival, linear=base * share)

    def _parameter(
        self, rival: int, name: str, *, linear: float = 0.0, inverse: float = 0.0, slope: float = 0.0
    ) -> None:
        row = self.parameters.get(name)
        if row is None or row["basis"] != "assumed" or row["low"] is None or row["high"] is None:
            return
        key = ("parameters", name, "value")
        if key not in self.inputs:
            self.inputs[key] = Exposure(
                "parameters",
                name,
                "value",
                str(row["description"]).rstrip("."),
                row["value"],
                row["low"],
                row["high"],
                row["unit"],
            )
        _put(self.inputs[key], rival, linear, inverse, slope)

    def _add(
        self,
        table: str,
        row_key: str,
        column: str,
        label: str,
        row: Row,
        value: float | None,
        rival: int,
        *,
        linear: float = 0.0,
        inverse: float = 0.0,
    ) -> None:
        if not value:
            return
        key = (table, row_key, column)
        if key not in self.inputs:
            low, high = (value * f for f in self.factors)
            unit = UNIT.get(column, "")
            self.inputs[key] = Exposure(table, row_key, column, label, value, low, high, unit)
        _put(self.inputs[key], rival, linear, inverse, 0.0)

    def _rate(self, country: str, mode: str, column: str) -> tuple[Row, bool] | None:
        """Row a rate comes from, and whether it stands in for a missing one of the country."""
        for place in dict.fromkeys((country, "")):
            rows = [r for r in self.rates if (r["country"] or "") == place and r["mode"] == mode]
            row = _latest(rows, column)
            if row is not None:
                return row, row["basis"] == "assumed" or (place == "" and country != "")
        return None

    def _rate_row(
        self, rival: int, row: Row, assumed: bool, column: str, *, linear: float = 0.0, inverse: float = 0.0
    ) -> None:
        if not assumed:
            return
        what = "Rate" if column == "cost_usd_t_km" else "Speed"
        label = f"{what} of {row['mode']}, {row['country'] or 'all countries without one'}"
        self._add(
            "rates", row["rate_id"], column, label, row, row[column], rival, linear=linear, inverse=inverse
        )

    def _place(self, closure: Row) -> str:
        """Name of the place a closure row speaks of."""
        place = closure["place_id"]
        if closure["place_kind"] == "link":
            return self._ends(self.links[place])
        named = {"node": self.nodes, "crossing": self.crossings, "country": self.countries}
        return str(named.get(closure["place_kind"], {}).get(place, {}).get("name", place))

    def _ends(self, link: Row) -> str:
        return f"{self.nodes[link['from_node_id']]['name']} – {self.nodes[link['to_node_id']]['name']}"


def _put(exposure: Exposure, rival: int, linear: float, inverse: float, slope: float) -> None:
    for part, value in ((exposure.linear, linear), (exposure.inverse, inverse), (exposure.slope, slope)):
        if value:
            part[rival] = part.get(rival, 0.0) + value


def _carrier(row: Row, end: str) -> str:
    mode, gauge = row[f"{end}_mode"], row[f"{end}_gauge_mm"]
    return f"rail{gauge}" if mode == "rail" else str(mode)


def _latest(rows: Sequence[Row], column: str) -> Row | None:
    best: Row | None = None
    for row in rows:
        if row[column] is not None and (best is None or (row["year"] or 0) > (best["year"] or 0)):
            best = row
    return best


def _by_key(table: pl.DataFrame, column: str) -> dict[str, Row]:
    return {row[column]: row for row in table.iter_rows(named=True)}
