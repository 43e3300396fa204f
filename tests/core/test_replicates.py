"""Replicates against stated uncertainties: said where they contradict each other, and else not."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from zosimos.core.objective import Objective
from zosimos.core.records import Measurement, Observation
from zosimos.core.replicates import disagreements, scatter

Y = Objective("y", "max", "mg")


def seen(values: Sequence[float], stated: float | None, rows: int = 3, **more: float) -> list[Observation]:
    """Results at a few rows in turn, so that each is measured again later."""
    return [
        Observation(
            f"e{place + 1:04d}",
            {"x": place % rows},
            {"y": Measurement("y", 5.0 * (place % rows) + value, stated, **more)},
        )
        for place, value in enumerate(values)
    ]


def noise(n: int, sd: float, seed: int) -> list[float]:
    return list(sd * np.random.default_rng(seed).normal(size=n))


def test_results_that_scatter_as_stated_are_seldom_doubted() -> None:
    doubted = sum(bool(disagreements(seen(noise(12, 0.3, seed), 0.3), [Y])) for seed in range(400))
    assert doubted <= 12  # 1 % on either side


def test_too_large_an_uncertainty_is_taken_for_a_shared_part() -> None:
    (words,) = disagreements(seen(noise(15, 0.1, 1), 0.3), [Y])
    assert words.startswith("y: results at the same settings (e0001, e0004, e0007, e0010 and 11 more) scatter by 0.")
    assert "mg, and 0.3 mg is stated: part of that may be the same for all results (say u_shared)" in words


def test_too_small_an_uncertainty_is_told_from_a_change_in_time() -> None:
    (scattered,) = disagreements(seen(noise(15, 1.0, 2), 0.2), [Y])
    assert "something scatters that is not in it" in scattered
    (drifted,) = disagreements(seen(list(np.linspace(0.0, 4.0, 15)), 0.2), [Y])
    assert "a change in time" in drifted


def test_what_is_said_to_be_shared_is_no_scatter() -> None:
    told = seen(noise(15, 0.1, 1), 0.1, u_shared=0.3)
    assert disagreements(told, [Y]) == []
    assert disagreements(seen(noise(15, 0.1, 1), 0.3), [Objective("y", "max", "mg", u_shared="all")]) == []


@pytest.mark.parametrize(("stated", "rows"), [(None, 3), (0.0, 3), (0.3, 15)])
def test_nothing_is_said_without_statements_or_replicates(stated: float | None, rows: int) -> None:
    assert scatter(seen(noise(15, 9.0, 1), stated, rows), Y) is None
