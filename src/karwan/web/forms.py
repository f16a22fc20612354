"""Forms made from requests: a control for each field, and a request from what an address says. Loads no engine."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, Field, dataclass, fields, replace
from datetime import date
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from karwan.errors import InvalidInput

Query = Mapping[str, Sequence[str]]
AT_SERVER = ("trade_store", "mapping", "scenario", "upgrade", "register", "dask")
"""Fields that name a place on the machine of the server or one it would call, or change what lies there; the page never asks for them, nor for a file."""
IDS_ONLY = ("scenarios",)
"""Fields that a command also takes as files; an address takes their ids alone."""
_ID = re.compile(r"[\w-]+")
_NAMES = {"origin": "from", "destination": "to"}
_LISTS = {
    "origin": "places",
    "destination": "places",
    "avoid": "places",
    "via": "places",
    "opened": "places",
    "place": "places",
    "product": "products",
    "country": "countries",
    "partner": "countries",
    "party_a": "countries",
    "party_b": "countries",
}
_LABELS = {
    "hs": "HS code",
    "venture_id": "Venture",
    "regime_id": "Regime",
    "who": "Whose welfare ranks",
    "general_equilibrium": "Where trade, incomes and queues answer",
    "most": "Rows at most",
    "trade": "Traffic from the loop of trade",
    "origin": "From",
    "destination": "To",
    "departure": "Leaves",
    "opened": "As if open",
    "promise": "Promised",
    "as_of": "As of",
    "product": "Goods",
    "registration": "Truck of",
    "party_a": "First country",
    "party_b": "Second country",
    "hs_revision": "HS revision",
    "tonnes_year": "Tonnes a year",
    "theta": "Trade elasticity of all sectors",
    "carbon_price_usd_t": "Carbon price, USD/t",
    "cif_share": "Freight in import reports, share",
    "sigma": "Error of a report, log",
    "coverage": "Probability of the band",
    "time_cost_share_day": "Cost of a day, share of value",
    "year_starts": "Month the year starts in",
    "one_piece": "One piece that cannot be divided",
    "within_days": "Falls due within, days",
    "unsigned": "Leave the head unsigned",
    "BasketRequest.goods": "Goods at most",
    "BasketRequest.fewest": "Goods at least",
    "BasketRequest.target": "Value to reach, USD",
    "BasketRequest.least": "Least value of a good, USD",
    "BasketRequest.share": "Greatest share of a good",
    "BasketRequest.sectors": "Greatest share by sector",
    "BasketRequest.frontier": "Cost for so many goods",
    "BasketRequest.corridors": "Borders",
    "BasketRequest.balance": "Exports over imports",
    "BasketRequest.risk": "Share of misses accepted",
    "TargetRequest.origins": "Points of the back-test",
    "CriticalRequest.place": "One place alone",
    "CriticalRequest.most": "Worst places closed in pairs",
    "DraftRequest.who": "Whose gain ranks",
    "DraftRequest.most": "Promises at most",
    "DraftRequest.budget": "Budget, USD",
    "DraftRequest.start": "First day",
    "DraftRequest.end": "Last day",
    "PlanHistoryRequest.promise": "Promise",
    "RouteRequest.promise": "Promised: days, or a day",
    "RouteRequest.load": "Traffic at borders over the usual",
}
"""Labels by name of the field, or by request and field where the same name asks another thing."""


_UNITS = {
    "usd_h": "USD/h",
    "usd_t": "USD/t",
    "t_year": "t a year",
    "usd": "USD",
    "h": "hours",
    "km": "km",
    "share": "share",
}
"""Endings of the names of fields that are units."""
RARE = ("draws", "seed", "journeys", "count", "most", "stages", "explain", "weights")
"""Fields that a form folds away: they steer the computation, not the question."""
_SHORT_HELP = 64


@dataclass(frozen=True)
class Control:
    """One control of a form.

    Attributes
    ----------
    name
        Name in the address.
    label, help
        Texts.
    kind
        `text`, `number`, `date`, `check` or `select`.
    value
        What stands in it.
    least, most
        Bounds of a number, empty where there is none.
    options
        Key of the list it suggests from; empty for none.
    choices
        Value and label of each choice of a `select`.
    rare
        Whether it is folded away.
    usual
        What is meant where the address says nothing; it stands in the control, and the address leaves it out.
    """

    name: str
    label: str
    help: str
    kind: str
    value: str
    required: bool = False
    least: str = ""
    most: str = ""
    options: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    rare: bool = False
    usual: str = ""


def meant(control: Control, usual: str) -> Control:
    """A control with what is meant where the address says nothing."""
    return control if control.value else replace(control, value=usual, usual=usual)


def picked(control: Control, choices: Mapping[str, str]) -> Control:
    """A control as a choice among values with labels; a value that is none of them stays one of its choices."""
    free = () if control.required else (("", "as usual"),)
    own = () if not control.value or control.value in choices else ((control.value, control.value),)
    return replace(control, kind="select", choices=(*free, *choices.items(), *own))


def query_name(one: Field[Any]) -> str:
    """Name of a field in the address: that of the command's option."""
    flag = str(one.metadata["flag"])
    name = flag.lstrip("-") if flag and flag != "argument" else one.name
    return _NAMES.get(name, name.replace("-", "_"))


def asked_fields(request: type[Any]) -> list[Field[Any]]:
    """Fields that a page may ask for: none that names a file or a place on the server."""
    kinds = get_type_hints(request)
    return [one for one in fields(request) if not _holds(kinds[one.name], Path) and one.name not in AT_SERVER]


