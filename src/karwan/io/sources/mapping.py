"""The declarative mapping of a table's columns to flows: what a YAML file under `mappings/` may say."""

from __future__ import annotations

from collections.abc import Mapping as MappingABC
from dataclasses import dataclass, field, fields, replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from karwan.errors import InvalidInput
from karwan.io.sources.countries import KINDS
from karwan.io.store.tables import REPORTER_SIDES, VALUATIONS

COUNTRY_FIELDS = ("exporter", "importer", "reporter", "partner")
REPEATS = ("reject", "sum")
MISSING = ("reject", "absent")
LAYOUTS = ("csv", "xlsx", "parquet")


@dataclass(frozen=True)
class Field:
    """Where one quantity of a flow comes from: a column, or the same value on every row.

    Attributes
    ----------
    column
        Header of the column; None where `value` holds for every row.
    value
        The constant.
    values
        Text of the source to text of ours, applied first; where `only` is set, other texts are an error of
        the row.
    codes
        For countries: `m49`, `iso3` or `name`.
    multiply
        For figures: factor to US dollars, kilograms or the quantity's own unit.
    fiscal_start_month
        For periods: first month of the year.
    month_column
        For periods: column with the month where `column` holds the year.
    strip
        For products: characters to remove (`.` in `1001.99`).
    level
        For products: number of digits every code must have.
    """

    column: str | None = None
    value: str | None = None
    values: MappingABC[str, str] = field(default_factory=dict)
    only: bool = False
    codes: str = "iso3"
    multiply: float = 1.0
    fiscal_start_month: int = 1
    month_column: str | None = None
    strip: str = ""
    level: int | None = None

    def columns(self) -> tuple[str, ...]:
        """Columns this field reads."""
        return tuple(name for name in (self.column, self.month_column) if name is not None)


@dataclass(frozen=True)
class Keep:
    """Only rows whose `column` holds one of `values` are flows of this table; the others are set aside."""

    column: str
    values: tuple[str, ...]
    reason: str


@dataclass(frozen=True)
class Flag:
    """Rows whose `column` holds one of `values` get the flag `flag`."""

    column: str
    values: tuple[str, ...]
    flag: str


@dataclass(frozen=True)
class TableMapping:
    """How a table of one source reads; see docs/sources_trade.md for every key."""

    name: str
    title: str = ""
    provider: str = ""
    licence: str = ""
    url: str = ""
    note: str = ""
    layout: str = "csv"
    delimiter: str = ","
    encoding: str = "utf-8"
    decimal: str = "."
    thousands: str = ""
    header_row: int = 1
    sheet: str | None = None
    nomenclature: str = "HS"
    missing_marks: tuple[str, ...] = ("", "NA", "N/A", "NaN", "nan", "null")
    missing_value: str = "reject"
    repeats: str = "reject"
    columns: MappingABC[str, Field] = field(default_factory=dict)
    parts: tuple[MappingABC[str, Field], ...] = ()
    keep: tuple[Keep, ...] = ()
    flags: tuple[Flag, ...] = ()

    def views(self) -> list[MappingABC[str, Field]]:
        """Field tables to apply to every row: one, or one per entry of `parts` for a table with several
        figures.
        """
        return [{**self.columns, **part} for part in self.parts] or [self.columns]

    def needed(self) -> tuple[str, ...]:
        """Every column the mapping reads, in order of first mention."""
        names = [name for view in self.views() for entry in view.values() for name in entry.columns()]
        names += [rule.column for rule in self.keep] + [rule.column for rule in self.flags]
        return tuple(dict.fromkeys(names))


FIELDS = (
    "exporter",
    "importer",
    "reporter",
    "partner",
    "flow",
    "reporter_side",
    "period",
    "hs_revision",
    "product",
    "value",
    "valuation",
    "weight",
    "quantity",
    "quantity_unit",
)


def parse_mapping(raw: Any, origin: str) -> TableMapping:
    """Check a parsed YAML document and build the mapping; every problem is listed at once."""
    if not isinstance(raw, dict):
        raise InvalidInput(
            f"{origin} is not a mapping file.", fix="It must hold keys such as name, layout, columns."
        )
    problems: list[str] = []
    known = {entry.name for entry in fields(TableMapping)}
    problems += [
        f"unknown key `{key}` (known: {', '.join(sorted(known))})" for key in raw if key not in known
    ]
    scalars = {
        key: raw[key] for key in known & set(raw) - {"columns", "parts", "keep", "flags", "missing_marks"}
    }
    mapping = TableMapping(
        **{"name": Path(origin).stem, **scalars},
        missing_marks=tuple(str(mark) for mark in raw.get("missing_marks", TableMapping("").missing_marks)),
        columns=_fields(raw.get("columns", {}), "columns", problems),
        parts=tuple(_fields(part, f"parts[{n}]", problems) for n, part in enumerate(raw.get("parts", []))),
        keep=tuple(_rules(Keep, raw.get("keep", []), "keep", problems)),
        flags=tuple(_rules(Flag, raw.get("flags", []), "flags", problems)),
    )
    problems += _incomplete(mapping)
    if problems:
        shown = "\n        ".join(problems[:5]) + (
            f"\n        and {len(problems) - 5} more" if len(problems) > 5 else ""
        )
        raise InvalidInput(
            f"Mapping {origin} has {len(problems)} problem(s).",
            evidence=shown,
            fix="See docs/sources_trade.md.",
        )
    return mapping


