"""The facade: open a case, ask it, save what it answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from karwan.analysis.contract import Analysis, Inputs, Result
from karwan.analysis.registry import BY_NAME
from karwan.analysis.requests import (
    AssignRequest,
    CompareRequest,
    CriticalRequest,
    ExportRequest,
    ImportRequest,
    ObservedRequest,
    RouteRequest,
    SensitivityRequest,
    TntpRequest,
)
from karwan.analysis.sections import Brief, PlanSection, Standing
from karwan.case import (
    Case,
    CaseProblems,
    embedded_cases,
    inspect_case,
    problems_table,
    read_case,
    write_template,
)
from karwan.case.case import AppliedScenario, case_folder
from karwan.case.of_pair import case_of_pair
from karwan.case.provenance import basis_counts, conflicts
from karwan.errors import InvalidInput
from karwan.exports import beside
from karwan.project.trade import TradeProject

if TYPE_CHECKING:
    from karwan.analysis.worth import PlanWorth


@dataclass(frozen=True)
class CaseReport:
    """What `karwan case check` prints: tables by title, and counts beside them."""

    tables: Mapping[str, pl.DataFrame]
    meta: Mapping[str, Any]
    errors: int


@dataclass(frozen=True)
class Project(TradeProject):
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
            journeys=journeys,
            seed=seed,
        )
        return self.ask(BY_NAME["route"], request)

    def brief(self, as_of: date | None = None) -> Brief:
        """Every result of the brief on a day; see `karwan.analysis.sections.Brief`."""
        from karwan.analysis.brief import brief_of

        return brief_of(self.case, as_of or self.case.settings.as_of)

    def corridors(self, as_of: date | None = None) -> pl.DataFrame:
        """Corridors between the compared places, both ways; see `karwan.analysis.sections.CorridorSection.routes`."""
        return self.compare(as_of=as_of).tables["routes"]

    def standing(self, as_of: date | None = None) -> Standing:
        """Each side's trade figures, like compared with like; see `karwan.analysis.sections.Standing`."""
        from karwan.analysis.reconciled import reconciled_table
        from karwan.analysis.standing import standing_section

        day = as_of or self.case.settings.as_of
        return standing_section(self.case, day, reconciled_table(self.case, day))

    def plan(self, as_of: date | None = None) -> PlanSection:
        """The action plan, late promises first; see `karwan.analysis.sections.PlanSection`."""
        from karwan.analysis.plan import plan_section

        return plan_section(self.case, as_of or self.case.settings.as_of)

    def worth(self, as_of: date | None = None, *, demand: pl.DataFrame | None = None) -> PlanWorth:
        """What keeping each promise of the plan is worth a year; see `karwan.analysis.worth.plan_worth`."""
        from karwan.analysis.worth import plan_worth

        return plan_worth(self.case, as_of or self.case.settings.as_of, demand=demand)

    def plan_tables(self, as_of: date | None = None) -> dict[str, pl.DataFrame]:
        """Tables of `plan` by title; what promises are worth is `worth`."""
        tables = _tables_of(self.plan(as_of))
        return {title: table for title, table in tables.items() if not title.startswith("worth")}

    def sources(self) -> pl.DataFrame:
        """Sources in use: number, source_id, title, publisher, year, url, licence, rows that rest on it."""
        from karwan.analysis.provenance import source_table

        return source_table(self.case)


