"""Fonts of the report: measured, cut to the characters used, embedded.

The files in `assets/fonts` belong to the IBM Plex family and are as IBM publishes them; their licence, the SIL Open Font
Licence 1.1, stands beside them. Without them the report falls back to the reader's fonts.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import io
import logging
import os
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

import fontTools  # type: ignore[import-untyped]
from fontTools import subset
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]

from karwan.exports import write_bytes

SANS = "IBM Plex Sans"
SERIF = "IBM Plex Serif"
ARABIC = "IBM Plex Sans Arabic"
SANS_STACK = f"'{SANS}','{ARABIC}',sans-serif"
LICENCE = (
    "Set in IBM Plex Sans, Serif and Sans Arabic, copyright 2017-2019 IBM Corp., licensed under the SIL Open "
    "Font Licence 1.1 (reserved font name Plex), cut to the characters used."
)
_WIDTH = {
    ("normal", False): 1.0,
    ("normal", True): 1.035,
    ("semi-condensed", False): 0.955,
    ("semi-condensed", True): 0.985,
}
_ALWAYS = "".join(map(chr, range(32, 127))) + "–—×…‘’“”†·°%→←±≥≤−²₂ "


@dataclass(frozen=True)
class Face:
    """One font file: its name and the CSS descriptors it serves."""

    family: str
    file: str
    weight: str
    style: str
    stretch: str
    script: str


FACES = (
    Face(SANS, "IBMPlexSans[wdth,wght].ttf", "100 700", "normal", "75% 100%", "any"),
    Face(
        SANS,
        "IBMPlexSans-Italic[wdth,wght].ttf",
        "100 700",
        "italic",
        "75% 100%",
        "any",
    ),
    Face(SERIF, "IBMPlexSerif-Regular.ttf", "400", "normal", "100%", "any"),
    Face(SERIF, "IBMPlexSerif-SemiBold.ttf", "600", "normal", "100%", "any"),
    Face(
        ARABIC,
        "IBMPlexSansArabic-Regular.ttf",
        "100 700",
        "normal",
        "100%",
        "arabic",
    ),
)


def font_folder() -> Path | None:
    """Folder of the font files, or None where it was left out."""
    folder = Path(str(files("karwan.report").joinpath("assets/fonts")))
    return folder if folder.is_dir() else None


def font_path(face: Face) -> Path | None:
    """File of a face, or None where it was left out."""
    folder = font_folder()
    path = folder / face.file if folder else None
    return path if path is not None and path.is_file() else None


@cache
def advances() -> dict[int, float]:
    """Advance width in em of each character of the text face; empty when it is not installed."""
    path = font_path(FACES[0])
    if path is None:
        return {}
    with TTFont(path, lazy=True) as font:
        units = font["head"].unitsPerEm
        metrics = font["hmtx"].metrics
        return {code: metrics[name][0] / units for code, name in font.getBestCmap().items()}


def text_width(text: str, size: float, *, stretch: str = "normal", bold: bool = False) -> float:
    """Width of one line in the unit of `size`, without kerning; a character the face lacks counts 0.6 em."""
    table = advances()
    total = sum(table.get(ord(char), 0.6) for char in text)
    return total * size * _WIDTH.get((stretch, bold), 1.0)


def fit(text: str, size: float, room: float, *, stretch: str = "normal", bold: bool = False) -> str:
    """The text, or its longest start with an ellipsis that fits in `room`; '' when nothing fits."""
    if text_width(text, size, stretch=stretch, bold=bold) <= room:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        trial = text[:middle].rstrip() + "…"
        if text_width(trial, size, stretch=stretch, bold=bold) <= room:
            low = middle
        else:
            high = middle - 1
    return text[:low].rstrip() + "…" if low else ""


def wrap(
    text: str, size: float, room: float, *, lines: int = 2, stretch: str = "normal", bold: bool = False
) -> list[str]:
    """Break a text at spaces into at most `lines` lines of width `room`; the last may end in an ellipsis."""
    result: list[str] = []
    current = ""
    parts = text.split(" ")
    for position, word in enumerate(parts):
        trial = f"{current} {word}".strip()
        if not current or text_width(trial, size, stretch=stretch, bold=bold) <= room:
            current = trial
            continue
        if len(result) == lines - 1:
            current = " ".join([current, *parts[position:]])
            break
        result.append(fit(current, size, room, stretch=stretch, bold=bold))
        current = word
    result.append(fit(current, size, room, stretch=stretch, bold=bold))
    return [line for line in result if line]


def has_arabic(text: str) -> bool:
    """Whether any character belongs to the Arabic blocks."""
    return any(0x0600 <= ord(char) <= 0x08FF or 0xFB50 <= ord(char) <= 0xFEFC for char in text)


@cache
def cut(path: Path, characters: str, script: str, flavor: str = "woff") -> bytes:
    """Font file reduced to `characters`, as WOFF or, smaller but slower to make, `woff2`. The same input gives the same bytes.

    Cutting takes a second, so what was cut is kept in the user's folder of caches.
    """
    rests_on = (path.name, path.stat().st_size, characters, script, flavor, fontTools.version)
    kept = cut_folder() / f"{hashlib.sha256(repr(rests_on).encode()).hexdigest()[:32]}.{flavor}"
    if kept.is_file():
        return kept.read_bytes()
    made = cut_anew(path, characters, script, flavor)
    with contextlib.suppress(OSError):  # a folder that takes no file costs the next run a second
        kept.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(kept, made)
    return made


def cut_folder() -> Path:
    """Where fonts that were cut are kept, as `XDG_CACHE_HOME` says."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "karwan" / "fonts"


def cut_anew(path: Path, characters: str, script: str, flavor: str) -> bytes:
    """Font file reduced to `characters`, whatever is kept."""
    logging.getLogger("fontTools").setLevel(logging.ERROR)
    options = subset.Options()
    options.hinting = False
    options.notdef_outline = True
    options.layout_features = ["*"] if script == "arabic" else ["kern"]
    options.drop_tables += ["STAT", "MVAR"]
    if "[" in path.name:
        options.drop_tables += [
            "GSUB",
            "GPOS",
            "GDEF",
        ]  # variable kerning costs more time than it shows at text size
    with TTFont(path, lazy=True, recalcTimestamp=False) as font:
        worker = subset.Subsetter(options)
        worker.populate(text=characters)
        worker.subset(font)
        font.flavor = flavor
        target = io.BytesIO()
        font.save(target)
    return target.getvalue()


def font_css(text: str) -> str:
    """`@font-face` rules with the fonts embedded, cut to the characters of `text`."""
    characters = "".join(sorted(set(text) | set(_ALWAYS)))
    rules = []
    for face in FACES:
        path = font_path(face)
        if path is None or (face.script == "arabic" and not has_arabic(characters)):
            continue
        kept = (
            characters
            if face.script == "any"
            else "".join(c for c in characters if has_arabic(c) or c == " ")
        )
        encoded = base64.b64encode(cut(path, kept, face.script)).decode("ascii")
        rules.append(
            f"@font-face{{font-family:'{face.family}';font-weight:{face.weight};font-style:{face.style};"
            f"font-stretch:{face.stretch};font-display:block;"
            f"src:url(data:font/woff;base64,{encoded}) format('woff')}}"
        )
    return "\n".join(rules)
