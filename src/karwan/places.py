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
        wanted = plain(name)
        found = self._node_names.get(wanted)
        if found:
            return found[0]
        close = get_close_matches(wanted, self._node_names, n=5, cutoff=0.6)
        inside = [n for n in self._node_names if len(wanted) >= 3 and wanted in n]
        nodes = list(dict.fromkeys(self._node_names[n][0] for n in [*close, *inside]))[:5]
        shown = ", ".join(f"{self.name(n)} ({n})" for n in nodes)
        raise UnknownName(
            f"No place is called {name!r}.",
            f"did you mean {shown}?" if shown else f"the case has {len(self._nodes)} places, none like it",
            "name a place by its node id, name or alias (nodes.csv).",
        )

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
        return self._country(wanted) or self._link(wanted) or self.node(name)

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
