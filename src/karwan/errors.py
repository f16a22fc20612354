"""Errors of Karwan: one tree, each message saying fact, evidence and way out."""

from __future__ import annotations


class KarwanError(Exception):
    """Root of every error Karwan raises on purpose.

    Parameters
    ----------
    fact
        What is wrong, in one sentence.
    evidence
        Where it was seen: file, row, column, value, counts.
    fix
        What the user can do about it.
    """

    def __init__(self, fact: str, evidence: str = "", fix: str = "") -> None:
        self.fact = fact
        self.evidence = evidence
        self.fix = fix
        super().__init__(fact)

    def __str__(self) -> str:
        lines = [self.fact]
        if self.evidence:
            lines.append(f"  Seen: {self.evidence}")
        if self.fix:
            lines.append(f"  Fix: {self.fix}")
        return "\n".join(lines)


class InvalidInput(KarwanError, ValueError):
    """A value given by the user is outside what the command accepts."""


class UnknownName(KarwanError, LookupError):
    """A name (place, product, corridor, table, case) is not known."""


class CaseError(KarwanError, ValueError):
    """A case folder has problems; the report lists every one of them."""


class MissingExtra(KarwanError, ImportError):
    """A feature needs an optional package that is not installed."""


class NotConverged(KarwanError, RuntimeError):
    """An iteration stopped before its tolerance was met and the caller asked for strictness."""


class Unreachable(KarwanError, ValueError):
    """No route joins two places under the stated conditions."""


class NotWritten(KarwanError, OSError):
    """A file could not be written whole; what stood under its name is unchanged."""
