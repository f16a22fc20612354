"""Turn the text columns of a table into staged flow rows, each with the reason why it cannot be used, if
any.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from functools import cache, lru_cache

import polars as pl

from karwan.store import hs
from karwan.store.reading import STAGED
from karwan.store.sources import numbers
from karwan.store.sources.countries import Countries, Party
from karwan.store.sources.delimited import BadTable
from karwan.store.sources.mapping import COUNTRY_FIELDS, Field, TableMapping
from karwan.store.sources.parties import PartiesSeen, named_first, rows_of
from karwan.store.sources.periods import parse_period, period_kind, period_mark, unclear_period
from karwan.store.tables import REPORTER_SIDES, VALUATIONS

MAX_TEXT = 120
MAX_VALUE_USD = 9e14
EXPORTS = ("export", "exports", "x", "2")
IMPORTS = ("import", "imports", "m", "1")
# Columns of the source are renamed while they are worked on: they may be called what ours are called.
SOURCE_COLUMN = "source column "
FISCAL_YEAR = r"^(?i:fy ?)'?[0-9]{2,4}$|^(?i:fy ?)?[0-9]{4} ?[-/–] ?[0-9]{2,4}$"
MARKED_FIGURE = r"^[+-]?[0-9][0-9.,'’ \x{a0}\x{202f}\x{2009}]*$"
# Signs that a terminal or a reader of lines obeys.
CONTROL = re.compile("[\\x00-\\x1f\\x7f-\\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
ALPHA2 = re.compile("[A-Z]{2}")
FORMULA_START = r"^[=@+]|^-\D"

PERIOD_TYPES = {"period": pl.String, "period_start": pl.Date, "period_end": pl.Date, "frequency": pl.String}
ABSENT = pl.col("_amount").is_null() & pl.col("_amount_text").is_null() & pl.col("fault").is_null()
ODD_PRODUCT = pl.col("reason").is_null() & ~pl.col("_product_known").fill_null(True)
CLEANED = ("raw", "reason", "product", "quantity_unit")
"""Columns of a source's own text, in which no sign is left that a terminal obeys."""
STAGED_COLUMNS = tuple(
    (pl.col(name).str.replace_all(CONTROL.pattern, "\ufffd") if name in CLEANED else pl.col(name)).cast(kind)
    for name, kind in STAGED.items()
)


def _is_hs(revision: pl.Expr) -> pl.Expr:
    return revision.is_in(["HS", *hs.REVISIONS])


def _unread(figure: str, text: str) -> pl.Expr:
    """Rows whose figure is written, but no number."""
    return pl.col(text).is_not_null() & pl.col(figure).is_null()


def _unread_texts(fiscal_start_month: int | None) -> list[tuple[pl.Expr, pl.Expr]]:
    """Periods and product codes that cannot be read, with what is said of them."""
    unstated = pl.lit((fiscal_start_month or 1) == 1)
    return [
        (
            pl.col("period").is_null() & unstated & pl.col("_period").str.contains(FISCAL_YEAR),
            pl.format(
                "period '{}' is a fiscal year, and the mapping does not say its first month (fiscal_start_month)",
                pl.col("_period"),
            ),
        ),
        (
            pl.col("period").is_null(),
            pl.format("period '{}' is not a year, month or range", pl.col("_period").fill_null("")),
        ),
        (pl.col("product").is_null(), pl.lit("no product code")),
        (
            pl.col("_product_number") & _is_hs(pl.col("hs_revision")),
            pl.format(
                "product code '{}' is a decimal number: a code has an even number of digits around each dot; "
                "were zeros lost?",
                pl.col("_product"),
            ),
        ),
        (
            _is_hs(pl.col("hs_revision"))
            & (pl.col("product") != hs.TOTAL)
            & ~pl.col("product").str.contains("[0-9]"),
            pl.format("product '{}' is no HS code: it has none of the digits 0 to 9", pl.col("product")),
        ),
        (
            _is_hs(pl.col("hs_revision")) & pl.col("product").str.contains(r"[\p{N}&&[^0-9]]"),
            pl.format("product '{}' is no HS code: not all of its digits are 0 to 9", pl.col("product")),
        ),
    ]


