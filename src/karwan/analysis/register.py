"""The register of the plan asked: state, history, verification, the pack for a meeting."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

import polars as pl

from karwan.analysis.contract import Inputs, Result
from karwan.analysis.plan import commitment_table
from karwan.analysis.register_requests import (
    PlanHistoryRequest,
    PlanPackRequest,
    PlanStateRequest,
    PlanVerifyRequest,
)
from karwan.case import Case
from karwan.errors import InvalidInput, UnknownName
from karwan.notes import Note, note
from karwan.register.entry import Break, checked_digest
from karwan.register.overlay import case_under_register, promises_of, sides_of, states_of
from karwan.register.register import Held, Register, now
from karwan.register.state import ORDER, UNSTATED, PromiseState
from karwan.register.transfer import read_export
from karwan.schema.frames import result_frame

Row = dict[str, Any]


def answer_plan_state(inputs: Inputs, request: PlanStateRequest) -> Result:
    """Both sides' words on every promise.

    Raises
    ------
    InvalidInput
        There is no register, or it is broken.
    UnknownName
        The plan has no such domain.
    """
    case = inputs.the_case()
    domains = case["domains"]["domain_id"].to_list()
    if request.domain and request.domain not in domains:
        raise UnknownName(
            f"The plan has no domain {request.domain!r}.", "", f"domains: {', '.join(domains)}."
        )
    with Register(request.register) as register:
        require_whole(register)
        found = states_of(case, register)
        said = [held.entry.commitment_id for held in register.all_entries()]
    rows = _state_rows(case, found, request.domain)
    shown = [row for row in rows if request.every or row["standing"] != UNSTATED]
    foreign = [one for one in said if one not in found]
    told = [note("register.foreign", count=len(foreign), promises=", ".join(sorted(set(foreign))[:5]))]
    notes = (_counts(case, rows), *(told if foreign else []))
    return Result({"promises": result_frame("register_promises", shown)}, notes=notes)


def _state_rows(case: Case, found: dict[str, PromiseState], domain: str = "") -> list[Row]:
    """Rows of the promises, disagreement first."""
    rows = []
    promises = list(case["commitments"].iter_rows(named=True))
    known = {commitment["commitment_id"] for commitment in promises}
    promises += [_proposed(state) for key, state in found.items() if key not in known]
    for commitment in promises:
        if domain in ("", commitment["domain_id"]):
            rows.append(_state_row(case, commitment, found[commitment["commitment_id"]]))
    return sorted(rows, key=lambda row: (ORDER.index(row["standing"]), row["commitment_id"]))


def _proposed(state: PromiseState) -> Row:
    """Row of a promise that the plan does not have yet: the newest wording proposed for it."""
    wordings = [word.wording for word in state.words.values() if word.wording is not None]
    title = wordings[0] if wordings else state.commitment_id
    return {
        "commitment_id": state.commitment_id,
        "domain_id": None,
        "title": f"proposed: {title}",
        "status": None,
        "due": None,
    }


def _state_row(case: Case, commitment: Row, state: PromiseState) -> Row:
    first, second = (state.words[side] for side in sides_of(case))
    due = state.due
    return {
        "commitment_id": commitment["commitment_id"],
        "domain_id": commitment["domain_id"],
        "title": state.wording or commitment["title"],
        "standing": state.standing,
        "status_a": first.status,
        "on_a": first.on,
        "share_a": None if first.share_percent is None else first.share_percent / 100,
        "status_b": second.status,
        "on_b": second.on,
        "share_b": None if second.share_percent is None else second.share_percent / 100,
        "public_status": commitment["status"],
        "due": (due[0] if due else None) or (None if due else _text(commitment["due"])),
        "due_by": "both sides" if due else ("case" if commitment["due"] else None),
        "evidence": len(first.evidence) + len(second.evidence),
        "last": state.last or None,
    }


def answer_plan_history(inputs: Inputs, request: PlanHistoryRequest) -> Result:
    """What was said.

    Raises
    ------
    InvalidInput
        There is no register, or it is broken.
    UnknownName
        The plan has no such promise.
    """
    case = inputs.the_case()
    with Register(request.register) as register:
        require_whole(register)
        _require_promise(promises_of(case, register), request.promise)
        held, people, own = register.all_entries(), register.people(), register.chain_id
    wanted = [one for one in held if request.promise in ("", one.entry.commitment_id)]
    rows = [_history_row(one, people, own) for one in _since(wanted, request.since)]
    notes = () if rows else (note("register.nothing_said", all=len(held)),)
    return Result({"entries": result_frame("register_entries", rows)}, notes=notes)


def _require_promise(known: Sequence[str], promise: str) -> None:
    if promise and promise not in known:
        raise UnknownName(f"The plan has no promise {promise!r}.", "", "`karwan plan status` lists them.")


def _since(held: Iterable[Held], day: date | None) -> list[Held]:
    return [one for one in held if day is None or one.entry.at[:10] >= day.isoformat()]


def _history_row(one: Held, people: dict[str, tuple[str, str]], own: str) -> Row:
    entry = one.entry
    return {
        "number": entry.number,
        "chain": "own" if one.chain_id == own else "received",
        "chain_id": one.chain_id,
        "at": entry.at,
        "side": entry.side,
        "author": people.get(entry.author, (entry.author, ""))[0],
        "commitment_id": entry.commitment_id,
        "kind": entry.kind,
        "change": "; ".join(f"{key}: {value}" for key, value in entry.change.items()),
        "reason": entry.reason,
        "digest": entry.digest,
    }


def answer_plan_verify(inputs: Inputs, request: PlanVerifyRequest) -> Result:
    """Whether a register or an export is whole.

    Raises
    ------
    InvalidInput
        The file is neither.
    """
    head = checked_digest(request.head) if request.head else None
    if _is_database(request):
        with Register(str(request.file)) as register:
            broken = register.verify(head)
            chains = {chain: len(register.entries(chain)) for chain in register.chains()}
            points = len(register.checkpoints())
    else:
        export = read_export(request.file)
        first = export.first_break(head)
        broken = [(export.chain_id, first)] if first else []
        chains, points = {export.chain_id: len(export.entries)}, len(export.checkpoints)
    rows = [_chain_row(chain, count, dict(broken).get(chain)) for chain, count in chains.items()]
    rows += [_chain_row(chain, 0, one) for chain, one in broken if chain not in chains]
    return Result(
        {"chains": result_frame("register_chains", rows)},
        meta={"whole": not broken, "checkpoints": points},
        notes=(note("register.broken" if broken else "register.whole"),),
        failed=bool(broken),
    )


def _is_database(request: PlanVerifyRequest) -> bool:
    if not request.file.is_file():
        raise InvalidInput(f"There is no file {request.file}.", "", "check the path.")
    with request.file.open("rb") as handle:
        return handle.read(16).startswith(b"SQLite format 3")


def _chain_row(chain: str, count: int, broken: Break | None) -> Row:
    return {
        "chain_id": chain,
        "entries": count,
        "whole": broken is None,
        "broken_at": broken.number if broken else None,
        "fault": broken.fault if broken else None,
    }


def answer_plan_pack(inputs: Inputs, request: PlanPackRequest) -> Result:
    """The pack for a meeting; signs the head of the chain unless told not to, and carries its number and digest.

    Raises
    ------
    InvalidInput
        There is no register, or it is broken.
    """
    case = inputs.the_case()
    day = request.as_of or now().date()
    with Register(request.register) as register:
        require_whole(register)
        point = register.head() if request.unsigned else register.checkpoint()
        found = states_of(case, register)
        under = case_under_register(case, register)
        held, people, own = register.all_entries(), register.people(), register.chain_id
    rows = _state_rows(case, found)
    promises = commitment_table(under, day)
    said = _since(held, request.since)
    return Result(
        {
            "disagreements": result_frame(
                "register_promises", [row for row in rows if row["standing"] == "unequal"]
            ),
            "waiting": result_frame("register_proposals", _proposals(case, found)),
            "late": result_frame("register_due", _due_rows(promises.filter("late"))),
            "falls due": result_frame("register_due", _due_rows(_soon(promises, day, request.within_days))),
            "changed": result_frame("register_entries", [_history_row(one, people, own) for one in said]),
        },
        meta={
            "as_of": str(day),
            "number": point.number,
            "digest": point.digest,
            "signed_at": point.at,
            "key": point.key,
        },
        notes=(_counts(case, rows), note("register.pack", number=point.number, digest=point.digest)),
    )


def _proposals(case: Case, found: dict[str, PromiseState]) -> list[Row]:
    sides = sides_of(case)
    return [
        {
            "commitment_id": one,
            "proposed_by": side,
            "waits_for": sides[0] if side == sides[1] else sides[1],
            "what": what,
            "proposal": text,
        }
        for one, state in sorted(found.items())
        for side, what, text in state.proposals
    ]


def _soon(promises: pl.DataFrame, day: date, within_days: int) -> pl.DataFrame:
    last = day + timedelta(days=within_days)
    return promises.filter(pl.col("due").is_between(day, last) & (pl.col("status") != "done")).sort("due")


def _due_rows(promises: pl.DataFrame) -> list[Row]:
    columns = ["commitment_id", "title", "parties", "due", "due_part", "status", "days_late"]
    return promises.select(columns).to_dicts()


def require_whole(register: Register) -> None:
    """Refuse to answer from a register that is broken.

    Raises
    ------
    InvalidInput
        It was changed after it was written.
    """
    broken = register.verify()
    if broken:
        chain, first = broken[0]
        raise InvalidInput(
            f"The register was changed after it was written: entry {first.number}.",
            f"chain {chain or 'none'}, {first.fault}",
            "restore it from a copy, or compare with an export: `karwan plan verify FILE`.",
        )


def _counts(case: Case, rows: list[Row]) -> Note:
    first, second = sides_of(case)
    counted = {
        standing.replace(" ", "_"): sum(row["standing"] == standing for row in rows) for standing in ORDER
    }
    return note("register.counts", all=len(rows), first=first, second=second, **counted)


def _text(day: date | None) -> str | None:
    return day.isoformat() if day else None
