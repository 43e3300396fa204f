"""Series of many channels: few scores tell them, what is left out counts, and composites are drawn from the scores."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from composite_world import SPACE, rows, seen

from zosimos.core.composite import Composite, MeasuredQuantity
from zosimos.core.expression import Formula
from zosimos.core.objective import Objective
from zosimos.core.records import Observation
from zosimos.core.series import ScoredCurves, Series
from zosimos.core.space import SearchSpace
from zosimos.planners.goal.cost import Costs
from zosimos.planners.goal.goal import Goal
from zosimos.planners.history import History
from zosimos.planners.models.belief import Belief
from zosimos.planners.models.contributions import contributions
from zosimos.planners.models.series import Shapes
from zosimos.planners.planner import make_planner
from zosimos.planners.policy import Policy
from zosimos.planners.protocol import ProposalContext

AXIS = np.linspace(0.0, 1.0, 30)
CURVE = Series("c", tuple(f"c_{i}" for i in range(30)), tuple(AXIS.tolist()))
NOISE = 0.01


def curve(row: Mapping[str, float]) -> np.ndarray:
    return np.asarray(
        row["x"] * np.exp(-3 * AXIS) + np.sin(row["z"]) * AXIS + 0.3 * row["x"] * row["z"] * np.sin(9 * AXIS)
    )


WANTED = tuple(curve({"x": 0.6, "z": 0.9}).tolist())
PARTS = tuple(map(MeasuredQuantity, CURVE.channels))
MATCH = Objective("off", "min", of=Composite("rms(c, wanted)", PARTS, {"wanted": WANTED}, (CURVE,)))


def read(row: Mapping[str, float]) -> Mapping[str, float]:
    """Return noisy channels; the same row always reads the same."""
    noise = np.random.default_rng(int(1e9 * row["x"])).normal(size=30) * NOISE
    return dict(zip(CURVE.channels, (curve(row) + noise).tolist(), strict=True))


def believed(observations: tuple[Observation, ...], objective: Objective = MATCH) -> Belief:
    return Belief(ProposalContext(Goal(SPACE, (objective,)), History(observations), Policy(revision=4)))


@pytest.fixture(scope="module")
def belief() -> Belief:
    return believed(seen(rows(12), (MATCH,), read, NOISE))


@pytest.mark.slow
def test_thirty_channels_cost_as_many_models_as_curves_have_shapes(belief: Belief) -> None:
    assert len(belief.series["c"].scores) == 3
    assert len(belief.models[0].parts) == 3
    assert list(belief.quantities) == list(CURVE.channels)


def test_channels_are_predicted_with_honest_errors(belief: Belief) -> None:
    off, total = [], []
    for row in rows(20, 3):
        found, truth = belief.prediction(row), curve(row)
        off += [
            (found[name].mean - value) / found[name].total for name, value in zip(CURVE.channels, truth, strict=True)
        ]
        total += [found[name].noise for name in CURVE.channels]
    assert np.mean(np.abs(off) < 2.0) > 0.9
    assert np.mean(total) == pytest.approx(NOISE, rel=0.5)


def test_a_match_is_believed_as_far_off_as_draws_of_the_curves_are(belief: Belief) -> None:
    row = rows(1, 9)[0]
    found, model = belief.prediction(row)["off"], belief.series["c"]
    X = SPACE.features([row])
    moments = [(one.mean[0], one.variance[0]) for one in (score.predict(X) for score in model.scores.values())]
    draws = np.random.default_rng(1).normal(size=(20_000, len(moments)))
    scores = np.array([mean for mean, _ in moments]) + draws * np.sqrt([variance for _, variance in moments])
    curves = model.shapes.centre + scores @ model.shapes.basis
    curves = curves + np.random.default_rng(2).normal(size=curves.shape) * np.sqrt(model.shapes.truncated)
    off = np.sqrt(np.mean((curves - np.array(WANTED)) ** 2, axis=1))
    assert found.mean == pytest.approx(off.mean(), rel=0.02)
    assert found.sd == pytest.approx(off.std(), rel=0.25)


def test_a_series_counts_as_one_part_and_its_channel_is_named(belief: Belief) -> None:
    (found,) = contributions(belief, "off", rows(1, 9)[0])
    assert found.part == "c"
    assert found.channel in CURVE.channels
    assert found.sd > 0.0


def test_shares_of_parts_add_up_to_the_change_from_the_best() -> None:
    objective = Objective(
        "off",
        "min",
        of=Composite("rms(c, wanted) + 0.1*x*u", (*PARTS, MeasuredQuantity("u")), {"wanted": WANTED}, (CURVE,)),
    )
    made = believed(seen(rows(8), (objective,), lambda row: {**read(row), "u": row["z"]}, NOISE), objective)
    row = rows(1, 9)[0]
    found = contributions(made, "off", row)
    assert {one.part for one in found} == {"c", "u", "x"}
    model, best = made.composites["off"], made.learned.rows[made.best_first()[0]]
    here, there = (float(model.worth(model.expected(SPACE.features([one])))[0]) for one in (row, best))
    assert sum(one.change for one in found) == pytest.approx(here - there)


def test_an_incomplete_curve_teaches_nothing_and_a_wrong_one_is_doubted() -> None:
    known = seen(rows(14), (MATCH,), read, NOISE)
    part = {name: one for name, one in known[2].measurements.items() if name != "c_4"}
    wrong = seen([known[7].values], (MATCH,), lambda row: {name: v + 9.0 for name, v in read(row).items()}, NOISE)[0]
    made = believed((*known[:2], Observation("e0003", known[2].values, part), *known[3:7], wrong, *known[8:]))
    assert not made.series["c"].complete[2]
    assert made.series["c"].complete.sum() == 13
    assert np.flatnonzero(made.in_doubt).tolist() == [7]
    assert any(note.startswith("c: ") for note in made.notes)


# --- shapes


def curves(n: int, noise: float, seed: int = 0) -> np.ndarray:
    found = np.array([curve(row) for row in rows(n, seed)])
    return found + noise * np.random.default_rng(seed).normal(size=found.shape)


def test_shapes_that_stated_noise_explains_are_left_out_and_count() -> None:
    found = Shapes(curves(20, 0.02), np.full((20, 30), 0.02**2))
    assert len(found.basis) == 3
    assert found.noise.mean() + found.truncated.mean() == pytest.approx(0.02**2, rel=0.3)


def test_without_stated_noise_all_shapes_that_tell_anything_are_kept_up_to_eight() -> None:
    unknown = np.full((20, 30), np.nan)
    assert len(Shapes(curves(20, 0.0), unknown).basis) == 3
    assert len(Shapes(curves(20, 0.02), unknown).basis) == 8


@pytest.mark.parametrize("n", [1, 2, 3])
def test_few_curves_or_all_alike_still_make_a_model(n: int) -> None:
    alike = np.repeat(curves(1, 0.0), n, axis=0)
    found = Shapes(alike, np.full(alike.shape, np.nan))
    assert len(found.basis) == 1
    assert found.centre + found.scores @ found.basis == pytest.approx(alike)
    assert np.isfinite(found.score_variances).sum() == 0


def test_a_sum_of_squares_in_closed_form_is_that_of_the_curves() -> None:
    rng = np.random.default_rng(0)
    scores, centre, basis = rng.normal(size=(5, 7, 3)), rng.normal(size=30), rng.normal(size=(3, 30))
    slope, offset = rng.normal(size=30), rng.normal(size=30)
    found = ScoredCurves(scores, centre, basis, 0.0, np.zeros(30))
    assert found.squares(slope, offset) == pytest.approx(np.sum((slope * found.array + offset) ** 2, axis=-1))
    whole = {"c": found}, {"c": found.array}
    for text in ("rms(c, wanted)", "mean(((c - wanted) / 2)**2)", "sum((c*3 - 1)**2)", "max(abs(c))", "rms(c, c**2)"):
        made = Composite(text, PARTS, {"wanted": WANTED}, (CURVE,))
        one, other = (made.of(columns) for columns in whole)
        assert one == pytest.approx(other)


# --- campaigns


@pytest.mark.slow
def test_a_curve_is_matched_in_a_few_experiments_also_in_batches() -> None:
    found: tuple[Observation, ...] = ()
    while len(found) < 12:
        planner = make_planner(Goal(SPACE, (MATCH,)), Policy(start=4, revision=4), seed=len(found), sequence_seed=2)
        planner.tell(found)
        chosen = [candidate.values for candidate in planner.ask(2)]
        found = seen([*(item.values for item in found), *chosen], (MATCH,), read, NOISE)
    least = min(np.sqrt(np.mean((curve(item.values) - np.array(WANTED)) ** 2)) for item in found)
    assert least < NOISE


@pytest.mark.slow
def test_the_nearest_curve_of_a_pool_is_found_at_a_bounded_cost() -> None:
    listed = [{"x": x / 10, "z": z / 5} for x in range(11) for z in range(11)]
    space, found = SearchSpace(SPACE.parameters, pool=listed), seen(rows(0), (MATCH,), read, NOISE)
    costs = Costs(Formula("1 + x"), budget=14.0)
    for number in range(8):
        history = History(observations=found)
        planner = make_planner(
            Goal(space, (MATCH,), costs=costs), Policy(start=3, revision=4), history, seed=number, sequence_seed=2
        )
        found = seen([*(item.values for item in found), planner.ask()[0].values], (MATCH,), read, NOISE)
    off = [float(np.sqrt(np.mean((curve(row) - np.array(WANTED)) ** 2))) for row in listed]
    least = min(float(np.sqrt(np.mean((curve(item.values) - np.array(WANTED)) ** 2))) for item in found)
    assert least <= sorted(off)[1]
