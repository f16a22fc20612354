"""Line haul and sailings as moves."""

from __future__ import annotations

from collections.abc import Sequence

from karwan.amounts import WEEK_H
from karwan.schema.modes import RAIL, ROAD, SEA, WATER_MODES
from karwan.schema.units import BOX20, PARCEL
from karwan.transport.network.context import ALWAYS_OPEN, Context, HaulBase, Hauls, LinkKey
from karwan.transport.network.hours import SAILING_KIND, haul_kind
from karwan.transport.network.layout import Branch
from karwan.transport.network.price import PricedMove, Stages, priced_move
from karwan.transport.network.request import Move, carrier_of, mode_of
from karwan.transport.network.stage import Row
from karwan.transport.network.terms import (
    EMISSION,
    HOURS,
    CellFigure,
    Factor,
    Stage,
    Step,
    Term,
    figure_of,
    scaled,
    times,
)
from karwan.transport.network.units import Unit, share_of, unit_term

CV_PARAMETER = {ROAD: "line_haul_cv_road", RAIL: "line_haul_cv_rail", SEA: "line_haul_cv_sea"}
BOX_COLUMNS = {False: ("cost_usd_feu",), True: ("cost_usd_teu", "cost_usd_feu")}
"""Columns of a sailing's freight in the order they are looked up, by whether the box is a 20 ft one."""


def link_moves(context: Context) -> tuple[Move, ...]:
    """Moves along every usable link in each direction it allows. Networks that share `kept` make them once for loads alike, whatever their ends.

    Asked before other moves: calendars are numbered as they are met.
    """
    key, held = context.along_key, context.kept.along
    if key not in held:
        held[key] = tuple(_moves_along(context)), context.met.copied()
    moves, met = held[key]
    context.met = met.copied()
    return moves


def _moves_along(context: Context) -> list[Move]:
    moves: list[Move] = []
    services: dict[str, list[Row]] = {}
    for row in context.rows("services"):
        services.setdefault(row["link_id"], []).append(row)
    for link in context.rows("links"):
        if not context.request.uses(link["mode"]):
            continue
        reason = _unbuilt(context, link) or _too_heavy(context, link)
        if reason:
            context.met.skipped.append(("links", link["link_id"], reason))
        elif link["mode"] in WATER_MODES:
            moves += _sailings(context, link, services.get(link["link_id"], []))
        else:
            moves += _line_haul(context, link)
    return moves


def _unbuilt(context: Context, link: Row) -> str:
    if link["capacity_t_day"] == 0:
        return "capacity_t_day is 0: nothing passes"
    if link["link_id"] in context.request.opened:
        return "" if link["mode"] != RAIL or link["gauge_mm"] else "no gauge is decided"
    if link["state"] == "open":
        return ""
    if link["state"] == "closed":
        return "closed"
    if link["opens_on"] and link["opens_on"] <= context.request.departure:
        return ""
    return f"{link['state']}, not open on {context.request.departure}"


def _too_heavy(context: Context, link: Row) -> str:
    if link["mode"] != ROAD:
        return ""
    return context.too_heavy(("link", link["link_id"]), ("country", link["country"]))


def _line_haul(context: Context, link: Row) -> list[Move]:
    """Moves along a road or railway, each with its calendar; none where a rate is missing."""
    stages, mode, country = _hauls(context, link, link["country"]), link["mode"], link["country"]
    carrier, never_shut = carrier_of(mode, link["gauge_mm"]), context.never_shut(link)
    moves = []
    for stage, (tail, head) in zip(stages, _directions(link), strict=False):
        calendar = ALWAYS_OPEN if never_shut else context.link_calendar(link, tail, head, mode)
        ends = (tail, carrier, country), (head, carrier, country)
        moves.append(Move(*ends, (stage,), calendar, "link", link["link_id"]))
    return moves


def by_truck_along(context: Context, move: Move, branches: tuple[Branch, ...]) -> PricedMove:
    """A move along a road by the trucks in use. Networks that share `kept` make those of the same trucks once."""
    held = _held_hauls(context, context.links[move.place_id])[1].by_truck
    key = (move.tail[0], context.overload_key, branches)
    if key not in held:
        held[key] = priced_move(_truck_stages(context, move, truck) for truck, _ in branches)
    return held[key]


