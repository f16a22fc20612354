"""The first two pages as blocks: what is carried into the meeting."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import polars as pl

from karwan.amounts import NONE, grown, is_number, number, percent, usd
from karwan.analysis.front import SOON_DAYS
from karwan.analysis.goods_shown import is_far
from karwan.analysis.headlines import newest_figure
from karwan.analysis.sections import Brief
from karwan.appraisal.verdict import FAR_CUT, NO, ONLY_IF, YES
from karwan.report import listing as li
from karwan.report.blocks import Block, Cell, Figure, Missing, Notes, Row, Tile, Tiles, cell
from karwan.report.charts.sides import draw_sides
from karwan.report.palette import safe_colour
from karwan.report.sections.corridors import load_text
from karwan.report.sections.plan import gains_of_others, valued_text
from karwan.report.text import clean, day, words
from karwan.report.wording import tell
from karwan.trade.standing import SUBTRACTED, counted_by

Values = dict[str, Any]
_LONG = 110  # signs of a text on these pages
_ROWS, _SOURCES, _GAINS = 6, 3, 4


@dataclass(frozen=True)
class _Few(Notes):
    """Numbers of sources, of each row the first ones: the workbook has all."""

    def of(self, value: object) -> tuple[int, ...]:
        return super().of(value)[:_SOURCES]


def front_pages(brief: Brief, every: Notes) -> tuple[tuple[Row, ...], ...]:
    """Rows of blocks of the two pages; the map of the document stands before the last row of the first."""
    notes = _Few(every.numbers)
    first = ((_momentum(brief, notes), _totals(brief, notes)), (_ways(brief, notes),))
    a, b = (brief.party_a, brief.name_a), (brief.party_b, brief.name_b)
    second: tuple[Row, ...] = (
        (_goods(brief, notes),),
        (_owed(brief, notes, b, a),),
        (_owed(brief, notes, a, b),),
        (_due(brief, notes), _outlook(brief)),
    )
    gains = _gains(brief)
    if gains is not None:
        second = (*second, (gains,))
    return first, second


def _momentum(brief: Brief, notes: Notes) -> Block:
    rows = list(brief.front.momentum.iter_rows(named=True))
    if not rows:
        return Missing(tell("front.no_momentum"), tell("front.no_momentum_why"))
    return Tiles(tell("front.momentum"), tuple(tile for row in rows for tile in _tiles(row, notes)))


def _tiles(row: Values, notes: Notes) -> Iterator[Tile]:
    """The newest months of a side, and as large beside it the whole period they end."""
    yield _tile(row, notes)
    if is_number(row["whole_share"]):
        label = tell(
            "front.whole_tile",
            **_counted(row),
            period=clean(row["whole_label"], 40),
            previous=clean(row["whole_previous_label"], 40),
            amounts=_amounts(row["whole_usd"], row["whole_previous_usd"]),
        )
        yield Tile(
            grown(row["whole_share"]), label, _tone(row["whole_share"]), notes.of(row["whole_source_id"])
        )


def _tile(row: Values, notes: Notes) -> Tile:
    how = f", {SUBTRACTED}" if row["how"] == SUBTRACTED else ""
    label = tell(
        "front.momentum_tile",
        **_counted(row),
        period=clean(row["period_label"], 40),
        previous=clean(row["previous_label"], 40),
        amounts=_amounts(row["value_usd"], row["previous_value_usd"]),
        how=how,
    )
    return Tile(grown(row["growth_share"]), label, _tone(row["growth_share"]), notes.of(row["source_id"]))


def _counted(row: Values) -> dict[str, str]:
    return {"name": clean(row["reporter_name"], 40), "counted": counted_by(row["statistics"])}


def _tone(share: object) -> str:
    return "late" if isinstance(share, float) and share < 0 else "good"


def _amounts(value: object, before: object) -> str:
    """The two amounts a change is of; nothing where one is not known."""
    if not (is_number(value) and is_number(before)):
        return ""
    return tell("front.amounts", value=usd(value), before=usd(before))


def _totals(brief: Brief, notes: Notes) -> Block:
    found = li.listing(
        "front-totals",
        tell("front.totals"),
        _totals_without(brief),
        notes,
        li.columns("front_totals", side=_side, kind=_kind),
        note=tell(
            "front.totals_note",
            newest=newest_figure(brief.standing.reported, brief.as_of),
            without=_folds(brief.front.without),
        ),
    )
    return found or Missing(tell("front.totals"), newest_figure(brief.standing.reported, brief.as_of))


def _totals_without(brief: Brief) -> pl.DataFrame:
    """Totals, each followed by what it is with the unusual months it holds as a year before."""
    totals, parts = brief.front.totals, brief.front.without
    if totals.is_empty():
        return totals
    less = parts.rename({"year_label": "period_label"}).with_columns(value_usd=pl.col("without_usd"))
    rows: list[Values] = []
    for row in totals.iter_rows(named=True):
        rows.append(row)
        own = [one for one in less.iter_rows(named=True) if _of_total(one, row)]
        rows += [one | {"period_label": one["months_label"]} for one in own]
    schema = totals.schema | less.schema
    return pl.DataFrame([{name: row.get(name) for name in schema} for row in rows], schema=schema)


def _of_total(part: Values, total: Values) -> bool:
    """Whether unusual months are of the year that a total is of."""
    return all(part[name] == total[name] for name in ("reporter_name", "counted", "period_label"))


def _side(row: Values) -> Cell:
    """Who gives a total; nobody gives one with months as a year before."""
    if row.get("months_label") is None:
        return cell(clean(row["reporter_name"], 40))
    return cell(tell("front.less"), tone="muted")


def _kind(row: Values) -> Cell:
    """Kind of a figure; of unusual months which way they went."""
    if row.get("months_label") is None:
        return cell(words(row["counted"]))
    way = _between(row).text if row["exporter"] else tell("front.both_ways")
    return cell(way, tone="muted")


def _folds(table: pl.DataFrame) -> str:
    """What months are taken as a year before in the totals: how many times the same months a year before it was; empty where nothing is."""
    if not table.height:
        return ""
    folds = table["fold"].drop_nulls()
    if not folds.len():
        return tell("front.without_new")
    low, high = number(folds.min()), number(folds.max())
    return tell("front.without_note", fold=low if low == high else f"{low} to {high}")


def _ways(brief: Brief, notes: Notes) -> Block:
    found = li.listing(
        "front-ways",
        tell("front.ways", load=load_text(brief)),
        brief.front.ways,
        notes,
        li.columns("front_ways", way=_way, days_range=_days, law=_law),
        note=tell(
            "front.ways_note",
            load=_load_said(brief.front.load),
            rest=_resting(brief.front.ways),
            shut=_shut(brief.front.ways),
            counts=_counts(brief),
            errors=_errors(brief),
            law=_unsettled(brief),
        ),
    )
    return found or Missing(tell("front.no_way"), tell("front.no_way_why"))


def _load_said(table: pl.DataFrame) -> str:
    """Why this load is priced, and whether it sells; empty where it does."""
    if not table.height or table["verdict"][0] == YES:
        return ""
    row = table.row(0, named=True)
    if row["verdict"] == ONLY_IF and row["switch"] == "price":
        return tell("front.load_only_if", at=number(row["switch_at"]), now=number(row["switch_now"]))
    return tell("front.load_no" if row["verdict"] == NO else "front.load_unknown")


def _resting(table: pl.DataFrame) -> str:
    """How much of the ways' money and hours rests on assumed inputs; empty where none does."""
    shares = [share for share in table["assumed_share"] if share]
    if not shares:
        return ""
    low, high = percent(min(shares)), percent(max(shares))
    return tell("front.ways_rest", share=low if low == high else tell("front.ways_span", low=low, high=high))


