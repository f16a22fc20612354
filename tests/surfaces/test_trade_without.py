"""Every trade command on a case without a network, and without any case where both countries are named."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from karwan.analysis.registry_of_trade import TRADE
from karwan.case import embedded_cases
from tests.commands import Ended, program

KEPT = ("sources", "countries", "flows", "parameters", "products", "targets", "tariffs")
MAPPING = (
    "name: made\ntitle: made\nprovider: test\nlicence: none\nlayout: csv\nnomenclature: HS17\ncolumns:\n"
    "  exporter: {column: exporter, codes: iso3}\n  importer: {column: importer, codes: iso3}\n"
    "  reporter_side: {value: importer}\n  period: year\n  product: {column: product, level: 6}\n"
    "  value: value_usd\n  weight: kg\n  valuation: {value: cif}\n"
)
COUNTRIES = ("KAZ", "UZB", "KGZ", "IND", "CHN")
CODES = ("100199", "100630", "520100", "870323")


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Toyland's figures alone: no table of the network and none of the plan."""
    folder = tmp_path_factory.mktemp("bare")
    toyland = embedded_cases()["toyland"]
    for name in KEPT:
        shutil.copy(toyland / f"{name}.csv", folder)
    settings = (toyland / "case.yaml").read_text(encoding="utf-8")
    for places in ("[A]", "[C]", "[P]"):
        settings = settings.replace(places, "[]")
    (folder / "case.yaml").write_text(settings, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A table of flows and a store of the same."""
    folder = tmp_path_factory.mktemp("made")
    table, store, mapping = folder / "flows.csv", folder / "t.duckdb", folder / "made.yaml"
    rows = [
        f"{a},{b},{code},{1000 + 37 * (i + 1) * (j + 2) * (k + 3)},{900 + i + j},{year}\n"
        for year in (2022, 2023)
        for i, a in enumerate(COUNTRIES)
        for j, b in enumerate(COUNTRIES)
        for k, code in enumerate(CODES)
        if a != b and (i + j + k) % 4
    ]
    table.write_text("exporter,importer,product,value_usd,kg,year\n" + "".join(rows), encoding="utf-8")
    mapping.write_text(MAPPING, encoding="utf-8")
    told = program("trade", "ingest", "table", table, "--mapping", mapping, "--store", store, "--quiet")
    assert told.exit_code == 0, told.output
    return table, store


ON_A_CASE = {
    "trade status": (["{case}"], 0),
    "trade growth": (["XTA", "XTC", "--case", "{case}"], 0),
    "trade mirror": (["XTA", "XTC", "--case", "{case}"], 0),
    "trade potential": (["XTA", "XTC", "--case", "{case}"], 0),
    "trade goods": (["{case}"], 0),
    "trade target": (["--case", "{case}"], 0),
    "trade compete": (["beans", "--case", "{case}", "--rival", "AUS:600"], "knows no way for Beans"),
    "trade world build": (
        ["--case", "{case}", "--flows", "{case}/none.csv", "--save", "{case}/w"],
        "There is no file",
    ),
    "trade world show": (["{case}"], "has no world matrix"),
    "trade world check": (["{case}"], "has no world matrix"),
}
WITHOUT_A_CASE = {
    "trade growth": ["KAZ", "UZB", "--store", "{store}"],
    "trade mirror": ["KAZ", "UZB", "--store", "{store}"],
    "trade indicators": ["KAZ", "--partner", "UZB", "--table", "{table}"],
    "trade partners": ["KAZ", "--store", "{store}"],
    "trade potential": ["KAZ", "UZB", "--table", "{table}"],
    "trade query": ["--store", "{store}", "--exporter", "KAZ"],
    "trade names": ["wheat"],
    "trade loads": ["--store", "{store}"],
    "trade rejects": ["--store", "{store}"],
    "trade sources": [],
    "trade verify": ["--store", "{store}"],
}
ELSEWHERE = {"trade gravity"}  # a panel of one's own: no case, no pair
NOTHING_FOR = {
    "trade growth": ("There are no figures for KAZ and UZB", "--store"),
    "trade mirror": ("There are no figures for KAZ and UZB", "--store"),
    "trade potential": ("No embedded case has KAZ and UZB", "--table"),
}


def _asked(name: str, arguments: list[str], **named: object) -> Ended:
    return program(*name.split(), *(one.format(**named) for one in arguments))


def test_every_trade_command_is_tried() -> None:
    assert {one.name for one in TRADE} == {*ON_A_CASE, *WITHOUT_A_CASE, *ELSEWHERE}


@pytest.mark.parametrize("name", ON_A_CASE)
def test_trade_commands_answer_from_a_case_without_a_network(name: str, bare: Path) -> None:
    """An answer with words in it, or the fact, the evidence and the way out."""
    arguments, end = ON_A_CASE[name]
    told = _asked(name, arguments, case=bare)
    if end == 0:
        assert told.exit_code == 0 and told.stdout.strip(), told.output
        assert "Traceback" not in told.output
    else:
        assert told.exit_code == 2 and str(end) in told.stderr and "Fix:" in told.stderr


def test_goods_without_a_network_say_that_there_is_none(bare: Path) -> None:
    assert "the case has no corridor at all" in _asked("trade goods", ["{case}"], case=bare).stdout
    checked = program("case", "check", bare, "--json")  # a table's lines break where its words do not
    assert checked.exit_code == 0 and "the case has no network" in checked.stdout
    assert "No promise, milestone or venture" in program("plan", "status", bare).stdout


@pytest.mark.parametrize("name", WITHOUT_A_CASE)
def test_trade_commands_answer_without_a_case(name: str, made: tuple[Path, Path]) -> None:
    table, store = made
    told = _asked(name, WITHOUT_A_CASE[name], table=table, store=store)
    assert told.exit_code == 0 and told.stdout.strip(), told.output


@pytest.mark.parametrize("name", NOTHING_FOR)
def test_a_pair_no_case_is_about_is_told_what_to_give(name: str) -> None:
    fact, way_out = NOTHING_FOR[name]
    told = program(*name.split(), "KAZ", "UZB")
    assert told.exit_code == 2 and fact in told.stderr and way_out in told.stderr
