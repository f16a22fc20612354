"""Rows of goods and routes: what each good costs over each of its routes, one row after another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from karwan.analysis.worth.states import Outcome, Plan, State
from karwan.appraisal.worth import Floats

Served = Sequence[tuple[int, npt.NDArray[np.int64]]]
"""Pairs of places by number, and which of their routes count."""


@dataclass(frozen=True)
class GoodsRows:
    """Goods of pairs of places over routes, good by good, R rows.

    Attributes
    ----------
    plan, outcome
        Goods and states, and what they cost.
    served
        The pairs of places, and which of their routes count.
    """

    plan: Plan
    outcome: Outcome
    served: Served

    @property
    def load_t(self) -> float:
        """Tonnes of a trip."""
        return self.plan.case.settings.load_t

    def usd_t(self, state: State) -> Floats:
        """Landed cost in a state, shape (R,); inf where shut."""
        return self.at(self.plan.states.index(state))

    def at(self, number: int) -> Floats:
        """Landed cost in a state by its number, shape (R,); inf where shut."""
        return np.concatenate(
            [self.outcome.pairs[n].costs.cost_usd_t[number][:, own].ravel() for n, own in self.served]
        )
