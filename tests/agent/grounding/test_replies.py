"""Replies in many words: what is false of a record is marked, what is true of it is left alone."""

import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).resolve().parents[3] / "bench"
sys.path.append(str(BENCH))

from grounding import HALVES, judged  # noqa: E402 - the path comes first
from replies.scenes import Scene, scenes  # noqa: E402

FALSE_MARKED, TRUE_MARKED = 0.98, 0.02
LEARNED = ("held", "developed", "fresh", "later")
OF_OTHERS = {"unseen": (0.92, 0.5), "once": (0.92, 0.33)}
"""Words of somebody who had seen none: what is marked and left alone of them, less what a seed may change."""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> list[Scene]:
    return scenes(tmp_path_factory.mktemp("scenes"))


@pytest.mark.slow
@pytest.mark.parametrize("half", LEARNED)
def test_what_is_false_is_marked_and_what_is_true_is_left_alone(found: list[Scene], half: str) -> None:
    figures, misses = judged(half, found, 300)
    assert figures["marked"] >= FALSE_MARKED, "\n\n".join(misses)
    assert figures["left_alone"] >= 1 - TRUE_MARKED, "\n\n".join(misses)


@pytest.mark.slow
@pytest.mark.parametrize("half", OF_OTHERS)
def test_words_that_were_not_learned_are_judged_as_well_as_measured(found: list[Scene], half: str) -> None:
    figures, misses = judged(half, found, 300)
    marked, left_alone = OF_OTHERS[half]
    assert figures["marked"] >= marked, "\n\n".join(misses)
    assert figures["left_alone"] >= left_alone, "\n\n".join(misses)


@pytest.mark.slow
def test_the_halves_share_no_template() -> None:
    seen = [{*half.TRUE, *half.FILED, *half.RECORDED, *half.DEEDS} for half in HALVES.values()]
    assert {*HALVES} == {*LEARNED, *OF_OTHERS}
    assert len(set.union(*seen)) >= sum(map(len, seen)) - 1  # two people wrote "{id:next} is running."
    assert all(len(half.TRUE) >= 30 for half in HALVES.values())
