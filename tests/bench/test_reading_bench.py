"""Learning to read: the weights that ship come from the exemplars that are here, none of which is measured on."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from frozen_sentences import cries, sentences

from zosimos.agent.reading import reader
from zosimos.agent.reading.ngrams import weighed
from zosimos.agent.reading.reader import INTENT, unnumbered

BENCH = Path(__file__).resolve().parent.parent.parent / "bench"
sys.path.append(str(BENCH))

from sentences import exemplars, learning  # noqa: E402 - the path comes first


def test_exemplars_have_nothing_of_what_is_measured():
    seen = {sentence.text.casefold().strip() for sentence in sentences()} | {c.text.casefold().strip() for c in cries()}
    own = [item.text.casefold().strip() for item in (*exemplars.intents(), *exemplars.cries())]
    assert not seen.intersection(own)
    assert {item.label for item in exemplars.intents()} == {sentence.intent for sentence in sentences()}


def test_the_weights_were_learned_from_the_exemplars_that_are_here():
    assert str(reader._kept()["learned_from"]) == exemplars.digest()


@pytest.mark.slow
def test_a_few_exemplars_are_enough_to_learn_from():
    few = [item for item in exemplars.intents() if item.label in ("replicate", "undo")][:80]
    rarity, linear = vars(learning.of_intents([unnumbered(item.text) for item in few], [i.label for i in few])).values()
    scores = linear.scores(*weighed(INTENT.of(unnumbered("measure e0004 once more")), rarity))
    assert scores[0] > scores[1]
    vectors = learning.embeddings([item.text for item in few])
    assert vectors.shape == (len(few), 384)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1.0)


def test_every_line_of_the_exemplars_can_be_read():
    folder = Path(str(exemplars.__file__)).parent
    for name in ("intents.jsonl", "cries.jsonl"):
        for line in (folder / name).read_text(encoding="utf-8").splitlines():
            assert json.loads(line)["text"].strip()