def _code_text(entry: Field) -> pl.Expr:
    """Product codes without the marks the mapping removes, nor those between the groups of an HS code; `TOTAL` for all goods."""
    written = pl.col("_product")
    code = written
    for mark in entry.strip:
        code = code.str.replace_all(mark, "", literal=True)
    parted = written.str.contains(hs.PARTED_CODE) & ~written.str.contains(hs.ZERO_DECIMALS)
    whole = written.str.replace_all(r"[.\s]", "")
    total = written.str.to_lowercase().is_in(list(hs.ALL_GOODS))
    return (
        pl.when(total)
        .then(pl.lit(hs.TOTAL))
        .when(parted & _is_hs(pl.col("hs_revision")))
        .then(whole)
        .otherwise(code)
    )


class FlowFramer:
    """Applies one mapping, frame by frame, remembering what it has looked up.

    Parameters
    ----------
    mapping
        The declarative mapping.
    countries
        Country look-ups.
    hs_revision
        Overrides the mapping's nomenclature where not None.
    known_codes
        Product codes of the nomenclature, to flag the others; None checks only the chapter.
    """

    def __init__(
        self,
        mapping: TableMapping,
        countries: Countries,
        *,
        hs_revision: str | None = None,
        known_codes: frozenset[str] | None = None,
    ) -> None:
        self.mapping = mapping
        self.countries = countries
        self.hs_revision = None if hs_revision is None else hs.normalise_revision(hs_revision)
        self.known_codes = known_codes
        self.absent_cells = 0
        self.parties = PartiesSeen()
        self._odd_products: Counter[str] = Counter()
        self._periods: dict[tuple[str, int | None], dict[str, tuple[str, date, date, str] | None]] = {}
        self._period_kinds: dict[tuple[str, str], str] = {}
        self._marks: dict[str, numbers.Marks] = {}

    def frames(self, tables: Iterable[pl.DataFrame]) -> Iterator[pl.DataFrame]:
        """Staged rows of a whole table, frame by frame.

        Raises
        ------
        BadTable
            At the end, where the table as a whole shows that some of its periods or figures can be read in two ways.
        """
        self.absent_cells = 0
        self.parties = PartiesSeen()
        self._odd_products = Counter()
        self._period_kinds, self._marks = {}, {}
        for table in tables:
            yield self.frame(table)
        self._refuse_two_readings()

    def notes(self) -> list[str]:
        """What is worth saying of the rows read: those of no country, and stored codes that are not known."""
        odd = self._odd_products
        if not odd:
            return self.parties.notes()
        noun = "code is" if len(odd) == 1 else "codes are"
        said = f"{len(odd):,} product {noun} not known: {named_first(odd)} ({rows_of(odd)}); kept, flagged unknown_product"
        return [*self.parties.notes(), said]

    def _refuse_two_readings(self) -> None:
        seen = self._period_kinds
        text = unclear_period(seen)
        if text is not None:
            year = int(text[:4])
            beside = ", ".join(f"`{other}`" for other in seen.values() if other != text)
            raise BadTable(
                f"The period `{text}` is a month or a fiscal year, and the mapping does not say which.",
                f"as a month {year}-{text[-2:]}, as a year {year} to {year + 1}; beside it: {beside or 'no other period'}",
                "Set `fiscal_start_month` of the period in the mapping: the first month of the year, or 1 for months.",
            )
        for column, marks in self._marks.items():
            if marks.comma and marks.either:
                raise BadTable(
                    f"Column `{column}` has figures with a decimal comma or dots between thousands, and figures such as "
                    "1.234 that are then a thousand times what they seem.",
                    fix="Set `decimal` and `thousands` in the mapping.",
                )
        self._refuse_semicolons()

    def _refuse_semicolons(self) -> None:
        """Refuse figures between semicolons whose only dots may part thousands: who writes semicolons mostly writes decimals after a comma."""
        marks = self._marks.values()
        if self.mapping.delimiter != ";" or any(one.comma or one.dot for one in marks):
            return
        for column, one in self._marks.items():
            if one.either is None:
                continue
            line, text = one.either
            raise BadTable(
                f"Column `{column}` can be read in two ways, and the mapping does not say which.",
                f"line {line}: `{text}` is {float(text):g} where the dot is a decimal mark, {text.replace('.', '')} where it "
                "parts thousands; columns are parted with semicolons, and no figure tells",
                'Set `decimal: "."`, or `decimal: ","` and `thousands: "."`, in the mapping.',
            )

    def _note_marks(self, table: pl.DataFrame) -> None:
        """Remember, column by column, which marks the figures show; nothing to learn where the mapping states them."""
        if self.mapping.decimal is not None or self.mapping.thousands in (",", "."):
            return
        kinds = table.schema
        columns = [name for name in self.mapping.figure_columns() if kinds[name] == pl.String]
        for column, marks in numbers.marks_of(table, columns).items():
            self._marks[column] = self._marks.get(column, numbers.Marks()) | marks

    def frame(self, table: pl.DataFrame) -> pl.DataFrame:
        """Staged rows (columns `STAGED`) of a frame with `line`, `fault` (null, or why the row cannot be
        read), `raw` and the mapping's columns as text or numbers; one row per part of the mapping."""
        self._note_marks(table)
        staged = [self._view(table, view) for view in self.mapping.views()]
        return staged[0] if len(staged) == 1 else pl.concat(staged).sort("line", maintain_order=True)

    def _view(self, table: pl.DataFrame, view: Mapping[str, Field]) -> pl.DataFrame:
        fields = frozenset(view)
        work = table.select(
            "line",
            "fault",
            "raw",
            *(pl.col(name).alias(SOURCE_COLUMN + name) for name in self.mapping.needed()),
            **{
                f"_{name}": self._text(entry, table)
                for name, entry in view.items()
                if name not in ("value", "weight")
            },
            **self._measures(view, table),
        )
        work = self._countries(work, view)
        work = self._period(work, view["period"])
        work = self._product(work, view)
        work = work.with_columns(**_sides(fields), **_figures(fields))
        if self.mapping.missing_value == "absent":
            self.absent_cells += int(work.select(ABSENT.sum()).item())
            work = work.filter(~ABSENT)
        work = work.with_columns(flags=self._flags(fields), reason=self._reason(view))
        odd = work.filter(ODD_PRODUCT).get_column("product").to_list()
        self._odd_products.update(CONTROL.sub("\ufffd", code) for code in odd)
        return work.select(STAGED_COLUMNS)

    # -- text and numbers ------------------------------------------------------------------------------------

    def _source(self, entry: Field, table: pl.DataFrame) -> pl.Expr:
        """Text of a field as the source has it: stripped, cut to `MAX_TEXT`, null where it is a mark for
        missing.
        """
        if entry.column is None:
            return pl.lit(entry.value, dtype=pl.String)
        # A look-up comes first: `NA` is Namibia where the mapping says so.
        marks = tuple(mark for mark in self.mapping.missing_marks if mark not in entry.values)
        return _text_of(entry.column, table.schema[entry.column], marks)

    def _text(self, entry: Field, table: pl.DataFrame) -> pl.Expr:
        text = self._source(entry, table)
        if not entry.values:
            return text
        if entry.only:
            return text.replace_strict(
                dict(entry.values), default=pl.lit(None, pl.String), return_dtype=pl.String
            )
        return text.replace(dict(entry.values))

    def _number(self, entry: Field, table: pl.DataFrame) -> pl.Expr:
        """Figure of a field times its factor; null where it is missing or no finite number."""
        if entry.column is not None and table.schema[entry.column].is_numeric():
            number = pl.col(entry.column).cast(pl.Float64)
        else:
            number = numbers.figures(self._text(entry, table), self.mapping)
        scaled = number * entry.multiply if entry.multiply != 1.0 else number
        return pl.when(scaled.is_finite()).then(scaled).otherwise(None)

    def _measures(self, view: Mapping[str, Field], table: pl.DataFrame) -> dict[str, pl.Expr]:
        """Figures and what stands there of value, weight and quantity, as far as the view has them."""
        names = {"value": "_amount", "weight": "_weight", "quantity": "_quantity_figure"}
        held = [name for name in names if name in view]
        figures = {names[name]: self._number(view[name], table) for name in held}
        texts = {"value": "_amount_text", "weight": "_weight_text", "quantity": "_quantity_text"}
        return {**figures, **{texts[name]: self._source(view[name], table) for name in held}}

    # -- who -------------------------------------------------------------------------------------------------

    def _countries(self, work: pl.DataFrame, view: Mapping[str, Field]) -> pl.DataFrame:
        names = [name for name in COUNTRY_FIELDS if name in view]
        counts = {name: _counted(work, f"_{name}") for name in names}
        namibia = _namibia({name: view[name] for name in names}, counts)
        if namibia:
            work = work.with_columns(**namibia)
            counts |= {name: _counted(work, f"_{name}") for name in names if f"_{name}" in namibia}
        for name in names:
            found = [self._party(text, view[name]) for text in counts[name]]
            self.parties.note(found, list(counts[name].values()))
            lookup = pl.DataFrame(
                {
                    f"_{name}": list(counts[name]),
                    f"_{name}_code": [party.code for party in found],
                    f"_{name}_kind": [party.kind for party in found],
                },
                schema=dict.fromkeys((f"_{name}", f"_{name}_code", f"_{name}_kind"), pl.String),
            )
            work = work.join(lookup, on=f"_{name}", how="left", maintain_order="left")
        return work

    def _party(self, text: str, entry: Field) -> Party:
        found = self.countries.find(text, entry.codes)
        return replace(found, code=CONTROL.sub("\ufffd", found.code))

    # -- when, what ------------------------------------------------------------------------------------------

    def _period(self, work: pl.DataFrame, entry: Field) -> pl.DataFrame:
        if entry.month_column is not None:
            month = pl.col(SOURCE_COLUMN + entry.month_column).cast(pl.String).str.strip_chars()
            number = pl.when(month.str.contains(r"^\d$")).then(pl.lit("0") + month).otherwise(month)
            work = work.with_columns(_period=pl.concat_str(pl.col("_period"), number, separator=" "))
        known = self._periods.setdefault((entry.column or "", entry.fiscal_start_month), {})
        texts = [text for text in work.get_column("_period").unique() if text is not None]
        for text in texts:
            if text not in known:
                known[text] = self._parsed_period(text, entry)
        cells = [known[text] or (None, None, None, None) for text in texts]
        lookup = pl.DataFrame(
            {"_period": texts, **{name: [cell[n] for cell in cells] for n, name in enumerate(PERIOD_TYPES)}},
            schema={"_period": pl.String, **PERIOD_TYPES},
        )
        return work.join(lookup, on="_period", how="left", maintain_order="left")

    def _parsed_period(self, text: str, entry: Field) -> tuple[str, date, date, str] | None:
        """Text, first and last day and frequency of a period; None where it is none."""
        by_month = entry.month_column is not None
        plain = text.replace(" ", "-") if by_month and text[-2:].isdigit() else text
        found = parse_period(plain, entry.fiscal_start_month)
        if not by_month and entry.fiscal_start_month is None:
            self._period_kinds.setdefault((period_kind(plain), period_mark(plain)), plain)
        return None if found is None else (found.text, found.start, found.end, found.frequency)

    def _product(self, work: pl.DataFrame, view: Mapping[str, Field]) -> pl.DataFrame:
        entry = view["product"]
        grouped = pl.col("_product").str.contains(hs.GROUPED_CODE)
        number = grouped & ~pl.col("_product").str.contains(hs.WHOLE_GROUPS)
        work = work.with_columns(hs_revision=self._revision(work, view))
        work = work.with_columns(product=_code_text(entry), _product_number=number.fill_null(False))
        pairs = work.select("product", "hs_revision").unique().rows()
        rows = [
            (code, revision, *self._code(code, revision or "", entry))
            for code, revision in pairs
            if code is not None
        ]
        lookup = pl.DataFrame(
            rows,
            schema={
                "product": pl.String,
                "hs_revision": pl.String,
                "product_level": pl.Int32,
                "_product_fault": pl.String,
                "_product_known": pl.Boolean,
            },
            orient="row",
        )
        return work.join(
            lookup, on=["product", "hs_revision"], how="left", maintain_order="left", nulls_equal=True
        )

    def _revision(self, work: pl.DataFrame, view: Mapping[str, Field]) -> pl.Expr:
        if self.hs_revision is not None:
            return pl.lit(self.hs_revision)
        if "hs_revision" not in view:
            return pl.lit(self.mapping.nomenclature)
        texts = work.get_column("_hs_revision").unique().drop_nulls().to_list()
        return pl.col("_hs_revision").replace({text: hs.normalise_revision(text) for text in texts})

    def _code(self, code: str, revision: str, entry: Field) -> tuple[int, str | None, bool]:
        """Level, fault, whether known, of one product code."""
        if code == hs.TOTAL:
            return 0, None, True
        if not hs.is_hs(revision):
            level = entry.level if entry.level is not None else len(code)
            return level, None, self.known_codes is None or code in self.known_codes
        fault = hs.code_fault(code, entry.level)
        known = hs.is_known_shape(code)
        if self.known_codes is not None:
            known = known and (code in self.known_codes or (len(code) > 6 and code[:6] in self.known_codes))
        return len(code), fault, known

    def _flags(self, fields: frozenset[str]) -> pl.Expr:
        marks = _usual_flags(fields)
        for rule in self.mapping.flags:
            held = pl.col(SOURCE_COLUMN + rule.column).cast(pl.String).str.strip_chars().str.to_lowercase()
            marks += (_flag(held.is_in([value.lower() for value in rule.values]), rule.flag),)
        return pl.concat_str(marks, separator=";", ignore_nulls=True)

    # -- why not ---------------------------------------------------------------------------------------------

    def _reason(self, view: Mapping[str, Field]) -> pl.Expr:
        stated = numbers.marks_stated(self.mapping)
        reasons = [pl.col("fault")]
        for rule in self.mapping.keep:
            held = pl.col(SOURCE_COLUMN + rule.column).cast(pl.String).str.strip_chars().fill_null("")
            reasons.append(_said(~held.is_in(list(rule.values)), pl.lit("set aside: " + rule.reason)))
        return pl.coalesce(
            *reasons, *_usual_reasons(frozenset(view), stated, view["period"].fiscal_start_month)
        )


