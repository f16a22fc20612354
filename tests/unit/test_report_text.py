"""Texts of the report: cleaning, numbers, dates and links."""

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from karwan.report import text
from tests.sample_brief import HOSTILE, HOSTILE_URLS


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (1e9, "1.00 bn"),
        (227.59e6, "227.6 m"),
        (38.7e6, "38.7 m"),
        (9.994e6, "9.99 m"),
        (999.6e6, "1.00 bn"),
        (385e3, "385.0 k"),
        (940, "940"),
        (12.34, "12.3"),
        (0, "0"),
        (-5.2e6, "−5.20 m"),
        (None, "–"),
        (float("nan"), "–"),
        (float("inf"), "–"),
        (True, "–"),
    ],
)
def test_money_keeps_three_figures(value: object, shown: str) -> None:
    assert text.usd(value) == shown


@pytest.mark.parametrize(("value", "shown"), [(5e8, "500 m"), (2.5e9, "2.5 bn"), (0.0, "0"), (1e6, "1 m")])
def test_axis_money_drops_empty_decimals(value: float, shown: str) -> None:
    assert text.usd_tick(value) == shown


@pytest.mark.parametrize(
    ("value", "digits", "shown"),
    [(1234.5, 0, "1,234"), (-0.04, 1, "0.0"), (-3.25, 1, "−3.2"), ("12", 0, "–")],
)
def test_numbers(value: object, digits: int, shown: str) -> None:
    assert text.number(value, digits) == shown


@pytest.mark.parametrize(
    ("share", "signed", "shown"),
    [
        (0.5, False, "50 %"),
        (0.0123, False, "1.2 %"),
        (-0.303, True, "−30 %"),
        (2.07, True, "+207 %"),
        (None, True, "–"),
    ],
)
def test_percent(share: float | None, signed: bool, shown: str) -> None:
    assert text.percent(share, signed=signed) == shown


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
