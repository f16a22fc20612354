"""What is asked of the register of the plan. Loads no engine."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from karwan.analysis.contract import asks

REGISTER = "Register: a SQLite file, or the address of a PostgreSQL database."
SINCE = asks("Only what was said since this day.", metavar="DAY")


@dataclass(frozen=True)
class PlanStateRequest:
    """Each side's word on every promise, beside the other's; disagreement first.

    Example: karwan plan state plan.register
    """

    register: str = field(metadata=asks(REGISTER, flag="argument"))
    domain: str = field(default="", metadata=asks("Only this domain of the plan."))
    every: bool = field(default=False, metadata=asks("Show the promises nobody spoke of too.", flag="--all"))


@dataclass(frozen=True)
class PlanHistoryRequest:
    """What was said, when, by whom, and why.

    Example: karwan plan history plan.register --promise electric_buses
    """

    register: str = field(metadata=asks(REGISTER, flag="argument"))
    promise: str = field(default="", metadata=asks("Only about this promise: its commitment_id."))
    since: date | None = field(default=None, metadata=SINCE)


@dataclass(frozen=True)
class PlanVerifyRequest:
    """Whether a register, or an export of one, was changed after it was written: the first broken entry.

    An export is checked offline, without the case. With --head the chain must hold the digest of a checkpoint, as printed in a pack: a
    chain cut at its end does not. It shows tampering, it does not prevent it.

    Example: karwan plan verify from_islamabad.karwan
    """

    file: Path = field(metadata=asks("Register or export.", flag="argument"))
    head: str = field(default="", metadata=asks("Digest that must be in the chain."))


@dataclass(frozen=True)
class PlanPackRequest:
    """The pack for a meeting: disagreements first, what waits for the other side, what is late or due, what changed.

    Example: karwan plan pack plan.register --since 2026-10-01
    """

    register: str = field(metadata=asks(REGISTER, flag="argument"))
    since: date | None = field(default=None, metadata=SINCE)
    within_days: int = field(default=60, metadata=asks("Days ahead in which a promise falls due.", least=0))
    as_of: date | None = field(
        default=None, metadata=asks("Day it speaks of; default: today.", metavar="DAY")
    )
    unsigned: bool = field(
        default=False,
        metadata=asks("Leave the head as it is: unsigned, where no checkpoint signed it before."),
    )
