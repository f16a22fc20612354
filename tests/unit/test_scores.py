"""Scores of forecasts against the distributions of SciPy and the integral that defines the CRPS."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate, stats

from karwan.trade.forecast.scores import crps, crps_t, log_score, log_score_t, pit, sample_crps

SEEN, MEAN, DEVIATION = np.array([1.3, -0.4, 7.0]), np.array([0.2, -0.4, 3.0]), np.array([0.5, 2.0, 1.5])
FREEDOM = np.array([2.0, 5.0, 30.0])


def integral(seen: float, forecast: stats.rv_continuous) -> float:
    """The square between the distribution and the step at what came, over all values."""
    below, _ = integrate.quad(lambda x: forecast.cdf(x) ** 2, -np.inf, seen)
    above, _ = integrate.quad(lambda x: forecast.sf(x) ** 2, seen, np.inf)
    return below + above


def test_scores_of_a_normal_forecast() -> None:
    normals = [stats.norm(m, s) for m, s in zip(MEAN, DEVIATION, strict=True)]
    by_integral = [integral(seen, normal) for seen, normal in zip(SEEN, normals, strict=True)]
    assert crps(SEEN, MEAN, DEVIATION) == pytest.approx(by_integral)
    assert log_score(SEEN, MEAN, DEVIATION) == pytest.approx(stats.norm.logpdf(SEEN, MEAN, DEVIATION))
    assert pit(SEEN, MEAN, DEVIATION) == pytest.approx(stats.norm.cdf(SEEN, MEAN, DEVIATION))


def test_scores_of_a_student_forecast() -> None:
    parameters = zip(FREEDOM, MEAN, DEVIATION, strict=True)
    by_integral = [integral(seen, stats.t(*known)) for seen, known in zip(SEEN, parameters, strict=True)]
    assert crps_t(SEEN, MEAN, DEVIATION, FREEDOM) == pytest.approx(by_integral)
    expected = stats.t.logpdf(SEEN, FREEDOM, MEAN, DEVIATION)
    assert log_score_t(SEEN, MEAN, DEVIATION, FREEDOM) == pytest.approx(expected)


def test_score_of_a_sample_is_that_of_its_steps() -> None:
    sample = np.array([1.0, 2.0, 4.0])
    assert sample_crps(3.0, sample) == pytest.approx(1.0 / 9.0 + 4.0 / 9.0 + 1.0 / 9.0)
