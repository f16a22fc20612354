"""The register of the plan: chain, rules, two sides, evidence, transfer."""

from __future__ import annotations

import hashlib
import io
import json
import sqlite3
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from karwan.case import Case
from karwan.errors import InvalidInput
from karwan.project import Project, open_case
from karwan.register.database import SqliteRegister
from karwan.register.entry import GENESIS, Entry, entry_digest, first_break
from karwan.register.files import checked_file
from karwan.register.overlay import case_under_register, states_of
from karwan.register.register import Register
from karwan.register.rules import Said
from karwan.register.transfer import merge, read_export, write_export

SIDES = ("XTA", "XTC")
PDF = b"%PDF-1.4\n%%EOF\n"


class Clock:
    """A clock that moves an hour with each look."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 3, 1, 8, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.moment += timedelta(hours=1)
        return self.moment


@pytest.fixture
def promises(toyland: Case) -> list[str]:
    return [str(one) for one in toyland["commitments"]["commitment_id"]]


@pytest.fixture
def open_register(tmp_path: Path) -> Callable[..., Register]:
    def opened(name: str = "plan.register") -> Register:
        return Register(str(tmp_path / name), create=True, clock=Clock())

    return opened


def _say(register: Register, promises: list[str], said: Said, **more: Any) -> Entry:
    return register.append(said, "A. Bek", sides=SIDES, commitments=promises, **more)


def _status(promise: str, status: str, side: str = "XTA") -> Said:
    return Said(side, promise, "statement", {"status": status}, "Seen.")


def test_entries_follow_from_each_other(open_register: Callable[..., Register], promises: list[str]) -> None:
    with open_register() as register:
        first = _say(register, promises, _status(promises[0], "in_progress"))
        second = _say(register, promises, _status(promises[1], "stalled"))
        assert (first.number, first.previous, second.number, second.previous) == (1, GENESIS, 2, first.digest)
        assert register.verify() == []
        assert register.entries() == [first, second]


def test_nothing_is_changed_or_taken_away(
    open_register: Callable[..., Register], promises: list[str], tmp_path: Path
) -> None:
    with open_register() as register:
        _say(register, promises, _status(promises[0], "in_progress"))
    bare = sqlite3.connect(tmp_path / "plan.register")
    for sql in ("UPDATE entry SET reason = 'other'", "DELETE FROM entry", "DELETE FROM checkpoint"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            bare.execute(sql)
    bare.close()


def _forced(path: Path, sql: str) -> None:
    """Change a register as somebody would who takes the triggers away."""
    bare = sqlite3.connect(path)
    for table in ("entry", "checkpoint"):
        for act in ("update", "delete"):
            bare.execute(f"DROP TRIGGER IF EXISTS {table}_{act}")
    bare.execute(sql)
    bare.commit()
    bare.close()


@pytest.mark.parametrize(
    ("sql", "number", "fault"),
    [
        ("UPDATE entry SET reason = 'other' WHERE number = 2", 2, "digest"),
        ('UPDATE entry SET change = \'{"status":"done","on":"2026-03-01"}\' WHERE number = 3', 3, "digest"),
        ("UPDATE entry SET change = 'no json' WHERE number = 3", 3, "digest"),
        ("DELETE FROM entry WHERE number = 2", 2, "number"),
        ("DELETE FROM entry WHERE number = 4", 4, "head"),
        ("DELETE FROM entry", 1, "head"),
        ("UPDATE checkpoint SET at = '2020-01-01T00:00:00Z' WHERE number = 4", 4, "signature"),
    ],
)
def test_what_was_tampered_with_is_named(
    open_register: Callable[..., Register],
    promises: list[str],
    tmp_path: Path,
    sql: str,
    number: int,
    fault: str,
) -> None:
    with open_register() as register:
        for status in ("in_progress", "stalled", "partly_done", "in_progress"):
            _say(register, promises, _status(promises[0], status))
    _forced(tmp_path / "plan.register", sql)
    with open_register() as register:
        broken = register.verify()
        assert [(one.number, one.fault) for _, one in broken] == [(number, fault)]
        if sql != "DELETE FROM entry" and fault not in ("head", "signature"):
            with pytest.raises(InvalidInput, match="broken"):
                _say(register, promises, _status(promises[0], "stalled"))


WORDS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=8)


@st.composite
def chain(draw: st.DrawFn) -> list[Entry]:
    entries: list[Entry] = []
    for number in range(1, draw(st.integers(2, 6)) + 1):
        previous = entries[-1].digest if entries else GENESIS
        change = draw(st.dictionaries(WORDS, st.one_of(WORDS, st.integers(0, 100)), max_size=3))
        bare = Entry(
            number,
            f"2026-03-0{number}T00:00:00Z",
            "a",
            "XTA",
            "p",
            "statement",
            change,
            draw(WORDS),
            previous,
        )
        entries.append(bare.sealed())
    return entries


@given(chain(), st.data())
def test_any_edit_swap_insert_or_cut_is_found(entries: list[Entry], data: st.DataObject) -> None:
    assert first_break(entries) is None
    place = data.draw(st.integers(0, len(entries) - 1))
    act = data.draw(st.sampled_from(["edit", "reseal", "swap", "insert", "cut", "cut end"]))
    changed = list(entries)
    if act == "edit":
        changed[place] = replace(entries[place], reason=entries[place].reason + "x")
    elif act == "reseal":
        changed[place] = replace(entries[place], reason=entries[place].reason + "x").sealed()
    elif act == "swap":
        other = (place + 1) % len(entries)
        changed[place], changed[other] = changed[other], changed[place]
    elif act == "insert":
        changed.insert(place, entries[place])
    elif act == "cut":
        del changed[place]
    else:
        del changed[-1]
    broken = first_break(changed, entries[-1].digest)
    assert broken is not None
    assert 1 <= broken.number <= len(entries) + 1


def test_the_digest_is_that_of_the_canonical_text() -> None:
    entry = Entry(1, "2026-03-01T09:00:00Z", "a1", "XTA", "p", "statement", {"status": "done"}, "Ж", GENESIS)
    text = (
        '{"at":"2026-03-01T09:00:00Z","author":"a1","change":{"status":"done"},"commitment_id":"p","kind":"statement",'
        f'"number":1,"previous":"{GENESIS}","reason":"Ж","side":"XTA"}}'
    )
    assert entry_digest(entry) == hashlib.sha256(text.encode()).hexdigest()


def _refusals(promise: str) -> dict[str, Said]:
    status = _status(promise, "in_progress")
    return {
        "no promise": replace(status, commitment_id="nothing"),
        "no side": replace(status, side="RUS"),
        "joint for a side": replace(status, side="joint"),
        "no reason": replace(status, reason="  "),
        "long reason": replace(status, reason="x" * 2001),
        "bidi": replace(status, reason="all \u202edone"),
        "control": replace(status, reason="all\x1b[2J done"),
        "no status": replace(status, change={"status": "fine"}),
        "done without evidence": replace(status, change={"status": "done"}),
        "a day to come": replace(status, change={"status": "stalled", "on": "2031-01-01"}),
        "no day": replace(status, change={"status": "stalled", "on": "soon"}),
        "share": replace(status, change={"status": "stalled", "share_percent": 101}),
        "script link": Said("XTA", promise, "evidence", {"link": "javascript:alert(1)"}, "Seen."),
        "no evidence": Said("XTA", promise, "evidence", {}, "Seen."),
        "no text": Said("XTA", promise, "wording", {"text": ""}, "Seen."),
        "no date": Said("XTA", promise, "due", {"due": "2026-02-30"}, "Seen."),
        "no kind of due": Said("XTA", promise, "due", {"due": "2026-02-20", "due_type": "soon"}, "Seen."),
        "no entry": Said("XTA", promise, "withdrawal", {"number": 7}, "Seen."),
    }


@pytest.mark.parametrize("name", _refusals("p"))
def test_refusals_write_nothing(
    open_register: Callable[..., Register], promises: list[str], name: str
) -> None:
    with open_register() as register:
        with pytest.raises(InvalidInput):
            _say(register, promises, _refusals(promises[0])[name])
        assert register.entries() == []


def test_done_needs_evidence_and_each_side_withdraws_its_own(
    open_register: Callable[..., Register], promises: list[str], toyland: Case
) -> None:
    promise = promises[0]
    with open_register() as register:
        link = Said("XTA", promise, "evidence", {"link": "https://example.org/act"}, "Act of delivery.")
        shown = _say(register, promises, link)
        _say(register, promises, _status(promise, "done"))
        with pytest.raises(InvalidInput, match="was said by XTA"):
            _say(register, promises, Said("XTC", promise, "withdrawal", {"number": shown.number}, "No."))
        _say(register, promises, Said("XTA", promise, "withdrawal", {"number": shown.number}, "Wrong act."))
        with pytest.raises(InvalidInput, match="only with evidence"):
            _say(register, promises, _status(promise, "done", "XTC"))
        assert states_of(toyland, register)[promise].words["XTA"].evidence == []


def test_two_sides_stand_beside_each_other(
    open_register: Callable[..., Register], promises: list[str], toyland: Case
) -> None:
    promise = promises[0]
    with open_register() as register:
        assert states_of(toyland, register)[promise].standing == "unstated"
        _say(register, promises, _status(promise, "in_progress"))
        assert states_of(toyland, register)[promise].standing == "one side"
        _say(register, promises, _status(promise, "stalled", "XTC"))
        state = states_of(toyland, register)[promise]
        assert (state.standing, state.status) == ("unequal", None)
        _say(register, promises, _status(promise, "in_progress", "XTC"))
        state = states_of(toyland, register)[promise]
        assert (state.standing, state.status) == ("agreed", "in_progress")


def test_a_due_date_holds_when_both_sides_propose_it(
    open_register: Callable[..., Register], promises: list[str], toyland: Case
) -> None:
    promise = promises[0]
    due = Said("XTA", promise, "due", {"due": "2027-05-01"}, "Port strike.")
    row = toyland["commitments"].row(by_predicate=pl.col("commitment_id") == promise, named=True)
    with open_register() as register:
        _say(register, promises, due)
        state = states_of(toyland, register)[promise]
        assert (state.due, state.proposals) == (None, [("XTA", "due", "2027-05-01")])
        under = case_under_register(toyland, register)["commitments"]
        assert under.row(by_predicate=pl.col("commitment_id") == promise, named=True)["due"] == row["due"]
        _say(register, promises, replace(due, side="XTC"))
        under = case_under_register(toyland, register)["commitments"]
        held = under.row(by_predicate=pl.col("commitment_id") == promise, named=True)
        assert (str(held["due"]), held["source_id"]) == ("2027-05-01", "register")


def test_the_case_takes_what_both_state_and_says_where_they_differ(
    open_register: Callable[..., Register], promises: list[str], toyland: Case
) -> None:
    with open_register() as register:
        for side in SIDES:
            _say(register, promises, _status(promises[0], "partly_done", side))
        _say(register, promises, _status(promises[1], "partly_done"))
        rows = {
            row["commitment_id"]: row
            for row in case_under_register(toyland, register)["commitments"].iter_rows(named=True)
        }
    assert rows[promises[0]]["status"] == "partly_done"
    assert (rows[promises[1]]["status"], rows[promises[1]]["evidence"]) == (
        "unknown",
        "XTA: partly_done; XTC: nothing stated",
    )


def _office(names: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in names.items():
            archive.writestr(name, part)
    return content.getvalue()


REFUSED = {
    "page.html": b"<html></html>",
    "picture.svg": b"<svg/>",
    "act.pdf": b"MZ not a pdf",
    "empty.txt": b"",
    "latin.txt": b"\xe9\xe8",
    "zero.csv": b"a,b\0",
    "act.docx": b"PK\x03\x04 cut",
    "other.docx": _office({"a.txt": b"x"}),
    "macro.xlsx": _office({"xl/workbook.xml": b"<x/>", "xl/vbaProject.bin": b"x"}),
    "bomb.docx": _office({"word/document.xml": b"\0" * 101_000_000}),
    "parts.docx": _office({"word/document.xml": b"", **{f"p{n}": b"" for n in range(1001)}}),
    "large.txt": b"x" * 10_000_001,
    "noending": b"x",
}


@pytest.mark.parametrize("name", REFUSED)
def test_files_that_may_not_come_in(name: str) -> None:
    with pytest.raises(InvalidInput):
        checked_file(name, REFUSED[name])


def test_a_files_own_name_is_text_only() -> None:
    assert checked_file("..\\..\\etc/act.pdf", PDF).name == "act.pdf"


def test_two_registers_by_mail(
    open_register: Callable[..., Register], promises: list[str], toyland: Case, tmp_path: Path
) -> None:
    promise = promises[0]
    act = checked_file("act.pdf", PDF)
    change: dict[str, str | int] = {"file": act.digest, "name": act.name, "bytes": len(act.content)}
    sent = tmp_path / "from_b.karwan"
    with open_register("a.register") as first, open_register("b.register") as second:
        _say(first, promises, _status(promise, "in_progress"))
        _say(second, promises, Said("XTC", promise, "evidence", change, "Signed."), evidence=act)
        _say(second, promises, _status(promise, "done", "XTC"))
        assert write_export(second, sent) == 2
        assert merge(first, read_export(sent)) == 2
        assert merge(first, read_export(sent)) == 0
        state = states_of(toyland, first)[promise]
        assert (state.standing, state.words["XTC"].status) == ("unequal", "done")
        assert first.files.read(act.digest) == PDF
        assert first.verify() == []
        _say(second, promises, _status(promise, "partly_done", "XTC"))
        write_export(second, sent)
        assert merge(first, read_export(sent)) == 1
        assert states_of(toyland, first)[promise].words["XTC"].status == "partly_done"


def test_a_side_that_rewrites_what_it_sent_is_found(
    open_register: Callable[..., Register], promises: list[str], tmp_path: Path
) -> None:
    sent, again = tmp_path / "sent.karwan", tmp_path / "again.jsonl"
    with open_register("a.register") as first, open_register("b.register") as second:
        _say(second, promises, _status(promises[0], "in_progress", "XTC"))
        _say(second, promises, _status(promises[0], "stalled", "XTC"))
        write_export(second, sent)
        merge(first, read_export(sent))
        export = read_export(sent)
        other = replace(export.entries[0], reason="Another.").sealed()
        last = replace(export.entries[1], previous=other.digest).sealed()
        for entries, said in (([other, last], "rewritten"), ([export.entries[0]], "shorter")):
            lines = [json.dumps({"chain": export.chain_id, **entry.record()}) for entry in entries]
            again.write_text("\n".join(lines), encoding="utf-8")
            with pytest.raises(InvalidInput, match=said):
                merge(first, read_export(again))
        assert len(first.entries(export.chain_id)) == 2


def test_a_broken_export_is_named_without_the_case(
    open_register: Callable[..., Register], promises: list[str], tmp_path: Path, toyland: Case
) -> None:
    sent = tmp_path / "sent.karwan"
    with open_register() as register:
        for status in ("in_progress", "stalled"):
            _say(register, promises, _status(promises[0], status))
        write_export(register, sent)
        head = register.entries()[-1].digest
    project = Project(toyland)
    assert project.plan_verify(sent, head=head).failed is False
    changed = tmp_path / "changed.karwan"
    with zipfile.ZipFile(sent) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["chain.jsonl"] = parts["chain.jsonl"].replace(b"stalled", b"done")
    changed.write_bytes(_office(parts))
    result = project.plan_verify(changed)
    assert result.failed
    assert result.tables["chains"].row(0, named=True)["broken_at"] == 2
    cut = tmp_path / "cut.jsonl"
    cut.write_bytes(parts["chain.jsonl"].splitlines()[0])
    assert project.plan_verify(cut).failed is False
    assert project.plan_verify(cut, head=head).tables["chains"]["fault"].to_list() == ["head"]


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[1]", b'{"chain": "a"}', b"PK\x03\x04", b"\xff\xfe", b'{"chain":"a"}\n' * 3]
)
def test_what_is_no_export_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.karwan"
    path.write_bytes(content)
    with pytest.raises(InvalidInput):
        read_export(path)


def test_a_file_that_is_no_register_is_left_alone(tmp_path: Path) -> None:
    text, foreign = tmp_path / "text", tmp_path / "foreign.db"
    text.write_text("not a database at all, but long enough to be looked at", encoding="utf-8")
    with sqlite3.connect(foreign) as bare:
        bare.execute("CREATE TABLE info (name TEXT, value TEXT)")
    for path in (text, foreign):
        before = path.read_bytes()
        with pytest.raises(InvalidInput):
            SqliteRegister(path, create=True)
        assert path.read_bytes() == before
    with pytest.raises(InvalidInput, match="no register"):
        Register(str(tmp_path / "absent"))


def test_a_name_can_be_erased_and_the_chain_stays_whole(
    open_register: Callable[..., Register], promises: list[str]
) -> None:
    with open_register() as register:
        entry = _say(register, promises, _status(promises[0], "stalled"))
        assert register.people()[entry.author] == ("A. Bek", "XTA")
        register.forget(entry.author)
        assert register.people() == {}
        assert register.verify() == []


WRITER = """
import sys
from karwan.register.register import Register
from karwan.register.rules import Said
place, side, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
with Register(place, create=True) as register:
    for n in range(count):
        register.append(Said(side, "p", "statement", {"status": "stalled"}, f"{n}"), side, sides=("XTA", "XTC"), commitments=["p"])
        print(n, flush=True)
