"""Ports: by which the trade with a market goes, with its band; and the ports, terminals and zones side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import polars as pl

from karwan.analysis.contract import Result
from karwan.analysis.corridors import CorridorStudy
from karwan.analysis.ports import PORT_KINDS, ports_section
from karwan.analysis.sections import PortsSection
from karwan.case import Case
from karwan.errors import UnknownName
from karwan.notes import note
from karwan.report.answer_tables import answer_tables
from karwan.report.blocks import Block, Cell, Figure, Table
from karwan.report.charts.port_shares import draw_port_shares
from karwan.report.sections.ports import port_blocks, terms_blocks
from karwan.report.text import clean
from karwan.report.wording import tell
from karwan.transport.restrictions import SANCTIONED, holds_on
from karwan.web.answers.generic import asked, form_of, shown
from karwan.web.answers.maps import layer_geojson, map_part
from karwan.web.answers.page import Asking, Page
from karwan.words import say, sentences


def answer(asking: Asking) -> Page:
    """The page of `karwan port choice`."""
    analysis, result = asked(asking)
    picture = draw_port_shares(result.tables["ports"])
    pictures: list[Block] = []
    if picture:
        caption = tell("port.shares_caption")
        pictures.append(
            Figure("f-port-shares", tell("port.shares_figure"), caption, tell("port.shares_unit"), picture)
        )
    market = say(note(f"port.market_{result.meta['market']}"))
    return Page(
        title=say(note("port.page_title", market=market)),
        lead=say(note("port.page_lead")),
        parts={
            "pictures": pictures,
            "tables": answer_tables(analysis, shown(analysis, result), asking.notes),
        },
        form=form_of(asking),
        result=result,
        declared={key: analysis.table_of(key) for key in result.tables},
        notes=sentences([*result.notes, *result.alerts]),
    )


def screen(asking: Asking) -> Page:
    """The same with the ports, terminals and zones of the case side by side; its files are those of `karwan port choice`."""
    page = answer(asking)
    study = CorridorStudy(asking.project.case, asking.as_of)
    parts = {
        **page.parts,
        "tables": _linked(asking, page.parts["tables"]),
        "after": _linked(asking, port_blocks(ports_section(study), asking.as_of, asking.notes)),
    }
    return Page(page.title, page.lead, parts, page.form, page.result, page.declared, page.notes)


def one(asking: Asking) -> Page:
    """One port: how it compares, its terminals and their terms, its free zones and what they spare; its files hold these tables.

    Raises
    ------
    UnknownName
        The case has no such port.
    """
    case, key = asking.project.case, asking.ids["id"]
    known = _ports(case)
    if key not in known.values():
        listed = ", ".join(sorted(known.values()))
        raise UnknownName(f"The case has no port {key!r}.", f"known: {listed}", "follow a link of the ports.")
    name = next(named for named, port in known.items() if port == key)
    found = _of_port(ports_section(CorridorStudy(case, asking.as_of), key), key, name)
    tables = {
        "ports": found.ports,
        "port_terminals": found.terminals,
        "port_terms": found.terms,
        "port_free_zones": found.free_zones,
        "zone_gains": found.zone_gains,
    }
    country = str(case["nodes"].filter(pl.col("node_id") == key)["country"][0])
    every = [*port_blocks(found, asking.as_of, asking.notes), *terms_blocks(found, asking.notes)]
    blocks = [block for block in every if not isinstance(block, Figure)]  # one port is compared with none
    return Page(
        title=clean(name, 80),
        lead=" ".join(
            (
                say(note("page.port_lead", country=case.country_name(country))),
                *_sanctions(asking, key, country),
            )
        ),
        parts={"map": map_part(asking), "blocks": blocks},
        result=Result(tables),
        declared={table: table for table in tables},
        geojson=lambda: layer_geojson(asking, "nodes", key),
    )


def _sanctions(asking: Asking, port: str, country: str) -> list[str]:
    """In a sentence, the sanctions of the day on a port or its country."""
    own = [
        row["name"]
        for row in asking.project.case["restrictions"].iter_rows(named=True)
        if row["effect"] == SANCTIONED and row["place_id"] in (port, country) and holds_on(row, asking.as_of)
    ]
    rules = "; ".join(clean(name, 160) for name in dict.fromkeys(own))
    return [say(note("page.port_sanctions", rules=rules))] if rules else []


def _of_port(every: PortsSection, key: str, name: str) -> PortsSection:
    """What of the ports is about one: its own row, terminals, terms and zones."""
    zones = every.free_zones.filter(pl.col("place") == name)
    return PortsSection(
        ports=every.ports.filter(pl.col("node_id") == key),
        terminals=every.terminals.filter(pl.col("node_id") == key),
        off_dock=every.off_dock.filter(pl.col("place") == name),
        free_zones=zones,
        terms=every.terms.filter(pl.col("place") == name),
        zone_gains=every.zone_gains.filter(pl.col("zone").is_in(zones["zone"].to_list())),
    )


def _ports(case: Case) -> dict[str, str]:
    """Names of the ports of the case to their keys: those compared, and those with a terminal of a port."""
    own = case["terminals"].filter(pl.col("kind").is_in(PORT_KINDS))["node_id"].to_list()
    ids = {*case.settings.ports, *own}
    nodes = case["nodes"].filter(pl.col("node_id").is_in(sorted(ids)))
    return {name: key for key, name in nodes.select("node_id", "name").iter_rows()}


def _linked(asking: Asking, blocks: Sequence[Block]) -> list[Block]:
    """Tables with a row a port, its name a link to its page."""
    known, root = _ports(asking.project.case), f"/en/{asking.project.case.settings.case_id}/ports/"
    found: list[Block] = []
    for block in blocks:
        if isinstance(block, Table) and block.columns[0].label == "Port":
            rows = tuple((_to(row[0], known, root), *row[1:]) for row in block.rows)
            block = replace(block, rows=rows)
        found.append(block)
    return found


def _to(name: Cell, known: Mapping[str, str], root: str) -> Cell:
    return replace(name, url=f"{root}{known[name.text]}") if name.text in known else name
