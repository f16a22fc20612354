"""Where a side loses by a scenario: the band of each side's worth, and the market that the loser loses most of."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from karwan.analysis.coupling.promised import PromisedWelfare, Welfare
from karwan.analysis.worth.states import NOW, State
from karwan.appraisal.coupling.draws import band
from karwan.appraisal.coupling.trade import GENERAL, TradeResponse

LEAST_LOSS_USD = 500.0
"""Loss of a side a year from which it is said."""
_PAIR = ("loss_exporter", "loss_importer", "loss_pair_usd_year")
SIDES = ("usd_year_ge_a", "usd_year_ge_b", "third_usd_year")


def loss_columns(welfare: PromisedWelfare, name: str, draws: int, seed: int) -> dict[str, Any]:
    """Columns of a scenario in `results/plan_worth.csv` where one party loses; all missing where none does, or a party's trade is not known."""
    own = welfare.columns(name, "parties")
    worth = [own[column] for column in SIDES]
    empty = [f"{end}_{column}" for column in SIDES for end in ("low", "high")]
    found = dict.fromkeys([*empty, "lost_market", "lost_market_usd_year", "won_market_usd_year", *_PAIR])
    parties = [worth[0], worth[1]]
    if None in parties or min(parties) > -LEAST_LOSS_USD:
        return found
    state = frozenset((name,))
    loser = parties.index(min(parties))
    found |= _bands(welfare, state, worth, draws, seed) | _market(welfare, state, loser)
    return found | _dearest_pair(welfare, state, loser)


def _bands(
    welfare: PromisedWelfare, state: State, worth: list[float], draws: int, seed: int
) -> dict[str, float]:
    """5 and 95 % points of the worth to each side, wide enough to hold the worth at the inputs of the case."""
    if not draws:
        return {}
    drawn = welfare.drawn([state], draws, seed)[:, 0]
    parties = drawn[:, list(welfare.members("parties"))]
    third = drawn.sum(axis=1, keepdims=True) - parties.sum(axis=1, keepdims=True)
    low, _, high = band(np.hstack([parties, third]))
    ends = zip(SIDES, worth, low.tolist(), high.tolist(), strict=True)
    return {
        key: value
        for column, usd, least, most in ends
        for key, value in ((f"low_{column}", min(least, usd)), (f"high_{column}", max(most, usd)))
    }


def _market(welfare: PromisedWelfare, state: State, loser: int) -> dict[str, Any]:
    """Country to which the loser's sales fall most, by how much, and the change of the other party's sales there."""
    ends = [welfare.at(one).held.solved.fullest.equilibrium for one in (NOW, state)]
    if ends[0] is None or ends[1] is None:
        return {}
    change = (ends[1].flows - ends[0].flows).sum(axis=0)
    parties = list(welfare.members("parties"))
    seller, other = parties[loser], parties[1 - loser]
    abroad = change[seller].copy()
    abroad[seller] = 0.0
    market = int(abroad.argmin())
    if abroad[market] >= 0:
        return {}
    return {
        "lost_market": welfare.coupling.study.case.country_name(welfare.world.countries[market]),
        "lost_market_usd_year": -float(abroad[market]),
        "won_market_usd_year": float(change[other, market]),
    }


def _dearest_pair(welfare: PromisedWelfare, state: State, loser: int) -> dict[str, Any]:
    """Country pair whose change of cost, put alone into the world as it stands, costs the loser most, and what it brings it.

    Single pairs need not add up to the whole.
    """
    if welfare.kind != GENERAL:
        return {}
    place = list(welfare.members("parties"))[loser]
    found = _pairs_alone(welfare.at(NOW), welfare.at(state), place)
    if not found:
        return {}
    pair = min(found, key=lambda one: found[one])
    if found[pair] >= 0:
        return {}
    names = [welfare.coupling.study.case.country_name(welfare.world.countries[country]) for country in pair]
    return dict(zip(_PAIR, (*names, found[pair]), strict=True))


def _pairs_alone(now: Welfare, then: Welfare, place: int) -> dict[tuple[int, int], float]:
    """What the change of each country pair alone brings a country, queues those of the whole change, USD a year; by exporter and importer."""
    before, after = now.change.response, then.change.response
    if not np.array_equal(before.cell, after.cell):
        return {}
    ratios = [one.change.corridor.with_hours(one.added_h).t_hat for one in (now, then)]
    base = before.answer(ratios[0], GENERAL).equilibrium
    size = before.flows.shape[1]
    pair = before.cell % size**2
    found = {}
    for one in np.unique(pair[ratios[0] != ratios[1]]):
        exporter, importer = divmod(int(one), size)
        response = replace(before, banned=_open_between(before, after, (exporter, importer)))
        alone = response.answer(np.where(pair == one, ratios[1], ratios[0]), GENERAL).equilibrium
        if base is not None and alone is not None:
            found[exporter, importer] = float(alone.welfare_usd[place] - base.welfare_usd[place])
    return found


def _open_between(
    before: TradeResponse, after: TradeResponse, ends: tuple[int, int]
) -> npt.NDArray[np.bool_]:
    """Cells that a ban leaves empty, those of one country pair as after the change; shape (K, n, n)."""
    none = np.zeros(before.flows.shape, dtype=bool)
    banned = none.copy() if before.banned is None else before.banned.copy()
    exporter, importer = ends
    later = none if after.banned is None else after.banned
    banned[:, exporter, importer] = later[:, exporter, importer]
    return banned
