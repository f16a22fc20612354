"""How far a country's trade reports stray: the standard deviation of its log errors, from a world panel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from karwan.errors import InvalidInput, NotConverged

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
FLOOR = 1e-4
FEWEST_FLOWS = 30


@dataclass(frozen=True)
class Reliability:
    """Standard deviation of the log error of each country's reports.

    Attributes
    ----------
    table
        reporter, sigma_export, sigma_import (null where never seen in that role), exports, imports (flows
        compared).
    products
        product, scale: how much larger the error variance of a product is than usual (1 on average). Empty
        if not asked for.
    pooled
        Median sigma, used for a country that is not in the table.
    method
        'likelihood' or 'baci'.
    """

    table: pl.DataFrame
    products: pl.DataFrame
    pooled: float
    method: str

    def of(self, reporters: pl.Series, *, role: str) -> Floats:
        """Sigma of each named reporter as 'export' or 'import' reporter; the pooled one where unknown."""
        known = dict(self.table.select("reporter", f"sigma_{role}").iter_rows())
        names = reporters.unique()
        lookup = {name: known.get(name) or self.pooled for name in names}
        return reporters.replace_strict(lookup, default=self.pooled, return_dtype=pl.Float64).to_numpy()


def reporter_sigma(
    flows: pl.DataFrame,
    *,
    method: str = "likelihood",
    one_sigma: bool = True,
    by_product: bool = False,
    weight: str = "log_size",
) -> Reliability:
    """Estimate reporters' reliability from flows that both sides report.

    With log errors e_i ~ N(0, s_i), the log ratio of two reports has variance s_i + s_j. Squared log ratios
    are summed by pair of countries, and the s are found by maximum likelihood (scoring, with
    components below zero set to zero). With one sigma a country, the level is identified; with one each as
    exporter and as importer a constant can move between the two roles, and the split that gives both roles
    the same mean is taken.

    method 'baci' is Gaulier & Zignago (2010): weighted analysis of variance of |ln ratio| on exporter,
    importer and product effects; sigma = pi/2 (least squares mean - K). The paper prints K in two ways, one
    of which makes the best reporter's sigma negative; here K is the smallest of (mean - 2 standard errors)
    over reporters with at least 30 flows: a reporter of few flows has so large an error that it alone would
    set K.

    Parameters
    ----------
    flows
        exporter, importer, product, export_usd, import_fob_usd: both positive in the rows used.
    by_product
        Estimate a variance scale by product too.
    weight
        'log_size' (ln of the sum of the two reports, as the paper weights) or 'none'.

    Raises
    ------
    InvalidInput
        No flow is reported by both sides.
    """
    used = flows.filter((pl.col("export_usd") > 0) & (pl.col("import_fob_usd") > 0))
    if used.is_empty():
        raise InvalidInput(
            "No flow is reported by both sides.",
            f"{flows.height} flows",
            "Load both sides' reports, or give the sigmas.",
        )
    names = pl.concat([used["exporter"], used["importer"]]).unique().sort()
    kind = pl.Enum(names)
    exporter = used["exporter"].cast(kind).to_physical().to_numpy().astype(np.int64)
    importer = used["importer"].cast(kind).to_physical().to_numpy().astype(np.int64)
    out, back = used["export_usd"].to_numpy(), used["import_fob_usd"].to_numpy()
    gap = np.log(out / back)
    weights = np.log(np.maximum(out + back, np.e)) if weight == "log_size" else np.ones(gap.size)
    need_products = by_product or method == "baci"
    goods = used["product"].unique().sort() if need_products else pl.Series("product", [], dtype=pl.String)
    product = (
        used["product"].cast(pl.Enum(goods)).to_physical().to_numpy().astype(np.int64)
        if need_products
        else np.zeros(gap.size, dtype=np.int64)
    )
    size = names.len()
    scale = np.ones(max(goods.len(), 1))
    if method == "baci":
        sigma_x, sigma_m = _baci(exporter, importer, product, np.abs(gap), weights, size)
    else:
        sigma_x, sigma_m, scale = _likelihood(
            exporter, importer, product, gap, weights, size, one_sigma=one_sigma, by_product=by_product
        )
    return _result(
        names, goods if by_product else goods.clear(), scale, exporter, importer, sigma_x, sigma_m, method
    )


def _result(
    names: pl.Series,
    goods: pl.Series,
    scale: Floats,
    exporter: Ints,
    importer: Ints,
    sigma_x: Floats,
    sigma_m: Floats,
    method: str,
) -> Reliability:
    seen_x = np.bincount(exporter, minlength=names.len())
    seen_m = np.bincount(importer, minlength=names.len())
    table = pl.DataFrame(
        {
            "reporter": names.alias("reporter"),
            "sigma_export": np.where(seen_x > 0, sigma_x, np.nan),
            "sigma_import": np.where(seen_m > 0, sigma_m, np.nan),
            "exports": seen_x,
            "imports": seen_m,
        }
    ).fill_nan(None)
    products = pl.DataFrame({"product": goods.alias("product"), "scale": scale[: goods.len()]})
    pooled = float(np.median(np.concatenate([sigma_x[seen_x > 0], sigma_m[seen_m > 0]])))
    return Reliability(table, products, pooled, method)


def _likelihood(
    exporter: Ints,
    importer: Ints,
    product: Ints,
    gap: Floats,
    weights: Floats,
    size: int,
    *,
    one_sigma: bool,
    by_product: bool,
) -> tuple[Floats, Floats, Floats]:
    """Sigmas by role and variance scales of products."""
    pair = exporter * size + importer
    count: Floats = np.bincount(pair, weights=weights, minlength=size * size).astype(np.float64)
    cells = np.flatnonzero(count)
    row, column = cells // size, cells % size
    scale = np.ones(int(product.max()) + 1)
    square = gap**2 * weights
    mass = np.bincount(product, weights=weights) if by_product else np.empty(0)
    v_x, v_m, start = np.empty(0), np.empty(0), None
    for _ in range(4 if by_product else 1):
        scaled = square / scale[product] if by_product else square
        total: Floats = np.bincount(pair, weights=scaled, minlength=size * size).astype(np.float64)
        v_x, v_m = pair_variances(
            row, column, count[cells], total[cells], size, one_sigma=one_sigma, start=start
        )
        start = v_x if one_sigma else np.concatenate([v_x, v_m])
        if by_product:
            expected = (v_x[exporter] + v_m[importer]).clip(FLOOR)
            scale = np.bincount(product, weights=square / expected) / mass
            scale = (scale / np.average(scale, weights=mass)).clip(1e-3)
    return np.sqrt(v_x), np.sqrt(v_m), scale


def pair_variances(
    row: Ints,
    column: Ints,
    count: Floats,
    total: Floats,
    size: int,
    *,
    one_sigma: bool = True,
    start: Floats | None = None,
) -> tuple[Floats, Floats]:
    """Variance components from sums of squared log ratios by pair of countries.

    Parameters
    ----------
    row, column
        Exporter and importer of each pair.
    count, total
        Weight, and weighted sum of squares, of each pair.
    size
        Number of countries.
    start
        Variances to start from.

    Returns
    -------
    Variance of each country as exporter and as importer (equal with one sigma); countries not seen have zero.
    """
    right = column if one_sigma else column + size
    width = size if one_sigma else 2 * size
    mean = total / count
    variance = np.full(width, float(total.sum() / count.sum()) / 2.0) if start is None else start
    for turn in range(200):
        fitted = np.maximum(variance[row] + variance[right], FLOOR)
        factor = count / fitted**2
        new = _scoring_step(row, right, factor, factor * mean, width)
        change = float(np.abs(new - variance).max())
        variance = 0.5 * (variance + new) if turn > 20 else new
        if change < 1e-6 * max(float(variance.max()), 1e-12):
            break
    else:
        if change > 1e-3 * float(variance.max()):
            raise NotConverged(
                "Reporter variances did not settle.",
                f"last change {change:.2g} after 200 rounds",
                "Check the panel for reporters with a handful of flows.",
            )
    return (variance, variance) if one_sigma else (variance[:size], variance[size:])


def _scoring_step(row: Ints, right: Ints, factor: Floats, moment: Floats, width: int) -> Floats:
    """Weighted least squares of pair means on the two countries' variances; below zero means zero."""
    parts = [row * width + row, right * width + right, row * width + right, right * width + row]
    sums = np.bincount(np.concatenate(parts), weights=np.tile(factor, 4), minlength=width**2)
    gram: Floats = sums.astype(np.float64).reshape(width, width)
    target = np.bincount(row, weights=moment, minlength=width) + np.bincount(
        right, weights=moment, minlength=width
    )
    seen = np.flatnonzero(np.diag(gram))
    scale = float(np.diag(gram).max())
    gram += 1e-12 * scale * np.eye(width)
    if right.min() >= width // 2 and row.max() < width // 2:  # two roles: pin the constant between them
        left = seen < width // 2
        contrast = np.zeros(width)
        contrast[seen] = np.where(left, 1.0 / left.sum(), -1.0 / (~left).sum())
        gram += scale * np.outer(contrast, contrast)
    answer, kept = np.zeros(width), seen
    while kept.size:
        solved = np.linalg.solve(gram[np.ix_(kept, kept)], target[kept])
        if (solved >= 0).all():
            answer[kept] = solved
            break
        kept = kept[solved > 0]
    return answer


