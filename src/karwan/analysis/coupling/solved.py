"""A change of state and what trade and corridors make of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from karwan.analysis.coupling.problem import StateChange
from karwan.appraisal.coupling.loop import Carried, Settled
from karwan.appraisal.coupling.trade import GENERAL, PARTIAL, TradeAnswer
from karwan.appraisal.worth import Floats


@dataclass(frozen=True)
class Solved:
    """A change of state and what trade and corridor make of it.

    Attributes
    ----------
    change
        Goods, routes and places.
    free, settled
        Cost ratios without queues, and where loop and trade agree (None without queues), by kind of response.
    answers
        TradeAnswer of trade by kind of response and whether queues count.
    """

    change: StateChange
    free: Carried
    settled: dict[str, Settled]
    answers: dict[tuple[str, bool], TradeAnswer]

    @property
    def fullest(self) -> TradeAnswer:
        """The answer that holds most: queues before none, equilibrium before partial."""
        order = [(GENERAL, True), (PARTIAL, True), (GENERAL, False), (PARTIAL, False)]
        return next(self.answers[key] for key in order if key in self.answers)

    @property
    def converged(self) -> bool:
        """Whether every loop settled."""
        return all(one.converged for one in self.settled.values())

    @property
    def t_hat(self) -> Floats:
        """Cost ratios of the fullest answer."""
        for kind in (GENERAL, PARTIAL):
            if kind in self.settled:
                return self.settled[kind].t_hat
        return self.free.t_hat

    @property
    def volume_day(self) -> Floats:
        """Volumes at the places in the fullest answer."""
        for kind in (GENERAL, PARTIAL):
            if kind in self.settled:
                return self.settled[kind].volume_day
        return self.free.volumes(self.fullest.tonnes_day)


def solve_change(change: StateChange, kinds: Sequence[str], *, queues: bool = True) -> Solved:
    """Answers of trade to a change, without queues and, where asked, with them."""
    corridor, response = change.corridor, change.response
    free = corridor.at(corridor.base_volume, queues=False)
    answers = {(kind, False): response.answer(free.t_hat, kind) for kind in kinds}
    settled = {}
    for kind in kinds if queues else ():
        settled[kind], answers[kind, True] = change.settle(kind)
    return Solved(change, free, settled, answers)
