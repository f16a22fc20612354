"""The readers of the package, each with a small good input."""

from __future__ import annotations

import io
import json
import tempfile
import zipfile
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path

import polars as pl
import xlsxwriter
import xlwt  # type: ignore[import-untyped]

import karwan
from karwan.analysis.assignment import read_demand
from karwan.analysis.basket import table_answer
from karwan.analysis.goods_table import goods_from_file
from karwan.analysis.indicators import read_exports
from karwan.analysis.target_answer import read_geography, read_panel
from karwan.analysis.world_flows import read_distances, read_world_flows
from karwan.case import Case, embedded_cases, inspect_case, read_case
from karwan.case.checks import check_references, check_rules
from karwan.case.reader import read_table
from karwan.case.scenario import apply_scenario, read_scenario
from karwan.exchange.gmns import read_gmns, write_gmns
from karwan.exchange.tntp import read_flows, read_network, read_nodes, read_trips
from karwan.exchange.tntp_tables import read_tntp
from karwan.schema import load_schema
from karwan.store.files import known_codes
from karwan.store.hs import read_correlation
from karwan.store.reading import Reading, no_progress
from karwan.store.sources import source_named
from karwan.store.sources.countries import countries_with
from karwan.store.sources.mapping import read_mapping
from karwan.store.sources.registry import Options
from tests.fuzz.harness import Reader
from tests.fuzz.mutations import ARCHIVE, BINARY

