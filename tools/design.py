"""Draw the rooms of the package and what each imports, as docs/design.svg: made from the imports, never by hand."""

from __future__ import annotations

import ast
import re
import textwrap
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from pathlib import Path
from statistics import fmean

from measures import PACKAGE, module_name, targets, type_only

PICTURE = PACKAGE.parents[1] / "docs" / "design.svg"
BOX_W, BOX_H, GAP_X, GAP_Y, MARGIN = 256, 66, 34, 46, 24
PASS_W = 14  # room left in a row for an arrow that passes it
LETTERS = 42  # of the text under a name in a line
SWEEPS = 8
INK, MUTED, LINE, FILL, PAPER = "#1c2733", "#4a5763", "#7b8894", "#eef3f7", "#ffffff"
FONT = "font-family=\"'Source Sans 3', 'Helvetica Neue', Arial, sans-serif\""

Arrow = tuple[str, str]
Point = tuple[float, float]


@dataclass(frozen=True)
class Place:
    """Something in a row: a room by its name, or the gap of that row in which an arrow passes (`passing`)."""

    name: str
    passing: Arrow | None = None

    @property
    def width(self) -> float:
        """Its share of the row."""
        return PASS_W if self.passing else BOX_W


def layers() -> list[list[str]]:
    """Rooms from the top layer down, as import-linter holds them; a room that is not there yet is left out."""
    settings = tomllib.loads((PACKAGE.parents[1] / "pyproject.toml").read_text(encoding="utf-8"))
    contract = settings["tool"]["importlinter"]["contracts"][0]
    rows = [re.findall(r"\w+", row) for row in contract["layers"]]
    return [[room for room in row if source_of(room)] for row in rows]


def source_of(room: str) -> Path | None:
    """File that opens a room."""
    places = (PACKAGE / room / "__init__.py", PACKAGE / f"{room}.py")
    return next((place for place in places if place.is_file()), None)


def room_imports() -> dict[str, set[str]]:
    """Room to the rooms it imports, those for types alone left out."""
    trees = {module_name(p): ast.parse(p.read_text(encoding="utf-8")) for p in sorted(PACKAGE.rglob("*.py"))}
    rooms = {room for row in layers() for room in row}
    found: dict[str, set[str]] = {room: set() for room in rooms}
    known = set(trees)
    for module, tree in trees.items():
        room = (module.split(".") + [""])[1]
        skipped = type_only(tree)
        named = {t for n in ast.walk(tree) if id(n) not in skipped for t in targets(n, known)}
        if room in rooms:
            found[room] |= {(name.split(".") + [""])[1] for name in named} & rooms - {room}
    return found


def drawn(imports: dict[str, set[str]]) -> list[Arrow]:
    """Arrows that do not follow from two others: each import leads along them."""
    reach: dict[str, set[str]] = {}

    def below(room: str) -> set[str]:
        if room not in reach:
            reach[room] = imports[room].union(*(below(other) for other in imports[room]))
        return reach[room]

    return sorted(
        (room, other)
        for room, others in imports.items()
        for other in others
        if not any(other in below(between) for between in others - {other})
    )


def with_passages(rows: list[list[str]], arrows: list[Arrow]) -> list[list[Place]]:
    """The rows with a gap wherever an arrow passes one."""
    level = {room: i for i, row in enumerate(rows) for room in row}
    places = [[Place(room) for room in row] for row in rows]
    for room, other in arrows:
        for i in range(level[room] + 1, level[other]):
            places[i].append(Place(f"row {i}", (room, other)))
    return places


def in_order(places: list[list[Place]], arrows: list[Arrow]) -> list[list[Place]]:
    """Each row in the order of what it is joined to, from above and from below in turn, so that few arrows cross."""
    joined: dict[Place, list[Place]] = defaultdict(list)
    for arrow in arrows:
        chain = chain_of(arrow, places)
        for upper, lower in pairwise(chain):
            joined[upper].append(lower)
            joined[lower].append(upper)
    ordered = [list(row) for row in places]
    for sweep in range(SWEEPS):
        for row in ordered if sweep % 2 == 0 else ordered[::-1]:
            middle = {p: x + p.width / 2 for line in ordered for p, x in lefts(line)}
            row.sort(key=lambda p: fmean([middle[q] for q in joined[p]] or [middle[p]]))
    return ordered


def chain_of(arrow: Arrow, places: list[list[Place]]) -> list[Place]:
    """An arrow's room, the gaps it passes, and the room it ends at."""
    ends = (Place(arrow[0]), Place(arrow[1]))
    return [p for row in places for p in row if p in ends or p.passing == arrow]


def lefts(row: list[Place]) -> list[tuple[Place, float]]:
    """Left edge of each place of a row whose middle is at 0."""
    x = -(sum(place.width for place in row) + GAP_X * (len(row) - 1)) / 2
    found = []
    for place in row:
        found.append((place, x))
        x += place.width + GAP_X
    return found


