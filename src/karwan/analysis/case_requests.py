"""What the analyses of a case, its scenarios and its plan are asked: frozen, as in `karwan.analysis.requests`. Loads no engine."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from karwan.analysis.contract import asks
from karwan.analysis.requests import AS_OF
from karwan.errors import InvalidInput


def one_of(name: str, value: str, allowed: tuple[str, ...]) -> None:
    """Refuse a word that is none of those allowed."""
    if value not in allowed:
        raise InvalidInput(f"{name} is not usable.", f"{value!r}", f"give {' or '.join(allowed)}.")


DRAWS = 40
"""Joint draws for a band where none are asked for: three seconds on the largest case."""
SCENARIOS = "Scenario ids or YAML files, applied in this order."


@dataclass(frozen=True)
class PlanRequest:
    """Promises by domain and state, late ones first, and the milestones.

    Example: karwan plan status kaz-pak
    """

    as_of: date | None = field(default=None, metadata=asks(AS_OF, metavar="DAY"))


@dataclass(frozen=True)
class WorthRequest:
    """Rank the promises by what keeping each is worth a year, through the scenario that models it.

    With --scenario the worth is reckoned from the case under it: what is the railway worth once the border is open?

    Example: karwan plan worth kaz-pak --scenario open_afghan_crossings
    """

    as_of: date | None = field(default=None, metadata=asks(AS_OF, metavar="DAY"))
    demand: Path | None = field(
        default=None,
        metadata=asks(
            "Flows instead of the yearly trade over all goods; CSV: origin_id,destination_id,product_id,t_day.",
            metavar="FILE",
        ),
    )
    general_equilibrium: bool = field(
        default=False,
        metadata=asks(
            "Also the worth where trade, incomes and queues answer, for all countries on the corridors."
        ),
    )
    who: str = field(default="parties", metadata=asks("Whose welfare ranks: parties, corridor or world."))
    draws: int = field(
        default=DRAWS, metadata=asks("Joint draws for low and high in equilibrium.", least=0, most=10_000)
    )
    seed: int = field(default=1, metadata=asks("Seed of the draws.", least=0))

    def __post_init__(self) -> None:
        one_of("who", self.who, ("parties", "corridor", "world"))


@dataclass(frozen=True)
class DocumentsRequest:
    """Documents signed or announced: in force or not, what followed, what is owed.

    Example: karwan plan documents kaz-pak --milestone state_visit
    """

    milestone: str | None = field(
        default=None, metadata=asks("Only those of this milestone, as state_visit.", metavar="ID")
    )
    as_of: date | None = field(default=None, metadata=asks(AS_OF, metavar="DAY"))


@dataclass(frozen=True)
class IndicatorsRequest:
    """What is published that shows each promise to be kept or not.

    Example: karwan plan indicators kaz-pak
    """

    as_of: date | None = field(default=None, metadata=asks(AS_OF, metavar="DAY"))


@dataclass(frozen=True)
class DraftRequest:
    """Propose the next plan: promises worth most to both sides, with wording, owner, observable, baseline, term, evidence and worth.

    What was left out stands beside with the reason, and what becomes of each promise of the plan that ends.

    Example: karwan plan draft kaz-pak --max 10 --docx draft.docx
    """

    start: date | None = field(
        default=None,
        metadata=asks("First day; the end of the plan there is by default.", flag="--from", metavar="DAY"),
    )
    end: date | None = field(
        default=None, metadata=asks("Last day; two years later by default.", flag="--to", metavar="DAY")
    )
    most: int = field(default=10, metadata=asks("Promises at most.", flag="--max", least=1, most=100))
    who: str = field(default="both", metadata=asks("Whose gain ranks: both, or one party's code."))
    budget: float | None = field(
        default=None, metadata=asks("Money for promises whose cost is known.", metavar="USD", least=0.0)
    )
    draws: int = field(default=DRAWS, metadata=asks("Joint draws for low and high.", least=0, most=10_000))
    seed: int = field(default=1, metadata=asks("Seed of the draws.", least=0))
    as_of: date | None = field(default=None, metadata=asks(AS_OF, metavar="DAY"))


@dataclass(frozen=True)
class DraftView:
    """Files written."""

    docx: Path | None = field(default=None, metadata=asks("Word file to write.", metavar="FILE"))
    proposal: Path | None = field(
        default=None,
        metadata=asks(
            "File of the promises as proposals: JSON, or with another ending an export that `karwan plan merge` takes into a register.",
            metavar="FILE",
        ),
    )
    side: str | None = field(
        default=None, metadata=asks("Side that proposes, for an export: its country code.")
    )
    by: str | None = field(default=None, metadata=asks("Who proposes, for an export."))

    def __post_init__(self) -> None:
        exported = self.proposal is not None and self.proposal.suffix != ".json"
        if exported and not (self.side and self.by):
            raise InvalidInput(
                "An export of a register says who proposes.",
                f"--side {self.side or 'is missing'}, --by {self.by or 'is missing'}",
                "give --side CODE and --by NAME; or a file that ends with .json.",
            )


@dataclass(frozen=True)
class ScenarioListRequest:
    """List the scenarios of a case.

    Example: karwan scenario list kaz-pak
    """


@dataclass(frozen=True)
class ScenarioShowRequest:
    """Show every cell of the case's tables that scenarios change.

    Example: karwan scenario show kaz-pak khunjerab_all_week
    """

    scenarios: tuple[str, ...] = field(metadata=asks(SCENARIOS, flag="argument", whole=True))


@dataclass(frozen=True)
class ScenarioCompareRequest:
    """Compare money, days, P95 days and emissions of every corridor with and without scenarios.

    Example: karwan scenario compare kaz-pak open_afghan_crossings
    """

    scenarios: tuple[str, ...] = field(metadata=asks(SCENARIOS, flag="argument", whole=True))
    as_of: date | None = field(default=None, metadata=asks(AS_OF, metavar="DAY"))


@dataclass(frozen=True)
class ScenarioCompareView:
    """Rows shown."""

    every: bool = field(default=False, metadata=asks("Also list corridors that do not move.", flag="--all"))


@dataclass(frozen=True)
class RegimeRequest:
    """What a transit regime does: each leg before and after, what each of its terms is worth, trade by country pair.

    Without and with the regime, both on top of the state in which the base flows of trade were made.

    Example: karwan scenario regime KZ_PK_TTA
    """

    regime_id: str = field(metadata=asks("Id of the regime in regimes.csv.", flag="argument"))
    pairs: str = field(
        default="all", metadata=asks("all country pairs on the corridors, or the two parties only.")
    )
    draws: int = field(
        default=DRAWS,
        metadata=asks(
            "Joint draws of terms and inputs of trade for the bands; 0 for none.", least=0, most=10_000
        ),
    )
    seed: int = field(default=1, metadata=asks("Seed of the draws.", least=0))
    workers: int = field(
        default=1, metadata=asks("Processes that share the draws; the answer is the same.", least=1, most=64)
    )

    def __post_init__(self) -> None:
        one_of("pairs", self.pairs, ("all", "parties"))


@dataclass(frozen=True)
class ScenarioTradeRequest:
    """What scenarios do to trade, country pair by country pair, and what the trade they bring does to the corridors.

    The change is measured from the state in which the base flows were made (`trade_state` of case.yaml) and the scenarios come on top of it; the name
    `today` stands for the case as it is. Four answers stand side by side: without and with queues, at given incomes and in equilibrium.

    Example: karwan scenario trade kaz-pak uap_railway
    """

    scenarios: tuple[str, ...] = field(
        metadata=asks(
            "Scenario ids or YAML files, applied in this order; `today` for the case as it is.",
            flag="argument",
            whole=True,
        )
    )
    pairs: str = field(
        default="all", metadata=asks("all country pairs on the corridors, or the two parties only.")
    )
    draws: int = field(
        default=0, metadata=asks("Draw so many joint samples of the inputs.", least=0, most=10_000)
    )
    frozen_queues: bool = field(
        default=False, metadata=asks("Hold the hours that queues add at those of the central answer.")
    )
    seed: int = field(default=1, metadata=asks("Seed of the draws.", least=0))
    workers: int = field(
        default=1, metadata=asks("Processes that share the draws; the answer is the same.", least=1, most=64)
    )
    no_queues: bool = field(default=False, metadata=asks("Leave queues out of all columns."))
    partial: bool = field(default=False, metadata=asks("Leave incomes and third countries as they are."))
    deficits: str = field(
        default="additive",
        metadata=asks("additive: trade deficits keep their dollars; universal: their share of output."),
    )
    theta: float | None = field(
        default=None,
        metadata=asks("One trade elasticity for all sectors.", least=0.1, most=30.0),
    )
    world: str = field(
        default="",
        metadata=asks(
            "Name or file of a saved world matrix (`karwan trade world build`); the case's own by default."
        ),
    )
    as_of: date | None = field(default=None, metadata=asks(AS_OF, metavar="DAY"))
    dask: str = field(
        default="",
        metadata=asks(
            "Scheduler of a Dask cluster that shares the draws instead of processes (extra `dask`); the answer is the same.",
            metavar="ADDRESS",
        ),
    )

    def __post_init__(self) -> None:
        one_of("pairs", self.pairs, ("all", "parties"))
        one_of("deficits", self.deficits, ("additive", "universal"))


@dataclass(frozen=True)
class SourcesRequest:
    """Sources of a case and how many figures rest on each.

    Example: karwan sources kaz-pak
    """


@dataclass(frozen=True)
class CheckRequest:
    """Count a case's rows by basis and list its conflicts and warnings.

    Ends with exit code 2 where the case has an error; every error is listed.

    Example: karwan case check kaz-pak
    """


@dataclass(frozen=True)
class CasesRequest:
    """List the cases shipped with the package.

    Example: karwan case list
    """


@dataclass(frozen=True)
class BriefRequest:
    """The brief of a case: where trade stands, corridors, goods, ports, plan, target, and what it rests on.

    Example: karwan brief kaz-pak
    """

    as_of: date | None = field(default=None, metadata=asks(AS_OF, metavar="DAY"))
    workers: int = field(
        default=1, metadata=asks("Processes that share the work; the answer is the same.", least=1, most=64)
    )


BRIEF_TABLES = {
    "front.momentum": "front_momentum",
    "front.totals": "front_totals",
    "front.without": "front_without",
    "front.goods": "front_goods",
    "front.promises": "front_promises",
    "front.due": "front_due",
    "front.outlook": "front_outlook",
    "front.ways": "front_ways",
    "front.law": "front_law",
    "front.errors": "front_errors",
    "standing.reported": "standing_reported",
    "standing.growth": "standing_growth",
    "standing.refused": "standing_refused",
    "standing.mirror": "standing_mirror",
    "standing.conflicts": "standing_conflicts",
    "standing.distance": "standing_distance",
    "standing.annual": "standing_annual",
    "standing.reconciled": "standing_reconciled",
    "standing.unusual": "standing_unusual",
    "corridors.corridors": "brief_corridors",
    "corridors.routes": "corridor_routes",
    "corridors.stages": "corridor_stages",
    "corridors.closures": "corridor_closures",
    "corridors.validation": "observed_trips",
    "corridors.reference": "brief_reference",
    "corridors.map_nodes": "brief_places",
    "corridors.map_lines": "corridor_lines",
    "corridors.arrivals": "corridor_arrivals",
    "corridors.criticality": "brief_weak_places",
    "corridors.sensitivity": "brief_sensitivity",
    "corridors.weak_points": "brief_weak_map",
    "corridors.amounts": "corridor_amounts",
    "goods.landed": "goods_landed",
    "goods.potential": "potential_published",
    "goods.basket": "goods_basket",
    "goods.groups": "goods_groups",
    "ports.ports": "ports",
    "ports.terminals": "port_terminals",
    "ports.off_dock": "port_off_dock",
    "ports.free_zones": "port_free_zones",
    "ports.terms": "port_terms",
    "ports.zone_gains": "zone_gains",
    "plan.by_domain": "plan_domains",
    "plan.commitments": "plan_promises",
    "plan.milestones": "plan_milestones",
    "plan.ventures": "plan_ventures",
    "plan.appraisals": "plan_appraisals",
    "plan.venture_indicators": "plan_venture_indicators",
    "plan.worth": "plan_worth",
    "plan.documents": "plan_documents",
    "plan.indicators": "plan_indicators",
    "target.fan": "target_fan",
    "target.chances": "target_chances",
    "target.base_rate": "target_rates",
    "target.back_tests": "target_tests",
    "target.without": "target_without",
    "basis.shares": "basis_shares",
    "basis.conflicts": "basis_conflicts",
    "basis.warnings": "basis_warnings",
    "basis.sources": "sources",
}
"""Tables of the brief, by section and field of `karwan.analysis.sections`, with their result rows."""
