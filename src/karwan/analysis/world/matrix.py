"""A world matrix, as arrays for the models and as rows for tables and files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from io import StringIO
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from karwan.case import Case
from karwan.errors import InvalidInput
from karwan.exports import beside
from karwan.store.frame import read_frame
from karwan.trade.equilibrium.base import Array
from karwan.trade.world import LEAST_HOME_SHARE

ALL_GOODS, SERVICES, REST = "GOODS", "SERV", "ROW"
ENDING = ".world.parquet"
COLUMNS = ("exporter", "importer", "sector", "year", "value_usd", "valuation", "source_id", "basis")


@dataclass(frozen=True)
class WorldMatrix:
    """Trade of a year; K sectors, n countries.

    Attributes
    ----------
    countries, sectors
        Codes, in the order of the axes.
    flows_usd
        Sector, exporter, importer; sales at home on the diagonal, shape (K, n, n).
    assumed
        True where a cell is no published or reported figure, shape (K, n, n).
    year
        Year of the trade.
    source_ids
        Sources, separated by semicolons.
    """

    countries: tuple[str, ...]
    sectors: tuple[str, ...]
    flows_usd: Array
    assumed: NDArray[np.bool_]
    year: int
    source_ids: str = ""

    @property
    def abroad_usd(self) -> Array:
        """Flows between countries, those at home set to 0, shape (K, n, n)."""
        abroad = self.flows_usd.copy()
        every = np.arange(len(self.countries))
        abroad[:, every, every] = 0.0
        return abroad

    @property
    def goods(self) -> NDArray[np.bool_]:
        """True for sectors of goods, shape (K,)."""
        return np.array([sector != SERVICES for sector in self.sectors])

    @property
    def hubs(self) -> tuple[str, ...]:
        """Countries that sell no more than a tenth of their exports at home: goods pass through."""
        at_home = np.einsum("kii->i", self.flows_usd[self.goods])
        exports = self.abroad_usd[self.goods].sum(axis=(0, 2))
        passing = (exports > 0) & (at_home <= LEAST_HOME_SHARE * exports * (1 + 1e-9))
        return tuple(name for name, hub in zip(self.countries, passing, strict=True) if hub)

    def rows(self) -> pl.DataFrame:
        """The cells that hold trade, as rows of `COLUMNS`."""
        sector, exporter, importer = np.nonzero(self.flows_usd)
        names, kinds = np.array(self.countries), np.array(self.sectors)
        basis = np.where(self.assumed[sector, exporter, importer], "assumed", "observed")
        return pl.DataFrame(
            {
                "exporter": names[exporter],
                "importer": names[importer],
                "sector": kinds[sector],
                "year": np.full(len(sector), self.year),
                "value_usd": self.flows_usd[sector, exporter, importer],
                "valuation": np.full(len(sector), ""),
                "source_id": np.full(len(sector), self.source_ids),
                "basis": basis,
            }
        )

    def save(self, path: Path) -> None:
        """Write the rows as Parquet, whole or not at all."""
        with beside(path) as part:
            self.rows().write_parquet(part)


def matrix_of_rows(rows: pl.DataFrame) -> WorldMatrix:
    """The matrix of rows that are complete, as `WorldMatrix.rows` gives them."""
    countries = tuple(sorted(set(rows["exporter"]) | set(rows["importer"])))
    sectors = tuple(sorted(set(rows["sector"])))
    place = {name: number for number, name in enumerate(countries)}
    kind = {name: number for number, name in enumerate(sectors)}
    cell = (
        rows["sector"].replace_strict(kind, return_dtype=pl.Int64).to_numpy(),
        rows["exporter"].replace_strict(place, return_dtype=pl.Int64).to_numpy(),
        rows["importer"].replace_strict(place, return_dtype=pl.Int64).to_numpy(),
    )
    shape = (len(sectors), len(countries), len(countries))
    flows, assumed = np.zeros(shape), np.zeros(shape, dtype=bool)
    np.add.at(flows, cell, rows["value_usd"].to_numpy())
    assumed[cell] = (rows["basis"] == "assumed").to_numpy()
    sources = dict.fromkeys(
        part for text in rows["source_id"].unique() for part in str(text or "").split(";")
    )
    return WorldMatrix(countries, sectors, flows, assumed, int(rows["year"].max()), ";".join(sources))  # type: ignore[arg-type]


def saved_world(name: str) -> WorldMatrix:
    """A matrix saved under a name in the current folder, or a file.

    Raises
    ------
    InvalidInput
        There is none, or the file is no world matrix.
    """
    path = saved_place(name)
    if not path.is_file():
        there = sorted(one.name.removesuffix(ENDING) for one in Path().glob(f"*{ENDING}"))
        raise InvalidInput(
            f"There is no world matrix {name!r}.",
            f"saved here: {', '.join(there) or 'none'}",
            "make one with `karwan trade world build ... --save NAME`.",
        )
    return matrix_of_rows(read_frame(path, COLUMNS))


def saved_place(name: str) -> Path:
    """File of a name: itself where it has an ending, else NAME.world.parquet in the current folder."""
    return Path(name) if name.endswith(".parquet") else Path(f"{name}{ENDING}")


def sectors_of_goods(codes: Mapping[str, str], sectors: tuple[str, ...]) -> dict[str, str]:
    """Sector of each good by its HS code, for the sectors a matrix has; goods of no sector are left out.

    Parameters
    ----------
    codes
        Good to HS code.
    sectors
        Of the matrix: GOODS alone, chapters of the HS, sections, or industries of the OECD's tables.
    """
    if ALL_GOODS in sectors:
        return dict.fromkeys(codes, ALL_GOODS)
    chapters = {good: str(code or "")[:2] for good, code in codes.items()}
    for kind in ("hs2", "section", "icio"):
        names = chapter_sectors(kind)
        found = {good: names[chapter] for good, chapter in chapters.items() if chapter in names}
        if set(found.values()) & set(sectors):
            return {good: name for good, name in found.items() if name in sectors}
    return {}


def goods_of_matrix(case: Case, matrix: WorldMatrix) -> dict[str, str]:
    """Sector of each product of a case in a matrix; products of no sector are left out."""
    return sectors_of_goods(
        dict(case["products"].select("product_id", "hs_code").iter_rows()), matrix.sectors
    )


@cache
def chapter_sectors(kind: str) -> dict[str, str]:
    """Chapter of the HS to its sector: itself (`hs2`), a section (`section`), or an industry of the OECD's tables (`icio`).

    Sections follow SITC where a chapter lies in one (0, 1, 4 FOOD; 2 CRUDE; 3 FUEL; 5 CHEM; 6 MANU; 7 MACH; 8, 9 MISC), industries ISIC;
    a chapter that spans two goes to the larger.
    """
    if kind not in ("hs2", "section", "icio"):
        raise InvalidInput(f"There are no sectors {kind!r}.", "", "choose of hs2, section, icio.")
    text = files("karwan.analysis.world").joinpath("chapters.csv").read_text(encoding="utf-8")
    table = pl.read_csv(StringIO(text), infer_schema_length=0)
    return dict(zip(table["hs2"], table[kind], strict=True))
