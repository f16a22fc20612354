"""World trade after a change of trade costs: laws that hold to rounding, on small invented worlds."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import root

from karwan.errors import InvalidInput, NotConverged, UnknownName
from karwan.trade.equilibrium import hat
from karwan.trade.equilibrium.base import Array
from karwan.trade.equilibrium.deficits import DEFICITS
from karwan.trade.equilibrium.identities import Identities
from karwan.trade.equilibrium.scaling import fit_margins
from karwan.trade.equilibrium.tariffs import Duties, duty_usd

TIGHT = 1e-10
RULES = tuple(DEFICITS)


def invented(sectors: int = 3, countries: int = 6, seed: int = 1) -> Array:
    """Flows in USD with large sales at home and some zeros."""
    rng = np.random.default_rng(seed)
    flows = np.exp(rng.normal(0.0, 1.5, (sectors, countries, countries))) * 1e6
    flows[rng.random(flows.shape) < 0.15] = 0.0
    flows[:, np.arange(countries), np.arange(countries)] = rng.uniform(2e7, 9e7, (sectors, countries))
    return flows


def shock(flows: Array, seed: int = 2) -> Array:
    return np.exp(np.random.default_rng(seed).normal(0.0, 0.4, flows.shape))


THETA = np.array([2.5, 4.0, 8.0])


@pytest.mark.parametrize("deficits", RULES)
@pytest.mark.parametrize("upper", [1.0, 0.5, 3.0])
@pytest.mark.parametrize("with_duty", [False, True])
def test_every_identity_holds(deficits: str, upper: float, with_duty: bool) -> None:
    flows = invented()
    duty = np.random.default_rng(3).uniform(0.0, 0.3, flows.shape)
    tariffs = Duties(duty, duty / 2) if with_duty else None
    b = shock(flows) * (tariffs.cost_factor(THETA) if tariffs else 1.0)
    found = hat.solve(flows, b, THETA, deficits=deficits, tariffs=tariffs, upper=upper)
    kept = 1.0 - (tariffs.duty_share_after if tariffs else 0.0)
    before = flows * (1.0 - (tariffs.duty_share_before if tariffs else 0.0))
    output = before.sum(axis=(0, 2))
    assert found.identities.worst < TIGHT
    assert (found.flows * kept).sum(axis=(0, 2)) == pytest.approx(found.wages * output, rel=TIGHT)
    assert found.wages @ output == pytest.approx(output.sum(), rel=TIGHT)
    assert np.array_equal(found.flows > 0, flows > 0)
    home, was = np.einsum("kii->ki", found.flows), np.einsum("kii->ki", flows)
    share = home / found.flows.sum(axis=1) / (was / flows.sum(axis=1)) / np.einsum("kii->ki", b)
    assert found.wages / found.sector_prices == pytest.approx(share ** (-1.0 / THETA[:, None]), rel=TIGHT)


@pytest.mark.parametrize("deficits", RULES)
def test_no_change_of_cost_changes_nothing(deficits: str) -> None:
    flows = invented()
    found = hat.solve(flows, np.ones_like(flows), THETA, deficits=deficits)
    assert found.flows == pytest.approx(flows, rel=TIGHT)
    assert found.wages == pytest.approx(1.0, abs=TIGHT)
    assert found.prices == pytest.approx(1.0, abs=TIGHT)
    assert found.welfare_usd == pytest.approx(0.0, abs=1.0)
    assert found.iterations == 0


@pytest.mark.parametrize("deficits", RULES)
@pytest.mark.parametrize("upper", [1.0, 2.0])
def test_newton_agrees_with_an_independent_solver(deficits: str, upper: float) -> None:
    """The equations of the page, written out once more and given to scipy's hybrid method."""
    flows = invented()
    duty = np.random.default_rng(5).uniform(0.0, 0.3, flows.shape)
    tariffs = Duties(duty, duty * 0.3)
    b = shock(flows) * tariffs.cost_factor(THETA)
    kept, after = 1 / (1 + tariffs.before_share), tariffs.after_share / (1 + tariffs.after_share)
    output = (flows * kept).sum(axis=(0, 2))
    spending = flows.sum(axis=(0, 1))
    deficit = spending - output - (flows * (1 - kept)).sum(axis=(0, 1))
    pi, alpha = flows / flows.sum(axis=1, keepdims=True), flows.sum(axis=1) / spending

    def new_flows(wages: Array, means: Array) -> Array:
        drawn = pi * b * (wages ** -THETA[:, None])[:, :, None]
        price = drawn.sum(axis=1) ** (-1 / THETA[:, None])
        weight = alpha * price ** (1 - upper)
        return drawn / drawn.sum(axis=1, keepdims=True) * (weight / weight.sum(axis=0) * means)[:, None, :]

    def gaps(unknown: Array) -> Array:
        wages, means = np.exp(unknown[:6]), unknown[6:] * 1e8
        sent = new_flows(wages, means)
        taken = (sent * after).sum(axis=(0, 1))
        own = wages * (output + deficit)
        funds = own * (wages @ output) / own.sum() if deficits == "universal" else wages * output + deficit
        market = (sent * (1 - after)).sum(axis=(0, 2)) / output - wages
        market[0] = wages @ output / output.sum() - 1
        return np.concatenate([market, (funds + taken - means) / spending])

    other = root(gaps, np.concatenate([np.zeros(6), spending / 1e8]), method="hybr", tol=1e-13)
    found = hat.solve(flows, b, THETA, deficits=deficits, tariffs=tariffs, upper=upper)
    assert np.log(found.wages) == pytest.approx(other.x[:6], abs=1e-9)
    assert found.flows == pytest.approx(new_flows(np.exp(other.x[:6]), other.x[6:] * 1e8), rel=1e-8)


