"""Landed cost: what a tonne costs at its destination, and which part of it the corridor takes."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from karwan.amounts import percent
from karwan.transport.network import worst_basis
from karwan.transport.shipment import Shipment

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


@dataclass(frozen=True)
class Landed:
    """Landed cost of a tonne, USD/t, by part.

    Attributes
    ----------
    corridor_share
        Freight, insurance, time and loss over the landed cost.
    """

    price_usd_t: float
    freight_usd_t: float
    insurance_usd_t: float
    time_usd_t: float
    loss_usd_t: float
    duty_usd_t: float
    days: float

    @property
    def landed_usd_t(self) -> float:
        """Sum of the parts, USD/t."""
        return (
            self.price_usd_t
            + self.freight_usd_t
            + self.insurance_usd_t
            + self.time_usd_t
            + self.loss_usd_t
            + self.duty_usd_t
        )

    @property
    def corridor_share(self) -> float:
        """Share of the landed cost that the corridor takes: freight, insurance, time and loss."""
        corridor = self.freight_usd_t + self.insurance_usd_t + self.time_usd_t + self.loss_usd_t
        return corridor / self.landed_usd_t

    def columns(self, *, duty_known: bool) -> dict[str, float | None]:
        """Parts, sum and the corridor's share as columns of a table; a duty that is not known stays empty."""
        return {
            "price_usd_t": self.price_usd_t,
            "freight_usd_t": self.freight_usd_t,
            "insurance_usd_t": self.insurance_usd_t,
            "time_usd_t": self.time_usd_t,
            "loss_usd_t": self.loss_usd_t,
            "duty_usd_t": self.duty_usd_t if duty_known else None,
            "landed_usd_t": self.landed_usd_t,
            "corridor_share": self.corridor_share,
        }


def find_duty(tariffs: pl.DataFrame, product_id: str, importer: str, exporter: str) -> Duty:
    """Duty a country charges on a product from an origin.

    A preference for the origin replaces the MFN rate; regulatory duty is added; value-added tax is not a duty and stays out, as local
    goods bear it too.

    Parameters
    ----------
    tariffs
        Table `tariffs` of a case.
    """
    rows = tariffs.filter(
        (pl.col("product_id") == product_id)
        & (pl.col("importer") == importer)
        & (pl.col("exporter").is_null() | (pl.col("exporter") == exporter))
        & (pl.col("use") == "model")
    ).to_dicts()
    own = [r for r in rows if r["kind"] == "preference" and r["exporter"] == exporter]
    base = own or [r for r in rows if r["kind"] == "mfn"]
    chosen = base[:1] + [r for r in rows if r["kind"] == "regulatory"]
    if not chosen:
        return Duty(0.0, 0.0, "no tariff row", "assumed", "judgement", False)
    parts = []
    for row in chosen:
        amounts = [percent(row["rate_share"])] if row["rate_share"] is not None else []
        amounts += [f"USD {row['specific_usd_t']:g}/t"] if row["specific_usd_t"] else []
        parts.append(
            f"{KINDS.get(row['kind'], row['kind'])} {' + '.join(amounts) or 'none stated'} ({row['year']})"
        )
    return Duty(
        rate_share=sum(r["rate_share"] or 0.0 for r in chosen),
        specific_usd_t=sum(r["specific_usd_t"] or 0.0 for r in chosen),
        text=", ".join(parts),
        basis=worst_basis(*(r["basis"] for r in chosen)),
        source_id=";".join(dict.fromkeys(s for r in chosen for s in r["source_id"].split(";"))),
        known=True,
    )


def landed_cost(
    shipment: Shipment, freight_usd: float, days: float, duty: Duty, insurance_share: float
) -> Landed:
    """Landed cost of a shipment per tonne.

    Time costs price x daily share x days (Hummels & Schaur 2013), loss likewise; insurance is a share of price plus freight; duty is
    charged on price, freight and insurance (CIF).

    Parameters
    ----------
    shipment
        What travels.
    freight_usd
        Money of the route for the whole shipment, USD.
    days
        Mean days door to door.
    duty
        Result of `find_duty`.
    insurance_share
        Premium over price plus freight.
    """
    freight = freight_usd / shipment.tonnes
    insurance = insurance_share * (shipment.price_usd_t + freight)
    cif = shipment.price_usd_t + freight + insurance
    return Landed(
        price_usd_t=shipment.price_usd_t,
        freight_usd_t=freight,
        insurance_usd_t=insurance,
        time_usd_t=shipment.price_usd_t * shipment.time_cost_share_day * days,
        loss_usd_t=shipment.price_usd_t * shipment.loss_share_day * days,
        duty_usd_t=duty.rate_share * cif + duty.specific_usd_t,
        days=days,
    )
