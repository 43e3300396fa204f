"""Replies in many words: what is false of a record is marked, what is true of it is left alone."""

import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).resolve().parents[3] / "bench"
sys.path.append(str(BENCH))

from grounding import HALVES, judged  # noqa: E402 - the path comes first
from replies.scenes import Scene, scenes  # noqa: E402

FALSE_MARKED, TRUE_MARKED = 0.98, 0.02


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> list[Scene]:
    return scenes(tmp_path_factory.mktemp("scenes"))


@pytest.mark.slow
@pytest.mark.parametrize("half", HALVES)
def test_what_is_false_is_marked_and_what_is_true_is_left_alone(found: list[Scene], half: str) -> None:
    figures, misses = judged(half, found, 300)
    assert figures["marked"] >= FALSE_MARKED, "\n\n".join(misses)
    assert figures["left_alone"] >= 1 - TRUE_MARKED, "\n\n".join(misses)


@pytest.mark.slow
def test_the_halves_share_no_template() -> None:
    seen = [{*half.TRUE, *half.FILED, *half.RECORDED, *half.DEEDS} for half in HALVES.values()]
    assert len(set.union(*seen)) == sum(map(len, seen))
    assert all(len(half.TRUE) >= 30 for half in HALVES.values())
