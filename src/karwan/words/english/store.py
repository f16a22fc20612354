"""What the trade store has to say."""

from __future__ import annotations

from karwan.words.english.plural import Plural

STORE: dict[str, str | Plural] = {
    "store.rows": Plural("count", "{count:,} row", "{count:,} rows"),
    "store.loaded": "{file} loaded ({source}, load {load})",
    "store.unchanged": "{file} is in the store already: nothing changed ({source}, load {load})",
    "store.kept": "  {stored} stored, {value:,.0f} USD; {rejected} rejected",
    "store.kept_apart": "kept apart by {column}: {why}",
    "store.apart_source": "several sources report the same trade",
    "store.apart_reporter_side": "both sides report the same trade",
    "store.apart_hs_revision": "the same goods stand under several nomenclatures",
    "store.apart_product_level": "a chapter holds its headings",
    "store.apart_frequency": "a year holds its months",
    "store.apart_valuation": "FOB and CIF do not add up",
    "store.apart_partner": "the world and groups hold countries, an unknown partner may, and itself means goods come back",
    "store.apart_period": "the periods overlap",
    "store.no_table": "no correlation table was given",
    "store.no_table_given": "No correlation table was given",
    "store.tables_lead_not": "the tables given ({tables}) do not lead there",
    "store.tables_given_lead_not": "The tables given ({tables}) do not lead there",
    "store.revision_kept": "{revision}: {why} and no {target} codes are there to match; codes are kept as they are",
    "store.revision_converted": "{revision} to {target}: {how}",
    "store.by_table": "by the table",
    "store.by_tables": "over {over} by {count} tables",
    "store.converted": (
        "{exact:d} of {codes:d} codes convert from {source} to {target} without loss {by}; "
        "{split:d} are split between several codes and went to one of them whole; {absent:d} are not in the table."
    ),
    "store.matched": (
        "{why}: {six:d} of {codes:d} codes exist in both revisions and are matched as they are, {four:d} at their heading "
        "(4 digits), {two:d} at their chapter (2 digits), {none:d} not at all."
    ),
    "store.year_without": "{year} is left out: {fact}",
    "partners.more": Plural(
        "count", "{count} more partner: --limit 0 prints all.", "{count} more partners: --limit 0 prints all."
    ),
    "partners.report": (
        "Taken: {source}, {revision}, as {reported_by} reports, {valuation}; {others} other counts of this trade in the store (--source takes another)."
    ),
    "partners.few_sellers": Plural(
        "count",
        "{source} holds what {count} country sells: other origins are missing, so shares, ranks and concentration are not the market's.",
        "{source} holds what {count} countries sell: other origins are missing, so shares, ranks and concentration are not the market's.",
    ),
    "partners.no_year_before": "The report has no year before, so there is no growth.",
    "store.chosen": "From the store: {source}, {revision}, {digits} digits, newest full year {year} (the finest level both countries report in the newest full year).",
    "store.part_years": "Part years set aside: {years}.",
    "store.coarse": "Only {products} groups of goods: too coarse to say what a country makes well, or which goods to sell. Bring in HS6 trade: `karwan trade ingest baci FILE`.",
    "store.one_reports": "Not both of {pair} report in this source: what is missing of one stands in the partners' figures.",
    "store.other_sources": "--source takes another: {others}.",
    "store.no_reports": "The store has no flows of {a} and {b}: their totals are those the case publishes.",
    "store.reports": "From the store: {source}, as {reporter} has it, {first} to {last}.",
    "store.silent_side": "The store has no report of {country} on the pair: what is missing of it is the case's own.",
    "store.no_goods": "The store has no HS6 imports of the two in the {goods} codes of the case: demand and rivals are those of the case.",
    "store.goods": "From the store: what the buyer pays other origins, for {goods} of {all} goods, newest full year each; it replaces the case's older rows.",
    "store.potential": "Potential from the store, {way}: {what}.",
    "store.no_potential": "No potential from the store, {way}: {why}",
    "store.no_partner": "Nothing is said of the pair with {partner}: the figures are exports to the world, without importers (columns: {columns}).",
    "store.upgraded": "The store had format {before}; it is up to date.",
    "store.whole": "The store is whole: {loads:,} loads, {rows:,} rows; {checks:,} checks.",
    "store.damaged": (
        "{failed:,} of {checks:,} checks failed ({loads:,} loads, {rows:,} rows): the store is damaged. "
        "Take it from a backup, or load the files again into a new store."
    ),
}
