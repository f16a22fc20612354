"""What a mapping file may say, and how a wrong one is told."""

from __future__ import annotations

import random
from importlib.resources import files

import pytest

from karwan.case.yaml_input import parse_yaml
from karwan.errors import InvalidInput
from karwan.store.sources.mapping import TableMapping, parse_mapping

WHOLE = "columns: {exporter: a, importer: b, period: t, product: k, value: v}\n"


def mapping_of(text: str) -> TableMapping:
    return parse_mapping(parse_yaml(text, "m.yaml", as_text=True))


def test_mapping_problems_are_listed_at_once() -> None:
    text = "layout: ods\ncolour: 1\ncolumns:\n  value: {column: v, times: 2}\n  exporter: {codes: iso9, column: x}\n"
    with pytest.raises(InvalidInput) as caught:
        mapping_of(text)
    said = str(caught.value)
    assert "m.yaml has 4 problems" in said
    assert "line 1: `layout` is not known (`ods`); allowed: 'csv', 'xlsx' or 'parquet'" in said
    assert "line 2: `colour` is no key known here" in said
    assert "line 4: `columns.value.times` is no key known here" in said
    assert "line 5: `columns.exporter.codes` is not known (`iso9`)" in said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x", "m.yaml, line 1: is not a table of keys and values"),
        ("", "m.yaml, line 1: is not a table of keys and values"),
        ("columns: [a]", "`columns` is not a table of keys and values"),
        ("columns: {exporter: 1, price: p}", "names the unknown field `price`"),
        (WHOLE + "columns2: x", "`columns2` is no key known here, did you mean `columns`?"),
        (WHOLE + "parts: 3", "line 2: `parts` is not a list (`3`)"),
        (WHOLE + "parts: [3]", "`parts[0]` is not a table of keys and values (`3`)"),
        (WHOLE + "parts: [{value: 3, weight: [q]}]", "`parts[0].weight` is not a table"),
        (WHOLE + "keep: {column: x}", "`keep` is not a list"),
        (WHOLE + "keep: [{column: x, values: [a]}]", "`keep[0].reason` is missing"),
        (WHOLE + "keep: [{column: x, values: a, reason: r}]", "`keep[0].values` is not a list (`a`)"),
        (WHOLE + "flags: [{column: x, values: [a], flag: 'a;b'}]", "`flags[0].flag`"),
        (WHOLE + "flags: no", "`flags` is not a list (`no`)"),
        (WHOLE + "delimiter: ', '", "`delimiter` is no separator of columns (`, `)"),
        (WHOLE + "delimiter: tab", "one character such as"),
        (WHOLE + "delimiter: ''", "`delimiter` is no separator of columns"),
        (WHOLE + "delimiter: [';']", "`delimiter` is not text"),
        *((WHOLE + f"encoding: {name}", "`encoding` is no encoding of texts") for name in
          ("windows-cyrillic", "hex", "rot13", "idna", "undefined", "cp037", "юникод", "'a b'", "''")),
        (WHOLE + "decimal: ';'", "`decimal` is not known (`;`); allowed: '.' or ','"),
        (WHOLE + "thousands: 0", "`thousands` does not part thousands (`0`)"),
        (WHOLE + "decimal: '.'\nthousands: '.'", "one mark for decimals and thousands"),
        (WHOLE + "header_row: first", "`header_row` is not a whole number (`first`)"),
        (WHOLE + "header_row: 0", "`header_row` is out of bounds (`0`); allowed: at least 1"),
        (WHOLE + "sheet: [a]", "`sheet` is not text"),
        (WHOLE + "missing_marks: NA", "`missing_marks` is not a list (`NA`)"),
        (WHOLE + "missing_marks: [[NA]]", "`missing_marks[0]` is not text"),
        (WHOLE + "missing_value: zero", "`missing_value` is not known (`zero`)"),
        (WHOLE + "repeats: twice", "`repeats` is not known (`twice`)"),
        (WHOLE + "name: {a: b}", "`name` is not text"),
        (WHOLE + "nomenclature:", "`nomenclature` is not text"),
        (WHOLE.replace("period: t", "period: {column: t, fiscal_start_month: July}"), "`columns.period.fiscal_start_month`"),
        (WHOLE.replace("period: t", "period: {column: t, fiscal_start_month: 13}"), "allowed: at most 12"),
        (WHOLE.replace("period: t", "period: {column: t, month_column: [m]}"), "`columns.period.month_column` is not text"),
        (WHOLE.replace("value: v", "value: {column: v, multiply: [1000]}"), "`columns.value.multiply` is not a number"),
        (WHOLE.replace("value: v", "value: {column: v, multiply: 1,000}"), "`columns.value"),
        (WHOLE.replace("value: v", "value: {column: v, multiply: .nan}"), "`columns.value.multiply`"),
        (WHOLE.replace("value: v", "value: {column: v, multiply: 0}"), "`columns.value.multiply` is out of bounds"),
        (WHOLE.replace("value: v", "value: {column: v, value: 1}"), "`columns.value` has both or neither of them"),
        (WHOLE.replace("value: v", "value: {}"), "`columns.value` has both or neither of them"),
        (WHOLE.replace("product: k", "product: {column: k, level: six}"), "`columns.product.level` is not a whole number"),
        (WHOLE.replace("product: k", "product: {column: k, strip: [.]}"), "`columns.product.strip` is not text"),
        (WHOLE.replace("exporter: a", "exporter: {column: a, values: export}"), "`columns.exporter.values` is not a table"),
        (WHOLE.replace("exporter: a", "exporter: {column: a, values: {x: [y]}}"), "`columns.exporter.values.x` is not text"),
        (WHOLE.replace("exporter: a", "exporter: {column: a, only: maybe}"), "`columns.exporter.only` is neither true nor false"),
        (WHOLE.replace("exporter: a", "exporter: {column: [a]}"), "`columns.exporter.column` is not text"),
        (WHOLE.replace("exporter: a, ", ""), "has no sides"),
        (WHOLE.replace("period: t, ", ""), "has no field `period`"),
        (WHOLE.replace("exporter: a", "exporter: a, valuation: {value: exw}"), "the valuation `exw`; allowed: fob"),
    ],
)  # fmt: skip
def test_a_wrong_mapping_is_told_by_key_value_and_what_is_allowed(text: str, said: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        mapping_of(text)
    assert said in str(caught.value)
    assert caught.value.fact.startswith("m.yaml")


def test_texts_of_a_mapping_stay_as_written() -> None:
    text = WHOLE.replace("exporter: a", "exporter: {column: 2024, values: {NO: NOR, 0901: X, 578: NOR}}")
    found = mapping_of(text).columns["exporter"]
    assert found.column == "2024"
    assert found.values == {"NO": "NOR", "0901": "X", "578": "NOR"}
    assert mapping_of(WHOLE + "missing_marks: [null, NA, ~x]").missing_marks == ("null", "NA", "~x")


def mutated(text: str, dice: random.Random) -> str:
    """The text with a few pieces cut, doubled, or replaced by marks YAML reads meaning into."""
    marks = (
        "{",
        "}",
        "[",
        "]",
        ":",
        ",",
        "&a ",
        "*a",
        "!x ",
        "~",
        "\n",
        "  ",
        "'",
        '"',
        "- ",
        "? ",
        "| ",
        "1e999",
        "٣",
        "\x85",
    )
    for _ in range(dice.randint(1, 4)):
        start = dice.randrange(len(text) + 1)
        stop = min(len(text), start + dice.randint(0, 12))
        text = text[:start] + dice.choice((*marks, "", text[start:stop] * 2)) + text[stop:]
    return text


def test_a_mutated_mapping_is_read_or_refused_by_our_error_only() -> None:
    dice = random.Random(9)
    folder = files("karwan.store") / "mappings"
    whole = [entry.read_text("utf-8") for entry in folder.iterdir() if entry.name.endswith(".yaml")]
    read = 0
    for _ in range(300):
        try:
            read += isinstance(mapping_of(mutated(dice.choice(whole), dice)), TableMapping)
        except InvalidInput as error:
            assert error.fact.startswith("m.yaml")
    assert 0 < read < 300
