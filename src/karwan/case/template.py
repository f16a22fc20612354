"""Writing a valid empty case from the schema."""

from __future__ import annotations

import csv
import re
from datetime import date
from pathlib import Path

from karwan.errors import InvalidInput
from karwan.exports import folder_beside
from karwan.schema import load_schema

_CODE = re.compile(r"[A-Z]{3}")

YAML = """# What the tables cannot say: who the two parties are and what the brief looks at.
id: {case_id}
title: {a} - {b}
party_a: {a}
party_b: {b}
plan:
  title: Action plan
  start: {year}-01-01
  end: {year}-12-31
as_of: {as_of}
brief:
  origins: []
  destinations: []
  reference_product: ""
  load_t: 20
  ports: []
"""


def write_template(party_a: str, party_b: str, folder: Path, as_of: date) -> list[Path]:
    """Write an empty case that reads without errors.

    Parameters
    ----------
    party_a, party_b
        ISO 3166-1 alpha-3 codes of two different countries.
    folder
        Folder to make; must not exist or be empty.
    as_of
        Day written into `case.yaml`.

    Returns
    -------
    The files written.

    Raises
    ------
    InvalidInput
        Codes are not two different country codes, or the folder holds files.
    """
    check_new(party_a, party_b, folder)
    with folder_beside(folder) as part:
        names = _write_files(party_a, party_b, part, as_of)
    return [folder / name for name in names]


def check_new(party_a: str, party_b: str, folder: Path) -> None:
    """Refuse codes that are not of two different countries, and a folder that holds files.

    Raises
    ------
    InvalidInput
        One of both.
    """
    for code in (party_a, party_b):
        if not _CODE.fullmatch(code):
            raise InvalidInput(
                f"{code!r} is not a country code.",
                "three capital letters are wanted",
                "use ISO 3166-1 alpha-3.",
            )
    if party_a == party_b:
        raise InvalidInput("A case joins two different countries.", f"both are {party_a}", "name two.")
    if folder.exists() and any(folder.iterdir()):
        raise InvalidInput(
            f"{folder} is not empty.", f"{len(list(folder.iterdir()))} files", "name a new folder."
        )


def _write_files(party_a: str, party_b: str, folder: Path, as_of: date) -> list[str]:
    """Write `case.yaml` and a file for each table into the folder, and return their names."""
    case_id = f"{party_a}-{party_b}".lower()
    text = YAML.format(case_id=case_id, a=party_a, b=party_b, year=as_of.year, as_of=as_of)
    (folder / "case.yaml").write_text(text, encoding="utf-8")
    names = ["case.yaml"]
    for spec in load_schema().values():
        names.append(f"{spec.name}.csv")
        with (folder / names[-1]).open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(spec.column_names)
            writer.writerows(_seed_rows(spec.name, spec.column_names, (party_a, party_b)))
    return names


def _seed_rows(table: str, columns: tuple[str, ...], parties: tuple[str, str]) -> list[list[str]]:
    """Rows without which an empty case would not be valid: the two countries and the judgement source."""
    if table == "sources":
        values = {
            "source_id": "judgement",
            "title": "Judgement of the authors, no source",
            "publisher": "own",
        }
        return [[{**values, "licence": "none"}.get(c, "") for c in columns]]
    if table == "countries":
        return [
            [
                {
                    "country": code,
                    "name": code,
                    "landlocked": "false",
                    "source_id": "judgement",
                    "basis": "assumed",
                }.get(c, "")
                for c in columns
            ]
            for code in parties
        ]
    return []
