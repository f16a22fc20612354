"""Stochastic user equilibrium on given routes: path-size logit shares with queues where load is high."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import sparse

from karwan.errors import InvalidInput, UnknownName, Unreachable
from karwan.transport.assignment.result import AssignmentNotConverged
from karwan.transport.assignment.route_equilibrium import ROUTE_METHOD, RouteProblem
from karwan.transport.choice import path_size
from karwan.transport.delay import PARAMETER_SLOTS, DelayParameter, LinkDelays, delay_named, parameter_table

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
ROWS_SHOWN = 5
PAYLOAD = {"truck": "payload_t", "train": "train_payload_t", "TEU": "teu_payload_t"}
UNITS = ("t", *PAYLOAD)
LINK_NUMBERS = ("length_km", "free_flow_time_h", "capacity_per_day", "background_per_day")


@dataclass(frozen=True)
class RouteAssignment:
    """A stochastic user equilibrium on routes, or the last iterate on the way to it.

    Attributes
    ----------
    route_flows
        One row a route, in the order of the input: route_id, od_id, flow_t_day, share, path_size, time_h
        (load-dependent links only), generalised_cost_usd_t at the volumes below.
    link_volumes
        One row a link: link_id, unit, volume_per_day (assigned), background_per_day, load_share (both over
        capacity), time_h, delay_h (time over that at no volume at all), beyond_limit (true where the load
        lies beyond the delay's limit_share, so that the time is a straight continuation and no forecast of a
        queue).
    logsums
        One row an OD-product: od_id, demand_t_day, assigned_t_day, logsum_usd_t (null at scale 0, inf without
        a route).
    residual
        Sum over routes of |flow chosen at the costs of the returned flows - returned flow|, over the demand.
    residual_history
        The residual of each iterate.
    relative_gap
        Excess of the flows' cost over the least-cost route of each OD-product, over their cost: 0 only at the
        deterministic equilibrium, so it measures dispersion, not convergence.
    converged
        Whether the residual met the tolerance; if not, `AssignmentNotConverged` was warned.
    """

    route_flows: pl.DataFrame
    link_volumes: pl.DataFrame
    logsums: pl.DataFrame
    residual: float
    residual_history: Floats
    relative_gap: float
    converged: bool
    method: str


def assign_routes(
    routes: pl.DataFrame,
    route_links: pl.DataFrame,
    demand: pl.DataFrame,
    links: pl.DataFrame,
    *,
    scale: float,
    path_size_weight: float = 1.0,
    method: str = "newton",
    tolerance: float = 1e-9,
    max_iterations: int = 200,
    allow_unserved: bool = False,
) -> RouteAssignment:
    """Spread OD-product demand over given routes so that shares and queueing delays agree.

    Tables are joined on their ids; the order of rows changes nothing but the order of the answer.

    Parameters
    ----------
    routes
        route_id, od_id, fixed_cost_usd_t: every part of the generalised cost that does not hang on load
        (money, reliability, hours of links left out of `links`), already in USD/t.
    route_links
        route_id, link_id: one row per link, crossing direction or terminal a route uses.
    demand
        od_id, demand_t_day, value_of_time_usd_t_h, and tonnes in a unit where a link counts such units:
        payload_t (truck), train_payload_t, teu_payload_t.
    links
        link_id, length_km (measure of overlap; a crossing or terminal may have 0), free_flow_time_h,
        capacity_per_day, background_per_day, unit (of capacity and background: "t", "truck", "train" or "TEU"),
        delay (key of `karwan.transport.delay.DELAY`), and optional columns named as parameters of the delays,
        null for the default.
    scale
        Sensitivity of choice per USD/t, >= 0. It must come with its source.
    path_size_weight
        Coefficient of ln(path size).
    method
        Key of `ROUTE_METHOD`.
    tolerance
        Bound on the residual.
    allow_unserved
        True leaves demand without any route unassigned, with logsum inf; False refuses it.

    Raises
    ------
    InvalidInput, UnknownName
        Missing columns, repeated or unknown ids, nulls, numbers out of range; every table is named with its
        rows.
    Unreachable
        An OD-product with demand but no route, unless allowed.

    References
    ----------
    Daganzo & Sheffi (1977), Transportation Science 11(3); Fisk (1980), Transportation Research B 14(3).

    Examples
    --------
    Two equal crossings, one of them already half taken by others:

    >>> found = assign_routes(
    ...     pl.DataFrame({"route_id": ["a", "b"], "od_id": ["x", "x"], "fixed_cost_usd_t": [90.0, 90.0]}),
    ...     pl.DataFrame({"route_id": ["a", "b"], "link_id": ["A", "B"]}),
    ...     pl.DataFrame({"od_id": ["x"], "demand_t_day": [1000.0], "value_of_time_usd_t_h": [0.5],
    ...                   "payload_t": [20.0]}),
    ...     pl.DataFrame({"link_id": ["A", "B"], "length_km": [1.0, 1.0], "free_flow_time_h": [6.0, 6.0],
    ...                   "capacity_per_day": [60.0, 60.0], "background_per_day": [0.0, 30.0],
    ...                   "unit": ["truck", "truck"], "delay": ["border_queue", "border_queue"]}),
    ...     scale=0.1,
    ... )
    >>> found.route_flows["share"].round(2).to_list()
    [0.54, 0.46]
    """
    _check_settings(scale, path_size_weight, method, tolerance, max_iterations)
    problem = _pose(routes, route_links, demand, links, scale, path_size_weight)
    _refuse_unserved(demand, problem, allow_unserved)
    flows, residuals = ROUTE_METHOD[method].solve(problem, tolerance, max_iterations)
    if residuals[-1] > tolerance:
        warnings.warn(
            f"{method} stopped after {len(residuals)} iterations at residual {residuals[-1]:.3g},"
            f" above {tolerance:.3g}: raise max_iterations or tolerance",
            AssignmentNotConverged,
            stacklevel=2,
        )
    return _result(problem, routes, demand, links, flows, residuals, method, tolerance)


def _check_settings(
    scale: float, path_size_weight: float, method: str, tolerance: float, max_iterations: int
) -> None:
    for name, value in (("scale", scale), ("path_size_weight", path_size_weight), ("tolerance", tolerance)):
        if not math.isfinite(value) or value < 0.0:
            raise InvalidInput(f"{name} is out of range", f"{value!r}", "give a finite number >= 0")
    if max_iterations < 1:
        raise InvalidInput(
            "max_iterations is out of range", f"{max_iterations!r}", "give a whole number >= 1"
        )
    if method not in ROUTE_METHOD:
        raise UnknownName(f"there is no method {method!r}", fix=f"use one of {', '.join(ROUTE_METHOD)}")


def _pose(
    routes: pl.DataFrame,
    route_links: pl.DataFrame,
    demand: pl.DataFrame,
    links: pl.DataFrame,
    scale: float,
    path_size_weight: float,
) -> RouteProblem:
    _columns("routes", routes, ("route_id", "od_id", "fixed_cost_usd_t"))
    _columns("route_links", route_links, ("route_id", "link_id"))
    _columns("demand", demand, ("od_id", "demand_t_day", "value_of_time_usd_t_h"))
    _columns("links", links, ("link_id", "unit", "delay", *LINK_NUMBERS))
    if not demand.height:
        raise InvalidInput("demand has no rows", fix="give at least one OD-product")
    route_at = _index("routes", "route_id", routes["route_id"])
    link_at = _index("links", "link_id", links["link_id"])
    group = _positions("routes", "od_id", routes["od_id"], _index("demand", "od_id", demand["od_id"]))
    route = _positions("route_links", "route_id", route_links["route_id"], route_at)
    link = _positions("route_links", "link_id", route_links["link_id"], link_at)
    shape = (len(route_at), len(link_at))
    use = sparse.csr_array((np.ones(route.size), (route, link)), shape=shape)
    if (use.data != 1.0).any():
        raise InvalidInput(
            "route_links states a link of a route twice", fix="state each link of a route once"
        )
    per_tonne = _volume_per_tonne(demand, links, group, use)
    length = _numbers("links", links, "length_km", minimum=0.0)
    sizes = path_size(use, length, group=group) if routes.height else np.empty(0)
    return RouteProblem(
        use=use,
        volume_per_tonne=per_tonne,
        group=group,
        path_size=sizes,
        fixed_cost=_numbers("routes", routes, "fixed_cost_usd_t"),
        demand=_numbers("demand", demand, "demand_t_day", minimum=0.0),
        value_of_time=_numbers("demand", demand, "value_of_time_usd_t_h", minimum=0.0),
        delays=_delays(links),
        background=_numbers("links", links, "background_per_day", minimum=0.0),
        scale=scale,
        path_size_weight=path_size_weight,
    )


def _volume_per_tonne(
    demand: pl.DataFrame, links: pl.DataFrame, group: Ints, use: sparse.csr_array
) -> sparse.csr_array:
    """Volume one tonne of each route adds to each link, shape (R, L)."""
    units = links["unit"].to_list()
    _refuse("links", "unit", [u not in UNITS for u in units], units, f"one of {', '.join(UNITS)}")
    entries = use.tocoo()
    route, link = entries.coords
    weight, unit = np.ones(link.size), np.array(units, dtype=object)[link]
    for name, column in PAYLOAD.items():
        counted = unit == name
        if counted.any():
            _columns("demand", demand, (column,))
            payload = _numbers("demand", demand, column, minimum=0.0, strict=True)
            weight[counted] = 1.0 / payload[group[route[counted]]]
    return sparse.csr_array((weight, (route, link)), shape=use.shape)


def _delays(links: pl.DataFrame) -> LinkDelays:
    times = _numbers("links", links, "free_flow_time_h", minimum=0.0)
    capacity = _numbers("links", links, "capacity_per_day", minimum=0.0, strict=True)
    names = links["delay"].to_list()
    table = np.zeros((links.height, PARAMETER_SLOTS))
    for name in dict.fromkeys(names):
        entry = delay_named(name)
        rows = np.flatnonzero([n == name for n in names])
        given = {p.name: _parameter(links, p)[rows] for p in entry.parameters if p.name in links.columns}
        table[rows] = parameter_table(entry, rows.size, given)
    return LinkDelays(tuple(names), times, capacity, table)


def _parameter(links: pl.DataFrame, parameter: DelayParameter) -> Floats:
    """Column of a delay parameter, shape (L,); null is its default."""
    column = links[parameter.name]
    if not (column.dtype.is_numeric() or column.dtype == pl.Null):
        raise InvalidInput(f"links: {parameter.name} is not numeric", f"type {column.dtype}", "give numbers")
    return column.cast(pl.Float64).fill_null(parameter.default).to_numpy()


def _columns(table: str, frame: pl.DataFrame, needed: Iterable[str]) -> None:
    missing = [c for c in needed if c not in frame.columns]
    if missing:
        raise InvalidInput(f"{table} lacks columns", ", ".join(missing), f"it has {', '.join(frame.columns)}")


def _index(table: str, column: str, ids: pl.Series) -> dict[object, int]:
    values = ids.to_list()
    seen = {value: at for at, value in enumerate(values)}
    if len(seen) != len(values) or None in seen:
        counts = ids.value_counts()
        repeated = counts.filter((pl.col("count") > 1) | pl.col(column).is_null())[column].to_list()
        shown = ", ".join(str(v) for v in sorted(repeated, key=str)[:ROWS_SHOWN])
        raise InvalidInput(f"{table}: {column} is repeated or missing", f"{len(repeated)} ids: {shown}")
    return seen


def _positions(table: str, column: str, ids: pl.Series, index: dict[object, int]) -> Ints:
    values = ids.to_list()
    unknown = sorted({str(v) for v in values if v not in index})
    if unknown:
        shown = ", ".join(unknown[:ROWS_SHOWN])
        raise UnknownName(
            f"{table}: {column} names {len(unknown)} ids absent from its table",
            f"{shown} (of {len(values)} rows)",
            "add them there, or drop these rows",
        )
    return np.array([index[v] for v in values], dtype=np.int64)


def _numbers(
    table: str, frame: pl.DataFrame, column: str, *, minimum: float = -math.inf, strict: bool = False
) -> Floats:
    values = frame[column].cast(pl.Float64, strict=False).fill_null(math.nan).to_numpy()
    bad = ~np.isfinite(values) | (values < minimum) | (strict & (values <= minimum))
    bound = "" if minimum == -math.inf else f" {'above' if strict else 'at least'} {minimum:g}"
    _refuse(table, column, bad.tolist(), frame[column].to_list(), f"a finite number{bound}")
    return np.array(values, dtype=float)


def _refuse(table: str, column: str, bad: list[bool], values: list[object], wanted: str) -> None:
    rows = [at for at, wrong in enumerate(bad) if wrong]
    if rows:
        shown = ", ".join(f"row {at}: {values[at]!r}" for at in rows[:ROWS_SHOWN])
        raise InvalidInput(f"{table}: {column} is out of range in {len(rows)} rows", shown, f"give {wanted}")


def _refuse_unserved(demand: pl.DataFrame, problem: RouteProblem, allow: bool) -> None:
    served = np.zeros(problem.demand.size, dtype=bool)
    served[problem.group] = True
    lost = np.flatnonzero(~served & (problem.demand > 0.0))
    if lost.size and not allow:
        shown = ", ".join(str(demand["od_id"][int(at)]) for at in lost[:ROWS_SHOWN])
        tonnes = problem.demand[lost].sum()
        raise Unreachable(
            "demand without any route",
            f"{lost.size} of {served.size} OD-products, {tonnes:g} t/day: {shown}",
            "add routes, or set allow_unserved=True to report it as unserved",
        )


def _result(
    problem: RouteProblem,
    routes: pl.DataFrame,
    demand: pl.DataFrame,
    links: pl.DataFrame,
    flows: Floats,
    residuals: list[float],
    method: str,
    tolerance: float,
) -> RouteAssignment:
    volumes = problem.volumes(flows)
    times = problem.times(volumes)
    costs = problem.costs(times)
    choice = problem.choice(costs)
    wanted = problem.demand[problem.group]
    route_flows = routes.select("route_id", "od_id").with_columns(
        flow_t_day=pl.Series(flows),
        share=pl.Series(np.divide(flows, wanted, out=choice.shares.copy(), where=wanted > 0.0)),
        path_size=pl.Series(problem.path_size),
        time_h=pl.Series(problem.use @ times),
        generalised_cost_usd_t=pl.Series(costs),
    )
    capacity = problem.delays.capacity
    load = (volumes + problem.background) / capacity
    link_volumes = links.select("link_id", "unit").with_columns(
        volume_per_day=pl.Series(volumes),
        background_per_day=pl.Series(problem.background),
        load_share=pl.Series(load),
        time_h=pl.Series(times),
        delay_h=pl.Series(times - problem.delays.time(np.zeros(capacity.size))),
        beyond_limit=pl.Series(load > problem.delays.limit_share),
    )
    assigned = np.bincount(problem.group, weights=flows, minlength=problem.demand.size).astype(float)
    logsum = np.full(problem.demand.size, np.inf)
    logsum[: choice.logsum.size] = choice.logsum
    logsums = demand.select("od_id").with_columns(
        demand_t_day=pl.Series(problem.demand),
        assigned_t_day=pl.Series(assigned),
        logsum_usd_t=pl.Series(logsum).fill_nan(None),
    )
    least = np.full(problem.demand.size, np.inf)
    np.minimum.at(least, problem.group, costs)
    spent = float(flows @ costs)
    excess = float(flows @ (costs - least[problem.group]))
    return RouteAssignment(
        route_flows=route_flows,
        link_volumes=link_volumes,
        logsums=logsums,
        residual=residuals[-1],
        residual_history=np.array(residuals),
        relative_gap=excess / spent if spent > 0.0 else 0.0,
        converged=residuals[-1] <= tolerance,
        method=method,
    )
