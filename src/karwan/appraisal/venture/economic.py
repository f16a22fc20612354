"""Economic flows of a venture and who gets them: conversion factors on the financial items, transfers shown as such.

    economic flow = sum of CF_k x financial item_k - days that buyers wait - effluent damage - carbon + training's benefit to others + users' gain

Tax, loans, grants, wages above the shadow wage, a price paid for what would be thrown away and a royalty move money between people: they
are in no sum, and in each person's row. So the rows of `distribution` add up to the economic flow.

References
----------
Asian Development Bank (2017), Guidelines for the economic analysis of projects. Little & Mirrlees (1974), Project appraisal and planning
for developing countries (shadow prices). Jenkins, Kuo & Harberger, Cost-benefit analysis for investment decisions (distribution).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from karwan.appraisal.venture.cash import Cash
from karwan.appraisal.venture.model import LABOUR, Cost, Floats, Sale, Venture

OWNERS, LENDERS, DONORS, TREASURY = "owners", "lenders", "donors", "treasury"
WORKERS, SUPPLIERS, LICENSOR = "workers", "suppliers of raw material", "owner of the technology"
TRAINEES, NEIGHBOURS, CLIMATE = "trainees", "neighbours of the plant", "climate"
UTILITIES, USERS = "energy and water utilities", "users"
BUYERS = "buyers who wait"
WORLD = "all"
FACTOR_OF = {"energy": "energy", "water": "water"}
"""Kinds of cost with a conversion factor of their own."""


@dataclass(frozen=True)
class Shadow:
    """Shadow prices: conversion factors of foreign exchange, skilled and unskilled work, energy and water, and what harm costs.

    Attributes
    ----------
    effluent_usd, carbon_usd_t
        Damage of a unit taken in that treatment leaves, and of a tonne of CO2.
    spill
        Share of what training costs that others gain.
    users_usd
        What users gain for a unit taken in beyond what they pay, such as days of detention saved.
    """

    exchange: float = 1.0
    skilled: float = 1.0
    unskilled: float = 1.0
    energy: float = 1.0
    water: float = 1.0
    effluent_usd: float = 0.0
    carbon_usd_t: float = 0.0
    spill: float = 0.0
    users_usd: float = 0.0


@dataclass(frozen=True)
class Gain:
    """What one group of one country gains a year, shape (T+1, N)."""

    country: str
    group: str
    flow: Floats


def shadow_of(values: Mapping[str, float | Floats], keys: Mapping[str, str]) -> Mapping[str, Floats]:
    """Shadow prices in use by name, from values by key; a name without key keeps its neutral value."""
    neutral = vars(Shadow())
    return {name: np.asarray(values.get(keys.get(name, ""), neutral[name]), dtype=float) for name in neutral}


def economic_flow(venture: Venture, cash: Cash, shadow: Mapping[str, Floats]) -> Floats:
    """Economic flow of a venture by year, shape (T+1, N); see the module."""
    flow = cash.residual - cash.working_change
    for sale in venture.sales:
        flow = flow + (cash.sales[sale.key] - cash.waits[sale.key]) * _sale_factor(sale, shadow)
    for cost in venture.costs:
        flow = flow - cash.costs[cost.key] * _factor(cost, shadow)
    for supply in venture.supplies:
        flow = flow - cash.raw[supply.key] * _raw_factor(venture, supply.key)
    harm = _damage(venture, cash, shadow) + _carbon(venture, cash, shadow)
    return flow - harm + _spill(venture, cash, shadow) + _users(venture, cash, shadow)


def _sale_factor(sale: Sale, shadow: Mapping[str, Floats]) -> Floats:
    """Conversion factor of what is sold: foreign exchange counts at its own price."""
    return 1.0 + sale.tradable * (shadow["exchange"] - 1.0)


def _factor(cost: Cost, shadow: Mapping[str, Floats]) -> Floats:
    """Conversion factor of a cost: what its real resources are worth over what is paid."""
    if cost.kind == "royalty":
        return np.zeros(())
    if cost.kind == LABOUR:
        return cost.skilled * shadow["skilled"] + (1.0 - cost.skilled) * shadow["unskilled"]
    if cost.kind in FACTOR_OF:
        return shadow[FACTOR_OF[cost.kind]]
    return 1.0 + cost.tradable * (shadow["exchange"] - 1.0)


def _raw_factor(venture: Venture, key: str) -> Floats:
    """Real cost of raw material over what is paid: its price counts by the share that had another use, its collection in full."""
    price, collection = venture.value(f"{key}.price_usd_t"), venture.value(f"{key}.collection_usd_t")
    paid = price + collection
    real = venture.value(f"{key}.opportunity_share", 1.0) * price + collection
    return np.divide(real, paid, out=np.ones_like(real), where=paid > 0.0)


def _first(venture: Venture, cash: Cash) -> Floats:
    """Units of raw material taken in from outside by all stages."""
    made = {stage.output_product for stage in venture.stages}
    outside = [cash.taken[s.key] for s in venture.stages if s.input_product not in made]
    return np.asarray(sum(outside, np.zeros_like(cash.project)))


def _damage(venture: Venture, cash: Cash, shadow: Mapping[str, Floats]) -> Floats:
    return _first(venture, cash) * shadow["effluent_usd"]


def _carbon(venture: Venture, cash: Cash, shadow: Mapping[str, Floats]) -> Floats:
    tonnes = sum((s.co2_t * cash.taken[s.key] for s in venture.stages), np.zeros_like(cash.project))
    return np.asarray(tonnes * shadow["carbon_usd_t"])


def _users(venture: Venture, cash: Cash, shadow: Mapping[str, Floats]) -> Floats:
    return _first(venture, cash) * shadow["users_usd"]


def _spill(venture: Venture, cash: Cash, shadow: Mapping[str, Floats]) -> Floats:
    trained = [cash.costs[c.key] for c in venture.costs if c.kind == "training"]
    return np.asarray(sum(trained, np.zeros_like(cash.project)) * shadow["spill"])


def _waiting(venture: Venture, cash: Cash, shadow: Mapping[str, Floats]) -> list[Gain]:
    """What the days on the way cost the buyers of each country beyond money; none where nothing is carried."""
    found: dict[str, Floats] = {}
    for sale in venture.sales:
        if f"{sale.key}.wait_share" in venture.values:
            lost = -cash.waits[sale.key] * _sale_factor(sale, shadow)
            market = sale.market or WORLD
            found[market] = found[market] + lost if market in found else lost
    return [Gain(market, BUYERS, flow) for market, flow in found.items()]


def distribution(venture: Venture, cash: Cash, shadow: Mapping[str, Floats]) -> tuple[Gain, ...]:
    """Who gains what by year, each group of each country; the flows add up to `economic_flow`."""
    terms = venture.terms
    host, zero = terms.host, np.zeros_like(cash.project)
    gains = [
        Gain(terms.partners[0], OWNERS, terms.share_a * cash.equity),
        Gain(terms.partners[1], OWNERS, (1.0 - terms.share_a) * cash.equity),
    ]
    for one in cash.loans:
        group = LENDERS if one.loan.kind == "loan" else DONORS
        gains.append(Gain(one.loan.country, group, one.interest + one.principal + one.fee - one.drawdown))
    treasury, workers, utilities = cash.tax + zero, zero, zero
    for sale in venture.sales:
        factor = _sale_factor(sale, shadow)
        treasury = treasury + cash.sales[sale.key] * (factor - 1.0)
    for cost in venture.costs:
        paid = cash.costs[cost.key]
        above = paid * (1.0 - _factor(cost, shadow))
        if cost.kind == "royalty":
            gains.append(Gain(cost.owner or terms.partners[1], LICENSOR, paid))
        elif cost.kind == LABOUR:
            workers = workers + above
        elif cost.kind in FACTOR_OF:
            utilities = utilities + above
        else:
            treasury = treasury + above
    suppliers = zero
    for supply in venture.supplies:
        suppliers = suppliers + cash.raw[supply.key] * (1.0 - _raw_factor(venture, supply.key))
    gains += [
        *_waiting(venture, cash, shadow),
        Gain(host, TREASURY, treasury),
        Gain(host, WORKERS, workers),
        Gain(host, SUPPLIERS, suppliers),
        Gain(host, UTILITIES, utilities),
        Gain(host, TRAINEES, _spill(venture, cash, shadow)),
        Gain(host, USERS, _users(venture, cash, shadow)),
        Gain(host, NEIGHBOURS, -_damage(venture, cash, shadow)),
        Gain(WORLD, CLIMATE, -_carbon(venture, cash, shadow)),
    ]
    return tuple(gains)


__all__ = ["Gain", "Shadow", "distribution", "economic_flow", "shadow_of"]
