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
    "page.nothing": "{what}: nothing is known for this route.",
}