def _shut(ways: pl.DataFrame) -> str:
    """How often the first way was shut unannounced where most of its days were lost, and the season it is taken to be over; empty where neither is known."""
    row = ways.row(0, named=True) if ways.height else {}
    if not row.get("shut_at"):
        return ""
    over = row["season_at"] == row["shut_at"]
    season = (
        tell("front.season", reason=clean(row["season"], 20).lower(), last=day(row["season_last"]))
        if over
        else ""
    )
    years = number(row["shut_years"], 1)
    return tell(
        "front.shut", place=clean(row["shut_at"], 40), count=row["shut_count"], years=years, season=season
    )


def _counts(brief: Brief) -> str:
    """What a day and a tonne of CO2e count beside money."""
    if not brief.front.ways.height:
        return ""
    row = brief.front.ways.row(0, named=True)
    day, late = number(row["day_usd"]), number(row["late_day_usd"])
    carbon = tell("front.carbon_counts", usd=number(row["co2_usd_t"])) if row["co2_usd_t"] else ""
    clear = tell("front.clear" if (brief.front.ways["sanctions"] == 0).any() else "front.none_clear")
    return tell("front.counts", day=day, late=late, carbon=carbon, clear=clear)


def _way(row: Values) -> Cell:
    return cell(clean(row["corridor"], 40), tone="strong", swatch=safe_colour(row["colour"]))


