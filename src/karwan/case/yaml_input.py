"""YAML a user wrote: read within bounds, checked by a pydantic model, every fault named by file, line, key and value.

The three YAML inputs (a case's `case.yaml`, scenarios, mappings) share this door. A file is read with `read_yaml` and
checked with `checked`, or with `faults` where the caller lists problems itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar, get_args

import yaml
from pydantic import TypeAdapter, ValidationError
from yaml.composer import Composer
from yaml.constructor import SafeConstructor
from yaml.parser import Parser
from yaml.reader import Reader
from yaml.resolver import Resolver
from yaml.scanner import Scanner

from karwan.errors import InvalidInput

CParser: Any = vars(yaml)["cyaml"].CParser if yaml.__with_libyaml__ else Parser
"""Reader of LibYAML; of a PyYAML built without it the one in Python."""

MAX_BYTES = 256 * 1024
MAX_DEPTH = 30
MAX_ALIASED = 1000  # nodes that aliases may stand for, all together
SHOWN_FAULTS = 5
SHOWN_VALUE = 80
BASE = "tag:yaml.org,2002:"
UNREADABLE = (yaml.YAMLError, ValueError, KeyError, TypeError, OverflowError)
Place = tuple[str | int, ...]
Model = TypeVar("Model")


@dataclass(frozen=True)
class Document:
    """What a YAML file holds, and the line each of its keys and list entries starts in.

    Attributes
    ----------
    origin
        Name of the file, as messages say it.
    content
        Tables, lists and values. None for an empty file.
    lines
        Place (keys and list numbers from the top) to line, from 1.
    """

    origin: str
    content: Any
    lines: Mapping[Place, int]

    def line(self, place: Place) -> int:
        """Line of a place, or of the nearest place around it that the file has."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)


@dataclass(frozen=True)
class Fault:
    """One thing wrong with a YAML file.

    Attributes
    ----------
    line
        Line, from 1.
    key
        Dotted key, list entries by number from 0: `parts[1].value`. Empty for the file as a whole.
    value
        What stands there, shortened; empty where something is missing.
    message
        What is wrong, a phrase that follows the key: `is missing`, `is not a number`.
    allowed
        What may stand there; may be empty.
    """

    line: int
    key: str
    value: str
    message: str
    allowed: str

    def sentence(self, origin: str) -> str:
        """File, line, key, value and what is allowed, in one sentence."""
        key = f"`{self.key}` " if self.key else ""
        value = f" (`{self.value}`)" if self.value else ""
        allowed = f"; allowed: {self.allowed}" if self.allowed else ""
        return f"{origin}, line {self.line}: {key}{self.message}{value}{allowed}."


class _Refused(yaml.YAMLError):
    """The file breaks a bound of ours."""

    def __init__(self, problem: str, line: int) -> None:
        super().__init__(problem)
        self.problem, self.line = problem, line


class _Loader(Composer, SafeConstructor, Resolver):
    """Safe loader with bounds on depth and aliases, without tags, that refuses keys standing twice; what reads events comes beside it."""

    peek_event: Callable[[], Any]

    def __init__(self) -> None:
        Composer.__init__(self)
        SafeConstructor.__init__(self)
        Resolver.__init__(self)
        self._depth = 0
        self._aliased = 0
        self._sizes: dict[int, int] = {}

    def compose_node(self, parent: Any, index: Any) -> Any:
        event = self.peek_event()
        line = event.start_mark.line + 1
        if isinstance(event, yaml.AliasEvent):
            node = super().compose_node(parent, index)
            self._count_alias(node, line)
            return node
        if event.tag is not None:
            raise _Refused(f"the tag `{event.tag}` is not used here", line)
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise _Refused(f"nested more than {MAX_DEPTH} deep", line)
        node = super().compose_node(parent, index)
        self._depth -= 1
        self._sizes[id(node)] = 1 + sum(self._sizes[id(child)] for child in _children(node))
        return node

    def _count_alias(self, node: Any, line: int) -> None:
        size = self._sizes.get(id(node))
        if size is None:
            raise _Refused("an alias stands inside what it names", line)
        self._aliased += size
        if self._aliased > MAX_ALIASED:
            raise _Refused(f"aliases stand for more than {MAX_ALIASED:,} values", line)

    def compose_mapping_node(self, anchor: Any) -> Any:
        node = super().compose_mapping_node(anchor)
        seen = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise _Refused("a list or table is no key", key.start_mark.line + 1)
            if key.value in seen:
                raise _Refused(f"the key `{key.value}` stands twice", key.start_mark.line + 1)
            seen.add(key.value)
        return node


class _PlainLoader(_Loader, Reader, Scanner, Parser):
    """The loader on events read in Python, whose words for a fault are the better ones."""

    def __init__(self, stream: str) -> None:
        Reader.__init__(self, stream)
        Scanner.__init__(self)
        Parser.__init__(self)
        _Loader.__init__(self)


class _QuickLoader(_Loader, CParser):  # type: ignore[misc]
    """The loader on events read by LibYAML, in a fifth of the time."""

    def __init__(self, stream: str) -> None:
        CParser.__init__(self, stream)
        _Loader.__init__(self)


