"""What a page holds of long tables and heavy pictures: as many rows of each as its budget allows, and the heaviest pictures one by one; the files hold all."""

from __future__ import annotations

import gzip
import json
import re
from typing import Any

STEPS = (80, 40, 20)
"""Rows of a table that a page shows at once: the first that keeps the page within `BUDGET`, else the last, and then its heaviest pictures come one by one."""
FEW = (STEPS[-1], 10, 5, 3, 1)
"""The same of a page of so many tables that it is over its budget without pictures too."""
BUDGET = 27_000
"""Bytes of the packed content of a page; as HTML, with the frame around it, it is a third more, and at most 40 kB is wanted."""
_PART = re.compile(r"(?P<key>.+)\.(?P<part>[1-9][0-9]{0,4})")


def paged(content: Any, asked: str, figure: str = "") -> Any:
    """Plain content of a page with every long table cut to one part, and where the others are; where that is too much still, pictures are put off.

    Parameters
    ----------
    content
        As `content_of` makes it: a table is a mapping with `block` "table", `key` and `rows`.
    asked
        `KEY.PART` of the table that is not at its first part; empty for none.
    figure
        Key of a picture that is wanted and not put off; empty for none.

    Returns
    -------
    The same, each cut table with `parted`: first and last row shown, how many there are, and the values that lead to the part before and after.
    """
    most = next((most for most in STEPS if _packed(_cut(content, "", most)) <= BUDGET), STEPS[-1])
    over = _packed(_cut(content, "", most)) - BUDGET
    if over <= 0:
        return _cut(content, asked, most)
    lighter = _without(content, _put_off(content, over, figure))
    last = next((most for most in FEW if _packed(_cut(lighter, "", most)) <= BUDGET), FEW[-1])
    return _cut(lighter, asked, last)


def _put_off(content: Any, over: int, wanted: str) -> set[str]:
    """Keys of the heaviest pictures that together are as heavy as the page is over its budget, the one that is wanted left out."""
    sizes = {one["key"]: _packed(one["svg"]) for one in _figures(content) if one["key"] != wanted}
    found: set[str] = set()
    for key in sorted(sizes, key=lambda key: (-sizes[key], key)):
        if over <= 0:
            break
        found.add(key)
        over -= sizes[key]
    return found


def _figures(content: Any) -> list[dict[str, Any]]:
    """Every picture of a page."""
    if isinstance(content, list):
        return [figure for one in content for figure in _figures(one)]
    if not isinstance(content, dict):
        return []
    if content.get("block") == "figure":
        return [content]
    return [figure for one in content.values() for figure in _figures(one)]


def _without(content: Any, keys: set[str]) -> Any:
    """The same with pictures put off: each says so in place of its drawing."""
    if isinstance(content, list):
        return [_without(one, keys) for one in content]
    if not isinstance(content, dict):
        return content
    if content.get("block") == "figure":
        return {**content, "svg": "", "late": True} if content["key"] in keys else content
    return {name: _without(one, keys) for name, one in content.items()}


def part_of(key: str, count: int, asked: str, most: int) -> tuple[int, dict[str, Any]]:
    """First row of the part asked for, and what the page says of it; the first part where another table or no such part is asked for."""
    found = _PART.fullmatch(asked)
    part = int(found["part"]) if found and found["key"] == key else 1
    last = (count - 1) // most + 1
    part = part if part <= last else 1
    first = (part - 1) * most
    told = {
        "first": first + 1,
        "last": min(first + most, count),
        "count": count,
        "before": f"{key}.{part - 1}" if part > 1 else "",
        "after": f"{key}.{part + 1}" if part < last else "",
    }
    return first, told


def _packed(content: Any) -> int:
    return len(gzip.compress(json.dumps(content, default=str).encode(), 6))


def _cut(content: Any, asked: str, most: int) -> Any:
    if isinstance(content, list):
        return [_cut(one, asked, most) for one in content]
    if not isinstance(content, dict):
        return content
    if content.get("block") != "table":
        return {name: _cut(one, asked, most) for name, one in content.items()}
    rows = content["rows"]
    if len(rows) <= most:
        return content
    first, told = part_of(content["key"], len(rows), asked, most)
    return {**content, "rows": rows[first : first + most], "parted": told}
