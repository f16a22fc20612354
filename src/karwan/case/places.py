"""Places of a case by id, name or alias: nodes, crossings, links, countries, modes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import cached_property

import polars as pl

from karwan.errors import UnknownName
from karwan.schema.modes import MODES


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
        self._link_of_service = dict(tables["services"].select("service_id", "link_id").iter_rows())
        self._countries = dict(tables["countries"].select("country", "name").iter_rows())
        self.parameters = frozenset(tables["parameters"]["parameter_id"])
        self._at_node = {r["node_id"]: c for c, r in self._crossings.items()}

    @cached_property
    def _node_names(self) -> dict[str, list[str]]:
        """Every spelling to the nodes it may mean, the likeliest first."""
        names: dict[str, list[str]] = {}
        for spelling, node in self._spellings():
            held = names.setdefault(plain(spelling), [])
            if node not in held:
                held.append(node)
        return names

    def _spellings(self) -> Iterator[tuple[str, str]]:
        """Spelling and node: ids, then names, crossings, aliases, and parts of names in brackets or beside a slash."""
        yield from ((node, node) for node in self._nodes)
        yield from ((row["name"], node) for node, row in self._nodes.items())
        for crossing, row in self._crossings.items():
            yield crossing, row["node_id"]
            yield row["name"], row["node_id"]
        yield from ((alias, node) for node, row in self._nodes.items() for alias in row["aliases"] or ())
        for row in [*self._nodes.values(), *self._crossings.values()]:
            parts = re.split(r"\s*/\s*|\s*\(|\)", row["name"])
            yield from ((part, row["node_id"]) for part in parts if part)

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
        services = tuple(s for s in self._link_of_service if plain(s) == wanted)
        if services:
            return services
        country = self._country(wanted)
        if country:
            return (country,)
        if wanted not in self._node_names:
            sailings = {s: f"{s} (service)" for s in self._link_of_service}
            others = sailings | self._links_shown() | self._countries_shown()
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
        """Name of a node, crossing or country; the two ends of a link or of a service's link; the id itself where it has none."""
        for named in (self._crossings, self._nodes):
            if place in named:
                return str(named[place]["name"])
        if place in self._countries:
            return str(self._countries[place])
        link = self._link_of_service.get(place, place)
        return self.ends(link) if link in self._links else place

    def ends(self, link: str) -> str:
        """'Almaty – Saryagash' of a link."""
        row = self._links[link]
        return f"{self.name(row['from_node_id'])} – {self.name(row['to_node_id'])}"

    def name_and_mode(self, place: str) -> str:
        """Name of a place, of a link with its mode, so that road and rail are told apart."""
        row = self._links.get(place)
        return f"{self.ends(place)} ({row['mode']})" if row else self.name(place)

    def pair(self, origin: str, destination: str) -> str:
        """'Almaty → Karachi'."""
        return f"{self.name(origin)} → {self.name(destination)}"

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


def matching(word: str, names: Mapping[str, str]) -> list[str]:
    """Ids of names called so, or of an id so written; where none is, those whose name holds the word.

    Parameters
    ----------
    word
        Id, name or part of a name; accents, case and punctuation do not count.
    names
        Id to name.

    Raises
    ------
    UnknownName
        None is called so and none holds the word, with the nearest names.
    """
    wanted = plain(word)
    written = {place: plain(name) for place, name in names.items()}
    found = [place for place, name in written.items() if wanted in (plain(place), name)]
    found = found or [place for place, name in written.items() if wanted and wanted in name]
    if found:
        return found
    near = get_close_matches(wanted, written.values(), n=5, cutoff=0.5)
    meant = dict.fromkeys(names[place] for place, name in written.items() if name in near)
    seen = f"did you mean {', '.join(meant)}?" if meant else f"{len(names)} places are passed, none like it"
    raise UnknownName(f"No route passes a place called {word!r}.", seen, "leave --place out to see them all.")


def plain(name: str) -> str:
    """Name without accents, case and punctuation, for comparing."""
    folded = unicodedata.normalize("NFKD", name.strip().casefold())
    kept = "".join(c for c in folded if not unicodedata.combining(c))
    return re.sub(r"[\s_\-–—.,']+", " ", kept).strip()
