"""Random closures fitted to recorded events: an alternating renewal process with its uncertainty."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import Any

import numpy as np
import polars as pl
import scipy
from numpy.typing import NDArray

from karwan.errors import InvalidInput, KarwanError
from karwan.transport.reliability.stages import Floats

SHAPES = ("auto", "exponential", "lognormal")
COLUMNS = ("place", "start_date", "end_date", "observed_from", "observed_to")
FEWEST_FOR_LOGNORMAL = 3
WIDE_FACTOR = 4.0
_LOG_SD = (0.01, 5.0)
_FURTHEST = 12.0  # a profile interval is searched up to exp(12) times the estimate, then called unbounded


class UnidentifiedClosures(KarwanError, ValueError):
    """The recorded events do not determine a closure process."""


@dataclass(frozen=True, eq=False)
class ClosureProcess:
    """Fitted closures, one row per place.

    Attributes
    ----------
    table
        place; closures (starts seen), ended (ends seen), observed_days (without days away), open_days, closed_days;
        rate_per_day with rate_low_per_day, rate_high_per_day; mean_days (null if no closure was seen to
        end) with mean_low_days, mean_high_days; shape ("exponential" or "lognormal"), log_sd (null for
        exponential), aicc_exponential, aicc_lognormal; closed_share (long run); note.
    level
        Probability content of the intervals.
    """

    table: pl.DataFrame
    level: float

    def stage_values(self, place: str) -> tuple[float, float, float]:
        """Closures per open day, mean days and log standard deviation (nan: exponential) for `JourneyStages`.

        Raises
        ------
        UnidentifiedClosures
            The place has no row, or no closure of it was seen to end.
        """
        row = self._rows.get(place)
        if row is None:
            raise UnidentifiedClosures(
                f"No closures were fitted for {place}",
                f"fitted places: {', '.join(self.table['place'].to_list()[:5])}",
                "add its observation window to the events, with an empty start_date if it was never closed",
            )
        rate, mean, log_sd = row["rate_per_day"], row["mean_days"], row["log_sd"]
        if rate > 0 and mean is None:
            raise UnidentifiedClosures(
                f"How long {place} stays closed cannot be estimated",
                row["note"],
                "fit with pooled=True together with similar places, or state an assumed mean",
            )
        return rate, (0.0 if mean is None else mean), (np.nan if log_sd is None else log_sd)

    def __contains__(self, place: str) -> bool:
        """Whether closures were fitted for a place."""
        return place in self._rows

    @cached_property
    def _rows(self) -> dict[str, dict[str, Any]]:
        return {row["place"]: row for row in self.table.iter_rows(named=True)}


@dataclass(frozen=True)
class _Record:
    """Closures of one place in days: starts seen, exposure, and each closed spell from entry to exit age."""

    starts: int
    observed: float
    entry: Floats
    exit: Floats
    ended: NDArray[np.bool_]

    @property
    def closed(self) -> float:
        return float(np.sum(self.exit - self.entry))

    @property
    def ends(self) -> int:
        return int(np.count_nonzero(self.ended))


def fit_closures(
    events: pl.DataFrame, *, shape: str = "auto", level: float = 0.90, pooled: bool = False
) -> ClosureProcess:
    """Fit closures of each place by maximum likelihood, with censoring.

    Open spells are exponential; closed spells exponential or log-normal. A closure with no end, or one that
    ends after `observed_to`, is right-censored there. A closure that began before `observed_from` enters at
    the age it had then and does not count as a start. Known future closures belong in a calendar, not here.

    Parameters
    ----------
    events
        Columns place, start_date, end_date (the day it reopened; null: still closed), observed_from,
        observed_to. Dates or datetimes. A place never seen closed has one row with null start_date. The
        observation window of a place is the same in all its rows, and so is away_days, if given: days of the window on which it was shut for
        reasons that do not count, which are no exposure.
    shape
        "exponential", "lognormal", or "auto": the smaller AICc, which asks for at least four ends.
    level
        Content of the intervals, in (0, 1).
    pooled
        Fit one process to all places together, named "all": right if they share their causes of closure.

    Returns
    -------
    ClosureProcess

    Raises
    ------
    InvalidInput
        Missing columns, reversed dates, overlapping closures, or a closure outside its window; all are
        listed.

    Notes
    -----
    The rate is starts / open days; its interval is the Gamma(starts + 1/2, open days) posterior under
    Jeffreys' prior. The mean of exponential spells is closed days / ends; its interval comes from the
    Gamma(ends + 1/2, closed days) posterior of the hazard of ending. The interval of a log-normal mean is
    its profile likelihood. Few events give wide intervals, and the note says so.

    References
    ----------
    Cox (1962), Renewal Theory; Klein and Moeschberger (2003), Survival Analysis, chapter 3; Brown, Cai and
    DasGupta (2003), Interval estimation in exponential families, Statistica Sinica 13.

    Examples
    --------
    >>> from datetime import date
    >>> seen = {"observed_from": date(2024, 1, 1), "observed_to": date(2024, 12, 31)}
    >>> rows = [{"place": "pass", "start_date": date(2024, m, 1), "end_date": date(2024, m, 6), **seen}
    ...         for m in (2, 6, 10)]
    >>> row = fit_closures(pl.DataFrame(rows), shape="exponential").table
    >>> row["closures"][0], row["open_days"][0], row["mean_days"][0]
    (3, 350.0, 5.0)
    """
    _check_options(shape, level)
    spells = _spells(events)
    groups = (
        [("all", spells)]
        if pooled
        else [(str(k[0]), g) for k, g in spells.group_by("place", maintain_order=True)]
    )
    rows = [_fit_row(place, _record(group), shape, level) for place, group in groups]
    return ClosureProcess(pl.DataFrame(rows, schema=_FITTED), level)


_FITTED = {
    "place": pl.String,
    "closures": pl.Int64,
    "ended": pl.Int64,
    **dict.fromkeys(
        (
            "observed_days",
            "open_days",
            "closed_days",
            "rate_per_day",
            "rate_low_per_day",
            "rate_high_per_day",
            "mean_days",
            "mean_low_days",
            "mean_high_days",
        ),
        pl.Float64,
    ),
    "shape": pl.String,
    **dict.fromkeys(("log_sd", "aicc_exponential", "aicc_lognormal", "closed_share"), pl.Float64),
    "note": pl.String,
}


def _check_options(shape: str, level: float) -> None:
    if shape not in SHAPES:
        raise InvalidInput(
            f"Unknown shape {shape!r} of closure lengths", "", f"use one of {', '.join(SHAPES)}"
        )
    if not 0.0 < level < 1.0:
        raise InvalidInput("An interval level must be between 0 and 1", f"level {level:g}", "0.9 is usual")


def _spells(events: pl.DataFrame) -> pl.DataFrame:
    """Events in days since the epoch, checked."""
    missing = [c for c in COLUMNS if c not in events.columns]
    if missing:
        raise InvalidInput(
            "The closure events lack columns",
            f"missing {', '.join(missing)}",
            f"needed: {', '.join(COLUMNS)}",
        )
    days = [
        (pl.col(c).cast(pl.Datetime("us")).dt.epoch("us") / 86_400_000_000.0).alias(c) for c in COLUMNS[1:]
    ]
    away = events.get_column("away_days", default=None)
    spells = events.select(
        pl.col("place").cast(pl.String),
        *days,
        (pl.lit(0.0) if away is None else pl.col("away_days").cast(pl.Float64)).alias("away_days"),
    ).sort("place", "start_date", nulls_last=False)
    previous = pl.col("end_date").fill_null(np.inf).shift(1).over("place")
    start, end = pl.col("start_date"), pl.col("end_date")
    checks = {
        "has no place": pl.col("place").is_null(),
        "has no observation window, or an empty one": ~(
            pl.col("observed_from") < pl.col("observed_to")
        ).fill_null(False),
        "has two observation windows": (pl.col("observed_from").n_unique().over("place") > 1)
        | (pl.col("observed_to").n_unique().over("place") > 1),
        "ends without a start": start.is_null() & end.is_not_null(),
        "does not end after it starts (end_date is the day of reopening)": (end <= start).fill_null(False),
        "lies outside the observation window": (
            (start > pl.col("observed_to")) | (end <= pl.col("observed_from"))
        ).fill_null(False),
        "overlaps the closure before it": (
            start.is_not_null() & start.shift(1).over("place").is_not_null() & (previous > start)
        ).fill_null(False),
    }
    problems = [
        f"{place} {text}" for text, bad in checks.items() for place in spells.filter(bad)["place"].to_list()
    ]
    if problems or spells.height == 0:
        raise InvalidInput(
            f"The closure events have {len(problems)} problem(s)"
            if problems
            else "There are no closure events",
            "; ".join(problems[:5]) + (f"; and {len(problems) - 5} more" if len(problems) > 5 else ""),
            "correct the events table; merge overlapping closures into one",
        )
    return spells


def _record(spells: pl.DataFrame) -> _Record:
    place, start, end, since, until = (spells[c].to_list() for c in COLUMNS)
    away = spells["away_days"].to_list()
    windows = {p: b - a - out for p, a, b, out in zip(place, since, until, away, strict=True)}
    closed = [
        (a, math.inf if b is None else b, first, last)
        for a, b, first, last in zip(start, end, since, until, strict=True)
        if a is not None
    ]
    begun, over, first, last = np.array(closed, dtype=np.float64).reshape(-1, 4).T
    return _Record(
        starts=int(np.count_nonzero(begun >= first)),
        observed=float(sum(windows.values())),
        entry=np.maximum(first - begun, 0.0),
        exit=np.minimum(over, last) - begun,
        ended=over <= last,
    )


@cache
def gamma_quantile(events: int, share: float) -> float:
    """Quantile of a Gamma(events + 1/2, 1) law.

    Newton's method on the distribution in closed form: for a half-integer shape the incomplete gamma function is an error function less
    a finite sum. Accurate to about 1e-10.

    References
    ----------
    Abramowitz and Stegun (1964), 6.5.13 and 7.1.1.

    Examples
    --------
    >>> round(gamma_quantile(0, 0.95), 6)  # half the 95 % point of chi-squared with one degree of freedom
    1.920729
    """
    shape = events + 0.5
    log_gamma = math.lgamma(shape)

    def below(x: float) -> float:
        terms = (math.exp((k + 0.5) * math.log(x) - x - math.lgamma(k + 1.5)) for k in range(events))
        return math.erf(math.sqrt(x)) - math.fsum(terms)

    low, high = 0.0, shape + 60.0 * math.sqrt(shape) + 60.0
    x = shape
    for _ in range(200):
        miss = below(x) - share
        low, high = (low, x) if miss > 0.0 else (x, high)
        step = miss / math.exp((shape - 1.0) * math.log(x) - x - log_gamma)
        following = x - step
        if not low < following < high:
            following = 0.5 * (low + high)
        if abs(following - x) <= 1e-12 * x:
            return following
        x = following
    return x


@dataclass(frozen=True)
class _Length:
    """Fitted length of closures: mean with its interval (days, null where not identified) and shape."""

    mean: float | None
    low: float | None
    high: float | None
    shape: str = "exponential"
    log_sd: float | None = None
    aicc_exponential: float | None = None
    aicc_lognormal: float | None = None


def _fit_row(place: str, record: _Record, shape: str, level: float) -> dict[str, object]:
    open_days = record.observed - record.closed
    if open_days <= 0:
        raise UnidentifiedClosures(
            f"{place} was closed during its whole observation window, so how often it closes is unknown",
            f"{record.closed:g} of {record.observed:g} days closed",
            "widen observed_from to a time when it was open, or model the closure as a calendar",
        )
    tail = (1.0 - level) / 2.0
    rate = record.starts / open_days
    rate_low, rate_high = (gamma_quantile(record.starts, q) / open_days for q in (tail, 1.0 - tail))
    length = _fit_length(record, shape, level)
    load = rate * length.mean if length.mean is not None else (0.0 if record.closed == 0 else None)
    return {
        "place": place,
        "closures": record.starts,
        "ended": record.ends,
        "observed_days": record.observed,
        "open_days": open_days,
        "closed_days": record.closed,
        "rate_per_day": rate,
        "rate_low_per_day": rate_low,
        "rate_high_per_day": rate_high,
        "mean_days": length.mean,
        "mean_low_days": length.low,
        "mean_high_days": length.high,
        "shape": length.shape,
        "log_sd": length.log_sd,
        "aicc_exponential": length.aicc_exponential,
        "aicc_lognormal": length.aicc_lognormal,
        "closed_share": None if load is None else load / (1.0 + load),
        "note": _note(record, length, shape, level),
    }


def _fit_length(record: _Record, shape: str, level: float) -> _Length:
    if record.closed == 0:
        return _Length(None, None, None)
    tail = (1.0 - level) / 2.0
    low, high = (record.closed / gamma_quantile(record.ends, q) for q in (1.0 - tail, tail))
    mean = record.closed / record.ends if record.ends else None
    aicc = _aicc(_exponential_loglik(record), 1, record.ends)
    simple = _Length(mean, low, high, aicc_exponential=aicc)
    if shape == "exponential" or record.ends < FEWEST_FOR_LOGNORMAL:
        return simple
    log_mean, log_sd, loglik = _lognormal_fit(record)
    aicc_lognormal = _aicc(loglik, 2, record.ends)
    better = aicc is not None and aicc_lognormal is not None and aicc_lognormal < aicc
    if shape == "auto" and not better:
        return replace(simple, aicc_lognormal=aicc_lognormal)
    interval = _profile_interval(record, log_mean, loglik, level)
    return _Length(float(np.exp(log_mean)), *interval, "lognormal", log_sd, aicc, aicc_lognormal)


def _exponential_loglik(record: _Record) -> float | None:
    return record.ends * float(np.log(record.ends / record.closed)) - record.ends if record.ends else None


def _aicc(loglik: float | None, parameters: int, n: int) -> float | None:
    """Akaike's criterion with the small-sample term; null where it does not exist (n <= parameters + 1)."""
    if loglik is None or n <= parameters + 1:
        return None
    return float(2 * parameters - 2 * loglik + 2 * parameters * (parameters + 1) / (n - parameters - 1))


