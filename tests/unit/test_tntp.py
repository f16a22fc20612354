"""TNTP reader: what it reads, and that a malformed file is refused with its line and what was expected."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from karwan.analysis.network_assignment import assign_tntp
from karwan.errors import InvalidInput, Unreachable
from karwan.exchange.tntp import MalformedTntp, read_flows, read_network, read_nodes, read_trips, sibling
from karwan.transport.assignment import assign
from karwan.words import sentences

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


def test_files_too_large_to_be_refused_within_their_memory_are_not_read(tmp_path: Path) -> None:
    path = tmp_path / "x_net.tntp"
    with path.open("wb") as stream:  # sparse: it takes no room
        stream.truncate(26_000_000)
    with pytest.raises(MalformedTntp, match="too large") as refused:
        read_network(path)
    assert refused.value.evidence == "26 MB"
    with pytest.raises(MalformedTntp) as other:
        read_trips(path)
    assert "too large" not in other.value.fact


def test_binary_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.tntp"
    path.write_bytes(b"PK\x03\x04\xff\xfe\x00")
    with pytest.raises(MalformedTntp, match="not text"):
        read_network(path)


# -- columns by the header's names ---------------------------------------------------------------------------

HEAD = "<NUMBER OF ZONES> 2\n<NUMBER OF NODES> 4\n<FIRST THRU NODE> 3\n<NUMBER OF LINKS> 4\n<END OF METADATA>\n\n"
TWENTY = "<NUMBER OF ZONES> 2\n<TOTAL OD FLOW> 20\n<END OF METADATA>\nOrigin 1\n 2 : 20.0;\n"
WAYS = ((1, 3), (3, 2), (1, 4), (4, 2))


def two_ways(folder: Path, header: str, rows: list[str], trips: str = TWENTY) -> Path:
    """Two ways of two links between two zones; `rows` are the fields behind the ends."""
    ends = zip(WAYS, rows, strict=True)
    text = HEAD + header + "".join(f"{a} {b} {rest} ;\n" for (a, b), rest in ends)
    (folder / "g_net.tntp").write_text(text, encoding="utf-8")
    (folder / "g_trips.tntp").write_text(trips, encoding="utf-8")
    return folder / "g_net.tntp"


CRITICAL = "~ init_node term_node capacity length free_flow_time b power speed critical_speed lanes ;\n"
FAST = ["10 1 10 0.15 4 60 50 2"] * 2 + ["10 1 10 0.15 4 60 40 1"] * 2


def test_a_critical_speed_is_no_toll(tmp_path: Path) -> None:
    found = assign_tntp(two_ways(tmp_path, CRITICAL, FAST), toll_weight=1.0, relative_gap=1e-10)
    np.testing.assert_allclose(found.links["volume"], 10.0, atol=1e-6)
    assert found.links["cost"].to_list() == found.links["time"].to_list()
    said = " ".join(sentences(found.notes))
    assert "critical_speed" in said
    assert "no column toll" in said


@pytest.mark.parametrize(
    "header",
    [
        "~\tTail\tHead\tFree Flow Time (min)\tToll\tCapacity (veh/h)\tB\tPower\t;\n",
        "~ from to ftime(min) toll capacity b power\n",
        "init_node term_node free_flow_time toll capacity b power ;\n",
        "~ Init node Term node Free Flow Time Toll Capacity B Power ;\n",
    ],
)
def test_the_names_of_the_header_rule(tmp_path: Path, header: str) -> None:
    rows = ["10 3 20 0.15 4", "10 0 20 0.15 4", "10 3 20 0.15 4", "10 0 20 0.15 4"]
    net = read_network(two_ways(tmp_path, header, rows))
    assert net.header.columns[2:] == ("free_flow_time", "toll", "capacity", "b", "power")
    assert net.links.select("free_flow_time", "toll", "capacity", "link_type").row(0) == (10.0, 3.0, 20.0, 1)


def test_a_capacity_per_lane_counts_times_the_lanes(tmp_path: Path) -> None:
    header = "~ init_node term_node capacity (veh/h/lane) length free_flow_time b power lanes ;\n"
    rows = ["10 1 10 0.15 4 2", "10 1 10 0.15 4 2", "10 1 10 0.15 4 1", "10 1 10 0.15 4 1"]
    net = read_network(two_ways(tmp_path, header, rows))
    assert net.links["capacity"].to_list() == [20.0, 20.0, 10.0, 10.0]
    found = assign_tntp(tmp_path, relative_gap=1e-12)
    np.testing.assert_allclose(found.links["volume"], [40 / 3, 40 / 3, 20 / 3, 20 / 3], rtol=1e-6)


@pytest.mark.parametrize(
    ("header", "rows", "words"),
    [
        (CRITICAL.replace("capacity", "room"), FAST, ["line 7", "does not name capacity"]),
        (CRITICAL.replace("speed critical", "toll toll critical"), FAST, ["line 7", "twice"]),
        (CRITICAL.replace(" lanes", ""), FAST, ["line 8", "10 fields", "9 fields"]),
        (
            CRITICAL.replace("capacity", "capacity_per_lane").replace("lanes", "x"),
            FAST,
            ["line 7", "per lane"],
        ),
        ("", [FAST[0].replace("60 50 2", "60 0 1e30"), *FAST[1:]], ["line 7", "link_type", "whole number"]),
        ("", [FAST[0].replace("60 50 2", "60 0 1.5"), *FAST[1:]], ["line 7", "link_type"]),
        ("", [FAST[0].replace(" 4 60", " 1e308 60"), *FAST[1:]], ["line 7", "power", "at most 100"]),
        ("", [FAST[0].replace("10 1 ", "1e308 1 "), *FAST[1:]], ["line 7", "capacity"]),
        ("", [FAST[0].replace("10 1 ", "1_0 1 "), *FAST[1:]], ["line 7", "capacity", "not a number"]),
        ("", [FAST[0].replace("10 1 ", "١٠ 1 "), *FAST[1:]], ["line 7", "capacity", "not a number"]),
    ],
)
def test_a_header_or_field_that_does_not_fit(
    tmp_path: Path, header: str, rows: list[str], words: list[str]
) -> None:
    with pytest.raises(MalformedTntp) as caught:
        read_network(two_ways(tmp_path, header, rows))
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize(("zones", "nodes"), [(2, 900_000_000), (900_000_000, 900_000_000), (20_000, 20_000)])
def test_counts_beyond_the_links_are_refused(tmp_path: Path, zones: int, nodes: int) -> None:
    net = two_ways(tmp_path, CRITICAL, FAST)
    text = net.read_text().replace("NODES> 4", f"NODES> {nodes}").replace("ZONES> 2", f"ZONES> {zones}")
    net.write_text(text)
    with pytest.raises(MalformedTntp, match=r"links can join|NUMBER OF ZONES"):
        read_network(net)
    trips = tmp_path / "g_trips.tntp"
    trips.write_text(TWENTY.replace("ZONES> 2", f"ZONES> {900_000_000}"))
    with pytest.raises(MalformedTntp, match="NUMBER OF ZONES"):
        read_trips(trips)


def test_zones_are_named_by_their_numbers(tmp_path: Path) -> None:
    net = two_ways(tmp_path, CRITICAL, FAST, TWENTY.replace("Origin 1\n 2", "Origin 2\n 1"))
    with pytest.raises(Unreachable, match=r"1 of 1 zone pairs, 20 of demand, from zone to zone: 2-1"):
        assign_tntp(net)


def test_times_beyond_all_numbers_are_refused(tmp_path: Path) -> None:
    rows = ["1e-300 1 10 0.15 4 60 50 2", *FAST[1:]]
    with pytest.raises(InvalidInput, match="link 1 from 1 to 3"):
        assign_tntp(two_ways(tmp_path, CRITICAL, rows))


def test_differences_of_ties_stand_apart(tmp_path: Path) -> None:
    """The first way is constant at 11.5, the second grows to it at 10: both ends of the tie are equilibria."""
    rows = ["1 1 5.75 0 0 0 0 1", "1 1 5.75 0.5 0 0 0 1", "10 1 5 0.15 4 0 0 1", "10 1 5.75 0 4 0 0 1"]
    net = two_ways(tmp_path, "", rows)
    (tmp_path / "g_flow.tntp").write_text("From To Volume Cost\n1 3 10 5\n3 2 10 5\n1 4 10 5\n4 2 10 5\n")
    found = assign_tntp(net, relative_gap=1e-12)
    assert found.links["unique"].to_list() == [False, False, True, False]
    error = abs(found.links["volume"][2] - 10.0)
    assert found.meta["largest_volume_error"] == pytest.approx(error)
    assert found.meta["unique_links"] == 1
    assert "3 of 4 links take the same time" in " ".join(sentences(found.notes))


def test_ties_alone_are_no_error(tmp_path: Path) -> None:
    net = two_ways(tmp_path, "", ["1 1 5 0 0 0 0 1"] * 4)
    (tmp_path / "g_flow.tntp").write_text("From To Volume Cost\n1 3 10 5\n3 2 10 5\n1 4 10 5\n4 2 10 5\n")
    meta = assign_tntp(net).meta
    assert (meta["largest_volume_error"], meta["largest_tie_difference"], meta["unique_links"]) == (
        0.0,
        10.0,
        0,
    )
    assert meta["objective_error"] == pytest.approx(0.0, abs=1e-14)


def test_an_early_stop_says_why(tmp_path: Path) -> None:
    net = two_ways(tmp_path, "", ["10 1 10 0.15 4 60 0 1", "3 1 9 0.5 2 60 0 1", *["5 1 12 1 4 60 0 1"] * 2])
    found = assign_tntp(net, relative_gap=1e-14, max_iterations=1)
    assert not found.meta["converged"]
    assert "still falls" in " ".join(sentences(found.notes))


def test_links_without_congestion_reach_a_tight_gap(tmp_path: Path) -> None:
    """Links of no time, power 0, power under 1, b 0 and capacity 0 beside steep ones: 1e-8 all the same."""
    rng = np.random.default_rng(7)
    side, zones = 8, 6
    links = []
    for at in range(side * side):
        for step, inside in ((1, at % side < side - 1), (side, at < side * (side - 1))):
            for a, b in ((at, at + step), (at + step, at)) if inside else ():
                time = float(rng.choice([0.0, 0.05, 0.2, 1.0]))
                shape = f"{rng.choice([0.0, 0.15, 5.0])} {rng.choice([0.0, 0.5, 1.0, 4.0, 16.8])}"
                links.append(
                    f"{zones + 1 + a} {zones + 1 + b} {rng.uniform(50, 300):.3f} 1 {time} {shape} 0 0 1 ;"
                )
    for zone in range(1, zones + 1):
        for node in rng.choice(side * side, 3, replace=False) + zones + 1:
            links += [f"{zone} {node} 0 1 0 0 0 0 0 1 ;", f"{node} {zone} 0 1 0 0.15 4 0 0 1 ;"]
    counts = zip(("ZONES", "NODES", "LINKS"), (zones, zones + side * side, len(links)), strict=True)
    head = "".join(f"<NUMBER OF {n}> {v}\n" for n, v in counts) + f"<FIRST THRU NODE> {zones + 1}\n"
    (tmp_path / "m_net.tntp").write_text(head + "<END OF METADATA>\n" + "\n".join(links) + "\n")
    trips = "".join(
        f"Origin {o}\n" + "".join(f"{d} : 120;" for d in range(1, zones + 1) if d != o) + "\n"
        for o in range(1, zones + 1)
    )
    head = f"<NUMBER OF ZONES> {zones}\n<TOTAL OD FLOW> {120 * zones * (zones - 1)}\n<END OF METADATA>\n"
    (tmp_path / "m_trips.tntp").write_text(head + trips)
    found = assign_tntp(tmp_path, relative_gap=1e-8)
    assert found.meta["converged"]
    assert found.meta["relative_gap"] <= 1e-8
    assert np.isfinite(found.links["cost"].to_numpy()).all()


def test_a_node_file_may_bear_the_plural(tmp_path: Path) -> None:
    (tmp_path / "a_nodes.tntp").write_text("Node X Y ;\n")
    assert sibling(tmp_path / "a_net.tntp", "node").name == "a_nodes.tntp"
    assert sibling(tmp_path / "b_net.tntp", "node").name == "b_node.tntp"


def one_time_for_all(folder: Path, side: int, zones: int, trips: float) -> Path:
    """A grid whose links all take .75 when empty and follow a power of 1.5, as those of Terrassa do: every detour of like length is a tie."""
    draw = np.random.default_rng(1)
    first, nodes = zones + 1, zones + side * side
    ends = []
    for node in range(side * side):
        ahead = [node + 1] * ((node + 1) % side > 0) + [node + side] * (node + side < side * side)
        ends += [(a, b) for other in ahead for a, b in ((node, other), (other, node)) if draw.random() < 0.9]
    links = [(first + a, first + b, draw.choice([7500, 9000, 11250, 13500, 31500])) for a, b in ends]
    for zone in range(1, zones + 1):
        for node in draw.choice(side * side, 4, replace=False):
            links += [(zone, first + node, 1.5e6), (first + node, zone, 1.5e6)]
    head = "\n".join(
        f"<{name}> {value}"
        for name, value in (
            ("NUMBER OF ZONES", zones),
            ("NUMBER OF NODES", nodes),
            ("FIRST THRU NODE", first),
            ("NUMBER OF LINKS", len(links)),
        )
    )
    names = "~\tInit node\tTerm node\tCapacity\tLength\tFree Flow Time\tB\tPower\tSpeed limit\tToll\tType\t;"
    rows = [f"{a}\t{b}\t{c:g}\t0.2\t0.75\t0.1\t1.5\t50\t0\t1;" for a, b, c in links]
    net = folder / "made_net.tntp"
    net.write_text("\n".join([head, "<END OF METADATA>", names, *rows]) + "\n")
    table = draw.random((zones, zones)) * (1.0 - np.eye(zones))
    table *= trips / table.sum()
    lines = [f"<NUMBER OF ZONES> {zones}", f"<TOTAL OD FLOW> {trips}", "<END OF METADATA>"]
    for origin, row in enumerate(table, 1):
        cells = (f"{to} : {count!r};" for to, count in enumerate(row.tolist(), 1) if to != origin)
        lines += [f"Origin {origin}", " ".join(cells)]
    (folder / "made_trips.tntp").write_text("\n".join(lines) + "\n")
    return net


@pytest.mark.parametrize("trips", [2e4, 2e6])
def test_links_of_one_time_and_a_low_power_converge(tmp_path: Path, trips: float) -> None:
    found = assign_tntp(one_time_for_all(tmp_path, 14, 20, trips), relative_gap=1e-10)
    assert found.meta["converged"]
    assert found.meta["relative_gap"] <= 1e-10
    served = found.links.filter(pl.col("from_node_id") <= 20)["volume"].sum()
    assert served == pytest.approx(trips, rel=1e-9)
