"""`karwan corridor observed` as a user calls it."""

from __future__ import annotations

import csv
import io
import json
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


def test_what_nobody_measured_is_shown_on_request(found: dict[str, Any]) -> None:
    plain = RUN.invoke(app, ["corridor", "observed", "kaz-pak"]).stdout
    states = [trip["status"] for trip in found["trips"]]
    assert "plan" not in plain
    assert "plan" in states
    assert states.count("claim") > plain.count("claim")
    parts = RUN.invoke(app, ["corridor", "observed", "toyland", "--csv"]).stdout.split("# trips\n")
    assert [row["use"] for row in csv.DictReader(io.StringIO(parts[1]))] == ["validate", "calibrate"]
