"""A venture as a workbook with live formulas: a sheet of inputs that a bank officer can change, cash, finance and economics by year."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import xlsxwriter
from xlsxwriter.utility import xl_col_to_name

from karwan.amounts import is_number
from karwan.analysis.contract import Result
from karwan.analysis.venture.appraise import LOAD, Appraisal
from karwan.analysis.venture.band import quantiles
from karwan.analysis.venture.read import CAPEX, FREIGHT, HOURS
from karwan.analysis.venture_requests import AppraiseView
from karwan.appraisal.venture.cash import LoanFlows, learned, ramp_of, repaid, years_of
from karwan.appraisal.venture.model import CAPITAL, LABOUR, Cost, Floats, Sale, Venture, VentureStage
from karwan.exports import write_bytes
from karwan.notes import note
from karwan.report.text import clean
from karwan.report.venture_inputs import ACCEPTED, CORRIDOR, input_label, input_numbers

FIRST = 2
"""Column of year 0 on the sheet of cash: after the label and the unit."""
INPUTS, CASH, ANSWER = "Inputs", "Cash", "Answer"
HEADS = ("what", "value", "unit", "low", "high", "basis", "source", "cell of the case")
WITHHELD = "withheld"
ONE_PATH = "Inputs as they stand: one path of many, not the answer. The bands stand on the sheet Answer."


def present_appraisal(result: Result, view: AppraiseView, form: str) -> Result:
    """Write the workbook where one is asked for, and say so."""
    if view.workbook is None or not isinstance(result.detail, Appraisal):
        return result
    write_venture_book(result.detail, view.workbook)
    return replace(result, notes=(*result.notes, note("venture.wrote", files=[str(view.workbook)])))


def write_venture_book(made: Appraisal, path: Path | str) -> None:
    """Write the workbook of a venture.

    Every figure of the sheet `Inputs` may be changed; `Cash` and `Answer` are formulas on it. Texts from a case never become formulas.

    Parameters
    ----------
    path
        File to write; an existing one is replaced.
    """
    write_bytes(path, venture_book(made))


def venture_book(made: Appraisal) -> bytes:
    """The workbook of a venture as bytes; see `write_venture_book`."""
    target = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(target, options)
    book.set_properties({"title": clean(made.read.row["name"], 200), "author": "Karwan"})
    writer = _Book(book, made)
    writer.write()
    book.close()
    return target.getvalue()


@dataclass
class _Line:
    """A line of the sheet of cash: its label, unit, a formula a year and the value the model gives."""

    label: str
    unit: str
    formulas: list[str]
    values: Floats


@dataclass
class _Book:
    """What is being written: the cell of every input, and the row of every line."""

    book: Any
    made: Appraisal
    cells: dict[str, str] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    lines: list[_Line] = field(default_factory=list)

    @property
    def venture(self) -> Venture:
        return self.made.read.venture

    @property
    def years(self) -> range:
        return range(self.venture.terms.years)

    def write(self) -> None:
        """All sheets, the answer first."""
        answer = self.book.add_worksheet(ANSWER)
        inputs = self.book.add_worksheet(INPUTS)
        cash = self.book.add_worksheet(CASH)
        self._inputs(inputs)
        self._quantities()
        self._money()
        self._finance()
        self._economics()
        self._cash(cash)
        self._answer(answer)

    # -- inputs ---------------------------------------------------------------------------------------------

    def _inputs(self, sheet: Any) -> None:
        bold, open_cell = self.book.add_format({"bold": True}), self.book.add_format({"bg_color": "#FFF7D6"})
        ranges = {one.key: one for one in self.made.read.ranges}
        for column, head in enumerate(HEADS):
            sheet.write_string(0, column, head, bold)
        for row, (key, value) in enumerate(input_numbers(self.made).items(), start=1):
            figure, span = self.made.read.figures.get(key), ranges.get(key)
            sheet.write_string(row, 0, clean(input_label(self.made, key), 120))
            sheet.write_number(row, 1, value, open_cell)
            sheet.write_string(row, 2, figure.unit if figure else "")
            for column, end in ((3, "low"), (4, "high")):
                if span is not None:
                    sheet.write_number(row, column, getattr(span, end))
            sheet.write_string(row, 5, figure.basis if figure else "")
            sheet.write_string(row, 6, clean(figure.source_id, 200) if figure else "")
            sheet.write_string(row, 7, key)
            self.cells[key] = f"{INPUTS}!$B${row + 1}"
        sheet.set_column(0, 0, 46)
        sheet.set_column(1, 7, 14)
        sheet.freeze_panes(1, 0)

    def _at(self, key: str, neutral: str = "0") -> str:
        """Cell of an input, or its neutral value where the venture has none."""
        return self.cells.get(key, neutral)

    def _shadow(self, name: str) -> str:
        return self.cells[self.made.read.shadow_keys.get(name, f"shadow.{name}")]

    # -- lines ----------------------------------------------------------------------------------------------

    def _add(
        self, key: str, label: str, unit: str, formulas: Sequence[str], values: Floats | None = None
    ) -> None:
        self.rows[key] = len(self.lines) + 2
        known = np.zeros(len(self.years)) if values is None else np.asarray(values, dtype=float)
        self.lines.append(_Line(label, unit, list(formulas), known))

    def _ref(self, key: str, year: int) -> str:
        """Cell of a line in a year; 0 before the first."""
        return "0" if year < 0 else f"{xl_col_to_name(FIRST + year)}{self.rows[key]}"

    def _span(self, key: str, first: int = 0, last: int | None = None) -> str:
        end = len(self.years) - 1 if last is None else last
        return f"{self._ref(key, first)}:{self._ref(key, end)}"

    def _row(
        self, key: str, label: str, unit: str, formula: Callable[[int], str], values: Floats | None = None
    ) -> None:
        """A line whose formula of a year is made by a function of the year."""
        self._add(key, label, unit, [formula(year) for year in self.years], values)

    def _total(self, keys: Sequence[str], year: int) -> str:
        return "+".join(self._ref(key, year) for key in keys) or "0"

    def _quantities(self) -> None:
        cash, gain = self.made.cash, learned(self.venture)
        supplies = {one.product: one.key for one in self.venture.supplies}
        stock: dict[str, list[str]] = {}
        for stage in self.venture.stages:
            ramp = ramp_of(self.venture, stage)
            source, product = stock.get(stage.input_product), stage.input_product

            def taken(
                y: int,
                stage: VentureStage = stage,
                ramp: Floats = ramp,
                source: list[str] | None = source,
                product: str = product,
            ) -> str:
                load = f"MIN(1,{ramp[y]:.17g}*{self._at(f'{stage.key}.utilisation', '1')}*{self._at(LOAD)})"
                room = f"{self._capacity(stage)}*{load}"
                if source is not None:
                    return f"MIN({room},{self._left(source, y)})"
                if product not in supplies:
                    return room
                return f"MIN({room},{self._supply(supplies[product])})"

            name = stage.key.split(".")[-1]
            self._row(f"{stage.key}.taken", f"{name}: taken in", "units", taken, cash.taken[stage.key][:, 0])
            self._row(
                f"{stage.key}.made",
                f"{name}: made",
                "units",
                self._made(stage, gain),
                cash.made[stage.key][:, 0],
            )
            if source is not None:
                source.append(f"-{stage.key}.taken")
            stock.setdefault(stage.output_product, []).append(f"+{stage.key}.made")
        self.stock = stock

    def _supply(self, key: str) -> str:
        """What can be had of a raw material, or asks for a service, in a year."""
        most = f"{self._at(f'{key}.available_year')}*{self._at(f'{key}.fit_share', '1')}"
        own = f"{self._at(f'{key}.corridor_year')}*{self._at(f'{key}.transit_share', '1')}"
        return f"{most}*{self._at(f'{key}.reachable_share', '1')}+{own}"

    def _capacity(self, stage: VentureStage) -> str:
        """Capacity of a stage; of a fleet what its vehicles manage, as many as permits allow."""
        most = self._at(f"{stage.key}.capacity_year")
        if f"{stage.key}.vehicles" not in self.cells:
            return most
        at = {
            name: self._at(f"{stage.key}.{name}")
            for name in ("vehicles", "days_year", "turn_hours", "wait_hours")
        }
        turn = f"({at['turn_hours']}*{self._at(HOURS)}+{at['wait_hours']})"
        return f"MIN({most},{at['vehicles']}*24*{at['days_year']}/{turn})"

    def _made(self, stage: VentureStage, gain: Floats) -> Callable[[int], str]:
        share, more = self._at(f"{stage.key}.output_per_input", "1"), self._at("yield_gain")
        return lambda y: f"{self._ref(f'{stage.key}.taken', y)}*{share}*(1+{more}*{gain[y]:.17g})"

    def _sale(self, sale: Sale) -> Callable[[int], str]:
        return lambda y: f"{self._sold(sale, y)}*{self._gate(sale)}"

    def _left(self, parts: Sequence[str], year: int) -> str:
        """What is left of a product: made less taken by the stages after."""
        return "(" + "".join(f"{part[0]}{self._ref(part[1:], year)}" for part in parts) + ")"

    # -- money ----------------------------------------------------------------------------------------------

    def _money(self) -> None:
        cash, costs = self.made.cash, self.venture.costs
        for sale in self.venture.sales:
            self._row(
                sale.key,
                f"sales: {sale.key.split('.')[-1]}",
                "USD",
                self._sale(sale),
                cash.sales[sale.key][:, 0],
            )
        keys = [sale.key for sale in self.venture.sales]
        self._row("revenue", "Sales", "USD", lambda y: self._total(keys, y), cash.revenue[:, 0])
        capital = [c for c in costs if c.kind in CAPITAL]
        for cost in capital:
            self._row(
                cost.key,
                f"capital: {cost.key.split('.')[-1]}",
                "USD",
                self._spread(cost, f"*{self._at(CAPEX)}"),
                cash.costs[cost.key][:, 0],
            )
        self._row(
            "capital",
            "Capital",
            "USD",
            lambda y: self._total([c.key for c in capital], y),
            cash.capital[:, 0],
        )
        running = [c for c in costs if c.kind not in CAPITAL]
        for cost in running:
            self._row(
                cost.key,
                f"cost: {cost.key.split('.')[-1]}",
                "USD",
                self._cost(cost),
                cash.costs[cost.key][:, 0],
            )
        for supply in self.venture.supplies:
            self._row(
                supply.key,
                f"raw material: {supply.key.split('.')[-1]}",
                "USD",
                self._raw(supply.key, supply.product),
                cash.raw[supply.key][:, 0],
            )
        parts = [*(c.key for c in running), *(s.key for s in self.venture.supplies)]
        self._row(
            "running",
            "Running cost",
            "USD",
            lambda y: self._total(parts, y),
            cash.revenue[:, 0] - cash.ebitda[:, 0],
        )
        self._row(
            "ebitda",
            "EBITDA",
            "USD",
            lambda y: f"{self._ref('revenue', y)}-{self._ref('running', y)}",
            cash.ebitda[:, 0],
        )

    def _gate(self, sale: Sale) -> str:
        at = {name: self._at(f"{sale.key}.{name}") for name in ("price_usd", *CORRIDOR)}
        days = f"{at['price_usd']}*({at['day_share']}-{at['wait_share']})*{at['hours']}*{self._at(HOURS)}/24"
        return f"({at['price_usd']}/(1+{at['duty_share']})-{at['freight_usd']}*{self._at(FREIGHT)}-{days})"

    def _wait(self, sale: Sale) -> str:
        """What the days cost the buyers of a unit beyond money."""
        at = {name: self._at(f"{sale.key}.{name}") for name in ("price_usd", *CORRIDOR)}
        mean, late = f"{at['wait_share']}*{at['hours']}", f"{at['day_share']}*{at['late_hours']}"
        return f"{at['price_usd']}*({mean}+{late})*{self._at(HOURS)}/24"

    def _sold(self, sale: Sale, year: int) -> str:
        share = self._at(f"{sale.key}.share", "1")
        if sale.by_product:
            return f"{share}*{self._ref(f'{sale.stage or self.venture.stages[0].key}.taken', year)}"
        return f"{share}*{self._left(self.stock[sale.product], year)}"

    def _spread(self, cost: Cost, factor: str = "") -> Callable[[int], str]:
        first, last = years_of(self.venture, cost)
        share = f"{self._at(f'{cost.key}.value')}/{last - first + 1}{factor}"
        return lambda y: share if first <= y <= last else "0"

    def _cost(self, cost: Cost) -> Callable[[int], str]:
        if cost.driver == "USD":
            return self._spread(cost)
        first, last = years_of(self.venture, cost)
        stage, value = cost.stage or self.venture.stages[0].key, self._at(f"{cost.key}.value")
        building = f"SUM({self._span('capital', 0, self.venture.terms.build - 1)})"
        bases: dict[str, Callable[[int], str]] = {
            "USD/year": lambda y: "1",
            "USD/input": lambda y: self._ref(f"{stage}.taken", y),
            "USD/output": lambda y: self._ref(f"{stage}.made", y),
            "share of sales": lambda y: self._ref("revenue", y),
            "share of capex": lambda y: building,
        }
        base = bases[cost.driver]
        return lambda y: f"{value}*{base(y)}" if first <= y <= last else "0"

    def _raw(self, key: str, product: str) -> Callable[[int], str]:
        made = {stage.output_product for stage in self.venture.stages}
        users = [s.key for s in self.venture.stages if s.input_product == product and product not in made]
        price = f"({self._at(f'{key}.price_usd_t')}+{self._at(f'{key}.collection_usd_t')})"
        return lambda y: f"{price}*({self._total([f'{u}.taken' for u in users], y)})"

    # -- finance --------------------------------------------------------------------------------------------

    def _finance(self) -> None:
        cash, terms = self.made.cash, self.venture.terms
        self._row("depreciation", "Depreciation", "USD", self._written_off, cash.depreciation[:, 0])
        for flows in cash.loans:
            self._loan(flows)
        loans = [one.loan.key for one in cash.loans]
        self._row(
            "interest",
            "Interest",
            "USD",
            lambda y: self._total([f"{k}.interest" for k in loans], y),
            sum((o.interest[:, 0] for o in cash.loans), np.zeros(len(self.years))),
        )
        self._row(
            "service",
            "Debt service",
            "USD",
            lambda y: self._total([f"{k}.{p}" for k in loans for p in ("interest", "principal")], y),
            cash.service[:, 0],
        )
        self._tax("tax", "Tax", cash.tax[:, 0], indebted=True)
        self._tax("bare", "Tax as if without debt", cash.tax_unlevered[:, 0], indebted=False)
        stock = f"{self._at('working_days')}/365"
        self._row(
            "stock",
            "Working capital",
            "USD",
            lambda y: f"{stock}*{self._ref('running', y)}" if terms.build <= y < terms.years - 1 else "0",
        )
        self._row(
            "working",
            "Change of working capital",
            "USD",
            lambda y: f"{self._ref('stock', y)}-{self._ref('stock', y - 1)}",
            cash.working_change[:, 0],
        )
        self._row(
            "residual",
            "Residual",
            "USD",
            lambda y: f"{self._at('resale')}*SUM({self._span('capital')})" if y == terms.years - 1 else "0",
            cash.residual[:, 0],
        )
        self._row(
            "project",
            "Project cash",
            "USD",
            lambda y: f"{self._before(y)}-{self._ref('bare', y)}",
            cash.project[:, 0],
        )
        self._row("equity", "Cash of the owners", "USD", self._owners, cash.equity[:, 0])
        self._row(
            "available",
            "Cash for debt service",
            "USD",
            lambda y: f"{self._ref('ebitda', y)}-{self._ref('tax', y)}-{self._ref('working', y)}",
            cash.available[:, 0],
        )

    def _tax(self, key: str, label: str, values: Floats, *, indebted: bool) -> None:
        """Losses carried forward, and the tax that they leave."""
        self._add(f"{key}.losses", f"{label}: losses carried forward", "USD", self._losses(indebted))

        def due(y: int) -> str:
            left = f"{self._profit(indebted, y)}-{self._ref(f'{key}.losses', y - 1)}"
            return f"{self._at('tax')}*MAX(0,{left})"

        self._row(key, label, "USD", due, values)

    def _before(self, year: int) -> str:
        """Cash of a year before tax and finance."""
        plus = f"{self._ref('ebitda', year)}+{self._ref('residual', year)}"
        return f"{plus}-{self._ref('capital', year)}-{self._ref('working', year)}"

    def _owners(self, year: int) -> str:
        """Cash of the owners in a year."""
        loans = [one.loan.key for one in self.made.cash.loans]
        drawn = "".join(f"+{self._ref(f'{k}.drawdown', year)}-{self._ref(f'{k}.fee', year)}" for k in loans)
        return f"{self._before(year)}-{self._ref('tax', year)}{drawn}-{self._ref('service', year)}"

    def _profit(self, with_interest: bool, year: int) -> str:
        interest = f"-{self._ref('interest', year)}" if with_interest else ""
        return f"({self._ref('ebitda', year)}-{self._ref('depreciation', year)}{interest})"

    def _losses(self, with_interest: bool) -> list[str]:
        """Losses left at the end of each year; the line refers to itself a year before."""
        row = len(self.lines) + 2
        found = []
        for year in self.years:
            before = "0" if year == 0 else f"{xl_col_to_name(FIRST + year - 1)}{row}"
            found.append(f"MAX(0,{before}-{self._profit(with_interest, year)})")
        return found

    def _written_off(self, year: int) -> str:
        terms = self.venture.terms
        parts = []
        for spent in self.years:
            start = max(terms.build, spent + 1)
            if start <= year < start + terms.depreciation:
                parts.append(f"{self._ref('capital', spent)}/{terms.depreciation}")
        return "+".join(parts) or "0"

    def _loan(self, flows: LoanFlows) -> None:
        loan, terms = flows.loan, self.venture.terms
        name, usd = loan.key.split(".")[-1], self._at(f"{loan.key}.usd")
        whole = f"SUM({self._span('capital', 0, terms.build - 1)})"
        self._row(
            f"{loan.key}.drawdown",
            f"{name}: drawn",
            "USD",
            lambda y: f"{usd}*{self._ref('capital', y)}/{whole}" if y < terms.build else "0",
            flows.drawdown[:, 0],
        )
        self._row(
            f"{loan.key}.fee",
            f"{name}: fee",
            "USD",
            lambda y: f"{self._ref(f'{loan.key}.drawdown', y)}*{self._at(f'{loan.key}.fee_share')}",
            flows.fee[:, 0],
        )
        first, last = repaid(terms, loan)
        lent = loan.kind == "loan"
        self._row(
            f"{loan.key}.principal",
            f"{name}: principal",
            "USD",
            lambda y: f"{usd}/{last - first + 1}" if lent and first <= y <= last else "0",
            flows.principal[:, 0],
        )
        owed = f"{self._at(f'{loan.key}.rate_share')}"

        def interest(y: int) -> str:
            if not lent or y == 0:
                return "0"
            drawn, paid = (
                self._span(f"{loan.key}.drawdown", 0, y - 1),
                self._span(f"{loan.key}.principal", 0, y - 1),
            )
            return f"{owed}*(SUM({drawn})-SUM({paid}))"

        self._row(f"{loan.key}.interest", f"{name}: interest", "USD", interest, flows.interest[:, 0])

    # -- economics ------------------------------------------------------------------------------------------

    def _economics(self) -> None:
        exchange = self._shadow("exchange")
        made = {stage.output_product for stage in self.venture.stages}
        outside = [s for s in self.venture.stages if s.input_product not in made]

        def flow(y: int) -> str:
            parts = [f"{self._ref('residual', y)}-{self._ref('working', y)}"]
            for sale in self.venture.sales:
                left = f"({self._ref(sale.key, y)}-{self._sold(sale, y)}*{self._wait(sale)})"
                parts.append(f"+{left}*(1+{sale.tradable:g}*({exchange}-1))")
            parts += [f"-{self._ref(c.key, y)}*{self._factor(c)}" for c in self.venture.costs]
            for supply in self.venture.supplies:
                price = self._at(f"{supply.key}.price_usd_t")
                collect = self._at(f"{supply.key}.collection_usd_t")
                other = self._at(f"{supply.key}.opportunity_share", "1")
                parts.append(
                    f"-IF({price}+{collect}=0,0,{self._ref(supply.key, y)}*({other}*{price}+{collect})/({price}+{collect}))"
                )
            first = self._total([f"{s.key}.taken" for s in outside], y)
            parts.append(f"+({first})*({self._shadow('users_usd')}-{self._shadow('effluent_usd')})")
            for stage in self.venture.stages:
                parts.append(
                    f"-{stage.co2_t:g}*{self._ref(f'{stage.key}.taken', y)}*{self._shadow('carbon_usd_t')}"
                )
            training = [c.key for c in self.venture.costs if c.kind == "training"]
            parts.append(f"+({self._total(training, y)})*{self._shadow('spill')}")
            return "".join(parts)

        self._row("economic", "Economic flow", "USD", flow, self.made.economic)

    def _factor(self, cost: Cost) -> str:
        if cost.kind == "royalty":
            return "0"
        if cost.kind == LABOUR:
            return f"({cost.skilled:g}*{self._shadow('skilled')}+{1 - cost.skilled:g}*{self._shadow('unskilled')})"
        if cost.kind in ("energy", "water"):
            return self._shadow(cost.kind)
        return f"(1+{cost.tradable:g}*({self._shadow('exchange')}-1))"

    # -- sheets ---------------------------------------------------------------------------------------------

    def _cash(self, sheet: Any) -> None:
        bold, money = self.book.add_format({"bold": True}), self.book.add_format({"num_format": "#,##0"})
        sheet.write_string(0, 0, "year", bold)
        sheet.write_string(len(self.lines) + 2, 0, ONE_PATH)
        for year in self.years:
            sheet.write_number(0, FIRST + year, year, bold)
        for number, line in enumerate(self.lines, start=1):
            sheet.write_string(number, 0, clean(line.label, 80))
            sheet.write_string(number, 1, line.unit)
            for year, formula in enumerate(line.formulas):
                sheet.write_formula(number, FIRST + year, f"={formula}", money, float(line.values[year]))
        sheet.set_column(0, 0, 38)
        sheet.set_column(FIRST, FIRST + len(self.years), 13)
        sheet.freeze_panes(1, FIRST)

    def _answer(self, sheet: Any) -> None:
        bold, wrap = self.book.add_format({"bold": True}), self.book.add_format({"text_wrap": True})
        money, share = (
            self.book.add_format({"num_format": "#,##0"}),
            self.book.add_format({"num_format": "0.0%"}),
        )
        sheet.write_string(0, 0, clean(self.made.read.row["name"], 120), bold)
        text = "Change figures on the sheet Inputs; the sheets Cash and Answer follow. Bands are of the figures as they came."
        if self.made.withheld:
            text += " Assumed inputs drive more than half of how the NPV varies, so no single value stands until the first input says 1."
        sheet.write_string(1, 0, text, wrap)
        drawn, made = self.made.drawn, self.made
        rows = [
            ("FNPV", self._npv("financial", "project"), made.fnpv, money, drawn.fnpv),
            ("FIRR", self._irr("project"), made.firr.rate, share, drawn.firr),
            ("ENPV", self._npv("economic", "economic"), made.enpv, money, drawn.enpv),
            ("EIRR", self._irr("economic"), made.eirr.rate, share, drawn.eirr),
            ("NPV of the owners", self._npv("financial", "equity"), None, money, drawn.equity_npv),
        ]
        for column, head in enumerate(("", "live", "5 % of draws", "50 % of draws", "95 % of draws")):
            sheet.write_string(3, column, head, bold)
        for number, (label, formula, value, look, band) in enumerate(rows, start=4):
            sheet.write_string(number, 0, label)
            shown = self.made.single(0 if value is None else value)
            sheet.write_formula(number, 1, self._stands(formula), look, WITHHELD if shown is None else shown)
            for column, end in enumerate(quantiles(band) or (), start=2):
                if is_number(end):
                    sheet.write_number(number, column, end, look)
                else:
                    sheet.write_string(number, column, "all lost")
        sheet.set_column(0, 0, 60)
        sheet.set_column(1, 4, 16)

    def _stands(self, formula: str) -> str:
        """A formula of the answer, behind the reader's word where no single value stands."""
        if not self.made.withheld:
            return f"={formula}"
        return f'=IF({self.cells[ACCEPTED]}=1,{formula},"{WITHHELD}")'

    def _npv(self, rate: str, line: str) -> str:
        first = f"{CASH}!{self._ref(line, 0)}"
        return f"{first}+NPV({self._at(rate)},{CASH}!{self._span(line, 1)})"

    def _irr(self, line: str) -> str:
        return f"IRR({CASH}!{self._span(line)})"
