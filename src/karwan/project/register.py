"""The facade's part for the register of the plan: what both sides say, asked and written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Self

from karwan.analysis.contract import Result
from karwan.analysis.register import require_whole
from karwan.analysis.register_requests import (
    PlanHistoryRequest,
    PlanPackRequest,
    PlanStateRequest,
    PlanVerifyRequest,
)
from karwan.analysis.registry import BY_NAME
from karwan.case.case import two_letters
from karwan.errors import UnknownName
from karwan.project.trade import TradeProject
from karwan.register.database import is_register
from karwan.register.entry import Entry
from karwan.register.feeds import Promise, atom, calendar, iati
from karwan.register.files import Evidence
from karwan.register.overlay import case_under_register, promises_of, sides_of, states_of
from karwan.register.register import Held, Register, check_first, now, stamp
from karwan.register.rules import Said
from karwan.register.state import PromiseState
from karwan.register.transfer import merge, read_export, refuse_broken, write_export

FEEDS = ("iati", "calendar", "atom")


@dataclass(frozen=True, repr=False)
class RegisterProject(TradeProject):
    """A case, and the register of its plan."""

    def plan_state(self, register: str, *, domain: str = "", every: bool = False) -> Result:
        """Each side's word on every promise; see `karwan.analysis.register_requests.PlanStateRequest`."""
        return self.ask(BY_NAME["plan state"], PlanStateRequest(register, domain, every))

    def plan_history(self, register: str, *, promise: str = "", since: date | None = None) -> Result:
        """What was said; see `karwan.analysis.register_requests.PlanHistoryRequest`."""
        return self.ask(BY_NAME["plan history"], PlanHistoryRequest(register, promise, since))

    def plan_verify(self, file: Path, *, head: str = "") -> Result:
        """Whether a register or an export is whole; see `karwan.analysis.register_requests.PlanVerifyRequest`."""
        return self.ask(BY_NAME["plan verify"], PlanVerifyRequest(file, head))

    def plan_pack(
        self,
        register: str,
        *,
        since: date | None = None,
        within_days: int = 60,
        as_of: date | None = None,
        unsigned: bool = False,
    ) -> Result:
        """The pack for a meeting; see `karwan.analysis.register_requests.PlanPackRequest`."""
        request = PlanPackRequest(register, since, within_days, as_of, unsigned)
        return self.ask(BY_NAME["plan pack"], request)

    def plan_words(self, register: str, promise: str) -> tuple[PromiseState, list[Held]]:
        """What both sides say of a promise as it stands, and the entries about it by time.

        Raises
        ------
        InvalidInput
            There is no register.
        UnknownName
            The plan has no such promise.
        """
        with Register(register) as opened:
            found = states_of(self.case, opened)
            if promise not in found:
                raise UnknownName(
                    f"The plan has no promise {promise!r}.",
                    f"known: {', '.join(sorted(found))}",
                    "follow a link of the plan.",
                )
            held = [one for one in opened.all_entries() if one.entry.commitment_id == promise]
        return found[promise], held

    def plan_chain(self, register: str) -> str:
        """Id of the chain a register writes to; empty before its first entry."""
        with Register(register) as opened:
            return opened.chain_id

    def say(self, register: str, said: Said, by: str, *, evidence: Evidence | None = None) -> Entry:
        """Write one entry into a register, which is made where it is absent; see `karwan.register.rules`.

        Raises
        ------
        InvalidInput
            The rules refuse it; nothing was written.
        """
        sides, promises = sides_of(self.case), self.case["commitments"]["commitment_id"].to_list()
        if not is_register(register):
            check_first(said, by, sides=sides, commitments=promises)
        with Register(register, create=True) as opened:
            known = promises_of(self.case, opened)
            return opened.append(said, by, sides=sides, commitments=known, evidence=evidence)

    def withdraw(self, register: str, number: int, side: str, by: str, reason: str) -> Entry:
        """Withdraw what a side said itself; both entries stay in the chain.

        Raises
        ------
        InvalidInput
            There is no such entry in the own chain, or the other side said it.
        """
        with Register(register) as opened:
            about = {entry.number: entry.commitment_id for entry in opened.entries()}
        promise = about.get(number, next(iter(about.values()), ""))
        return self.say(register, Said(side, promise, "withdrawal", {"number": number}, reason), by)

    def export_register(self, register: str, path: Path) -> int:
        """Write a register's own chain to a file that goes by mail; returns the number of entries."""
        with Register(register) as opened:
            return write_export(opened, path)

    def merge_register(self, register: str, path: Path) -> int:
        """Take the other side's export into a register; returns how many entries were new."""
        export = read_export(path)
        refuse_broken(export)
        with Register(register, create=True) as opened:
            return merge(opened, export)

    def under_register(self, register: str) -> Self:
        """The project with the plan as a register has it.

        Raises
        ------
        InvalidInput
            There is no register, or it is broken.
        """
        with Register(register) as opened:
            require_whole(opened)
            return type(self)(case_under_register(self.case, opened), self.store)

    def feed(self, register: str, form: str) -> bytes:
        """The plan under a register as IATI 2.03, iCalendar or Atom.

        Raises
        ------
        ValueError
            The form is none of `FEEDS`.
        """
        if form not in FEEDS:
            raise ValueError(f"no feed {form}")
        with Register(register) as opened:
            case = case_under_register(self.case, opened)
            held, people = opened.all_entries(), opened.people()
        moment = stamp(now())
        promises = [_promise(row) for row in case["commitments"].iter_rows(named=True)]
        if form == "calendar":
            return calendar(promises, moment=moment)
        if form == "iati":
            return iati(
                promises,
                reporter=case.settings.title,
                countries=[two_letters(code) for code in sides_of(case)],
                moment=moment,
            )
        titles = {promise.commitment_id: promise.title for promise in promises}
        return atom(held, titles, {one: name for one, (name, _) in people.items()}, moment=moment)


def _promise(row: dict[str, object]) -> Promise:
    link = row["evidence_url"]
    due, share = row["due"], row["progress_share"]
    return Promise(
        commitment_id=str(row["commitment_id"]),
        title=str(row["title"]),
        status=str(row["status"]),
        due=due if isinstance(due, date) else None,
        links=(str(link),) if link else (),
        share=float(share) if isinstance(share, float) else None,
    )
