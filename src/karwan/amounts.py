"""Amounts as a reader says them: numbers, money, shares. Missing is an en dash."""

from __future__ import annotations

import math

NONE = "–"
Z95 = 1.6448536269514722
"""95th percentile of the standard normal distribution: a 5-95 % band reaches so many standard deviations to each side."""
YEAR_DAYS = 365.0
"""Days that the flow or capacity of a year is spread over."""
WEEK_DAYS, WEEK_H = 7.0, 168.0
MEAN_YEAR_DAYS = 365.2425
"""Mean days of a year of the calendar: for rates a year and for time between dates."""


def is_number(value: object) -> bool:
    """True for a finite int or float (not a bool)."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def number(value: object, digits: int = 0) -> str:
    """Number with thousands separators and a real minus sign; an en dash when missing."""
    if not is_number(value):
        return NONE
    text = f"{float(value):,.{digits}f}"  # type: ignore[arg-type]
    if text.startswith("-"):
        text = "−" + text[1:] if text.strip("-0.,") else text[1:]
    return text


def usd(value: object) -> str:
    """USD in the unit that keeps three figures: 1.00 bn, 227.6 m, 38.7 k, 940."""
    if not is_number(value):
        return NONE
    amount = abs(float(value))  # type: ignore[arg-type]
    sign = "−" if float(value) < 0 else ""  # type: ignore[arg-type]
    for size, unit in ((1e12, " tn"), (1e9, " bn"), (1e6, " m"), (1e3, " k")):
        if amount >= size * 0.9995:
            scaled = amount / size
            digits = 2 if scaled < 9.995 else 1 if scaled < 999.5 else 0
            return f"{sign}{scaled:,.{digits}f}{unit}"
    digits = 0 if amount >= 99.5 or amount == 0 else 1
    return f"{sign}{amount:,.{digits}f}"


def usd_tick(value: object) -> str:
    """USD on an axis: as `usd`, without decimals that say nothing: 500 m, 2.5 bn."""
    amount, _, unit = usd(value).partition(" ")
    if "." in amount:
        amount = amount.rstrip("0").rstrip(".")
    return f"{amount} {unit}".strip()


def two_figures(value: float) -> float:
    """An amount to two figures: more would claim what assumed inputs do not give.

    Examples
    --------
    >>> two_figures(-5_312_000.0)
    -5300000.0
    """
    return float(f"{value:.2g}")


def usd_rough(value: float) -> str:
    """USD as on an axis, to two figures: '5.3 m'."""
    return usd_tick(two_figures(value))


def dollars(value: object) -> str:
    """USD in a sentence: 'USD 1 bn', 'USD 21.5 m'."""
    return f"USD {usd_tick(value)}"


def usd_t(value: object) -> str:
    """USD per tonne or per load: whole dollars from 100, one decimal below."""
    if not is_number(value):
        return NONE
    return number(value, 0 if abs(float(value)) >= 99.95 or value == 0 else 1)  # type: ignore[arg-type]


def percent(value: object, digits: int = 0, signed: bool = False) -> str:
    """Share in [0, 1] as a percentage; a growth share may be signed."""
    if not is_number(value):
        return NONE
    scaled = 100 * float(value)  # type: ignore[arg-type]
    if not digits and 0 < abs(scaled) < 9.95:
        digits = 1
    if 0 < abs(scaled) < 0.05 and digits < 2 and not signed:
        return "<0.1 %" if scaled > 0 else ">−0.1 %"
    text = number(scaled, digits)
    return f"+{text} %" if signed and scaled > 0 else f"{text} %"


def grown(share: object) -> str:
    """Growth as a signed percentage; from tenfold on as how many times the base it is.

    Examples
    --------
    >>> grown(-0.08), grown(0.97), grown(193.76)
    ('−8.0 %', '+97 %', '195 times as much')
    """
    if is_number(share) and float(share) >= 9.0:  # type: ignore[arg-type]
        return f"{number(1.0 + float(share))} times as much"  # type: ignore[arg-type]
    return percent(share, signed=True)
