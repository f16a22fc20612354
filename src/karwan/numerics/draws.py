"""Random numbers of the Monte Carlo kernels, and elementary functions that are the same to the last bit everywhere.

Every draw is a pure function of a key and a counter: a SplitMix64 hash (Steele, Lea and Flood 2014). `exp`, `log` and the normal quantile
are written out in additions, multiplications, divisions and square roots, which IEEE 754 rounds in one way only: compiled functions and
their NumPy twins (`*_plain`) agree to the last bit, and loops over them vectorise.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from karwan.numerics.compiled import njit

Floats: TypeAlias = NDArray[np.float64]
Words: TypeAlias = NDArray[np.uint64]

GAMMA = np.uint64(0x9E3779B97F4A7C15)
_MIX1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX2 = np.uint64(0x94D049BB133111EB)
U1, U2, U11, _U27, _U30, _U31, _U52 = (np.uint64(n) for n in (1, 2, 11, 27, 30, 31, 52))
UNIT, HALF_UNIT = 2.0**-53, 2.0**-54
_MANTISSA, _ONE_BITS = np.uint64((1 << 52) - 1), np.uint64(1023 << 52)
_LOG2E = 1.4426950408889634
_LN2_HI, _LN2_LO = 6.93147180369123816490e-01, 1.90821492927058770002e-10
_SQRT2 = 1.4142135623730951
# log: fdlibm e_log.c (Sun Microsystems 1993), error below 1 ulp
_L1, _L2, _L3, _L4 = (
    6.666666666666735130e-01,
    3.999999999940941908e-01,
    2.857142874366239149e-01,
    2.222219843214978396e-01,
)
_L5, _L6, _L7 = 1.818357216161805012e-01, 1.531383769920937332e-01, 1.479819860511658591e-01
# exp: Taylor coefficients 1/2! .. 1/13! on |r| <= ln(2)/2
_E2, _E3, _E4, _E5, _E6, _E7 = 1 / 2, 1 / 6, 1 / 24, 1 / 120, 1 / 720, 1 / 5040
_E8, _E9, _E10, _E11, _E12, _E13 = (
    1 / 40320,
    1 / 362880,
    1 / 3628800,
    1 / 39916800,
    1 / 479001600,
    1 / 6227020800,
)
# normal quantile: Wichura (1988), Applied Statistics 37, algorithm AS 241 (PPND16)
CENTRE = 0.425
_A0, _A1, _A2, _A3 = (
    3.3871328727963666080e0,
    1.3314166789178437745e2,
    1.9715909503065514427e3,
    1.3731693765509461125e4,
)
_A4, _A5, _A6, _A7 = (
    4.5921953931549871457e4,
    6.7265770927008700853e4,
    3.3430575583588128105e4,
    2.5090809287301226727e3,
)
_B1, _B2, _B3 = 4.2313330701600911252e1, 6.8718700749205790830e2, 5.3941960214247511077e3
_B4, _B5, _B6, _B7 = (
    2.1213794301586595867e4,
    3.9307895800092710610e4,
    2.8729085735721942674e4,
    5.2264952788528545610e3,
)
_C0, _C1, _C2, _C3 = (
    1.42343711074968357734e0,
    4.63033784615654529590e0,
    5.76949722146069140550e0,
    3.64784832476320460504e0,
)
_C4, _C5, _C6, _C7 = (
    1.27045825245236838258e0,
    2.41780725177450611770e-1,
    2.27238449892691845833e-2,
    7.74545014278341407640e-4,
)
_D1, _D2, _D3, _D4 = (
    2.05319162663775882187e0,
    1.67638483018380384940e0,
    6.89767334985100004550e-1,
    1.48103976427480074590e-1,
)
_D5, _D6, _D7 = 1.51986665636164571966e-2, 5.47593808499534494600e-4, 1.05075007164441684324e-9
_P0, _P1, _P2, _P3 = (
    6.65790464350110377720e0,
    5.46378491116411436990e0,
    1.78482653991729133580e0,
    2.96560571828504891230e-1,
)
_P4, _P5, _P6, _P7 = (
    2.65321895265761230930e-2,
    1.24266094738807843860e-3,
    2.71155556874348757815e-5,
    2.01033439929228813265e-7,
)
_Q1, _Q2, _Q3, _Q4 = (
    5.99832206555887937690e-1,
    1.36929880922735805310e-1,
    1.48753612908506148525e-2,
    7.86869131145613259100e-4,
)
_Q5, _Q6, _Q7 = 1.84631831751005468180e-5, 1.42151175831644588870e-7, 2.04426310338993978564e-15


@njit(cache=True, error_model="numpy")
def mix(x: np.uint64) -> np.uint64:
    x = (x ^ (x >> _U30)) * _MIX1
    x = (x ^ (x >> _U27)) * _MIX2
    return x ^ (x >> _U31)


@njit(cache=True, error_model="numpy")
def uniform(journey_key: np.uint64, offset: np.uint64) -> float:
    return np.float64(mix(journey_key + offset) >> U11) * UNIT + HALF_UNIT


@njit(cache=True, error_model="numpy")
def log(x: float) -> float:
    """Natural logarithm of a normal positive number."""
    bits = np.float64(x).view(np.uint64)
    power = np.float64(np.int64(bits >> _U52) - 1023)
    m = np.uint64((bits & _MANTISSA) | _ONE_BITS).view(np.float64)
    high = m > _SQRT2
    m = m * 0.5 if high else m
    power = power + 1.0 if high else power
    f = m - 1.0
    s = f / (2.0 + f)
    z = s * s
    r = z * (_L1 + z * (_L2 + z * (_L3 + z * (_L4 + z * (_L5 + z * (_L6 + z * _L7))))))
    half = 0.5 * f * f
    logs: float = power * _LN2_HI - ((half - (s * (half + r) + power * _LN2_LO)) - f)
    return logs


@njit(cache=True, error_model="numpy")
def exp(x: float) -> float:
    """Exponential of a number between -700 and 700."""
    k = np.floor(x * _LOG2E + 0.5)
    r = (x - k * _LN2_HI) - k * _LN2_LO
    p = _E8 + r * (_E9 + r * (_E10 + r * (_E11 + r * (_E12 + r * _E13))))
    p = 1.0 + r * (1.0 + r * (_E2 + r * (_E3 + r * (_E4 + r * (_E5 + r * (_E6 + r * (_E7 + r * p)))))))
    grown: float = p * np.uint64(np.uint64(np.int64(k) + 1023) << _U52).view(np.float64)
    return grown


@njit(cache=True, error_model="numpy")
def normal_centre(q: float) -> float:
    r = CENTRE * CENTRE - q * q
    top = ((((((_A7 * r + _A6) * r + _A5) * r + _A4) * r + _A3) * r + _A2) * r + _A1) * r + _A0
    low = ((((((_B7 * r + _B6) * r + _B5) * r + _B4) * r + _B3) * r + _B2) * r + _B1) * r + 1.0
    return q * top / low


@njit(cache=True, error_model="numpy")
def normal_tail(u: float) -> float:
    r = np.sqrt(-log(min(u, 1.0 - u)))
    if r <= 5.0:
        r = r - 1.6
        top = ((((((_C7 * r + _C6) * r + _C5) * r + _C4) * r + _C3) * r + _C2) * r + _C1) * r + _C0
        low = ((((((_D7 * r + _D6) * r + _D5) * r + _D4) * r + _D3) * r + _D2) * r + _D1) * r + 1.0
    else:
        r = r - 5.0
        top = ((((((_P7 * r + _P6) * r + _P5) * r + _P4) * r + _P3) * r + _P2) * r + _P1) * r + _P0
        low = ((((((_Q7 * r + _Q6) * r + _Q5) * r + _Q4) * r + _Q3) * r + _Q2) * r + _Q1) * r + 1.0
    z: float = top / low
    return -z if u < 0.5 else z


@njit(cache=True, error_model="numpy")
def normal(u: float) -> float:
    return normal_tail(u) if abs(u - 0.5) > CENTRE else normal_centre(u - 0.5)


def seed_key(seed: int) -> np.uint64:
    """The 64-bit key of a seed (one SplitMix64 step, so that near seeds give unrelated keys)."""
    return np.uint64(mix_plain(np.array([seed], dtype=np.uint64) + GAMMA)[0])


def mix_plain(x: Words) -> Words:
    x = (x ^ (x >> _U30)) * _MIX1
    x = (x ^ (x >> _U27)) * _MIX2
    return x ^ (x >> _U31)


def _horner(x: Floats, *coefficients: float) -> Floats:
    total = np.full_like(x, coefficients[0])
    for c in coefficients[1:]:
        total = total * x + c
    return total


def log_plain(x: Floats) -> Floats:
    """Twin of `log`."""
    m, power = np.frexp(x)
    m, power = m * 2.0, power - 1.0
    high = m > _SQRT2
    m, power = np.where(high, m * 0.5, m), np.where(high, power + 1.0, power)
    f = m - 1.0
    s = f / (2.0 + f)
    z = s * s
    r = z * _horner(z, _L7, _L6, _L5, _L4, _L3, _L2, _L1)
    half = 0.5 * f * f
    logs: Floats = power * _LN2_HI - ((half - (s * (half + r) + power * _LN2_LO)) - f)
    return logs


def exp_plain(x: Floats) -> Floats:
    """Twin of `exp`."""
    k = np.floor(x * _LOG2E + 0.5)
    r = (x - k * _LN2_HI) - k * _LN2_LO
    p = _horner(r, _E13, _E12, _E11, _E10, _E9, _E8, _E7, _E6, _E5, _E4, _E3, _E2, 1.0, 1.0)
    powers: Floats = np.ldexp(p, k.astype(np.int64))
    return powers


def normal_plain(u: Floats) -> Floats:
    """Twin of the normal quantile."""
    q = u - 0.5
    r = np.where(np.abs(q) <= CENTRE, CENTRE * CENTRE - q * q, 0.0)
    top = _horner(r, _A7, _A6, _A5, _A4, _A3, _A2, _A1, _A0)
    low = _horner(r, _B7, _B6, _B5, _B4, _B3, _B2, _B1, 1.0)
    centre = q * top / low
    r = np.sqrt(-log_plain(np.minimum(u, 1.0 - u)))
    near, far = r - 1.6, r - 5.0
    top_near = _horner(near, _C7, _C6, _C5, _C4, _C3, _C2, _C1, _C0)
    low_near = _horner(near, _D7, _D6, _D5, _D4, _D3, _D2, _D1, 1.0)
    top_far = _horner(far, _P7, _P6, _P5, _P4, _P3, _P2, _P1, _P0)
    low_far = _horner(far, _Q7, _Q6, _Q5, _Q4, _Q3, _Q2, _Q1, 1.0)
    tail = np.where(r <= 5.0, top_near / low_near, top_far / low_far)
    return np.where(np.abs(q) > CENTRE, np.where(u < 0.5, -tail, tail), centre)