def _counted(table: pl.DataFrame, column: str) -> dict[str, int]:
    """Texts of a column with their rows, the most frequent first."""
    counts = table.get_column(column).value_counts(sort=True, name="rows").rows()
    return {text: rows for text, rows in counts if text is not None}


def _namibia(fields: Mapping[str, Field], counts: Mapping[str, Mapping[str, int]]) -> dict[str, pl.Expr]:
    """Columns of countries in which `NA` is Namibia, as they hold alpha-2 codes; elsewhere it is a mark for
    missing, as in any other column.
    """
    columns = {name: entry for name, entry in fields.items() if entry.column is not None}
    texts = [text for name in columns for text in counts[name]]
    alpha2 = 2 * sum(ALPHA2.fullmatch(text) is not None for text in texts) > len(texts)
    found = {}
    for name, entry in columns.items():
        if entry.values.get("NA") or (entry.codes != "m49" and alpha2) or entry.codes == "iso2":
            source = pl.col(SOURCE_COLUMN + str(entry.column)).cast(pl.String).str.strip_chars()
            namibia = pl.lit(entry.values.get("NA", "NA"))
            found[f"_{name}"] = pl.when(source == "NA").then(namibia).otherwise(f"_{name}")
    return found


# What does not change with the rows is put together once.


