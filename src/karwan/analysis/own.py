"""Figures of a case moved by own observations: the fit of the shipped rows with the private ones beside them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl

from karwan.amounts import Z95
from karwan.analysis.contract import Inputs, Result
from karwan.analysis.prices import PricedWay, index_factors, judged_log_sd, priced_way
from karwan.analysis.requests import OwnRequest
from karwan.analysis.trips import fitted_hours, hours_prior, trip_routes
from karwan.case import Case
from karwan.case.case import OWN, OwnFigures
from karwan.case.own import case_rows, in_table, read_own
from karwan.case.places import Gazetteer
from karwan.errors import InvalidInput
from karwan.notes import Note, note
from karwan.schema.frames import result_frame
from karwan.transport.hours import KINDS_OF_TRIP, HoursPrior, TripSample, fit_given, pooled
from karwan.transport.network import Kept
from karwan.transport.network.hours import TRIP, HoursBook, border_kind
from karwan.transport.network.lookup import CrossingTimes
from karwan.transport.network.stage import Row
from karwan.transport.network.terms import MONEY, CellFigure, join_sources

JUDGED_BORDER_LOG_SD = 0.4
"""How far the hours of a side may be off where neither figures nor the case's judgement tell."""
LEVELS = ("road", "rail", "sea", "ferry")
"""Modes whose rates a factor of their own moves."""
_WORDS = {"trips": "trip", "quotes": "quote", "border_hours": "row of border hours"}


def answer_own(inputs: Inputs, request: OwnRequest) -> Result:
    """The own observations of a private folder, and each figure of the case before and after them.

    Raises
    ------
    InvalidInput
        No private folder is named.
    """
    case = inputs.the_case()
    if case.own is None:
        raise InvalidInput(
            "No own observations are named.",
            "they are read only where they are asked for",
            "give --private FOLDER, or open_case(name, private=FOLDER); `karwan observed add` makes one.",
        )
    tables = {
        "before and after": result_frame("own_effects", case.own.effects),
        "observations": result_frame("own_observations", list(_listed(case.own.rows))),
    }
    return Result(tables, {"case": case.settings.case_id}, tuple(_notes(case.own)))


def _notes(own: OwnFigures) -> Iterator[Note]:
    trips = own.rows["trips"].filter(pl.col("use") == "calibrate")
    if trips.height and hours_prior(own.before) is None:
        yield note("own.no_judgement")
    if own.unused:
        yield note("own.unused", rows=", ".join(own.unused))
    yield note("own.named")


def _listed(rows: Mapping[str, pl.DataFrame]) -> Iterator[Row]:
    """Observations as typed, one row each."""
    for row in rows["trips"].iter_rows(named=True):
        what = f"{row['origin']} to {row['destination']} by {' and '.join(row['modes'])}"
        yield _line("trips", row, row["departed"], what, row["time_days"], "days")
    for row in rows["quotes"].iter_rows(named=True):
        what = f"{row['origin']} to {row['destination']}, {row['tonnes']:g} t of {row['cargo']}"
        yield _line("quotes", row, row["quoted"], what, row["cost_usd"], f"USD a {row['unit']}")
    for row in rows["border_hours"].iter_rows(named=True):
        what = f"{row['crossing']}: {row['side']} {row['direction']}, {row['mode']}"
        unit = f"h, mean of {row['vehicles']}"
        yield _line("border_hours", row, row["seen"], what, row["time_h"], unit)


def _line(kind: str, row: Row, day: object, what: str, value: float, unit: str) -> Row:
    said = {"kind": kind, "day": day, "what": what, "value": value, "unit": unit}
    return said | {
        "observation_id": row["observation_id"],
        "use": row.get("use", "calibrate"),
        "note": row["note"],
    }


# -- the case with them ----------------------------------------------------------------------------------------


