"""Sections of the report: how results become blocks."""

from dataclasses import replace
from datetime import date

import polars as pl

from karwan.report.blocks import Missing, Notes, Table
from karwan.report.document import build_document, source_notes
from karwan.report.sections.annexes import merge_line_hauls
from karwan.report.sections.corridors import corridor_facts, headline_routes, shut_places
from karwan.report.sections.standing import main_target
from tests.sample_brief import empty_brief, sample_brief


def test_source_ids_become_numbers_without_repeats() -> None:
    notes = Notes({"a_1": 3, "b": 7})
    assert notes.of("a_1; b;a_1;unknown") == (3, 7)
    assert notes.of(["b", None]) == (7,)
    assert notes.of(None) == ()


def test_source_ids_inside_a_sentence_are_lifted_out() -> None:
    notes = Notes({"dawn_1890074": 12, "press": 4})
    text, numbers = notes.lift("USD 72.8 m (official; dawn_1890074) against the press.")
    assert text == "USD 72.8 m (official) against the press."
    assert numbers == (12,)


def test_consecutive_line_hauls_of_one_country_are_one_row() -> None:
    stages = pl.DataFrame(
        {
            "stage": [1, 2, 3, 4, 5],
            "kind": ["line_haul", "line_haul", "crossing", "line_haul", "line_haul"],
            "name": ["A – B", "B – C", "C", "C – D", "D – E"],
            "place": ["x"] * 5,
            "mode": ["road"] * 5,
            "country": ["KAZ", "KAZ", "KAZ", "UZB", "AFG"],
            "km": [100.0, 50.0, 0.0, 10.0, 20.0],
            "usd_20t": [1.0, None, 5.0, 2.0, 3.0],
            "hours": [2.0, 1.0, 9.0, 1.0, 1.0],
            "co2_kg": [1.0, 1.0, 0.0, 1.0, 1.0],
            "basis": ["observed", "assumed", "observed", "observed", "observed"],
            "source_id": ["s1", "s2;s1", "s3", "s1", "s1"],
        }
    )
    merged = merge_line_hauls(stages)
    assert merged["name"].to_list() == ["A – C", "C", "C – D", "D – E"]
    assert merged["km"].to_list() == [150.0, 0.0, 10.0, 20.0]
    assert merged["hours"].sum() == stages["hours"].sum()
    assert merged["basis"][0] == "assumed"
    assert merged["source_id"][0] == "s1; s2"


def test_headline_routes_follow_the_reference_pair_both_ways() -> None:
    brief = sample_brief()
    there, back = headline_routes(brief, "a_to_b"), headline_routes(brief, "b_to_a")
    assert there["corridor_id"].to_list() == ["ktap", "kuap", "qtta", "iran", "casp"]
    assert set(there["origin_id"]) == {"ALA"} and set(back["destination_id"]) == {"ALA"}


def test_nearest_of_equal_targets_counts() -> None:
    brief = sample_brief()
    table = brief.standing.distance
    later = table.head(1).with_columns(target_id=pl.lit("t9"), due=pl.lit(date(2030, 1, 1)))
    past = table.head(1).with_columns(target_id=pl.lit("t8"), due=pl.lit(date(2020, 1, 1)))
    both = replace(brief, standing=replace(brief.standing, distance=pl.concat([later, past, table])))
    target = main_target(both)
    assert target is not None and target[1] == date(2027, 12, 31)


def test_slowed_places_are_not_counted_as_shut() -> None:
    brief = sample_brief()
    closures = brief.corridors.closures.with_columns(kind=pl.Series(["closed", "slower by 30%", "closed"]))
    slowed = replace(brief, corridors=replace(brief.corridors, closures=closures))
    assert shut_places(slowed) == ["Torkham", "Khunjerab"]
    facts = {name: value for name, value, _, _ in corridor_facts(slowed)}
    assert facts["Places shut"] == "2" and facts["Places slowed"] == "1"


def test_document_is_built_once_per_brief() -> None:
    brief = sample_brief()
    assert build_document(brief) is build_document(brief)


def test_every_row_of_a_table_has_one_cell_per_column() -> None:
    document = build_document(sample_brief())
    tables = [b for s in (*document.sections, *document.annexes) for b in s.blocks if isinstance(b, Table)]
    assert len(tables) > 20
    assert all(len(row) == len(table.columns) for table in tables for row in table.rows)
    numbers = set(source_notes(sample_brief()).numbers.values())
    assert all(set(c.notes) <= numbers for table in tables for row in table.rows for c in row)


def test_empty_brief_holds_only_notices() -> None:
    document = build_document(empty_brief())
    assert document.plate is None and document.facts is None and document.annexes == ()
    for section in document.sections:
        assert section.blocks and all(isinstance(block, Missing) for block in section.blocks)
