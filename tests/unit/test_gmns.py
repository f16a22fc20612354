"""GMNS: a case goes out and comes back unchanged; foreign files are read with every gap named."""

from __future__ import annotations

import csv
import tempfile
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from karwan.case import embedded_cases, read_case
from karwan.errors import InvalidInput
from karwan.exchange.gmns import NetworkTables, read_gmns, read_linestring, wkt, write_gmns
from karwan.exchange.tntp_tables import read_tntp
from karwan.numerics.geodesy import great_circle_km
from tests.shared import shared_path

NODE_FIELDS = {"node_id", "name", "x_coord", "y_coord", "z_coord", "node_type", "ctrl_type", "zone_id"}
LINK_FIELDS = {
    *("link_id", "name", "from_node_id", "to_node_id", "directed", "geometry", "dir_flag", "length"),
    *("facility_type", "free_speed"),
}
"""Names the GMNS schemas node and link (0.95) give to what is exchanged here."""

NODES = (
    "node_id,name,x_coord,y_coord,node_type,zone_id\n1,West,60,45,,\n2,,61,45,signal,7\n3,Hill,61,46,city,\n"
)
LINKS = (
    "link_id,name,from_node_id,to_node_id,directed,geometry,dir_flag,length,facility_type,capacity,free_speed,"
    "lanes,allowed_uses\n"
    '10,High Street,1,2,1,,1,50,ARTERIAL,500,25,2,ALL\n11,,2,3,0,"LINESTRING(61 45,61.5 45.5,61 46)",,NaN,rail,,,,\n'
)
CONFIG = "dataset_name,long_length,speed,crs,version_number\nSmall,mi,mph,EPSG:4326,0.95\n"


def folder(tmp_path: Path, nodes: str = NODES, links: str = LINKS, config: str | None = CONFIG) -> Path:
    (tmp_path / "node.csv").write_text(nodes, encoding="utf-8")
    (tmp_path / "link.csv").write_text(links, encoding="utf-8")
    if config is not None:
        (tmp_path / "config.csv").write_text(config, encoding="utf-8")
    return tmp_path


def said(found: NetworkTables, severity: str) -> str:
    return "\n".join(p.line() for p in found.problems if p.severity == severity)


@pytest.mark.parametrize("name", list(embedded_cases()))
def test_a_case_comes_back_as_it_went(name: str, tmp_path: Path) -> None:
    case = read_case(name)
    lines = {link: [(60.0, 45.0), (61.0, 44.0)] for link in case["links"]["link_id"]}
    written = write_gmns(case["nodes"], case["links"], tmp_path, title="T", lines=lines)
    assert [p.name for p in written] == ["config.csv", "node.csv", "link.csv"]
    back = read_gmns(tmp_path)
    assert back.nodes.equals(case["nodes"])
    assert back.links.equals(case["links"])
    assert back.errors == 0
    assert {p.message for p in back.problems} <= {"outside plausible bounds"}


def test_an_export_uses_the_names_of_the_specification(tmp_path: Path) -> None:
    case = read_case("toyland")
    write_gmns(case["nodes"], case["links"], tmp_path, title="T", lines={"A-X": [(60.0, 45.0), (60.0, 44.0)]})
    with (tmp_path / "node.csv").open() as file:
        node = next(csv.DictReader(file))
    with (tmp_path / "link.csv").open() as file:
        link = next(row for row in csv.DictReader(file) if row["link_id"] == "A-X")
    assert node.keys() - NODE_FIELDS == {"country", "accuracy_km", "aliases", "source_id", "basis", "note"}
    assert link.keys() & LINK_FIELDS == LINK_FIELDS
    assert (link["length"], link["facility_type"], link["directed"]) == ("120.0", "road", "false")
    # an undirected link has dir_flag 0 in GMNS, with a geometry or without one
    assert (link["geometry"], link["dir_flag"]) == ("LINESTRING (60.0 45.0, 60.0 44.0)", "0")
    assert (node["x_coord"], node["y_coord"]) == ("60.0", "45.0")


