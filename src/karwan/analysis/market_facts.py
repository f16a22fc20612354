"""What the case knows of the demand for a good: imports, needs, rivals' prices, prices at home, bans."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from karwan.amounts import MEAN_YEAR_DAYS
from karwan.case import Case

Row = dict[str, Any]
OLD_YEARS = 3
INDEX_OF_SECTOR = {"grain": "cereals", "pulses_oilseeds": "food", "food": "food", "fruit_vegetables": "food"}
INDEX_OF_CHAPTER = {"15": "vegetable_oils", "17": "sugar"}
INDICES = {
    *INDEX_OF_SECTOR.values(),
    *INDEX_OF_CHAPTER.values(),
}  # of goods; others follow the price of carriage


@dataclass(frozen=True)
class PriceFact:
    """A price brought to one year.

    Attributes
    ----------
    usd_t
        USD/t in the year of the verdict.
    year
        Year it was seen in; None where the source gives none.
    row
        The row it comes from.
    indexed
        Whether an index brought it to the year.
    """

    usd_t: float
    year: int | None
    row: Row
    indexed: bool


@dataclass(frozen=True)
class MarketDemand:
    """What a country buys, grows or exports of a good in a year.

    Attributes
    ----------
    a_year
        Tonnes, or USD where only the value of imports is known.
    row
        The row it comes from.
    """

    a_year: float
    row: Row

    @property
    def tonnes(self) -> float | None:
        """Tonnes a year; None where only the value is known."""
        return None if self.row["quantity"] == "import_usd" else self.a_year

    def usd(self, price_usd_t: float) -> float:
        """USD a year at a price; the value of imports itself where the weight is not known."""
        return self.a_year if self.tonnes is None else self.tonnes * price_usd_t


class MarketFacts:
    """Facts of `markets.csv` by product, with prices brought to one year.

    Parameters
    ----------
    case
        A case; without the table there are no facts.
    as_of
        Day the verdict is for: facts that begin later are not used, and bans that ended before do not hold.
    """

    def __init__(self, case: Case, as_of: date) -> None:
        self._rows = list(case["markets"].iter_rows(named=True))
        self._indices: dict[tuple[str, int], float] = {
            (row["commodity"], row["year"]): row["value"]
            for row in case["price_indices"].iter_rows(named=True)
            if row["commodity"] in INDICES
        }
        self.as_of = as_of
        self._parties = case.parties

    def other_party(self, exporter: str) -> str:
        """The buyer of a seller's goods."""
        return self._parties.other(exporter)

    def pair_price(self, product: Row, importer: str) -> PriceFact | None:
        """Newest unit value of the seller's own goods in the buyer's country that is not stale, where it is for the good itself."""
        found = [
            one for one in self._valued(product, importer, {product["exporter"]}) if one.row["product_id"]
        ]
        return max(found, key=lambda one: _last_day(one.row), default=None)

    def all_of(self, product: Row) -> list[Row]:
        """Every row of the product, of its HS code and of a heading it belongs to, the shown ones too."""
        return [row for row in self._rows if self._belongs(row, product)]

    def demand(self, product: Row, importer: str, exporter: str) -> MarketDemand | None:
        """Yearly imports or need of the buyer; None where nothing is known.

        Weight before value, the product's own figure before that of a heading, all origins before one, and the newest of these.
        """
        for quantities in ({"import_t", "need_t"}, {"import_usd"}):
            every = self._used(product, quantities, importer)
            rows = [row for row in every if row["origin"] is None]
            rows = rows or [row for row in every if row["origin"] != exporter]
            if rows:
                row = max(
                    rows, key=lambda one: (one["product_id"] is not None, _last_day(one), one["market_id"])
                )
                return MarketDemand(float(row["value"]) / _years(row), row)
        return None

    def unit_values(self, product: Row, importer: str, exporter: str) -> list[PriceFact]:
        """What the buyer pays for goods of other origins: the newest of each that is not stale.

        Figures of the product itself go before those of a heading. Means over all origins are not among them: see `mean_value`.
        """
        rows = self._used(product, {"unit_value"}, importer)
        return self._valued(product, importer, {row["origin"] for row in rows} - {exporter, None})

    def _valued(
        self, product: Row, importer: str, origins: Collection[str | None], quantity: str = "unit_value"
    ) -> list[PriceFact]:
        """Newest unit value, or offer, of each of some origins and places, none of them stale."""
        rows = [row for row in self._used(product, {quantity}, importer) if row["origin"] in origins]
        rows = [row for row in rows if row["product_id"]] or rows
        found = [self._brought(row, product) for row in _newest(rows, "origin", "place")]
        return [one for one in found if not self.stale(one.year, one.indexed)]

    def offers(self, product: Row, importer: str, exporter: str) -> list[PriceFact]:
        """Offers of others to the buyer: the newest of each origin and place that is not stale."""
        rows = self._used(product, {"offer_price"}, importer)
        return self._valued(product, importer, {row["origin"] for row in rows} - {exporter}, "offer_price")

    def mean_value(self, product: Row, importer: str) -> PriceFact | None:
        """Lowest of the means the buyer pays over all origins, the seller's own goods in them; None where none is known."""
        return min(self._valued(product, importer, {None}), key=lambda one: one.usd_t, default=None)

    def sold(self, product: Row, importer: str, exporter: str) -> Row | None:
        """Newest share of the buyer's imports that came from the seller, as it was observed; None where none is published."""
        rows = [row for row in self._used(product, {"origin_share"}, importer) if row["origin"] == exporter]
        rows = [row for row in rows if row["product_id"]]
        return max(rows, key=_last_day, default=None)

    def rivals(self, product: Row, importer: str, besides: str = "") -> list[PriceFact]:
        """Prices of others in the buyer's country: its own goods, unit values of other origins, offers.

        Those of the newest year and of the one before it: an older one is another market, though an index may have brought it to the year.

        Parameters
        ----------
        besides
            An origin that is none: the one whose price stands in for the seller's own.
        """
        seller = product["exporter"]
        found = [
            *self.home_rivals(product, importer),
            *self.unit_values(product, importer, seller),
            *self.offers(product, importer, seller),
        ]
        others = [one for one in found if not besides or one.row["origin"] != besides]
        newest = max((one.year or 0 for one in others), default=0)
        return [one for one in others if (one.year or 0) >= newest - 1]

    def share(self, product: Row, importer: str, origin: str) -> float:
        """Newest share of the buyer's imports that comes from an origin; 0 where none is known."""
        row = self.sold(product, importer, origin)
        return float(row["value"]) if row else 0.0

    def yearly(self, product: Row, quantity: str, country: str) -> MarketDemand | None:
        """Newest tonnes a year of the good itself in a country: its crop (`harvest_t`) or its exports (`capacity_t`); None where none is known."""
        rows = [row for row in self._used(product, {quantity}, country) if row["product_id"]]
        newest = max(rows, key=_last_day, default=None)
        return MarketDemand(float(newest["value"]) / _years(newest), newest) if newest else None

    def home_price(self, product: Row, country: str) -> PriceFact | None:
        """Newest price of the good in a country; None where none is known."""
        rows = self._used(product, {"home_price"}, country)
        return self._brought(max(rows, key=_last_day), product) if rows else None

    def home_rivals(self, product: Row, importer: str) -> list[PriceFact]:
        """What the buyer's own goods cost: the newest price at home, and the price at which it exports them itself."""
        home = self.home_price(product, importer)
        sold = [self._brought(row, product) for row in self._used(product, {"export_price"}, importer)]
        return ([home] if home else []) + sold

    def own_price(self, product: Row) -> PriceFact | None:
        """Newest export price of the seller, else its price at home; None where neither is known."""
        exporter = product["exporter"]
        own = [row for row in self._used(product, {"export_price"}, exporter) if row["product_id"]]
        if own:
            return self._brought(max(own, key=_last_day), product)
        return self.home_price(product, exporter)

    def ban(self, product: Row, importer: str) -> Row | None:
        """A ban on the day, of the seller's exports or the buyer's imports; None where none is known to hold."""
        for country in (importer, product["exporter"]):
            for row in self._used(product, {"ban"}, country):
                if row["end"] is None or row["end"] >= self.as_of:
                    return row
        return None

    def year(self) -> int:
        """Newest year of the indices up to the day, which prices are brought to; the year of the day without any."""
        years = [year for _, year in self._indices if year <= self.as_of.year]
        return max(years, default=self.as_of.year)

    def brought(self, usd_t: float, year: int | None, product: Row) -> tuple[float, bool]:
        """A price of one year in the year of the verdict, and whether an index did it."""
        now = self._indices.get((_commodity(product), self.year()))
        then = self._indices.get((_commodity(product), year)) if year is not None else None
        food_now, food_then = self._food(product, year)
        now, then = (now, then) if then is not None else (food_now, food_then)
        if now is None or then is None:
            return usd_t, False
        return usd_t * now / then, True

    def stale(self, year: int | None, indexed: bool) -> bool:
        """Whether a price is over `OLD_YEARS` old and no index brought it to the year of the verdict."""
        return not indexed and (year is None or year < self.year() - OLD_YEARS)

    def _food(self, product: Row, year: int | None) -> tuple[float | None, float | None]:
        """The index of all food, for food whose own index does not reach back."""
        if not _commodity(product) or year is None:
            return None, None
        return self._indices.get(("food", self.year())), self._indices.get(("food", year))

    def _brought(self, row: Row, product: Row) -> PriceFact:
        year = _last_day(row).year if row["start"] else None
        usd_t, indexed = self.brought(float(row["value"]), year, product)
        return PriceFact(usd_t, year, row, indexed)

    def _used(self, product: Row, quantities: set[str], country: str) -> list[Row]:
        rows: Iterable[Row] = (row for row in self._rows if row["quantity"] in quantities)
        rows = (row for row in rows if row["use"] == "model" and row["country"] == country)
        known = (row for row in rows if row["start"] is None or row["start"] <= self.as_of)
        return [row for row in known if self._belongs(row, product) and _has_figure(row)]

    def _belongs(self, row: Row, product: Row) -> bool:
        if row["product_id"] is None:
            return str(product["hs_code"]).startswith(row["heading"] or "?")
        return bool(row["product_id"] == product["product_id"])


