"""A register: its own chain, the other side's as received, checkpoints, files."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from karwan.errors import InvalidInput
from karwan.register import rules
from karwan.register.database import COLUMNS, Database, database_at, entry_values
from karwan.register.entry import GENESIS, Break, Entry, canonical, first_break
from karwan.register.files import Evidence, FileStore
from karwan.register.signing import Signer, is_signed


@dataclass(frozen=True)
class Checkpoint:
    """A head of a chain, signed: cutting off what came before it shows.

    Attributes
    ----------
    chain_id, number, digest, at
        Chain, its last entry's number and digest, UTC.
    key, signature
        Public key and signature of the other four, hexadecimal.
    """

    chain_id: str
    number: int
    digest: str
    at: str
    key: str
    signature: str

    def message(self) -> bytes:
        """What is signed."""
        return canonical(
            {"chain": self.chain_id, "number": self.number, "digest": self.digest, "at": self.at}
        )

    @property
    def is_signed(self) -> bool:
        """Whether the signature holds."""
        return is_signed(self.message(), self.key, self.signature)


@dataclass(frozen=True)
class Held:
    """An entry with the chain it stands in."""

    chain_id: str
    entry: Entry


def now() -> datetime:
    """The moment, UTC, whole seconds."""
    return datetime.now(UTC).replace(microsecond=0)


def stamp(moment: datetime) -> str:
    """A moment as it is written: 2026-11-29T18:05:00Z."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Register:
    """An open register.

    Parameters
    ----------
    place
        SQLite file, or address of a PostgreSQL database.
    create
        Make it where it is absent.
    clock
        What time it is.

    Raises
    ------
    InvalidInput
        There is none, or it is something else.
    """

    def __init__(self, place: str, *, create: bool = False, clock: Callable[[], datetime] = now) -> None:
        self.place = place
        self.clock = clock
        self._base: Database = database_at(place, create=create)
        folder = Path(place + ".files") if "://" not in place else Path.cwd() / "karwan-register.files"
        self.files = FileStore(folder)
        self._key_file = folder.with_suffix(".key")

    def __enter__(self) -> Register:
        return self

    def __exit__(self, *_: object) -> None:
        self._base.close()

    @property
    def chain_id(self) -> str:
        """Id of the chain this register writes to; made with the first entry."""
        found = self._base.rows("SELECT value FROM info WHERE name = 'chain'")
        return str(found[0][0]) if found else ""

    def entries(self, chain_id: str | None = None) -> list[Entry]:
        """Entries of a chain, of this register's own by default, in order."""
        rows = self._base.rows(
            f"SELECT {COLUMNS} FROM entry WHERE chain_id = ? ORDER BY number", (chain_id or self.chain_id,)
        )
        return [_entry(row) for row in rows]

    def chains(self) -> list[str]:
        """Ids of all chains, the own one first."""
        rows = self._base.rows("SELECT DISTINCT chain_id FROM entry ORDER BY chain_id")
        found = [str(row[0]) for row in rows]
        return sorted(found, key=lambda one: (one != self.chain_id, one))

    def all_entries(self) -> list[Held]:
        """Entries of all chains, by time, then chain and number."""
        held = [Held(chain, entry) for chain in self.chains() for entry in self.entries(chain)]
        return sorted(held, key=lambda one: (one.entry.at, one.chain_id, one.entry.number))

    def append(
        self,
        said: rules.Said,
        author: str,
        *,
        sides: tuple[str, str],
        commitments: Iterable[str],
        evidence: Evidence | None = None,
        seen: int | None = None,
    ) -> Entry:
        """Write one entry, or nothing.

        A file is kept before its entry is, so that no entry names a file that is not there.

        Parameters
        ----------
        seen
            How many entries of all chains about the promise the writer has read; None where that does not matter.

        Raises
        ------
        InvalidInput
            The rules refuse it, or the chain is broken.
        Overtaken
            More was said than the writer has read.
        """
        moment = self.clock()
        with self._base.writing():
            chain = self.chain_id or self._begin_chain()
            entries = self.entries(chain)
            broken = first_break(entries)
            if broken is not None:
                raise InvalidInput(
                    f"The register is broken at entry {broken.number}.",
                    broken.fault,
                    "restore it from a copy; nothing was written.",
                )
            self._refuse_overtaken(said.commitment_id, seen)
            checked = rules.check(said, self._ground(entries, sides, commitments, moment.date()))
            if evidence is not None:
                self.files.keep(evidence)
            entry = Entry(
                number=len(entries) + 1,
                at=stamp(moment),
                author=self._person(author, checked.side),
                side=checked.side,
                commitment_id=checked.commitment_id,
                kind=checked.kind,
                change=checked.change,
                reason=checked.reason,
                previous=entries[-1].digest if entries else GENESIS,
            ).sealed()
            self._insert(chain, [entry])
            self._checkpoint(chain, entry, moment)
        return entry

    def checkpoint(self) -> Checkpoint:
        """Sign the head of the own chain.

        Raises
        ------
        InvalidInput
            Nothing has been said yet.
        """
        with self._base.writing():
            entries = self.entries()
            if not entries:
                raise _nothing_said()
            return self._checkpoint(self.chain_id, entries[-1], self.clock())

    def head(self) -> Checkpoint:
        """The head of the own chain, with its signature where one was made before; nothing is written.

        Raises
        ------
        InvalidInput
            Nothing has been said yet.
        """
        entries = self.entries()
        if not entries:
            raise _nothing_said()
        last = entries[-1]
        signed = [point for point in self.checkpoints() if point.digest == last.digest]
        return signed[-1] if signed else Checkpoint(self.chain_id, last.number, last.digest, "", "", "")

    def checkpoints(self) -> list[Checkpoint]:
        """All checkpoints, by chain and number."""
        rows = self._base.rows(
            "SELECT chain_id, number, digest, at, key, signature FROM checkpoint ORDER BY chain_id, number, at"
        )
        return [Checkpoint(*row) for row in rows]

    def people(self) -> dict[str, tuple[str, str]]:
        """Name and side of each person by id; what was erased is missing."""
        return {
            row[0]: (row[1], row[2]) for row in self._base.rows("SELECT person_id, name, side FROM person")
        }

    def forget(self, person_id: str) -> None:
        """Erase a person's name; the id stays in the chain."""
        with self._base.writing():
            self._base.run("DELETE FROM person WHERE person_id = ?", (person_id,))

    def receive(self, chain_id: str, entries: Sequence[Entry], checkpoints: Sequence[Checkpoint]) -> int:
        """Take in the other side's chain; returns how many entries were new.

        Raises
        ------
        InvalidInput
            It is broken, is this register's own and differs, or says otherwise what was received before.
        """
        broken = first_break(list(entries))
        if broken is not None:
            raise InvalidInput(
                f"The chain received is broken at entry {broken.number}.", broken.fault, "ask for it again."
            )
        with self._base.writing():
            held = self.entries(chain_id)
            for ours, theirs in zip(held, entries, strict=False):
                if ours.digest != theirs.digest:
                    raise InvalidInput(
                        f"Entry {ours.number} was rewritten since it was received.",
                        f"{ours.digest[:12]} here, {theirs.digest[:12]} there",
                        "ask the other side which holds; nothing was taken in.",
                    )
            if len(entries) < len(held):
                raise InvalidInput(
                    "The chain received is shorter than the one held.",
                    f"{len(entries)} and {len(held)} entries",
                    "ask for the whole one.",
                )
            self._insert(chain_id, entries[len(held) :])
            for point in checkpoints:
                if self._signed(point.chain_id, point.digest, point.key) is None:
                    self._keep_checkpoint(point)
        return len(entries) - len(held)

    def verify(self, head: str | None = None) -> list[tuple[str, Break]]:
        """Every chain that is broken, with the first wrong entry; empty where all are whole.

        Each checkpoint's head must be in its chain and its signature hold; so must `head`, in one of them.
        """
        found: list[tuple[str, Break]] = []
        points = self.checkpoints()
        heads = {head} if head else set()
        for chain in self.chains() or [""]:
            entries = self.entries(chain)
            broken = first_break(entries) or broken_checkpoint(
                entries, [p for p in points if p.chain_id == chain]
            )
            if broken is not None:
                found.append((chain, broken))
            heads -= {GENESIS, *(entry.digest for entry in entries)}
        lost = {point.chain_id for point in points} - set(self.chains())
        found += [(chain, Break(1, "head")) for chain in sorted(lost)]
        if heads and not found:
            found.append((self.chain_id, Break(len(self.entries()) + 1, "head")))
        return found

    def _refuse_overtaken(self, promise: str, seen: int | None) -> None:
        count = sum(held.entry.commitment_id == promise for held in self.all_entries())
        if seen is not None and count != seen:
            raise rules.Overtaken(
                "Something was said of this promise since the form was opened.",
                f"{count} entries, {seen} when it was opened",
                "read what is new below, then send the form again if it still holds.",
            )

    def _ground(
        self, entries: list[Entry], sides: tuple[str, str], commitments: Iterable[str], today: date
    ) -> rules.Ground:
        gone = withdrawn(entries)
        standing = [entry for entry in entries if entry.number not in gone]
        received = [held.entry for held in self.all_entries() if held.chain_id != self.chain_id]
        shown = {entry.commitment_id for entry in (*standing, *received) if entry.kind == "evidence"}
        own = {entry.number: entry.side for entry in standing if entry.kind != "withdrawal"}
        return rules.Ground(sides, frozenset(commitments), shown, own, today)

    def _begin_chain(self) -> str:
        chain = secrets.token_hex(8)
        self._base.run("INSERT INTO info VALUES ('chain', ?)", (chain,))
        return chain

    def _person(self, name: str, side: str) -> str:
        name = rules.clean_name(name)
        found = self._base.rows("SELECT person_id FROM person WHERE name = ? AND side = ?", (name, side))
        if found:
            return str(found[0][0])
        person = secrets.token_hex(8)
        self._base.run("INSERT INTO person VALUES (?, ?, ?)", (person, name, side))
        return person

    def _insert(self, chain: str, entries: Iterable[Entry]) -> None:
        marks = ", ".join("?" * 11)
        for entry in entries:
            self._base.run(
                f"INSERT INTO entry (chain_id, {COLUMNS}) VALUES ({marks})", (chain, *entry_values(entry))
            )

    def _checkpoint(self, chain: str, entry: Entry, moment: datetime) -> Checkpoint:
        """The signed head, made once: a later call gives the first one again."""
        signer = Signer(self._key_file)
        made = self._signed(chain, entry.digest, signer.public)
        if made is not None:
            return made
        bare = Checkpoint(chain, entry.number, entry.digest, stamp(moment), signer.public, "")
        point = Checkpoint(**{**vars(bare), "signature": signer.sign(bare.message())})
        self._keep_checkpoint(point)
        return point

    def _signed(self, chain: str, digest: str, key: str) -> Checkpoint | None:
        """The checkpoint of a head by a key, where it was made before."""
        rows = self._base.rows(
            "SELECT chain_id, number, digest, at, key, signature FROM checkpoint WHERE chain_id = ? AND digest = ? AND key = ?",
            (chain, digest, key),
        )
        return Checkpoint(*rows[0]) if rows else None

    def _keep_checkpoint(self, point: Checkpoint) -> None:
        self._base.run("INSERT INTO checkpoint VALUES (?, ?, ?, ?, ?, ?)", tuple(vars(point).values()))


