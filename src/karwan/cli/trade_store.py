"""`karwan trade ingest`, `query` and `sources`: put trade data into the store and ask it."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import polars as pl
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

from karwan.cli.output import Format, emit, say
from karwan.cli.streams import echo, echo_json
from karwan.errors import InvalidInput, KarwanError
from karwan.exports import json_text

if TYPE_CHECKING:
    from karwan.store import LoadReport, QueryResult, Reading, Verification
    from karwan.store.sources import Source
    from karwan.store.sources.registry import Options

StoreOption = Annotated[
    str,
    typer.Option(
        "--store",
        help="DuckDB file, or an engine's URL (postgres://..., spark://...).",
        envvar="KARWAN_STORE",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
CsvOption = Annotated[bool, typer.Option("--csv", help="Print CSV.")]
DEFAULT_STORE = "karwan.duckdb"


def register(app: typer.Typer) -> None:
    """Add the store's commands to the `karwan trade` app."""
    app.command("ingest")(ingest)
    app.command("query")(query)
    app.command("sources")(sources)
    app.command("loads")(loads)
    app.command("rejects")(rejects)
    app.command("verify")(verify)


@contextmanager
def _errors(debug: bool = False) -> Iterator[None]:
    """Turn a Karwan error into its message on stderr and exit code 2."""
    try:
        yield
    except KarwanError as error:
        if debug:
            raise
        echo(f"{type(error).__name__}: {error}", err=True)
        raise typer.Exit(2) from error


def ingest(
    source: Annotated[str, typer.Argument(help="Name of a source; see `karwan trade sources`.")],
    paths: Annotated[list[Path] | None, typer.Argument(help="Files to read.")] = None,
    store: StoreOption = DEFAULT_STORE,
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
    as_json: JsonOption = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress bar.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,
) -> None:
    """Read trade data into the store: each file once, whole or not at all, every row accounted for.

    Example: karwan trade ingest baci BACI_HS17_Y2020_V202501.csv --store trade.duckdb
    """
    with _errors(debug):
        from karwan import store as trade_store
        from karwan.store.sources import source_named
        from karwan.store.sources.countries import countries_with
        from karwan.store.sources.registry import Options

        options = Options(
            hs_revision=hs_revision,
            mapping=mapping,
            countries=countries_with(country_codes),
            known_codes=None if nomenclature is None else _known_codes(nomenclature),
            service=_settings(setting or []),
        )
        chosen = source_named(source)
        groups = _readings(chosen, paths or [], options)
        reports: list[LoadReport] = []
        with trade_store.open_store(store, create=True) as opened:
            for readings in groups:
                with _bar(readings, quiet or as_json) as progress:
                    reports += trade_store.ingest(opened, readings, on_overlap=on_overlap, progress=progress)
        _print_reports(reports, as_json)


def _readings(source: Source, paths: Sequence[Path], options: Options) -> list[list[Reading]]:
    """Readings by path; each path is one transaction."""
    if source.needs_path and not paths:
        raise InvalidInput(f"The source `{source.name}` needs a file.", fix=f"It reads {source.reads}.")
    return [source.read(path, options) for path in paths] if paths else [source.read(None, options)]


def _settings(texts: Sequence[str]) -> dict[str, str]:
    bad = [text for text in texts if "=" not in text]
    if bad:
        raise InvalidInput(f"--set {bad[0]} has no `=`.", fix="Write --set reporters=KAZ,PAK.")
    return {name.strip(): value.strip() for name, value in (text.split("=", 1) for text in texts)}


def _known_codes(path: Path) -> frozenset[str]:
    if not path.is_file():
        raise InvalidInput(f"There is no file {path}.", fix="Check the path.")
    try:
        with path.open(encoding="utf-8-sig", newline="") as handle:
            return _codes_in(path.name, csv.DictReader(handle))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InvalidInput(
            f"{path.name} cannot be read.", str(error)[:200], "Give a CSV in UTF-8 with a column of codes."
        ) from error


def _codes_in(file: str, reader: csv.DictReader[str]) -> frozenset[str]:
    names = [name for name in reader.fieldnames or [] if "code" in name.lower()]
    if not names:
        raise InvalidInput(f"{file} has no column of codes.", fix="Name a column `code` or `hscode`.")
    return frozenset(row[name].strip() for row in reader for name in names if row[name])


