"""What happened beside what the model says, for docs/coupling.md: the closure of October 2025 and the guarantees of October 2023.

    python tools/back_tests.py [--check]

No parameter is chosen by either.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

import figures
import numpy as np
import polars as pl
from figures import Pages

from karwan.analysis.corridors import CorridorStudy
from karwan.analysis.coupling.world_trade import read_world_trade
from karwan.analysis.pinned import pinned_scenarios
from karwan.analysis.worth.flows import Flow
from karwan.analysis.worth.states import NOW, Outcome, PairCosts, Plan
from karwan.appraisal.worth import RouteCosts, cost_ratio, expected
from karwan.case import Case, read_case
from karwan.project import open_case

# -- October 2025 ----------------------------------------------------------------------------------------------

SHOWN = (
    *(("KAZ", "PAK"), ("PAK", "KAZ"), ("UZB", "PAK"), ("PAK", "UZB"), ("TJK", "PAK"), ("PAK", "TJK")),
    *(("KAZ", "AFG"), ("UZB", "AFG"), ("AFG", "UZB"), ("PAK", "AFG"), ("AFG", "PAK")),
)
COLUMNS = ("free_partial_share", "free_general_share", "queue_partial_share", "queue_general_share")

SHUT = date(2025, 10, 12)


@dataclass(frozen=True)
class Seen:
    """A published change of trade on the same months of the year before: pair, first and last day, share, source."""

    exporter: str
    importer: str
    first: date
    last: date
    share: float
    source: str

    @property
    def shut_share(self) -> float:
        """Share of its days on which the crossings were shut."""
        return ((self.last - max(self.first, SHUT)).days + 1) / ((self.last - self.first).days + 1)


HALF = date(2025, 7, 1), date(2025, 12, 31)
FOUR = date(2025, 7, 1), date(2025, 10, 31)
BANK, PROFIT = "State Bank, Ariana News of 25 January 2026", "State Bank, Profit of 9 December 2025"
SEEN = (
    Seen("PAK", "AFG", *HALF, -0.5661, BANK),
    Seen("AFG", "PAK", *HALF, -0.3675, BANK),
    Seen("PAK", "KAZ", *FOUR, 24.54 / 29.47 - 1.0, PROFIT),
    Seen("PAK", "UZB", *FOUR, 32.95 / 21.73 - 1.0, PROFIT),
    Seen("UZB", "PAK", *FOUR, 8.49 / 32.47 - 1.0, PROFIT),
)


def closure() -> Iterator[str]:
    """The trade of 2024, made on open crossings, taken to the case as it is."""
    result = open_case("kaz-pak").trade_response(["today"])
    pairs, countries = result.tables["pairs"], result.tables["countries"]
    yield "| pair | no queue, partial | no queue, equilibrium | queue, partial | queue, equilibrium |"
    yield "|---|---|---|---|---|"
    for exporter, importer in SHOWN:
        row = pairs.filter(exporter=exporter, importer=importer).row(0, named=True)
        cells = [_percent(row[column]) for column in COLUMNS]
        yield f"| {exporter} to {importer} | " + " | ".join(cells) + " |"
    yield ""
    yield "| country | welfare, deficits keep their dollars | welfare, deficits keep their share of output |"
    yield "|---|---|---|"
    for row in countries.filter(pl.col("country").is_in(["AFG", "KAZ", "PAK", "UZB"])).iter_rows(named=True):
        yield (
            f"| {row['country']} | {_million(row['welfare_usd_year'])} | {_million(row['welfare_universal_usd_year'])} |"
        )
    yield ""
    yield "| pair | months | days shut | seen | model, for those days | misses by | source of what was seen |"
    yield "|---|---|---|---|---|---|---|"
    for one in SEEN:
        row = pairs.filter(exporter=one.exporter, importer=one.importer).row(0, named=True)
        told = row["queue_general_share"] * one.shut_share
        months = f"{one.first:%B} to {one.last:%B %Y}"
        cells = [months, f"{100 * one.shut_share:.0f} %", _percent(one.share), _percent(told)]
        gap = f"{100 * (told - one.share):+.0f} points".replace("-", "−")
        yield f"| {one.exporter} to {one.importer} | " + " | ".join([*cells, gap, one.source]) + " |"


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:+.1f} %".replace("-", "−")


def _million(usd: float) -> str:
    return f"USD {usd / 1e6:+,.0f} m a year".replace("-", "−")


# -- October 2023 ----------------------------------------------------------------------------------------------

OPEN = "open_afghan_crossings"
FROM, TO = "P_JEA", "KBL"
VALUE_2022, VALUE_2023, BOXES_2022 = 7.095e9, 2.887e9, 102_886
"""Afghan transit through Pakistan, July to June, USD (The Nation, 18 February 2025), and its boxes (Dawn, October 2023)."""
FIRST_MONTHS = 1.14e9
"""Of July and August 2023 (Dawn, 10 October 2023)."""
LISTED_SHARE = 3.731 / 6.7
"""Share of goods prone to being smuggled, of 2022-23 (Dawn, 10 October 2023): those the ban and the fee were made for."""
BOX_T = 20.0
PRICE_USD_T = VALUE_2022 / BOXES_2022 / BOX_T
FEE_SHARE = 0.1
"""SRO 1380(I)/2023, of the value."""
INSURANCE = 0.008
"""Charge of insurers for the guarantee it replaced, of the amount guaranteed."""


@dataclass(frozen=True)
class BankGuarantee:
    """What a bank guarantee of the whole duty and tax costs (SRO 1402(I)/2023); the figures have no published effect in them.

    Attributes
    ----------
    duty_share
        Duty and tax over the value.
    commission_share
        Of the amount, for each quarter begun.
    margin_share, interest_share, days
        Cash the bank holds, interest on it, and days it is held.
    """

    duty_share: float
    commission_share: float
    margin_share: float
    interest_share: float
    days: float

    @property
    def value_share(self) -> float:
        """Cost over the value of the goods, less the insurance it replaces."""
        held = self.margin_share * self.interest_share * self.days / 365.0
        quarters = float(np.ceil(self.days / 91.0))
        return self.duty_share * (self.commission_share * quarters + held - INSURANCE)


GUARANTEES = {
    "low": BankGuarantee(0.25, 0.002, 0.1, 0.22, 30.0),
    "central": BankGuarantee(0.45, 0.004, 1.0, 0.22, 45.0),
    "high": BankGuarantee(0.8, 0.006, 1.0, 0.22, 90.0),
}


@dataclass(frozen=True)
class TransitFall:
    """Change of what crosses Pakistan, of the trade of the pair, and share of Pakistan's ways before; shares."""

    transit: float
    trade: float
    before: float


