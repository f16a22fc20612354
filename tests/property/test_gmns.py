"""GMNS: whatever words a case holds, an export comes back as it went and no cell of it is a formula."""

from __future__ import annotations

import csv
import io
import tempfile
from pathlib import Path

import polars as pl
from hypothesis import example, given, settings
from hypothesis import strategies as st

from karwan.case import read_case
from karwan.exchange.gmns import bare, guarded, read_gmns, write_gmns
from karwan.exports import defused

CASE = read_case("toyland")
WORDS = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=12).map(str.strip)
NAMES = WORDS.filter(bool)


@given(st.text(max_size=20))
@example("'=1")
@example("''@x")
@example("-5.3")
def test_an_apostrophe_goes_as_it_came(text: str) -> None:
    assert bare(guarded(text)) == text
    assert defused(guarded(text)) == guarded(text)


@settings(deadline=None, max_examples=60)
@given(
    name=NAMES,
    note=NAMES,
    node=NAMES,
    lanes=st.one_of(st.none(), st.integers(0, 50)),
    km=st.floats(1e-4, 25000),
)
@example(name="=cmd()", note="'=1", node="nan", lanes=2, km=0.003)
@example(name="NULL", note="@x", node="1.0", lanes=0, km=0.1)
def test_an_export_comes_back(name: str, note: str, node: str, lanes: int | None, km: float) -> None:
    old = CASE["nodes"]["node_id"][0]
    if node in CASE["nodes"]["node_id"].to_list()[1:]:
        return
    renamed = [pl.col(c).replace(old, node) for c in ("from_node_id", "to_node_id")]
    nodes = CASE["nodes"].with_columns(
        name=pl.lit(name), note=pl.lit(note), node_id=pl.col("node_id").replace(old, node)
    )
    links = CASE["links"].with_columns(
        *renamed,
        note=pl.lit(note),
        link_id=pl.col("link_id") + name,
        lanes=pl.lit(lanes, dtype=pl.Int64),
        capacity_pcu_h_lane=pl.lit(km),
        length_km=pl.lit(km),
    )
    with tempfile.TemporaryDirectory() as folder:
        files = write_gmns(nodes, links, Path(folder), title=name)
        back = read_gmns(Path(folder))
        texts = [path.read_text(encoding="utf-8") for path in files]
    cells = [cell for text in texts for row in csv.reader(io.StringIO(text, newline="")) for cell in row]
    assert [p.line() for p in back.problems if p.severity == "error"] == []
    assert back.nodes.equals(nodes)
    assert back.links.equals(links)
    assert [cell for cell in cells if defused(cell) != cell] == []
