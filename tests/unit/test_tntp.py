"""TNTP reader: what it reads, and that a malformed file is refused with its line and what was expected."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from karwan.io.tntp import MalformedTntp, read_flows, read_network, read_nodes, read_trips
from karwan.models.assignment import assign

NET = """<NUMBER OF ZONES> 2
<NUMBER OF NODES> 3
<FIRST THRU NODE> 3
<NUMBER OF LINKS> 3
<ORIGINAL HEADER>~ Init Term Capacity ;
<END OF METADATA>


~\tinit_node\tterm_node\tcapacity\tlength\tfree_flow_time\tb\tpower\tspeed\ttoll\tlink_type\t;
\t1\t3\t10\t5\t2.5\t0.15\t4\t60\t0\t1\t;
3 2 10 5 2.5 0.15 4 60 1.5 2;
\t1\t2\t0\t9\t7\t0\t0\t0\t0\t1\t;
"""
TRIPS = """<NUMBER OF ZONES> 2
<TOTAL OD FLOW>   6.5
<END OF METADATA>

~ a comment
Origin \t1
    1 :      0.5;     2 :     6.0;
Origin 2
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "x.tntp"
    path.write_text(text, encoding="utf-8")
    return path


def test_network(tmp_path: Path) -> None:
    net = read_network(write(tmp_path, NET))
    assert (net.n_zones, net.n_nodes, net.first_thru_node) == (2, 3, 3)
    assert net.links.shape == (3, 10)
    assert net.links.row(1) == (3, 2, 10.0, 5.0, 2.5, 0.15, 4.0, 60.0, 1.5, 2)


def test_arrays_price_toll_and_length(tmp_path: Path) -> None:
    net = read_network(write(tmp_path, NET))
    assert np.asarray(net.arrays().fixed_cost).tolist() == [0.0, 0.0, 0.0]
    arrays = net.arrays(toll_weight=2.0, length_weight=0.1)
    np.testing.assert_allclose(np.asarray(arrays.fixed_cost), [0.5, 3.5, 0.9])
    assert arrays.first_thru == 2
    result = assign(net.arrays(), read_trips(write(tmp_path, TRIPS)).matrix())
    assert result.converged
    assert result.skims[0, 1] == pytest.approx(5.0, rel=0.05)


def test_windows_line_ends_and_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "x.tntp"
    path.write_bytes(b"\xef\xbb\xbf" + NET.replace("\n", "\r\n").encode())
    assert read_network(path).links.height == 3


def test_trips(tmp_path: Path) -> None:
    trips = read_trips(write(tmp_path, TRIPS))
    assert trips.demand.rows() == [(1, 1, 0.5), (1, 2, 6.0)]
    assert trips.matrix().tolist() == [[0.5, 6.0], [0.0, 0.0]]


def test_rounded_total_can_be_let_through(tmp_path: Path) -> None:
    path = write(tmp_path, TRIPS.replace("6.5", "7"))
    with pytest.raises(MalformedTntp, match="total"):
        read_trips(path)
    assert read_trips(path, total_tolerance=0.1).demand.height == 2


def test_nodes_and_flows(tmp_path: Path) -> None:
    nodes = read_nodes(write(tmp_path, "Node\tX\tY\t;\n1\t-96.7\t43.6\t;\n2 1 2;\n"))
    assert nodes.rows() == [(1, -96.7, 43.6), (2, 1.0, 2.0)]
    flows = read_flows(write(tmp_path, "From To Volume Cost\n1 2 10.5 6.25\n2 1 : 3 4 ;\n"))
    assert flows.rows() == [(1, 2, 10.5, 6.25), (2, 1, 3.0, 4.0)]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("<NUMBER OF NODES> 3\n", "", ["NUMBER OF NODES"]),
        ("<NUMBER OF NODES> 3", "<NUMBER OF NODES> many", ["NUMBER OF NODES", "not a number"]),
        ("<NUMBER OF ZONES> 2", "<NUMBER OF ZONES> 4", ["more zones than nodes"]),
        ("<NUMBER OF LINKS> 3", "<NUMBER OF LINKS> 4", ["3 rows", "4"]),
        ("<FIRST THRU NODE> 3", "<FIRST THRU NODE> 9", ["FIRST THRU NODE", "from 1 to 4"]),
        ("<END OF METADATA>\n", "", ["line 9", "END OF METADATA"]),
        (
            "3 2 10 5 2.5 0.15 4 60 1.5 2;",
            "3 2 10 5 2.5 0.15 4 60 1.5;",
            ["line 11", "9 fields", "10 fields"],
        ),
        ("3 2 10 5", "3 4 10 5", ["line 11", "to_node_id", "from 1 to 3"]),
        ("3 2 10 5", "3 3 10 5", ["line 11", "itself"]),
        ("3 2 10 5", "3 2.5 10 5", ["line 11", "to_node_id", "whole"]),
        ("3 2 10 5", "3 2 ten 5", ["line 11", "capacity", "not a number"]),
        ("3 2 10 5", "3 2 -1 5", ["line 11", "capacity", "at least 0"]),
        ("3 2 10 5", "3 2 0 5", ["line 11", "capacity is zero"]),
        ("3 2 10 5", "3 2 nan 5", ["line 11", "capacity"]),
    ],
)
def test_malformed_network(tmp_path: Path, old: str, new: str, words: list[str]) -> None:
    assert old in NET
    with pytest.raises(MalformedTntp) as caught:
        read_network(write(tmp_path, NET.replace(old, new, 1)))
    for word in [*words, "expected"]:
        assert word in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("<TOTAL OD FLOW>   6.5\n", "", ["TOTAL OD FLOW"]),
        ("Origin \t1\n", "", ["line 6", "before any origin"]),
        ("Origin 2", "Origin 3", ["line 8", "from 1 to 2"]),
        ("Origin 2", "Origin", ["line 8", "one zone"]),
        ("2 :     6.0", "2       6.0", ["line 7", "destination : trips"]),
        ("2 :     6.0", "2 :     six", ["line 7", "not a number"]),
        ("2 :     6.0", "2 :    -6.0", ["line 7", "at least 0"]),
        ("2 :     6.0", "5 :     6.0", ["line 7", "from 1 to 2"]),
        ("2 :     6.0", "1 :     6.0", ["line 7", "stated twice"]),
        ("6.5", "8", ["6.5 read", "8 declared"]),
    ],
)
def test_malformed_trips(tmp_path: Path, old: str, new: str, words: list[str]) -> None:
    assert old in TRIPS
    with pytest.raises(MalformedTntp) as caught:
        read_trips(write(tmp_path, TRIPS.replace(old, new, 1)))
    for word in [*words, "expected"]:
        assert word in str(caught.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1 2 3 4\n", ["line 1", "header"]),
        ("", ["header"]),
        ("From To Volume Cost\n1 2 3\n", ["line 2", "3 fields"]),
        ("From To Volume Cost\n1 2 3 4\n1 2 5 6\n", ["line 3", "twice"]),
        ("From To Volume Cost\n1 2 x 4\n", ["line 2", "volume"]),
    ],
)
def test_malformed_flows(tmp_path: Path, text: str, words: list[str]) -> None:
    with pytest.raises(MalformedTntp) as caught:
        read_flows(write(tmp_path, text))
    for word in words:
        assert word in str(caught.value)


def test_binary_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.tntp"
    path.write_bytes(b"PK\x03\x04\xff\xfe\x00")
    with pytest.raises(MalformedTntp, match="not text"):
        read_network(path)