def period_text(row: Row) -> str | None:
    """Months of a row of `markets`, first to last; None where it has no period."""
    if row["start"] is None:
        return None
    start = f"{row['start']:%Y-%m}"
    end = f"{row['end']:%Y-%m}" if row["end"] else start
    return start if end == start else f"{start}..{end}"


def _has_figure(row: Row) -> bool:
    return row["quantity"] == "ban" or row["value"] is not None


def _commodity(product: Row) -> str:
    chapter = INDEX_OF_CHAPTER.get(str(product["hs_code"])[:2])
    return chapter or INDEX_OF_SECTOR.get(product["sector"], "")


def _last_day(row: Row) -> date:
    return row["end"] or row["start"] or date.min


def _years(row: Row) -> float:
    """Length of a row's period in years; 1 for a yearly figure, or one without a period."""
    if row["quantity"] == "need_t" or row["start"] is None or row["end"] is None:
        return 1.0
    days: int = (row["end"] - row["start"]).days + 1
    return round(days * 12 / MEAN_YEAR_DAYS) / 12 or 1 / 12


def _newest(rows: Iterable[Row], *by: str) -> Iterator[Row]:
    """The newest row of each value of some columns."""
    found: dict[tuple[Any, ...], Row] = {}
    for row in sorted(rows, key=_last_day):
        found[tuple(row[name] for name in by)] = row
    return iter(found.values())
