"""Potential: what two countries could trade beyond what they trade, by product, with its terms in sight."""

from karwan.trade.potential.easiness import (
    KINDS,
    Easiness,
    corridor_easiness,
    corridor_ratio,
    gravity_easiness,
    observed_easiness,
    regional_easiness,
)
from karwan.trade.potential.margins import Margins, make_margins
from karwan.trade.potential.newcomers import balassa_advantage, product_density, rank_newcomers
from karwan.trade.potential.ppml import GravityFit, fit_ppml
from karwan.trade.potential.terms import Expectations, make_terms
from karwan.trade.potential.unrealised import RECONCILED_LOG_SD, Peers, Potential, estimate_potential

__all__ = [
    "KINDS",
    "RECONCILED_LOG_SD",
    "Easiness",
    "Expectations",
    "GravityFit",
    "Margins",
    "Peers",
    "Potential",
    "balassa_advantage",
    "corridor_easiness",
    "corridor_ratio",
    "estimate_potential",
    "fit_ppml",
    "gravity_easiness",
    "make_margins",
    "make_terms",
    "observed_easiness",
    "product_density",
    "rank_newcomers",
    "regional_easiness",
]