def guarantee() -> Iterator[str]:
    """Goods from the Gulf to Kabul by Pakistan or round it, before and after October 2023."""
    case = _case_of_2023(read_case("kaz-pak"))
    outcome, through = _ways(case)
    pair = outcome.pairs[0]
    theta = float(np.median(read_world_trade(case).theta))
    falls = {name: _fall(pair, outcome, through, theta, one.value_share) for name, one in GUARANTEES.items()}
    fee = _fall(pair, outcome, through, theta, GUARANTEES["central"].value_share + FEE_SHARE)
    central = falls["central"]
    yield "| what changes | money, % of the value | what crosses Pakistan | all the trade |"
    yield "|---|---|---|---|"
    for name, fall in falls.items():
        share = GUARANTEES[name].value_share
        yield f"| bank guarantee, {name} | {100 * share:.2f} | {_percent(fall.transit)} | {_percent(fall.trade)} |"
    share = GUARANTEES["central"].value_share + FEE_SHARE
    yield f"| and the fee of 10 % | {100 * share:.2f} | {_percent(fee.transit)} | {_percent(fee.trade)} |"
    both = {
        "listed goods pay the fee": LISTED_SHARE * fee.transit,
        "listed goods are banned": -LISTED_SHARE,
    }
    for name, part in both.items():
        told = part + (1.0 - LISTED_SHARE) * central.transit
        yield f"| guarantee, and {name} | | {_percent(told)} | |"
    seen = VALUE_2023 / VALUE_2022 - 1.0
    later = (VALUE_2023 - FIRST_MONTHS) / (VALUE_2022 * 10.0 / 12.0) - 1.0
    yield f"| **seen**, July 2023 to June 2024 | | {_percent(seen)} | |"
    yield f"| **seen**, without July and August 2023 | | {_percent(later)} | |"
    yield ""
    banned = -LISTED_SHARE + (1.0 - LISTED_SHARE) * central.transit
    yield (
        f"The sign is right. Of the fall of {_plain(later)} % after the first two months the guarantee alone explains "
        f"{_plain(central.transit)} points, and all three measures {_plain(banned)}: the model is {_apart(banned, later)}. "
        f"Before, {100 * central.before:.0f} % of the trade chose a way through Pakistan."
    )


