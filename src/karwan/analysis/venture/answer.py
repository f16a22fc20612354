"""What `karwan venture list`, `appraise` and `compare` answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from karwan.analysis.contract import Inputs, Result
from karwan.analysis.corridors import CorridorStudy
from karwan.analysis.venture.appraise import USUAL_DRAWS, Appraisal, with_carriage
from karwan.analysis.venture.band import banded, quantiles
from karwan.analysis.venture.carriage import Carriage, carriages_of, case_in
from karwan.analysis.venture.read import BAN, HOURS, find_venture, lacking_words, read_venture, why_not
from karwan.analysis.venture.tables import (
    cash_band_table,
    cash_table,
    first_gate,
    fleet_table,
    gain_table,
    indicator_table,
    indicator_text,
    input_table,
    input_words,
    people_table,
)
from karwan.analysis.venture.traffic import corridor_traffic
from karwan.analysis.venture_requests import AppraiseRequest, CompareVentureRequest, VentureListRequest
from karwan.appraisal.venture.cash import available, capacity, vehicle_trips
from karwan.appraisal.venture.model import CAPITAL, VentureStage
from karwan.case import Case
from karwan.case.scenario import find_scenario
from karwan.notes import Note, note
from karwan.schema.frames import result_frame

ASKED_FIRST = 3
"""How many assumed inputs are named as what to find out first."""


def answer_venture_list(inputs: Inputs, request: VentureListRequest) -> Result:
    """Ventures and what each lacks to be appraised."""
    case = inputs.the_case()
    rows = []
    for row in case["ventures"].sort("venture_id").iter_rows(named=True):
        lacks = why_not(case, row["venture_id"])
        rows.append(
            {
                **{name: row[name] for name in ("venture_id", "kind", "state", "announced", "capex_usd")},
                **{name: row[name] for name in ("variant_of", "basis", "source_id")},
                "venture": row["name"],
                "appraised": not lacks,
                "lacks": ", ".join(lacks),
                "lacks_text": lacking_words(lacks),
            }
        )
    table = result_frame("venture_list", rows)
    counts = note("venture.counts", ready=table["appraised"].sum(), all=table.height)
    return Result({"ventures": table}, notes=(counts,))


def appraisals_of(
    case: Case,
    venture_ids: Sequence[str],
    states: Sequence[Sequence[str]],
    *,
    draws: int = 0,
    seed: int = 1,
    study: CorridorStudy | None = None,
) -> list[list[tuple[Appraisal, Carriage]]]:
    """Ventures of a case in states of it, each with the corridor's part in its prices: a list of states for each venture.

    Raises
    ------
    UnknownName
        No such venture or scenario.
    InvalidInput
        One has no figures, or a good has no open route.
    """
    study = study or CorridorStudy(case, case.settings.as_of)
    cases = [case_in(study, names) for names in states]
    reads = [[read_venture(own, one) for own in cases] for one in venture_ids]
    carried = carriages_of(study, reads, states)
    return [
        [
            (Appraisal(with_carriage(read, one.values), draws or USUAL_DRAWS, seed), one)
            for read, one in zip(own, carriages, strict=True)
        ]
        for own, carriages in zip(reads, carried, strict=True)
    ]


def answer_appraise(inputs: Inputs, request: AppraiseRequest) -> Result:
    """Appraise one venture: indicators, cash, what decides, who gains, technology."""
    case = inputs.the_case()
    if request.trade:
        case = case.with_tables({"venture_supply": corridor_traffic(inputs, request)})
    found = appraisals_of(
        case, [request.venture_id], [request.scenarios], draws=request.draws, seed=request.seed
    )
    made, carried = found[0][0]
    tables = {
        "indicators": indicator_table(made),
        "what decides": input_table(made),
        "who gains": gain_table(made),
        "price at the gate": carried.table,
        "fleet": fleet_table(made),
        "technology and training": people_table(made),
        "cash by year": cash_band_table(made),
        "cash in the middle case": cash_table(made),
    }
    meta = {
        "venture_id": request.venture_id,
        "venture": made.read.row["name"],
        "scenarios": list(request.scenarios),
        "draws": made.draws,
        "seed": made.seed,
        "withheld": made.withheld,
    }
    return Result(tables, meta, notes=appraisal_notes(made), detail=made)


def appraisal_notes(made: Appraisal) -> tuple[Note, ...]:
    """What a reader must know: the gap first, then the chances, what binds, what to find out."""
    financial, economic = made.firr.rate, made.eirr.rate
    said = []
    if made.withheld:
        said += [withheld_note(made), _gap_band(made), _middle_note(made)]
    elif financial is not None and economic is not None:
        said.append(note("venture.gap", firr_share=financial, eirr_share=economic))
    drawn = made.drawn
    said.append(
        note(
            "venture.chances",
            draws=made.draws,
            financial_share=float((drawn.fnpv > 0).mean()),
            economic_share=float((drawn.enpv > 0).mean()),
        )
    )
    if not made.read.row["announced"]:
        said.append(note("venture.stand_in", note=made.read.row["note"] or ""))
    said += [_ban_note(made, key) for key in made.bans]
    said += [_corridor_note(made, row) for row in made.read.rows["venture_supply"] if row["port_id"]]
    binding = _binding(made)
    if binding:
        said.append(
            note("venture.binds_supply" if binding.pop("supply") else "venture.binds_load", **binding)
        )
    said += [_fleet_note(made, stage) for stage in made.fleets]
    certain = _certain(made)
    if certain:
        said.append(note("venture.certain", inputs=len(certain), names=certain[:ASKED_FIRST]))
    asked = first_unknown(made)
    if made.withheld and asked:
        said.append(note("venture.find_out", inputs=asked))
    return tuple(said)


def first_unknown(made: Appraisal) -> list[str]:
    """The assumed inputs that move the financial NPV most, in words: what to find out first."""
    assumed = [one.key for one in made.importance if made.read.figures[one.key].basis == "assumed"]
    return [input_words(made, key) for key in assumed[:ASKED_FIRST]]


def _certain(made: Appraisal) -> list[str]:
    """Assumed inputs without a range, in words: the draws take them as certain."""
    ranged = {one.key for one in made.read.ranges}
    used = [key for key in made.read.venture.values if key in made.read.figures and key not in ranged]
    rows = [key for key in used if made.read.figures[key].basis == "assumed" and _moves(made, key)]
    if HOURS in ranged:  # hours on the way are the corridor's, and drawn with it
        rows = [key for key in rows if not key.endswith(".turn_hours")]
    return [input_words(made, key) for key in rows]


def _moves(made: Appraisal, key: str) -> bool:
    """Whether a number is one that a range could move: none that is nothing, 1 by definition, equity (what loans leave), or capital that overruns move."""
    row, column = key.rsplit(".", 1)
    value = float(made.read.venture.value(key))
    if value == 0.0 or (value == 1.0 and (column.endswith("share") or column == "output_per_input")):
        return False
    if row.startswith("venture_finance."):
        return any(loan.key == row for loan in made.read.venture.loans)
    kinds = {cost.key: cost.kind for cost in made.read.venture.costs}
    return not (made.read.overruns and kinds.get(row) in CAPITAL)


def withheld_note(made: Appraisal) -> Note:
    """Why no single value stands."""
    return note(
        "venture.withheld", assumed_share=made.assumed_share, economic_share=made.assumed_share_economic
    )


def _middle_note(made: Appraisal) -> Note:
    """Where the middle case stands among the draws: what switching values are counted from can be worked back, so it is said and not hidden."""
    worse = float((made.drawn.fnpv < made.fnpv).mean())
    return note("venture.middle_worked_back", worse_share=worse, better_share=1.0 - worse)


def _corridor_note(made: Appraisal, row: Mapping[str, Any]) -> Note:
    """How much of what a service can have is the corridors' own trade."""
    key = f"venture_supply.{row['venture_supply_id']}"
    own = float(made.read.venture.value(f"{key}.corridor_year"))
    share = own * float(made.read.venture.value(f"{key}.transit_share", 1.0))
    whole = float(available(made.read.venture, key))
    return note(
        "venture.corridor_traffic",
        own=own,
        port=row["port_id"],
        product=row["product_id"].replace("_", " "),
        own_share=share / whole if whole else 0.0,
    )


