"""The facade: open a case, ask it, save what it answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from karwan.analysis.case_requests import (
    DRAWS,
    BriefRequest,
    CasesRequest,
    CheckRequest,
    DocumentsRequest,
    DraftRequest,
    IndicatorsRequest,
    PlanRequest,
    RegimeRequest,
    ScenarioCompareRequest,
    ScenarioListRequest,
    ScenarioShowRequest,
    ScenarioTradeRequest,
    SourcesRequest,
    WorthRequest,
)
from karwan.analysis.contract import Analysis, Inputs, Result, function_at
from karwan.analysis.registry import BY_NAME
from karwan.analysis.requests import (
    AssignRequest,
    CompareRequest,
    CriticalRequest,
    ExportRequest,
    ImportRequest,
    ModesRequest,
    ObservedRequest,
    OperatorsRequest,
    OwnRequest,
    PricesRequest,
    RouteRequest,
    SensitivityRequest,
    TntpRequest,
)
from karwan.analysis.sections import Brief
from karwan.case import read_case, write_template
from karwan.case.case import AppliedScenario
from karwan.case.like import NewCase, write_like
from karwan.case.of_pair import case_of_pair
from karwan.case.own import add_own, form_of, private_folder, remove_own
from karwan.case.scenario import case_under, with_scenarios
from karwan.errors import InvalidInput
from karwan.project.answers import NotebookAnswer
from karwan.project.port import PortProject
from karwan.schema import TableSpec


@dataclass(frozen=True, repr=False)
class Project(PortProject):
    """An open case and what can be asked of it.

    Examples
    --------
    >>> project = open_case("toyland")
    >>> project.corridors()["corridor"].unique().sort().to_list()
    ['Midland', 'Pass', 'Rail', 'Sea']
    """

    def compare(self, *, as_of: date | None = None, stages: bool = False) -> Result:
        """Corridors between the compared places, both ways; see `karwan.analysis.requests.CompareRequest`."""
        return self.ask(BY_NAME["corridor compare"], CompareRequest(as_of, stages))

    def modes(self, *, corridors: tuple[str, ...] = (), as_of: date | None = None) -> Result:
        """Corridors by land by road, by rail and by the best mix; see `karwan.analysis.requests.ModesRequest`."""
        return self.ask(BY_NAME["corridor modes"], ModesRequest(corridors, as_of))

    def critical(
        self,
        *,
        as_of: date | None = None,
        product: str | None = None,
        opened: tuple[str, ...] = (),
        tonnes_year: float | None = None,
        anywhere: bool = False,
        most: int | None = None,
        place: str = "",
    ) -> Result:
        """Weak points of the corridors; see `karwan.analysis.requests.CriticalRequest`."""
        request = CriticalRequest(as_of, product, opened, tonnes_year, anywhere, most, place)
        return self.ask(BY_NAME["corridor critical"], request)

    def sensitivity(
        self,
        *,
        as_of: date | None = None,
        product: str | None = None,
        opened: tuple[str, ...] = (),
        origin: str | None = None,
        destination: str | None = None,
        flips_only: bool = False,
        rebuild: bool = False,
    ) -> Result:
        """Which assumed input could make another corridor the best; see `karwan.analysis.requests.SensitivityRequest`."""
        request = SensitivityRequest(as_of, product, opened, origin, destination, flips_only, rebuild)
        return self.ask(BY_NAME["corridor sensitivity"], request)

    def assign(
        self,
        *,
        demand: Path | None = None,
        as_of: date | None = None,
        opened: tuple[str, ...] = (),
        tonnes_year: float | None = None,
        tolerance: float = 1e-9,
        iterations: int = 200,
    ) -> Result:
        """Demand spread over the routes; see `karwan.analysis.requests.AssignRequest`."""
        request = AssignRequest(demand, as_of, opened, tonnes_year, tolerance, iterations)
        return self.ask(BY_NAME["corridor assign"], request)

    def export_network(
        self, out: Path, *, form: str = "gmns", geometry: str = "straight", as_of: date | None = None
    ) -> Result:
        """Write the network in another format; see `karwan.analysis.requests.ExportRequest`."""
        return self.ask(BY_NAME["network export"], ExportRequest(out, form, geometry, as_of))

    def import_network(
        self,
        folder: Path,
        out: Path,
        *,
        form: str = "gmns",
        country: str = "",
        source: str = "",
        length_unit: str = "km",
        time_unit: str = "min",
        crs: str = "",
    ) -> Result:
        """Read a network as tables of a case; see `karwan.analysis.requests.ImportRequest`."""
        request = ImportRequest(folder, out, form, country, source, length_unit, time_unit, crs)
        return self.ask(BY_NAME["network import"], request)

    def network_assign(
        self,
        net: Path,
        *,
        trips: Path | None = None,
        flows: Path | None = None,
        gap: float = 1e-6,
        iterations: int = 1000,
        method: str = "gradient_projection",
        toll_weight: float = 0.0,
        length_weight: float = 0.0,
    ) -> Result:
        """A TNTP network in equilibrium; see `karwan.analysis.requests.TntpRequest`."""
        request = TntpRequest(net, trips, flows, gap, iterations, method, toll_weight, length_weight)
        return self.ask(BY_NAME["network assign"], request)

    def observed(self, *, every: bool = False) -> Result:
        """The model against observed trips; see `karwan.analysis.requests.ObservedRequest`."""
        return self.ask(BY_NAME["corridor observed"], ObservedRequest(every))

    def own_observations(self) -> Result:
        """Own observations and the figures they moved; see `karwan.analysis.requests.OwnRequest`."""
        return self.ask(BY_NAME["observed list"], OwnRequest())

    def operators(
        self,
        *,
        place: str | None = None,
        mode: str | None = None,
        as_of: date | None = None,
        every: bool = False,
    ) -> Result:
        """Who carries freight and on what terms; see `karwan.analysis.requests.OperatorsRequest`."""
        return self.ask(BY_NAME["corridor operators"], OperatorsRequest(place, mode, as_of, every))

    def prices(self) -> Result:
        """The model against observed prices of carriage; see `karwan.analysis.requests.PricesRequest`."""
        return self.ask(BY_NAME["corridor prices"], PricesRequest())

    def route(  # noqa: PLR0913 - the fields of one request
        self,
        origin: str,
        destination: str,
        *,
        product: str,
        tonnes: float,
        departure: date,
        avoid: Sequence[str] = (),
        via: Sequence[str] = (),
        opened: Sequence[str] = (),
        promise: str | None = None,
        with_lead_time: bool = False,
        value_of_time_usd_h: float | None = None,
        reliability_ratio: float | None = None,
        carbon_price_usd_t: float | None = None,
        count: int = 5,
        registration: str = "",
        unit: Sequence[str] = (),
        one_piece: bool = False,
        load: float = 1.0,
        days_of_year: bool = False,
        explain: bool = False,
        include_assumed: bool = False,
        hs: str = "",
        price: float | None = None,
        form: str = "",
        dangerous: str = "",
        units: int | None = None,
        humanitarian: bool = False,
        lawful_for: Sequence[str] = (),
        as_of: date | None = None,
        journeys: int = 20_000,
        seed: int = 1,
    ) -> Result:
        """Routes of a shipment; see `karwan.analysis.requests.RouteRequest`."""
        request = RouteRequest(
            origin=origin,
            destination=destination,
            product=product,
            tonnes=tonnes,
            departure=departure,
            avoid=tuple(avoid),
            via=tuple(via),
            opened=tuple(opened),
            promise=promise,
            with_lead_time=with_lead_time,
            value_of_time_usd_h=value_of_time_usd_h,
            reliability_ratio=reliability_ratio,
            carbon_price_usd_t=carbon_price_usd_t,
            count=count,
            registration=registration,
            unit=tuple(unit),
            one_piece=one_piece,
            load=load,
            days_of_year=days_of_year,
            explain=explain,
            include_assumed=include_assumed,
            hs=hs,
            price=price,
            form=form,
            dangerous=dangerous,
            units=units,
            humanitarian=humanitarian,
            lawful_for=tuple(lawful_for),
            as_of=as_of,
            journeys=journeys,
            seed=seed,
        )
        return self.ask(BY_NAME["route"], request)

    def routes(
        self, origin: str, destination: str, *, product: str, tonnes: float, departure: date, count: int = 5
    ) -> NotebookAnswer:
        """Routes of a shipment, for a notebook; `route` takes everything else that can be asked."""
        found = self.route(
            origin, destination, product=product, tonnes=tonnes, departure=departure, count=count
        )
        return NotebookAnswer(BY_NAME["route"], found)

    def scenario(self, *scenarios: str) -> Project:
        """The case under scenarios, applied in the order given, with the same store.

        Raises
        ------
        InvalidInput
            The case was not read from a folder.
        """
        if self.case.folder is None:
            raise InvalidInput("The case was not read from a folder.", fix="open it with open_case(name).")
        case = with_scenarios(self.case.bare or self.case, scenarios)
        return type(self)(case, self.store)

    def brief(self, as_of: date | None = None, *, workers: int = 1) -> Brief:
        """Every result of the brief on a day, reckoned by one process or more; see `karwan.analysis.sections.Brief`."""
        brief: Brief = self.ask(BY_NAME["brief"], BriefRequest(as_of, workers)).detail
        return brief

    def corridors(self, as_of: date | None = None) -> pl.DataFrame:
        """Corridors between the compared places, both ways; see `karwan.analysis.sections.CorridorSection.routes`."""
        return self.compare(as_of=as_of).tables["routes"]

    def plan(self, *, as_of: date | None = None) -> Result:
        """The action plan, late promises first; see `karwan.analysis.case_requests.PlanRequest`."""
        return self.ask(BY_NAME["plan status"], PlanRequest(as_of))

    def documents(self, milestone: str | None = None, *, as_of: date | None = None) -> Result:
        """Documents signed or announced; see `karwan.analysis.case_requests.DocumentsRequest`."""
        return self.ask(BY_NAME["plan documents"], DocumentsRequest(milestone, as_of))

    def indicators_of_plan(self, *, as_of: date | None = None) -> Result:
        """What shows each promise to be kept; see `karwan.analysis.case_requests.IndicatorsRequest`."""
        return self.ask(BY_NAME["plan indicators"], IndicatorsRequest(as_of))

    def worth(
        self,
        *,
        as_of: date | None = None,
        demand: Path | None = None,
        general_equilibrium: bool = False,
        who: str = "parties",
        draws: int = DRAWS,
        seed: int = 1,
    ) -> Result:
        """What keeping each promise of the plan is worth a year; see `karwan.analysis.case_requests.WorthRequest`."""
        asked = WorthRequest(as_of, demand, general_equilibrium, who, draws, seed)
        return self.ask(BY_NAME["plan worth"], asked)

    def draft(
        self,
        *,
        start: date | None = None,
        end: date | None = None,
        most: int = 10,
        who: str = "both",
        budget: float | None = None,
        draws: int = DRAWS,
        seed: int = 1,
        as_of: date | None = None,
    ) -> Result:
        """What the next plan could promise; see `karwan.analysis.case_requests.DraftRequest`."""
        asked = DraftRequest(start, end, most, who, budget, draws, seed, as_of)
        return self.ask(BY_NAME["plan draft"], asked)

    def scenarios(self) -> Result:
        """Scenarios of the case; see `karwan.analysis.case_requests.ScenarioListRequest`."""
        return self.ask(BY_NAME["scenario list"], ScenarioListRequest())

    def scenario_cells(self, scenarios: Sequence[str]) -> Result:
        """Cells that scenarios change; see `karwan.analysis.case_requests.ScenarioShowRequest`."""
        return self.ask(BY_NAME["scenario show"], ScenarioShowRequest(tuple(scenarios)))

    def compare_scenarios(self, scenarios: Sequence[str], *, as_of: date | None = None) -> Result:
        """Corridors with and without scenarios; see `karwan.analysis.case_requests.ScenarioCompareRequest`."""
        return self.ask(BY_NAME["scenario compare"], ScenarioCompareRequest(tuple(scenarios), as_of))

    def regime(
        self, regime_id: str, *, pairs: str = "all", draws: int = DRAWS, seed: int = 1, workers: int = 1
    ) -> Result:
        """What a transit regime does; see `karwan.analysis.case_requests.RegimeRequest`."""
        return self.ask(BY_NAME["scenario regime"], RegimeRequest(regime_id, pairs, draws, seed, workers))

    def trade_response(  # noqa: PLR0913 - the fields of one request
        self,
        scenarios: Sequence[str],
        *,
        pairs: str = "all",
        draws: int = 0,
        frozen_queues: bool = False,
        seed: int = 1,
        workers: int = 1,
        no_queues: bool = False,
        partial: bool = False,
        deficits: str = "additive",
        theta: float | None = None,
        world: str = "",
        as_of: date | None = None,
        dask: str = "",
    ) -> Result:
        """Trade, queues and incomes under scenarios; see `karwan.analysis.case_requests.ScenarioTradeRequest`."""
        request = ScenarioTradeRequest(
            tuple(scenarios),
            pairs,
            draws,
            frozen_queues,
            seed,
            workers,
            no_queues,
            partial,
            deficits,
            theta,
            world,
            as_of,
            dask,
        )
        return self.ask(BY_NAME["scenario trade"], request)

    def sources(self) -> Result:
        """Sources in use and the rows that rest on each; see `karwan.analysis.case_requests.SourcesRequest`."""
        return self.ask(BY_NAME["sources"], SourcesRequest())

    def check(self) -> Result:
        """What is wrong with the files of the case; see `karwan.analysis.case_requests.CheckRequest`."""
        return self.ask(BY_NAME["case check"], CheckRequest())

    def cases(self) -> Result:
        """Cases shipped with the package; see `karwan.analysis.case_requests.CasesRequest`."""
        return self.ask(BY_NAME["case list"], CasesRequest())


def ask(
    analysis: Analysis[Any],
    request: Any,
    *,
    case: str | Path | None = None,
    scenarios: str | Sequence[str] | None = None,
    store: str | None = None,
    private: Path | None = None,
) -> tuple[Result, tuple[AppliedScenario, ...]]:
    """Open what an analysis needs and ask it.

    Parameters
    ----------
    analysis, request
        Of `karwan.analysis.registry`; the request is of its kind.
    case, scenarios
        As `open_case` takes them. An analysis of a pair takes the embedded case of its two countries where none is named.
    store
        Where the trade store is.
    private
        Folder of own observations, for an analysis that scenarios may be given to.

    Returns
    -------
    The result, and what it stands under: own observations, then scenarios.
    """
    if analysis.case == "none":
        return analysis.answer(Inputs(store=store), request), ()
    if analysis.case == "pair":
        from karwan.store.country_codes import typed_country  # the store's engines take a second to load

        first, second = (code and typed_country(code) for code in request.pair)
        found = case_of_pair(first, second, None if case is None else str(case)) if second else None
        own = found.store if found is not None else None
        return analysis.answer(Inputs(found, store or own, named=case is not None), request), ()
    if case is None:
        raise InvalidInput("No case is named.", fix="name an embedded case or a folder.")
    if analysis.case == "place":
        return analysis.answer(Inputs(place=case), request), ()
    project = open_case(case, scenarios, store=store, private=private)
    return analysis.answer(Inputs(project.case, project.store), request), project.case.stands_under


def open_case(
    name: str | Path,
    scenarios: str | Sequence[str] | None = None,
    *,
    store: str | None = None,
    private: str | Path | None = None,
) -> Project:
    """Open a case by the id of an embedded one or by its folder, as it stands or under scenarios.

    Parameters
    ----------
    name
        Id of an embedded case, or a folder.
    scenarios
        Ids of the case's scenarios or YAML files, applied in this order; see `karwan.case.scenario.case_under`.
    store
        Where the trade store is, a path or an address; by default the one `case.yaml` names.
    private
        Folder of own observations that move hours and rates before any scenario is applied; see `karwan.analysis.own`.

    Raises
    ------
    UnknownName
        No such case or scenario.
    CaseProblems, ScenarioError, ObservationProblems
        The case, a scenario or an own observation has errors; every one is listed.

    Examples
    --------
    >>> open_case("toyland", "fast_yard").case.under
    'Under scenario fast_yard: Yard open round the clock, the low country lets trucks through (assumed)'
    """
    if private is None:
        case = case_under(name, scenarios)[1]
        return Project(case, store or case.store)
    with_own = function_at("karwan.analysis.own:with_own")  # the fit loads every engine of the network
    names = [scenarios] if isinstance(scenarios, str) else list(scenarios or ())
    case = with_scenarios(with_own(read_case(name), Path(private)), names)
    return Project(case, store or case.store)


def new_case(party_a: str, party_b: str, folder: Path | None, as_of: date) -> list[Path]:
    """Write a valid empty case; see `karwan.case.write_template`."""
    return write_template(party_a, party_b, folder or Path(f"{party_a}-{party_b}".lower()), as_of)


def new_case_like(party_a: str, party_b: str, like: str, folder: Path | None, as_of: date) -> NewCase:
    """Write a case with the region of another; see `karwan.case.like.write_like`."""
    return write_like(party_a, party_b, like, folder or Path(f"{party_a}-{party_b}".lower()), as_of)


def observation_form(kind: str) -> TableSpec:
    """Form of a kind of own observations; see `karwan.case.own.form_of`."""
    return form_of(kind)


def add_observations(case: str, kind: str, file: Path, folder: Path | None) -> tuple[list[str], Path]:
    """Keys of own observations added, and the folder; see `karwan.case.own.add_own`."""
    opened = read_case(case)
    place = folder or private_folder(opened)
    return add_own(opened, place, kind, file), place


def remove_observations(case: str, kind: str, keys: Sequence[str], folder: Path | None) -> tuple[int, Path]:
    """How many own observations of a kind are left, and the folder; see `karwan.case.own.remove_own`."""
    place = folder or private_folder(read_case(case))
    return remove_own(place, kind, keys), place


__all__ = [
    "Project",
    "add_observations",
    "ask",
    "new_case",
    "new_case_like",
    "observation_form",
    "open_case",
    "remove_observations",
]
