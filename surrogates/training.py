"""Training data as every surrogate takes it, checked once."""

from __future__ import annotations

import torch
from torch import Tensor


def checked(X: Tensor, Y: Tensor, Yvar: Tensor | None) -> tuple[Tensor, Tensor, Tensor]:
    """Return ``n x d`` points, ``n x m`` outcomes and their variances in double precision, unknown variances as NaN.

    Raises:
        ValueError: the shapes do not fit, X is not finite, or an outcome has no value at all.
    """
    X, Y = X.double(), Y.double()
    Yvar = torch.full_like(Y, torch.nan) if Yvar is None else Yvar.double()
    if X.ndim != 2 or Y.ndim != 2 or len(X) != len(Y) or Y.shape != Yvar.shape or not X.isfinite().all():
        raise ValueError(f"finite X (n x d), Y and Yvar (n x m) needed, not {X.shape}, {Y.shape}, {Yvar.shape}")
    empty = ~Y.isfinite().any(dim=0)
    if empty.any():
        raise ValueError(f"outcome {int(empty.nonzero()[0])} has no finite value")
    return X, Y, Yvar