def _ban_note(made: Appraisal, sale: str) -> Note:
    """In how many years the market of a sale is shut, and that the middle case knows no such year."""
    working = made.bans[sale][made.read.venture.terms.build :]
    figure = made.read.figures[f"{sale}.{BAN}"]
    row = next(r for r in made.read.rows["venture_sales"] if r["sale_id"] == figure.row)
    return note("venture.ban", market=row["market"], banned_share=float(working.mean()))


def _gap_band(made: Appraisal) -> Note:
    """Internal rates by the band of the draws."""
    financial, economic = quantiles(made.drawn.firr), quantiles(made.drawn.eirr)
    return note(
        "venture.gap_band",
        financial=" to ".join(indicator_text(one, "share") for one in (financial or ())[::2]) or "none",
        economic=" to ".join(indicator_text(one, "share") for one in (economic or ())[::2]) or "none",
    )


def _binding(made: Appraisal) -> dict[str, object]:
    """Which limit holds the first stage in its best year: what it takes in, or its own load; empty where it has no supply."""
    stage = made.read.venture.stages[0]
    supply = next((s for s in made.read.venture.supplies if s.product == stage.input_product), None)
    if supply is None:
        return {}
    reached = float(np.max(made.cash.taken[stage.key]))
    within = float(available(made.read.venture, supply.key))
    row = next(r for r in made.read.rows["venture_stages"] if r["stage_id"] == stage.key.split(".")[-1])
    return {
        "unit": row["capacity_unit"],
        "reached": reached,
        "capacity": float(capacity(made.read.venture, stage)),
        "within": within,
        "what": note(f"venture.supply_{made.read.row['kind']}", product=supply.product.replace("_", " ")),
        "supply": within <= reached * (1 + 1e-9),
    }


