"""The brief of a case: every result it shows, as tables, before any rendering."""

from karwan.brief.model import (
    BasisSection,
    Brief,
    CorridorSection,
    GoodsSection,
    PlanSection,
    PortsSection,
    Standing,
    TargetSection,
)

__all__ = [
    "BasisSection",
    "Brief",
    "CorridorSection",
    "GoodsSection",
    "PlanSection",
    "PortsSection",
    "Standing",
    "TargetSection",
]
