"""CSV files of UN Comtrade, with the column names of the present download and of the old one.

Provider: United Nations Statistics Division, UN Comtrade. Licence: UN Comtrade's terms of use (no
redistribution of bulk data without permission). The present headers are those of the API (`reporterISO`,
`cmdCode`, `primaryValue`); the old ones are those of the site up to 2023 (`Reporter ISO`, `Commodity Code`,
`Trade Value (US$)`).
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from karwan.errors import InvalidInput
from karwan.io.sources.content import Content, contents
from karwan.io.sources.delimited import BadTable, read_header
from karwan.io.sources.mapped_table import SUFFIXES, reading_of
from karwan.io.sources.mapping import Field, Flag, Keep, TableMapping
from karwan.io.sources.registry import Options, Source
from karwan.io.store.reading import Reading

# Partners written as codes that are no countries; `W00` is the world.
PARTNER_CODES = {"W00": "WLD", "WLD": "WLD"}
_YES = ("true", "True", "1")
BREAKDOWN = "a breakdown by {} of a total that the file has too"

PRESENT = TableMapping(
    name="comtrade",
    title="UN Comtrade",
    provider="United Nations Statistics Division",
    licence="UN Comtrade terms of use",
    nomenclature="HS",
    columns={
        "reporter": Field(column="reporterISO", codes="iso3"),
        "partner": Field(column="partnerISO", codes="iso3", values=PARTNER_CODES),
        "flow": Field(column="flowCode"),
        "period": Field(column="period"),
        "hs_revision": Field(column="classificationCode"),
        "product": Field(column="cmdCode"),
        "value": Field(column="primaryValue"),
        "valuation": Field(column="flowCode", values={"X": "fob", "M": "cif"}),
        "weight": Field(column="netWgt"),
        "quantity": Field(column="qty"),
        "quantity_unit": Field(column="qtyUnitAbbr"),
    },
    keep=(
        Keep("motCode", ("", "0"), BREAKDOWN.format("mode of transport")),
        Keep("customsCode", ("", "C00"), BREAKDOWN.format("customs procedure")),
        Keep("partner2Code", ("", "0"), BREAKDOWN.format("second partner")),
    ),
    flags=(
        Flag("isNetWgtEstimated", _YES, "weight_estimated"),
        Flag("isQtyEstimated", _YES, "quantity_estimated"),
    ),
)

OLD = replace(
    PRESENT,
    columns={
        "reporter": Field(column="Reporter ISO", codes="iso3"),
        "partner": Field(column="Partner ISO", codes="iso3", values=PARTNER_CODES),
        "flow": Field(column="Trade Flow"),
        "period": Field(column="Period"),
        "hs_revision": Field(column="Classification"),
        "product": Field(column="Commodity Code"),
        "value": Field(column="Trade Value (US$)"),
        "valuation": Field(
            column="Trade Flow", values={"Export": "fob", "Import": "cif", "Exports": "fob", "Imports": "cif"}
        ),
        "weight": Field(column="Netweight (kg)"),
        "quantity": Field(column="Qty"),
        "quantity_unit": Field(column="Qty Unit"),
    },
    keep=(),
    flags=(Flag("Flag", ("2", "4", "6"), "weight_or_quantity_estimated"),),
)

# Columns a download leaves out when they were not asked for.
OPTIONAL_KEEP = {"motCode", "customsCode", "partner2Code"}
OPTIONAL_FLAGS = {"isNetWgtEstimated", "isQtyEstimated", "Flag"}
OPTIONAL_FIELDS = ("weight", "quantity", "quantity_unit")


def mapping_for(header: list[str], name: str) -> TableMapping:
    """The mapping for a Comtrade file with these columns; numeric codes are used where the ISO columns are
    absent.
    """
    names = set(header)
    if {"cmdCode", "primaryValue"} <= names:
        mapping = PRESENT
        if "reporterISO" not in names or "partnerISO" not in names:
            mapping = replace(
                mapping,
                columns={
                    **mapping.columns,
                    "reporter": Field(column="reporterCode", codes="m49"),
                    "partner": Field(column="partnerCode", codes="m49"),
                },
            )
    elif {"Commodity Code", "Trade Value (US$)"} <= names:
        mapping = OLD
    else:
        raise BadTable(
            f"{name} is no Comtrade CSV.",
            evidence=f"its columns: {', '.join(header)[:200] or 'none'}",
            fix="It needs cmdCode and primaryValue, or Commodity Code and Trade Value (US$), with commas.",
        )
    columns = {
        key: field
        for key, field in mapping.columns.items()
        if key not in OPTIONAL_FIELDS or set(field.columns()) <= names
    }
    return replace(
        mapping,
        columns=columns,
        keep=tuple(rule for rule in mapping.keep if rule.column not in OPTIONAL_KEEP or rule.column in names),
        flags=tuple(
            rule for rule in mapping.flags if rule.column not in OPTIONAL_FLAGS or rule.column in names
        ),
    )


def read_comtrade_csv(path: Path | None, options: Options) -> list[Reading]:
    """Readings of a Comtrade CSV, or of the CSVs in a zip."""
    if path is None:
        raise InvalidInput(
            "The source `comtrade-csv` needs a file.", fix="Give the CSV downloaded from Comtrade."
        )
    return [_reading(content, options) for content in contents(path, SUFFIXES["csv"])]


def _reading(content: Content, options: Options) -> Reading:
    header = read_header(content, delimiter=",", encoding="utf-8", header_row=1)
    return reading_of(content, mapping_for(header, content.name), options, source="comtrade")


COMTRADE_CSV = Source(
    name="comtrade-csv",
    title="UN Comtrade download (CSV, present and old column names)",
    provider="United Nations Statistics Division",
    licence="UN Comtrade terms of use",
    reads="FILE.csv or FILE.zip",
    read=read_comtrade_csv,
)
