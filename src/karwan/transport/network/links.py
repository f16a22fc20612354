"""Line haul and sailings as moves."""

from __future__ import annotations

from karwan.transport.network.context import Context
from karwan.transport.network.lookup import Figure, combine, join_sources, row_figures
from karwan.transport.network.request import Move, carrier_of
from karwan.transport.network.stage import SEA, Row, Stage, worst_basis

CV_PARAMETER = {"road": "line_haul_cv_road", "rail": "line_haul_cv_rail", "sea": "line_haul_cv_sea"}


def link_moves(context: Context) -> list[Move]:
    """Moves along every usable link in each direction it allows."""
    moves: list[Move] = []
    services: dict[str, list[Row]] = {}
    for row in context.rows("services"):
        services.setdefault(row["link_id"], []).append(row)
    for link in context.rows("links"):
        if not context.request.uses(link["mode"]):
            continue
        reason = _unbuilt(context, link) or _too_heavy(context, link)
        if reason:
            context.skipped.append(("links", link["link_id"], reason))
        elif link["mode"] in SEA:
            moves += _sailings(context, link, services.get(link["link_id"], []))
        else:
            moves += _line_haul(context, link)
    return moves


def _unbuilt(context: Context, link: Row) -> str:
    if link["capacity_t_day"] == 0:
        return "capacity_t_day is 0: nothing passes"
    if link["link_id"] in context.request.opened:
        return "" if link["mode"] != "rail" or link["gauge_mm"] else "no gauge is decided"
    if link["state"] == "open":
        return ""
    if link["state"] == "closed":
        return "closed"
    if link["opens_on"] and link["opens_on"] <= context.request.departure:
        return ""
    return f"{link['state']}, not open on {context.request.departure}"


def _too_heavy(context: Context, link: Row) -> str:
    if link["mode"] != "road":
        return ""
    return context.too_heavy(("link", link["link_id"]), ("country", link["country"]))


def _line_haul(context: Context, link: Row) -> list[Move]:
    mode, country = link["mode"], link["country"]
    carrier, stages = carrier_of(mode, link["gauge_mm"]), _haul_stages(context, link)
    return [
        Move(
            (tail, carrier, country),
            (head, carrier, country),
            (stage,),
            context.link_calendar(link, tail, head, mode),
            "link",
            link["link_id"],
        )
        for (tail, head), stage in zip(_directions(link) if stages else (), stages, strict=True)
    ]


def _haul_stages(context: Context, link: Row) -> tuple[Stage, ...]:
    """Line haul in each direction a link allows; none, with the reason noted, where a rate is missing."""
    mode, country = link["mode"], link["country"]
    slow, slow_rows = _slowdown(context, link, mode)
    key = (link["link_id"], context.request.form)
    plain = not slow_rows and ("link", link["link_id"]) not in context.fee_numbers
    if plain and key in context.kept.hauls:
        return context.kept.hauls[key]
    money = context.rates.find(country, mode, "cost_usd_t_km")
    speed = context.rates.find(country, mode, "speed_kmh")
    if link["speed_kmh"] is not None:
        speed = Figure(link["speed_kmh"], link["basis"], link["source_id"])
    if money is None or speed is None:
        what = "cost_usd_t_km" if money is None else "speed_kmh"
        context.skipped.append(("links", link["link_id"], f"rates.csv has no {what} for {country} {mode}"))
        return ()
    day_hours = context.parameter("driving_hours_day_road" if mode == "road" else "rail_hours_day")
    hours = link["length_km"] / speed.value * 24.0 / day_hours.value * (1.0 + slow)
    cv, cv_figure = _line_haul_cv(context, link, country, mode)
    own = Figure(0, link["basis"], link["source_id"])
    basis_usd, usd_sources = combine(own, money)
    basis_hours, hour_sources = combine(own, speed, day_hours, *row_figures(*slow_rows))
    sources = join_sources(usd_sources, hour_sources, cv_figure.source_id if cv_figure else "")
    fee_t, fee_unit, fee_bases, fee_sources = context.place_fees("link", link["link_id"], mode, "passage")
    stages = tuple(
        Stage(
            kind="line_haul",
            name=f"{context.nodes[tail]['name']} – {context.nodes[head]['name']}",
            place_id=link["link_id"],
            mode=mode,
            country=country,
            km=link["length_km"],
            usd_t=money.value * link["length_km"] * link["cost_factor"] + fee_t,
            usd_unit=fee_unit,
            hours=hours,
            variance_h2=(cv * hours) ** 2,
            co2_kg_t=context.vehicles[mode]["emission_kg_t_km"] * link["length_km"],
            headway_h=0.0,
            basis_usd=worst_basis(basis_usd, *fee_bases),
            basis_hours=basis_hours,
            source_id=join_sources(sources, *fee_sources),
        )
        for tail, head in _directions(link)
    )
    if plain:
        context.kept.hauls[key] = stages
    return stages