def _truck_stages(context: Context, move: Move, registration: str) -> Stages:
    """Stages of a move with the truck in use: a haulier's price goes by the country its truck is registered in."""
    if registration in ("", move.head[2]):
        return move.stages
    link = context.links[move.place_id]
    hauls = _hauls(context, link, registration)
    if not hauls:
        return move.stages
    return hauls[:1] if link["from_node_id"] == move.tail[0] else hauls[-1:]


def _hauls(context: Context, link: Row, payee: str) -> Stages:
    """A stage for each direction; none, with the reason noted, where a rate is missing. Networks that share `kept` make them once.

    By road `payee` is the country the truck is registered in, by rail that of the link.
    """
    rests_on, held = _held_hauls(context, link)
    key = (payee, _over(context, link, payee))
    if key not in held.by_payee:
        stages = _priced_hauls(context, link, payee, rests_on)
        if not stages:
            return ()
        held.by_payee[key] = stages
    return held.by_payee[key]


def _held_hauls(context: Context, link: Row) -> tuple[LinkKey, Hauls]:
    """What the hauls along a link rest on, and its moves by payee that do so; looked up once a network."""
    number = link["link_id"]
    found = context.met.hauls.get(number)
    if found is None:
        unit = (*context.units[link["mode"]].key, context.request.dangerous)
        slowdowns = tuple(_slowdowns(context, link, link["mode"]))
        key = LinkKey(number, unit, slowdowns, context.payer("", ("link", number)))
        found = context.met.hauls[number] = key, context.kept.hauls.setdefault(key, Hauls())
    return found


def _priced_hauls(context: Context, link: Row, payee: str, rests_on: LinkKey) -> Stages:
    """Line haul in each direction with its slow-downs and fees."""
    base = _haul_base(context, link, rests_on)
    money = [_haul_money(context, link, payee, way) for way in _directions(link)]
    if money[0] is None or base is None:
        what = "cost_usd_km" if money[0] is None else "speed_kmh"
        fact = f"rates.csv has no {what} for {link['country']} {link['mode']}"
        context.met.skipped.append(("links", link["link_id"], fact))
        return ()
    return tuple(
        Stage(
            step,
            (*_paid(context, link, payee, paid or ()), *base.terms),
            variance_h2=base.variance_h2,
            also=base.also,
        )
        for step, paid in zip(base.steps, money, strict=True)
    )


def _haul_base(context: Context, link: Row, rests_on: LinkKey) -> HaulBase | None:
    """What hauls along a link share whoever is paid; None where no speed is known. Networks that share `kept` make it once."""
    bases = context.kept.bases
    if rests_on not in bases:
        bases[rests_on] = _new_haul_base(context, link, rests_on.slowdowns)
    return bases[rests_on]


def _new_haul_base(context: Context, link: Row, slowdowns: Sequence[CellFigure]) -> HaulBase | None:
    """Hours, slow-downs, fees and emission of a haul along a link, and its steps, one a direction."""
    mode, country = link["mode"], link["country"]
    speed = _own_speed(link, "links", "link_id") or context.rates.find(country, mode, "speed_kmh")
    if speed is None:
        return None
    length = figure_of(link, "links", "link_id", "length_km")
    day_hours = context.parameter("driving_hours_day_road" if mode == ROAD else "rail_hours_day")
    cv, cv_figure = _line_haul_cv(context, link, country, mode)
    kind = context.hours.kind(haul_kind(mode))
    driving = times(HOURS, length, Factor(speed, -1), Factor(day_hours, -1), *kind.factors(), by=24.0)
    emission = figure_of(context.units[mode].row, "vehicles", "vehicle_id", "emission_kg_t_km")
    terms = (
        driving,
        *(scaled(driving, slow) for slow in slowdowns),
        *context.place_fees("link", link["link_id"], mode, "passage"),
        times(EMISSION, emission, length),
    )
    mean_h = sum(term.amount for term in terms if term.unit == HOURS)
    steps = [
        Step(
            "line_haul",
            _ends(context, *way),
            link["link_id"],
            mode,
            country,
            link["length_km"],
            hours_group=kind.name,
            group_log_sd=kind.log_sd,
        )
        for way in _directions(link)
    ]
    return HaulBase(tuple(steps), terms, (cv * mean_h) ** 2, (cv_figure,) if cv_figure else ())


def _over(context: Context, link: Row, payee: str) -> float:
    """Load over capacity of the gates left to a truck, less 1."""
    return context.overload.get(payee, 0.0) if link["mode"] == ROAD else 0.0