def _fields(raw: Any, where: str, problems: list[str]) -> dict[str, Field]:
    found: dict[str, Field] = {}
    if not isinstance(raw, dict):
        problems.append(f"{where} must be a table of fields")
        return found
    allowed = {entry.name for entry in fields(Field)}
    for name, entry in raw.items():
        if name not in FIELDS:
            problems.append(f"{where}: unknown field `{name}` (known: {', '.join(FIELDS)})")
            continue
        entry = {"column": entry} if isinstance(entry, str) else entry
        if not isinstance(entry, dict) or set(entry) - allowed:
            problems.append(f"{where}.{name}: keys must be of {', '.join(sorted(allowed))}")
            continue
        if ("column" in entry) == ("value" in entry):
            problems.append(f"{where}.{name}: give either `column` or `value`")
            continue
        values = {str(key): str(value) for key, value in entry.get("values", {}).items()}
        constant = None if "value" not in entry else str(entry["value"])
        found[name] = replace(Field(**{**entry, "value": constant}), values=values)
        if found[name].codes not in KINDS:
            problems.append(f"{where}.{name}.codes is `{found[name].codes}` (known: {', '.join(KINDS)})")
    return found


def _rules(kind: type[Any], raw: Any, where: str, problems: list[str]) -> list[Any]:
    wanted = {entry.name for entry in fields(kind)}
    found = []
    for number, entry in enumerate(raw):
        if not isinstance(entry, dict) or set(entry) != wanted:
            problems.append(f"{where}[{number}] must have the keys {', '.join(sorted(wanted))}")
            continue
        found.append(kind(**{**entry, "values": tuple(str(value) for value in entry["values"])}))
    return found


def _incomplete(mapping: TableMapping) -> list[str]:
    problems = [
        f"{key} is `{getattr(mapping, key)}` (known: {', '.join(known)})"
        for key, known in (("layout", LAYOUTS), ("repeats", REPEATS), ("missing_value", MISSING))
        if getattr(mapping, key) not in known
    ]
    for number, view in enumerate(mapping.views()):
        where = f"parts[{number}]: " if mapping.parts else ""
        problems += [
            f"{where}no field `{name}`" for name in ("period", "product", "value") if name not in view
        ]
        pair = {"exporter", "importer"} <= set(view)
        if not pair and not {"reporter", "partner", "flow"} <= set(view):
            problems.append(f"{where}give exporter and importer, or reporter, partner and flow")
        side, valuation = view.get("reporter_side"), view.get("valuation")
        if side is not None and side.value is not None and side.value not in REPORTER_SIDES:
            problems.append(f"{where}reporter_side is `{side.value}` (known: {', '.join(REPORTER_SIDES)})")
        if valuation is not None and valuation.value is not None and valuation.value not in VALUATIONS:
            problems.append(f"{where}valuation is `{valuation.value}` (known: {', '.join(VALUATIONS)})")
    return problems


def read_mapping(path: Path) -> TableMapping:
    """Read a mapping file (YAML, no tags, no code)."""
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InvalidInput(
            f"Mapping {path} cannot be read.", evidence=str(error), fix="It must be UTF-8 YAML."
        ) from error
    return parse_mapping(raw, path.name)


@cache
def packaged_mappings() -> dict[str, TableMapping]:
    """The example mappings shipped with Karwan, by name."""
    folder = files("karwan.io") / "mappings"
    found = {}
    for entry in sorted(folder.iterdir(), key=lambda item: item.name):
        if entry.name.endswith(".yaml"):
            mapping = parse_mapping(yaml.safe_load(entry.read_text(encoding="utf-8")), entry.name)
            found[mapping.name] = mapping
    return found


def mapping_named(text: str) -> TableMapping:
    """A packaged mapping by its name, or the mapping file at a path."""
    packaged = packaged_mappings()
    if text in packaged:
        return packaged[text]
    path = Path(text)
    if not path.is_file():
        raise InvalidInput(
            f"There is no mapping `{text}`.",
            evidence=f"packaged: {', '.join(packaged)}",
            fix="Give one of these names or the path of a YAML file.",
        )
    return read_mapping(path)
