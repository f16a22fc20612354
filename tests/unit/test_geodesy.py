"""Great-circle distance against known arcs and the ellipsoid."""

from __future__ import annotations

import numpy as np
import pytest

from karwan.numerics.geodesy import EARTH_RADIUS_KM, great_circle_km


@pytest.mark.parametrize(
    ("a", "b", "share_of_circle"),
    [
        ((0, 0), (0, 1), 1 / 360),
        ((0, 0), (90, 0), 1 / 4),
        ((10, 20), (-10, -160), 1 / 2),
        ((5, 5), (5, 5), 0),
    ],
)
def test_arcs_of_known_share(a: tuple[float, float], b: tuple[float, float], share_of_circle: float) -> None:
    circle = 2 * np.pi * EARTH_RADIUS_KM
    assert float(great_circle_km(*a, *b)) == pytest.approx(share_of_circle * circle, abs=1e-3)


def test_broadcasts_and_keeps_missing() -> None:
    km = great_circle_km(np.array([0.0, np.nan]), 0.0, 0.0, 1.0)
    assert km.shape == (2,)
    assert km[0] == pytest.approx(111.195, abs=0.001)
    assert np.isnan(km[1])


def test_close_to_the_ellipsoid() -> None:
    geod = pytest.importorskip("pyproj").Geod(ellps="WGS84")
    rng = np.random.default_rng(7)
    lat_a, lat_b = rng.uniform(20, 60, 200), rng.uniform(20, 60, 200)
    lon_a, lon_b = rng.uniform(40, 90, 200), rng.uniform(40, 90, 200)
    exact = geod.inv(lon_a, lat_a, lon_b, lat_b)[2] / 1000
    # The sphere is off by at most 0.56 % at these latitudes.
    np.testing.assert_allclose(great_circle_km(lat_a, lon_a, lat_b, lon_b), exact, rtol=0.006)
