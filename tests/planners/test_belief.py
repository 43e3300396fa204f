"""Belief and acquisitions: reproducible, told by weights, and sensible in what they choose."""

from itertools import pairwise

import numpy as np
import pytest

from zosimos.core.errors import SpecError
from zosimos.core.objective import Objective
from zosimos.core.parameters import Categorical, Continuous
from zosimos.core.records import Measurement, Observation
from zosimos.core.space import SearchSpace, row_key
from zosimos.planners.goal.goal import Goal
from zosimos.planners.history import History
from zosimos.planners.models.belief import Belief
from zosimos.planners.planner import make_planner
from zosimos.planners.policy import ACQUISITION_NAMES, AcquisitionSettings, Policy
from zosimos.planners.protocol import ProposalContext

LINE = SearchSpace((Continuous("x", 0.0, 1.0),), pool=tuple({"x": i / 100} for i in range(101)))
UP = Objective("y", "max")


def observed(pairs, quantity="y"):
    return tuple(
        Observation(f"e{i:04d}", {"x": x}, {quantity: Measurement(quantity, float(y))})
        for i, (x, y) in enumerate(pairs, 1)
    )


def choice(kind, pairs, **more):
    settings = Policy({"bayesian": 1.0}, 2, AcquisitionSettings(kind, **more))
    planner = make_planner(Goal(LINE, (UP,)), settings, seed=4, sequence_seed=1)
    planner.tell(observed(pairs))
    return planner.ask()[0]


HILL = [(x, np.exp(-20 * (x - 0.6) ** 2)) for x in (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.75)]


@pytest.mark.parametrize("kind", ACQUISITION_NAMES)
def test_every_acquisition_chooses_a_new_row_and_gives_its_value(kind):
    found = choice(kind, HILL)
    assert found.values["x"] not in [x for x, _ in HILL]
    assert found.acquisition is not None
    assert choice(kind, HILL) == found


@pytest.mark.parametrize("kind", ["improvement", "confidence-bound", "probability"])
def test_those_that_seek_the_best_go_to_the_top_of_the_hill(kind):
    assert 0.52 <= choice(kind, HILL, kappa=0.5).values["x"] <= 0.72


@pytest.mark.slow
@pytest.mark.parametrize("noise", [0.0, 0.02])
def test_what_is_measured_next_differs_from_what_was(noise):
    space = SearchSpace((Continuous("x", 0.0, 1.0), Continuous("z", 0.0, 1.0)))
    planner = make_planner(Goal(space, (UP,)), seed=3, sequence_seed=1)
    rng, rows = np.random.default_rng(0), []
    for number in range(16):
        (found,) = planner.ask()
        rows.append([found.values["x"], found.values["z"]])
        height = np.exp(-8 * ((rows[-1][0] - 0.6) ** 2 + (rows[-1][1] - 0.3) ** 2)) + noise * rng.normal()
        planner.tell([Observation(f"e{number}", found.values, {"y": Measurement("y", height)})])
    apart = np.abs(np.array(rows)[:, None] - np.array(rows)[None]).max(axis=2) + np.eye(16)
    assert (apart < 2e-3).sum() <= 2
    assert np.abs(np.array(rows) - [0.6, 0.3]).max(axis=1).min() < 0.03


def test_uncertainty_goes_where_nothing_is_known():
    assert choice("uncertainty", HILL).values["x"] > 0.85


def test_level_goes_to_where_it_is_crossed():
    ramp = [(x, x) for x in (0.0, 0.2, 0.8, 1.0)]
    assert 0.3 <= choice("level", ramp, level=0.5).values["x"] <= 0.7


def test_unknown_acquisitions_are_refused_by_name():
    with pytest.raises(SpecError, match="unknown acquisition 'luck'"):
        AcquisitionSettings("luck")
    with pytest.raises(SpecError, match="kappa"):
        AcquisitionSettings(kappa=-1.0)


