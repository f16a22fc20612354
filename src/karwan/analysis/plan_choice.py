"""Which promises a next plan should hold: a set by which both sides gain, each member worth something beside the others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from karwan.amounts import dollars, percent, two_figures
from karwan.analysis.corridors import CorridorStudy
from karwan.analysis.coupling.promised import PromisedWelfare
from karwan.analysis.coupling.world_trade import read_world_trade
from karwan.analysis.worth.promises import other_scenarios, promise_scenarios
from karwan.analysis.worth.states import NOW, State
from karwan.case import Case
from karwan.case.scenario import Scenario

LEAST_USD = 1_000.0
"""Worth a year below which a promise is not proposed: less than the figures can tell."""


@dataclass(frozen=True)
class Candidate:
    """Something the next plan could promise.

    Attributes
    ----------
    scenario
        What models it.
    promises
        Rows of the old plan that it would keep; none where it is new.
    figures
        Worth in equilibrium, see `results/plan_worth.csv`.
    band
        5 and 95 % points of that worth in joint draws; nothing where none were asked for.
    cost_usd
        What keeping it costs, as far as sources say; None where none does.
    changed
        The case under it.
    """

    scenario: Scenario
    promises: tuple[Mapping[str, Any], ...]
    figures: Mapping[str, Any]
    band: tuple[float | None, float | None]
    cost_usd: float | None
    changed: Case

    @property
    def name(self) -> str:
        """Key of its scenario."""
        return self.scenario.scenario_id

    def gain(self, who: str) -> float:
        """Worth that ranks it: of both sides, or of one, USD a year."""
        return float(self.figures["usd_year_ge" if who == "both" else f"usd_year_ge_{who}"] or 0.0)

    def losses(self) -> list[str]:
        """Sides that lose by it: 'a', 'b'."""
        return [side for side in ("a", "b") if self.gain(side) < -LEAST_USD]


@dataclass(frozen=True)
class PlanTerms:
    """What is asked of a plan.

    Attributes
    ----------
    most
        Promises at most.
    who
        Whose gain ranks: 'both', 'a' or 'b'.
    budget_usd
        Money there is for promises whose cost is known; None where none is given.
    """

    most: int
    who: str
    budget_usd: float | None = None


@dataclass(frozen=True)
class PlanChoice:
    """A plan proposed.

    Attributes
    ----------
    chosen
        Its promises, the one worth most first.
    last_usd
        Worth of each as the last of them to be kept, by scenario.
    together_usd
        Worth of all of them together: both sides, the first, the second.
    left
        Those left out, each with the reason.
    """

    chosen: tuple[Candidate, ...]
    last_usd: Mapping[str, float]
    together_usd: tuple[float, float, float]
    left: tuple[tuple[Candidate, str], ...]


class Candidates:
    """Scenarios of promises still to be kept, and those of the case that no promise names yet.

    Parameters
    ----------
    study
        Corridors of the case.
    table
        Promises of the plan that ends.
    draws, seed
        Joint draws for the bands; none where 0.
    """

    def __init__(self, study: CorridorStudy, table: pl.DataFrame, draws: int = 0, seed: int = 1) -> None:
        self.case = study.case
        promised, _ = promise_scenarios(study, table)
        others = other_scenarios(study, table)
        self.every = {**promised, **others}
        self.welfare: PromisedWelfare | None = None
        self.found: tuple[Candidate, ...] = ()
        if self.every:
            self.welfare = PromisedWelfare(study, read_world_trade(self.case), promised, others)
            self.found = tuple(self._candidates(self.welfare, table, draws, seed))

    def _candidates(
        self, welfare: PromisedWelfare, table: pl.DataFrame, draws: int, seed: int
    ) -> Iterable[Candidate]:
        names = list(self.every)
        states = [frozenset((name,)) for name in names]
        bands = welfare.bands(states, "parties", draws, seed) if draws else [(None, None)] * len(names)
        rows = [row for row in table.iter_rows(named=True) if row["status"] != "done"]
        for (name, (scenario, changed)), ends in zip(self.every.items(), bands, strict=True):
            own = tuple(row for row in rows if row["scenario_id"] == name)
            costs = [row["cost_usd"] for row in own if row["cost_usd"] is not None]
            yield Candidate(
                scenario,
                own,
                welfare.columns(name, "parties"),
                ends,
                sum(costs) if costs else None,
                changed,
            )

    def sides(self, state: State, start: State = NOW) -> tuple[float, float, float]:
        """Worth of one state over another: both sides, the first, the second; USD a year."""
        assert self.welfare is not None
        gain = self.welfare.gain(state, start)
        a, b = (self.welfare.world.index(code) for code in self.case.parties.codes)
        each = [0.0 if place is None else float(gain[place]) for place in (a, b)]
        return (sum(each), each[0], each[1])

    def known(self, states: Iterable[State]) -> set[State]:
        """States whose scenarios go together, looked at."""
        assert self.welfare is not None
        wanted = set(states)
        return wanted - set(self.welfare.look_at(wanted))


def choose_promises(candidates: Candidates, terms: PlanTerms) -> PlanChoice:
    """A set by which both sides gain.

    First those that are worth something alone and cost no side anything, by their gain. Of them any goes that adds nothing once the others
    are kept. Then those are tried beside the set that alone move nothing, or cost one side: taken where the set with them costs no side.
    """
    ranked = sorted(candidates.found, key=lambda one: (-one.gain(terms.who), one.name))
    left: list[tuple[Candidate, str]] = []
    taken: list[Candidate] = []
    doubtful: list[Candidate] = []
    for one in ranked:
        reason = _refusal(one, terms, taken)
        if not reason:
            taken.append(one)
        elif one.losses() or abs(one.gain(terms.who)) < LEAST_USD:
            doubtful.append(one)
        else:
            left.append((one, reason))
    taken = _without_idle(candidates, taken, left)
    for one in doubtful:
        _try_beside(candidates, terms, one, taken, left)
    last = _last_kept(candidates, taken)
    whole = _state(taken)
    together = candidates.sides(whole) if taken and candidates.known({whole}) else (0.0, 0.0, 0.0)
    taken.sort(key=lambda one: (-max(one.gain(terms.who), last.get(one.name, 0.0)), one.name))
    return PlanChoice(tuple(taken), last, together, tuple(left))


def _state(chosen: Iterable[Candidate]) -> State:
    return frozenset(one.name for one in chosen)


def _refusal(one: Candidate, terms: PlanTerms, taken: Sequence[Candidate]) -> str:
    """Why a candidate is not taken by itself; empty where it is."""
    if one.losses() or abs(one.gain(terms.who)) < LEAST_USD:
        return "for the set to decide"
    if one.gain(terms.who) < 0:
        return "costs more than it brings"
    if len(taken) >= terms.most:
        return f"beyond the {terms.most} asked for"
    return _beyond_budget(one, terms, taken)


def _beyond_budget(one: Candidate, terms: PlanTerms, taken: Sequence[Candidate]) -> str:
    """Why the budget does not hold a candidate; empty where it does, or its cost is unknown."""
    if terms.budget_usd is None or one.cost_usd is None:
        return ""
    spent = sum(other.cost_usd or 0.0 for other in taken)
    if spent + one.cost_usd <= terms.budget_usd:
        return ""
    return f"costs {dollars(one.cost_usd)}, and {dollars(max(terms.budget_usd - spent, 0.0))} of the budget is left"


def _without_idle(
    candidates: Candidates, taken: Sequence[Candidate], left: list[tuple[Candidate, str]]
) -> list[Candidate]:
    """Those taken without the ones that add nothing beside the others; what they did others do."""
    kept = list(taken)
    last = _last_kept(candidates, kept)
    for one in reversed(taken):
        if last.get(one.name, LEAST_USD) < LEAST_USD:
            kept.remove(one)
            left.append((one, "adds nothing once the others proposed are kept"))
            last = _last_kept(candidates, kept)
    return kept


def _last_kept(candidates: Candidates, taken: Sequence[Candidate]) -> dict[str, float]:
    """Worth of each as the last of a set to be kept; nothing where they exclude one another."""
    if not taken:
        return {}
    whole = _state(taken)
    before = {one.name: whole - {one.name} for one in taken}
    known = candidates.known({whole, *before.values()})
    if whole not in known:
        return {}
    return {name: candidates.sides(whole, state)[0] for name, state in before.items() if state in known}


def _try_beside(
    candidates: Candidates,
    terms: PlanTerms,
    one: Candidate,
    taken: list[Candidate],
    left: list[tuple[Candidate, str]],
) -> None:
    """Take a candidate that alone moves nothing or costs a side, where the set with it costs none; else say why not."""
    before = _state(taken)
    after = before | {one.name}
    if after not in candidates.known({before, after}):
        left.append((one, "cannot be kept together with the others"))
        return
    whole = candidates.sides(after)
    adds = dict(zip(("both", "a", "b"), candidates.sides(after, before), strict=True))[terms.who]
    full = f"beyond the {terms.most} asked for" if len(taken) >= terms.most else ""
    reason = full or _beyond_budget(one, terms, taken)
    if min(whole[1:]) >= -LEAST_USD and adds >= LEAST_USD and not reason:
        taken.append(one)
        return
    left.append((one, _why_not(candidates, one, whole, adds) or reason))


def _why_not(candidates: Candidates, one: Candidate, whole: tuple[float, float, float], adds: float) -> str:
    """Why a candidate is left out that alone moves nothing, or costs a side."""
    case = candidates.case
    names = dict(zip(("a", "b"), (case.country_name(code) for code in case.parties.codes), strict=True))
    if one.gain("both") < -LEAST_USD:
        return "costs more than it brings"
    if one.losses():
        said = [
            f"{names[side]} would lose {dollars(two_figures(-one.gain(side)))} a year by it"
            for side in one.losses()
        ]
        still = [
            f"{names[side]} would still lose {dollars(two_figures(-value))} with all that is proposed"
            for side, value in zip(("a", "b"), whole[1:], strict=True)
            if value < -LEAST_USD
        ]
        return "; ".join([*said, *still, _in_return(names, whole)])
    if abs(adds) < LEAST_USD:
        return f"moves no cost of trade as things stand{_depends(candidates, one)}"
    return "" if adds > 0 else "costs more than it brings"


def _in_return(names: Mapping[str, str], whole: tuple[float, float, float]) -> str:
    """What the side that gains could give the one that loses, with all that is proposed."""
    (loser, loss), (winner, gain) = sorted(zip(("a", "b"), whole[1:], strict=True), key=lambda one: one[1])
    if loss >= -LEAST_USD or gain + loss < LEAST_USD:
        return "it needs something in return"
    share = max(-loss / gain, 0.001)
    return (
        f"it needs something in return: {percent(share)} of what {names[winner]} would gain makes {names[loser]} whole, "
        f"and {dollars(two_figures(gain + loss))} a year is left"
    )


def _depends(candidates: Candidates, one: Candidate) -> str:
    """Which other promise it waits for, and what it is worth then."""
    best: tuple[float, Candidate] | None = None
    for other in candidates.found:
        if not other.losses():
            continue
        start: State = frozenset((other.name,))
        after = start | {one.name}
        if after in candidates.known({after}):
            gain = candidates.sides(after, start)[0]
            if gain >= LEAST_USD and (best is None or gain > best[0]):
                best = (gain, other)
    if best is None:
        return ", nor once another is kept that is left out"
    return f"; worth {dollars(two_figures(best[0]))} a year once this is kept: {best[1].scenario.title}"


def drawn_together(
    candidates: Candidates, chosen: Sequence[Candidate], draws: int, seed: int
) -> tuple[float, float] | None:
    """Low and high of what all of them are worth together; None where nothing is drawn."""
    whole = _state(chosen)
    if not draws or not chosen or not candidates.known({whole}):
        return None
    assert candidates.welfare is not None
    return candidates.welfare.bands([whole], "parties", draws, seed)[0]
