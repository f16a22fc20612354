"""Tables of the register as people read them: promises by title, sides by name, moments and changes in words."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from karwan.case import Case
from karwan.notes import note
from karwan.register.rules import STATUSES
from karwan.report.blocks import Block, Cell, Table
from karwan.report.text import clean, day, safe_url
from karwan.words import say

_KEYS = "on|share_percent|status|bytes|file|name|link|due|due_type|language|text|number"
_PART, _PARTS = re.compile(rf"(?:; )?({_KEYS}): "), re.compile(rf"; ({_KEYS}): ")
_TYPED = ("text", "name", "link")
"""Keys whose value a person typed: each is the last of its entry."""
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def spoken(code: str) -> str:
    """A code as people read it."""
    return clean(code).replace("_", " ")


def moment(at: str) -> str:
    """A moment of the chain as people read it."""
    return f"{day(date.fromisoformat(at[:10]))}, {at[11:16]} UTC"


def told_value(text: str) -> str:
    """A status, a day or a moment as people read it; any other text as it is."""
    if text in STATUSES:
        return spoken(text)
    if _MOMENT.fullmatch(text):
        return moment(text)
    try:
        return day(date.fromisoformat(text))
    except ValueError:
        return text


def change_parts(text: str) -> dict[str, str]:
    """What an entry changes, by key, from the text of the command line; what a person typed is the rest of it, whatever it holds.

    Examples
    --------
    >>> change_parts("on: 2026-11-30; share_percent: 30; status: in_progress")
    {'on': '2026-11-30', 'share_percent': '30', 'status': 'in_progress'}
    """
    found: dict[str, str] = {}
    while (start := _PART.match(text)) is not None:
        key, text = start[1], text[start.end() :]
        after = None if key in _TYPED else _PARTS.search(text)
        found[key], text = (text, "") if after is None else (text[: after.start()], text[after.start() :])
    return found


def size_text(size: int) -> str:
    """Size of a file as people read it.

    Examples
    --------
    >>> size_text(28), size_text(68_099)
    ('28 bytes', '68 kB')
    """
    return f"{size} bytes" if size < 1000 else f"{size / 1000:,.0f} kB"


def change_text(parts: Mapping[str, str]) -> str:
    """What an entry changes in words."""
    told: dict[str, Callable[[str], str]] = {
        "status": spoken,
        "share_percent": lambda value: f"{value} %",
        "on": lambda value: say(note("page.entry_on", day=told_value(value))),
        "due": told_value,
        "due_type": spoken,
        "bytes": lambda value: size_text(int(value)),
        "number": lambda value: say(note("page.entry_of", number=value)),
    }
    order = ("status", "share_percent", "name", "link", "bytes", "due", "due_type", "text", "number", "on")
    return ", ".join(told.get(key, str)(parts[key]) for key in order if key in parts)


@dataclass(frozen=True)
class Reading:
    """Names of a case's promises and sides, and where its pages are.

    Attributes
    ----------
    titles
        Titles of the promises by id.
    names
        Names of the two sides by code, the first side first.
    root
        Start of the addresses of the case.
    """

    titles: Mapping[str, str]
    names: Mapping[str, str]
    root: str

    def table(self, block: Block) -> Block:
        """A table of the register with its cells as people read them; any other block as it is."""
        if not isinstance(block, Table):
            return block
        labels = [column.label for column in block.columns]
        named = dict(zip(("First side", "Second side"), self.names.values(), strict=True))
        columns = tuple(replace(one, label=named.get(one.label, one.label)) for one in block.columns)
        rows = tuple(
            tuple(self._cell(label, one) for label, one in zip(labels, row, strict=True))
            for row in block.rows
        )
        return replace(block, columns=columns, rows=rows)

    def _cell(self, label: str, one: Cell) -> Cell:
        made: dict[str, Callable[[Cell], Cell]] = {
            "Promise": self._promise,
            "Change": self._change,
            "Side": self._side,
            "By": self._side,
            "Waits for": self._side,
        }
        return made.get(label, _value)(one)

    def _promise(self, one: Cell) -> Cell:
        if one.text not in self.titles:
            return one
        return replace(one, text=self.titles[one.text], url=f"{self.root}plan/promises/{one.text}")

    def _side(self, one: Cell) -> Cell:
        return replace(one, text=", ".join(self.names.get(part, part) for part in one.text.split(", ")))

    def _change(self, one: Cell) -> Cell:
        parts = change_parts(one.text)
        if not parts:
            return one
        file = f"{self.root}plan/files/{parts['file']}" if "file" in parts else ""
        return replace(one, text=change_text(parts), url=file or safe_url(parts.get("link", "")) or "")


def _value(one: Cell) -> Cell:
    return replace(one, text=told_value(one.text))


def reading_of(case: Case) -> Reading:
    """Names of a case's promises and sides."""
    parties = case.parties
    titles = {
        key: clean(title, 200)
        for key, title in case["commitments"].select("commitment_id", "title").iter_rows()
    }
    names = {parties.code_a: parties.name_a, parties.code_b: parties.name_b}
    return Reading(titles, names, f"/en/{case.settings.case_id}/")
