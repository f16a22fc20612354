"""Figures of the sheet `Inputs` of a venture's workbook: terms, factors and every number of its rows, by key, with their names."""

from __future__ import annotations

import numpy as np

from karwan.analysis.venture.appraise import LOAD, Appraisal
from karwan.analysis.venture.read import BAN, CAPEX, FREIGHT, HOURS
from karwan.analysis.venture.tables import input_words
from karwan.appraisal.venture.economic import Shadow

ACCEPTED = "accepted"
"""Input that lets the answer show single values where assumed inputs drive it: 0 until a reader sets it to 1."""
CORRIDOR = ("duty_share", "freight_usd", "hours", "late_hours", "day_share", "wait_share")
TERMS = {
    ACCEPTED: "1: I take the assumed inputs as mine and want single values",
    "financial": "discount rate, financial",
    "economic": "discount rate, economic",
    "tax": "tax on profit",
    "share_a": "share of the first owner",
    "working_days": "working capital, days of running cost",
    "resale": "resale, share of the capital",
    "yield_gain": "yield gained by training",
}
"""Names of what no row of the venture's tables holds."""


def input_numbers(made: Appraisal) -> dict[str, float]:
    """Every number of the venture by key; a share of years with a shut market is none of the middle case."""
    venture = made.read.venture
    found: dict[str, float] = {ACCEPTED: 0.0} if made.withheld else {}
    found |= {name: getattr(venture.terms, name) for name in TERMS if name != ACCEPTED}
    found |= dict.fromkeys((LOAD, CAPEX, FREIGHT, HOURS), 1.0)
    for sale in venture.sales:
        found |= {f"{sale.key}.{name}": 0.0 for name in CORRIDOR}
    values = venture.values.items()
    found |= {key: float(np.asarray(value)) for key, value in values if not key.endswith(BAN)}
    neutral = vars(Shadow()).items()
    return found | {f"shadow.{name}": value for name, value in neutral if name not in made.read.shadow_keys}


def input_label(made: Appraisal, key: str) -> str:
    """Name of an input."""
    return TERMS.get(key) or input_words(made, key)
