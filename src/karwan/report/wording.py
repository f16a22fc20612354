"""Words of the report by key, as texts."""

from __future__ import annotations

from typing import Any

from karwan.notes import note
from karwan.words import say


def tell(key: str, **values: Any) -> str:
    """Text of a key of `karwan.words`, with its values by name."""
    return say(note(key, **values))