MAPPING = Path(karwan.__file__).parent / "store" / "mappings" / "pak_pbs.yaml"
BACI_TABLE = pl.DataFrame(
    {"hs": ["HS17"] * 2, "t": [2020] * 2, "i": [398, 586], "j": [586, 398], "k": ["071340", "100630"], "v": [12.5, 3.0], "q": [20.0, None]}
)  # fmt: skip
PANEL_TABLE = pl.DataFrame(
    {"exp": ["KAZ", "PAK"], "imp": ["PAK", "KAZ"], "time": [2019, 2019], "export": [100.0, 50.0]}
)
NET = """<NUMBER OF ZONES> 2
<NUMBER OF NODES> 3
<FIRST THRU NODE> 3
<NUMBER OF LINKS> 3
<END OF METADATA>

~\tinit_node\tterm_node\tcapacity\tlength\tfree_flow_time\tb\tpower\tspeed\ttoll\tlink_type\t;
\t1\t3\t10\t5\t2.5\t0.15\t4\t60\t0\t1\t;
\t3\t2\t10\t5\t2.5\t0.15\t4\t60\t1.5\t2\t;
\t1\t2\t20\t9\t7\t0\t0\t0\t0\t1\t;
"""
TRIPS = """<NUMBER OF ZONES> 2
<TOTAL OD FLOW>   6.5
<END OF METADATA>

Origin \t1
    1 :      0.5;     2 :     6.0;
Origin 2
"""
NODES = "Node\tX\tY\t;\n1\t60.5\t40\t;\n2\t61\t41\t;\n3\t62\t42\t;\n"
FLOWS = "From \tTo \tVolume \tCost \n1 \t3 \t4.5 \t2.5 \n3 \t2 \t4.5 \t2.5 \n1 \t2 \t2 \t7 \n"
BACI = "t,i,j,k,v,q\n2020,398,586,071340,12.5,20.0\n2020,586,398,100630,3,NA\n2020,398,586,010121,1,1\n"
COMTRADE = """reporterISO,partnerISO,flowCode,period,classificationCode,cmdCode,primaryValue,netWgt,qty,qtyUnitAbbr
KAZ,PAK,X,2022,H6,100199,1200.5,3000,3000,kg
PAK,KAZ,M,2022,H6,100630,88,40,,
KAZ,PAK,X,202203,H6,TOTAL,5000,,,
"""
PBS = """Country,Flow,Fiscal Year,PCT Code,Value (000 US$),Quantity,Unit
China,Exports,2023-24,1006.3098,"1,234.5",10,KG
Kazakhstan,Imports,2023-24,0713.4010,12,7,KG
"""
CUSTOMS = [
    ("Внешняя торговля",),
    ("2025 год",),
    ("Страна", "Период", "Код ТН ВЭД", "Доп. ед. изм.", "Экспорт, тыс. долл. США", "Экспорт, тонн", "Экспорт, доп. ед.",
     "Импорт, тыс. долл. США", "Импорт, тонн", "Импорт, доп. ед."),
    ("Пакистан", "2025-01", "1001 99", "", 12.5, 100, "", "", "", ""),
    ("Китай", "2025-01", "071340", "шт", "", "", "", "3,5", 20, 7),
]  # fmt: skip
PAIRS = [("HS 2012", "HS 2002", "Relationship"), ("010121", "010110", "1:n"), ("010129", "010110", "n:1"), ("020110", "020110", "1:1")]  # fmt: skip
CONVERSION = [
    ("From HS2012", "From HS 2002"),
    ("010121", "010110"),
    ("010129", "010110"),
    ("020110", "020110"),
]
SHEETS = {"Conversion HS 2012-HS 2002": CONVERSION, "Correlation HS 2012-HS 2002": PAIRS}
DEMAND = "origin_id,destination_id,product_id,t_day\nA,C,beans,120\nC,A,beans,7.5\n"
POTENTIAL = "product,name,sector,unrealised_usd,bound_usd\n100199,Wheat,10,5000000,4000000\n071340,Lentils,07,100,90\n"
PANEL = "exp,imp,time,export\nKAZ,PAK,2019,100\nPAK,KAZ,2019,50\nKAZ,PAK,2020,120\nPAK,KAZ,2020,\n"
WORLD = "exporter,importer,product,year,value_usd\nKAZ,PAK,100199,2020,5\nPAK,KAZ,100630,2020,7.5\nKAZ,UZB,100199,2019,3\n"
GEO = "iso3,landlocked\nKAZ,1\nPAK,0\n"
DISTANCES = "iso_o,iso_d,contig,dist\nKAZ,PAK,0,2100.5\nKAZ,UZB,1,900\n"
CODES = "country_code,country_name,country_iso2,country_iso3\n398,Kazakhstan,KZ,KAZ\n586,Pakistan,PK,PAK\n"
ANSWER = {
    "elapsedTime": "0.1 secs", "count": 1, "error": "",
    "data": [{"reporterCode": 398, "reporterISO": "KAZ", "partnerCode": 586, "partnerISO": "PAK", "flowCode": "X", "period": "2022",
              "classificationCode": "H6", "cmdCode": "100199", "primaryValue": 12.5, "netWgt": 3.0, "qty": None, "qtyUnitAbbr": "kg",
              "cifvalue": None, "fobvalue": 12.5, "partner2Code": 0, "customsCode": "C00", "motCode": 0, "isAggregate": True}],
}  # fmt: skip


def text(**files: str) -> Callable[[], Mapping[str, bytes]]:
    """Files of a good input, `_` before the ending for a dot."""
    return lambda: {name.replace("__", "."): content.encode() for name, content in files.items()}


def frames_of(readings: Sequence[Reading]) -> None:
    """Everything a load takes from readings."""
    for reading in readings:
        for _ in reading.frames(no_progress):
            pass
        reading.notes()
        reading.content_hash()
        packed = reading.packed() if reading.packed else None
        if packed is not None:
            for _ in packed.batches(0, no_progress):
                pass


def source(name: str, file: str, **options: str) -> Callable[[Path], object]:
    """Reading of a file by a source."""
    return lambda folder: frames_of(source_named(name).read(folder / file, Options(**options)))  # type: ignore[arg-type]


def archive(**files: str) -> Callable[[], Mapping[str, bytes]]:
    """A zip `x.zip` of files."""

    def made() -> Mapping[str, bytes]:
        target = io.BytesIO()
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as opened:
            for name, content in files.items():
                opened.writestr(name.replace("__", "."), content)
        return {"x.zip": target.getvalue()}

    return made


