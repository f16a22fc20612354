"""Tighter rows of a chance constraint: how little a missed scenario can still deliver."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from karwan.trade.basket.model import Array
from karwan.trade.basket.program import Program, Row


def tightened(program: Program) -> Program:
    """The program with each scenario's big-M lowered as far as the other scenarios allow.

    A basket meets at least R - p scenarios. If it meets scenario j, scenario r delivers at least m_rj, the
    least of F_r x over F_j x >= need and 0 <= x <= U. So r always delivers at least the (p + 1)-th largest
    m_rj over j, and its row reads F_r x + (need - that) z_r >= need. Programs without scenario rows come back
    as they are.

    References
    ----------
    Qiu, Ahmed, Dey & Wolsey (2014), doi:10.1287/ijoc.2014.0594 (iterative coefficient strengthening, first
    round).
    """
    own = [
        k for k, row in enumerate(program.rows) if row.name.startswith("scenario ") and row.kind == "target"
    ]
    lost = [row.upper for row in program.rows if row.kind == "risk"]
    if not own or not lost:
        return program
    need = program.rows[own[0]].lower
    if need <= 0:
        return program
    delivered = np.zeros((len(own), program.goods))
    for place, k in enumerate(own):
        row = program.rows[k]
        delivered[place, row.columns[:-1]] = row.coefficients[:-1]
    floor = np.minimum(least_delivered(delivered, need, int(lost[0])), need)
    rows = list(program.rows)
    for place, k in enumerate(own):
        rows[k] = _with_last(rows[k], max(0.0, need - floor[place] * (1 - 1e-7)))
    return replace(program, rows=rows)


def least_delivered(delivered: Array, need: float, missed: int) -> Array:
    """Least that each scenario delivers in any basket that misses `need` in at most `missed` scenarios, shape
    (R,).

    Parameters
    ----------
    delivered
        Greatest delivery of each good in each scenario, shape (R, K); a basket takes a share of each good in
        [0, 1].
    """
    count = delivered.shape[0]
    if missed >= count:
        return np.zeros(count)
    found = np.zeros(count)
    for r in range(count):
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.where(delivered > 0, delivered[r] / delivered, np.inf)
        order = np.argsort(ratio, axis=1, kind="stable")
        theirs = np.take_along_axis(delivered, order, axis=1)
        ours = np.broadcast_to(delivered[r], delivered.shape)
        ours = np.take_along_axis(ours, order, axis=1)
        before = np.cumsum(theirs, axis=1) - theirs
        with np.errstate(divide="ignore", invalid="ignore"):
            part = np.where(theirs > 0, np.clip((need - before) / theirs, 0.0, 1.0), 0.0)
        least = (part * ours).sum(axis=1)
        least[delivered.sum(axis=1) < need] = np.inf  # scenario j cannot be met at all
        found[r] = np.sort(least)[::-1][missed]
    return found


def _with_last(row: Row, coefficient: float) -> Row:
    coefficients = row.coefficients.copy()
    coefficients[-1] = coefficient
    return replace(row, coefficients=coefficients)
