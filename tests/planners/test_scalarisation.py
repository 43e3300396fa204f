"""Several objectives: weighed again for each experiment, or with outcomes that must be good enough to count."""

from dataclasses import replace

import numpy as np
import pytest
from ranked import pareto

from zosimos.core.errors import SpecError
from zosimos.core.objective import Objective
from zosimos.core.parameters import Continuous
from zosimos.core.ranking import dominates
from zosimos.core.records import Candidate, Measurement, Observation
from zosimos.core.space import SearchSpace
from zosimos.planners.acquisition.improvement import log_hypervolume_gain, reference_point
from zosimos.planners.acquisition.scalarisation import Scalarisation
from zosimos.planners.goal.goal import Goal
from zosimos.planners.history import History
from zosimos.planners.models.belief import Belief
from zosimos.planners.planner import make_planner
from zosimos.planners.policy import AcquisitionSettings, Policy
from zosimos.planners.protocol import ProposalContext
from zosimos.surrogates.outcome import Mixture

LINE = SearchSpace((Continuous("x", 0.0, 1.0),), pool=tuple({"x": i / 100} for i in range(101)))
RISE, FALL = Objective("rise", "max"), Objective("fall", "min")
BOTH = (RISE, FALL)
PAREGO = Policy(start=2, acquisition=AcquisitionSettings("parego"))
PLAIN = Policy(start=2)


def found(x):
    """Return a trade-off over the whole line: more of one is more of the other."""
    return {"rise": float(np.sqrt(x)), "fall": float(x)}


def observed(places):
    return tuple(
        Observation(f"e{i:04d}", {"x": x}, {name: Measurement(name, value) for name, value in found(x).items()})
        for i, x in enumerate(places, 1)
    )


def asked(settings, places, objectives=BOTH, seed=4, n=1):
    planner = make_planner(Goal(LINE, objectives), settings, seed=seed, sequence_seed=1)
    planner.tell(observed(places))
    return planner.ask(n)


def test_weights_are_drawn_from_all_by_the_seed():
    many = np.array([Scalarisation.drawn(3, seed).weights for seed in range(400)])
    assert np.allclose(many.sum(axis=1), 1.0)
    assert many.mean(axis=0) == pytest.approx(np.full(3, 1 / 3), abs=0.05)
    assert Scalarisation.drawn(3, 7) == Scalarisation.drawn(3, 7)


def test_the_scalar_prefers_a_row_to_those_that_it_dominates():
    rows = np.random.default_rng(0).random((40, 3))
    for seed in range(20):
        scalars = Scalarisation.drawn(3, seed).of(rows)
        for i, j in [(i, j) for i in range(40) for j in range(40) if dominates(rows[i], rows[j])]:
            assert scalars[i] > scalars[j]


def test_all_the_weight_on_one_objective_asks_for_its_best():
    rows = np.array([[0.0, 10.0], [5.0, 5.0], [10.0, 0.0]])
    assert Scalarisation((1.0, 0.0)).of(rows).argmax() == 2
    assert Scalarisation((0.0, 1.0)).of(rows).argmax() == 0
    assert Scalarisation((0.5, 0.5)).of(rows).argmax() == 1


def test_an_objective_that_never_changed_does_not_break_the_scalar():
    assert np.isfinite(Scalarisation((0.5, 0.5)).of(np.array([[1.0, 2.0], [1.0, 3.0]]))).all()


@pytest.mark.slow
def test_decisions_with_other_seeds_look_at_other_places_of_the_trade_off():
    known = (0.05, 0.3, 0.55, 0.95)
    chosen = [asked(PAREGO, known, seed=seed)[0] for seed in range(12)]
    assert len({candidate.values["x"] for candidate in chosen}) > 3
    assert asked(PAREGO, known, seed=3) == asked(PAREGO, known, seed=3)
    assert "of the weight" in chosen[0].reason
    assert "rise" in chosen[0].reason


def test_rows_of_a_batch_are_weighed_each_by_itself():
    context = ProposalContext(Goal(LINE, BOTH), History(observed((0.1, 0.4, 0.9))), PAREGO, seed=2)
    belief = Belief(context)
    first = belief.judgement.scalarisation
    belief.add_pending([{"x": 0.7}])
    assert belief.judgement.scalarisation != first
    rows = {candidate.values["x"] for candidate in asked(PAREGO, (0.1, 0.4, 0.9), n=4)}
    assert len(rows) == 4


def test_rows_under_way_count_in_the_model_of_the_scalar():
    context = ProposalContext(Goal(LINE, BOTH), History(observed((0.1, 0.4, 0.9))), PAREGO, seed=2)
    row = [{"x": 0.65}]
    alone = Belief(context).judgement.judged[0].predict(LINE.features(row)).variance
    waiting = Belief(context.after([{"x": 0.65}])).judgement.judged[0].predict(LINE.features(row)).variance
    assert waiting < 0.2 * alone


