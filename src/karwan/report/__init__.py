"""The brief and its renderings: terminal, HTML, PDF and workbook, all from the same results."""

from karwan.report.html import render_html
from karwan.report.terminal import print_summary
from karwan.report.typst_pdf import render_pdf
from karwan.report.workbook import write_workbook

__all__ = ["print_summary", "render_html", "render_pdf", "write_workbook"]
