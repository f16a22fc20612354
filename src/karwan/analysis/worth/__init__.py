"""What each promise of the action plan is worth: the case with and without the scenario that models it."""

from karwan.analysis.worth.flows import Flow, default_flows, flows_of
from karwan.analysis.worth.promises import PlanWorth, plan_worth

__all__ = ["Flow", "PlanWorth", "default_flows", "flows_of", "plan_worth"]
