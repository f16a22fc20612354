"""Documents of the plan and what can be watched, on rows that would make them lie."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner

import karwan
from karwan.analysis.agreements import NONE_PUBLISHED, documents_table, indicators_table
from karwan.case import Case, read_case
from karwan.cli.app import app
from tests.unit.test_headlines import promise, with_rows

DAY = date(2026, 11, 24)


@pytest.fixture(scope="module")
def toyland() -> Case:
    return read_case("toyland")


def filled(case: Case, name: str, rows: list[dict[str, Any]]) -> Case:
    """The case with rows in a table that may have none."""
    schema = case[name].schema
    table = pl.DataFrame([{column: None for column in schema} | row for row in rows], schema=schema)
    return replace(case, tables={**case.tables, name: table})


def agreement(key: str, day: date | None, **other: Any) -> dict[str, Any]:
    return {
        "agreement_id": key,
        "title": key.upper(),
        "date": day,
        "source_id": "s",
        "basis": "observed",
        **other,
    }


def test_a_document_says_whether_it_is_in_force_what_followed_and_what_is_owed(toyland: Case) -> None:
    case = with_rows(
        toyland, "commitments", [promise("kept", status="done"), promise("due", status="in_progress")]
    )
    case = filled(
        case,
        "agreements",
        [
            agreement("talks", None, signed="no"),
            agreement("month", date(2026, 2, 1), date_precision="month", signed="yes", in_force="not_found"),
            agreement("later", date(2026, 11, 25)),
            agreement(
                "old", date(2025, 5, 1), in_force="yes", follow_up="A meeting.", commitments=["kept", "due"]
            ),
            agreement("done", date(2025, 6, 1), in_force="none_needed", commitments=["kept"]),
        ],
    )
    table = documents_table(case, DAY)
    assert table.select("agreement_id", "date", "in_force", "followed", "owed").rows() == [
        ("old", "2025-05-01", "yes", "A meeting.", "due (in progress)"),
        ("done", "2025-06-01", "needs none", "nothing found", None),
        ("month", "2026-02", "not found", "nothing found", None),
        ("talks", None, None, "nothing found", None),
    ]


def seen(key: str, quantity: str, value: float | None, day: date, **other: Any) -> dict[str, Any]:
    return {
        "indicator_id": key,
        "domain_id": other.pop("domain_id"),
        "quantity": quantity,
        "value": value,
        "kind": "seen",
        "date": day,
        "source_id": "s",
        "basis": "observed",
        **other,
    }


def test_every_promise_has_an_observed_quantity_or_none_published(toyland: Case) -> None:
    domain = toyland["domains"]["domain_id"][0]
    names = ("flown", "aimed", "compared", "future", "bare")
    case = with_rows(toyland, "commitments", [promise(name, domain_id=domain) for name in names])
    rows = [
        seen("old", "flights", 2.0, date(2023, 7, 8), domain_id=domain, commitments=["flown"]),
        seen(
            "new",
            "flights",
            1250.5,
            date(2026, 1, 1),
            domain_id=domain,
            commitments=["flown"],
            date_precision="year",
        ),
        seen("aim", "students", 9.0, date(2029, 1, 1), domain_id=domain, commitments=["aimed"], kind="aim"),
        seen(
            "other",
            "tourists",
            5.0,
            date(2025, 1, 1),
            domain_id=domain,
            commitments=["compared"],
            kind="comparison",
        ),
        seen("ahead", "buses", 5.0, date(2027, 1, 1), domain_id=domain, commitments=["future"]),
        seen("alone", "centres", None, date(2025, 1, 1), domain_id=domain, value_text="2 to 5"),
    ]
    table = indicators_table(filled(case, "indicators", rows), DAY)
    found = table.filter(pl.col("commitment_id") == "flown").row(0, named=True)
    assert (found["value"], found["date"], found["baseline"]) == ("1,250.5", "2026", "2 (2023-07-08)")
    bare = table.filter(pl.col("quantity") == NONE_PUBLISHED)["commitment_id"].to_list()
    assert bare == ["aimed", "bare", "compared", "future"]
    assert set(table["commitment_id"].drop_nulls()) == set(names)
    assert table.filter(pl.col("commitment_id").is_null())["value"].to_list() == ["2 to 5"]


def test_the_visit_of_the_flagship_case_is_told_document_by_document(tmp_path: Path) -> None:
    done = CliRunner().invoke(
        app,
        ["brief", "kaz-pak", "--milestone", "state_visit", "--out", str(tmp_path)],
        catch_exceptions=False,
    )
    assert done.exit_code == 0 and "transit trade" in done.output
    assert [path.name for path in tmp_path.iterdir()] == ["kaz-pak-2026-11-24-state_visit.pdf"]
    visit = karwan.open_case("kaz-pak").documents("state_visit").tables["documents"]
    missing = visit.filter(pl.col("in_force") == "not found")["agreement_id"].to_list()
    assert sorted(missing) == [
        "agreement_on_the_use_of_ports",
        "agreement_on_transit_trade",
        "treaty_on_extradition",
        "treaty_on_the_transfer_of_sentenced",
    ]
    assert "yes" not in visit["in_force"].to_list()
    with pytest.raises(karwan.errors.UnknownName, match="no milestone 'picnic'"):
        karwan.open_case("kaz-pak").documents("picnic")


def test_all_ten_domains_of_the_flagship_case_have_promises_and_say_what_is_published() -> None:
    table = karwan.open_case("kaz-pak").indicators_of_plan().tables["indicators"]
    promised = table.filter(pl.col("commitment_id").is_not_null())
    assert promised["domain_id"].n_unique() == 10
    assert promised["commitment_id"].n_unique() == 81
    flights = promised.filter(pl.col("commitment_id") == "direct_flights")
    assert NONE_PUBLISHED not in flights["quantity"].to_list()
