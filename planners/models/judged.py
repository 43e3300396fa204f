"""A model as it is asked where rows are judged: of the last level, and over the errors with which rows are set."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zosimos.planners.models.input_noise import Blur, blurred
from zosimos.planners.models.multi_fidelity import at_last_level
from zosimos.surrogates.committee.outcome import CommitteeOutcome
from zosimos.surrogates.outcome import Known, Mixture, OutcomeModel

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Judged:
    """What of a model counts for a choice.

    Args:
        model: of what is chosen in the end: where there are levels of fidelity, of the last one.
        blur: how rows deviate where parameters are set with errors; None: not at all.
        columns: places of the model columns that the model is asked about; None: all of them.
    """

    model: OutcomeModel
    blur: Blur | None = None
    columns: NDArray[np.int64] | None = None

    @classmethod
    def of(cls, model: OutcomeModel, blur: Blur | None = None) -> Judged:
        """Return a model as it is asked; levels of fidelity know no errors of setting."""
        asked, columns = at_last_level(model)
        return cls(asked, blur if columns is None else None, columns)

    @property
    def exact(self) -> bool:
        """Whether fewer measurements bound what it says; of a warped outcome they need not."""
        bent = isinstance(self.model, CommitteeOutcome) and self.model.warped
        return self.model.exact and not bent and self.blur is None and self.columns is None

    def seen(self, X: Array) -> Array:
        """Return ``m x d`` model columns of the space as the model takes them."""
        return X if self.columns is None else X[:, self.columns]

    def predict(self, X: Array, *, beside: Array | None = None, first: int | None = None) -> Mixture:
        """Return the belief at ``m x d`` model columns of the space; else as the model's own ``predict``."""
        if self.blur is not None:
            return blurred(self.model, self.blur, X, beside)
        return self.model.predict(self.seen(X), beside=beside, first=first)

    def known(self) -> Known:
        """Return what is believed of the measured rows, then of those under way, by columns as the model takes them."""
        known = self.model.known()
        if self.blur is None:
            return known
        around, limited = blurred(self.model, self.blur, known.columns), known.limited
        if limited is not None:
            limited = limited[0], blurred(self.model, self.blur, limited[0]).means
        return Known(known.columns, around.means, around.mean, around.means, limited)
