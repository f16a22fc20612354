"""The brief in words: titles, captions, leads and notices of its sections."""

from __future__ import annotations

from karwan.words.english.plural import Plural

BRIEF: dict[str, str | Plural] = {
    "brief.one_process": "Reckoned in one process: no second one could be had ({reason}). The figures are the same, the wait is longer.",
    "brief.no_trade_by_product": (
        "Trade by product is not shipped with the case. `karwan trade ingest baci FILE` brings a CEPII BACI file in, `karwan trade ingest "
        "comtrade` asks UN Comtrade; `karwan brief CASE --store FILE` and `karwan trade potential {a} {b} --store FILE` then use it."
    ),
    "brief_standing.times_without": ", {times} times with unusual months as a year before",
    "brief_standing.lead": (
        "Two statistics describe the same trade: each side counts what it sees, at its own dates and values. They are never added; one picture, “One estimate "
        "from both reports”, makes one figure of them, and that is computed."
    ),
    "brief_standing.title": "Where we stand",
    "brief_standing.annual_figure": "Trade over twelve months against the target",
    "brief_standing.annual_caption": (
        "Each bar stands on the twelve months it counts, calendar or fiscal. Both panels share one scale "
        "that starts at zero and holds the target. Dashed: assumed, or said but not published as "
        "statistics. Older figures stand in annex A."
    ),
    "brief_standing.annual_unit": "USD, twelve months",
    "brief_standing.distance_table": "Distance to the targets",
    "brief_standing.distance_note": (
        "Growth needed is the yearly rate that leads from the last full year to the target on its date."
    ),
    "brief_standing.growth_figure": "Growth like for like",
    "brief_standing.growth_caption": (
        "The latest pairs; all are in the table. Ring: the earlier months; dot: the same months later. "
        "Logarithmic scale: equal lengths are equal ratios."
    ),
    "brief_standing.growth_unit": "USD in the months named",
    "brief_standing.reconciled_figure": "One estimate from both reports",
    "brief_standing.reconciled_caption": (
        "Both reports reconciled, freight taken off imports. How far each may err comes from the gaps "
        "between the two where enough are known, else it is assumed; the band is the interval that "
        "remains. Computed, not observed."
    ),
    "brief_standing.reconciled_unit": "USD a year",
    "brief_standing.growth_table": "Growth like for like: same reporter, direction and months",
    "brief_standing.refused_table": "Comparisons refused",
    "brief_standing.mirror_table": "The same trade in both sides' statistics",
    "brief_standing.conflicts": "Figures that contradict each other",
    "brief_standing.no_trade_figures": "No trade figures",
    "brief_standing.no_trade_figures_why": (
        "The case has no rows in `flows.csv`: type published figures in, or ingest trade data."
    ),
    "brief_corridors.lead": (
        "Door to door, both directions, for {load}. Each corridor keeps its colour on every picture; a "
        "closed one carries the figures it would have if it were open."
    ),
    "brief_corridors.stage_caption": (
        "Full colour: line haul; dark: border crossings; lighter: transfer, sailing, waiting. Dashed "
        "outline: closed on the day."
    ),
    "brief_corridors.weak_map_title": "Map of the weak points, {day}",
    "brief_corridors.weak_map_caption": (
        "What shutting one place alone would cost the trade of the two countries in a year on the next "
        "best way, money and time together. Numbers are ranks in the table. Links join places by straight"
        " lines; coasts and borders as on the first map."
    ),
    "brief_corridors.title": "Corridors",
    "brief_corridors.compared_note": (
        "Days: mean and range of simulated journeys, random closures of borders among them. Borders: those crossed by land. CO2e well to wheel per 20 t. "
        "Assumed: share of the hours and money that rests on assumed inputs. Seen: when what shuts or slows a way was last reported."
    ),
    "brief_corridors.one_rate": " One rate for both ways: {corridors}.",
    "brief_corridors.state_open": "open, no sanction known",
    "brief_corridors.state_ban": "banned: {ban}",
    "brief_corridors.state_sanctions": "under {authority} sanctions",
    "brief_corridors.state_slowed": "slowed: {places}",
    "brief_corridors.state_seen": "seen {day}",
    "brief_corridors.announced": "announced {day}",
    "brief_corridors.corridor_table": "Corridors compared, {day}",
    "brief_corridors.closures_table": "Shut or slowed on the day of the brief",
    "brief_corridors.weak_map_figure": "Where the corridors are weak",
    "brief_corridors.weak_map_unit": "USD a year",
    "brief_corridors.criticality_table": "Weak points: loss if shut, worth of an hour and of a truck",
    "brief_corridors.criticality_note": (
        "Money a year for the trade between the two, all of it taken as the reference product; a truck "
        "where the case states a capacity. All places and two shut together: `karwan corridor critical`."
    ),
    "brief_corridors.sensitivity_table": "Which assumption could flip the answer",
    "brief_corridors.no_routes": "No routes",
    "brief_corridors.no_routes_why": (
        "The case has no corridor with a route: fill `corridors.csv`, `nodes.csv` and `links.csv`."
    ),
    "brief_corridors.stages_figure": "Where money and days go, {pair}",
    "brief_corridors.arrivals_figure": "When it arrives, {pair}",
    "brief_corridors.validation_figure": "Model against observed trips",
    "brief_corridors.validation_caption": (
        "Error is model minus observed, over observed. No parameter was fitted to a trip held back to "
        "validate."
    ),
    "brief_corridors.validation_unit": "days",
    "brief_corridors.validation_table": "Model against observed trips, signed errors",
    "brief_corridors.validation_note": "Per: what the money is for; FEU is a 40 ft container, t a tonne.",
    "brief_corridors.criticality_figure": "Weak points",
    "brief_corridors.criticality_caption": "What closing each place alone would add on the best way round.",
    "brief_corridors.criticality_unit": "USD a tonne; hours",
    "brief_corridors.no_arrivals": "No arrival distributions",
    "brief_corridors.no_arrivals_why": (
        "The run held means only: percentiles of the days come from simulated journeys."
    ),
    "brief_corridors.stages_unit": "USD per 20 t; days",
    "brief_corridors.arrivals_caption": (
        "Simulated journeys with opening hours, sailings, known closures, random closures as often and as"
        " long as recorded, and the queues both leave: nine in ten arrive within the line."
    ),
    "brief_corridors.arrivals_unit": "days door to door",
    "brief_goods.lead": (
        "What a tonne costs when it arrives, and how much of that is the way: freight, insurance, time in"
        " transit and loss."
    ),
    "brief_goods.landed_caption": (
        "Each bar is the landed price of a tonne; beside it the share that the corridor takes (freight, "
        "insurance, time, loss) and the price itself. Small block: the corridor used. {day}.{lent}"
    ),
    "brief_goods.landed_lent": " †: the seller's price is not known, that of another country stands in.",
    "brief_goods.groups_title": "What is traded, {way}, {period}",
    "brief_goods.title": "Goods",
    "brief_goods.landed_picture": "Landed price, {label}",
    "brief_goods.potential_figure": "Potential against actual",
    "brief_goods.potential_caption": (
        "Potential and actual: as published, each of the year named; what is unrealised stands only where both are of one year, as dollars of two "
        "years have no difference. Offered: what sellers say they could supply, which nobody is known to want."
    ),
    "brief_goods.potential_unit": "USD a year",
    "brief_goods.potential_table": "Potential by product",
    "brief_goods.basket_text": "The basket: what it solves and what binds",
    "brief_goods.basket_table": "Goods chosen",
    "brief_goods.basket_bound": "{usd} ({of})",
    "brief_goods.basket_note": (
        "{first} {tested} Chosen: value at origin a year. Cap: the least of bound, part of the offer (†) and the greatest share of one good. Bound: "
        "the most that can be sold, where demand is known."
    ),
    "brief_goods.no_landed_costs": "No landed costs",
    "brief_goods.no_landed_costs_why": (
        "The case has no products with a price and an open or would-be route: fill `products.csv` and "
        "`tariffs.csv`."
    ),
    "brief_goods.fill_further": "What would fill this section further",
    "brief_goods.landed_table": "Landed cost, {label}",
    "brief_goods.no_potential": "Potential by product is not in this run",
    "brief_goods.no_potential_why": "Ingest product-level trade of both sides to fill it.",
    "brief_goods.no_basket": "No basket was solved",
    "brief_goods.no_basket_why": (
        "`karwan basket` chooses goods that reach a target value; it needs potentials by product."
    ),
    "brief_goods.landed_figure": "What the landed price is made of, {label}",
    "brief_goods.landed_unit": "share of USD per tonne",
    "brief_goods.groups_caption": "Area is value, by {who}'s statistics; one colour per sector.",
    "brief_goods.groups_unit": "USD in the period",
    "brief_ports.title": "Ports",
    "brief_ports.lead": ("The gates to the sea side by side: depth, room, dwell and what a load pays."),
    "brief_ports.side_by_side": "Ports side by side",
    "brief_ports.side_by_side_note": (
        "Figures are of the terminals named in the last line, which need not be all of a port; each has its own year. Door to door: from the first origin."
    ),
    "brief_ports.ports_figure": "Ports compared door to door",
    "brief_ports.ports_caption": (
        "Over the cheapest route, open or closed, from the reference origin. {day}."
    ),
    "brief_ports.ports_unit": "USD per 20 t; days",
    "brief_ports.terminals_table": "Terminals of the ports",
    "brief_ports.off_dock_table": "Off-dock terminals and dry ports",
    "brief_ports.free_zones_table": "Free zones and what they exempt",
    "brief_ports.annex_title": "Terminals and zones",
    "brief_ports.annex_lead": "What a box pays at the terminals of both countries, and a tonne with and without each free zone.",
    "brief_ports.terms_table": "Terms of the terminals",
    "brief_ports.zone_gains_table": "With and without the zone",
    "brief_ports.zone_gains_note": (
        "At least and at most: all assumed inputs at the ends of their ranges that make the gain least and most. `karwan port compare` has all goods."
    ),
    "brief_ports.no_ports": "No ports",
    "brief_ports.no_ports_why": (
        "The case names no ports: fill `terminals.csv` and `brief.ports` in `case.yaml`."
    ),
    "brief_plan.lead": "{plan_title}: what was promised, by whom, until when, and what is late on {day}.",
    "brief_plan.title": "The plan",
    "brief_plan.commitments_table": "Commitments, late ones first",
    "brief_plan.contracts_table": "Contracts of companies beside the plan",
    "brief_plan.contracts_note": "No government promised them: they are in no count of the plan.",
    "brief_plan.worth_table": "Promises by what keeping them is worth",
    "brief_plan.worth_text": "What the worth of a promise rests on",
    "brief_ventures.table": "Would the ventures pay",
    "brief_ventures.note": (
        "FNPV, FIRR: net present value and rate of return of the project; ENPV, EIRR: of both economies. Discounted at: real rates a year, and the year of the prices. "
        "Bands of joint draws of all inputs; a dagger: assumed inputs drive more than half of how the value varies, so no single value stands."
    ),
    "brief_ventures.reasons": "Ventures without figures",
    "brief_ventures.annex_title": "Ventures",
    "brief_ventures.annex_lead": "Indicators of each venture that has figures; of those that somebody announced cash, what decides, and who gains.",
    "brief_ventures.figure": "{figure}: {venture}",
    "brief_plan.ventures_table": "Ventures that the sources announce",
    "brief_plan.stand_ins_table": "Stand-ins: ventures that nobody announced",
    "brief_plan.stand_ins_note": (
        "Supposed by the case so that they can be reckoned; the note says from what."
    ),
    "brief_plan.status_figure": "Commitments by domain and status",
    "brief_plan.status_caption": "One square per commitment, as known on {day}.",
    "brief_plan.status_unit": "count of commitments",
    "brief_plan.timeline_figure": "Milestones",
    "brief_plan.timeline_caption": (
        "Dots stand at their dates; a name belongs to the dot its line comes from."
    ),
    "brief_plan.timeline_unit": "date",
    "brief_plan.no_plan": "No plan",
    "brief_plan.no_plan_why": "The case has no commitments: fill `commitments.csv` and `milestones.csv`.",
    "brief_plan.valued": " at the trade of {year} (USD {usd}{beside})",
    "brief_plan.valued_beside": "; all of {newest}: {usd}",
    "brief_plan.worth_note": "Worth a year{base}. At the target: as much for each dollar of that trade; no forecast.",
    "brief_plan.worth_figure": "What keeping a promise is worth",
    "brief_plan.worth_caption": (
        "Through the scenario that models it, each alone, from where things stand. Duty no longer paid is"
        " a transfer, no worth: the bars are in the order of what is left without it. Promises of one "
        "scenario share one bar. Of {promises} promises{beside} {without} have no figure."
    ),
    "brief_plan.worth_contracts": " and {contracts} contracts",
    "brief_plan.worth_unit": "USD a year",
    "brief_plan.gains_figure": "Who gains and who loses",
    "brief_plan.gains_caption": (
        "Each promise kept alone, where trade, incomes and queues answer: trade of every country pair on the "
        "corridors counts, duty goes back to who pays it. Bars to the left are losses. Scenarios that move "
        "nobody are left out; `karwan plan worth CASE --general-equilibrium` has bands and the other rule of deficits."
    ),
    "brief_plan.gains_others": (
        "Most of the largest gain is trade with and of others: “{modelled}” is worth USD {own} a year in the trade of the two that is valued; USD {third} of its gain "
        "falls to third countries."
    ),
    "brief_plan.loss_cause": "By the model the side that loses sells USD {less} less to {market}, where the other sells {more} more than with what is shut today.",
    "brief_plan.loss_bands": "5 to 95 % of joint draws, from left to right: {spans}.",
    "brief_plan.gains_unit": "USD a year, linear",
    "brief_corridors.fact_sanctions": "; it falls under {authority} sanctions",
    "brief_target.title": "Will the target be reached",
    "brief_target.lead": "Several models side by side, and how often others grew as much over four and over eight years: for a nearer date an upper bound of that rate.",
    "brief_target.back_tests_table": "How these ways did on past forecasts",
    "brief_target.back_tests_note": (
        "Best first. CRPS: distance of the whole forecast from what came, smaller is better."
    ),
    "brief_target.chances_table": "Chances by model",
    "brief_target.base_rate_table": "Historical base rate",
    "brief_target.without_table": "Chances with unusual months as a year before",
    "brief_target.without_note": (
        "Months of a side's last year that are many times those of the year before are taken as in that year; random walk, Student t. Where the chance is higher "
        "so, the last step is larger: a walk that swings more reaches further up as well as down."
    ),
    "brief_target.chances_figure": "Chance of reaching the target",
    "brief_target.chances_caption": "Point: probability; line: its range. Read the spread, not one number.",
    "brief_target.chances_unit": "probability",
    "brief_target.promised_figure": "Chance of the target with and without each promise",
    "brief_target.promised_caption": "Grey: as things stand; dark: trade starts as many times higher as the promise brings; tick: how often comparable pairs grew as much.",
    "brief_target.fan_figure": "Forecast to the target date",
    "brief_target.fan_caption": "Bands hold half and nine tenths of the simulated futures of each model.",
    "brief_target.fan_unit": "USD a year",
    "brief_target.chances_text": "What the chances rest on",
    "brief_target.no_forecast": "No forecast in this run",
    "brief_target.no_forecast_why": (
        "`karwan trade target` forecasts to the target date and counts how often comparable country pairs"
        " grew as much."
    ),
    "brief_basis.lead": (
        "What nobody observed, nor computed from what was observed, is assumed, and says so: in tables it is set in italics with a dagger."
    ),
    "brief_basis.parties": "{party_a}, {party_b} and the like: countries by their ISO codes.",
    "brief_basis.title": "What this rests on",
    "brief_basis.conflicts": "Sources that contradict each other; both are kept",
    "brief_basis.warnings_table": "Values outside their plausible bounds",
    "brief_basis.warnings_note": "{left} more are listed by `karwan case check`.",
    "brief_basis.basis_figure": "Observed, computed, assumed",
    "brief_basis.basis_caption": "Share of the input rows by what they rest on.",
    "brief_basis.basis_unit": "share of rows",
    "brief_basis.nothing": "Nothing to account for",
    "brief_basis.nothing_why": "The case holds no rows yet.",
    "brief_basis.short_forms": "What the short forms mean",
    "brief_annexes.reported_table": "Published figures, each as its source gives it",
    "brief_annexes.all_routes_table": "All routes of the brief, both directions",
    "brief_annexes.annex_a_title": "Every published figure",
    "brief_annexes.annex_a_lead": (
        "Both sides, never merged: official statistics, press and speeches as each gives its figure."
    ),
    "brief_annexes.annex_b_title": "Every route",
    "brief_annexes.annex_b_lead": "Between all the brief's origins and destinations.",
    "brief_annexes.annex_c_title": "Stage by stage",
    "brief_annexes.annex_c_lead": (
        "The reference pair by corridor; line hauls of one mode in one country are one row."
    ),
    "brief_page.marks": (
        "Italic figures with a dagger (†) rest on assumed inputs. Small raised numbers lead to the list "
        "of sources."
    ),
    "brief_page.fonts_missing": "Set in the reader's own fonts: the font files are not installed.",
    "brief_page.made_by": "Made by Karwan {version} from the case {case_id}.",
    "brief_page.map_title": "Map of the corridors, {day}",
    "brief_page.map_description": "Corridors drawn: {corridors}. Shut on the day: {shut}.",
    "brief_page.map_figure": "The corridors",
    "brief_page.map_caption": (
        "Corridors on {day}. Lines join the places a corridor passes. Distances in kilometres at the "
        "scale bar."
    ),
    "brief_page.facts_table": "Key figures, {day}",
    "brief_page.facts_measure": "Measure",
    "brief_page.facts_value": "Value",
    "brief_page.facts_unit": "Unit and date",
    "brief_map.no_countries": "Coasts and borders are not drawn: the file of countries is not installed.",
    "brief_map.no_relief": "Relief is not drawn: its file holds no land here, or is not installed.",
    "brief_map.disputed": "Dashed borders are disputed: {names}.",
    "brief_map.no_position": (
        "Borders are drawn for orientation and imply no position on the status of any territory."
    ),
    "brief_map.lines": (
        "Ways follow road, railway and sea lane where a line of the case is known, else they are straight: © OpenStreetMap contributors (ODbL) "
        "by scgraph_data, lanes of Eurostat by searoute."
    ),
    "brief_map.countries": "Coasts and borders: Natural Earth 1:10m, public domain.",
    "brief_map.relief": (
        "Relief: NOAA ETOPO 2022 at 5 arc minutes; rivers: Natural Earth (PyWorldAtlas map data, CC0)."
    ),
    "brief_map.outline": (
        "Coasts and borders: Natural Earth 1:10m, public domain; drawn for orientation, they imply no "
        "position on the status of any territory."
    ),
    "brief_book.as_of": "As of",
    "brief_book.case": "Case",
    "brief_book.version": "Version of Karwan",
    "brief_book.under": "Stands under",
    "brief_book.assumed": (
        "Figures in brown italics rest on assumed inputs (basis: assumed). Shares are fractions shown as "
        "per cent."
    ),
    "brief_book.money": (
        "Money is in USD of the period named. An empty cell is missing, never zero. source_id leads to "
        "the sheet Sources."
    ),
    "brief_book.headline": "Headline {rank}",
    "brief_book.sheet": "Sheet",
    "brief_book.rows": "Rows",
    "brief_book.section": "Section of the brief",
    "brief_book.annual_rows": "Reporter and period",
    "brief_book.annual_chart": "Trade over twelve months, by reporter (USD)",
    "brief_book.annual_about": "Trade over twelve months by reporter and direction, never merged",
    "brief_page.as_of": "As of {day}, Karwan {version}",
    "brief_page.missing": "What is missing",
    "brief_page.facts_here": "Key figures",
    "brief_page.corridor": "Corridor",
    "brief_page.on_the_day": "On the day",
    "brief_page.late": "Late commitments, {count}",
    "brief_page.late_first": "Late commitments, {count}, the first {shown}",
    "brief_page.due": "Due",
    "brief_page.days_late": "Days late",
    "brief_page.commitment": "Commitment",
    "brief_page.rests_on": "Rests on {rows} input rows, {assumed} of them assumed; {sources} sources.",
    "brief_plan.fact": "Commitments of the plan",
    "brief_plan.fact_unit": (
        "on {day}: {done} done, {late} past their date and not known to be done{overdue}"
    ),
    "brief_plan.fact_overdue": ", {part} overdue in part",
    "brief_target.fact": "Chance of reaching the target",
    "brief_target.fact_unit": "by {models} models of each side's own past{less}; with their own error up to {most}; base rates stand in section 6",
    "brief_target.fact_less": ", with and without its unusual months",
    "brief_corridors.fact_best": (
        "USD per 20 t and {days} days by {corridor}, the cheapest of {open} open of {total}{law}"
    ),
    "brief_corridors.fact_none": "none",
    "brief_corridors.fact_none_unit": "of {total} corridors is open",
    "brief_corridors.fact_shut": "Places shut",
    "brief_corridors.fact_shut_unit": "on {day}: {places}",
    "brief_corridors.fact_slowed": "Places slowed",
    "brief_corridors.fact_slowed_unit": "on {day}, see the table of closures",
    "brief_corridors.fact_others": " and others",
}
