"""The declarative mapping of a table's columns to flows: what a YAML file under `mappings/` may say."""

from __future__ import annotations

import codecs
from collections.abc import Mapping as MappingABC
from dataclasses import field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, StringConstraints, field_validator, model_validator
from pydantic import Field as Bounds
from pydantic.dataclasses import dataclass

from karwan.case.yaml_input import Document, checked, parse_yaml, read_yaml
from karwan.errors import InvalidInput
from karwan.store.sources.countries import KINDS
from karwan.store.tables import REPORTER_SIDES, VALUATIONS

COUNTRY_FIELDS = ("exporter", "importer", "reporter", "partner")
FIGURES = ("value", "weight", "quantity")
NO_TEXT_ENCODINGS = ("idna", "punycode", "undefined")
STRICT = ConfigDict(extra="forbid")
Factor = Annotated[float, Bounds(gt=0, allow_inf_nan=False)]
Month = Annotated[int, Bounds(ge=1, le=12)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]


@dataclass(frozen=True, config=STRICT)
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
        For periods: first month of the year. None: not said, so that a year written `2011-12` is refused.
    month_column
        For periods: column with the month where `column` holds the year.
    strip
        For products: characters to remove (`.` in `1001.99`).
    level
        For products: number of digits every code must have.
    """

    column: Name | None = None
    value: str | None = None
    values: MappingABC[str, str] = field(default_factory=dict)
    only: bool = False
    codes: str = "iso3"
    multiply: Factor = 1.0
    fiscal_start_month: Month | None = None
    month_column: Name | None = None
    strip: Annotated[str, StringConstraints(max_length=20)] = ""
    level: Annotated[int, Bounds(ge=1, le=20)] | None = None

    @model_validator(mode="before")
    @classmethod
    def _named_alone(cls, raw: Any) -> Any:
        """A field may be the name of a column alone."""
        return {"column": raw} if isinstance(raw, str) else raw

    @field_validator("codes")
    @classmethod
    def _known_kind(cls, codes: str) -> str:
        return _one_of(codes, KINDS)

    @model_validator(mode="after")
    def _one_origin(self) -> Field:
        if (self.column is None) == (self.value is None):
            raise ValueError("has both or neither of them; allowed: either `column` or `value`")
        return self

    def columns(self) -> tuple[str, ...]:
        """Columns this field reads."""
        return tuple(name for name in (self.column, self.month_column) if name is not None)


@dataclass(frozen=True, config=STRICT)
class Keep:
    """Only rows whose `column` holds one of `values` are flows of this table; the others are set aside."""

    column: Name
    values: tuple[str, ...]
    reason: Name


@dataclass(frozen=True, config=STRICT)
class Flag:
    """Rows whose `column` holds one of `values` get the flag `flag`."""

    column: Name
    values: tuple[str, ...]
    flag: Annotated[str, StringConstraints(min_length=1, max_length=60, pattern=r"^[^;\s]+$")]


@dataclass(frozen=True, config=STRICT)
class TableMapping:
    """How a table of one source reads; see docs/sources_trade.md for every key."""

    name: Name
    title: str = ""
    provider: str = ""
    licence: str = ""
    url: str = ""
    note: str = ""
    layout: Literal["csv", "xlsx", "parquet"] = "csv"
    delimiter: str = ","
    encoding: str = "utf-8"
    decimal: Literal[".", ","] | None = None
    thousands: str = ""
    header_row: Annotated[int, Bounds(ge=1, le=1000)] = 1
    sheet: Name | None = None
    nomenclature: Name = "HS"
    missing_marks: tuple[str, ...] = ("", "NA", "N/A", "NaN", "nan", "null")
    missing_value: Literal["reject", "absent"] = "reject"
    repeats: Literal["reject", "sum"] = "reject"
    columns: MappingABC[str, Field] = field(default_factory=dict)
    parts: tuple[MappingABC[str, Field], ...] = ()
    keep: tuple[Keep, ...] = ()
    flags: tuple[Flag, ...] = ()

    @field_validator("delimiter")
    @classmethod
    def _one_mark(cls, delimiter: str) -> str:
        plain = len(delimiter) == 1 and delimiter.isascii() and not delimiter.isalnum()
        if not plain or (delimiter in "\"'\r\n\0."):
            raise ValueError(f"is no separator of columns; allowed: one character such as {SEPARATORS}")
        return delimiter

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, encoding: str) -> str:
        if not _reads_tables(encoding):
            raise ValueError(
                "is no encoding of texts; allowed: utf-8, cp1251, cp1252, utf-16 and others Python has"
            )
        return encoding

    @field_validator("thousands")
    @classmethod
    def _between_digits(cls, mark: str) -> str:
        if mark not in THOUSANDS_MARKS:
            raise ValueError(
                "does not part thousands; allowed: nothing, a comma, dot, space, apostrophe or underscore"
            )
        return mark

    @field_validator("columns", "parts")
    @classmethod
    def _known_fields(cls, given: Any) -> Any:
        for view in [given] if isinstance(given, MappingABC) else given:
            for name in view:
                if name not in FIELDS:
                    raise ValueError(f"names the unknown field `{name}`; allowed: {', '.join(FIELDS)}")
        return given

    @model_validator(mode="after")
    def _whole(self) -> TableMapping:
        problems = _incomplete(self)
        if problems:
            raise ValueError(problems[0])
        return self

    def views(self) -> list[MappingABC[str, Field]]:
        """Field tables to apply to every row: one, or one per entry of `parts` for a table with several
        figures.
        """
        return [{**self.columns, **part} for part in self.parts] or [self.columns]

    @property
    def decimal_mark(self) -> str:
        """The decimal mark; where none is stated a comma beside thousands parted by dots, else a dot."""
        return self.decimal or ("," if self.thousands == "." else ".")

    def figure_columns(self) -> frozenset[str]:
        """Columns that hold figures, not names or codes."""
        entries = [view[name] for view in self.views() for name in FIGURES if name in view]
        return frozenset(entry.column for entry in entries if entry.column is not None)

    def needed(self) -> tuple[str, ...]:
        """Every column the mapping reads, in order of first mention."""
        names = [name for view in self.views() for entry in view.values() for name in entry.columns()]
        names += [rule.column for rule in self.keep] + [rule.column for rule in self.flags]
        return tuple(dict.fromkeys(names))


SEPARATORS = '"," ";" "|" "\\t" (a tab, in double quotes)'
THOUSANDS_MARKS = ("", ",", ".", " ", "'", "’", "_", "\u00a0", "\u202f", "\u2009")
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


def parse_mapping(document: Document) -> TableMapping:
    """Check a YAML document and build the mapping.

    Raises
    ------
    InvalidInput
        The document is no mapping; each fault by its line, key, value and what is allowed.
    """
    content = document.content
    if isinstance(content, dict) and "name" not in content:
        document = Document(document.origin, {"name": Path(document.origin).stem, **content}, document.lines)
    return checked(TableMapping, document, fix="See docs/sources_trade.md.")


def _one_of(text: str, known: tuple[str, ...]) -> str:
    if text not in known:
        raise ValueError(f"is not known; allowed: {', '.join(known)}")
    return text


def _reads_tables(encoding: str) -> bool:
    """Whether Python decodes plain letters, digits and marks by it: not `hex`, `rot13` or code pages of mainframes."""
    plain = 'a,1;"'
    try:
        codec = codecs.lookup(encoding)
        if codec.name in NO_TEXT_ENCODINGS or codec.incrementaldecoder is None or not encoding.isascii():
            return False
        return "16" in codec.name or plain.encode("ascii").decode(encoding) == plain
    except (LookupError, ValueError):
        return False


def _incomplete(mapping: TableMapping) -> list[str]:
    """What the mapping as a whole lacks."""
    problems = []
    if mapping.thousands and mapping.thousands == mapping.decimal:
        problems.append("has one mark for decimals and thousands; allowed: two different ones")
    for number, view in enumerate(mapping.views()):
        where = f"has in parts[{number}] " if mapping.parts else "has "
        problems += [
            f"{where}no field `{name}`" for name in ("period", "product", "value") if name not in view
        ]
        pair = {"exporter", "importer"} <= set(view)
        if not pair and not {"reporter", "partner", "flow"} <= set(view):
            problems.append(f"{where}no sides; allowed: exporter and importer, or reporter, partner and flow")
        for name, known in (("reporter_side", REPORTER_SIDES), ("valuation", VALUATIONS)):
            constant = view[name].value if name in view else None
            if constant is not None and constant not in known:
                problems.append(f"{where}the {name} `{constant}`; allowed: {', '.join(known)}")
    return problems


def read_mapping(path: Path) -> TableMapping:
    """Read a mapping file (YAML, no tags, no code); every text in it stays as written."""
    return parse_mapping(read_yaml(path, as_text=True))


@cache
def packaged_mappings() -> dict[str, TableMapping]:
    """The example mappings shipped with Karwan, by name."""
    folder = files("karwan.store") / "mappings"
    found = {}
    for entry in sorted(folder.iterdir(), key=lambda item: item.name):
        if entry.name.endswith(".yaml"):
            mapping = parse_mapping(parse_yaml(entry.read_text(encoding="utf-8"), entry.name, as_text=True))
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
