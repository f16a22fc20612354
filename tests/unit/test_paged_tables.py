"""Long tables of a page in parts."""

from __future__ import annotations

import gzip
import json
import random
import string
from typing import Any

from karwan.web.answers.paged import BUDGET, STEPS, paged


def _table(key: str, count: int, text: str = "x") -> dict[str, Any]:
    return {"block": "table", "key": key, "rows": [[{"text": f"{text}{n}"}] for n in range(count)]}


def test_a_short_table_stays_whole_and_a_long_one_is_cut() -> None:
    content = {"tables": [_table("short", STEPS[0]), _table("long", 2 * STEPS[0] + 1)]}
    short, long = paged(content, "")["tables"]
    assert "parted" not in short and len(short["rows"]) == STEPS[0]
    assert len(long["rows"]) == STEPS[0]
    told = {"first": 1, "last": STEPS[0], "count": 2 * STEPS[0] + 1, "before": "", "after": "long.2"}
    assert long["parted"] == told


def test_the_address_leads_to_every_row_once() -> None:
    content = {"tables": [_table("a", 200), {"inner": _table("b", 130)}]}
    seen, at = [], "a.1"
    while at:
        first, other = paged(content, at)["tables"]
        seen += [row[0]["text"] for row in first["rows"]]
        assert other["inner"]["parted"]["first"] == 1
        at = first["parted"]["after"]
    assert seen == [f"x{n}" for n in range(200)]


def test_a_page_of_very_many_tables_shows_a_few_rows_of_each() -> None:
    draw = random.Random(5)
    content = [_table(f"t{k}", 30) for k in range(60)]
    for table in content:
        table["rows"] = [[{"text": "".join(draw.choices(string.ascii_letters, k=90))}] for _ in range(30)]
    cut = paged(content, "")
    assert {len(one["rows"]) for one in cut} == {5}
    assert len(gzip.compress(json.dumps(cut).encode())) <= BUDGET


def test_the_heaviest_picture_is_put_off_until_it_is_wanted() -> None:
    draw = random.Random(3)
    sizes = {"light": 9_000, "heavy": 20_000, "middle": 12_000}
    figures = [
        {"block": "figure", "key": key, "svg": "".join(draw.choices(string.printable, k=size))}
        for key, size in sizes.items()
    ]
    shown = {one["key"]: one["svg"] for one in paged({"pictures": figures}, "")["pictures"]}
    assert shown["heavy"] == "" and shown["light"] and shown["middle"]
    wanted = {one["key"]: one["svg"] for one in paged({"pictures": figures}, "", "heavy")["pictures"]}
    assert wanted["heavy"] and wanted["middle"] == ""
    assert paged({"pictures": figures[:1]}, "")["pictures"] == figures[:1]


def test_no_such_part_is_the_first() -> None:
    for asked in ("a.99", "a.0", "a.x", "b.2", "..", "a"):
        assert paged({"t": _table("a", 200)}, asked)["t"]["parted"]["first"] == 1


def test_a_page_beyond_the_budget_shows_fewer_rows_of_every_table() -> None:
    draw = random.Random(7)

    def noise() -> str:
        return "".join(draw.choices(string.ascii_letters, k=90))

    content = {"tables": [_table(f"t{k}", 90) for k in range(9)]}
    for table in content["tables"]:
        table["rows"] = [[{"text": noise()}] for _ in table["rows"]]
    cut = paged(content, "")["tables"]
    shown = {len(one["rows"]) for one in cut}
    assert len(shown) == 1
    assert len(gzip.compress(json.dumps(cut).encode())) <= BUDGET < 40_000
    assert shown.pop() == next(
        most for most in STEPS if 9 * most * 70 < BUDGET
    )  # about 70 packed bytes a row