def test_units_of_the_config_are_converted(tmp_path: Path) -> None:
    links = read_gmns(folder(tmp_path), country="XTA").links
    assert links["length_km"][0] == pytest.approx(80.4672)
    assert links["speed_kmh"].to_list() == [pytest.approx(40.2336), None]
    assert links["directed"].to_list() == [True, False]


def test_a_missing_length_is_measured_along_the_geometry(tmp_path: Path) -> None:
    links = read_gmns(folder(tmp_path), country="XTA").links
    way = great_circle_km([45.0, 45.5], [61.0, 61.5], [45.5, 46.0], [61.5, 61.0]).sum()
    assert links["length_km"][1] == pytest.approx(float(way))
    straight = read_gmns(folder(tmp_path, links=LINKS.replace("LINESTRING", "POINT")), country="XTA").links
    assert straight["length_km"][1] == pytest.approx(float(great_circle_km(45.0, 61.0, 46.0, 61.0)))


def test_the_shape_of_a_directed_link_runs_forwards(tmp_path: Path) -> None:
    case = read_case("toyland")
    links = case["links"].with_columns(directed=pl.lit(True))
    write_gmns(case["nodes"], links, tmp_path, title="T", lines={"A-X": [(60.0, 45.0), (60.0, 44.0)]})
    with (tmp_path / "link.csv").open() as file:
        flags = {row["link_id"]: row["dir_flag"] for row in csv.DictReader(file)}
    assert flags.pop("A-X") == "1"
    assert set(flags.values()) == {"0"}


def test_a_geometry_may_stand_in_a_file_of_its_own(tmp_path: Path) -> None:
    along = read_gmns(folder(tmp_path), country="XTA").links["length_km"][1]
    line = "LINESTRING(61 45,61.5 45.5,61 46)"
    apart = LINKS.replace("geometry,", "geometry,geometry_id,").replace(f'"{line}",', ",g7,")
    apart = apart.replace("10,High Street,1,2,1,,", "10,High Street,1,2,1,,,")
    folder(tmp_path, links=apart)
    (tmp_path / "geometry.csv").write_text(f'geometry_id,geometry\ng7,"{line}"\n', encoding="utf-8")
    found = read_gmns(tmp_path, country="XTA")
    assert found.errors == 0
    assert found.links["length_km"][1] == along


def test_what_was_filled_in_is_listed(tmp_path: Path) -> None:
    found = read_gmns(folder(tmp_path), country="XTA")
    assert found.nodes["name"].to_list() == ["West", "2", "Hill"]
    assert found.nodes["kind"].to_list() == ["junction", "junction", "city"]
    assert found.links["mode"].to_list() == ["road", "rail"]
    assert set(found.links["state"]) == {"open"}
    assert set(found.nodes["basis"]) == {"assumed"}
    warnings = said(found, "warning")
    for fact in (
        "node_type signal: junction",
        "missing: the node_id",
        "facility_type ARTERIAL: road",
        "missing: XTA",
        "measured along",
    ):
        assert fact in warnings
    assert {p.column for p in found.problems if "left out" in p.message} == {
        "zone_id",
        "allowed_uses",
    }


def test_without_a_config_units_are_supposed_and_said(tmp_path: Path) -> None:
    found = read_gmns(folder(tmp_path, config=None), country="XTA")
    assert found.links["length_km"][0] == 50
    assert "no config.csv" in said(found, "warning")


def test_a_speed_beside_miles_is_in_miles_an_hour(tmp_path: Path) -> None:
    found = read_gmns(folder(tmp_path, config=CONFIG.replace("mph", "")), country="XTA")
    assert found.links["speed_kmh"][0] == pytest.approx(25 * 1.609344)
    assert "mph is supposed, as lengths are in feet or miles" in said(found, "warning")


