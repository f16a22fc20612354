"""What a transit regime is: its terms clause by clause, the rules, papers and fees that rest on it, the promises that bring it, and its legs before and after."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from karwan.analysis.regime.lead import base_lead
from karwan.analysis.regime.legs import leg_table
from karwan.analysis.regime.states import Row, regime_states
from karwan.analysis.regime.worth import clause, clause_range
from karwan.case import Case
from karwan.case.places import Gazetteer
from karwan.case.scenario import list_scenarios
from karwan.notes import Note
from karwan.schema.frames import result_frame

TABLES = ("regimes", "regime_terms", "access")
"""Tables by which a scenario brings a regime."""


@dataclass(frozen=True)
class RegimeFacts:
    """A regime of a case.

    Attributes
    ----------
    row
        Its row of `regimes.csv`.
    clauses
        Its terms; see `results/regime_clauses.csv`.
    rests
        Access rules, papers and fees that rest on it; see `results/regime_rests.csv`.
    promises
        Promises whose scenario changes it; see `results/regime_promises.csv`.
    legs
        What trucks of each party meet in each other without and with it; empty where it has no terms.
    lead
        Which crossings that its answer takes as open are shut on the day.
    """

    row: Row
    clauses: pl.DataFrame
    rests: pl.DataFrame
    promises: pl.DataFrame
    legs: pl.DataFrame
    lead: tuple[Note, ...] = ()


def regime_facts(case: Case, regime_id: str) -> RegimeFacts:
    """All that a case says of one of its regimes; no network is built."""
    row = case["regimes"].filter(pl.col("regime_id") == regime_id).row(0, named=True)
    terms = case["regime_terms"].filter(pl.col("regime_id") == regime_id)
    told = _clauses(case, terms), _rests(case, regime_id), _promises(case, regime_id)
    if not terms.height:
        return RegimeFacts(row, *told, result_frame("regime_legs"))
    states = regime_states(case, regime_id)
    return RegimeFacts(row, *told, leg_table(states), tuple(base_lead(states)))


def regime_list(case: Case) -> pl.DataFrame:
    """All regimes of a case, with how much of each is in figures; see `results/regimes_listed.csv`."""
    rows = []
    for row in case["regimes"].sort("regime_id").iter_rows(named=True):
        regime_id = row["regime_id"]
        terms = case["regime_terms"].filter(pl.col("regime_id") == regime_id)
        rows.append(
            {
                **{name: row[name] for name in ("regime_id", "in_force", "signed", "source_id")},
                "regime": row["name"],
                "state": row["state"].replace("_", " "),
                "parties": ", ".join(case.country_name(one) for one in row["parties"]),
                "terms": terms.height,
                "rests": _rests(case, regime_id).height,
                "promises": _promises(case, regime_id).height,
            }
        )
    return result_frame("regimes_listed", rows)


def _clauses(case: Case, terms: pl.DataFrame) -> pl.DataFrame:
    rows = [
        {
            "clause": clause(row),
            "range": clause_range(row) if row["low"] is not None else None,
            "leg": row["leg"],
            "place": _where(case, row["place_id"]) if row["place_id"] else "all parties",
            "basis": row["basis"],
            "note": row["note"],
            "source_id": row["source_id"],
        }
        for row in terms.sort("leg", "term_id").iter_rows(named=True)
    ]
    return result_frame("regime_clauses", rows)


def _rests(case: Case, regime_id: str) -> pl.DataFrame:
    """Rows of other tables that name the regime."""
    rows: list[Row] = []
    own = pl.col("regime_id") == regime_id
    for row in case["access"].filter(own).sort("access_id").iter_rows(named=True):
        trucks = row["vehicle_registration"]
        what = (
            f"trucks of {case.country_name(trucks)}: {row['rule']}"
            if trucks
            else f"all trucks: {row['rule']}"
        )
        rows.append(_rest("access", what, case.country_name(row["country"]), row))
    for row in case["documents"].filter(own).sort("document_id").iter_rows(named=True):
        place = _where(case, row["place_id"]) if row["place_id"] else row["scope"]
        rows.append(_rest("paper", row["name"], place, row))
    for row in case["fees"].filter(own).sort("fee_id").iter_rows(named=True):
        rows.append(_rest("fee", row["name"], _where(case, row["place_id"]), row))
    return result_frame("regime_rests", rows)


def _rest(kind: str, what: str, place: str, row: Row) -> Row:
    own = {name: row.get(name) for name in ("cost_usd", "time_h", "basis", "source_id")}
    return {"kind": kind, "what": what, "place": place} | own


def _where(case: Case, place_id: str) -> str:
    """Name of a country or place."""
    countries = dict(case["countries"].select("country", "name").iter_rows())
    return str(countries.get(place_id) or Gazetteer(case.tables).name(place_id))


def _promises(case: Case, regime_id: str) -> pl.DataFrame:
    """Promises of scenarios that put the regime in force or change its terms or the rules that rest on it."""
    if case.folder is None:
        return result_frame("regime_promises")
    keys = {
        "regimes": {regime_id},
        "regime_terms": set(case["regime_terms"].filter(pl.col("regime_id") == regime_id)["term_id"]),
        "access": set(case["access"].filter(pl.col("regime_id") == regime_id)["access_id"]),
    }
    brings = {
        one.scenario_id: one.title
        for one in list_scenarios(case.folder)
        if any(o.table in TABLES and keys[o.table] & set(o.keys) for o in one.overrides)
    }
    promised = case["commitments"].filter(pl.col("scenario_id").is_in(list(brings)))
    rows = [
        {
            "commitment_id": row["commitment_id"],
            "promise": row["title"],
            "status": str(row["status"]).replace("_", " "),
            "due": row["due"],
            "modelled_as": brings[row["scenario_id"]],
            "source_id": row["source_id"],
        }
        for row in promised.sort("commitment_id").iter_rows(named=True)
    ]
    return result_frame("regime_promises", rows)
