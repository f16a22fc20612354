"""The summary of a brief in the terminal."""

from __future__ import annotations

from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from karwan.amounts import is_number, number, percent
from karwan.analysis.sections import Brief
from karwan.report.blocks import Missing
from karwan.report.document import build_document
from karwan.report.palette import safe_colour
from karwan.report.sections.corridors import (
    WAYS,
    corridor_facts,
    day_state,
    headline_routes,
    is_troubled,
    load_text,
)
from karwan.report.sections.plan import plan_facts
from karwan.report.sections.standing import stand_facts
from karwan.report.sections.target import target_facts
from karwan.report.text import clean, day
from karwan.report.wording import tell

_LATE = 6


def print_summary(brief: Brief, console: Console) -> None:
    """Print headlines, key figures, corridors and what is late; texts are never read as markup.

    Parameters
    ----------
    console
        Where to print; its width sets the tables' width.
    """
    console.print(Text.assemble((clean(brief.title, 200), "bold"), f"  {clean(brief.plan_title, 200)}"))
    console.print(
        Text(tell("brief_page.as_of", day=day(brief.as_of), version=clean(brief.version, 40)), style="dim")
    )
    if brief.under:
        console.print(Text(clean(brief.under, 600), style="bold red"))
    console.print()
    for k, text in enumerate(brief.headlines, start=1):
        grid = Table.grid(padding=(0, 1))
        grid.add_row(Text(f"{k}.", style="bold cyan"), Text(clean(text, 600)))
        console.print(grid)
    console.print()
    _facts(brief, console)
    for way in WAYS:
        _corridors(brief, console, way)
    _missing(brief, console)
    _late(brief, console)
    _rests(brief, console)


def _missing(brief: Brief, console: Console) -> None:
    """What each section without rows lacks, and which table would fill it."""
    sections = build_document(brief).sections
    lacks = [(s.title, b) for s in sections for b in s.blocks if isinstance(b, Missing)]
    if not lacks or brief.corridors.routes.height:
        return
    console.print(Text(tell("brief_page.missing"), style="bold"))
    for title, block in lacks:
        console.print(Text(f"{title}: {block.title}. {block.text.replace('`', '')}"))
    console.print()


def _table(title: str) -> Table:
    return Table(
        title=Text(title, style="bold"),
        title_justify="left",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        collapse_padding=True,
    )


def _facts(brief: Brief, console: Console) -> None:
    rows = [*stand_facts(brief), *corridor_facts(brief), *plan_facts(brief), *target_facts(brief)]
    if not rows:
        return
    table = _table(tell("brief_page.facts_here"))
    table.add_column(tell("brief_page.facts_measure"))
    table.add_column(tell("brief_page.facts_value"), justify="right", no_wrap=True)
    table.add_column(tell("brief_page.facts_unit"))
    for name, value, unit, _ in rows:
        table.add_row(Text(name), Text(value, style="bold"), Text(unit))
    console.print(table)


def _corridors(brief: Brief, console: Console, way: str) -> None:
    routes = headline_routes(brief, way)
    if routes.is_empty():
        return
    table = _table(f"{clean(routes.row(0, named=True)['pair_label'], 80)}, {load_text(brief)}")
    table.add_column(tell("brief_page.corridor"), no_wrap=True)
    for head in ("USD / 20 t", "days", "5 to 95 %", "assumed"):
        table.add_column(head, justify="right", no_wrap=True)
    table.add_column(tell("brief_page.on_the_day"))
    for k, row in enumerate(routes.iter_rows(named=True)):
        table.add_row(
            Text(clean(row["corridor"], 30), style=safe_colour(row["colour"], k)),
            Text(number(row["usd_20t"])),
            Text(number(row["days"], 1)),
            Text(_range(row)),
            Text(percent(row["assumed_share"])),
            Text(day_state(row), style="red" if is_troubled(row) else ""),
        )
    console.print(table)


def _range(row: dict[str, Any]) -> str:
    if not is_number(row["days_p05"]) or not is_number(row["days_p95"]):
        return "–"
    return f"{number(row['days_p05'], 0)}-{number(row['days_p95'], 0)}"


def _late(brief: Brief, console: Console) -> None:
    rows = [r for r in brief.plan.commitments.iter_rows(named=True) if r["late"]]
    if not rows:
        return
    title = tell("brief_page.late", count=len(rows))
    if len(rows) > _LATE:
        title = tell("brief_page.late_first", count=len(rows), shown=_LATE)
    table = _table(title)
    table.add_column(tell("brief_page.due"), no_wrap=True)
    table.add_column(tell("brief_page.days_late"), justify="right", no_wrap=True)
    table.add_column(tell("brief_page.commitment"))
    for row in rows[:_LATE]:
        table.add_row(Text(day(row["due"])), Text(number(row["days_late"])), Text(clean(row["title"], 160)))
    console.print(table)


def _rests(brief: Brief, console: Console) -> None:
    shares = brief.basis.shares
    if shares.is_empty():
        return
    assumed = sum(int(v or 0) for v in shares["assumed"].to_list())
    total = assumed + sum(int(v or 0) for name in ("observed", "computed") for v in shares[name].to_list())
    share = percent(assumed / total if total else None)
    sources = brief.basis.sources.height
    text = tell("brief_page.rests_on", rows=number(total), assumed=share, sources=sources)
    console.print(Text(text, style="dim"))