@pytest.mark.parametrize(
    ("change", "fact"),
    [
        ({"config": CONFIG.replace("mi,", "furlong,")}, "unit is not known"),
        ({"config": CONFIG.replace("EPSG:4326", "EPSG:32642")}, "coordinates are not degrees"),
        ({"links": LINKS.replace("10,High Street,1,2", "10,High Street,1,9")}, "no such node"),
        ({"links": LINKS.replace("10,High Street,1,2", "10,High Street,1,1")}, "joins a node to itself"),
        ({"links": LINKS.replace("\n11,", "\n10,")}, "duplicate key"),
        ({"links": LINKS.replace(",50,ART", ",fifty,ART")}, "not a float"),
        ({"links": LINKS.replace(",50,ART", ",-5,ART")}, "outside hard bounds"),
        ({"links": LINKS + "12,a\n"}, "row has 2 cells"),
        ({"nodes": NODES.replace("60,45", "322754,4698346")}, "outside hard bounds"),
        ({"nodes": NODES.replace("1,West,60", "1,West,")}, "required cell is empty"),
        ({"nodes": NODES.replace("x_coord", "x")}, "required cell is empty"),
        ({"nodes": ""}, "empty file"),
    ],
)
def test_errors_are_reported_not_raised(tmp_path: Path, change: dict[str, str], fact: str) -> None:
    found = read_gmns(folder(tmp_path, **change), country="XTA")
    assert found.errors > 0
    assert fact in said(found, "error")


@settings(deadline=None)
@given(
    st.lists(st.lists(st.text(max_size=8), min_size=8, max_size=8), max_size=4),
    st.sampled_from(["node", "link"]),
)
def test_no_cell_makes_the_reader_stumble(rows: list[list[str]], file: str) -> None:
    header = "link_id,from_node_id,to_node_id,directed,geometry,length,facility_type,free_speed"
    header = "node_id,name,x_coord,y_coord,node_type,country,aliases,zone_id" if file == "node" else header
    with tempfile.TemporaryDirectory() as name:
        place = folder(Path(name))
        with (place / f"{file}.csv").open("w", encoding="utf-8", newline="", errors="replace") as out:
            csv.writer(out).writerows([header.split(","), *rows])
        found = read_gmns(place, country="XTA")
    assert found.nodes.height + found.links.height + found.errors > 0
    assert {p.severity for p in found.problems} <= {"error", "warning"}


@pytest.mark.parametrize("line", ["LINESTRING(inf 0, 1 1)", "LINESTRING(nan 0, 1 1)"])
def test_a_line_to_nowhere_is_none(line: str) -> None:
    assert read_linestring(line) == []


def test_a_country_is_needed(tmp_path: Path) -> None:
    assert "column country: required cell is empty" in said(read_gmns(folder(tmp_path)), "error")


def test_missing_and_unreadable_files_are_errors(tmp_path: Path) -> None:
    assert "required file is missing" in said(read_gmns(tmp_path), "error")
    folder(tmp_path)
    (tmp_path / "link.csv").write_bytes(b"link_id\n\xff\xfe\n")
    assert "not UTF-8" in said(read_gmns(tmp_path, country="XTA"), "error")


@pytest.mark.parametrize(
    "text", ["", "POINT (1 2)", "LINESTRING (1 2)", "LINESTRING (1, 2)", "LINESTRING (a b, c d)"]
)
def test_text_that_is_no_line_has_no_points(text: str) -> None:
    assert read_linestring(text) == []


def test_a_line_is_read_as_written() -> None:
    points = [(60.123456, 45.0), (-0.1, 1e-7), (61.0, -44.5)]
    assert read_linestring(wkt(points)) == points


# -- variants of public networks -----------------------------------------------------------------------------