def test_scale_and_order_do_not_matter() -> None:
    flows, b = invented(), shock(invented())
    found = hat.solve(flows, b, THETA)
    larger = hat.solve(flows * 1000.0, b, THETA)
    order = np.random.default_rng(7).permutation(6)
    mixed = hat.solve(flows[:, order][:, :, order], b[:, order][:, :, order], THETA)
    assert larger.wages == pytest.approx(found.wages, rel=TIGHT)
    assert larger.welfare_usd == pytest.approx(found.welfare_usd * 1000.0, rel=1e-9)
    assert mixed.wages == pytest.approx(found.wages[order], rel=TIGHT)


def test_identical_sectors_are_one_sector() -> None:
    one, b = invented(1), shock(invented(1))
    single = hat.solve(one, b, np.array([4.0]))
    three = hat.solve(np.repeat(one, 3, axis=0) / 3, np.repeat(b, 3, axis=0), np.full(3, 4.0))
    assert three.wages == pytest.approx(single.wages, rel=TIGHT)
    assert three.prices == pytest.approx(single.prices, rel=TIGHT)
    assert three.flows.sum(axis=0) == pytest.approx(single.flows[0], rel=TIGHT)


@pytest.mark.parametrize("deficits", RULES)
def test_a_change_and_its_inverse_cancel(deficits: str) -> None:
    flows, b = invented(), shock(invented())
    there = hat.solve(flows, b, THETA, deficits=deficits)
    if deficits == "additive":
        back = hat.solve(there.flows, 1.0 / b, THETA, deficits=deficits)
        assert back.flows == pytest.approx(flows, rel=1e-9)
    assert hat.conditional(hat.conditional(flows, b, THETA).flows, 1.0 / b, THETA).flows == pytest.approx(
        flows, rel=1e-9
    )


def test_a_low_elasticity_keeps_the_shares() -> None:
    flows = invented()
    t_hat = np.random.default_rng(8).uniform(0.7, 1.5, flows.shape)
    low = np.full(3, 1e-7)
    found = hat.solve(flows, t_hat ** -low[:, None, None], low, deficits="universal")
    shares = flows / flows.sum(axis=1, keepdims=True)
    assert found.flows / found.flows.sum(axis=1, keepdims=True) == pytest.approx(shares, abs=1e-6)


def test_a_uniform_cost_abroad_hurts_everyone() -> None:
    flows = invented(1)
    b = np.full(flows.shape, 1.2**-4.0)
    b[0, np.arange(6), np.arange(6)] = 1.0
    found = hat.solve(flows, b, np.array([4.0]), deficits="universal")
    assert (found.real_income < 1.0).all()


def test_a_ban_stays_zero_and_moves_the_rest() -> None:
    flows = invented()
    b = np.ones_like(flows)
    b[:, 0, 1] = 0.0
    found = hat.solve(flows, b, THETA)
    assert (found.flows[:, 0, 1] == 0).all()
    assert found.identities.worst < TIGHT
    assert found.real_income[0] < 1.0


def test_duty_given_up_is_not_a_gain_of_itself() -> None:
    """A duty that nobody's trade answers (theta near 0) only moves money from the treasury to the shop."""
    flows = invented()
    duty = np.full(flows.shape, 0.1)
    duty[:, np.arange(6), np.arange(6)] = 0.0
    low = np.full(3, 1e-6)
    tariffs = Duties(duty, duty * 0.0)
    found = hat.solve(flows, tariffs.cost_factor(low), low, tariffs=tariffs)
    given_up = (flows * tariffs.duty_share_before).sum()
    assert abs(found.welfare_usd.sum()) < 0.02 * given_up
    assert found.duty_usd == pytest.approx(0.0)
    assert duty_usd(flows, Duties(duty, duty)) == pytest.approx(
        (flows * 0.1 / 1.1 * (duty > 0)).sum(axis=(0, 1))
    )


def test_a_small_duty_cut_is_worth_its_triangle() -> None:
    """From free trade a small duty costs the world second order only: half the duty times the trade it stops."""
    flows = invented(1)
    flows[0] = (flows[0] + flows[0].T) / 2
    none = np.zeros(flows.shape)
    rates = np.array([0.002, 0.004])
    losses = []
    for rate in rates:
        after = np.full(flows.shape, rate)
        after[0, np.arange(6), np.arange(6)] = 0.0
        tariffs = Duties(none, after)
        losses.append(
            -hat.solve(
                flows, tariffs.cost_factor(np.array([4.0])), np.array([4.0]), tariffs=tariffs
            ).welfare_usd.sum()
        )
    assert losses[0] > 0
    assert losses[1] / losses[0] == pytest.approx(4.0, rel=0.02)


