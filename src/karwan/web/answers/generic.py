"""The screen of any analysis: its form, its tables with labels, units, marks and sources, and what it has to say."""

from __future__ import annotations

import inspect
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

import polars as pl

from karwan.analysis.contract import Analysis, Result
from karwan.analysis.port_requests import MARKETS
from karwan.case import Case
from karwan.case.scenario import FOLDER
from karwan.notes import note
from karwan.project import Project
from karwan.report.answer_tables import answer_tables
from karwan.web.answers.page import Asking, Page
from karwan.web.forms import Control, controls, meant, picked, read_request
from karwan.words import say, sentences
from karwan.words.english.page import PAGE

_REMEMBERED = 24


def answer(asking: Asking) -> Page:
    """The page of the analysis a screen asks."""
    analysis, result = asked(asking)
    text = inspect.getdoc(analysis.request) or ""
    said = sentences([*result.notes, *result.alerts])
    return Page(
        title=title_of(analysis),
        lead=text.split("\n\n")[0].replace("\n", " "),
        parts={"tables": answer_tables(analysis, shown(analysis, result), asking.notes)},
        form=form_of(asking),
        result=result,
        declared={key: analysis.table_of(key) for key in result.tables},
        notes=said,
    )


def title_of(analysis: Analysis[Any]) -> str:
    """Title of an analysis: what it answers, in words; its command, with a capital, where there are none."""
    key = f"page.title_{analysis.name.replace(' ', '_')}"
    return say(note(key)) if key in PAGE else analysis.name.capitalize()


def shown(analysis: Analysis[Any], result: Result) -> Result:
    """A result as people read it."""
    return analysis.presented(result, analysis.view() if analysis.view else None, "table")


def form_of(asking: Asking) -> Sequence[Control]:
    """Form of the request of a screen; none where it asks no analysis."""
    analysis = asking.screen.analysis
    if analysis is None:
        return ()
    case = asking.project.case
    lists = _choices(case, analysis.name)
    day = str(case.settings.as_of)
    return [
        picked(one, lists[one.name])
        if one.name in lists
        else meant(one, day)
        if one.name == "as_of" and analysis.name not in _OF_TODAY
        else one
        for one in controls(analysis.request, asking.query, usual_values(case, analysis.name))
    ]


_OF_TODAY = ("plan pack", "route")
"""Analyses whose day is that of the clock, or that see the case as it was known on a day."""


def _choices(case: Case, name: str) -> dict[str, dict[str, str]]:
    """Fields of an analysis that are chosen from a list, by name in the address: value to label."""
    ventures = case["ventures"].filter(pl.col("life_years").is_not_null())
    found = {
        "market": {one: say(note(f"port.market_{one}")) for one in MARKETS},
        "venture_id": dict(ventures.select("venture_id", "name").iter_rows()),
        "regime_id": {key: str(row["name"]) for key, row in regimes_with_terms(case).items()},
        "deficits": {one: say(note(f"page.deficits_{one}")) for one in ("additive", "universal")},
        **_choices_of(case).get(name, {}),
    }
    return {key: choices for key, choices in found.items() if choices}


def _choices_of(case: Case) -> dict[str, dict[str, dict[str, str]]]:
    """Choices of one analysis alone: other analyses have fields of the same name with another meaning."""
    parties = case.parties
    pairs = {"pairs": {one: say(note(f"page.pairs_{one}")) for one in ("all", "parties")}}
    sides = {parties.code_a: parties.name_a, parties.code_b: parties.name_b}
    return {
        "plan worth": {
            "who": {one: say(note(f"page.who_{one}")) for one in ("parties", "corridor", "world")}
        },
        "plan draft": {"who": {"both": say(note("page.who_both")), **sides}},
        "scenario regime": pairs,
        "scenario trade": pairs,
        "basket": {"corridors": {one: say(note(f"page.borders_{one}")) for one in ("open", "today")}},
    }


def regimes_with_terms(case: Case) -> dict[str, dict[str, Any]]:
    """Rows of the regimes that have terms, by id."""
    terms = set(case["regime_terms"]["regime_id"])
    return {
        row["regime_id"]: row for row in case["regimes"].iter_rows(named=True) if row["regime_id"] in terms
    }


