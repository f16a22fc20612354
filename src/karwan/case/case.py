"""A case: its settings and its tables, read and checked as a whole."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Any

import polars as pl
from babel import Locale
from babel.core import get_global

from karwan.case.checks import check_references, check_rules
from karwan.case.problems import CaseProblems, Problem
from karwan.case.reader import empty_table, read_table
from karwan.case.settings import CaseSettings, read_settings
from karwan.errors import UnknownName
from karwan.schema import PARTS, load_schema
from karwan.trade.parties import Parties


@dataclass(frozen=True)
class AppliedScenario:
    """A scenario a case stands under: its key, title, and the basis of what it supposes."""

    scenario_id: str
    title: str
    basis: str


OWN = "own_observation"
"""Source of every row that a private folder told of."""


def two_letters(code: str) -> str:
    """ISO 3166-1 alpha-2 of an alpha-3 code; the code itself where it has none."""
    found: list[str] = get_global("territory_aliases").get(code, [code])
    return found[0]


@dataclass(frozen=True)
class OwnFigures:
    """What a case owes to own observations of a private folder.

    Attributes
    ----------
    title
        How many of each kind, in words.
    rows
        The observations as typed, by kind.
    effects
        Rows of the result table `own_effects`: each figure before and after.
    before
        The case with its trips and prices beside the own ones, and its hours and rates as they were.
    unused
        Keys of trips and quotes for which the model has no way.
    """

    title: str
    rows: Mapping[str, pl.DataFrame]
    effects: tuple[Mapping[str, Any], ...]
    before: Case
    unused: tuple[str, ...] = ()


@dataclass(frozen=True, repr=False)
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
    bare
        The case as it stands, of a case under scenarios; None where it is that itself.
    own
        Own observations that moved its figures; None where no private folder was named.
    """

    settings: CaseSettings
    tables: Mapping[str, pl.DataFrame]
    warnings: tuple[Problem, ...]
    scenarios: tuple[AppliedScenario, ...] = ()
    folder: Path | None = None
    bare: Case | None = field(default=None, repr=False, compare=False)
    own: OwnFigures | None = field(default=None, repr=False, compare=False)

    def __repr__(self) -> str:
        filled = [table.height for table in self.tables.values() if table.height]
        return (
            f"Case {self.settings.case_id}: {self.settings.title}, {len(filled)} tables, {sum(filled):,} rows"
        )

    @property
    def under(self) -> str:
        """What the case supposes, in words: 'Under scenario ID: title (basis)', empty for the case as it stands."""
        return spoken(self.stands_under)

    @property
    def stands_under(self) -> tuple[AppliedScenario, ...]:
        """What must be named wherever a figure of the case is shown: own observations, then scenarios."""
        own = () if self.own is None else (AppliedScenario(OWN, self.own.title, "observed"),)
        return (*own, *self.scenarios)

    @property
    def store(self) -> str | None:
        """Where the trade store named in `case.yaml` is: an address as it stands, a path from the case's folder; None where none is named."""
        named = self.settings.store
        if not named:
            return None
        return named if "://" in named or self.folder is None else str(self.folder / named)

    @cached_property
    def parties(self) -> Parties:
        """The two countries with their names, and what their directions are called."""
        a, b = self.settings.party_a, self.settings.party_b
        return Parties(a, b, self.country_name(a), self.country_name(b))

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
        """Short English name of a country: of the case, else of CLDR; its code where neither names it."""
        return self._names.get(code) or str(Locale("en").territories.get(two_letters(code), code))

    @cached_property
    def _names(self) -> dict[str, str]:
        tables = [self.tables[name] for name in ("countries", "world_countries") if name in self.tables]
        rows = [row for table in tables for row in table.select("country", "name").iter_rows()]
        return {code: str(name) for code, name in reversed(rows)}  # of two rows the first holds

    @cached_property
    def _parameters(self) -> dict[str, Any]:
        rows = self["parameters"].select("parameter_id", "value").iter_rows()
        return dict(reversed(list(rows)))

    def parameter(self, parameter_id: str) -> float:
        """Value of a model parameter.

        Raises
        ------
        UnknownName
            The case has no such parameter.
        """
        if parameter_id not in self._parameters:
            names = ", ".join(sorted(self["parameters"]["parameter_id"]))
            raise UnknownName(
                f"parameters.csv has no row {parameter_id!r}.",
                f"it has {names}",
                f"add a row with parameter_id {parameter_id}, its value, unit, source and basis.",
            )
        return float(self._parameters[parameter_id])


def spoken(scenarios: Sequence[AppliedScenario]) -> str:
    """'Under scenario ID: title (basis)', several in order; empty where there is none."""
    own = [f"With own observations, private: {s.title}" for s in scenarios if s.scenario_id == OWN]
    found = [f"{s.scenario_id}: {s.title} ({s.basis})" for s in scenarios if s.scenario_id != OWN]
    under = [f"Under scenario{'s' * (len(found) > 1)} {', then '.join(found)}"] if found else []
    return ". ".join((*own, *under))


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
    settings, problems = read_settings(folder / "case.yaml")
    tables: dict[str, pl.DataFrame] = {}
    with os.scandir(folder) as entries:
        there = {entry.name for entry in entries if entry.is_file()}
    for spec in load_schema().values():
        path = folder / f"{spec.name}.csv"
        if path.name in there:
            tables[spec.name], found = read_table(path, spec)
            problems += found
        else:
            tables[spec.name] = empty_table(spec)
    problems += _missing(there)
    # The keys of a file that could not be read as a whole are not known: what names them is not judged.
    broken = {p.file for p in problems if p.severity == "error"}
    unreadable = {f"{name}.csv" for name, table in tables.items() if not table.height} & broken
    problems += check_references(tables, unreadable)
    if settings is None:
        return None, problems
    if not unreadable:
        problems += check_rules(tables, settings)
    warnings = tuple(p for p in problems if p.severity == "warning")
    return Case(settings, in_key_order(tables), warnings, folder=folder), problems


def _missing(there: Collection[str]) -> Iterator[Problem]:
    """Required tables a folder lacks; of a part that it lacks as a whole, as a case without a network, one warning."""
    lacking: dict[str, list[str]] = {"": []}
    whole = dict.fromkeys(PARTS, True)
    for spec in load_schema().values():
        if not spec.required:
            continue
        if f"{spec.name}.csv" not in there:
            lacking.setdefault(spec.part, []).append(spec.name)
        elif spec.part:
            whole[spec.part] = False
    for part, names in lacking.items():
        if part and whole[part]:
            said = f"the case has no {part}: {', '.join(names)} are taken as empty"
            yield Problem("warning", f"{names[0]}.csv", 0, "", "", said, "")
            continue
        for name in names:
            file = f"{name}.csv"
            yield Problem("error", file, 0, "", "", "required table is missing", f"a file {file}")


def in_key_order(tables: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """Tables by name with their rows in the order of their keys, so that no answer depends on the order of rows in a file."""
    schema = load_schema()
    return {name: table.sort(schema[name].key, maintain_order=True) for name, table in tables.items()}
