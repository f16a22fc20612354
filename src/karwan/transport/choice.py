"""Path-size logit: how shippers spread over routes that overlap, and the logsum that trade reacts to.

Utility of route r of a group (an origin-destination-product): V_r = -scale x cost_r + path_size_weight x
ln(PS_r). Path size by length, PS_r = sum over links a of r of (l_a / L_r) / (number of routes of the group
that use a), is 1 for a route that shares nothing and 1/n for each of n identical routes.

References
----------
Ben-Akiva & Bierlaire (1999), Discrete choice methods and their applications to short term travel decisions,
Handbook of Transportation Science (path size). Ramming (2002), PhD thesis, MIT (length exponent). Frejinger &
Bierlaire (2007), Transportation Research B 41(3), doi:10.1016/j.trb.2006.06.003 (why the exponent is best
left at 0). Williams (1977), Environment and Planning A 9(3) (logsum as expected cost).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from karwan.errors import InvalidInput

if TYPE_CHECKING:
    from scipy import sparse

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Choice:
    """Shares of routes and the cost of choosing among them.

    Attributes
    ----------
    shares
        Shape (R,), in [0, 1]; each group's shares sum to 1, or are all 0 where every route of it costs inf.
    logsum
        Shape (G,), in the unit of the cost: -ln(sum of exp(V)) / scale, the expected least cost; inf for a
        group without an open route, nan where scale is 0 (it has no finite limit then).
    path_size
        Shape (R,), in (0, 1].
    group
        Group of each route, shape (R,), numbered from 0.
    scale
        Shape (G,), per unit of cost.
    cost
        Shape (R,), as given.
    """

    shares: Floats
    logsum: Floats
    path_size: Floats
    group: Ints
    scale: Floats
    cost: Floats

    @property
    def own_slope(self) -> Floats:
        """Derivative of each share in the route's own cost, shape (R,): -scale p (1 - p)."""
        return np.asarray(-self.scale[self.group] * self.shares * (1.0 - self.shares))

    @property
    def own_elasticity(self) -> Floats:
        """Elasticity of each share in the route's own cost, shape (R,): -scale cost (1 - p); 0 if closed."""
        cost = np.where(np.isfinite(self.cost), self.cost, 0.0)
        return np.asarray(-self.scale[self.group] * cost * (1.0 - self.shares))

    def slopes(self) -> Floats:
        """Derivative of share r (row) in the cost of route s (column), shape (R, R); 0 between groups.

        Path sizes stay as they are: they hang on lengths, not on costs.
        """
        same = self.group[:, None] == self.group[None, :]
        cross = np.where(same, np.outer(self.shares, self.shares), 0.0)
        return np.asarray(self.scale[self.group][:, None] * (cross - np.diag(self.shares)))

    @property
    def logsum_slope(self) -> Floats:
        """Derivative of the group's logsum in each route's cost, shape (R,): the share itself."""
        return self.shares.copy()


