"""Own observations: trips, quotes and border hours of a firm or ministry, kept in a private folder and never in a case."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import get_close_matches
from io import StringIO
from pathlib import Path
from typing import Any

import polars as pl

from karwan.case.case import OWN, Case
from karwan.case.places import Gazetteer
from karwan.case.problems import Problem, shorten
from karwan.case.reader import empty_table, read_table
from karwan.errors import CaseError, InvalidInput, KarwanError, UnknownName
from karwan.exports import write_bytes
from karwan.schema import TableSpec, load_schema, own_forms
from karwan.schema.modes import MODES

SHOWN = 10
PACKAGE = Path(__file__).resolve().parents[1]
IGNORED = "*\n"
"""What `.gitignore` of a private folder says: nothing in it enters a repository around it."""
Row = dict[str, Any]


class ObservationProblems(CaseError):
    """Own observations that cannot be used; the message names every row, up to ten."""


def _refused(what: str, problems: Sequence[Problem]) -> ObservationProblems:
    shown = "\n    ".join(p.line() for p in problems[:SHOWN])
    left = len(problems) - SHOWN
    more = f"\n    ... and {left} more" if left > 0 else ""
    count = len(problems)
    return ObservationProblems(
        f"{what}: {count} error{'s' * (count != 1)} in own observations; nothing was taken.",
        f"\n    {shown}{more}",
        "mend the rows named above; `karwan observed template KIND` prints the columns and what they hold.",
    )


def private_folder(case: Case) -> Path:
    """Where own observations are kept unless another folder is named: in the user's data, one folder a case."""
    home = os.environ.get("XDG_DATA_HOME") or os.environ.get("LOCALAPPDATA")
    root = Path(home) if home else Path.home() / ".local" / "share"
    return root / "karwan" / "observed" / case.settings.case_id


def form_of(kind: str) -> TableSpec:
    """Form of a kind of own observations.

    Raises
    ------
    UnknownName
        No such kind.
    """
    forms = own_forms()
    if kind not in forms:
        raise UnknownName(
            f"No own observations are called {kind!r}.", f"kinds: {', '.join(forms)}", "name one of them."
        )
    return forms[kind]


def template_text(kind: str) -> str:
    """Header of the form of a kind, as CSV."""
    return ",".join(form_of(kind).column_names) + "\n"


def read_own(case: Case, folder: Path) -> dict[str, pl.DataFrame]:
    """Own observations of a folder by kind, as typed; a kind without a file is empty.

    Raises
    ------
    InvalidInput
        The folder holds none.
    ObservationProblems
        Rows that cannot be read or that name what the case has not.
    """
    found = {kind: _read(folder / f"{kind}.csv", form) for kind, form in own_forms().items()}
    if not sum(table.height for table in found.values()):
        raise InvalidInput(
            f"No own observations are in {shorten(str(folder))!r}.",
            f"looked for {', '.join(f'{kind}.csv' for kind in own_forms())} with rows",
            "add some with `karwan observed add KIND FILE`, or leave --private out.",
        )
    for kind, table in found.items():
        case_rows(case, kind, table, folder / f"{kind}.csv")
    return found


def _read(path: Path, form: TableSpec) -> pl.DataFrame:
    if not path.is_file():
        return empty_table(form)
    table, problems = read_table(path, form)
    errors = [p for p in problems if p.severity == "error"]
    if errors:
        raise _refused(path.name, errors)
    return table


# -- what they mean in a case ---------------------------------------------------------------------------------


def case_rows(case: Case, kind: str, table: pl.DataFrame, path: Path) -> list[Row]:
    """Own observations with the ids of a case, in the columns of its tables `trips`, `price_observations` or `crossing_times`.

    Raises
    ------
    ObservationProblems
        A row names a place, crossing, side, mode or product that the case has not.
    """
    places, make = Gazetteer(case.tables), _MAKERS[kind]
    found: list[Row] = []
    problems: list[Problem] = []
    for number, row in enumerate(table.iter_rows(named=True), start=2):
        try:
            found.append(make(case, places, row))
        except KarwanError as error:
            seen = f"{error.fact} {error.evidence}".strip()
            problems.append(Problem("error", path.name, number, "", "", seen))
    if problems:
        raise _refused(path.name, problems)
    return found


