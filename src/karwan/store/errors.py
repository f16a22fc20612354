"""The error of a store that cannot be opened, read or filled."""

from __future__ import annotations

from karwan.errors import KarwanError
from karwan.store import tables


class StoreError(KarwanError, RuntimeError):
    """A store cannot be opened, or its engine cannot do what was asked."""


def first_line(error: BaseException) -> str:
    """The first line of what an engine said, at most 300 characters."""
    lines = str(error).strip().split("\n")
    return lines[0][:300]


def other_format(target: str, found: int | None) -> StoreError:
    """The error for a store of another format."""
    if found is not None and found > tables.FORMAT:
        return StoreError(
            f"The store {target} has format {found}; this Karwan knows formats up to {tables.FORMAT}.",
            fix="Use the newer version of Karwan that wrote it.",
        )
    return StoreError(
        f"The store {target} has format {found} of an earlier version; this Karwan reads format {tables.FORMAT}.",
        fix=f"Keep a copy, then bring it up to date: karwan trade verify --upgrade --store {target}",
    )
