"""What each analysis is asked: frozen, checked by type, to JSON and back. Loads no engine."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from karwan.analysis.contract import asks
from karwan.errors import InvalidInput

AS_OF = "Day it speaks of; default: the case's own."
PRODUCT = "Product id, HS code or name; the case's reference product otherwise."
OPENED = "Crossings or links taken as open: Torkham,Chaman."
TONNES = "Tonnes a year each way; from the case's flows otherwise."
MOST_TONNES_YEAR = 1e9


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
class OwnRequest:
    """Own observations of a private folder, and each figure of the case before and after them.

    Hours by kind of place are fitted anew with own trips beside the shipped ones; own border hours move the hours of their side, own quotes the
    rates of their mode. Before and after are medians with P5 and P95.

    Example: karwan observed list kaz-pak --private my-trips
    """


@dataclass(frozen=True)
class PricesRequest:
    """The model against observed prices of carriage, each without the rates of its own source, with scores.

    Prices are brought to one year by the index of consumer prices of the dollar (price_indices.csv). Those of use validate are held back.

    Example: karwan corridor prices kaz-pak
    """


@dataclass(frozen=True)
class OperatorsRequest:
    """Who carries freight and on what terms: operators, their published services with through rates, and the sailings.

    Services that were announced only, have ended or begin later are left out without --all.

    Example: karwan corridor operators kaz-pak --place Khunjerab
    """

    place: str | None = field(
        default=None, metadata=asks("Only services that name a place or country.", metavar="PLACE")
    )
    mode: str | None = field(
        default=None, metadata=asks("Only services by road, rail, sea or ferry.", metavar="MODE")
    )
    as_of: date | None = field(default=None, metadata=asks(AS_OF, metavar="DAY"))
    every: bool = field(
        default=False, metadata=asks("Show announced, ended and later services too.", flag="--all")
    )


@dataclass(frozen=True)
class CompareRequest:
    """Money, days, emissions and state of every corridor, both ways.

    Example: karwan corridor compare kaz-pak
    """

    as_of: date | None = field(default=None, metadata=asks(AS_OF, metavar="DAY"))
    stages: bool = field(default=False, metadata=asks("Show the stages of every route too."))


@dataclass(frozen=True)
class ModesRequest:
    """Corridors by land like for like: each by road, by rail and by its best mix, from each origin, both ways.

    Example: karwan corridor modes kaz-pak --corridor KTAP,KUAP
    """

    corridors: tuple[str, ...] = field(
        default=(),
        metadata=asks(
            "Beginning of a corridor's name or id; repeat or use commas; all by land by default.",
            flag="--corridor",
        ),
    )
    as_of: date | None = field(default=None, metadata=asks(AS_OF, metavar="DAY"))


@dataclass(frozen=True)
class CriticalRequest:
    """Close each crossing, terminal and link in turn: what reroutes, what it costs, what an hour is worth.

    With --open a second base, where these places are open, stands beside the first, and what their closure costs; the map then shows
    the second.

    Example: karwan corridor critical kaz-pak --map weak.svg

    karwan corridor critical kaz-pak --place "Bandar Abbas"

    karwan corridor critical kaz-pak --open Torkham,Chaman
    """

    as_of: date | None = field(default=None, metadata=asks(AS_OF, metavar="DAY"))
    product: str | None = field(default=None, metadata=asks(PRODUCT))
    opened: tuple[str, ...] = field(default=(), metadata=asks(OPENED, flag="--open"))
    tonnes_year: float | None = field(default=None, metadata=asks(TONNES))
    anywhere: bool = field(
        default=False, metadata=asks("Detours may pass countries no named corridor passes.")
    )
    most: int | None = field(
        default=None,
        metadata=asks(
            "Close only so many worst places together with every other; all otherwise.",
            flag="--pairs",
            least=0,
        ),
    )
    place: str = field(
        default="", metadata=asks("Tell of this place alone, with what each pair does without it.")
    )

    def __post_init__(self) -> None:
        _check_tonnes(self.tonnes_year)


@dataclass(frozen=True)
class CriticalView:
    """Rows shown, and maps to write."""

    top: int = field(default=25, metadata=asks("Rows to show in each plain table.", least=1))
    maps: tuple[Path, ...] = field(
        default=(),
        metadata=asks(
            "Map to write: FILE.svg (picture) or FILE.geojson (for QGIS); may be repeated.", flag="--map"
        ),
    )

    def __post_init__(self) -> None:
        for path in self.maps:
            check_map_file(path)


MAP_ENDINGS = (".svg", ".geojson")


def check_map_file(path: Path) -> None:
    """Refuse a name under which no map can be written, before anything is computed."""
    if path.suffix.lower() not in MAP_ENDINGS:
        raise InvalidInput(
            f"{path.name} ends in {path.suffix or 'nothing'}.",
            f"maps are written as {' or '.join(MAP_ENDINGS)}",
            "name a file that ends so.",
        )
    if not path.parent.is_dir():
        raise InvalidInput(f"{path.parent} is no folder.", fix="make it, or name another.")


@dataclass(frozen=True)
class SensitivityRequest:
    """Which assumed input could make another corridor the best one, and at what value.

    Example: karwan corridor sensitivity kaz-pak --open Torkham,Chaman --flips
    """

    as_of: date | None = field(default=None, metadata=asks(AS_OF, metavar="DAY"))
    product: str | None = field(default=None, metadata=asks(PRODUCT))
    opened: tuple[str, ...] = field(default=(), metadata=asks(OPENED, flag="--open"))
    origin: str | None = field(
        default=None, metadata=asks("Origin; the headline pair's by default.", flag="--from")
    )
    destination: str | None = field(
        default=None, metadata=asks("Destination; the headline pair's by default.", flag="--to")
    )
    flips_only: bool = field(default=False, metadata=asks("Only what flips the ranking.", flag="--flips"))
    rebuild: bool = field(
        default=False, metadata=asks("Check each flip on a network built again beyond its value.")
    )


@dataclass(frozen=True)
class AssignRequest:
    """Spread demand over the routes so that shares and the queues at crossings agree.

    Example: karwan corridor assign kaz-pak --open Torkham,Chaman --tonnes-year 2000000
    """

    demand: Path | None = field(
        default=None, metadata=asks("CSV: origin_id,destination_id,product_id,t_day.", metavar="FILE")
    )
    as_of: date | None = field(default=None, metadata=asks(AS_OF, metavar="DAY"))
    opened: tuple[str, ...] = field(default=(), metadata=asks(OPENED, flag="--open"))
    tonnes_year: float | None = field(default=None, metadata=asks(TONNES))
    tolerance: float = field(default=1e-9, metadata=asks("Bound on the residual."))
    iterations: int = field(default=200, metadata=asks("At most so many."))

    def __post_init__(self) -> None:
        _check_tonnes(self.tonnes_year)
        if self.demand is not None and self.tonnes_year is not None:
            raise InvalidInput("--demand and --tonnes-year exclude each other.", fix="give one of them.")


def _check_tonnes(tonnes_year: float | None) -> None:
    if tonnes_year is not None and not 0 < tonnes_year <= MOST_TONNES_YEAR:
        raise InvalidInput(
            f"{tonnes_year} t a year is no demand.", "allowed: more than 0, at most 1e9", "give its tonnes."
        )


@dataclass(frozen=True)
class ExportRequest:
    """Write the nodes, links, crossings and corridors of a case.

    Example: karwan network export kaz-pak --format geojson --out layers
    """

    out: Path = field(metadata=asks("Folder to write into."))
    form: str = field(default="gmns", metadata=asks("gmns, geojson or geoparquet.", flag="--format"))
    geometry: str = field(
        default="straight",
        metadata=asks("Lines of links: straight, or scgraph (along roads, rails and sea lanes)."),
    )
    as_of: date | None = field(
        default=None, metadata=asks("Day of closures; default: the case's own.", metavar="DAY")
    )


@dataclass(frozen=True)
class ImportRequest:
    """Read a network as tables nodes and links of a case; list every problem.

    Ends with exit code 2 where a row has an error; what could be read is written all the same.

    Example: karwan network import gmns-folder --format gmns --out my-tables --country KAZ
    """

    folder: Path = field(
        metadata=asks("Folder that holds the files; for TNTP also the *_net.tntp file.", flag="argument")
    )
    out: Path = field(metadata=asks("Folder to write nodes.csv and links.csv into."))
    form: str = field(default="gmns", metadata=asks("gmns or tntp.", flag="--format"))
    country: str = field(default="", metadata=asks("Country of rows that carry none."))
    source: str = field(default="", metadata=asks("source_id of rows that carry none."))
    length_unit: str = field(default="km", metadata=asks("TNTP only: km, mi, m or ft."))
    time_unit: str = field(default="min", metadata=asks("TNTP only: h, min or s."))
    crs: str = field(
        default="",
        metadata=asks("Reference system of coordinates where the files name none, as EPSG:32642."),
    )


@dataclass(frozen=True)
class TntpRequest:
    """Assign the trips of a TNTP network to its user equilibrium and compare with the best-known flows.

    Units are those of the files. --json and --csv hold every link, in the order of the file.

    Example: karwan network assign SiouxFalls_net.tntp --gap 1e-10
    """

    net: Path = field(metadata=asks("The *_net.tntp file, or a folder that holds one.", flag="argument"))
    trips: Path | None = field(
        default=None, metadata=asks("Trip table; *_trips.tntp of the same name by default.")
    )
    flows: Path | None = field(
        default=None, metadata=asks("Known flows; *_flow.tntp of the same name where there is one.")
    )
    gap: float = field(default=1e-6, metadata=asks("Relative gap to reach.", least=0.0))
    iterations: int = field(default=1000, metadata=asks("At most so many.", least=1))
    method: str = field(
        default="gradient_projection", metadata=asks("gradient_projection, bfw, frank_wolfe or msa.")
    )
    toll_weight: float = field(default=0.0, metadata=asks("Time per unit of toll in the cost.", least=0.0))
    length_weight: float = field(
        default=0.0, metadata=asks("Time per unit of length in the cost.", least=0.0)
    )


@dataclass(frozen=True)
class TntpView:
    """Links shown."""

    top: int = field(default=15, metadata=asks("Links to show, the fullest first.", least=1))


@dataclass(frozen=True)
class RouteView:
    """How much of an answer is shown."""

    full: bool = field(
        default=False, metadata=asks("Stages of the first route and the sources of rules too.", flag="--full")
    )


@dataclass(frozen=True)
class RouteRequest:
    """Routes of a shipment: money, P50 and P95 days, CO2e, landed cost, papers, and what is closed.

    Example: karwan route Kostanay Karachi --product chickpeas --tonnes 24 --depart 2026-12-01
    """

    origin: str = field(metadata=asks("Place by node id, name or alias.", flag="argument"))
    destination: str = field(metadata=asks("Place by node id, name or alias.", flag="argument"))
    product: str = field(
        metadata=asks("HS code, product id or name; blank with --hs for goods of your own.", blank=True)
    )
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
            "Days promised, or the day YYYY-MM-DD by whose end it must arrive: gives the share on time, and ranks by it."
        ),
    )
    with_lead_time: bool = field(
        default=False,
        metadata=asks(
            "Count the time before departure (visas, plans of the railway, permits) against the promise.",
            flag="--with-lead-time",
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
    count: int = field(
        default=5,
        metadata=asks(
            "Routes at most, the cheapest, the fastest and the surest among them.", least=1, most=20
        ),
    )
    registration: str = field(
        default="",
        metadata=asks(
            "Country the truck is registered in, ISO alpha-3; the origin's by default.", flag="--truck"
        ),
    )
    unit: tuple[str, ...] = field(
        default=(),
        metadata=asks(
            "Units in place of the usual ones: box20, box40, covered_wagon, hopper, tank_wagon, part_load; repeat or use commas."
        ),
    )
    one_piece: bool = field(
        default=False,
        metadata=asks(
            "The load cannot be divided: one piece on a low-loader or platform.", flag="--one-piece"
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
    hs: str = field(default="", metadata=asks("Own goods in place of a product: HS code, 2 to 10 digits."))
    price: float | None = field(default=None, metadata=asks("Own goods: USD/t at origin."))
    form: str = field(default="", metadata=asks("Own goods: box, bulk or reefer; as like goods by default."))
    dangerous: str = field(
        default="", metadata=asks("UN number of dangerous goods; that of the product by default.")
    )
    units: int | None = field(
        default=None, metadata=asks("Trucks or containers the load fills; reckoned by default.")
    )
    humanitarian: bool = field(
        default=False,
        metadata=asks(
            "Relief goods of an agency: gates shut to trade may let them through.", flag="--humanitarian"
        ),
    )
    lawful_for: tuple[str, ...] = field(
        default=(),
        metadata=asks("Leave out what is unlawful or a risk under the sanctions of EU, US or UN."),
    )
    include_assumed: bool = field(
        default=False,
        metadata=asks("Ways in bond through off-dock terminals whose figures are assumed may be taken too."),
    )
    as_of: date | None = field(
        default=None,
        metadata=asks("See the case as it was known on a day, back to 2022-01-01.", metavar="DAY"),
    )
    journeys: int = field(default=20_000, metadata=asks("Journeys drawn for each route."))
    seed: int = field(default=1, metadata=asks("Seed of the draw.", least=0))
