"""Amounts as a reader says them."""

import pytest

from karwan import amounts


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
    assert amounts.usd(value) == shown


@pytest.mark.parametrize(("value", "shown"), [(5e8, "500 m"), (2.5e9, "2.5 bn"), (0.0, "0"), (1e6, "1 m")])
def test_axis_money_drops_empty_decimals(value: float, shown: str) -> None:
    assert amounts.usd_tick(value) == shown


@pytest.mark.parametrize(
    ("value", "digits", "shown"),
    [(1234.5, 0, "1,234"), (-0.04, 1, "0.0"), (-3.25, 1, "−3.2"), ("12", 0, "–")],
)
def test_numbers(value: object, digits: int, shown: str) -> None:
    assert amounts.number(value, digits) == shown


@pytest.mark.parametrize(
    ("share", "signed", "shown"),
    [
        (0.5, False, "50 %"),
        (0.0123, False, "1.2 %"),
        (-0.303, True, "−30 %"),
        (2.07, True, "+207 %"),
        (8.81e-49, False, "<0.1 %"),
        (0.0, False, "0 %"),
        (0.0044, False, "0.4 %"),
        (0.118, False, "12 %"),
        (None, True, "–"),
    ],
)
def test_percent(share: float | None, signed: bool, shown: str) -> None:
    assert amounts.percent(share, signed=signed) == shown


@pytest.mark.parametrize(
    ("value", "said"), [(1e9, "USD 1 bn"), (21.5e6, "USD 21.5 m"), (105.6e6, "USD 105.6 m"), (None, "USD –")]
)
def test_money_in_a_sentence(value: float | None, said: str) -> None:
    assert amounts.dollars(value) == said
