"""Which columns of a UN Comtrade table hold what, in the present layout and the old one, and one form for both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from karwan.store.sources.countries import Countries, Party
from karwan.store.sources.delimited import BadTable
from karwan.store.sources.flow_frame import EXPORTS, IMPORTS
from karwan.store.sources.mapping import Field, Flag, TableMapping

LICENCE = "UN Comtrade terms of use"
PROVIDER = "United Nations Statistics Division"
_YES = ("true", "True", "1")
_BLANK = ("", "na", "n/a", "nan", "none", "null")

# Our name of a column, then its names in the present layout and in the old one.
COLUMNS: dict[str, tuple[str, ...]] = {
    "reporter_code": ("reporterCode", "Reporter Code"),
    "reporter_iso": ("reporterISO", "Reporter ISO"),
    "reporter_name": ("reporterDesc", "Reporter"),
    "partner_code": ("partnerCode", "Partner Code"),
    "partner_iso": ("partnerISO", "Partner ISO"),
    "partner_name": ("partnerDesc", "Partner"),
    "flow": ("flowCode", "Trade Flow", "flowDesc", "Trade Flow Code"),
    "period": ("period", "Period", "refYear", "Year"),
    "hs_revision": ("classificationCode", "Classification"),
    "product": ("cmdCode", "Commodity Code"),
    "value": ("primaryValue", "Trade Value (US$)"),
    "cif_value": ("cifvalue", "CIF Trade Value (US$)"),
    "fob_value": ("fobvalue", "FOB Trade Value (US$)"),
    "weight": ("netWgt", "Netweight (kg)"),
    "quantity": ("qty", "Qty"),
    "quantity_unit": ("qtyUnitAbbr", "Qty Unit"),
    "mode": ("motCode", "Mode of Transport Code"),
    "procedure": ("customsCode", "Customs Proc. Code"),
    "second_partner": ("partner2Code", "2nd Partner Code"),
    "supply": ("mosCode",),
    "weight_estimated": ("isNetWgtEstimated",),
    "quantity_estimated": ("isQtyEstimated",),
    "old_flag": ("Flag",),
}
NEEDED = ("flow", "period", "product", "value")
PARTIES = ("reporter", "partner")
# The primary value and the CIF or FOB value that it repeats are rounded apart at most so much.
ROUNDING_SHARE = 0.001
# What a total may be broken down by, with the codes that mean all of it.
DIMENSIONS = {
    "mode": ("mode of transport", ("0",)),
    "procedure": ("customs procedure", ("0", "C00")),
    "second_partner": ("second partner", ("0",)),
    "supply": ("mode of supply", ("0",)),
}

MAPPING = TableMapping(
    name="comtrade",
    title="UN Comtrade",
    provider=PROVIDER,
    licence=LICENCE,
    nomenclature="HS",
    decimal=".",
    columns={
        "reporter": Field(column="reporter"),
        "partner": Field(column="partner"),
        "flow": Field(column="flow"),
        "period": Field(column="period"),
        "hs_revision": Field(column="hs_revision"),
        "product": Field(column="product"),
        "value": Field(column="value"),
        "valuation": Field(column="valuation"),
        "weight": Field(column="weight"),
        "quantity": Field(column="quantity"),
        "quantity_unit": Field(column="quantity_unit"),
    },
    flags=(
        Flag("weight_estimated", _YES, "weight_estimated"),
        Flag("quantity_estimated", _YES, "quantity_estimated"),
        Flag("old_flag", ("2", "4", "6"), "weight_or_quantity_estimated"),
    ),
)


@dataclass(frozen=True)
class ComtradeLayout:
    """Our names of the columns a table has, each with its name there."""

    columns: Mapping[str, str]

    def dimensions(self) -> list[str]:
        """The columns that may break totals down."""
        return [name for name in DIMENSIONS if name in self.columns]

    def needed(self) -> tuple[str, ...]:
        """Columns of the table that are read. Names of countries are, where a table has no codes."""
        spare = {f"{side}_name" for side in PARTIES if f"{side}_code" in self.columns}
        return tuple(column for name, column in self.columns.items() if name not in spare)


def layout_of(header: Sequence[str], name: str) -> ComtradeLayout:
    """The layout of a table with these columns, capitals aside.

    Raises
    ------
    BadTable
        A column without which no flow can be told is absent.
    """
    there = {column.lower(): column for column in reversed(header)}
    found = {
        ours: next(there[column.lower()] for column in names if column.lower() in there)
        for ours, names in COLUMNS.items()
        if any(column.lower() in there for column in names)
    }
    missing = [COLUMNS[ours][0] for ours in NEEDED if ours not in found]
    missing += [
        f"{side}ISO or {side}Code"
        for side in PARTIES
        if not any(f"{side}_{kind}" in found for kind in ("iso", "code", "name"))
    ]
    if missing:
        raise BadTable(
            f"{name} is no Comtrade CSV: it lacks {', '.join(missing)}.",
            evidence=f"its columns: {', '.join(header)[:200] or 'none'}",
            fix="It needs cmdCode and primaryValue, or Commodity Code and Trade Value (US$), with commas.",
        )
    return ComtradeLayout(found)


def in_one_form(table: pl.DataFrame, layout: ComtradeLayout, countries: Countries) -> pl.DataFrame:
    """A table's rows with the columns that `MAPPING` reads.

    Parameters
    ----------
    table
        `line`, `fault`, `raw`, and the columns of the layout as text.

    Returns
    -------
    Table
        `line`, `fault`, `raw`, and text in `MAPPING`'s columns. Reporter and partner are alpha-3 codes, or what
        stands there; `valuation` is what the record itself says.
    """
    names = {column: ours for ours, column in layout.columns.items() if column in table.columns}
    work = table.rename(names)
    absent = [name for name in COLUMNS if name not in work.columns]
    work = work.with_columns(pl.lit(None, dtype=pl.String).alias(name) for name in absent)
    for side in PARTIES:
        work = _with_party(work, side, countries)
    return work.with_columns(_valuation()).select("line", "fault", "raw", *MAPPING.needed())


def without_marks(text: pl.Expr) -> pl.Expr:
    """Text stripped, null where it is blank or a mark for missing."""
    plain = text.str.strip_chars()
    return pl.when(plain.str.to_lowercase().is_in(_BLANK)).then(None).otherwise(plain)


def _with_party(work: pl.DataFrame, side: str, countries: Countries) -> pl.DataFrame:
    """Add the party of a side, by ISO code, number or name, and a fault where two of them disagree."""
    keys = [f"{side}_iso", f"{side}_code", f"{side}_name"]
    work = work.with_columns(without_marks(pl.col(name)).alias(name) for name in keys)
    rows = work.select(keys).unique().rows()
    found = [_party(row, countries) for row in rows]
    lookup = pl.DataFrame(
        [
            (*row, text, fault and f"{side} is {fault}")
            for row, (text, fault) in zip(rows, found, strict=True)
        ],
        schema=dict.fromkeys((*keys, side, "_fault"), pl.String),
        orient="row",
    )
    work = work.join(lookup, on=keys, how="left", maintain_order="left", nulls_equal=True)
    return work.with_columns(fault=pl.coalesce("fault", "_fault")).drop("_fault")


def _party(row: tuple[str | None, ...], countries: Countries) -> tuple[str | None, str | None]:
    """Text of a party given by ISO code, number and name, and why it is none: the first of them that is known."""
    iso, number, _ = row
    kinds = ("iso3", "m49", "name")
    texts = [(text, kind) for text, kind in zip(row, kinds, strict=True) if text]
    if not texts:
        return None, None
    found = [countries.find(text, kind) for text, kind in texts]
    if iso and number and _differ(found[0], found[1]):
        return None, f"{found[0].code} by its ISO code {iso} and {found[1].code} by its number {number}"
    known = next((party for party in found if party.kind != "unknown"), found[0])
    return known.code, None


def _differ(one: Party, other: Party) -> bool:
    return one.kind == other.kind == "country" and one.code != other.code


def _valuation() -> pl.Expr:
    """Valuation by the record: that of the value which the primary value is, else by flow."""
    value, cif, fob = (
        pl.col(name).str.strip_chars().cast(pl.Float64, strict=False).fill_null(0.0)
        for name in ("value", "cif_value", "fob_value")
    )
    is_cif, is_fob = ((given > 0) & ((value - given).abs() <= ROUNDING_SHARE * given) for given in (cif, fob))
    nearer_cif = (value - cif).abs() < (value - fob).abs()
    nearer_fob = (value - fob).abs() < (value - cif).abs()
    flow = pl.col("flow").str.strip_chars().str.to_lowercase()
    return (
        pl.when(is_cif & nearer_cif)
        .then(pl.lit("cif"))
        .when(is_fob & nearer_fob)
        .then(pl.lit("fob"))
        .when(flow.is_in(EXPORTS))
        .then(pl.lit("fob"))
        .when(flow.is_in(IMPORTS))
        .then(pl.lit("cif"))
        .otherwise(pl.lit("unknown"))
        .alias("valuation")
    )
