"""One estimate from two reports: CIF correction, reporter reliability, reconciliation with an interval."""

from karwan.trade.mirror.cif import CifModel, estimate_cif, published_cif, stated_cif
from karwan.trade.mirror.gaps import FEWEST_GAPS, PairGaps, pair_gaps
from karwan.trade.mirror.pair import PairPriors, PairReconciled, reconcile_case
from karwan.trade.mirror.reconcile import Reconciled, combine, paired_reports, reconcile
from karwan.trade.mirror.reliability import Reliability, reporter_sigma

__all__ = [
    "FEWEST_GAPS",
    "CifModel",
    "PairGaps",
    "PairPriors",
    "PairReconciled",
    "Reconciled",
    "Reliability",
    "combine",
    "estimate_cif",
    "pair_gaps",
    "paired_reports",
    "published_cif",
    "reconcile",
    "reconcile_case",
    "reporter_sigma",
    "stated_cif",
]
