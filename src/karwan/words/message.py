"""From a note to a sentence: the message of its key, in a language, with its values written as a reader says them."""

from __future__ import annotations

import gettext
import string
from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from karwan.amounts import dollars, is_number, number, percent
from karwan.notes import Note
from karwan.words.english import MESSAGES, Plural

CONTEXT_LANGUAGE = "en"
LOCALE = Path(__file__).parent / "locale"


def say(one: Note | str, language: str = CONTEXT_LANGUAGE) -> str:
    """Sentence of a note.

    Parameters
    ----------
    one
        A note; a text is returned as it is.
    language
        ISO 639-1 code; English stands in for what a catalogue lacks.

    Raises
    ------
    KeyError
        No message has this key: each key is written in `karwan.words.english`, which a test holds complete.

    Examples
    --------
    >>> from karwan.notes import note
    >>> say(note("criticality.detours_anywhere"))
    'Detours may pass any country of the case.'
    """
    if isinstance(one, str):
        return one
    message = MESSAGES[one.key]
    catalogue = _catalogue(language)
    if isinstance(message, Plural):
        count = int(one.values[message.count])
        template = catalogue.npgettext(one.key, message.one, message.other, count)
    else:
        template = catalogue.pgettext(one.key, message)
    return _Writer(language).vformat(template, (), one.values)


def sentences(notes: Iterable[Note | str], language: str = CONTEXT_LANGUAGE) -> list[str]:
    """Sentences of notes, in order."""
    return [say(one, language) for one in notes]


def say_facts(facts: Mapping[str, Any], language: str = CONTEXT_LANGUAGE) -> dict[str, Any]:
    """Facts of an answer by key, the notes among them as texts."""
    return {key: say(value, language) if isinstance(value, Note) else value for key, value in facts.items()}


@cache
def _catalogue(language: str) -> gettext.NullTranslations:
    return gettext.translation("karwan", LOCALE, [language], fallback=True)


class _Writer(string.Formatter):
    """Fields written by the ending of their name where no format is given: USD, shares in percent, days, lists, notes."""

    def __init__(self, language: str) -> None:
        self.language = language

    def get_value(self, key: int | str, args: Any, kwargs: Mapping[str, Any]) -> Any:
        return _Named(str(key), kwargs[str(key)], self.language)

    def format_field(self, value: Any, format_spec: str) -> str:
        if isinstance(value, _Named):
            return str(format(value.value, format_spec)) if format_spec else value.text()
        return str(super().format_field(value, format_spec))


class _Named:
    """A value with the name that tells its unit."""

    def __init__(self, name: str, value: Any, language: str) -> None:
        self.name, self.value, self.language = name, value, language

    def text(self) -> str:
        value = self.value
        if isinstance(value, Note):
            return say(value, self.language)
        if isinstance(value, list | tuple):
            return ", ".join(_Named(self.name, one, self.language).text() for one in value)
        if isinstance(value, date):
            return f"{value:%-d %B %Y}"
        return self._amount() if is_number(value) else str(value)

    def _amount(self) -> str:
        if self.name.endswith("_usd"):
            return dollars(self.value)
        if self.name.endswith("_share"):
            return percent(self.value)
        if isinstance(self.value, int):
            return number(self.value) if abs(self.value) >= 10_000 else str(self.value)
        return number(self.value, 0 if abs(self.value) >= 100 else 1)
