"""A case whose plan is as the register has it."""

from __future__ import annotations

from typing import Any

import polars as pl

from karwan.case import Case
from karwan.register.register import Register
from karwan.register.state import AGREED, UNSTATED, PromiseState, states

SOURCE = "register"


def sides_of(case: Case) -> tuple[str, str]:
    """Country codes of the two parties."""
    return case.settings.party_a, case.settings.party_b


def states_of(case: Case, register: Register) -> dict[str, PromiseState]:
    """State of every promise of a case in a register, and of those that are only proposed there."""
    return states(register.all_entries(), sides_of(case), promises_of(case, register))


def promises_of(case: Case, register: Register) -> list[str]:
    """Keys of the promises of a case, and after them of those that a wording in the register proposes anew."""
    known = case["commitments"]["commitment_id"].to_list()
    worded = (one.entry.commitment_id for one in register.all_entries() if one.entry.kind == "wording")
    return list(dict.fromkeys((*known, *worded)))


def case_under_register(case: Case, register: Register) -> Case:
    """The case with commitments as the register has them, source `register`.

    A status both sides state replaces the case's; where they differ, or one is silent, the status is unknown and both words stand in the
    evidence. A due date and a wording count once both sides hold them. A promise nobody spoke of stays as it was.
    """
    found = states_of(case, register)
    table = case["commitments"]
    rows = [_row(row, found[row["commitment_id"]]) for row in table.iter_rows(named=True)]
    source = {name: None for name in case["sources"].columns} | {
        "source_id": SOURCE,
        "title": _title(register),
        "publisher": "The two sides",
        "licence": "facts only",
    }
    sources = case["sources"].filter(pl.col("source_id") != SOURCE)
    return case.with_tables(
        {
            "commitments": pl.DataFrame(rows, schema=table.schema),
            "sources": pl.concat([sources, pl.DataFrame([source], schema=sources.schema)]),
        }
    )


def _title(register: Register) -> str:
    """The register with its head, by which a reader can verify the chain the figures rest on."""
    own = register.entries()
    held = len(register.all_entries())
    head = f", head {own[-1].digest}" if own else ""
    return f"Register of the plan: {held} entries{head}"


def _row(row: dict[str, Any], state: PromiseState) -> dict[str, Any]:
    changed = dict(row)
    if state.standing != UNSTATED:
        changed |= {
            "status": state.status if state.standing == AGREED else "unknown",
            "status_on": _date(max(word.on or "" for word in state.words.values())),
            "progress_share": _share(state),
            "evidence": "; ".join(
                f"{side}: {word.status or 'nothing stated'}" for side, word in state.words.items()
            ),
            "evidence_url": _link(state),
        }
    if state.due is not None:
        changed |= {
            "due": _date(state.due[0]),
            "due_basis": "none" if state.due[1] == "undated" else "published",
            "due_part": None,
        }
    if state.wording is not None:
        changed["title"] = state.wording
    if changed != row:
        changed |= {"source_id": SOURCE, "basis": "observed"}
    return changed


def _date(text: str | None) -> Any:
    return pl.Series([text]).str.to_date("%Y-%m-%d")[0] if text else None


def _share(state: PromiseState) -> float | None:
    """Share done where both sides give the same."""
    shares = {word.share_percent for word in state.words.values()}
    share = shares.pop() if len(shares) == 1 else None
    return None if share is None else share / 100


def _link(state: PromiseState) -> str | None:
    links = [
        str(one.change["link"])
        for word in state.words.values()
        for one in word.evidence
        if "link" in one.change
    ]
    return links[-1] if links else None