"""


def test_writers_at_once_make_one_chain(tmp_path: Path) -> None:
    place = str(tmp_path / "plan.register")
    Register(place, create=True)
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, place, side, "12"], stdout=subprocess.PIPE)
        for side in SIDES * 2
    ]
    assert [writer.wait(60) for writer in writers] == [0, 0, 0, 0]
    for writer in writers:
        assert writer.stdout is not None
        writer.stdout.close()
    with Register(place) as register:
        assert len(register.entries()) == 48
        assert register.verify() == []


def test_killed_while_writing_nothing_is_half(tmp_path: Path) -> None:
    place = str(tmp_path / "plan.register")
    told = 0
    for _ in range(6):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, place, "XTA", "1000"], stdout=subprocess.PIPE
        ) as writer:
            assert writer.stdout is not None
            for _ in range(3):
                assert writer.stdout.readline()
                told += 1
            writer.kill()
            told += len(writer.stdout.read().splitlines())
        with Register(place) as register:
            assert register.verify() == []
            assert told <= len(register.entries()) <= told + 1
            told = len(register.entries())


def test_feeds(
    open_register: Callable[..., Register], promises: list[str], toyland: Case, tmp_path: Path
) -> None:
    with open_register() as register:
        for side in SIDES:
            _say(
                register,
                promises,
                Said(side, promises[0], "due", {"due": "2027-05-01"}, "So agreed; by, all."),
            )
    project, place = Project(toyland), str(tmp_path / "plan.register")
    activities = ElementTree.fromstring(project.feed(place, "iati"))
    assert len(activities.findall("iati-activity")) == len(promises)
    assert activities.get("version") == "2.03"
    lines = project.feed(place, "calendar").decode().split("\r\n")
    assert "DTSTART;VALUE=DATE:20270501" in lines
    assert all(len(line.encode()) <= 75 for line in lines)
    entries = ElementTree.fromstring(project.feed(place, "atom")).findall(
        "{http://www.w3.org/2005/Atom}entry"
    )
    assert len(entries) == 2


def test_the_pack_and_the_state(
    open_register: Callable[..., Register], promises: list[str], toyland: Case, tmp_path: Path
) -> None:
    with open_register() as register:
        _say(register, promises, _status(promises[0], "in_progress"))
        _say(register, promises, _status(promises[0], "stalled", "XTC"))
        _say(register, promises, Said("XTC", promises[1], "wording", {"text": "Open the pass."}, "Clearer."))
        head = register.entries()[-1]
    project, place = Project(toyland), str(tmp_path / "plan.register")
    pack = project.plan_pack(place)
    assert pack.tables["disagreements"]["commitment_id"].to_list() == [promises[0]]
    assert pack.tables["waiting"].row(0, named=True)["waits_for"] == "XTA"
    assert (pack.meta["number"], pack.meta["digest"]) == (3, head.digest)
    assert project.plan_state(place).tables["promises"]["standing"].to_list()[0] == "unequal"
    history = project.plan_history(place, promise=promises[1]).tables["entries"]
    assert history["change"].to_list() == ["language: en; text: Open the pass."]
    other = toyland.with_tables({"commitments": toyland["commitments"].clear()})
    told = [one.key for one in Project(other).plan_state(place).notes if not isinstance(one, str)]
    assert told == ["register.counts", "register.foreign"]


@pytest.mark.parametrize(
    "said",
    [
        Said("XTA", "no such promise", "statement", {"status": "stalled"}, "Seen."),
        Said("XTA", "", "statement", {"status": "done"}, "Seen."),
        Said("XTA", "", "statement", {"status": "stalled"}, " "),
        Said("ZZZ", "", "evidence", {"link": "https://x.example"}, "Seen."),
    ],
)
def test_what_is_refused_makes_no_register(tmp_path: Path, promises: list[str], said: Said) -> None:
    place, project = tmp_path / "plan.register", open_case("toyland")
    said = replace(said, commitment_id=said.commitment_id or promises[0])
    with pytest.raises(InvalidInput):
        project.say(str(place), said, "A. Bek")
    with pytest.raises(InvalidInput, match="name"):
        project.say(str(place), _status(promises[0], "stalled"), " ")
    assert list(tmp_path.iterdir()) == []
    project.say(str(place), _status(promises[0], "stalled"), "A. Bek")
    assert place.is_file()


def test_a_broken_export_makes_no_register(
    tmp_path: Path, open_register: Callable[..., Register], promises: list[str]
) -> None:
    with open_register("theirs.register") as register:
        _say(register, promises, _status(promises[0], "stalled"))
        chain, entry = register.chain_id, register.entries()[0].record()
    broken = tmp_path / "broken.jsonl"
    broken.write_text(json.dumps({"chain": chain, **entry, "reason": "Other."}), encoding="utf-8")
    place = tmp_path / "ours.register"
    with pytest.raises(InvalidInput, match="broken"):
        open_case("toyland").merge_register(str(place), broken)
    assert not place.exists()
