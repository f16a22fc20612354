"""Routes: exact Pareto sets with opening calendars, least cost, and short lists of different routes."""

from karwan.transport.routing.adjacency import Adjacency, prepare
from karwan.transport.routing.distinct import (
    DistinctRoutes,
    distinct_routes,
    overlap_share,
)
from karwan.transport.routing.follow import Followed, beaten_by, follow
from karwan.transport.routing.graph import CRITERIA, StateGraph
from karwan.transport.routing.pareto import ParetoSet, brute_force, pareto_routes, united
from karwan.transport.routing.shortest import Impedance, Tree, least_cost_tree, weigh

__all__ = [
    "CRITERIA",
    "Adjacency",
    "DistinctRoutes",
    "Followed",
    "Impedance",
    "ParetoSet",
    "StateGraph",
    "Tree",
    "beaten_by",
    "brute_force",
    "distinct_routes",
    "follow",
    "least_cost_tree",
    "overlap_share",
    "pareto_routes",
    "prepare",
    "united",
    "weigh",
]
