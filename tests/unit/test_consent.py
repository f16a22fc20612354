"""Whose consent a scenario supposes, by what it changes."""

import pytest

from karwan.analysis.consent import scenario_consent
from karwan.case import Case, read_case
from karwan.case.scenario_file import Override, Scenario


@pytest.fixture(scope="module")
def toyland() -> Case:
    return read_case("toyland")


def changed(*overrides: Override) -> Scenario:
    return Scenario("s", "S", "", ("toy",), "assumed", overrides)


OWNER = {"operator_id": "OWN", "name": "Owner", "country": "XTB", "kind": "carrier"}
CHILD = {"operator_id": "NEW", "name": "New", "country": "XTC", "kind": "venture", "owners": "OWN;TOYHAUL"}


@pytest.mark.parametrize(
    ("overrides", "wanted"),
    [
        pytest.param([Override("regimes", "set", ("toy_pact",), {"state": "in_force"})], ("XTA", "XTC"), id="agreement"),
        pytest.param(
            [Override("access", "set", ("low_any",), {"rule": "allowed", "regime_id": "toy_transit"})],
            ("XTA", "XTB", "XTC"),
            id="rule that rests on an agreement of others",
        ),
        pytest.param([Override("crossings", "set", ("Y",), {"opening_hours": "00:00-24:00"})], ("XTB", "XTC"), id="crossing"),
        pytest.param([Override("crossing_times", "set", ("Y_XTC_road",), {"time_h": "3"})], ("XTC",), id="one side of it"),
        pytest.param([Override("closures", "set", ("y24",), {"end": "2024-05-06"})], ("XTB", "XTC"), id="closure"),
        pytest.param([Override("links", "set", ("A-X",), {"speed_kmh": "80"})], ("XTA",), id="road"),
        pytest.param(
            [Override("tariffs", "add", ("t",), {"tariff_id": "t", "importer": "XTC", "exporter": "XTA"})], ("XTC",), id="tariff"
        ),
        pytest.param([Override("operators", "add", ("OWN",), OWNER), Override("operators", "add", ("NEW",), CHILD)], ("XTA", "XTB", "XTC"), id="owners of a company"),
        pytest.param([Override("parameters", "set", ("insurance_share",), {"value": "0.01"})], (), id="nobody"),
    ],
)  # fmt: skip
def test_whoever_decides_about_a_row_must_agree(
    toyland: Case, overrides: list[Override], wanted: tuple[str, ...]
) -> None:
    assert scenario_consent(toyland, changed(*overrides)) == wanted