def test_with_one_objective_or_nothing_in_common_it_judges_as_improvement_does():
    one = asked(PAREGO, (0.1, 0.4, 0.9), (RISE,))
    assert one[0].values == asked(PLAIN, (0.1, 0.4, 0.9), (RISE,))[0].values
    apart = (
        Observation("e1", {"x": 0.1}, {"rise": Measurement("rise", 0.3)}),
        Observation("e2", {"x": 0.9}, {"fall": Measurement("fall", 0.9)}),
    )
    belief = Belief(ProposalContext(Goal(LINE, BOTH), History(apart), PAREGO))
    assert belief.judgement.scalarisation is None
    assert np.isfinite(belief.acquisition(LINE.candidates)).all()


@pytest.mark.slow
def test_parego_finds_the_whole_trade_off():
    """The best of both lies between 0.2 and 0.52, where the one is least and the other greatest."""

    def seen(name, x):
        values = {"rise": float(np.sin(3 * x)), "fall": float((x - 0.2) ** 2)}
        return Observation(name, {"x": x}, {k: Measurement(k, v) for k, v in values.items()})

    told = [seen("a", 0.02), seen("b", 0.9)]
    for step in range(12):
        planner = make_planner(Goal(LINE, BOTH), PAREGO, seed=step, sequence_seed=1)
        planner.tell(told)
        told.append(seen(f"n{step}", planner.ask()[0].values["x"]))
    places = np.array([o.values["x"] for o in told])
    assert (abs(places - 0.2) < 0.06).any()
    assert (abs(places - 0.35) < 0.06).any()
    assert (abs(places - 0.5) < 0.06).any()


def test_thresholds_are_the_point_above_which_gains_count():
    front = np.array([[0.2, -0.9], [0.9, -1.5]])
    asked_of = (replace(RISE, threshold=0.5), replace(FALL, threshold=1.2))
    assert reference_point(asked_of, front).tolist() == [0.5, -1.2]
    assert reference_point((replace(RISE, threshold=0.5), FALL), front)[0] == 0.5


def test_rows_short_of_all_thresholds_are_told_apart_by_how_far():
    means = np.array([[0.0, 0.2, 0.4]])
    beliefs = [Mixture(means, np.full((1, 3), 1e-4), np.ones(1), np.zeros(1)) for _ in range(2)]
    wanted = (Objective("a", "max", threshold=50.0), Objective("b", "max", threshold=50.0))
    gains = log_hypervolume_gain(beliefs, wanted, np.array([[0.0, 0.0]]))
    assert np.isfinite(gains).all()
    assert (np.diff(gains) > 0).all()


def test_the_planner_looks_where_outcomes_count():
    known = (0.02, 0.3, 0.6, 0.98)
    strict = (replace(RISE, threshold=0.85), FALL)
    assert found(asked(PLAIN, known, strict)[0].values["x"])["rise"] > 0.8
    frugal = (RISE, replace(FALL, threshold=0.2))
    assert asked(PLAIN, known, frugal)[0].values["x"] < 0.3


def test_the_best_trade_offs_are_among_outcomes_that_count():
    wanted = (Objective("a", "max", threshold=5.0), Objective("b", "max"))
    rows = [{"a": 4.0, "b": 9.0}, {"a": 6.0, "b": 1.0}, {"a": 5.0, "b": 2.0}, {"a": 5.0, "b": 1.0}]
    assert sorted(pareto(wanted, rows)) == [1, 2]
    assert pareto(wanted, rows[:1]) == [0]  # nothing counts yet: the best of what there is
    near = Objective("c", "target", target=7.0, threshold=8.0)
    assert near.counts(6.0)
    assert not near.counts(5.5)


def test_a_threshold_that_is_no_number_is_refused():
    with pytest.raises(SpecError, match="threshold is not a finite number"):
        Objective("a", "max", threshold=float("nan"))


def test_failures_that_are_ignored_teach_nothing_but_not_to_repeat_them():
    fine = observed((0.1, 0.4))[:2]
    failed = tuple(Observation(f"f{x}", {"x": x}, failed=True, cause="infeasible") for x in (0.6, 0.7, 0.8))
    learning = ProposalContext(Goal(LINE, (RISE,)), History((*fine, *failed)))
    ignoring = replace(learning, policy=Policy(failures="ignore"))
    chance = Belief(learning).feasibility.probability(columns(0.72))
    assert chance[0] < 0.5
    assert Belief(ignoring).feasibility.probability(columns(0.72))[0] > 0.8
    planner = make_planner(Goal(LINE, (RISE,)), Policy(start=2, failures="ignore"), seed=1, sequence_seed=1)
    planner.tell((*fine, *failed))
    assert planner.ask(1, [Candidate({"x": 0.9}, "bayesian")])[0].values["x"] not in (0.6, 0.7, 0.8, 0.9)
    with pytest.raises(SpecError, match="failures"):
        Policy(failures="forget")


def columns(x):
    return LINE.features([{"x": x}])
