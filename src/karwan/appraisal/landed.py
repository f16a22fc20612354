"""Landed cost: what a tonne costs at its destination, and which part of it the corridor takes."""

from __future__ import annotations

from dataclasses import dataclass

from karwan.transport.duty import Duty
from karwan.transport.shipment import Shipment


@dataclass(frozen=True)
class LandedCost:
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


def landed_cost(
    shipment: Shipment, freight_usd: float, days: float, duty: Duty, insurance_share: float
) -> LandedCost:
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
    return LandedCost(
        price_usd_t=shipment.price_usd_t,
        freight_usd_t=freight,
        insurance_usd_t=insurance,
        time_usd_t=shipment.price_usd_t * shipment.time_cost_share_day * days,
        loss_usd_t=shipment.price_usd_t * shipment.loss_share_day * days,
        duty_usd_t=duty.rate_share * cif + duty.specific_usd_t,
        days=days,
    )
