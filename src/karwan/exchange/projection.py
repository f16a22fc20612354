"""Coordinates of another reference system as degrees of longitude and latitude, WGS 84."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError, ProjError

from karwan.errors import InvalidInput

DEGREES = {"4326", "epsg:4326", "wgs84", "wgs 84", "wgs-84", "ogc:crs84", "crs84", "epsg:4269"}
"""Names under which coordinates are taken as they are."""

MOST_LETTERS = 4_000  # a reference system written out in full has about 2,000


@dataclass(frozen=True)
class Projection:
    """A reference system, and the way from it to degrees.

    Attributes
    ----------
    name
        As the user or the file names it.
    transformer
        None where coordinates are degrees already.
    plane
        Whether its coordinates are lengths on a map.
    """

    name: str
    transformer: Transformer | None = None
    plane: bool = False

    def degrees(
        self, x: Sequence[float], y: Sequence[float]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Longitude and latitude of places; infinite where the system does not reach."""
        east, north = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
        if self.transformer is None or not east.size:
            return east, north
        lon, lat = self.transformer.transform(east, north)
        return np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)


PLAIN = Projection("EPSG:4326")


def projection(name: str) -> Projection:
    """Projection of a reference system: an EPSG code, a name, WKT, or a PROJ text.

    Raises
    ------
    InvalidInput
        The system is not known, or none of the Earth.

    Examples
    --------
    >>> utm = projection("EPSG:32642")
    >>> lon, lat = utm.degrees([500_000.0], [0.0])
    >>> round(float(lon[0]), 6), round(float(lat[0]), 6)
    (69.0, 0.0)
    """
    plain = name.strip()
    if plain.lower() in DEGREES:
        return PLAIN
    try:
        if len(plain) > MOST_LETTERS:
            raise CRSError("the text is too long")
        crs = CRS.from_epsg(int(plain)) if plain.isascii() and plain.isdigit() else CRS.from_user_input(plain)
        if not (crs.is_geographic or crs.is_projected):
            raise CRSError(f"it is a {crs.type_name}, not one of places on a map")
        return Projection(
            plain, Transformer.from_crs(crs, CRS.from_epsg(4326), always_xy=True), crs.is_projected
        )
    except (CRSError, ProjError, ValueError, OverflowError) as error:
        raise InvalidInput(
            f"{plain[:60]!r} is no reference system of coordinates that is known.",
            str(error).splitlines()[0][:120],
            "name it by its EPSG code, as EPSG:32642, or reproject the file to EPSG:4326.",
        ) from None
