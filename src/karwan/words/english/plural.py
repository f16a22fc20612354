"""Messages that differ with a count."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Plural:
    """A message in its forms for one and for other counts.

    Attributes
    ----------
    count
        Name of the value that counts.
    one, other
        English forms.
    """

    count: str
    one: str
    other: str
