"""Import duty: what a country charges on a product from an origin."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from karwan.amounts import percent
from karwan.transport.network import worst_basis
from karwan.transport.network.stage import Row

KINDS = {"mfn": "MFN"}  # kinds of tariffs in words, where they differ


@dataclass(frozen=True)
class Duty:
    """Import duty on a product from an origin.

    Attributes
    ----------
    rate_share
        Ad-valorem rate on the CIF value, the preference in place of the MFN rate where one holds, regulatory duty added.
    specific_usd_t
        Specific duty, USD/t.
    text
        The rates in words.
    known
        False where tariffs.csv has no row: the rate is then missing, not zero.
    """

    rate_share: float
    specific_usd_t: float
    text: str
    basis: str
    source_id: str
    known: bool


def find_duty(tariffs: pl.DataFrame, product_id: str, importer: str, exporter: str) -> Duty:
    """Duty a country charges on a product from an origin.

    A preference for the origin replaces the MFN rate; regulatory duty is added; value-added tax is not a duty and stays out, as local
    goods bear it too.

    Parameters
    ----------
    tariffs
        Table `tariffs` of a case.
    """
    chosen = _duties(tariffs.filter(product_id=product_id, importer=importer, use="model"), exporter)
    if not chosen:
        return Duty(0.0, 0.0, "no tariff row", "assumed", "judgement", False)
    return Duty(
        rate_share=sum(r["rate_share"] or 0.0 for r in chosen),
        specific_usd_t=sum(r["specific_usd_t"] or 0.0 for r in chosen),
        text=", ".join(_rate_text(r) for r in chosen),
        basis=worst_basis(*(r["basis"] for r in chosen)),
        source_id=";".join(dict.fromkeys(s for r in chosen for s in r["source_id"].split(";"))),
        known=True,
    )


def _duties(rows: pl.DataFrame, exporter: str) -> list[Row]:
    """Rows that apply to an origin: its preference, else the MFN rate, and regulatory duties."""
    everyone = pl.col("exporter").is_null()
    own = rows.filter(kind="preference", exporter=exporter)
    applying = rows.filter(everyone | (pl.col("exporter") == exporter))
    base = own if own.height else applying.filter(kind="mfn")
    return [*base.head(1).to_dicts(), *applying.filter(kind="regulatory").to_dicts()]


def _rate_text(row: Row) -> str:
    """'MFN 5 % + USD 10/t (2026)'."""
    amounts = []
    if row["rate_share"] is not None:
        amounts.append(percent(row["rate_share"]))
    if row["specific_usd_t"]:
        amounts.append(f"USD {row['specific_usd_t']:g}/t")
    return f"{KINDS.get(row['kind'], row['kind'])} {' + '.join(amounts) or 'none stated'} ({row['year']})"
