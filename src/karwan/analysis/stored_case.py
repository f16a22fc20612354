"""A case with what the trade store knows of its two countries: the store reaches every answer that reads the case's tables."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from karwan.analysis.contract import Inputs, function_at
from karwan.case import Case
from karwan.notes import Note


@dataclass(frozen=True)
class StoredCase:
    """A case with the store's figures in its tables, and what was taken.

    Attributes
    ----------
    case
        The case: yearly reports of either side in `flows`, unit values, imports and origins' shares in `markets`, sources for them.
    notes
        Source, level and years of what was taken, and what is missing.
    """

    case: Case
    notes: tuple[Note, ...] = ()


def stored_case(inputs: Inputs, as_of: date | None = None) -> StoredCase:
    """The case with the rows that the store gives; the case as it stands where there is no store.

    A report of either side on a period stands beside the case's published figures. What the store knows of a good's market replaces the
    case's rows that are not newer.

    Parameters
    ----------
    as_of
        Periods that end later are left out; by default the day of the case.
    """
    case = inputs.the_case()
    if inputs.store is None:
        return StoredCase(case)
    with_store_rows = function_at("karwan.analysis.store_rows:with_store_rows")  # loads the store's engines
    return StoredCase(*with_store_rows(case, inputs.store, as_of or case.settings.as_of))
