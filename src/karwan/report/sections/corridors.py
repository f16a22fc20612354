"""Section on the corridors: costs, days, arrival, closures, weak points, truth."""

from __future__ import annotations

from typing import Any

import polars as pl

from karwan.amounts import NONE, is_number, number
from karwan.analysis.sections import Brief
from karwan.report import listing as li
from karwan.report.blocks import Block, Cell, Figure, Missing, Notes, Section, Table, cell
from karwan.report.charts.arrivals import draw_arrivals
from karwan.report.charts.criticality import draw_criticality
from karwan.report.charts.stages import draw_stages
from karwan.report.charts.validation import draw_validation
from karwan.report.text import clean, day, names
from karwan.report.weak_map import draw_weak_map
from karwan.report.wording import tell

WAYS = ("a_to_b", "b_to_a")


def reference(brief: Brief) -> dict[str, str]:
    """Reference product, load and pair as texts by key."""
    table = brief.corridors.reference
    return {clean(r["key"]): clean(r["value"]) for r in table.iter_rows(named=True)}


def headline_routes(brief: Brief, way: str) -> pl.DataFrame:
    """Routes of the reference pair in one direction, one per corridor, in the order of the corridors."""
    routes = (
        brief.corridors.routes.filter(pl.col("direction") == way)
        if brief.corridors.routes.height
        else brief.corridors.routes
    )
    if routes.is_empty():
        return routes
    known = reference(brief)
    near, far = ("origin", "destination") if way == "a_to_b" else ("destination", "origin")
    for suffix in ("_id", ""):
        start, end = known.get(f"origin{suffix}"), known.get(f"destination{suffix}")
        if start and end:
            found = routes.filter((pl.col(f"{near}{suffix}") == start) & (pl.col(f"{far}{suffix}") == end))
            if found.height:
                return _ordered(brief, found)
    first = routes.row(0, named=True)
    same = (pl.col("origin_id") == first["origin_id"]) & (pl.col("destination_id") == first["destination_id"])
    return _ordered(brief, routes.filter(same))


def _ordered(brief: Brief, routes: pl.DataFrame) -> pl.DataFrame:
    ranks = {
        r["corridor_id"]: r["rank"] if is_number(r["rank"]) else 99
        for r in brief.corridors.corridors.iter_rows(named=True)
    }
    order = pl.Series("order", [ranks.get(c, 99) for c in routes["corridor_id"].to_list()], dtype=pl.Float64)
    return (
        routes.with_columns(order)
        .sort("order", maintain_order=True)
        .drop("order")
        .unique("corridor_id", keep="first", maintain_order=True)
    )


def load_text(brief: Brief) -> str:
    """What the headline figures are for, in words."""
    known = reference(brief)
    product, load = known.get("product", ""), known.get("load", "")
    if load and product:
        return f"{product}, {load}"
    if known.get("load_t") and product:
        return f"{known['load_t']} t of {product}"
    return product or load or "a 20 t load"


def corridor_section(brief: Brief, notes: Notes) -> Section:
    """All blocks of the section."""
    part = brief.corridors
    blocks: list[Block | None] = [
        _comparison(brief, notes),
        *_stage_figures(brief, notes),
        *_arrival_figures(brief, notes),
    ]
    blocks += [
        _closures(part.closures, notes),
        *_truth(part.validation, notes),
        *_critical(brief, notes),
        _sensitivity(part.sensitivity, notes),
    ]
    lead = tell("brief_corridors.lead", load=load_text(brief))
    return Section(
        "corridors", "2", tell("brief_corridors.title"), lead, tuple(b for b in blocks if b is not None)
    )


def _comparison(brief: Brief, notes: Notes) -> Table | Missing:
    frames = [f for f in (headline_routes(brief, way) for way in WAYS) if f.height]
    if not frames:
        return Missing(
            tell("brief_corridors.no_routes"),
            tell("brief_corridors.no_routes_why"),
        )
    shown = pl.concat(frames, how="vertical_relaxed")
    table = li.listing(
        "corridor-table",
        tell("brief_corridors.corridor_table", day=day(brief.as_of)),
        shown,
        notes,
        route_columns(shown, "gauge_changes"),
        note=tell("brief_corridors.compared_note") + _one_rate(shown),
        wide=True,
    )
    assert table is not None
    return table


def _one_rate(routes: pl.DataFrame) -> str:
    """Which corridors cost the same to the dollar both ways; empty where none does."""
    priced = routes.filter(pl.col("usd_20t").is_not_null())
    found = priced.group_by("corridor", maintain_order=True).agg(
        ways=pl.col("direction").n_unique(), prices=pl.col("usd_20t").round(0).n_unique()
    )
    same = found.filter((pl.col("ways") > 1) & (pl.col("prices") == 1))["corridor"].to_list()
    return (
        tell("brief_corridors.one_rate", corridors=", ".join(clean(name, 40) for name in same))
        if same
        else ""
    )


def _state(row: dict[str, Any]) -> Cell:
    return cell(day_state(row), tone="late" if is_troubled(row) else "good")


