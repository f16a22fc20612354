"""The pages a reader opens: HTML, PDF, workbook and terminal, from three made-up briefs."""

import io
import itertools
import re
import zipfile
from dataclasses import replace
from datetime import date
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import openpyxl
import pytest
from pypdf import PdfReader
from rich.console import Console

from karwan.analysis.sections import Brief
from karwan.report import print_summary, render_html, render_pdf, write_workbook
from karwan.report.blocks import Figure, Table
from karwan.report.document import build_document
from karwan.report.sections.corridors import _best_route
from karwan.report.short import annex_document, short_document
from karwan.report.typst_pdf import render_annex
from karwan.report.workbook import sheets
from tests.sample_brief import HOSTILE, empty_brief, hostile_brief, sample_brief

MAKE = {"sample": sample_brief, "empty": empty_brief, "hostile": hostile_brief}
VOID = {"meta", "br", "wbr", "img", "link", "hr", "input"}
BLOCKED = {
    "script",
    "iframe",
    "object",
    "embed",
    "link",
    "base",
    "form",
    "input",
    "audio",
    "video",
    "img",
    "foreignobject",
}


@cache
def brief(name: str) -> Brief:
    return MAKE[name]()


@cache
def page(name: str) -> str:
    return render_html(brief(name))


@cache
def pdf(name: str) -> bytes:
    return render_pdf(brief(name))


