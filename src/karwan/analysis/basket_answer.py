"""`karwan basket`: a basket of the case or of a table of goods, or whether a turnover is within reach."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from karwan.analysis.basket import (
    BasketAnswer,
    basket_answer,
    check_corridors,
    table_answer,
)
from karwan.analysis.basket_targets import basket_target, turnover_target
from karwan.analysis.basket_terms import SignTerms
from karwan.analysis.contract import Inputs, Result
from karwan.analysis.corridors import CorridorStudy
from karwan.analysis.goods import landed_table
from karwan.analysis.goods_table import goods_from_file, goods_from_frame
from karwan.analysis.goods_verdicts import verdict_table
from karwan.analysis.reachable import (
    carried_usd,
    comparable_reach,
    good_bounds,
    reach_notes,
)
from karwan.analysis.stored_case import stored_case
from karwan.analysis.trade_flows import newest_turnover
from karwan.analysis.trade_requests import BasketRequest
from karwan.case import Case
from karwan.errors import InvalidInput
from karwan.trade.basket import Terms


def answer_basket(inputs: Inputs, request: BasketRequest) -> Result:
    """Goods that reach a value, or what is reachable; see `BasketRequest`.

    Raises
    ------
    InvalidInput
        No target is given and the case has none; what is asked does not go together.
    """
    if request.table is not None:
        return _of_table(request)
    case = stored_case(inputs).case
    return _reach(case, request.target) if request.reach else _of_case(case, request)


def _of_case(case: Case, request: BasketRequest) -> Result:
    check_corridors(request.corridors)
    Terms(balance=request.balance)  # refuses what is no range before anything is computed
    sign = SignTerms(request.share, request.least)
    caps = sector_shares(request.sectors) if request.sectors else None
    terms = _terms(request)
    own = basket_target(case)
    goods = request.goods if request.goods is not None or own is None else own[1]
    target = request.target if request.target is not None or own is None else own[0]
    if goods is None or target is None:
        raise InvalidInput(
            "The case has no basket target of its own.",
            fix="Give --goods and --target, as --goods 40 --target 21.5e6.",
        )
    study = CorridorStudy(case, case.settings.as_of)
    landed = landed_table(study)
    answer = basket_answer(
        case,
        most_goods=goods,
        target_usd=target,
        basket=request.basket,
        corridors=request.corridors,
        landed=landed,
        verdicts=verdict_table(study, landed) if study.comparable else None,
        sign=sign,
        sector_caps=caps,
        fewest_goods=request.fewest,
        **terms,
    )
    return _result(answer, case.settings.case_id)


def _of_table(request: BasketRequest) -> Result:
    assert request.table is not None
    if request.corridors is not None:
        raise InvalidInput("A table has no corridors.", fix="Leave --corridors out, or --table.")
    if request.goods is None or request.target is None:
        raise InvalidInput("A table has no target of its own.", fix="Give --goods and --target.")
    if isinstance(request.table, Path | str):
        goods, name = goods_from_file(Path(request.table)), Path(request.table).name
    else:
        goods, name = goods_from_frame(request.table), "a data frame"
    answer = table_answer(
        goods,
        most_goods=request.goods,
        target_usd=request.target,
        sector_caps=sector_shares(request.sectors),
        fewest_goods=request.fewest or 0,
        **_terms(request),
    )
    return _result(answer, name)


def _terms(request: BasketRequest) -> dict[str, Any]:
    """What is asked of a basket wherever its goods come from."""
    return {
        "risk": request.risk,
        "counts": goods_counts(request.frontier),
        "balance": request.balance,
    }


def _result(answer: BasketAnswer, source: str) -> Result:
    found = answer.basket
    infeasible = found.status == "infeasible"
    tables = {"basket": found.chosen, "shadow prices": found.prices}
    if infeasible:
        tables |= {"reach": found.reach, "least breach": found.breaches}
    if answer.alternatives is not None and answer.alternatives.height:
        tables["alternatives"] = answer.alternatives
    if answer.frontier.height:
        tables["frontier"] = answer.frontier
    meta = {
        "from": source,
        "status": found.status,
        "target_usd": found.target_usd,
        "value_usd": found.value_usd,
        "cost_usd": found.cost_usd,
        "gap_share": None if infeasible else found.gap_share,
        "met_share": found.met_share,
    }
    return Result(tables, meta, answer.text)


def _reach(case: Case, target: float | None) -> Result:
    wanted = turnover_target(case) if target is None else target
    if wanted is None:
        raise InvalidInput("The case has no turnover target.", fix="Give --target, as --target 1e9.")
    day = case.settings.as_of
    study = CorridorStudy(case, day)
    bounds = good_bounds(verdict_table(study, landed_table(study)), case)
    pairs = comparable_reach(case, wanted, day)
    notes = reach_notes(wanted, newest_turnover(case, day), bounds, carried_usd(bounds, case, day), pairs)
    meta: Mapping[str, Any] = {"case": case.settings.case_id, "target_usd": wanted}
    return Result({"comparable pairs": pairs, "bounds by good": bounds}, meta, tuple(notes))


def sector_shares(texts: Sequence[str]) -> dict[str, float]:
    """Greatest share by sector from texts such as 'food=0.3'.

    Raises
    ------
    InvalidInput
        A text is no sector and share.
    """
    shares = {}
    for text in texts:
        name, _, share = text.partition("=")
        try:
            shares[name.strip()] = float(share)
        except ValueError as error:
            raise InvalidInput(
                f"`{text}` is no sector share.", fix="Write --sectors food=0.3,pharma=0.2."
            ) from error
    return shares


def goods_counts(texts: Sequence[str | int]) -> tuple[int, ...]:
    """Numbers of goods from texts.

    Raises
    ------
    InvalidInput
        A text is no whole number.
    """
    try:
        return tuple(int(text) for text in texts)
    except ValueError as error:
        raise InvalidInput(
            f"`{','.join(map(str, texts))}` are no numbers of goods.", fix="Write --frontier 5,10,20,40."
        ) from error