def workbook(
    name: str, sheets: Mapping[str, Sequence[Sequence[object]]]
) -> Callable[[], Mapping[str, bytes]]:
    """A new workbook of sheets."""

    def made() -> Mapping[str, bytes]:
        target = io.BytesIO()
        with xlsxwriter.Workbook(target, {"in_memory": True}) as book:
            for title, rows in sheets.items():
                sheet = book.add_worksheet(title)
                for number, row in enumerate(rows):
                    sheet.write_row(number, 0, row)
        return {name: target.getvalue()}

    return made


def old_workbook(
    name: str, sheets: Mapping[str, Sequence[Sequence[object]]]
) -> Callable[[], Mapping[str, bytes]]:
    """An old workbook (.xls) of sheets."""

    def made() -> Mapping[str, bytes]:
        book = xlwt.Workbook()
        for title, rows in sheets.items():
            sheet = book.add_sheet(title)
            for number, row in enumerate(rows):
                for place, value in enumerate(row):
                    sheet.write(number, place, value)
        target = io.BytesIO()
        book.save(target)
        return {name: target.getvalue()}

    return made


def parquet(name: str, table: pl.DataFrame) -> Callable[[], Mapping[str, bytes]]:
    """A table as Parquet."""

    def made() -> Mapping[str, bytes]:
        target = io.BytesIO()
        table.write_parquet(target)
        return {name: target.getvalue()}

    return made


def csv_text(rows: Sequence[Sequence[str]]) -> str:
    """Rows as plain CSV."""
    return "".join(",".join(row) + "\n" for row in rows)


@cache
def toyland_files() -> Mapping[str, bytes]:
    """Files of the invented case, scenarios apart."""
    return {p.name: p.read_bytes() for p in sorted(embedded_cases()["toyland"].iterdir()) if p.is_file()}


def whole_case(folder: Path) -> None:
    """Tables that are there in the place of the case's own, with every rule over all of them."""
    case = toyland()
    tables = dict(case.tables)
    changed = [path.stem for path in folder.glob("*.csv")]
    for name in changed:
        tables[name], _ = read_table(folder / f"{name}.csv", load_schema()[name])
    check_references(tables, set(), touched(*changed))
    check_rules(tables, case.settings)


@cache
def touched(*changed: str) -> frozenset[str]:
    """Tables that changed, and those that name rows of them: no other's references can come out in another way."""
    columns = [(spec.name, column) for spec in load_schema().values() for column in spec.columns]
    naming = {name for name, column in columns if column.references and column.references[0] in changed}
    return frozenset({*changed, *naming})


def case_table(folder: Path) -> None:
    """Every table of a case that is there, cell by cell."""
    for path in sorted(folder.glob("*.csv")):
        read_table(path, load_schema()[path.stem])


def scenario(folder: Path) -> None:
    """A scenario read and applied to the invented case."""
    apply_scenario(toyland(), read_scenario(folder / "fast_yard.yaml"))


@cache
def toyland() -> Case:
    """The invented case, read once."""
    return read_case("toyland")


def one_table(name: str) -> Callable[[], Mapping[str, bytes]]:
    """One table of the invented case."""
    return lambda: {name: toyland_files()[name]}


def gmns_files() -> Mapping[str, bytes]:
    """The invented case as GMNS."""
    with tempfile.TemporaryDirectory() as folder:
        case = toyland()
        lines = {case["links"]["link_id"][0]: [(60.0, 45.0), (60.5, 44.5)]}
        paths = write_gmns(case["nodes"], case["links"], Path(folder), title="toy", lines=lines)
        files = {path.name: path.read_bytes() for path in paths}
    return {**files, "geometry.csv": b'geometry_id,geometry\n1,"LINESTRING (60 45, 61 44)"\n'}


def basket(folder: Path) -> None:
    """Goods of a table, and the basket of them."""
    table_answer(goods_from_file(folder / "x.csv"), target_usd=1e6, most_goods=2)


