"""Assignment of demand to a network: deterministic and stochastic user equilibrium."""

from karwan.transport.assignment.network import AssignmentNetwork
from karwan.transport.assignment.result import Assignment, AssignmentNotConverged, RouteFlows
from karwan.transport.assignment.route_equilibrium import ROUTE_METHOD
from karwan.transport.assignment.routes import RouteAssignment, assign_routes
from karwan.transport.assignment.user_equilibrium import METHOD, assign

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
