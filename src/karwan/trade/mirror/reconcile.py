"""Two reports of one flow to one estimate with an interval; both reports stay in the table."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.special import ndtri

from karwan.errors import InvalidInput
from karwan.trade.mirror.cif import CifModel
from karwan.trade.mirror.reliability import Reliability

Floats = NDArray[np.float64]
METHODS = ("log", "baci")
NOTES = {
    "both": "",
    "both zero": "both sides state zero",
    "zero against value": "one side states zero: the other's figure stands, the band reaches down to zero",
    "one side": "the other side does not report this flow, which is not zero",
    "one side zero": "one side states zero, the other does not report this flow",
}


@dataclass(frozen=True)
class Reconciled:
    """Reconciled flows.

    Attributes
    ----------
    table
        The given columns (both reports among them), then cif_share, import_fob_usd (import report less
        freight and insurance), value_usd (at the exporter's border), low_usd, high_usd, log_sd,
        exporter_weight (in [0, 1]), sides ('both', 'exporter', 'importer'), state (a key of `NOTES`), note.
    coverage
        Probability the interval is meant to hold.
    method
        'log' or 'baci'.
    """

    table: pl.DataFrame
    coverage: float
    method: str

    def counts(self) -> pl.DataFrame:
        """Flows and value by state: state, note, flows, value_usd."""
        grouped = self.table.group_by("state").agg(flows=pl.len(), value_usd=pl.col("value_usd").sum())
        note = pl.col("state").replace_strict(NOTES, default="")
        return grouped.with_columns(note=note).select("state", "note", "flows", "value_usd").sort("state")


def paired_reports(flows: pl.DataFrame, *, keys: tuple[str, ...] = ("product",)) -> pl.DataFrame:
    """Long table of reports as one row a flow with both sides beside each other.

    Parameters
    ----------
    flows
        reporter_side ('exporter', 'importer'; others are left out), exporter, importer, the `keys`,
        value_usd and, if known, valuation. Rows of one side are added. A null value is no report.

    Returns
    -------
    exporter, importer, keys, export_usd, import_usd (null where that side did not report), import_valuation.
    """
    on = ["exporter", "importer", *keys]
    known = flows.filter(pl.col("value_usd").is_not_null())
    out = (
        known.filter(pl.col("reporter_side") == "exporter")
        .group_by(on)
        .agg(export_usd=pl.col("value_usd").sum())
    )
    valuation = pl.col("valuation").first() if "valuation" in flows.columns else pl.lit("unknown").first()
    back = (
        known.filter(pl.col("reporter_side") == "importer")
        .group_by(on)
        .agg(import_usd=pl.col("value_usd").sum(), import_valuation=valuation)
    )
    return out.join(back, on=on, how="full", coalesce=True).sort(on)


def combine(
    ln_export: Floats,
    ln_import: Floats,
    variance_export: Floats,
    variance_import: Floats,
    *,
    widen: bool = False,
) -> tuple[Floats, Floats, Floats]:
    """Inverse-variance mean of two logarithms.

    Parameters
    ----------
    widen
        Multiply the standard deviation by |difference| / its expectation where that exceeds one (the scale
        factor of the Particle Data Group): reports further apart than their variances allow make a wider
        band.

    Returns
    -------
    Mean, standard deviation, and weight of the exporter's report.
    """
    total = variance_export + variance_import
    weight = np.where(total > 0, variance_import / np.where(total > 0, total, 1.0), 0.5)
    mean = weight * ln_export + (1.0 - weight) * ln_import
    deviation = np.sqrt(
        np.where(total > 0, variance_export * variance_import / np.where(total > 0, total, 1.0), 0.0)
    )
    if widen:
        gap = np.abs(ln_export - ln_import)
        stretch = np.maximum(1.0, gap / np.sqrt(np.where(total > 0, total, np.inf)))
        deviation = deviation * stretch
    return mean, deviation, weight


def baci_weight(sigma_export: Floats, sigma_import: Floats) -> Floats:
    """Weight of the exporter's report in levels, by the variance e**s2 (e**s2 - 1) of a log-normal error."""
    spread_x, spread_m = (np.exp(s**2) * np.expm1(s**2) for s in (sigma_export, sigma_import))
    total = spread_x + spread_m
    return np.asarray(np.where(total > 0, spread_m / np.where(total > 0, total, 1.0), 0.5))


def reconcile(
    flows: pl.DataFrame,
    cif: CifModel,
    sigma: Reliability,
    *,
    method: str = "log",
    coverage: float = 0.9,
    widen: bool = False,
) -> Reconciled:
    """Reconcile both sides' reports of many flows.

    Parameters
    ----------
    flows
        One row a flow: exporter, importer, product (if sigma has product scales), export_usd, import_usd
        (null where not reported; zero is a statement), and the columns `cif` asks for. Where a column
        `import_valuation` is 'fob', nothing is taken off.
    method
        'log' weighs logarithms by inverse variance; 'baci' weighs the values themselves (Gaulier & Zignago
        2010).
    coverage
        Probability of the interval, in (0, 1).

    Returns
    -------
    A flow with one report keeps that report (less CIF) with that reporter's sigma. If one side states zero
    and the other a value, the value stays and the band reaches down to zero: logarithms cannot weigh a zero.

    Raises
    ------
    InvalidInput
        An unknown method, or a coverage outside (0, 1).
    """
    if method not in METHODS or not 0.0 < coverage < 1.0:
        raise InvalidInput(
            f"method {method!r} with coverage {coverage} is not possible.",
            fix=f"method is one of {', '.join(METHODS)}; coverage lies between 0 and 1.",
        )
    share = _share(flows, cif)
    export = _numbers(flows, "export_usd")
    fob = _numbers(flows, "import_usd") / (1.0 + share)
    sigma_x, sigma_m = sigma.of(flows["exporter"], role="export"), sigma.of(flows["importer"], role="import")
    scale = _scales(flows, sigma)
    deviation_x, deviation_m = sigma_x * scale, sigma_m * scale
    both = (export > 0) & (fob > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean, deviation, weight = combine(
            np.log(export), np.log(fob), deviation_x**2, deviation_m**2, widen=widen
        )
        value = np.exp(mean)
    if method == "baci":
        weight = baci_weight(deviation_x, deviation_m)
        value = weight * export + (1.0 - weight) * fob
    known_x, known_m = ~np.isnan(export), ~np.isnan(fob)
    single = np.where(known_x & ~known_m | (export > 0), export, fob)
    value = np.where(both, value, single)
    from_x = known_x & (~known_m | (export > 0))
    deviation = np.where(both, deviation, np.where(from_x, deviation_x, deviation_m))
    weight = np.where(both, weight, np.where(from_x, 1.0, 0.0))
    reach = np.exp(ndtri(0.5 + coverage / 2.0) * deviation)
    contested = known_x & known_m & ~both & (value > 0)
    table = flows.with_columns(
        cif_share=pl.Series(share),
        import_fob_usd=pl.Series(fob).fill_nan(None),
        value_usd=pl.Series(value).fill_nan(None),
        low_usd=pl.Series(np.where(contested, 0.0, value / reach)).fill_nan(None),
        high_usd=pl.Series(value * reach).fill_nan(None),
        log_sd=pl.Series(deviation),
        exporter_weight=pl.Series(weight),
        sides=_sides(known_x, known_m),
        state=_states(known_x, known_m, both, value),
    )
    note = pl.col("state").replace_strict(NOTES, default="")
    return Reconciled(table.with_columns(note=note), coverage, method)


def _share(flows: pl.DataFrame, cif: CifModel) -> Floats:
    share = cif.share(flows)
    if "import_valuation" in flows.columns:
        share = np.where((flows["import_valuation"].fill_null("unknown") == "fob").to_numpy(), 0.0, share)
    return share


def _numbers(flows: pl.DataFrame, name: str) -> Floats:
    return flows[name].cast(pl.Float64).fill_null(float("nan")).to_numpy()


def _scales(flows: pl.DataFrame, sigma: Reliability) -> Floats | float:
    """Factor on the standard deviation of each flow's product."""
    if sigma.products.is_empty() or "product" not in flows.columns:
        return 1.0
    scale = flows.select("product").join(sigma.products, on="product", how="left", maintain_order="left")[
        "scale"
    ]
    return np.asarray(np.sqrt(scale.fill_null(1.0).to_numpy()))


def _sides(known_x: NDArray[np.bool_], known_m: NDArray[np.bool_]) -> pl.Series:
    code = np.where(known_x & known_m, 0, np.where(known_x, 1, np.where(known_m, 2, 3)))
    return _labels(code, ["both", "exporter", "importer", "none"])


def _states(
    known_x: NDArray[np.bool_], known_m: NDArray[np.bool_], both: NDArray[np.bool_], value: Floats
) -> pl.Series:
    two, some = known_x & known_m, value > 0
    code = np.select([both, two & some, two, some], [0, 1, 2, 3], default=4)
    return _labels(code, ["both", "zero against value", "both zero", "one side", "one side zero"])


def _labels(code: NDArray[np.int64], labels: list[str]) -> pl.Series:
    return (
        pl.Series(code.astype(np.uint8))
        .replace_strict(list(range(len(labels))), labels, return_dtype=pl.Enum(labels))
        .cast(pl.String)
    )
