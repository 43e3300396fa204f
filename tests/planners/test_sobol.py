"""Points are scrambled Sobol points, bit for bit those that campaigns on record were begun with."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import qmc

from zosimos.planners.candidates.sobol import scrambled


@pytest.mark.filterwarnings("ignore:The balance properties")
@settings(max_examples=60, deadline=None)
@given(st.integers(1, 70), st.integers(0, 2**63 - 1), st.booleans(), st.lists(st.integers(0, 600), max_size=4))
def test_points_are_those_of_scipy_to_the_last_bit(width, seed, child, sizes):
    theirs = qmc.Sobol(width, rng=np.random.default_rng(seed)) if child else qmc.Sobol(width, seed=seed)
    ours = scrambled(width, seed, child=child)
    for size in sizes:
        assert np.array_equal(ours(size), theirs.random(size))


def test_many_coordinates_are_those_of_scipy_too():
    assert np.array_equal(scrambled(300, 1)(8), qmc.Sobol(300, rng=np.random.default_rng(1)).random(8))


def test_each_coordinate_takes_every_eighth_once_in_eight_points():
    """What makes the sequence even: it holds from the first point on, and for each later block of eight."""
    draw = scrambled(12, 5)
    for _ in range(3):
        assert (np.sort(np.floor(8 * draw(8)), axis=0) == np.arange(8)[:, None]).all()


def test_points_are_drawn_without_the_statistics_of_scipy():
    code = "import sys; from zosimos.planners.candidates.sobol import scrambled; scrambled(20, 3)(512)"
    asked = f"{code}; print('scipy.stats' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout.strip() == "False"
