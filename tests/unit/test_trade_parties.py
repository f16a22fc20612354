"""Which end of a direction is which: exporter, importer, words."""

from __future__ import annotations

import pytest

from karwan.case import read_case
from karwan.trade.parties import A_TO_B, B_TO_A, DIRECTIONS, Parties, other_way

PARTIES = Parties("KAZ", "PAK", "Kazakhstan", "Pakistan")


@pytest.mark.parametrize(("direction", "ends"), [(A_TO_B, ("KAZ", "PAK")), (B_TO_A, ("PAK", "KAZ"))])
def test_ends_and_direction_are_each_others_inverse(direction: str, ends: tuple[str, str]) -> None:
    assert PARTIES.ends(direction) == ends
    assert PARTIES.direction_of(ends[0]) == direction
    assert PARTIES.other(ends[0]) == ends[1]
    assert PARTIES.ends(other_way(direction)) == ends[::-1]


def test_labels_are_of_both_directions_and_their_total() -> None:
    assert PARTIES.labels == {
        "a_to_b": "Kazakhstan to Pakistan",
        "b_to_a": "Pakistan to Kazakhstan",
        "total": "both ways",
    }


def test_a_third_country_has_no_direction() -> None:
    with pytest.raises(ValueError, match="UZB"):
        PARTIES.direction_of("UZB")
    with pytest.raises(ValueError, match="total"):
        PARTIES.ends("total")
    assert PARTIES.name("UZB") == "UZB"


def test_a_case_knows_its_parties() -> None:
    case = read_case("toyland")
    assert case.parties.codes == (case.settings.party_a, case.settings.party_b)
    assert case.parties.name_a == case.country_name(case.settings.party_a)
    assert [case.parties.ends(way)[0] for way in DIRECTIONS] == list(case.parties.codes)
