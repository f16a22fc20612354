"""Scenarios: what applying one changes, what it leaves alone, and what is refused."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from karwan.case import Case, embedded_cases, inspect_case, read_case
from karwan.case.scenario import (
    BASE,
    Override,
    Scenario,
    ScenarioError,
    apply_scenario,
    differences,
    find_scenario,
    list_scenarios,
    read_scenario,
)
from karwan.errors import UnknownName
from karwan.transport.duty import find_duty

CASES = embedded_cases()
ALL = [(case, s) for case in CASES for s in list_scenarios(CASES[case])]
WANTED = {
    "transit_agreement",
    "open_afghan_crossings",
    "torghundi_herat_kandahar_railway",
    "uap_railway",
    "khunjerab_all_week",
    "karachi_dwell_two_days",
    "tariff_preference",
    "gwadar_terminal",
    "rail_tariff_discount",
}
HEAD = "id: try\ntitle: Try\ndescription: Try it.\nsource_ids: [judgement]\nbasis: assumed\n"


@pytest.fixture(scope="module")
def toyland() -> Case:
    return read_case("toyland")


@pytest.fixture(scope="module")
def cases() -> dict[str, Case]:
    return {name: read_case(name) for name in CASES}


def scenario(*overrides: Override, basis: str = "assumed") -> Scenario:
    return Scenario("try", "Try", "Try it.", ("judgement",), basis, overrides)


def row(case: Case, table: str, key: str) -> dict[str, object]:
    found = case[table].filter(pl.col(case[table].columns[0]) == key)
    return found.row(0, named=True)


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "try.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def same(one: Case, other: Case) -> bool:
    return all(one[name].equals(other[name]) for name in one.tables)


def test_the_empty_override_is_the_base(toyland: Case) -> None:
    assert same(apply_scenario(toyland, BASE), toyland)
    assert same(apply_scenario(toyland, scenario()), toyland)
    assert differences(toyland, apply_scenario(toyland, BASE)).height == 0


def test_set_changes_named_cells_and_nothing_else(toyland: Case) -> None:
    before = toyland["links"].clone()
    changed = apply_scenario(
        toyland, scenario(Override("links", "set", ("A-X", "X-B"), {"length_km": "99.5"}))
    )
    assert changed["links"].filter(pl.col("length_km") == 99.5)["link_id"].to_list() == ["A-X", "X-B"]
    kept = pl.exclude("length_km", "source_id", "basis", "note")
    assert changed["links"].select(kept).equals(toyland["links"].select(kept))
    assert toyland["links"].equals(before)
    assert all(changed[n].equals(toyland[n]) for n in toyland.tables if n != "links")


def test_a_value_set_to_itself_leaves_every_other_cell(cases: dict[str, Case]) -> None:
    for case in cases.values():
        for name in ("links", "crossings", "tariffs", "closures", "regimes"):
            key = case[name].columns[0]
            keys = tuple(case[name][key])
            column = "note"
            changed = apply_scenario(
                case, scenario(Override(name, "set", keys, {column: "same"}), basis="observed")
            )
            kept = pl.exclude("note", "source_id", "basis")
            assert changed[name].select(kept).equals(case[name].select(kept))


def test_add_puts_the_row_in_key_order_with_defaults(toyland: Case) -> None:
    values = {
        "closure_id": "n",
        "place_kind": "link",
        "place_id": "A-X",
        "kind": "dated",
        "start": "2026-01-01",
    }
    changed = apply_scenario(
        toyland, scenario(Override("closures", "add", ("n",), {**values, "reason": "snow"}, "Supposed."))
    )
    new = row(changed, "closures", "n")
    assert changed["closures"]["closure_id"].is_sorted()
    assert changed["closures"].height == toyland["closures"].height + 1
    assert (new["closure_id"], new["history"], new["end"]) == ("n", True, None)
    assert (new["source_id"], new["basis"], new["note"]) == (
        "judgement",
        "assumed",
        "Scenario try: Supposed.",
    )


def test_remove_takes_the_row_out(toyland: Case) -> None:
    changed = apply_scenario(toyland, scenario(Override("closures", "remove", ("y22",))))
    assert changed["closures"]["closure_id"].to_list() == ["x23", "y24"]


def test_overrides_are_applied_in_order(toyland: Case) -> None:
    remove = Override("fees", "remove", ("mid",))
    raise_ = Override("fees", "set", ("mid",), {"cost_usd": "50"})
    back = Override("fees", "set", ("mid",), {"cost_usd": "45"})
    assert row(apply_scenario(toyland, scenario(raise_, back)), "fees", "mid")["cost_usd"] == 45
    assert row(apply_scenario(toyland, scenario(back, raise_)), "fees", "mid")["cost_usd"] == 50
    assert apply_scenario(toyland, scenario(raise_, remove))["fees"].height == 0
    with pytest.raises(ScenarioError, match=r"fees\.csv has no such row"):
        apply_scenario(toyland, scenario(remove, raise_))


def test_a_touched_row_is_no_better_founded_than_the_scenario(cases: dict[str, Case]) -> None:
    case = cases["kaz-pak"]
    key = case["transfers"].filter(pl.col("basis") == "observed")["transfer_id"][0]
    old = row(case, "transfers", key)
    new = row(
        apply_scenario(case, scenario(Override("transfers", "set", (key,), {"time_h": "1"}, "Why."))),
        "transfers",
        key,
    )
    assert (old["basis"], new["basis"]) == ("observed", "assumed")
    assert new["source_id"] == f"{old['source_id']};judgement".replace(";judgement;judgement", ";judgement")
    assert str(new["note"]).endswith("Scenario try: Why.")
    stated = Override(
        "transfers", "set", (key,), {"time_h": "1", "basis": "computed", "source_id": "judgement"}
    )
    new = row(apply_scenario(case, scenario(stated)), "transfers", key)
    assert (new["basis"], new["source_id"]) == ("computed", "judgement")


def test_an_assumed_row_stays_assumed(toyland: Case) -> None:
    observed = scenario(Override("links", "set", ("A-X",), {"length_km": "121"}), basis="observed")
    assert row(apply_scenario(toyland, observed), "links", "A-X")["basis"] == "assumed"


@pytest.mark.parametrize(
    ("override", "said"),
    [
        (Override("links", "set", ("A-XX",), {"length_km": "1"}), r"did you mean .*A-X"),
        (Override("links", "remove", ("nowhere",)), r"links\.csv has no such row"),
        (Override("linkz", "remove", ("A-X",)), r"did you mean links"),
        (Override("links", "set", ("A-X",), {"length_km": "-3"}), r"outside hard bounds"),
        (Override("links", "set", ("A-X",), {"length_km": "far"}), r"not a float"),
        (Override("links", "set", ("A-X",), {"length_km": ""}), r"required cell is empty"),
        (Override("links", "set", ("A-X",), {"mode": "air"}), r"value not allowed.*road, rail, sea, ferry"),
        (Override("links", "set", ("A-X",), {"lenght_km": "3"}), r"unknown column"),
        (Override("links", "set", ("A-X",), {"to_node_id": "K"}), r"not in nodes\.csv"),
        (Override("links", "set", ("A-X",), {"to_node_id": "A"}), r"joins a node to itself"),
        (Override("nodes", "remove", ("B",)), r"not in nodes\.csv"),
        (Override("closures", "add", ("y22",), {"closure_id": "y22"}), r"already has this row"),
        (Override("closures", "set", ("y22",), {"start": "soon"}), r"not a day"),
    ],
)
def test_what_does_not_fit_the_case_is_refused(toyland: Case, override: Override, said: str) -> None:
    with pytest.raises(ScenarioError, match=said) as caught:
        apply_scenario(toyland, scenario(override))
    assert caught.value.problems


def test_every_problem_is_listed_at_once(toyland: Case) -> None:
    wrong = [Override("links", "set", ("A-X",), {"length_km": "x"}), Override("fees", "remove", ("q",))]
    with pytest.raises(ScenarioError, match="has 2 errors") as caught:
        apply_scenario(toyland, scenario(*wrong))
    assert [p.row for p in caught.value.problems] == [1, 2]


def test_an_unknown_source_is_refused_unless_the_scenario_adds_it(toyland: Case) -> None:
    made = Scenario("try", "Try", "Try it.", ("fresh",), "assumed", ())
    with pytest.raises(ScenarioError, match=r"not in sources\.csv"):
        apply_scenario(toyland, made)
    add = Override("sources", "add", ("fresh",), {"source_id": "fresh", "title": "Fresh", "publisher": "Us"})
    changed = apply_scenario(toyland, Scenario("try", "Try", "Try it.", ("fresh",), "assumed", (add,)))
    assert "fresh" in changed["sources"]["source_id"].to_list()


def test_a_file_reads_as_written(tmp_path: Path) -> None:
    text = HEAD + (
        "overrides:\n"
        "  - {table: links, key: [A-X, X-B], set: {length_km: 12.5, directed: true, opens_on: 2026-05-01, season: }}\n"
        "  - {table: closures, key: y22, remove: true, reason: gone}\n"
        "  - {table: corridors, add: {corridor_id: N, via: [X, Y]}}\n"
    )
    first, second, third = read_scenario(write(tmp_path, text)).overrides
    assert first.keys == ("A-X", "X-B")
    assert first.values == {"length_km": "12.5", "directed": "true", "opens_on": "2026-05-01", "season": ""}
    assert (second.action, second.keys, second.reason) == ("remove", ("y22",), "gone")
    assert (third.keys, third.values["via"]) == (("N",), "X;Y")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not a table of keys"),
        ("[1, 2]", "not a table of keys"),
        ("id: [", "not readable"),
        (
            "x: &x [a, a, a, a, a, a, a, a, a, a]\ny: &y [" + "*x, " * 99 + "]\nid: [" + "*y, " * 9 + "]\n",
            "aliases stand for more",
        ),
        (HEAD + "title: Twice\noverrides: []\n", "key `title` stands twice"),
        (HEAD.replace("id: try", "id: other") + "overrides: []\n", "differs from the file's name"),
        (HEAD.replace("assumed", "guessed") + "overrides: []\n", "'observed', 'computed' or 'assumed'"),
        (HEAD.replace("[judgement]", "[]") + "overrides: []\n", "not a list of sources"),
        (HEAD + "overides: []\n", "did you mean `overrides`"),
        (HEAD + "overrides: {}\n", "not a list"),
        (HEAD + "overrides: [3]\n", "not a table of keys"),
        (HEAD + "overrides: [{table: lnks, key: a, remove: true}]\n", "did you mean links"),
        (HEAD + "overrides: [{table: links, key: a}]\n", "0 actions"),
        (HEAD + "overrides: [{table: links, key: a, remove: true, set: {mode: road}}]\n", "2 actions"),
        (HEAD + "overrides: [{table: links, key: a, remove: no}]\n", "not true"),
        (HEAD + "overrides: [{table: links, remove: true}]\n", "missing"),
        (HEAD + "overrides: [{table: links, key: a, set: {}}]\n", "too few entries"),
        (HEAD + "overrides: [{table: links, key: a, set: {speed: 3}}]\n", "did you mean speed_cv, speed_kmh"),
        (HEAD + "overrides: [{table: links, key: a, set: {link_id: b}}]\n", "key of a row cannot be changed"),
        (HEAD + "overrides: [{table: links, key: a, set: {note: {x: 1}}}]\n", "not a value"),
        (HEAD + "overrides: [{table: links, add: {mode: road}}]\n", "carries its key inside add"),
        (HEAD + "overrides: [{table: links, key: a, remove: true, why: x}]\n", "no key known here"),
    ],
)
def test_a_file_that_is_no_scenario_is_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ScenarioError, match=said):
        read_scenario(write(tmp_path, text))


def test_a_scenario_is_found_by_id_or_path(tmp_path: Path) -> None:
    assert find_scenario(CASES["toyland"], "base") is BASE
    assert find_scenario(CASES["toyland"], "fast_yard").scenario_id == "fast_yard"
    assert find_scenario(CASES["toyland"], str(write(tmp_path, HEAD + "overrides: []\n"))).overrides == ()
    for typed in ("fast_yrd", "yard"):
        with pytest.raises(UnknownName, match="did you mean fast_yard"):
            find_scenario(CASES["toyland"], typed)


def test_differences_name_each_cell(toyland: Case) -> None:
    changed = apply_scenario(
        toyland,
        scenario(
            Override("links", "set", ("A-X",), {"state": "closed"}, "Why."),
            Override("fees", "remove", ("mid",)),
        ),
    )
    table = differences(toyland, changed)
    assert table.filter(pl.col("table") == "links").rows() == [("links", "A-X", "state", "open", "closed")]
    assert set(table.filter(pl.col("table") == "fees")["after"]) == {None}


# -- the scenarios shipped with the cases ----------------------------------------------------------------------


def test_every_planned_scenario_is_there() -> None:
    assert {s.scenario_id for case, s in ALL if case == "kaz-pak"} >= WANTED


@pytest.mark.parametrize(("case", "made"), ALL, ids=[s.scenario_id for _, s in ALL])
def test_a_shipped_scenario_fits_its_case(cases: dict[str, Case], case: str, made: Scenario) -> None:
    changed = apply_scenario(cases[case], made)
    assert differences(cases[case], changed).height > 0
    if made.basis == "assumed":
        assert [o for o in made.overrides if o.action != "remove" and not o.reason] == []


def test_a_case_with_all_scenarios_written_out_still_checks(cases: dict[str, Case], tmp_path: Path) -> None:
    changed = cases["kaz-pak"]
    for case, made in ALL:
        if case == "kaz-pak":
            changed = apply_scenario(changed, made)
    (tmp_path / "case.yaml").write_bytes((CASES["kaz-pak"] / "case.yaml").read_bytes())
    for name, table in changed.tables.items():
        lists = [c for c, kind in table.schema.items() if kind == pl.List(pl.String)]
        table.with_columns(pl.col(lists).list.join(";")).write_csv(tmp_path / f"{name}.csv")
    again, problems = inspect_case(tmp_path)
    assert [p.line() for p in problems if p.severity == "error"] == []
    assert again is not None
    assert same(again, changed)


def test_scenarios_named_by_commitments_exist(cases: dict[str, Case]) -> None:
    for name, case in cases.items():
        named = set(case["commitments"]["scenario_id"].drop_nulls())
        assert named <= {s.scenario_id for c, s in ALL if c == name}


def test_the_preference_halves_the_duty_of_both_sides(cases: dict[str, Case]) -> None:
    base = cases["kaz-pak"]
    changed = apply_scenario(base, find_scenario(CASES["kaz-pak"], "tariff_preference"))
    general = base["tariffs"].filter((pl.col("kind") == "mfn") & (pl.col("use") == "model"))
    for product, importer in general.select("product_id", "importer").iter_rows():
        exporter = "PAK" if importer == "KAZ" else "KAZ"
        extra = (
            base["tariffs"]
            .filter(
                (pl.col("product_id") == product)
                & (pl.col("importer") == importer)
                & (pl.col("kind") == "regulatory")
                & (pl.col("use") == "model")
            )["rate_share"]
            .sum()
        )
        mfn = general.filter((pl.col("product_id") == product) & (pl.col("importer") == importer)).row(
            0, named=True
        )
        duty = find_duty(changed["tariffs"], product, importer, exporter)
        assert duty.rate_share == pytest.approx((mfn["rate_share"] or 0) / 2 + extra)
        assert duty.specific_usd_t == pytest.approx((mfn["specific_usd_t"] or 0) / 2)


def test_reopening_keeps_the_closure_in_the_record(cases: dict[str, Case]) -> None:
    changed = apply_scenario(cases["kaz-pak"], find_scenario(CASES["kaz-pak"], "open_afghan_crossings"))
    assert changed["closures"].height == cases["kaz-pak"]["closures"].height
    assert row(changed, "closures", "tork_2025_10")["end"] == "2026-11-23"
