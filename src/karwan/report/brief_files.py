"""The brief as files: one page, a PDF with its annex, and one workbook."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

from rich.console import Console

from karwan.analysis.sections import Brief
from karwan.errors import InvalidInput
from karwan.exports import beside
from karwan.report.document import build_document
from karwan.report.html import render_html
from karwan.report.milestone_file import save_milestone
from karwan.report.terminal import print_summary
from karwan.report.typst_pdf import render_annex, render_pdf
from karwan.report.workbook import write_workbook


def save_brief(brief: Brief, folder: Path) -> list[Path]:
    """Write a brief as one HTML file, a PDF with its annex and a workbook.

    All are written before the first takes its name, so a full disk leaves the files of an earlier run.

    Returns
    -------
    The files written: `<case>-<day>.html`, `.pdf`, `-annex.pdf`, `.xlsx`; the scenarios the brief stands under follow the day.
    """
    if folder.exists() and not folder.is_dir():
        raise InvalidInput(
            f"{folder} is not a folder.", "a file of that name exists", "name a folder with --out."
        )
    folder.mkdir(parents=True, exist_ok=True)
    stem = "-".join((brief.case_id, str(brief.as_of), *brief.scenarios))
    finals = [folder / f"{stem}{end}" for end in (".html", ".pdf", "-annex.pdf", ".xlsx")]
    with ExitStack() as all_or_none:
        page, pdf, annex, book = [all_or_none.enter_context(beside(path)) for path in finals]
        with ThreadPoolExecutor(
            max_workers=1
        ) as pool:  # the PDF is set outside Python, beside page and workbook
            build_document(brief)
            printed = pool.submit(render_pdf, brief, finals[2].name)
            rest = pool.submit(render_annex, brief)
            page.write_text(render_html(brief), encoding="utf-8")
            write_workbook(brief, book)
            pdf.write_bytes(printed.result())
            annex.write_bytes(rest.result())
    return finals


def hand_out(brief: Brief, folder: Path, console: Console) -> list[Path]:
    """Write a brief as files and print its summary; the files written, as `save_brief` returns them."""
    paths = save_brief(brief, folder)
    print_summary(brief, console)
    return paths


__all__ = ["hand_out", "save_brief", "save_milestone"]
