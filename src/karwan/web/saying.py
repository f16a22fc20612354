"""What a form of the register says: an entry, its author, its evidence. Loads no engine, and writes through the rules of the register alone."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from karwan.errors import InvalidInput
from karwan.register.entry import Entry
from karwan.register.files import Evidence, checked_file
from karwan.register.register import Register
from karwan.register.rules import JOINT, Refused, Said
from karwan.register.transfer import Export, export_bytes, merge, read_export, refuse_broken

Change = Mapping[str, str | int]
Fields = Mapping[str, str]


@dataclass(frozen=True)
class Upload:
    """A file as a form sent it: its own name and its bytes."""

    name: str
    content: bytes


@dataclass(frozen=True)
class Plan:
    """What the rules must know of a case: codes of its sides, ids of its promises."""

    sides: tuple[str, str]
    promises: tuple[str, ...]


def write(register: str, plan: Plan, promise: str, form: Fields, upload: Upload | None) -> Entry:
    """Write what a form says of a promise.

    Parameters
    ----------
    form
        `do` is the kind of the entry; the others are the fields of its form. `seen` is how many entries its writer has read.

    Raises
    ------
    InvalidInput
        A rule refuses it, or more was said since the form was opened; nothing was written. A `Refused` names the field.
    """
    kind = form.get("do", "")
    if kind not in _CHANGES:
        raise InvalidInput("That form is not known.", kind[:40], "open the page again.")
    evidence = _evidence(upload) if kind == "evidence" and upload else None
    side = JOINT if kind == "joint" else form.get("side", "")
    said = Said(side, promise, kind, _CHANGES[kind](form, evidence), form.get("reason", ""))
    seen = int(form["seen"]) if form.get("seen", "").isdecimal() else None
    with Register(register) as opened:
        return opened.append(
            said,
            form.get("by", ""),
            sides=plan.sides,
            commitments=plan.promises,
            evidence=evidence,
            seen=seen,
        )


def _evidence(upload: Upload) -> Evidence:
    try:
        return checked_file(upload.name, upload.content)
    except InvalidInput as error:
        raise Refused("file", error.fact, error.evidence, error.fix) from error


def _statement(form: Fields, _: Evidence | None) -> Change:
    change: dict[str, str | int] = {"status": form.get("status", "")}
    if form.get("on"):
        change["on"] = form["on"]
    if form.get("share"):
        change["share_percent"] = form["share"]
    return change


def _shown(form: Fields, evidence: Evidence | None) -> Change:
    if evidence and form.get("link"):
        raise Refused(
            "link", "Evidence is a file or a link.", "both were given", "send them one after the other."
        )
    if evidence:
        return {"file": evidence.digest, "name": evidence.name, "bytes": len(evidence.content)}
    return {"link": form["link"]} if form.get("link") else {}


def _due(form: Fields, _: Evidence | None) -> Change:
    return {"due": form.get("due", ""), "due_type": form.get("due_type", "")}


def _wording(form: Fields, _: Evidence | None) -> Change:
    return {"text": form.get("text", "").replace("\r\n", "\n"), "language": form.get("language") or "en"}


def _joint(form: Fields, _: Evidence | None) -> Change:
    return {"text": form.get("text", "").replace("\r\n", "\n")}


def _withdrawal(form: Fields, _: Evidence | None) -> Change:
    number = form.get("number", "")
    return {"number": int(number) if number.isdecimal() and len(number) < 10 else 0}


_CHANGES: dict[str, Callable[[Fields, Evidence | None], Change]] = {
    "statement": _statement,
    "evidence": _shown,
    "due": _due,
    "wording": _wording,
    "joint": _joint,
    "withdrawal": _withdrawal,
}


def sign(register: str) -> None:
    """Sign the head of the own chain."""
    with Register(register) as opened:
        opened.checkpoint()


def sent(register: str) -> bytes:
    """The export of the own chain, for the other side; signs its head."""
    with Register(register) as opened:
        return export_bytes(opened)[1]


def received(register: str, upload: Upload) -> int:
    """Take the other side's export in; returns how many entries were new.

    Raises
    ------
    InvalidInput
        It is no export, is broken, or says otherwise what was received before; nothing was taken in.
    """
    export = _export(upload)
    refuse_broken(export)
    with Register(register) as opened:
        return merge(opened, export)


def checked(upload: Upload, head: str | None) -> tuple[Export, str]:
    """An export as it was sent, and what is wrong with its first broken entry; empty where it is whole."""
    export = _export(upload)
    broken = export.first_break(head)
    return export, f"entry {broken.number}: {broken.fault}" if broken else ""


def _export(upload: Upload) -> Export:
    with _laid_down(upload) as path:
        return read_export(path)


@contextlib.contextmanager
def _laid_down(upload: Upload) -> Iterator[Path]:
    """An upload as a file for as long as it is read; its name is text only."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "export")
        path.write_bytes(upload.content)
        yield path


def file_said(register: str, digest: str) -> Upload | None:
    """A file that an entry names, under its own name; None where no entry names it.

    Raises
    ------
    UnknownName
        It is not beside the register.
    InvalidInput
        Its bytes are no longer those of its digest.
    """
    with Register(register) as opened:
        named = {
            str(one.entry.change["file"]): one.entry
            for one in opened.all_entries()
            if "file" in one.entry.change
        }
        if digest not in named:
            return None
        return Upload(str(named[digest].change["name"]), opened.files.read(digest))