PLANE_NODES = (
    "node_id,name,x_coord,y_coord,node_type,ctrl_type,zone_id\n"
    "1,,322754,4698346,,no_control,\n6,,322842,4698158,,signal,1\n7,,322924,4698109,,,\n"
)
PLANE_LINKS = (
    "link_id,name,from_node_id,to_node_id,directed,geometry,dir_flag,length,facility_type,capacity,free_speed,lanes\n"
    '10,Way,1,6,1,"LINESTRING(322754 4698346,322842 4698158)",1,750,BIKEWAY,0,12,0\n'
    "21,Ave,6,7,1,,1,330,ARTERIAL,500,25,2\n22,Ave,7,6,1,,1,,ARTERIAL,500,85,2\n"
)
FEET = "dataset_name,long_length,speed,crs\nx,ft,mph,EPSG:32619\n"
OSM_NODES = (
    "name,node_id,osm_node_id,x_coord,y_coord\n,0,9,76.90,43.25\n,1,8,76.91,43.25\n,2,,76.91,43.2501\n"
)
OSM_LINKS = (
    "name,link_id,from_node_id,to_node_id,dir_flag,length,lanes,free_speed,capacity,geometry,allowed_uses,from_biway\n"
    '"Abay",0,0.0,1.0,1,812.3,2.0,60,1800,"LINESTRING (76.90 43.25, 76.91 43.25)",auto,1\n'
    "Abay,1,1,0,1,812.3,2,60,1800,,auto,1\n,2,1,2,1,11.1,1,30,,,auto,0\n"
)


@pytest.mark.parametrize("blank", ["column", "cells"])
def test_a_link_that_does_not_say_is_one_way(tmp_path: Path, blank: str) -> None:
    header = "link_id,from_node_id,to_node_id,dir_flag,length,facility_type,free_speed"
    rows = ["1,1,2,1,72,road,90", "2,2,1,1,72,road,90", "3,2,3,1,165,road,70"]
    if blank == "cells":
        header, rows = header + ",directed", [row + "," for row in rows]
    found = read_gmns(folder(tmp_path, links="\n".join([header, *rows, ""])), country="XTA")
    assert found.links["directed"].to_list() == [True, True, True]
    assert "column directed: missing: true (one way" in said(found, "warning")
    assert found.errors == 0


def test_a_link_for_bicycles_is_kept_and_shut(tmp_path: Path) -> None:
    header = "link_id,from_node_id,to_node_id,directed,length,facility_type,allowed_uses\n"
    links = header + '1,1,2,1,72,road,"bike,walk"\n2,2,1,1,72,road,"auto,bike"\n3,2,3,1,9,road,\n'
    found = read_gmns(folder(tmp_path, links=links), country="XTA")
    assert found.links["state"].to_list() == ["closed", "open", "open"]
    assert "allowed_uses without a vehicle for goods" in said(found, "warning")


def test_a_link_that_may_be_both_ways_is_not_guessed(tmp_path: Path) -> None:
    links = "link_id,from_node_id,to_node_id,directed,dir_flag,length,facility_type\n1,1,2,,0,72,road\n"
    found = read_gmns(folder(tmp_path, links=links), country="XTA")
    assert "dir_flag 0 says both ways" in said(found, "error")
    assert found.links["directed"].to_list() == [None]


def test_truth_may_be_written_as_programs_do(tmp_path: Path) -> None:
    links = (
        "link_id,from_node_id,to_node_id,directed,length,facility_type\n1,1,2,1.0,72,road\n2,2,3,F,9,road\n"
    )
    found = read_gmns(folder(tmp_path, links=links), country="XTA")
    assert found.links["directed"].to_list() == [True, False]


def test_plane_coordinates_become_degrees(tmp_path: Path) -> None:
    found = read_gmns(folder(tmp_path, PLANE_NODES, PLANE_LINKS, FEET), country="USA")
    assert found.errors == 0
    assert found.nodes["lat"].to_list() == [
        pytest.approx(v, abs=1e-6) for v in (42.417188, 42.415516, 42.415094)
    ]
    assert found.nodes["lon"][0] == pytest.approx(-71.154279, abs=1e-6)
    assert found.links["length_km"].to_list()[:2] == [pytest.approx(0.2286), pytest.approx(0.100584)]
    assert found.links["length_km"][2] == pytest.approx(0.0954, abs=2e-4)  # straight, on the sphere
    assert found.links["speed_kmh"][2] == pytest.approx(136.79424)