def path_size(
    incidence: ArrayLike | sparse.sparray,
    length: ArrayLike,
    *,
    group: ArrayLike | None = None,
    exponent: float = 0.0,
) -> Floats:
    """Path size of each route, shape (R,), in (0, 1].

    Parameters
    ----------
    incidence
        Shape (R, L), dense or sparse: 1 where the route uses the link, 0 elsewhere.
    length
        Shape (L,), >= 0, the measure of overlap: km, or hours or dollars at free flow. Every route needs a
        positive sum.
    group
        Choice set of each route, shape (R,); None puts all in one.
    exponent
        Ramming's exponent gamma on the ratio of route lengths, >= 0: a route counts less among those it
        overlaps the longer it is. 0 is the path size of Ben-Akiva and Bierlaire.

    Examples
    --------
    Two routes of length 2 share half of it:

    >>> path_size([[1, 1, 0], [1, 0, 1]], [1.0, 1.0, 1.0]).tolist()
    [0.75, 0.75]
    """
    use = _incidence(incidence)
    route, link = use.nonzero()
    if not np.all(use[route, link] == 1.0):
        raise InvalidInput(
            "incidence has an entry that is neither 0 nor 1", fix="state each link of a route once"
        )
    lengths = np.asarray(length, dtype=float)
    if lengths.shape != (use.shape[1],) or not np.isfinite(lengths).all() or (lengths < 0.0).any():
        fix = f"give {use.shape[1]} finite numbers >= 0"
        raise InvalidInput("lengths are not usable", f"shape {lengths.shape}", fix)
    if not math.isfinite(exponent) or exponent < 0.0:
        raise InvalidInput("exponent is out of range", f"{exponent!r}", "give a finite number >= 0")
    groups = _groups(group, use.shape[0])
    total = np.asarray(use @ lengths)
    if (total <= 0.0).any():
        row = int(np.flatnonzero(total <= 0.0)[0])
        raise InvalidInput("a route has no length", f"route {row}", "give at least one of its links a length")
    _, spot = np.unique(groups[route] * use.shape[1] + link, return_inverse=True)
    weight = (total / total.min(initial=np.inf)) ** -exponent
    sharing = np.bincount(spot, weights=weight[route])[spot] / weight[route]
    parts = lengths[link] / total[route] / sharing
    return np.bincount(route, weights=parts, minlength=total.size).astype(float)


def _incidence(incidence: ArrayLike | sparse.sparray) -> Any:
    """Incidence as floats, sparse where it was given so."""
    if hasattr(incidence, "tocsr"):
        return incidence.tocsr().astype(float)
    return np.atleast_2d(np.asarray(incidence, dtype=float))


def path_size_logit(
    generalised_cost: ArrayLike,
    incidence: ArrayLike | sparse.sparray,
    length: ArrayLike,
    *,
    scale: ArrayLike,
    path_size_weight: float = 1.0,
    group: ArrayLike | None = None,
) -> Choice:
    """Shares of routes whose overlap is corrected by path size.

    Parameters
    ----------
    generalised_cost
        Shape (R,); inf closes a route. Any unit, USD/t for freight.
    incidence, length
        Links of the routes and the measure of overlap, as for `path_size`. A closed route does not count as
        an overlap of the open ones.
    scale
        Sensitivity per unit of cost, >= 0: one number or one per group (G,). No default: it must come with
        its source.
    path_size_weight
        Coefficient of ln(path size), >= 0; 1 makes n identical routes share what one would get, 0 is plain
        logit.
    group
        Choice set of each route, shape (R,), numbered from 0; None puts all in one.

    Raises
    ------
    InvalidInput
        Shapes that differ, nan or -inf costs, a negative or infinite scale or weight.

    Examples
    --------
    >>> path_size_logit([10.0, 10.0], [[1, 0], [0, 1]], [1.0, 1.0], scale=0.1).shares.tolist()
    [0.5, 0.5]
    """
    cost = np.asarray(generalised_cost, dtype=float)
    use = _incidence(incidence)
    if cost.shape != (use.shape[0],):
        raise InvalidInput("costs and routes differ in number", f"{cost.shape} for {use.shape[0]} routes")
    groups = _groups(group, cost.size)
    opened = np.flatnonzero(np.isfinite(cost))
    sizes = np.ones(cost.size)
    if opened.size:
        sizes[opened] = path_size(use[opened], length, group=groups[opened])
    return logit(cost, sizes, scale=scale, path_size_weight=path_size_weight, group=groups)