class Reader(HTMLParser):
    """Collects tags and checks that every element is closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.stack: list[tuple[str, dict[str, str | None]]] = []
        self.seen: list[tuple[str, dict[str, str | None], tuple[str, ...]]] = []
        self.texts: list[str] = []
        self.feed(text)
        self.close()
        assert self.stack == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs), tuple(name for name, _ in self.stack)))
        assert len(dict(attrs)) == len(attrs), "an attribute is given twice"
        if tag not in VOID:
            self.stack.append((tag, dict(attrs)))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs), tuple(name for name, _ in self.stack)))

    def handle_endtag(self, tag: str) -> None:
        assert self.stack and self.stack[-1][0] == tag, f"</{tag}> closes {self.stack[-1:]}"
        self.stack.pop()

    def handle_data(self, data: str) -> None:
        if not any(name in ("style", "script") for name, _ in self.stack):
            self.texts.append(data)


@cache
def parsed(name: str) -> Reader:
    return Reader(page(name))


@pytest.mark.parametrize("name", MAKE)
def test_page_is_well_formed_and_ids_are_unique(name: str) -> None:
    ids = [attrs["id"] for _, attrs, _ in parsed(name).seen if "id" in attrs]
    assert len(ids) == len(set(ids))
    known = set(ids)
    for _, attrs, _ in parsed(name).seen:
        for key in ("aria-labelledby", "aria-describedby"):
            assert set((attrs.get(key) or "").split()) <= known
        target = attrs.get("href") or ""
        if target.startswith("#"):
            assert target[1:] in known, target


@pytest.mark.parametrize("name", MAKE)
def test_page_requests_nothing(name: str) -> None:
    for tag, attrs, _ in parsed(name).seen:
        assert tag not in BLOCKED, tag
        assert not any(key.startswith("on") for key in attrs), attrs
        for key in ("src", "srcset", "poster", "data", "action", "xlink:href"):
            assert key not in attrs, (tag, key)
        if "href" in attrs and tag != "a":
            assert tag == "image" and (attrs["href"] or "").startswith("data:image/png;base64,")
        assert "url(" not in (attrs.get("style") or "")
    style = "".join(re.findall(r"<style>(.*?)</style>", page(name), re.DOTALL))
    assert "@import" not in style
    assert all(
        address.startswith("data:font/woff;base64,") for address in re.findall(r"url\(([^)]*)\)", style)
    )
    assert "default-src 'none'" in page(name)


@pytest.mark.parametrize("name", MAKE)
def test_links_leave_only_to_plain_addresses(name: str) -> None:
    for tag, attrs, _ in parsed(name).seen:
        if tag == "a":
            href = attrs.get("href") or ""
            assert href.startswith(("#", "http://", "https://")), href
            assert "@" not in href.split("/")[2] if href.startswith("http") else True


def test_every_picture_is_labelled_and_every_figure_captioned_with_a_unit() -> None:
    text = page("sample")
    figures = re.findall(r"<figure .*?</figure>", text, re.DOTALL)
    assert len(figures) >= 16
    for figure in figures:
        assert figure.count("<figcaption>") == 1
        unit = re.search(r"<span>Unit:</span> ([^<]+)</span>", figure)
        assert unit and unit.group(1).strip()
        assert re.search(r"<h3 id=[^>]*>[^<]+", figure)
    for tag, attrs, _ in parsed("sample").seen:
        if tag == "svg":
            assert attrs.get("role") == "img" and attrs.get("aria-labelledby")


@pytest.mark.parametrize("name", MAKE)
def test_headings_do_not_skip_levels(name: str) -> None:
    levels = [int(tag[1]) for tag, _, _ in parsed(name).seen if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1 and levels.count(1) == 1
    after_plate = levels[1:] if name == "empty" else levels[2:]
    assert all(b - a <= 1 for a, b in itertools.pairwise(after_plate))


def test_tables_have_captions_and_scoped_headers() -> None:
    text = page("sample")
    tables = re.findall(r"<table.*?</table>", text, re.DOTALL)
    assert len(tables) > 20
    for table in tables:
        assert "<caption" in table and '<th scope="col"' in table and '<th scope="row"' in table


def test_page_has_language_title_viewport_and_skip_link() -> None:
    text = page("sample")
    assert '<html lang="en">' in text and "<title>Kazakhstan - Pakistan: brief of 24 Nov 2026</title>" in text
    assert 'name="viewport"' in text and '<a class="skip" href="#main">' in text


def test_same_brief_gives_the_same_bytes() -> None:
    assert render_html(sample_brief()) == page("sample")
    assert render_pdf(sample_brief()) == pdf("sample")


def test_assumed_figures_are_marked_and_explained() -> None:
    text = page("sample")
    assert 'class="assumed"' in text
    assert "rest on assumed inputs" in text


def test_every_corridor_has_one_colour_everywhere() -> None:
    text = page("sample")
    for row in sample_brief().corridors.corridors.iter_rows(named=True):
        assert text.count(row["colour"]) >= 8


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_text_is_shown_as_text(hostile: str) -> None:
    from karwan.report.text import clean

    shown = " ".join("".join(parsed("hostile").texts).split())
    wanted = clean(hostile).replace("`", "")
    assert wanted in shown.replace("`", "")


def test_hostile_page_carries_no_control_characters_or_overrides() -> None:
    text = page("hostile")
    assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufffe\uffff]", text)


def test_empty_sections_say_what_would_fill_them() -> None:
    text = page("empty")
    assert text.count('class="missing"') >= 7
    assert "<svg" not in text
    assert "<code>karwan trade target</code>" in text


def test_right_to_left_text_is_isolated() -> None:
    assert '<bdi dir="rtl">' not in page("sample")
    assert "پاکستان" in page("hostile")


@pytest.mark.parametrize("name", MAKE)
def test_pdf_reads_back(name: str) -> None:
    reader = PdfReader(io.BytesIO(pdf(name)))
    assert float(reader.pages[0].mediabox.width) == pytest.approx(595.28, abs=0.1)
    assert reader.metadata is not None and (reader.metadata.author or "").startswith("Karwan")
    if name == "sample":
        first = reader.pages[0].extract_text()
        assert all(word in first for word in ("Kazakhstan - Pakistan", "Momentum", "−8.0", "Almaty"))
        everything = "".join(p.extract_text() for p in reader.pages)
        assert all(
            title in everything
            for title in (
                "Where we stand",
                "Corridors",
                "Goods",
                "Ports",
                "The plan",
                "What this rests on",
            )
        )
        assert str(reader.metadata.creation_date).startswith("2026-11-24")


def test_the_cheapest_way_names_its_sanctions_whatever_the_first_page_shows() -> None:
    row = {"pair_label": "A to B", "status": "open", "usd_20t": 4557.0, "days": 29.0, "corridor": "Sea"}
    ways = [{**row, "sanctions": "EU US"}, {**row, "usd_20t": 5000.0, "corridor": "Land", "sanctions": None}]
    bare = sample_brief()
    shown = replace(bare, front=replace(bare.front, ways=bare.front.ways.clear()))
    assert "it falls under EU and US sanctions" in _best_route(shown, ways)[2]
    assert "sanctions" not in _best_route(shown, ways[1:])[2]


def test_two_pages_come_first_and_at_most_ten_follow() -> None:
    pages = [one.extract_text().replace("\xa0", " ") for one in PdfReader(io.BytesIO(pdf("sample"))).pages]
    assert len(pages) <= 12
    assert all("Where we stand" not in text for text in pages[:2]) and "Where we stand" in pages[2]
    assert "mean absolute error" in pages[0] and "falls under 4 EU and US sanctions" in pages[0]
    for words in (
        "Kazakhstan asks, Pakistan offers",
        "Reopen the crossing",
        "Due in 60 days",
        "realistic by when",
    ):
        assert words in pages[1]
    assert f"2 / {len(pages)}" in pages[1]


def test_what_the_printed_brief_leaves_out_stands_in_its_annex() -> None:
    document = build_document(brief("sample"))
    short, rest = short_document(document, "annex.pdf"), annex_document(document)
    whole = {block.key for s in document.sections for block in s.blocks if isinstance(block, (Table, Figure))}
    printed = {
        block.key: block for s in short.sections for block in s.blocks if isinstance(block, (Table, Figure))
    }
    kept = {block.key for s in rest.sections for block in s.blocks if isinstance(block, (Table, Figure))}
    assert whole == printed.keys() | kept
    cut = [
        key for key, block in printed.items() if isinstance(block, Table) and "rows; the others" in block.note
    ]
    assert set(cut) <= kept
    text = "".join(p.extract_text() for p in PdfReader(io.BytesIO(render_annex(brief("sample")))).pages)
    assert "Sources" in text and "Every route" in text and "Momentum" not in text


def test_pdf_holds_no_script_and_only_plain_links() -> None:
    for name in ("sample", "hostile"):
        reader = PdfReader(io.BytesIO(pdf(name)))
        assert (
            "/Names" not in reader.trailer["/Root"] or "/JavaScript" not in reader.trailer["/Root"]["/Names"]
        )
        for one in reader.pages:
            for note in one.get("/Annots") or []:
                action = note.get_object().get("/A")
                if action is not None and "/URI" in action:
                    assert str(action["/URI"]).startswith(("http://", "https://"))


def test_pdf_typography_code_is_never_run_from_text() -> None:
    first = PdfReader(io.BytesIO(pdf("hostile"))).pages[0].extract_text()
    assert '#panic("boom")' in first.replace("\u200b", "")


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("books")
    result = {}
    for name in MAKE:
        result[name] = folder / f"{name}.xlsx"
        write_workbook(brief(name), result[name])
    return result


def test_workbook_has_a_typed_sheet_per_table(books: dict[str, Path]) -> None:
    book = openpyxl.load_workbook(books["sample"])
    assert book.sheetnames[:2] == ["Cover", "Charts"]
    made = list(sheets(brief("sample")))
    assert [s.name for s in made] == book.sheetnames[2:]
    routes = book["Routes"]
    head = [c.value for c in routes[1]]
    assert "Usd 20t (USD per 20 t)" in head and "Hours (h)" in head
    column = head.index("Usd 20t (USD per 20 t)") + 1
    assert routes.cell(2, column).value == 3900.0 and routes.cell(2, column).number_format == "#,##0"
    assert routes.freeze_panes == "B2"
    milestones = book["Milestones"]
    when = [c.value for c in milestones[1]].index("Date") + 1
    assert milestones.cell(2, when).value.date() == date(2025, 9, 9)
    assert sum(len(sheet._charts) for sheet in book.worksheets) >= 3


def test_missing_is_an_empty_cell_not_a_zero(books: dict[str, Path]) -> None:
    book = openpyxl.load_workbook(books["sample"])
    ports = book["Ports"]
    column = [c.value for c in ports[1]].index("Throughput teu year (TEU per year)") + 1
    assert ports.cell(4, column).value is None


@pytest.mark.parametrize("name", MAKE)
def test_nothing_from_a_case_becomes_a_formula(books: dict[str, Path], name: str) -> None:
    book = openpyxl.load_workbook(books[name])
    for sheet in book.worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type != "f", (sheet.title, cell.coordinate)
                if cell.hyperlink is not None and cell.hyperlink.target:
                    assert cell.hyperlink.target.startswith(("http://", "https://"))
    with zipfile.ZipFile(books[name]) as archive:
        assert not any("vba" in member or "externalLink" in member for member in archive.namelist())


def test_formula_like_texts_arrive_as_texts(books: dict[str, Path]) -> None:
    book = openpyxl.load_workbook(books["hostile"])
    values = {
        str(c.value)
        for sheet in book.worksheets
        for row in sheet.iter_rows()
        for c in row
        if c.value is not None
    }
    assert {"+1+1", "-2+3", "@SUM(A1:A9)", "=1+1"} <= values


def test_workbook_is_the_same_each_time(books: dict[str, Path], tmp_path: Path) -> None:
    again = tmp_path / "again.xlsx"
    write_workbook(sample_brief(), again)
    assert again.read_bytes() == books["sample"].read_bytes()


@pytest.mark.parametrize("name", MAKE)
@pytest.mark.parametrize("width", [60, 100, 160])
def test_terminal_summary_prints_within_its_width(name: str, width: int) -> None:
    target = io.StringIO()
    print_summary(brief(name), Console(file=target, width=width, force_terminal=False, color_system=None))
    text = target.getvalue()
    assert "As of 24 Nov 2026" in text
    assert "\x1b" not in text
    assert all(len(line) <= width * 2 for line in text.splitlines())
    if name == "hostile":
        assert "[bold red]rich[/bold red]" in re.sub(r"\s+", " ", text)
    if name == "sample":
        assert "Late commitments, 4" in text and "KTAP" in text