def test_the_weights_are_shown_for_each_objective():
    weights = Belief(ProposalContext(Goal(LINE, (UP,)), History(observed(HILL)))).weights
    assert set(weights) == {"y"}
    assert set(weights["y"]) == {"matern-5/2 by range", "matern-5/2 by place", "exponential by range"}
    assert sum(weights["y"].values()) == pytest.approx(1.0)


def test_predictions_tell_ignorance_from_noise():
    before = Belief(ProposalContext(Goal(LINE, (UP,)), History(observed(HILL)), seed=2)).prediction({"x": 0.95})["y"]
    assert before.noise is not None
    assert before.total > before.sd


@pytest.mark.parametrize("revision", [2, 3])
def test_rows_under_way_make_no_prediction_surer_from_the_third_revision_on(revision):
    policy, row, waits = Policy(revision=revision), {"x": 0.95}, {"x": 0.96}
    belief = Belief(ProposalContext(Goal(LINE, (UP,)), History(observed(HILL)), policy, seed=2))
    before, gain = belief.prediction(row)["y"], belief.acquisition([row])[0]
    belief.add_pending([waits])
    after = belief.prediction(row)["y"]
    assert belief.acquisition([row])[0] < gain
    assert after.sd == before.sd if revision == 3 else after.sd < before.sd
    waiting = Belief(ProposalContext(Goal(LINE, (UP,)), History(observed(HILL), pending=(waits,)), policy, seed=2))
    assert waiting.prediction(row)["y"].sd == pytest.approx(after.sd)


def test_a_batch_spreads_out():
    planner = make_planner(Goal(LINE, (UP,)), Policy({"bayesian": 1.0}, 2), seed=4, sequence_seed=1)
    planner.tell(observed([(0.0, 0.1), (0.3, 0.4), (1.0, 0.2)]))
    batch = sorted(float(c.values["x"]) for c in planner.ask(5))
    assert len(set(batch)) == 5
    assert max(batch) - min(batch) > 0.2
    assert min(b - a for a, b in pairwise(batch)) > 0.02


def test_two_objectives_measured_at_different_rows_still_give_a_choice():
    objectives = (UP, Objective("z", "min"))
    seen = (*observed(HILL[:4]), *observed(HILL[4:], "z"))
    belief = Belief(ProposalContext(Goal(LINE, objectives), History(seen)))
    assert np.isfinite(belief.acquisition(LINE.candidates)).all()


def test_a_pool_larger_than_a_chunk_is_judged_like_its_parts(monkeypatch):
    from zosimos.planners.models import belief as module

    whole = Belief(ProposalContext(Goal(LINE, (UP,)), History(observed(HILL)))).acquisition(LINE.candidates)
    monkeypatch.setattr(module, "_CHUNK_CELLS", 1)
    many = tuple({"x": i / 1000} for i in range(1001))
    space = SearchSpace((Continuous("x", 0.0, 1.0),), pool=many)
    cut = Belief(ProposalContext(Goal(space, (UP,)), History(observed(HILL)))).acquisition(space.candidates)
    assert cut[::10] == pytest.approx(whole, abs=0.2)  # the scale of the finer pool differs a little
    assert len(cut) == 1001


def test_names_are_told_apart_and_not_ordered():
    space = SearchSpace((Categorical("s", ("a", "b", "c")), Continuous("x", 0.0, 1.0)))
    rows = [{"s": s, "x": x} for s in "abc" for x in (0.1, 0.4, 0.7, 0.9)]
    seen = tuple(
        Observation(f"e{i}", row, {"y": Measurement("y", (10.0 if row["s"] == "b" else 0.0) + row["x"])})
        for i, row in enumerate(rows)
    )
    means, _ = Belief(ProposalContext(Goal(space, (UP,)), History(seen))).predict([{"s": s, "x": 0.5} for s in "abc"])[
        "y"
    ]
    assert means == pytest.approx([0.5, 10.5, 0.5], abs=0.5)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["forest", "gp", "sparse-gp"])
