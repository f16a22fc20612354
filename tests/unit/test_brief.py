from datetime import date

import openpyxl
import polars as pl
import pytest

import karwan
from karwan.analysis.corridors import CorridorStudy
from karwan.analysis.observed import error_summary
from karwan.report import render_html, write_workbook
from karwan.trade.parties import DIRECTIONS
from karwan.transport.corridor import corridor_route

DAY = date(2026, 11, 24)


@pytest.fixture(scope="module")
def project():
    return karwan.open_case("kaz-pak")


@pytest.fixture(scope="module")
def brief(kaz_pak_brief):
    assert kaz_pak_brief.as_of == DAY
    return kaz_pak_brief


@pytest.fixture(scope="module")
def toy_brief():
    return karwan.open_case("toyland").brief()


def test_every_corridor_is_answered_both_ways(brief, project):
    settings = project.case.settings
    pairs = len(settings.origins) * len(settings.destinations)
    corridors = project.case["corridors"].height
    assert brief.corridors.routes.height == 2 * pairs * corridors
    assert corridors >= 5


def test_afghan_corridors_are_closed_with_reason_and_still_priced(brief):
    rows = brief.corridors.routes.filter(pl.col("corridor_id").is_in(["KTAP", "KUAP"]))
    assert set(rows["status"]) == {"closed"}
    assert rows["usd_20t"].null_count() == 0
    assert all("clashes" in reason for reason in rows["reason"])


def test_before_the_closure_the_afghan_corridors_are_open(project):
    study = CorridorStudy(project.case, date(2025, 9, 15))
    kuap = next(row for row in study.corridors if row["corridor_id"] == "KUAP")
    load = study.shipment()
    found = [
        corridor_route(study.network(way, load.form), load, kuap, *pair, backward=way == DIRECTIONS[1])
        for way in DIRECTIONS
        for pair in study.pairs(way)
    ]
    assert len(found) == 12
    assert {one.status for one in found} == {"open"}


def scheduled_hours(project, day):
    """Hours of each route as scheduled, without the closures and queues that its simulated journeys meet."""
    study = CorridorStudy(project.case, day)
    rows = []
    for one in study.corridors:
        for direction in DIRECTIONS:
            network = study.network(direction, study.shipment().form)
            for pair in study.pairs(direction):
                found = corridor_route(
                    network, study.shipment(), one, *pair, backward=direction == DIRECTIONS[1]
                )
                if found.route is not None:
                    rows.append((one["corridor_id"], *pair, direction, found.route.hours))
    names = ["corridor_id", "origin_id", "destination_id", "direction", "scheduled_h"]
    return pl.DataFrame(rows, schema=names, orient="row")


def test_money_and_hours_are_the_sums_of_the_stages(brief, project):
    keys = ["corridor_id", "origin_id", "destination_id", "direction"]
    sums = brief.corridors.stages.group_by(keys).agg(
        pl.col("usd_20t").sum().alias("usd"),
        pl.col("hours").sum().alias("h"),
        pl.col("co2_kg").sum().alias("kg"),
    )
    joined = brief.corridors.routes.join(sums, on=keys)
    assert joined.height == brief.corridors.routes.filter(pl.col("status") != "absent").height
    assert (joined["usd_20t"] - joined["usd"]).abs().max() < 1e-6
    scheduled = joined.join(scheduled_hours(project, DAY), on=keys)
    assert scheduled.height == joined.height
    assert (scheduled["scheduled_h"] - scheduled["h"]).abs().max() < 1e-6
    assert (joined["hours"] / 24 - joined["days"]).abs().max() < 1e-9
    assert joined["days"].is_between(joined["days_p05"], joined["days_p95"]).all()
    assert (joined["co2_kg"] - joined["kg"]).abs().max() < 1e-6


def test_the_contradicted_figure_of_the_article_is_said(brief):
    text = " ".join(brief.standing.conflicts["statement"])
    assert "USD 38.7 m for Jan–Oct 2025" in text
    assert "USD 89.6 m for Jan–Jul 2025" in text


def test_observed_trips_stand_beside_the_model_with_signed_errors(brief):
    table = brief.corridors.validation
    trial = table.filter(pl.col("trip_id") == "KTZE_PAV_KHI_2024").row(0, named=True)
    assert trial["use"] == "validate"
    assert trial["error_days"] == pytest.approx(trial["model_days"] - trial["observed_days"])
    assert set(error_summary(table)["use"]) <= {"calibrate", "validate", "shown"}
    assert table.filter(pl.col("error_days").is_not_null()).height >= 10


def test_goods_carry_a_landed_cost_that_adds_up(brief):
    landed = brief.goods.landed
    assert landed.height >= 40
    parts = ["price_usd_t", "freight_usd_t", "insurance_usd_t", "time_usd_t", "loss_usd_t"]
    total = landed.select(pl.sum_horizontal(*parts, pl.col("duty_usd_t").fill_null(0.0))).to_series()
    assert (total - landed["landed_usd_t"]).abs().max() < 1e-6


