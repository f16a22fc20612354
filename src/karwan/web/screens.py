"""The table of screens: address, tab, what answers, and the template. Loads no engine."""

from __future__ import annotations

from dataclasses import dataclass

from karwan.analysis.contract import Analysis
from karwan.analysis.registry import ANALYSES, BY_NAME
from karwan.web.forms import is_asked, query_names

FORMS = ("json", "csv", "xlsx", "pdf", "geojson")
COMMON = ("as_of", "scenario", "rows", "figure")
"""Names every address knows: the day, the scenario it stands under, the part of a long table, and a heavy picture that is wanted."""
SOURCES = 100
"""Sources on a page of the list of sources."""
TABS = (
    ("Brief", ""),
    ("Routes", "route"),
    ("Corridors", "corridors"),
    ("Goods", "goods"),
    ("Plan", "plan"),
    ("Scenarios", "scenarios"),
    ("Sources", "sources"),
)

SUBS: dict[str, tuple[tuple[str, str], ...]] = {
    "route": (("route", "Planner"), ("route/days", "When to leave"), ("route/sheet", "Sheet to print")),
    "corridors": (
        ("corridors", "Corridors"),
        ("corridors/weak", "Weak places"),
        ("ports", "Ports"),
        ("corridor/modes", "Road against rail"),
        ("corridor/sensitivity", "What would change the ranking"),
        ("corridor/assign", "Queues"),
        ("corridor/observed", "Observed trips"),
        ("corridor/prices", "Observed prices"),
        ("corridor/operators", "Operators"),
    ),
    "goods": (
        ("goods", "Goods"),
        ("goods/basket", "Basket"),
        ("target", "Target"),
        ("trade/status", "Where trade stands"),
        ("trade/growth", "Growth"),
        ("trade/mirror", "Both reports"),
    ),
    "plan": (
        ("plan", "The plan"),
        ("plan/worth", "What keeping is worth"),
        ("plan/draft", "The next plan"),
        ("plan/register", "By both sides"),
        ("plan/changes", "What was said"),
        ("plan/pack", "Pack"),
        ("plan/exchange", "Send and receive"),
        ("ventures", "Ventures"),
        ("plan/documents", "Documents"),
        ("plan/indicators", "What can be watched"),
    ),
    "scenarios": (
        ("scenarios", "Workbench"),
        ("scenario/trade", "Trade"),
        ("scenarios/gains", "Who gains"),
        ("scenario/regime", "Transit regimes"),
    ),
}
"""Screens of a tab with the words that lead to them, by the address of the tab."""


@dataclass(frozen=True)
class Screen:
    """One screen.

    Attributes
    ----------
    address
        Under language and case; a part in braces is an id: `corridors/{id}`.
    tab
        Address of the tab it stands under.
    run
        `module:function` in `karwan.web.answers`, `(asking) -> Page`.
    template
        File in templates/.
    asks
        Name of the analysis it asks, whose downloads are its own; empty where its tables are its own.
    extras
        Names the address knows beside those of the request.
    posts
        What its forms do, by name in `karwan.web.register_views`; empty where nothing is written.
    main
        Names of its form that stand in sight, the others folded away; empty for all.
    """

    address: str
    tab: str
    run: str
    template: str = "generic.html"
    asks: str = ""
    extras: tuple[str, ...] = ()
    posts: str = ""
    main: tuple[str, ...] = ()

    @property
    def analysis(self) -> Analysis[object] | None:
        """The analysis it asks."""
        return BY_NAME.get(self.asks)

    @property
    def among(self) -> str:
        """Address of the screen of its tab that it stands under: its own, or that of the list it belongs to."""
        named = [address for address, _ in SUBS.get(self.tab, ())]
        own = next((one for one in named if one == self.address), "")
        asks = next((one for one in named if BY_ADDRESS[one].asks == self.asks != ""), "")
        return own or _LISTED.get(self.address, "") or asks or _LISTED.get(self.address.split("/")[0], "")

    @property
    def known(self) -> tuple[str, ...]:
        """Names the address knows."""
        own = query_names(self.analysis.request) if self.analysis else ()
        return (*own, *self.extras, *(name for name in COMMON if name not in own))


