"""A network assigned in words."""

from __future__ import annotations

from karwan.words.english.plural import Plural

NETWORK: dict[str, str | Plural] = {
    "network.unknown_columns": "Columns of line {line} that are not known play no part: {columns}.",
    "network.per_lane": "Capacity is taken as one per lane, times the lanes.",
    "network.all_lanes": "Capacity is taken as that of all lanes.",
    "network.no_column": "The file has no column {column}: its weight {weight:g} changes nothing.",
    "network.gap_falls": "The gap still falls: more iterations bring it lower.",
    "network.gap_stays": (
        "The gap no longer falls. The link from {start} to {finish} (b {b:g}, power {power:g}, {load:.3g} times its capacity) holds"
        " {cost:.0%} of all cost; where times are so steep, volumes as exact as a computer holds them move the gap."
    ),
    "network.ties": (
        "{ties} of {links} links take the same time at any volume: routes over them may tie, their volumes are not unique, and"
        " a difference there (largest {difference:.3g}) is no error. Volumes are unique on the other"
        " {unique} links: the volume error is theirs."
    ),
    "network.not_converged": "NOT converged: relative gap {gap:.3g} after {iterations} iterations, {asked:g} asked.",
}
