"""Which assumed input could make another corridor the best one.

The money and hours of a route are sums of terms, each proportional to an input (a rate, hours, a length) or to its inverse (a speed,
hours of driving a day); every stage carries its terms. With the routes held, and the buffer time with them, the lead of the best corridor over a rival is therefore

    D(v) = D(v0) + L (v - v0) + I (1 / v - 1 / v0)

in the value v of one input, and the value at which the best corridor changes (switch value) is a root of a quadratic: no network is
built again. Routes do not adapt to the changed input, so a switch value is an upper bound of how far the input must move where the
rival could find a better way, and exact where neither route would change.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

from karwan.errors import InvalidInput
from karwan.transport.cost import Weights, buffer_time, route_cost
from karwan.transport.network.stage import Row
from karwan.transport.network.terms import EMISSION, HOURS, CellFigure, Factor, Stage
from karwan.transport.route import Route

Tables = Mapping[str, pl.DataFrame]
LOW_FACTOR, HIGH_FACTOR = 0.5, 2.0
UNIT = {
    "cost_usd_km": "USD/km",
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
    """A corridor's route that competes for the same pair and load, and what its shipper gives up for hours, buffer and emissions."""

    name: str
    route: Route
    weights: Weights

    @property
    def cost_usd_t(self) -> float:
        """Generalised cost, waits included, USD/t."""
        return route_cost(self.route, self.weights) / self.route.shipment.tonnes


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
        found.read(number, rival)
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
    """Collects exposures term by term: a stage carries the figures of its money and hours."""

    def __init__(self, tables: Tables, low_factor: float, high_factor: float) -> None:
        self.factors = (low_factor, high_factor)
        self.inputs: dict[tuple[str, str, str], Exposure] = {}
        self.labels = InputLabels(tables)
        self.parameters = _by_key(tables["parameters"], "parameter_id")
        self.products = _by_key(tables["products"], "product_id")

    def read(self, rival: int, one: Rival) -> None:
        """Every figure of a route, with what the cost of a tonne owes to it."""
        load = one.route.shipment
        per = {
            "usd_t": 1.0,
            "usd_unit": load.units / load.tonnes,
            HOURS: one.weights.value_of_time_usd_h / load.tonnes,
            EMISSION: one.weights.carbon_price_usd_kg,
        }
        for stage in one.route.stages:
            for term in stage.terms:
                amount = term.amount * per[term.unit]
                for factor in term.factors:
                    self._take(rival, stage, factor, amount)
        self._load(rival, one)

    def _take(self, rival: int, stage: Stage, factor: Factor, amount: float) -> None:
        figure = factor.figure
        exposure = self._exposure(figure, stage)
        if exposure is None:
            return
        linear, inverse = (amount, 0.0) if factor.power > 0 else (0.0, amount)
        _put(exposure, rival, linear, inverse, 0.0)

    def _exposure(self, figure: CellFigure, stage: Stage) -> Exposure | None:
        """The input of a figure; None where it is not assumed, is nought, or has no range."""
        if figure.table == "parameters":
            return self._parameter(figure.key)
        if figure.basis != "assumed" or not figure.table or not figure.value:
            return None
        key = (figure.table, figure.key, figure.column)
        if key not in self.inputs:
            low, high = (figure.value * f for f in self.factors)
            label, unit = self.labels.of(figure, stage), UNIT.get(figure.column, "")
            self.inputs[key] = Exposure(*key, label, figure.value, low, high, unit)
        return self.inputs[key]

    def _parameter(self, name: str) -> Exposure | None:
        """A parameter of the case that is assumed and has a range."""
        row = self.parameters.get(name)
        if row is None or row["basis"] != "assumed" or row["low"] is None or row["high"] is None:
            return None
        key = ("parameters", name, "value")
        if key not in self.inputs:
            label = str(row["description"]).rstrip(".")
            self.inputs[key] = Exposure(*key, label, row["value"], row["low"], row["high"], row["unit"])
        return self.inputs[key]

    def _load(self, rival: int, one: Rival) -> None:
        """What an hour of the goods, an hour of buffer and a kg of CO2e are worth."""
        route, weights = one.route, one.weights
        load = route.shipment
        buffer_h = float(buffer_time([route.hours], [route.variance_h2])[0])
        held = weights.value_of_reliability_usd_h * buffer_h / load.tonnes
        timed = weights.value_of_time_usd_h * route.hours / load.tonnes
        share = load.time_cost_share_day
        if share > 0:
            key = ("products", load.product_id, "time_cost_share_day")
            if key not in self.inputs:
                low, high = (share * f for f in self.factors)
                label = f"Cost of a day, {load.name.lower()}"
                self.inputs[key] = Exposure(*key, label, share, low, high, UNIT["time_cost_share_day"])
            _put(self.inputs[key], rival, timed + held, 0.0, 0.0)
        ratio = self._parameter("reliability_ratio")
        if ratio is not None:
            _put(ratio, rival, 0.0, 0.0, weights.value_of_time_usd_h * buffer_h / load.tonnes)
        carbon = self._parameter("carbon_price_usd_t")
        if carbon is not None:
            _put(carbon, rival, 0.0, 0.0, route.co2_kg / 1000.0 / load.tonnes)


