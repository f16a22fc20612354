"""Random numbers of the Monte Carlo kernels: every draw is a pure function of a key and a counter.

The function is a SplitMix64 hash (Steele, Lea and Flood 2014). Compiled functions have NumPy twins (`*_plain`) of the same hash to the
last bit; the normal quantile, which numba does not have, equals that of the standard library to 1e-12.
"""

from __future__ import annotations

from statistics import NormalDist
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from karwan.numerics.compiled import njit

Floats: TypeAlias = NDArray[np.float64]
Words: TypeAlias = NDArray[np.uint64]

GAMMA = np.uint64(0x9E3779B97F4A7C15)
_MIX1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX2 = np.uint64(0x94D049BB133111EB)
U1, U2, U11, _U27, _U30, _U31 = (np.uint64(n) for n in (1, 2, 11, 27, 30, 31))
UNIT, HALF_UNIT = 2.0**-53, 2.0**-54
# normal quantile: Wichura (1988), Applied Statistics 37, algorithm AS 241 (PPND16): ratios of polynomials, highest power first
_CENTRE = 0.425
_CENTRE_RATIO = (
    (
        2.5090809287301226727e3,
        3.3430575583588128105e4,
        6.7265770927008700853e4,
        4.5921953931549871457e4,
        1.3731693765509461125e4,
        1.9715909503065514427e3,
        1.3314166789178437745e2,
        3.3871328727963666080e0,
    ),
    (
        5.2264952788528545610e3,
        2.8729085735721942674e4,
        3.9307895800092710610e4,
        2.1213794301586595867e4,
        5.3941960214247511077e3,
        6.8718700749205790830e2,
        4.2313330701600911252e1,
        1.0,
    ),
)
_NEAR_RATIO = (
    (
        7.74545014278341407640e-4,
        2.27238449892691845833e-2,
        2.41780725177450611770e-1,
        1.27045825245236838258e0,
        3.64784832476320460504e0,
        5.76949722146069140550e0,
        4.63033784615654529590e0,
        1.42343711074968357734e0,
    ),
    (
        1.05075007164441684324e-9,
        5.47593808499534494600e-4,
        1.51986665636164571966e-2,
        1.48103976427480074590e-1,
        6.89767334985100004550e-1,
        1.67638483018380384940e0,
        2.05319162663775882187e0,
        1.0,
    ),
)
_FAR_RATIO = (
    (
        2.01033439929228813265e-7,
        2.71155556874348757815e-5,
        1.24266094738807843860e-3,
        2.65321895265761230930e-2,
        2.96560571828504891230e-1,
        1.78482653991729133580e0,
        5.46378491116411436990e0,
        6.65790464350110377720e0,
    ),
    (
        2.04426310338993978564e-15,
        1.42151175831644588870e-7,
        1.84631831751005468180e-5,
        7.86869131145613259100e-4,
        1.48753612908506148525e-2,
        1.36929880922735805310e-1,
        5.99832206555887937690e-1,
        1.0,
    ),
)


@njit(cache=True, error_model="numpy")
def mix(x: np.uint64) -> np.uint64:
    x = (x ^ (x >> _U30)) * _MIX1
    x = (x ^ (x >> _U27)) * _MIX2
    return x ^ (x >> _U31)


@njit(cache=True, error_model="numpy")
def uniform(journey_key: np.uint64, offset: np.uint64) -> float:
    return np.float64(mix(journey_key + offset) >> U11) * UNIT + HALF_UNIT


@njit(cache=True, error_model="numpy")
def _ratio(x: float, ratio: tuple[tuple[float, ...], tuple[float, ...]]) -> float:
    top, low = 0.0, 0.0
    for k in range(8):
        top = top * x + ratio[0][k]
        low = low * x + ratio[1][k]
    return top / low


@njit(cache=True, error_model="numpy")
def normal(u: float) -> float:
    """Standard normal quantile of a share in (0, 1)."""
    q = u - 0.5
    if abs(q) <= _CENTRE:
        return q * _ratio(_CENTRE * _CENTRE - q * q, _CENTRE_RATIO)
    r = np.sqrt(-np.log(min(u, 1.0 - u)))
    z = _ratio(r - 1.6, _NEAR_RATIO) if r <= 5.0 else _ratio(r - 5.0, _FAR_RATIO)
    return -z if q < 0.0 else z


def seed_key(seed: int) -> np.uint64:
    """The 64-bit key of a seed (one SplitMix64 step, so that near seeds give unrelated keys)."""
    return np.uint64(mix_plain(np.array([seed], dtype=np.uint64) + GAMMA)[0])


def mix_plain(x: Words) -> Words:
    x = (x ^ (x >> _U30)) * _MIX1
    x = (x ^ (x >> _U27)) * _MIX2
    return x ^ (x >> _U31)


def normal_plain(u: Floats) -> Floats:
    """Twin of `normal`, by the standard library."""
    inverse = NormalDist().inv_cdf
    return np.array([inverse(share) for share in u.tolist()])
