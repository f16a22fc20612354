"""A new case from another of the same region: its network, crossings, rates, parameters and papers, without what is of its pair."""

from __future__ import annotations

import csv
import shutil
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from karwan.case.case import case_folder, read_case
from karwan.case.settings import CaseSettings
from karwan.case.template import YAML, check_new
from karwan.errors import UnknownName
from karwan.exports import folder_beside
from karwan.schema import load_schema

Row = dict[str, str]
OF_THE_PAIR = frozenset(
    [
        "agreements",
        "flows",
        "commitments",
        "milestones",
        "targets",
        "corridors",
        "domains",
        "base_rates",
        "back_tests",
    ]
)
WAYS = (
    ("ROAD", "Road", "Cheapest way by road", "road", "#0072B2"),
    ("LAND", "Road and rail", "Cheapest way by road and rail", "road;rail", "#D55E00"),
    ("ANY", "Any", "Cheapest way by land and water", "road;rail;sea;ferry", "#009E73"),
)
"""Corridors that a case without its own starts with: the network's cheapest way by each set of modes, whatever places it passes."""
VENTURE = "venture"  # ventures and their tables are of the pair too
JUDGEMENT = "judgement"
PLACES = 2


@dataclass(frozen=True)
class NewCase:
    """A case that was written.

    Attributes
    ----------
    files
        What was written.
    kept
        Table to the rows it has.
    empty
        Tables to fill.
    """

    files: tuple[Path, ...]
    kept: Mapping[str, int]
    empty: tuple[str, ...]


def write_like(party_a: str, party_b: str, like: str, folder: Path, as_of: date) -> NewCase:
    """Write a case of two countries from one of the same region.

    Rows that name a good, place or paper that is not kept are left out; goods of a party that the other case has stay, with their duties and
    markets.

    Parameters
    ----------
    party_a, party_b
        ISO 3166-1 alpha-3 codes of two different countries.
    like
        Id of an embedded case, or a folder.
    folder
        Folder to make; must not exist or be empty.
    as_of
        Day written into `case.yaml`.

    Raises
    ------
    InvalidInput
        Codes are not two different country codes, or the folder holds files.
    UnknownName
        There is no such case, or its network has no city in one of the two.
    """
    check_new(party_a, party_b, folder)
    base, source = read_case(like), case_folder(like)
    pair = (party_a, party_b)
    tables = _kept_tables(source, pair)
    settings = base.settings
    known = {row["node_id"]: row["country"] for row in tables["nodes"]}
    compared = [one for one in (*settings.origins, *settings.destinations) if one in known]
    ends = [_places(code, tables, [one for one in compared if known[one] == code]) for code in pair]
    _both_reached(like, pair, ends, tables)
    goods = [row["product_id"] for row in tables["products"]]
    names = [base.country_name(code) for code in pair]
    text = _case_text(pair, as_of, settings, ends, goods)
    text = text.replace(f"title: {party_a} - {party_b}", f'title: "{names[0]} - {names[1]}"')
    with folder_beside(folder) as part:
        (part / "case.yaml").write_text(text, encoding="utf-8")
        names = ["case.yaml", *_write(tables, part)]
        if (source / "geometry").is_dir():
            shutil.copytree(source / "geometry", part / "geometry")
    kept = {name: len(rows) for name, rows in tables.items() if rows}
    empty = tuple(name for name, rows in tables.items() if not rows)
    return NewCase(tuple(folder / name for name in names), kept, empty)


def _kept_tables(source: Path, pair: tuple[str, str]) -> dict[str, list[Row]]:
    """Tables of a case without what is of its own pair alone, and without rows that name what is left out."""
    tables = {spec.name: _rows(source / f"{spec.name}.csv") for spec in load_schema().values()}
    for name in tables:
        if name in OF_THE_PAIR or name.startswith(VENTURE):
            tables[name] = []
    tables["products"] = [row for row in tables["products"] if row["exporter"] in pair]
    tables["corridors"] = [_way(rank, *way) for rank, way in enumerate(WAYS, start=1)]
    _drop_dangling(tables)
    return tables


