"""Scenarios: named lists of overrides on the tables of a case, applied to give a new case."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import polars as pl
import yaml

from karwan.errors import CaseError, UnknownName
from karwan.schema import TableSpec, load_schema
from karwan.tables import Case, Problem
from karwan.tables.case import AppliedScenario, settings_nodes
from karwan.tables.checks import check_references, check_rules
from karwan.tables.problems import SHOWN, shorten
from karwan.tables.reader import POLARS_TYPE, read_rows

FOLDER = "scenarios"
MAX_BYTES = 1_000_000
BASES = ("observed", "computed", "assumed")
"""From the strongest to the weakest."""

_KEYS = ("id", "title", "description", "source_ids", "basis", "overrides")
_ACTIONS = ("set", "add", "remove")
_OVERRIDE_KEYS = ("table", "key", "reason", *_ACTIONS)


class ScenarioError(CaseError):
    """A scenario cannot be read, or does not fit its case; `problems` holds every finding."""

    def __init__(self, scenario: str, problems: Sequence[Problem]) -> None:
        self.problems = list(problems)
        shown = "\n    ".join(p.line() for p in self.problems[:SHOWN])
        more = f"\n    ... and {len(self.problems) - SHOWN} more" if len(self.problems) > SHOWN else ""
        count = f"{len(self.problems)} error{'s' * (len(self.problems) != 1)}"
        super().__init__(
            f"Scenario {scenario!r} has {count}.",
            f"\n    {shown}{more}",
            "mend the overrides named above; docs/scenario.md says what a scenario may hold.",
        )


@dataclass(frozen=True)
class Override:
    """One change of a table.

    Attributes
    ----------
    table
        Name of the table.
    action
        'set' (columns of existing rows), 'add' (one new row) or 'remove' (existing rows).
    keys
        Keys of the rows; for 'add' the key of the new row.
    values
        Column to text, as it would stand in the table's CSV file; empty text empties the cell.
    reason
        Why this value; goes into the note of every row it touches.
    """

    table: str
    action: str
    keys: tuple[str, ...]
    values: Mapping[str, str] = field(default_factory=dict)
    reason: str = ""


@dataclass(frozen=True)
class Scenario:
    """A named list of overrides, in the order they are applied.

    Attributes
    ----------
    scenario_id, title, description
        Key, title and what it supposes.
    source_ids
        Keys of the case's sources the changes rest on.
    basis
        'observed', 'computed' or 'assumed': what the changed figures rest on.
    overrides
        The changes.
    """

    scenario_id: str
    title: str
    description: str
    source_ids: tuple[str, ...]
    basis: str
    overrides: tuple[Override, ...]


BASE = Scenario("base", "Base", "The case as it stands.", (), "observed", ())
"""The empty override."""


# -- reading -------------------------------------------------------------------------------------------------


def list_scenarios(folder: Path) -> list[Scenario]:
    """Scenarios of a case folder, by file name.

    Raises
    ------
    ScenarioError
        A file is not a scenario.
    """
    return [read_scenario(path) for path in sorted((folder / FOLDER).glob("*.yaml"))]


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
    known = {path.stem: path for path in sorted((folder / FOLDER).glob("*.yaml"))}
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


def read_scenario(path: Path) -> Scenario:
    """Read a scenario file.

    Raises
    ------
    ScenarioError
        Not YAML, or keys are missing, unknown or of the wrong kind; all problems are listed.
    """
    found = _Findings(path.name)
    raw = _load(path, found)
    for name in raw.keys() - set(_KEYS):
        found.add(str(name), f"unknown key{meant(str(name), _KEYS)}", allowed=", ".join(_KEYS))
    texts = {name: _text(raw.get(name), name, found) for name in ("id", "title", "description", "basis")}
    if texts["id"] and texts["id"] != path.stem:
        found.add("id", "differs from the file's name", texts["id"], path.stem)
    if texts["basis"] and texts["basis"] not in BASES:
        found.add("basis", "value not allowed", texts["basis"], ", ".join(BASES))
    sources = raw.get("source_ids")
    if not isinstance(sources, list) or not sources:
        found.add("source_ids", "not a list of sources", allowed="keys of sources.csv; judgement is one")
        sources = []
    rows = raw.get("overrides")
    if not isinstance(rows, list):
        found.add("overrides", "not a list", allowed="one entry for each change; [] is the base")
        rows = []
    overrides = [o for i, row in enumerate(rows, start=1) if (o := _override(row, i, found)) is not None]
    found.stop(path.stem)
    return Scenario(
        texts["id"],
        texts["title"],
        texts["description"],
        tuple(map(str, sources)),
        texts["basis"],
        tuple(overrides),
    )


@dataclass
class _Findings:
    file: str
    problems: list[Problem] = field(default_factory=list)

    def add(self, column: str, message: str, value: str = "", allowed: str = "", row: int = 0) -> None:
        self.problems.append(Problem("error", self.file, row, column, shorten(value, 200), message, allowed))

    def stop(self, scenario: str) -> None:
        if self.problems:
            raise ScenarioError(scenario, self.problems)


class _PlainLoader(yaml.SafeLoader):
    """Safe loader that also refuses aliases (they can blow up) and keys that stand twice."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("anchors and aliases are not used in a scenario")
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        names = [getattr(key, "value", None) for key, _ in node.value]
        twice = sorted({str(n) for n in names if names.count(n) > 1})
        if twice:
            raise yaml.YAMLError(f"{', '.join(twice)} stands twice in line {node.start_mark.line + 1}")
        return super().construct_mapping(node, deep=deep)


