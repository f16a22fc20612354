"""Sources of trade figures: the registry and its readers."""

from karwan.errors import UnknownName
from karwan.store.sources.baci import BACI
from karwan.store.sources.case_flows import CASE
from karwan.store.sources.comtrade_api import COMTRADE_API
from karwan.store.sources.comtrade_csv import COMTRADE_CSV
from karwan.store.sources.mapped_table import TABLE
from karwan.store.sources.registry import Options, Source

SOURCES = {source.name: source for source in (BACI, COMTRADE_API, COMTRADE_CSV, TABLE, CASE)}


def source_named(name: str) -> Source:
    """The source a user names."""
    if name not in SOURCES:
        raise UnknownName(f"There is no source `{name}`.", fix=f"Choose of {', '.join(SOURCES)}.")
    return SOURCES[name]


__all__ = ["SOURCES", "Options", "Source", "source_named"]