def ask(
    analysis: Analysis[Any],
    request: Any,
    *,
    case: str | Path | None = None,
    scenarios: str | Sequence[str] | None = None,
    store: str | None = None,
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

    Returns
    -------
    The result, and the scenarios it stands under.
    """
    if analysis.case == "none":
        return analysis.answer(Inputs(store=store), request), ()
    if analysis.case == "pair":
        from karwan.store.country_codes import typed_country  # the store's engines take a second to load

        first, second = (code and typed_country(code) for code in request.pair)
        found = case_of_pair(first, second, None if case is None else str(case)) if second else None
        return analysis.answer(Inputs(found, store, named=case is not None), request), ()
    if case is None:
        raise InvalidInput("No case is named.", fix="name an embedded case or a folder.")
    project = open_case(case, scenarios)
    return analysis.answer(Inputs(project.case, store), request), project.case.scenarios


def _tables_of(section: Standing | PlanSection) -> dict[str, pl.DataFrame]:
    return {f.name: getattr(section, f.name) for f in fields(section)}


def open_case(
    name: str | Path, scenarios: str | Sequence[str] | None = None, *, store: str | None = None
) -> Project:
    """Open a case by the id of an embedded one or by its folder, as it stands or under scenarios.

    Parameters
    ----------
    name
        Id of an embedded case, or a folder.
    scenarios
        Ids of the case's scenarios or YAML files, applied in this order; see `karwan.analysis.scenario.case_under`.
    store
        Where the trade store is, a path or an address.

    Raises
    ------
    UnknownName
        No such case or scenario.
    CaseProblems, ScenarioError
        The case or a scenario has errors; every one is listed.

    Examples
    --------
    >>> open_case("toyland", "fast_yard").case.under
    'Under scenario fast_yard: Yard open round the clock, the low country lets trucks through (assumed)'
    """
    from karwan.analysis.scenario import case_under

    return Project(case_under(name, scenarios)[1], store)


def save_brief(brief: Brief, folder: Path) -> list[Path]:
    """Write a brief as one HTML file, a PDF and a workbook.

    All three are written before the first takes its name, so a full disk leaves the files of an earlier run.

    Returns
    -------
    The files written: `<case>-<day>.html`, `.pdf`, `.xlsx`; the scenarios the brief stands under follow the day.
    """
    from karwan.report import render_html, render_pdf, write_workbook
    from karwan.report.document import build_document

    if folder.exists() and not folder.is_dir():
        raise InvalidInput(
            f"{folder} is not a folder.", "a file of that name exists", "name a folder with --out."
        )
    folder.mkdir(parents=True, exist_ok=True)
    stem = "-".join((brief.case_id, str(brief.as_of), *brief.scenarios))
    finals = [folder / f"{stem}.{end}" for end in ("html", "pdf", "xlsx")]
    with ExitStack() as all_or_none:
        page, pdf, book = [all_or_none.enter_context(beside(path)) for path in finals]
        with ThreadPoolExecutor(
            max_workers=1
        ) as pool:  # the PDF is set outside Python, beside page and workbook
            build_document(brief)
            printed = pool.submit(render_pdf, brief)
            page.write_text(render_html(brief), encoding="utf-8")
            write_workbook(brief, book)
            pdf.write_bytes(printed.result())
    return finals


def list_cases() -> pl.DataFrame:
    """Embedded cases: case, title, party_a, party_b, as_of."""
    rows = []
    for name in embedded_cases():
        settings = read_case(name).settings
        rows.append((name, settings.title, settings.party_a, settings.party_b, settings.as_of))
    return pl.DataFrame(rows, schema=["case", "title", "party_a", "party_b", "as_of"], orient="row")


def new_case(party_a: str, party_b: str, folder: Path | None, as_of: date) -> list[Path]:
    """Write a valid empty case; see `karwan.case.write_template`."""
    return write_template(party_a, party_b, folder or Path(f"{party_a}-{party_b}".lower()), as_of)


def case_report(name: str | Path) -> CaseReport:
    """Counts, share of rows by basis, conflicts and warnings of a case, its scenario files among them.

    Scenarios are applied only to a case without errors of its own.

    Raises
    ------
    UnknownName
        No such case.
    CaseProblems
        `case.yaml` itself cannot be read.
    """
    from karwan.analysis.scenario import check_scenarios

    case, problems = inspect_case(name)
    if case is None:
        raise CaseProblems(str(name), problems)
    scenarios = None
    if not any(p.severity == "error" for p in problems):
        scenarios, found = check_scenarios(case, case_folder(name))
        problems = [*problems, *found]
    errors = [p for p in problems if p.severity == "error"]
    counts = basis_counts(case.tables)
    tables = {"rows by basis": counts, "conflicts between sources": conflicts(case.tables)}
    if errors:
        tables = {"errors": problems_table(errors), **tables}
    else:
        tables["link lengths to look at"] = _length_findings(case)
    if scenarios is not None and scenarios.height:
        tables["scenarios"] = scenarios
    tables["warnings"] = problems_table([p for p in problems if p.severity == "warning"])
    total = int(counts["rows"].sum())
    assumed = int(counts["assumed"].sum())
    fact_rows = int(counts.filter(pl.col("observed").is_not_null())["rows"].sum())
    meta = {
        "case": case.settings.case_id,
        "rows": total,
        "assumed_share": round(assumed / fact_rows, 3) if fact_rows else None,
        "error_count": len(errors),
        "warnings": sum(p.severity == "warning" for p in problems),
    }
    return CaseReport(tables, meta, len(errors))


def _length_findings(case: Case) -> pl.DataFrame:
    from karwan.case.length_check import length_findings

    return length_findings(case["links"], case["nodes"])


__all__ = ["CaseReport", "Project", "case_report", "list_cases", "new_case", "open_case", "save_brief"]
