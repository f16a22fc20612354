"""The multimodal network of a case: states, arcs, stages, closures."""

from karwan.models.network.build import build_network
from karwan.models.network.context import Kept
from karwan.models.network.request import NetworkRequest, carrier_of, mode_of
from karwan.models.network.stage import Arc, FreightNetwork, Stage, State, worst_basis

__all__ = [
    "Arc",
    "FreightNetwork",
    "Kept",
    "NetworkRequest",
    "Stage",
    "State",
    "build_network",
    "carrier_of",
    "mode_of",
    "worst_basis",
]
