"""The model against observed prices of carriage: brought to one year, each scored without the rates of its own source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
import polars as pl

from karwan.analysis.contract import Inputs, Result
from karwan.analysis.requests import PricesRequest
from karwan.case import Case
from karwan.case.case import OWN
from karwan.notes import Note, note
from karwan.schema.frames import result_frame
from karwan.trade.forecast.scores import sample_crps
from karwan.transport.hours import Floats
from karwan.transport.network import Kept, build_network
from karwan.transport.network.stage import FreightNetwork, Row
from karwan.transport.packing import pack
from karwan.transport.path import allowed_arcs, kept_modes, least_cost_path
from karwan.transport.shipment import Shipment, find_product, make_shipment

BAND = (0.05, 0.95)
INDEX = "dollar"
RATES = ("rates", "fees")
"""Tables whose rows are left out where they rest on the source of a price."""
UNITS = {"covered_wagon": ("covered_wagon",), "box20": ("box20",), "box40_block": ("box40_block",)}
PRIOR_WEIGHT = 4.0
"""Sources that the judged spread counts for."""
FITTED, JUDGED = "spread of the other sources", "spread as judged"
_QUANTILES = (np.arange(1000) + 0.5) / 1000


@dataclass(frozen=True)
class Priced:
    """An observed price beside the model's.

    Attributes
    ----------
    row
        Row of `price_observations`.
    observed
        USD brought to the year of the newest index row that is whole, or as printed where no index tells.
    usd, without
        USD of the model with all its rates, and without those that rest on the price's own source; None where there is no way.
    """

    row: Row
    observed: float
    usd: float | None
    without: float | None

    @property
    def sources(self) -> frozenset[str]:
        """Sources that tell of the price."""
        return frozenset(self.row["source_id"].split(";"))

    @property
    def log_error(self) -> float:
        """Log of the model over the observed price."""
        assert self.without is not None
        return float(np.log(self.without / self.observed))


def answer_prices(inputs: Inputs, request: PricesRequest) -> Result:
    """Every observed price that the network can price, and the scores of those held back and of those rates rest on."""
    case = inputs.the_case()
    year, factors = index_factors(case["price_indices"])
    priced = list(_priced(case, factors))
    scored = [one for one in priced if one.without is not None and one.row["use"] != "shown"]
    spreads = {one.row["observation_id"]: _spread(case, one, scored) for one in scored}
    tables = {
        "price scores": result_frame("price_scores", list(_scores(case, scored, spreads))),
        "prices": result_frame("observed_prices", [_row(one, spreads) for one in priced]),
    }
    return Result(tables, {"year": year}, tuple(_notes(case, priced, year)))


def index_factors(indices: pl.DataFrame) -> tuple[int | None, dict[int, float]]:
    """Year that prices are brought to, the latest one with a whole year's index, and what a price of each year is multiplied by."""
    rows = indices.filter(pl.col("commodity") == INDEX).sort("year")
    whole = rows.filter(pl.col("basis") == "observed")
    if whole.is_empty():
        return None, {}
    base = whole.row(-1, named=True)
    return base["year"], {row["year"]: base["value"] / row["value"] for row in rows.iter_rows(named=True)}


def _priced(case: Case, factors: Mapping[int, float]) -> Iterator[Priced]:
    """Observed prices between places of the network for a product, beside the model's."""
    named = pl.all_horizontal(pl.col("origin_id", "destination_id", "cargo", "tonnes").is_not_null())
    kept, own = Kept(), dict[frozenset[str], tuple[Case, Kept]]()
    for row in case["price_observations"].filter(named).iter_rows(named=True):
        usd = _model_usd(case, kept, row)
        sources = frozenset(row["source_id"].split(";"))
        if sources not in own:
            own[sources] = _less(case, sources), Kept()
        less = own[sources]
        without = usd if less[0] is case else _model_usd(*less, row)
        yield Priced(row, row["cost_usd"] * factors.get(row["year"], 1.0), usd, without)


def _less(case: Case, sources: frozenset[str]) -> Case:
    """A case without the rates and fees that rest on sources; the case itself where none does, the case before own quotes for one of those."""
    if case.own is not None and OWN in sources:
        return case.own.before
    rests = pl.col("source_id").str.split(";").list.set_intersection(sorted(sources)).list.len() > 0
    changed = {name: case[name].filter(~rests) for name in RATES}
    moved = {name: table for name, table in changed.items() if table.height < case[name].height}
    return case.with_tables(moved) if moved else case


def _model_usd(case: Case, kept: Kept, row: Row) -> float | None:
    """Money of the cheapest way of a load, per unit or per tonne as the price is; None where there is no way."""
    way = priced_way(case, kept, row)
    if way is None:
        return None
    usd = float(way.network.arc_usd(way.shipment)[list(way.arcs)].sum())
    return usd / way.shipment.tonnes if row["unit"] == "t" else usd


class PricedWay(NamedTuple):
    """The cheapest way of the load of an observed price: its network, the load as packed, and its arcs."""

    network: FreightNetwork
    shipment: Shipment
    arcs: tuple[int, ...]


