"""Scenarios: named lists of overrides on the tables of a case, applied to give a new case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from karwan.case import Case, Problem, read_case
from karwan.case.case import AppliedScenario, case_folder
from karwan.case.checks import check_references, check_rules
from karwan.case.problems import shorten
from karwan.case.reader import POLARS_TYPE, read_rows
from karwan.case.scenario_file import (
    BASE,
    BASES,
    Findings,
    Override,
    Scenario,
    ScenarioError,
    cell_text,
    meant,
    read_scenario,
)
from karwan.errors import InvalidInput, UnknownName
from karwan.schema import TableSpec, load_schema
from karwan.schema.frames import result_types

FOLDER = "scenarios"


def list_scenarios(folder: Path) -> list[Scenario]:
    """Scenarios of a case folder, by file name.

    Raises
    ------
    ScenarioError
        A file is not a scenario.
    """
    return [read_scenario(path) for path in _files(folder).values()]


def scenario_names(folder: Path) -> list[str]:
    """Names of the scenarios of a case folder, in order; whether they can be read shows when they are."""
    return list(_files(folder))


def _files(folder: Path) -> dict[str, Path]:
    return {path.stem: path for path in sorted((folder / FOLDER).glob("*.yaml"))}


def find_scenario(folder: Path, name: str) -> Scenario:
    """Scenario of a case folder by id, or from a file named by its path.

    Raises
    ------
    UnknownName
        Neither a scenario of the case, nor 'base', nor a file.
    ScenarioError
        The file is not a scenario.
    """
    if name == BASE.scenario_id:
        return BASE
    known = _files(folder)
    if name in known:
        return read_scenario(known[name])
    path = Path(name)
    if path.suffix in (".yaml", ".yml") and path.is_file():
        return read_scenario(path)
    raise UnknownName(
        f"No scenario is called {shorten(name)!r}{meant(name, known) or '.'}",
        f"scenarios of {folder.name}: {', '.join(known) or 'none'}",
        "name one of these, 'base', or a YAML file; `karwan scenario list CASE` describes them.",
    )


# -- applying ------------------------------------------------------------------------------------------------


def apply_scenario(case: Case, scenario: Scenario) -> Case:
    """The case as it would be under a scenario.

    Overrides are applied in order, so a later one sees what an earlier one did. The case given is not
    changed. A row that is set or added takes the scenario's basis where that is weaker than its own, and the
    scenario's sources beside its own, unless the override states `basis` or `source_id` itself. Where a crossing gets
    another capacity or traffic, its hours move with its queue; see `karwan.transport.crossing_hours`.

    Raises
    ------
    ScenarioError
        A row, column or source does not exist, a value is not allowed, or the changed tables break a rule of
        the case; every problem is listed.

    Examples
    --------
    >>> from karwan.case import read_case
    >>> toyland = read_case("toyland")
    >>> shut = Override("links", "set", ("A-X",), {"state": "closed"})
    >>> changed = apply_scenario(toyland, Scenario("shut", "Shut", "", ("judgement",), "assumed", (shut,)))
    >>> changed["links"]["state"][0], toyland["links"]["state"][0]
    ('closed', 'open')
    """
    found = Findings(f"{scenario.scenario_id}.yaml")
    _check_sources(case, scenario, found)
    drafts: dict[str, _Draft] = {}
    for number, override in enumerate(scenario.overrides, start=1):
        spec = load_schema().get(override.table)
        if spec is None:
            hint = meant(override.table, load_schema())
            found.add("table", f"no such table{hint}", override.table, row=number)
            continue
        if spec.name not in drafts:
            drafts[spec.name] = _Draft({r[spec.key]: r for r in case[spec.name].iter_rows(named=True)}, {})
        _apply(drafts[spec.name], override, scenario, spec, found, number)
    tables = {name: _table(load_schema()[name], draft, found) for name, draft in drafts.items()}
    found.problems.sort(key=lambda p: p.row)
    found.stop(scenario.scenario_id)
    changed = case.with_tables(tables)
    problems = _broken(case, changed) if tables else []
    if problems:
        raise ScenarioError(scenario.scenario_id, problems)
    if tables.keys() & {"crossings", "crossing_times", "parameters"}:
        from karwan.transport.crossing_hours import carried_times  # only here: it loads the compiled queues

        changed = changed.with_tables({"crossing_times": carried_times(case.tables, changed.tables)})
    if scenario == BASE:
        return changed
    applied = AppliedScenario(scenario.scenario_id, scenario.title, scenario.basis)
    return replace(changed, scenarios=(*case.scenarios, applied), bare=case.bare or case)


def together(scenarios: Sequence[Scenario]) -> Scenario:
    """One scenario that holds the overrides of several, in order."""
    if len(scenarios) == 1:
        return scenarios[0]
    return Scenario(
        "+".join(s.scenario_id for s in scenarios),
        "; ".join(s.title for s in scenarios),
        "",
        tuple(dict.fromkeys(source for s in scenarios for source in s.source_ids)),
        "assumed",
        tuple(o for s in scenarios for o in s.overrides),
    )


def _check_sources(case: Case, scenario: Scenario, found: Findings) -> None:
    """Every source a scenario names is one of the case, or added by it."""
    known = case["sources"]["source_id"].to_list()
    added = {o.keys[0] for o in scenario.overrides if o.table == "sources" and o.action == "add"}
    for source in scenario.source_ids:
        if source not in known and source not in added:
            found.add("source_ids", f"not in sources.csv{meant(source, known)}", source)


@dataclass
class _Draft:
    """Rows of a table in order, by key; those an override touched stand as text in `cells`, with the number of the last one."""

    rows: dict[str, Mapping[str, Any]]
    cells: dict[str, tuple[int, dict[str, str]]]


def _apply(
    draft: _Draft, override: Override, scenario: Scenario, spec: TableSpec, found: Findings, number: int
) -> None:
    for key in override.keys:
        if override.action == "add" and key in draft.rows:
            found.add(spec.key, f"{spec.name}.csv already has this row", key, "a new key", number)
        elif override.action != "add" and key not in draft.rows:
            fact = f"{spec.name}.csv has no such row{meant(key, draft.rows)}"
            found.add(spec.key, fact, key, f"a key of {spec.name}.csv", number)
        elif override.action == "remove":
            del draft.rows[key]
            draft.cells.pop(key, None)
        else:
            old = draft.rows.setdefault(key, {})
            before = draft.cells[key][1] if key in draft.cells else {n: cell_text(v) for n, v in old.items()}
            cells = before | dict(override.values)
            if spec.provenance:
                cells |= _provenance(before, override, scenario)
            draft.cells[key] = (number, cells)


def _provenance(own: Mapping[str, str], override: Override, scenario: Scenario) -> dict[str, str]:
    """Source, basis and note of a row that an override touched, where it does not state them itself."""
    sources = [*str(own.get("source_id") or "").split(";"), *scenario.source_ids]
    basis = max(str(own.get("basis") or BASES[0]), scenario.basis, key=BASES.index)
    said = f"Scenario {scenario.scenario_id}" + (f": {override.reason}" if override.reason else ".")
    note = " ".join(filter(None, [str(override.values.get("note", own.get("note") or "")), said]))
    fresh = {"source_id": ";".join(dict.fromkeys(s.strip() for s in sources if s.strip())), "basis": basis}
    return {**{k: v for k, v in fresh.items() if k not in override.values}, "note": note}


def _table(spec: TableSpec, draft: _Draft, found: Findings) -> pl.DataFrame:
    """Table of a draft; the rows touched are read by the rules of a CSV file, once each."""
    read, problems = read_rows(list(draft.cells.values()), spec, found.file)
    found.problems += [p for p in problems if p.severity == "error"]
    fresh = dict(zip(draft.cells, read.iter_rows(named=True), strict=True))
    rows = [fresh.get(key, row) for key, row in draft.rows.items()]
    columns = {name: [row.get(name) for row in rows] for name in spec.column_names}
    table = pl.DataFrame(columns, schema={c.name: POLARS_TYPE[c.type] for c in spec.columns})
    return table.sort(spec.key, maintain_order=True)


def _broken(base: Case, changed: Case) -> list[Problem]:
    """References and rules that a change breaks: only tables that changed, or that name rows which are gone, can have come to break one."""
    moved = {name for name, table in changed.tables.items() if table is not base[name]}
    judged = set(moved)
    for spec in load_schema().values():
        for target, key in (c.references for c in spec.columns if c.references is not None):
            if target in moved and set(base[target][key]) - set(changed[target][key]):
                judged.add(spec.name)
    found = [
        *check_references(changed.tables, set(), judged),
        *check_rules(changed.tables, changed.settings),
    ]
    return [replace(p, row=0) for p in found if p.severity == "error"]  # rows of a file on disk are not meant


def case_under(case: str | Path, scenarios: str | Sequence[str] | None) -> tuple[Case, Case]:
    """A case as it stands, and under scenarios applied in the order given.

    Every command and the facade read a case through this function; `Case.scenarios` says what the second one stands under.

    Parameters
    ----------
    case
        Id of an embedded case, or a folder.
    scenarios
        Ids of its scenarios or YAML files; one name alone is one scenario, none leaves the case as it stands.

    Raises
    ------
    UnknownName, CaseProblems, ScenarioError
        No such case or scenario; a case or scenario with errors.
    InvalidInput
        A scenario is named twice.
    """
    names = [scenarios] if isinstance(scenarios, str) else list(scenarios or ())
    _refuse_twice(names)
    base = read_case(case)
    return base, with_scenarios(base, names, case_folder(case))


def with_scenarios(base: Case, names: Sequence[str], folder: Path | None = None) -> Case:
    """A case under scenarios of its folder, or of files, applied in the order given.

    Parameters
    ----------
    base
        The case; what it already stands under stays.
    names
        Ids of its scenarios, or YAML files.
    folder
        Where the scenarios are; the case's own folder by default.

    Raises
    ------
    UnknownName, ScenarioError
        No such scenario; a scenario with errors.
    InvalidInput
        A scenario is named twice, or the case was not read from a folder.
    """
    _refuse_twice(names)
    home = folder or base.folder
    if home is None:
        raise InvalidInput(
            "The case was not read from a folder.", "scenarios are files of it", "open it from its folder."
        )
    changed = base
    for name in names:
        changed = apply_scenario(changed, find_scenario(home, name))
    return changed


def _refuse_twice(names: Sequence[str]) -> None:
    twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    if twice:
        raise InvalidInput(
            f"Scenario {twice[0]!r} is named twice.",
            f"given: {', '.join(names)}",
            "name each scenario once; they are applied in the order given.",
        )


# -- comparing -----------------------------------------------------------------------------------------------


def differences(base: Case, changed: Case) -> pl.DataFrame:
    """Every cell in which two versions of a case differ.

    Returns
    -------
    Table of table, key, column, before, after (texts as in CSV; missing where the cell is empty or the row is
    not there), in the order of the schema and of the rows. Provenance and notes are left out; an added or
    removed row gives one line for each filled cell.
    """
    lines = []
    for name, spec in load_schema().items():
        if changed[name] is base[name]:
            continue
        old = {r[spec.key]: r for r in base[name].iter_rows(named=True)}
        new = {r[spec.key]: r for r in changed[name].iter_rows(named=True)}
        for key in dict.fromkeys([*old, *new]):
            lines += _cell_lines(spec, key, old.get(key), new.get(key))
    return pl.DataFrame(lines, schema=result_types("scenario_cells"), orient="row")


def _cell_lines(
    spec: TableSpec, key: str, old: Mapping[str, Any] | None, new: Mapping[str, Any] | None
) -> list[tuple[str, str, str, str | None, str | None]]:
    quiet = {"source_id", "basis", "note"} if spec.provenance else set()
    lines = []
    for column in spec.column_names:
        if column in quiet or column == spec.key:
            continue
        before = (cell_text(old[column]) or None) if old is not None else None
        after = (cell_text(new[column]) or None) if new is not None else None
        if before != after:
            lines.append((spec.name, key, column, before, after))
    return lines


__all__ = [
    "BASE",
    "FOLDER",
    "Override",
    "Scenario",
    "ScenarioError",
    "apply_scenario",
    "case_under",
    "differences",
    "find_scenario",
    "list_scenarios",
    "meant",
    "read_scenario",
    "scenario_names",
    "together",
    "with_scenarios",
]
