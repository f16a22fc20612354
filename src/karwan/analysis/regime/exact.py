"""States of a plan at drawn levels of a regime's terms: every route they touch is priced anew, so that terms act on one another as they do in the case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from karwan.analysis.regime.states import Row
from karwan.analysis.regime.term_draws import Levels, TermDraws
from karwan.analysis.worth.states import Plan
from karwan.appraisal.worth import Floats
from karwan.case import Case

Masks = Sequence[npt.NDArray[np.bool_]]
LEAST = 1e-9
"""Change of a part of a route, against its size, that counts."""


@dataclass(frozen=True)
class Variant:
    """A state of a plan with a regime: its name, its number, and the rows of the regime that it lacks; None where the regime is suspended."""

    name: str
    number: int
    dropped: Sequence[Row] | None


@dataclass(frozen=True)
class DrawnStates:
    """States of a plan that levels of terms move.

    Attributes
    ----------
    plan, terms
        Routes and states, and what is drawn.
    variants
        States that levels move, each with the routes of each group that they touch.
    same
        Numbers of states that are like another at the case's levels and at the ends of all ranges: they follow it.
    """

    plan: Plan
    terms: TermDraws
    variants: tuple[tuple[Variant, Masks], ...]
    same: Mapping[int, int]

    @classmethod
    def of(cls, plan: Plan, terms: TermDraws, variants: Sequence[Variant]) -> DrawnStates:
        """What levels move in a plan, found at the ends of all ranges."""
        moved: list[tuple[Variant, Masks]] = []
        seen: list[tuple[int, list[list[Floats]]]] = []
        same: dict[int, int] = {}
        for one in variants:
            usual = _usual(plan, one.number)
            every = [np.ones(len(own), dtype=bool) for own in usual]
            each = [usual, *(plan.price(_case(terms, one, end), usual, every) for end in terms.ends)]
            like = next((number for number, known in seen if _alike(known, each)), None)
            if like is not None:
                same[one.number] = like
                continue
            seen.append((one.number, each))
            touched = [_differ(usual[g], *(other[g] for other in each[1:])) for g in range(len(usual))]
            if any(rows.any() for rows in touched):
                moved.append((one, touched))
        return cls(plan, terms, tuple(moved), same)

    def at(self, levels: Levels) -> dict[int, Sequence[Floats]]:
        """Parts of the routes of each group at drawn levels, by number of the state."""
        found: dict[int, Sequence[Floats]] = {}
        for one, touched in self.variants:
            found[one.number] = self.plan.price(
                _case(self.terms, one, levels), _usual(self.plan, one.number), touched
            )
        return found | {number: found[like] for number, like in self.same.items() if like in found}


def _usual(plan: Plan, number: int) -> list[Floats]:
    """Parts of the routes of each group in a state as the case has it."""
    return [parts[number] for parts in plan.parts]


def _case(terms: TermDraws, one: Variant, levels: Levels) -> Case:
    return terms.before(levels) if one.dropped is None else terms.after(one.name, one.dropped, levels)


def _differ(usual: Floats, *others: Floats) -> npt.NDArray[np.bool_]:
    """Routes with a part that differs, shape (R,)."""
    found = np.zeros(len(usual), dtype=bool)
    for other in others:
        with np.errstate(invalid="ignore"):
            near = np.abs(other - usual) <= LEAST * np.maximum(1.0, np.abs(usual))
        found |= ~(near | (usual == other)).all(axis=1)
    return found


def _alike(known: list[list[Floats]], each: list[list[Floats]]) -> bool:
    """Whether two states have the same parts at the case's levels and at both ends."""
    pairs = [(a, b) for one, two in zip(known, each, strict=True) for a, b in zip(one, two, strict=True)]
    return not any(_differ(a, b).any() for a, b in pairs)
