"""Colour analysis: published colour differences, calibration on standards, and readings that say nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zosimos.analysis.colour.channels import calibrated, difference
from zosimos.analysis.colour.composite import difference_from
from zosimos.analysis.colour.difference import ciede2000, srgb_to_lab, xyz_to_lab, xyz_to_srgb
from zosimos.analysis.methods import method
from zosimos.core.errors import ExecutionError, SpecError
from zosimos.instruments.devices.as7341 import optics
from zosimos.labs.colour.dyes import transmittance, xyz
from zosimos.labs.colour.files import lab_file

REFERENCES = lab_file().devices["sensor-1"].simulator["references"]

FULL = 36_000
NAMES = ("F1", "F2", "F3", "F4", "F5", "F6", "F7", "F8", "clear", "nir")


def reading(dyes: Mapping[str, float], scale: float = 1.0) -> dict[str, Any]:
    light = optics.lit(transmittance(dyes, optics.GRID_NM), 10.0, 0.01)
    counts = np.minimum(optics.counts(light, 8.0, 100.0) * scale, FULL)
    values = dict(zip(NAMES, counts.tolist(), strict=True))
    return {"counts": values, "spread": dict.fromkeys(NAMES, 5.0), "full_scale": FULL, "times": 4}


def calibration() -> dict[str, Any]:
    readings = [reading(dyes) for dyes in REFERENCES]
    return calibrated({"readings": readings, "certificates": [list(xyz(dyes)) for dyes in REFERENCES]})


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [  # Sharma, Wu and Dalal, Color Research and Application 30 (2005) 21, table 1
        ((50.0, 2.6772, -79.7751), (50.0, 0.0, -82.7485), 2.0425),
        ((50.0, -1.3802, -84.2814), (50.0, 0.0, -82.7485), 1.0000),
        ((50.0, 2.5, 0.0), (73.0, 25.0, -18.0), 27.1492),
        ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
        ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
    ],
)
def test_colour_differences_are_the_published_ones(one: Any, other: Any, expected: float) -> None:
    assert ciede2000(one, other) == pytest.approx(expected, abs=1e-4)
    assert ciede2000(other, one) == pytest.approx(expected, abs=1e-4)


def test_white_is_white_and_srgb_comes_back() -> None:
    assert srgb_to_lab((255, 255, 255)) == pytest.approx((100.0, 0.0, 0.0), abs=0.01)
    assert xyz_to_srgb((0.95047, 1.0, 1.08883)) == (255, 255, 255)


def test_a_calibrated_sensor_tells_the_colour_of_mixtures_it_has_not_seen() -> None:
    made = calibration()
    assert made["residual"] < 1.0
    for dyes in ({"red": 2e-5, "yellow": 1e-5, "blue": 5e-6}, {"yellow": 5e-5, "blue": 1.5e-5}):
        found = difference({"reading": reading(dyes), "calibration": made, "target": [40, 120, 80]})
        truth = xyz_to_lab(xyz(dyes))
        assert ciede2000(found["lab"], truth) < 1.0
        assert found["delta_e"]["value"] == pytest.approx(ciede2000(truth, srgb_to_lab((40, 120, 80))), abs=1.0)
        assert found["delta_e"]["u_shared"] == made["residual"]
        assert found["delta_e"]["uncertainty"] < made["residual"]  # the counts are good: the matrix is what is off


def test_noisier_counts_are_a_larger_uncertainty() -> None:
    made, quiet = calibration(), reading({"yellow": 5e-5})
    loud = {**quiet, "spread": dict.fromkeys(NAMES, 500.0)}
    found = [difference({"reading": one, "calibration": made, "target": [40, 120, 80]}) for one in (quiet, loud)]
    assert found[1]["delta_e"]["uncertainty"] > 2 * found[0]["delta_e"]["uncertainty"]


def test_saturated_and_dark_channels_are_refused_by_name() -> None:
    with pytest.raises(ExecutionError, match=r"saturated in .*F5"):
        difference({"reading": reading({}, 3.0), "calibration": calibration(), "target": [1, 2, 3]})
    with pytest.raises(ExecutionError, match="dark on every standard"):
        calibrated({"readings": [reading({}, 0.0)] * 3, "certificates": [[1, 1, 1]] * 3})


def test_an_unknown_method_is_refused_with_those_there_are() -> None:
    with pytest.raises(SpecError, match="there is no method 'alchemy'") as caught:
        method("alchemy")
    assert "colour-difference" in str(caught.value)


@pytest.mark.slow
@given(
    st.tuples(st.floats(0.0, 100.0), st.floats(-120.0, 120.0), st.floats(-120.0, 120.0)),
    st.tuples(*[st.integers(0, 255)] * 3),
)
def test_over_columns_the_difference_is_that_of_single_pairs(lab: Any, target: Any) -> None:
    found = difference_from(*(np.array([part, part]) for part in lab), target)
    assert found == pytest.approx(ciede2000(lab, srgb_to_lab(target)), abs=1e-6)


def test_a_reading_gives_the_colour_that_the_difference_is_made_of() -> None:
    made = calibration()
    found = difference({"reading": reading({"yellow": 5e-5}), "calibration": made, "target": [40, 120, 80]})
    lab = [found[name]["value"] for name in "Lab"]
    assert found["lab"] == lab
    assert found["delta_e"]["value"] == pytest.approx(float(difference_from(*map(np.array, lab), (40, 120, 80))))
    assert all(found[name]["u_shared"] == made["residual"] / 3**0.5 for name in "Lab")


def test_too_few_standards_are_no_calibration() -> None:
    few = REFERENCES[:3]
    with pytest.raises(ExecutionError, match="needs more standards") as caught:
        calibrated({"readings": [reading(one) for one in few], "certificates": [list(xyz(one)) for one in few]})
    assert caught.value.allowed == "at least 4"
