"""An entry of the register's chain and its digest."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from karwan.errors import InvalidInput

GENESIS = "0" * 64
KINDS = ("statement", "evidence", "wording", "due", "withdrawal", "joint")
FIELDS = ("number", "at", "author", "side", "commitment_id", "kind", "change", "reason", "previous", "digest")
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Entry:
    """The only thing ever written about a promise.

    Attributes
    ----------
    number
        1 and on, without gaps, within its chain.
    at
        UTC, `2026-11-29T18:05:00Z`.
    author
        Id of the person; the name lives beside the chain and can be erased.
    side
        Country code of the side it is said for, or `joint`.
    commitment_id
        Promise it is about.
    kind
        One of `KINDS`.
    change
        What changes: texts, whole numbers, nothing else.
    reason
        Why, in the author's words.
    previous, digest
        Digest of the entry before, and of this one.
    """

    number: int
    at: str
    author: str
    side: str
    commitment_id: str
    kind: str
    change: Mapping[str, str | int]
    reason: str
    previous: str
    digest: str = ""

    def sealed(self) -> Entry:
        """The entry with its digest."""
        return Entry(**{**self._fields(), "digest": entry_digest(self)})

    def record(self) -> dict[str, Any]:
        """The entry as a record to write."""
        return {**self._fields(), "change": dict(self.change)}

    def _fields(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in FIELDS}


def entry_digest(entry: Entry) -> str:
    """SHA-256 of the entry's canonical JSON: sorted keys, UTF-8, no floats, no spaces, the digest left out."""
    record = asdict(entry)
    del record["digest"]
    return hashlib.sha256(canonical(record)).hexdigest()


def canonical(record: Mapping[str, Any]) -> bytes:
    """Canonical JSON of a record."""
    text = json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode()


def entry_of(record: object, place: str) -> Entry:
    """An entry from a record that was read.

    Raises
    ------
    InvalidInput
        It lacks a field, has one more, or one of another type.
    """
    if not isinstance(record, dict) or set(record) != set(FIELDS):
        raise InvalidInput(
            f"{place} is no entry of a register.",
            f"fields wanted: {', '.join(FIELDS)}",
            "give a whole export.",
        )
    texts = [name for name in FIELDS if name not in ("number", "change")]
    odd = [name for name in texts if not isinstance(record[name], str)]
    if type(record["number"]) is not int or not _is_change(record["change"]):
        odd.append("number or change")
    if odd:
        raise InvalidInput(
            f"{place} is no entry of a register.",
            f"of another type: {', '.join(odd)}",
            "give a whole export.",
        )
    return Entry(**record)


def _is_change(change: object) -> bool:
    if not isinstance(change, dict):
        return False
    return all(isinstance(key, str) and type(value) in (str, int) for key, value in change.items())


@dataclass(frozen=True)
class Break:
    """Where a chain is broken.

    Attributes
    ----------
    number
        First entry that is wrong: its place in the chain, 1 and on.
    fault
        number, previous, digest, or head.
    """

    number: int
    fault: str


def first_break(entries: list[Entry], head: str | None = None) -> Break | None:
    """The first entry that does not follow from the one before; None for a whole chain.

    Parameters
    ----------
    entries
        In the order they were read.
    head
        Digest that must be in the chain, as printed in a checkpoint: a chain cut at its end does not hold it.
    """
    previous = GENESIS
    for place, entry in enumerate(entries, 1):
        if entry.number != place:
            return Break(place, "number")
        if entry.previous != previous:
            return Break(place, "previous")
        if entry_digest(entry) != entry.digest:
            return Break(place, "digest")
        previous = entry.digest
    if head is not None and head not in {GENESIS, *(entry.digest for entry in entries)}:
        return Break(len(entries) + 1, "head")
    return None


def checked_digest(text: str) -> str:
    """A digest as typed, in small letters.

    Raises
    ------
    InvalidInput
        It is no SHA-256 digest.
    """
    digest = text.strip().lower()
    if _DIGEST.fullmatch(digest) is None:
        raise InvalidInput(f"{text[:80]} is no digest.", "", "give the 64 digits of a checkpoint.")
    return digest
