"""Seconds of the loop of corridor and trade on kaz-pak: networks of all pairs and states, one loop, draws.

python benchmarks/coupling.py [--draws 200]
"""

from __future__ import annotations

import argparse
import gc
from statistics import median
from time import perf_counter, process_time

from karwan.analysis.corridors import CorridorStudy
from karwan.analysis.coupling.answer import read_states, solve_change
from karwan.analysis.coupling.drawn import Drawing, case_spreads, solve_draws
from karwan.analysis.coupling.problem import Coupling
from karwan.analysis.coupling.world_trade import read_world_trade
from karwan.appraisal.coupling.trade import GENERAL, PARTIAL
from karwan.case import read_case
from karwan.memory import COLLECT_AFTER


def main() -> None:
    """Print one line a phase."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--draws", type=int, default=200)
    draws = options.parse_args().draws
    gc.set_threshold(*COLLECT_AFTER)  # as every command does
    case = read_case("kaz-pak")
    study = CorridorStudy(case, case.settings.as_of)
    states = read_states(study, ["today"])
    world = read_world_trade(case)
    wall, cpu = perf_counter(), process_time()
    coupling = Coupling(study, world, states.scenarios, states.cases)
    change = coupling.change(states.before, states.after)
    print(f"networks, routes and arrays: {perf_counter() - wall:.1f} s ({process_time() - cpu:.1f} s of CPU)")
    print(
        f"goods {change.corridor.goods}, rows {change.corridor.good.size}, countries {len(world.countries)}"
    )
    for kinds, queues in (((PARTIAL,), False), ((GENERAL,), False), ((GENERAL,), True)):
        times = []
        for _ in range(9):
            wall = perf_counter()
            solved = solve_change(change, kinds, queues=queues)
            times.append(perf_counter() - wall)
        print(f"{kinds[0]}, {'with' if queues else 'no'} queues: {1000 * median(times):.1f} ms")
    numbers = (coupling.plan.states.index(states.before), coupling.plan.states.index(states.after))
    for frozen in (None, change.corridor.added_h(solved.volume_day)):
        drawing = Drawing(coupling, change, numbers, GENERAL, case_spreads(coupling), frozen)
        wall = perf_counter()
        solve_draws(drawing, draws, 1)
        label = "loop solved again" if frozen is None else "queues held"
        print(f"{draws} draws, {label}: {perf_counter() - wall:.1f} s")


if __name__ == "__main__":
    main()
