"""Places of a case by id, name or alias: nodes, crossings, links, countries, modes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from difflib import get_close_matches

import polars as pl

from karwan.errors import UnknownName

MODES = ("road", "rail", "sea", "ferry")


class Gazetteer:
    """Names of a case's places and the ids they stand for.

    Parameters
    ----------
    tables
        Tables of a case: nodes, crossings, links, countries, parameters.
    """

    def __init__(self, tables: Mapping[str, pl.DataFrame]) -> None:
        self._nodes = {r["node_id"]: r for r in tables["nodes"].iter_rows(named=True)}
        self._crossings = {r["crossing_id"]: r for r in tables["crossings"].iter_rows(named=True)}
        self._links = {r["link_id"]: r for r in tables["links"].iter_rows(named=True)}
        self._services = tables["services"]["service_id"].to_list()
        self._countries = dict(tables["countries"].select("country", "name").iter_rows())
        self.parameters = frozenset(tables["parameters"]["parameter_id"])
        self._at_node = {r["node_id"]: c for c, r in self._crossings.items()}
        self._node_names = self._index_nodes()

    def _index_nodes(self) -> dict[str, list[str]]:
        names: dict[str, list[str]] = {}

        def add(name: str, node: str) -> None:
            held = names.setdefault(plain(name), [])
            if node not in held:
                held.append(node)

        for node in self._nodes:
            add(node, node)
        for node, row in self._nodes.items():
            add(row["name"], node)
        for crossing, row in self._crossings.items():
            add(crossing, row["node_id"])
            add(row["name"], row["node_id"])
        for node, row in self._nodes.items():
            for alias in row["aliases"] or ():
                add(alias, node)
        for row in [*self._nodes.values(), *self._crossings.values()]:
            for part in re.split(r"\s*/\s*|\s*\(|\)", row["name"]):
                if part:
                    add(part, row["node_id"])
        return names

    def node(self, name: str) -> str:
        """Node id of a place.

        An id goes before a name, a name before an alias. Accents, case and punctuation do not count; a misspelling is refused.

        Raises
        ------
        UnknownName
            No such place, with the nearest names.
        """
        found = self._node_names.get(plain(name))
        if found:
            return found[0]
        raise self._unknown(name, "place", {})

    def _unknown(self, name: str, sort: str, others: Mapping[str, str]) -> UnknownName:
        """Error for a name that is none, with the nearest names among nodes and others (name to what is shown of it)."""
        shown = {n: f"{self.name(held[0])} ({held[0]})" for n, held in self._node_names.items()}
        shown.update((plain(n), text) for n, text in others.items())
        wanted = plain(name)
        country = self._country(wanted)
        close = get_close_matches(wanted, shown, n=5, cutoff=0.6)
        inside = [n for n in shown if len(wanted) >= 3 and wanted in n]
        here = [n for n, row in self._nodes.items() if country and row["country"] == country]
        nearest = [f"{self.name(n)} ({n})" for n in here] or [shown[n] for n in [*close, *inside]]
        listed = ", ".join(list(dict.fromkeys(nearest))[:5])
        if country:
            seen = f"it is a country; places in it: {listed or 'none'}"
        elif wanted in MODES:
            seen = "it is a mode, which only --avoid takes"
        else:
            seen = (
                f"did you mean {listed}?"
                if listed
                else f"the case has {len(self._nodes)} places, none like it"
            )
        return UnknownName(
            f"No {sort} is called {name!r}.",
            seen,
            f"name a {sort} by its id, name or alias (nodes.csv, countries.csv, links.csv).",
        )

    def _countries_shown(self) -> dict[str, str]:
        return {n: f"{name} ({code})" for code, name in self._countries.items() for n in (code, name)}

    def _links_shown(self) -> dict[str, str]:
        return {link: f"{self.name(link)} ({link})" for link in self._links}

    def avoidable(self, name: str) -> str:
        """Id of what a route may avoid: a mode, country, link or place.

        Raises
        ------
        UnknownName
            None of them is called so.
        """
        wanted = plain(name)
        if wanted in MODES:
            return wanted
        found = self._country(wanted) or self._link(wanted)
        if found or wanted in self._node_names:
            return found or self.node(name)
        modes = {mode: f"{mode} (mode)" for mode in MODES}
        others = modes | self._links_shown() | self._countries_shown()
        raise self._unknown(name, "place, country, link or mode", others)

    def openable(self, name: str) -> tuple[str, ...]:
        """Ids of what may be taken as open: a crossing with its node, a link, a country, a node.

        Raises
        ------
        UnknownName
            None of them is called so.
        """
        wanted = plain(name)
        for crossing, row in self._crossings.items():
            if wanted in (plain(crossing), plain(row["name"])):
                return (crossing, row["node_id"])
        link = self._link(wanted)
        if link:
            return (link,)
        if wanted in {plain(s) for s in self._services}:
            return tuple(s for s in self._services if plain(s) == wanted)
        country = self._country(wanted)
        if country:
            return (country,)
        if wanted not in self._node_names:
            services = {s: f"{s} (service)" for s in self._services}
            others = services | self._links_shown() | self._countries_shown()
            raise self._unknown(name, "place, country, link or service", others)
        node = self.node(name)
        crossing = self._at_node.get(node)
        return (node, crossing) if crossing else (node,)

    def _country(self, wanted: str) -> str | None:
        for code, name in self._countries.items():
            if wanted in (code.lower(), plain(name)):
                return str(code)
        return None

    def _link(self, wanted: str) -> str | None:
        for link, row in self._links.items():
            ends = [row["from_node_id"], row["to_node_id"]]
            names = [plain(self.name(n)) for n in ends]
            pairs = {f"{a} {b}" for a, b in (ends, ends[::-1], names, names[::-1])}
            if wanted == plain(link) or (row["state"] != "open" and wanted in {plain(p) for p in pairs}):
                return str(link)
        return None

    def name(self, place: str) -> str:
        """Name of a node, crossing, link or country; the id itself where it has none."""
        if place in self._crossings:
            return str(self._crossings[place]["name"])
        if place in self._nodes:
            return str(self._nodes[place]["name"])
        if place in self._links:
            row = self._links[place]
            return f"{self.name(row['from_node_id'])} – {self.name(row['to_node_id'])}"
        return str(self._countries.get(place, place))

    def country(self, node: str) -> str:
        """Country of a node."""
        return str(self._nodes[node]["country"])

    def aliases_of(self, place: str) -> tuple[str, ...]:
        """Ids under which a place stands in closures.csv: a crossing also under its node, a link under its ends."""
        if place in self._crossings:
            return (place, self._crossings[place]["node_id"])
        if place in self._links:
            row = self._links[place]
            return (place, row["from_node_id"], row["to_node_id"], row["country"] or "")
        return (place,)

    def spoken(self, text: str) -> str:
        """Text with ids of places replaced by names."""
        return re.sub(r"[\w\-]+", lambda word: self.name(word.group()), text)


def plain(name: str) -> str:
    """Name without accents, case and punctuation, for comparing."""
    folded = unicodedata.normalize("NFKD", name.strip().casefold())
    kept = "".join(c for c in folded if not unicodedata.combining(c))
    return re.sub(r"[\s_\-–—.,']+", " ", kept).strip()