def _paid(context: Context, link: Row, payee: str, money: tuple[CellFigure, ...]) -> list[Term]:
    """Money of a unit on a link, and what trucks ask more where the gates left to them are loaded over their capacity."""
    length = figure_of(link, "links", "link_id", "length_km")
    haul = unit_term(context.units[link["mode"]], *money, length, by=link["cost_factor"])
    haul = _with_danger(context, haul)
    over = _over(context, link, payee)
    if not over:
        return [haul]
    dearer = scaled(haul, context.parameter("scarcity_slope"))
    return [haul, dearer._replace(amount=dearer.amount * over)]


def _with_danger(context: Context, price: Term) -> Term:
    """A price, raised where the goods are dangerous and the case states by how much."""
    share = context.dangerous_share
    return price if share is None else scaled(price, share)


def _haul_money(
    context: Context, link: Row, payee: str, way: tuple[str, str]
) -> tuple[CellFigure, ...] | None:
    """What a unit pays for a kilometre on a link in one direction; a haulier without a rate takes that of the link's country."""
    mode, unit = link["mode"], context.units[link["mode"]]
    haul = context.haul(payee, *way) if mode == ROAD else ""
    own = context.rates.money(payee, mode, unit, haul)
    return own or context.rates.money(link["country"], mode, unit)


def with_handling(context: Context, move: Move, priced: PricedMove) -> PricedMove:
    """A haul with the loading of its wagons before it at the origin, and their unloading after it at the destination."""
    ends = context.request.ends
    if not ends or (move.tail[0] != ends[0] and move.head[0] != ends[1]):
        return priced
    unit = context.units[mode_of(move.tail[1])]
    if unit.row.get("load_h") is None:
        return priced
    before = (_handling(context, unit, move.tail, "loading"),) if move.tail[0] == ends[0] else ()
    after = (_handling(context, unit, move.head, "unloading"),) if move.head[0] == ends[1] else ()
    return priced_move((*before, *stages, *after) for stages in priced.stages)


def _handling(context: Context, unit: Unit, place: tuple[str, str, str], what: str) -> Stage:
    """Hours to load or unload the wagons of a shipment at one of its ends."""
    node, carrier, country = place
    hours, cv = figure_of(unit.row, "vehicles", "vehicle_id", "load_h"), context.parameter("transfer_time_cv")
    name = f"{context.nodes[node]['name']}: {what}"
    step = Step("transfer", name, node, mode_of(carrier), country)
    return Stage(step, (times(HOURS, hours),), variance_h2=(cv.value * hours.value) ** 2, also=(cv,))


def _ends(context: Context, tail: str, head: str) -> str:
    return f"{context.nodes[tail]['name']} – {context.nodes[head]['name']}"


def _own_speed(row: Row, table: str, key: str) -> CellFigure | None:
    """Speed of a link or service of its own."""
    return None if row["speed_kmh"] is None else figure_of(row, table, key, "speed_kmh")


def _slowdowns(context: Context, link: Row, mode: str) -> list[CellFigure]:
    """Added shares of hours on a link: the worst of its ends, its own and its country's."""
    if not context.book.slows_anything:
        return []
    ends = [context.book.slowdown("node", link[end], mode) for end in ("from_node_id", "to_node_id")]
    worst = max((figure for figure in ends if figure is not None), key=lambda f: f.value, default=None)
    own = context.book.slowdown("link", link["link_id"], mode)
    wide = context.book.slowdown("country", link["country"], mode) if link["country"] else None
    return [figure for figure in (worst, own, wide) if figure is not None]


def _line_haul_cv(context: Context, link: Row, country: str, mode: str) -> tuple[float, CellFigure | None]:
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
        context.met.skipped.append(("links", link["link_id"], "services.csv has no sailing on it"))
    for service in services:
        money = _sailing_money(context, service, link)
        own = _own_speed(service, "services", "service_id")
        speed = own or context.rates.find("", link["mode"], "speed_kmh")
        if money is None or speed is None:
            what = "freight" if money is None else "speed"
            context.met.skipped.append(
                ("services", service["service_id"], f"no {what} for form {context.request.form}")
            )
            continue
        slowdowns = _slowdowns(context, link, link["mode"])
        for tail, head in _directions(link):
            carrier = (*context.units[link["mode"]].key, context.bulk, context.request.dangerous)
            key = ("sailing", service["service_id"], tail, head, carrier, context.request.tonnes, *slowdowns)
            stage = context.kept.stages.get(key)
            if stage is None:
                paid = (_with_danger(context, money), speed)
                stage = _sailing_stage(context, link, service, (tail, head), paid, slowdowns)
                context.kept.stages[key] = stage
            places = (
                ("service", service["service_id"]),
                ("link", link["link_id"]),
                ("node", tail),
                ("node", head),
            )
            spans = context.spans(*places, mode=link["mode"])
            calendar = context.calendar(("service", service["service_id"]), spans)
            ends = (tail, link["mode"], ""), (head, link["mode"], "")
            moves.append(Move(*ends, (stage,), calendar, "service", service["service_id"]))
    return moves


