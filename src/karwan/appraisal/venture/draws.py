"""Joint draws of a venture's inputs: one draw moves all, some of them together.

An input with a low and a high end is drawn so that 5 % lie below the low and 95 % below the high end and its base is the median: in logs
where both ends are positive, else as they are. Overruns of capital are drawn from the reference class of projects.

References
----------
Flyvbjerg, Holm & Buhl (2002), doi:10.1080/01944360208976273 (overruns of transport projects as a reference class). Iman & Conover (1982),
doi:10.1080/03610918208812265 (rank correlation between inputs).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from zlib import crc32

import numpy as np
import numpy.typing as npt

from karwan.amounts import Z95

Floats = npt.NDArray[np.float64]
OVERRUN_MEAN, OVERRUN_SD = 1.28, 0.4
"""Cost over estimate of transport projects, recalled: assumed."""


@dataclass(frozen=True)
class Range:
    """An input with its range.

    Attributes
    ----------
    most
        Greatest value it can take; a share's is 1.
    with_key, correlation
        Input it moves with, and how closely in ranks of the normal scores; blank for none.
    stream
        What its chances hang on beside the seed; blank is the key. Inputs of two ventures with one stream are drawn alike, and an input more
        or less changes no other's draws.
    """

    key: str
    base: float
    low: float
    high: float
    most: float = np.inf
    with_key: str = ""
    correlation: float = 0.0
    stream: str = ""


@dataclass(frozen=True)
class Importance:
    """Spearman correlation of an input with the result, and its share in the sum of squares."""

    key: str
    correlation: float
    share: float


def chances(seed: int, stream: str) -> np.random.Generator:
    """Chances of one input: of its own, so that other inputs do not move them."""
    return np.random.default_rng([seed, crc32(stream.encode())])


def normal_scores(ranges: Sequence[Range], draws: int, seed: int) -> Floats:
    """Standard normal scores of all inputs, shape (inputs, draws), those that move together correlated."""
    free = np.array([chances(seed, one.stream or one.key).standard_normal(draws) for one in ranges])
    at = {one.key: number for number, one in enumerate(ranges)}
    for number, one in enumerate(ranges):
        if one.with_key in at and at[one.with_key] < number:
            rest = np.sqrt(1.0 - one.correlation**2)
            free[number] = one.correlation * free[at[one.with_key]] + rest * free[number]
    return free


def drawn(one: Range, scores: Floats) -> Floats:
    """Values of an input at normal scores: the base at 0, its low and high end at the 5 and 95 % scores.

    Examples
    --------
    >>> import numpy as np
    >>> drawn(Range("price", 100.0, 50.0, 150.0), np.array([-Z95, 0.0, Z95])).round(6).tolist()
    [50.0, 100.0, 150.0]
    """
    side = np.where(scores < 0.0, one.low, one.high)
    if min(one.low, one.base, one.high) > 0.0:
        found = one.base * np.exp(np.abs(scores) / Z95 * np.log(side / one.base))
    else:
        found = one.base + np.abs(scores) / Z95 * (side - one.base)
    least = 0.0 if one.low >= 0.0 else -np.inf
    return np.asarray(np.clip(found, least, one.most))


def overrun(scores: Floats, mean: float = OVERRUN_MEAN, sd: float = OVERRUN_SD) -> Floats:
    """Log-normal factor on capital at normal scores."""
    variance = np.log1p((sd / mean) ** 2)
    return np.asarray(np.exp(np.log(mean) - variance / 2.0 + np.sqrt(variance) * scores))


def draw_values(
    ranges: Sequence[Range], draws: int, seed: int, overrun_key: str = ""
) -> Mapping[str, Floats]:
    """Values of every input by key, each of shape (draws,); `overrun_key` names the factor on capital that is drawn from its class."""
    scores = normal_scores(ranges, draws, seed)
    found = {one.key: drawn(one, row) for one, row in zip(ranges, scores, strict=True)}
    if overrun_key:
        found[overrun_key] = overrun(chances(seed, overrun_key).standard_normal(draws))
    return found


def shut_years(
    share: Floats, years: int, spell: float | None, dice: np.random.Generator
) -> npt.NDArray[np.bool_]:
    """Years in which a market is shut, shape (years, N): a state that comes and goes, shut in `share` of the years in the long run.

    Parameters
    ----------
    share
        Share of years, shape (N,), each draw with its own.
    spell
        Mean years that it stays shut, at least 1; None where each year stands for itself. A share that such spells cannot reach, as they
        are at least a year apart, takes longer ones.

    Examples
    --------
    >>> shut_years(np.array([0.0, 1.0]), 3, None, np.random.default_rng(1)).tolist()
    [[False, True], [False, True], [False, True]]
    """
    free = np.maximum(1.0 - share, np.finfo(float).tiny)
    length = 1.0 / free if spell is None else np.maximum(spell, share / free)
    begins, stays = np.minimum(share / free / length, 1.0), 1.0 - 1.0 / length
    found = np.empty((years, share.size), dtype=bool)
    found[0] = dice.random(share.size) < share
    for year in range(1, years):
        found[year] = dice.random(share.size) < np.where(found[year - 1], stays, begins)
    return found


def importance(values: Mapping[str, Floats], result: Floats) -> tuple[Importance, ...]:
    """Inputs by the share of the squared rank correlations with the result, greatest first; empty where nothing varies."""
    varied = {key: value for key, value in values.items() if np.ptp(value) > 0.0}
    if not varied or np.ptp(result) == 0.0:
        return ()
    ranks = _standard(ranks_of(result))
    found = {key: float(ranks @ _standard(ranks_of(value))) for key, value in varied.items()}
    whole = sum(value**2 for value in found.values())
    rows = (Importance(key, value, value**2 / whole) for key, value in found.items())
    return tuple(sorted(rows, key=lambda row: -row.share))


def ranks_of(values: Floats) -> Floats:
    """Ranks, those that are alike at their mean."""
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(count)
    return np.asarray((last - (count - 1) / 2.0)[place])


def _standard(ranks: Floats) -> Floats:
    centred = ranks - ranks.mean()
    return np.asarray(centred / np.linalg.norm(centred))