def with_own(case: Case, folder: Path) -> Case:
    """A case whose hours and rates are moved by the own observations of a folder.

    Trips join those the hours are fitted to, and the whole fit is made anew (`karwan.analysis.trips.fitted_hours`). Border hours move
    the hours of their side alone, quotes the rates of a mode. Rows held back (`use` validate) move nothing. The case given is not changed.

    Raises
    ------
    InvalidInput, ObservationProblems
        The folder holds none, or rows that cannot be used.
    """
    rows = read_own(case, folder)
    made = {kind: case_rows(case, kind, table, folder / f"{kind}.csv") for kind, table in rows.items()}
    told = case.with_tables(
        {
            "sources": pl.concat([case["sources"], in_table(case, "sources", [_source()])]),
            "trips": pl.concat([case["trips"], in_table(case, "trips", made["trips"])]),
            "price_observations": pl.concat(
                [case["price_observations"], in_table(case, "price_observations", made["quotes"])]
            ),
        }
    )
    before = told
    effects: list[Row] = []
    if any(row["use"] == "calibrate" for row in made["trips"]) and hours_prior(case) is not None:
        hours = fitted_hours(told)
        effects += _hours_effects(case["hours"], hours, made["trips"])
        told = told.with_tables({"hours": _named(hours, pl.col("trips") > 0)})
    sides = list(_border_updates(case, told, made["border_hours"]))
    told = told.with_tables({"crossing_times": _with_sides(told, sides)})
    levels, shown, lost = _levels(case, made["quotes"])
    told = told.with_tables(_with_levels(told, levels))
    effects += [effect for effect, _ in sides] + shown
    lost += [
        trip.row["trip_id"] for trip in trip_routes(_with_trips_of(case, made["trips"])) if trip.route is None
    ]
    return replace(told, own=OwnFigures(_title(rows), rows, tuple(effects), before, tuple(lost)))


def _with_trips_of(case: Case, trips: Sequence[Row]) -> Case:
    """A case with own trips alone."""
    return case.with_tables({"trips": in_table(case, "trips", trips)})


def _source() -> Row:
    return {
        "source_id": OWN,
        "title": "Own observations, private",
        "publisher": "Who answers: own trips, quotes and border hours",
        "licence": "private: not for others unless they are named",
    }


def _title(rows: Mapping[str, pl.DataFrame]) -> str:
    """'2 trips, 1 quote'."""
    counts = ((table.height, _WORDS[kind]) for kind, table in rows.items() if table.height)
    return ", ".join(f"{count} {_plural(word, count)}" for count, word in counts)


def _plural(word: str, count: int) -> str:
    if count == 1:
        return word
    return word.replace("row", "rows", 1) if word.startswith("row") else f"{word}s"


def _named(table: pl.DataFrame, moved: pl.Expr) -> pl.DataFrame:
    """Rows that own observations moved, with those among their sources."""
    named = pl.concat_str(pl.lit(OWN), pl.col("source_id"), separator=";")
    return table.with_columns(source_id=pl.when(moved).then(named).otherwise("source_id"))


def _effect(
    what: str, place: str, unit: str, own: int, before: tuple[float, float], after: tuple[float, float]
) -> Row:
    """A figure before and after: median and standard deviation of the log each."""
    row: Row = {"what": what, "place": place, "unit": unit, "own": own}
    for name, (median, log_sd) in (("before", before), ("after", after)):
        low, high = (median * float(np.exp(sign * Z95 * log_sd)) for sign in (-1.0, 1.0))
        known = np.isfinite(log_sd)
        row |= {name: median if known else None, f"{name}_p5": low if known else None}
        row |= {f"{name}_p95": high if known else None}
    return row


def _hours_effects(before: pl.DataFrame, after: pl.DataFrame, trips: Sequence[Row]) -> Iterator[Row]:
    """Factors on hours by kind of place."""
    old = {row["hours_id"]: row for row in before.iter_rows(named=True)}
    for row in after.iter_rows(named=True):
        name = row["hours_id"]
        was, own = old[name], row["trips"] - old[name]["trips"]
        shipped = {"shipped": was["trips"]}
        if name == TRIP:
            spreads = {"before": was["log_sd"], "after": row["log_sd"]}
            said: Row = {"what": "spread between trips", "place": "all", "unit": "log", "own": own}
            yield said | spreads | shipped
        elif own:
            what = "factor on all hours" if name in KINDS_OF_TRIP else "factor on hours"
            figures = ((_median(one), one["log_sd"]) for one in (was, row))
            yield _effect(what, name.replace("_", " "), "1", own, *figures) | shipped


