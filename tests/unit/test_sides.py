"""Which country pair's change of cost alone costs a country most."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from karwan.analysis.coupling.sides import _pairs_alone
from karwan.appraisal.coupling.trade import TradeResponse

FLOWS = np.array([[[50.0, 5.0, 10.0], [5.0, 80.0, 10.0], [5.0, 5.0, 60.0]]])
PAIRS = ((0, 1), (1, 2))


def state(ratios: tuple[float, float], banned: bool) -> Any:
    """A state of two goods, of country 0 to 1 and of 1 to 2, the second of which a ban may stop."""
    shut = np.zeros(FLOWS.shape, dtype=bool)
    shut[0, 1, 2] = banned
    cells = np.array([3 * a + b for a, b in PAIRS])
    one = np.ones(2)
    response = TradeResponse(FLOWS, np.array([4.0]), cells, one, one, shut if banned else None)
    carried = SimpleNamespace(t_hat=np.array(ratios))
    corridor = SimpleNamespace(with_hours=lambda hours: carried)
    return SimpleNamespace(change=SimpleNamespace(response=response, corridor=corridor), added_h=None)


@pytest.mark.parametrize("banned", [False, True])
def test_a_rival_s_cheaper_way_to_the_same_buyer_costs_and_an_own_one_does_not(banned: bool) -> None:
    now, then = state((1.0, 1.0), banned), state((0.9, 0.8), False)
    found = _pairs_alone(now, then, 0)
    assert found.keys() == set(PAIRS)
    assert found[0, 1] > 0 > found[1, 2]
    assert _pairs_alone(then, then, 0) == {}
