"""Drawing primitives of the report: strictly valid SVG 1.1 with a title, a description and haloed labels."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from karwan.report.fonts import SANS_STACK, fit, text_width, wrap
from karwan.report.palette import INK, MUTED, PAPER, RULE
from karwan.report.text import escape


def fmt(value: float) -> str:
    """Coordinate with at most two decimals and no trailing zeros."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def points(xs: Iterable[float], ys: Iterable[float]) -> str:
    """Path data of a polyline through the points."""
    text = "L".join(f"{x:.1f} {y:.1f}" for x, y in zip(xs, ys, strict=True))
    return "M" + text if text else ""


@dataclass(frozen=True)
class Scale:
    """Linear or logarithmic map from a value range to a pixel range."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def __call__(self, value: float) -> float:
        """Pixel of a value; a value outside the range is held at its edge."""
        value = min(max(value, self.low), self.high)
        if self.log:
            share = math.log(value / self.low) / math.log(self.high / self.low)
        else:
            share = (value - self.low) / ((self.high - self.low) or 1.0)
        return self.start + share * (self.end - self.start)

    def ticks(self, count: int = 5) -> list[float]:
        """Round values inside the range, about `count` of them."""
        if self.log:
            return _log_ticks(self.low, self.high)
        step = _round_step((self.high - self.low) / max(count, 1))
        first = math.ceil(self.low / step - 1e-9)
        return [k * step for k in range(first, math.floor(self.high / step + 1e-9) + 1)]


def _round_step(raw: float) -> float:
    if raw <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(raw))
    for factor in (1, 2, 2.5, 5, 10):
        if raw <= factor * power * 1.0001:
            return factor * power
    return 10 * power


def _log_ticks(low: float, high: float) -> list[float]:
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    ticks = [10.0**k for k in decades if low <= 10.0**k * 1.0001 and 10.0**k <= high * 1.0001]
    if len(ticks) < 3:
        ticks = [f * 10.0**k for k in decades for f in (1, 2, 5) if low <= f * 10.0**k <= high]
    return ticks


def linear(
    values: Iterable[float], start: float, end: float, *, zero: bool = True, pad: float = 0.0
) -> Scale:
    """Linear scale that holds all values; `zero` includes 0, `pad` adds room at the far end."""
    found = [v for v in values if math.isfinite(v)] or [0.0, 1.0]
    low, high = min(found), max(found)
    if zero:
        low, high = min(low, 0.0), max(high, 0.0)
    if high == low:
        high = low + 1.0
    return Scale(low, high + pad * (high - low), start, end)


def logarithmic(values: Iterable[float], start: float, end: float) -> Scale:
    """Logarithmic scale over the positive values, widened to round limits."""
    found = [v for v in values if math.isfinite(v) and v > 0] or [1.0, 10.0]
    low = 10 ** (math.floor(math.log10(min(found)) * 2) / 2)
    high = 10 ** (math.ceil(math.log10(max(found)) * 2) / 2)
    return Scale(low, high if high > low else low * 10, start, end, log=True)


@dataclass
class Drawing:
    """An SVG picture in user units, growing by calls, rendered once.

    Parameters
    ----------
    key
        Identifier, unique in the page; prefixes the ids inside the picture.
    width, height
        Size in user units; one unit is one CSS pixel at full size.
    title, description
        What it shows and what it says, for readers who do not see it.
    """

    key: str
    width: float
    height: float
    title: str
    description: str
    parts: list[str] = field(default_factory=list)
    defs: list[str] = field(default_factory=list)

    def raw(self, markup: str) -> None:
        """Append markup made by this package."""
        self.parts.append(markup)

    def rect(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        fill: str,
        *,
        stroke: str = "none",
        line: float = 1,
        opacity: float = 1,
        rx: float = 0,
        dash: str = "",
        title: str = "",
    ) -> None:
        """Rectangle; a hover title is optional."""
        extra = f' rx="{fmt(rx)}"' if rx else ""
        extra += f' fill-opacity="{fmt(opacity)}"' if opacity < 1 else ""
        if stroke != "none":
            extra += f' stroke="{stroke}" stroke-width="{fmt(line)}"' + (
                f' stroke-dasharray="{dash}"' if dash else ""
            )
        inner = f"><title>{escape(title)}</title></rect>" if title else "/>"
        self.parts.append(
            f'<rect x="{fmt(x)}" y="{fmt(y)}" width="{fmt(max(width, 0))}" height="{fmt(max(height, 0))}" '
            f'fill="{fill}"{extra}{inner}'
        )

    def line(
        self,
        x1: float,
        y1: float,
        x2: float,
        y2: float,
        stroke: str = RULE,
        *,
        line: float = 1,
        dash: str = "",
    ) -> None:
        """Straight line."""
        extra = f' stroke-dasharray="{dash}"' if dash else ""
        self.parts.append(
            f'<line x1="{fmt(x1)}" y1="{fmt(y1)}" x2="{fmt(x2)}" y2="{fmt(y2)}" stroke="{stroke}" '
            f'stroke-width="{fmt(line)}"{extra}/>'
        )

    def path(
        self,
        data: str,
        *,
        fill: str = "none",
        stroke: str = "none",
        line: float = 1,
        dash: str = "",
        opacity: float = 1,
        extra: str = "",
    ) -> None:
        """Path from path data made by this package."""
        if not data:
            return
        attributes = f' fill="{fill}"'
        if stroke != "none":
            attributes += f' stroke="{stroke}" stroke-width="{fmt(line)}"'
            attributes += ' stroke-linejoin="round" stroke-linecap="round"'
            attributes += f' stroke-dasharray="{dash}"' if dash else ""
        attributes += f' opacity="{fmt(opacity)}"' if opacity < 1 else ""
        self.parts.append(f'<path d="{data}"{attributes}{extra}/>')

    def circle(
        self, x: float, y: float, r: float, fill: str, *, stroke: str = "none", line: float = 1
    ) -> None:
        """Circle."""
        extra = f' stroke="{stroke}" stroke-width="{fmt(line)}"' if stroke != "none" else ""
        self.parts.append(f'<circle cx="{fmt(x)}" cy="{fmt(y)}" r="{fmt(r)}" fill="{fill}"{extra}/>')

    def text(
        self,
        x: float,
        y: float,
        content: object,
        *,
        size: float = 11,
        anchor: str = "start",
        fill: str = INK,
        weight: int = 400,
        italic: bool = False,
        stretch: str = "normal",
        halo: str = "",
        spacing: float = 0,
        rotate: float = 0,
    ) -> None:
        """One line of text; `halo` draws a soft outline of that colour below it."""
        extra = f' text-anchor="{anchor}"' if anchor != "start" else ""
        extra += f' font-weight="{weight}"' if weight != 400 else ""
        extra += ' font-style="italic"' if italic else ""
        extra += f' font-stretch="{stretch}"' if stretch != "normal" else ""
        extra += f' letter-spacing="{fmt(spacing)}"' if spacing else ""
        extra += f' transform="rotate({fmt(rotate)} {fmt(x)} {fmt(y)})"' if rotate else ""
        head = f'<text x="{fmt(x)}" y="{fmt(y)}" font-size="{fmt(size)}"{extra}'
        body = escape(content)
        if not body:
            return
        if halo:
            self.parts.append(
                f'{head} fill="{halo}" stroke="{halo}" stroke-width="{fmt(size * 0.28)}" '
                f'stroke-linejoin="round" '
                f'stroke-opacity="0.88" aria-hidden="true">{body}</text>'
            )
        self.parts.append(f'{head} fill="{fill}">{body}</text>')

    def narrow(
        self,
        x: float,
        y: float,
        content: object,
        *,
        size: float = 11,
        weight: int = 400,
        room: float = math.inf,
        **style: Any,
    ) -> None:
        """One line of text in the narrow cut of the charts, shortened to `room`."""
        if room < math.inf:
            content = fit(str(content), size, room, stretch="semi-condensed", bold=weight >= 600)
        self.text(x, y, content, size=size, weight=weight, stretch="semi-condensed", **style)

    def row_name(
        self,
        y: float,
        content: str,
        room: float,
        *,
        x: float = 0,
        size: float = 11.5,
        weight: int = 400,
        lines: int = 2,
    ) -> None:
        """Name of a row, its baseline at `y`; one too long for `room` is set smaller, on up to `lines` lines."""
        style: dict[str, Any] = {"stretch": "semi-condensed", "bold": weight >= 600}
        parts = [content]
        if text_width(content, size, **style) > room:
            size *= 0.88
            parts = wrap(content, size, room, lines=lines, **style)
        for k, line in enumerate(parts):
            lift = (k - (len(parts) - 1) / 2) * size * 1.04
            self.text(x, y + lift, line, size=size, fill=INK, weight=weight, stretch="semi-condensed")

    def label(self, x: float, y: float, content: object, *, anchor: str = "start") -> None:
        """Small letter-spaced heading inside a picture."""
        self.text(x, y, str(content).upper(), size=9, anchor=anchor, fill=MUTED, weight=600, spacing=0.7)

    def swatch(self, x: float, y: float, fill: str, content: str, *, size: float = 10.5) -> None:
        """Legend entry: a square and its meaning."""
        self.rect(x, y - 8.5, 9.5, 9.5, fill, stroke=RULE if fill.lower() in (PAPER, "#ffffff") else "none")
        self.text(x + 14, y, content, size=size, fill=MUTED, stretch="semi-condensed")

    def render(self) -> str:
        """The whole picture as one `<svg>` element."""
        title, note = f"{self.key}-t", f"{self.key}-d"
        defs = f"<defs>{''.join(self.defs)}</defs>" if self.defs else ""
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {fmt(self.width)} {fmt(self.height)}" '
            f'width="{fmt(self.width)}" height="{fmt(self.height)}" role="img" '
            f'aria-labelledby="{title} {note}" '
            f'font-family="{SANS_STACK}"><title id="{title}">{escape(self.title)}</title>'
            f'<desc id="{note}">{escape(self.description)}</desc>{defs}{"".join(self.parts)}</svg>'
        )


def legend(
    drawing: Drawing,
    x: float,
    y: float,
    entries: Sequence[tuple[str, str]],
    *,
    room: float,
    size: float = 10.5,
) -> float:
    """Draw legend entries in rows no wider than `room`; return the y below the last row."""
    left = x
    for fill, name in entries:
        width = 14 + text_width(name, size, stretch="semi-condensed") + 16
        if left > x and left + width - 16 > x + room:
            left, y = x, y + 16
        drawing.swatch(left, y, fill, name, size=size)
        left += width
    return y + 16