def _median(row: Row) -> float:
    """Median of a factor whose mean the table holds."""
    return float(row["factor"] * np.exp(-0.5 * row["log_sd"] ** 2))


# -- border hours ------------------------------------------------------------------------------------------------


def _border_updates(case: Case, told: Case, rows: Iterable[Row]) -> Iterator[tuple[Row, Row]]:
    """For each side with own hours its figure before and after, and its row of `crossing_times`."""
    sides: dict[str, list[Row]] = {}
    for row in rows:
        sides.setdefault(row["crossing_time_id"], []).append(row)
    look, book = (
        CrossingTimes(told["crossing_times"].iter_rows(named=True)),
        HoursBook(told["hours"].iter_rows(named=True)),
    )
    places = Gazetteer(case.tables)
    for seen in sides.values():
        first = seen[0]
        gate = (first["crossing_id"], first["side"], first["mode"], first["direction"])
        hours = look.find(*gate, "time_h")
        cv = look.find(*gate, "time_cv")
        spread = case.parameter("crossing_time_cv") if cv is None else cv.value
        count = sum(row["vehicles"] for row in seen)
        mean = sum(row["vehicles"] * row["time_h"] for row in seen) / count
        prior = _side_prior(book, first["mode"], hours)
        after = pooled(*prior, float(np.log(mean)), float(np.sqrt(np.log1p(spread**2 / count))))
        label = f"{places.name(gate[0])}: {gate[1]} {gate[3]}, {gate[2]}"
        medians = [(float(np.exp(at)), off) for at, off in (prior, after)]
        effect = _effect("border hours", label, "h", count, *medians) | {"shipped": int(hours is not None)}
        yield effect, _side_row(told, first, hours, after, max(row["year"] for row in seen))


def _side_prior(book: HoursBook, mode: str, hours: CellFigure | None) -> tuple[float, float]:
    """Log of the hours of a side as the case has them, with how far they may be off: by the factor of its kind and by the place's own figure."""
    if hours is None or hours.value <= 0.0:
        return 0.0, float("inf")
    kind = book.kind(border_kind(mode))
    off = kind.other_log_sd if hours.basis == "assumed" else kind.own_log_sd
    sd = float(np.hypot(kind.log_sd, off)) or JUDGED_BORDER_LOG_SD
    return float(np.log(hours.value * kind.factor.value)), sd


def _side_row(told: Case, first: Row, hours: CellFigure | None, after: tuple[float, float], year: int) -> Row:
    """The row that a side's hours were read from, moved; a new one where it was of both directions, or of none."""
    moved = {"time_h": float(np.exp(after[0])), "off_log_sd": after[1], "basis": "computed"}
    sources = {"source_id": join_sources(OWN, hours.source_id if hours else "")}
    known = told["crossing_times"].filter(pl.col("crossing_time_id") == (hours.key if hours else ""))
    said = {"note": first["note"]}
    if known.height and known["direction"][0] == first["direction"]:
        return known.row(0, named=True) | moved | sources | said
    latest = max(year, *known["year"].to_list()) if known.height else year
    return first | moved | sources | said | {"year": latest, "use": "model"}


def _with_sides(told: Case, sides: Sequence[tuple[Row, Row]]) -> pl.DataFrame:
    """Table `crossing_times` with the rows of sides, first, so that they are found before others of their year."""
    table = told["crossing_times"]
    fresh = in_table(told, "crossing_times", [row for _, row in sides])
    left = table.filter(~pl.col("crossing_time_id").is_in(fresh["crossing_time_id"].to_list()))
    return pl.concat([fresh, left])


# -- rates -------------------------------------------------------------------------------------------------------


