"""Papers and securities of one route as tables."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import polars as pl

from karwan.transport.cargo import Cargo
from karwan.transport.duty import Duty
from karwan.transport.guarantees import GuaranteeLaw, guarantee_rows, guarantees_frame
from karwan.transport.papers import PaperLaw, papers_frame
from karwan.transport.route import Route

Tables = Mapping[str, pl.DataFrame]


def list_papers(
    route: Route, tables: Tables, sector: str, day: date, cargo: Cargo | None = None
) -> pl.DataFrame:
    """Papers a route needs."""
    return papers_frame(PaperLaw(tables, day).rows(route, sector, cargo))


def list_guarantees(route: Route, tables: Tables, duties: Mapping[str, Duty], day: date) -> pl.DataFrame:
    """Securities a route lodges."""
    return guarantees_frame(guarantee_rows(route, duties, GuaranteeLaw(tables, day)))
