"""Texts: what descriptions of things say, as numbers by which a model can tell which are alike.

A description says several things, one after the other: "polar; boils near 100 degrees; thin as water". Embedded whole,
they blur. So each clause is embedded by itself (:mod:`zosimos.surrogates.featurizers.sentences`), and two descriptions
are as alike as their clauses are, pair by pair,

    K(a, b) = mean over clauses u of a and v of b of (u . v)^5,    divided by sqrt(K(a, a) K(b, b))

a sum-match kernel (Haussler 1999, "Convolution kernels on discrete structures"; a power of a kernel is one). The power
leaves to clauses that say nearly the same what they share, and next to nothing to those that are only about the same.
Its principal components (Schoelkopf, Smola and Mueller 1998, "Nonlinear component analysis as a kernel eigenvalue
problem") are the numbers: what a thing is said to be is nearly the sum of them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from zosimos.core.errors import SpecError
from zosimos.surrogates.featurizers.features import Features
from zosimos.surrogates.featurizers.sentences import embedder

MOST_COMPONENTS = 32
"""Of the kernel, those in which things differ most."""

_POWER = 5
_DIGITS = 3  # of a cosine: processors differ beyond
_SMALL = 1e-6  # of the largest component's variance
_CLAUSES = re.compile(r"[;\n]|[.,](?=\s|$)")
_MOST_CLAUSES = 16  # of one description, the first

Array = NDArray[np.float64]


def text_features(texts: Sequence[str], *, field: str) -> Features:
    """Return the features of ``n`` descriptions: the scores of principal components, not brought to one scale.

    Args:
        texts: one for each thing.
        field: that says them, for messages.

    Raises:
        SpecError: nothing can be embedded on this computer.
    """
    embeds = embedder()
    if embeds is None:
        raise SpecError(
            "descriptions cannot be read on this computer: what embeds sentences is missing, or is not the one known",
            field=field,
            hint="pip install 'zosimos' again; or describe the choices by descriptors, numbers of your own",
        )
    said = [_clauses(text) for text in texts]
    vectors = {clause: embeds.embedded(clause) for clause in dict.fromkeys(clause for one in said for clause in one)}
    things = [np.array([vectors[clause] for clause in one]) for one in said]
    alike = np.array([[_alike(one, other) for other in things] for one in things])
    own = np.sqrt(np.diag(alike))
    scores = _components(alike / own / own[:, None])
    return Features(tuple(f"text {place}" for place in range(1, scores.shape[1] + 1)), scores)


def _clauses(text: str) -> list[str]:
    """Return what a text says, one thing after the other.

    >>> _clauses("polar; boils at 1.5 bar, slowly. ")
    ['polar', 'boils at 1.5 bar', 'slowly']
    """
    found = [clause.strip() for clause in _CLAUSES.split(text)]
    return [clause for clause in found if clause][:_MOST_CLAUSES] or [text]


def _alike(one: Array, other: Array) -> float:
    """Return how alike two descriptions are, by the unit vectors of their clauses, ``a x d`` and ``b x d``."""
    return float(np.mean(np.round(one @ other.T, _DIGITS) ** _POWER))


def _components(kernel: Array) -> Array:
    """Return the scores of a kernel's principal components, ``n x k``, each pointing to where it is largest."""
    middle = kernel.mean(axis=0)
    sizes, vectors = np.linalg.eigh(kernel - middle - middle[:, None] + kernel.mean())
    order = [place for place in np.argsort(-sizes) if sizes[place] > max(_SMALL * sizes.max(), _SMALL)]
    scores = vectors[:, order[:MOST_COMPONENTS]] * np.sqrt(sizes[order[:MOST_COMPONENTS]])
    largest = np.abs(scores).argmax(axis=0) if scores.size else np.zeros(0, dtype=int)
    return np.asarray(scores * np.sign(scores[largest, np.arange(scores.shape[1])]))