def _load(path: Path, found: _Findings) -> dict[Any, Any]:
    if path.stat().st_size > MAX_BYTES:
        found.add("", "file is too large", allowed=f"at most {MAX_BYTES // 1000} kB")
        found.stop(path.stem)
    try:
        raw = yaml.load(path.read_text(encoding="utf-8"), Loader=_PlainLoader)
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError, ValueError) as error:
        found.add("", f"not readable: {shorten(' '.join(str(error).split()), 200)}", allowed="YAML in UTF-8")
        found.stop(path.stem)
    if not isinstance(raw, dict):
        found.add("", "not a mapping", allowed=f"key: value lines for {', '.join(_KEYS)}")
        found.stop(path.stem)
        raw = {}
    return raw


def _text(value: Any, name: str, found: _Findings) -> str:
    if not isinstance(value, str) or not value.strip():
        found.add(name, "missing or not a text", "" if value is None else str(value), "a text")
        return ""
    return " ".join(value.split())


def _override(raw: Any, number: int, found: _Findings) -> Override | None:
    def wrong(column: str, message: str, value: object = "", allowed: str = "") -> None:
        found.add(f"overrides.{column}", message, str(value), allowed, number)

    if not isinstance(raw, dict):
        wrong("", "not a mapping", raw, f"table, key and one of {', '.join(_ACTIONS)}")
        return None
    before = len(found.problems)
    for name in raw.keys() - set(_OVERRIDE_KEYS):
        wrong(str(name), f"unknown key{meant(str(name), _OVERRIDE_KEYS)}", name, ", ".join(_OVERRIDE_KEYS))
    actions = [a for a in _ACTIONS if a in raw]
    if len(actions) != 1:
        wrong("", f"{len(actions)} actions", ", ".join(actions), f"one of {', '.join(_ACTIONS)}")
        return None
    action, table = actions[0], raw.get("table")
    spec = load_schema().get(table) if isinstance(table, str) else None
    if spec is None:
        wrong("table", f"no such table{meant(str(table), load_schema())}", table, ", ".join(load_schema()))
        return None
    values = _values(raw[action], action, spec, wrong)
    if action == "add":
        keys: tuple[str, ...] = (values.get(spec.key, ""),)
        if "key" in raw or not keys[0]:
            wrong("key", "an added row carries its key inside add", raw.get("key", ""), f"add.{spec.key}")
    else:
        given = raw.get("key")
        keys = tuple(map(str, given if isinstance(given, list) else [given] if given is not None else []))
        if not keys:
            wrong("key", "missing", allowed=f"{spec.key} of a row of {spec.name}.csv, or a list of them")
    if len(found.problems) > before:
        return None
    return Override(spec.name, action, keys, values, " ".join(str(raw.get("reason") or "").split()))


def _values(raw: Any, action: str, spec: TableSpec, wrong: Any) -> dict[str, str]:
    if action == "remove":
        if raw is not True:
            wrong("remove", "not true", raw, "remove: true")
        return {}
    if not isinstance(raw, dict) or not raw:
        wrong(action, "not a mapping of columns to values", raw, ", ".join(spec.column_names))
        return {}
    values = {}
    for name, value in raw.items():
        if name not in spec.column_names:
            fact = f"no such column in {spec.name}.csv{meant(str(name), spec.column_names)}"
            wrong(f"{action}.{name}", fact, name, ", ".join(spec.column_names))
        elif action == "set" and name == spec.key:
            wrong(f"set.{name}", "the key of a row cannot be changed", value, "remove it and add another")
        elif isinstance(value, dict):
            wrong(f"{action}.{name}", "not a value", value, "text, number, true, false, a day or a list")
        else:
            values[str(name)] = cell_text(value)
    return values


