"""Weak points: what closing a place costs, and what an hour or a truck of capacity there is worth.

Closing a place takes its arcs out of the network; each origin-destination pair then takes the route of least generalised cost (money plus
value of time x mean hours, waits for openings left out, as the search of routes does). What an hour less is worth comes from the logsum
of the routes shippers choose among, so that those who would switch to the place count too.

References
----------
Jenelius, Petersen & Mattsson (2006), doi:10.1016/j.tra.2005.11.003 (importance of a link as the cost of its closure, pairs cut off apart).
Williams (1977), Environment and Planning A 9(3) (logsum).
"""

from karwan.transport.criticality.closures import (
    close_pairs,
    closure_effects,
    joint_effects,
    same_effects,
    summarise,
)
from karwan.transport.criticality.table import Criticality, criticality
from karwan.transport.criticality.trade import (
    CROSSING,
    LINK,
    TERMINAL,
    Arcs,
    ChoiceSet,
    Pair,
    Place,
    Trade,
)
from karwan.transport.criticality.worth import ChoiceModel, Queue, access_loss, choice_loss

__all__ = [
    "CROSSING",
    "LINK",
    "TERMINAL",
    "Arcs",
    "ChoiceModel",
    "ChoiceSet",
    "Criticality",
    "Pair",
    "Place",
    "Queue",
    "Trade",
    "access_loss",
    "choice_loss",
    "close_pairs",
    "closure_effects",
    "criticality",
    "joint_effects",
    "same_effects",
    "summarise",
]
