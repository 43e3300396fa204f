"""Series in formulas: arithmetic on all channels at once, one number of a series, and what does not fit together."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from zosimos.core.composite import Composite, CompositeMethod, MeasuredQuantity
from zosimos.core.errors import SpecError
from zosimos.core.series import Curve, Series

AXIS = (400.0, 450.0, 550.0, 600.0)
CHANNELS = tuple(f"s_{place:g}" for place in AXIS)
SPECTRUM = Series("s", CHANNELS, AXIS, "nm")
OTHER = Series("r", ("r_1", "r_2", "r_3", "r_4"))
QUANTITIES = tuple(map(MeasuredQuantity, (*CHANNELS, *OTHER.channels, "q")))
CONSTANTS = {
    "wanted": (1.0, 2.0, 3.0, 4.0),
    "short": (1.0, 2.0),
    "curve": Curve(AXIS, (1.0, 2.0, 3.0, 4.0)),
    "shifted": Curve((400.0, 450.0, 500.0, 600.0), (1.0, 2.0, 3.0, 4.0)),
    "k": 2.0,
}


def made(text: str) -> Composite:
    return Composite(text, QUANTITIES, CONSTANTS, (SPECTRUM, OTHER))


def worth(text: str, values: np.ndarray, **more: float) -> np.ndarray:
    """Return a formula's value for curves, channels in the last axis."""
    others = {name: np.asarray(value) for name, value in more.items()}
    return made(text).of({**dict(zip(CHANNELS, np.moveaxis(values, -1, 0), strict=True)), **others})


curves = arrays(np.float64, (3, 4), elements=st.floats(-100, 100))


@pytest.mark.slow
@given(curves)
def test_one_number_of_a_series_is_that_of_its_channels(values: np.ndarray) -> None:
    assert worth("sum(s)", values) == pytest.approx(values.sum(axis=1))
    assert worth("mean(s)", values) == pytest.approx(values.mean(axis=1))
    assert worth("max(s)", values) == pytest.approx(values.max(axis=1))
    assert worth("min(s)", values) == pytest.approx(values.min(axis=1))
    assert worth("rms(s)", values) == pytest.approx(np.sqrt((values**2).mean(axis=1)))
    assert worth("area(s)", values) == pytest.approx(np.trapezoid(values, AXIS))


@pytest.mark.slow
@given(curves, st.floats(0.1, 3.0))
def test_arithmetic_works_channel_by_channel_with_lists_curves_and_numbers(values: np.ndarray, x: float) -> None:
    off = values - np.array(CONSTANTS["wanted"])
    assert worth("rms(s, wanted)", values) == pytest.approx(np.sqrt((off**2).mean(axis=1)))
    assert worth("sqrt(mean((s - curve)**2))", values) == pytest.approx(np.sqrt((off**2).mean(axis=1)))
    assert worth("max(abs(s - wanted) / k)", values) == pytest.approx(np.abs(off).max(axis=1) / 2)
    assert worth("sum(max(s, 0) * x) + k", values, x=x) == pytest.approx(np.maximum(values, 0).sum(axis=1) * x + 2)


def test_a_stretch_has_both_its_ends_and_one_channel_is_a_number() -> None:
    values = np.array([[1.0, 2.0, 4.0, 8.0]])
    assert worth("sum(s[450:550])", values) == pytest.approx(6.0)
    assert worth("sum(s[:550]) + sum(s[560:])", values) == pytest.approx(15.0)
    assert worth("s[550] / s[400]", values) == pytest.approx(4.0)
    assert worth("area(s[550:600])", values) == pytest.approx(300.0)
    assert worth("s_550 + k", values) == pytest.approx(6.0)


def test_the_names_of_a_formula_are_those_of_the_channels_and_only_parameters_are_left_over() -> None:
    found = made("rms(s, wanted) + k * x")
    assert set(CHANNELS) <= found.names
    assert "s" not in found.names
    assert found.parameters == ("x",)
    assert found.made_of.endswith("s in 4 channels, 400 to 600 nm, r in 4 channels")


def test_uncertainties_of_channels_add_up_in_a_sum() -> None:
    found = dict.fromkeys(CHANNELS, (1.0, 0.3))
    assert made("sum(s)").measured(found, {}) == (4.0, pytest.approx(0.6))


def test_a_whole_series_may_be_given_as_one_array() -> None:
    values = np.arange(12.0).reshape(3, 4)
    assert made("sum(s[450:])").of({"s": values}) == pytest.approx(values[:, 1:].sum(axis=1))
    assert made("s[450]").of({"s": values}) == pytest.approx(values[:, 1])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("s", "a series of 4 values"),
        ("s - wanted", "a series of 4 values"),
        ("rms(s, short)", "series of 4 and 2 values"),
        ("rms(s, shifted)", "550 meets 500"),
        ("sum(s + r[1:2])", "no channel there"),
        ("rms(s[400:450], wanted)", "series of 2 and 4 values"),
        ("rms(q, wanted[1:2])", "is no series"),
        ("sum(q)", "takes a series, and q is one number"),
        ("rms(s, wanted, k)", "3 arguments"),
        ("sum(s, r)", "2 arguments"),
        ("s[500]", "no channel at 500"),
        ("s[q]", "is no number"),
        ("s[700:800]", "no channel there"),
        ("sum(s[700:800])", "no channel there"),
        ("q[400]", "is no series"),
        ("area(r)", "area needs places along an axis"),
        ("area(wanted * q)", "is no measured series"),
        ("rms(q, wanted)", "q is one number"),
        ("rms(s, wanted[400:500])", "is no series"),
        ("sum(s.real)", "not allowed"),
        ("sum(s if s else s)", "does not parse"),
        ("sum(s[400:600:2])", "not allowed"),
    ],
)
def test_what_does_not_fit_together_is_refused_in_words(text: str, words: str) -> None:
    with pytest.raises(SpecError) as refused:
        made(text)
    assert words in refused.value.message
    assert refused.value.allowed


@given(st.text(alphabet="sqrk+-*/()[]:., 045maxsum", max_size=30))
def test_any_text_is_a_formula_or_is_refused(text: str) -> None:
    try:
        found = made(text)
    except SpecError:
        return
    columns = {name: np.ones(2) for name in (*found.names, *found.parameters)}
    assert found.of(columns).shape in ((), (2,))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("s", ()), "no channels"),
        (("s", ("a", "b"), (1.0,)), "2 channels and 1 places"),
        (("s", ("a", "a")), "has a twice"),
        (("s", ("a", "b"), (2.0, 1.0)), "does not increase"),
        (("s", ("a", "b"), (1.0, float("inf"))), "does not increase"),
        (("s", tuple(f"c{i}" for i in range(201))), "has 201 channels"),
    ],
)
def test_what_is_no_series_is_refused(arguments: tuple, words: str) -> None:
    with pytest.raises(SpecError) as refused:
        Series(*arguments)
    assert words in refused.value.message


def test_a_method_of_a_package_may_take_a_series(monkeypatch: pytest.MonkeyPatch) -> None:
    from zosimos.core import composite

    method = CompositeMethod(
        {"spectrum": composite.SERIES, "target": composite.SERIES}, lambda s, t: (s - t).max(axis=-1)
    )
    monkeypatch.setattr(composite, "_method", lambda name: method)
    assert worth("farthest(s, wanted) * k", np.array([[5.0, 2.0, 3.0, 4.0]])) == pytest.approx(8.0)
    with pytest.raises(SpecError, match="takes a series as spectrum"):
        made("farthest(q, wanted)")
