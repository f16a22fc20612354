"""Cash of a venture year by year, in real terms: quantities, sales, costs, tax, debt.

    output_t = yield_t min(capacity u_t (1 - shares of its markets shut in t), supply)
    supply = available x fit x reach + corridor's own traffic x share that comes
    capacity of a fleet = min(permits, vehicles x days x 24 / (hours out and back + waits))
    gate price = price / (1 + duty) - freight - price x day share x hours / 24
    tax_t = tau max(0, EBITDA_t - depreciation_t - interest_t - losses carried forward)
    project cash = -capital + EBITDA - tax (as if without debt) - change of working capital + residual
    equity cash = -capital + EBITDA - tax - change of working capital + residual + drawdown - fees - interest - principal

References
----------
Behrens & Hawranek (1991), UNIDO, E.91.III.E.18, schedules behind COMFAR.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from karwan.appraisal.venture.model import (
    CAPITAL,
    Cost,
    Floats,
    Loan,
    Sale,
    Venture,
    VentureStage,
    VentureTerms,
)


@dataclass(frozen=True)
class LoanFlows:
    """Yearly drawdown, fee, interest and principal of one source of money, shape (T+1, N)."""

    loan: Loan
    drawdown: Floats
    fee: Floats
    interest: Floats
    principal: Floats


@dataclass(frozen=True)
class Cash:
    """Flows of a venture; every array has shape (T+1, N), money in USD of the price year.

    Attributes
    ----------
    taken, made
        Units taken in and put out, by stage key.
    sales, costs, raw
        Income by sale key, costs by cost key, raw material by supply key.
    waits
        What the days on the way cost the buyers by sale key: no money, so in none of the sums here.
    project, equity
        Cash before finance, taxed as if without debt; cash of the owners.
    """

    taken: Mapping[str, Floats]
    made: Mapping[str, Floats]
    sales: Mapping[str, Floats]
    costs: Mapping[str, Floats]
    raw: Mapping[str, Floats]
    waits: Mapping[str, Floats]
    loans: tuple[LoanFlows, ...]
    revenue: Floats
    capital: Floats
    ebitda: Floats
    depreciation: Floats
    tax_unlevered: Floats
    tax: Floats
    working_change: Floats
    residual: Floats
    project: Floats
    equity: Floats

    @property
    def service(self) -> Floats:
        """Interest and principal of all loans, shape (T+1, N)."""
        return np.asarray(
            sum((one.interest + one.principal for one in self.loans), np.zeros_like(self.project))
        )

    @property
    def available(self) -> Floats:
        """Cash for the service of debt: EBITDA less the tax that is paid and the change of working capital."""
        return self.ebitda - self.tax - self.working_change


def cash_flows(venture: Venture) -> Cash:
    """Cash of a venture; N is the number of draws, 1 where none of its numbers is an array."""
    shape = (venture.terms.years, _draws(venture))
    taken, made, sold = _quantities(venture, shape)
    units = {one.key: _sold(venture, one, taken, sold) for one in venture.sales}
    sales = {one.key: gate_price(venture, one) * units[one.key] for one in venture.sales}
    waits = {one.key: wait_cost(venture, one) * units[one.key] for one in venture.sales}
    raw = _raw(venture, taken, shape)
    revenue = _sum(sales.values(), shape)
    costs: dict[str, Floats] = {}
    spend = {one.key: _spread(venture, one, shape) for one in venture.costs if one.kind in CAPITAL}
    capital = _sum(spend.values(), shape) * venture.value("factor.capex", 1.0)
    for one in venture.costs:
        if one.kind in CAPITAL:
            costs[one.key] = spend[one.key] * venture.value("factor.capex", 1.0)
        else:
            costs[one.key] = _cost(venture, one, taken, made, revenue, capital)
    running = _sum((costs[c.key] for c in venture.costs if c.kind not in CAPITAL), shape) + _sum(
        raw.values(), shape
    )
    ebitda = revenue - running
    depreciation = _depreciation(venture, capital)
    loans = tuple(_loan(venture, one, capital) for one in venture.loans)
    interest = _sum((one.interest for one in loans), shape)
    tax = _tax(venture, ebitda - depreciation - interest)
    tax_unlevered = _tax(venture, ebitda - depreciation)
    working = _working(venture, running)
    residual = np.zeros(shape)
    residual[-1] = venture.terms.resale * capital.sum(axis=0)
    before = ebitda - capital - working + residual
    financed = _sum((o.drawdown - o.fee - o.interest - o.principal for o in loans), shape)
    return Cash(
        taken=taken,
        made=made,
        sales=sales,
        costs=costs,
        raw=raw,
        waits=waits,
        loans=loans,
        revenue=revenue,
        capital=capital,
        ebitda=ebitda,
        depreciation=depreciation,
        tax_unlevered=tax_unlevered,
        tax=tax,
        working_change=working,
        residual=residual,
        project=before - tax_unlevered,
        equity=before - tax + financed,
    )


def gate_price(venture: Venture, sale: Sale) -> Floats:
    """Price at the gate of what is sold: the market's without duty, less freight and what of the days on the way is money: interest on the goods and loss."""
    price = venture.value(f"{sale.key}.price_usd")
    freight = venture.value(f"{sale.key}.freight_usd") * venture.value("factor.freight", 1.0)
    paid = venture.value(f"{sale.key}.day_share") - venture.value(f"{sale.key}.wait_share")
    days_cost = price * paid * _hours(venture, f"{sale.key}.hours") / 24.0
    return np.asarray(price / (1.0 + venture.value(f"{sale.key}.duty_share")) - freight - days_cost)


