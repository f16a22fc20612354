"""Historical base rate: how often comparable country pairs grew as much in as long."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl
from scipy import special

from karwan.errors import InvalidInput


@dataclass(frozen=True)
class BaseRate:
    """Successes among comparable cases.

    Attributes
    ----------
    share
        Mean of the Beta posterior (Jeffreys prior 1/2, 1/2).
    low, high
        Its 5 and 95 % quantiles.
    """

    label: str
    successes: int
    cases: int

    @property
    def share(self) -> float:
        """Mean of the posterior."""
        return (self.successes + 0.5) / (self.cases + 1.0)

    @property
    def low(self) -> float:
        """5 % quantile of the posterior."""
        return float(special.betaincinv(self.successes + 0.5, self.cases - self.successes + 0.5, 0.05))

    @property
    def high(self) -> float:
        """95 % quantile of the posterior."""
        return float(special.betaincinv(self.successes + 0.5, self.cases - self.successes + 0.5, 0.95))


@dataclass(frozen=True)
class Comparable:
    """Which pairs count as comparable.

    Attributes
    ----------
    low_usd, high_usd
        Turnover at the start, current USD.
    landlocked
        At least one of the two is landlocked (True), none is (False), or no matter (None).
    low_km, high_km
        Distance between the two, where given.
    since
        First year a case may start.
    """

    low_usd: float
    high_usd: float
    landlocked: bool | None = None
    low_km: float | None = None
    high_km: float | None = None
    since: int = 0


def turnover_panel(panel: pl.DataFrame) -> pl.DataFrame:
    """Turnover of each pair of countries by year.

    Parameters
    ----------
    panel
        exp, imp (ISO3), time (year), export (USD), as in the penppml panel: a row for each direction and
        year.

    Returns
    -------
    Table pair_a, pair_b (alphabetical), year, value_usd: years in which the panel has both directions.
    """
    need = {"exp", "imp", "time", "export"}
    if not need <= set(panel.columns):
        raise InvalidInput(
            f"The panel lacks {', '.join(sorted(need - set(panel.columns)))}.",
            fix="give exp, imp, time and export.",
        )
    two = panel.filter(pl.col("exp") != pl.col("imp")).with_columns(
        pair_a=pl.min_horizontal("exp", "imp"), pair_b=pl.max_horizontal("exp", "imp")
    )
    return (
        two.group_by("pair_a", "pair_b", pl.col("time").alias("year"))
        .agg(value_usd=pl.col("export").sum(), sides=pl.len())
        .filter(pl.col("sides") == 2)
        .drop("sides")
        .sort("pair_a", "pair_b", "year")
    )


def growth_cases(turnover: pl.DataFrame, horizon_years: int) -> pl.DataFrame:
    """Every pair and start year with a positive start and the value `horizon_years` later: pair_a, pair_b,
    year, value_usd, later_usd,
    multiple."""
    later = turnover.select("pair_a", "pair_b", pl.col("year") - horizon_years, later_usd="value_usd")
    return (
        turnover.filter(pl.col("value_usd") > 0)
        .join(later, on=["pair_a", "pair_b", "year"])
        .with_columns(multiple=pl.col("later_usd") / pl.col("value_usd"))
        .sort("pair_a", "pair_b", "year")
    )


def comparable_cases(
    cases: pl.DataFrame,
    like: Comparable,
    *,
    landlocked: frozenset[str] = frozenset(),
    distances: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """The cases that are comparable.

    Parameters
    ----------
    cases
        Result of `growth_cases`.
    landlocked
        ISO3 codes of landlocked countries.
    distances
        pair_a, pair_b, distance_km; needed for distance bounds. Pairs without a distance are left out.
    """
    found = cases.filter(
        pl.col("value_usd").is_between(like.low_usd, like.high_usd) & (pl.col("year") >= like.since)
    )
    if like.landlocked is not None:
        shut = pl.col("pair_a").is_in(landlocked) | pl.col("pair_b").is_in(landlocked)
        found = found.filter(shut == like.landlocked)
    if like.low_km is not None or like.high_km is not None:
        if distances is None:
            raise InvalidInput(
                "Distance bounds need distances.", fix="give a table pair_a, pair_b, distance_km."
            )
        found = found.join(distances, on=["pair_a", "pair_b"]).filter(
            pl.col("distance_km").is_between(like.low_km or 0.0, like.high_km or 1e9)
        )
    return found


def base_rate(cases: pl.DataFrame, multiple: float, label: str) -> BaseRate:
    """Share of cases that grew at least `multiple`-fold."""
    return BaseRate(label, int((cases["multiple"] >= multiple).sum()), cases.height)
