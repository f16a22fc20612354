"""Hours at a crossing carried over to another capacity or traffic.

Hours were observed with the queue of the day. Where a case is changed so that a crossing clears more trucks, or has more
of them, its hours become m + W(r1) - W(r0): W is the mean wait of `karwan.transport.traffic` at the utilisation before (r0)
and after (r1). The difference goes to the side that is left, where the queue stands.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from karwan.transport.network.lookup import CrossingTimes
from karwan.transport.network.terms import join_sources, worst_basis
from karwan.transport.traffic import BEYOND, SERVERS, STEADY, TRAIN_WAGONS, Traffic, crossing_traffic

CARRIED = "~queue"  # ends the key of a row made here
Tables = Mapping[str, pl.DataFrame]


def carried_times(before: Tables, after: Tables) -> pl.DataFrame:
    """Table `crossing_times` of a changed case, with rows for the crossings whose queue the change moves.

    A crossing whose hours the change itself states keeps those. So does one whose capacity or traffic is unknown, or whose
    queue by the model exceeds the hours observed.

    Parameters
    ----------
    before, after
        Tables of the case: crossings, crossing_times, parameters.

    Returns
    -------
    The table of `after`; new rows come first, so that they are found before the rows they stand for.

    Examples
    --------
    >>> from karwan.case import read_case
    >>> tables = read_case("toyland").tables
    >>> carried_times(tables, tables).equals(tables["crossing_times"])
    True
    """
    times = after["crossing_times"]
    old, new = _traffic(before), _traffic(after)
    stated, made = _stated(before["crossing_times"]), _stated(times)
    for gate in [g for g in made if made[g] != stated.get(g)]:
        times = times.filter(~(_of(gate) & pl.col("crossing_time_id").str.ends_with(CARRIED)))
    sides = dict(
        zip(after["crossings"]["crossing_id"], after["crossings"].iter_rows(named=True), strict=True)
    )
    rows: list[dict[str, Any]] = []
    for gate in new.keys() & old.keys():
        known = new[gate].usual_share is not None
        if known and old[gate] != new[gate] and gate in made and made[gate] == stated.get(gate):
            rows += _rows(times, sides[gate[0]], gate[1], old[gate], new[gate])
    if not rows:
        return times
    rows.sort(key=lambda row: row["crossing_time_id"])
    carried = pl.DataFrame(rows, schema=times.schema)
    kept = times.filter(~pl.col("crossing_time_id").is_in(carried["crossing_time_id"].to_list()))
    return pl.concat([carried, kept])


def _traffic(tables: Tables) -> dict[tuple[str, str], Traffic]:
    values = dict(tables["parameters"].select("parameter_id", "value").iter_rows())
    servers, wagons = values.get("crossing_servers", SERVERS), values.get("train_wagons", TRAIN_WAGONS)
    return crossing_traffic(tables["crossings"], servers, wagons)


def _of(gate: tuple[str, str]) -> pl.Expr:
    return (pl.col("crossing_id") == gate[0]) & (pl.col("mode") == gate[1])


def _stated(times: pl.DataFrame) -> dict[tuple[str, str], list[tuple[Any, ...]]]:
    """Hours by crossing and mode, rows made here apart."""
    found: dict[tuple[str, str], list[tuple[Any, ...]]] = {}
    columns = ("crossing_id", "mode", "crossing_time_id", "side", "direction", "year", "time_h", "use")
    for crossing, mode, key, *rest in times.select(columns).iter_rows():
        if not key.endswith(CARRIED):
            found.setdefault((crossing, mode), []).append((key, *rest))
    return found


def _rows(
    times: pl.DataFrame, crossing: Mapping[str, Any], mode: str, old: Traffic, new: Traffic
) -> list[dict[str, Any]]:
    """Rows of a crossing: hours out with the queue moved, hours in as they were."""
    gate = (crossing["crossing_id"], mode)
    known = times.filter(_of(gate))
    look, year = CrossingTimes(known.iter_rows(named=True)), known["year"].max()
    rows = []
    for side in (crossing["country_a"], crossing["country_b"]):
        out = look.find(gate[0], side, mode, "outbound", "time_h")
        if out is None or old.state(out.value) not in (STEADY, BEYOND) or old.usual_share is None:
            continue
        moved = new.wait(new.usual_share or 0.0).wait_mean_h - old.wait(old.usual_share).wait_mean_h
        for direction, change in (("outbound", moved), ("inbound", 0.0)):
            hours = look.find(gate[0], side, mode, direction, "time_h") or out
            off = look.find(gate[0], side, mode, direction, "off_log_sd")
            fresh = {
                "crossing_time_id": f"{gate[0]}_{side}_{mode}_{direction}{CARRIED}",
                "crossing_id": gate[0],
                "side": side,
                "direction": direction,
                "mode": mode,
                "year": year,
                "time_h": max(0.0, hours.value + change),
                "off_log_sd": off.value if off and off.key == hours.key else None,
                "use": "model",
                "source_id": join_sources(hours.source_id, crossing["source_id"]),
                "basis": worst_basis(hours.basis, crossing["basis"], "computed"),
                "note": f"{hours.value:.2f} h before; queue {change:+.2f} h at the changed load.",
            }
            rows.append({**dict.fromkeys(times.columns), **fresh})
    return rows