def logit(
    generalised_cost: ArrayLike,
    path_sizes: ArrayLike,
    *,
    scale: ArrayLike,
    path_size_weight: float = 1.0,
    group: ArrayLike | None = None,
) -> Choice:
    """`path_size_logit` with path sizes at hand, shape (R,), for repeated calls at changing costs."""
    cost, sizes = np.asarray(generalised_cost, dtype=float), np.asarray(path_sizes, dtype=float)
    if cost.ndim != 1 or sizes.shape != cost.shape:
        raise InvalidInput("costs and path sizes differ in number", f"{cost.shape} and {sizes.shape}")
    if np.isnan(cost).any() or np.isneginf(cost).any():
        raise InvalidInput(
            "a generalised cost is nan or -inf", fix="give a number, or inf for a closed route"
        )
    if not (np.isfinite(sizes).all() and (sizes > 0.0).all()):
        raise InvalidInput("a path size is not positive", fix="take them from path_size")
    if not math.isfinite(path_size_weight) or path_size_weight < 0.0:
        raise InvalidInput("path_size_weight is out of range", f"{path_size_weight!r}", "give a number >= 0")
    groups = _groups(group, cost.size)
    n_groups = int(groups.max(initial=-1)) + 1
    scales = np.asarray(scale, dtype=float)
    if scales.shape not in ((), (n_groups,)) or not np.isfinite(scales).all() or (scales < 0.0).any():
        raise InvalidInput(
            "scale is not usable", f"{scale!r}", f"give one number >= 0, or {n_groups} of them"
        )
    scales = np.array(np.broadcast_to(scales, (n_groups,)))
    utility = _utility(cost, sizes, scales[groups], path_size_weight)
    best = np.full(n_groups, -np.inf)
    np.maximum.at(best, groups, utility)
    weight = _weight(utility, best[groups])
    total = np.bincount(groups, weights=weight, minlength=n_groups).astype(float)
    shares = weight / np.where(total > 0.0, total, 1.0)[groups]
    logsum = _logsum(best, total, scales)
    return Choice(shares, logsum, sizes, groups, scales, cost)


def logit_rows(
    generalised_cost: Floats, path_sizes: Floats, *, scale: float, path_size_weight: float
) -> tuple[Floats, Floats]:
    """`logit` of many choices among the same routes at once.

    Parameters
    ----------
    generalised_cost
        Shape (..., R): the routes along the last axis; inf closes one.
    path_sizes
        Shape (R,) or (..., R), in (0, 1].
    scale, path_size_weight
        As in `logit`; scale > 0.

    Returns
    -------
    Shares, shape (..., R), 0 throughout where no route is open; logsum, shape (...), inf there.
    """
    cost = np.asarray(generalised_cost, dtype=float)
    scales = np.full(cost.shape[:-1], float(scale))
    utility = _utility(cost, np.broadcast_to(path_sizes, cost.shape), scales[..., None], path_size_weight)
    best = utility.max(axis=-1, initial=-np.inf)
    weight = _weight(utility, best[..., None])
    total = weight.sum(axis=-1)
    shares = weight / np.where(total > 0.0, total, 1.0)[..., None]
    return shares, _logsum(best, total, scales)


def _utility(cost: Floats, sizes: Floats, scale: Floats, path_size_weight: float) -> Floats:
    """-scale x cost + weight x ln(path size); -inf for a closed route."""
    finite = np.isfinite(cost)
    open_cost = np.where(finite, cost, 0.0)
    return np.where(finite, -scale * open_cost + path_size_weight * np.log(sizes), -np.inf)


def _weight(utility: Floats, best: Floats) -> Floats:
    """exp(V - best V of the group), 0 for a closed route."""
    known = np.isfinite(utility)
    gap = np.where(known, utility, 0.0) - np.where(np.isfinite(best), best, 0.0)
    return np.where(known, np.exp(np.where(known, gap, 0.0)), 0.0)


def _logsum(best: Floats, total: Floats, scale: Floats) -> Floats:
    """-ln(sum of exp V) / scale; inf where nothing is open, nan where the scale is 0."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        found = -(best + np.log(total)) / scale
    return np.where(total > 0.0, np.where(scale > 0.0, found, np.nan), np.inf)


def _groups(group: ArrayLike | None, n_routes: int) -> Ints:
    if group is None:
        return np.zeros(n_routes, dtype=np.int64)
    groups = np.asarray(group)
    if groups.shape != (n_routes,) or not np.issubdtype(groups.dtype, np.integer) or (groups < 0).any():
        seen = f"shape {groups.shape}, type {groups.dtype}"
        raise InvalidInput("group is not usable", seen, f"give {n_routes} whole numbers >= 0")
    return groups.astype(np.int64)