def _lognormal_loglik(log_mean: float, log_sd: float, record: _Record) -> float:
    centre = log_mean - 0.5 * log_sd**2
    with np.errstate(divide="ignore"):
        z_exit, z_entry = ((np.log(a) - centre) / log_sd for a in (record.exit, record.entry))
    density = -0.5 * z_exit**2 - np.log(record.exit * log_sd * np.sqrt(2.0 * np.pi))
    survived = np.where(record.entry > 0, scipy.special.log_ndtr(-z_entry), 0.0)
    return float(np.sum(np.where(record.ended, density, scipy.special.log_ndtr(-z_exit)) - survived))


def _lognormal_fit(record: _Record) -> tuple[float, float, float]:
    """Log of the mean, log standard deviation and log-likelihood at the maximum."""
    logs = np.log(record.exit[record.ended])
    spread = float(np.clip(np.std(logs), 0.1, 2.0))

    def loss(x: Floats) -> float:
        return -_lognormal_loglik(x[0], float(np.exp(np.clip(x[1], *np.log(_LOG_SD)))), record)

    start = [float(np.mean(logs)) + 0.5 * spread**2, np.log(spread)]
    best = scipy.optimize.minimize(
        loss, start, method="Nelder-Mead", options={"xatol": 1e-8, "fatol": 1e-10, "maxiter": 2000}
    )
    return float(best.x[0]), float(np.exp(np.clip(best.x[1], *np.log(_LOG_SD)))), -float(best.fun)


