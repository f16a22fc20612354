"""`karwan trade growth`: growth like for like, what it is made of, and the seasons."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

import polars as pl
import typer

from karwan.cli.output import CsvOption, JsonOption
from karwan.cli.trade_options import PairCaseOption, StoreOption, show

HEADS = {
    "reporter": "by",
    "flow": "direction",
    "before": "against",
    "value_usd": "USD",
    "before_usd": "before, USD",
    "earlier_usd": "before, USD",
    "later_usd": "USD",
    "growth_share": "growth",
    "contribution_share": "contribution",
    "claimed": "stated by",
    "source_id": "figures from",
}


def register(app: typer.Typer) -> None:
    """Add the command to the `karwan trade` app."""
    app.command("growth")(growth)


def growth(  # noqa: PLR0913 - the options of one command
    country: Annotated[str, typer.Argument(help="Code or name of the country.")],
    partner: Annotated[
        str | None, typer.Argument(help="Code or name of the partner; all others by default.")
    ] = None,
    case: PairCaseOption = None,
    store: StoreOption = None,
    by: Annotated[
        list[str] | None, typer.Option(help="product, partner or direction; repeat, or separate by commas.")
    ] = None,
    level: Annotated[
        int | None, typer.Option(help="Digits of the products; chapters by default.", min=1, max=12)
    ] = None,
    product: Annotated[list[str] | None, typer.Option(help="Only this code and those under it.")] = None,
    until: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], metavar="DAY", help="Leave out periods that end later."),
    ] = None,
    year_starts: Annotated[
        int, typer.Option(help="Month the year to date starts in; 7 for a fiscal year from July.")
    ] = 1,
    years_back: Annotated[int, typer.Option(help="Years between the two periods.", min=1)] = 1,
    limit: Annotated[
        int, typer.Option(help="Groups shown a series, others in one row; 0 is all.", min=0)
    ] = 12,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
) -> None:
    """Growth against the same months a year earlier, contributions to it, seasons, and what cannot be said.

    Example: karwan trade growth KAZ PAK --by direction
    """
    from karwan.analysis.growth import GrowthRequest
    from karwan.analysis.growth import growth as find
    from karwan.store.country_codes import typed_country

    answer = find(
        GrowthRequest(
            typed_country(country),
            typed_country(partner) if partner else None,
            case=case,
            store=store,
            by=tuple(name.strip() for text in by or () for name in text.split(",") if name.strip()),
            level=level,
            products=tuple(
                code.strip().replace(".", "")
                for text in product or ()
                for code in text.split(",")
                if code.strip()
            ),
            until=until.date() if until else None,
            year_starts=year_starts,
            years_back=years_back,
            limit=limit,
        )
    )
    show(answer, as_json, as_csv, _shown(answer.tables))


def _shown(tables: Mapping[str, pl.DataFrame]) -> dict[str, dict[str, str]]:
    """Columns for people: the store's source only where there are several, a change only as a share."""
    several = len({name for table in tables.values() for name in table["source"]}) > 1
    hidden = {"change_usd", "kind"} if several else {"change_usd", "kind", "source"}
    return {
        title: {
            c: HEADS.get(c, c)
            for c in table.columns
            if c not in hidden and table[c].null_count() < table.height
        }
        for title, table in tables.items()
    }
