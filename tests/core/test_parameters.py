"""Parameters: what samplers draw is always valid, and what models see of the declared range is in [0, 1]."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zosimos.core.errors import SpecError
from zosimos.core.parameters import Categorical, Continuous, Discrete, Integer, Parameter

UNIT = st.floats(0, 1)
NAMES = st.text(min_size=1, max_size=8)


@st.composite
def continuous(draw: st.DrawFn) -> Continuous:
    log = draw(st.booleans())
    low = draw(st.floats(1e-9, 1e9) if log else st.floats(-1e9, 1e9))
    span = draw(st.floats(1e-3, 1e3)) * max(abs(low), 1e-6)
    step = draw(st.none() | st.floats(1e-4, 1.0).map(lambda share: share * span))
    if step is not None and step > low + span - low:
        step = None
    return Continuous("x", low, low + span, "", log, step)


@st.composite
def integers(draw: st.DrawFn) -> Integer:
    low = draw(st.integers(-(10**9), 10**9))
    return Integer("n", low, low + draw(st.integers(1, 10**9)))


@st.composite
def categorical(draw: st.DrawFn) -> Categorical:
    choices = draw(st.lists(NAMES, min_size=2, max_size=6, unique=True))
    columns = draw(st.lists(NAMES, max_size=3, unique=True))
    number = st.floats(-1e6, 1e6)
    table = {choice: {name: draw(number) for name in columns} for choice in choices} if columns else {}
    return Categorical("c", tuple(choices), table)


LEVELS = st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=6, unique=True)
PARAMETERS = continuous() | integers() | LEVELS.map(lambda levels: Discrete("d", tuple(levels))) | categorical()


@given(PARAMETERS, UNIT)
def test_every_drawn_value_is_valid(parameter: Parameter, u: float) -> None:
    assert parameter.problem(parameter.from_unit(u)) is None


@pytest.mark.slow
@given(PARAMETERS, UNIT)
def test_features_of_valid_values_are_in_the_unit_cube(parameter: Parameter, u: float) -> None:
    features = parameter.features(parameter.from_unit(u))
    assert len(features) == parameter.width
    assert all(-1e-9 <= feature <= 1 + 1e-9 for feature in features)


@given(continuous() | integers())
def test_features_of_the_bounds_are_0_and_1(parameter: Continuous | Integer) -> None:
    assert parameter.features(parameter.low) == pytest.approx((0.0,), abs=1e-9)
    assert parameter.features(parameter.high) == pytest.approx((1.0,))


@given(continuous(), UNIT, UNIT)
def test_drawn_values_keep_their_order(parameter: Continuous, a: float, b: float) -> None:
    low, high = sorted((a, b))
    assert parameter.from_unit(low) <= parameter.from_unit(high)
    assert parameter.features(parameter.from_unit(low)) <= parameter.features(parameter.from_unit(high))


def test_log_scale_puts_the_geometric_mean_in_the_middle() -> None:
    parameter = Continuous("x", 1e-4, 1.0, log=True)
    assert parameter.from_unit(0.5) == pytest.approx(1e-2)
    assert parameter.features(1e-2) == pytest.approx((0.5,))
    assert all(map(math.isfinite, parameter.features(0.0)))


def test_step_gives_each_level_the_same_share_and_stays_inside() -> None:
    parameter = Continuous("x", 0.0, 1.0, step=0.3)
    drawn = [parameter.from_unit(i / 100) for i in range(101)]
    assert sorted(set(drawn)) == pytest.approx([0.0, 0.3, 0.6, 0.9])
    assert parameter.problem(0.5) == "x: 0.5 is not on the grid 0 + k x 0.3"


@given(integers())
def test_whole_numbers_reach_both_bounds(parameter: Integer) -> None:
    assert (parameter.from_unit(0.0), parameter.from_unit(1.0)) == (parameter.low, parameter.high)


def test_choices_without_descriptors_are_one_hot() -> None:
    assert Categorical("c", ("a", "b", "c")).features("b") == (0.0, 1.0, 0.0)


@pytest.mark.parametrize("value", [True, "5", None, math.nan, math.inf, 10**400, [1], -0.1, 1.1])
def test_wrong_values_are_named(value: object) -> None:
    for parameter in (Continuous("x", 0, 1), Integer("x", 0, 1), Discrete("x", (0, 1)), Categorical("x", ("a", "b"))):
        problem = parameter.problem(value)
        assert problem is not None
        assert problem.startswith("x: ")


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: Continuous("x", 1, 1), "space.x.min"),
        (lambda: Continuous("x", 2, 1), "space.x.min"),
        (lambda: Continuous("x", math.nan, 1), "space.x.min"),
        (lambda: Continuous("x", 0, math.inf), "space.x.max"),
        (lambda: Continuous("x", 0, 1, log=True), "space.x.min"),
        (lambda: Continuous("x", 0, 1, step=0.0), "space.x.step"),
        (lambda: Continuous("x", 0, 1, step=2.0), "space.x.step"),
        (lambda: Continuous("x", 0, 1, step=math.nan), "space.x.step"),
        (lambda: Integer("x", 0, 1.5), "space.x.max"),
        (lambda: Integer("x", 3, 2), "space.x.min"),
        (lambda: Discrete("x", (1,)), "space.x.levels"),
        (lambda: Discrete("x", (1, 1)), "space.x.levels"),
        (lambda: Discrete("x", (1, math.nan)), "space.x.levels"),
        (lambda: Categorical("x", ("a",)), "space.x.choices"),
        (lambda: Categorical("x", ("a", "a")), "space.x.choices"),
        (lambda: Categorical("x", ("a", "b"), {"a": {"k": 1.0}}), "space.x.descriptors"),
        (lambda: Categorical("x", ("a", "b"), {"a": {"k": 1.0}, "b": {"m": 1.0}}), "space.x.descriptors.b"),
        (lambda: Categorical("x", ("a", "b"), {"a": {}, "b": {}}), "space.x.descriptors.a"),
    ],
)
def test_wrong_parameter_is_refused_where_it_is_made(make: object, field: str) -> None:
    with pytest.raises(SpecError) as caught:
        make()  # type: ignore[operator]  # a lambda
    assert caught.value.field == field
    assert caught.value.value is not None
    assert caught.value.allowed or "twice" in caught.value.message