@lru_cache(256)
def _text_of(column: str, kind: pl.DataType, marks: tuple[str, ...]) -> pl.Expr:
    """Text of a column: stripped, cut to `MAX_TEXT`, null where it is one of the marks for missing."""
    text = pl.col(column)
    if kind.is_float():
        whole = (text == text.round(0)) & text.is_finite()
        text = (
            pl.when(whole)
            .then(text.cast(pl.Int64, strict=False).cast(pl.String))
            .otherwise(text.cast(pl.String))
        )
    elif kind != pl.String:
        text = text.cast(pl.String)
    text = text.str.strip_chars(" \t\r\n\u00a0\u202f\u2009\ufeff").str.slice(0, MAX_TEXT)
    return pl.when(text.is_in(marks)).then(None).otherwise(text)


@cache
def _sides(fields: frozenset[str]) -> Mapping[str, pl.Expr]:
    """Reporter, exporter and importer, from the fields that a view has."""
    null = pl.lit(None, dtype=pl.String)
    if fields >= {"exporter", "importer"}:
        exporter, importer = pl.col("_exporter_code"), pl.col("_importer_code")
        reporter = pl.col("_reporter_code") if "reporter" in fields else null
        by_reporter = (
            pl.when(reporter == exporter)
            .then(pl.lit("exporter"))
            .when(reporter == importer)
            .then(pl.lit("importer"))
            .otherwise(pl.lit("unknown"))
        )
        side = pl.col("_reporter_side") if "reporter_side" in fields else by_reporter
        reporter = (
            pl.when(side == "exporter")
            .then(exporter)
            .when(side == "importer")
            .then(importer)
            .otherwise(reporter)
        )
        return {
            "reporter_side": side,
            "reporter": reporter,
            "exporter": exporter,
            "importer": importer,
            "_exporter_kind_of": pl.col("_exporter_kind"),
            "_importer_kind_of": pl.col("_importer_kind"),
        }
    flow = pl.col("_flow").str.to_lowercase()
    outward = flow.is_in(list(EXPORTS))
    inward = flow.is_in(list(IMPORTS))
    here, there = pl.col("_reporter_code"), pl.col("_partner_code")
    here_ok, there_ok = pl.col("_reporter_kind"), pl.col("_partner_kind")
    return {
        "reporter_side": pl.when(outward).then(pl.lit("exporter")).when(inward).then(pl.lit("importer")),
        "reporter": here,
        "exporter": pl.when(outward).then(here).when(inward).then(there),
        "importer": pl.when(outward).then(there).when(inward).then(here),
        "_exporter_kind_of": pl.when(outward).then(here_ok).otherwise(there_ok),
        "_importer_kind_of": pl.when(outward).then(there_ok).otherwise(here_ok),
    }


