"""Delay functions: the time a link, crossing or terminal takes as a function of its volume.

Every entry gives time, slope (derivative of the time in the volume) and integral (from volume zero, the term
of Beckmann's objective). All are non-decreasing in the volume, defined for every volume >= 0 and at least C1,
so that an equilibrium exists. Volume and capacity share one unit (t/day, trucks/day, veh/h); the border queue
needs it per day and gives hours.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from karwan.errors import InvalidInput, UnknownName

Array = NDArray[np.float64]
DelayFunction = Callable[..., Array]
PARAMETER_SLOTS = 4
HOURS_PER_DAY = 24.0
ALWAYS = np.ones(())  # open all day
LIMIT = 2  # where the limit stands among the shape parameters of a queue


@dataclass(frozen=True)
class DelayParameter:
    """One shape parameter of a delay: its default with the source, and the range it must lie in."""

    name: str
    default: float
    minimum: float
    maximum: float
    source: str
    strict_minimum: bool = False
    whole: bool = False


@dataclass(frozen=True)
class Delay:
    """A delay function; its callables take (free_flow_time, volume, capacity, *parameters) and broadcast.

    `code` is the number under which `karwan.numerics.delay` compiles it, or None where only this twin exists
    (the path-based solver then refuses it; the link-based ones do not).
    """

    name: str
    code: int | None
    time: DelayFunction
    slope: DelayFunction
    integral: DelayFunction
    parameters: tuple[DelayParameter, ...]
    reference: str


def _constant_time(free_flow_time: ArrayLike, volume: ArrayLike, capacity: ArrayLike) -> Array:
    return np.asarray(np.asarray(free_flow_time, dtype=float) + 0.0 * np.asarray(volume, dtype=float))


def _constant_slope(free_flow_time: ArrayLike, volume: ArrayLike, capacity: ArrayLike) -> Array:
    return np.asarray(0.0 * _constant_time(free_flow_time, volume, capacity))


def _constant_integral(free_flow_time: ArrayLike, volume: ArrayLike, capacity: ArrayLike) -> Array:
    return np.asarray(np.asarray(free_flow_time, dtype=float) * np.asarray(volume, dtype=float))


def _bpr_time(free_flow_time: Array, volume: Array, capacity: Array, alpha: Array, beta: Array) -> Array:
    return np.asarray(free_flow_time * (1.0 + alpha * (volume / capacity) ** beta))


def _bpr_slope(free_flow_time: Array, volume: Array, capacity: Array, alpha: Array, beta: Array) -> Array:
    exponent = np.where(np.asarray(beta) == 0.0, 0.0, np.asarray(beta) - 1.0)
    return np.asarray(free_flow_time * alpha * beta * (volume / capacity) ** exponent / capacity)


def _bpr_integral(free_flow_time: Array, volume: Array, capacity: Array, alpha: Array, beta: Array) -> Array:
    return np.asarray(free_flow_time * volume * (1.0 + alpha * (volume / capacity) ** beta / (beta + 1.0)))


def _cone(volume: Array, capacity: Array, alpha: Array) -> tuple[Array, Array, Array]:
    beta = (2.0 * alpha - 1.0) / (2.0 * alpha - 2.0)
    spare = alpha * (1.0 - volume / capacity)
    return np.asarray(beta), np.asarray(spare), np.sqrt(spare**2 + beta**2)


def _conical_time(free_flow_time: Array, volume: Array, capacity: Array, alpha: Array) -> Array:
    beta, spare, root = _cone(volume, capacity, alpha)
    return np.asarray(free_flow_time * (2.0 + root - spare - beta))


def _conical_slope(free_flow_time: Array, volume: Array, capacity: Array, alpha: Array) -> Array:
    _, spare, root = _cone(volume, capacity, alpha)
    return np.asarray(free_flow_time * alpha / capacity * (1.0 - spare / root))


def _conical_integral(free_flow_time: Array, volume: Array, capacity: Array, alpha: Array) -> Array:
    def area(at: Array) -> Array:
        beta, spare, root = _cone(at, capacity, alpha)
        cone = (spare * root + beta**2 * np.arcsinh(spare / beta)) / (2.0 * alpha)
        return np.asarray((2.0 - beta) * at / capacity - cone + spare**2 / (2.0 * alpha))

    return np.asarray(
        free_flow_time * capacity * (area(volume) - area(np.zeros_like(np.asarray(volume, float))))
    )


def _davidson_time(
    free_flow_time: Array, volume: Array, capacity: Array, delay: Array, limit: Array
) -> Array:
    load = np.minimum(volume / capacity, limit)
    beyond = np.maximum(volume - limit * capacity, 0.0)
    slope = _davidson_slope(free_flow_time, volume, capacity, delay, limit)
    return np.asarray(free_flow_time * (1.0 + delay * load / (1.0 - load)) + slope * beyond)


def _davidson_slope(
    free_flow_time: Array, volume: Array, capacity: Array, delay: Array, limit: Array
) -> Array:
    load = np.minimum(volume / capacity, limit)
    return np.asarray(free_flow_time * delay / (capacity * (1.0 - load) ** 2))


def _davidson_integral(
    free_flow_time: Array, volume: Array, capacity: Array, delay: Array, limit: Array
) -> Array:
    load = np.minimum(volume / capacity, limit)
    beyond = np.maximum(volume - limit * capacity, 0.0)
    inside = free_flow_time * capacity * (load + delay * (-load - np.log1p(-load)))
    at_limit = free_flow_time * (1.0 + delay * limit / (1.0 - limit))
    slope = free_flow_time * delay / (capacity * (1.0 - limit) ** 2)
    return np.asarray(inside + np.where(beyond > 0.0, at_limit * beyond + 0.5 * slope * beyond**2, 0.0))


def waiting_share(load: ArrayLike, servers: ArrayLike) -> tuple[Array, Array]:
    """Erlang C: the share of arrivals that wait in an M/M/c queue, and its derivative in the load.

    Parameters
    ----------
    load
        Utilisation, arrivals over the capacity of all servers together, in [0, 1).
    servers
        Whole number >= 1; broadcasts with `load`.

    References
    ----------
    Erlang (1917); the recursion as in Cooper (1981), Introduction to Queueing Theory, section 3.4.

    Examples
    --------
    >>> waiting_share(0.5, 1)[0].item()
    0.5
    """
    load, servers = np.broadcast_arrays(np.asarray(load, dtype=float), np.asarray(servers, dtype=float))
    offered = load * servers
    blocked, blocked_slope = np.ones(load.shape), np.zeros(load.shape)
    for n in range(1, int(servers.max(initial=1.0)) + 1):
        busy = offered * blocked
        busy_slope = blocked + offered * blocked_slope
        active = n <= servers
        blocked = np.where(active, busy / (n + busy), blocked)
        blocked_slope = np.where(active, n * busy_slope / (n + busy) ** 2, blocked_slope)
    open_share = 1.0 - load * (1.0 - blocked)
    open_slope = -(1.0 - blocked) / servers + load * blocked_slope
    slope = (blocked_slope * open_share - blocked * open_slope) / open_share**2
    return np.asarray(blocked / open_share), np.asarray(slope * servers)


def _queue_wait(
    load: Array, capacity: Array, servers: Array, cv: Array, limit: Array, open_share: Array = ALWAYS
) -> tuple[Array, Array]:
    """Mean wait in hours and its slope in the volume per day, at the load or at the limit where that is less."""
    load = np.minimum(load, limit)
    waits, waits_slope = waiting_share(load, servers)
    scale = 0.5 * (1.0 + np.asarray(cv) ** 2) * HOURS_PER_DAY * open_share / capacity
    slope = scale * (waits_slope / (1.0 - load) + waits / (1.0 - load) ** 2) / capacity
    return np.asarray(scale * waits / (1.0 - load)), np.asarray(slope)


def _queue_time(free_flow_time: Array, volume: Array, capacity: Array, *shape: Array) -> Array:
    wait, slope = _queue_wait(volume / capacity, capacity, *shape)
    return np.asarray(free_flow_time + wait + slope * np.maximum(volume - shape[LIMIT] * capacity, 0.0))


def _queue_slope(free_flow_time: Array, volume: Array, capacity: Array, *shape: Array) -> Array:
    return _queue_wait(volume / capacity, capacity, *shape)[1]


def _queue_integral(free_flow_time: Array, volume: Array, capacity: Array, *shape: Array) -> Array:
    """No closed form for c > 1: Gauss-Legendre with 64 points below the limit, exact beyond it."""
    points, weights = np.polynomial.legendre.leggauss(64)
    limit = shape[LIMIT] * capacity
    inside, beyond = np.minimum(volume, limit), np.maximum(volume - limit, 0.0)
    area = np.zeros(np.broadcast(inside, shape[0]).shape)
    for point, weight in zip(points, weights, strict=True):
        at = 0.5 * inside * (1.0 + point)
        area = area + 0.5 * weight * inside * _queue_wait(at / capacity, capacity, *shape)[0]
    wait, slope = _queue_wait(limit / capacity + 0.0 * inside, capacity, *shape)
    return np.asarray(free_flow_time * volume + area + wait * beyond + 0.5 * slope * beyond**2)


_LIMIT = "assumed: the steady state is not reached within a working day close to saturation"
CONSTANT = Delay("constant", 0, _constant_time, _constant_slope, _constant_integral, (), "no congestion")
BPR = Delay(
    "bpr",
    1,
    _bpr_time,
    _bpr_slope,
    _bpr_integral,
    (
        DelayParameter("alpha", 0.15, 0.0, np.inf, "Bureau of Public Roads (1964)"),
        DelayParameter("beta", 4.0, 0.0, np.inf, "Bureau of Public Roads (1964)"),
    ),
    "Bureau of Public Roads (1964), Traffic Assignment Manual",
)
CONICAL = Delay(
    "conical",
    2,
    _conical_time,
    _conical_slope,
    _conical_integral,
    (DelayParameter("alpha", 4.0, 1.0, np.inf, "Spiess (1990), the alpha comparable to BPR 4", True),),
    "Spiess (1990), Conical volume-delay functions, Transportation Science 24(2), doi:10.1287/trsc.24.2.153",
)
DAVIDSON = Delay(
    "davidson",
    3,
    _davidson_time,
    _davidson_slope,
    _davidson_integral,
    (
        DelayParameter("davidson_j", 0.25, 0.0, np.inf, "assumed; Davidson's J lies between 0 and 1"),
        DelayParameter("limit_share", 0.95, 0.0, 0.9999, _LIMIT, True),
    ),
    "Davidson (1966), A flow travel-time relationship for use in transportation planning, Proc. ARRB 3(1);"
    " continued linearly beyond limit_share as in Tisato (1991), Australian Road Research 21(2)",
)
BORDER_QUEUE = Delay(
    "border_queue",
    4,
    _queue_time,
    _queue_slope,
    _queue_integral,
    (
        DelayParameter("servers", 1.0, 1.0, 10_000.0, "number of lanes or booths in parallel", whole=True),
        DelayParameter("service_cv", 1.0, 0.0, 10.0, "1 is M/M/c; other values the M/G/c approximation"),
        DelayParameter("limit_share", 0.95, 0.0, 0.9999, _LIMIT, True),
        DelayParameter("open_share", 1.0, 0.0, 1.0, "share of the day in which all volume passes", True),
    ),
    "M/M/c wait (Erlang C); M/G/c as Lee & Longton (1959), Operational Research Quarterly 10(1):"
    " wait times (1 + cv^2) / 2; tangent line beyond limit_share",
)
DELAY: Mapping[str, Delay] = {d.name: d for d in (CONSTANT, BPR, CONICAL, DAVIDSON, BORDER_QUEUE)}


def delay_named(name: str) -> Delay:
    """Entry of the registry, or `UnknownName` listing the names there are.

    Examples
    --------
    >>> delay_named("bpr").time(10.0, 1.0, 1.0, 0.15, 4.0).item()
    11.5
    """
    try:
        return DELAY[name]
    except KeyError:
        raise UnknownName(
            f"there is no delay function {name!r}", fix=f"use one of {', '.join(DELAY)}"
        ) from None


def parameter_table(delay: Delay, n_links: int, given: Mapping[str, ArrayLike] | None = None) -> Array:
    """Parameters of one delay on every link, shape (n_links, 4), unused slots zero.

    Parameters
    ----------
    given
        Parameter name to scalar or shape (n_links,); what is not given takes the default of the registry.

    Raises
    ------
    UnknownName
        A name the delay does not have.
    InvalidInput
        A value that is not finite, out of its range, or of the wrong length.
    """
    given = {} if given is None else given
    names = [p.name for p in delay.parameters]
    for name in given:
        if name not in names:
            fix = f"use {', '.join(names)}" if names else "give none"
            raise UnknownName(f"the delay {delay.name!r} has no parameter {name!r}", fix=fix)
    table = np.zeros((n_links, PARAMETER_SLOTS))
    for slot, parameter in enumerate(delay.parameters):
        values = np.asarray(given.get(parameter.name, parameter.default), dtype=float)
        if values.ndim > 1 or (values.ndim == 1 and values.shape != (n_links,)):
            raise InvalidInput(
                f"parameter {parameter.name!r} of {delay.name!r} has the wrong shape",
                f"{values.shape} for {n_links} links",
                "give one number, or one per link",
            )
        _check_range(delay.name, parameter, values)
        table[:, slot] = values
    return table


def _check_range(delay: str, parameter: DelayParameter, values: Array) -> None:
    low = values <= parameter.minimum if parameter.strict_minimum else values < parameter.minimum
    bad = ~np.isfinite(values) | low | (values > parameter.maximum)
    if parameter.whole:
        bad |= values != np.round(values)
    if bad.any():
        sign = "above" if parameter.strict_minimum else "at least"
        kind = "a whole number " if parameter.whole else ""
        raise InvalidInput(
            f"parameter {parameter.name!r} of the delay {delay!r} is out of range on {int(bad.sum())} links",
            f"first such value {np.atleast_1d(values)[np.atleast_1d(bad)][0]!r}",
            f"give {kind}{sign} {parameter.minimum:g} and at most {parameter.maximum:g}",
        )


@dataclass(frozen=True)
class LinkDelays:
    """Delays of L links, possibly of several kinds, ready to be evaluated at a vector of volumes.

    Attributes
    ----------
    names
        Delay of each link, length L, keys of `DELAY`.
    free_flow_time, capacity
        Shape (L,).
    parameters
        Shape (L, 4), rows as `parameter_table` makes them.
    """

    names: tuple[str, ...]
    free_flow_time: Array
    capacity: Array
    parameters: Array

    def _evaluate(self, what: str, volume: Array) -> Array:
        result = np.empty(len(self.names))
        kinds = np.asarray(self.names)
        for name in dict.fromkeys(self.names):
            delay = delay_named(name)
            rows = kinds == name
            shape = self.parameters[rows, : len(delay.parameters)].T
            function: DelayFunction = getattr(delay, what)
            result[rows] = function(self.free_flow_time[rows], volume[rows], self.capacity[rows], *shape)
        return result

    def time(self, volume: Array) -> Array:
        """Time at the volumes, shape (L,)."""
        return self._evaluate("time", volume)

    def slope(self, volume: Array) -> Array:
        """Derivative of the time in the link's own volume, shape (L,)."""
        return self._evaluate("slope", volume)

    def integral(self, volume: Array) -> Array:
        """Integral of the time from volume zero, shape (L,)."""
        return self._evaluate("integral", volume)

    @property
    def limit_share(self) -> Array:
        """Load beyond which a link's time is a straight continuation, shape (L,); inf where there is none."""
        limits = np.full(len(self.names), np.inf)
        for at, name in enumerate(self.names):
            for slot, parameter in enumerate(delay_named(name).parameters):
                if parameter.name == "limit_share":
                    limits[at] = self.parameters[at, slot]
        return limits

    @property
    def codes(self) -> NDArray[np.int64]:
        """Kernel codes, shape (L,); -1 where the delay has no compiled twin."""
        codes = {name: delay_named(name).code for name in set(self.names)}
        return np.array([-1 if codes[n] is None else codes[n] for n in self.names], dtype=np.int64)
