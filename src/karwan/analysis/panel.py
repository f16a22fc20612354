"""How far import reports hold freight and reporters err, from every flow of a panel both sides report."""

from __future__ import annotations

from dataclasses import dataclass, replace

import polars as pl

from karwan.amounts import percent
from karwan.trade.mirror import (
    CifModel,
    Reliability,
    estimate_cif,
    published_cif,
    reporter_sigma,
    stated_cif,
)

FEWEST_REPORTERS = 10
PRIOR_SIGMA = 0.5


@dataclass(frozen=True)
class PanelErrors:
    """Freight and reliability of a panel's reports.

    Attributes
    ----------
    cif, sigma
        For `karwan.trade.mirror.reconcile`.
    assumed
        True where the panel is too narrow to tell reporters apart and the prior stands for all.
    """

    cif: CifModel
    sigma: Reliability
    assumed: bool

    @property
    def cif_words(self) -> str:
        """Where the freight shares come from."""
        return f"{self.cif.origin}, mean share {percent(self.cif.mean_share)}"

    @property
    def sigma_words(self) -> str:
        """Where the sigmas come from."""
        if self.assumed:
            return "assumed"
        return f"estimated on {self.sigma.table.height} countries of the store"


def panel_errors(
    wide: pl.DataFrame,
    *,
    distances: pl.DataFrame | None = None,
    cif_share: float | None = None,
    prior_sigma: float = PRIOR_SIGMA,
) -> tuple[PanelErrors, pl.DataFrame]:
    """Estimate both on a panel of paired reports.

    The CIF share is the stated one, else estimated where distances are given, else the published mean. Sigmas
    are estimated where at least ten countries are compared both as exporter and as importer, else the prior.

    Parameters
    ----------
    wide
        Result of `karwan.trade.mirror.paired_reports`.
    distances
        exporter, importer, distance_km, contiguous.

    Returns
    -------
    The errors, and the panel with the distances and `import_fob_usd`.
    """
    if distances is not None:
        wide = wide.join(distances, on=["exporter", "importer"], how="left", maintain_order="left")
    if cif_share is not None:
        cif = stated_cif(cif_share)
    else:
        mean = replace(stated_cif(published_cif().mean_share), origin="published")
        cif = mean if distances is None else estimate_cif(wide)
    free = wide.with_columns(import_fob_usd=pl.col("import_usd") / (1.0 + pl.Series(cif.share(wide))))
    both = free.filter((pl.col("export_usd") > 0) & (pl.col("import_fob_usd") > 0))
    if len(set(both["exporter"]) & set(both["importer"])) >= FEWEST_REPORTERS:
        return PanelErrors(cif, reporter_sigma(both), assumed=False), free
    return PanelErrors(cif, prior_reliability(prior_sigma), assumed=True), free


def prior_reliability(sigma: float) -> Reliability:
    """One stated sigma for every reporter (basis: assumed)."""
    kinds = {
        "reporter": pl.String,
        "sigma_export": pl.Float64,
        "sigma_import": pl.Float64,
        "exports": pl.Int64,
        "imports": pl.Int64,
    }
    none = pl.DataFrame(schema={"product": pl.String, "scale": pl.Float64})
    return Reliability(pl.DataFrame(schema=kinds), none, sigma, "assumed")