def _way(rank: int, corridor_id: str, name: str, title: str, modes: str, colour: str) -> Row:
    """A corridor that names no place: the way is left to its modes."""
    return {
        "corridor_id": corridor_id,
        "name": name,
        "title": title,
        "modes": modes,
        "colour": colour,
        "rank": str(rank),
        "source_id": JUDGEMENT,
        "basis": "assumed",
        "note": "found on the network, named by nobody",
    }


def _case_text(
    pair: tuple[str, str], as_of: date, settings: CaseSettings, ends: list[list[str]], goods: list[str]
) -> str:
    """The new `case.yaml`: places and ports of the other case, its reference product where the good is kept."""
    text = YAML.format(case_id="-".join(pair).lower(), a=pair[0], b=pair[1], year=as_of.year, as_of=as_of)
    reference = settings.reference_product if settings.reference_product in goods else "".join(goods[:1])
    text = text.replace("origins: []", f"origins: [{', '.join(ends[0])}]")
    text = text.replace("destinations: []", f"destinations: [{', '.join(ends[1])}]")
    text = text.replace('reference_product: ""', f'reference_product: "{reference}"')
    return text.replace("ports: []", f"ports: [{', '.join(settings.ports)}]")


def _both_reached(
    like: str, pair: tuple[str, str], ends: list[list[str]], tables: Mapping[str, list[Row]]
) -> None:
    """Refuse a pair of which the network has no city in one."""
    for code, places in zip(pair, ends, strict=True):
        if not places:
            there = ", ".join(sorted({row["country"] for row in tables["nodes"] if row["kind"] == "city"}))
            raise UnknownName(
                f"The network of {like} has no city in {code}.",
                f"it has cities in {there}",
                "leave --like out, or name another case.",
            )


def _rows(path: Path) -> list[Row]:
    """Rows of a table as they are written; none where there is no file."""
    if not path.is_file():
        return []
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def _write(tables: Mapping[str, list[Row]], folder: Path) -> list[str]:
    names = []
    for spec in load_schema().values():
        names.append(f"{spec.name}.csv")
        with (folder / names[-1]).open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(
                file, spec.column_names, restval="", extrasaction="ignore", lineterminator="\n"
            )
            writer.writeheader()
            writer.writerows(tables[spec.name])
    return names


def _drop_dangling(tables: dict[str, list[Row]]) -> None:
    """Leave out rows that name what is not kept, until none does; sources nothing rests on go last."""
    references = [
        (spec.name, column.name, *column.references)
        for spec in load_schema().values()
        for column in spec.columns
        if column.references
    ]
    changed = True
    while changed:
        changed = False
        for table, column, other, key in references:
            held = {row[key] for row in tables[other]}
            rows = [row for row in tables[table] if set(_listed(row.get(column))) <= held]
            changed |= len(rows) < len(tables[table])
            tables[table] = rows
    used = {source for rows in tables.values() for row in rows for source in _listed(row.get("source_id"))}
    tables["sources"] = [row for row in tables["sources"] if row["source_id"] in used | {JUDGEMENT}]


def _listed(cell: str | None) -> list[str]:
    return [part.strip() for part in (cell or "").split(";") if part.strip()]


def _places(country: str, tables: Mapping[str, list[Row]], compared: list[str]) -> list[str]:
    """Places of a country to compare: those the other case compares, else its cities with most links."""
    if compared:
        return compared
    links = Counter(row[end] for row in tables["links"] for end in ("from_node_id", "to_node_id"))
    cities = [row["node_id"] for row in tables["nodes"] if (row["country"], row["kind"]) == (country, "city")]
    return sorted(cities, key=lambda node: (-links[node], node))[:PLACES]
