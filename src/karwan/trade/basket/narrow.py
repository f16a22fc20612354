"""Fewer goods to search: what the linear relaxation proves cannot be in a better basket is left out."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from karwan.errors import NotConverged
from karwan.trade.basket.model import Array
from karwan.trade.basket.program import Program, Row, Solution, solve_program
from karwan.trade.basket.scenario_rows import tightened

Mask = npt.NDArray[np.bool_]
WIDTH = 3  # goods kept for each good of the basket in the first search
FEWEST = 60


@dataclass(frozen=True)
class _Priced:
    """Bound of the relaxation and what forcing each good in adds to it (in the sense of minimising)."""

    bound: float
    penalty: Array


def solve_narrowed(program: Program, *, gap_share: float, time_limit_s: float) -> Solution:
    """Solve as `solve`, first over the goods the relaxation likes best, then over all it cannot rule out.

    A chance constraint is tightened (see `tightened`) and solved at once. With the duals of the relaxation,
    forcing good k in costs at least v_k more than the relaxed bound L. Once a basket of cost C is known,
    goods with L + v_k >= C (1 - gap) can be left out without losing more than the gap. The gap reported
    counts them.

    References
    ----------
    Reduced-cost fixing: Wolsey (1998), Integer Programming, section 7.6; Geoffrion (1974),
    doi:10.1007/BFb0120690.
    """
    deadline = time.monotonic() + time_limit_s
    most = _count_limit(program)
    few = max(FEWEST, WIDTH * most)
    program = tightened(program)
    with_scenarios = program.lower.size > 2 * program.goods  # their relaxation is too weak to price goods by
    if program.goods <= few or with_scenarios:
        return solve_program(program, gap_share=gap_share, time_limit_s=time_limit_s)
    relaxed = solve_program(_relaxed(program), gap_share=0.0, time_limit_s=time_limit_s)
    if relaxed.status == "infeasible":
        return relaxed
    priced = _priced(program, relaxed)
    kept = np.zeros(program.goods, dtype=bool)
    kept[np.argsort(priced.penalty, kind="stable")[:few]] = True
    return _widening(program, priced, kept, gap_share, deadline)


def _widening(program: Program, priced: _Priced, kept: Mask, gap_share: float, deadline: float) -> Solution:
    """Solve over the goods kept, and over more of them until the gap is proven or all are kept."""
    best: Solution | None = None
    sign = -1.0 if program.maximise else 1.0
    while True:
        found = _over(program, kept, 0.9 * gap_share, max(1.0, deadline - time.monotonic()))
        if found is not None and (best is None or sign * found.objective < sign * best.objective):
            best = found
        if kept.all():
            return best or Solution("infeasible", *(np.zeros(0),) * 3, float("nan"), float("nan"))
        if best is None:
            kept = np.ones_like(kept)
            continue
        value = sign * best.objective
        gap = _proven_gap(value, found, priced, kept)
        if gap <= gap_share or best.status == "limit":
            return replace(best, gap_share=gap)
        kept = _wider(kept, priced.bound + priced.penalty < value - 0.9 * abs(value) * gap_share)


def _proven_gap(value: float, found: Solution | None, priced: _Priced, kept: Mask) -> float:
    """How far a basket may be from the best one, among the goods kept and the others; share of its value."""
    inner = np.inf if found is None else value - abs(value) * found.gap_share
    outer = priced.bound + float(priced.penalty[~kept].min())
    return max(0.0, (value - min(inner, outer)) / max(abs(value), 1e-12))


def _wider(kept: Mask, useful: Mask) -> Mask:
    """The goods kept and the useful ones; all, where that adds none."""
    wider = kept | useful
    return wider if wider.sum() > kept.sum() else np.ones_like(kept)


def _count_limit(program: Program) -> int:
    limits = [row.upper for row in program.rows if row.kind == "count"]
    return int(min(limits)) if limits else program.goods


def _relaxed(program: Program) -> Program:
    return replace(program, integer=np.zeros_like(program.integer))


def _priced(program: Program, relaxed: Solution) -> _Priced:
    """Penalties from the duals of the named rows; the links are priced exactly for each good."""
    sign = -1.0 if program.maximise else 1.0
    reduced = sign * program.cost.copy()
    for row, dual in zip(program.rows, relaxed.duals, strict=True):
        if dual != 0.0:
            np.subtract.at(reduced, row.columns, sign * dual * row.coefficients)
    count = program.goods
    least = np.zeros(count)
    for row in program.links:
        if row.name.startswith("least"):
            least[row.columns[0]] = -row.coefficients[1]
    inside = reduced[count : 2 * count] + np.where(
        reduced[:count] < 0, reduced[:count], reduced[:count] * least
    )
    return _Priced(sign * relaxed.objective, inside)


def _over(program: Program, kept: np.ndarray, gap_share: float, time_limit_s: float) -> Solution | None:
    """Solve over the goods kept; columns come back for all. None where these goods meet no terms."""
    count = program.goods
    columns = np.concatenate([kept, kept, np.ones(program.lower.size - 2 * count, dtype=bool)])
    place = np.cumsum(columns) - 1
    small = replace(
        program,
        goods=int(kept.sum()),
        lower=program.lower[columns],
        upper=program.upper[columns],
        cost=program.cost[columns],
        integer=program.integer[columns],
        links=[_cut(row, columns, place) for row in program.links if columns[row.columns[0]]],
        rows=[_cut(row, columns, place) for row in program.rows],
    )
    try:
        found = solve_program(tightened(small), gap_share=gap_share, time_limit_s=time_limit_s)
    except NotConverged:
        if kept.all():
            raise
        return None
    if found.status == "infeasible":
        return None
    full = np.zeros(columns.size)
    full[columns] = found.columns
    return replace(found, columns=full)


def _cut(row: Row, columns: np.ndarray, place: np.ndarray) -> Row:
    inside = columns[row.columns]
    return replace(row, columns=place[row.columns[inside]], coefficients=row.coefficients[inside])
