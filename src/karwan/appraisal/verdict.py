"""Whether a good can be sold: its landed price, with a band, against the cheapest rival, and the one input that decides."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import sqrt

from karwan.amounts import Z95
from karwan.appraisal.landed import LandedCost
from karwan.transport.duty import Duty

ALIKE = 3.0  # a rival over three times as dear or cheap, of the price at origin and of the landed one, is another good
YES, ONLY_IF, NO, UNKNOWN = "yes", "only if", "no", "unknown"
FAR_CUT = 0.30  # fall of an input from which what would sell so is no plan
LACKS = ("corridor", "rival", "named rival", "like rival", "demand")  # what an unknown verdict waits for


@dataclass(frozen=True)
class LandedBand:
    """A landed price as a linear function of its price at origin and its freight, USD/t.

    landed = price_factor x price + freight_factor x freight + fixed. Price and freight are independent, each normal with its own
    coefficient of variation; so the landed price is normal, and its 5 and 95 % points have a closed form.

    Attributes
    ----------
    price, freight
        USD/t.
    price_cv, freight_cv
        Standard deviation over mean, 1.
    price_factor, freight_factor
        USD landed per USD of price and of freight: duty, insurance, time and loss are in them.
    fixed
        Specific duty, USD/t.
    duty_share
        Ad-valorem duty, 1.
    """

    price: float
    freight: float
    price_cv: float
    freight_cv: float
    price_factor: float
    freight_factor: float
    fixed: float
    duty_share: float

    @property
    def mean(self) -> float:
        """Landed price, USD/t."""
        return self.price_factor * self.price + self.freight_factor * self.freight + self.fixed

    @property
    def spread(self) -> float:
        """Half of the 5-95 % band, USD/t."""
        by_price = self.price_factor * self.price * self.price_cv
        by_freight = self.freight_factor * self.freight * self.freight_cv
        return Z95 * sqrt(by_price**2 + by_freight**2)

    @property
    def low(self) -> float:
        """5 % point, USD/t."""
        return self.mean - self.spread

    @property
    def high(self) -> float:
        """95 % point, USD/t."""
        return self.mean + self.spread


@dataclass(frozen=True)
class Switch:
    """An input of the landed price and the value of it at which the good lands at the rival's price.

    Attributes
    ----------
    name
        price, freight or duty.
    now, at
        Its value and its switching value: USD/t, or a share for the duty.
    """

    name: str
    now: float
    at: float

    @property
    def change(self) -> float:
        """Change from now over now; infinite where it is 0 now."""
        return abs(self.at - self.now) / self.now if self.now else float("inf")


@dataclass(frozen=True)
class Verdict:
    """What is to be said of a good.

    Attributes
    ----------
    kind
        `YES`, `ONLY_IF`, `NO` or `UNKNOWN`.
    switch
        The input that decides; None where none does, or where it is the ban.
    lifted
        Whether all hangs on a ban being lifted.
    lacks
        What is missing where the verdict is unknown: one of `LACKS`; blank elsewhere.
    """

    kind: str
    switch: Switch | None = None
    lifted: bool = False
    lacks: str = ""


def landed_band(
    landed: LandedCost, duty: Duty, insurance_share: float, price_cv: float, freight_cv: float
) -> LandedBand:
    """The landed price of `landed_cost` as a function of its price and freight.

    Time and loss are in proportion to the price; duty is charged on price, freight and insurance.
    """
    taxed = (1 + insurance_share) * (1 + duty.rate_share)
    held = (landed.time_usd_t + landed.loss_usd_t) / landed.price_usd_t
    return LandedBand(
        price=landed.price_usd_t,
        freight=landed.freight_usd_t,
        price_cv=price_cv,
        freight_cv=freight_cv,
        price_factor=taxed + held,
        freight_factor=taxed,
        fixed=duty.specific_usd_t,
        duty_share=duty.rate_share,
    )


def switches(band: LandedBand, rival_usd_t: float) -> list[Switch]:
    """Value of each input at which the good lands at the rival's price, all others as they are; only those that can be (0 or more)."""
    price = (rival_usd_t - band.freight_factor * band.freight - band.fixed) / band.price_factor
    freight = (rival_usd_t - band.price_factor * band.price - band.fixed) / band.freight_factor
    found = [Switch("price", band.price, price), Switch("freight", band.freight, freight)]
    taxed = (band.freight_factor / (1 + band.duty_share)) * band.freight
    taxed += (band.freight_factor / (1 + band.duty_share)) * band.price
    duty = band.duty_share + (rival_usd_t - band.mean) / taxed
    if band.duty_share > 0:
        found.append(Switch("duty", band.duty_share, duty))
    return [switch for switch in found if switch.at >= 0]


