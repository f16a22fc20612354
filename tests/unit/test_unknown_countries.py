"""A file whose columns hold no countries is refused, unless it is allowed; nothing of it stays."""

from __future__ import annotations

import json
from pathlib import Path

from tests.commands import run
from tests.unit.test_stored_case import MAPPING

HEAD = "exporter,importer,product,value_usd,weight_kg,side,year\n"


def test_few_known_countries_are_refused_and_may_be_allowed(tmp_path: Path) -> None:
    (tmp_path / "toy.yaml").write_text(MAPPING)
    odd = tmp_path / "odd.csv"
    odd.write_text(
        HEAD
        + "QQ1,PAK,071310,5,1,importer,2024\nQQ2,PAK,071310,5,1,importer,2024\nCAN,PAK,071310,5,1,importer,2024\n"
    )
    store = str(tmp_path / "t.duckdb")
    how = ["trade", "ingest", "table", str(odd), "--mapping", str(tmp_path / "toy.yaml"), "--store", store]
    refused = run(how)
    assert refused.code == 2
    assert "knows few countries: 2 of 3 rows" in refused.output and "--allow-unknown" in refused.output
    assert json.loads(run(["trade", "loads", "--store", store, "--json"]).output) == []
    allowed = run([*how, "--allow-unknown", "--json"])
    assert allowed.code == 0
    assert "2 partners are not known" in str(json.loads(allowed.output)[0]["notes"])
