"""The method: readings of a temperature to minutes at 60 degC."""

from __future__ import annotations

import pytest
from zosimos_hotplate.dose import HEAT_DOSE

import zosimos as zo

GIVEN = {"heating": [[0, 40.0], [60, 60.0], [660, 60.0]], "cooling": [[0, 60.0], [60, 30.0]]}
REFUSED = [{"heating": [], "cooling": []}, {"heating": [[10, 60.0], [0, 60.0]], "cooling": []}]
CHECKS = dict(zo.testing.method_checks(HEAT_DOSE, GIVEN, refused=REFUSED))


@pytest.mark.parametrize("name", CHECKS)
def test_the_method_conforms(name: str) -> None:
    CHECKS[name]()


def test_ten_kelvin_more_is_ten_times_the_dose() -> None:
    cool, warm = (
        HEAT_DOSE.compute({"heating": [[0, celsius], [600, celsius]], "cooling": []})["dose"] for celsius in (60, 70)
    )
    assert warm["value"] == 100.0
    assert (cool["value"], cool["uncertainty"], warm["uncertainty"]) == (10.0, 0.46, 4.6)
