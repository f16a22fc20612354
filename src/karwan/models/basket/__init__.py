"""Baskets: which goods reach a value, at what cost, and what stands in the way."""

from karwan.models.basket.choose import choose_basket, frontier
from karwan.models.basket.model import Basket, Scenarios, Terms

__all__ = ["Basket", "Scenarios", "Terms", "choose_basket", "frontier"]
