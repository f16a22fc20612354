"""Potential: what two countries could trade beyond what they trade, by product, with its terms in sight."""

from karwan.models.potential.easiness import (
    KINDS,
    Easiness,
    corridor_easiness,
    corridor_ratio,
    gravity_easiness,
    observed_easiness,
    regional_easiness,
)
from karwan.models.potential.margins import Margins, make_margins
from karwan.models.potential.newcomers import balassa_advantage, product_density, rank_newcomers
from karwan.models.potential.ppml import GravityFit, fit_ppml
from karwan.models.potential.terms import Expectations, make_terms
from karwan.models.potential.unrealised import RECONCILED_LOG_SD, Peers, Potential, estimate_potential

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