def _slowdown(context: Context, link: Row, mode: str) -> tuple[float, list[Row]]:
    """Added share of hours on a link: the worst of its ends, plus its own and its country's."""
    ends = [context.book.slowdown("node", link[end], mode) for end in ("from_node_id", "to_node_id")]
    own = context.book.slowdown("link", link["link_id"], mode)
    wide = context.book.slowdown("country", link["country"], mode) if link["country"] else (0.0, None)
    parts = [max(ends, key=lambda e: e[0]), own, wide]
    return sum(share for share, _ in parts), [row for _, row in parts if row is not None]


def _line_haul_cv(context: Context, link: Row, country: str, mode: str) -> tuple[float, Figure | None]:
    if link["speed_cv"] is not None:
        return float(link["speed_cv"]), None
    figure = context.rates.find(country, mode, "speed_cv") or context.parameter(CV_PARAMETER[mode])
    return figure.value, figure


def _directions(link: Row) -> list[tuple[str, str]]:
    ends = (link["from_node_id"], link["to_node_id"])
    return [ends] if link["directed"] else [ends, ends[::-1]]


def _sailings(context: Context, link: Row, services: list[Row]) -> list[Move]:
    moves: list[Move] = []
    if not services:
        context.skipped.append(("links", link["link_id"], "services.csv has no sailing on it"))
    for service in services:
        money = _sailing_money(context, service, link)
        speed = context.rates.find("", link["mode"], "speed_kmh")
        if service["speed_kmh"] is not None:
            speed = Figure(service["speed_kmh"], service["basis"], service["source_id"])
        if money is None or speed is None:
            what = "freight" if money is None else "speed"
            context.skipped.append(
                ("services", service["service_id"], f"no {what} for form {context.request.form}")
            )
            continue
        headway = 168.0 / service["sailings_per_week"]
        slow, slow_rows = _slowdown(context, link, link["mode"])
        hours = link["length_km"] / speed.value * (1.0 + slow)
        cv = context.parameter(CV_PARAMETER["sea"])
        figures = [Figure(0, row["basis"], row["source_id"]) for row in (link, service)]
        basis_hours, sources = combine(*figures, speed, *row_figures(*slow_rows))
        sources = join_sources(sources, cv.source_id)
        for tail, head in _directions(link):
            stage = Stage(
                kind="sailing",
                name=f"{context.nodes[tail]['name']} – {context.nodes[head]['name']}",
                place_id=service["service_id"],
                mode=link["mode"],
                country="",
                km=link["length_km"],
                usd_t=money[0],
                usd_unit=money[1],
                hours=hours + headway / 2.0,
                variance_h2=(cv.value * hours) ** 2 + headway**2 / 12.0,
                co2_kg_t=context.vehicles[link["mode"]]["emission_kg_t_km"] * link["length_km"],
                headway_h=headway,
                basis_usd=worst_basis(link["basis"], service["basis"]),
                basis_hours=basis_hours,
                source_id=sources,
            )
            places = (
                ("service", service["service_id"]),
                ("link", link["link_id"]),
                ("node", tail),
                ("node", head),
            )
            spans = context.spans(*places, mode=link["mode"])
            calendar = context.calendar(("service", service["service_id"]), spans)
            moves.append(
                Move(
                    (tail, link["mode"], ""),
                    (head, link["mode"], ""),
                    (stage,),
                    calendar,
                    "service",
                    service["service_id"],
                )
            )
    return moves


def _sailing_money(context: Context, service: Row, link: Row) -> tuple[float, float] | None:
    """Freight per tonne and per unit; bulk pays per tonne where a rate exists, boxes per 40 ft container."""
    per_t, per_feu = service["cost_usd_t"], service["cost_usd_feu"]
    if context.request.form == "bulk" and per_t is not None:
        return per_t, 0.0
    if per_feu is not None:
        return 0.0, per_feu
    if per_t is not None:
        return per_t, 0.0
    rate = context.rates.find("", link["mode"], "cost_usd_t_km")
    return None if rate is None else (rate.value * link["length_km"], 0.0)
