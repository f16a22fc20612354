"""Scarcity: how far the open gates of a country are loaded over their capacity when its others are shut."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from karwan.schema.modes import ROAD
from karwan.transport.network.stage import Row


def overload(crossings: Iterable[Row], shut: Callable[[str], bool], turned_share: float) -> dict[str, float]:
    """Load over capacity, less 1, of the road gates that are left to trucks of a country; countries without one are left out.

    The traffic of the shut gates turns to the open ones of the same country in part. Trucks of a country behind those gates are scarce by the
    share that those gates have in the capacity of all its own: a large fleet that mostly drives elsewhere hardly feels it.

    Parameters
    ----------
    crossings
        Rows of `crossings`, with capacity and traffic of other trade a day.
    shut
        Whether a crossing is shut on the day.
    turned_share
        Share of the traffic of shut gates that looks for another way.

    Examples
    --------
    A gate of 600 trucks a day shuts and a third of them turn to one that takes 300 and had 200: 400 want to pass.

    >>> def gate(name, other, capacity, traffic):
    ...     return {"crossing_id": name, "country_a": "XTA", "country_b": other, "modes": ["road"],
    ...             "capacity_trucks_day": capacity, "background_trucks_day": traffic}
    >>> found = overload([gate("N", "XTB", 700, 600), gate("S", "XTC", 300, 200)], lambda name: name == "N", 1 / 3)
    >>> {country: round(over, 3) for country, over in found.items()}
    {'XTA': 0.333, 'XTC': 0.333}

    Where XTC has another gate of 700, three tenths of its gates are loaded.

    >>> gates = [gate("N", "XTB", 700, 600), gate("S", "XTC", 300, 200), gate("E", "XTC", 700, 0) | {"country_a": "XTD"}]
    >>> round(overload(gates, lambda name: name == "N", 1 / 3)["XTC"], 3)
    0.1
    """
    gates = [row for row in crossings if ROAD in row["modes"] and row["capacity_trucks_day"]]
    found: dict[str, float] = {}
    for country in dict.fromkeys(c for row in gates for c in (row["country_a"], row["country_b"])):
        own = [row for row in gates if country in (row["country_a"], row["country_b"])]
        closed = [row for row in own if shut(row["crossing_id"])]
        left = [row for row in own if row not in closed]
        over = _over(closed, left, turned_share)
        if over > 0.0:
            beyond = {c for row in left for c in (row["country_a"], row["country_b"])}
            for place in sorted(beyond):
                felt = over if place == country else over * _share(place, left, gates)
                found[place] = max(felt, found.get(place, 0.0))
    return found


def _share(country: str, loaded: list[Row], gates: list[Row]) -> float:
    """Share that loaded gates have in the capacity of all gates of a country."""

    def capacity(rows: list[Row]) -> float:
        own = [row for row in rows if country in (row["country_a"], row["country_b"])]
        return float(sum(row["capacity_trucks_day"] for row in own))

    return capacity(loaded) / capacity(gates)


def _over(closed: list[Row], left: list[Row], turned_share: float) -> float:
    """Load over capacity of the gates that are left, less 1; 0 where nothing is shut or nothing is left."""
    if not closed or not left:
        return 0.0
    traffic = sum(row["background_trucks_day"] or 0.0 for row in left)
    turned = turned_share * sum(row["background_trucks_day"] or 0.0 for row in closed)
    return max(0.0, float((traffic + turned) / sum(row["capacity_trucks_day"] for row in left)) - 1.0)
