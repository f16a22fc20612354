"""Messages: every key that code uses has words, fields are named, amounts are written by the ending of their name."""

from __future__ import annotations

import ast
import string
from datetime import date
from pathlib import Path

import pytest

from karwan.notes import note
from karwan.words.english import MESSAGES, NOUNS, Plural
from karwan.words.message import _Writer, say, sentences

PACKAGE = Path(__file__).resolve().parents[2] / "src" / "karwan"


def used_keys() -> set[str]:
    """Keys that are written out in calls of `note`, and of `tell` in the report."""
    found = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            named = (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in ("note", "tell")
            )
            if named and node.args and isinstance(node.args[0], ast.Constant):
                found |= {key for key in [str(node.args[0].value)] if "." in key}
    return found


def test_every_key_in_use_has_words() -> None:
    assert used_keys() - MESSAGES.keys() == set()


def test_the_brief_has_no_words_it_does_not_use() -> None:
    assert {key for key in MESSAGES if key.startswith("brief_")} - used_keys() == set()


def test_a_key_stands_once_and_names_its_noun() -> None:
    assert sum(len(noun) for noun in NOUNS) == len(MESSAGES)
    assert all("." in key for key in MESSAGES)


@pytest.mark.parametrize("key", MESSAGES)
def test_fields_are_named(key: str) -> None:
    message = MESSAGES[key]
    for text in (message.one, message.other) if isinstance(message, Plural) else (message,):
        names = [name for _, name, _, _ in string.Formatter().parse(text) if name is not None]
        assert all(name.isidentifier() for name in names)


def test_amounts_are_written_by_the_ending_of_their_name() -> None:
    values = {
        "value_usd": 21.5e6,
        "growth_share": 0.125,
        "day": date(2026, 2, 9),
        "names": ["a", "b"],
        "n": 3,
    }
    text = _Writer("en").vformat("{value_usd}; {growth_share}; {day}; {names}; {n}; {n:02d}", (), values)
    assert text == "USD 21.5 m; 12 %; 9 February 2026; a, b; 3; 03"


def test_notes_stand_within_notes_and_counts_choose_the_form() -> None:
    cut = [note("criticality.cuts", count=count) for count in (1, 2)]
    assert sentences(cut) == ["1 cuts a pair off", "2 cut a pair off"]
    whole = note("criticality.closed_in_turn", places=5, hit=2, cut=note("criticality.cuts_none"))
    assert say(whole) == "5 places closed in turn: 2 of them are on a best route; none cuts a pair off."


def test_a_language_without_a_catalogue_is_english() -> None:
    assert say(note("criticality.detours_anywhere"), "kk") == "Detours may pass any country of the case."
