"""10,000 joint draws of a venture over 15 years at work: vectorised cash and economics beside the same, one draw at a time.

    python benchmarks/venture.py [DRAWS]

Times are wall-clock medians on one core, drawing the inputs included. The loop is timed on a fiftieth of the draws and scaled up.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable

import numpy as np

from karwan.appraisal.venture.cash import cash_flows
from karwan.appraisal.venture.draws import Range, draw_values
from karwan.appraisal.venture.economic import economic_flow, shadow_of
from karwan.appraisal.venture.indicators import least_cover, npv
from karwan.appraisal.venture.model import Cost, Loan, Sale, Supply, Venture, VentureStage, VentureTerms

TERMS = VentureTerms(1, 15, 0.12, 0.09, 0.2, 0.51, ("KAZ", "PAK"), "KAZ", working_days=90)
PLANT = Venture(
    stages=(
        VentureStage("wet", "hide", "blue", (0.4, 0.6, 0.75)),
        VentureStage("dry", "blue", "leather", (0.2, 0.5)),
    ),
    costs=(
        Cost("plant", "capex", "USD", tradable=0.7),
        Cost("men", "labour", "USD/year", skilled=0.3),
        Cost("salts", "per_input", "USD/input", tradable=0.8),
        Cost("water", "water", "USD/input"),
        Cost("licence", "royalty", "share of sales", owner="PAK"),
    ),
    sales=(Sale("s_blue", "blue"), Sale("s_leather", "leather")),
    supplies=(Supply("hides", "hide"),),
    loans=(Loan("bank", "Bank", "KAZ", "loan", 1, 8),),
    terms=TERMS,
    values={
        **{"wet.capacity_year": 4000.0, "wet.output_per_input": 0.85, "dry.capacity_year": 1000.0},
        **{"dry.output_per_input": 0.4, "plant.value": 8e6, "men.value": 6e5, "salts.value": 110.0},
        **{"water.value": 12.0, "licence.value": 0.02, "s_blue.price_usd": 2000.0},
        **{"s_leather.price_usd": 9000.0, "hides.price_usd_t": 312.0, "hides.available_year": 30_000.0},
        **{"hides.fit_share": 0.17, "bank.usd": 3e6, "bank.rate_share": 0.1},
    },
)
RANGES = tuple(
    Range(key, base, 0.7 * base, 1.3 * base)
    for key, base in ((k, float(v)) for k, v in PLANT.values.items())
    if key not in ("bank.usd", "bank.rate_share")
)


def appraised(venture: Venture) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Financial and economic NPV and the least cover of debt."""
    cash = cash_flows(venture)
    economic = economic_flow(venture, cash, shadow_of({}, {}))
    return npv(0.12, cash.project), npv(0.09, economic), least_cover(cash.available, cash.service)


def vectorised(draws: int) -> np.ndarray:
    """All draws at once."""
    return appraised(PLANT.with_values(draw_values(RANGES, draws, 1)))[0]


def looped(draws: int, done: int) -> np.ndarray:
    """The first draws, one after the other."""
    drawn = draw_values(RANGES, draws, 1)
    rows = [{key: float(value[n]) for key, value in drawn.items()} for n in range(done)]
    return np.concatenate([appraised(PLANT.with_values(row))[0] for row in rows])


def seconds(run: Callable[[], np.ndarray], repeats: int = 5) -> float:
    """Median of some runs."""
    found = []
    for _ in range(repeats):
        start = time.perf_counter()
        run()
        found.append(time.perf_counter() - start)
    return statistics.median(found)


def main() -> None:
    """Print both times, after holding their values together."""
    draws = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    part = max(draws // 50, 1)
    if not np.allclose(vectorised(draws)[:part], looped(draws, part)):
        raise SystemExit("the loop and the vectorised draws differ")
    loop = seconds(lambda: looped(draws, part), 3) * draws / part
    together = seconds(lambda: vectorised(draws))
    print(f"{draws:,} draws x {TERMS.life} years, {len(RANGES)} inputs: {together:.3f} s")
    print(f"the same in a loop over draws: {loop:.1f} s, {loop / together:.0f} times as long")
    one = seconds(lambda: appraised(PLANT)[0])
    print(f"one draw, without the corridor: {1000.0 * one:.1f} ms")


if __name__ == "__main__":
    main()
