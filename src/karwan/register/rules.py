"""What may be said in the register, and by whom. One module decides; an entry that is refused is not written."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlsplit

from karwan.errors import InvalidInput

STATUSES = ("not_started", "in_progress", "partly_done", "done", "stalled", "unknown")
DUE_TYPES = ("indicative", "definitive", "undated")
JOINT = "joint"
LONGEST = {"reason": 2_000, "text": 10_000, "link": 2_000, "name": 200, "language": 12}
_BIDI = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class Refused(InvalidInput):
    """An entry that a rule refuses; `field` names what of it is wrong, as the forms of the page do."""

    def __init__(self, field: str, fact: str, evidence: str = "", fix: str = "") -> None:
        self.field = field
        super().__init__(fact, evidence, fix)


class Overtaken(InvalidInput):
    """Something was said of the promise after the writer had read what stands."""


@dataclass(frozen=True)
class Said:
    """What somebody wants to write.

    Attributes
    ----------
    side, commitment_id, kind, change, reason
        As in `karwan.register.entry.Entry`.
    """

    side: str
    commitment_id: str
    kind: str
    change: Mapping[str, str | int]
    reason: str


@dataclass(frozen=True)
class Ground:
    """What a rule may look at.

    Attributes
    ----------
    sides
        Country codes of the two parties.
    commitments
        Ids of the promises.
    with_evidence
        Promises for which evidence stands.
    own
        Number to side of the entries of the chain that stand, for withdrawals.
    today
        Day it is said on.
    """

    sides: tuple[str, str]
    commitments: Collection[str]
    with_evidence: Collection[str]
    own: Mapping[int, str]
    today: date


def check(said: Said, ground: Ground) -> Said:
    """What is to be written, cleaned.

    Raises
    ------
    InvalidInput
        Somebody may not say this, or not so.
    """
    if said.commitment_id not in ground.commitments:
        raise Refused(
            "promise",
            f"The plan has no promise {said.commitment_id!r}.",
            "",
            "name a commitment_id; `karwan plan status` lists them.",
        )
    allowed = (*ground.sides, JOINT) if said.kind == "joint" else ground.sides
    if said.side not in allowed:
        raise Refused(
            "side",
            f"{said.side} is no side of this plan.",
            f"sides: {', '.join(ground.sides)}",
            "name one of them.",
        )
    reason = clean(said.reason, "reason")
    if not reason:
        raise Refused("reason", "A reason is missing.", "", "say why, in a sentence.")
    change = _KINDS[said.kind](said, ground)
    return Said(said.side, said.commitment_id, said.kind, change, reason)


def clean(text: str, what: str, field: str = "") -> str:
    """A text without what could deceive a reader: control characters and marks that turn the direction of writing.

    A refusal names `field`, else `what`.

    Raises
    ------
    InvalidInput
        It holds such characters, or is too long.
    """
    text = unicodedata.normalize("NFC", text.strip())
    odd = {f"U+{ord(c):04X}" for c in text if c in _BIDI or (unicodedata.category(c) == "Cc" and c != "\n")}
    if odd:
        raise Refused(
            field or what,
            f"The {what} holds characters nobody sees.",
            ", ".join(sorted(odd)),
            "take them out.",
        )
    most = LONGEST.get(what, LONGEST["text"])
    if len(text) > most:
        raise Refused(
            field or what,
            f"The {what} is too long.",
            f"{len(text):,} characters, at most {most:,}",
            "shorten it.",
        )
    return text


def clean_name(name: str) -> str:
    """The name of who says something, cleaned.

    Raises
    ------
    InvalidInput
        It is empty, or no plain text.
    """
    name = clean(name, "name", "by")
    if not name:
        raise Refused("by", "A name is missing.", "", "say who states it: --by NAME.")
    return name


def _statement(said: Said, ground: Ground) -> dict[str, str | int]:
    status = str(said.change.get("status", ""))
    if status not in STATUSES:
        raise Refused("status", f"{status!r} is no status.", "", f"give one of {', '.join(STATUSES)}.")
    if status == "done" and said.commitment_id not in ground.with_evidence:
        raise Refused(
            "status",
            "A promise is done only with evidence.",
            f"none stands for {said.commitment_id}",
            "attach a file or a link first.",
        )
    on = _day(str(said.change.get("on", "")) or str(ground.today), "day", "on")
    if on > ground.today:
        raise Refused(
            "on", "A status cannot be of a day to come.", str(on), f"give a day up to {ground.today}."
        )
    found: dict[str, str | int] = {"status": status, "on": str(on)}
    if "share_percent" in said.change:
        found["share_percent"] = _percent(said.change["share_percent"])
    return found


def _evidence(said: Said, _: Ground) -> dict[str, str | int]:
    if "link" in said.change:
        link = clean(str(said.change["link"]), "link")
        parts = urlsplit(link)
        if parts.scheme not in ("http", "https") or not parts.netloc or re.search(r"\s", link):
            raise Refused(
                "link", f"{link[:80]} is no link.", "", "give an address that begins with https://."
            )
        return {"link": link}
    wanted = ("file", "name", "bytes")
    if any(name not in said.change for name in wanted):
        raise Refused("file", "There is no evidence in it.", "", "attach a file or give a link.")
    return {
        "file": str(said.change["file"]),
        "name": clean(str(said.change["name"]), "name", "file"),
        "bytes": said.change["bytes"],
    }


def _wording(said: Said, _: Ground) -> dict[str, str | int]:
    text = clean(str(said.change.get("text", "")), "text")
    if not text:
        raise Refused("text", "The wording is empty.", "", "give the text of the promise.")
    return {"text": text, "language": clean(str(said.change.get("language", "en")), "language")}


def _due(said: Said, _: Ground) -> dict[str, str | int]:
    kind = str(said.change.get("due_type", "definitive"))
    if kind not in DUE_TYPES:
        raise Refused(
            "due_type", f"{kind!r} is no kind of due date.", "", f"give one of {', '.join(DUE_TYPES)}."
        )
    if kind == "undated":
        return {"due_type": kind}
    return {"due": str(_day(str(said.change.get("due", "")), "due date", "due")), "due_type": kind}


def _withdrawal(said: Said, ground: Ground) -> dict[str, str | int]:
    number = said.change.get("number", 0)
    if not isinstance(number, int) or number not in ground.own:
        raise Refused(
            "number",
            f"Entry {number} does not stand in this chain.",
            "",
            "give the number of an entry; `karwan plan history`.",
        )
    if ground.own[number] != said.side:
        raise Refused(
            "number",
            f"Entry {number} was said by {ground.own[number]}.",
            "",
            "each side withdraws what it said itself.",
        )
    return {"number": number}


def _joint(said: Said, _: Ground) -> dict[str, str | int]:
    text = clean(str(said.change.get("text", "")), "text")
    if not text:
        raise Refused("text", "The note is empty.", "", "give its text.")
    return {"text": text}


_KINDS: dict[str, Callable[[Said, Ground], dict[str, str | int]]] = {
    "statement": _statement,
    "evidence": _evidence,
    "wording": _wording,
    "due": _due,
    "withdrawal": _withdrawal,
    "joint": _joint,
}


def _day(text: str, what: str, field: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Refused(field, f"{text[:40]!r} is no {what}.", "", "write it as 2026-12-31.") from error


def _percent(value: str | int) -> int:
    try:
        percent = int(value)
    except ValueError as error:
        raise Refused("share", f"{value!r} is no share.", "", "give whole percent.") from error
    if not 0 <= percent <= 100:
        raise Refused("share", f"{percent} % is no share.", "", "give 0 to 100.")
    return percent
