"""Assignment of demand to a network: deterministic and stochastic user equilibrium."""

from karwan.models.assignment.network import AssignmentNetwork
from karwan.models.assignment.result import Assignment, AssignmentNotConverged, RouteFlows
from karwan.models.assignment.route_equilibrium import ROUTE_METHOD
from karwan.models.assignment.routes import RouteAssignment, assign_routes
from karwan.models.assignment.user_equilibrium import METHOD, assign

__all__ = [
    "METHOD",
    "ROUTE_METHOD",
    "Assignment",
    "AssignmentNetwork",
    "AssignmentNotConverged",
    "RouteAssignment",
    "RouteFlows",
    "assign",
    "assign_routes",
]
