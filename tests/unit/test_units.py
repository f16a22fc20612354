"""The unit that carries a cargo form on each mode."""

from __future__ import annotations

import pytest

from karwan.transport.network.units import units_by_mode


def vehicle(name: str, mode: str, form: str, default: bool = False) -> dict[str, object]:
    return {"vehicle_id": name, "mode": mode, "form": form, "default": default}


VEHICLES = (
    vehicle("tipper", "road", "bulk"),
    vehicle("silo", "road", "bulk", default=True),
    vehicle("tilt", "road", "box"),
    vehicle("long", "road", "box"),
    vehicle("hopper", "rail", "bulk", default=True),
)


@pytest.mark.parametrize(
    ("form", "chosen", "found"),
    [
        ("bulk", (), {"road": "silo", "rail": "hopper"}),  # the usual one, not the first
        ("box", (), {"road": "tilt", "rail": "hopper"}),  # the first where none is usual; another form's where none carries it
        ("bulk", ("tipper",), {"road": "tipper", "rail": "hopper"}),
        ("box", ("long", "silo"), {"road": "long", "rail": "hopper"}),
    ],
)  # fmt: skip
def test_each_mode_takes_the_unit_of_the_form(
    form: str, chosen: tuple[str, ...], found: dict[str, str]
) -> None:
    units = units_by_mode(VEHICLES, form, chosen)
    assert {mode: unit.row["vehicle_id"] for mode, unit in units.items()} == found


def test_a_load_fills_the_unit_of_its_mode_alone() -> None:
    units = units_by_mode(VEHICLES, "bulk", fill_t={"rail": 30.0})
    assert {mode: unit.fill_t for mode, unit in units.items()} == {"road": None, "rail": 30.0}
