"""A long trade table as a country x product matrix."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from karwan.errors import InvalidInput

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class TradeMatrix:
    """Trade by country and product.

    Attributes
    ----------
    countries, products
        Labels of rows and columns, sorted.
    value_usd
        Shape (countries, products); zero where a country that reports did not report the product.
    reported
        Same shape; False where the cell is zero only because nobody reported it.
    """

    countries: tuple[str, ...]
    products: tuple[str, ...]
    value_usd: Floats
    reported: NDArray[np.bool_]

    def long(self, **columns: NDArray[Any]) -> pl.DataFrame:
        """Arrays of the matrix's shape as a long table: country, product, then one column per array."""
        rows, width = self.value_usd.shape
        base = {
            "country": np.repeat(np.asarray(self.countries, dtype=object), width),
            "product": np.tile(np.asarray(self.products, dtype=object), rows),
        }
        table = pl.DataFrame(
            {name: pl.Series(values.tolist(), dtype=pl.String) for name, values in base.items()}
        )
        return table.with_columns(
            **{name: pl.Series(np.ascontiguousarray(a).ravel()) for name, a in columns.items()}
        )


def checked_flows(table: pl.DataFrame, *columns: str, value: str = "value_usd") -> pl.DataFrame:
    """The named columns with known values only.

    Raises
    ------
    InvalidInput
        A column is absent, a value is negative or infinite, or nothing is left.
    """
    absent = [name for name in (*columns, value) if name not in table.columns]
    if absent:
        raise InvalidInput(
            f"The table has no column {', '.join(absent)}.",
            f"It has {', '.join(table.columns)}.",
            "Name the columns of your table.",
        )
    known = table.select(*columns, pl.col(value).cast(pl.Float64)).filter(
        pl.col(value).is_not_null() & pl.col(value).is_not_nan()
    )
    bad = known.filter((pl.col(value) < 0) | pl.col(value).is_infinite())
    if bad.height:
        raise InvalidInput(
            f"{bad.height} values of {value} are negative or infinite.",
            str(bad.row(0)),
            "Correct these rows.",
        )
    if not known.height or not float(known[value].sum()) > 0:
        raise InvalidInput("The table holds no trade.", f"{table.height} rows", "Check the filters.")
    return known


def trade_matrix(
    table: pl.DataFrame, *, country: str = "exporter", product: str = "product", value: str = "value_usd"
) -> TradeMatrix:
    """Sum a long table to a country x product matrix.

    Rows with a null value are unknown, not zero; a country or product without any known value is left out.

    Parameters
    ----------
    table
        Long table; several rows for one cell (partners, periods) are added.
    country, product, value
        Its column names; the value is in US dollars.
    """
    known = checked_flows(table, country, product, value=value)
    countries = known[country].unique().drop_nulls().sort()
    products = known[product].unique().drop_nulls().sort()
    row = known[country].cast(pl.Enum(countries)).to_physical().to_numpy().astype(np.int64)
    column = known[product].cast(pl.Enum(products)).to_physical().to_numpy().astype(np.int64)
    shape = (countries.len(), products.len())
    cell = row * shape[1] + column
    size = shape[0] * shape[1]
    sums = np.bincount(cell, weights=known[value].to_numpy(), minlength=size)
    summed: Floats = sums.astype(np.float64).reshape(shape)
    seen = np.bincount(cell, minlength=size).reshape(shape) > 0
    return TradeMatrix(tuple(countries.to_list()), tuple(products.to_list()), summed, seen)
