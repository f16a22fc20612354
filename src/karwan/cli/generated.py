"""Commands made from the registry: options from a request's fields, tables and headings from the result rows."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, Field, fields, replace
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, get_args, get_type_hints

import polars as pl
import typer

from karwan.analysis.contract import Analysis, Result
from karwan.case.case import case_folder
from karwan.cli.extracts import ColumnOption, FolderOption, PlotOption, extract_of, only_option
from karwan.cli.options import CaseArgument, PrivateOption, ScenarioOption
from karwan.cli.output import SHARES, CsvOption, Format, JsonOption, chosen, emit, print_lines
from karwan.cli.plain import PLAIN
from karwan.cli.streams import echo_json
from karwan.errors import UnknownName
from karwan.project import ask
from karwan.schema.answer_text import with_notes
from karwan.schema.results import ResultTable, result_table
from karwan.schema.shown import shown_headings, shown_parts, with_bands
from karwan.words import say_facts, sentences

CaseOption = Annotated[str, typer.Option("--case", help="Embedded case or folder.")]
PairCaseOption = Annotated[
    str | None, typer.Option("--case", help="Case of the two countries; the embedded one by default.")
]
StoreOption = Annotated[str | None, typer.Option("--store", help="Trade store; see `karwan trade ingest`.")]

UNDER_SCENARIOS = ("argument", "option")  # ways to name a case that take --scenario and --private
USUAL_CASE = "kaz-pak"
USUAL_STORE = "karwan.duckdb"
UsualStoreOption = Annotated[
    str,
    typer.Option(
        "--store",
        help="DuckDB file, or an engine's URL (postgres://..., spark://...).",
        envvar="KARWAN_STORE",
    ),
]


def command_of(analysis: Analysis[Any]) -> Callable[..., None]:
    """A typer command that asks one analysis."""
    listed = _listed_after_the_case(analysis)

    def command(**given: Any) -> None:
        form = chosen(given.pop("as_json"), given.pop("as_csv"))
        extract = extract_of(given)
        if listed:
            _take_apart(given, listed)
        case, store = given.pop("case", None), given.pop("store", None)
        under_scenarios = analysis.case in UNDER_SCENARIOS
        scenarios = given.pop("scenarios", None) if under_scenarios else None
        private = given.pop("private", None) if under_scenarios else None
        view = _made(analysis.view, given) if analysis.view else None
        request = _made(analysis.request, given)
        result, under = ask(analysis, request, case=case, scenarios=scenarios, store=store, private=private)
        seen = extract.of(analysis.presented(result, view, form.value))
        written = extract.write(analysis, extract.of(result))
        show(analysis, seen, form, under=under, whole=not extract.only)
        print_lines([f"written: {path}" for path in written], err=form is not Format.TABLE)
        if result.failed:
            raise typer.Exit(2)

    command.__signature__ = inspect.Signature(_parameters(analysis))  # type: ignore[attr-defined]
    command.__doc__ = inspect.getdoc(analysis.request)
    command.__name__ = analysis.name.split()[-1]
    return command


def _listed_after_the_case(analysis: Analysis[Any]) -> str | None:
    """The field whose words follow the case as arguments of the command."""
    if analysis.case not in ("argument", "plain"):
        return None
    kinds = get_type_hints(analysis.request)
    asked = (one for one in fields(analysis.request) if one.metadata["flag"] == "argument")
    return next((one.name for one in asked if _is_list(kinds[one.name])), None)


def _take_apart(given: dict[str, Any], listed: str) -> None:
    """The usual case where the first word names none; the words that follow it, of which there is one at least."""
    case = given["case"]
    try:
        case_folder(case)
    except UnknownName:
        given |= {"case": USUAL_CASE, listed: [case, *(given[listed] or ())]}
    if not given[listed]:
        raise typer.BadParameter(f"Missing argument '{listed}'.")


def _made(kind: type[Any], given: Mapping[str, Any]) -> Any:
    """A request or view from what the shell gave."""
    own = {one.name: given[one.name] for one in fields(kind)}
    whole = {one.name for one in fields(kind) if one.metadata["whole"]}
    plain = {name: _plain(value, name in whole) for name, value in own.items() if value is not None}
    return kind(**plain)


def show(
    analysis: Analysis[Any], result: Result, form: Format, *, under: Sequence[Any] = (), whole: bool = True
) -> None:
    """Print a result: titles and headings from the result rows, no empty table among the plain ones; `whole` unless one table was asked for."""
    said = replace(
        result,
        meta=say_facts(result.meta),
        notes=tuple(sentences(result.notes)),
        alerts=tuple(sentences(result.alerts)),
    )
    if form is Format.TABLE:
        _show_plain(analysis, said, under, whole)
    elif analysis.bare and form is Format.JSON:
        echo_json(next(iter(said.tables.values())).to_dicts())
    else:
        _show_rows(analysis, said, form, under)


def _show_rows(analysis: Analysis[Any], said: Result, form: Format, under: Sequence[Any]) -> None:
    """Everything of a result for programs."""
    alerts = [str(one) for one in said.alerts]
    notes = [*map(str, said.notes), *alerts]
    meta, beside = with_notes(said.meta, notes, analysis.notes_key, joined=analysis.notes_joined)
    emit(said.tables, form, meta=meta, notes=beside, under=under)
    if form is Format.CSV:
        print_lines(alerts, err=True)


def _show_plain(analysis: Analysis[Any], said: Result, under: Sequence[Any], whole: bool) -> None:
    """What people read of a result."""
    notes = [str(one) for one in (*said.notes, *said.alerts)]
    if whole and analysis.name in PLAIN:
        page = PLAIN[analysis.name](said)
        emit(page.tables, Format.TABLE, columns=page.columns, notes=page.notes, under=under, lead=page.lead)
        return
    tables: dict[str, pl.DataFrame] = {}
    columns: dict[str, dict[str, str]] = {}
    spare: dict[str, int] = {}
    for key, table in said.tables.items():
        rows = result_table(analysis.table_of(key))
        shares = _share_names(rows, table)
        heads, said_table = with_bands(rows, shown_headings(rows, table), table)
        room = sum(column.shown == "room" and column.name in heads for column in rows.columns)
        headings = {shares.get(name, name): label for name, label in heads.items()}
        shares = {name: new for name, new in shares.items() if name in said_table.columns}
        for title, part in shown_parts(rows, key, said_table, titled=analysis.is_titled(key)):
            if headings:
                tables[title], columns[title] = part.rename(shares), headings
                spare[title] = room
    lead, notes = notes[: said.lead], notes[said.lead :]
    emit(
        tables,
        Format.TABLE,
        columns=columns,
        meta=said.meta,
        notes=notes,
        under=under,
        lead=lead,
        spare=spare,
    )


def _share_names(rows: ResultTable, table: pl.DataFrame) -> dict[str, str]:
    """Columns whose unit alone says that they are shares, with names by which they print in percent."""
    shares = (column.name for column in rows.columns if column.unit == "share")
    return {name: f"{name}_share" for name in shares if name in table.columns and not name.endswith(SHARES)}


def _plain(value: Any, whole: bool) -> Any:
    """A value as a request holds it: days instead of times, tuples instead of lists, comma lists of texts taken apart."""
    if isinstance(value, datetime):
        return value.date()
    if not isinstance(value, list):
        return value
    if whole or not all(isinstance(one, str) for one in value):
        return tuple(value)
    parts = [part.strip() for text in value for part in text.split(",")]
    return tuple(part for part in parts if part)


def _parameters(analysis: Analysis[Any]) -> list[inspect.Parameter]:
    asked = _asked(analysis.request)
    if analysis.view:
        asked += _asked(analysis.view)
    listed = _listed_after_the_case(analysis)
    # Words after the case are counted once it is known whether the first of them names a case.
    asked = [one.replace(default=None) if one.name == listed else one for one in asked]
    common: list[inspect.Parameter] = []
    if analysis.case in ("argument", "plain", "place"):
        common.append(_keyword("case", CaseArgument, USUAL_CASE))
    elif analysis.case in ("option", "plain option"):
        common.append(_keyword("case", CaseOption, USUAL_CASE))
    elif analysis.case == "pair":
        common.append(_keyword("case", PairCaseOption, None))
    if analysis.store == "default":
        common.append(_keyword("store", UsualStoreOption, USUAL_STORE))
    elif analysis.store or analysis.case == "pair":
        common.append(_keyword("store", StoreOption, None))
    if analysis.case in UNDER_SCENARIOS:
        common += [_keyword("scenarios", ScenarioOption, None), _keyword("private", PrivateOption, None)]
    return [*common, *asked, *_ends(has_table=any(one.name == "table" for one in asked))]


def _ends(has_table: bool) -> list[inspect.Parameter]:
    """How the answer leaves, the same for every command."""
    return [
        _keyword("as_json", JsonOption, False),
        _keyword("as_csv", CsvOption, False),
        _keyword("out_only", only_option(has_table), None),
        _keyword("out_folder", FolderOption, None),
        _keyword("out_plot", PlotOption, None),
        _keyword("out_column", ColumnOption, None),
    ]


def _asked(kind: type[Any]) -> list[inspect.Parameter]:
    kinds = get_type_hints(kind)
    return [_parameter(one, kinds[one.name]) for one in fields(kind)]


def _parameter(one: Field[Any], kind: Any) -> inspect.Parameter:
    """A request's field as a parameter of a command."""
    how = one.metadata
    flag = how["flag"]
    options: dict[str, Any] = {"help": how["help"]}
    if how["metavar"]:
        options["metavar"] = how["metavar"]
    for bound, name in (("least", "min"), ("most", "max")):
        if how[bound] is not None:
            options[name] = how[bound]
    if _holds(kind, date):
        options["formats"] = ["%Y-%m-%d"]
    default = inspect.Parameter.empty if one.default is MISSING else one.default
    if how["blank"]:
        default = ""
    if flag == "argument":
        return _keyword(one.name, Annotated[_shell_type(kind), typer.Argument(**options)], default)
    names = [flag] if flag else [f"--{one.name.replace('_', '-')}"]
    if default == ():
        default = None
    return _keyword(one.name, Annotated[_shell_type(kind), typer.Option(*names, **options)], default)


def _holds(kind: Any, wanted: type) -> bool:
    return kind is wanted or wanted in get_args(kind)


def _is_list(kind: Any) -> bool:
    return getattr(kind, "__origin__", None) is tuple and get_args(kind)[-1] is Ellipsis


def _shell_type(kind: Any) -> Any:
    """What typer reads for a type of a request: it knows datetime and list, not date and tuple."""
    if _holds(kind, date):
        return datetime if kind is date else datetime | None
    if _is_list(kind):
        return list[get_args(kind)[0]] | None  # type: ignore[misc]
    if _holds(kind, Path):
        return Path | None if kind is not Path else Path
    return kind


def _keyword(name: str, kind: Any, default: Any) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=kind)