@cache
def _figures(fields: frozenset[str]) -> Mapping[str, pl.Expr]:
    """Value, weight, quantity with its unit, and valuation, from the fields that a view has."""
    null = pl.lit(None, dtype=pl.Float64)
    weight = pl.col("_weight") if "weight" in fields else null
    quantity = pl.col("_quantity_figure") if "quantity" in fields else null
    unit = pl.col("_quantity_unit") if "quantity_unit" in fields else pl.lit(None, dtype=pl.String)
    amount = pl.col("_amount")
    return {
        "value_milliusd": pl.when(amount.abs() < MAX_VALUE_USD)
        .then((amount * 1_000).round(0))
        .cast(pl.Int64),
        # No weight beside a value is a weight nobody gave, not zero.
        "weight_g": pl.when((weight >= 0) & (weight < MAX_VALUE_USD) & ((weight > 0) | ~(amount > 0)))
        .then((weight * 1_000).round(0))
        .cast(pl.Int64),
        "quantity": pl.when((quantity > 0) | ((quantity == 0) & ~(amount > 0))).then(quantity),
        "quantity_unit": unit,
        "valuation": pl.col("_valuation") if "valuation" in fields else pl.lit("unknown"),
    }


def _flag(condition: pl.Expr, name: str) -> pl.Expr:
    return pl.when(condition.fill_null(False)).then(pl.lit(name))


