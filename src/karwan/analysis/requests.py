"""What each analysis is asked: frozen, checked by type, to JSON and back. Loads no engine."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from karwan.analysis.contract import asks

AS_OF = "Day it speaks of; default: the case's own."


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
class CompareRequest:
    """Money, days, emissions and state of every corridor, both ways.

    Example: karwan corridor compare kaz-pak
    """

    as_of: date | None = field(default=None, metadata=asks(AS_OF, metavar="DAY"))
    stages: bool = field(default=False, metadata=asks("Show the stages of every route too."))


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


@dataclass(frozen=True)
class RouteRequest:
    """Routes of a shipment: money, P50 and P95 days, CO2e, landed cost, papers, and what is closed.

    Example: karwan route Kostanay Karachi --product chickpeas --tonnes 24 --depart 2026-12-01
    """

    origin: str = field(metadata=asks("Place by node id, name or alias.", flag="argument"))
    destination: str = field(metadata=asks("Place by node id, name or alias.", flag="argument"))
    product: str = field(metadata=asks("HS code, product id or name."))
    tonnes: float = field(metadata=asks("Weight, t."))
    departure: date = field(
        metadata=asks("Day of departure, YYYY-MM-DD; not before the case's.", flag="--depart", metavar="DAY")
    )
    avoid: tuple[str, ...] = field(
        default=(),
        metadata=asks("Places, countries, links or modes not to use; repeat or use commas."),
    )
    via: tuple[str, ...] = field(default=(), metadata=asks("Places to pass, in order."))
    opened: tuple[str, ...] = field(
        default=(),
        metadata=asks(
            "Crossings, links or places to take as open: 'what if Torkham were open'.", flag="--open"
        ),
    )
    promise: str | None = field(
        default=None,
        metadata=asks(
            "Days promised, or the day YYYY-MM-DD by whose end it must arrive: gives the share on time."
        ),
    )
    value_of_time_usd_h: float | None = field(
        default=None,
        metadata=asks("USD an hour is worth; the product's by default.", flag="--value-of-time"),
    )
    reliability_ratio: float | None = field(
        default=None,
        metadata=asks("Worth of an hour of P95 less mean over one of mean; the case's by default."),
    )
    carbon_price_usd_t: float | None = field(
        default=None, metadata=asks("USD per t CO2e; the case's by default.", flag="--carbon-price")
    )
    count: int = field(default=5, metadata=asks("Routes at most.", least=1, most=20))
    registration: str = field(
        default="",
        metadata=asks(
            "Country the truck is registered in, ISO alpha-3; the origin's by default.", flag="--truck"
        ),
    )
    load: float = field(
        default=1.0, metadata=asks("Traffic at the crossings over the usual: 1.2 makes queues longer.")
    )
    days_of_year: bool = field(
        default=False,
        metadata=asks(
            "P50 and P95 of the best route for each departure day of a year.", flag="--days-of-year"
        ),
    )
    explain: bool = field(
        default=False,
        metadata=asks("List for each amount the rows of the case it comes from.", flag="--explain"),
    )
    journeys: int = field(default=20_000, metadata=asks("Journeys drawn for each route."))
    seed: int = field(default=1, metadata=asks("Seed of the draw.", least=0))
