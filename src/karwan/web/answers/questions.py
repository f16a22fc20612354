"""The list of all questions: every analysis that has a page."""

from __future__ import annotations

import inspect

from karwan.notes import note
from karwan.report.text import clean
from karwan.web.answers.page import Asking, Page
from karwan.web.screens import SCREENS
from karwan.words import say


def answer(asking: Asking) -> Page:
    """One entry a screen that asks an analysis."""
    entries = []
    for screen in SCREENS:
        if screen.analysis is not None:
            text = (inspect.getdoc(screen.analysis.request) or "").split("\n\n")[0]
            entries.append({"address": screen.address, "command": screen.asks, "text": clean(text)})
    return Page(say(note("page.ask_title")), say(note("page.ask_lead")), {"entries": entries})
