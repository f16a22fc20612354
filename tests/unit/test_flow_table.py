"""A table of flows as users have it: what is left out, what is said, and that the order of its rows tells nothing."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from karwan.analysis.flow_table import read_flow_table, tidy_flows
from karwan.cli.app import app
from karwan.errors import InvalidInput
from karwan.store.country_codes import country_code, nearest, typed_countries
from karwan.store.frame import MAX_BYTES, read_frame
from karwan.words import say, sentences

COUNTRIES = ("KAZ", "PAK", "UZB", "KGZ", "IRN", "IND", "CHN", "RUS", "TUR")
PRODUCTS = ("0101", "1001", "1006", "2711", "5201", "8703", "3004", "6203", "7108", "8471")
RUN = CliRunner()


def made(seed: int = 5) -> pl.DataFrame:
    random = np.random.default_rng(seed)
    rows = [
        (i, j, k, round(float(random.lognormal(10, 2)), 2), 2023)
        for i, j, k in itertools.product(COUNTRIES, COUNTRIES, PRODUCTS)
        if i != j and random.random() < 0.75
    ]
    return pl.DataFrame(rows, schema=["exporter", "importer", "product", "value_usd", "year"], orient="row")


def changed(table: pl.DataFrame, kind: str) -> pl.DataFrame:
    """The table with rows of a kind that count its trade again."""
    chapters = table.with_columns(pl.col("product").str.slice(0, 2)).group_by(
        "exporter", "importer", "product", "year"
    )
    more = {
        "World": table.with_columns(importer=pl.lit("World")),
        "WLD": table.filter(pl.col("exporter") != "IRN").with_columns(importer=pl.lit("WLD")),
        "world sells": table.with_columns(exporter=pl.lit("WLD")),
        "bloc": table.filter(pl.col("exporter").is_in(["KAZ", "KGZ"])).with_columns(exporter=pl.lit("EAU")),
        "bloc buys": table.filter(pl.col("importer") != "KAZ").with_columns(importer=pl.lit("ASEAN")),
        "own": table.head(9).with_columns(importer=pl.col("exporter")),
        "total": table.with_columns(product=pl.lit("TOTAL")),
        "of which": table.head(7).with_columns(product=pl.lit("of which: seed")),
        "chapters": chapters.agg(pl.col("value_usd").sum()).select(table.columns),
        "repeated": table.head(11),
    }
    return pl.concat([table, more[kind]])


def asked(path: Path, *args: str) -> dict[str, object]:
    result = RUN.invoke(app, ["trade", *args, "--table", str(path), "--json"], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return dict(json.loads(result.stdout))


def without(answer: dict[str, object], *names: str) -> dict[str, object]:
    return {key: value for key, value in answer.items() if key not in names}


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("World", "World"),
        ("WLD", "World"),
        ("world sells", "World"),
        ("bloc", "EAU"),
        ("bloc buys", "ASEAN"),
        ("own", "trade with itself"),
        ("total", "totals"),
        ("of which", "of which"),
        ("chapters", "Levels are mixed"),
        ("repeated", "repeat another"),
    ],
)
def test_rows_that_count_trade_again_change_no_answer_and_are_told(
    kind: str, words: str, tmp_path: Path
) -> None:
    table = made()
    clean, dirty = tmp_path / "clean" / "t.csv", tmp_path / "dirty" / "t.csv"
    for path, content in ((clean, table), (dirty, changed(table, kind))):
        path.parent.mkdir()
        content.sample(fraction=1.0, shuffle=True, seed=4).write_csv(path)
    for call in (("indicators", "KAZ", "--partner", "PAK"), ("potential", "kaz", "Pakistan")):
        one, other = asked(clean, *call), asked(dirty, *call)
        assert without(one, "notes") == without(other, "notes")
        assert words in str(other["notes"]) and words not in str(one.get("notes", ""))
        assert "USD" in str(other["notes"])


def test_order_of_rows_changes_no_answer(tmp_path: Path) -> None:
    table = made(9)
    distances = pl.DataFrame(
        [(i, j, 500.0 + 37 * n) for n, (i, j) in enumerate(itertools.permutations(COUNTRIES, 2))],
        schema=["exporter", "importer", "distance_km"],
        orient="row",
    )
    tariffs = table.select("exporter", "importer", "product", rate_share=pl.col("value_usd") % 7 / 100)
    growth = pl.DataFrame(
        {"country": COUNTRIES, "gdp_ratio": np.linspace(1.0, 1.4, len(COUNTRIES))}
    ).with_columns(population_ratio=pl.lit(1.05))
    answers = []
    for n, seed in enumerate((1, 2)):
        folder = tmp_path / str(n)
        folder.mkdir()
        for name, content in (("t", table), ("d", distances), ("r", tariffs), ("g", growth)):
            content.sample(fraction=1.0, shuffle=True, seed=seed).write_csv(folder / f"{name}.csv")
        sides = [
            "--distances",
            f"{folder}/d.csv",
            "--tariffs",
            f"{folder}/r.csv",
            "--growth",
            f"{folder}/g.csv",
        ]
        answers.append(asked(folder / "t.csv", "potential", "KAZ", "PAK", *sides))
        answers.append(asked(folder / "t.csv", "indicators", "KAZ"))
    assert answers[0] == answers[2]
    assert answers[1] == answers[3]


def test_json_holds_no_infinity(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    made().filter(pl.col("exporter") != "UZB").write_csv(path)
    for call in (
        ["potential", "KAZ", "UZB"],
        ["potential", "PAK", "KAZ"],
        ["indicators", "PAK", "--partner", "UZB"],
    ):
        text = RUN.invoke(
            app, ["trade", *call, "--table", str(path), "--json"], catch_exceptions=False
        ).stdout
        json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} in JSON"))


@pytest.mark.parametrize("cell", ["NA", "1,000", "5 %", "n/a", "..", "1e400", "nan", "1 000"])
def test_cells_that_are_no_numbers_are_named_with_their_line(cell: str, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(
        f'# a comment\nexporter,importer,product,value_usd\nKAZ,PAK,1001,5\nKAZ,PAK,1006,"{cell}"\n',
        encoding="utf-8",
    )
    with pytest.raises(InvalidInput, match="has values that are no numbers") as caught:
        read_flow_table(path, bilateral=True)
    assert "line 4" in caught.value.evidence and repr(cell) in caught.value.evidence


def test_a_whole_year_may_be_a_decimal_and_a_blank_value_is_unknown(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("exporter,importer,product,value_usd,year\nKAZ,PAK,1001,5,2023.0\nKAZ,PAK,1006,,2023.0\n")
    found = read_flow_table(path, bilateral=True)
    assert found.table.rows() == [("KAZ", "PAK", "1001", 2023, 5.0)]
    assert sentences(found.notes) == ["1 row without a value left out: unknown is not zero."]
    path.write_text("exporter,importer,product,value_usd,year\nKAZ,PAK,1001,5,2023.5\n")
    with pytest.raises(InvalidInput, match="no numbers"):
        read_flow_table(path, bilateral=True)


def test_the_finest_complete_level_is_taken() -> None:
    rows = [
        ("KAZ", "PAK", "10", 10.0),
        ("KAZ", "PAK", "1001", 6.0),
        ("KAZ", "PAK", "1006", 4.0),
        ("PAK", "KAZ", "52", 8.0),
        ("PAK", "KAZ", "5201", 8.0),
        ("PAK", "KAZ", "520100", 8.0),
        ("UZB", "KAZ", "520100", 3.0),
    ]
    table = pl.DataFrame(rows, schema=["exporter", "importer", "product", "value_usd"], orient="row")
    found = tidy_flows(table)
    assert found.digits == 4
    assert found.table.select("product", "value_usd").rows() == [
        ("1001", 6.0),
        ("1006", 4.0),
        ("5201", 8.0),
        ("5201", 3.0),
    ]
    assert "2 rows of 2 digits (USD 18)" in say(found.notes[-1])
    # Headings of one half only are not complete: the chapters are.
    halves = tidy_flows(table.filter(pl.col("product") != "1006"))
    assert halves.digits == 2 and halves.table["value_usd"].sum() == 21.0


def test_codes_that_a_spreadsheet_cut_are_refused() -> None:
    for codes in (["101", "1001"], ["0901.1", "1006.30"]):
        table = pl.DataFrame(
            {"exporter": "KAZ", "importer": "PAK", "product": codes, "value_usd": [1.0, 2.0]}
        )
        with pytest.raises(InvalidInput, match="zeros"):
            tidy_flows(table)


def test_totals_of_exporters_keep_the_world_as_buyer() -> None:
    table = made().group_by("exporter", "product").agg(pl.col("value_usd").sum())
    found = tidy_flows(table.with_columns(importer=pl.lit("WLD")))
    assert found.table["value_usd"].sum() == pytest.approx(table["value_usd"].sum())
    assert found.notes == ()


def test_a_made_up_table_keeps_its_own_codes() -> None:
    table = pl.DataFrame(
        {"exporter": ["aaa", "BBB"], "importer": ["BBB", "WLD"], "product": "10", "value_usd": 1.0}
    )
    found = tidy_flows(table, asked=("AAA",))
    assert found.table.rows() == [("AAA", "BBB", "10", 1.0)]


def test_countries_as_people_write_them() -> None:
    written = ("kaz", " KZ ", "398", "398.0", "Kazakhstan")
    assert [country_code(text) for text in written] == ["KAZ"] * 5
    assert country_code("NA") == "NAM" and country_code("ROM") == "ROU"
    assert country_code("World") == country_code("0") == "WLD"
    assert [country_code(text) for text in ("EAU", "EU27", "ASEAN", "", "KAZZ")] == [None] * 5
    assert typed_countries(["KAZ,uz", "Korea, Republic of", "KAZ"]) == ("KAZ", "UZB", "KOR")
    assert nearest("KAZZ", ["UZB", "KAZ", "PAK"])[0] == "KAZ"


@pytest.mark.parametrize(
    ("old", "new", "encoding"),
    [("\n", "\r", "utf-8"), ("\n", "\r\n", "utf-8-sig"), (",", ";", "utf-8"), (",", "\t", "utf-8")],
)
def test_a_table_is_read_however_its_lines_and_cells_are_parted(
    old: str, new: str, encoding: str, tmp_path: Path
) -> None:
    plain, other = tmp_path / "plain.csv", tmp_path / "other.csv"
    text = made().write_csv()
    plain.write_bytes(text.encode())
    other.write_bytes(text.replace(old, new).encode(encoding))
    assert read_flow_table(other, bilateral=True).table.equals(read_flow_table(plain, bilateral=True).table)


@pytest.mark.parametrize(
    ("header", "cell", "encoding", "said"),
    [
        ("exporter,importer,product,value_usd,value_usd", "5,6", "utf-8", "a column twice in its header"),
        ("exporter,importer,product,value_usd", "5", "utf-16", "is UTF-16 text"),
        ("exporter,importer,product,value_usd", "1e308", "utf-8", "values that are no numbers"),
        ("exporter,importer,product,value_usd", "5\0", "utf-8", "holds zero bytes"),
    ],
)
def test_what_can_be_read_in_two_ways_or_none_is_refused(
    header: str, cell: str, encoding: str, said: str, tmp_path: Path
) -> None:
    path = tmp_path / "flows.csv"
    path.write_bytes(f"{header}\nKAZ,PAK,1001,{cell}\n".encode(encoding))
    with pytest.raises(InvalidInput, match=said):
        read_flow_table(path, bilateral=True)


def test_codes_as_tariffs_print_them_are_codes() -> None:
    rows = made().with_columns(product=pl.col("product").str.replace(r"^(..)", "${1}.") + ".10")
    found = tidy_flows(rows)
    assert found.digits == 6
    assert set(found.table["product"]) == {code + "10" for code in PRODUCTS}


@pytest.mark.parametrize("texts", [None, ()])
def test_figures_between_semicolons_that_may_be_thousands_are_refused(
    tmp_path: Path, texts: tuple[str, ...] | None
) -> None:
    """The row, both readings and the way out; a figure that only a decimal dot explains settles it for the file."""
    path = tmp_path / "t.csv"
    path.write_text("# goods\nproduct_id;bound_usd;cost_usd\na;500;\nb;12.500;7\n", encoding="utf-8")
    with pytest.raises(InvalidInput, match="can be read in two ways") as caught:
        read_frame(path, texts=texts)
    assert caught.value.evidence.startswith("line 4, bound_usd is 12.500: 12.5 where")
    assert "12500 where it parts thousands" in caught.value.evidence
    for cells in ("a;12.500;0.75\n", "a;12.500;1234.500\n", "a;12.500;\nb;12.5;\n"):
        path.write_text("product_id;bound_usd;cost_usd\n" + cells, encoding="utf-8")
        assert float(read_frame(path, texts=texts)["bound_usd"][0]) == 12.5
    path.write_text("product_id,bound_usd\na,12.500\n", encoding="utf-8")
    assert float(read_frame(path, texts=texts)["bound_usd"][0]) == 12.5


def test_a_table_too_large_to_be_read_is_refused_unread(tmp_path: Path) -> None:
    """A file of 4 GB (sparse: it takes no room) ends with its size, whatever stands in it."""
    path = tmp_path / "flows.csv"
    path.write_text("exporter,importer,product,value_usd\nKAZ,PAK,1001,1\n")
    with path.open("ab") as stream:
        stream.truncate(4_000_000_000)
    with pytest.raises(InvalidInput, match="too large") as refused:
        read_frame(path, ("exporter",))
    assert "4,000 MB" in refused.value.evidence


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak of memory is read from /proc")
def test_a_table_of_the_largest_size_is_refused_for_its_content_within_the_memory_it_may_take(
    tmp_path: Path,
) -> None:
    path = tmp_path / "panel.csv"
    row = b"KAZ,PAK,2001,1234567.25\n"
    path.write_bytes(b"exp,imp,time,export\n" + row * ((MAX_BYTES - 100) // len(row)) + b"KAZ,PAK,20x1,1\n")
    code = (
        "from pathlib import Path; from karwan.cli import run\n"
        f"code = run(['trade', 'target', '--case', 'toyland', '--panel', {str(path)!r}])\n"
        "peak = Path('/proc/self/status').read_text().split('VmHWM:')[1].split()[0]\n"
        "print(code, int(peak) // 1024)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True
    )
    ended, peak_mb = map(int, done.stdout.split())
    assert (ended, "time is '20x1'" in done.stderr) == (2, True)
    assert peak_mb < 500


def test_a_packed_table_of_more_cells_than_its_size_says_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "flows.parquet"
    same = pl.DataFrame({"exporter": ["KAZ"], "value_usd": [1.0]})
    pl.concat([same] * 1000).select(pl.all().repeat_by(10_000).explode()).write_parquet(path)
    assert path.stat().st_size < MAX_BYTES / 100
    with pytest.raises(InvalidInput, match="too many cells") as refused:
        read_frame(path, ("exporter",))
    assert refused.value.evidence == "20,000,000 cells"


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_table_that_lacks_a_column_is_refused_by_its_header(
    ending: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / f"t.{ending}"
    frame = pl.DataFrame({"a": [1, 2], "b": [3, 4]})
    frame.write_csv(path) if ending == "csv" else frame.write_parquet(path)
    read: list[pl.DataFrame] = []
    for name in ("read_csv", "read_parquet"):
        given = getattr(pl, name)
        monkeypatch.setattr(
            pl, name, lambda *said, given=given, **more: read.append(given(*said, **more)) or read[-1]
        )
    with pytest.raises(InvalidInput, match="lacks c"):
        read_frame(path, ("a", "c"))
    assert [one.height for one in read] == [0]
