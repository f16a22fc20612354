"""How good a forecast was: log score, CRPS and PIT of normal, Student t and sampled forecasts."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy import special

Array = npt.NDArray[np.float64]
ROOT_2_PI = math.sqrt(2.0 * math.pi)


def log_score(observed: Array, mean: Array, deviation: Array) -> Array:
    """Logarithm of the normal density at what came; higher is better."""
    return np.asarray(_log_normal((observed - mean) / deviation) - np.log(deviation))


def log_score_t(observed: Array, mean: Array, deviation: Array, freedom: Array) -> Array:
    """Logarithm of the Student t density at what came; higher is better."""
    return np.asarray(_log_student((observed - mean) / deviation, freedom) - np.log(deviation))


def crps(observed: Array, mean: Array, deviation: Array) -> Array:
    """Continuous ranked probability score of a normal forecast; lower is better.

    References
    ----------
    Gneiting & Raftery (2007), doi:10.1198/016214506000001437, eq. 21.
    """
    z = (observed - mean) / deviation
    return np.asarray(
        deviation
        * (z * (2 * special.ndtr(z) - 1) + 2 * np.exp(-(z**2) / 2.0) / ROOT_2_PI - 1 / math.sqrt(math.pi))
    )


def crps_t(observed: Array, mean: Array, deviation: Array, freedom: Array) -> Array:
    """Continuous ranked probability score of a Student t forecast with more than one degree of freedom.

    References
    ----------
    Jordan, Krueger & Lerch (2019), doi:10.18637/jss.v090.i12, appendix A.
    """
    z, n = (observed - mean) / deviation, freedom
    first = z * (2 * special.stdtr(n, z) - 1) + 2 * np.exp(_log_student(z, n)) * (n + z**2) / (n - 1)
    last = 2 * np.sqrt(n) / (n - 1) * special.beta(0.5, n - 0.5) / special.beta(0.5, n / 2) ** 2
    return np.asarray(deviation * (first - last))


def _log_normal(z: Array) -> Array:
    """Logarithm of the standard normal density."""
    return np.asarray(-(z**2) / 2.0 - math.log(ROOT_2_PI))


def _log_student(z: Array, n: Array) -> Array:
    """Logarithm of Student's t density with n degrees of freedom."""
    top = np.log(special.poch(0.5 * n, 0.5)) - 0.5 * (np.log(n) + math.log(math.pi))
    return np.asarray(top - (n + 1) / 2 * np.log1p(z * z / n))


def pit(observed: Array, mean: Array, deviation: Array) -> Array:
    """Probability integral transform: uniform on [0, 1] if the forecasts are calibrated."""
    return np.asarray(special.ndtr((observed - mean) / deviation))


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
