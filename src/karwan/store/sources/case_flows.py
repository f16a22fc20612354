"""The published figures a case carries: its `flows.csv`, one reading per source quoted in it.

Each quoted source becomes a source of its own in the store (`case:kaz-pak:SOURCE_ID`): figures that
contradict one another stay side by side. A two-way total has no direction and is set aside; potentials,
offers and deals are no trade.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import polars as pl

from karwan.case.case import case_folder
from karwan.case.yaml_input import read_yaml
from karwan.errors import InvalidInput
from karwan.store.reading import Progress, Reading
from karwan.store.sources.content import Content
from karwan.store.sources.delimited import BadTable
from karwan.store.sources.flow_frame import FlowFramer
from karwan.store.sources.mapping import Field, Flag, Keep, TableMapping
from karwan.store.sources.registry import Options, Source

NEEDED = ("reporter", "period_start", "period_end", "value_usd", "source_id")
TOTALS = ("total", "both")

CASE_MAPPING = TableMapping(
    name="case",
    title="Published figures of a case",
    nomenclature="case",
    columns={
        "exporter": Field(column="exporter"),
        "importer": Field(column="importer"),
        "reporter": Field(column="reporter"),
        "period": Field(column="period"),
        "product": Field(column="product"),
        "value": Field(column="value_usd"),
        "valuation": Field(column="valuation"),
        "weight": Field(column="quantity_t", multiply=1_000.0),
    },
    keep=(
        Keep("direction", ("one way",), "a two-way total has no direction"),
        Keep("value_kind", ("trade",), "a potential, an offer or a deal, not trade that moved"),
    ),
    flags=(
        Flag("claimed", ("press",), "press_figure"),
        Flag("claimed", ("speech",), "speech_figure"),
        Flag("basis", ("assumed",), "assumed"),
        Flag("conflict", ("yes",), "conflicting"),
    ),
)


def read_case_flows(path: Path | None, options: Options) -> list[Reading]:
    """Readings of a case folder, of its `flows.csv`, or of an embedded case by its name."""
    if path is None:
        raise InvalidInput(
            "The source `case` needs a case folder.", fix="Give the folder that holds case.yaml."
        )
    if path.exists():
        folder = path if path.is_dir() else path.parent
    else:
        folder = case_folder(str(path))
    table = folder / "flows.csv"
    if not table.is_file():
        raise InvalidInput(f"{folder} has no flows.csv.", fix="Give a case folder with published figures.")
    case_id, parties = _parties(folder)
    try:
        rows = list(_rows(table, parties))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadTable(
            f"{table} cannot be read.", evidence=str(error)[:200], fix="It must be a CSV in UTF-8."
        ) from error
    content = Content(table, None, table.stat().st_size)
    by_source: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        by_source.setdefault(row["source_id"] or "unnamed", []).append(row)
    by_source = _with_the_unusable(by_source)
    return [
        Reading(
            source=f"case:{case_id}:{source_id}",
            file_name=f"{folder.name}/flows.csv",
            content_bytes=content.size,
            content_hash=content.hash,
            frames=_frames(entries, options),
            options=options.stamp(source_id=source_id, parties="-".join(parties)),
        )
        for source_id, entries in sorted(by_source.items())
    ]


def _with_the_unusable(by_source: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    """Rows of sources that have nothing to store join the largest source, to be rejected there with their
    reasons: a source that only states totals or potentials must not keep the others out.
    """
    usable = {name: entries for name, entries in by_source.items() if any(map(_storable, entries))}
    if not usable:
        return by_source
    largest = max(usable, key=lambda name: (len(usable[name]), name))
    rest = [entry for name, entries in by_source.items() if name not in usable for entry in entries]
    return {**usable, largest: [*usable[largest], *rest]}


def _storable(entry: dict[str, Any]) -> bool:
    """Whether a row states one-way trade with a figure."""
    return entry["direction"] == "one way" and entry["value_kind"] == "trade" and bool(entry["value_usd"])


def _parties(folder: Path) -> tuple[str, tuple[str, str]]:
    file = folder / "case.yaml"
    raw = read_yaml(file).content if file.is_file() else {}
    if not isinstance(raw, dict) or not {"party_a", "party_b"} <= set(raw):
        raise InvalidInput(f"{file} does not name party_a and party_b.", fix="Give a whole case folder.")
    return str(raw.get("id", folder.name)), (str(raw["party_a"]), str(raw["party_b"]))


def _rows(table: Path, parties: tuple[str, str]) -> Iterator[dict[str, Any]]:
    with table.open(encoding="utf-8-sig", newline="") as handle:
        reader = csv.DictReader(handle)
        names = reader.fieldnames or []
        missing = [name for name in NEEDED if name not in names]
        if missing or ("direction" not in names and "exporter" not in names):
            raise BadTable(
                f"{table} lacks the column(s) {', '.join(missing or ['direction'])}.",
                fix="Compare with `karwan schema flows`.",
            )
        for row in reader:
            yield _row(row, reader.line_num, parties)


def _row(row: dict[str, str | None], line: int, parties: tuple[str, str]) -> dict[str, Any]:
    text = {key: (value or "").strip() for key, value in row.items() if isinstance(key, str)}
    a, b = parties
    direction = text.get("direction", "")
    pair = {"a_to_b": (a, b), "b_to_a": (b, a)}.get(
        direction, (text.get("exporter", ""), text.get("importer", ""))
    )
    group = text.get("product_group", "") or "all"
    product = text.get("hs_code") or text.get("product_id") or ("TOTAL" if group == "all" else group)
    return {
        "line": line,
        "raw": ",".join(text.values())[:300],
        "source_id": text["source_id"],
        "reporter": text["reporter"],
        "exporter": pair[0] or a,
        "importer": pair[1] or b,
        "period": f"{text['period_start']}..{text['period_end']}",
        "product": product,
        "value_usd": text["value_usd"],
        "valuation": text.get("valuation", "") or "unknown",
        "quantity_t": text.get("quantity_t", ""),
        "direction": "total" if direction in TOTALS else "one way",
        "value_kind": text.get("value_kind", "") or "trade",
        "claimed": text.get("claimed", ""),
        "basis": text.get("basis", ""),
        "conflict": "yes" if text.get("conflict_group") else "",
    }


def _frames(entries: list[dict[str, Any]], options: Options) -> Callable[[Progress], Iterator[pl.DataFrame]]:
    def frames(progress: Progress) -> Iterator[pl.DataFrame]:
        del progress
        framer = FlowFramer(CASE_MAPPING, options.countries, hs_revision=options.hs_revision)
        names = dict.fromkeys(CASE_MAPPING.needed(), pl.String)
        table = pl.DataFrame(
            [{name: entry[name] for name in ("line", "raw", *names)} for entry in entries],
            schema={"line": pl.Int64, "raw": pl.String, **names},
        )
        yield framer.frame(table.with_columns(fault=pl.lit(None, dtype=pl.String)))

    return frames


CASE = Source(
    name="case",
    title="Published figures of a case folder",
    provider="the sources the case quotes",
    licence="facts, quoted with their sources",
    reads="CASE_FOLDER",
    read=read_case_flows,
)
