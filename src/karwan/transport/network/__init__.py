"""The multimodal network of a case: states, arcs, stages, closures."""

from karwan.transport.network.build import build_network
from karwan.transport.network.context import Kept
from karwan.transport.network.request import NetworkRequest, carrier_of, mode_of
from karwan.transport.network.stage import Arc, FreightNetwork, Stage, State, worst_basis

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
