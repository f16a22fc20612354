"""Baskets in words."""

from __future__ import annotations

from karwan.words.english.plural import Plural

BASKET: dict[str, str | Plural] = {
    "basket.as_asked": "none, all as asked",
}