def wait_cost(venture: Venture, sale: Sale) -> Floats:
    """What the days on the way, and those kept in reserve for late arrivals, cost the buyers of a unit sold beyond money: in the economic flow alone."""
    price = venture.value(f"{sale.key}.price_usd")
    mean = venture.value(f"{sale.key}.wait_share") * _hours(venture, f"{sale.key}.hours")
    late = venture.value(f"{sale.key}.day_share") * _hours(venture, f"{sale.key}.late_hours")
    return np.asarray(price * (mean + late) / 24.0)


def _hours(venture: Venture, key: str) -> Floats:
    """Hours of the corridor, moved by the factor on them."""
    return venture.value(key) * venture.value("factor.hours", 1.0)


def _draws(venture: Venture) -> int:
    sizes = {np.size(value) for value in venture.values.values()} - {1}
    sizes |= {states.shape[1] for states in venture.shut.values()} - {1}
    if len(sizes) > 1:
        raise ValueError(f"numbers of a venture have several counts of draws: {sorted(sizes)}")
    return sizes.pop() if sizes else 1


def _sum(arrays: Iterable[Floats], shape: tuple[int, int]) -> Floats:
    total = np.zeros(shape)
    for one in arrays:
        total += one
    return total


def learned(venture: Venture) -> Floats:
    """Share learned in each year, shape (T+1,): 1 - exp(-t/L) in the t-th year at work, 1 where nothing is learned."""
    terms = venture.terms
    working = np.arange(terms.years) - terms.build + 1.0
    if terms.learning_years <= 0.0:
        return (working > 0).astype(float)
    return np.where(working > 0, 1.0 - np.exp(-np.maximum(working, 0.0) / terms.learning_years), 0.0)


def ramp_of(venture: Venture, stage: VentureStage) -> Floats:
    """Load of a stage in each year as a share of its full load, shape (T+1,): 0 while building."""
    terms = venture.terms
    if terms.learning_years > 0.0 or not stage.ramp:
        return learned(venture)
    working = np.arange(terms.years) - terms.build
    ramp = np.array([*stage.ramp, 1.0])
    return np.where(working >= 0, ramp[np.clip(working, 0, ramp.size - 1)], 0.0)


def capacity(venture: Venture, stage: VentureStage) -> Floats:
    """Units a stage can take in a year, shape () or (N,): of a fleet the round trips of its vehicles, as many as permits allow."""
    most = venture.value(f"{stage.key}.capacity_year")
    if f"{stage.key}.vehicles" not in venture.values:
        return most
    return np.minimum(most, venture.value(f"{stage.key}.vehicles") * vehicle_trips(venture, stage))


