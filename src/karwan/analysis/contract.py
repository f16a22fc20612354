"""What an analysis is: a frozen request, the function that answers it, and the tables of its result."""

from __future__ import annotations

import fnmatch
import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from karwan.errors import InvalidInput
from karwan.notes import Note
from karwan.schema.days import day_in_reach

if TYPE_CHECKING:
    from pathlib import Path

    import polars as pl

    from karwan.case import Case

Q = TypeVar("Q")
STORE_WAYS = ("", "option", "default")
CASE_WAYS = ("argument", "option", "pair", "plain", "plain option", "place", "none")


@dataclass(frozen=True)
class Inputs:
    """All that an analysis may look at beside its request: no clock, no setting.

    Attributes
    ----------
    case
        The case, under its scenarios; None where the analysis needs none.
    store
        Where the trade store is, a path or an address; None where none is given.
    named
        False where nobody named the case and it is the embedded one of the two countries asked about.
    place
        What names the case, an embedded one or a folder, for what looks at its files; None where there is none.
    """

    case: Case | None = None
    store: str | None = None
    named: bool = True
    place: str | Path | None = None

    def the_case(self) -> Case:
        """The case of an analysis that cannot do without; ValueError where there is none."""
        if self.case is None:
            raise ValueError("this analysis needs a case")
        return self.case

    def the_place(self) -> str | Path:
        """What names the case whose files are looked at; ValueError where there is none."""
        if self.place is None:
            raise ValueError("this analysis needs the files of a case")
        return self.place

    def the_store(self) -> str:
        """The trade store of an analysis that cannot do without.

        Raises
        ------
        InvalidInput
            None is given.
        """
        if self.store is None:
            raise InvalidInput(
                "This question needs a trade store.",
                fix="give --store FILE, or open_case(name, store=FILE); see `karwan trade ingest`.",
            )
        return self.store


@dataclass(frozen=True, repr=False)
class Result:
    """What an analysis answers.

    Attributes
    ----------
    tables
        Key, as in JSON and CSV, to table. Where one kind of table comes several times, a suffix in brackets follows: `routes (opened)`.
    meta
        Facts beside the tables, by key; a note stands for a text.
    notes
        What the reader must know to use the figures, in order.
    lead
        How many of the first notes people read above the tables.
    alerts
        What must not be overlooked: said last of the notes, and on stderr beside CSV.
    detail
        What a picture or file is drawn from, where the tables do not do; None where there is none.
    failed
        Whether what was given has errors, which the tables list: the command then ends with exit code 2.
    """

    tables: Mapping[str, pl.DataFrame]
    meta: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[Note | str, ...] = ()
    lead: int = field(default=0, kw_only=True)
    alerts: tuple[Note | str, ...] = ()
    detail: Any = None
    failed: bool = False

    def __repr__(self) -> str:
        tables = ", ".join(f"{key} ({table.height:,} rows)" for key, table in self.tables.items())
        return f"Result: {tables}; {len(self.notes)} notes"


