"""What the entries come to: each side's word beside the other's, promise by promise."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from karwan.register.entry import Entry
from karwan.register.register import Held, withdrawn

AGREED, UNEQUAL, ONE_SIDE, UNSTATED = "agreed", "unequal", "one side", "unstated"
ORDER = (UNEQUAL, ONE_SIDE, AGREED, UNSTATED)


@dataclass
class Word:
    """What one side says of a promise: the newest of its entries that stand.

    Attributes
    ----------
    status, on, share_percent, reason
        Status, its day, share done, why; None where it said nothing.
    due, due_type, wording
        What it proposes or confirms.
    evidence
        Its files and links, oldest first.
    """

    status: str | None = None
    on: str | None = None
    share_percent: int | None = None
    reason: str | None = None
    due: str | None = None
    due_type: str | None = None
    wording: str | None = None
    evidence: list[Entry] = field(default_factory=list)


@dataclass
class PromiseState:
    """A promise as both sides see it.

    Attributes
    ----------
    words
        Side to its word.
    notes
        Joint notes, oldest first.
    last
        When anything was last said; blank where nothing was.
    """

    commitment_id: str
    words: dict[str, Word]
    notes: list[Entry] = field(default_factory=list)
    last: str = ""

    @property
    def standing(self) -> str:
        """agreed, unequal, one side, or unstated: never averaged."""
        said = [word.status for word in self.words.values() if word.status is not None]
        if not said:
            return UNSTATED
        if len(said) < len(self.words):
            return ONE_SIDE
        return AGREED if len(set(said)) == 1 else UNEQUAL

    @property
    def status(self) -> str | None:
        """The status both state; None where they do not."""
        return next(iter(self.words.values())).status if self.standing == AGREED else None

    @property
    def due(self) -> tuple[str | None, str] | None:
        """Due date and its kind that both sides hold; None where they do not, or said nothing."""
        dues = {(word.due, word.due_type) for word in self.words.values()}
        if len(dues) != 1:
            return None
        due, kind = dues.pop()
        return (due, kind) if kind is not None else None

    @property
    def wording(self) -> str | None:
        """Wording both sides hold; None where they do not."""
        texts = {word.wording for word in self.words.values()}
        return texts.pop() if len(texts) == 1 else None

    @property
    def proposals(self) -> list[tuple[str, str, str]]:
        """(side, due or wording, text) of what one side proposes and the other has not confirmed."""
        found = []
        for side, word in self.words.items():
            if word.due_type is not None and self.due is None:
                found.append((side, "due", word.due or word.due_type))
            if word.wording is not None and self.wording is None:
                found.append((side, "wording", word.wording))
        return found


def states(
    held: Sequence[Held], sides: tuple[str, str], commitments: Iterable[str]
) -> dict[str, PromiseState]:
    """State of every promise; entries about promises the plan does not have are left out.

    Parameters
    ----------
    held
        Entries of all chains by time; see `Register.all_entries`.
    """
    found = {one: PromiseState(one, {side: Word() for side in sides}) for one in commitments}
    gone: set[tuple[str, int]] = set()
    for chain in {one.chain_id for one in held}:
        numbers = withdrawn(one.entry for one in held if one.chain_id == chain)
        gone |= {(chain, number) for number in numbers}
    for one in held:
        entry = one.entry
        if (one.chain_id, entry.number) in gone or entry.commitment_id not in found:
            continue
        _take(found[entry.commitment_id], entry)
    return found


def _take(state: PromiseState, entry: Entry) -> None:
    """Let an entry count."""
    state.last = max(state.last, entry.at)
    if entry.kind == "joint":
        state.notes.append(entry)
        return
    word = state.words.get(entry.side)
    if word is None:
        return
    if entry.kind == "statement":
        word.status, word.on = str(entry.change["status"]), str(entry.change["on"])
        share = entry.change.get("share_percent")
        word.share_percent = None if share is None else int(share)
        word.reason = entry.reason
    elif entry.kind == "due":
        word.due_type = str(entry.change["due_type"])
        word.due = str(entry.change["due"]) if "due" in entry.change else None
    elif entry.kind == "wording":
        word.wording = str(entry.change["text"])
    elif entry.kind == "evidence":
        word.evidence.append(entry)