def priced_way(case: Case, kept: Kept, row: Row) -> PricedWay | None:
    """Cheapest way of the load of a row of `price_observations`; None where there is none."""
    load = make_shipment(case["products"], row["cargo"], row["tonnes"])
    product, units = find_product(case["products"], row["cargo"]), case["vehicles"].iter_rows(named=True)
    packed = pack(load, product, units, UNITS.get(row["unit"], ()), parameter=case.parameter)
    shipment, ends = packed.shipment, (row["origin_id"], row["destination_id"])
    country = dict(case["nodes"].select("node_id", "country").iter_rows())
    request = packed.network_request(
        (country[ends[0]], country[ends[1]]), ends, case.settings.as_of, frozenset(row["opened"] or ())
    )
    network = build_network(case.tables, request, kept=kept)
    money, avoid = network.arc_usd(shipment), tuple(row["avoid"] or ())
    allowed = allowed_arcs(network, avoid=avoid)
    found = least_cost_path(network, money, *ends, modes=kept_modes(avoid), allowed=allowed)
    return None if found.arcs is None else PricedWay(network, shipment, tuple(found.arcs))


def _spread(case: Case, one: Priced, scored: Sequence[Priced]) -> float:
    """Standard deviation of the log of a price around the model.

    The judged spread, counted as `PRIOR_WEIGHT` sources, and the mean square error of each source of prices that rates may rest on, without
    the sources of the price itself. Prices held back tell of no spread.
    """
    squares: dict[str, list[float]] = {}
    for other in scored:
        if other.row["use"] == "calibrate" and not other.sources & one.sources:
            squares.setdefault(other.row["source_id"], []).append(other.log_error**2)
    means = [float(np.mean(own)) for own in squares.values()]
    total = PRIOR_WEIGHT * judged_log_sd(case) ** 2 + sum(means)
    return float(np.sqrt(total / (PRIOR_WEIGHT + len(means))))


def judged_log_sd(case: Case) -> float:
    """Judged spread of a freight, as the standard deviation of its log."""
    return float(np.sqrt(np.log1p(case.parameter("price_cv_assumed") ** 2)))


def _sample(usd: float, log_sd: float) -> Floats:
    """Log-normal prices around the model's, in increasing order, shape (1000,)."""
    normal = np.array([NormalDist().inv_cdf(share) for share in _QUANTILES.tolist()])
    return np.asarray(usd * np.exp(log_sd * normal))


def _row(one: Priced, spreads: Mapping[str, float]) -> Row:
    known = one.row
    row: Row = {name: known[name] for name in _KNOWN}
    row |= {"observed_usd": known["cost_usd"], "observed_index_usd": one.observed}
    row |= {"model_usd": one.usd, "model_without_usd": one.without}
    if one.without is None or known["observation_id"] not in spreads:
        return row
    spread = spreads[known["observation_id"]]
    low, high = (one.without * float(np.exp(spread * NormalDist().inv_cdf(share))) for share in BAND)
    return row | {
        "model_p5_usd": low,
        "model_p95_usd": high,
        "error_share": one.without / one.observed - 1.0,
        "in_band": low <= one.observed <= high,
        "crps_share": sample_crps(one.observed, _sample(one.without, spread)) / one.observed,
    }


_KNOWN = ("observation_id", "origin", "destination", "mode", "unit", "year", "use", "source_id", "note")


def _scores(case: Case, scored: Sequence[Priced], spreads: Mapping[str, float]) -> Iterator[Row]:
    """Scores of prices held back, of those rates rest on, and of both, under the fitted and the judged spread."""
    judged = dict.fromkeys(spreads, judged_log_sd(case))
    for forecast, held in ((FITTED, spreads), (JUDGED, judged)):
        rows = [(one, _row(one, held)) for one in scored]
        for use, uses in (("validate", {"validate"}), ("calibrate", {"calibrate"}), ("all", None)):
            part = [(one, row) for one, row in rows if uses is None or row["use"] in uses]
            if not part:
                continue
            errors = np.array([row["error_share"] for _, row in part])
            yield {
                "forecast": forecast,
                "use": use,
                "prices": len(part),
                "sources": _apart([one.sources for one, _ in part]),
                "error_share": float(errors.mean()),
                "median_abs_error_share": float(np.median(np.abs(errors))),
                "in_band_share": float(np.mean([row["in_band"] for _, row in part])),
                "crps_share": float(np.mean([row["crps_share"] for _, row in part])),
            }


def _apart(sources: Sequence[frozenset[str]]) -> int:
    """How many groups of prices share no source."""
    groups: list[frozenset[str]] = []
    for one in sources:
        joined = [group for group in groups if group & one]
        groups = [group for group in groups if not group & one] + [one.union(*joined)]
    return len(groups)


def _notes(case: Case, priced: Sequence[Priced], year: int | None) -> Iterator[Note]:
    if not priced:
        yield note("prices.none")
        return
    if year is None:
        yield note("prices.no_index")
    lost = [one.row["observation_id"] for one in priced if one.usd is not None and one.without is None]
    if lost:
        yield note("prices.no_way_without", prices=", ".join(lost))
