"""The multimodal network of a case: states, arcs, stages, closures."""

from karwan.transport.network.build import build_network
from karwan.transport.network.context import BY_ROW, Kept
from karwan.transport.network.layout import State
from karwan.transport.network.request import NetworkRequest, carrier_of, mode_of
from karwan.transport.network.stage import Arc, FreightNetwork
from karwan.transport.network.terms import (
    CellFigure,
    Factor,
    Stage,
    Step,
    Term,
    times,
    worst_basis,
)

__all__ = [
    "BY_ROW",
    "Arc",
    "CellFigure",
    "Factor",
    "FreightNetwork",
    "Kept",
    "NetworkRequest",
    "Stage",
    "State",
    "Step",
    "Term",
    "build_network",
    "carrier_of",
    "mode_of",
    "times",
    "worst_basis",
]
