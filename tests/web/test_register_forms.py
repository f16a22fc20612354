"""Forms of the register: an entry written, contradicted, refused beside its field, overtaken; files, pack, export and merge. No token, no entry."""

from __future__ import annotations

import asyncio
import html
import io
import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from karwan.cli.app import app as command_line
from karwan.project import open_case
from karwan.register.register import Register
from karwan.register.rules import Said
from karwan.web.bodies import MOST_BYTES, Bodies
from karwan.web.bytecache import Message
from tests.web.conftest import CASE, Served

PAGE = "plan/promises/c1"
SAID = {"do": "statement", "side": "XTA", "status": "in_progress", "reason": "12 of 40", "by": "A. Bek"}


@pytest.fixture
def register(web: Served) -> Iterator[Register]:
    assert web.site.register is not None
    with Register(web.site.register) as opened:
        yield opened


def token(page: str) -> tuple[str, str]:
    """The token of a form and how many entries its page had seen."""
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    seen = re.search(r'name="seen" value="(\d+)"', page)
    assert found is not None
    return found[1], seen[1] if seen else ""


def post(
    web: Served, address: str, fields: dict[str, str], files: dict[str, tuple[str, bytes]] | None = None
) -> httpx.Response:
    """A form sent as a browser would: token and cookie from its page, one after the other."""

    async def send(client: httpx.AsyncClient) -> httpx.Response:
        page = await client.get(f"{web.site.root}{address}")
        while page.status_code == 202:
            page = await client.get(f"{web.site.root}{address}")
        given, seen = token(page.text)
        form = {"csrfmiddlewaretoken": given, "seen": seen, **fields}
        return await client.post(f"{web.site.root}{address}", data=form, files=files or None)

    return web.run(send)


def test_a_word_a_contradiction_and_evidence_stand_beside_each_other(web: Served, register: Register) -> None:
    before = len(register.entries())
    written = post(web, PAGE, SAID)
    assert written.status_code == 303 and f"said={before + 1}" in written.headers["location"]
    post(web, PAGE, {**SAID, "side": "XTC", "status": "stalled", "reason": "<b>None</b> seen"})
    act = {"file": ("act.txt", b"Act of delivery")}
    attached = post(web, PAGE, {"do": "evidence", "side": "XTA", "reason": "Act", "by": "A. Bek"}, act)
    assert attached.status_code == 303
    kinds = [(entry.kind, entry.side) for entry in register.entries()[before:]]
    assert kinds == [("statement", "XTA"), ("statement", "XTC"), ("evidence", "XTA")]
    shown = web.page(PAGE)
    assert shown.headers["cache-control"] == "no-store" and "etag" not in shown.headers
    for words in ("in progress", "stalled", "The two sides differ", "&lt;b&gt;None", "act.txt"):
        assert words in shown.text
    digest = str(register.entries()[-1].change["file"])
    file = web.page(f"plan/files/{digest}")
    assert file.content == b"Act of delivery"
    assert file.headers["content-disposition"].startswith("attachment;")
    assert file.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert web.page(f"plan/files/{'0' * 64}").status_code == 404
    assert register.verify() == []


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"status": "finished"}, "status", "is no status"),
        ({"on": "2999-01-01"}, "on", "of a day to come"),
        ({"share": "101"}, "share", "give 0 to 100"),
        ({"side": "ZZZ"}, "side", "no side of this plan"),
        ({"by": " "}, "by", "say who states it"),
        ({"reason": "x\u202ey"}, "reason", "characters nobody sees"),
        ({"do": "evidence", "link": "javascript:alert(1)"}, "link", "is no link"),
        ({"do": "due", "due": "soon", "due_type": "definitive"}, "due", "is no due date"),
        ({"do": "wording", "text": " "}, "text", "wording is empty"),
        ({"do": "nonsense"}, "none", "is not known"),
    ],
)
def test_what_is_refused_is_said_beside_its_field_and_nothing_is_written(
    web: Served, register: Register, fields: dict[str, str], field: str, words: str
) -> None:
    before = len(register.entries())
    answer = post(web, PAGE, {**SAID, **fields})
    assert answer.status_code == 422
    kind = fields.get("do", "statement")
    beside = re.search(rf'id="w-{kind}-{field}">(.*?)</p>', answer.text, re.S)
    told = beside[1] if beside else answer.text[answer.text.index('role="alert"') :]
    assert words in html.unescape(re.sub("<.*?>", "", told)).lower()
    assert "Traceback" not in answer.text
    assert len(register.entries()) == before


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("act.svg", b"<svg/>", "cannot be evidence"),
        ("act.pdf", b"<html>", "is not what its ending says"),
        ("act.txt", b"x" * 10_000_001, "too large"),
    ],
)
def test_files_that_may_not_come_in(
    web: Served, register: Register, name: str, content: bytes, words: str
) -> None:
    before = len(register.entries())
    form = {"do": "evidence", "side": "XTA", "reason": "Act", "by": "A. Bek"}
    answer = post(web, PAGE, form, {"file": (name, content)})
    assert answer.status_code == 422 and words in answer.text
    assert 'id="w-evidence-file"' in answer.text and len(register.entries()) == before


