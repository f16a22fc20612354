"""Texts of the report: cleaning, dates and links."""

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from karwan.report import text
from tests.sample_brief import HOSTILE, HOSTILE_URLS


def test_dates_are_read_from_dates_datetimes_and_iso_texts() -> None:
    assert text.day(date(2026, 2, 4)) == "4 Feb 2026"
    assert text.day(datetime(2026, 2, 4, 12)) == "4 Feb 2026"
    assert text.day("2026-02-04") == "4 Feb 2026"
    assert text.day("spring 2026") == "spring 2026"
    assert text.day(None) == "–"


def test_lists_and_semicolons_are_the_same() -> None:
    assert text.names(["KAZ", "PAK"]) == text.names("KAZ;PAK") == "KAZ, PAK"
    assert text.names([]) == text.names(None) == "–"


@given(st.text(max_size=200))
def test_clean_text_holds_no_control_or_override(value: str) -> None:
    cleaned = text.clean(value)
    assert all(ord(c) >= 32 and not 127 <= ord(c) < 160 for c in cleaned)
    assert not any(c in cleaned for c in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f")
    assert text.clean(cleaned) == cleaned


@given(st.text(max_size=200))
def test_escaped_text_opens_no_tag_and_closes_no_attribute(value: str) -> None:
    assert not set('<>"') & set(text.escape(value))
    assert "'" not in text.escape(value)


def test_terminal_escapes_vanish_whole() -> None:
    assert text.clean("esc\x1b[31mred\x1b[0m and \x1b]8;;http://x\x07link") == "escred and link"


def test_long_text_ends_in_an_ellipsis() -> None:
    assert text.clean("x" * 50, limit=10) == "x" * 9 + "…"


@pytest.mark.parametrize("url", HOSTILE_URLS)
def test_unsafe_addresses_are_refused(url: str) -> None:
    assert text.safe_url(url) is None


@pytest.mark.parametrize(
    "url", ["https://example.org/a?b=1&c=2#d", "http://example.org:8080/x", "https://пример.рф/a"]
)
def test_plain_addresses_pass(url: str) -> None:
    assert text.safe_url(url) == url


def test_direction_of_script() -> None:
    assert text.right_to_left("پاکستان")
    assert not text.right_to_left("Қазақстан پاکستان")
    assert not text.right_to_left("2025")


@pytest.mark.parametrize("value", HOSTILE)
def test_hostile_texts_stay_readable(value: str) -> None:
    assert text.clean(value)


@pytest.mark.parametrize(
    ("plain", "kept"),
    [
        ("USD 1.2 m a year", "USD\u00a01.2\u00a0m a year"),
        ("<0.1 % to 2.3 %", "<0.1\u00a0% to 2.3\u00a0%"),
        ("20 tins of 5 mangoes", "20 tins of 5 mangoes"),
    ],
)
def test_amounts_stay_on_one_line(plain: str, kept: str) -> None:
    assert text.tied(plain) == kept
