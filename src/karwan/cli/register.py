"""`karwan plan say|attach|propose|note|withdraw|export|merge|feed`: what writes to the register of the plan, or sends it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from karwan.cli.streams import echo
from karwan.errors import InvalidInput
from karwan.exports import write_bytes
from karwan.project import open_case
from karwan.project.register import FEEDS
from karwan.register.entry import Entry
from karwan.register.files import evidence_of
from karwan.register.rules import JOINT, Said

RegisterArgument = Annotated[str, typer.Argument(help="Register: a SQLite file, or a PostgreSQL address.")]
PromiseArgument = Annotated[
    str, typer.Argument(help="Promise: its commitment_id; `karwan plan status` lists them.")
]
CaseOption = Annotated[str, typer.Option("--case", help="Embedded case or folder.")]
SideOption = Annotated[str, typer.Option("--side", help="Country code of the side it is said for.")]
ByOption = Annotated[str, typer.Option("--by", help="Who says it.")]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why, in a sentence.")]
FileOption = Annotated[
    Path | None, typer.Option("--file", help="Evidence: PDF, PNG, JPEG, TXT, CSV, DOCX or XLSX, 10 MB.")
]
LinkOption = Annotated[str | None, typer.Option("--link", help="Evidence: an address.")]


def register(app: typer.Typer) -> None:
    """Add the commands to `karwan plan`."""
    for command in (say, attach, propose, note, withdraw, export, merge, feed):
        app.command(command.__name__)(command)


def say(
    place: RegisterArgument,
    promise: PromiseArgument,
    status: Annotated[
        str, typer.Argument(help="not_started, in_progress, partly_done, done, stalled or unknown.")
    ],
    side: SideOption,
    by: ByOption,
    reason: ReasonOption,
    on: Annotated[
        datetime | None,
        typer.Option("--on", formats=["%Y-%m-%d"], help="Day it speaks of; today by default."),
    ] = None,
    share: Annotated[int | None, typer.Option("--share", help="Share done, percent.")] = None,
    case: CaseOption = "kaz-pak",
) -> None:
    """State for one side how far a promise is.

    Example: karwan plan say plan.register electric_buses in_progress --side KAZ --by "A. Bek" --reason "12 of 40 delivered"
    """
    change: dict[str, str | int] = {"status": status}
    if on is not None:
        change["on"] = f"{on:%Y-%m-%d}"
    if share is not None:
        change["share_percent"] = share
    _tell(open_case(case).say(place, Said(side, promise, "statement", change, reason), by))


def attach(
    place: RegisterArgument,
    promise: PromiseArgument,
    side: SideOption,
    by: ByOption,
    reason: ReasonOption,
    file: FileOption = None,
    link: LinkOption = None,
    case: CaseOption = "kaz-pak",
) -> None:
    """Attach evidence for one side: a file or a link.

    Example: karwan plan attach plan.register electric_buses --file act.pdf --side KAZ --by "A. Bek" --reason "Act of delivery"
    """
    if (file is None) == (link is None):
        raise InvalidInput("Evidence is a file or a link.", "", "give --file or --link, one of them.")
    evidence = evidence_of(file) if file is not None else None
    change: dict[str, str | int] = {"link": link or ""}
    if evidence is not None:
        change = {"file": evidence.digest, "name": evidence.name, "bytes": len(evidence.content)}
    _tell(open_case(case).say(place, Said(side, promise, "evidence", change, reason), by, evidence=evidence))


def propose(
    place: RegisterArgument,
    promise: PromiseArgument,
    side: SideOption,
    by: ByOption,
    reason: ReasonOption,
    due: Annotated[str | None, typer.Option("--due", help="Due date, or 'undated'.")] = None,
    kind: Annotated[str, typer.Option("--due-type", help="indicative or definitive.")] = "definitive",
    wording: Annotated[str | None, typer.Option("--wording", help="Text of the promise.")] = None,
    case: CaseOption = "kaz-pak",
) -> None:
    """Propose a due date or a wording for one side; it holds once the other side proposes the same.

    Example: karwan plan propose plan.register electric_buses --due 2027-03-31 --side PAK --by "S. Khan" --reason "Port strike"
    """
    if (due is None) == (wording is None):
        raise InvalidInput(
            "A proposal is a due date or a wording.", "", "give --due or --wording, one of them."
        )
    if wording is not None:
        said = Said(side, promise, "wording", {"text": wording}, reason)
    elif due == "undated":
        said = Said(side, promise, "due", {"due_type": "undated"}, reason)
    else:
        said = Said(side, promise, "due", {"due": due or "", "due_type": kind}, reason)
    _tell(open_case(case).say(place, said, by))


def note(
    place: RegisterArgument,
    promise: PromiseArgument,
    text: Annotated[str, typer.Argument(help="The note.")],
    by: ByOption,
    reason: ReasonOption,
    case: CaseOption = "kaz-pak",
) -> None:
    """Write a joint note, as a meeting of both sides agreed it.

    Example: karwan plan note plan.register electric_buses "Both name a contact by May." --by Secretariat --reason "Meeting of 3 April"
    """
    _tell(open_case(case).say(place, Said(JOINT, promise, "joint", {"text": text}, reason), by))


def withdraw(
    place: RegisterArgument,
    number: Annotated[int, typer.Argument(help="Number of the entry; `karwan plan history`.")],
    side: SideOption,
    by: ByOption,
    reason: ReasonOption,
    case: CaseOption = "kaz-pak",
) -> None:
    """Withdraw what a side said itself; both entries stay to be read.

    Example: karwan plan withdraw plan.register 7 --side KAZ --by "A. Bek" --reason "Wrong promise"
    """
    _tell(open_case(case).withdraw(place, number, side, by, reason))


def export(
    place: RegisterArgument,
    out: Annotated[Path, typer.Argument(help="File to write, for the other side.")],
    case: CaseOption = "kaz-pak",
) -> None:
    """Write one's own chain, its signed heads and its files to one file that goes by mail.

    Example: karwan plan export plan.register from_astana.karwan
    """
    count = open_case(case).export_register(place, out)
    echo(f"{out}: {count} entries. Check it with `karwan plan verify {out}`.")


def merge(
    place: RegisterArgument,
    file: Annotated[Path, typer.Argument(help="The other side's export.")],
    case: CaseOption = "kaz-pak",
) -> None:
    """Take the other side's export in; what was received before must not have changed.

    Example: karwan plan merge plan.register from_islamabad.karwan
    """
    echo(f"{open_case(case).merge_register(place, file)} new entries.")


def feed(
    place: RegisterArgument,
    form: Annotated[str, typer.Argument(help="iati (IATI 2.03), calendar (iCalendar) or atom.")],
    out: Annotated[Path, typer.Argument(help="File to write.")],
    case: CaseOption = "kaz-pak",
) -> None:
    """Write the plan under a register for other programs.

    Example: karwan plan feed plan.register calendar due.ics
    """
    if form not in FEEDS:
        raise InvalidInput(f"{form} is no form of the plan.", "", f"give one of {', '.join(FEEDS)}.")
    write_bytes(out, open_case(case).feed(place, form))
    echo(f"{out} written.")


def _tell(entry: Entry) -> None:
    echo(f"Entry {entry.number}, {entry.at}, digest {entry.digest}")