def _baci(
    exporter: Ints, importer: Ints, product: Ints, distance: Floats, weights: Floats, size: int
) -> tuple[Floats, Floats]:
    """Sigmas from least squares means of reporting distances (Gaulier & Zignago 2010, section 2.4)."""
    groups = (exporter, importer, product)
    sizes = (size, size, int(product.max()) + 1)
    mass = [np.bincount(g, weights=weights, minlength=n) for g, n in zip(groups, sizes, strict=True)]
    mean = float(np.average(distance, weights=weights))
    effects = [np.zeros(n) for n in sizes]
    residual = distance - mean
    for _ in range(200):
        largest = 0.0
        for k, group in enumerate(groups):
            step = np.bincount(group, weights=weights * residual, minlength=sizes[k]) / np.maximum(
                mass[k], 1e-300
            )
            effects[k] += step
            residual -= step[group]
            largest = max(largest, float(np.abs(step).max()))
        if largest < 1e-6:
            break
    level = mean
    for k in (0, 1, 2):  # sum-to-zero effects over the levels seen
        middle = float(effects[k][mass[k] > 0].mean())
        effects[k] -= middle
        level += middle
    count = np.maximum(float((weights > 0).sum()) - sum(sizes), 1.0)
    spread = float(np.sqrt(weights @ residual**2 / count))
    sigmas = []
    for k in (0, 1):
        seen = mass[k] > 0
        means, errors = level + effects[k], spread / np.sqrt(np.maximum(mass[k], 1e-300))
        many = np.bincount(groups[k], minlength=sizes[k]) >= FEWEST_FLOWS
        best = float((means - 2.0 * errors)[many if many.any() else seen].min())
        sigmas.append(np.where(seen, np.pi / 2.0 * np.maximum(means - best, 0.0), 0.0))
    return sigmas[0], sigmas[1]