def _shared(row: Row, year: int) -> Row:
    note = "Own observation, private." + (f" {row['note']}" if row["note"] else "")
    return {"year": year, "source_id": OWN, "basis": "observed", "note": note}


def _trip(_: Case, places: Gazetteer, row: Row) -> Row:
    ends = places.node(row["origin"]), places.node(row["destination"])
    wrong = [mode for mode in row["modes"] if mode not in MODES]
    if wrong:
        raise InvalidInput(f"No mode {wrong[0]!r}.", f"modes: {', '.join(MODES)}")
    return _shared(row, row["departed"].year) | {
        "trip_id": f"{OWN}:{row['observation_id']}",
        "name": f"Own trip {row['observation_id']}: {places.pair(*ends)}",
        "origin_node_id": ends[0],
        "destination_node_id": ends[1],
        "via": [places.node(name) for name in row["via"] or ()],
        "modes": row["modes"],
        "departed": row["departed"],
        "time_days": row["time_days"],
        "status": "done",
        "use": row["use"],
        "kind": row["kind"],
    }


def _quote(case: Case, places: Gazetteer, row: Row) -> Row:
    ends = places.node(row["origin"]), places.node(row["destination"])
    known = case["products"]["product_id"].to_list()
    if row["cargo"] not in known:
        near = get_close_matches(row["cargo"], known, n=3, cutoff=0.4) or known[:5]
        raise UnknownName(f"No product {row['cargo']!r}.", f"such as {', '.join(near)}")
    return _shared(row, row["quoted"].year) | {
        "observation_id": f"{OWN}:{row['observation_id']}",
        "origin": places.name(ends[0]),
        "destination": places.name(ends[1]),
        "origin_id": ends[0],
        "destination_id": ends[1],
        "avoid": [places.avoidable(name) for name in row["avoid"] or ()],
        "mode": row["mode"],
        "unit": row["unit"],
        "cargo": row["cargo"],
        "tonnes": row["tonnes"],
        "date": f"{row['quoted']:%Y-%m-%d}",
        "price": row["cost_usd"],
        "currency": "USD",
        "cost_usd": row["cost_usd"],
        "use": row["use"],
    }


def _border(case: Case, places: Gazetteer, row: Row) -> Row:
    node = places.node(row["crossing"])
    known = case["crossings"].filter(pl.col("node_id") == node)
    if known.is_empty():
        names = case["crossings"]["name"].to_list()
        raise UnknownName(f"{row['crossing']!r} is no crossing.", f"crossings: {', '.join(names[:8])}")
    crossing = known.row(0, named=True)
    sides, modes = (crossing["country_a"], crossing["country_b"]), crossing["modes"]
    if row["side"] not in sides:
        raise InvalidInput(f"{row['side']!r} is no side of {crossing['name']}.", f"sides: {', '.join(sides)}")
    if row["mode"] not in modes:
        raise InvalidInput(f"No {row['mode']} crosses at {crossing['name']}.", f"modes: {', '.join(modes)}")
    return _shared(row, row["seen"].year) | {
        "crossing_time_id": ":".join((OWN, crossing["crossing_id"], *(row[n] for n in _GATE[1:]))),
        "crossing_id": crossing["crossing_id"],
        **{name: row[name] for name in (*_GATE[1:], "time_h", "vehicles")},
    }


_GATE = ("crossing_id", "side", "mode", "direction")
_MAKERS: dict[str, Callable[[Case, Gazetteer, Row], Row]] = {
    "trips": _trip,
    "quotes": _quote,
    "border_hours": _border,
}


def in_table(case: Case, name: str, rows: Iterable[Mapping[str, Any]]) -> pl.DataFrame:
    """Rows in the columns of a table of the case: what a row does not say is the default, or missing."""
    spec, schema = load_schema()[name], case[name].schema
    blank = {column.name: column.default for column in spec.columns if column.type == "text"}
    whole = [{column: row.get(column, blank.get(column)) for column in schema} for row in rows]
    return pl.DataFrame(whole, schema=schema, orient="row")


# -- the folder -----------------------------------------------------------------------------------------------


