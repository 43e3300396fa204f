"""Every model of one outcome answers the same questions, whatever it is made of."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from zosimos.core.composite import Composite, MeasuredQuantity
from zosimos.core.objective import Objective
from zosimos.core.parameters import Categorical, Continuous
from zosimos.core.space import SearchSpace
from zosimos.planners.goal.knowledge import Fidelity
from zosimos.planners.models.composite import CompositeOutcome, recovering
from zosimos.planners.models.multi_fidelity import Ladder, LadderOutcome
from zosimos.surrogates.committee.committee import default_kinds
from zosimos.surrogates.committee.foreign import ForeignOutcome
from zosimos.surrogates.committee.outcome import CommitteeOutcome
from zosimos.surrogates.committee.view import View
from zosimos.surrogates.gaussian.gp import GaussianProcess
from zosimos.surrogates.outcome import Drawn, OutcomeModel

SPACE = SearchSpace((Continuous("x", 0.0, 1.0), Continuous("z", 0.0, 1.0)))
LEVELS = SearchSpace((*SPACE.parameters, Categorical("method", ("quick", "full"))))
N = 12
X = np.random.default_rng(2).random((N, 2))
Y = np.sin(3.0 * X[:, 0]) + X[:, 1]
UNKNOWN = np.full(N, np.nan)
AT_TOP = [0.0, 1.0]


def committee() -> OutcomeModel:
    return CommitteeOutcome(default_kinds(View.plain(2)), X, Y, UNKNOWN, 0)


def foreign() -> OutcomeModel:
    return ForeignOutcome("gp", GaussianProcess, X, Y, UNKNOWN)


def ladder() -> OutcomeModel:
    levels = np.tile(AT_TOP, (N, 1))
    levels[::3] = [1.0, 0.0]
    fidelity = Fidelity("method", {"quick": 1.0, "full": 5.0})
    return LadderOutcome(
        Ladder(LEVELS, fidelity), default_kinds(View.plain(2)), np.hstack([X, levels]), Y, UNKNOWN, 0, 100
    )


def composite() -> OutcomeModel:
    formula = Composite("(u - 0.5)**2 + x", (MeasuredQuantity("u"),))
    return CompositeOutcome(
        Objective("off", "min", of=formula), {"u": committee()}, recovering(SPACE, ("x",)), X, (Y - 0.5) ** 2 + X[:, 0]
    )


MODELS = [committee, foreign, ladder, composite]


def asked(make: Callable[[], OutcomeModel], points: np.ndarray) -> np.ndarray:
    return np.hstack([points, np.tile(AT_TOP, (len(points), 1))]) if make is ladder else points


@pytest.mark.slow
@pytest.mark.parametrize("make", MODELS)
def test_it_has_all_that_is_asked_of_a_model(make: Callable[[], OutcomeModel]) -> None:
    model = make()
    assert isinstance(model, OutcomeModel)
    assert model.standard.spread > 0
    assert all(0.0 <= weight <= 1.0 for weight in model.weights.values())
    assert model.notes == ()


@pytest.mark.slow
@pytest.mark.parametrize("make", MODELS)
def test_beliefs_and_noise_have_a_number_for_each_row(make: Callable[[], OutcomeModel]) -> None:
    model, points = make(), asked(make, np.random.default_rng(5).random((7, 2)))
    found = model.predict(points)
    assert found.mean.shape == found.variance.shape == model.noise(points).shape == (7,)
    assert (found.variance >= 0).all()
    assert (model.noise(points) >= 0).all()


@pytest.mark.parametrize("make", MODELS)
def test_the_covariance_of_a_row_with_itself_is_its_variance(make: Callable[[], OutcomeModel]) -> None:
    model, points = make(), asked(make, np.random.default_rng(5).random((5, 2)))
    shared = model.cross(points, points)
    found = model.predict(points)
    drawn = found.means.var(axis=0) if isinstance(found, Drawn) else found.variance
    assert np.diag(shared) == pytest.approx(drawn, rel=1e-3, abs=1e-6)
    assert shared == pytest.approx(shared.T, rel=1e-6, abs=1e-9)
    assert model.cross(points[:2], points).shape == (2, 5)


@pytest.mark.parametrize("make", MODELS)
def test_rows_under_way_join_what_is_known_and_leave_less_to_learn(make: Callable[[], OutcomeModel]) -> None:
    model, row = make(), asked(make, np.array([[0.9, 0.05]]))
    before, unsure = model.known(), model.predict(row).variance[0]
    parts = model.parts.values() if isinstance(model, CompositeOutcome) else ()
    for one in (*parts, model):  # the models of quantities may serve several objectives, so their owner does it
        one.pending(row)
    after = model.known()
    assert after.columns.shape == (len(before.columns) + 1, 2)
    for known in (before, after):
        assert known.parts.shape[1] == len(known.mean) == len(known.columns)
        assert len(known.rivals) == len(known.parts)
        assert known.parts.min(axis=0) == pytest.approx(np.minimum(known.mean, known.parts.min(axis=0)))
    assert after.columns[-1].tolist() == [0.9, 0.05]
    assert model.predict(row).variance[0] < unsure


@pytest.mark.parametrize("make", MODELS)
def test_only_exact_models_leave_outcomes_out(make: Callable[[], OutcomeModel]) -> None:
    model = make()
    others = model.left_out()
    assert (others is not None) == model.exact == (make is committee)
    if others is not None:
        mean, variance = others
        assert mean.shape == variance.shape == (N,)
        assert np.corrcoef(mean, Y)[0, 1] > 0.9


@pytest.mark.parametrize("make", MODELS)
def test_it_says_what_it_is_and_where_it_fails(make: Callable[[], OutcomeModel]) -> None:
    card = make().card()
    assert card.rows == (8 if make is ladder else N)
    assert card.failures


def test_what_stands_beside_the_best_is_less_unknown_where_that_can_be_told() -> None:
    near, best = X[:1] + 0.01, X[0]
    for make in (committee, foreign, composite):
        model = make()
        beside = np.tile(best, (len(model.predict(near).weights), 1))
        apart, alone = model.predict(near, beside=beside).variance[0], model.predict(near).variance[0]
        assert apart < alone if make is committee else apart == alone
