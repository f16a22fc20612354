"""Duties as money: part of what is spent, given back to those who spend it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from karwan.errors import InvalidInput
from karwan.trade.equilibrium.base import Array


@dataclass(frozen=True)
class Duties:
    """Ad valorem duty before and after, as a share of the price before duty.

    Attributes
    ----------
    before_share, after_share
        Shape (K, n, n): sector, exporter, importer. 0.05 is 5 %.

    References
    ----------
    Caliendo & Parro (2015), doi:10.1093/restud/rdu035.
    """

    before_share: Array
    after_share: Array

    def __post_init__(self) -> None:
        for share in (self.before_share, self.after_share):
            if not np.isfinite(share).all() or (np.asarray(share) <= -1).any():
                raise InvalidInput(
                    "A duty is not a share above -1.", f"lowest {np.min(share)}", "give 0.05 for 5 %."
                )

    @property
    def duty_share_before(self) -> Array:
        """Duty in a dollar spent, tau / (1 + tau), before."""
        return self.before_share / (1.0 + self.before_share)

    @property
    def duty_share_after(self) -> Array:
        """Duty in a dollar spent, tau / (1 + tau), after."""
        return self.after_share / (1.0 + self.after_share)

    def cost_factor(self, theta: Array) -> Array:
        """What the change of duty does to spending, ((1 + after) / (1 + before))^-theta, shape (K, n, n).

        Multiply it into a `b` that holds the change of carriage alone; leave it out where `b` is a landed cost
        with the duty in it.
        """
        price = (1.0 + self.after_share) / (1.0 + self.before_share)
        return np.asarray(price ** -np.asarray(theta)[:, None, None], dtype=np.float64)


def duty_usd(flows: Array, tariffs: Duties) -> Array:
    """Duty that each importer takes on flows after the change, shape (n,)."""
    return np.asarray((flows * tariffs.duty_share_after).sum(axis=(0, 1)), dtype=np.float64)
