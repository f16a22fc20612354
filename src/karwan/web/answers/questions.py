"""The list of all questions: every analysis that has a page."""

from __future__ import annotations

import inspect

from karwan.analysis.registry import ANALYSES
from karwan.notes import note
from karwan.report.text import clean
from karwan.web.answers.page import Asking, Page
from karwan.web.screens import SCREENS, Screen
from karwan.words import say


def answer(asking: Asking) -> Page:
    """One entry an analysis, in the order of the registry: its own screen where it has one, else the general one."""
    first: dict[str, Screen] = {}
    for screen in SCREENS:
        if "{" not in screen.address:
            first.setdefault(screen.asks, screen)
    entries = []
    for analysis in ANALYSES:
        if analysis.name in first:
            text = (inspect.getdoc(analysis.request) or "").split("\n\n")[0]
            address = first[analysis.name].address
            entries.append({"address": address, "command": analysis.name, "text": clean(text)})
    return Page(say(note("page.ask_title")), say(note("page.ask_lead")), {"entries": entries})
