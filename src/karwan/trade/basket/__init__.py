"""Baskets: which goods reach a value, at what cost, and what stands in the way."""

from karwan.trade.basket.choose import choose_basket, frontier
from karwan.trade.basket.model import Basket, Scenarios, Terms
from karwan.trade.basket.notes import basket_notes

__all__ = ["Basket", "Scenarios", "Terms", "basket_notes", "choose_basket", "frontier"]
