"""Border crossings as moves: both sides, each direction."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np

from karwan.schema.modes import ROAD
from karwan.transport.network.context import Context
from karwan.transport.network.hours import NO_KIND, border_kind, widened
from karwan.transport.network.layout import Branch
from karwan.transport.network.lookup import fee_terms
from karwan.transport.network.price import PricedMove, Stages, priced_move
from karwan.transport.network.regimes import Change
from karwan.transport.network.request import Move
from karwan.transport.network.stage import Row
from karwan.transport.network.swap import swap_stage
from karwan.transport.network.terms import HOURS, CellFigure, Stage, Step, Term, scaled, times
from karwan.transport.network.units import unit_term


def crossing_moves(context: Context) -> list[Move]:
    """Moves over every border in each direction, its two sides as stages."""
    moves: list[Move] = []
    for row in context.rows("crossings"):
        for mode in filter(context.request.uses, row["modes"]):
            reason = context.too_heavy(("crossing", row["crossing_id"])) if mode == ROAD else ""
            if reason:
                context.met.skipped.append(("crossings", row["crossing_id"], reason))
                continue
            carriers = [ROAD] if mode == ROAD else _rail_carriers(row)
            for leave, enter in (
                (row["country_a"], row["country_b"]),
                (row["country_b"], row["country_a"]),
            ):
                stages = _crossing_stages(context, row, mode, leave, enter)
                if stages is None:
                    continue
                calendar = context.crossing_calendar(row, mode)
                for carrier in carriers:
                    moves.append(
                        Move(
                            (row["node_id"], carrier, leave),
                            (row["node_id"], carrier, enter),
                            stages,
                            calendar,
                            "crossing",
                            row["crossing_id"],
                            _pair_covariance(context, stages),
                        )
                    )
    return moves


def by_truck_over(context: Context, move: Move, branches: tuple[Branch, ...]) -> PricedMove:
    """A move over a border by the trucks in use. Networks that share `kept` make those of the same trucks once."""
    key = (
        *map(id, move.stages),
        id(context.regimes),
    )  # numbers of objects that the value or `kept.regimes` holds
    _, held = context.kept.gates.setdefault(key, (move.stages, {}))
    if branches not in held:
        held[branches] = priced_move(_truck_stages(context, move, branch) for branch in branches)
    return held[branches]


def _truck_stages(context: Context, move: Move, branch: Branch) -> Stages:
    """Both sides of a border under the regime of the truck in use, and the change of trucks if any."""
    sides = _under_regime(context, move.stages, branch.registration)
    return sides if branch.swap is None else (*sides, swap_stage(context, move, branch.swap))


def _under_regime(context: Context, stages: Stages, registration: str) -> Stages:
    """Sides of a border by road with what the cheapest lawful regime changes for the truck in use: fees, scans and examinations."""
    ways = ("outbound", "inbound")
    return tuple(
        _side_under_regime(context, s, registration, way) for s, way in zip(stages, ways, strict=True)
    )


def _side_under_regime(context: Context, stage: Stage, registration: str, way: str) -> Stage:
    """One side of a border under the regimes. Networks that share `kept.common` make it once."""
    found = context.regimes.change(stage.country, registration, stage.place_id, way)
    if found is None:
        return stage
    key = id(stage), id(found)  # numbers of objects that the value holds
    held = context.kept.common.sides.get(key)
    if held is None:
        held = context.kept.common.sides[key] = stage, found, _changed_side(stage, found)
    return held[2]


def _changed_side(stage: Stage, found: Change) -> Stage:
    """One side of a border; no regime takes away more than nine tenths of its observed hours, the waits of its queue days in like measure."""
    best, observed = found
    added = [times("usd_unit", best.fee)] if best.fee is not None and best.fee.value else []
    change_h = best.checked_h - observed.checked_h
    if best.hours and change_h:
        part = min(1.0, 0.9 * stage.hours / -change_h) if change_h < 0.0 else 1.0
        added += [times(HOURS, *pair, by=part) for pair in best.hours]
        added += [times(HOURS, *pair, by=-part) for pair in observed.hours]
    if not added:
        return stage
    hours = stage.hours + sum(term.amount for term in added if term.unit == HOURS)
    scale = hours / stage.hours if stage.hours else 1.0
    step = replace(stage.step, jam_h=scale * stage.step.jam_h)
    return Stage(step, (*stage.terms, *added), variance_h2=stage.variance_h2 * scale**2)


def _rail_carriers(row: Row) -> list[str]:
    gauges = dict.fromkeys(g for g in (row["rail_gauge_a_mm"], row["rail_gauge_b_mm"]) if g)
    return [f"rail{gauge}" for gauge in gauges]


def _pair_covariance(context: Context, stages: tuple[Stage, ...]) -> float:
    """Twice the covariance of two log-normal sides whose logarithms correlate by `pair_correlation`, h2."""
    first, second = stages[:2]
    correlation = context.parameter("pair_correlation").value
    return _covariance(
        first.service_h, first.service_variance_h2, second.service_h, second.service_variance_h2, correlation
    )


@lru_cache(maxsize=4096)
def _covariance(
    first_h: float, first_h2: float, second_h: float, second_h2: float, correlation: float
) -> float:
    first = np.log1p(first_h2 / first_h**2) if first_h else 0.0
    second = np.log1p(second_h2 / second_h**2) if second_h else 0.0
    return float(2.0 * first_h * second_h * np.expm1(correlation * np.sqrt(first * second)))


def _crossing_stages(
    context: Context, row: Row, mode: str, leave: str, enter: str
) -> tuple[Stage, Stage] | None:
    stages = []
    for side, direction in ((leave, "outbound"), (enter, "inbound")):
        stage = _side_stage(context, row, mode, side, direction)
        if stage is None:
            fact = f"crossing_times.csv has no {mode} hours for {side}"
            context.met.skipped.append(("crossings", row["crossing_id"], fact))
            return None
        stages.append(stage)
    return stages[0], stages[1]


def _side_stage(context: Context, row: Row, mode: str, side: str, direction: str) -> Stage | None:
    """One side of a border; None where its hours are not known. Networks that share `kept` make it once."""
    crossing = row["crossing_id"]
    slow = context.book.slowdown("crossing", crossing, mode)
    payer = context.payer(side, ("crossing", crossing), ("country", side))
    key = ("crossing", crossing, mode, side, direction, slow, payer, context.units[mode].key)
    stages = context.kept.stages
    if key not in stages:
        stages[key] = _new_side_stage(context, row, mode, side, direction, slow)
    return stages[key]


def _new_side_stage(
    context: Context, row: Row, mode: str, side: str, direction: str, slow: CellFigure | None
) -> Stage | None:
    """Hours of a side, slowed down where it is, its charges and fees."""
    crossing = row["crossing_id"]
    hours = context.times.find(crossing, side, mode, direction, "time_h")
    if hours is None:
        return None
    spread = context.times.find(crossing, side, mode, direction, "time_cv")
    cv = spread or context.parameter("crossing_time_cv")
    off = context.times.find(crossing, side, mode, direction, "off_log_sd")
    own_known = off is not None and off.key == hours.key
    kind = NO_KIND if own_known else context.hours.kind(border_kind(mode))
    clearance = times(HOURS, hours, *kind.factors())
    terms = [clearance]
    if slow is not None:
        terms.append(scaled(clearance, slow))
    charges = context.times.find(crossing, side, mode, direction, "cost_usd")
    if charges is not None:
        terms.append(unit_term(context.units[mode], charges))
    terms += _side_fees(context, crossing, mode, side, direction)
    way = "out" if direction == "outbound" else "in"
    mean_h = sum(term.amount for term in terms if term.unit == HOURS)
    jam = context.queues.find(crossing, mode, side) if direction == "outbound" else None
    jam_share, jam_h = (0.0, 0.0) if jam is None else (jam[0].value, jam[1].value)
    if jam is not None:
        terms.append(times(HOURS, *jam))
    day_to_day = widened(cv.value, off.value) if off and own_known else kind.spread(cv.value, hours)
    own = (day_to_day * mean_h) ** 2
    return Stage(
        Step(
            "crossing",
            f"{row['name']}: {side} {way}",
            crossing,
            mode,
            side,
            hours_group=kind.name,
            group_log_sd=kind.log_sd,
            jam_share=jam_share,
            jam_h=jam_h,
        ),
        tuple(terms),
        variance_h2=own + (2.0 * jam_share - jam_share**2) * jam_h**2,
        also=(cv,),
    )


def _side_fees(context: Context, crossing: str, mode: str, side: str, direction: str) -> tuple[Term, ...]:
    """Fees due at a side: leaving pays exit fees, entering pays entry and, on the way to a third country, transit fees."""
    when = {"exit"} if direction == "outbound" else context.entry_kinds(side)

    def due(fee: Row) -> bool:
        at_crossing = fee["place_kind"] == "crossing" and fee["place_id"] == crossing
        if at_crossing and fee["when"] == "passage":
            return direction == "inbound" and context.registered(fee, side) and fee["mode"] in (None, mode)
        here = at_crossing or (fee["place_kind"] == "country" and fee["place_id"] == side)
        return here and fee["when"] in when and context.registered(fee, side) and fee["mode"] in (None, mode)

    fees = context.fees_at(("crossing", crossing), ("country", side))
    return fee_terms(fees, due, context.units[mode])