def asked(asking: Asking) -> tuple[Analysis[Any], Result]:
    """The analysis of a screen and its result for what the address asks; equal questions are computed once."""
    analysis = asking.screen.analysis
    assert analysis is not None
    return analysis, result_for(asking, analysis)


def result_for(asking: Asking, analysis: Analysis[Any]) -> Result:
    """Result of an analysis for what the address asks."""
    usual = usual_values(asking.project.case, analysis.name)
    request = read_request(analysis.request, asking.query, usual)
    return computed(asking.project, analysis, request)


_LAST: OrderedDict[tuple[int, str, str], tuple[Project, Result]] = OrderedDict()


def computed(project: Project, analysis: Analysis[Any], request: Any) -> Result:
    """Result of a request; the last ones are remembered, for the files that follow a page."""
    key = (id(project), analysis.name, repr(request))
    if key not in _LAST:
        _LAST[key] = (project, project.ask(analysis, request))
    _LAST.move_to_end(key)
    while len(_LAST) > _REMEMBERED:
        _LAST.popitem(last=False)
    return _LAST[key][1]


def usual_values(case: Case, name: str) -> dict[str, Any]:
    """Values of the fields an analysis cannot do without, from the case: its own pair, product, load and day."""
    settings = case.settings
    start, end = settings.origins[:1], settings.destinations[:1]
    route = {
        "origin": case_name(case, start),
        "destination": case_name(case, end),
        "product": settings.reference_product,
        "tonnes": settings.load_t,
        "departure": settings.as_of,
    }
    a, b = settings.party_a, settings.party_b
    usual: dict[str, dict[str, Any]] = {
        "route": route,
        "trade growth": {"country": a, "partner": b},
        "trade mirror": {"party_a": a, "party_b": b},
        "trade potential": {"exporter": a, "importer": b},
        "trade indicators": {"country": a, "partner": b},
        "trade partners": {"country": a},
        "trade compete": {"product": settings.reference_product},
        "scenario show": {"scenarios": _first_scenario(case)},
        "scenario compare": {"scenarios": _first_scenario(case)},
        "port choice": {"market": _market(case)},
        "scenario trade": {"scenarios": ("today",)},
        "scenario regime": dict.fromkeys(["regime_id"], _regime(case)) if _regime(case) else {},
    }
    if name.startswith("venture") and name != "venture list":
        return _usual_venture(case, name)
    return usual.get(name, {})


def _usual_venture(case: Case, name: str) -> dict[str, Any]:
    """The first venture announced with years at work, no variant of another where one is none, and the kind of template it would fill.

    Without a closure record a border opens as the plant is ready, and shuts again after its life.
    """
    known = case["ventures"].filter(pl.col("life_years").is_not_null())
    if known.is_empty():
        return {}
    row = known.sort(pl.col("variant_of").is_not_null(), ~pl.col("announced"), maintain_order=True).row(
        0, named=True
    )
    if name == "venture template":
        return {"kind": row["kind"]}
    spans = {"reopening_years": float(row["build_years"]), "closing_years": float(row["life_years"])}
    return {"venture_id": row["venture_id"]} | (spans if name == "venture wait" else {})


def _market(case: Case) -> str:
    """The last market of which the case names a country, else the last."""
    named = set(case["market_members"]["market"])
    return [one for one in MARKETS if one in named or not named][-1]


def _regime(case: Case) -> str:
    """The regime to be signed that has terms, else the first with terms; empty where none has any."""
    terms = set(case["regime_terms"]["regime_id"])
    rows = (
        case["regimes"]
        .filter(case["regimes"]["regime_id"].is_in(sorted(terms)))
        .sort("state", descending=True)
    )
    waiting = rows.filter(rows["state"].is_in(["negotiated", "signed", "proposed"]))
    found = waiting if waiting.height else rows
    return str(found["regime_id"][0]) if found.height else ""


def _first_scenario(case: Case) -> tuple[str, ...]:
    """Id of the first scenario of the case; empty where it has none."""
    paths = sorted((case.folder / FOLDER).glob("*.yaml")) if case.folder else []
    return tuple(path.stem for path in paths[:1])


def case_name(case: Case, ids: Sequence[str]) -> str:
    """Name of the first of some places; empty where there is none."""
    if not ids:
        return ""
    found = case["nodes"].filter(case["nodes"]["node_id"] == ids[0])["name"]
    return str(found[0]) if len(found) else ids[0]