def vehicle_trips(venture: Venture, stage: VentureStage) -> Floats:
    """Round trips of a vehicle a year: its hours at work over those out, back and waiting."""
    turn = venture.value(f"{stage.key}.turn_hours") * venture.value("factor.hours", 1.0)
    waiting = venture.value(f"{stage.key}.wait_hours")
    return np.asarray(24.0 * venture.value(f"{stage.key}.days_year", 330.0) / (turn + waiting))


def _load(venture: Venture, stage: VentureStage) -> Floats:
    """Load of a stage by year, shape (T+1, N) or (T+1, 1), at most 1."""
    full = venture.value(f"{stage.key}.utilisation", 1.0) * venture.value("factor.utilisation", 1.0)
    return np.asarray(np.minimum(ramp_of(venture, stage)[:, None] * np.atleast_1d(full)[None, :], 1.0))


def _quantities(
    venture: Venture, shape: tuple[int, int]
) -> tuple[dict[str, Floats], dict[str, Floats], dict[str, Floats]]:
    """Units each stage takes in and puts out, and what is left of each product for sale; stages come in the order of making."""
    taken: dict[str, Floats] = {}
    made: dict[str, Floats] = {}
    stock: dict[str, Floats] = {}
    supplies = {one.product: one for one in venture.supplies}
    gain = 1.0 + venture.terms.yield_gain * learned(venture)[:, None]
    for stage in venture.stages:
        room = capacity(venture, stage) * _load(venture, stage)
        room = room * _wanted(venture, stage.output_product)
        if stage.input_product in stock:
            used = np.minimum(room, stock[stage.input_product])
            stock[stage.input_product] = stock[stage.input_product] - used
        elif stage.input_product in supplies:
            used = np.minimum(room, available(venture, supplies[stage.input_product].key))
        else:
            used = room
        taken[stage.key] = np.broadcast_to(used, shape)
        made[stage.key] = np.broadcast_to(
            used * venture.value(f"{stage.key}.output_per_input", 1.0) * gain, shape
        )
        stock[stage.output_product] = stock.get(stage.output_product, np.zeros(shape)) + made[stage.key]
    return taken, made, stock


def available(venture: Venture, key: str) -> Floats:
    """Units of a raw material that can be had and used in a year; of a service what asks for it, the corridors' own trade on top."""
    shares = venture.value(f"{key}.fit_share", 1.0) * venture.value(f"{key}.reachable_share", 1.0)
    own = venture.value(f"{key}.corridor_year") * venture.value(f"{key}.transit_share", 1.0)
    return np.asarray(venture.value(f"{key}.available_year", np.inf) * shares + own)


def _sold(venture: Venture, sale: Sale, taken: Mapping[str, Floats], stock: Mapping[str, Floats]) -> Floats:
    share = venture.value(f"{sale.key}.share", 1.0)
    if sale.by_product:
        return np.asarray(share * taken[sale.stage or venture.stages[0].key])
    wanted = _wanted(venture, sale.product)
    part = share * _open(venture, sale) / np.where(wanted > 0.0, wanted, np.inf)
    return np.asarray(part * stock[sale.product])


def _open(venture: Venture, sale: Sale) -> Floats:
    """1 in the years in which the market of a sale is open, shape (T+1, N) or ()."""
    return np.asarray(1.0 - venture.shut.get(sale.key, np.zeros(())))


def _wanted(venture: Venture, product: str) -> Floats:
    """Share of a product that its markets take in each year, 1 where none is shut: what a shut market would take is not made."""
    sales = [one for one in venture.sales if one.product == product and not one.by_product]
    lost = [venture.value(f"{one.key}.share", 1.0) * (1.0 - _open(venture, one)) for one in sales]
    return np.asarray(1.0 - sum(lost, np.zeros(())))


def _raw(venture: Venture, taken: Mapping[str, Floats], shape: tuple[int, int]) -> dict[str, Floats]:
    """What raw material costs: its price and its collection."""
    made = {stage.output_product for stage in venture.stages}
    found = {}
    for one in venture.supplies:
        users = [s.key for s in venture.stages if s.input_product == one.product and one.product not in made]
        price = venture.value(f"{one.key}.price_usd_t") + venture.value(f"{one.key}.collection_usd_t")
        found[one.key] = price * _sum((taken[key] for key in users), shape)
    return found


