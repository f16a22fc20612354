"""`karwan corridor observed` as a user calls it."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from karwan.cli.app import app

RUN = CliRunner(env={"COLUMNS": "160"})


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    """All trips of the large case."""
    shown = RUN.invoke(app, ["corridor", "observed", "kaz-pak", "--all", "--json"])
    assert shown.exit_code == 0, shown.output
    content: dict[str, Any] = json.loads(shown.stdout)
    return content


def test_both_groups_stand_apart_with_signed_errors(found: dict[str, Any]) -> None:
    trips = {t["trip_id"]: t for t in found["trips"]}
    assert {t["use"] for t in trips.values()} == {"validate", "calibrate", "shown"}
    timed = [t for t in trips.values() if t["error_days"] is not None and t["status"] == "done"]
    for trip in timed:
        assert trip["error_days"] == pytest.approx(trip["model_days"] - trip["observed_days"])
    for group in found["mean errors"]:
        errors = [t["error_days"] for t in timed if t["use"] == group["use"]]
        assert group["trips"] == len(errors)
        assert group["mean_error_days"] == pytest.approx(sum(errors) / len(errors))
        assert group["mean_abs_error_days"] == pytest.approx(sum(map(abs, errors)) / len(errors))


def test_what_nobody_measured_is_shown_on_request(found: dict[str, Any], toy_copy: Path) -> None:
    assert {"plan", "claim"} <= {trip["status"] for trip in found["trips"]}
    with (toy_copy / "trips.csv").open(newline="", encoding="utf-8") as file:
        trips = list(csv.DictReader(file))
    told = [trips[0] | {"trip_id": state, "status": state, "use": "shown"} for state in ("plan", "claim")]
    with (toy_copy / "trips.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(trips[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows([*trips, *told])
    plain, every = (
        RUN.invoke(app, ["corridor", "observed", str(toy_copy), *asked, "--csv"]).stdout.split("# trips\n")[1]
        for asked in ([], ["--all"])
    )
    rows = [
        [(row["use"], row["status"]) for row in csv.DictReader(io.StringIO(text))] for text in (plain, every)
    ]
    assert rows[0] == [("validate", "done"), ("calibrate", "done")]
    assert sorted(rows[1]) == sorted([*rows[0], ("shown", "plan"), ("shown", "claim")])
