"""The facade's part for ports: terminals, zones with and without, share by port."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from karwan.analysis.contract import Result
from karwan.analysis.port_requests import DRAWS, PortChoiceRequest, PortCompareRequest, PortTerminalsRequest
from karwan.analysis.registry import BY_NAME
from karwan.project.venture import VentureProject


@dataclass(frozen=True, repr=False)
class PortProject(VentureProject):
    """A case, and what its ports and zones are good for."""

    def port_terminals(self, place: str = "") -> Result:
        """Terms of the terminals; see `karwan.analysis.port_requests.PortTerminalsRequest`."""
        return self.ask(BY_NAME["port terminals"], PortTerminalsRequest(place))

    def port_compare(
        self, products: Sequence[str] = (), zones: Sequence[str] = (), *, include_assumed: bool = False
    ) -> Result:
        """A tonne with and without a zone; see `karwan.analysis.port_requests.PortCompareRequest`."""
        request = PortCompareRequest(tuple(products), tuple(zones), include_assumed)
        return self.ask(BY_NAME["port compare"], request)

    def port_choice(
        self,
        market: str,
        *,
        opened: Sequence[str] = (),
        include_assumed: bool = False,
        draws: int = DRAWS,
        seed: int = 1,
    ) -> Result:
        """Trade with a market by port; see `karwan.analysis.port_requests.PortChoiceRequest`."""
        request = PortChoiceRequest(market, tuple(opened), include_assumed, draws, seed)
        return self.ask(BY_NAME["port choice"], request)