def test_any_surrogate_can_take_the_committees_place(name):
    settings = Policy({"bayesian": 1.0}, 2, surrogate=name)
    planner = make_planner(Goal(LINE, (UP,)), settings, seed=4, sequence_seed=1)
    planner.tell(observed(HILL))
    batch = planner.ask(2)
    assert len({c.values["x"] for c in batch}) == 2
    assert batch[0].predictions["y"].sd > 0
    assert 0.35 <= batch[0].values["x"] <= 0.95


def test_earlier_misses_widen_what_is_said_of_the_next(monkeypatch):
    from dataclasses import replace

    from zosimos.core.records import Prediction

    seen = observed(HILL)
    off = tuple(replace(o, predictions={"y": Prediction(o.measurements["y"].value + 0.3, 0.05)}) for o in seen)
    on = tuple(replace(o, predictions={"y": Prediction(o.measurements["y"].value + 0.03, 0.05)}) for o in seen)
    missed, hit = (
        Belief(ProposalContext(Goal(LINE, (UP,)), History(told))).prediction({"x": 0.9})["y"] for told in (off, on)
    )
    assert missed.scale > 1.5 > hit.scale
    assert missed.spread == pytest.approx(missed.scale * missed.total)


def failing(cause, xs):
    return tuple(Observation(f"f{i}", {"x": x}, failed=True, cause=cause) for i, x in enumerate(xs))


def test_the_planner_keeps_away_from_where_the_chemistry_fails():
    planner = make_planner(Goal(LINE, (UP,)), Policy({"bayesian": 1.0}, 2), seed=4, sequence_seed=1)
    planner.tell(observed([(0.0, 0.0), (0.2, 0.3), (0.4, 0.6), (0.5, 0.7)]))  # rising, and ...
    planner.tell(failing("infeasible", (0.8, 0.9, 1.0, 0.7, 0.75)))  # ... nothing works beyond
    assert planner.ask()[0].values["x"] < 0.7


def test_an_instruments_fault_teaches_no_avoidance_and_is_tried_once_more():
    seen = observed([(0.0, 0.0), (0.2, 0.3), (0.4, 0.6), (0.5, 0.7)])
    faulty = failing("fault", (0.8, 0.9, 1.0))
    context = ProposalContext(Goal(LINE, (UP,)), History((*seen, *faulty)))
    chances = Belief(context).feasibility.probability
    assert chances(np.array([[0.9]]))[0] > 0.8
    assert row_key({"x": 0.9}) not in context.taken
    again = ProposalContext(Goal(LINE, (UP,)), History((*seen, *faulty, *failing("fault", (0.9,)))))
    assert row_key({"x": 0.9}) in again.taken


def test_the_front_is_that_of_rows_of_which_all_objectives_are_known():
    rows = [{"x": float(x)} for x in np.linspace(0.0, 1.0, 6)]
    seen = []
    for index, row in enumerate(rows):
        found = {name: value for name, value in (("a", row["x"]), ("b", 1.0 - row["x"])) if (name, index) not in GAPS}
        seen.append(Observation(f"e{index}", row, {n: Measurement(n, v) for n, v in found.items()}))
    both = (Objective("a", "max"), Objective("b", "max"))
    space = SearchSpace((Continuous("x", 0.0, 1.0),))
    belief = Belief(ProposalContext(Goal(space, both), History(tuple(seen)), Policy(start=2)))
    front = belief.judgement.question.front  # pairing the columns as they come would make up trade-offs
    assert front.tolist() == [pytest.approx([x, 1 - x], abs=0.01) for x in (0.2, 0.4, 0.6, 0.8)]
    assert np.isfinite(belief.acquisition([{"x": 0.35}])).all()


GAPS = {("a", 0), ("b", 5)}