def _days(row: Values) -> Cell:
    return cell(f"{number(row['days'])} (P95 {number(row['days_p95'])})", assumed=li.is_assumed(row, "way"))


def _law(row: Values) -> Cell:
    """Sanctions first, then what slows the way and whether anybody publishes to carry on it."""
    unknown = tell("front.not_known", count=row["unknown"]) if row["unknown"] else ""
    rest = f"{unknown}{_slowed(row)}{_carried(row)}"
    if not row["sanctions"]:
        return cell(tell("front.no_sanction") + rest, tone="muted")
    first = clean(row["caveat"], _LONG)
    said = tell("front.sanctions", count=row["sanctions"], authority=clean(row["authority"], 40), first=first)
    return cell(said + rest, tone="late")


def _slowed(row: Values) -> str:
    """Slow-downs that hold on the day and are in the days; empty where none does."""
    return tell("front.slowed", places=clean(row["slowed"], _LONG)) if row.get("slowed") else ""


def _carried(row: Values) -> str:
    """On how many legs nobody publishes a service; empty where somebody does on each."""
    legs, carried = row.get("legs") or 0, row.get("legs_carried") or 0
    if legs <= carried:
        return ""
    key = "front.no_carrier" if carried else "front.no_carrier_at_all"
    return tell(key, count=legs - carried, legs=legs)


def _errors(brief: Brief) -> str:
    rows = brief.front.errors
    if not rows.height:
        return tell("front.no_errors")
    row = rows.row(0, named=True)
    days = number(row["mean_abs_error_days"], 1)
    return tell("front.errors", trips=row["trips"], days=days, band=row["in_band"])


def _unsettled(brief: Brief) -> str:
    names = [
        f"{clean(r['name'], 80)} ({clean(r['state'], 20)})" for r in brief.front.law.iter_rows(named=True)
    ]
    return tell("front.law", names="; ".join(names)) if names else ""


def _goods(brief: Brief, notes: Notes) -> Block:
    table = brief.front.goods
    found = li.listing(
        "front-goods",
        _of_goods(table),
        table,
        notes,
        li.columns("front_goods", between=_between, judged=_judged, against=_against, bound=_bound),
        note=tell("front.goods_note", loads=_loads(table), sold=_sold(brief), cut=percent(FAR_CUT)),
    )
    return found or Missing(tell("front.no_goods"), tell("front.no_goods_why"))


def _of_goods(table: pl.DataFrame) -> str:
    """Of how many goods one can judge, and how many of these sell, would, and do not."""
    if not table.height:
        return ""
    row = table.row(0, named=True)
    kinds = ("all", "judged", "yes", "only_if", "no_plan", "no")
    return tell("front.goods", **{kind: row[f"goods_{kind}"] for kind in kinds})


