"""Sections of the report: how results become blocks."""

from dataclasses import replace
from datetime import date

import polars as pl

from karwan.report.blocks import Figure, Missing, Notes, Table, Tiles
from karwan.report.charts.potential import draw_potential
from karwan.report.document import build_document, source_notes
from karwan.report.sections.annexes import merge_line_hauls
from karwan.report.sections.corridors import corridor_facts, headline_routes, shut_places
from karwan.report.sections.front import front_pages
from karwan.report.sections.plan import gains_of_others
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


def _front_table(key: str) -> Table:
    """A table of the first two pages of the sample."""
    first, second = front_pages(sample_brief(), Notes({}))
    blocks = [block for row in (*first, *second) for block in row]
    return next(block for block in blocks if isinstance(block, Table) and block.key == key)


def test_a_price_that_stands_in_is_no_price_of_the_seller() -> None:
    """The seller's price is another origin's, so the page says what it may ask, whose price was taken, and that the rival's border is shut."""
    table = _front_table("front-goods")
    assert (
        table.caption
        == "Can it be sold? Of 87 goods 40 can be judged: 1 sell as priced, 14 would if one input moved, 5 no plan, 20 no"
    )
    assert "14 to 20 t a load" in table.note
    rows = {row[0].text: [one.text for one in row] for row in table.rows}
    assert rows["Chickpeas"][2] == (
        "only if USD 582 or less at origin; own unknown (842: AFG, 2020, no index)"
    )
    assert rows["Chickpeas"][4] == "842 (AFG, 2020; border shut)"
    assert rows["Lentils"][4] == "800 (CAN, 2024)"
    assert rows["Lentils"][5] == "4.00 m (6,000 t)"
    assert rows["Kinnow"][2] == "only if the duty falls from 5.0 % to 1.0 %"
    assert rows["Buses"][2] == "only if the price is under USD 17,789; it is put at 12,900, and may be off"


def test_the_ways_say_what_a_day_counts() -> None:
    note = _front_table("front-ways").note
    assert "USD 54 for each day of the load and USD 27 for each day from the mean to P95" in note
    assert "USD 50 for a tonne of CO2e" in note


def test_a_change_and_that_of_the_whole_period_are_as_large_each_with_its_period() -> None:
    first, _ = front_pages(sample_brief(), Notes({}))
    tiles = next(block for row in first for block in row if isinstance(block, Tiles))
    shown = [(tile.value, tile.tone) for tile in tiles.tiles]
    assert shown == [("−8.0 %", "late"), ("+97 %", "good"), ("+12 %", "good")]
    assert "Aug–Dec 2025 on Aug–Dec 2024, by subtraction; USD 16.0 m on 17.4 m" in tiles.tiles[0].label
    assert "all of 2025 on 2024" in tiles.tiles[1].label and "USD 105.6 m on 53.7 m" in tiles.tiles[1].label


def test_pages_say_what_is_lent_announced_and_offered() -> None:
    brief = sample_brief()
    sections = {section.key: section for section in build_document(brief).sections}
    captions = [block.caption for block in sections["goods"].blocks if isinstance(block, Figure)]
    assert sum("that of another country stands in" in caption for caption in captions) == 1
    pictures = [block.svg for block in sections["goods"].blocks if isinstance(block, Figure)]
    assert any("Medicines†" in svg for svg in pictures)
    offer = brief.goods.potential.head(1).with_columns(
        method=pl.lit("published offer of supply, not demand, 2024, press")
    )
    drawn = draw_potential(pl.concat([offer, brief.goods.potential.tail(1)]))
    assert drawn is not None and ", offered 2024" in drawn.replace("\u00a0", " ")
    seen = brief.corridors.closures.head(1).with_columns(
        since=pl.lit("2026-07-10"), last_seen=pl.lit(date(2026, 6, 30))
    )
    later = replace(brief, corridors=replace(brief.corridors, closures=seen))
    tables = [block for section in build_document(later).sections for block in section.blocks]
    closures = next(block for block in tables if isinstance(block, Table) and block.key == "closures")
    assert "announced 30 Jun 2026" in [one.text for one in closures.rows[0]]


def test_the_largest_gain_says_what_of_it_is_the_two_parties_own_trade() -> None:
    worth = sample_brief().plan.worth
    own = gains_of_others(worth.with_columns(net_usd_year=pl.lit(0.98e6)))
    assert "is worth USD 980 k a year in the trade of the two" in own and "USD 200 m of its gain" in own
    assert gains_of_others(worth.with_columns(net_usd_year=pl.lit(3e8))) == ""
    assert gains_of_others(worth.head(0)) == ""
