"""What a project can be asked of trade: a method for each of its analyses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, cast

import polars as pl

from karwan.analysis.contract import Analysis, Inputs, Result
from karwan.analysis.registry import BY_NAME
from karwan.analysis.trade_requests import (
    BasketRequest,
    CompeteRequest,
    FlowSourcesRequest,
    GoodsRequest,
    GravityRequest,
    GrowthRequest,
    IndicatorRequest,
    LoadsRequest,
    MirrorRequest,
    NamesRequest,
    PartnersRequest,
    PotentialRequest,
    QueryRequest,
    RejectsRequest,
    StatusRequest,
    TargetRequest,
    VerifyRequest,
    WorldBuildRequest,
    WorldCheckRequest,
    WorldShowRequest,
)
from karwan.case import Case
from karwan.project.questions import TradeQuestions


@dataclass(frozen=True, repr=False)
class TradeProject:
    """A case, the trade store beside it, and the questions about trade.

    Attributes
    ----------
    case
        The open case.
    store
        Where the trade store is, a path or an address; None where there is none.
    """

    case: Case
    store: str | None = None

    def __repr__(self) -> str:
        beside = f", store {self.store}" if self.store else ""
        return f"Project {self.case.settings.case_id}: {self.case.settings.title}{beside}"

    @property
    def trade(self) -> TradeQuestions:
        """Questions about the trade of the two countries, for a notebook."""
        return TradeQuestions(self)

    def ask(self, analysis: Analysis[Any], request: Any) -> Result:
        """Answer of an analysis of `karwan.analysis.registry` to a request of its own kind."""
        return analysis.answer(Inputs(self.case, self.store, place=self.case.folder), request)

    def compete(
        self,
        product: str,
        *,
        rival: Sequence[str] = (),
        rivals: Path | None = None,
        trade_store: str | None = None,
        origin: str | None = None,
        destination: str | None = None,
        tonnes: float | None = None,
        day: date | None = None,
    ) -> Result:
        """Landed price against competing origins; see `karwan.analysis.trade_requests.CompeteRequest`."""
        request = CompeteRequest(product, tuple(rival), rivals, trade_store, origin, destination, tonnes, day)
        return self.ask(BY_NAME["trade compete"], request)

    def goods(self, *, product: str = "", as_of: date | None = None) -> Result:
        """Which goods can be sold; see `karwan.analysis.trade_requests.GoodsRequest`."""
        return self.ask(BY_NAME["trade goods"], GoodsRequest(product, as_of))

    def target(
        self,
        *,
        target: str | None = None,
        due: date | None = None,
        as_of: date | None = None,
        panel: Path | None = None,
        geography: tuple[Path, Path] | None = None,
        origins: int | None = None,
        promises: bool = False,
    ) -> Result:
        """Chances of the turnover targets; see `karwan.analysis.trade_requests.TargetRequest`."""
        request = TargetRequest(target, due, as_of, panel, geography, origins, promises)
        return self.ask(BY_NAME["trade target"], request)

    def basket(  # noqa: PLR0913 - the fields of one request
        self,
        *,
        goods: int | None = None,
        target: float | None = None,
        sectors: Sequence[str] = (),
        fewest: int | None = None,
        share: float | None = None,
        least: float | None = None,
        risk: float | None = None,
        basket: str = "",
        frontier: Sequence[str] = (),
        corridors: str | None = None,
        balance: tuple[float, float] | None = None,
        table: Path | pl.DataFrame | None = None,
        reach: bool = False,
    ) -> Result:
        """Goods that reach a value, or what is reachable; see `karwan.analysis.trade_requests.BasketRequest`.

        The table may be a data frame of Polars or pandas too, such as the first table of `potential`.
        """
        request = BasketRequest(
            goods=goods,
            target=target,
            sectors=tuple(sectors),
            fewest=fewest,
            share=share,
            least=least,
            risk=risk,
            basket=basket,
            frontier=tuple(frontier),
            corridors=corridors,
            balance=balance,
            table=cast(Path | None, table),
            reach=reach,
        )
        return self.ask(BY_NAME["basket"], request)

    def status(self, *, as_of: date | None = None) -> Result:
        """Where the two countries' trade stands; see `karwan.analysis.trade_requests.StatusRequest`."""
        return self.ask(BY_NAME["trade status"], StatusRequest(as_of))

    def growth(
        self,
        country: str,
        partner: str | None = None,
        *,
        by: Sequence[str] = (),
        level: int | None = None,
        products: Sequence[str] = (),
        until: date | None = None,
        year_starts: int = 1,
        years_back: int = 1,
        limit: int = 12,
    ) -> Result:
        """Growth like for like, of the case and of the store; see `karwan.analysis.trade_requests.GrowthRequest`."""
        request = GrowthRequest(
            country=country,
            partner=partner,
            by=tuple(by),
            level=level,
            products=tuple(products),
            until=until,
            year_starts=year_starts,
            years_back=years_back,
            limit=limit,
        )
        return self.ask(BY_NAME["trade growth"], request)

    def mirror(
        self,
        party_a: str,
        party_b: str,
        *,
        level: int | None = None,
        year: int | None = None,
        distances: Path | None = None,
        cif_share: float | None = None,
        sigma: float | None = None,
        coverage: float = 0.9,
        method: str = "log",
    ) -> Result:
        """Both sides' reports of one trade; see `karwan.analysis.trade_requests.MirrorRequest`."""
        request = MirrorRequest(
            party_a=party_a,
            party_b=party_b,
            level=level,
            year=year,
            distances=distances,
            cif_share=cif_share,
            sigma=sigma,
            coverage=coverage,
            method=method,
        )
        return self.ask(BY_NAME["trade mirror"], request)

    def indicators(
        self,
        country: str,
        *,
        partner: str | None = None,
        table: Path | None = None,
        source: str | None = None,
        level: str | None = None,
        year: int | None = None,
        limit: int = 20,
        least_usd: float = 0.0,
        every_year: bool = False,
    ) -> Result:
        """What a country is good at; see `karwan.analysis.trade_requests.IndicatorRequest`."""
        request = IndicatorRequest(
            country=country,
            partner=partner,
            table=table,
            source=source,
            level=level,
            year=year,
            limit=limit,
            least_usd=least_usd,
            every_year=every_year,
        )
        return self.ask(BY_NAME["trade indicators"], request)

    def potential(  # noqa: PLR0913 - the fields of one request
        self,
        exporter: str,
        importer: str,
        *,
        table: Path | None = None,
        mapping: str | None = None,
        source: str | None = None,
        level: str | None = None,
        years: Sequence[int] = (),
        easiness: str = "observed",
        distances: Path | None = None,
        tariffs: Path | None = None,
        growth: Path | None = None,
        freight_share: tuple[float, float] | None = None,
        days: tuple[float, float] = (0.0, 0.0),
        scenario: Sequence[str] = (),
        trade_elasticity: float = 5.03,
        time_cost_share_day: float = 0.006,
        import_demand: float | None = None,
    ) -> Result:
        """What could be traded, by product; see `karwan.analysis.trade_requests.PotentialRequest`."""
        request = PotentialRequest(
            exporter=exporter,
            importer=importer,
            table=table,
            mapping=mapping,
            source=source,
            level=level,
            years=tuple(years),
            easiness=easiness,
            distances=distances,
            tariffs=tariffs,
            growth=growth,
            freight_share=freight_share,
            days=days,
            scenario=tuple(scenario),
            trade_elasticity=trade_elasticity,
            time_cost_share_day=time_cost_share_day,
            import_demand=import_demand,
        )
        return self.ask(BY_NAME["trade potential"], request)

    def query(  # noqa: PLR0913 - the fields of one request
        self,
        *,
        exporter: Sequence[str] = (),
        importer: Sequence[str] = (),
        reporter: Sequence[str] = (),
        side: Sequence[str] = (),
        product: Sequence[str] = (),
        level: Sequence[int] = (),
        period: Sequence[str] = (),
        since: date | None = None,
        until: date | None = None,
        source: Sequence[str] = (),
        hs_revision: Sequence[str] = (),
        by: Sequence[str] = (),
        limit: int | None = None,
        revision: str | None = None,
        correlation: Sequence[Path] = (),
    ) -> Result:
        """Stored flows summed by groups; see `karwan.analysis.trade_requests.QueryRequest`."""
        request = QueryRequest(
            exporter=tuple(exporter),
            importer=tuple(importer),
            reporter=tuple(reporter),
            side=tuple(side),
            product=tuple(product),
            level=tuple(level),
            period=tuple(period),
            since=since,
            until=until,
            source=tuple(source),
            hs_revision=tuple(hs_revision),
            by=tuple(by),
            limit=limit,
            revision=revision,
            correlation=tuple(correlation),
        )
        return self.ask(BY_NAME["trade query"], request)

    def partners(
        self,
        country: str,
        *,
        flow: str = "exports",
        product: Sequence[str] = (),
        year: int | None = None,
        source: Sequence[str] = (),
        limit: int = 20,
    ) -> Result:
        """Partners of a country by value, share, growth and unit value; see `karwan.analysis.trade_requests.PartnersRequest`."""
        request = PartnersRequest(country, flow, tuple(product), year, tuple(source), limit)
        return self.ask(BY_NAME["trade partners"], request)

    def product_names(self, words: Sequence[str]) -> Result:
        """HS codes by words; see `karwan.analysis.trade_requests.NamesRequest`."""
        return self.ask(BY_NAME["trade names"], NamesRequest(tuple(words)))

    def loads(self) -> Result:
        """What was loaded into the store; see `karwan.analysis.trade_requests.LoadsRequest`."""
        return self.ask(BY_NAME["trade loads"], LoadsRequest())

    def rejects(self, *, load: str | None = None) -> Result:
        """Rows that were not stored, and why; see `karwan.analysis.trade_requests.RejectsRequest`."""
        return self.ask(BY_NAME["trade rejects"], RejectsRequest(load))

    def flow_sources(self) -> Result:
        """Sources of trade figures that the store reads; see `karwan.analysis.trade_requests.FlowSourcesRequest`."""
        return self.ask(BY_NAME["trade sources"], FlowSourcesRequest())

    def verify(self, *, upgrade: bool = False) -> Result:
        """Whether the store is whole; see `karwan.analysis.trade_requests.VerifyRequest`."""
        return self.ask(BY_NAME["trade verify"], VerifyRequest(upgrade))

    def gravity(
        self,
        panel: Path,
        *,
        covariates: Sequence[str] = (),
        every: int = 1,
        value: str = "trade",
        pair_effects: bool = True,
        directed: bool = False,
        borders: bool = False,
        cluster: str = "pair",
        theta: float = 5.03,
    ) -> Result:
        """Three-way gravity on a panel; see `karwan.analysis.trade_requests.GravityRequest`."""
        request = GravityRequest(
            panel, tuple(covariates), every, value, pair_effects, directed, borders, cluster, theta
        )
        return self.ask(BY_NAME["trade gravity"], request)

    def build_world(
        self,
        save: str,
        *,
        baci: Path | None = None,
        icio: Path | None = None,
        flows: Path | None = None,
        output: Path | None = None,
        sectors: str = "",
        year: int | None = None,
        rest: bool = True,
    ) -> Result:
        """Make a world matrix; see `karwan.analysis.trade_requests.WorldBuildRequest`."""
        request = WorldBuildRequest(save, baci, icio, flows, output, sectors, year, rest)
        return self.ask(BY_NAME["trade world build"], request)

    def world(self, *, world: str = "") -> Result:
        """Countries and sectors of the world matrix; see `karwan.analysis.trade_requests.WorldShowRequest`."""
        return self.ask(BY_NAME["trade world show"], WorldShowRequest(world))

    def check_world(self, *, world: str = "") -> Result:
        """What must hold of the world matrix; see `karwan.analysis.trade_requests.WorldCheckRequest`."""
        return self.ask(BY_NAME["trade world check"], WorldCheckRequest(world))
