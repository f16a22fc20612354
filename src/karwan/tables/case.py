"""A case: its settings and its tables, read and checked as a whole."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Any

import polars as pl
import yaml

from karwan.errors import UnknownName
from karwan.schema import load_schema
from karwan.tables.checks import check_references, check_rules
from karwan.tables.problems import CaseProblems, Problem
from karwan.tables.reader import empty_table, read_table

_ID = re.compile(r"[a-z0-9][a-z0-9-]{1,40}")


@dataclass(frozen=True)
class CaseSettings:
    """What `case.yaml` says.

    Attributes
    ----------
    case_id, title
        Key and title of the case.
    party_a, party_b
        ISO 3166-1 alpha-3 codes of the two countries.
    plan_title, plan_start, plan_end
        The action plan and its period.
    as_of
        Day the case was last brought up to date; default day of a brief.
    origins, destinations
        Node ids the brief compares, inside party a and party b.
    ports
        Sea ports the brief puts side by side.
    reference_product
        Product the headline figures are for.
    load_t
        Tonnes of the reference load.
    """

    case_id: str
    title: str
    party_a: str
    party_b: str
    plan_title: str
    plan_start: date
    plan_end: date
    as_of: date
    origins: tuple[str, ...]
    destinations: tuple[str, ...]
    ports: tuple[str, ...]
    reference_product: str
    load_t: float


@dataclass(frozen=True)
class AppliedScenario:
    """A scenario a case stands under: its key, title, and the basis of what it supposes."""

    scenario_id: str
    title: str
    basis: str


@dataclass(frozen=True)
class Case:
    """A country pair: settings, tables, and the warnings found on reading.

    Attributes
    ----------
    settings
        What `case.yaml` says.
    tables
        Table name to data frame, one for every declared table (empty where the case has no file).
    warnings
        Problems that do not stop the case from being used.
    scenarios
        Scenarios applied, in order; empty for the case as it stands.
    folder
        Folder it was read from; None where it was not read from one.
    """

    settings: CaseSettings
    tables: Mapping[str, pl.DataFrame]
    warnings: tuple[Problem, ...]
    scenarios: tuple[AppliedScenario, ...] = ()
    folder: Path | None = None

    @property
    def under(self) -> str:
        """What the case supposes, in words: 'Under scenario ID: title (basis)', empty for the case as it stands."""
        return spoken(self.scenarios)

    def __getitem__(self, table: str) -> pl.DataFrame:
        if table not in self.tables:
            raise UnknownName(
                f"No table is called {table!r}.",
                f"tables: {', '.join(self.tables)}",
                "use one of these names.",
            )
        return self.tables[table]

    def with_tables(self, tables: Mapping[str, pl.DataFrame]) -> Case:
        """A new case in which the given tables replace those of the same name."""
        return replace(self, tables={**self.tables, **tables})

    def country_name(self, code: str) -> str:
        """Short English name of a country, or its code where the case does not list it."""
        found = self["countries"].filter(pl.col("country") == code)
        return str(found["name"][0]) if found.height else code

    def parameter(self, parameter_id: str) -> float:
        """Value of a model parameter.

        Raises
        ------
        UnknownName
            The case has no such parameter.
        """
        found = self["parameters"].filter(pl.col("parameter_id") == parameter_id)
        if not found.height:
            names = ", ".join(sorted(self["parameters"]["parameter_id"]))
            raise UnknownName(
                f"parameters.csv has no row {parameter_id!r}.",
                f"it has {names}",
                f"add a row with parameter_id {parameter_id}, its value, unit, source and basis.",
            )
        return float(found["value"][0])


def spoken(scenarios: Sequence[AppliedScenario]) -> str:
    """'Under scenario ID: title (basis)', several in order; empty where there is none."""
    found = [f"{s.scenario_id}: {s.title} ({s.basis})" for s in scenarios]
    return f"Under scenario{'s' * (len(found) > 1)} {', then '.join(found)}" if found else ""


def embedded_cases() -> dict[str, Path]:
    """Cases shipped with the package: id to folder."""
    root = Path(str(resources.files("karwan").joinpath("cases")))
    return {p.name: p for p in sorted(root.iterdir()) if (p / "case.yaml").is_file()}


def case_folder(name: str | Path) -> Path:
    """Folder of a case given by the id of an embedded case or by a path.

    Raises
    ------
    UnknownName
        Neither an embedded case nor a folder with a `case.yaml`.
    """
    embedded = embedded_cases()
    if str(name) in embedded:
        return embedded[str(name)]
    path = Path(name)
    if path.name == "case.yaml":
        path = path.parent
    if (path / "case.yaml").is_file():
        return path
    raise UnknownName(
        f"No case is called {str(name)!r}.",
        f"embedded cases: {', '.join(embedded)}; no folder {str(name)!r} with a case.yaml",
        "name an embedded case, or a folder that `karwan case new` made.",
    )


def read_case(name: str | Path) -> Case:
    """Read and check a case.

    Parameters
    ----------
    name
        Id of an embedded case, or a folder holding `case.yaml` and CSV tables.

    Returns
    -------
    The case, with its warnings.

    Raises
    ------
    UnknownName
        No such case.
    CaseProblems
        The case has errors; every one is listed.
    """
    case, problems = inspect_case(name)
    if any(p.severity == "error" for p in problems) or case is None:
        raise CaseProblems(str(name), problems)
    return case


def inspect_case(name: str | Path) -> tuple[Case | None, list[Problem]]:
    """Read a case and return it with every problem found; None where `case.yaml` itself is unusable."""
    folder = case_folder(name)
    settings, problems = _read_settings(folder / "case.yaml")
    tables: dict[str, pl.DataFrame] = {}
    for spec in load_schema().values():
        path = folder / f"{spec.name}.csv"
        if path.is_file():
            tables[spec.name], found = read_table(path, spec)
            problems += found
        else:
            tables[spec.name] = empty_table(spec)
            if spec.required:
                problems.append(
                    Problem("error", path.name, 0, "", "", "required table is missing", f"a file {path.name}")
                )
    # The keys of a file that could not be read as a whole are not known: what names them is not judged.
    broken = {p.file for p in problems if p.severity == "error"}
    unreadable = {f"{name}.csv" for name, table in tables.items() if not table.height} & broken
    problems += check_references(tables, unreadable)
    if settings is None:
        return None, problems
    if not unreadable:
        problems += check_rules(tables, settings_nodes(settings), (settings.party_a, settings.party_b))
    warnings = tuple(p for p in problems if p.severity == "warning")
    return Case(settings, tables, warnings, folder=folder), problems


def settings_nodes(settings: CaseSettings) -> dict[str, tuple[str, ...]]:
    """Node ids that `case.yaml` names, by the key they stand under."""
    return {
        "origins": settings.origins,
        "destinations": settings.destinations,
        "ports": settings.ports,
    }


def _read_settings(path: Path) -> tuple[CaseSettings | None, list[Problem]]:
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        return None, [Problem("error", path.name, 0, "", "", f"not readable: {error}", "YAML in UTF-8")]
    if not isinstance(raw, dict):
        return None, [Problem("error", path.name, 0, "", "", "not a mapping", "key: value lines")]
    problems: list[Problem] = []

    def get(key: str, kind: type, parent: dict[str, Any], prefix: str = "") -> Any:
        value = parent.get(key)
        if not isinstance(value, kind) or isinstance(value, bool):
            text = "missing" if value is None else f"not a {kind.__name__}"
            problems.append(Problem("error", path.name, 0, prefix + key, str(value or ""), text))
            return kind() if kind is not date else date(2000, 1, 1)
        return value

    plan: dict[str, Any] = raw["plan"] if isinstance(raw.get("plan"), dict) else {}
    brief: dict[str, Any] = raw["brief"] if isinstance(raw.get("brief"), dict) else {}
    load = brief.get("load_t", 20)
    if not isinstance(load, (int, float)) or not 0 < load <= 60000:
        problems.append(
            Problem("error", path.name, 0, "brief.load_t", str(load), "not a load in tonnes", "0 to 60000")
        )
        load = 20
    settings = CaseSettings(
        case_id=get("id", str, raw),
        title=get("title", str, raw),
        party_a=get("party_a", str, raw),
        party_b=get("party_b", str, raw),
        plan_title=get("title", str, plan, "plan."),
        plan_start=get("start", date, plan, "plan."),
        plan_end=get("end", date, plan, "plan."),
        as_of=get("as_of", date, raw),
        origins=tuple(map(str, get("origins", list, brief, "brief."))),
        destinations=tuple(map(str, get("destinations", list, brief, "brief."))),
        ports=tuple(map(str, brief.get("ports") or ())),
        reference_product=get("reference_product", str, brief, "brief."),
        load_t=float(load),
    )
    if not _ID.fullmatch(settings.case_id):
        problems.append(
            Problem(
                "error",
                path.name,
                0,
                "id",
                settings.case_id,
                "not a case id",
                "lower case letters, digits, hyphens",
            )
        )
    return (None if problems else settings), problems