def _sold(brief: Brief) -> str:
    """What customs say was sold each way in the newest period they tell apart; empty where there are none."""
    table = brief.standing.reported
    if not table.height:
        return ""
    of_goods = (pl.col("product_group") == "all") & (pl.col("value_kind") == "trade")
    customs = (pl.col("claimed") == "official") & (pl.col("statistics") == "customs")
    ways = table.filter(of_goods & customs & (pl.col("direction") != "total"))
    newest = ways.sort("period_end", "period_start", descending=True).head(1)
    if newest.is_empty():
        return ""
    same = ways.join(newest.select("reporter", "period_label"), on=["reporter", "period_label"])
    each = same.unique("direction", keep="first", maintain_order=True).sort("direction")
    parts = [
        tell("front.goods_sold_part", way=clean(row["direction_label"], 60), usd=usd(row["value_usd"]))
        for row in each.iter_rows(named=True)
    ]
    first = each.row(0, named=True)
    names = {"reporter": clean(first["reporter_name"], 40), "period": clean(first["period_label"], 30)}
    return tell("front.goods_sold", parts=", ".join(parts), **names)


def _loads(table: pl.DataFrame) -> str:
    """Loads that the landed prices are for, t: '20 to 3,000'."""
    loads = sorted(set(table["load_t"].drop_nulls())) if table.height else []
    return " to ".join(map(number, dict.fromkeys([loads[0], loads[-1]]))) if loads else NONE


def _bound(row: Values) -> Cell:
    """Money of the bound, and its tonnes beside it."""
    if not is_number(row["bound_usd"]):
        return cell(NONE)
    text = tell("front.bound", usd=usd(row["bound_usd"]), tonnes=number(row["bound_t"]))
    return cell(text, assumed=row["basis"] == "assumed")


def _between(row: Values) -> Cell:
    return cell(f"{clean(row['exporter'], 3)} → {clean(row['importer'], 3)}")


def _judged(row: Values) -> Cell:
    if row["verdict"] == "yes":
        return cell(tell("front.sells"), tone="good")
    if row["verdict"] == "no" and row["ban"]:
        return cell(tell("front.banned", country=clean(row["ban"], 3)), tone="late")
    if row["verdict"] == "no":
        over = percent(row["landed_usd_t"] / row["rival_usd_t"] - 1.0) if row["rival_usd_t"] else NONE
        return cell(tell("front.dearer", over=over), tone="late")
    if not is_number(row["switch_at"]):
        return cell(tell("front.only_if_ban"))
    return cell(_only_if(row))


def _only_if(row: Values) -> str:
    """What must come down, and how far; of a price that stands in for the seller's own only what the seller may ask."""
    if row["switch"] == "duty":
        return tell("front.only_if_duty", now=percent(row["switch_now"]), at=percent(row["switch_at"]))
    now, at = number(row["switch_now"]), number(row["switch_at"])
    if is_far(row):
        return tell("front.no_plan", what=clean(row["switch"]), now=now, at=at, cut=percent(row["cut_share"]))
    if row["price_country"]:
        country, seen = clean(row["price_country"], 20), _seen(row["price_period"])
        index = tell("front.no_index") if row["price_old"] else ""
        return tell("front.only_if_asks", now=now, at=at, country=country, seen=seen, index=index)
    key = "front.only_if_under" if row["switch_at"] >= row["switch_now"] else "front.only_if"
    return tell(key, what=clean(row["switch"]), now=now, at=at)


def _seen(period: object) -> str:
    """Year of a price: of the last of its months."""
    text = clean(period, 20)
    return text.rpartition("..")[2][:4] or tell("front.no_year")


