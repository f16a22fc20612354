"""Every command, table, column, source and registry entry is documented; `make check` says whether the generated pages are up to date."""

from __future__ import annotations

import re
import sys
import tomllib
from datetime import date
from pathlib import Path

import pytest
import typer

from karwan.analysis.sections import Brief
from karwan.cli.app import app
from karwan.project import Project
from karwan.schema import load_schema
from karwan.store.sources import SOURCES
from karwan.transport.delay import DELAY

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
sys.path.insert(0, str(ROOT / "tools"))
import docs  # noqa: E402

PAGES = {p.name: p.read_text(encoding="utf-8") for p in sorted(DOCS.glob("*.md"))}
WRITTEN = {n: text for n, text in PAGES.items() if n not in docs.PAGES}
COMMANDS = dict(docs.commands(typer.main.get_command(app), "karwan"))


def test_every_command_is_documented_with_an_example() -> None:
    for path, command in COMMANDS.items():
        assert f"\n## {path}\n" in PAGES["commands.md"]
        text = command.help or ""
        assert len(text.splitlines()[0]) > 10, path
        assert re.search(r"Examples?: +karwan ", text), f"{path} has no example"
        for parameter in command.params:
            if parameter.name != "help":
                assert getattr(parameter, "help", None), f"{path}: {parameter.name} is not described"


def test_examples_name_real_commands() -> None:
    """Every `karwan ...` in a page begins with words that are commands."""
    groups = {path.rsplit(" ", 1)[0] for path in COMMANDS}
    for page, text in {**PAGES, "README.md": (ROOT / "README.md").read_text(encoding="utf-8")}.items():
        for words in re.findall(r"(?:^ {4}|`)(?:\$ )?karwan ((?:[a-z][a-z-]+ ?){1,2})", text, re.MULTILINE):
            first, *rest = words.split()
            if f"karwan {first}" in COMMANDS:
                continue
            assert f"karwan {first}" in groups, f"{page}: no command `karwan {first}`"
            if rest and not text.count(f"`karwan {first}`"):
                assert f"karwan {first} {rest[0]}" in {*COMMANDS, *groups}, (
                    f"{page}: no command `karwan {words}`"
                )


def test_every_table_and_column_is_documented() -> None:
    page = PAGES["tables.md"]
    for spec in load_schema().values():
        section = page.split(f"\n## {spec.name}\n")[1].split("\n## ")[0]
        for column in spec.columns:
            assert f"| `{column.name}` |" in section, f"{spec.name}.{column.name}"


def test_every_registry_entry_is_documented() -> None:
    for name in (*SOURCES, *DELAY):
        assert any(f"`{name}`" in text for text in PAGES.values()), name


@pytest.mark.parametrize("page", sorted(PAGES))
def test_links_between_pages_lead_somewhere(page: str) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", PAGES[page]):
        if not target.startswith(("http://", "https://", "mailto:")):
            assert (DOCS / target).exists(), f"{page} links to {target}"


def test_the_index_lists_every_page() -> None:
    for page in PAGES:
        assert page == "index.md" or f"({page})" in PAGES["index.md"], page


def test_every_written_page_opens_with_a_title() -> None:
    for name, text in WRITTEN.items():
        assert text.startswith("# "), name


@pytest.mark.parametrize("page", ["CONTRIBUTING.md", *(f"docs/{name}" for name in sorted(WRITTEN))])
def test_pages_name_real_files(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    for path in re.findall(r"`((?:src|tests|tools|docs)/[A-Za-z0-9_./-]+)`", text):
        if not re.search("NAME|NOUN|TABLE|uzb-pak", path):
            assert (ROOT / path).exists(), path


def test_the_plan_of_the_house_names_real_rooms_and_files() -> None:
    package = ROOT / "src" / "karwan"
    rooms = "|".join(p.name for p in package.iterdir() if p.is_dir() and not p.name.startswith("_"))
    named = re.findall(rf"`((?:{rooms})/[a-z0-9_./]*|[a-z]+\.py)`", WRITTEN["design.md"])
    assert len(named) > 20
    for path in named:
        assert (package / path).exists() or (package / "analysis" / path).exists(), path


def test_the_picture_names_every_layer_from_the_top_down() -> None:
    shown = re.findall(r'font-weight="600"[^>]*>(\w+)<', (DOCS / "design.svg").read_text(encoding="utf-8"))
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    rows = settings["tool"]["importlinter"]["contracts"][0]["layers"]
    level = {room: i for i, row in enumerate(rows) for room in re.findall(r"\w+", row)}
    assert [level[room] for room in shown] == sorted(level[room] for room in shown)
    assert len(shown) == len(set(shown)) > 15


def test_the_first_screen_shows_sentence_commands_and_output() -> None:
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    head = "\n".join(lines[:30])
    assert "make brief" in head
    assert "make test" in head
    assert len(lines) < 120


def test_the_example_of_the_readme_runs(kaz_pak_brief: Brief, monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures move with the case; their shape does not. `make docs` writes them anew."""

    def brief(project: Project, as_of: date | None = None) -> Brief:
        assert (project.case.settings.case_id, as_of) == (kaz_pak_brief.case_id, kaz_pak_brief.as_of)
        return kaz_pak_brief

    monkeypatch.setattr(Project, "brief", brief)
    shown = (ROOT / "README.md").read_text(encoding="utf-8").split("```text\n")[1].split("```")[0]
    printed = docs.readme_example()
    assert re.sub(r"[\d.,]+", "0", printed).split()[:8] == re.sub(r"[\d.,]+", "0", shown).split()[:8]
    assert printed.count("USD per 20 t") == shown.count("USD per 20 t") > 3


def test_constraints_name_packages_and_versions_only() -> None:
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines():
        assert re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.!+_-]+", line), line