@pytest.mark.parametrize("by", ["option", "srid"])
def test_a_reference_system_may_stand_elsewhere(tmp_path: Path, by: str) -> None:
    links = PLANE_LINKS.replace("LINESTRING", "SRID=32619;LINESTRING") if by == "srid" else PLANE_LINKS
    place = folder(tmp_path, PLANE_NODES, links, FEET.replace("EPSG:32619", ""))
    found = read_gmns(place, country="USA", crs="EPSG:32619" if by == "option" else "")
    assert found.errors == 0
    assert found.nodes["lon"][0] == pytest.approx(-71.154279, abs=1e-6)


@pytest.mark.parametrize(
    ("crs", "fact"),
    [
        ("", "no file names their reference system"),
        ("EPSG:99999", "no reference system"),
        ("EPSG:5773", "no reference system"),
        ("Atlantis", "no reference system"),
    ],
)
def test_a_reference_system_that_is_not_known_is_refused(tmp_path: Path, crs: str, fact: str) -> None:
    found = read_gmns(
        folder(tmp_path, PLANE_NODES, PLANE_LINKS, FEET.replace("EPSG:32619", crs)), country="USA"
    )
    assert fact in said(found, "error")


def test_output_of_osm2gmns_reads_clean(tmp_path: Path) -> None:
    """No config.csv, no directed, lengths in metres, ids with and without .0."""
    found = read_gmns(folder(tmp_path, OSM_NODES, OSM_LINKS, None), country="KAZ")
    assert found.errors == 0
    assert found.links["length_km"].to_list() == [pytest.approx(v) for v in (0.8123, 0.8123, 0.0111)]
    assert found.links.select("from_node_id", "to_node_id").rows() == [("0", "1"), ("1", "0"), ("1", "2")]
    assert found.links["lanes"].to_list() == [2, 2, 1]
    assert found.links["capacity_pcu_h_lane"].to_list() == [1800.0, 1800.0, None]
    warnings = said(found, "warning")
    assert "m is supposed: such lengths fit the places" in warnings
    assert "with and without .0" in warnings


def test_capacity_lanes_and_speed_go_out_as_they_came(tmp_path: Path) -> None:
    found = read_gmns(folder(tmp_path), country="XTA")
    write_gmns(found.nodes, found.links, tmp_path / "out", title="T")
    with (tmp_path / "out" / "link.csv").open() as file:
        row = next(csv.DictReader(file))
    assert (row["lanes"], row["capacity"], float(row["free_speed"])) == ("2", "500.0", pytest.approx(40.2336))


def test_short_links_are_read(tmp_path: Path) -> None:
    links = "link_id,from_node_id,to_node_id,directed,length,facility_type,free_speed\n1,1,2,1,0.0031,road,0\n2,2,3,1,0,road,50\n"
    found = read_gmns(
        folder(tmp_path, links=links, config=CONFIG.replace("mi,mph", "km,km/h")), country="XTA"
    )
    assert found.errors == 0
    assert found.links["length_km"][0] == 0.0031
    assert found.links["length_km"][1] == pytest.approx(float(great_circle_km(45.0, 61.0, 46.0, 61.0)))
    assert found.links["speed_kmh"].to_list() == [None, 50.0]
    same = NODES.replace("3,Hill,61,46", "3,Hill,61,45")
    found = read_gmns(folder(tmp_path, nodes=same, links=links), country="XTA")
    assert found.links["length_km"][1] == 0.0001


def test_several_lines_are_one_way_after_another() -> None:
    assert read_linestring("MULTILINESTRING ((0 1, 2 3), (2 3, 4 5))") == [(0, 1), (2, 3), (2, 3), (4, 5)]
    assert read_linestring("srid=4326; LineString Z (0 1 9, 2 3 9)") == [(0, 1), (2, 3)]


# -- TNTP ----------------------------------------------------------------------------------------------------

NET = (
    "<NUMBER OF ZONES> 2\n<NUMBER OF NODES> 3\n<FIRST THRU NODE> 1\n<NUMBER OF LINKS> 2\n<END OF METADATA>\n"
    "~ from to capacity length time b power speed toll type ;\n"
    "1 3 1000 10 12 0.15 4 0 0 1 ;\n3 2 1000 5 0 0.15 4 0 0 1 ;\n"
)
PLACES = "Node X Y ;\n1 60 45 ;\n2 61 45 ;\n3 61 46 ;\n"


