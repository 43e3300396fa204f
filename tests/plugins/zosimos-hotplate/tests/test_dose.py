"""The method: readings of a temperature to minutes at 60 degC."""

from __future__ import annotations

import pytest
from zosimos_hotplate.dose import HEAT_DOSE

import zosimos as zo


def readings(*seen: tuple[float, float]) -> dict[str, object]:
    return {"s": [one[0] for one in seen], "celsius": [one[1] for one in seen], "uncertainty_k": 0.2}


GIVEN = {"heating": readings((0, 40.0), (60, 60.0), (660, 60.0)), "cooling": readings((0, 60.0), (60, 30.0))}
REFUSED = [
    {"heating": readings(), "cooling": readings()},
    {"heating": readings((10, 60.0), (0, 60.0)), "cooling": readings()},
]
CHECKS = dict(zo.testing.method_checks(HEAT_DOSE, GIVEN, refused=REFUSED))


@pytest.mark.parametrize("name", CHECKS)
def test_the_method_conforms(name: str) -> None:
    CHECKS[name]()


def test_ten_kelvin_more_is_ten_times_the_dose() -> None:
    cool, warm = (
        HEAT_DOSE.compute({"heating": readings((0, celsius), (600, celsius)), "cooling": readings()})["dose"]
        for celsius in (60.0, 70.0)
    )
    assert (cool["value"], cool["uncertainty"]) == (10.0, 0.46)
    assert (warm["value"], warm["uncertainty"]) == (100.0, 4.6)
