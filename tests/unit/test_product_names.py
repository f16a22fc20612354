"""Names of HS codes, and codes by words."""

from __future__ import annotations

import polars as pl
import pytest

from karwan.analysis.contract import Inputs
from karwan.analysis.levels import named
from karwan.analysis.product_names import answer_names
from karwan.analysis.stored import _with_names
from karwan.analysis.trade_requests import NamesRequest
from karwan.errors import UnknownName
from karwan.store.product_names import codes_of_words, hs_names, name_of


def test_there_are_all_chapters_and_the_subheadings_of_hs_2022() -> None:
    lengths = [len(code) for code in hs_names()]
    assert (lengths.count(2), lengths.count(4) > 1200, lengths.count(6) > 5500) == (97, True, True)


@pytest.mark.parametrize(
    ("code", "name"), [("10", "Cereals"), ("1001990020", "wheat"), ("100590", "Maize"), ("109999", "Cereals")]
)
def test_a_code_has_its_name_or_that_of_what_it_is_under(code: str, name: str) -> None:
    assert name.lower() in str(name_of(code)).lower()


def test_what_is_no_code_has_no_name() -> None:
    assert (name_of("wheat"), name_of("0"), name_of("")) == (None, None, None)


def test_words_name_the_widest_codes_held() -> None:
    held = ["0713", "071310", "071320", "100111", "100119", "520100"]
    assert codes_of_words("durum wheat", held) == ("100111", "100119")
    assert codes_of_words("chickpea", held) == ("071320",)
    assert codes_of_words("leguminous", held) == ("0713",)
    with pytest.raises(UnknownName, match="wheat"):
        codes_of_words("wheet", held)


def test_a_table_of_codes_gets_names() -> None:
    table = pl.DataFrame({"product": ["10", "52"], "value_usd": [1.0, 2.0]})
    assert named(table)["name"].to_list() == ["Cereals", "Cotton"]
    assert named(table.with_columns(product=pl.Series(["0", "9"])))["name"][0] == "Food and live animals"
    words = table.with_columns(product=pl.Series(["tea", "rice"]))
    assert named(words).columns == ["product", "value_usd"]


def test_the_command_lists_what_is_under_a_code() -> None:
    codes = answer_names(Inputs(), NamesRequest(("10.01",))).tables["codes"]["product"].to_list()
    assert codes[0] == "1001" and all(code.startswith("1001") for code in codes)
    with pytest.raises(UnknownName, match="7799"):
        answer_names(Inputs(), NamesRequest(("7799",)))


def test_codes_of_other_nomenclatures_get_no_names_of_hs() -> None:
    rows = pl.DataFrame({"product": ["041", "1001"], "hs_revision": ["S4", "HS22"], "flows": [1, 1]})
    assert _with_names(rows, frozenset({"S4", "HS22"}))["name"].to_list() == [None, "Wheat and meslin"]
    alone = rows.head(1).drop("hs_revision")
    assert _with_names(alone, frozenset({"S4"})).equals(alone)
    assert _with_names(alone.with_columns(product=pl.lit("1001")), frozenset({"HS"})).width == 3