def test_the_first_page_says_what_its_figures_are(brief):
    """What a hostile reader turned round once: growth, kinds of figures, years, duty, lateness, errors."""
    said = "\n".join(brief.headlines)
    for part in (
        "USD 105.6 m in 2025 by Kazakhstan's customs statistics",
        "USD 227.6 m in FY 2024/25 by Pakistan's payments statistics",
        "No 2026 figure is known: the newest ends on 31 December 2025",
        "−8.0 % by Kazakhstan's customs statistics (Aug–Dec 2025 on Aug–Dec 2024, by subtraction; 2025 as a whole +97 %)",
        "−17 % by Pakistan's payments statistics (Jul–Oct 2025 on Jul–Oct 2024)",
        "growth of 847 % a year",
        "0 past their date",
        "first deliveries of “Deliver 600 electric buses to Pakistan”, due 30 April 2026",
        "USD 2.4 m a year of duty: a transfer",
        "8 of 1,366 comparable pairs grew 9.47-fold in 4 years; the date is 1.0 years after the last full year: an upper bound of base rates, none of models",
        "off by 2.7 days on average (mean absolute error, n = 31), −1.0 with its sign",
    ):
        assert part in said
    assert max(map(len, brief.headlines)) <= 600  # a longer one would end in an ellipsis


def test_a_speech_is_no_statistic_anywhere_in_the_standing(brief):
    assert "speech" not in set(brief.standing.growth["claimed"])
    assert 250e6 not in set(brief.standing.mirror["value_b_usd"])


def test_stand_ins_are_printed_apart_with_their_notes(brief):
    page = render_html(brief)
    announced, stand_ins = page.split("Ventures that the sources announce")[1].split(
        "Stand-ins: ventures that nobody announced"
    )
    assert "Grain terminal" not in announced
    assert "No such terminal was announced" in stand_ins
    assert "Stand-in: the plant at Uralsk" in announced  # the tannery is announced, its size is not


def test_late_promises_come_first(brief):
    late = brief.plan.commitments["late"].to_list()
    assert late == sorted(late, reverse=True)
    contracts = brief.plan.commitments.filter(pl.col("kind") == "private")
    assert brief.plan.by_domain["total"].sum() == brief.plan.commitments.height - contracts.height == 77
    assert "electric_buses" in contracts["commitment_id"].to_list()


def test_every_source_named_is_listed(brief):
    known = set(brief.basis.sources["source_id"])
    used = {s for text in brief.corridors.stages["source_id"] for s in text.split(";")}
    assert used <= known


def test_nothing_after_the_day_is_known(project):
    early = project.status(as_of=date(2025, 1, 1)).tables["reported"]
    assert early["period_end"].max() <= date(2025, 1, 1)


def test_same_inputs_give_the_same_page(toy_brief):
    first = render_html(toy_brief)
    second = render_html(karwan.open_case("toyland").brief())
    assert first == second


def test_the_workbook_lists_the_cells_behind_each_amount(toy_brief, tmp_path):
    brief = toy_brief
    write_workbook(brief, tmp_path / "brief.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "brief.xlsx", read_only=True)["Amounts"]
    head, *body = [row for row in sheet.iter_rows(values_only=True) if any(v is not None for v in row)]
    names = list(brief.corridors.amounts.columns)
    assert len(head) == len(names)
    cells = [dict(zip(names, row, strict=True)) for row in body if isinstance(row[names.index("part")], int)]
    assert len(cells) == brief.corridors.amounts.height > 0
    assert all(c["table"] is None or (c["key"] and c["column"] and c["source_id"]) for c in cells)
    parts = {(c["corridor_id"], c["direction"], c["part"]): c for c in cells}
    shown = brief.corridors.routes.filter(pl.col("pair_label").is_in(brief.corridors.amounts["pair_label"]))
    assert shown.height == len({key[:2] for key in parts})
    for route in shown.iter_rows(named=True):
        own = [c for key, c in parts.items() if key[:2] == (route["corridor_id"], route["direction"])]
        for quantity, column in (("USD", "usd_20t"), ("kg CO2e", "co2_kg")):
            total = sum(c["amount"] for c in own if c["quantity"] == quantity)
            assert total == pytest.approx(route[column], rel=1e-9)


def test_the_second_case_needs_no_code(toy_brief, tmp_path):
    paths = karwan.save_brief(toy_brief, tmp_path)
    assert [p.name.removeprefix("toyland-2025-07-01") for p in paths] == [
        ".html",
        ".pdf",
        "-annex.pdf",
        ".xlsx",
    ]
    assert all(p.stat().st_size > 10_000 for p in paths)
