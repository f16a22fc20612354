"""Columns of a TNTP network file by the names in its header line.

The standard order is a convention that some public networks break (GoldCoast and Sydney have a critical speed and
lanes where others have toll and link type). Where a comment line names the columns, the names rule.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

LINK_COLUMNS = (
    "from_node_id",
    "to_node_id",
    "capacity",
    "length",
    "free_flow_time",
    "b",
    "power",
    "speed",
    "toll",
    "link_type",
)
"""Columns in the standard order."""

NEEDED = ("from_node_id", "to_node_id", "capacity", "free_flow_time", "b", "power")
"""Columns without which no link has a time."""

LANES, PER_LANE = "lanes", "capacity_per_lane"

SPELLINGS: Mapping[str, tuple[str, ...]] = {
    "from_node_id": (
        "init node", "from", "from node", "from node id", "tail", "start", "start node", "source", "a node",
        "i node", "origin node", "upstream node",
    ),
    "to_node_id": (
        "term node", "to", "to node", "to node id", "head", "end", "end node", "target", "b node", "j node",
        "terminal node", "destination node", "downstream node",
    ),
    "capacity": ("capacity", "cap", "link capacity"),
    PER_LANE: ("capacity per lane", "lane capacity", "capacity lane", "cap per lane"),
    "length": ("length", "distance", "len", "dist"),
    "free_flow_time": (
        "free flow time", "free flow travel time", "fft", "fftt", "fftime", "ftime", "t0", "free time", "time",
        "travel time",
    ),
    "b": ("b", "alpha", "bpr alpha", "bpr b"),
    "power": ("power", "beta", "bpr beta", "bpr power", "pow"),
    "speed": ("speed", "speed limit", "free speed", "free flow speed", "speedlimit"),
    "toll": ("toll", "toll cost", "tolls"),
    "link_type": ("link type", "type", "linktype", "road type"),
    LANES: ("lanes", "lane", "number of lanes", "num lanes", "no of lanes", "nlanes", "n lanes"),
}  # fmt: skip
"""Names that stand for a column; letters and digits only, words parted by blanks."""

_COLUMN = {re.sub(" ", "", name): column for column, names in SPELLINGS.items() for name in names}
_UNIT = re.compile(r"[(\[]([^)\]]*)[)\]]")
_MOST_WORDS = 5


@dataclass(frozen=True)
class Header:
    """Columns of a network file.

    Attributes
    ----------
    line
        Line the names stand in; 0 where the standard order is supposed.
    columns
        Column of each field: one of `SPELLINGS`, or the file's own name of a column that is not known.
    """

    line: int
    columns: tuple[str, ...]

    @property
    def unknown(self) -> tuple[str, ...]:
        """Names that stand for no column known here, in the order of the file."""
        return tuple(c for c in self.columns if c not in SPELLINGS)

    @property
    def twice(self) -> tuple[str, ...]:
        """Columns that are named more than once."""
        return tuple(dict.fromkeys(c for c in self.columns if self.columns.count(c) > 1))

    @property
    def missing(self) -> tuple[str, ...]:
        """Needed columns that are not named."""
        have = {"capacity" if c == PER_LANE else c for c in self.columns}
        return tuple(c for c in NEEDED if c not in have)


STANDARD = Header(0, LINK_COLUMNS)


def read_header(text: str, line: int = 0) -> Header | None:
    """Columns that a comment line names; None where its first two words do not name the ends of a link.

    Parameters
    ----------
    text
        The line behind its `~`.
    line
        Number of the line, to report.

    Examples
    --------
    >>> read_header("Init node Term node Capacity Length Free Flow Time B Power Speed limit Toll Type ;").columns[4]
    'free_flow_time'
    >>> read_header("init_node term_node capacity critical_speed").unknown
    ('critical_speed',)
    >>> read_header("made in May") is None
    True
    """
    plain = text.strip().rstrip(";")
    for names in (_cells(plain), _phrases(plain)):
        if names[:2] == ["from_node_id", "to_node_id"]:
            return Header(line, tuple(names))
    return None


def _cells(text: str) -> list[str]:
    """Names parted by tabs, commas or several blanks."""
    return [_named(cell) for cell in re.split(r"[\t,;]| {2,}", text) if cell.strip()]


def _phrases(text: str) -> list[str]:
    """Names parted by single blanks: of several words the longest that is known."""
    words = _with_lanes(text).split()
    names: list[str] = []
    while words:
        sizes = range(min(_MOST_WORDS, len(words)), 0, -1)
        size = next((n for n in sizes if _key(" ".join(words[:n])) in _COLUMN), 1)
        names.append(_named(" ".join(words[:size])))
        words = words[size:]
    return names


def _named(cell: str) -> str:
    """Column a name stands for, or the name in small letters."""
    plain = _with_lanes(cell)
    return _COLUMN.get(_key(plain), "_".join(re.findall(r"[^\W_]+", plain.lower())) or plain.strip())


def _with_lanes(text: str) -> str:
    """A name without its units, but with 'lane' where the unit counts by lane."""
    return _UNIT.sub(
        lambda unit: " lane " if "lane" in unit[1].lower() or "/ln" in unit[1].lower() else " ", text
    )


def _key(name: str) -> str:
    return re.sub(r"[\W_]", "", name.lower())
