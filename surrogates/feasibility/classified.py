"""Feasibility by a full classifier: where experiments give a usable result, with kernels for choices and descriptors.

The default (:mod:`zosimos.surrogates.feasibility.usable`) gives each column a length scale of its own, searched along a
few steps, so that it can be fitted many times in a decision. Here the descriptors of a choice share one length scale,
and hyper-parameters are fitted by gradients (:class:`~zosimos.surrogates.feasibility.dirichlet.DirichletClassifier`).
It pays where many descriptors of a choice decide what fails; where a number or a choice does, the default is better.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import torch
from torch import Tensor

from zosimos.surrogates.columns import ColumnKinds
from zosimos.surrogates.feasibility.dirichlet import DirichletClassifier
from zosimos.surrogates.feasibility.fault_hmm import RunStatus
from zosimos.surrogates.feasibility.share import teaches
from zosimos.surrogates.feasibility.usable import FLOOR, FeasibilityModel

_OK, _INFEASIBLE = 0, 1  # classes
_EPSILON = 0.05  # what a class counts without a label, as in the default


class ClassifiedFeasibility:
    """The probability that an experiment gives a usable result, from a Dirichlet Gaussian process classifier.

    Whose fault a failure of unknown cause was is judged as by default; a label counts as far as it was the chemistry.
    With no failure that chemistry may have caused it is the default's one number.

    Args:
        kinds: of the columns.
        seed: of the samples that turn latent functions into probabilities.
    """

    def __init__(self, kinds: ColumnKinds, seed: int = 0) -> None:
        self._kinds, self._seed = kinds, seed
        self._default = FeasibilityModel()
        self._classifier: DirichletClassifier | None = None

    @property
    def notes(self) -> tuple[str, ...]:
        """What was unusual about the last fit, in words; empty if nothing was."""
        return (*self._default.notes, *(() if self._classifier is None else self._classifier.notes))

    def fit(self, X: Tensor, outcomes: Sequence[RunStatus]) -> Self:
        """Learn from experiments in order of time and return itself.

        Args:
            X: ``n x d`` points, the declared ranges scaled to [0, 1].
            outcomes: of each row: a usable result, a failure of the chemistry, of an instrument, or of unknown cause.

        Raises:
            ValueError: the lengths do not fit, X is not finite, or an outcome is none of these.
        """
        self._default.fit(X, outcomes)
        self._classifier = None
        chemistry = torch.tensor([teaches(outcome) for outcome in outcomes], dtype=torch.bool)
        if chemistry.any():
            labels = torch.where(chemistry, _INFEASIBLE, _OK)
            confidence = (1.0 - self._default.blame()).clamp(0.0, 1.0)
            classifier = DirichletClassifier(self._kinds, classes=2, epsilon=_EPSILON, seed=self._seed)
            self._classifier = classifier.fit(X, labels, confidence)
        return self

    def probability(self, X: Tensor) -> Tensor:
        """Return the probability of a usable result at ``n x d`` points, faults aside, shape ``n``, never 0."""
        if self._classifier is None:
            return self._default.probability(X)
        if not len(X):
            return torch.empty(0, dtype=torch.double)
        return self._classifier.probabilities(X)[:, _OK].clamp(FLOOR, 1.0)
