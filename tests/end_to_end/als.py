"""Alternating least squares on implicit feedback (Hu, Koren & Volinsky 2008), in memory: independent of Spark's."""

from __future__ import annotations

import numpy as np

from tests.support.lazy import lazy

pd = lazy("pandas")
csr_matrix = lazy("scipy.sparse", "csr_matrix")

Floats = np.ndarray


def fit(strengths: csr_matrix, *, rank: int, reg: float, alpha: float, iterations: int, seed: int) -> tuple[Floats, Floats]:
    """Factors of the rows and of the columns, from a random start.

    Confidence in a cell is 1 + alpha * strength; regularization grows with the cells of a row or column (Zhou et al. 2008).
    """
    start = np.random.default_rng(seed).normal(size=(strengths.shape[0], rank))
    users = start / np.linalg.norm(start, axis=1, keepdims=True)
    for _ in range(iterations):
        products = _solve(strengths.T.tocsr(), users, reg=reg, alpha=alpha)
        users = _solve(strengths, products, reg=reg, alpha=alpha)
    return users, products


def recommend(strengths: pd.DataFrame, *, places: int, **parameters: float) -> pd.DataFrame:
    """Each user's highest-scored products as user_id, product_id, score; `strengths` has user_id, product_id, strength."""
    rows, users = pd.factorize(strengths["user_id"])
    columns, products = pd.factorize(strengths["product_id"])
    of_users, of_products = fit(csr_matrix((strengths["strength"], (rows, columns))), **parameters)
    scores = of_users @ of_products.T
    top = np.argsort(-scores, axis=1)[:, :places]
    return pd.DataFrame(
        {
            "user_id": np.repeat(users, top.shape[1]),
            "product_id": products[top.ravel()],
            "score": np.take_along_axis(scores, top, axis=1).ravel(),
        }
    )


def _solve(strengths: csr_matrix, others: Floats, *, reg: float, alpha: float) -> Floats:
    rank = others.shape[1]
    squares = (others[:, :, None] * others[:, None, :]).reshape(len(others), -1)
    cells = np.diff(strengths.indptr)[:, None, None]
    left = others.T @ others + (alpha * strengths @ squares).reshape(-1, rank, rank) + reg * cells * np.eye(rank)
    confidence = csr_matrix((1 + alpha * strengths.data, strengths.indices, strengths.indptr), shape=strengths.shape)
    return np.linalg.solve(left, (confidence @ others)[:, :, None])[:, :, 0]
