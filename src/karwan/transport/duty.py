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
    return Tariffs(tariffs).duty(product_id, importer, exporter)


class Tariffs:
    """Tariffs of a case by product and importer, for many questions.

    Parameters
    ----------
    tariffs
        Table `tariffs` of a case.
    end
        low or high: assumed rates at that end of their range; blank takes them as they are.
    """

    def __init__(self, tariffs: pl.DataFrame, end: str = "") -> None:
        self._rows: dict[tuple[str, str], list[Row]] = {}
        if end:
            tariffs = tariffs.with_columns(rate_share=pl.coalesce(f"{end}_share", "rate_share"))
        for row in tariffs.filter(pl.col("use") == "model").iter_rows(named=True):
            self._rows.setdefault((row["product_id"], row["importer"]), []).append(row)

    def duty(self, product_id: str, importer: str, exporter: str) -> Duty:
        """Duty a country charges on a product from an origin; see `find_duty`."""
        held = self._rows.get((product_id, importer), [])
        return _duty(_applying([row for row in held if row["exporter"] in (None, exporter)], exporter))


def _applying(rows: list[Row], exporter: str) -> list[Row]:
    """Rows that make up the duty on an origin: its preference, else the MFN rate, and regulatory duties."""
    own = [row for row in rows if row["kind"] == "preference" and row["exporter"] == exporter]
    base = own or [row for row in rows if row["kind"] == "mfn"]
    return base[:1] + [row for row in rows if row["kind"] == "regulatory"]


def _duty(chosen: list[Row]) -> Duty:
    """Duty of the rows that apply."""
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


def _rate_text(row: Row) -> str:
    """'MFN 5 % + USD 10/t (2026)'; an assumed rate says so, with its range: 'MFN 5 % (2026, assumed, 0 % to 10 %)'."""
    amounts = []
    if row["rate_share"] is not None:
        amounts.append(percent(row["rate_share"]))
    if row["specific_usd_t"]:
        amounts.append(f"USD {row['specific_usd_t']:g}/t")
    stated = [str(row["year"])]
    if row["basis"] == "assumed":
        stated.append("assumed")
        low, high = row.get("low_share"), row.get("high_share")
        if low is not None and high is not None:
            stated.append(f"{percent(low)} to {percent(high)}")
    return (
        f"{KINDS.get(row['kind'], row['kind'])} {' + '.join(amounts) or 'none stated'} ({', '.join(stated)})"
    )
