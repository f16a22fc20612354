"""One event of the plan in print: its documents, in force or not, what followed, what is owed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import polars as pl

from karwan._version import __version__
from karwan.case import Case
from karwan.exports import write_bytes
from karwan.report import listing as li
from karwan.report.blocks import Block, Document, Missing, Notes, Section
from karwan.report.text import clean, day
from karwan.report.typst_pdf import print_document
from karwan.report.wording import tell


def save_milestone(
    case: Case, milestone: str, documents: pl.DataFrame, said: Sequence[str], as_of: date, folder: Path
) -> Path:
    """Write the documents of a milestone as a PDF.

    Parameters
    ----------
    documents
        Rows of `karwan.analysis.agreements.documents_table`.
    said
        Sentences above the table.

    Returns
    -------
    The file: `<case>-<day>-<milestone>.pdf`.
    """
    settings = case.settings
    row = case["milestones"].filter(pl.col("milestone_id") == milestone).row(0, named=True)
    title = clean(row["title"], 200)
    block: Block = li.listing(
        "documents", tell("plan.milestone_table"), documents, Notes(), li.columns("documents"), wide=True
    ) or Missing(title, " ".join(said))
    document = Document(
        title=title,
        subtitle=f"{clean(settings.title, 120)}, {day(row['date'])}",
        as_of=day(as_of),
        version=__version__,
        case_id=settings.case_id,
        headlines=tuple(said),
        facts=None,
        plate=None,
        sections=(Section("documents", "1", title, tell("plan.milestone_lead", day=day(as_of)), (block,)),),
        annexes=(),
        sources=(),
        colophon=(tell("brief_page.marks"),),
        under=clean(case.under, 600),
    )
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{settings.case_id}-{as_of}-{milestone}.pdf"
    write_bytes(path, print_document(document, as_of))
    return path
