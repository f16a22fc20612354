"""How good a forecast was: log score, CRPS and PIT of normal, Student t and sampled forecasts."""

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
