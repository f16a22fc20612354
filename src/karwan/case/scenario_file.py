"""Scenario files: read within bounds, checked by a pydantic model, every fault named."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from karwan.case import Problem
from karwan.case.problems import SHOWN, shorten
from karwan.case.yaml_input import Fault, faults, read_yaml
from karwan.errors import CaseError, InvalidInput
from karwan.schema import TableSpec, load_schema

BASES = ("observed", "computed", "assumed")
"""From the strongest to the weakest."""

ACTIONS = ("set", "add", "remove")
MOST_OVERRIDES = 5_000


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


# -- the file ------------------------------------------------------------------------------------------------


def _words(text: str) -> str:
    """Text on one line; it may not be blank."""
    if not text.strip():
        raise ValueError("is missing or not a text; allowed: a text")
    return " ".join(text.split())


def _some(names: tuple[str, ...]) -> tuple[str, ...]:
    if not names:
        raise ValueError("is not a list of sources; allowed: keys of sources.csv; judgement is one")
    return names


def _as_list(value: Any) -> Any:
    """One key alone is a list of one."""
    return [value] if isinstance(value, str) else () if value is None else value


def _table(name: str) -> str:
    known = load_schema()
    if name not in known:
        raise ValueError(f"no such table{meant(name, known)}; allowed: {', '.join(known)}")
    return name


def _true(value: Any) -> bool:
    if value not in ("true", True):
        raise ValueError("is not true; allowed: true")
    return True


def _cell(value: Any) -> str:
    """A value as it stands in a CSV cell."""
    if isinstance(value, dict) or (
        isinstance(value, list) and any(isinstance(v, (dict, list)) for v in value)
    ):
        raise ValueError("is not a value; allowed: text, number, true, false, a day or a list")
    return cell_text(value)


Words = Annotated[str, AfterValidator(_words)]
Cells = Annotated[dict[str, Annotated[str, BeforeValidator(_cell)]], Field(min_length=1)]


class _OverrideEntry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    table: Annotated[str, AfterValidator(_table)]
    key: Annotated[tuple[str, ...], BeforeValidator(_as_list)] = ()
    reason: Annotated[str, BeforeValidator(lambda v: "" if v is None else v)] = ""
    set_: Cells | None = Field(None, alias="set")
    add: Cells | None = None
    remove: Annotated[bool | None, BeforeValidator(_true)] = None

    @model_validator(mode="before")
    @classmethod
    def _one_action(cls, raw: Any) -> Any:
        actions = [a for a in ACTIONS if isinstance(raw, dict) and a in raw]
        if isinstance(raw, dict) and len(actions) != 1:
            raise ValueError(f"has {len(actions)} actions; allowed: one of {', '.join(ACTIONS)}")
        return raw

    @model_validator(mode="after")
    def _fits_its_table(self) -> Self:
        spec = load_schema()[self.table]
        if self.add is not None and (self.key or not self.add.get(spec.key)):
            raise ValueError(f"an added row carries its key inside add; allowed: add.{spec.key}")
        if self.add is None and not self.key:
            raise ValueError(
                f"key is missing; allowed: {spec.key} of a row of {spec.name}.csv, or a list of them"
            )
        return self

    def override(self) -> Override:
        """The same as an `Override`."""
        spec = load_schema()[self.table]
        reason = " ".join(self.reason.split())
        if self.add is not None:
            return Override(self.table, "add", (self.add[spec.key],), self.add, reason)
        action = "remove" if self.set_ is None else "set"
        return Override(self.table, action, self.key, self.set_ or {}, reason)


class _ScenarioFile(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Words
    title: Words
    description: Words
    source_ids: Annotated[tuple[str, ...], AfterValidator(_some)]
    basis: Literal["observed", "computed", "assumed"]
    overrides: Annotated[tuple[_OverrideEntry, ...], Field(max_length=MOST_OVERRIDES)]


@dataclass
class Findings:
    """Problems of one scenario file, raised together."""

    file: str
    problems: list[Problem] = field(default_factory=list)

    def add(self, column: str, message: str, value: str = "", allowed: str = "", row: int = 0) -> None:
        """Note a problem; `row` is the number of its override."""
        self.problems.append(Problem("error", self.file, row, column, shorten(value, 200), message, allowed))

    def stop(self, scenario: str) -> None:
        """Raise ScenarioError where anything was found."""
        if self.problems:
            raise ScenarioError(scenario, self.problems)


def read_scenario(path: Path) -> Scenario:
    """Read a scenario file.

    Raises
    ------
    ScenarioError
        Not YAML, or keys are missing, unknown or of the wrong kind; all problems are listed.
    """
    found = Findings(path.name)
    try:
        document = read_yaml(path, as_text=True)
    except InvalidInput as error:
        fact = f"not readable: {error.fact}" + (f" ({error.evidence})" if error.evidence else "")
        found.add("", fact, allowed="YAML in UTF-8")
        found.stop(path.stem)
        raise
    model, wrong = faults(_ScenarioFile, document)
    for fault in wrong:
        _add(found, fault)
    if model is not None:
        if model.id != path.stem:
            found.add("id", "differs from the file's name", model.id, path.stem)
        for number, entry in enumerate(model.overrides, start=1):
            _check_columns(entry, number, found)
    found.stop(path.stem)
    assert model is not None
    return Scenario(
        model.id,
        model.title,
        model.description,
        model.source_ids,
        model.basis,
        tuple(entry.override() for entry in model.overrides),
    )


def _add(found: Findings, fault: Fault) -> None:
    """A fault of the file, its line before it; one inside an override under the number of the override."""
    head, _, inner = fault.key.partition("]")
    inside = head.startswith("overrides[")
    number = int(head.removeprefix("overrides[")) + 1 if inside else 0
    found.add(
        f"overrides{inner}" if inside else fault.key,
        f"{fault.message} (line {fault.line})",
        fault.value,
        fault.allowed,
        number,
    )


def _check_columns(entry: _OverrideEntry, number: int, found: Findings) -> None:
    """The columns an override names are columns of its table."""
    spec: TableSpec = load_schema()[entry.table]
    action, values = ("set", entry.set_) if entry.set_ is not None else ("add", entry.add or {})
    for name, value in values.items():
        if name not in spec.column_names:
            fact = f"no such column in {spec.name}.csv{meant(name, spec.column_names)}"
            found.add(f"overrides.{action}.{name}", fact, name, ", ".join(spec.column_names), number)
        elif action == "set" and name == spec.key:
            fact = "the key of a row cannot be changed"
            found.add(f"overrides.set.{name}", fact, value, "remove it and add another", number)


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
