"""`karwan trade potential`: what could be traded."""

from __future__ import annotations

from pathlib import Path
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

POTENTIAL_SHOWN = {
    "product": "product",
    "name": "name",
    "actual_usd": "traded, USD",
    "potential_usd": "potential, USD",
    "low_usd": "low",
    "high_usd": "high",
    "unrealised_usd": "unrealised, USD",
    "supply": "supply",
    "demand_usd": "demand, USD",
    "easiness": "easiness",
}
EASINESS_SHOWN = {
    "kind": "easiness",
    "easiness": "value",
    "potential_usd": "potential, USD",
    "low_usd": "low",
    "high_usd": "high",
    "note": "note",
    "lacks": "lacks",
}
PUBLISHED_SHOWN = {
    "product": "goods",
    "actual_usd": "traded, USD",
    "potential_usd": "potential, USD",
    "high_usd": "up to",
    "unrealised_usd": "unrealised, USD",
    "method": "method and source",
    "lacks": "lacks",
}


def register(app: typer.Typer) -> None:
    """Add the command to the `karwan trade` app."""
    app.command("potential")(potential)


def potential(  # noqa: PLR0913 - the options of one command
    exporter: Annotated[str, typer.Argument(help="Seller: code or name of a country.")],
    importer: Annotated[str, typer.Argument(help="Buyer: code or name of a country.")],
    table: TableOption = None,
    store: StoreOption = None,
    mapping: Annotated[str | None, typer.Option(help="Mapping of a table with other columns.")] = None,
    source: SourceOption = None,
    level: LevelOption = None,
    year: Annotated[list[int] | None, typer.Option(help="Year to average; repeat for several.")] = None,
    easiness: Annotated[str, typer.Option(help="observed, regional, gravity or corridor.")] = "observed",
    distances: DistancesOption = None,
    tariffs: Annotated[
        Path | None, typer.Option(help="exporter, importer, product, rate_share [, rate_after_share].")
    ] = None,
    growth: Annotated[Path | None, typer.Option(help="country, gdp_ratio, population_ratio.")] = None,
    freight_share: Annotated[
        tuple[float, float] | None, typer.Option(help="Freight over value, now and after.")
    ] = None,
    days: Annotated[tuple[float, float], typer.Option(help="Days door to door, now and after.")] = (0.0, 0.0),
    scenarios: Annotated[
        list[str] | None,
        typer.Option(
            "--scenario",
            help="Freight and days now and under this scenario of the pair's case; repeat for several.",
        ),
    ] = None,
    case: PairCaseOption = None,
    elasticity: Annotated[float, typer.Option(help="Of trade to trade cost, positive.")] = 5.03,
    day_share: Annotated[float, typer.Option(help="Value of a day, share of the goods' value.")] = 0.006,
    import_demand: Annotated[
        float | None, typer.Option(help="Elasticity of import demand, negative: adds SMART effects.")
    ] = None,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
) -> None:
    """Export potential by product: what is traded, what could be, and what each figure lacks.

    Without a table or store the published potentials and offers of the embedded case are shown.

    Example: karwan trade potential KAZ PAK --store trade.duckdb --level hs6 --easiness regional
    """
    # The engines load only when the question is asked.
    from karwan.analysis.corridor_change import case_with_corridors, corridor_change
    from karwan.analysis.potential import PotentialRequest, find_potential
    from karwan.analysis.scenario import case_under
    from karwan.store.country_codes import typed_country

    exporter, importer = typed_country(exporter), typed_country(importer)
    words = ""
    if scenarios:
        if freight_share is not None:
            raise typer.BadParameter("choose --scenario or --freight-share, not both")
        named = case_with_corridors(exporter, importer, case)
        change = corridor_change(*case_under(named, scenarios), exporter)
        freight_share, words = change.cost_share, change.words
    answer = find_potential(
        PotentialRequest(
            exporter,
            importer,
            table=table,
            store=store,
            mapping=mapping,
            source=source,
            level=level,
            years=tuple(year or ()),
            easiness=easiness,
            distances=distances,
            tariffs=tariffs,
            growth=growth,
            freight_share=freight_share,
            days=days,
            trade_elasticity=elasticity,
            time_cost_share_day=day_share,
            import_demand=import_demand,
            corridor_words=words,
        )
    )
    shown = {
        title: POTENTIAL_SHOWN if "supply" in found.columns else PUBLISHED_SHOWN
        for title, found in answer.tables.items()
        if "potential_usd" in found.columns
    }
    show(answer, as_json, as_csv, shown | {"easiness terms": EASINESS_SHOWN})
