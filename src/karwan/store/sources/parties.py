"""Who stood in the country columns of a reading, and what is worth saying of those that are no countries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from karwan.store.sources.countries import Party

SHOWN = 5


@dataclass
class PartiesSeen:
    """Rows by party, of one reading.

    Attributes
    ----------
    rows
        Kind, then code, to rows whose reporter, partner, exporter or importer it is.
    """

    rows: dict[str, Counter[str]] = field(default_factory=dict)

    def note(self, parties: Sequence[Party], rows: Sequence[int]) -> None:
        """Remember the parties of a column, each with its rows."""
        for party, count in zip(parties, rows, strict=True):
            self.rows.setdefault(party.kind, Counter())[party.code] += count

    def notes(self) -> list[str]:
        """Sentences on the world, groups of countries and unknown partners; none where all are countries."""
        found = []
        world, group, unknown = (self.rows.get(kind, Counter()) for kind in ("world", "group", "unknown"))
        if world:
            found.append(f"{rows_of(world)} of the world as a whole: kept apart from the countries")
        if group:
            noun = "is a group" if len(group) == 1 else "are groups"
            found.append(
                f"{named_first(group)} {noun} of countries ({rows_of(group)}): kept apart from the members"
            )
        if unknown:
            found.append(self._unknown(unknown))
        return found

    def _unknown(self, unknown: Counter[str]) -> str:
        noun = "partner is" if len(unknown) == 1 else "partners are"
        said = f"{len(unknown):,} {noun} not known: {named_first(unknown)} ({rows_of(unknown)}); kept apart"
        if not self.rows.get("country") and not self.rows.get("world"):
            said += "; no country of the file is known: do its columns hold countries?"
        return said


def rows_of(counts: Counter[str]) -> str:
    """How many rows there are in all, in words."""
    total = sum(counts.values())
    return "1 row" if total == 1 else f"{total:,} rows"


def named_first(counts: Counter[str]) -> str:
    """The most frequent names, and how many more there are."""
    names = [name for name, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0]))]
    more = f" and {len(names) - SHOWN:,} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
