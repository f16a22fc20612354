"""Build now or wait until the border opens: the option value of waiting when a border opens and shuts by chance.

State shut turns open at hazard h, open turns shut at hazard k; a built plant earns c_c a year while shut, c_o while open; r discounts.

    (r + h) N_c = c_c + h N_o ;  (r + k) N_o = c_o + k N_c                    built now, for ever
    W_c = h / (r + h) max(N_o - I, W_o) ;  W_o = max(N_o - I, k / (r + k) max(W_c, N_c - I), 0)
    option value = max(W_c, 0) - max(N_c - I, 0) ;  build at once where N_c - I >= W_c

Building takes time: N_c and N_o of a plant that is ready after B years are e^(-rB) times their mean over the states the border may be in by
then. Without that delay the sign of (N_c - I) - W_c is the one of c_c - r I, whatever the hazard: only a plant that must be begun before
the opening can be worth building ahead of it.

With a price that wanders (geometric Brownian motion of drift r - d and standard deviation s) the plant is built once it is worth
beta / (beta - 1) times its cost, beta the positive root of .5 s^2 beta (beta - 1) + (r - d) beta - r = 0.

References
----------
Dixit & Pindyck (1994), Investment under uncertainty, chapters 5 and 9. McDonald & Siegel (1986), doi:10.2307/1884175.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from karwan.errors import InvalidInput

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Wait:
    """What building at once and waiting are worth while the border is shut, USD; arrays of the shape of what was given.

    Attributes
    ----------
    built_shut, built_open
        Worth of the plant itself, N_c and N_o, before its cost.
    now, waiting
        Building at once, N_c - I; waiting for the opening, W_c.
    option
        What the right to wait adds to building at once or never; 0 where building at once is better.
    build
        Whether building at once is at least as good.
    """

    built_shut: Floats
    built_open: Floats
    now: Floats
    waiting: Floats
    option: Floats
    build: npt.NDArray[np.bool_]


Number = float | Floats


def built(
    earned_shut: Number, earned_open: Number, rate: float, opens: Number, shuts: float
) -> tuple[Floats, Floats]:
    """Worth of a built plant while shut and while open: the two linear equations above.

    Examples
    --------
    Always the same earnings are worth earnings / rate, whatever the border does.

    >>> [round(float(value), 6) for value in built(8.0, 8.0, 0.08, 0.5, 0.2)]
    [100.0, 100.0]
    """
    _checked(rate, opens, shuts)
    whole = (rate + opens) * (rate + shuts) - opens * shuts
    shut = ((rate + shuts) * earned_shut + opens * earned_open) / whole
    is_open = ((rate + opens) * earned_open + shuts * earned_shut) / whole
    return np.asarray(shut), np.asarray(is_open)


def wait(
    earned_shut: Number,
    earned_open: Number,
    cost: Number,
    *,
    rate: float,
    opens: Number,
    shuts: float,
    delay: float = 0.0,
) -> Wait:
    """Build at once or wait, from shut.

    Parameters
    ----------
    earned_shut, earned_open
        Yearly earnings of a built plant while the border is shut and open.
    cost
        Cost of building, I.
    rate
        Discount rate a year, > 0.
    opens, shuts
        Chances a year, as hazards h and k, >= 0.
    delay
        Years from the decision until the plant earns.
    """
    shut, is_open = _ready(built(earned_shut, earned_open, rate, opens, shuts), rate, opens, shuts, delay)
    now, build_open = shut - cost, is_open - cost
    to_open = opens / (rate + opens)
    waiting_open = np.maximum(build_open, 0.0)
    waiting = to_open * waiting_open
    again = shuts / (rate + shuts) * np.maximum(waiting, now)
    waiting = np.where(again > waiting_open, to_open * again, waiting)  # open now, but better built shut
    option = np.maximum(waiting - np.maximum(now, 0.0), 0.0)
    return Wait(shut, is_open, now, waiting, option, now >= waiting)


def _ready(
    worth: tuple[Floats, Floats], rate: float, opens: Number, shuts: float, delay: float
) -> tuple[Floats, Floats]:
    """Worth today of a plant that is ready after the delay, while shut and while open."""
    shut, is_open = worth
    total = np.maximum(np.asarray(opens) + shuts, np.finfo(float).tiny)
    gone = -np.expm1(-total * delay)
    gap = (is_open - shut) * gone / total
    worn = math.exp(-rate * delay)
    return np.asarray(worn * (shut + opens * gap)), np.asarray(worn * (is_open - shuts * gap))


HAZARDS = np.concatenate([[0.0], np.geomspace(1e-4, 50.0, 200)])
"""Chances a year of opening among which those are looked for at which building and waiting are equal."""


def equal_hazards(
    earned_shut: Number,
    earned_open: Number,
    cost: Number,
    *,
    rate: float,
    shuts: float,
    delay: float = 0.0,
) -> Floats:
    """Least hazard of opening at which building at once and waiting are worth the same, shape (N,).

    It is nan where one of the two is better at every hazard up to 50 a year.

    Parameters
    ----------
    earned_shut, earned_open, cost
        As in `wait`, shape () or (N,).
    """
    earned = [np.atleast_1d(np.asarray(one, dtype=float)) for one in (earned_shut, earned_open, cost)]

    def gain(opens: Floats) -> Floats:
        found = wait(*earned, rate=rate, opens=opens, shuts=shuts, delay=delay)
        return found.now - found.waiting

    gains = gain(HAZARDS[:, None])
    turns = gains[:-1] * gains[1:] < 0.0
    first = turns.argmax(axis=0)
    low, high = HAZARDS[first], HAZARDS[first + 1]
    sign = np.sign(np.take_along_axis(gains, first[None, :], axis=0)[0])
    for _ in range(60):
        middle = 0.5 * (low + high)
        same = np.sign(gain(middle)) == sign
        low, high = np.where(same, middle, low), np.where(same, high, middle)
    return np.where(turns.any(axis=0), 0.5 * (low + high), np.nan)


def price_threshold(rate: float, yield_share: float, spread: float) -> tuple[float, float]:
    """Root beta and the worth over cost, beta / (beta - 1), at which a plant is built when its worth wanders.

    Examples
    --------
    >>> price_threshold(0.04, 0.04, 0.2)
    (2.0, 2.0)
    """
    if min(rate, yield_share, spread) <= 0.0:
        raise InvalidInput(
            "Rate, yield and spread must be positive.",
            f"{rate:g}, {yield_share:g}, {spread:g}",
            "give shares a year.",
        )
    drift = (rate - yield_share) / spread**2 - 0.5
    beta = round(-drift + math.sqrt(drift**2 + 2.0 * rate / spread**2), 12)
    return beta, beta / (beta - 1.0)


def yearly_options(
    earned: Floats,
    *,
    rate: float,
    opens: float,
    shuts: float,
    resale: Number | None,
    expand: tuple[Floats, Number] | None = None,
) -> tuple[Floats, Floats]:
    """Worth of a built plant by state when it may be sold, and enlarged once, on a yearly grid.

    Parameters
    ----------
    earned
        Earnings while shut and while open, shape (2, T) or (2, T, N).
    resale
        What the plant fetches when given up at the start of a year, and in the end; None where it cannot be sold.
    expand
        Earnings after enlarging, of the shape of `earned`, and what enlarging costs; None where it cannot.

    Returns
    -------
    Worth at the start of year 1 while shut and while open.
    """
    _checked(rate, opens, shuts)
    moves = _moves(opens, shuts, 1.0)
    small = np.zeros_like(earned[:, 0])
    large = None if expand is None else np.zeros_like(small)
    for year in range(earned.shape[1])[::-1]:
        end = year == earned.shape[1] - 1
        if large is not None and expand is not None:
            large = _year(expand[0][:, year], large, moves, rate, resale, end)
        small = _year(earned[:, year], small, moves, rate, resale, end)
        if large is not None and expand is not None:
            small = np.maximum(small, large - expand[1])
    return small[0], small[1]


def _year(
    earned: Floats, later: Floats, moves: Floats, rate: float, resale: Number | None, end: bool
) -> Floats:
    """Worth at the start of a year by state: go on, or sell."""
    sold = np.broadcast_to(0.0 if resale is None else resale, earned.shape)
    after = sold if end else later
    going_on = np.asarray((earned + moves @ after) / (1.0 + rate))
    return going_on if resale is None else np.maximum(going_on, sold)


def _moves(opens: float, shuts: float, years: float) -> Floats:
    """Chances of the states some years later, shape (2, 2), of the two-state chain in continuous time; shut comes first."""
    total = opens + shuts
    if total == 0.0:
        return np.eye(2)
    gone = -math.expm1(-total * years)
    return np.array(
        [
            [1.0 - opens / total * gone, opens / total * gone],
            [shuts / total * gone, 1.0 - shuts / total * gone],
        ]
    )


def _checked(rate: float, opens: Number, shuts: float) -> None:
    least = float(np.min(opens))
    if not (rate > 0.0 and least >= 0.0 and shuts >= 0.0):
        raise InvalidInput(
            "The rate must be positive, the hazards of opening and shutting not negative.",
            f"rate {rate:g}, opens {least:g}, shuts {shuts:g} a year",
            "give the mean years until the border opens as a positive number.",
        )
