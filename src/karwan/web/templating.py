"""The environment of the templates: escaping on, and what every page says of itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote, urlencode

from jinja2 import Environment
from markupsafe import Markup, escape

from karwan._version import __version__
from karwan.web.assets import static_address


def environment(**options: Any) -> Environment:
    """Environment of every template; a name that is not there is an error."""
    told = options | {"autoescape": True, "trim_blocks": True, "lstrip_blocks": True}
    made = Environment(**told)  # noqa: S701 - it escapes: see the line above
    made.globals.update(version=__version__, static=static_address)
    made.filters.update(picture=picture, address=address, zip=zip, sentence=sentence, coded=coded)
    return made


def picture(svg: str) -> Markup:
    """SVG that this program drew, its texts escaped by `karwan.report.svg`."""
    return Markup(svg)  # noqa: S704 - drawn by this program, as said above


def coded(text: str) -> Markup:
    """A text whose `commands` are set as code, everything else escaped."""
    parts = str(text).split("`")
    if len(parts) % 2 == 0:  # a mark without its partner stays what it is
        return escape(text)
    return Markup("").join(
        Markup("<code>{}</code>").format(one) if k % 2 else escape(one) for k, one in enumerate(parts)
    )


def address(pairs: Iterable[tuple[str, str]] | Mapping[str, str]) -> str:
    """Names and values as the query of an address, with its question mark; empty where there are none."""
    listed = list(pairs.items()) if isinstance(pairs, Mapping) else list(pairs)
    kept = [(name, value) for name, value in listed if value]
    return f"?{urlencode(kept, quote_via=quote)}" if kept else ""


def sentence(text: str) -> str:
    """A text with a capital at its start and a mark at its end."""
    ended = text if text.endswith((".", "!", "?")) or not text else f"{text}."
    return ended[:1].upper() + ended[1:]