def verdict(
    band: LandedBand,
    rival_usd_t: float | None,
    *,
    banned: bool,
    demanded: bool,
    mean_usd_t: float | None = None,
) -> Verdict:
    """Whether the good can be sold.

    yes: the whole 5-95 % band lies at or below the cheapest rival, and no ban holds. only if: the rival's price lies within the band, and
    the input that needs the least change decides; or the ban alone stands in the way; or without the duty the good would be cheaper.
    no: dearer in the whole band, and not for the duty; or banned, and no price says that the ban alone stands in the way. unknown: no
    rival's price is known, or it is so far off that it must be of another good, or so far from the mean of all origins that the heading holds
    goods too unlike to be compared by weight (medicines); or the price would do but nobody has said that the
    goods are wanted.

    Parameters
    ----------
    rival_usd_t
        The cheapest rival of a known origin, duty in it; None where none is known.
    mean_usd_t
        Mean over all origins the buyer buys from, the seller's own goods among them. Some of its buyers pay more, so it alone never
        says no or only if; some pay no less, so goods cheaper than it can be sold. Where it is below every known rival there is a
        cheaper one, and a yes needs it too.
    """
    found = _by_prices(band, rival_usd_t, mean_usd_t, banned)
    if found.kind == UNKNOWN and banned:
        return Verdict(NO)
    if found.kind in (YES, ONLY_IF) and not demanded:
        return Verdict(UNKNOWN, lacks="demand")
    return found


def of_stand_in(found: Verdict, band: LandedBand, rival_usd_t: float | None) -> Verdict:
    """The verdict where the price at origin is not the seller's own: such a price decides nothing, so the good sells only if the seller's is at most
    the one at which it lands like the rival. No where not even free goods would do; what a ban or something unknown decides stays."""
    if rival_usd_t is None or found.lifted or found.kind == UNKNOWN:
        return found
    price = next((one for one in switches(band, rival_usd_t) if one.name == "price"), None)
    return Verdict(NO) if price is None else Verdict(ONLY_IF, price)


def _by_prices(band: LandedBand, rival: float | None, mean: float | None, banned: bool) -> Verdict:
    """The verdict by the cheapest known rival and the mean of all, as if the goods were wanted."""
    by_mean = _by_mean(band, mean, banned)
    if rival is None:
        return by_mean
    if mean is not None and not alike(mean, rival):
        return Verdict(UNKNOWN, lacks="like rival")
    by_rival = _by_price(band, rival, banned)
    if mean is None or mean >= rival or by_rival.kind != YES:
        return by_rival
    return by_mean


def _by_mean(band: LandedBand, mean: float | None, banned: bool) -> Verdict:
    """What the mean of all origins alone can say: yes, only if a ban is lifted, or nothing."""
    if mean is None:
        return Verdict(UNKNOWN, lacks="rival")
    found = _by_price(band, mean, banned)
    if found.kind == YES or found.lifted or found.kind == UNKNOWN:
        return found
    return Verdict(UNKNOWN, lacks="named rival")


def _by_price(band: LandedBand, rival_usd_t: float, banned: bool) -> Verdict:
    """The verdict by one price, as if the goods were wanted."""
    if not (alike(band.price, rival_usd_t) or alike(band.mean, rival_usd_t)):
        return Verdict(UNKNOWN, lacks="like rival")
    if band.high <= rival_usd_t:
        return Verdict(ONLY_IF, lifted=True) if banned else Verdict(YES)
    if band.low > rival_usd_t:
        freed = [switch for switch in switches(band, rival_usd_t) if switch.name == "duty"]
        if banned or not freed:
            return Verdict(NO)
        return Verdict(ONLY_IF, freed[0])
    if banned:
        return Verdict(NO)
    return Verdict(ONLY_IF, _nearest(switches(band, rival_usd_t)))


def alike(landed_usd_t: float, rival_usd_t: float) -> bool:
    """Whether two prices can be those of one good: within a factor of `ALIKE` of each other."""
    return rival_usd_t / ALIKE <= landed_usd_t <= rival_usd_t * ALIKE


def _nearest(found: Iterable[Switch]) -> Switch | None:
    """The switch that needs the least change; None where there is none."""
    return min(found, key=lambda switch: switch.change, default=None)


@dataclass(frozen=True)
class Bound:
    """How much of a good can be sold in a year, and what holds it there.

    Attributes
    ----------
    usd
        Least of the limits, USD a year; None where the demand is unknown.
    binding
        offer or demand; blank where unknown.
    """

    usd: float | None
    binding: str


def bound(limits: dict[str, float | None]) -> Bound:
    """The least of offer and reachable demand; unknown without a demand.

    Parameters
    ----------
    limits
        USD a year by name; None is not known. An unknown offer does not bind.
    """
    if limits.get("demand") is None:
        return Bound(None, "")
    known = {name: usd for name, usd in limits.items() if usd is not None}
    least = min(known, key=lambda name: known[name])
    return Bound(known[least], least)
