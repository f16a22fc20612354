"""Texts of the page."""

from __future__ import annotations

from karwan.words.english.plural import Plural

PAGE: dict[str, str | Plural] = {
    "page.route_title": "Which way, how long, how sure?",
    "page.route_days": "Days from door to door",
    "page.route_days_caption": (
        "Each line runs from the day by which 5 of 100 journeys arrive to the day by which 95 do, closures at random and waits for "
        "openings included."
    ),
    "page.route_money": "Money against late arrival",
    "page.route_money_caption": (
        "A filled mark is on the short list; an open one is the best way of another named corridor. The chosen route is ringed."
    ),
    "page.ask_title": "All questions",
    "page.ask_lead": "Every analysis of the command line, by its name there. Each page has a form, its tables, and the same result as files.",
    "page.map_title": "Corridors and places on {day}",
    "page.map_description": "Corridors: {corridors}. Shut: {shut}. The same routes and places stand in the lists beside the map.",
    "page.corridors_title": "Which corridor, at what money, days and risk?",
    "page.corridors_lead": "{pair}: every named corridor for the reference load. Figures of a shut one are those it would have if it were open.",
    "page.corridors_note": "Median and P95 are days door to door within which half and 95 of 100 journeys arrive.",
    "page.corridor": "Corridor",
    "page.state": "State",
    "page.sort_usd_20t": "money",
    "page.sort_days_p50": "median days",
    "page.sort_days_p95": "late days (P95)",
    "page.sort_co2_kg": "emissions",
    "page.sort_assumed_share": "least assumed",
    "page.corridor_stages": "Money and days by kind of stage",
    "page.corridor_stages_caption": "One bar a corridor, shaded by kind of stage. Dashed and pale: shut, as if it were open.",
    "page.corridor_days": "Days from door to door, by corridor",
    "page.corridor_pairs": "Between the places compared",
    "page.closures": "Shut or slowed on the day",
    "page.crossing_facts": "What is known of it",
    "page.crossing_times": "Hours at each side, by survey and year",
    "page.crossing_closures": "Closures on record",
    "page.crossing_lead": "Border crossing between {a} and {b}.",
    "page.as_if_open": "Routes as if it were open",
    "page.no_rows": "{what}: the case has none.",
    "page.weak_title": "Which place is weak, and what would its closure cost?",
    "page.weak_lead": "Each crossing, terminal and link is closed in turn. A place leads to the planner without it.",
    "page.weak_table": "Weak points, worst first",
    "page.target_title": "Will the target be reached?",
    "page.target_lead": "Chances by random walks and by the historical base rate, side by side; never one bare number.",
    "page.basis": "What the figures rest on",
    "page.basis_caption": "Rows of each table that were observed, computed from others, or assumed.",
    "page.register": "The plan by both sides",
    "page.register_lead": "Each side's own word on every promise, beside the other's; where they differ first. Neither is averaged.",
    "page.no_register": "No register is served",
    "page.no_register_why": (
        "`karwan plan say` writes what a side states into a register; `karwan serve CASE --register FILE` shows it here, and every page takes it as "
        "its plan."
    ),
    "page.register_empty": "Nobody has said anything yet. Tick “Every” and show all promises; each has a page with the forms that say something.",
    "page.entry_written": "Entry {number} is written. Its digest is {digest}.",
    "page.said": "What was said",
    "page.said_lead": "Every entry of both sides by time: what changed, why, and who said it. Nothing is ever taken out.",
    "page.pack": "Pack for a meeting",
    "page.pack_lead": "Disagreements first, then what waits for the other side, what is late or falls due, and what was said.",
    "page.disagreements": "Where the sides disagree",
    "page.exchange": "Sign, send, receive, verify",
    "page.exchange_lead": (
        "Each side keeps a register of its own and sends its chain to the other by mail. Signed heads show later whether anything was cut off or rewritten."
    ),
    "page.basket_title": "Which goods reach the target?",
    "page.basket_lead": "The goods that reach a value at least cost within the terms of the form, and which of the terms bind.",
    "page.basket_frontier": "Draw the cost for 5, 10, 20 and 40 goods",
    "page.trade_title": "What would trade do?",
    "page.trade_lead": (
        "Trade of every pair of countries under a set of promises, with the queues it makes. Name a second set to see both beside each other."
    ),
    "page.against": "Compare with",
    "page.against_help": "Ids of a second set, with commas between.",
    "page.gains_title": "Who gains?",
    "page.gains_lead": "What a set of promises is worth to each country in equilibrium, and where it makes queues.",
    "page.set_of": "{mark}: {names}",
    "page.conflicts": "Where sources disagree",
    "page.sources_title": "Sources",
    "page.sources_lead": "{count} sources stand behind the rows of this case. The small numbers of every page lead here.",
    "page.scenarios_title": "What if promises were kept?",
    "page.scenarios_lead": "Tick scenarios for one set, or two to put side by side: corridors before and after, what keeping is worth, and every cell changed.",
    "page.scenarios_target": "Scenarios do not move the chance of the target here: it is computed from past turnover alone.",
    "page.compared": "What moves",
    "page.nothing_moves": "Nothing moves: no corridor changes its state, money, days or emissions.",
    "page.changes": "Set {mark} changes {cells} cells of the case",
    "page.worth": "What keeping is worth a year",
    "page.goods_title": "Which goods can be sold?",
    "page.goods_lead": "{count} goods: demand first, then the landed price over the open corridor against the cheapest rival. A good leads to its rivals.",
    "page.year_title": "When to leave?",
    "page.year_picture": "Days of the best route by departure day",
    "page.year_caption": "The line is the median; the band reaches to the days within which 95 of 100 journeys arrive. Where it breaks, too many never do.",
    "page.year_table": "By month",
    "page.sheet_title": "Route {route}: {name}",
    "page.sheet_note": "Days are planned with every stage at its mean; waits and late journeys are in the planner.",
    "page.ladder": "Stages and planned days",
    "page.papers": "Papers to have",
    "page.guarantees": "Guarantees in customs transit",
    "page.nothing": "{what}: nothing is known for this route.",
}
