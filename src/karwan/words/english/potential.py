"""What could be traded, in words."""

from __future__ import annotations

from karwan.words.english.plural import Plural

POTENTIAL: dict[str, str | Plural] = {
    "potential.nothing": "nothing the method asks for",
    "potential.published": "published figures of the case {case}; no product-level table was given",
    "potential.commands": (
        "`karwan trade ingest baci BACI_HS17_Y2020_V202501.csv --store trade.duckdb` brings HS6 trade of all countries in; "
        "`karwan trade potential {exporter} {importer} --store trade.duckdb --level hs6` then estimates by product."
    ),
    "potential.corridor": (
        "{product}: carriage is expected to take {now} of the value (over {over}), under {scenarios} {then} (over {then_over})"
    ),
}
