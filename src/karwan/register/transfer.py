"""A register's chain as one file that goes by mail: written, checked, read back."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from karwan.errors import InvalidInput
from karwan.exports import write_durably
from karwan.register.entry import Break, Entry, entry_of, first_break
from karwan.register.files import Evidence, checked_file
from karwan.register.register import Checkpoint, Register, broken_checkpoint

MOST_BYTES = 500_000_000
MOST_LINES = 200_000
CHAIN, POINTS, FILES = "chain.jsonl", "checkpoints.jsonl", "files/"


@dataclass(frozen=True)
class Export:
    """A chain as it was written to a file.

    Attributes
    ----------
    chain_id, entries, checkpoints, files
        As in a register; files by digest.
    """

    chain_id: str
    entries: list[Entry]
    checkpoints: list[Checkpoint]
    files: dict[str, Evidence]

    def first_break(self, head: str | None = None) -> Break | None:
        """The first entry that is wrong, also by its checkpoints; None for a whole chain."""
        return first_break(self.entries, head) or broken_checkpoint(self.entries, self.checkpoints)


def write_export(register: Register, path: Path) -> int:
    """Write the own chain with its checkpoints and files; signs its head first. Returns the number of entries.

    Raises
    ------
    InvalidInput
        Nothing has been said yet, or a file is missing or changed.
    """
    count, content = export_bytes(register)
    write_durably(path, content)
    return count


def export_bytes(register: Register) -> tuple[int, bytes]:
    """Number of entries and the bytes of the export of the own chain; see `write_export`."""
    register.checkpoint()
    entries = register.entries()
    digests = sorted({str(entry.change["file"]) for entry in entries if "file" in entry.change})
    content = BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        _put(
            archive,
            CHAIN,
            "".join(_line({"chain": register.chain_id, **entry.record()}) for entry in entries).encode(),
        )
        points = [point for point in register.checkpoints() if point.chain_id == register.chain_id]
        _put(archive, POINTS, "".join(_line(vars(point)) for point in points).encode())
        for digest in digests:
            _put(archive, FILES + digest, register.files.read(digest))
    return len(entries), content.getvalue()


def _put(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    """A member without a clock, so that the same chain gives the same bytes."""
    archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)


def _line(record: object) -> str:
    return json.dumps(record, sort_keys=True, ensure_ascii=False) + "\n"


def read_export(path: Path) -> Export:
    """A chain from an export, or from its `chain.jsonl` alone. Its digests are not checked here: see `Export.first_break`.

    Raises
    ------
    InvalidInput
        It is no export, too large, or holds a file that is not what its name says.
    """
    if not path.is_file():
        raise InvalidInput(f"There is no file {path}.", "", "check the path.")
    if path.stat().st_size > MOST_BYTES:
        raise InvalidInput(f"{path.name} is too large.", f"{path.stat().st_size:,} bytes", "give one export.")
    if not zipfile.is_zipfile(path):
        chain, entries = _chain(path.name, path.read_bytes())
        return Export(chain, entries, [], {})
    try:
        with zipfile.ZipFile(path) as archive:
            return _of_archive(path.name, archive)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise InvalidInput(f"{path.name} is damaged.", str(error)[:120], "ask for it again.") from error


def _of_archive(name: str, archive: zipfile.ZipFile) -> Export:
    if sum(part.file_size for part in archive.infolist()) > MOST_BYTES:
        raise InvalidInput(f"{name} unpacks too large.", "", "give one export.")
    names = archive.namelist()
    if CHAIN not in names:
        raise InvalidInput(
            f"{name} is no export of a register.", f"it lacks {CHAIN}", "make one with `karwan plan export`."
        )
    chain, entries = _chain(name, archive.read(CHAIN))
    points = (
        [_checkpoint(record, name) for _, record in _records(name, archive.read(POINTS))]
        if POINTS in names
        else []
    )
    named = {
        str(entry.change["file"]): str(entry.change["name"])
        for entry in entries
        if {"file", "name"} <= set(entry.change)
    }
    files = {}
    for digest, own in named.items():
        if FILES + digest in names:
            files[digest] = _file(digest, own, archive.read(FILES + digest))
    return Export(chain, entries, points, files)


def _file(digest: str, name: str, content: bytes) -> Evidence:
    evidence = checked_file(name, content)
    if evidence.digest != digest:
        raise InvalidInput(
            f"The file {name} was changed.", f"{evidence.digest[:12]}, not {digest[:12]}", "ask for it again."
        )
    return evidence


def _chain(name: str, content: bytes) -> tuple[str, list[Entry]]:
    entries, chains = [], set()
    for line, record in _records(name, content):
        if not isinstance(record, dict) or not isinstance(record.get("chain"), str):
            raise InvalidInput(f"{name}, line {line} is no entry of a register.", "", "give a whole export.")
        chains.add(record.pop("chain"))
        entries.append(entry_of(record, f"{name}, line {line}"))
    if len(chains) != 1:
        raise InvalidInput(f"{name} holds {len(chains)} chains.", "", "give one export.")
    return chains.pop(), entries


def _records(name: str, content: bytes) -> Iterator[tuple[int, object]]:
    lines = content.split(b"\n")
    if len(lines) > MOST_LINES:
        raise InvalidInput(f"{name} has too many lines.", f"{len(lines):,}", "give one export.")
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            yield number, json.loads(line)
        except (ValueError, RecursionError) as error:
            raise InvalidInput(
                f"{name}, line {number} is no JSON.", str(error)[:120], "give a whole export."
            ) from error


def _checkpoint(record: object, name: str) -> Checkpoint:
    wanted = set(Checkpoint.__dataclass_fields__)
    if not isinstance(record, dict) or set(record) != wanted or type(record["number"]) is not int:
        raise InvalidInput(f"{name} holds a checkpoint that is none.", "", "give a whole export.")
    texts = {key: str(value) for key, value in record.items() if key != "number"}
    return Checkpoint(number=record["number"], **texts)


def refuse_broken(export: Export) -> None:
    """Refuse an export whose chain is broken, before anything is made or written for it.

    Raises
    ------
    InvalidInput
        It is broken.
    """
    broken = export.first_break()
    if broken is not None:
        raise InvalidInput(
            f"The export is broken at entry {broken.number}.", broken.fault, "ask for it again."
        )


def merge(register: Register, export: Export) -> int:
    """Take the other side's export into a register; returns how many entries were new.

    Raises
    ------
    InvalidInput
        It is broken, or says otherwise what was received before; see `Register.receive`.
    """
    refuse_broken(export)
    for evidence in export.files.values():
        register.files.keep(evidence)
    return register.receive(export.chain_id, export.entries, export.checkpoints)
