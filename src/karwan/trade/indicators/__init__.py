"""Trade indicators: comparative advantage, complexity, complementarity, concentration, growth, seasonality.

Every function takes a long Polars table or plain arrays and gives tables or a frozen result. A cell nobody
reported is null in a table; it counts as zero only in sums over a country that does report.
"""

from karwan.trade.indicators.complementarity import (
    complementarity,
    grubel_lloyd,
    pair_indicators,
    trade_intensity,
)
from karwan.trade.indicators.complexity import Complexity, complexity, density, outlook_gain, proximity
from karwan.trade.indicators.concentration import concentration, concentration_table
from karwan.trade.indicators.growth import contributions
from karwan.trade.indicators.matrix import TradeMatrix, trade_matrix
from karwan.trade.indicators.rca import (
    balassa,
    normalised_advantage,
    rca_table,
    symmetric_advantage,
    vollrath_advantage,
)
from karwan.trade.indicators.seasonality import seasonality

__all__ = [
    "Complexity",
    "TradeMatrix",
    "balassa",
    "complementarity",
    "complexity",
    "concentration",
    "concentration_table",
    "contributions",
    "density",
    "grubel_lloyd",
    "normalised_advantage",
    "outlook_gain",
    "pair_indicators",
    "proximity",
    "rca_table",
    "seasonality",
    "symmetric_advantage",
    "trade_intensity",
    "trade_matrix",
    "vollrath_advantage",
]