_LISTED = {
    "ports": "ports",
    "plan/promises/{id}": "plan/register",
    "ventures": "ventures",
    "venture": "ventures",
    "regimes": "scenario/regime",
    "scenarios": "scenarios",
    "scenario": "scenarios",
}
GENERIC = "karwan.web.answers.generic:answer"
_ANSWERS = "karwan.web.answers"
_WAY = ("from", "to", "product", "tonnes", "depart", "avoid", "via", "open", "promise")
_SETS = ("scenarios", "against", "pairs", "deficits", "as_of")
SPECIAL: tuple[Screen, ...] = (
    Screen("", "", f"{_ANSWERS}.briefs:front", "brief.html", extras=("map",)),
    Screen("brief/{id}", "", f"{_ANSWERS}.briefs:section", "blocks.html"),
    Screen("route", "route", f"{_ANSWERS}.routes:planner", "route.html", "route", ("route", "map")),
    Screen("route/sheet", "route", f"{_ANSWERS}.departures:sheet", "blocks.html", "route", ("route",)),
    Screen("route/days", "route", f"{_ANSWERS}.departures:year", "blocks.html", "route", main=_WAY),
    Screen(
        "corridors",
        "corridors",
        f"{_ANSWERS}.corridors:monitor",
        "corridors.html",
        "corridor compare",
        ("pair", "sort", "map"),
    ),
    Screen("corridors/weak", "corridors", f"{_ANSWERS}.corridors:weak", "blocks.html", "corridor critical"),
    Screen(
        "corridors/{id}",
        "corridors",
        f"{_ANSWERS}.corridors:corridor",
        "place.html",
        "corridor compare",
        ("map",),
    ),
    Screen("crossings/{id}", "corridors", f"{_ANSWERS}.corridors:crossing", "place.html", extras=("map",)),
    Screen("goods", "goods", f"{_ANSWERS}.goods:overview", "blocks.html", "trade goods"),
    Screen(
        "goods/basket",
        "goods",
        f"{_ANSWERS}.baskets:answer",
        "blocks.html",
        "basket",
        main=("goods", "target", "sectors", "corridors", "frontier"),
    ),
    Screen("goods/{id}", "goods", f"{_ANSWERS}.good:answer", "blocks.html", "trade compete"),
    Screen("target", "goods", f"{_ANSWERS}.targets:answer", "blocks.html", "trade target"),
    Screen(
        "plan",
        "plan",
        f"{_ANSWERS}.plans:board",
        "blocks.html",
        "plan status",
        ("view", "domain", "side", "late"),
    ),
    Screen("plan/worth", "plan", f"{_ANSWERS}.plans:worth", "blocks.html", "plan worth"),
    Screen("plan/draft", "plan", f"{_ANSWERS}.plans:draft", "blocks.html", "plan draft"),
    Screen("ventures", "plan", f"{_ANSWERS}.ventures:listed", "blocks.html", "venture list"),
    Screen("venture/appraise", "plan", f"{_ANSWERS}.ventures:answer", "blocks.html", "venture appraise"),
    Screen("ventures/{id}", "plan", f"{_ANSWERS}.ventures:answer", "blocks.html", "venture appraise"),
    Screen("port/choice", "corridors", f"{_ANSWERS}.ports:answer", "blocks.html", "port choice"),
    Screen("ports", "corridors", f"{_ANSWERS}.ports:screen", "blocks.html", "port choice"),
    Screen("ports/{id}", "corridors", f"{_ANSWERS}.ports:one", "place.html", extras=("map",)),
    Screen("scenario/regime", "scenarios", f"{_ANSWERS}.regimes:answer", "blocks.html", "scenario regime"),
    Screen("regimes", "scenarios", f"{_ANSWERS}.regimes:every", "facts.html"),
    Screen("regimes/{id}", "scenarios", f"{_ANSWERS}.regimes:one", "facts.html"),
    Screen("plan/register", "plan", f"{_ANSWERS}.register:board", "blocks.html", "plan state"),
    Screen("plan/changes", "plan", f"{_ANSWERS}.register:changes", "blocks.html", "plan history"),
    Screen(
        "plan/pack",
        "plan",
        f"{_ANSWERS}.register:pack",
        "pack.html",
        "plan pack",
        ("did",),
        "exchange",
    ),
    Screen(
        "plan/exchange",
        "plan",
        f"{_ANSWERS}.register:exchange",
        "exchange.html",
        extras=("did", "count"),
        posts="exchange",
    ),
    Screen(
        "plan/promises/{id}",
        "plan",
        f"{_ANSWERS}.register:promise",
        "promise.html",
        "plan history",
        ("said",),
        "promise",
    ),
    Screen(
        "scenarios",
        "scenarios",
        f"{_ANSWERS}.scenarios:workbench",
        "scenarios.html",
        extras=("with", "against", "pair"),
    ),
    Screen(
        "scenarios/chance",
        "scenarios",
        f"{_ANSWERS}.chances:answer",
        "blocks.html",
        extras=("with", "against"),
    ),
    Screen(
        "scenario/trade",
        "scenarios",
        f"{_ANSWERS}.responses:trade",
        "blocks.html",
        "scenario trade",
        ("against",),
        main=_SETS,
    ),
    Screen(
        "scenarios/gains",
        "scenarios",
        f"{_ANSWERS}.responses:gains",
        "blocks.html",
        "scenario trade",
        ("against",),
        main=_SETS,
    ),
    Screen("sources", "sources", f"{_ANSWERS}.sources:answer", "sources.html", "sources", ("find",)),
    Screen("ask", "ask", f"{_ANSWERS}.questions:answer", "ask.html"),
)


def _generic() -> tuple[Screen, ...]:
    """A screen for every analysis of the registry that a page can ask and no special screen has the address of."""
    taken = {screen.address for screen in SPECIAL}
    found = []
    for analysis in ANALYSES:
        address = analysis.name.replace(" ", "/")
        if is_asked(analysis.request) and address not in taken:
            found.append(
                Screen(address, _TAB_OF.get(analysis.name.split()[0], "ask"), GENERIC, asks=analysis.name)
            )
    return tuple(found)


_TAB_OF = {
    "brief": "",
    "corridor": "corridors",
    "network": "corridors",
    "trade": "goods",
    "basket": "goods",
    "plan": "plan",
    "scenario": "scenarios",
    "venture": "plan",
    "port": "corridors",
    "sources": "sources",
}
SCREENS: tuple[Screen, ...] = (*SPECIAL, *_generic())
BY_ADDRESS = {screen.address: screen for screen in SCREENS}
