"""`karwan trade ingest`: put trade data into the store, and say what became of each file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from karwan.cli.generated import USUAL_STORE, UsualStoreOption
from karwan.cli.output import JsonOption, print_lines
from karwan.cli.streams import echo, echo_json
from karwan.errors import InvalidInput
from karwan.notes import note
from karwan.words import say

if TYPE_CHECKING:
    from karwan.store import LoadReport, Reading
    from karwan.store.reading import Progress as Done


def register(app: typer.Typer) -> None:
    """Add the command to the `karwan trade` app."""
    app.command("ingest")(ingest)


def ingest(
    source: Annotated[str, typer.Argument(help="Name of a source; see `karwan trade sources`.")],
    paths: Annotated[list[Path] | None, typer.Argument(help="Files to read.")] = None,
    store: UsualStoreOption = USUAL_STORE,
    hs_revision: Annotated[
        str | None, typer.Option(help="Nomenclature of the codes: HS92 ... HS22, or another.")
    ] = None,
    mapping: Annotated[
        str | None, typer.Option(help="Packaged mapping or mapping file, for the source `table`.")
    ] = None,
    country_codes: Annotated[
        Path | None, typer.Option(help="CSV of numeric country codes, as shipped with BACI.")
    ] = None,
    nomenclature: Annotated[
        Path | None, typer.Option(help="CSV with a column of known product codes; flags others.")
    ] = None,
    setting: Annotated[
        list[str] | None, typer.Option("--set", help="Setting of a web service: NAME=VALUE.")
    ] = None,
    on_overlap: Annotated[
        str, typer.Option(help="Flows that are there already: refuse, replace or keep.")
    ] = "refuse",
    allow_unknown: Annotated[
        bool,
        typer.Option("--allow-unknown", help="Store a file most of whose countries or codes are not known."),
    ] = False,
    as_json: JsonOption = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress bar.")] = False,
) -> None:
    """Read trade data into the store: each file once, whole or not at all, every row accounted for.

    Example: karwan trade ingest baci BACI_HS17_Y2020_V202501.csv --store trade.duckdb
    """
    from karwan.store.files import FileOptions, ingest_files  # the store's engines take a second to load

    options = FileOptions(hs_revision, mapping, country_codes, nomenclature, _settings(setting or []))
    shown = _nothing if quiet or as_json else _bar
    reports = ingest_files(
        store, source, paths or [], options, on_overlap=on_overlap, allow_unknown=allow_unknown, shown=shown
    )
    if as_json:
        echo_json([_facts(report) for report in reports])
        return
    for report in reports:
        _print(report)


def _settings(texts: Sequence[str]) -> dict[str, str]:
    bad = [text for text in texts if "=" not in text]
    if bad:
        raise InvalidInput(f"--set {bad[0]} has no `=`.", fix="Write --set reporters=KAZ,PAK.")
    return {name.strip(): value.strip() for name, value in (text.split("=", 1) for text in texts)}


@contextmanager
def _nothing(readings: Sequence[Reading]) -> Iterator[Done]:
    """No progress shown."""
    yield lambda done: None


@contextmanager
def _bar(readings: Sequence[Reading]) -> Iterator[Done]:
    """A progress bar with rate and remaining time on stderr; nothing where stderr is no terminal."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda done: None
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        total = sum(reading.content_bytes for reading in readings)
        task = bar.add_task(readings[0].file_name, total=total)
        yield lambda done: bar.update(task, completed=done)


def _facts(report: LoadReport) -> dict[str, object]:
    return {
        "load_id": report.load_id,
        "source": report.source,
        "file": report.file_name,
        "status": report.status,
        "rows": report.rows,
        "rejects": report.rejects,
        "value_usd": report.value_usd,
        "replaced": report.replaced,
        "reasons": report.reasons.to_dicts(),
        "notes": list(report.notes),
    }


def _print(report: LoadReport) -> None:
    names = {"file": report.file_name, "source": report.source, "load": report.load_id}
    echo(say(note("store.unchanged" if report.status == "unchanged" else "store.loaded", **names)))
    stored, rejected = (note("store.rows", count=count) for count in (report.rows, report.rejects))
    echo(say(note("store.kept", stored=stored, value=report.value_usd, rejected=rejected)))
    for reason, count in report.reasons.iter_rows():
        echo(f"    {count:>10,}  {reason}")
    if report.notes:
        print_lines(f"  note: {text}" for text in report.notes)