def years_of(venture: Venture, cost: Cost) -> tuple[int, int]:
    """First and last year of a cost: as it says; else while building where it is paid once, while at work where by year."""
    terms = venture.terms
    once = cost.driver == "USD"
    first, last = (0, terms.build - 1) if once else (terms.build, terms.years - 1)
    first = first if cost.first is None else cost.first
    last = max(first, last) if cost.last is None else cost.last
    return first, min(last, terms.years - 1)


def _paid(venture: Venture, cost: Cost) -> Floats:
    """1 in the years in which a cost is paid, shape (T+1, 1)."""
    first, last = years_of(venture, cost)
    years = np.arange(venture.terms.years)
    return ((years >= first) & (years <= last)).astype(float)[:, None]


def _spread(venture: Venture, cost: Cost, shape: tuple[int, ...]) -> Floats:
    """An amount paid once, in equal parts over its years."""
    paid = _paid(venture, cost)
    return np.asarray(
        np.broadcast_to(paid / max(paid.sum(), 1.0) * venture.value(f"{cost.key}.value"), shape)
    )


def _cost(
    venture: Venture,
    cost: Cost,
    taken: Mapping[str, Floats],
    made: Mapping[str, Floats],
    revenue: Floats,
    capital: Floats,
) -> Floats:
    value, stage = venture.value(f"{cost.key}.value"), cost.stage or venture.stages[0].key
    if cost.driver == "USD":
        return _spread(venture, cost, revenue.shape)
    base = {
        "USD/year": np.ones_like(revenue),
        "USD/input": taken[stage],
        "USD/output": made[stage],
        "share of sales": revenue,
        "share of capex": np.broadcast_to(capital[: venture.terms.build].sum(axis=0), revenue.shape),
    }[cost.driver]
    return np.asarray(value * base * _paid(venture, cost))


def _depreciation(venture: Venture, capital: Floats) -> Floats:
    """Straight line from the first year at work, of later capital from the year after it is spent."""
    terms, found = venture.terms, np.zeros_like(capital)
    for year in range(terms.years):
        if not capital[year].any():
            continue
        start = max(terms.build, year + 1)
        found[start : start + terms.depreciation] += capital[year] / terms.depreciation
    return found


def _tax(venture: Venture, profit: Floats) -> Floats:
    """Tax on profit after losses carried forward without limit."""
    tax, losses = np.zeros_like(profit), np.zeros(profit.shape[1])
    for year, earned in enumerate(profit):
        net = earned - losses
        losses = np.maximum(-net, 0.0)
        tax[year] = venture.terms.tax * np.maximum(net, 0.0)
    return tax


def _working(venture: Venture, running: Floats) -> Floats:
    """Yearly change of working capital, given back in the last year."""
    stock = venture.terms.working_days / 365.0 * running
    stock[: venture.terms.build] = 0.0
    stock[-1] = 0.0
    return np.diff(stock, axis=0, prepend=0.0)


def repaid(terms: VentureTerms, loan: Loan) -> tuple[int, int]:
    """First and last year in which a loan is paid back."""
    first = max(loan.grace, terms.build - 1) + 1
    return first, min(max(loan.tenor, first), terms.years - 1)


def _loan(venture: Venture, loan: Loan, capital: Floats) -> LoanFlows:
    """Flows of a loan or grant: drawn as the capital is spent, interest on what is owed, equal principal after the grace years."""
    terms, shape = venture.terms, capital.shape
    usd = np.broadcast_to(venture.value(f"{loan.key}.usd"), shape[1:])
    spent = capital[: terms.build]
    whole = spent.sum(axis=0)
    even = np.full_like(spent, 1.0 / terms.build)
    part = np.divide(spent, whole, out=even, where=whole > 0.0)
    drawdown = np.zeros(shape)
    drawdown[: terms.build] = part * usd
    fee = drawdown * venture.value(f"{loan.key}.fee_share")
    interest, principal = np.zeros(shape), np.zeros(shape)
    if loan.kind == "loan":
        rate = venture.value(f"{loan.key}.rate_share")
        first, last = repaid(terms, loan)
        principal[first : last + 1] = usd / (last - first + 1)
        owed = np.cumsum(drawdown - principal, axis=0)
        interest[1:] = owed[:-1] * rate
    return LoanFlows(loan, drawdown, fee, interest, principal)
