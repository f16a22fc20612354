"""What a desk of trade answers a command with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl


@dataclass(frozen=True)
class Answer:
    """Tables by title and facts beside them; `left_out` says which rows of a user's table were not counted."""

    tables: Mapping[str, pl.DataFrame]
    meta: Mapping[str, Any] = field(default_factory=dict)
    left_out: tuple[str, ...] = field(default=(), kw_only=True)