def _profile_interval(
    record: _Record, log_mean: float, loglik: float, level: float
) -> tuple[float | None, float | None]:
    """Interval of the mean by profile likelihood; an end is null where the likelihood never falls enough."""
    drop = 0.5 * float(scipy.special.chdtri(1, 1.0 - level))

    def excess(m: float) -> float:
        inner = scipy.optimize.minimize_scalar(
            lambda s: -_lognormal_loglik(m, float(np.exp(s)), record),
            bounds=np.log(_LOG_SD),
            method="bounded",
        )
        return loglik + float(inner.fun) - drop

    def end(step: float) -> float | None:
        while abs(step) < _FURTHEST and excess(log_mean + step) < 0:
            step *= 2.0
        if excess(log_mean + step) < 0:
            return None
        return float(np.exp(scipy.optimize.brentq(excess, *sorted((log_mean, log_mean + step)), xtol=1e-6)))

    return end(-0.25), end(0.25)


def _note(record: _Record, length: _Length, shape: str, level: float) -> str:
    parts = [f"{record.starts} closures began and {record.ends} ended in {record.observed:g} days observed"]
    if record.closed > 0 and record.ends == 0:
        parts.append("no end was seen, so the mean length has no estimate, only an interval")
    if length.low is not None and length.high is None:
        parts.append(f"the {level:.0%} interval of the mean length has no upper end")
    elif length.low is not None and length.high is not None and length.high > WIDE_FACTOR * length.low:
        factor = length.high / length.low
        parts.append(
            f"the {level:.0%} interval of the mean length spans a factor of {factor:.0f}: too few events"
        )
    if shape == "lognormal" and length.shape == "exponential" and record.closed > 0:
        parts.append(f"exponential, since a log-normal needs {FEWEST_FOR_LOGNORMAL} ends")
    return "; ".join(parts)
