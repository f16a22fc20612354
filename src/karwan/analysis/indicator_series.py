"""A country's indicators year by year, all of one source and level, so that the years compare."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from karwan.analysis.contract import Inputs, Result
from karwan.analysis.indicators import source_years, trade_indicators
from karwan.analysis.trade_requests import IndicatorRequest
from karwan.errors import InvalidInput
from karwan.notes import Note, note
from karwan.schema.frames import result_frame


def answer_series(inputs: Inputs, request: IndicatorRequest) -> Result:
    """Indicators of one year, and with `every_year` a row for each year of the same source.

    Raises
    ------
    InvalidInput
        As `trade_indicators`; with `every_year` also a single year asked for.
    """
    if not request.every_year:
        return trade_indicators(inputs, request)
    if request.year is not None:
        raise InvalidInput(
            "One year and every year are asked for.", f"--year {request.year}", "give one of the two."
        )
    fixed, years = source_years(request, inputs.store)
    answers = list(_by_year(inputs, replace(fixed, every_year=False), years))
    found = [(year, result) for year, result in answers if isinstance(result, Result)]
    if not found:
        raise InvalidInput(
            "No year of the source has enough countries.",
            ", ".join(map(str, years)),
            "choose another --source.",
        )
    last = found[-1][1]
    series = result_frame("indicators_years", [_row(year, result) for year, result in found])
    lacking = tuple(one for _, one in answers if isinstance(one, Note))
    return replace(last, tables={"by year": series, **last.tables}, alerts=(*last.alerts, *lacking))


def _by_year(
    inputs: Inputs, request: IndicatorRequest, years: tuple[int, ...]
) -> Iterator[tuple[int, Result | Note]]:
    for year in years:
        try:
            yield year, trade_indicators(inputs, replace(request, year=year))
        except InvalidInput as error:
            yield year, note("store.year_without", year=str(year), fact=error.fact)


def _row(year: int, result: Result) -> dict[str, Any]:
    own = result.tables["country"].row(0, named=True)
    kept = (
        "eci",
        "eci_rank",
        "coi",
        "diversity",
        "fitness",
        "fitness_rank",
        "hhi",
        "effective_number",
        "lines",
    )
    total: float = result.meta["exports_usd"]
    return {
        "year": year,
        "exports_usd": total,
        "countries": result.meta["countries"],
        **{name: own[name] for name in kept},
    }
