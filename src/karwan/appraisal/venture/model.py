"""What a venture is: stages, costs, sales, supplies, loans and terms. Numbers live beside them, by key, so that each can be drawn.

A number's key is `table.row.column`, as `venture_sales.wet_blue_pak.price_usd`: what a switching value or a draw says it is about is the
cell of the case it came from. A value is a number, or an array of shape (N,) with one number a draw.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Values = Mapping[str, "float | Floats"]

CAPITAL = ("capex", "replacement")
LABOUR = "labour"
DRIVERS = ("USD", "USD/year", "USD/input", "USD/output", "share of sales", "share of capex")
"""What an amount of a cost goes by: once, by year, by unit taken in or put out by its stage, by sales, by capital put in."""


@dataclass(frozen=True)
class VentureStage:
    """A step of making: what it takes in and puts out. Its numbers: capacity_year (units taken in), output_per_input, utilisation.

    Attributes
    ----------
    ramp
        Load of years 1 to 5 as shares of the last one's; later years are at 1.
    co2_t
        Tonnes of CO2 for a unit taken in.
    """

    key: str
    input_product: str
    output_product: str
    ramp: tuple[float, ...] = ()
    co2_t: float = 0.0


@dataclass(frozen=True)
class Cost:
    """A cost row. Its number: value, in the unit of its driver.

    Attributes
    ----------
    kind, driver
        Of what sort it is; one of `DRIVERS`.
    stage
        Key of the stage by whose units it goes; blank for the first.
    first, last
        Years it is paid in, from 0; None leaves it to the driver.
    owner
        Country that is paid where it is a royalty.
    """

    key: str
    kind: str
    driver: str
    stage: str = ""
    first: int | None = None
    last: int | None = None
    tradable: float = 0.0
    skilled: float = 0.0
    owner: str = ""


@dataclass(frozen=True)
class Sale:
    """A sale. Its numbers: price_usd at the market, share, and of the corridor duty_share, freight_usd, hours, late_hours, day_share, wait_share.

    `day_share` is what a day on the way costs over the price, `wait_share` the part of it that nobody pays: neither interest on the goods nor loss.

    Attributes
    ----------
    by_product
        Its quantity is the share times what its stage takes in.
    market
        Country of the buyers; blank where not told.
    """

    key: str
    product: str
    by_product: bool = False
    stage: str = ""
    tradable: float = 1.0
    market: str = ""


@dataclass(frozen=True)
class Supply:
    """A raw material from outside. Its numbers: available_year, fit_share, reachable_share, price_usd_t, collection_usd_t, opportunity_share."""

    key: str
    product: str


@dataclass(frozen=True)
class Loan:
    """Money from outside. Its numbers: usd, rate_share, fee_share; drawn with the capital, repaid in equal parts after the grace years."""

    key: str
    party: str
    country: str
    kind: str
    grace: int = 0
    tenor: int = 0


@dataclass(frozen=True)
class VentureTerms:
    """Times, taxes and rates of a venture.

    Attributes
    ----------
    learning_years
        L of `u (1 - exp(-t/L))`, in place of the stages' ramps; 0 takes the ramps.
    yield_gain
        What training adds to every yield, as a share, learned at the same pace.
    partners
        Country of partner A and of partner B; host is the country it stands in.
    """

    build: int
    life: int
    financial: float
    economic: float
    tax: float
    share_a: float
    partners: tuple[str, str]
    host: str
    depreciation: int = 10
    working_days: float = 0.0
    resale: float = 0.0
    learning_years: float = 0.0
    yield_gain: float = 0.0

    @property
    def years(self) -> int:
        """Number of years, the first of building among them."""
        return self.build + self.life


@dataclass(frozen=True)
class Venture:
    """A venture: its rows and the numbers in use, by key; `shut` has 1 in the years in which the market of a sale is shut, shape (T+1, N)."""

    stages: tuple[VentureStage, ...]
    costs: tuple[Cost, ...]
    sales: tuple[Sale, ...]
    supplies: tuple[Supply, ...]
    loans: tuple[Loan, ...]
    terms: VentureTerms
    values: Values = field(default_factory=dict)
    shut: Mapping[str, Floats] = field(default_factory=dict)

    def value(self, key: str, default: float = 0.0) -> Floats:
        """A number by its key, as array of shape () or (N,)."""
        return np.asarray(self.values.get(key, default), dtype=float)

    def with_values(self, changed: Values) -> Venture:
        """The same venture with other numbers."""
        return replace(self, values={**self.values, **changed})
