"""What a table of flows holds that is not counted, in words."""

from __future__ import annotations

from karwan.words.english.plural import Plural

FLOWS: dict[str, str | Plural] = {
    "mirror.case_alone": "{fact} The two sides are those that {case} publishes; the store adds nothing here.",
    "flows.none_by": "No figure of trade in the case {case} is of a period that ended by {day}: the first ends on {first}.",
    "flows.case_none": "The case {case} publishes no figures of trade yet: fill flows.csv, or give --store FILE (`karwan trade ingest`).",
    "flows.rows": Plural("count", "{count:,} row", "{count:,} rows"),
    "flows.no_value": "{rows} without a value left out: unknown is not zero.",
    "flows.blank": "{rows} with a blank cell left out.",
    "flows.left_out": "{rows} {what} left out ({worth_usd}).",
    "flows.no_country": "of what is no country ({groups})",
    "flows.world": "with the World as a partner",
    "flows.own": "of a country's trade with itself",
    "flows.totals": "of totals and parts ('Total', 'of which')",
    "flows.no_code": "of what is no product code",
    "flows.only_such": "Only such rows have: {countries}.",
    "flows.repeated": "{rows} that repeat another in every column left out ({worth_usd}): {named}.",
    "flows.several": "{flows:,} flows stand on several rows, which are added: {named}.",
    "flows.levels": "Levels are mixed: the codes of {digits} digits are taken; {others} left out as the same trade again.",
    "flows.level": "{rows} of {digits} digits ({worth_usd})",
    "flows.level_alone": "{rows} of them are of flows without codes of {digits} digits ({worth_usd}).",
}
