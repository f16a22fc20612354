"""Baskets: which goods reach a value, at what cost, and what stands in the way."""

from karwan.trade.basket.choose import choose_basket, frontier
from karwan.trade.basket.model import Basket, Scenarios, Terms
from karwan.trade.basket.words import basket_text

__all__ = ["Basket", "Scenarios", "Terms", "basket_text", "choose_basket", "frontier"]
