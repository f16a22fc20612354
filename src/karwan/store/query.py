"""Ask the store: filters and groups in, one Ibis expression, a table out; sums never mix what must not be
added.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial, reduce
from typing import Any

import ibis.expr.types as ir
import polars as pl

from karwan.errors import InvalidInput, UnknownName
from karwan.notes import Note, note
from karwan.store import tables
from karwan.store.engine import Store

# Rows that differ in one of these describe the same trade again; a sum over them would count it twice.
KEPT_APART = (
    "source",
    "reporter_side",
    "hs_revision",
    "product_level",
    "frequency",
    "valuation",
    "partner",
)
GROUPABLE = (
    "reporter",
    "reporter_side",
    "exporter",
    "importer",
    "period",
    "frequency",
    "hs_revision",
    "product",
    "product_level",
    "valuation",
    "quantity_unit",
    "source",
    "load_id",
    "flags",
    "partner",
    "chapter",
    "heading",
)


@dataclass(frozen=True)
class Selection:
    """Which flows; an empty tuple means all.

    Attributes
    ----------
    product
        Codes or their beginnings: `1001` takes every code under it.
    level
        Product levels (number of digits; 0 is the total of all goods).
    since, until
        First and last day; a period counts if it lies wholly within.
    flag
        Only rows with one of these flags.
    """

    exporter: Sequence[str] = ()
    importer: Sequence[str] = ()
    reporter: Sequence[str] = ()
    side: Sequence[str] = ()
    product: Sequence[str] = ()
    level: Sequence[int] = ()
    period: Sequence[str] = ()
    source: Sequence[str] = ()
    hs_revision: Sequence[str] = ()
    frequency: Sequence[str] = ()
    valuation: Sequence[str] = ()
    flag: Sequence[str] = ()
    since: str | None = None
    until: str | None = None


@dataclass(frozen=True)
class QueryResult:
    """Answer of a query.

    Attributes
    ----------
    table
        Group columns, then `value_usd`, `weight_kg` (null where a row of the group has none),
        `weighed_share` (share of the value whose weight is known), `flows` (rows summed).
    kept_apart
        Columns added to the groups because adding over them would count trade twice.
    notes
        What the reader of the table should know.
    """

    table: pl.DataFrame
    kept_apart: tuple[str, ...] = ()
    notes: tuple[Note, ...] = field(default=())


def select(store: Store, selection: Selection) -> ir.Table:
    """The selected flows as an Ibis expression, with `partner`: `country`; `world` for a total over partners;
    `group` for one of countries; `itself` for a country's trade with itself; `unknown` where a code or name is
    no known country and may be a group.
    """
    flows = _with_partner(_filtered(tables.measured(store.backend), selection))
    return flows.mutate(chapter=flows.product.substr(0, 2), heading=flows.product.substr(0, 4))


def _filtered(table: ir.Table, selection: Selection) -> ir.Table:
    """The rows of a table the selection takes, as far as the table has the columns to tell."""
    lists = {
        "exporter": selection.exporter,
        "importer": selection.importer,
        "reporter": selection.reporter,
        "reporter_side": selection.side,
        "product_level": selection.level,
        "source": selection.source,
        "hs_revision": selection.hs_revision,
        "frequency": selection.frequency,
        "valuation": selection.valuation,
        "period": selection.period,
    }
    tests: list[tuple[str, object, Callable[[Any], ir.BooleanValue]]] = [
        *((name, wanted, partial(_one_of, wanted)) for name, wanted in lists.items()),
        ("product", selection.product, lambda column: _any(map(column.startswith, selection.product))),
        ("flags", selection.flag, lambda column: _any(map(column.contains, selection.flag))),
        ("period_start", selection.since, lambda column: column >= selection.since),
        ("period_end", selection.until, lambda column: column <= selection.until),
    ]
    for name, wanted, test in tests:
        if wanted and name in table.columns:
            table = table.filter(test(table[name]))
    return table


def _one_of(wanted: Sequence[object], column: Any) -> ir.BooleanValue:
    found: ir.BooleanValue = column.isin(list(wanted))
    return found


def _with_partner(table: ir.Table) -> ir.Table:
    flags = table.flags.fill_null("")
    own = table.exporter == table.importer
    group = flags.contains("group_exporter") | flags.contains("group_importer")
    unknown = flags.contains("unknown_exporter") | flags.contains("unknown_importer")
    world = (table.exporter == "WLD") | (table.importer == "WLD")
    rest = unknown.ifelse("unknown", own.ifelse("itself", "country"))
    return table.mutate(partner=world.ifelse("world", group.ifelse("group", rest)))


def _any(tests: Iterable[ir.BooleanValue]) -> ir.BooleanValue:
    return reduce(operator.or_, tests)


def query(
    store: Store, selection: Selection | None = None, *, by: Sequence[str] = (), limit: int | None = None
) -> QueryResult:
    """Sum the selected flows by groups.

    Where the selected rows differ in source, reporting side, nomenclature, product level, frequency,
    valuation, or in whether the partner is a country, a group, the world or itself, that column joins the groups unasked: the
    same trade is never added to itself. Periods of one frequency may overlap still (two fiscal years, a year
    and its part); then `period` joins too.

    Parameters
    ----------
    store
        The open store.
    selection
        Which flows; all if None.
    by
        Columns to group by, of `GROUPABLE`.
    limit
        At most so many rows, largest values first.

    Raises
    ------
    UnknownName
        `by` names no column.
    """
    by = list(dict.fromkeys(by))
    unknown = [name for name in by if name not in GROUPABLE]
    if unknown:
        raise UnknownName(
            f"There is no column {', '.join(unknown)} to group by.", fix=f"Choose of {', '.join(GROUPABLE)}."
        )
    if limit is not None and limit < 1:
        raise InvalidInput(f"limit is {limit}.", fix="Give 1 or more.")
    selection = selection or Selection()
    flows = select(store, selection)
    apart = _varying(store, selection, flows, by)
    groups = [*by, *apart]
    known = flows.weight_g.notnull()
    sums = (flows.group_by(groups) if groups else flows).aggregate(
        value_milliusd=flows.value_milliusd.sum(),
        weight_g=flows.weight_g.sum(),
        weighed_milliusd=flows.value_milliusd.sum(where=known),
        weighed=known.sum(),
        flows=flows.count(),
    )
    money = sums.value_milliusd.cast("float64")
    answer = sums.select(
        *groups,
        value_usd=money / tables.MILLI,
        weight_kg=(sums.weighed == sums.flows).ifelse(sums.weight_g.cast("float64") / tables.MILLI, None),
        weighed_share=(money > 0).ifelse(sums.weighed_milliusd.fill_null(0).cast("float64") / money, None),
        flows=sums.flows,
    )
    answer = answer.filter(answer.flows > 0)
    answer = answer.order_by(answer.value_usd.desc()).limit(limit) if limit else answer
    table = store.table(answer)
    table = table.sort([*groups]) if groups and limit is None else table
    return QueryResult(table=table, kept_apart=tuple(apart), notes=_notes(apart))


def _varying(store: Store, selection: Selection, flows: ir.Table, by: Sequence[str]) -> list[str]:
    """Columns the selected rows differ in that must not be added over and are not grouped by yet.

    The small tables of lanes and products answer first: a column that has one value there has one in the rows
    too, and only the others are looked up in the rows themselves.
    """
    lanes = _with_partner(_filtered(tables.committed_lanes(store.backend), selection))
    products = _filtered(store.backend.table("products"), selection)
    wanted = [name for name in KEPT_APART if name not in by]
    several = _several(store, lanes, [name for name in wanted if name in lanes.columns])
    several += _several(store, products, [name for name in wanted if name in products.columns])
    apart = _several(store, flows, [name for name in wanted if name in several])
    if "period" not in by and _overlapping(store, lanes) and _overlapping(store, flows):
        apart.insert(0, "period")
    return apart


def _several(store: Store, table: ir.Table, names: Sequence[str]) -> list[str]:
    """Those columns of a table that hold more than one value."""
    if not names:
        return []
    row = store.table(table.aggregate(**{name: table[name].nunique() for name in names})).row(0, named=True)
    return [name for name in names if row[name] > 1]


def _overlapping(store: Store, table: ir.Table) -> bool:
    """Whether two of the periods share a day."""
    spans = store.table(table.select("period_start", "period_end", "frequency").distinct()).sort(
        "period_start", "period_end"
    )
    ends = spans["period_end"].shift(1)
    return bool((spans["period_start"] <= ends).fill_null(False).any())


def nomenclatures(store: Store, selection: Selection) -> frozenset[str]:
    """The nomenclatures of the lanes the selection takes: those of its rows, and maybe more."""
    lanes = _filtered(tables.committed_lanes(store.backend), selection)
    return frozenset(store.table(lanes.select("hs_revision").distinct())["hs_revision"])


def _notes(apart: Sequence[str]) -> tuple[Note, ...]:
    return tuple(note("store.kept_apart", column=name, why=note(f"store.apart_{name}")) for name in apart)