def _fleet_note(made: Appraisal, stage: VentureStage) -> Note:
    """Which binds a fleet: its permits, or the hours of its vehicles."""
    venture = made.read.venture
    vehicles, permits = (
        float(venture.value(f"{stage.key}.{name}")) for name in ("vehicles", "capacity_year")
    )
    able = vehicles * float(vehicle_trips(venture, stage))
    what = "venture.fleet_permits" if permits < able else "venture.fleet_vehicles"
    return note(what, vehicles=vehicles, permits=permits, able=able)


def answer_venture_compare(inputs: Inputs, request: CompareVentureRequest) -> Result:
    """A venture as the case stands and under each scenario: the same draws, so that differences are the scenario's."""
    case = inputs.the_case()
    find_venture(case, request.venture_id)
    states = [(), *((name,) for name in request.scenarios)]
    own = appraisals_of(case, [request.venture_id], states, draws=request.draws, seed=request.seed)[0]
    names = ["as it stands", *request.scenarios]
    made = [(name, one) for name, (one, _) in zip(names, own, strict=True)]
    first = made[0][1]
    folder = case.folder
    titles = {name: find_scenario(folder, name).title for name in request.scenarios} if folder else {}
    rows = [{"modelled_as": titles.get(name, name), **_state_row(name, one, first)} for name, one in made]
    notes = [note("venture.same_draws", draws=first.draws)]
    notes += [withheld_note(one) for _, one in made if one.withheld][:1]
    return Result({"under scenarios": result_frame("venture_states", rows)}, notes=tuple(notes))


def _state_row(name: str, made: Appraisal, first: Appraisal) -> dict[str, object]:
    """A state's band, and draw by draw what it moves: single values where both states let them stand."""
    drawn, before = made.drawn, first.drawn
    return {
        "scenario": name,
        "gate_usd": first_gate(made),
        "fnpv_usd": made.single(made.fnpv),
        **banded("fnpv", drawn.fnpv),
        "fnpv_change_usd": first.single(made.single(made.fnpv - first.fnpv)),
        **banded("fnpv_change", drawn.fnpv - before.fnpv),
        "fnpv_positive_share": float((drawn.fnpv > 0).mean()),
        **banded("enpv", drawn.enpv),
        "enpv_change_usd": first.single(made.single(made.enpv - first.enpv)),
        **banded("enpv_change", drawn.enpv - before.enpv),
        "enpv_positive_share": float((drawn.enpv > 0).mean()),
    }