def _against(row: Values) -> Cell:
    if not is_number(row["rival_usd_t"]):
        return cell(NONE)
    origin = clean(row["rival_origin"], 20) or tell("front.all_origins")
    seen = _seen(row["rival_period"])
    assumed = row.get("rival_basis") == "assumed"
    place = clean(row["rival_place"], 60).partition(",")[0]
    if row.get("rival_kind") == "home_price" and origin != row["importer"] and place:
        text = tell("front.rival_home", usd=number(row["rival_usd_t"]), origin=origin, place=place, seen=seen)
        return cell(text, assumed=assumed)
    key = "front.rival_shut" if row["rival_shut"] else "front.rival"
    return cell(tell(key, usd=number(row["rival_usd_t"]), origin=origin, seen=seen), assumed=assumed)


def _owed(brief: Brief, notes: Notes, owner: tuple[str, str], asker: tuple[str, str]) -> Block:
    """Promises of one side: the other's asks and its own offers."""
    table = brief.front.promises
    own = table.filter(pl.col("owner") == owner[0]) if table.height else table
    ranked = own.filter(pl.col("rank").is_not_null()) if own.height else own
    names = {"owner": clean(owner[1], 40), "asker": clean(asker[1], 40)}
    rest = _rest(own.filter(pl.col("rank").is_null()) if own.height else own, after=ranked.height)
    found = li.listing(
        f"front-owed-{owner[0].lower()}" if owner[0].isalnum() else "front-owed",
        tell("front.owed", **names),
        ranked.head(3),
        notes,
        li.columns("front_promises", promise=_promise, worth_each=_worth, by_day=_by_day, row_key=_key),
        note=tell(
            "front.owed_note",
            rest=rest,
            base=valued_text(brief.plan.worth),
            models=_models(ranked.head(3), names["owner"]),
            **names,
        ),
    )
    if found is not None:
        return found
    return Missing(tell("front.nothing_owed", **names), tell("front.nothing_owed_why", rest=rest, **names))


def _models(table: pl.DataFrame, owner: str) -> str:
    """Which scenario reckons each promise, and which other countries must agree to it."""
    return "; ".join(_model(row, owner) for row in table.iter_rows(named=True))


def _model(row: Values, owner: str) -> str:
    others = ", ".join(clean(code, 3) for code in row.get("also_needs") or ())
    key = "front.owed_model_needs" if others else "front.owed_model"
    names = {"promise": clean(row["commitment_id"], 40), "scenario": clean(row["scenario_id"], 40)}
    return tell(key, others=others, owner=owner, **names)


def _rest(table: pl.DataFrame, *, after: int) -> str:
    if not table.height:
        return ""
    names = "; ".join(
        f"{clean(r['title'], 70)} ({clean(r['commitment_id'], 40)})" for r in table.iter_rows(named=True)
    )
    return tell("front.owed_rest" if after else "front.owed_none", count=table.height, names=names)


def _promise(row: Values) -> Cell:
    return cell(clean(row["title"], _LONG))


def _key(row: Values) -> Cell:
    """The row of the case that is cited."""
    return cell(clean(row.get("row_id") or row.get("commitment_id"), 40), tone="muted")


def _worth(row: Values) -> Cell:
    return cell(usd(row["net_usd_year"]), assumed=row["basis"] == "assumed")


def _by_day(row: Values) -> Cell:
    if row["due"] is None:
        return cell("no day", tone="muted")
    return _on(row["due"], row["due_basis"])


def _gains(brief: Brief) -> Block | None:
    """Who gains and who loses by each promise; nothing where it is not reckoned."""
    picture = draw_sides(brief.plan.worth, (brief.name_a, brief.name_b), most=_GAINS, key="front-gains")
    if picture is None:
        return None
    unit = tell("brief_plan.gains_unit")
    caption = f"{tell('front.gains')} {gains_of_others(brief.plan.worth)}".strip()
    return Figure("f-front-gains", tell("brief_plan.gains_figure"), caption, unit, picture, ())


