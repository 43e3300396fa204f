"""The frozen sentences are what they were when they were written, and enough of each kind."""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path

import pytest
from frozen_sentences import CAMPAIGNS, cries, sentences

DATA = Path(__file__).parent.parent / "data"
WRITTEN = {
    "sentences.jsonl": "98094927b148efe922eb1329ac3ac13b4ad2eccf4c2cb4d97026adb9eaf1cddc",
    "emergencies.jsonl": "3e9d1e3785e0cf8e2b31a144cf6abdaeefb746279ead587de2ebaf06ea717720",
}
_ASKED_TEXT = """
    status pause resume abort set_bounds set_objective set_budget set_batch add_constraint pin_candidate explain
    exploration replicate exclude correct note hypothesis undo report clarify
"""
ASKED = set(_ASKED_TEXT.split())


@pytest.mark.parametrize("name", WRITTEN)
def test_nobody_changed_them_since(name: str) -> None:
    assert hashlib.sha256((DATA / name).read_bytes()).hexdigest() == WRITTEN[name]


def test_there_are_some_of_every_intent() -> None:
    found = sentences()
    counts = Counter(sentence.intent for sentence in found)
    assert len(found) == len({sentence.text.casefold() for sentence in found}) >= 200
    assert set(counts) == ASKED
    assert min(counts.values()) >= 10
    assert {sentence.campaign for sentence in found} == set(CAMPAIGNS)


def test_half_of_the_cries_are_none() -> None:
    found = cries()
    assert len(found) == len({cry.text for cry in found}) == 120
    assert sum(cry.emergency for cry in found) == 60
