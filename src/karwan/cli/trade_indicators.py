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
    "country": (
        "country",
        "eci_rank",
        "eci",
        "coi",
        "diversity",
        "hhi",
        "effective_number",
        "theil",
        "top_share",
    ),
    "reconciled by year": ("direction", "year", "value_usd", "low_usd", "high_usd", "sides", "note"),
    "flows by product": (
        "exporter",
        "importer",
        "product",
        "export_usd",
        "import_usd",
        "ratio",
        "value_usd",
        "low_usd",
        "high_usd",
        "state",
    ),
}


def register(app: typer.Typer) -> None:
    """Add both commands to the `karwan trade` app."""
    app.command("mirror")(mirror)
    app.command("indicators")(indicators)


def mirror(  # noqa: PLR0913 - the options of one command
    party_a: Annotated[str, typer.Argument(help="ISO alpha-3 code of the first country.")],
    party_b: Annotated[str, typer.Argument(help="ISO alpha-3 code of the second.")],
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
    from karwan.trade_desk.mirror import MirrorRequest
    from karwan.trade_desk.mirror import mirror as find

    answer = find(
        MirrorRequest(
            party_a.upper(),
            party_b.upper(),
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
    show(answer, as_json, as_csv, SHOWN)


def indicators(
    country: Annotated[str, typer.Argument(help="ISO alpha-3 code.")],
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
    from karwan.trade_desk.indicators import IndicatorRequest
    from karwan.trade_desk.indicators import indicators as find

    request = IndicatorRequest(
        country.upper(),
        partner=partner.upper() if partner else None,
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