@cache
def _usual_flags(fields: frozenset[str]) -> tuple[pl.Expr, ...]:
    """Flags that no mapping need state, null where they do not hold."""
    marks = [
        (pl.col("_exporter_kind_of") == "unknown", "unknown_exporter"),
        (pl.col("_importer_kind_of") == "unknown", "unknown_importer"),
        (pl.col("_exporter_kind_of") == "group", "group_exporter"),
        (pl.col("_importer_kind_of") == "group", "group_importer"),
        (~pl.col("_product_known"), "unknown_product"),
        (pl.col("exporter") == pl.col("importer"), "own_country"),
    ]
    if "weight" in fields:
        marks.append((pl.col("_weight") < 0, "negative_weight_dropped"))
        marks.append((_unread("_weight", "_weight_text"), "weight_not_a_number_dropped"))
    if "quantity" in fields:
        marks.append((_unread("_quantity_figure", "_quantity_text"), "quantity_not_a_number_dropped"))
    texts = [f"_{name}" for name in (*COUNTRY_FIELDS, "quantity_unit", "product") if name in fields]
    formula = pl.any_horizontal(pl.col(name).str.contains(FORMULA_START) for name in texts)
    marks.append((formula, "formula_text"))
    return tuple(_flag(condition, name) for condition, name in marks)


