"""Where a side loses by a scenario: the band of each side's worth, and the market that the loser loses most of."""

from __future__ import annotations

from typing import Any

import numpy as np

from karwan.analysis.coupling.promised import PromisedWelfare
from karwan.analysis.worth.states import NOW, State
from karwan.appraisal.coupling.draws import band

LEAST_LOSS_USD = 500.0
"""Loss of a side a year from which it is said."""
SIDES = ("usd_year_ge_a", "usd_year_ge_b", "third_usd_year")


def loss_columns(welfare: PromisedWelfare, name: str, draws: int, seed: int) -> dict[str, Any]:
    """Columns of a scenario in `results/plan_worth.csv` where one party loses; all missing where none does, or a party's trade is not known."""
    own = welfare.columns(name, "parties")
    worth = [own[column] for column in SIDES]
    empty = [f"{end}_{column}" for column in SIDES for end in ("low", "high")]
    found = dict.fromkeys([*empty, "lost_market", "lost_market_usd_year", "won_market_usd_year"])
    parties = [worth[0], worth[1]]
    if None in parties or min(parties) > -LEAST_LOSS_USD:
        return found
    state = frozenset((name,))
    loser = parties.index(min(parties))
    return found | _bands(welfare, state, worth, draws, seed) | _market(welfare, state, loser)


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
