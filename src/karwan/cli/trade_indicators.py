"""`karwan trade mirror` and `karwan trade indicators`: both sides' truth, and what a country is good at."""

from __future__ import annotations

from typing import Annotated

import typer

from karwan.cli.output import CsvOption, JsonOption
from karwan.cli.trade_options import (
    DistancesOption,
    LevelOption,
    PairCaseOption,
    SourceOption,
    StoreOption,
    TableOption,
    show,
)

SHOWN = {
    "country": {
        "country": "country",
        "eci_rank": "rank by complexity",
        "eci": "complexity (ECI)",
        "coi": "outlook (COI)",
        "diversity": "goods with advantage",
        "hhi": "concentration (HHI)",
        "effective_number": "effective number of goods",
        "theil": "Theil",
        "top_share": "share of the largest",
    },
    "advantages": {
        "product": "product",
        "name": "name",
        "value_usd": "exports, USD",
        "rca": "advantage (RCA)",
        "rsca": "symmetric (RSCA)",
        "nrca": "normalised (NRCA)",
    },
    "nearest new products": {
        "product": "product",
        "name": "name",
        "rca": "advantage (RCA)",
        "pci": "complexity (PCI)",
        "density": "density",
        "distance": "distance",
        "cog": "opportunity gain",
    },
    "pair": {
        "exporter": "exporter",
        "importer": "importer",
        "flow_usd": "trade, USD",
        "complementarity": "complementarity",
        "intensity": "intensity",
        "grubel_lloyd": "Grubel-Lloyd",
        "products_both": "goods both ways",
    },
    "both sides by year": {"direction_label": "direction", "year": "year"},
    "reconciled by year": {
        "direction_label": "direction",
        "year": "year",
        "value_usd": "USD",
        "low_usd": "low",
        "high_usd": "high",
        "sides": "reports",
        "note": "note",
        "source_id": "source",
    },
    "reports of the pair in the store": {
        "exporter": "exporter",
        "importer": "importer",
        "export_usd": "exporter says, USD",
        "import_usd": "importer says, USD",
        "ratio": "ratio",
        "value_usd": "probably, USD",
        "low_usd": "low",
        "high_usd": "high",
        "both": "flows of both",
        "exporter_only": "exporter only",
        "importer_only": "importer only",
    },
    "flows by product": {
        "exporter": "exporter",
        "importer": "importer",
        "product": "product",
        "export_usd": "exporter says, USD",
        "import_usd": "importer says, USD",
        "ratio": "ratio",
        "value_usd": "probably, USD",
        "low_usd": "low",
        "high_usd": "high",
        "state": "reports",
    },
}
SAID = (("usd", "USD"), ("period", "period"))


def register(app: typer.Typer) -> None:
    """Add both commands to the `karwan trade` app."""
    app.command("mirror")(mirror)
    app.command("indicators")(indicators)


def mirror(  # noqa: PLR0913 - the options of one command
    party_a: Annotated[str, typer.Argument(help="First country: code or name.")],
    party_b: Annotated[str, typer.Argument(help="Second country: code or name.")],
    case: PairCaseOption = None,
    store: StoreOption = None,
    level: Annotated[int | None, typer.Option(help="Digits of the product code; 0 is all goods.")] = None,
    year: Annotated[int | None, typer.Option(help="Only this year.")] = None,
    distances: DistancesOption = None,
    cif_share: Annotated[float | None, typer.Option(help="Stated freight share in import reports.")] = None,
    sigma: Annotated[
        float | None,
        typer.Option(help="Log error of a report where no panel gives one; by default from the pair's gaps."),
    ] = None,
    coverage: Annotated[float, typer.Option(help="Probability of the band.")] = 0.9,
    method: Annotated[str, typer.Option(help="log or baci.")] = "log",
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
) -> None:
    """Both sides' reports of one trade, their ratio and periods, and what it probably was, with a band.

    Example: karwan trade mirror KAZ PAK --year 2024
    """
    from karwan.analysis.mirror import MirrorRequest
    from karwan.analysis.mirror import mirror as find
    from karwan.store.country_codes import typed_country

    party_a, party_b = typed_country(party_a), typed_country(party_b)
    answer = find(
        MirrorRequest(
            party_a,
            party_b,
            case=case,
            store=store,
            level=level,
            year=year,
            distances=distances,
            cif_share=cif_share,
            sigma=sigma,
            coverage=coverage,
            method=method,
        )
    )
    sides = {f"{code.lower()}_{of}": f"{code}, {head}" for code in (party_a, party_b) for of, head in SAID}
    years = SHOWN["both sides by year"] | sides | {"ratio": "ratio"}
    show(answer, as_json, as_csv, SHOWN | {"both sides by year": years})


def indicators(
    country: Annotated[str, typer.Argument(help="Code or name of the country.")],
    partner: Annotated[str | None, typer.Option(help="Partner: complementarity, intensity.")] = None,
    table: TableOption = None,
    store: StoreOption = None,
    source: SourceOption = None,
    level: LevelOption = None,
    year: Annotated[int | None, typer.Option(help="Year; the last one by default.")] = None,
    limit: Annotated[int, typer.Option(help="Products shown.", min=1)] = 20,
    least: Annotated[float, typer.Option(help="Leave out countries that export less, USD.", min=0)] = 0.0,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
) -> None:
    """Complexity, comparative advantage and concentration of a country, and how its exports fit a partner.

    Example: karwan trade indicators KAZ --store trade.duckdb --level hs4
    """
    from karwan.analysis.indicators import IndicatorRequest
    from karwan.analysis.indicators import indicators as find
    from karwan.store.country_codes import typed_country

    request = IndicatorRequest(
        typed_country(country),
        partner=typed_country(partner) if partner else None,
        table=table,
        store=store,
        source=source,
        level=level,
        year=year,
        limit=limit,
        least_usd=least,
    )
    answer = find(request)
    show(answer, as_json, as_csv, SHOWN)