def _levels(case: Case, rows: Sequence[Row]) -> tuple[dict[str, float], list[Row], list[str]]:
    """Factors on the rates of each mode that quotes tell of, the same before and after, and the quotes the model has no way for.

    The money of a quote is what the model's cheapest way costs: rates of each mode times its factor, and the rest as it is. The log of a
    factor is normal around 0, the log of a quote around that of the model's money, both with the spread the case judges a freight to have.
    """
    sample, lost = _quoted(case, rows)
    if not sample:
        return {}, [], lost
    parts, fixed, observed = (np.array(figures) for figures in zip(*sample, strict=True))
    judged, n, kinds = judged_log_sd(case), len(sample), len(LEVELS)
    prior = HoursPrior(np.zeros(kinds), np.full(kinds, judged), judged)
    quotes = TripSample(parts, fixed, np.zeros((n, 0)), observed, np.full(n, judged), np.eye(n, dtype=bool))
    mean, covariance, _ = fit_given(prior, quotes, 0.0)
    log_sd = np.sqrt(np.diag(covariance))
    told = [number for number in range(kinds) if (parts[:, number] > 0).any()]
    shipped = case["price_observations"].filter(pl.col("use") == "calibrate").height
    shown = [
        _effect(
            "factor on rates",
            LEVELS[number],
            "1",
            int((parts[:, number] > 0).sum()),
            (1.0, judged),
            (float(np.exp(mean[number])), float(log_sd[number])),
        )
        | {"shipped": shipped}
        for number in told
    ]
    return {LEVELS[number]: float(np.exp(mean[number])) for number in told}, shown, lost


def _quoted(case: Case, rows: Sequence[Row]) -> tuple[list[tuple[list[float], float, float]], list[str]]:
    """Quotes that rates may move with, and the keys of those without a way.

    Of each quote the money by mode that goes by a rate, the rest of the model's money, and the money observed in the year of the case's
    newest whole price index, USD.
    """
    kept, found, lost = Kept(), [], []
    factors = index_factors(case["price_indices"])[1]
    table = in_table(case, "price_observations", rows)
    for row in table.filter(pl.col("use") == "calibrate").iter_rows(named=True):
        way = priced_way(case, kept, row)
        if way is None:
            lost.append(row["observation_id"])
            continue
        observed = row["cost_usd"] * factors.get(row["year"], 1.0)
        found.append((*_by_level(way), observed * (way.shipment.tonnes if row["unit"] == "t" else 1.0)))
    return found, lost


def _by_level(way: PricedWay) -> tuple[list[float], float]:
    """Money of a way by mode that goes by a rate of `rates` or a freight of `services`, and all other money."""
    parts, rest = dict.fromkeys(LEVELS, 0.0), 0.0
    for stage in (stage for arc in way.arcs for stage in way.network.arcs[arc].stages):
        for term in (term for term in stage.terms if term.unit in MONEY):
            usd = term.amount * (way.shipment.tonnes if term.unit == "usd_t" else way.shipment.units)
            if stage.mode in parts and any(f.figure.table in _RATED for f in term.factors):
                parts[stage.mode] += usd
            else:
                rest += usd
    return list(parts.values()), rest


_RATED = {"rates": ("cost_usd_km",), "services": ("cost_usd_teu", "cost_usd_feu", "cost_usd_t")}


def _with_levels(told: Case, levels: Mapping[str, float]) -> dict[str, pl.DataFrame]:
    """Tables `rates` and `services` with the money of each mode times its factor."""
    if not levels:
        return {}
    modes = {"rates": told["rates"]["mode"], "services": _service_modes(told)}
    found = {}
    for name, columns in _RATED.items():
        table = told[name].with_columns(
            _level=modes[name].replace_strict(levels, default=None, return_dtype=pl.Float64)
        )
        moved = pl.col("_level").is_not_null() & pl.any_horizontal(pl.col(columns).is_not_null())
        table = table.with_columns(pl.col(columns) * pl.col("_level").fill_null(1.0))
        found[name] = _named(table, moved).drop("_level")
    return found


def _service_modes(told: Case) -> pl.Series:
    """Mode of the link of each service."""
    mode = dict(told["links"].select("link_id", "mode").iter_rows())
    return told["services"]["link_id"].replace_strict(mode, default="", return_dtype=pl.String)
