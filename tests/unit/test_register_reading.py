"""Tables of the register as people read them."""

from __future__ import annotations

from karwan.case import Case
from karwan.report.blocks import Column, Table, cell
from karwan.web.answers.entries import change_parts, change_text, reading_of, size_text, told_value


def test_a_change_is_said_in_words_whatever_its_text_holds() -> None:
    said = "bytes: 28; file: 1feb; name: act; of May.txt"
    assert change_text(change_parts(said)) == "act; of May.txt, 28 bytes"
    stated = change_parts("on: 2025-07-01; share_percent: 30; status: partly_done")
    assert change_text(stated) == "partly done, 30 %, on 1 Jul 2025"
    assert change_text(change_parts("due: 2027-03-31; due_type: definitive")) == "31 Mar 2027, definitive"
    assert change_text(change_parts("language: en; text: Both: name; a contact")) == "Both: name; a contact"
    assert change_text(change_parts("language: en; text: Agreed; status: done")) == "Agreed; status: done"
    assert change_parts("nothing of the kind") == {}


def test_values_that_are_no_code_stay_as_they_are() -> None:
    assert told_value("2025-07-01T10:20:30Z") == "1 Jul 2025, 10:20 UTC"
    assert (told_value("in_progress"), told_value("as_it_is")) == ("in progress", "as_it_is")
    assert size_text(1_000) == "1 kB"


def test_promises_stand_by_title_sides_by_name_and_files_lead_to_themselves(toyland: Case) -> None:
    columns = tuple(Column(one) for one in ("Promise", "Side", "Change", "First side"))
    rows = (
        (cell("c1"), cell("XTA"), cell("bytes: 9; file: abc; name: act.txt"), cell("done")),
        (cell("gone"), cell("joint"), cell("link: javascript:alert(1)"), cell("–")),
    )
    read = reading_of(toyland).table(Table("t", "Entries", columns, rows))
    assert isinstance(read, Table)
    first, second = read.rows
    title = toyland["commitments"].filter(toyland["commitments"]["commitment_id"] == "c1")["title"][0]
    assert (first[0].text, first[0].url) == (title, "/en/toyland/plan/promises/c1")
    assert (first[1].text, first[2].url) == ("Upland", "/en/toyland/plan/files/abc")
    assert (second[0].text, second[0].url, second[2].url) == ("gone", "", "")
    assert read.columns[3].label == "Upland"