# Every value and key as the text written; only nothing at all (or `~`) is null.
_TEXT: dict[str | None, list[tuple[str, re.Pattern[str]]]] = {
    "": [(f"{BASE}null", re.compile(r"$"))],
    "~": [(f"{BASE}null", re.compile(r"~$"))],
    "<": [(f"{BASE}merge", re.compile(r"<<$"))],
}


def _children(node: Any) -> Iterable[Any]:
    if isinstance(node, yaml.MappingNode):
        return [part for pair in node.value for part in pair]
    return node.value if isinstance(node, yaml.SequenceNode) else ()


def read_yaml(path: Path, *, as_text: bool = False) -> Document:
    """Read a YAML file a user gave; see `parse_yaml`.

    Raises
    ------
    InvalidInput
        No such file, not readable, larger than 256 KiB, not UTF-8, or refused by `parse_yaml`.
    """
    try:
        with path.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise InvalidInput(f"{path.name} cannot be read.", str(error), "Check the path.") from error
    if len(raw) > MAX_BYTES:
        raise InvalidInput(
            f"{path.name} is too large for a YAML file.",
            f"more than {MAX_BYTES // 1024} KiB",
            "Give settings here and figures in a table.",
        )
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise InvalidInput(
            f"{path.name}, line {line}: not UTF-8 text.", str(error), "Save the file as UTF-8."
        ) from error
    return parse_yaml(text, path.name, as_text=as_text)


def parse_yaml(text: str, origin: str, *, as_text: bool = False) -> Document:
    """Parse YAML: no tags, no key twice, at most 30 levels, and aliases for at most 1,000 values.

    Parameters
    ----------
    text
        The YAML.
    origin
        Name of the file, for messages.
    as_text
        Keep every key and value as the text written: `NO` stays Norway, `0901` keeps its zero, `2024` can name a column.
        A pydantic model turns text into numbers, days and truth values where it wants them. Only a value left out, or
        `~`, is null.

    Raises
    ------
    InvalidInput
        Not YAML, or outside the bounds; the message names the line.

    Examples
    --------
    >>> parse_yaml("columns: {NO: 0901}", "a.yaml", as_text=True).content
    {'columns': {'NO': '0901'}}
    """
    try:
        return _document(_QuickLoader(text), origin, as_text)
    except UNREADABLE:
        pass  # the other reader says what is wrong
    try:
        return _document(_PlainLoader(text), origin, as_text)
    except UNREADABLE as error:
        raise _unreadable(error, origin) from error


def _document(loader: Any, origin: str, as_text: bool) -> Document:
    if as_text:
        loader.yaml_implicit_resolvers = _TEXT
    node = loader.get_single_node()
    lines: dict[Place, int] = {}
    if node is not None:
        _note_lines(node, (), lines)
    return Document(origin, None if node is None else loader.construct_document(node), lines)