@contextmanager
def _bar(readings: Sequence[Reading], quiet: bool) -> Iterator[Any]:
    """A progress bar with rate and remaining time on stderr, or nothing."""
    console = Console(stderr=True)
    if quiet or not console.is_terminal:
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


def _print_reports(reports: Sequence[LoadReport], as_json: bool) -> None:
    if as_json:
        rows = [
            {
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
            for report in reports
        ]
        echo_json(rows)
        return
    for report in reports:
        verb = "is in the store already: nothing changed" if report.status == "unchanged" else "loaded"
        echo(f"{report.file_name} {verb} ({report.source}, load {report.load_id})")
        echo(f"  {_rows(report.rows)} stored, {report.value_usd:,.0f} USD; {_rows(report.rejects)} rejected")
        for reason, count in report.reasons.iter_rows():
            echo(f"    {count:>10,}  {reason}")
        _say([f"  note: {note}" for note in report.notes])


def query(  # noqa: PLR0913 - the options of one command
    store: StoreOption = DEFAULT_STORE,
    exporter: Annotated[
        list[str] | None, typer.Option(help="Code or name; repeat, or separate by commas.")
    ] = None,
    importer: Annotated[list[str] | None, typer.Option(help="Code or name; WLD is the world.")] = None,
    reporter: Annotated[list[str] | None, typer.Option(help="Whose statistics.")] = None,
    side: Annotated[list[str] | None, typer.Option(help="exporter, importer, reconciled or unknown.")] = None,
    product: Annotated[list[str] | None, typer.Option(help="Product code or its beginning.")] = None,
    level: Annotated[list[int] | None, typer.Option(help="Digits of the code; 0 is the total.")] = None,
    period: Annotated[list[str] | None, typer.Option(help="2020, 2025-03 or 2024-07..2025-06.")] = None,
    since: Annotated[str | None, typer.Option(help="First day, YYYY-MM-DD.")] = None,
    until: Annotated[str | None, typer.Option(help="Last day, YYYY-MM-DD.")] = None,
    source: Annotated[list[str] | None, typer.Option(help="Source of the load.")] = None,
    hs_revision: Annotated[list[str] | None, typer.Option(help="Nomenclature.")] = None,
    by: Annotated[
        list[str] | None, typer.Option(help="Columns to group by; repeat, or separate by commas.")
    ] = None,
    limit: Annotated[int | None, typer.Option(help="Largest so many groups.")] = None,
    revision: Annotated[
        str | None,
        typer.Option(help="Express HS codes in this revision, as HS12; adds product to the groups."),
    ] = None,
    correlation: Annotated[
        list[Path] | None,
        typer.Option(help="UNSD correlation table (.xlsx, .xls, .csv) to do so by; repeat for several."),
    ] = None,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,
) -> None:
    """Sum stored flows by groups. What must not be added (both sides, several sources, ...) is kept apart and
    said.

    Example: karwan trade query --exporter AFG --importer PAK --by period,product --level 6 --csv
    """
    with _errors(debug):
        from karwan.analysis.stored import stored_flows
        from karwan.store.query import Selection

        lists = {
            "exporter": exporter,
            "importer": importer,
            "reporter": reporter,
            "side": side,
            "product": product,
            "level": level,
            "period": period,
            "source": source,
            "hs_revision": hs_revision,
        }
        given: dict[str, Any] = {name: tuple(values) for name, values in lists.items() if values}
        result = stored_flows(
            store,
            Selection(**given, since=_day(since), until=_day(until)),
            by=_names(by),
            limit=limit,
            revision=revision,
            correlations=correlation or (),
        )
        _print_result(result, as_json, as_csv)


def _names(texts: Sequence[str] | None) -> tuple[str, ...]:
    """Names given one by one or with commas between."""
    return tuple(name.strip() for text in texts or () for name in text.split(",") if name.strip())


def _day(text: str | None) -> str | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise InvalidInput(f"`{text}` is no day.", fix="Write YYYY-MM-DD.") from error


def _print_result(result: QueryResult, as_json: bool, as_csv: bool) -> None:
    if as_json:
        echo_json({"rows": result.table.to_dicts(), "notes": list(result.notes)})
        return
    _print_table(result.table, as_csv)
    _say([f"note: {note}" for note in result.notes], err=True)


def _say(notes: Sequence[str], *, err: bool = False) -> None:
    if notes:
        say(notes, err=err)


def _print_table(table: pl.DataFrame, as_csv: bool) -> None:
    emit({"": table}, Format.CSV if as_csv else Format.TABLE)
    if not as_csv:
        echo(_rows(table.height))


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"


def sources(as_json: JsonOption = False) -> None:
    """List the sources and the packaged mappings.

    Example: karwan trade sources
    """
    from karwan.store.sources import SOURCES
    from karwan.store.sources.mapping import packaged_mappings

    rows = [
        {"source": entry.name, "title": entry.title, "provider": entry.provider, "reads": entry.reads}
        for entry in SOURCES.values()
    ]
    maps = [
        {"mapping": entry.name, "title": entry.title, "provider": entry.provider, "layout": entry.layout}
        for entry in packaged_mappings().values()
    ]
    if as_json:
        echo_json({"sources": rows, "mappings": maps})
        return
    tables = {"sources": pl.DataFrame(rows), "mappings for the source `table`": pl.DataFrame(maps)}
    emit(tables, Format.TABLE)


def loads(store: StoreOption = DEFAULT_STORE, as_json: JsonOption = False, as_csv: CsvOption = False) -> None:
    """List what was loaded, oldest first.

    Example: karwan trade loads --store trade.duckdb
    """
    with _errors():
        from karwan import store as trade_store

        with trade_store.open_store(store) as opened:
            table = opened.loads().select(
                "load_id", "source", "file_name", "rows", "replaced", "rejects", "value_usd", "loaded_at"
            )
        _rows_out(table, as_json, as_csv)


def rejects(
    store: StoreOption = DEFAULT_STORE,
    load: Annotated[str | None, typer.Option(help="Only this load.")] = None,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
) -> None:
    """List rows that were not stored: line, reason, and the row as it stood.

    Example: karwan trade rejects --load 434155e28025ce42 --csv
    """
    with _errors():
        from karwan import store as trade_store

        with trade_store.open_store(store) as opened:
            table = opened.rejects(load)
        _rows_out(table, as_json, as_csv)


def verify(
    store: StoreOption = DEFAULT_STORE,
    upgrade: Annotated[
        bool,
        typer.Option("--upgrade", help="First bring a store of an earlier version up to date, in place."),
    ] = False,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
) -> None:
    """Compare what the store holds with what its loads say: counts, keys, digests. A fault ends in exit code 2.

    Example: karwan trade verify --store trade.duckdb
    """
    with _errors():
        from karwan import store as trade_store

        if upgrade:
            before = trade_store.upgrade(store)
            typer.echo(f"The store had format {before}; it is up to date.", err=True)
        with trade_store.open_store(store, checked=False) as opened:
            result = trade_store.verify(opened)
        _print_verification(result, as_json, as_csv)
        if result.problems.height:
            raise typer.Exit(2)


def _print_verification(result: Verification, as_json: bool, as_csv: bool) -> None:
    problems = result.problems
    if as_json:
        answer = {
            "ok": problems.is_empty(),
            "loads": result.loads,
            "rows": result.rows,
            "checks": result.checks.to_dicts(),
        }
        typer.echo(json_text(answer))
        return
    if as_csv:
        _print_table(result.checks, as_csv)
        return
    held = f"{result.loads:,} loads, {_rows(result.rows)}"
    if problems.is_empty():
        typer.echo(f"The store is whole: {held}; {result.checks.height:,} checks.")
        return
    _print_table(problems.drop("ok"), as_csv)
    typer.echo(
        f"StoreError: {problems.height} of {result.checks.height} checks failed ({held}). The store is damaged.\n"
        "  Fix: take it from a backup, or load the files again into a new store.",
        err=True,
    )


def _rows_out(table: pl.DataFrame, as_json: bool, as_csv: bool) -> None:
    if as_json:
        echo_json(table.to_dicts())
    else:
        _print_table(table, as_csv)