def is_troubled(row: dict[str, Any]) -> bool:
    """Whether a route is anything but open: shut, slowed, banned or under sanctions on the day."""
    return row["status"] != "open" or any(row.get(name) for name in ("ban", "sanctions", "slowed"))


def day_state(row: dict[str, Any]) -> str:
    """State of a route on the day in words: open or why not, bans and sanctions, what slows it, and when that was last seen."""
    state, reason = clean(row["status"]), clean(row["reason"], 300)
    if not is_troubled(row):
        return tell("brief_corridors.state_open")
    said = [f"{state}: {reason}" if reason and state != "open" else state]
    if row.get("ban"):
        said.append(tell("brief_corridors.state_ban", ban=clean(row["ban"], 120)))
    if row.get("sanctions"):
        by = " and ".join(clean(row["sanctions"], 40).split())
        said.append(tell("brief_corridors.state_sanctions", authority=by))
    if row.get("slowed"):
        said.append(tell("brief_corridors.state_slowed", places=clean(row["slowed"], 200)))
    if row.get("last_seen"):
        said.append(tell("brief_corridors.state_seen", day=day(row["last_seen"])))
    return "; ".join(said)


def _range(row: dict[str, Any]) -> Cell:
    if not is_number(row["days_p05"]) or not is_number(row["days_p95"]):
        return cell(NONE)
    shown = f"{number(row['days_p05'], 1)} to {number(row['days_p95'], 1)}"
    return cell(shown, assumed=li.is_assumed(row, "way"))


def route_columns(routes: pl.DataFrame, *left_out: str) -> li.Spec:
    """Columns of routes but those left out; money for a full container only where that is not the money for the load."""
    dollars = routes.select(pl.col("usd_20t", "usd_feu").round(0))
    same = dollars.select(pl.col("usd_20t").eq_missing(pl.col("usd_feu")).all()).item()
    without = (*left_out, "usd_feu") if same else left_out
    return li.columns("routes", without=without, days_range=_range, state=_state)


def _stage_figures(brief: Brief, notes: Notes) -> list[Block | None]:
    result: list[Block | None] = []
    for way in WAYS:
        routes = headline_routes(brief, way)
        if routes.is_empty():
            continue
        first = routes.row(0, named=True)
        stages = brief.corridors.stages
        stages = (
            stages.filter(
                (pl.col("origin_id") == first["origin_id"])
                & (pl.col("destination_id") == first["destination_id"])
                & (pl.col("direction") == way)
            )
            if stages.height
            else stages
        )
        pair = clean(first["pair_label"], 80)
        svg = draw_stages(routes, stages, f"stages-{way}", tell("brief_corridors.stages_figure", pair=pair))
        if svg is not None:
            caption = tell("brief_corridors.stage_caption")
            sources = notes.of_rows(stages.to_dicts()) if stages.height else ()
            result.append(
                Figure(
                    f"f-stages-{way}",
                    tell("brief_corridors.stages_figure", pair=pair),
                    f"{caption} {day(brief.as_of)}.",
                    tell("brief_corridors.stages_unit"),
                    svg,
                    sources,
                )
            )
    return result


def _arrival_figures(brief: Brief, notes: Notes) -> list[Block | None]:
    result: list[Block | None] = []
    for way in WAYS:
        routes = headline_routes(brief, way)
        if routes.is_empty():
            continue
        pair = clean(routes.row(0, named=True)["pair_label"], 80)
        svg = draw_arrivals(
            routes,
            brief.corridors.arrivals,
            f"arrivals-{way}",
            tell("brief_corridors.arrivals_figure", pair=pair),
        )
        if svg is not None:
            result.append(
                Figure(
                    f"f-arrivals-{way}",
                    tell("brief_corridors.arrivals_figure", pair=pair),
                    tell("brief_corridors.arrivals_caption"),
                    tell("brief_corridors.arrivals_unit"),
                    svg,
                )
            )
    if not result and brief.corridors.routes.height:
        result.append(
            Missing(
                tell("brief_corridors.no_arrivals"),
                tell("brief_corridors.no_arrivals_why"),
            )
        )
    _ = notes
    return result


def _closures(table: pl.DataFrame, notes: Notes) -> Table | None:
    spec = li.columns("closures", corridors=lambda row: cell(names(row["corridors"])), seen=_seen)
    return li.listing("closures", tell("brief_corridors.closures_table"), table, notes, spec)


def _seen(row: dict[str, Any]) -> Cell:
    """Day a closure was last seen; one spoken of before it began was announced."""
    seen, since = str(row["last_seen"] or ""), str(row["since"] or "")
    announced = len(seen) == len(since) and seen < since
    return cell(
        tell("brief_corridors.announced", day=day(row["last_seen"])) if announced else day(row["last_seen"])
    )