class InputLabels:
    """Inputs in words."""

    def __init__(self, tables: Tables) -> None:
        self.links = _by_key(tables["links"], "link_id")
        self.services = _by_key(tables["services"], "service_id")
        self.crossings = _by_key(tables["crossings"], "crossing_id")
        self.nodes = _by_key(tables["nodes"], "node_id")
        self.countries = _by_key(tables["countries"], "country")
        self.rates = _by_key(tables["rates"], "rate_id")
        self.closures = _by_key(tables["closures"], "closure_id")

    def of(self, figure: CellFigure, stage: Stage) -> str:
        """What a figure is, at the stage it was met first."""
        return LABELS.get(figure.table, _plain_label)(self, figure, stage)

    def rate(self, figure: CellFigure, stage: Stage) -> str:
        """'Rate of rail, KAZ'."""
        row = self.rates[figure.key]
        what = "Rate" if figure.column == "cost_usd_km" else "Speed"
        return f"{what} of {row['mode']}, {row['country'] or 'all countries without one'}"

    def link(self, figure: CellFigure, stage: Stage) -> str:
        """'Length Almaty – Saryagash, rail'."""
        link = self.links[figure.key]
        if figure.column == "speed_kmh":
            return f"Speed {self.ends(link)}"
        return f"Length {self.ends(link)}, {stage.mode}"

    def service(self, figure: CellFigure, stage: Stage) -> str:
        """'Sailings Bandar Abbas – Karachi (id)'."""
        words = {"sailings_per_week": "Sailings", "speed_kmh": "Ship's speed"}
        link = self.links[self.services[figure.key]["link_id"]]
        return f"{words.get(figure.column, 'Freight')} {self.ends(link)} ({figure.key})"

    def crossing(self, figure: CellFigure, stage: Stage) -> str:
        """'Hours at Torkham, PAK entering, road'."""
        what = "Hours" if figure.column == "time_h" else "Charges"
        way = "leaving" if stage.name.endswith(" out") else "entering"
        name = self.crossings[stage.place_id]["name"]
        return f"{what} at {name}, {stage.country} {way}, {stage.mode}"

    def transfer(self, figure: CellFigure, stage: Stage) -> str:
        """'Hours at Karachi: ship to road'."""
        what = "Hours" if figure.column == "time_h" else "Charges"
        return f"{what} at {stage.name}"

    def closure(self, figure: CellFigure, stage: Stage) -> str:
        """'Slowdown at Salang: repairs'."""
        row = self.closures[figure.key]
        return f"Slowdown at {self.place(row)}: {row['reason']}"

    def fee(self, figure: CellFigure, stage: Stage) -> str:
        """'Fee fee_id at Torkham: PAK in'."""
        return f"Fee {figure.key} at {stage.name}"

    def place(self, closure: Row) -> str:
        """Name of the place a closure row speaks of."""
        place = closure["place_id"]
        if closure["place_kind"] == "link":
            return self.ends(self.links[place])
        named = {"node": self.nodes, "crossing": self.crossings, "country": self.countries}
        return str(named.get(closure["place_kind"], {}).get(place, {}).get("name", place))

    def ends(self, link: Row) -> str:
        """'Almaty – Saryagash'."""
        return f"{self.nodes[link['from_node_id']]['name']} – {self.nodes[link['to_node_id']]['name']}"


def _plain_label(labels: InputLabels, figure: CellFigure, stage: Stage) -> str:
    return f"{figure.column} of {figure.key}, {stage.name}"


LABELS: Mapping[str, Callable[[InputLabels, CellFigure, Stage], str]] = {
    "rates": InputLabels.rate,
    "links": InputLabels.link,
    "services": InputLabels.service,
    "crossing_times": InputLabels.crossing,
    "transfers": InputLabels.transfer,
    "closures": InputLabels.closure,
    "fees": InputLabels.fee,
}


def _put(exposure: Exposure, rival: int, linear: float, inverse: float, slope: float) -> None:
    for part, value in ((exposure.linear, linear), (exposure.inverse, inverse), (exposure.slope, slope)):
        if value:
            part[rival] = part.get(rival, 0.0) + value


def _by_key(table: pl.DataFrame, column: str) -> dict[str, Row]:
    return {row[column]: row for row in table.iter_rows(named=True)}