def _sailing_stage(
    context: Context,
    link: Row,
    service: Row,
    ends: tuple[str, str],
    paid: tuple[Term, CellFigure],
    slowdowns: Sequence[CellFigure],
) -> Stage:
    """A voyage: half the time between sailings is waited for the ship, on average."""
    money, speed = paid
    mode = link["mode"]
    length = figure_of(link, "links", "link_id", "length_km")
    weekly = figure_of(service, "services", "service_id", "sailings_per_week")
    cv = context.parameter(CV_PARAMETER[SEA])
    kind = context.hours.kind(SAILING_KIND)
    voyage = times(HOURS, length, Factor(speed, -1), *kind.factors())
    slowed = [scaled(voyage, slow) for slow in slowdowns]
    headway = WEEK_H / weekly.value
    emission = figure_of(context.units[mode].row, "vehicles", "vehicle_id", "emission_kg_t_km")
    at_sea = voyage.amount + sum(term.amount for term in slowed)
    late, late_share, late_h = _lateness(service)
    terms = (
        money,
        voyage,
        *slowed,
        times(HOURS, Factor(weekly, -1), by=WEEK_H / 2.0),
        *late,
        times(EMISSION, emission, length),
    )
    lateness = (2.0 * late_share - late_share**2) * late_h**2
    return Stage(
        Step(
            "sailing",
            _ends(context, *ends),
            service["service_id"],
            mode,
            "",
            link["length_km"],
            headway,
            hours_group=kind.name,
            group_log_sd=kind.log_sd,
            jam_share=late_share,
            jam_h=late_h,
        ),
        terms,
        variance_h2=(cv.value * at_sea) ** 2 + headway**2 / 12.0 + lateness,
        also=(cv,),
    )


def _lateness(service: Row) -> tuple[list[Term], float, float]:
    """Hours a ship comes late on average, the share of voyages that do, and the mean hours late of those."""
    if not service["late_share"] or not service["late_h"]:
        return [], 0.0, 0.0
    share, hours = (figure_of(service, "services", "service_id", name) for name in ("late_share", "late_h"))
    return [times(HOURS, share, hours)], share.value, hours.value


def _sailing_money(context: Context, service: Row, link: Row) -> Term | None:
    """Freight of a sailing: a box by its size, bulk per tonne where a rate exists; less than the least parcel pays for it, or goes in boxes."""
    unit, tonnes = context.units[link["mode"]], context.request.tonnes
    if context.bulk and service["cost_usd_t"] is not None:
        parcel = float(unit.row["least_t"] or 0.0)
        short = 1.0 if tonnes is None else max(1.0, parcel / tonnes)
        if short == 1.0 or service["cost_usd_feu"] is None:
            return times("usd_t", figure_of(service, "services", "service_id", "cost_usd_t"), by=short)
    for column in BOX_COLUMNS[unit.kind == BOX20]:
        if service[column] is not None:
            return _box_freight(unit, figure_of(service, "services", "service_id", column))
    if service["cost_usd_t"] is not None:
        return times("usd_t", figure_of(service, "services", "service_id", "cost_usd_t"))
    rate = context.rates.money("", link["mode"], unit)
    length = figure_of(link, "links", "link_id", "length_km")
    if rate is None:
        return None
    return times("usd_t", *rate, length) if unit.kind == PARCEL else unit_term(unit, *rate, length)


def _box_freight(unit: Unit, freight: CellFigure) -> Term:
    """Freight of a box; that of a 40 ft container times the share of the unit where it is stated for no other."""
    share = share_of(unit) if freight.column == "cost_usd_feu" else None
    return times("usd_unit", freight, *([share] if share else []))