def _nothing_said() -> InvalidInput:
    return InvalidInput("There is nothing to sign: the register is empty.", "", "say something first.")


def check_first(said: rules.Said, author: str, *, sides: tuple[str, str], commitments: Iterable[str]) -> None:
    """Check what would be the first entry of a register that is yet to be made, so that none is made for what is refused.

    Raises
    ------
    InvalidInput
        The rules refuse it.
    """
    rules.check(said, rules.Ground(sides, frozenset(commitments), set(), {}, now().date()))
    rules.clean_name(author)


def withdrawn(entries: Iterable[Entry]) -> set[int]:
    """Numbers of the entries of a chain that were withdrawn."""
    return {int(entry.change["number"]) for entry in entries if entry.kind == "withdrawal"}


def broken_checkpoint(entries: Sequence[Entry], points: Sequence[Checkpoint]) -> Break | None:
    """The first checkpoint whose head is not in its chain, or whose signature does not hold."""
    digests = {entry.number: entry.digest for entry in entries}
    for point in points:
        if digests.get(point.number) != point.digest:
            return Break(point.number, "head")
        if not point.is_signed:
            return Break(point.number, "signature")
    return None


def _entry(row: Sequence[Any]) -> Entry:
    number, at, author, side, commitment, kind, change, reason, previous, digest = row
    return Entry(number, at, author, side, commitment, kind, _change(change), reason, previous, digest)


def _change(text: str) -> Mapping[str, str | int]:
    """The change as it stands; one that is no longer JSON stays a text, so that the digest shows it."""
    try:
        change: Mapping[str, str | int] = json.loads(text)
    except ValueError:
        return {"unreadable": text}
    return change
