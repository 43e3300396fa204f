"""Composites: objectives worked out from measured quantities, and every formula that is none."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zosimos.core.composite import Composite, CompositeMethod, MeasuredQuantity, named_in
from zosimos.core.errors import DataError, SpecError, ZosimosError
from zosimos.core.objective import Objective, to_measure

PRICE, POWER = MeasuredQuantity("price"), MeasuredQuantity("power")
COST = Composite("price / power", (PRICE, POWER))
TARGET = {"target": (40.0, 120.0, 80.0)}
LAB = tuple(MeasuredQuantity(name) for name in "Lab")


def test_a_formula_is_worked_out_over_columns_and_has_no_value_where_it_divides_by_nothing() -> None:
    found = COST.of({"price": np.array([6.0, 1.0]), "power": np.array([2.0, 0.0])})
    assert found[0] == 3.0
    assert math.isnan(found[1])


def test_names_that_are_neither_measured_nor_constant_are_parameters() -> None:
    made = Composite("a * price / power + k", (PRICE, POWER), {"k": 2.0})
    assert made.parameters == ("a",)
    assert made.measured({"price": (6.0, None), "power": (3.0, None)}, {"a": 2.0}) == (6.0, None)


@given(st.floats(0.5, 50.0), st.floats(0.5, 50.0), st.floats(0.0, 0.01), st.floats(0.0, 0.01))
def test_small_uncertainties_of_a_ratio_add_as_relative_squares(
    price: float, power: float, of_price: float, of_power: float
) -> None:
    value, spread = COST.measured({"price": (price, of_price * price), "power": (power, of_power * power)}, {})
    assert spread == pytest.approx(value * math.hypot(of_price, of_power), rel=0.02, abs=1e-12)


def test_an_uncertainty_that_nobody_knows_leaves_the_objectives_unknown() -> None:
    assert COST.measured({"price": (6.0, 0.1), "power": (2.0, None)}, {}) == (3.0, None)


def test_at_the_kink_of_a_distance_the_uncertainty_does_not_vanish() -> None:
    made = Composite("abs(x)", (MeasuredQuantity("x"),))
    assert made.measured({"x": (0.0, 0.3)}, {}) == (0.0, pytest.approx(0.3))


def test_a_measurement_without_a_value_is_refused_with_where_and_how_to_mend_it() -> None:
    with pytest.raises(DataError) as refused:
        COST.measured({"price": (6.0, None), "power": (0.0, None)}, {})
    assert "power 0" in refused.value.message
    assert "max(power" in refused.value.hint


def test_a_registered_method_is_called_by_its_name() -> None:
    made = Composite("ciede2000(L, a, b, target)", LAB, TARGET)
    found = made.of({"L": np.array([45.0, 60.0]), "a": np.array([-34.0, 0.0]), "b": np.array([15.0, 0.0])})
    assert found[0] < 1.0
    assert found[1] > 20.0
    half = Composite("0.5 * ciede2000(L, a, b, target)", LAB, TARGET)
    assert half.measured({"L": (60.0, None), "a": (0.0, None), "b": (0.0, None)}, {})[0] == found[1] / 2


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("hue(L, a)", "no method or function 'hue'"),
        ("ciede2000(L, a, b)", "3 arguments"),
        ("ciede2000(L, a, b, L)", "no list of 3 numbers"),
        ("ciede2000(L, a, b, pair)", "no list of 3 numbers"),
        ("target + L", "list of 3 numbers"),
        ("target", "list of 3 numbers"),
        ("1 + 2", "no measured quantity"),
        ("k", "no measured quantity"),
        ("L <= 3", "not allowed"),
        ("L +", "does not parse"),
        ("L.real", "not allowed"),
        ("__import__('os')", "no method or function"),
        ("L" + " + L" * 200, "too long"),
    ],
)
def test_what_is_no_formula_of_measured_quantities_is_refused(text: str, words: str) -> None:
    with pytest.raises(SpecError) as refused:
        Composite(text, LAB, {**TARGET, "pair": (1.0, 2.0), "k": 3.0})
    assert words in refused.value.message
    assert refused.value.field == "of"


@given(st.text(alphabet="Lab+-*/()., 01<>='\"\\x", max_size=40))
def test_any_text_is_a_formula_or_is_refused_in_words(text: str) -> None:
    try:
        made = Composite(text, LAB, TARGET)
    except ZosimosError:
        return
    columns = {name: np.ones(2) for name in (*"Lab", *made.parameters)}
    assert made.of(columns).shape in ((), (2,))


def test_names_come_in_the_order_in_which_they_are_written() -> None:
    assert named_in("max(b, a) / c + b") == ("b", "a", "c")
    assert named_in("a +") == ()


def test_what_is_to_be_measured_is_each_quantity_once_in_place_of_what_is_made_of_it() -> None:
    made = Objective(
        "cost", "min", of=Composite("price / power", (MeasuredQuantity("price", "USD"), MeasuredQuantity("power", "W")))
    )
    power = Objective("power", "max", "W", threshold=2.0)
    assert [(one.name, one.unit) for one in to_measure([made, power])] == [("price", "USD"), ("power", "W")]
    assert to_measure([made, power])[1] is power
    assert to_measure([power]) == (power,)


class Offered:
    """An entry point of a package that someone else wrote."""

    dist = type("Dist", (), {"name": "their-package"})
    group = "zosimos.composites"

    def __init__(self, made: object) -> None:
        self._made = made

    def load(self) -> object:
        if isinstance(self._made, Exception):
            raise self._made
        return self._made


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (ImportError("no such module"), "cannot be loaded: ImportError: no such module"),
        (len, "not a CompositeMethod"),
    ],
)
def test_a_broken_method_of_a_plugin_is_named_with_its_package(
    monkeypatch: pytest.MonkeyPatch, made: object, words: str
) -> None:
    for module in ("composite", "plugins"):
        monkeypatch.setattr(f"zosimos.core.{module}.offered", lambda _: {"odd": Offered(made)})
    with pytest.raises(SpecError) as refused:
        Composite("odd(L)", LAB)
    assert words in refused.value.message
    assert "their-package" in refused.value.message


@pytest.mark.parametrize("compute", [lambda x: x[99], lambda x: "none", lambda x: np.ones(7)])
def test_a_method_that_fails_at_work_is_named_with_its_package(
    monkeypatch: pytest.MonkeyPatch, compute: Callable[..., object]
) -> None:
    made = CompositeMethod({"x": 1}, compute)
    for module in ("composite", "plugins"):
        monkeypatch.setattr(f"zosimos.core.{module}.offered", lambda _: {"odd": Offered(made)})
    with pytest.raises(DataError, match="odd of the package their-package failed"):
        Composite("odd(L)", LAB).of({"L": np.array([1.0, 2.0])})
