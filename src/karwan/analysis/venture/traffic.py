"""The corridors' own traffic at the port of a venture, from the loop of trade and corridors."""

from __future__ import annotations

import polars as pl

from karwan.amounts import MEAN_YEAR_DAYS
from karwan.analysis.case_requests import ScenarioTradeRequest
from karwan.analysis.contract import Inputs
from karwan.analysis.coupling.answer import TODAY, answer_trade
from karwan.analysis.venture_requests import AppraiseRequest

TERMINAL = "terminal"


def corridor_traffic(inputs: Inputs, request: AppraiseRequest) -> pl.DataFrame:
    """Supplies of the case with `corridor_year` as the loop of trade and corridors tells it in the state asked for.

    Counted are the boxes of terminals at the port whose capacity is known, as only these are places of the loop. A row without a port, or
    of another venture, stays as it is.

    Raises
    ------
    InvalidInput
        The case has no trade to start from; see `karwan scenario trade`.
    """
    case = inputs.the_case()
    asked = ScenarioTradeRequest(scenarios=request.scenarios or TODAY[:1])
    places = answer_trade(inputs, asked).tables["places"].filter(kind=TERMINAL)
    node = dict(case["terminals"].select("terminal_id", "node_id").iter_rows())
    day: dict[str, float] = {}
    for place, volume in places.select("place_id", "volume_day").iter_rows():
        port = node.get(place, place)
        day[port] = day.get(port, 0.0) + volume
    rows = case["venture_supply"]
    mine = (pl.col("venture_id") == request.venture_id) & pl.col("port_id").is_not_null()
    found = pl.Series("corridor_year", [MEAN_YEAR_DAYS * day.get(port, 0.0) for port in rows["port_id"]])
    return rows.with_columns(corridor_year=pl.when(mine).then(found).otherwise("corridor_year"))