def purpose(room: str) -> str:
    """What a room is for: the first sentence of its file, up to its colon."""
    path = source_of(room)
    said = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) if path else ""
    return (said or "").split("\n")[0].rstrip(".")


def picture() -> str:
    """The SVG: every layer a row; what all use stands at the foot, without arrows."""
    *rows, foot = layers()
    imports = {room: others - set(foot) for room, others in room_imports().items() if room not in foot}
    arrows = drawn(imports)
    ordered = [*in_order(with_passages(rows, arrows), arrows), [Place(room) for room in foot]]
    half = max(-lefts(row)[0][1] for row in ordered) + MARGIN
    corner = {
        place: (half + x, MARGIN + level * (BOX_H + GAP_Y))
        for level, row in enumerate(ordered)
        for place, x in lefts(row)
    }
    height = 2 * MARGIN + len(ordered) * (BOX_H + GAP_Y) - GAP_Y
    rooms = [place for place in corner if not place.passing]
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {2 * half:.0f} {height}" width="{2 * half:.0f}" {FONT} role="img">',
        f"<title>The {len(rooms)} rooms of karwan, each above what it imports</title>",
        '<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
        f'<path d="M0 0L8 4L0 8Z" fill="{LINE}"/></marker></defs>',
        f'<rect width="100%" height="100%" fill="{PAPER}"/>',
        *arrow_lines(arrows, ordered, corner),
    ]
    for place in rooms:
        lines += box_lines(place.name, corner[place])
    x, y = half, corner[Place(foot[0])][1] - GAP_Y / 2
    lines.append(text_line((x, y + 5), "used by every room", 'font-size="12" font-style="italic"', MUTED))
    return "\n".join([*lines, "</svg>"]) + "\n"


def text_line(at: Point, text: str, style: str, colour: str) -> str:
    """A line of text, its middle at a point."""
    return f'<text x="{at[0]:.0f}" y="{at[1]:.0f}" {style} fill="{colour}" text-anchor="middle">{escape(text)}</text>'


def box_lines(room: str, corner: Point) -> list[str]:
    """A room: its name and what it is for."""
    x, y = corner
    said = textwrap.wrap(purpose(room), LETTERS, max_lines=2, placeholder=" …")
    first = y + (28 if len(said) < 2 else 21)
    middle = x + BOX_W / 2
    lines = [
        f'<rect x="{x:.0f}" y="{y:.0f}" width="{BOX_W}" height="{BOX_H}" rx="6" fill="{FILL}" stroke="{LINE}"/>',
        text_line((middle, first), room, 'font-size="15" font-weight="600"', INK),
    ]
    for i, line in enumerate(said):
        lines.append(text_line((middle, first + 17 + 14 * i), line, 'font-size="11.5"', MUTED))
    return lines


def arrow_lines(arrows: list[Arrow], ordered: list[list[Place]], corner: dict[Place, Point]) -> Iterator[str]:
    """Arrows from the lower edge of a room, through the gaps of the rows between, to the upper edge of the one it imports."""
    chains = {arrow: chain_of(arrow, ordered) for arrow in arrows}
    out: dict[str, list[Arrow]] = defaultdict(list)
    into: dict[str, list[Arrow]] = defaultdict(list)
    for arrow in arrows:
        out[arrow[0]].append(arrow)
        into[arrow[1]].append(arrow)
    for room in out:
        out[room].sort(key=lambda arrow: corner[chains[arrow][1]][0])
    for room in into:
        into[room].sort(key=lambda arrow: corner[chains[arrow][-2]][0])
    for arrow, chain in chains.items():
        first, *between, last = chain
        points = [(spread(out[arrow[0]], arrow, corner[first][0]), corner[first][1] + BOX_H)]
        for place in between:
            x, y = corner[place][0] + PASS_W / 2, corner[place][1]
            points += [(x, y), (x, y + BOX_H)]
        points.append((spread(into[arrow[1]], arrow, corner[last][0]), corner[last][1] - 1))
        yield f'<path d="{curve(points)}" fill="none" stroke="{LINE}" stroke-width="1.4" marker-end="url(#head)"/>'


def spread(arrows: list[Arrow], arrow: Arrow, left: float) -> float:
    """Where an arrow meets an edge of a room that it shares with others."""
    return left + BOX_W * (arrows.index(arrow) + 1) / (len(arrows) + 1)


def curve(points: list[Point]) -> str:
    """Path through points: curved between rows, straight past a row."""
    text = f"M{points[0][0]:.0f} {points[0][1]:.0f}"
    for i, ((x1, y1), (x2, y2)) in enumerate(pairwise(points)):
        bend = (y2 - y1) / 2
        between_rows = i % 2 == 0
        curved = f"C{x1:.0f} {y1 + bend:.0f} {x2:.0f} {y2 - bend:.0f} {x2:.0f} {y2:.0f}"
        text += curved if between_rows else f"L{x2:.0f} {y2:.0f}"
    return text


if __name__ == "__main__":
    PICTURE.write_text(picture(), encoding="utf-8")
