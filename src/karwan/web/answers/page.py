"""What a screen answers: its parts as blocks, its form, and the result its files hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, is_dataclass
from datetime import date
from functools import cached_property
from typing import Any

from karwan.analysis.contract import Result
from karwan.errors import InvalidInput, KarwanError, UnknownName
from karwan.project import Project
from karwan.report.blocks import Block, Figure, Missing, Notes, Prose, Table
from karwan.web.forms import Control, Query
from karwan.web.screens import Screen

_KINDS = {Table: "table", Figure: "figure", Prose: "prose", Missing: "missing"}


@dataclass(frozen=True)
class Asking:
    """A question to a screen.

    Attributes
    ----------
    project
        The case, under its scenarios.
    screen
        Which screen.
    query
        What the address says beside it.
    ids
        Values of the parts in braces of the address.
    say
        Says how far it is.
    register
        Register of the plan; empty where none is served.
    typed
        The case with the plan as its files have it; None where that is `project`.
    """

    project: Project
    screen: Screen
    query: Query
    ids: Mapping[str, str] = field(default_factory=dict)
    say: Callable[[str], None] = lambda text: None
    register: str = ""
    typed: Project | None = None

    @cached_property
    def notes(self) -> Notes:
        """Numbers of the sources, as the screen of sources gives them."""
        rows = self.project.sources().tables["sources"].iter_rows(named=True)
        return Notes({str(row["source_id"]): int(row["number"]) for row in rows})

    @property
    def as_of(self) -> date:
        """Day the page speaks of."""
        text = self.value("as_of")
        return _day(text) if text else self.project.case.settings.as_of

    def value(self, name: str, default: str = "") -> str:
        """The last value of a name in the address."""
        found = self.query.get(name) or [default]
        return found[-1]


@dataclass
class Page:
    """An answered screen.

    Attributes
    ----------
    title, lead
        Heading and the sentence under it.
    parts
        What the template places, by name: blocks, lists of blocks, or plain content.
    form
        Controls of its form.
    result
        What its files hold; None where it has none.
    declared
        Key of a table of the result to the row file of its columns.
    notes
        What must be known to use its figures.
    geojson
        What makes its GeoJSON; None where it has none.
    pdf
        What makes its PDF; by default its blocks are printed.
    book
        What makes its workbook; by default one sheet a table of the result.
    printed
        Blocks that are printed after its parts and not shown: lists that the page shows in another way.
    """

    title: str
    lead: str = ""
    parts: dict[str, Any] = field(default_factory=dict)
    form: Sequence[Control] = ()
    result: Result | None = None
    declared: Mapping[str, str] = field(default_factory=dict)
    notes: Sequence[str] = ()
    geojson: Callable[[], bytes] | None = None
    pdf: Callable[[], bytes] | None = None
    book: Callable[[], bytes] | None = None
    printed: Sequence[Block] = ()

    def blocks(self) -> list[Block]:
        """Every block of its parts, in order, for print."""
        found: list[Block] = []
        for part in self.parts.values():
            for one in part if isinstance(part, list | tuple) else (part,):
                if isinstance(one, Table | Figure | Prose | Missing):
                    found.append(one)
        return [*found, *self.printed]


def content_of(value: Any) -> Any:
    """Blocks and controls as plain content, each block with its kind."""
    if is_dataclass(value) and not isinstance(value, type):
        kind = _KINDS.get(type(value))
        plain = asdict(value)
        return {"block": kind, **plain} if kind else plain
    if isinstance(value, Mapping):
        return {str(key): content_of(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [content_of(one) for one in value]
    return value


def error_content(error: KarwanError) -> dict[str, Any]:
    """An error as the page and the envelope of JSON say it."""
    return {"fact": error.fact, "evidence": error.evidence, "fix": error.fix}


def status_of(error: KarwanError) -> int:
    """404 where a name is not known, else 422."""
    return 404 if isinstance(error, UnknownName) else 422


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidInput(f"{text!r} is no day.", "as_of is YYYY-MM-DD", "give a day.") from None
