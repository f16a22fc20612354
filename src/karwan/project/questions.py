"""Questions about a case's trade for a notebook: `project.trade.mirror()` and its like, the two countries filled in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from karwan.analysis.registry import BY_NAME
from karwan.project.answers import NotebookAnswer

if TYPE_CHECKING:
    from karwan.project.trade import TradeProject


@dataclass(frozen=True, repr=False)
class TradeQuestions:
    """What can be asked of the trade of a case's two countries.

    Attributes
    ----------
    project
        The open case with its store.
    """

    project: TradeProject

    def __repr__(self) -> str:
        a, b = self.project.case.parties.codes
        return f"trade of {a} and {b}: status, mirror, growth, potential, goods, basket, compete, target"

    def status(self, *, as_of: date | None = None) -> NotebookAnswer:
        """Where the trade stands by each side's figures."""
        return NotebookAnswer(BY_NAME["trade status"], self.project.status(as_of=as_of))

    def mirror(self, *, year: int | None = None, level: int | None = None) -> NotebookAnswer:
        """Both sides' reports and what the trade probably was."""
        found = self.project.mirror(*self.project.case.parties.codes, year=year, level=level)
        return NotebookAnswer(BY_NAME["trade mirror"], found)

    def growth(self, *, by: Sequence[str] = (), until: date | None = None) -> NotebookAnswer:
        """Growth like for like; `by` product or direction."""
        found = self.project.growth(*self.project.case.parties.codes, by=by, until=until)
        return NotebookAnswer(BY_NAME["trade growth"], found)

    def potential(
        self, exporter: str = "", *, table: Path | None = None, level: str | None = None
    ) -> NotebookAnswer:
        """What could be traded, by product; of the first country's exports unless another exporter is named."""
        codes = self.project.case.parties.codes
        seller = exporter or codes[0]
        found = self.project.potential(
            seller, self.project.case.parties.other(seller), table=table, level=level
        )
        return NotebookAnswer(BY_NAME["trade potential"], found)

    def goods(self, product: str = "") -> NotebookAnswer:
        """Which goods can be sold."""
        return NotebookAnswer(BY_NAME["trade goods"], self.project.goods(product=product))

    def basket(
        self,
        *,
        goods: int | None = None,
        target: float | None = None,
        table: Path | pl.DataFrame | None = None,
    ) -> NotebookAnswer:
        """Goods that reach a value; from a data frame where one is given."""
        return NotebookAnswer(BY_NAME["basket"], self.project.basket(goods=goods, target=target, table=table))

    def compete(self, product: str, *, rival: Sequence[str] = ()) -> NotebookAnswer:
        """Landed price against rivals."""
        return NotebookAnswer(BY_NAME["trade compete"], self.project.compete(product, rival=rival))

    def target(self, *, target: str | None = None, due: date | None = None) -> NotebookAnswer:
        """Chances of the turnover targets."""
        return NotebookAnswer(BY_NAME["trade target"], self.project.target(target=target, due=due))
