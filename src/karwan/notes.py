"""What a model or analysis has to say, as a key and values: the words are found in `karwan.words`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Note:
    """One thing to say.

    Attributes
    ----------
    key
        Which message: noun and name, `criticality.detours_anywhere`.
    values
        What it is about, by name; the name's ending says the unit (`_usd`, `_share`, `_t`, `_days`), so that each language can write
        it its own way. A value may be a note itself, or a list of values.
    """

    key: str
    values: Mapping[str, Any] = field(default_factory=dict)


def note(key: str, **values: Any) -> Note:
    """A note, its values by name.

    Examples
    --------
    >>> note("criticality.detours_anywhere").key
    'criticality.detours_anywhere'
    """
    return Note(key, values)