def test_tntp_becomes_case_tables(tmp_path: Path) -> None:
    (tmp_path / "small_net.tntp").write_text(NET)
    (tmp_path / "small_node.tntp").write_text(PLACES)
    found = read_tntp(tmp_path, country="XTA", length_unit="mi", time_unit="min")
    assert found.errors == 0
    assert found.nodes["kind"].to_list() == ["city", "city", "junction"]
    assert found.links["length_km"].to_list() == [pytest.approx(16.09344), pytest.approx(8.04672)]
    assert found.links["speed_kmh"].to_list() == [pytest.approx(80.4672), None]
    assert found.links["directed"].all()
    assert "capacity" in said(found, "warning")


def test_tntp_without_places_reports_them(tmp_path: Path) -> None:
    (tmp_path / "small_net.tntp").write_text(NET)
    assert "column lat: required cell is empty" in said(read_tntp(tmp_path, country="XTA"), "error")


def test_tntp_refuses_what_it_cannot_choose(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="holds 0 files"):
        read_tntp(tmp_path)
    for name in ("a", "b"):
        (tmp_path / f"{name}_net.tntp").write_text(NET)
    (tmp_path / "b_node.tntp").write_text(PLACES)
    with pytest.raises(InvalidInput, match=r"a_net.tntp, b_net.tntp"):
        read_tntp(tmp_path)
    assert read_tntp(tmp_path / "b_net.tntp", country="XTA").errors == 0
    assert read_tntp(tmp_path / "a_net.tntp", country="XTA").errors > 0  # b's places are not a's
    with pytest.raises(InvalidInput, match="not both known"):
        read_tntp(tmp_path, time_unit="fortnight")


def test_a_public_test_network_reads(tmp_path: Path) -> None:
    source = shared_path("data/networks")
    net = next(iter(sorted(source.rglob("SiouxFalls_net.tntp"))), None)
    if net is None:
        pytest.skip("SiouxFalls_net.tntp is not among the shared networks")
    (tmp_path / net.name).write_bytes(net.read_bytes())
    found = read_tntp(tmp_path, country="USA", length_unit="mi", time_unit="min")
    assert (found.nodes.height, found.links.height) == (24, 76)
    assert found.links.select(pl.col("speed_kmh").is_between(50, 150).all()).item()


def test_tntp_keeps_lanes_capacity_and_short_links(tmp_path: Path) -> None:
    net = NET.replace("toll type ;", "lanes critical_speed ;").replace("0 0 1 ;", "0 2 60 ;")
    net = net.replace("3 2 1000 5 0 ", "3 2 1000 0 0 ")
    (tmp_path / "small_net.tntp").write_text(net)
    (tmp_path / "small_node.tntp").write_text(PLACES)
    found = read_tntp(tmp_path, country="XTA")
    assert found.errors == 0
    assert found.links["lanes"].to_list() == [2, 2]
    assert found.links["capacity_pcu_h_lane"].to_list() == [500.0, 500.0]
    assert found.links["length_km"][1] == pytest.approx(float(great_circle_km(46.0, 61.0, 45.0, 61.0)))
    assert "critical_speed: field left out" in said(found, "warning")
    assert "length is 0" in said(found, "warning")


def test_tntp_takes_plane_coordinates(tmp_path: Path) -> None:
    (tmp_path / "small_net.tntp").write_text(NET)
    (tmp_path / "small_nodes.tntp").write_text(
        "Node X Y ;\n1 322754 4698346 ;\n2 322842 4698158 ;\n3 322924 4698109 ;\n"
    )
    assert "x and y are not degrees" in said(read_tntp(tmp_path, country="USA"), "error")
    found = read_tntp(tmp_path, country="USA", crs="EPSG:32619")
    assert found.errors == 0
    assert found.nodes["lon"][0] == pytest.approx(-71.154279, abs=1e-6)
    with pytest.raises(InvalidInput, match="no reference system"):
        read_tntp(tmp_path, country="USA", crs="EPSG:0")
