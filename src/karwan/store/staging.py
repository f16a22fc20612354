"""Stage the frames of a reading: find duplicates, key lanes and products, hand the rows on, all set by
set.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType

import duckdb
import polars as pl
import pyarrow as pa

from karwan.store import tables
from karwan.store.reading import STAGED

BATCH_ROWS = 122_880
MEMORY_LIMIT = "500MB"
FIRST_TEXT_KEY = 10_000_000

PARTY_COLUMNS = tuple(name for name in tables.LANES if not name.endswith("_key"))
CONTEXT_COLUMNS = tuple(name for name in tables.CONTEXTS if name not in ("context_key", "load_id", "source"))
_KEY = ", ".join(f"coalesce({name}, '')" for name in tables.FLOW_KEY)
_SAME_LANE = " AND ".join(
    f"s.{name} IS NOT DISTINCT FROM l.{name}" for name in (*PARTY_COLUMNS, *CONTEXT_COLUMNS)
)
_SAME_CONTEXT = " AND ".join(f"l.{name} IS NOT DISTINCT FROM c.{name}" for name in CONTEXT_COLUMNS)
_TYPES = {
    pl.Int64(): "BIGINT",
    pl.Int32(): "INTEGER",
    pl.String(): "VARCHAR",
    pl.Date(): "DATE",
    pl.Float64(): "DOUBLE",
}


class Staging:
    """A scratch DuckDB that holds the rows of one load until it is known which of them are stored."""

    def __init__(self) -> None:
        self._folder = TemporaryDirectory(prefix="karwan-staging-")
        self._scratch = duckdb.connect(str(Path(self._folder.name) / "staging.duckdb"))
        self._scratch.execute(f"SET memory_limit = '{MEMORY_LIMIT}'")
        self._scratch.execute("SET enable_progress_bar = false")
        columns = ", ".join(f"{name} {_TYPES[kind]}" for name, kind in STAGED.items())
        self._scratch.execute(f"CREATE TABLE staged ({columns})")
        self._scratch.execute("CREATE TABLE rejects (line BIGINT, reason VARCHAR, raw VARCHAR)")

    def add(self, frame: pl.DataFrame) -> None:
        """Take a staged frame in; rows with a reason go to the rejects."""
        good = frame.filter(pl.col("reason").is_null())
        bad = frame.filter(pl.col("reason").is_not_null()).select("line", "reason", "raw")
        for name, rows in (("staged", good), ("rejects", bad)):
            if rows.height:
                self._scratch.register("incoming", rows.to_arrow())
                self._scratch.execute(f"INSERT INTO {name} SELECT * FROM incoming")
                self._scratch.unregister("incoming")

    def settle(self, repeats: str) -> None:
        """Deal with rows of the same flow: the first stays and the others are rejected, or all are summed."""
        if repeats == "sum":
            self._sum()
            return
        self._scratch.execute(
            f"""
            CREATE TABLE repeated AS
            WITH hashed AS (SELECT rowid AS row_at, hash({_KEY}) AS key_hash FROM staged),
            shared AS (SELECT key_hash FROM hashed GROUP BY key_hash HAVING count(*) > 1),
            suspects AS (
                SELECT h.row_at, s.* FROM staged s JOIN hashed h ON s.rowid = h.row_at
                WHERE h.key_hash IN (SELECT key_hash FROM shared)
            )
            SELECT row_at, line, value_milliusd, raw, place, first_line, first_value FROM (
                SELECT row_at, line, value_milliusd, raw,
                       row_number() OVER same AS place,
                       first_value(line) OVER same AS first_line,
                       first_value(value_milliusd) OVER same AS first_value
                FROM suspects WINDOW same AS (PARTITION BY {_KEY} ORDER BY line, row_at)
            ) WHERE place > 1
            """
        )
        self._scratch.execute(
            """
            INSERT INTO rejects
            SELECT line,
                   CASE WHEN value_milliusd = first_value THEN 'duplicate of line ' || first_line
                        ELSE 'same flow as line ' || first_line || ' with another value' END,
                   raw
            FROM repeated
            """
        )
        self._scratch.execute("DELETE FROM staged WHERE rowid IN (SELECT row_at FROM repeated)")

    def _sum(self) -> None:
        """Sum figures of equal keys; a sum with a missing weight or quantity has none, and units must
        agree.
        """
        rest = [
            name
            for name in STAGED
            if name not in (*tables.FLOW_KEY, "value_milliusd", "weight_g", "quantity")
        ]
        firsts = ", ".join(
            f"arg_min({name}, line) AS {name}" for name in rest if name not in ("line", "flags")
        )
        keys = ", ".join(tables.FLOW_KEY)
        names = ", ".join(STAGED)
        self._scratch.execute(
            f"""
            CREATE TABLE summed AS
            SELECT {keys}, {firsts}, min(line) AS line,
                   CASE WHEN count(*) > 1 THEN concat_ws(';', nullif(arg_min(flags, line), ''), 'summed')
                   ELSE any_value(flags) END
                       AS flags,
                   sum(value_milliusd)::BIGINT AS value_milliusd,
                   CASE WHEN count(weight_g) = count(*) THEN sum(weight_g)::BIGINT END AS weight_g,
                   CASE WHEN count(quantity) = count(*) AND count(DISTINCT coalesce(quantity_unit, '')) = 1
                        THEN sum(quantity) END AS quantity
            FROM staged GROUP BY {keys}
            """
        )
        self._scratch.execute("DELETE FROM staged")
        self._scratch.execute(f"INSERT INTO staged SELECT {names} FROM summed")

    def key(self, lane_base: int, products: pl.DataFrame) -> None:
        """Number the lanes from `lane_base` on, their contexts from 0, and the products, known ones as in
        `products`.
        """
        columns = ", ".join((*PARTY_COLUMNS, *CONTEXT_COLUMNS))
        self._scratch.execute(
            f"""
            CREATE TABLE lanes AS
            SELECT ({lane_base} + row_number() OVER () - 1)::INTEGER AS lane_key, *
            FROM (SELECT DISTINCT {columns} FROM staged)
            """
        )
        columns = ", ".join(CONTEXT_COLUMNS)
        self._scratch.execute(
            f"""
            CREATE TABLE contexts AS SELECT (row_number() OVER () - 1)::INTEGER AS context_key, *
            FROM (SELECT DISTINCT {columns} FROM lanes)
            """
        )
        self._scratch.register("known", products.select("product", "product_level", "product_key").to_arrow())
        self._scratch.execute(
            f"""
            CREATE TABLE products AS
            WITH fresh AS (
                SELECT DISTINCT s.product, s.product_level FROM staged s
                LEFT JOIN known k ON k.product = s.product AND k.product_level = s.product_level
                WHERE k.product IS NULL
            ), numbered AS (
                SELECT product, product_level,
                       regexp_full_match(product, '[0-9]{{1,6}}') AND len(product) = product_level AS plain,
                       row_number() OVER (PARTITION BY regexp_full_match(product, '[0-9]{{1,6}}')
                                              AND len(product) = product_level ORDER BY product,
                                              product_level) AS place
                FROM fresh
            ), top AS (SELECT greatest({FIRST_TEXT_KEY} - 1, coalesce(max(product_key), 0)) AS key FROM known)
            SELECT product, product_level,
                   (CASE WHEN plain THEN product_level * 1000000 + product::INTEGER ELSE top.key + place
                   END)::INTEGER
                       AS product_key, true AS fresh
            FROM numbered, top
            UNION ALL SELECT product, product_level, product_key, false FROM known
            """
        )
        self._scratch.unregister("known")
        self._scratch.execute(
            f"""
            CREATE TABLE keyed AS
            SELECT l.lane_key, p.product_key, s.value_milliusd, s.weight_g, s.quantity
            FROM staged s JOIN lanes l ON {_SAME_LANE}
            JOIN products p ON p.product = s.product AND p.product_level = s.product_level
            """
        )

    def lanes(self) -> pa.Table:
        """Lanes with their keys and the places of their contexts."""
        columns = ", ".join(PARTY_COLUMNS)
        return self._scratch.execute(
            f"SELECT lane_key, context_key, {columns} FROM lanes l JOIN contexts c ON {_SAME_CONTEXT}"
        ).to_arrow_table()

    def contexts(self) -> pa.Table:
        """Contexts with their places."""
        return self._scratch.execute("SELECT * FROM contexts").to_arrow_table()

    def fresh_products(self) -> pa.Table:
        """Products the store does not have yet."""
        return self._scratch.execute(
            "SELECT product_key, product, product_level FROM products WHERE fresh"
        ).to_arrow_table()

    def rows(self) -> Iterator[pa.RecordBatch]:
        """The rows, keyed."""
        result = self._scratch.execute("SELECT lane_key, product_key, value_milliusd, weight_g FROM keyed")
        yield from result.to_arrow_reader(BATCH_ROWS)

    def quantities(self) -> pa.Table:
        """Supplementary quantities, keyed."""
        return self._scratch.execute(
            "SELECT lane_key, product_key, quantity FROM keyed WHERE quantity IS NOT NULL"
        ).to_arrow_table()

    def rejects(self) -> pl.DataFrame:
        """Rejected rows: `line`, `reason`, `raw`."""
        found = pl.from_arrow(self._scratch.execute("SELECT line, reason, raw FROM rejects").to_arrow_table())
        assert isinstance(found, pl.DataFrame)
        return found

    def totals(self) -> tuple[int, float]:
        """Rows to be stored and their value in US dollars."""
        row = self._scratch.execute(
            "SELECT count(*), coalesce(sum(value_milliusd), 0) FROM staged"
        ).fetchone()
        assert row is not None
        return int(row[0]), float(row[1]) / tables.MILLI

    def __enter__(self) -> Staging:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._scratch.close()
        self._folder.cleanup()