def add_own(case: Case, folder: Path, kind: str, given: Path) -> list[str]:
    """Add the rows of a CSV file to the own observations of a folder.

    Returns
    -------
    Keys of the rows added.

    Raises
    ------
    ObservationProblems
        A row cannot be read, names what the case has not, or is there already. Nothing is added then.
    InvalidInput
        The folder is no place for private rows, or the file has no row.
    """
    form = form_of(kind)
    fresh, problems = read_table(given, form)
    errors = [p for p in problems if p.severity == "error"]
    if errors:
        raise _refused(given.name, errors)
    if fresh.is_empty():
        raise InvalidInput(
            f"{given.name} has no row.", "only a header", "fill in a row for each observation."
        )
    _check_place(case, folder)
    held = _read(folder / f"{kind}.csv", form)
    fresh = _with_keys(fresh, held, kind)
    case_rows(case, kind, fresh, given)
    again = _there_already(fresh, held, given.name)
    if again:
        raise _refused(given.name, again)
    _write(folder, form, pl.concat([held, fresh]))
    return [str(key) for key in fresh["observation_id"]]


def remove_own(folder: Path, kind: str, keys: Sequence[str]) -> int:
    """Remove own observations by their keys; how many are left of the kind.

    Raises
    ------
    UnknownName
        A key is not there.
    """
    form = form_of(kind)
    held = _read(folder / f"{kind}.csv", form)
    known = held["observation_id"].to_list()
    wrong = [key for key in keys if key not in known]
    if wrong:
        raise UnknownName(
            f"No own observation of {kind} is called {wrong[0]!r}.",
            f"{shorten(str(folder))}: {', '.join(known[:SHOWN]) or 'none'}",
            "`karwan observed list` shows them.",
        )
    left = held.filter(~pl.col("observation_id").is_in(list(keys)))
    _write(folder, form, left)
    return left.height


def _with_keys(fresh: pl.DataFrame, held: pl.DataFrame, kind: str) -> pl.DataFrame:
    """Rows with a key where none is given: first letter of the kind and the next number free."""
    taken = {*held["observation_id"].to_list(), *fresh["observation_id"].to_list()}
    keys, number = [], 0
    for key in fresh["observation_id"]:
        while key is None:
            number += 1
            made = f"{kind[0]}{number}"
            key = None if made in taken else made
        keys.append(key)
    return fresh.with_columns(observation_id=pl.Series(keys, dtype=pl.String))


def _there_already(fresh: pl.DataFrame, held: pl.DataFrame, file: str) -> list[Problem]:
    """Rows whose key, or whose content, is among those held: an observation counts once."""
    known = {row[0] for row in held.iter_rows()}
    content = {_content(row): row[0] for row in held.iter_rows()}
    found = []
    for number, row in enumerate(fresh.iter_rows(), start=2):
        if row[0] in known:
            found.append(Problem("error", file, number, "observation_id", row[0], "key is there already"))
        elif _content(row) in content:
            same = f"is there already, as {content[_content(row)]}"
            found.append(Problem("error", file, number, "", "", same))
        content.setdefault(_content(row), row[0])
    return found


def _content(row: Sequence[Any]) -> str:
    return repr(row[1:])


def _check_place(case: Case, folder: Path) -> None:
    """Private rows stay out of the package, of the case's folder, and of a folder that holds other things."""
    place = folder.resolve()
    homes = {"the package": PACKAGE, "the case": case.folder}
    for what, home in homes.items():
        if home is not None and place.is_relative_to(home.resolve()):
            raise InvalidInput(
                f"Own observations would lie inside {what}, which is given to others.",
                f"folder {shorten(str(folder))!r}",
                f"name a folder of your own with --private, or leave it out: {private_folder(case)}.",
            )
    if folder.is_dir() and not (folder / ".gitignore").is_file() and any(folder.iterdir()):
        raise InvalidInput(
            f"The folder {shorten(str(folder))!r} holds other things.",
            "it was not made for own observations",
            "name a new or empty folder with --private.",
        )


def _write(folder: Path, form: TableSpec, table: pl.DataFrame) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_bytes(folder / ".gitignore", IGNORED.encode())
    text = StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(form.column_names)
    writer.writerows([_cell(value) for value in row] for row in table.iter_rows())
    write_bytes(folder / f"{form.name}.csv", text.getvalue().encode())


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return ";".join(value) if isinstance(value, list) else str(value)
