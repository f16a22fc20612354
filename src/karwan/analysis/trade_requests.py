"""What each analysis of trade is asked: frozen, checked by type, to JSON and back. Loads no engine."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from karwan.analysis.contract import asks
from karwan.analysis.requests import AS_OF
from karwan.errors import InvalidInput


@dataclass(frozen=True)
class StatusRequest:
    """Each side's figures, growth like for like, mirror gap, distance to the target, conflicts.

    Example: karwan trade status kaz-pak
    """

    as_of: date | None = field(default=None, metadata=asks(AS_OF, metavar="DAY"))


@dataclass(frozen=True)
class GrowthRequest:
    """Growth against the same months a year earlier, contributions to it, seasons, and what cannot be said.

    Example: karwan trade growth KAZ PAK --by direction
    """

    country: str = field(metadata=asks("Code or name of the country.", flag="argument"))
    partner: str | None = field(
        default=None, metadata=asks("Code or name of the partner; all others by default.", flag="argument")
    )
    by: tuple[str, ...] = field(
        default=(),
        metadata=asks(
            "product, partner or direction; month or quarter for each; repeat, or separate by commas."
        ),
    )
    level: int | None = field(
        default=None, metadata=asks("Digits of the products; chapters by default.", least=1, most=12)
    )
    products: tuple[str, ...] = field(
        default=(), metadata=asks("Only this code and those under it.", flag="--product")
    )
    until: date | None = field(
        default=None, metadata=asks("Leave out periods that end later.", metavar="DAY")
    )
    year_starts: int = field(
        default=1, metadata=asks("Month the year to date starts in; 7 for a fiscal year from July.")
    )
    years_back: int = field(default=1, metadata=asks("Years between the two periods.", least=1))
    limit: int = field(
        default=12, metadata=asks("Groups shown a series, others in one row; 0 is all.", least=0)
    )

    @property
    def pair(self) -> tuple[str, str | None]:
        """The two countries."""
        return self.country, self.partner


@dataclass(frozen=True)
class MirrorRequest:
    """Both sides' reports of one trade, their ratio and periods, and what it probably was, with a band.

    Example: karwan trade mirror KAZ PAK --year 2024
    """

    party_a: str = field(metadata=asks("First country: code or name.", flag="argument"))
    party_b: str = field(metadata=asks("Second country: code or name.", flag="argument"))
    level: int | None = field(default=None, metadata=asks("Digits of the product code; 0 is all goods."))
    year: int | None = field(default=None, metadata=asks("Only this year."))
    distances: Path | None = field(
        default=None, metadata=asks("exporter, importer, distance_km, contiguous; or CEPII's columns.")
    )
    cif_share: float | None = field(default=None, metadata=asks("Stated freight share in import reports."))
    sigma: float | None = field(
        default=None,
        metadata=asks("Log error of a report where no panel gives one; by default from the pair's gaps."),
    )
    coverage: float = field(default=0.9, metadata=asks("Probability of the band."))
    method: str = field(default="log", metadata=asks("log or baci."))

    @property
    def pair(self) -> tuple[str, str]:
        """The two countries."""
        return self.party_a, self.party_b


@dataclass(frozen=True)
class IndicatorRequest:
    """Complexity, comparative advantage and concentration of a country, and how its exports fit a partner.

    Example: karwan trade indicators KAZ --store trade.duckdb --level hs4
    """

    country: str = field(metadata=asks("Code or name of the country.", flag="argument"))
    partner: str | None = field(default=None, metadata=asks("Partner: complementarity, intensity."))
    table: Path | None = field(
        default=None, metadata=asks("CSV or Parquet: exporter, importer, product, value_usd [, year].")
    )
    source: str | None = field(
        default=None,
        metadata=asks(
            "Source of the store's loads to use; by default the finest both report in the newest full year."
        ),
    )
    level: str | None = field(
        default=None, metadata=asks("hs2, hs4, hs6 or sitc1; by default the finest both countries report.")
    )
    year: int | None = field(default=None, metadata=asks("Year; the last one by default."))
    limit: int = field(default=20, metadata=asks("Products shown.", least=1))
    least_usd: float = field(
        default=0.0, metadata=asks("Leave out countries that export less, USD.", flag="--least", least=0)
    )
    every_year: bool = field(
        default=False, metadata=asks("A row for each year of the source: complexity, fitness, concentration.")
    )


@dataclass(frozen=True)
class PartnersRequest:
    """Partners of a country in one good or all: value, share, growth, rank, unit value, and how concentrated they are.

    Example: karwan trade partners PAK --flow imports --product 1001 --store trade.duckdb
    """

    country: str = field(metadata=asks("Code or name of the country.", flag="argument"))
    flow: str = field(default="exports", metadata=asks("exports or imports."))
    product: tuple[str, ...] = field(
        default=(), metadata=asks("Product code, its beginning, or words; all goods by default.", whole=True)
    )
    year: int | None = field(default=None, metadata=asks("Year; the newest by default."))
    source: tuple[str, ...] = field(default=(), metadata=asks("Source of the load.", whole=True))
    limit: int = field(default=20, metadata=asks("Largest so many partners; 0 is all.", least=0))


@dataclass(frozen=True)
class CompeteRequest:
    """Landed price by corridor against competing origins, and the freight at which they are equal.

    Example: karwan trade compete chickpeas --rival AUS:600:95:28 --rival TZA:640:70:18
    """

    product: str = field(
        metadata=asks("Product id, HS code or name; its exporter decides the direction.", flag="argument")
    )
    rival: tuple[str, ...] = field(
        default=(), metadata=asks("ORIGIN:PRICE[:FREIGHT[:DAYS]], USD/t; repeat for several.")
    )
    rivals: Path | None = field(
        default=None,
        metadata=asks(
            "CSV: origin, price_usd_t, freight_usd_t, days, rate_share; a blank rate is the case's."
        ),
    )
    trade_store: str | None = field(
        default=None, metadata=asks("Trade store with weights: rivals' unit values.", flag="--store")
    )
    origin: str | None = field(default=None, metadata=asks("Node id of the origin.", flag="--from"))
    destination: str | None = field(default=None, metadata=asks("Node id of the destination.", flag="--to"))
    tonnes: float | None = field(
        default=None,
        metadata=asks(
            "Load, t; a full truck or 40 ft container by default, of goods in bulk the least parcel of a ship."
        ),
    )
    day: date | None = field(
        default=None, metadata=asks("Day of departure; the case's by default.", metavar="DAY")
    )


@dataclass(frozen=True)
class TargetRequest:
    """Chances of the turnover targets: random walks and historical base rate side by side.

    Example: karwan trade target --case kaz-pak --target turnover_1bn --json
    """

    target: str | None = field(default=None, metadata=asks("Only this target of the case."))
    due: date | None = field(
        default=None, metadata=asks("Another date to reach it by.", flag="--date", metavar="DAY")
    )
    as_of: date | None = field(
        default=None, metadata=asks("Day of the forecast; the case's by default.", metavar="DAY")
    )
    panel: Path | None = field(
        default=None, metadata=asks("Panel of bilateral totals (exp, imp, time, export), Parquet or CSV.")
    )
    geography: tuple[Path, Path] | None = field(
        default=None, metadata=asks("CEPII tables geo_cepii (CSV) and dist_cepii (Parquet).")
    )
    origins: int | None = field(
        default=None,
        metadata=asks("Score every way afresh on so many points of the panel.", least=1),
    )
    promises: bool = field(
        default=False, metadata=asks("Also the chance with each promise of the plan kept.")
    )


@dataclass(frozen=True)
class BasketRequest:
    """Choose N goods that reach a value at least cost; say what binds, or how much is reachable.

    No good is above a share or below a least value, every sector has its part, goods that cannot be sold are left out and the demand bounds the
    others. Goods that could stand in are listed beside.

    Without --goods and --target the case's own basket target is taken.

    Example: karwan basket --goods 40 --target 21.5e6 --sectors "*=0.3"
    """

    goods: int | None = field(default=None, metadata=asks("At most so many goods."))
    target: float | None = field(default=None, metadata=asks("Value to reach, USD, as 21.5e6."))
    sectors: tuple[str, ...] = field(
        default=(), metadata=asks("Greatest share by sector: food=0.3,pharma=0.2; *=0.3 for all.")
    )
    fewest: int | None = field(
        default=None,
        metadata=asks(
            "At least so many goods; of a case by default as many as --goods, or all it has.", least=0
        ),
    )
    share: float | None = field(
        default=None,
        metadata=asks(
            "Greatest share of the target of one good; of a case by default three even shares.",
            least=0,
            most=1,
        ),
    )
    least: float | None = field(
        default=None, metadata=asks("Least value of a good, USD; a container of it by default.", least=0)
    )
    risk: float | None = field(
        default=None, metadata=asks("Accepted share of scenarios in which the target is missed.")
    )
    basket: str = field(
        default="",
        metadata=asks("Basket of the case's products to choose from; by default that of its target."),
    )
    frontier: tuple[str, ...] = field(
        default=(), metadata=asks("Numbers of goods for the frontier: 5,10,20,40.")
    )
    corridors: str | None = field(
        default=None,
        metadata=asks("The goods must fit the land corridors: open (all), or today (less what is shut)."),
    )
    balance: tuple[float, float] | None = field(
        default=None,
        metadata=asks("Least and greatest exports over imports; the newest trade is counted in."),
    )
    table: Path | None = field(
        default=None,
        metadata=asks(
            "Choose from this CSV, JSON or Parquet: product_id, bound_usd or unrealised_usd; as `karwan trade potential` prints."
        ),
    )
    reach: bool = field(
        default=False,
        metadata=asks("Is a turnover of --target within reach at all?", flag="--reach"),
    )


@dataclass(frozen=True)
class GoodsRequest:
    """Which goods can be sold: demand, landed price against the cheapest rival, bans, and the input that decides.

    Example: karwan trade goods kaz-pak

    karwan trade goods kaz-pak --product kinnow
    """

    product: str = field(
        default="", metadata=asks("Product id, HS code or name; every good of the case otherwise.")
    )
    as_of: date | None = field(default=None, metadata=asks(AS_OF, metavar="DAY"))


@dataclass(frozen=True)
class GoodsView:
    """Goods shown."""

    every: bool = field(
        default=False,
        metadata=asks(
            "Print the goods that cannot be judged too; JSON and CSV always hold them.", flag="--all"
        ),
    )
    full: bool = field(
        default=False,
        metadata=asks("Print every column of each good, as for one good by --product.", flag="--full"),
    )


@dataclass(frozen=True)
class PotentialRequest:
    """Export potential by product: what is traded, what could be, and what each figure lacks.

    Without a table or store the published potentials and offers of the embedded case are shown.

    Example: karwan trade potential KAZ PAK --store trade.duckdb --level hs6 --easiness regional
    """

    exporter: str = field(metadata=asks("Seller: code or name of a country.", flag="argument"))
    importer: str = field(metadata=asks("Buyer: code or name of a country.", flag="argument"))
    table: Path | None = field(
        default=None, metadata=asks("CSV or Parquet: exporter, importer, product, value_usd [, year].")
    )
    mapping: str | None = field(default=None, metadata=asks("Mapping of a table with other columns."))
    source: str | None = field(
        default=None,
        metadata=asks(
            "Source of the store's loads to use; by default the finest both report in the newest full year."
        ),
    )
    level: str | None = field(
        default=None, metadata=asks("hs2, hs4, hs6 or sitc1; by default the finest both countries report.")
    )
    years: tuple[int, ...] = field(
        default=(), metadata=asks("Year to average; repeat for several.", flag="--year")
    )
    easiness: str = field(default="observed", metadata=asks("observed, regional, gravity or corridor."))
    distances: Path | None = field(
        default=None, metadata=asks("exporter, importer, distance_km, contiguous; or CEPII's columns.")
    )
    tariffs: Path | None = field(
        default=None, metadata=asks("exporter, importer, product, rate_share [, rate_after_share].")
    )
    growth: Path | None = field(default=None, metadata=asks("country, gdp_ratio, population_ratio."))
    freight_share: tuple[float, float] | None = field(
        default=None, metadata=asks("Freight over value, now and after.")
    )
    days: tuple[float, float] = field(default=(0.0, 0.0), metadata=asks("Days door to door, now and after."))
    scenario: tuple[str, ...] = field(
        default=(),
        metadata=asks(
            "Freight and days now and under this scenario of the pair's case; repeat for several.",
            whole=True,
        ),
    )
    trade_elasticity: float = field(
        default=5.03, metadata=asks("Of trade to trade cost, positive.", flag="--elasticity")
    )
    time_cost_share_day: float = field(
        default=0.006, metadata=asks("Value of a day, share of the goods' value.", flag="--day-share")
    )
    import_demand: float | None = field(
        default=None, metadata=asks("Elasticity of import demand, negative: adds SMART effects.")
    )

    def __post_init__(self) -> None:
        if self.scenario and self.freight_share is not None:
            raise InvalidInput(
                "Both a scenario and freight shares are given.",
                f"--scenario {', '.join(self.scenario)} and --freight-share",
                "give one of them.",
            )
        for name, (now, then) in (
            ("--freight-share", self.freight_share or (0.0, 0.0)),
            ("--days", self.days),
        ):
            if not (0.0 <= now < float("inf") and 0.0 <= then < float("inf")):
                raise InvalidInput(
                    f"{name} has figures that cannot be.", f"{now:g} {then:g}", "give two of 0 or more."
                )

    @property
    def pair(self) -> tuple[str, str]:
        """The two countries."""
        return self.exporter, self.importer


@dataclass(frozen=True)
class QueryRequest:
    """Sum stored flows by groups. What must not be added (both sides, several sources, ...) is kept apart and said.

    Example: karwan trade query --exporter AFG --importer PAK --by period,product --level 6 --csv
    """

    exporter: tuple[str, ...] = field(
        default=(), metadata=asks("Code or name; repeat, or separate by commas.", whole=True)
    )
    importer: tuple[str, ...] = field(
        default=(), metadata=asks("Code or name; WLD is the world.", whole=True)
    )
    reporter: tuple[str, ...] = field(default=(), metadata=asks("Whose statistics.", whole=True))
    side: tuple[str, ...] = field(
        default=(), metadata=asks("exporter, importer, reconciled or unknown.", whole=True)
    )
    product: tuple[str, ...] = field(default=(), metadata=asks("Product code or its beginning.", whole=True))
    level: tuple[int, ...] = field(default=(), metadata=asks("Digits of the code; 0 is the total."))
    period: tuple[str, ...] = field(
        default=(), metadata=asks("2020, 2025-03 or 2024-07..2025-06.", whole=True)
    )
    since: date | None = field(default=None, metadata=asks("First day.", metavar="DAY"))
    until: date | None = field(default=None, metadata=asks("Last day.", metavar="DAY"))
    source: tuple[str, ...] = field(default=(), metadata=asks("Source of the load.", whole=True))
    hs_revision: tuple[str, ...] = field(default=(), metadata=asks("Nomenclature.", whole=True))
    by: tuple[str, ...] = field(
        default=(), metadata=asks("Columns to group by; repeat, or separate by commas.")
    )
    limit: int | None = field(default=None, metadata=asks("Largest so many groups."))
    revision: str | None = field(
        default=None,
        metadata=asks("Express HS codes in this revision, as HS12; adds product to the groups."),
    )
    correlation: tuple[Path, ...] = field(
        default=(),
        metadata=asks("UNSD correlation table (.xlsx, .xls, .csv) to do so by; repeat for several."),
    )


@dataclass(frozen=True)
class NamesRequest:
    """HS codes by words or by their beginning, with their names.

    Example: karwan trade names wheat durum
    """

    words: tuple[str, ...] = field(
        metadata=asks("Words of the name, or the beginning of a code.", flag="argument", whole=True)
    )


@dataclass(frozen=True)
class LoadsRequest:
    """List what was loaded, oldest first.

    Example: karwan trade loads --store trade.duckdb
    """


@dataclass(frozen=True)
class RejectsRequest:
    """List rows that were not stored: line, reason, and the row as it stood.

    Example: karwan trade rejects --load 434155e28025ce42 --csv
    """

    load: str | None = field(default=None, metadata=asks("Only this load."))


@dataclass(frozen=True)
class FlowSourcesRequest:
    """List the sources and the packaged mappings.

    Example: karwan trade sources
    """


@dataclass(frozen=True)
class VerifyRequest:
    """Compare what the store holds with what its loads say: counts, keys, digests. A fault ends in exit code 2.

    Example: karwan trade verify --store trade.duckdb
    """

    upgrade: bool = field(
        default=False,
        metadata=asks("First bring a store of an earlier version up to date, in place.", flag="--upgrade"),
    )


@dataclass(frozen=True)
class GravityRequest:
    """What agreements and the like did to trade: three-way gravity on a panel of your own.

    The panel is a CSV or Parquet file with exporter, importer, year, trade, and the columns to estimate. Needs the extra `gravity`.

    Example: karwan trade gravity panel.parquet --covariate rta --every 4
    """

    panel: Path = field(metadata=asks("File of the panel.", flag="argument"))
    covariates: tuple[str, ...] = field(
        default=(),
        metadata=asks("Columns to estimate; repeat, or separate by commas.", flag="--covariate"),
    )
    every: int = field(default=1, metadata=asks("Keep every so many years, from the first.", least=1))
    value: str = field(default="trade", metadata=asks("Column of trade."))
    pair_effects: bool = field(default=True, metadata=asks("Effects of pairs."))
    directed: bool = field(default=False, metadata=asks("An effect for each direction of a pair."))
    borders: bool = field(default=False, metadata=asks("A dummy of trade abroad for each year but the last."))
    cluster: str = field(
        default="pair", metadata=asks("Standard errors by pair, exporter, importer or exporter+importer.")
    )
    theta: float = field(
        default=5.03, metadata=asks("Trade elasticity that turns an effect into a duty.", least=0.1)
    )


@dataclass(frozen=True)
class WorldBuildRequest:
    """Make a world matrix of a file: BACI, an input-output table, or flows of any layout.

    BACI has t, i, j, k, v; flows have exporter, importer, year, value_usd and sector or product; an input-output table has sector, exporter,
    importer, intermediate_musd, and its output file sector, country, gross_output_musd, final_demand_for_output_musd.

    Example: karwan trade world build --baci BACI_HS17_Y2022_V202401.csv --sectors section --save baci2022
    """

    save: str = field(metadata=asks("Name to keep it under: NAME.world.parquet in this folder, or a path."))
    baci: Path | None = field(default=None, metadata=asks("BACI file."))
    icio: Path | None = field(default=None, metadata=asks("Input-output file in long form."))
    flows: Path | None = field(default=None, metadata=asks("Table of flows."))
    output: Path | None = field(
        default=None, metadata=asks("Output: country, sector, usd; of an input-output file its own.")
    )
    sectors: str = field(default="", metadata=asks("hs2, section or icio; sections by default."))
    year: int | None = field(default=None, metadata=asks("Year; the latest of the file by default."))
    rest: bool = field(
        default=True, metadata=asks("Merge countries that the case does not list into one rest.")
    )


@dataclass(frozen=True)
class WorldShowRequest:
    """Countries and sectors of the world matrix: trade, share sold at home, share assumed.

    Example: karwan trade world show kaz-pak
    """

    world: str = field(
        default="", metadata=asks("Name or file of a saved matrix; that of the case by default.")
    )


@dataclass(frozen=True)
class WorldCheckRequest:
    """What must hold of the world matrix, and whether reported tonnes fit the goods.

    Example: karwan trade world check kaz-pak
    """

    world: str = field(
        default="", metadata=asks("Name or file of a saved matrix; that of the case by default.")
    )
