"""Files of a source put into a store: which rows are read, by which options, each path whole or not at all."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from karwan.errors import InvalidInput
from karwan.store.engine import open_store
from karwan.store.load import LoadReport, ingest
from karwan.store.reading import Progress, Reading, no_progress
from karwan.store.sources import source_named
from karwan.store.sources.countries import countries_with
from karwan.store.sources.registry import Options

Shown = Callable[[Sequence[Reading]], AbstractContextManager[Progress]]
"""Shows how far the readings of a path are."""


@dataclass(frozen=True)
class FileOptions:
    """How the files of a source are read.

    Attributes
    ----------
    hs_revision
        Nomenclature of the codes, where the file does not say.
    mapping
        Packaged mapping or mapping file, for the source `table`.
    country_codes
        CSV of numeric country codes, as shipped with BACI.
    nomenclature
        CSV with a column of known product codes; rows of others are marked.
    settings
        Settings of a web service by name.
    """

    hs_revision: str | None = None
    mapping: str | None = None
    country_codes: Path | None = None
    nomenclature: Path | None = None
    settings: Mapping[str, str] | None = None


def ingest_files(
    store: str,
    source: str,
    paths: Sequence[Path],
    options: FileOptions | None = None,
    *,
    on_overlap: str = "refuse",
    allow_unknown: bool = False,
    shown: Shown = lambda readings: nullcontext(no_progress),
) -> list[LoadReport]:
    """Read files of a source into a store, each path in one transaction; see `karwan.store.load.ingest`.

    Parameters
    ----------
    store
        Path or address; it is made where it is not there yet.
    source, paths
        Name of a source of `SOURCES` and what it reads; none for a web service.
    options
        How to read them.
    on_overlap
        Flows that are there already: refuse, replace or keep.
    allow_unknown
        Whether most rows may be of countries or product codes that are not known.
    shown
        Shows progress.

    Raises
    ------
    UnknownName
        No such source.
    InvalidInput
        The source needs a file or an option, or a file cannot be read.
    NothingUsable, Overlap
        See `karwan.store.load.ingest`.
    """
    asked = options or FileOptions()
    chosen = source_named(source)
    if chosen.needs_path and not paths:
        raise InvalidInput(f"The source `{chosen.name}` needs a file.", fix=f"It reads {chosen.reads}.")
    how = Options(
        hs_revision=asked.hs_revision,
        mapping=asked.mapping,
        countries=countries_with(asked.country_codes),
        known_codes=None if asked.nomenclature is None else known_codes(asked.nomenclature),
        service=dict(asked.settings or {}),
    )
    wanted: Sequence[Path | None] = paths or (None,)
    groups = [chosen.read(path, how) for path in wanted]
    reports: list[LoadReport] = []
    with open_store(store, create=True) as opened:
        for readings in groups:
            with shown(readings) as progress:
                reports += ingest(
                    opened, readings, on_overlap=on_overlap, progress=progress, allow_unknown=allow_unknown
                )
    return reports


def known_codes(path: Path) -> frozenset[str]:
    """Codes in the columns of a CSV whose names say so.

    Raises
    ------
    InvalidInput
        There is no such file, it cannot be read, or it has no such column.
    """
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