READERS = (
    *(Reader(f"case table {name}", one_table(f"{name}.csv"), case_table) for name in ("nodes", "links", "closures", "flows", "commitments")),
    *(Reader(f"case with {name}", one_table(f"{name}.csv"), whole_case) for name in ("crossings", "corridors", "rates", "targets")),
    Reader("case.yaml", lambda: {n: toyland_files()[n] for n in ("case.yaml", "nodes.csv")}, lambda f: inspect_case(f), changed=("case.yaml",)),
    Reader("scenario", lambda: {"fast_yard.yaml": (embedded_cases()["toyland"] / "scenarios" / "fast_yard.yaml").read_bytes()}, scenario),
    Reader("mapping", lambda: {"m.yaml": MAPPING.read_bytes()}, lambda f: read_mapping(f / "m.yaml")),
    Reader("comtrade csv", text(x__csv=COMTRADE), source("comtrade-csv", "x.csv")),
    Reader("comtrade zip", archive(x__csv=COMTRADE), source("comtrade-csv", "x.zip"), ARCHIVE),
    Reader("comtrade service", lambda: {"answer.json": json.dumps(ANSWER).encode()}, source("comtrade", "answer.json")),
    Reader("baci", text(BACI_HS17_Y2020__csv=BACI), source("baci", "BACI_HS17_Y2020.csv")),
    Reader("baci zip", archive(BACI_HS17_Y2020__csv=BACI), source("baci", "x.zip", hs_revision="HS17"), ARCHIVE),
    Reader("country codes", text(c__csv=CODES), lambda f: countries_with(f / "c.csv")),
    Reader("nomenclature", text(n__csv="code,description\n100199,Wheat\n071340,Lentils\n"), lambda f: known_codes(f / "n.csv")),
    Reader("mapped csv", text(x__csv=PBS), source("table", "x.csv", mapping="pak_pbs")),
    Reader("mapped xlsx", workbook("x.xlsx", {"2025": CUSTOMS}), source("table", "x.xlsx", mapping="kaz_customs"), ARCHIVE),
    Reader("mapped parquet", parquet("x.parquet", BACI_TABLE), source("table", "x.parquet", mapping="baci_table"), BINARY),
    Reader("correlation csv", text(x__csv=csv_text(PAIRS)), lambda f: read_correlation(f / "x.csv")),
    Reader("correlation xlsx", workbook("x.xlsx", SHEETS), lambda f: read_correlation(f / "x.xlsx"), ARCHIVE),
    Reader("correlation xls", old_workbook("x.xls", SHEETS), lambda f: read_correlation(f / "x.xls"), BINARY),
    Reader("gmns", gmns_files, lambda f: read_gmns(f)),
    Reader("tntp net", text(x_net__tntp=NET), lambda f: read_network(f / "x_net.tntp").arrays()),
    Reader("tntp trips", text(x_trips__tntp=TRIPS), lambda f: read_trips(f / "x_trips.tntp").matrix()),
    Reader("tntp nodes", text(x_node__tntp=NODES), lambda f: read_nodes(f / "x_node.tntp")),
    Reader("tntp flows", text(x_flow__tntp=FLOWS), lambda f: read_flows(f / "x_flow.tntp")),
    Reader("tntp tables", text(x_net__tntp=NET, x_node__tntp=NODES), lambda f: read_tntp(f)),
    Reader("world flows", text(x__csv=WORLD), lambda f: read_world_flows(f / "x.csv")),
    Reader("indicators table", text(x__csv=WORLD), lambda f: read_exports(f / "x.csv")),
    Reader("distances", text(x__csv=DISTANCES), lambda f: read_distances(f / "x.csv")),
    Reader("geography", text(geo__csv=GEO, dist__csv=DISTANCES), lambda f: read_geography((f / "geo.csv", f / "dist.csv"))),
    Reader("panel", text(x__csv=PANEL), lambda f: read_panel(f / "x.csv")),
    Reader("panel parquet", parquet("x.parquet", PANEL_TABLE), lambda f: read_panel(f / "x.parquet"), BINARY),
    Reader("basket table", text(x__csv=POTENTIAL), basket),
    Reader("demand", text(x__csv=DEMAND), lambda f: read_demand(f / "x.csv")),
)  # fmt: skip