def is_asked(request: type[Any]) -> bool:
    """Whether a page can ask a request at all: nothing it cannot do without is left out."""
    asked = {one.name for one in asked_fields(request)}
    return all(
        one.name in asked
        for one in fields(request)
        if one.default is MISSING and one.default_factory is MISSING
    )


def query_names(request: type[Any]) -> tuple[str, ...]:
    """Names of a request's fields in the address, in order."""
    return tuple(query_name(one) for one in asked_fields(request))


def controls(request: type[Any], query: Query, usual: Mapping[str, Any]) -> list[Control]:
    """Controls of a request, filled with what the address says, else with the usual values."""
    kinds = get_type_hints(request)
    return [
        _control(one, kinds[one.name], query, usual, f"{request.__name__}.{one.name}")
        for one in asked_fields(request)
    ]


def _control(one: Field[Any], kind: Any, query: Query, usual: Mapping[str, Any], full: str) -> Control:
    """Control of a field; `full` is its name after that of its request."""
    how, name = one.metadata, query_name(one)
    default = usual.get(one.name, None if one.default is MISSING else one.default)
    shown = ", ".join(query[name]) if query.get(name) else _text(default)
    return Control(
        name=name,
        label=_LABELS.get(full) or _label(one.name, how["help"], check=kind is bool),
        help=how["help"],
        kind=_control_kind(kind),
        value=shown,
        required=one.default is MISSING,
        least=_text(how["least"]),
        most=_text(how["most"]),
        options=_LISTS.get(one.name, ""),
        rare=one.name in RARE,
    )


def _label(name: str, told: str, *, check: bool) -> str:
    """What stands at a control: of a box to tick what ticking does, where that is short; else its name with its unit."""
    if name in _LABELS:
        return _LABELS[name]
    if check and len(told) <= _SHORT_HELP:
        return told.rstrip(".")
    unit = next((unit for unit in _UNITS if name.endswith(f"_{unit}")), "")
    words = name.removesuffix(f"_{unit}") if unit else name
    return words.replace("_", " ").capitalize() + (f", {_UNITS[unit]}" if unit else "")


def _control_kind(kind: Any) -> str:
    if kind is bool:
        return "check"
    if _holds(kind, date):
        return "date"
    several = any(get_origin(part) is tuple for part in (kind, *get_args(kind)))
    return "number" if not several and (_holds(kind, int) or _holds(kind, float)) else "text"


def read_request(request: type[Any], query: Query, usual: Mapping[str, Any]) -> Any:
    """The request an address asks, with the usual values where it says nothing.

    Raises
    ------
    InvalidInput
        A value is not of its kind or out of its bounds; every one is named.
    """
    kinds = get_type_hints(request)
    values = dict(usual)
    faults = []
    for one in asked_fields(request):
        given = [text.strip() for text in query.get(query_name(one), ()) if text.strip()]
        if not given:
            continue
        try:
            values[one.name] = _value(one, kinds[one.name], given)
        except ValueError as error:
            faults.append(f"{query_name(one)}: {error}")
    faults += [
        f"{query_name(one)}: nothing is given"
        for one in asked_fields(request)
        if one.name not in values and one.default is MISSING and one.default_factory is MISSING
    ]
    if faults:
        raise InvalidInput("The question cannot be read.", "; ".join(faults), "mend what is named.")
    return request(**values)


def _value(one: Field[Any], kind: Any, given: Sequence[str]) -> Any:
    """Value of a field from its texts; ValueError says what is wrong."""
    if get_origin(kind) is tuple:
        parts = _several(kind, given)
        strange = [part for part in parts if one.name in IDS_ONLY and not _ID.fullmatch(part)]
        if strange:
            raise ValueError(f"{strange[0]!r} is no id; allowed: letters, digits, _ and -")
        return parts
    text = given[-1]
    if kind is bool:
        return text.lower() not in ("", "0", "false", "no", "off")
    if _holds(kind, date):
        return _day(text)
    if _holds(kind, int) or _holds(kind, float):
        return _number(one, text, whole=not _holds(kind, float))
    if any(get_origin(part) is tuple for part in get_args(kind)):
        return _several(next(p for p in get_args(kind) if get_origin(p) is tuple), given)
    return text


def _several(kind: Any, given: Sequence[str]) -> tuple[Any, ...]:
    parts = [part.strip() for text in given for part in text.split(",") if part.strip()]
    for number in (float, int):
        if number in get_args(kind):
            return tuple(number(part) for part in parts)
    return tuple(parts)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is no day; allowed: YYYY-MM-DD") from None


def _number(one: Field[Any], text: str, *, whole: bool) -> float:
    try:
        value = int(text) if whole else float(text)
    except ValueError:
        raise ValueError(f"{text!r} is no {'whole ' if whole else ''}number") from None
    least, most = one.metadata["least"], one.metadata["most"]
    if (least is not None and value < least) or (most is not None and value > most) or value != value:
        bounds = " to ".join(_text(bound) or "any" for bound in (least, most))
        raise ValueError(f"{text} is out of bounds; allowed: {bounds}")
    return value


def _holds(kind: Any, wanted: type) -> bool:
    """Whether a type is one, or a union or tuple that has it."""
    if kind is wanted:
        return True
    if get_origin(kind) in (Union, UnionType, tuple):
        return any(_holds(part, wanted) for part in get_args(kind))
    return False


def _text(value: Any) -> str:
    if value is None or value is False or value == ():
        return ""
    if value is True:
        return "1"
    if isinstance(value, tuple | list):
        return ", ".join(_text(part) for part in value)
    if isinstance(value, float) and value == int(value):
        return str(int(value))
    return str(value)