def _note_lines(node: Any, place: Place, lines: dict[Place, int]) -> None:
    """Line of every place below a node; bounded, as depth and aliases are."""
    lines.setdefault(place, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            lines[(*place, key.value)] = key.start_mark.line + 1
            _note_lines(value, (*place, key.value), lines)
    elif isinstance(node, yaml.SequenceNode):
        for number, value in enumerate(node.value):
            _note_lines(value, (*place, number), lines)


def _unreadable(error: Exception, origin: str) -> InvalidInput:
    mark = getattr(error, "problem_mark", None)
    line = getattr(error, "line", None) or (mark.line + 1 if mark is not None else None)
    where = origin if line is None else f"{origin}, line {line}"
    problem = getattr(error, "problem", None) or str(error)
    return InvalidInput(
        f"{where}: {shown(' '.join(problem.split()))}.", fix="It must be plain YAML in UTF-8."
    )


def faults(model: type[Model], document: Document) -> tuple[Model | None, list[Fault]]:
    """The document as `model`, and what is wrong with it; the model is None where anything is.

    The model is a pydantic model or dataclass; give it `extra="forbid"` so that unknown keys are faults. A validator that raises `ValueError("phrase; allowed:
    what")` gets its phrase after the key.
    """
    try:
        return TypeAdapter(model).validate_python(document.content), []
    except ValidationError as error:
        # One fault a place: a union reports every branch.
        found = {tuple(entry["loc"]): entry for entry in reversed(error.errors(include_url=False))}
        return None, [_fault(model, document, entry) for entry in reversed(found.values())]


def checked(model: type[Model], document: Document, *, fix: str = "") -> Model:
    """The document as `model`.

    Raises
    ------
    InvalidInput
        Anything is wrong: one sentence for one fault; for more the count, and the first five as evidence.
    """
    result, found = faults(model, document)
    if result is not None:
        return result
    if len(found) == 1:
        raise InvalidInput(found[0].sentence(document.origin), fix=fix)
    sentences = [fault.sentence(document.origin) for fault in found[:SHOWN_FAULTS]]
    if len(found) > SHOWN_FAULTS:
        sentences.append(f"and {len(found) - SHOWN_FAULTS} more")
    evidence = "\n        ".join(sentences)
    raise InvalidInput(f"{document.origin} has {len(found)} problems.", evidence=evidence, fix=fix)


def shown(value: object) -> str:
    """A value for a message: one line, no control characters, at most 80 characters."""
    plain = "".join(letter if letter.isprintable() else " " for letter in str(value)[: 4 * SHOWN_VALUE])
    return plain if len(plain) <= SHOWN_VALUE else plain[: SHOWN_VALUE - 1] + "…"


# Kinds of pydantic errors: the phrase after the key, and what is allowed. `{...}` are filled from the error.
PHRASES = {
    "missing": ("is missing", ""),
    "int_parsing": ("is not a whole number", "a whole number"),
    "int_type": ("is not a whole number", "a whole number"),
    "int_from_float": ("is not a whole number", "a whole number"),
    "float_parsing": ("is not a number", "a number"),
    "float_type": ("is not a number", "a number"),
    "finite_number": ("is not a finite number", "a number"),
    "bool_parsing": ("is neither true nor false", "true, false"),
    "bool_type": ("is neither true nor false", "true, false"),
    "string_type": ("is not text", "text"),
    "dict_type": ("is not a table of keys and values", "a table of keys and values"),
    "mapping_type": ("is not a table of keys and values", "a table of keys and values"),
    "dataclass_type": ("is not a table of keys and values", "a table of keys and values"),
    "model_type": ("is not a table of keys and values", "a table of keys and values"),
    "model_attributes_type": ("is not a table of keys and values", "a table of keys and values"),
    "list_type": ("is not a list", "a list"),
    "tuple_type": ("is not a list", "a list"),
    "date_type": ("is not a day", "a day as 2025-07-01"),
    "date_parsing": ("is not a day", "a day as 2025-07-01"),
    "date_from_datetime_parsing": ("is not a day", "a day as 2025-07-01"),
    "date_from_datetime_inexact": ("is not a day", "a day as 2025-07-01"),
    "literal_error": ("is not known", "{expected}"),
    "enum": ("is not known", "{expected}"),
    "greater_than": ("is out of bounds", "more than {gt}"),
    "greater_than_equal": ("is out of bounds", "at least {ge}"),
    "less_than": ("is out of bounds", "less than {lt}"),
    "less_than_equal": ("is out of bounds", "at most {le}"),
    "string_too_short": ("is empty or too short", "at least {min_length} characters"),
    "string_too_long": ("is too long", "at most {max_length} characters"),
    "too_short": ("has too few entries", "at least {min_length}"),
    "too_long": ("has too many entries", "at most {max_length}"),
}


def _fault(model: type[Any], document: Document, entry: Any) -> Fault:
    place: Place = tuple(entry["loc"])
    if entry["type"] in ("extra_forbidden", "unexpected_keyword_argument"):
        message, allowed = _unknown_key(model, place)
        return Fault(document.line(place), key_of(place), "", message, allowed)
    message, allowed = _phrase(entry)
    value = "" if entry["type"] == "missing" or not place else shown(entry["input"])
    return Fault(document.line(place), key_of(place), value, message, allowed)


def _phrase(entry: Any) -> tuple[str, str]:
    context = entry.get("ctx", {})
    if entry["type"] == "value_error":
        message, _, allowed = str(context["error"]).partition("; allowed: ")
        return message, allowed
    if entry["type"] in PHRASES:
        message, allowed = PHRASES[entry["type"]]
        return message, allowed.format(**context)
    return f"is refused: {entry['msg'][:1].lower()}{entry['msg'][1:]}", ""


def _unknown_key(model: type[Any], place: Place) -> tuple[str, str]:
    known = _known_keys(model, place[:-1])
    near = get_close_matches(str(place[-1]), known, 1)
    meant = f", did you mean `{near[0]}`?" if near else ""
    return f"is no key known here{meant}", ", ".join(known)


def _known_keys(model: type[Any], place: Place) -> list[str]:
    """Keys of the model that stands at a place."""
    here: Any = model
    for step in place:
        if step in _by_key(here):
            here = _by_key(here)[step].annotation
        inner = [part for part in _parts(here) if _by_key(part)]
        here = inner[0] if inner else here
    return sorted(map(str, _by_key(here)))


def _by_key(kind: Any) -> dict[str | int, Any]:
    """Fields of a pydantic model or dataclass by the key that fills them; empty for other types."""
    return {field.alias or name: field for name, field in getattr(kind, "__pydantic_fields__", {}).items()}


def _parts(kind: Any) -> Iterable[Any]:
    """A type and the types inside it: `tuple[Rule, ...] | None` holds `Rule`."""
    yield kind
    for part in get_args(kind):
        yield from _parts(part)


def key_of(place: Place) -> str:
    """Dotted key of a place: `("parts", 1, "value")` -> `parts[1].value`."""
    text = ""
    for step in place:
        text += f"[{step}]" if isinstance(step, int) else f".{step}"
    return text.removeprefix(".")
