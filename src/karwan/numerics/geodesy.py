"""Distances on the Earth's surface between places given in degrees."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

EARTH_RADIUS_KM = 6371.0088
"""Mean radius R1 of the WGS 84 ellipsoid (IUGG)."""


def great_circle_km(
    lat_a: ArrayLike, lon_a: ArrayLike, lat_b: ArrayLike, lon_b: ArrayLike
) -> NDArray[np.float64]:
    """Great-circle distance by the haversine formula on a sphere of 6371.0088 km.

    Within 0.6 % of the distance on the ellipsoid, which is enough to judge a length along a road.

    Parameters
    ----------
    lat_a, lon_a, lat_b, lon_b
        Degrees, WGS 84; scalars or arrays that broadcast to one shape. NaN gives NaN.

    Returns
    -------
    Distances in km, of the broadcast shape (a 0-d array for four scalars).

    References
    ----------
    Sinnott, R. W. (1984), Virtues of the haversine, Sky and Telescope 68(2), 159.

    Examples
    --------
    >>> round(float(great_circle_km(43.2565, 76.9285, 24.9056, 67.0822)))
    2229
    """
    lat_1, lon_1, lat_2, lon_2 = (
        np.radians(np.asarray(x, dtype=np.float64)) for x in (lat_a, lon_a, lat_b, lon_b)
    )
    chord = (
        np.sin((lat_2 - lat_1) / 2) ** 2 + np.cos(lat_1) * np.cos(lat_2) * np.sin((lon_2 - lon_1) / 2) ** 2
    )
    return np.asarray(2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.clip(chord, 0.0, 1.0))))
