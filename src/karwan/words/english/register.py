"""The register of the plan in words."""

from __future__ import annotations

from karwan.words.english.plural import Plural

REGISTER: dict[str, str | Plural] = {
    "register.counts": (
        "Of {all} promises the sides disagree on {unequal}, agree on {agreed}; {one_side} were spoken of by one side, {unstated} by none. "
        "The first side is {first}, the second {second}."
    ),
    "register.nothing_said": "Nothing of this was said; the register holds {all} entries.",
    "register.whole": "Every entry follows from the one before, and every signed head is in its chain.",
    "register.broken": "The chain was changed after it was written. What stands before the broken entry is whole.",
    "register.pack": "State of the register: entry {number}, digest {digest}. A register that lacks this digest was cut or rewritten.",
}
