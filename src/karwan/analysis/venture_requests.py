"""What the analyses of ventures are asked: frozen, as in `karwan.analysis.requests`. Loads no engine."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path

from karwan.analysis.contract import asks
from karwan.errors import InvalidInput

VENTURE = asks("Id of the venture; `karwan venture list` names them.", flag="argument")
DRAWS = asks("Joint draws of all inputs; 0 takes 1,000.", least=0, most=1_000_000)
SEED = asks("Seed of the draws.", least=0)


@dataclass(frozen=True)
class VentureListRequest:
    """List the ventures of a case, and what each lacks to be appraised.

    Example: karwan venture list
    """


@dataclass(frozen=True)
class AppraiseRequest:
    """Would a venture pay: for its owners, its bank, each country? With bands, switching values and who gains.

    Where assumed inputs drive more than half of how the value varies, no single value is printed: the band, what would have to be true,
    and what to find out first.

    Example: karwan venture appraise leather --scenario open_afghan_crossings
    """

    venture_id: str = field(metadata=VENTURE)
    scenarios: tuple[str, ...] = field(
        default=(),
        metadata=asks(
            "Scenario id or YAML file it stands under; give it again for each further one.",
            flag="--scenario",
            metavar="NAME",
            whole=True,
        ),
    )
    draws: int = field(default=0, metadata=DRAWS)
    seed: int = field(default=1, metadata=SEED)
    trade: bool = field(
        default=False,
        metadata=asks("Take the corridors' own traffic at its port from the loop of trade and corridors."),
    )


@dataclass(frozen=True)
class AppraiseView:
    """Files to write."""

    workbook: Path | None = field(
        default=None,
        metadata=asks(
            "Workbook to write, its cash flow as live formulas on a sheet of inputs.", metavar="FILE"
        ),
    )


@dataclass(frozen=True)
class CompareVentureRequest:
    """A venture as the case stands and under each of some scenarios, side by side.

    Example: karwan venture compare leather --scenario open_afghan_crossings --scenario transit_agreement
    """

    venture_id: str = field(metadata=VENTURE)
    scenarios: tuple[str, ...] = field(
        default=(),
        metadata=asks(
            "Scenario to set beside the case as it stands; give it again for each.",
            flag="--scenario",
            metavar="NAME",
            whole=True,
        ),
    )
    draws: int = field(default=0, metadata=DRAWS)
    seed: int = field(default=1, metadata=SEED)


@dataclass(frozen=True)
class WaitRequest:
    """Build now, or wait until the border opens? A border that opens and shuts by chance, and what the right to wait is worth.

    Example: karwan venture wait leather --reopening-years 1.5 --low 0.5 --high 5
    """

    venture_id: str = field(metadata=VENTURE)
    opening: str = field(
        default="",
        metadata=asks(
            "Scenario under which the border is open; the first one that ends closures otherwise.",
            metavar="NAME",
        ),
    )
    reopening_years: float | None = field(
        default=None,
        metadata=asks(
            "Mean years until the border opens; from the closure record otherwise.", least=0.01, most=100
        ),
    )
    low: float | None = field(
        default=None, metadata=asks("Fewest mean years looked at.", least=0.01, most=100)
    )
    high: float | None = field(
        default=None, metadata=asks("Most mean years looked at.", least=0.01, most=100)
    )
    closing_years: float | None = field(
        default=None,
        metadata=asks(
            "Mean years until it shuts again; from the closure record otherwise.", least=0.01, most=100
        ),
    )

    def __post_init__(self) -> None:
        given = [one for one in (self.low, self.reopening_years, self.high) if one is not None]
        if not all(map(isfinite, given)) or given != sorted(given):
            raise InvalidInput(
                "The years until the border opens are not in order.",
                f"low {self.low}, mean {self.reopening_years}, high {self.high}",
                "give --low at most --reopening-years, and that at most --high.",
            )


@dataclass(frozen=True)
class TemplateRequest:
    """Rows to fill so that a venture can be appraised, with published analogues beside.

    Example: karwan venture template off_dock_terminal
    """

    kind: str = field(
        metadata=asks("tannery, off_dock_terminal, grain_terminal or logistics.", flag="argument")
    )
    out: Path | None = field(
        default=None, metadata=asks("Folder to write the rows to, a CSV file a table.", metavar="FOLDER")
    )
