"""The register of the plan in words."""

from __future__ import annotations

from karwan.words.english.plural import Plural

REGISTER: dict[str, str | Plural] = {
    "register.counts": (
        "Of {all} promises the sides disagree on {unequal}, agree on {agreed}; {one_side} were spoken of by one side, {unstated} by none. "
        "The first side is {first}, the second {second}."
    ),
    "register.foreign": Plural(
        "count",
        "One entry speaks of a promise that the case does not have ({promises}): is it the register of another case?",
        "{count} entries speak of promises that the case does not have ({promises}): is it the register of another case?",
    ),
    "register.nothing_said": "Nothing of this was said; the register holds {all} entries.",
    "register.whole": (
        "Every entry follows from the one before, and every signed head is in its chain. Entries taken off the end together with their signatures show "
        "only against what was given away before: --head with the digest of a pack, or the other side's copy."
    ),
    "register.broken": "The chain was changed after it was written. What stands before the broken entry is whole.",
    "register.pack": "State of the register: entry {number}, digest {digest}. A register that lacks this digest was cut or rewritten.",
}
