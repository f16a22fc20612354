"""What `case.yaml` says: the two parties, the plan, and what the brief looks at."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
)

from karwan.case.problems import Problem
from karwan.case.yaml_input import Document, Fault, faults, read_yaml
from karwan.errors import InvalidInput
from karwan.schema.days import FIRST_DAY, LAST_DAY

MOST_PLACES = 50
MOST_LOAD_T = 60_000.0
_ID = re.compile(r"[a-z0-9][a-z0-9-]{1,40}", re.ASCII)
_CODE = re.compile(r"[A-Z]{3}", re.ASCII)
_PAIR = re.compile(r"[A-Z]{3}-[A-Z]{3}", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


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
    trade_year
        Year of the yearly flows that trade responds from; None where the case does not say.
    trade_state
        Scenario ids under which the flows of that year were made: the state their costs are measured from.
    pairs
        Exporter and importer of the other country pairs that use the corridors.
    store
        Trade store that belongs to the case, a path from its folder or an address; blank where there is none.
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
    trade_year: int | None = None
    trade_state: tuple[str, ...] = ()
    pairs: tuple[tuple[str, str], ...] = ()
    store: str = ""


def read_settings(path: Path) -> tuple[CaseSettings | None, list[Problem]]:
    """Read `case.yaml`.

    Returns
    -------
    The settings, None where anything is wrong; and the problems, each with its line, key, value and what is allowed.
    """
    try:
        document = read_yaml(path, as_text=True)
    except InvalidInput as error:
        found = f"not readable: {error.fact}" + (f" ({error.evidence})" if error.evidence else "")
        return None, [Problem("error", path.name, 0, "", "", found, "YAML in UTF-8")]
    model, found_faults = faults(_CaseFile, document)
    problems = [_problem(document, fault) for fault in found_faults]
    return (model.settings() if model is not None else None), problems


def _problem(document: Document, fault: Fault) -> Problem:
    return Problem("error", document.origin, fault.line, fault.key, fault.value, fault.message, fault.allowed)


def _case_id(text: str) -> str:
    if not _ID.fullmatch(text):
        raise ValueError("is not a case id; allowed: lower case letters, digits, hyphens")
    return text


def _code(text: str) -> str:
    if not _CODE.fullmatch(text):
        raise ValueError("is not a country code; allowed: three capital letters, ISO 3166-1 alpha-3")
    return text


def _day(text: object) -> date:
    """A day as written; numbers of seconds and times of day are none."""
    allowed = f"YYYY-MM-DD, years {FIRST_DAY.year} to {LAST_DAY.year}"
    try:
        day = date.fromisoformat(text) if isinstance(text, str) and _DAY.fullmatch(text) else None
    except ValueError as error:
        raise ValueError(f"is not a day ({error}); allowed: {allowed}") from error
    if day is None or not FIRST_DAY <= day <= LAST_DAY:
        raise ValueError(f"is not a day; allowed: {allowed}")
    return day


def _once(names: tuple[str, ...]) -> tuple[str, ...]:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"names {', '.join(twice)} twice; allowed: each place once")
    return names


def _pair(text: str) -> str:
    if not _PAIR.fullmatch(text) or text[:3] == text[4:]:
        raise ValueError("is not a pair; allowed: exporter and importer, as UZB-PAK")
    return text


def _listed(value: Any) -> Any:
    """A key without a value is an empty list."""
    return () if value is None else value


Text = Annotated[str, Field(min_length=1, max_length=300)]
Day = Annotated[date, BeforeValidator(_day)]
Code = Annotated[str, AfterValidator(_code)]
Places = Annotated[
    tuple[Annotated[str, Field(min_length=1, max_length=100)], ...],
    Field(max_length=MOST_PLACES),
    BeforeValidator(_listed),
    AfterValidator(_once),
]

Pairs = Annotated[
    tuple[Annotated[str, AfterValidator(_pair)], ...],
    Field(max_length=MOST_PLACES),
    BeforeValidator(_listed),
    AfterValidator(_once),
]


class _Plan(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    title: Text
    start: Day
    end: Day

    @field_validator("end")
    @classmethod
    def _forward(cls, end: date, info: ValidationInfo) -> date:
        start = info.data.get("start")
        if start is not None and end < start:
            raise ValueError(f"ends before it starts; allowed: {start} or later")
        return end


class _Brief(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    origins: Places
    destinations: Places
    reference_product: Annotated[
        str, Field(max_length=100), BeforeValidator(lambda v: "" if v is None else v)
    ]
    load_t: Annotated[float, Field(gt=0, le=MOST_LOAD_T, allow_inf_nan=False)] = 20.0
    ports: Places = ()


class _CaseFile(BaseModel):
    """The keys of `case.yaml`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Annotated[str, AfterValidator(_case_id)]
    title: Text
    party_a: Code
    party_b: Code
    plan: _Plan
    as_of: Day
    currency: Literal["USD"] = "USD"  # read for older cases only: every figure of a case is in USD
    brief: _Brief
    trade_year: Annotated[int | None, Field(ge=FIRST_DAY.year, le=LAST_DAY.year)] = None
    trade_state: Places = ()
    pairs: Pairs = ()
    store: Annotated[str, Field(max_length=300), BeforeValidator(lambda v: "" if v is None else v)] = ""

    @field_validator("party_b")
    @classmethod
    def _another(cls, party_b: str, info: ValidationInfo) -> str:
        if party_b == info.data.get("party_a"):
            raise ValueError("is party_a once more; allowed: another country")
        return party_b

    def settings(self) -> CaseSettings:
        """The same, flat."""
        return CaseSettings(
            case_id=self.id,
            title=self.title,
            party_a=self.party_a,
            party_b=self.party_b,
            plan_title=self.plan.title,
            plan_start=self.plan.start,
            plan_end=self.plan.end,
            as_of=self.as_of,
            origins=self.brief.origins,
            destinations=self.brief.destinations,
            ports=self.brief.ports,
            reference_product=self.brief.reference_product,
            load_t=self.brief.load_t,
            trade_year=self.trade_year,
            trade_state=self.trade_state,
            pairs=tuple((pair[:3], pair[4:]) for pair in self.pairs),
            store=self.store,
        )
