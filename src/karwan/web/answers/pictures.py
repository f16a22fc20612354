"""Pictures and fonts that the page needs and a worker makes once: fonts cut to script, the base of the map."""

from __future__ import annotations

from collections.abc import Callable

from karwan.report.fonts import FACES, Face, cut, font_path
from karwan.runs.job import Job

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
    stem, _, ending = name.partition(".")
    if ending == "woff2" and stem in _FILES:
        return b"font/woff2\n" + font_bytes(FACES[_FILES[stem]])
    return b""


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
