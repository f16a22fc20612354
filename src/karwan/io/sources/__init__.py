"""Sources of trade figures: the registry and its readers."""

from karwan.errors import UnknownName
from karwan.io.sources.baci import BACI
from karwan.io.sources.case_flows import CASE
from karwan.io.sources.comtrade_api import COMTRADE_API
from karwan.io.sources.comtrade_csv import COMTRADE_CSV
from karwan.io.sources.mapped_table import TABLE
from karwan.io.sources.registry import Options, Source

SOURCES = {source.name: source for source in (BACI, COMTRADE_API, COMTRADE_CSV, TABLE, CASE)}


def source_named(name: str) -> Source:
    """The source a user names."""
    if name not in SOURCES:
        raise UnknownName(f"There is no source `{name}`.", fix=f"Choose of {', '.join(SOURCES)}.")
    return SOURCES[name]


__all__ = ["SOURCES", "Options", "Source", "source_named"]
