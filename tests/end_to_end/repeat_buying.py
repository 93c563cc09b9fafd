"""BG/NBD and Gamma-Gamma from their papers, in NumPy and SciPy: independent of the job's implementation.

Fader, Hardie & Lee (2005), "Counting Your Customers" the Easy Way; Fader & Hardie (2013), The Gamma-Gamma Model of Monetary
Value.
A history is x repeat purchases, the last of them t_x days after the first purchase, seen for T days; m is their mean value.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from tests.support.lazy import lazy

minimize = lazy("scipy.optimize", "minimize")
betaln = lazy("scipy.special", "betaln")
expit = lazy("scipy.special", "expit")
gammaln = lazy("scipy.special", "gammaln")
log_expit = lazy("scipy.special", "log_expit")

Floats = np.ndarray
STEPS = 4_000


def alive(model: Mapping[str, float], x: Floats, t_x: Floats, age: Floats) -> Floats:
    """Section 4.1's ratio of the two terms of the likelihood; 1 for those who never came back."""
    r, alpha, a, b = (model[name] for name in ("r", "alpha", "a", "b"))
    stayed = betaln(a, b + x) - (r + x) * np.log(alpha + age)
    left = betaln(a + 1, b + np.maximum(x, 1) - 1) - (r + x) * np.log(alpha + t_x)
    return np.where(x > 0, 1 / (1 + np.exp(left - stayed)), 1.0)


def purchases(model: Mapping[str, float], x: Floats, t_x: Floats, age: Floats, days: float) -> Floats:
    """Expected purchases of each: a mean over the chance p of leaving after a purchase, of what is expected where p is known.

    Of those alive p is beta(a, b + x) and the rate gamma(r + x, alpha + T); equation 10 is the same integral in closed form. Here
    it is a sum over steps of p's log odds u, of what is expected less what p = 0 would give, which p may come very near to.
    """
    r, alpha, a, b = (model[name] for name in ("r", "alpha", "a", "b"))
    expected = np.empty(len(x))
    for count in np.unique(x):
        ours = x == count
        middle, spread = np.log(a / (b + count)), 40 * np.sqrt(1 / a + 1 / (b + count))
        u, step = np.linspace(max(-40, middle - spread), min(40 / min(b + count, 1), middle + spread), STEPS, retstep=True)
        p, shares = expit(u), step * np.exp(a * log_expit(u) + (b + count) * log_expit(-u) - betaln(a, b + count))
        lasting = (r + count) * days / (alpha + age[ours])
        known = -np.expm1(-(r + count) * np.log1p(p * days / (alpha + age[ours, None]))) / p
        expected[ours] = lasting + (known - lasting[:, None]) @ shares
    return expected * alive(model, x, t_x, age)


def value(model: Mapping[str, float], x: Floats, m: Floats) -> Floats:
    """Equation 5 of the note, but at least 0."""
    p, q, v = (model[name] for name in ("p", "q", "v"))
    return np.maximum(p * (v + x * np.nan_to_num(m)) / (p * x + q - 1), 0)


def groups(model: Mapping, age: Floats) -> list[tuple[Floats, Mapping[str, float]]]:
    """Which customers each of the published models describes."""
    first = model.get("there_when_data_began", {**model, "from_age_days": 0})
    return [(age >= first["from_age_days"], first), (age < first["from_age_days"], model)]


def fit_purchases(x: Floats, t_x: Floats, age: Floats) -> dict[str, float]:
    """The maximum-likelihood parameters (equation 6)."""

    def negative_log_likelihood(logs: Floats) -> float:
        r, alpha, a, b = np.exp(logs)
        both = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
        stayed = betaln(a, b + x) - betaln(a, b) - (r + x) * np.log(alpha + age)
        left = betaln(a + 1, b + np.maximum(x, 1) - 1) - betaln(a, b) - (r + x) * np.log(alpha + t_x)
        return -float(np.mean(both + np.where(x > 0, np.logaddexp(stayed, left), stayed)))

    return dict(zip(("r", "alpha", "a", "b"), _minimize(negative_log_likelihood, [0.0, 3.0, 0.0, 1.0]), strict=True))


def fit_groups(x: Floats, t_x: Floats, age: Floats) -> list[tuple[Floats, dict[str, float]]]:
    """Customers of the first 31 days and others, each with their model, if 50 of each came back; else all with one."""
    first = age > age.max() - 31
    groups = [first, ~first] if min(np.sum(x[first] > 0), np.sum(x[~first] > 0)) >= 50 else [age >= 0]
    return [(group, fit_purchases(x[group], t_x[group], age[group])) for group in groups]


def fit_value(x: Floats, m: Floats) -> dict[str, float]:
    """The maximum-likelihood parameters (equation 1a)."""

    def negative_log_likelihood(logs: Floats) -> float:
        p, q, v = np.exp(logs)
        return -float(
            np.mean(
                q * np.log(v) - betaln(p * x, q) + (p * x - 1) * np.log(m) + p * x * np.log(x) - (p * x + q) * np.log(x * m + v)
            )
        )

    return dict(zip(("p", "q", "v"), _minimize(negative_log_likelihood, [0.0, 1.5, float(np.log(m.mean()))]), strict=True))


def _minimize(negative_log_likelihood, start: list[float]) -> Floats:
    options = {"xatol": 1e-9, "fatol": 1e-13, "maxiter": 4000, "maxfev": 8000}
    bounds = [(-12, 12)] * len(start)
    rough = minimize(negative_log_likelihood, start, method="Nelder-Mead", bounds=bounds, options=options)
    return np.exp(minimize(negative_log_likelihood, rough.x, method="Nelder-Mead", bounds=bounds, options=options).x)
