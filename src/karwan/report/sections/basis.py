"""Section on what the brief rests on: assumed inputs, conflicts, warnings."""

from __future__ import annotations

from karwan.brief import Brief
from karwan.report import listing as li
from karwan.report.blocks import Block, Figure, Notes, Prose, Section
from karwan.report.charts.basis import draw_basis
from karwan.report.text import clean

_MOST = 60


def basis_section(brief: Brief, notes: Notes) -> Section:
    """All blocks of the section."""
    part = brief.basis
    svg = draw_basis(part.shares)
    warnings = part.warnings.head(_MOST)
    left = part.warnings.height - warnings.height
    blocks: list[Block | None] = [
        Figure(
            "f-basis",
            "Observed, computed, assumed",
            "Share of the input rows by what they rest on.",
            "share of rows",
            svg,
        )
        if svg
        else None,
        Prose(
            tuple(
                f"{clean(r['subject'])}: {clean(r['statement'])}"
                for r in part.conflicts.iter_rows(named=True)
            ),
            "Sources that contradict each other; both are kept",
        )
        if part.conflicts.height
        else None,
        li.listing(
            "warnings",
            "Values outside their plausible bounds",
            warnings,
            notes,
            (
                li.text("Table", "table", 0.9),
                li.text("Row", "row", 1.1),
                li.text("Column", "column"),
                li.text("Value", "value"),
                li.text("Why it is listed", "message", 2.4),
            ),
            note=f"{left} more are listed by `karwan case check`." if left else "",
        ),
    ]
    if all(b is None for b in blocks):
        blocks.append(li.missing("Nothing to account for", (), "The case holds no rows yet."))
    lead = (
        "A figure nobody observed is assumed, and says so: it "
        "is set in italics with a dagger wherever it appears."
    )
    return Section("basis", "7", "What this rests on", lead, tuple(b for b in blocks if b is not None))