def cell_text(value: Any) -> str:
    """A value as it stands in a CSV cell of a case: lists joined by semicolons, missing as empty text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return ";".join(cell_text(v) for v in value)
    if isinstance(value, date):
        return value.isoformat()[:10]
    return repr(value) if isinstance(value, float) else str(value)


def meant(name: str, known: Iterable[str]) -> str:
    """'; did you mean X?', empty where nothing known is near."""
    names = list(known)
    close = get_close_matches(name, names, n=3, cutoff=0.5) or [n for n in names if name and name in n][:3]
    return f"; did you mean {', '.join(close)}?" if close else ""


# -- applying ------------------------------------------------------------------------------------------------


def apply_scenario(case: Case, scenario: Scenario) -> Case:
    """The case as it would be under a scenario.

    Overrides are applied in order, so a later one sees what an earlier one did. The case given is not
    changed. A row that is set or added takes the scenario's basis where that is weaker than its own, and the
    scenario's sources beside its own, unless the override states `basis` or `source_id` itself. Where a crossing gets
    another capacity or traffic, its hours move with its queue; see `karwan.models.crossing_hours`.

    Raises
    ------
    ScenarioError
        A row, column or source does not exist, a value is not allowed, or the changed tables break a rule of
        the case; every problem is listed.

    Examples
    --------
    >>> from karwan.tables import read_case
    >>> toyland = read_case("toyland")
    >>> shut = Override("links", "set", ("A-X",), {"state": "closed"})
    >>> changed = apply_scenario(toyland, Scenario("shut", "Shut", "", ("judgement",), "assumed", (shut,)))
    >>> changed["links"]["state"][0], toyland["links"]["state"][0]
    ('closed', 'open')
    """
    found = _Findings(f"{scenario.scenario_id}.yaml")
    known = case["sources"]["source_id"].to_list()
    added = {o.keys[0] for o in scenario.overrides if o.table == "sources" and o.action == "add"}
    for source in scenario.source_ids:
        if source not in known and source not in added:
            found.add("source_ids", f"not in sources.csv{meant(source, known)}", source)
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
    if tables.keys() & {"crossings", "crossing_times", "parameters"}:
        from karwan.models.crossing_hours import carried_times  # only here: it loads the compiled queues

        changed = changed.with_tables({"crossing_times": carried_times(case.tables, changed.tables)})
    problems = _broken(case, changed) if tables else []
    if problems:
        raise ScenarioError(scenario.scenario_id, problems)
    if scenario == BASE:
        return changed
    applied = AppliedScenario(scenario.scenario_id, scenario.title, scenario.basis)
    return replace(changed, scenarios=(*case.scenarios, applied))


@dataclass
class _Draft:
    """Rows of a table in order, by key; those an override touched stand as text in `cells`, with the number of the last one."""

    rows: dict[str, Mapping[str, Any]]
    cells: dict[str, tuple[int, dict[str, str]]]


def _apply(
    draft: _Draft, override: Override, scenario: Scenario, spec: TableSpec, found: _Findings, number: int
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


def _table(spec: TableSpec, draft: _Draft, found: _Findings) -> pl.DataFrame:
    """Table of a draft; the rows touched are read by the rules of a CSV file, once each."""
    read, problems = read_rows(list(draft.cells.values()), spec, found.file)
    found.problems += [p for p in problems if p.severity == "error"]
    fresh = dict(zip(draft.cells, read.iter_rows(named=True), strict=True))
    rows = [fresh.get(key, row) for key, row in draft.rows.items()]
    columns = {name: [row.get(name) for row in rows] for name in spec.column_names}
    return pl.DataFrame(columns, schema={c.name: POLARS_TYPE[c.type] for c in spec.columns})


def _broken(base: Case, changed: Case) -> list[Problem]:
    """References and rules that a change breaks: only tables that changed, or that name rows which are gone, can have come to break one."""
    settings = changed.settings
    parties = (settings.party_a, settings.party_b)
    moved = {name for name, table in changed.tables.items() if table is not base[name]}
    judged = set(moved)
    for spec in load_schema().values():
        for target, key in (c.references for c in spec.columns if c.references is not None):
            if target in moved and set(base[target][key]) - set(changed[target][key]):
                judged.add(spec.name)
    return [
        *check_references(changed.tables, set(), judged),
        *check_rules(changed.tables, settings_nodes(settings), parties),
    ]


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
    schema = dict.fromkeys(("table", "key", "column", "before", "after"), pl.String)
    return pl.DataFrame(lines, schema=schema, orient="row")


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