def test_a_name_that_leads_elsewhere_or_turns_round_is_kept_as_plain_text(
    web: Served, register: Register
) -> None:
    form = {"do": "evidence", "side": "XTA", "reason": "Act", "by": "A. Bek"}
    assert post(web, PAGE, form, {"file": ("../../act\u202efdp.txt", b"x")}).status_code == 303
    assert register.entries()[-1].change["name"] == "actfdp.txt"


def test_a_form_that_was_overtaken_is_refused_and_kept_filled(web: Served, register: Register) -> None:
    before = len(register.entries())
    answer = post(web, PAGE, {**SAID, "seen": "999", "reason": "Twice pressed"})
    assert answer.status_code == 409
    assert "since the form was opened" in answer.text and "Twice pressed" in answer.text
    assert len(register.entries()) == before


def test_no_token_or_another_site_writes_nothing(web: Served, register: Register) -> None:
    before = len(register.entries())

    async def bare(client: httpx.AsyncClient) -> int:
        return (await client.post(f"{web.site.root}{PAGE}", data=SAID)).status_code

    async def foreign(client: httpx.AsyncClient) -> int:
        given, _ = token((await client.get(f"{web.site.root}{PAGE}")).text)
        form = {**SAID, "csrfmiddlewaretoken": given}
        headers = {"Origin": "http://evil.example"}
        return (await client.post(f"{web.site.root}{PAGE}", data=form, headers=headers)).status_code

    assert web.run(bare) == 403
    web.page(PAGE)
    assert web.run(foreign) == 403
    assert len(register.entries()) == before


def test_pack_and_export_are_signed_and_whole_and_files_are_those_of_the_command(
    web: Served, register: Register, tmp_path: Path
) -> None:
    post(web, PAGE, SAID)
    packed = post(web, "plan/pack", {"do": "pack"})
    assert packed.status_code == 200 and packed.headers["content-disposition"].startswith("attachment;")
    archive = zipfile.ZipFile(io.BytesIO(packed.content))
    assert set(archive.namelist()) == {"pack.pdf", "pack.xlsx", "pack.json", "register.karwan"}
    assert json.loads(archive.read("pack.json"))["digest"] == register.entries()[-1].digest
    place = str(web.site.register)
    printed = CliRunner().invoke(command_line, ["plan", "pack", place, "--case", CASE, "--json"])
    assert archive.read("pack.json").decode() == printed.stdout
    file = tmp_path / "theirs.karwan"
    file.write_bytes(archive.read("register.karwan"))
    assert open_case(CASE).plan_verify(file).meta["whole"] is True
    whole = post(web, "plan/exchange", {"do": "verify"}, {"verified": ("x.karwan", file.read_bytes())})
    assert "whole." in whole.text and whole.status_code == 200
    lost = {"do": "verify", "head": "0" * 63 + "1"}
    cut = post(web, "plan/exchange", lost, {"verified": ("x.karwan", file.read_bytes())})
    assert "changed after it was written" in cut.text


def test_the_other_sides_chain_is_taken_in_once_and_a_torn_one_never(
    web: Served, register: Register, tmp_path: Path
) -> None:
    theirs = str(tmp_path / "theirs.register")
    said = Said("XTC", "c2", "statement", {"status": "stalled"}, "Seen")
    open_case(CASE).say(theirs, said, "S. Khan")
    open_case(CASE).export_register(theirs, tmp_path / "theirs.karwan")
    content = (tmp_path / "theirs.karwan").read_bytes()
    chains = len(register.chains())
    for count in ("1", "0"):
        answer = post(web, "plan/exchange", {"do": "merge"}, {"merged": ("theirs.karwan", content)})
        assert answer.status_code == 303 and f"count={count}" in answer.headers["location"]
    torn = post(web, "plan/exchange", {"do": "merge"}, {"merged": ("theirs.karwan", content[:-30])})
    assert torn.status_code == 422
    assert len(register.chains()) == chains + 1
    assert "stalled" in web.page("plan/promises/c2").text


def test_bodies_too_large_are_refused_before_they_are_read() -> None:
    sent: list[Message] = []
    parts = iter([{"type": "http.request", "body": b"x" * 60, "more_body": True}] * 3)

    async def receive() -> Message:
        return next(parts)

    async def send(message: Message) -> None:
        sent.append(message)

    async def never(*_: object) -> None:
        raise AssertionError("the framework was reached")

    async def ask(headers: list[tuple[bytes, bytes]]) -> int:
        sent.clear()
        scope = {"type": "http", "method": "POST", "headers": headers}
        await Bodies(never, most=100)(scope, receive, send)
        return int(sent[0]["status"])

    assert asyncio.run(ask([(b"content-length", b"101")])) == 413
    assert asyncio.run(ask([])) == 413
    assert MOST_BYTES == 64_000_000
