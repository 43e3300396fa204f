"""Advice as people write it: units, ± in its three spellings, names and choices; what is wrong is refused by name."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zosimos.campaign.control.written_advice import written_items
from zosimos.core.errors import InputError
from zosimos.core.nested import Nested
from zosimos.core.objective import Objective
from zosimos.core.parameters import Categorical, Continuous, Discrete, Integer
from zosimos.core.records import Prediction
from zosimos.core.space import SearchSpace
from zosimos.planners.advice import Exclude, Explore, Item, Point, Prior, Replicate
from zosimos.planners.goal.prior import Likely, Near

SPACE = SearchSpace(
    (
        Continuous("red", 0.0, 0.5, "mL"),
        Continuous("load", 0.01, 10.0, log=True),
        Integer("n", 1, 5),
        Discrete("flow", (1.0, 2.0, 3.0), "mL/min"),
        Categorical("solvent", ("DMF", "water", "1,4-dioxane")),
    )
)
GOALS = (Objective("delta_e", "min"), Objective("T", "max", "degC"))
ROW = "red=200 uL, load=0.1, n=3, flow=2, solvent=DMF"


def read(**written: Any) -> tuple[Item, ...]:
    return written_items(SPACE, GOALS, **written)


def test_a_point_is_read_in_the_parameters_units_and_their_order() -> None:
    (point,) = read(point="solvent=1,4-dioxane,flow=2,n=3,load=0.1,red=200 uL")
    assert isinstance(point, Point)
    assert list(point.values.items()) == [
        ("red", 0.2),
        ("load", 0.1),
        ("n", 3),
        ("flow", 2.0),
        ("solvent", "1,4-dioxane"),
    ]
    assert isinstance(point.values["n"], int)


@pytest.mark.parametrize("sign", ["±", "+-", "+/-", " ± "])
def test_how_sure_somebody_is_may_be_written_in_three_ways(sign: str) -> None:
    (point,) = read(point=ROW, expect=f"delta_e=2{sign}1")
    assert isinstance(point, Point)
    assert point.expected == {"delta_e": Prediction(2.0, 1.0)}


@pytest.mark.parametrize(
    "written",
    ["60±5 degC", "60 degC±5", "60 degC±5 degC", "(60±5) degC", "333.15 K±5 K", "333.15±5 K", (60, 5), ["60", "5 K"]],
)
def test_a_spread_is_a_difference_in_the_unit_beside_it(written: Any) -> None:
    (point,) = read(point=ROW, expect={"T": written})
    assert isinstance(point, Point)
    assert (point.expected["T"].mean, point.expected["T"].sd) == pytest.approx((60.0, 5.0))


@pytest.mark.parametrize(
    ("written", "mean", "sd"),
    [("(0.8±0.1) %", 0.008, 0.001), ("80 %±5 %", 0.8, 0.05), ("80 % ± 0.05", 0.8, 0.0005), ("0.8±0.1", 0.8, 0.1)],
)
def test_percent_are_those_of_what_is_written_before_them(written: str, mean: float, sd: float) -> None:
    (point,) = read(point=ROW, expect={"delta_e": written})
    assert isinstance(point, Point)
    assert (point.expected["delta_e"].mean, point.expected["delta_e"].sd) == pytest.approx((mean, sd))


@pytest.mark.parametrize("unit", ["", " decade", " decades"])
def test_a_spread_on_a_logarithmic_scale_is_in_decades(unit: str) -> None:
    assert read(prior=f"load=0.1±1{unit}") == (Prior({"load": Near(0.1, 1.0, log=True)}),)


def test_a_prior_may_name_values_and_choices() -> None:
    (prior,) = read(prior="red=0.2 mL ± 50 uL,load=0.1±0.5 decades,solvent=DMF|water,flow=1|3")
    assert isinstance(prior, Prior)
    assert prior.terms == {
        "red": Near(0.2, 0.05),
        "load": Near(0.1, 0.5, log=True),
        "solvent": Likely(("DMF", "water"), 3.0),
        "flow": Likely((1.0, 3.0), 3.0),
    }


def test_python_values_mean_what_their_texts_mean() -> None:
    row = {"red": np.float64(0.2), "load": 0.1, "n": np.int64(3), "flow": 2, "solvent": "DMF"}
    assert read(point=row, expect={"delta_e": (2, 1)}) == read(point=ROW, expect="delta_e=2±1")
    assert read(prior={"red": (0.2, 0.05), "solvent": ["DMF", "water"]}) == read(
        prior="red=0.2±0.05, solvent=DMF | water"
    )


def test_several_items_make_one_advice() -> None:
    found = read(exclude="red > 0.4", replicate="e0003", explore="less")
    assert found == (Exclude("red > 0.4"), Replicate("e0003"), Explore("less"))


def test_what_does_not_count_at_a_point_may_be_left_out() -> None:
    nested = Nested("flow", {"solvent": ("water",)}, 1.0)
    space = SearchSpace(SPACE.parameters, (nested,))
    (point,) = written_items(space, GOALS, point="red=0.2,load=0.1,n=3,solvent=DMF")
    assert isinstance(point, Point)
    assert point.values["flow"] == 1.0
    with pytest.raises(InputError) as caught:
        written_items(space, GOALS, point="red=0.2,load=0.1,n=3,solvent=water")
    assert caught.value.field == "point.flow"


@pytest.mark.parametrize(
    ("written", "field"),
    [
        ({"point": "red"}, "point"),
        ({"point": "red=0.1,red=0.2"}, "point"),
        ({"point": "=3"}, "point"),
        ({"point": "red=,n=3"}, "point"),
        ({"point": "x" * 501}, "point"),
        ({"point": ROW.replace("200 uL", "3 mL")}, "point.red"),
        ({"point": ROW.replace("200 uL", "3 K")}, "point.red"),
        ({"point": ROW.replace("200 uL", "much")}, "point.red"),
        ({"point": ROW.replace("n=3", "n=3.5")}, "point.n"),
        ({"point": ROW.replace("flow=2", "flow=2.5")}, "point.flow"),
        ({"point": ROW.replace("DMF", "DMSO")}, "point.solvent"),
        ({"point": ROW.replace("red", "ref")}, "point.ref"),
        ({"point": {"red": None}}, "point.red"),
        ({"expect": "delta_e=2±1"}, "expect"),
        ({"point": ROW, "expect": "delta_e=2"}, "expect.delta_e"),
        ({"point": ROW, "expect": "delta_e=2±0"}, "expect.delta_e"),
        ({"point": ROW, "expect": "delta_e=2±-1"}, "expect.delta_e"),
        ({"point": ROW, "expect": "delta_e=2±1 K"}, "expect.delta_e"),
        ({"point": ROW, "expect": "delta=2±1"}, "expect.delta"),
        ({"prior": "red=0.2"}, "prior.red"),
        ({"prior": "load=0±1"}, "prior.load"),
        ({"prior": "solvent=DMSO|DMF"}, "prior.solvent"),
        ({"prior": {"solvent": 3}}, "prior.solvent"),
        ({"prior": {"flow": []}}, "prior.flow"),
        ({"prior": "flow=1|2.5"}, "prior.flow"),
        ({"prior": "red=0.1|0.2"}, "prior.red"),
        ({"prior": {"red": [0.1, 0.2]}}, "prior.red"),
        ({"prior": "load=1±50%"}, "prior.load"),
        ({"prior": "load=1±0.5 mM"}, "prior.load"),
        ({"prior": "load=0.1±10%"}, "prior.load"),
        ({"prior": "red=0,2±0,05"}, "prior.red"),
        ({"point": ROW, "expect": "delta_e=0.8±10%"}, "expect.delta_e"),
        ({"point": ROW, "expect": "delta_e=0.8 ± 0.1 %"}, "expect.delta_e"),
        ({"point": ROW, "expect": "delta_e=1,5±1"}, "expect.delta_e"),
        ({"point": ROW.replace("red=200 uL", "red=0,2")}, "point.red"),
        ({"point": {"red": np.array([0.1, 0.2])}}, "point.red"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(written: dict[str, Any], field: str) -> None:
    with pytest.raises(InputError) as caught:
        read(**written)
    assert caught.value.field == field
    assert caught.value.allowed


@given(
    st.sampled_from(["point", "prior", "expect"]),
    st.text(st.sampled_from("red=solvent,±+-/|DMF02. e()mL"), max_size=40) | st.text(max_size=40),
)
def test_any_text_is_read_or_refused_in_words(option: str, text: str) -> None:
    written = {option: text} | ({"point": ROW} if option == "expect" else {})
    try:
        found = read(**written)
    except InputError:
        return
    assert found


@given(st.floats(1e-3, 1e3), st.floats(1e-3, 1e3), st.sampled_from(["±", "+-", "+/-"]))
def test_numbers_come_back_as_they_were_written(mean: float, sd: float, sign: str) -> None:
    (point,) = read(point=ROW, expect=f"delta_e={mean!r}{sign}{sd!r}")
    assert isinstance(point, Point)
    assert point.expected["delta_e"] == Prediction(mean, sd)
