"""Results laid out for people, where the tables as they are would be too many or too wide; by name of the analysis."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from karwan.analysis.contract import Result
from karwan.cli.plain.basket import basket_page
from karwan.cli.plain.page import PlainPage
from karwan.cli.plain.route import route_page

PLAIN: Mapping[str, Callable[[Result], PlainPage]] = {"basket": basket_page, "route": route_page}

__all__ = ["PLAIN", "PlainPage"]
