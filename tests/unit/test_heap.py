"""The kernels' heap against heapq and against sorting."""

from __future__ import annotations

import heapq

import numpy as np
import pytest

from karwan.numerics.heap import pop, push


@pytest.mark.parametrize("distinct", [3, 1000])
def test_keys_come_out_as_from_heapq(distinct: int) -> None:
    rng = np.random.default_rng(distinct)
    key, item = np.empty(500), np.empty(500, np.int32)
    size, twin, held = 0, [], set()
    for step in range(1500):
        if size and (size == 500 or rng.random() < 0.45):
            k, i = float(key[0]), int(item[0])
            size = pop(key, item, size, None)
            assert k == heapq.heappop(twin)
            held.remove((k, i))
        else:
            k = float(rng.integers(0, distinct))
            size = push(key, item, size, k, step, None)
            heapq.heappush(twin, k)
            held.add((k, step))
        assert size == len(twin)


def test_labels_of_equal_key_come_out_by_their_other_bounds_then_number() -> None:
    rng = np.random.default_rng(1)
    state = rng.integers(0, 5, 400).astype(np.int32)
    g, bound = rng.integers(0, 3, (400, 3)).astype(float), rng.integers(0, 3, (5, 3)).astype(float)
    ties = (state, g, bound)
    total = g + bound[state]
    key, item = np.empty(400), np.empty(400, np.int32)
    size = 0
    for label in rng.permutation(400).tolist():
        size = push(key, item, size, total[label, 0], label, ties)
    out = []
    while size:
        out.append(int(item[0]))
        size = pop(key, item, size, ties)
    assert out == sorted(range(400), key=lambda label: (*total[label].tolist(), label))