@dataclass(frozen=True)
class Analysis(Generic[Q]):
    """One question: everything that command line, facade, page, workbook and docs need to ask it.

    Attributes
    ----------
    name
        Command without the program's name, also the address of the page: `corridor observed`.
    method
        Method of `Project`.
    request
        Frozen dataclass; its fields carry `asks(...)`, its docstring is the help of the command.
    run
        `module:function`, loaded when first asked: `(inputs, request) -> Result`.
    tables
        Key of a result's table to its row file in `schema/results/`: columns, units, labels and descriptions. A `*` in a key stands
        for what only the answer knows, such as the names of two countries; the key is then the title too.
    page
        Page in docs/ that tells the model.
    case
        How the command names its case: as first argument, as an option, as the case of the pair asked for, as first argument or
        option and always as it stands (`plain`, `plain option`), as first argument whose files are looked at unread (`place`), or not at all.
    notes_key
        Key of the notes in JSON.
    notes_joined
        JSON holds the notes as one text, not as a list.
    view
        Frozen dataclass of what only the shell asks, as rows shown and files to write; its fields carry `asks(...)`. None where there is
        nothing of the kind.
    present
        `module:function` of what a reader sees in place of the bare result: `(result, view, form) -> Result` with form 'table', 'json'
        or 'csv'. Blank shows the result as it is. It may draw and write files, so only the command line and the page call it.
    store
        Whether the command asks for the trade store: no, `option`, or `default`, where the usual one stands in for none.
        An analysis of a pair always may be given one.
    bare
        JSON is the list of the rows of the only table.
    """

    name: str
    method: str
    request: type[Q]
    run: str
    tables: Mapping[str, str]
    page: str
    case: str = "argument"
    notes_key: str = "text"
    notes_joined: bool = False
    view: type[Any] | None = None
    present: str = ""
    store: str = ""
    bare: bool = False

    def answer(self, inputs: Inputs, request: Q) -> Result:
        """Run the analysis; a day asked for must lie within reach (`karwan.schema.days`)."""
        for one in fields(request):  # type: ignore[arg-type]
            asked = getattr(request, one.name)
            if isinstance(asked, date):
                day_in_reach(asked)
        answered: Result = function_at(self.run)(inputs, request)
        day = getattr(request, "as_of", None)
        if day is None or inputs.case is None or self.name in NO_DAY_ROWS:
            return answered
        said = function_at("karwan.analysis.day_rows:day_notes")(inputs.case, day)
        return replace(answered, notes=(*answered.notes, *said)) if said else answered

    def presented(self, result: Result, view: Any, form: str) -> Result:
        """The result as a reader sees it; see `present`."""
        if not self.present:
            return result
        shown: Result = function_at(self.present)(result, view, form)
        return shown

    def table_of(self, key: str) -> str:
        """Row file of a table of the result, by its key with or without a suffix in brackets."""
        return self.tables[self._declared(key)]

    def is_titled(self, key: str) -> bool:
        """Whether a table goes by its key: only the answer knows all of it, or several tables share its columns."""
        declared = self._declared(key)
        return "*" in declared or list(self.tables.values()).count(self.tables[declared]) > 1

    def _declared(self, key: str) -> str:
        """Key under which a table of the result is declared; KeyError where it is not."""
        plain = key.partition(" (")[0]
        fits = (name for name in self.tables if "*" in name and fnmatch.fnmatchcase(key, name))
        found = next((name for name in (key, plain) if name in self.tables), None) or next(fits, None)
        if found is None:
            raise KeyError(f"{self.name} declares no table {key!r}")
        return found


NO_DAY_ROWS = frozenset(("route", "plan pack", "plan status", "plan documents", "plan indicators"))
"""Analyses that take a day without a word on which rows hold on it: a route's way of seeing it is its own, the others read no row of that kind."""


@cache
def function_at(place: str) -> Callable[..., Any]:
    """The function `module:name`; its module is loaded when first asked for, so that a question loads the engines it needs alone."""
    module, _, name = place.partition(":")
    found: Callable[..., Any] = getattr(importlib.import_module(module), name)
    return found


def asks(
    help_text: str,
    *,
    flag: str = "",
    metavar: str = "",
    least: float | None = None,
    most: float | None = None,
    whole: bool = False,
    blank: bool = False,
) -> dict[str, Any]:
    """Metadata of a request's field: how command line and page ask for it.

    Parameters
    ----------
    help_text
        What it is, in one sentence.
    flag
        Option of the command; blank makes it from the field's name, `argument` a positional argument.
    metavar
        What stands for the value in the help.
    least, most
        Least and greatest value allowed.
    whole
        Texts of a list stay as typed, commas and all: the analysis takes them apart, as it knows names with commas.
    blank
        The command may leave a text without a default out: it is blank then.
    """
    return {
        "help": help_text,
        "flag": flag,
        "metavar": metavar,
        "least": least,
        "most": most,
        "whole": whole,
        "blank": blank,
    }