def _due(brief: Brief, notes: Notes) -> Block:
    table = brief.front.due
    ending = table.filter(pl.col("due_basis") == "plan_period").height if table.height else 0
    more = tell("front.due_more") if table.height > _ROWS else ""
    found = li.listing(
        "front-due",
        tell("front.due", days=SOON_DAYS),
        table.head(_ROWS),
        notes,
        li.columns("front_due", falls=_falls, thing=_thing, row_key=_key),
        note=tell("front.due_note", count=table.height, ending=ending, day=_plan_end(table), more=more),
    )
    if found is not None:
        return found
    last = day(brief.as_of + timedelta(days=SOON_DAYS))
    return Missing(tell("front.nothing_due", days=SOON_DAYS), tell("front.nothing_due_why", last=last))


def _plan_end(table: pl.DataFrame) -> str:
    days = table.filter(pl.col("due_basis") == "plan_period")["date"] if table.height else None
    return day(days[0]) if days is not None and len(days) else NONE


def _falls(row: Values) -> Cell:
    return _on(row["date"], row["due_basis"])


def _on(when: object, basis: object) -> Cell:
    """A published day, in one piece; a promise whose text names none has the plan's end."""
    if basis == "plan_period":
        return Cell(tell("front.plan_end"))
    return Cell(day(when).replace(" ", "\u00a0"), tone="strong")


def _by(row: Values) -> Cell:
    return Cell(day(row["by"]).replace(" ", "\u00a0"))


def _thing(row: Values) -> Cell:
    return cell(clean(row["what"], _LONG))


def _outlook(brief: Brief) -> Block:
    table = _nearest_without(brief.front.outlook)
    if not table.height:
        return Missing(tell("front.no_outlook"), tell("front.no_outlook_why"))
    steps = table.unique("reporter_name", keep="first", maintain_order=True)
    shown = ", ".join(f"{clean(r['reporter_name'], 40)} {r['steps']}" for r in steps.iter_rows(named=True))
    found = li.listing(
        "front-outlook",
        tell("front.outlook"),
        table,
        Notes(),
        li.columns("front_outlook", when=_by, side=_outlook_side, span=_span, chance=_chance),
        note=tell(
            "front.outlook_note",
            steps=shown,
            target=usd(table["target_usd"][0]),
            without=_outlook_less(table),
            why="".join(_wider(row) for row in table.iter_rows(named=True) if _is_higher(row)),
        ),
    )
    assert found is not None
    return found


def _nearest_without(table: pl.DataFrame) -> pl.DataFrame:
    """Rows as published, and those with unusual months as a year before on the nearest day alone: the workbook has all."""
    return table.filter(pl.col("less").is_null() | (pl.col("by") == pl.col("by").min()))


def _outlook_side(row: Values) -> Cell:
    """Whose past is carried on; a star where unusual months are taken as a year before."""
    return cell(f"{clean(row['reporter_name'], 40)}{'*' if row.get('less') else ''}")


def _outlook_less(table: pl.DataFrame) -> str:
    """What the star takes as a year before in each side's last year; empty where nothing is."""
    rows = table.filter(pl.col("less").is_not_null()).unique(
        "reporter_name", keep="first", maintain_order=True
    )
    names = "; ".join(
        f"{clean(r['reporter_name'], 40)}: {clean(r['less'], 80)}" for r in rows.iter_rows(named=True)
    )
    return tell("front.outlook_without", names=names) if names else ""


def _wider(row: Values) -> str:
    """Why the range of a side is wider with less trade."""
    step, step_with = (
        percent(row[name], signed=True) for name in ("last_step_share", "last_step_with_share")
    )
    return tell("front.outlook_why", name=clean(row["reporter_name"], 40), step=step, published=step_with)


def _span(row: Values) -> Cell:
    return cell(f"{usd(row['p05_usd'])} to {usd(row['p95_usd'])}")


def _chance(row: Values) -> Cell:
    """The chance, and beside one that is higher from less trade why."""
    text = percent(row["probability"])
    return cell(tell("front.outlook_wider", chance=text) if _is_higher(row) else text)


def _is_higher(row: Values) -> bool:
    """Whether less trade gives a higher chance than the year as published."""
    return is_number(row.get("probability_with")) and row["probability"] > row["probability_with"]
