"""An SVG picture as PNG."""

from __future__ import annotations

import re

import typst

from karwan.report.fonts import font_folder
from karwan.report.palette import PAPER

DENSITY = 2  # pixels of a unit of the drawing


def png_of(svg: str) -> bytes:
    """The picture on paper, two pixels a unit."""
    size = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg)
    width, height = size.groups() if size else ("740", "400")
    page = (
        f'#set page(width: {width}pt, height: {height}pt, margin: 0pt, fill: rgb("{PAPER}"))\n'
        '#image(bytes(sys.inputs.svg), format: "svg", width: 100%)'
    )
    folder = font_folder()
    png: object = typst.compile(  # type: ignore[call-overload]
        page.encode(),
        font_paths=[str(folder)] if folder else [],
        format="png",
        ppi=72 * DENSITY,
        sys_inputs={"svg": svg},
    )
    assert isinstance(png, bytes)
    return png