def _said(condition: pl.Expr, message: pl.Expr) -> pl.Expr:
    return pl.when(condition.fill_null(False)).then(message)


@lru_cache(256)
def _usual_reasons(
    fields: frozenset[str], marks_stated: str, fiscal_start_month: int | None
) -> tuple[pl.Expr, ...]:
    """Why a row cannot be used, the first that holds first; each is null where it does not hold."""
    amount_text = pl.col("_amount_text")
    checks: list[tuple[pl.Expr, pl.Expr]] = []
    if "flow" in fields and "exporter" not in fields:
        flow = pl.col("_flow").str.to_lowercase()
        both = list(EXPORTS + IMPORTS)
        said = pl.format("set aside: flow '{}' is neither exports nor imports", pl.col("_flow").fill_null(""))
        checks.append((~flow.is_in(both).fill_null(False), said))
    checks += [
        (
            pl.col("exporter").is_null() | pl.col("importer").is_null(),
            pl.lit("no exporter or no importer"),
        ),
        *_unread_texts(fiscal_start_month),
        (pl.col("_product_fault").is_not_null(), pl.col("_product_fault")),
        (pl.col("hs_revision").is_null(), pl.lit("no nomenclature")),
        (
            pl.col("_amount").is_null() & amount_text.str.starts_with("="),
            pl.format("value '{}' is a formula, not a number", amount_text),
        ),
        (
            pl.col("_amount").is_null() & amount_text.str.contains(MARKED_FIGURE),
            pl.format(f"value '{{}}' is not a number ({marks_stated})", amount_text),
        ),
        (
            pl.col("_amount").is_null()
            & amount_text.is_not_null()
            & ~amount_text.str.to_lowercase().is_in(["nan"]),
            pl.format("value '{}' is not a number", amount_text),
        ),
        (pl.col("_amount").is_null(), pl.lit("value is missing (missing is not zero)")),
        (pl.col("_amount") < 0, pl.format("value {} is negative", amount_text)),
        (pl.col("value_milliusd").is_null(), pl.format("value {} is not plausible money", amount_text)),
        (
            ~pl.col("reporter_side").is_in(list(REPORTER_SIDES)).fill_null(False),
            pl.lit("unknown reporting side"),
        ),
        (
            ~pl.col("valuation").is_in(list(VALUATIONS)).fill_null(False),
            pl.format("valuation '{}' is not fob, cif or unknown", pl.col("valuation").fill_null("")),
        ),
    ]
    return tuple(_said(condition, message) for condition, message in checks)