def _truth(table: pl.DataFrame, notes: Notes) -> list[Block | None]:
    svg = draw_validation(table)
    figure = (
        Figure(
            "f-validation",
            tell("brief_corridors.validation_figure"),
            tell("brief_corridors.validation_caption"),
            tell("brief_corridors.validation_unit"),
            svg,
            notes.of_rows(table.to_dicts()),
        )
        if svg
        else None
    )
    spec = li.columns(
        "validation",
        cost_unit=lambda row: cell({"20t": "20 t"}.get(row["cost_unit"], row["cost_unit"] or NONE)),
    )
    return [
        figure,
        li.listing(
            "validation-table",
            tell("brief_corridors.validation_table"),
            table,
            notes,
            spec,
            note=tell("brief_corridors.validation_note"),
            wide=True,
        ),
    ]


def _weak_map(brief: Brief) -> Figure | None:
    """Map of the weak points, with the place and rank of each as in the table."""
    part = brief.corridors
    title = tell("brief_corridors.weak_map_title", day=day(brief.as_of))
    parties = (brief.party_a, brief.party_b)
    shut = frozenset(shut_places(brief))
    svg = draw_weak_map(part.weak_points, part.map_nodes, part.map_lines, shut, parties=parties, title=title)
    caption = tell("brief_corridors.weak_map_caption")
    if svg is None:
        return None
    return Figure(
        "f-weak-map",
        tell("brief_corridors.weak_map_figure"),
        caption,
        tell("brief_corridors.weak_map_unit"),
        svg,
        wide=True,
    )


def _critical(brief: Brief, notes: Notes) -> list[Block | None]:
    table = brief.corridors.criticality
    svg = draw_criticality(table)
    figure = (
        Figure(
            "f-criticality",
            tell("brief_corridors.criticality_figure"),
            tell("brief_corridors.criticality_caption"),
            tell("brief_corridors.criticality_unit"),
            svg,
        )
        if svg
        else None
    )
    spec = li.columns("criticality")
    listed = li.listing(
        "criticality-table",
        tell("brief_corridors.criticality_table"),
        table,
        notes,
        spec,
        note=tell("brief_corridors.criticality_note"),
        wide=True,
    )
    return [_weak_map(brief), figure, listed]


def _sensitivity(table: pl.DataFrame, notes: Notes) -> Table | None:
    def flips(row: dict[str, Any]) -> Cell:
        if row["flips"]:
            return cell(f"yes, to {clean(row['corridor_flipped'])}", tone="late")
        if row["behind_usd_t"] is None:
            return cell("no")
        return cell(f"no: {clean(row['rival'])} stays USD {row['behind_usd_t']:,.1f} / t behind")

    spec = li.columns(
        "sensitivity",
        row_of_case=lambda row: cell(f"{row['table']}: {row['row_key']}", tone="muted"),
        flips=flips,
    )
    return li.listing("sensitivity", tell("brief_corridors.sensitivity_table"), table, notes, spec)


def shut_places(brief: Brief) -> list[str]:
    """Names of the places that are shut; slowed ones (kind 'slower ...') are open."""
    table = brief.corridors.closures
    rows = table.iter_rows(named=True) if table.height else ()
    return [clean(r["place"]) for r in rows if not str(r["kind"]).startswith("slower")]


def corridor_facts(brief: Brief) -> list[tuple[str, str, str, str]]:
    """Rows of the summary: best open route each way, places shut and slowed."""
    routes = (headline_routes(brief, way) for way in WAYS)
    result = [_best_route(brief, frame.to_dicts()) for frame in routes if frame.height]
    today, shut = day(brief.as_of), shut_places(brief)
    if shut:
        places = ", ".join(shut[:6]) + (tell("brief_corridors.fact_others") if len(shut) > 6 else "")
        unit = tell("brief_corridors.fact_shut_unit", day=today, places=places)
        result.append((tell("brief_corridors.fact_shut"), str(len(shut)), unit, ""))
    slow = brief.corridors.closures.height - len(shut)
    if slow > 0:
        unit = tell("brief_corridors.fact_slowed_unit", day=today)
        result.append((tell("brief_corridors.fact_slowed"), str(slow), unit, ""))
    return result


def _best_route(brief: Brief, routes: list[dict[str, Any]]) -> tuple[str, str, str, str]:
    """The cheapest open route of one direction, the sanctions it meets, and how many corridors are open."""
    pair = clean(routes[0]["pair_label"], 60)
    total = sum(r["status"] != "absent" for r in routes)
    known = [r for r in routes if r["status"] == "open" and is_number(r["usd_20t"])]
    if not known:
        unit = tell("brief_corridors.fact_none_unit", total=total)
        return pair, tell("brief_corridors.fact_none"), unit, ""
    best = min(known, key=lambda r: r["usd_20t"])
    days, corridor = number(best["days"], 1), clean(best["corridor"], 40)
    counts = {"open": len(known), "total": total, "law": _sanctions(best)}
    unit = tell("brief_corridors.fact_best", days=days, corridor=corridor, **counts)
    return pair, number(best["usd_20t"]), unit, ""


def _sanctions(best: dict[str, Any]) -> str:
    """Whose sanctions the way falls under; empty where there is none."""
    authorities = clean(best["sanctions"], 40).split()
    return tell("brief_corridors.fact_sanctions", authority=" and ".join(authorities)) if authorities else ""
