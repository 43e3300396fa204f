"""The classical analysis: errors, intervals, aliases, blocks, and honesty where results say little."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from zosimos.core.errors import SpecError, StateError
from zosimos.surrogates.linear.analysis import analyse
from zosimos.surrogates.linear.least_squares import least_squares
from zosimos.surrogates.linear.terms import Factor, matrix, terms_of


def drawn(n, seed, names="ab", noise=1.0):
    rng = np.random.default_rng(seed)
    columns = {name: rng.uniform(-1, 1, n) for name in names}
    y = 5 + 3 * columns["a"] - 2 * columns["b"] + noise * rng.normal(size=n)
    return [Factor(name) for name in names], columns, y


def test_errors_intervals_and_probabilities_are_those_of_ordinary_least_squares():
    factors, columns, y = drawn(20, 1)
    found = analyse(factors, columns, y, model="linear", level=0.9)
    X = np.column_stack([np.ones(20), columns["a"], columns["b"]])
    b, rss, *_ = np.linalg.lstsq(X, y, rcond=None)
    error = np.sqrt(rss[0] / 17 * np.diag(np.linalg.inv(X.T @ X)))
    assert [one.coefficient for one in found.estimates] == pytest.approx(list(b))
    assert [one.error for one in found.estimates] == pytest.approx(list(error))
    assert [one.high - one.low for one in found.estimates] == pytest.approx(list(2 * stats.t.ppf(0.95, 17) * error))
    assert [one.p for one in found.estimates] == pytest.approx(list(2 * stats.t.sf(np.abs(b / error), 17)))


def test_the_predicted_share_is_that_of_leaving_each_result_out():
    factors, columns, y = drawn(12, 2)
    found = analyse(factors, columns, y, model="linear")
    left = 0.0
    for out in range(12):
        rest = [i for i in range(12) if i != out]
        X = np.column_stack([np.ones(12), columns["a"], columns["b"]])
        b = np.linalg.lstsq(X[rest], y[rest], rcond=None)[0]
        left += (y[out] - X[out] @ b) ** 2
    assert found.predicted == pytest.approx(1 - left / ((y - y.mean()) ** 2).sum())


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.floats(-1e8, 1e8), st.sampled_from([1e-6, 1.0, 1e6]))
def test_effects_do_not_depend_on_an_offset_and_follow_a_scale(seed, offset, scale):
    factors, columns, y = drawn(15, seed)
    one, two = analyse(factors, columns, y, model="linear"), analyse(factors, columns, scale * y, model="linear")
    moved = analyse(factors, columns, y + offset, model="linear")
    assert [e.effect * scale for e in one.estimates[1:]] == pytest.approx([e.effect for e in two.estimates[1:]])
    assert [e.p for e in one.estimates[1:]] == pytest.approx([e.p for e in moved.estimates[1:]], rel=1e-4, abs=1e-9)


@pytest.mark.slow
def test_five_per_cent_of_effects_that_are_none_seem_clear():
    rng = np.random.default_rng(4)
    X = np.array(np.meshgrid(*[[-1.0, 1.0]] * 3)).reshape(3, -1).T.repeat(2, axis=0)
    columns = {name: X[:, i] for i, name in enumerate("abc")}
    factors = [Factor(name) for name in "abc"]
    clear = [one.p < 0.05 for _ in range(200) for one in analyse(factors, columns, rng.normal(size=16)).by_size]
    assert 0.03 < np.mean(clear) < 0.07


def test_a_term_that_others_make_up_is_named_and_has_no_estimate():
    half = {"a": [-1, 1, -1, 1], "b": [-1, -1, 1, 1], "c": [1, -1, -1, 1]}
    columns = {name: np.array(values, dtype=float) for name, values in half.items()}
    factors = [Factor(name) for name in "abc"]
    found = analyse(factors, columns, np.array([1.0, 2.0, 3.0, 5.0]), model="interactions")
    assert [one.label for one in found.estimates] == ["intercept", "a", "b", "c"]
    assert "a*b has no estimate: in these experiments it is 1 x c" in found.aliases
    plain = analyse(factors, columns, np.array([1.0, 2.0, 3.0, 5.0]), model="linear")
    assert "c cannot be told from a*b" in plain.aliases


def test_partly_aliased_pairs_are_told_with_how_much():
    from zosimos.planners.designs.plackett_burman import plackett_burman

    X = plackett_burman(11)
    columns = {f"x{i}": X[:, i] for i in range(11)}
    found = analyse([Factor(name) for name in columns], columns, X[:, 0] + np.arange(12) / 100, model="linear")
    assert "x0 is mixed with x1*x2, x1*x3, x1*x4, x1*x5 and 41 more: up to 33% of them" in found.aliases


def test_blocks_take_up_a_day_that_was_different():
    factors, columns, y = drawn(16, 3, noise=0.1)
    blocks = np.arange(16) % 2 + 1
    shifted = y + 10 * (blocks == 2)
    with_blocks = analyse(factors, columns, shifted, model="linear", blocks=blocks)
    without = analyse(factors, columns, shifted, model="linear")
    assert with_blocks.noise < 0.3 < without.noise
    assert "blocks" in [share.source for share in with_blocks.variance]
    (day,) = [one for one in with_blocks.estimates if one.label == "block 1"]
    assert day.coefficient == pytest.approx(-5, abs=0.2)


def test_choices_are_told_by_their_difference_from_the_mean_of_all():
    solvent = np.array(["DMF", "THF", "EtOH"] * 4, dtype=object)
    a = np.repeat([-1.0, 1.0], 6)
    y = 2 * a + np.array([1.0, 3.0, -4.0] * 4) + np.linspace(0, 0.01, 12)
    factors = [Factor("a"), Factor("solvent", choices=("DMF", "THF", "EtOH", "water"))]
    found = analyse(factors, {"a": a, "solvent": solvent}, y, model="linear")
    by_label = {one.label: one for one in found.estimates}
    assert by_label["solvent=DMF"].coefficient == pytest.approx(1, abs=0.01)
    assert by_label["solvent=THF"].coefficient == pytest.approx(3, abs=0.01)
    assert by_label["solvent=DMF"].effect is None
    assert next(share for share in found.variance if share.source == "solvent").df == 2


def test_of_two_choices_the_effect_is_the_step_from_the_first_to_the_second():
    base = np.array(["KOH", "NaOH"] * 4, dtype=object)
    found = analyse([Factor("base", choices=("KOH", "NaOH"))], {"base": base}, np.array([1.0, 4.0] * 4), model="linear")
    assert found.estimates[1].effect == pytest.approx(3)


def test_too_few_results_are_an_answer_not_numbers():
    factors, columns, y = drawn(2, 1)
    with pytest.raises(StateError, match="2 results say nothing"):
        analyse(factors, columns, y)
    with pytest.raises(StateError, match="no results say nothing"):
        analyse(factors, {name: np.empty(0) for name in "ab"}, np.empty(0))
    still = {name: np.ones(5) for name in "ab"}
    with pytest.raises(StateError, match="at the same values say nothing"):
        analyse(factors, still, np.arange(5.0))


def test_what_did_not_vary_is_said_and_left_out():
    factors, columns, y = drawn(8, 1)
    found = analyse(factors, {**columns, "b": np.zeros(8)}, y)
    assert "b did not vary: nothing is known of its effect" in found.notes
    assert "b" not in [one.label for one in found.estimates]


@pytest.mark.parametrize("value", [0.0, 0.1, 3.0, 1e8 + 0.1])
def test_constant_outcomes_have_no_effects(value):
    factors, columns, _ = drawn(9, 1)
    found = analyse(factors, columns, np.full(9, value), model="linear")
    assert any("no effects to see" in note for note in found.notes)
    assert {one.effect for one in found.by_size} == {0}
    assert {one.p for one in found.by_size} == {None}


def test_one_more_result_than_coefficients_is_said_to_tell_little():
    factors, columns, y = drawn(4, 1)
    found = analyse(factors, columns, y, model="linear")
    assert "only 1 degree of freedom tells the noise: intervals are wide" in found.notes


def test_curvature_is_found_where_it_is():
    X = np.array([(-1, -1), (1, -1), (-1, 1), (1, 1)] * 2 + [(0, 0)] * 4, dtype=float)
    noise = np.random.default_rng(1).normal(size=12) * 0.1
    bent = analyse([Factor("a"), Factor("b")], {"a": X[:, 0], "b": X[:, 1]}, 3 - X[:, 0] ** 2 + noise)
    assert bent.model == "interactions"
    assert bent.curvature.p < 0.001
    assert "curvature does not say of which parameter it is: a^2, b^2" in bent.aliases


def two_levels(*others):
    """Four corners of a and b, and other points."""
    X = np.array([(-1, -1), (1, -1), (-1, 1), (1, 1), *others], dtype=float)
    return [Factor("a"), Factor("b")], {"a": X[:, 0], "b": X[:, 1]}


@pytest.mark.parametrize("centre", [0.1, 0.7, 1e8 + 0.1])
def test_repeats_that_agree_to_the_last_digit_judge_nothing(centre):
    factors, columns = two_levels(*[(0, 0)] * 4)
    found = analyse(factors, columns, np.array([1.1, 2.3, 3.3, 4.7] + [centre] * 4), model="linear")
    assert found.lack_of_fit.squares > 0
    assert (found.lack_of_fit.f, found.lack_of_fit.p) == (None, None)


def test_a_model_that_passes_through_every_result_is_judged_by_nothing():
    factors, columns = two_levels(*[(0, 0)] * 4)
    found = analyse(factors, columns, 0.1 + columns["a"] / 3 + columns["b"] / 7)
    assert "the model passes through every result: there is no noise to judge effects by" in found.notes
    assert {one.label: one.effect for one in found.by_size}["a*b"] == 0
    assert {one.p for one in found.estimates} == {None}
    assert {one.f for one in found.variance} == {None}


def test_the_analysis_does_not_depend_on_the_size_of_outcomes_and_says_where_it_ends():
    factors, columns, y = drawn(12, 3)
    plain = analyse(factors, columns, y)
    for scale in (1e-140, 1e140):
        found = analyse(factors, columns, y * scale)
        assert [one.p for one in found.estimates] == pytest.approx([one.p for one in plain.estimates])
    for scale in (1e-300, 1e300):
        with pytest.raises(StateError, match="too large or too small"):
            analyse(factors, columns, y * scale)


def test_choices_with_unequal_counts_have_the_f_of_a_one_way_analysis():
    groups = {"x": [1.0, 2.0], "y": [3.1, 2.0], "z": [5.0, 6.0, 7.0, 5.5]}
    names = np.array([name for name, values in groups.items() for _ in values], dtype=object)
    found = analyse([Factor("c", choices=tuple("xyz"))], {"c": names}, np.concatenate(list(groups.values())))
    line = next(one for one in found.variance if one.source == "c")
    f, p = stats.f_oneway(*groups.values())
    assert (line.df, line.f, line.p) == (2, pytest.approx(f), pytest.approx(p))
    mean = np.mean([np.mean(values) for values in groups.values()])
    told = {one.label: one.coefficient for one in found.estimates}
    assert told["c=x"] == pytest.approx(np.mean(groups["x"]) - mean)


def test_centre_points_between_two_values_tell_of_curvature():
    rows = [(a, b) for a in (-1.0, 1.0) for b in (4.0, 9.0)] * 2 + [(0.0, b) for b in (4.0, 9.0)] * 2
    a, b = np.array(rows).T
    y = a + b + 2 * a**2 + np.random.default_rng(2).normal(size=12) * 0.05
    found = analyse([Factor("a"), Factor("b", 4, 9, values=2)], {"a": a, "b": b}, y, model="linear")
    assert found.curvature.p < 1e-6
    assert {one.label: one.effect for one in found.estimates}["b"] == pytest.approx(5, abs=0.2)


def test_repeats_beside_a_model_of_every_different_experiment_are_counted_and_judge_nothing():
    factors, columns = two_levels(*[(0, 0)] * 3)
    found = analyse(factors, columns, np.array([1.1, 2.3, 3.3, 4.7, 2.0, 2.2, 2.1]))
    assert (found.lack_of_fit, found.repeated, found.df) == (None, 2, 2)
    assert analyse(*two_levels(), np.array([1.1, 2.3, 3.3, 4.7])).repeated == 0


def test_lack_of_fit_has_the_degrees_of_freedom_of_levels_and_of_repeats():
    x = np.array([0, 0, 1, 1, 1, 2, 3, 3.0])
    y = np.array([1.0, 1.3, 2.2, 2.0, 2.1, 5.0, 9.1, 8.8])
    found = analyse([Factor("x", 0, 3)], {"x": x}, y, model="linear")
    pure = sum(((y[x == level] - y[x == level].mean()) ** 2).sum() for level in range(4))
    left = stats.linregress(x, y)
    squares = ((y - left.intercept - left.slope * x) ** 2).sum() - pure
    assert (found.lack_of_fit.df, found.df) == (2, 6)
    assert found.lack_of_fit.f == pytest.approx(squares / 2 / (pure / 4))
    assert found.lack_of_fit.p == pytest.approx(stats.f.sf(squares / 2 / (pure / 4), 2, 4))


@pytest.mark.parametrize("model", ["cubic", "special-cubic"])
def test_an_unknown_model_is_refused_with_the_known_ones(model):
    factors, columns, y = drawn(8, 1)
    with pytest.raises(SpecError, match="no such model"):
        analyse(factors, columns, y, model=model)


@settings(max_examples=50, deadline=None)
@given(st.integers(2, 12), st.integers(1, 8), st.integers(0, 10**6))
def test_a_fit_leaves_as_little_as_any_solution_does(n, p, seed):
    rng = np.random.default_rng(seed)
    X = rng.integers(-2, 3, size=(n, p)).astype(float)  # often collinear
    y = rng.normal(size=n)
    fit = least_squares(X, y)
    b = np.linalg.lstsq(X, y, rcond=None)[0]
    assert fit.residuals @ fit.residuals == pytest.approx(((y - X @ b) ** 2).sum(), abs=1e-9)
    assert len(fit.kept) == np.linalg.matrix_rank(X)


def test_a_term_is_a_product_of_coded_factors():
    factors = [Factor("a", 0, 10), Factor("c", 1, 100, log=True), Factor("s", choices=("x", "y", "z"))]
    columns = {"a": np.array([0.0, 10.0]), "c": np.array([10.0, 100.0]), "s": np.array(["x", "z"], dtype=object)}
    made = matrix(factors, terms_of(factors, "interactions"), columns)
    rows = [dict(zip(made.labels, row, strict=True)) for row in made.X.tolist()]
    assert rows[1] == {"intercept": 1, "a": 1, "c": 1, "s=x": -1, "s=y": -1, "a*c": 1, "a*s=x": -1, "a*s=y": -1,
                       "c*s=x": -1, "c*s=y": -1}  # fmt: skip
    assert rows[0]["c"] == pytest.approx(0)


def test_parameters_may_be_called_as_lines_of_the_analysis_are():
    names = ("blocks", "curvature", "block mass", "intercept", "a=b")
    rng = np.random.default_rng(1)
    columns = {name: rng.choice([-1.0, 1.0], 24) for name in names}
    y = 2 * columns["blocks"] + columns["curvature"] - columns["intercept"] + rng.normal(size=24) / 10
    blocks = np.arange(24) % 2
    found = analyse([Factor(name) for name in names], columns, y, model="linear", blocks=blocks)
    effects = {one.label: one.effect for one in found.by_size}
    assert effects.keys() == set(names)
    assert (effects["blocks"], effects["intercept"]) == (pytest.approx(4, abs=0.2), pytest.approx(-2, abs=0.2))
    assert [share.source for share in found.variance].count("blocks") == 2
    assert found.curvature is None
