"""What a source is: a name, what it reads, and the function that reads it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from karwan.store.reading import Reading
from karwan.store.sources.countries import Countries, packaged_countries


@dataclass(frozen=True)
class Options:
    """What a user can set for any source; a source ignores what does not concern it.

    Attributes
    ----------
    hs_revision
        Nomenclature of the product codes, where the file does not say or is wrong.
    mapping
        Name of a packaged mapping, or path of a mapping file.
    countries
        Country look-ups.
    known_codes
        Product codes of the nomenclature; others are flagged. None checks chapters only.
    service
        Settings of a web service: `url`, `key`, `cache`, and the request's parameters.
    """

    hs_revision: str | None = None
    mapping: str | None = None
    countries: Countries = field(default_factory=packaged_countries)
    known_codes: frozenset[str] | None = None
    service: Mapping[str, str] = field(default_factory=dict)

    def stamp(self, **more: str) -> dict[str, str]:
        """Options that change the rows read, as text for the load's record."""
        found = dict(more)
        if self.hs_revision is not None:
            found["hs_revision"] = self.hs_revision
        if self.countries is not packaged_countries():
            found["countries"] = str(hash_of(sorted(self.countries.by_number.items())))
        if self.known_codes is not None:
            found["known_codes"] = str(hash_of(sorted(self.known_codes)))
        return found


def hash_of(thing: object) -> str:
    """Short hash of a plain object, the same in every process."""
    return hashlib.sha256(repr(thing).encode()).hexdigest()[:12]


@dataclass(frozen=True)
class Source:
    """A source of trade figures.

    Attributes
    ----------
    name
        Word the user types.
    title, provider, licence
        What it is, who provides it, under which terms.
    reads
        What to give it, in one line.
    read
        Turns a path (None for a service) and options into readings.
    needs_path
        False for a service.
    """

    name: str
    title: str
    provider: str
    licence: str
    reads: str
    read: Callable[[Path | None, Options], list[Reading]]
    needs_path: bool = True
