"""How good a forecast was: log score, CRPS and PIT of normal, Student t, mixed and sampled forecasts."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy import special, stats

Array = npt.NDArray[np.float64]


def log_score(observed: Array, mean: Array, deviation: Array) -> Array:
    """Logarithm of the normal density at what came; higher is better."""
    return np.asarray(stats.norm.logpdf(observed, mean, deviation))


def crps(observed: Array, mean: Array, deviation: Array) -> Array:
    """Continuous ranked probability score of a normal forecast; lower is better.

    References
    ----------
    Gneiting & Raftery (2007), doi:10.1198/016214506000001437, eq. 21.
    """
    z = (observed - mean) / deviation
    return np.asarray(
        deviation * (z * (2 * stats.norm.cdf(z) - 1) + 2 * stats.norm.pdf(z) - 1 / math.sqrt(math.pi))
    )


def crps_t(observed: Array, mean: Array, deviation: Array, freedom: Array) -> Array:
    """Continuous ranked probability score of a Student t forecast with more than one degree of freedom.

    References
    ----------
    Jordan, Krueger & Lerch (2019), doi:10.18637/jss.v090.i12, appendix A.
    """
    z, n = (observed - mean) / deviation, freedom
    first = z * (2 * stats.t.cdf(z, n) - 1) + 2 * stats.t.pdf(z, n) * (n + z**2) / (n - 1)
    last = 2 * np.sqrt(n) / (n - 1) * special.beta(0.5, n - 0.5) / special.beta(0.5, n / 2) ** 2
    return np.asarray(deviation * (first - last))


def pit(observed: Array, mean: Array, deviation: Array) -> Array:
    """Probability integral transform: uniform on [0, 1] if the forecasts are calibrated."""
    return np.asarray(stats.norm.cdf((observed - mean) / deviation))


def mixture_crps(observed: Array, means: Array, deviations: Array) -> Array:
    """Continuous ranked probability score of normals mixed in equal parts; lower is better.

    Parameters
    ----------
    observed
        Shape (N,).
    means, deviations
        Of the parts, shape (N, M).

    References
    ----------
    Grimit, Gneiting, Berrocal & Johnson (2006), doi:10.1256/qj.05.235, eq. 5.
    """
    own = _expected_distance(observed[:, None] - means, deviations).mean(axis=1)
    apart = means[:, :, None] - means[:, None, :]
    spread = np.sqrt(deviations[:, :, None] ** 2 + deviations[:, None, :] ** 2)
    return np.asarray(own - 0.5 * _expected_distance(apart, spread).mean(axis=(1, 2)))


def _expected_distance(mean: Array, deviation: Array) -> Array:
    """Mean of |X| for X normal."""
    z = mean / deviation
    return np.asarray(2 * deviation * stats.norm.pdf(z) + mean * (2 * stats.norm.cdf(z) - 1))


def mixture_quantile(share: float, means: Array, deviations: Array) -> Array:
    """Quantile of normals mixed in equal parts, by bisection; parts of shape (N, M), result (N,)."""
    z = stats.norm.ppf(share)
    ends = means + z * deviations
    low, high = ends.min(axis=1), ends.max(axis=1)
    for _ in range(60):
        middle = (low + high) / 2
        below = stats.norm.cdf((middle[:, None] - means) / deviations).mean(axis=1) < share
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return np.asarray((low + high) / 2)


def sample_crps(observed: float, ordered: Array) -> float:
    """Continuous ranked probability score of a sample as the forecast; lower is better.

    Parameters
    ----------
    ordered
        The sample in increasing order, shape (N,).

    References
    ----------
    Jordan, Krueger & Lerch (2019), doi:10.18637/jss.v090.i12, section 3.
    """
    count = ordered.size
    ranks = 2.0 * np.arange(1, count + 1) - count - 1.0
    return float(np.abs(ordered - observed).mean() - (ranks @ ordered) / count**2)
