"""What the analyses of ports, terminals and zones are asked: frozen, as in `karwan.analysis.requests`. Loads no engine."""

from __future__ import annotations

from dataclasses import dataclass, field

from karwan.analysis.contract import asks
from karwan.errors import InvalidInput

MARKETS = ("gulf", "south_asia", "central_asia")
ASSUMED = asks("Terminals and zones whose figures are assumed may be chosen too.")
DRAWS = 400


@dataclass(frozen=True)
class PortTerminalsRequest:
    """Terminals with lift, storage, free days, detention, scanning, berths, gate, draught and rail; what a stay costs beyond the free days.

    Example: karwan port terminals kaz-pak
    """

    place: str = field(default="", metadata=asks("Only terminals at this place."))


@dataclass(frozen=True)
class PortCompareRequest:
    """USD a tonne with and without a free zone, for import, re-export, processing and sale at home of what was made, by product and zone.

    Example: karwan port compare kaz-pak --product chickpeas
    """

    products: tuple[str, ...] = field(
        default=(),
        metadata=asks("Product id, HS code or name; repeat or use commas; all by default.", flag="--product"),
    )
    zones: tuple[str, ...] = field(
        default=(), metadata=asks("Zone by id; repeat or use commas; all by default.", flag="--zone")
    )
    include_assumed: bool = field(default=False, metadata=ASSUMED)


@dataclass(frozen=True)
class PortView:
    """Rows shown."""

    top: int = field(default=24, metadata=asks("Rows to show in each plain table.", least=1))


@dataclass(frozen=True)
class PortCompareView:
    """Rows shown."""

    top: int = field(
        default=6,
        metadata=asks("Rows to show: the best good of each zone and use, the largest gain first.", least=1),
    )
    every: bool = field(
        default=False,
        metadata=asks(
            "Print every good of each zone, what has no figure, and the terms of the zones.", flag="--all"
        ),
    )


@dataclass(frozen=True)
class PortChoiceRequest:
    """By which port the trade with a market goes: tonnes, USD and share by port, with a band.

    Example: karwan port choice kaz-pak --market central_asia
    """

    market: str = field(metadata=asks("gulf, south_asia or central_asia."))
    opened: tuple[str, ...] = field(
        default=(), metadata=asks("Crossings or links taken as open: Torkham,Chaman.", flag="--open")
    )
    include_assumed: bool = field(default=False, metadata=ASSUMED)
    draws: int = field(default=DRAWS, metadata=asks("Draws for the band.", least=20, most=100_000))
    seed: int = field(default=1, metadata=asks("Seed of the draws.", least=0))

    def __post_init__(self) -> None:
        if self.market not in MARKETS:
            raise InvalidInput(
                f"No market is called {self.market!r}.", f"known: {', '.join(MARKETS)}", "give one of these."
            )
