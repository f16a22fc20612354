"""Laws of a distance on a sphere."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from karwan.numerics.geodesy import EARTH_RADIUS_KM, great_circle_km

PLACE = st.tuples(st.floats(-90, 90), st.floats(-180, 180))


@given(a=PLACE, b=PLACE)
def test_symmetric_bounded_and_blind_to_whole_turns(a: tuple[float, float], b: tuple[float, float]) -> None:
    km = float(great_circle_km(*a, *b))
    assert 0 <= km <= np.pi * EARTH_RADIUS_KM * (1 + 1e-12)
    assert abs(km - float(great_circle_km(*b, *a))) < 1e-6
    assert abs(km - float(great_circle_km(a[0], a[1] + 360, *b))) < 1e-3


@given(a=PLACE, b=PLACE, c=PLACE)
def test_no_detour_is_shorter(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> None:
    direct = float(great_circle_km(*a, *c))
    assert direct <= float(great_circle_km(*a, *b)) + float(great_circle_km(*b, *c)) + 1e-3
