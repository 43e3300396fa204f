"""Texts: what descriptions of things say, as a few numbers by which a model can tell which are alike.

A description is embedded (:mod:`zosimos.surrogates.featurizers.sentences`); of the embeddings of all choices the
principal components are kept that hold most of what they differ in.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from zosimos.core.errors import SpecError
from zosimos.surrogates.featurizers.features import Features
from zosimos.surrogates.featurizers.sentences import embedder

_DIGITS = 3  # of a unit vector's components: processors differ beyond


def text_features(texts: Sequence[str], *, field: str) -> Features:
    """Return the features of ``n`` descriptions.

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
    vectors = np.round([embeds.embedded(text) for text in texts], _DIGITS)
    return Features.standardised([f"text {place}" for place in range(vectors.shape[1])], vectors)
