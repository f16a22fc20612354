"""What trade pins down of a gravity fit: which effects hang together, and which zeros no finite coefficient fits.

The exporter and importer effects are the nodes of a graph, pairs that trade its links. Along a spanning tree of the links
every effect follows from the covariates; what the other links leave free is what trade does not pin down.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from karwan.trade.potential.margins import Array

Ints = npt.NDArray[np.int64]
SMALL = 1e-9


@dataclass(frozen=True)
class Forest:
    """Effects along the links of a spanning forest.

    Attributes
    ----------
    seller, buyer
        Shapes (A, P) and (B, P): seller[a] + buyer[b] is the value of the link a-b, for the links of the forest.
    seller_part, buyer_part
        Connected part of each, from 0; -1 for one without a link.
    """

    seller: Array
    buyer: Array
    seller_part: Ints
    buyer_part: Ints

    def of(self, a: Ints, b: Ints) -> Array:
        """Value the forest gives the pairs, shape (N, P); it means something within one part."""
        return np.asarray(self.seller[a] + self.buyer[b], dtype=np.float64)


def spanning_forest(values: Array, a: Ints, b: Ints, sizes: tuple[int, int]) -> Forest:
    """Forest over links with values.

    Parameters
    ----------
    values
        Shape (N, P), one row a link.
    a, b
        Codes from 0 of seller and buyer, shape (N,).
    sizes
        Number of sellers and of buyers.
    """
    width = values.shape[1]
    effects = (np.zeros((sizes[0], width)), np.zeros((sizes[1], width)))
    parts = (np.full(sizes[0], -1, dtype=np.int64), np.full(sizes[1], -1, dtype=np.int64))
    ends = (a, b)
    links: tuple[dict[int, list[int]], dict[int, list[int]]] = ({}, {})
    for side in (0, 1):
        for row, end in enumerate(ends[side].tolist()):
            links[side].setdefault(end, []).append(row)
    part = 0
    for root in links[0]:
        if parts[0][root] >= 0:
            continue
        parts[0][root] = part
        queue = [(0, root)]
        for side, node in queue:  # grows as it is walked
            for row in links[side][node]:
                other = int(ends[1 - side][row])
                if parts[1 - side][other] < 0:
                    parts[1 - side][other] = part
                    effects[1 - side][other] = values[row] - effects[side][node]
                    queue.append((1 - side, other))
        part += 1
    return Forest(*effects, *parts)


def free_directions(forest: Forest, values: Array, a: Ints, b: Ints) -> Array:
    """Directions of the coefficients that no link pins down, shape (P, D)."""
    left = values - forest.of(a, b)
    size = np.abs(values).max(axis=0, initial=0.0)
    left = left / np.where(size > 0, size, 1.0)
    _, sizes, directions = np.linalg.svd(np.linalg.qr(left, mode="r"), full_matrices=True)
    pinned = int((sizes > SMALL * float(np.sqrt(max(1, len(left))))).sum())
    free = directions[pinned:].T / np.where(size > 0, size, 1.0)[:, None]
    return np.asarray(free, dtype=np.float64)


def separated_rows(y: Array, x: Array, a: Ints, b: Ints) -> npt.NDArray[np.bool_]:
    """Rows without trade that some coefficients and effects would drive to zero at no cost to the others.

    A row is separated where a combination of covariates and effects is 0 on every row with trade, of one sign on
    every row without, and not 0 on it: the likelihood then rises for ever along it. The combinations that are 0 on
    trade are few (see `Forest`), and a linear program finds the rows among them.

    Parameters
    ----------
    y, x, a, b
        As for `karwan.trade.potential.ppml.fit_ppml`, every seller and buyer with some trade.

    References
    ----------
    Correia, Guimaraes & Zylkin (2019), Verifying the existence of maximum likelihood estimates for generalized
    linear models, arXiv:1903.01633.
    """
    trade = y > 0
    sizes = (int(a.max(initial=-1)) + 1, int(b.max(initial=-1)) + 1)
    forest = spanning_forest(x[trade], a[trade], b[trade], sizes)
    free = free_directions(forest, x[trade], a[trade], b[trade])
    found = np.zeros(len(y), dtype=bool)
    silent = np.flatnonzero(~trade)
    parts = int(forest.seller_part.max(initial=0)) + 1
    if not len(silent) or (free.shape[1] == 0 and parts == 1):
        return found
    own, other = a[silent], b[silent]
    shift = np.zeros((len(silent), parts))
    rows = np.arange(len(silent))
    shift[rows, forest.seller_part[own]] += 1.0
    shift[rows, forest.buyer_part[other]] -= 1.0
    moves = np.hstack([(x[silent] - forest.of(own, other)) @ free, shift])
    moves[np.abs(moves) < SMALL] = 0.0
    left = np.ones(len(silent), dtype=bool)
    while left.any():
        driven = _driven(moves[left])
        if not driven.any():
            break
        found[silent[left][driven]] = True
        left[np.flatnonzero(left)[driven]] = False
    return found


def _driven(moves: Array) -> npt.NDArray[np.bool_]:
    """Rows that a combination of the moves drives up, none being driven down."""
    from scipy.optimize import linprog  # slow to load, and rarely needed

    rows, kinds = moves.shape
    found = linprog(
        -moves.sum(axis=0),
        A_ub=np.vstack([-moves, moves]),
        b_ub=np.concatenate([np.zeros(rows), np.ones(rows)]),
        bounds=[(None, None)] * kinds,
        method="highs",
    )
    if not found.success:
        return np.zeros(rows, dtype=bool)
    return np.asarray(moves @ found.x > 1e-6, dtype=bool)
