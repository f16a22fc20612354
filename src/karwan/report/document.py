"""The report as a document: one sequence of blocks from a brief, for every rendering."""

from __future__ import annotations

from functools import lru_cache

from karwan.amounts import is_number
from karwan.analysis.sections import Brief
from karwan.report.blocks import Column, Document, Figure, Notes, Table, cell
from karwan.report.fonts import LICENCE, font_folder
from karwan.report.map import PRINT_RATIO, RATIO, draw_map
from karwan.report.sections.annexes import annexes
from karwan.report.sections.basis import basis_section
from karwan.report.sections.corridors import corridor_facts, corridor_section, shut_places
from karwan.report.sections.front import front_pages
from karwan.report.sections.goods import goods_section
from karwan.report.sections.plan import plan_facts, plan_section
from karwan.report.sections.ports import ports_section
from karwan.report.sections.standing import stand_facts, standing_section
from karwan.report.sections.target import target_facts, target_section
from karwan.report.text import clean, day, items, safe_url
from karwan.report.wording import tell


def source_notes(brief: Brief) -> Notes:
    """Numbers of the sources as the brief gives them."""
    rows = brief.basis.sources.iter_rows(named=True)
    return Notes({clean(r["source_id"]): int(r["number"]) for r in rows if is_number(r["number"])})


def build_document(brief: Brief) -> Document:
    """Document of a brief; the same brief gives the same document."""
    return _build(_Same(brief))


class _Same:
    """Brief compared by identity, so that three renderings of one brief draw its pictures once."""

    def __init__(self, brief: Brief) -> None:
        self.brief = brief

    def __hash__(self) -> int:
        return id(self.brief)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.brief is self.brief


@lru_cache(maxsize=2)
def _build(same: _Same) -> Document:
    brief = same.brief
    notes = source_notes(brief)
    plate, map_notes = _plate(brief, RATIO)
    printed, _ = _plate(brief, PRINT_RATIO)
    sections = (
        standing_section(brief, notes),
        corridor_section(brief, notes),
        goods_section(brief, notes),
        ports_section(brief, notes),
        plan_section(brief, notes),
        target_section(brief, notes),
        basis_section(brief, notes),
    )
    fonts = LICENCE if font_folder() else tell("brief_page.fonts_missing")
    colophon = (
        tell("brief_page.marks"),
        *map_notes,
        fonts,
        tell("brief_page.made_by", version=clean(brief.version, 40), case_id=clean(brief.case_id, 60)),
    )
    return Document(
        clean(brief.title, 300),
        clean(brief.plan_title, 300),
        day(brief.as_of),
        clean(brief.version, 40),
        clean(brief.case_id, 60),
        tuple(clean(h, 600) for h in brief.headlines),
        _facts(brief),
        plate,
        sections,
        annexes(brief, notes),
        _sources(brief),
        colophon,
        clean(brief.under, 600),
        front_pages(brief, notes),
        printed=printed,
    )


def _plate(brief: Brief, ratio: float) -> tuple[Figure | None, tuple[str, ...]]:
    part = brief.corridors
    shut = frozenset(shut_places(brief))
    names = ", ".join(items(part.corridors["name"].to_list())) if part.corridors.height else "none"
    drawn = draw_map(
        part.map_nodes,
        part.map_lines,
        part.corridors,
        shut,
        parties=(brief.party_a, brief.party_b),
        title=tell("brief_page.map_title", day=day(brief.as_of)),
        description=tell(
            "brief_page.map_description", corridors=names, shut=", ".join(sorted(shut)) or "none"
        ),
        ratio=ratio,
    )
    if drawn is None:
        return None, ()
    svg, map_notes = drawn
    caption = tell("brief_page.map_caption", day=day(brief.as_of))
    return Figure("f-map", tell("brief_page.map_figure"), caption, "km", svg, wide=True), map_notes


def _facts(brief: Brief) -> Table | None:
    rows = [*stand_facts(brief), *corridor_facts(brief), *plan_facts(brief), *target_facts(brief)]
    if not rows:
        return None
    columns = (
        Column(tell("brief_page.facts_measure"), share=1.5),
        Column(tell("brief_page.facts_value"), right=True, share=0.7),
        Column(tell("brief_page.facts_unit"), share=2.4),
    )
    body = tuple(
        (cell(name), cell(value, tone="strong"), cell(unit, tone="muted")) for name, value, unit, _ in rows
    )
    return Table("facts", tell("brief_page.facts_table", day=day(brief.as_of)), columns, body)


def _sources(brief: Brief) -> tuple[tuple[int, str, str, str, int], ...]:
    result = []
    for row in brief.basis.sources.iter_rows(named=True):
        if not is_number(row["number"]):
            continue
        year = f", {row['year']}" if is_number(row["year"]) else ""
        text = f"{clean(row['title'], 400)}. {clean(row['publisher'], 200)}{year}."
        result.append(
            (
                int(row["number"]),
                text,
                safe_url(row["url"]) or "",
                clean(row["licence"], 120),
                int(row["rows"] or 0),
            )
        )
    return tuple(sorted(result))
