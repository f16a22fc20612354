"""What each analysis is asked: frozen, checked by type, to JSON and back. Loads no engine."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from karwan.analysis.contract import asks


@dataclass(frozen=True)
class ObservedRequest:
    """The model against observed trips, with signed errors: model minus observed.

    Parameters may be fitted to trips of use calibrate, never to those of use validate; others are shown only. Means are those of trips done
    whose days are known.

    Example: karwan corridor observed kaz-pak
    """

    every: bool = field(
        default=False, metadata=asks("Show planned, claimed and unmeasured trips too.", flag="--all")
    )


@dataclass(frozen=True)
class GrowthRequest:
    """Growth against the same months a year earlier, contributions to it, seasons, and what cannot be said.

    Example: karwan trade growth KAZ PAK --by direction
    """

    country: str = field(metadata=asks("ISO alpha-3 code.", flag="argument"))
    partner: str | None = field(
        default=None,
        metadata=asks("ISO alpha-3 code of the partner; all others by default.", flag="argument"),
    )
    by: tuple[str, ...] = field(
        default=(), metadata=asks("product, partner or direction; repeat, or separate by commas.")
    )
    level: int | None = field(
        default=None, metadata=asks("Digits of the products; chapters by default.", least=1)
    )
    products: tuple[str, ...] = field(
        default=(), metadata=asks("Only this code and those under it.", flag="--product")
    )
    until: date | None = field(
        default=None, metadata=asks("Leave out periods that end later.", metavar="DAY")
    )
    year_starts: int = field(
        default=1, metadata=asks("Month the year to date starts in; 7 for a fiscal year from July.", least=1)
    )
    years_back: int = field(default=1, metadata=asks("Years between the two periods.", least=1))
    limit: int = field(
        default=12, metadata=asks("Groups shown a series, others in one row; 0 is all.", least=0)
    )
