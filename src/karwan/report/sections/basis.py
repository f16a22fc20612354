"""Section on what the brief rests on: assumed inputs, conflicts, warnings."""

from __future__ import annotations

from karwan.analysis.sections import Brief
from karwan.report import listing as li
from karwan.report.blocks import Block, Figure, Notes, Prose, Section
from karwan.report.charts.basis import draw_basis
from karwan.report.sections.standing import conflict_list
from karwan.report.wording import tell

_MOST = 60


SHORT = (
    "k, m, bn: thousand, million, billion. Days, hours and money are means unless a range is named.",
    "20 t: a load of one truck or 40 ft container; FEU: a 40 ft container; TEU: a 20 ft container.",
    "CO2e: all greenhouse gases as carbon dioxide, from the well to the wheel.",
    "P95: the value that 95 of 100 journeys stay below; 5 to 95 %: the middle nine tenths.",
    "HS: customs code of a product; SITC: sections of goods in trade statistics; FY: fiscal year.",
    "MFN: the duty every seller pays without a preference; regulatory: a duty on top of it.",
    "CRPS and MASE: errors of a forecast, smaller is better; mean PIT: 0.5 where forecasts are neither high nor low.",
)


def basis_section(brief: Brief, notes: Notes) -> Section:
    """All blocks of the section."""
    part = brief.basis
    svg = draw_basis(part.shares)
    warnings = part.warnings.head(_MOST)
    left = part.warnings.height - warnings.height
    blocks: list[Block | None] = [
        Figure(
            "f-basis",
            tell("brief_basis.basis_figure"),
            tell("brief_basis.basis_caption"),
            tell("brief_basis.basis_unit"),
            svg,
        )
        if svg
        else None,
        conflict_list(part.conflicts, tell("brief_basis.conflicts"), notes),
        li.listing(
            "warnings",
            tell("brief_basis.warnings_table"),
            warnings,
            notes,
            li.columns("warnings"),
            note=tell("brief_basis.warnings_note", left=left) if left else "",
        ),
    ]
    if all(b is None for b in blocks):
        blocks.append(li.missing(tell("brief_basis.nothing"), (), tell("brief_basis.nothing_why")))
    else:
        parties = tell("brief_basis.parties", party_a=brief.party_a, party_b=brief.party_b)
        blocks.append(Prose((*SHORT, parties), tell("brief_basis.short_forms")))
    lead = tell("brief_basis.lead")
    return Section("basis", "7", tell("brief_basis.title"), lead, tuple(b for b in blocks if b is not None))
