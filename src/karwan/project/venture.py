"""The facade's part for ventures: list them, appraise, compare, wait, rows to fill."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from karwan.analysis.contract import Result
from karwan.analysis.registry import BY_NAME
from karwan.analysis.venture_requests import (
    AppraiseRequest,
    CompareVentureRequest,
    TemplateRequest,
    VentureListRequest,
    WaitRequest,
)
from karwan.project.register import RegisterProject


@dataclass(frozen=True, repr=False)
class VentureProject(RegisterProject):
    """A case, and the appraisal of its ventures."""

    def ventures(self) -> Result:
        """Ventures and what each lacks; see `karwan.analysis.venture_requests.VentureListRequest`."""
        return self.ask(BY_NAME["venture list"], VentureListRequest())

    def appraise(
        self,
        venture_id: str,
        scenarios: Sequence[str] = (),
        draws: int = 0,
        seed: int = 1,
        *,
        trade: bool = False,
    ) -> Result:
        """Would a venture pay; see `karwan.analysis.venture_requests.AppraiseRequest`."""
        request = AppraiseRequest(venture_id, tuple(scenarios), draws, seed, trade)
        return self.ask(BY_NAME["venture appraise"], request)

    def compare_venture(
        self, venture_id: str, scenarios: Sequence[str] = (), draws: int = 0, seed: int = 1
    ) -> Result:
        """A venture under scenarios; see `karwan.analysis.venture_requests.CompareVentureRequest`."""
        request = CompareVentureRequest(venture_id, tuple(scenarios), draws, seed)
        return self.ask(BY_NAME["venture compare"], request)

    def wait_venture(
        self,
        venture_id: str,
        *,
        opening: str = "",
        reopening_years: float | None = None,
        low: float | None = None,
        high: float | None = None,
        closing_years: float | None = None,
    ) -> Result:
        """Build now or wait; see `karwan.analysis.venture_requests.WaitRequest`."""
        request = WaitRequest(venture_id, opening, reopening_years, low, high, closing_years)
        return self.ask(BY_NAME["venture wait"], request)

    def venture_template(self, kind: str, *, out: Path | None = None) -> Result:
        """Rows to fill for a kind of venture; see `karwan.analysis.venture_requests.TemplateRequest`."""
        return self.ask(BY_NAME["venture template"], TemplateRequest(kind, out))
