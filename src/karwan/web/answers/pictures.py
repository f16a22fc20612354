"""Pictures and fonts that the page needs and a worker makes once: fonts cut to script, the base of the map."""

from __future__ import annotations

import re
from collections.abc import Callable

from karwan.report.fonts import FACES, Face, cut, font_path
from karwan.report.map import map_frame
from karwan.report.page_map import draw_tile
from karwan.runs.job import Job
from karwan.web.answers.maps import map_of
from karwan.web.answers.opened import opened

_LATIN = "".join(
    map(chr, [*range(32, 127), *range(160, 592), *range(0x1E00, 0x1F00), *range(0x2000, 0x2070)])
)
_MORE = "−→←↑↓±≥≤≈×÷·°₂²³†‡§•…–—‘’“”€₸₨"
_FILES = {"plex-sans": 0, "plex-sans-italic": 1, "plex-serif": 2}


def picture(job: Job, say: Callable[[str], None]) -> bytes:
    """One file by its name: a first line with its media type, then its bytes; empty where there is none of the name."""
    name = job.value("name")
    if name == "fonts.css":
        return b"text/css; charset=utf-8\n" + font_rules().encode()
    stem, _, ending = name.rpartition(".")
    if ending == "webp":
        return base_tile(job, stem)
    if ending == "woff2" and stem in _FILES:
        return b"font/woff2\n" + font_bytes(FACES[_FILES[stem]])
    return b""


_TILE = re.compile(r"base-(?P<zoom>[0-2])-(?P<column>[0-3])-(?P<row>[0-3])")


def base_tile(job: Job, stem: str) -> bytes:
    """A tile of the base of the map; empty where the name is none."""
    found = _TILE.fullmatch(stem)
    if found is None:
        return b""
    zoom, column, row = (int(found[name]) for name in ("zoom", "column", "row"))
    if max(column, row) >= 2**zoom:
        return b""
    project = opened(job)
    settings = project.case.settings
    held = map_of(project, settings.as_of)
    parties = (settings.party_a, settings.party_b)
    return b"image/webp\n" + draw_tile(map_frame(held.nodes, held.lines, parties), parties, zoom, column, row)


def font_rules() -> str:
    """`@font-face` rules; the fonts lie beside them."""
    return "\n".join(
        f"@font-face{{font-family:'{face.family}';font-weight:{face.weight};font-style:{face.style};"
        f"font-stretch:{face.stretch};font-display:swap;src:url({name}.woff2) format('woff2')}}"
        for name, face in ((name, FACES[k]) for name, k in _FILES.items())
    )


def font_bytes(face: Face) -> bytes:
    """A face cut to Latin; empty where the fonts were left out."""
    path = font_path(face)
    return cut(path, _LATIN + _MORE, face.script, "woff2") if path else b""