def test_conditional_keeps_sales_and_purchases() -> None:
    flows, b = invented(), shock(invented())
    found = hat.conditional(flows, b, THETA)
    assert found.flows.sum(axis=2) == pytest.approx(flows.sum(axis=2), rel=TIGHT)
    assert found.flows.sum(axis=1) == pytest.approx(flows.sum(axis=1), rel=TIGHT)
    seller, buyer = found.outward ** -THETA[:, None], found.inward ** THETA[:, None]
    assert found.flows == pytest.approx(flows * b * seller[:, :, None] * buyer[:, None, :], rel=1e-9)


def test_scaling_meets_margins_where_plain_scaling_creeps() -> None:
    pull = np.eye(4) + 1e-6
    sales = np.array([1.0, 2.0, 3.0, 4.0])
    found = fit_margins(sales, sales[::-1].copy(), pull, max_iterations=60)
    assert found.flows.sum(axis=1) == pytest.approx(sales, rel=TIGHT)
    assert found.flows.sum(axis=0) == pytest.approx(sales[::-1], rel=TIGHT)


def test_partial_is_the_product_and_nothing_else() -> None:
    flows, b = invented(), shock(invented())
    assert hat.partial(flows, b) == pytest.approx(flows * b, rel=1e-15)


def test_worlds_that_do_not_trade_have_a_numeraire_each() -> None:
    flows = np.zeros((1, 4, 4))
    flows[0, :2, :2] = [[5.0, 1.0], [1.0, 4.0]]
    flows[0, 2:, 2:] = [[3.0, 2.0], [2.0, 9.0]]
    b = np.ones_like(flows)
    b[0, 0, 1] = 2.0
    found = hat.solve(flows * 1e6, b, np.array([4.0]))
    assert found.wages[2:] == pytest.approx(1.0, abs=TIGHT)
    assert found.wages[:2] @ [6.0, 5.0] == pytest.approx(11.0, rel=TIGHT)
    assert found.wages[0] != pytest.approx(1.0, abs=1e-3)


def test_a_country_that_sells_nothing_is_carried_along() -> None:
    flows = invented()
    flows[:, 2, :] = 0.0
    found = hat.solve(flows, shock(flows), THETA)
    assert found.identities.worst < TIGHT
    assert (found.flows[:, 2, :] == 0).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda f, b, t: (f[0], b, t), "no array of sectors"),
        (lambda f, b, t: (-f, b, t), "A flow is negative"),
        (lambda f, b, t: (f, b[:1], t), "differ in shape"),
        (lambda f, b, t: (f, b * np.nan, t), "A cost factor is negative"),
        (lambda f, b, t: (f, b, t[:2]), "not one trade elasticity"),
        (lambda f, b, t: (f, b, -t), "not positive"),
        (lambda f, b, t: (f, b * (np.arange(6) > 0), t), "without any origin"),
    ],
)
def test_wrong_input_is_refused(change, message: str) -> None:  # type: ignore[no-untyped-def]
    flows = invented()
    given = change(flows, np.ones_like(flows), THETA)
    with pytest.raises(InvalidInput, match=message):
        hat.solve(*given)


def test_a_stranded_deficit_is_refused_under_the_additive_rule_only() -> None:
    flows = invented(1)
    alone = np.ones_like(flows)
    alone[0, 0, 1:], alone[0, 1:, 0] = 0.0, 0.0
    with pytest.raises(InvalidInput, match="cannot be paid"):
        hat.solve(flows, alone, np.array([4.0]))
    assert hat.solve(flows, alone, np.array([4.0]), deficits="universal").identities.worst < TIGHT


def test_what_cannot_be_reached_says_so() -> None:
    flows = np.array([[[1.0, 1.0], [60.0, 100.0]]])
    b = np.array([[[1.0, 1e-9], [1.0, 1.0]]])
    with pytest.raises(NotConverged, match="not found"):
        hat.solve(flows, b * 1.0, np.array([4.0]), max_iterations=1)
    with pytest.raises(NotConverged, match="No trade meets"):
        fit_margins(np.array([1.0, 1.0]), np.array([0.5, 1.5]), np.eye(2), max_iterations=20)
    with pytest.raises(UnknownName, match="additive, universal"):
        hat.solve(flows, b, np.array([4.0]), deficits="none")
    with pytest.raises(InvalidInput, match="share above -1"):
        Duties(flows * 0 - 2.0, flows * 0)


def test_an_answer_that_does_not_add_up_is_refused() -> None:
    Identities(markets=1e-15, spending=1e-12, income=0.0, home_share=float("nan")).require()
    with pytest.raises(NotConverged, match=r"spending 2\.0e-10"):
        Identities(markets=1e-15, spending=2e-10, income=0.0, home_share=0.0).require()
