"""A mechanism carries the prediction beyond the data; a wrong one does little harm."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from zosimos.core.errors import DataError, SpecError
from zosimos.surrogates.gaussian.gp import GaussianProcess
from zosimos.surrogates.mechanistic.mechanism import Coefficient, FormulaColumn, Mechanism
from zosimos.surrogates.mechanistic.model import MechanisticGP
from zosimos.surrogates.testing import check_surrogate

NAN = float("nan")
TEMPERATURE = FormulaColumn("T", 300, 400)  # kelvin
ARRHENIUS = Mechanism(
    "A * exp(-Ea / (8.314 * T))",
    (TEMPERATURE,),
    (Coefficient("A", 1e9, 1e5, 1e13, log=True), Coefficient("Ea", 6e4, 2e4, 12e4)),
)
LINE = Mechanism("a + b * T", (TEMPERATURE,), (Coefficient("a", 0, -1e3, 1e3), Coefficient("b", 0, -10, 10)))


def rate(T):
    return 3e9 * np.exp(-7e4 / (8.314 * T))


def kinetics(low, high, n, noise=0.0, seed=0):
    T = np.linspace(low, high, n)
    y = rate(T) * np.exp(noise * np.random.default_rng(seed).standard_normal(n))
    return torch.from_numpy(scaled(T))[:, None], torch.from_numpy(y)[:, None]


def scaled(T):
    return (T - TEMPERATURE.low) / (TEMPERATURE.high - TEMPERATURE.low)


def relative_error(surrogate, low, high):
    X, Y = kinetics(low, high, 20)
    with torch.no_grad():
        return float(((surrogate.posterior(X).mean - Y) / Y).square().mean().sqrt())


@pytest.mark.slow
def test_the_process_with_a_mechanism_conforms():
    def make():
        law = Mechanism(
            "k * (1 + x)",
            (FormulaColumn("x", 0, 1), FormulaColumn("z", 0, 1)),
            (Coefficient("k", 1.0, 1e-9, 1e12, log=True),),
        )
        return MechanisticGP(law)

    check_surrogate(make)


@pytest.mark.slow
@pytest.mark.parametrize("positive", [False, True])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_beyond_the_data_the_right_mechanism_beats_the_plain_process(positive, seed):
    X, Y = kinetics(310, 350, 8, noise=0.05, seed=seed)
    with_mechanism = relative_error(MechanisticGP(ARRHENIUS, positive).fit(X, Y), 355, 390)
    plain = relative_error(GaussianProcess().fit(X, Y), 355, 390)
    assert with_mechanism < 0.15
    assert with_mechanism < 0.25 * plain


@pytest.mark.slow
def test_the_coefficients_are_found_within_their_uncertainty():
    X, Y = kinetics(310, 350, 12, noise=0.05)
    found = MechanisticGP(ARRHENIUS, positive=True).fit(X, Y).coefficients()
    assert abs(found.values["Ea"] - 7e4) < 3 * found.sd["Ea"]
    assert found.sd["Ea"] < 5e3
    assert found.correlation[0][1] > 0.9  # a higher barrier and a higher rate at infinity look alike


@pytest.mark.slow
def test_beyond_the_data_the_belief_covers_the_truth():
    Z, true = kinetics(355, 390, 20)
    inside = []
    for seed in range(8):
        X, Y = kinetics(310, 350, 8, noise=0.05, seed=seed)
        belief = MechanisticGP(ARRHENIUS, positive=True).fit(X, Y).posterior(Z)
        inside.append(((belief.mean - true).abs() < 1.645 * belief.variance.sqrt()).double().mean().item())
    assert np.mean(inside) > 0.7


@pytest.mark.slow
def test_a_wrong_mechanism_does_little_harm_among_the_data():
    X = torch.linspace(0, 1, 14, dtype=torch.double)[:, None]
    Z = torch.linspace(0.05, 0.95, 40, dtype=torch.double)[:, None]
    true = lambda X: torch.sin(7 * X)  # noqa: E731
    wrong, plain = (
        (made.fit(X, true(X)).posterior(Z).mean.detach() - true(Z)).square().mean().sqrt().item()
        for made in (MechanisticGP(LINE), GaussianProcess())
    )
    assert wrong < 1.1 * plain + 0.005


def test_a_mechanism_that_predicts_worse_is_dropped_and_the_notes_say_so():
    X = torch.linspace(0, 1, 15, dtype=torch.double)[:, None]
    stuck = Mechanism("c * exp(9 * (T - 300) / 100) * abs(T - 350)", (TEMPERATURE,), (Coefficient("c", 1.0, 0.9, 1.1),))
    surrogate = MechanisticGP(stuck).fit(X, torch.sin(3 * X))
    assert "dropped" in surrogate.notes[0]
    assert torch.allclose(surrogate.posterior(X).mean, torch.sin(3 * X), atol=0.05)
    assert "plain" in str(surrogate.card().hyperparameters["model, outcome 0"])


def test_the_process_takes_over_what_the_mechanism_leaves():
    X, Y = kinetics(310, 390, 25)
    bent = Y * (1 + 0.3 * torch.sin(9 * X))
    surrogate = MechanisticGP(ARRHENIUS, positive=True).fit(X, bent)
    assert ((surrogate.posterior(X).mean - bent) / bent).abs().max() < 0.05


def test_fewer_rows_than_coefficients_leave_wide_uncertainty():
    X, Y = kinetics(330, 340, 1)
    surrogate = MechanisticGP(ARRHENIUS, positive=True).fit(X, Y)
    belief = surrogate.posterior(kinetics(380, 390, 2)[0])
    assert (belief.variance.sqrt() > 0.5 * belief.mean).all()
    assert surrogate.coefficients().sd["Ea"] > 1e4


def test_positive_beliefs_are_log_normal():
    X, Y = kinetics(310, 350, 8, noise=0.2)
    belief = MechanisticGP(ARRHENIUS, positive=True).fit(X, Y).posterior(X)
    torch.manual_seed(0)
    samples = belief.rsample(torch.Size([40000]))
    assert (samples > 0).all()
    assert torch.allclose(samples.mean(dim=0), belief.mean, rtol=0.02)
    assert torch.allclose(samples.std(dim=0), belief.variance.sqrt(), rtol=0.05)


def test_known_uncertainties_weigh_the_rows():
    X, Y = kinetics(310, 350, 10)
    Y[9] *= 3
    given_variance = (0.02 * Y).square()
    given_variance[9] = (10 * Y[9]).square()
    assert relative_error(MechanisticGP(ARRHENIUS, positive=True).fit(X, Y, given_variance), 355, 390) < 0.1


@pytest.mark.slow
def test_each_outcome_may_have_its_own_mechanism_or_none():
    X, Y = kinetics(310, 350, 10)
    both = torch.cat([Y, torch.sin(5 * X)], dim=-1)
    both[2, 0] = NAN
    surrogate = MechanisticGP([ARRHENIUS, None]).fit(X, both)
    assert surrogate.posterior(X).mean.shape == (10, 2)
    assert torch.allclose(surrogate.posterior(X).mean[:, 1:], both[:, 1:], atol=0.05)
    assert surrogate.coefficients(0).values["Ea"] == pytest.approx(7e4, rel=0.05)
    with pytest.raises(ValueError, match="no mechanism"):
        surrogate.coefficients(1)
    with pytest.raises(ValueError, match="2 mechanisms for 1"):
        MechanisticGP([ARRHENIUS, None]).fit(X, Y)


@pytest.mark.slow
def test_a_function_serves_as_a_mechanism():
    def law(named):
        return named["A"] * np.exp(-named["Ea"] / (8.314 * named["T"]))

    as_function = Mechanism(law, ARRHENIUS.columns, ARRHENIUS.coefficients)
    X, Y = kinetics(310, 350, 8, noise=0.05)
    means = [MechanisticGP(made).fit(X, Y).posterior(X).mean for made in (as_function, ARRHENIUS)]
    assert torch.allclose(*means, rtol=1e-6)
    assert as_function.text == "law"


@given(low=st.floats(0.1, 10), factor=st.floats(1.5, 1e6), place=st.floats(0, 1), log=st.booleans())
def test_a_column_is_scaled_back_to_its_unit(low, factor, place, log):
    column = FormulaColumn("x", low, low * factor, log)
    assert column.natural(np.array(0.0)) == pytest.approx(low)
    assert column.natural(np.array(1.0)) == pytest.approx(low * factor)
    assert low * (1 - 1e-9) <= column.natural(np.array(place)) <= low * factor * (1 + 1e-9)


def test_a_mechanism_without_a_value_somewhere_is_survived():
    broken = Mechanism("c * sqrt(T - 350)", (TEMPERATURE,), (Coefficient("c", 1.0, 0.0, 10.0),))
    X, Y = kinetics(310, 390, 10)
    assert MechanisticGP(broken).fit(X, Y).posterior(X).mean.isfinite().all()


def test_a_value_not_above_zero_has_no_logarithm():
    X, Y = kinetics(310, 350, 5)
    Y[2] = 0.0
    with pytest.raises(DataError, match="not above 0"):
        MechanisticGP(ARRHENIUS, positive=True).fit(X, Y)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Mechanism("a * q", (TEMPERATURE,), (Coefficient("a", 1, 0, 2),)), "do not fit"),
        (lambda: Mechanism("T * 2", (TEMPERATURE,), (Coefficient("a", 1, 0, 2),)), "do not fit"),
        (lambda: Mechanism("T *", (TEMPERATURE,), (Coefficient("a", 1, 0, 2),)), "mechanism refused"),
        (lambda: Mechanism("T", (TEMPERATURE,), ()), "one coefficient or more"),
        (lambda: Mechanism("T * 2", (TEMPERATURE,), (Coefficient("T", 1, 0, 2),)), "a name only once"),
        (lambda: Coefficient("a", 3, 0, 2), "outside its bounds"),
        (lambda: Coefficient("a", 1, 0, 2, log=True), "no positive range"),
        (lambda: FormulaColumn("x", 2, 1), "no range"),
    ],
)
def test_mechanisms_that_cannot_be_are_refused(make, said):
    with pytest.raises(SpecError, match=said):
        make()


def test_other_columns_than_declared_and_nothing_fitted_are_refused():
    X, Y = kinetics(310, 350, 5)
    with pytest.raises(ValueError, match="1 columns were declared"):
        MechanisticGP(ARRHENIUS).fit(torch.cat([X, X], dim=-1), Y)
    with pytest.raises(RuntimeError, match="not fitted"):
        MechanisticGP(ARRHENIUS).posterior(X)