def _plain(share: float) -> str:
    return f"{abs(100 * share):.0f}"


def _apart(told: float, seen: float) -> str:
    gap = 100 * (seen - told)
    return f"{abs(gap):.0f} points too {'strong' if gap > 0 else 'weak'}"


def _case_of_2023(case: Case) -> Case:
    """The case before the bank guarantee, its reference good at the value of a box of transit."""
    older = pl.col("regime_id") == "SRO1402"
    regimes = case["regimes"].with_columns(state=pl.when(older).then(pl.lit("lapsed")).otherwise("state"))
    good = pl.col("product_id") == case.settings.reference_product
    price = pl.when(good).then(PRICE_USD_T).otherwise("price_usd_t")
    return case.with_tables(
        {"regimes": regimes, "products": case["products"].with_columns(price_usd_t=price)}
    )


def _ways(case: Case) -> tuple[Outcome, np.ndarray]:
    """Costs of the ways with the crossings open, and which of them cross Pakistan."""
    study = CorridorStudy(case, case.settings.as_of)
    scenario = study.scenario(OPEN)
    flows = [Flow("ARE-AFG", FROM, TO, case.settings.reference_product, 1.0)]
    cases = {NOW: case, frozenset((OPEN,)): study.under([scenario])}
    plan = Plan(study, pinned_scenarios(study, {OPEN: scenario}), flows, cases)
    outcome = plan.outcome()
    pair = outcome.pairs[0]
    state = plan.states.index(frozenset((OPEN,)))
    costs = RouteCosts(*(part[[state]] for part in vars(pair.costs).values()))
    kept = replace(pair, costs=costs, opened=pair.opened[[state]])
    routes = pair.routes.flat[pair.rows]
    through = np.array([any(head.country == "PAK" for _, head, _, _ in route) for route in routes])
    return Outcome([kept], outcome.tonnes_year, outcome.taste), through


def _fall(
    pair: PairCosts, outcome: Outcome, through: np.ndarray, theta: float, value_share: float
) -> TransitFall:
    """What money on the ways through Pakistan does, USD of the value."""
    more = np.where(through, value_share * PRICE_USD_T, 0.0)
    costs = RouteCosts(
        *(np.concatenate([part, part]) for part in vars(pair.costs).values()),
    )
    costs.cost_usd_t[1] += more
    size = pair.routes.path_sizes(pair.rows, pair.opened[0])
    found, level = expected(costs, size, outcome.taste)
    ratio = float(cost_ratio(found.logsum_usd_t[0], found.logsum_usd_t[1], level[0])[0])
    shares = [_share(costs.cost_usd_t[n, 0], size, outcome, through) for n in (0, 1)]
    trade = ratio**-theta
    return TransitFall(trade * shares[1] / shares[0] - 1.0, trade - 1.0, shares[0])


def _share(cost: np.ndarray, size: np.ndarray, outcome: Outcome, through: np.ndarray) -> float:
    """Share of the ways through Pakistan."""
    weight = size**outcome.taste.path_size_weight * np.exp(-outcome.taste.scale * (cost - cost.min()))
    return float(weight[through].sum() / weight.sum())


# -- the page --------------------------------------------------------------------------------------------------


def back_tests() -> Iterator[str]:
    """Both comparisons."""
    yield from closure()
    yield ""
    yield from guarantee()


PAGES: Pages = {"coupling.md": back_tests}


def main() -> int:
    """Write the figures, or say whether they are out of date."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing, fail when out of date")
    if parser.parse_args().check:
        page = figures.DOCS / "coupling.md"
        return int(page.read_text(encoding="utf-8") != figures.page("coupling.md", PAGES))
    figures.write(PAGES)
    return 0


if __name__ == "__main__":
    sys.exit(main())
