"""`karwan basket` and `karwan trade target`: which goods close the gap, and whether the target will be
reached.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date as date_type
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import polars as pl
import typer

from karwan.cli.brief import ScenarioOption
from karwan.cli.output import CsvOption, Format, JsonOption, chosen, emit
from karwan.errors import InvalidInput

if TYPE_CHECKING:
    from karwan.analysis.basket import BasketAnswer
    from karwan.case.case import AppliedScenario

BASKET_SHOWN = {
    "basket": {
        "product": "product",
        "sector": "sector",
        "value_usd": "chosen, USD",
        "bound_usd": "at most, USD",
        "total_cost_usd": "cost, USD",
        "landed_usd_t": "landed, USD/t",
        "bound_basis": "at most is",
    },
    "shadow prices": {"constraint": "what binds", "dual": "a unit more adds, USD", "unit": "unit"},
    "reach": {"without": "without", "reach_usd": "reach, USD", "gain_usd": "gain, USD"},
    "least breach": {"constraint": "term", "breach": "broken by", "limit": "limit", "unit": "unit"},
    "frontier": {
        "most_goods": "at most",
        "goods": "goods",
        "value_usd": "value, USD",
        "cost_usd": "cost, USD",
        "reach_usd": "reach, USD",
        "status": "status",
    },
}
VARIANTS = {
    "variant": "supposing",
    "reach_usd": "reach, USD",
    "reachable": "target reached",
    "binds": "held by",
}
BLOCKS = {"product": "goods", "sector": "sector", "direction": "direction", "bound_usd": "at most, USD"}
CHANCES = {
    "model": "way",
    "probability": "chance",
    "low_share": "low",
    "high_share": "high",
    "basis_text": "how",
}
RATES = {
    "label": "pairs of countries",
    "horizon_years": "over years",
    "successes": "grew as much",
    "cases": "of",
    "share": "share",
    "low_share": "low",
    "high_share": "high",
}
TESTED = {
    "model": "way",
    "step_years": "years ahead",
    "pairs": "pairs",
    "forecasts": "forecasts",
    "crps": "CRPS",
    "mase": "MASE",
    "cover90_share": "in 90 % band",
}
FAN = {"date": "date", "p05": "at 5 %", "p25": "25 %", "p50": "50 %", "p75": "75 %", "p95": "95 %"}
CaseOption = Annotated[str, typer.Option("--case", help="Embedded case or folder.")]


def register(app: typer.Typer, trade: typer.Typer) -> None:
    """Add `basket` to the root command and `target` to `karwan trade`."""
    app.command("basket")(basket)
    trade.command("target")(target)


def basket(  # noqa: PLR0913 - the options of one command
    case: CaseOption = "kaz-pak",
    scenarios: ScenarioOption = None,
    goods: Annotated[int | None, typer.Option("--goods", help="At most so many goods.")] = None,
    target: Annotated[float | None, typer.Option("--target", help="Value to reach, USD, as 21.5e6.")] = None,
    sectors: Annotated[
        str | None,
        typer.Option("--sectors", help="Greatest share by sector: food=0.3,pharma=0.2; *=0.3 for all."),
    ] = None,
    fewest: Annotated[int, typer.Option("--fewest", help="At least so many goods, a container of each.")] = 0,
    risk: Annotated[
        float | None,
        typer.Option("--risk", help="Accepted share of scenarios in which the target is missed."),
    ] = None,
    name: Annotated[
        str, typer.Option("--basket", help="Basket of the case's products to choose from.")
    ] = "processed_40",
    frontier: Annotated[
        str | None, typer.Option("--frontier", help="Numbers of goods for the frontier: 5,10,20,40.")
    ] = None,
    corridors: Annotated[
        str | None,
        typer.Option(
            "--corridors",
            help="The goods must fit the land corridors: open (all), or today (less what is shut).",
        ),
    ] = None,
    balance: Annotated[
        tuple[float, float] | None,
        typer.Option(
            "--balance",
            help="Least and greatest exports over imports; trade of the last full year is counted in.",
            show_default=False,
        ),
    ] = None,
    table: Annotated[
        Path | None,
        typer.Option(
            "--table",
            help="Choose from this CSV, JSON or Parquet: product_id, bound_usd or unrealised_usd; as `karwan trade "
            "potential` prints.",
        ),
    ] = None,
    reach: Annotated[
        bool, typer.Option("--reach", help="Is a turnover of --target within reach at all?")
    ] = False,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
) -> None:
    """Choose at most N goods that reach a value at least cost; say what binds, or how much is reachable.

    Without --goods and --target the case's own basket target is taken.

    Example: karwan basket --goods 40 --target 21.5e6 --sectors "*=0.3"
    """
    from karwan.analysis.basket import basket_answer, basket_target
    from karwan.analysis.scenario import case_under

    form = chosen(as_json, as_csv)
    if table is not None:
        if corridors is not None:
            raise InvalidInput("A table has no corridors.", fix="Leave --corridors out, or --table.")
        _from_table(table, goods, target, form, _caps(sectors), fewest, risk, _counts(frontier), balance)
        return
    opened = case_under(case, scenarios)[1]
    if reach:
        _reach(opened, target, form)
        return
    own = basket_target(opened)
    if own is None and (goods is None or target is None):
        raise InvalidInput(
            "The case has no basket target of its own.",
            fix="Give --goods and --target, as --goods 40 --target 21.5e6.",
        )
    value, count = (own[0], own[1]) if own else (0.0, 0)
    answer = basket_answer(
        opened,
        most_goods=count if goods is None else goods,
        target_usd=value if target is None else target,
        sector_caps=_caps(sectors),
        basket=name,
        fewest_goods=fewest,
        risk=risk,
        counts=_counts(frontier),
        corridors=corridors,
        balance=balance,
    )
    _answer(answer, form, opened.settings.case_id, opened.scenarios)


def _from_table(  # the options that hold for a table
    path: Path,
    goods: int | None,
    target: float | None,
    form: Format,
    caps: dict[str, float],
    fewest: int,
    risk: float | None,
    counts: tuple[int, ...],
    balance: tuple[float, float] | None,
) -> None:
    from karwan.analysis.basket import table_answer
    from karwan.analysis.goods_table import goods_from_file

    if goods is None or target is None:
        raise InvalidInput("A table has no target of its own.", fix="Give --goods and --target.")
    answer = table_answer(
        goods_from_file(path),
        most_goods=goods,
        target_usd=target,
        sector_caps=caps,
        fewest_goods=fewest,
        risk=risk,
        counts=counts,
        balance=balance,
    )
    _answer(answer, form, path.name)


def _answer(answer: BasketAnswer, form: Format, source: str, under: Sequence[AppliedScenario] = ()) -> None:
    found = answer.basket
    tables = {"basket": found.chosen, "shadow prices": found.prices}
    if found.status == "infeasible":
        tables |= {"reach": found.reach, "least breach": found.breaches}
    if answer.frontier.height:
        tables["frontier"] = answer.frontier
    if form is Format.TABLE:
        asked = pl.col("without").replace("", "none, all as asked")
        binding = found.prices.filter(pl.col("binding"))
        tables |= {"shadow prices": binding, "reach": found.reach.with_columns(asked)}
        tables = {title: table for title, table in tables.items() if table.height}
    meta = {
        "from": source,
        "status": found.status,
        "target_usd": found.target_usd,
        "value_usd": found.value_usd,
        "cost_usd": found.cost_usd,
        "gap_share": None if found.status == "infeasible" else found.gap_share,
        "met_share": found.met_share,
    }
    _print(tables, form, meta, answer.text, BASKET_SHOWN, under)


def _reach(case: object, target: float | None, form: Format) -> None:
    from karwan.analysis.basket import reach_of_target, turnover_target
    from karwan.case import Case

    assert isinstance(case, Case)
    if target is None:
        target = turnover_target(case)
    if target is None:
        raise InvalidInput("The case has no turnover target.", fix="Give --target, as --target 1e9.")
    settings = case.settings
    found = reach_of_target(case, target, settings.as_of)
    tables = {"variants": found.variants, "blocks": found.blocks}
    ways = {
        "a_to_b": f"{settings.party_a} to {settings.party_b}",
        "b_to_a": f"{settings.party_b} to {settings.party_a}",
    }
    if form is Format.TABLE:
        tables = {
            title: table.with_columns(pl.col("direction").replace(ways))
            if "direction" in table.columns
            else table
            for title, table in tables.items()
        }
    columns = {"variants": VARIANTS, "blocks": BLOCKS}
    _print(
        tables, form, {"case": settings.case_id, "target_usd": target}, found.text, columns, case.scenarios
    )


def target(
    case: CaseOption = "kaz-pak",
    scenarios: ScenarioOption = None,
    target: Annotated[str | None, typer.Option("--target", help="Only this target of the case.")] = None,
    date: Annotated[
        str | None, typer.Option("--date", help="Another date to reach it by, YYYY-MM-DD.")
    ] = None,
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="Day of the forecast; the case's by default.")
    ] = None,
    panel: Annotated[
        Path | None,
        typer.Option("--panel", help="Panel of bilateral totals (exp, imp, time, export), Parquet or CSV."),
    ] = None,
    geography: Annotated[
        tuple[Path, Path] | None,
        typer.Option(
            "--geography", help="CEPII tables geo_cepii (CSV) and dist_cepii (Parquet).", show_default=False
        ),
    ] = None,
    origins: Annotated[
        int | None,
        typer.Option("--origins", help="Score every way afresh on so many points of the panel.", min=1),
    ] = None,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
) -> None:
    """Chances of the turnover targets: random walks and historical base rate side by side.

    Example: karwan trade target --case kaz-pak --target turnover_1bn --json
    """
    from karwan.analysis.scenario import case_under
    from karwan.analysis.target import target_answer

    form = chosen(as_json, as_csv)
    opened = case_under(case, scenarios)[1]
    section = target_answer(
        opened,
        as_of=_day(as_of) or opened.settings.as_of,
        target_id=target,
        due=_day(date),
        panel=panel,
        geography=geography,
        origins=origins,
    )
    tables = {
        "chances": section.chances,
        "base rate": section.base_rate,
        "back-tests": section.back_tests,
        "fan": section.fan,
    }
    meta = {"case": opened.settings.case_id}
    if form is Format.TABLE:
        tables = _chances_apart(tables)
    columns = {title: FAN if title.startswith("fan, ") else CHANCES for title in tables}
    columns |= {"base rate": RATES, "back-tests": TESTED}
    _print(tables, form, meta, section.text, columns, opened.scenarios)


def _chances_apart(tables: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """The tables for people: chances of each target by itself, their ends told as shares, nothing empty."""
    ends = {"low": "low_share", "high": "high_share"}
    parts = tables["chances"].rename(ends).partition_by("target", maintain_order=True)
    apart = {str(part["target"][0]): part for part in parts}
    rest = {"base rate": tables["base rate"].rename(ends), "back-tests": tables["back-tests"]}
    fans = tables["fan"].partition_by("model", maintain_order=True)
    rest |= {f"fan, {part['model'][0]}: USD a year that turnover stays below": part for part in fans}
    return apart | {title: table for title, table in rest.items() if table.height}


def _print(
    tables: dict[str, pl.DataFrame],
    form: Format,
    meta: Mapping[str, object],
    text: tuple[str, ...],
    columns: Mapping[str, Mapping[str, str]],
    under: Sequence[AppliedScenario] = (),
) -> None:
    shown: dict[str, dict[str, str]] = {}
    if form is Format.TABLE:
        shown = {
            title: {name: head for name, head in heads.items() if name in tables[title].columns}
            for title, heads in columns.items()
            if title in tables
        }
    emit(tables, form, columns=shown, meta=meta if form is Format.JSON else None, notes=text, under=under)


def _caps(text: str | None) -> dict[str, float]:
    """'food=0.3,pharma=0.2' as a mapping."""
    caps = {}
    for part in (text or "").split(","):
        if not part.strip():
            continue
        name, _, share = part.partition("=")
        try:
            caps[name.strip()] = float(share)
        except ValueError as error:
            raise InvalidInput(
                f"`{part.strip()}` is no sector share.", fix="Write --sectors food=0.3,pharma=0.2."
            ) from error
    return caps


def _counts(text: str | None) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in (text or "").split(",") if part.strip())
    except ValueError as error:
        raise InvalidInput(
            f"`{text}` are no numbers of goods.", fix="Write --frontier 5,10,20,40."
        ) from error


def _day(text: str | None) -> date_type | None:
    if text is None:
        return None
    try:
        return date_type.fromisoformat(text)
    except ValueError as error:
        raise InvalidInput(f"`{text}` is no day.", fix="Write YYYY-MM-DD.") from error
