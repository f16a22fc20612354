"""Shuffling the rows of any table of a case changes no answer of any command."""

from __future__ import annotations

import math
import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from karwan.analysis.corridors import CorridorStudy
from karwan.analysis.goods import landed_table
from karwan.analysis.sections import Brief
from karwan.case import read_case
from karwan.case.case import in_key_order
from karwan.project import open_case
from tests.commands import KAZ_PAK, TOYLAND, Ends, commands, run, shuffled, strict_json, write_brief

SEEDS = int(os.environ.get("KARWAN_ORDER_SEEDS", "1"))
DEAR = {
    *(
        "corridor compare",
        "corridor critical",
        "corridor sensitivity",
        "corridor assign",
        "corridor observed",
    ),
    *("corridor modes", "corridor prices", "plan worth", "plan draft", "port choice", "trade basket"),
    *("trade basket reach", "trade goods", "trade target", "scenario compare", "scenario regime"),
    *("scenario trade", "venture appraise", "venture compare", "venture wait"),
}
"""Commands that take seconds of kaz-pak: each is a test of its own, so that processes share them."""
QUICK = "quick"


def parts(value: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """Every value of parsed JSON with its place; rows of a table sorted, as a set of rows has no order."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from parts(inner, f"{place}.{key}")
    elif isinstance(value, list):
        for number, inner in enumerate(sorted(value, key=_rough)):
            yield from parts(inner, f"{place}[{number}]")
    else:
        yield place, value


def _rough(value: Any) -> str:
    if isinstance(value, dict):
        return repr(sorted((k, _rough(v)) for k, v in value.items()))
    return f"{value:.6g}" if isinstance(value, float) else repr(value)


def same(one: Any, other: Any) -> list[str]:
    """Places where two answers differ, figures by more than 1e-9 of their size."""
    first, second = list(parts(one)), list(parts(other))
    if [place for place, _ in first] != [place for place, _ in second]:
        return ["other rows or keys"]
    return [f"{p}: {a!r} {b!r}" for (p, a), (_, b) in zip(first, second, strict=True) if not _close(a, b)]


def _close(a: Any, b: Any) -> bool:
    if isinstance(a, float) and isinstance(b, float):
        return math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-9)
    return bool(a == b)


def answer(case: Path | str, arguments: list[str]) -> Any:
    ran = run(arguments)
    assert ran.escaped is None, (arguments, ran.escaped)
    if ran.code or not ran.output.startswith("{"):
        return ran.output.replace(str(case), "CASE")
    content = strict_json(ran.output)
    content.pop("warnings", None)  # they name the rows of the files, which did move
    return content


@pytest.mark.timeout(600)  # the dearest is asked twice
@pytest.mark.parametrize("seed", range(1, 1 + SEEDS))
@pytest.mark.parametrize(
    ("case", "ends", "asked"),
    [("toyland", TOYLAND, "all"), *(("kaz-pak", KAZ_PAK, name) for name in (QUICK, *sorted(DEAR)))],
)
def test_every_command_answers_the_same(case: str, ends: Ends, asked: str, seed: int, tmp_path: Path) -> None:
    folder = shuffled(case, tmp_path / "case", seed)
    before, after = commands(case, ends), commands(folder, ends)
    parts_of = {"all": list(before), QUICK: [name for name in before if name not in DEAR]}
    for name in parts_of.get(asked, [asked]):
        differing = same(answer(case, before[name]), answer(folder, after[name]))
        assert not differing, (name, differing[:5])


@pytest.mark.parametrize("case", ["toyland", "kaz-pak"])
def test_a_case_reads_the_same_in_any_order(case: str, tmp_path: Path) -> None:
    """What every model works on is the same, so that no answer can differ."""
    one, other = read_case(case), read_case(shuffled(case, tmp_path / "case", 3))
    assert one.settings == other.settings
    for name, table in one.tables.items():
        assert table.equals(other[name]), name
    assert all(in_key_order(one.tables)[name].equals(table) for name, table in one.tables.items())


def test_headlines_and_page_stand_word_for_word(tmp_path: Path) -> None:
    folder = shuffled("toyland", tmp_path / "case", 0)
    assert open_case(folder).brief().headlines == open_case("toyland").brief().headlines
    assert write_brief(folder, tmp_path).output == write_brief("toyland", tmp_path).output


def test_each_landed_cost_is_searched_with_its_own_load_and_value_of_time(kaz_pak_brief: Brief) -> None:
    """The landed cost of a product does not depend on which products were asked before it: alone it is the same."""
    case = read_case("kaz-pak")
    for row in random.Random(1).sample(kaz_pak_brief.goods.landed.to_dicts(), 4):
        wanted = [row["product_id"], case.settings.reference_product]
        alone = case.with_tables({"products": case["products"].filter(pl.col("product_id").is_in(wanted))})
        study = CorridorStudy(alone, case.settings.as_of)
        (found,) = landed_table(study).filter(pl.col("product_id") == row["product_id"]).to_dicts()
        assert found["corridor_id"] == row["corridor_id"]
        assert found["landed_usd_t"] == pytest.approx(row["landed_usd_t"], rel=1e-12)
