"""Ports, terminals and zones in words."""

from __future__ import annotations

from karwan.words.english.plural import Plural

PORT: dict[str, str | Plural] = {
    "port.no_terminals": "The case has no terminals here: fill `terminals.csv`.",
    "port.terminals_blank": "A blank is not known, not nil. Expected storage is that of a stay which may be longer than the free days.",
    "port.terminals_assumed": Plural(
        "terminals",
        "{terminals} off-dock terminal rests on assumed figures: a route takes it only with --include-assumed. Its published tariff and the "
        "stay of boxes in it would decide.",
        "{terminals} off-dock terminals rest on assumed figures: a route takes them only with --include-assumed. Their published tariffs and "
        "the stay of boxes in them would decide.",
    ),
    "port.no_zones": "The case has no free zones: fill `zone_terms.csv`.",
    "port.rows_cut": "{table}: the first {top} of {rows} rows; --json or --csv hold all, --top N shows more.",
    "port.zones_cut": (
        "Shown: {shown} of {rows} rows, the best good of each zone and use. Left out besides: cases without a figure ({without}), terms of zones ({terms}), the inputs. "
        "--all prints them, --top N more zones and uses, --json and --csv hold all."
    ),
    "port.zone_best": (
        "Most is gained by its owner with {product} in {zone} for {use}: USD {gain_usd_t:,.0f} a tonne, {low_usd_t:,.0f} to {high_usd_t:,.0f}. Duty and tax that a "
        "treasury leaves or gets later are a transfer: no worth to the country, and nothing says that the goods would come."
    ),
    "port.zone_sure": "In {sure} of {rows} rows the zone gains at every end of the ranges.",
    "port.zone_no_figure": Plural(
        "rows",
        "No figure in {rows} case: the terms bar the use, or are not known.",
        "No figure in {rows} cases: the terms bar the use, or are not known.",
    ),
    "port.zone_assumed": (
        "Interest, stay, refunds, moves and rent are assumed, with ranges; the band takes all of them at the ends that make the gain least and "
        "most. What a law exempts is from the source of the row."
    ),
    "port.no_market": "No country of the market {market} is named: fill `market_members.csv`.",
    "port.no_flows": "No trade with the market {market} is published in the case: fill `world_flows.csv`. What is lacking is listed.",
    "port.no_places": "No published trade with the market {market} has both its ends in the network. What is lacking is listed.",
    "port.choice_first": (
        "{pairs} of the {of} country pairs of the market {market} have published trade and a way ({names}). Of their {total_usd} a year, "
        "{port} takes the most of all ports: {port_share} "
        "({low_share} to {high_share}), {value_usd} ({low_usd} to {high_usd}), and {of_ports_share} of what goes by the ports compared."
    ),
    "port.choice_first_fixed": (
        "{pairs} of the {of} country pairs of the market {market} have published trade and a way ({names}). Of their {total_usd} a year, "
        "{port} takes the most of all ports: {port_share} "
        "in every draw, as all of it goes by it, {value_usd} ({low_usd} to {high_usd}), and {of_ports_share} of what goes by the ports compared."
    ),
    "port.choice_first_trade": (
        "{pairs} of the {of} country pairs of the market {market} have published trade and a way ({names}). Of their {total_usd} a year, "
        "{port} takes the most of all ports: {port_share} "
        "({low_share} to {high_share}), {value_usd} ({low_usd} to {high_usd}), and {of_ports_share} of what goes by the ports compared. "
        "No pair by it has another way in the network, so the band is of what the pairs trade alone, not of a choice."
    ),
    "port.choice_sanctioned": "Under sanctions on {day:%Y-%m-%d} are the ways by {ports}; the shares count them as open, as a route does unless asked --lawful-for.",
    "port.choice_banned": Plural(
        "more",
        "Banned: {rules}. One more ban, of a line or place, is in the table.",
        "Banned: {rules}. Bans of lines and places besides, in the table: {more}.",
    ),
    "port.choice_shut": "Shut: {places}.",
    "port.choice_slow": "Slow: {places}.",
    "port.choice_no_land": (
        "The network has no land way into {countries}: what goes there by land, or went in the year of the trade, is given to the ports."
    ),
    "port.choice_tonnes": "Tonnes are assumed: one value a tonne stands for all goods of a pair, the column USD/t of the pairs.",
    "port.choice_observed": "Observed shares stand beside and are of other trades: {shares}.",
    "port.choice_state": (
        "Crossings stand as on the day of the case; the trade was made under {scenarios}. --open NAME takes places as open."
    ),
    "port.choice_single": Plural(
        "pairs",
        "{pairs} country pair has one way in the network, or one port without a rival there, so its share rests on which links there are: {names}.",
        "{pairs} country pairs have one way in the network, or one port without a rival there, so their shares rest on which links there are: {names}.",
    ),
    "port.choice_assumed": "Left out as all that is known of their terminals is assumed: {ports}. Their tariff and stay would decide; --include-assumed takes them.",
    "port.choice_model": (
        "Shares are a path-size logit on the generalised cost of whole routes of the reference load, all that is paid counted; the band is of "
        "{draws} draws of the scale of choice, of what the cost by way of each port leaves out and of how far the one report of each pair's trade is "
        "off, for tonnes of the price of one of the exporter's goods too. All are assumed; no share was fitted to an observed one."
    ),
    "port.page_lead": "By which port the published trade with a market goes, and how sure that is.",
    "port.market_gulf": "the Gulf",
    "port.market_south_asia": "South Asia",
    "port.market_central_asia": "Central Asia",
    "port.page_title": "By which port to {market}?",
    "port.shares_figure": "Share by port",
    "port.shares_unit": "share of the value of the trade",
    "port.shares_caption": "Line: 5th to 95th of a hundred draws. Published shares stand in the table, as they are of other trades.",
}
