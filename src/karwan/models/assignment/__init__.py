"""Assignment of demand to a network: deterministic and stochastic user equilibrium."""

from karwan.models.assignment.network import AssignmentNetwork
from karwan.models.assignment.result import Assignment, AssignmentNotConverged, RouteFlows
from karwan.models.assignment.user_equilibrium import METHOD, Method, assign

__all__ = [
    "METHOD",
    "Assignment",
    "AssignmentNetwork",
    "AssignmentNotConverged",
    "Method",
    "RouteFlows",
    "assign",
]
