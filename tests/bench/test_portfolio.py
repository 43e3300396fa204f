"""The benchmark of portfolio and advice: what scripted advisors say, how a miss counts, figures, one JSON line."""

import importlib.util
import json
import statistics
import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).resolve().parent.parent.parent / "bench"
if str(BENCH) not in sys.path:
    sys.path.append(str(BENCH))

from planning.suites import SUITES, Source  # noqa: E402 - the path comes first
from planning.tables import load  # noqa: E402
from tasks import portfolio as ways  # noqa: E402
from tasks.advisors import ADVISORS, FACTOR, LIFE, OFF, SD, ScriptedAdvisor  # noqa: E402
from tasks.play import play  # noqa: E402
from tasks.task import Trace  # noqa: E402

from zosimos.core.records import Candidate, Measurement, Observation, Prediction  # noqa: E402
from zosimos.planners.policy import Policy  # noqa: E402

spec = importlib.util.spec_from_file_location("bench_portfolio", BENCH / "portfolio.py")
assert spec is not None
assert spec.loader is not None
bench = importlib.util.module_from_spec(spec)
spec.loader.exec_module(bench)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A table of 120 rows with a single peak, under the name of the first set."""
    rows = [
        (metal, heat, 10.0 * (metal == "Cu") - (heat - 41) ** 2 / 100) for metal in ["Cu", "Ni"] for heat in range(60)
    ]
    made = tmp_path_factory.mktemp("tables")
    (made / "peak.csv").write_text("metal,heat,yield\n" + "".join(f"{m},{h},{y}\n" for m, h, y in rows))
    return made


@pytest.fixture
def pool(folder):
    return load(folder, Source("peak.csv", "yield", "max"))


@pytest.fixture
def as_a_set(monkeypatch):
    monkeypatch.setitem(SUITES, "pools", {"crossed_barrel": Source("peak.csv", "yield", "max")})


def seen(pool, rows):
    name = pool.objective.name
    return [
        Observation(f"e{place:04d}", pool.space.candidates[row], {name: Measurement(name, pool.outcomes[row])})
        for place, row in enumerate(rows, 1)
    ]


def calls(pool, name, n=300):
    """Return what an advisor says in the first decision of each of ``n`` runs: what the prior means, and the point."""
    found = []
    for seed in range(n):
        (advice,) = ScriptedAdvisor(name, pool, seed)(seen(pool, [0, 70]))
        found.append(advice.items)
    return found


def test_what_a_prior_means_is_off_by_a_fixed_share_of_the_range_up_or_down(pool):
    span = 59.0
    for prior, _ in calls(pool, "adversarial", 40):
        heat, metal = prior.terms["heat"], prior.terms["metal"]
        assert (metal.choices, metal.factor) == (("Ni",), FACTOR)  # the worst row is nickel at 0
        assert heat.at in (pytest.approx(OFF * span), pytest.approx(-OFF * span))
        assert heat.within == pytest.approx(SD * span)
    assert len({prior.terms["heat"].at for prior, _ in calls(pool, "adversarial", 40)}) == 2


def test_the_good_advisor_means_the_best_row_in_six_calls_of_ten(pool):
    near_best = [
        "Cu" in prior.terms["metal"].choices and abs(abs(prior.terms["heat"].at - 41) - OFF * 59) < 1e-9
        for prior, _ in calls(pool, "good")
    ]
    assert statistics.fmean(near_best) == pytest.approx(0.6, abs=0.08)
    useless = [prior.terms["metal"].choices == ("Cu",) for prior, _ in calls(pool, "useless")]
    assert statistics.fmean(useless) == pytest.approx(0.5, abs=0.08)


def test_only_right_calls_expect_the_true_outcome_and_all_others_promise_the_best(pool):
    best, span = max(pool.outcomes), max(pool.outcomes) - min(pool.outcomes)
    for name in ADVISORS:
        for _, point in calls(pool, name, 60):
            said = point.expected["yield"]
            true = next(y for row, y in zip(pool.space.candidates, pool.outcomes, strict=True) if row == point.values)
            offs = [abs(abs(said.mean - mean) - OFF * span) < 1e-9 for mean in (best, true)]
            assert offs[0] or (name == "good" and offs[1])
            assert said.sd == pytest.approx(SD * span)


def test_a_point_is_the_likeliest_row_that_was_not_tried(pool):
    tried = list(range(60, 75))  # nickel, up to 14 degrees: where the adversary points
    (advice,) = ScriptedAdvisor("adversarial", pool, 0)(seen(pool, tried))
    prior, point = advice.items
    densities = prior.expectation.log_density(pool.space.candidates)
    free = [row for row in range(pool.size) if row not in tried]
    assert pool.space.candidates[max(free, key=lambda row: densities[row])] == point.values


def test_advice_counts_for_five_results(pool):
    advisor = ScriptedAdvisor("useless", pool, 3)
    in_force = [len(advisor(seen(pool, range(n)))) for n in range(2, 12)]
    assert in_force == [1, 2, 3, 4, LIFE, LIFE, LIFE, LIFE, LIFE, LIFE]
    assert [advice.given for advice in advisor(seen(pool, range(12)))] == [8, 9, 10, 11, 12]


@pytest.mark.slow
def test_ways_differ_in_who_proposes_and_who_advises(pool):
    made = {way: ways._planner(way, pool, 0) for way in ways.WAYS}
    assert made["plain"]._policy == Policy(start=2)
    assert made["random"]._policy.shares == {"random": 1.0}
    assert made["portfolio"]._policy.portfolio == "earned"
    assert set(made["portfolio"]._policy.shares) == {ways.SINGLES[way] for way in ways.SINGLES}
    assert all(made[name]._policy == made["plain"]._policy for name in ADVISORS)
    assert [way for way in ways.WAYS if made[way]._advisor is not None] == list(ADVISORS)


def test_a_world_keeps_whose_idea_an_experiment_was(pool):
    """Trust and earned shares are judged by it."""
    told = []

    class Asked:
        def tell(self, observations):
            told.extend(observations)

        def ask(self, n=1, pending=()):
            row = pool.space.candidates[len(told)]
            return [Candidate(row, "advice:ann", author="ann", expected={"yield": Prediction(1.0, 2.0)})]

    world = ways.pool_world(pool, 4)
    play(world, Asked(), [pool.space.candidates[0]], seed=0)
    assert (told[0].origin, told[0].author) == ("", "")
    assert {(one.origin, one.author, one.expected["yield"].mean) for one in told[1:]} == {("advice:ann", "ann", 1.0)}


def test_a_miss_counts_one_more_than_the_budget(folder, as_a_set, monkeypatch):
    found = ways.run(folder, "crossed_barrel", "random", 1)
    assert found.met
    assert found.spent == found.suggestions + 2
    monkeypatch.setattr(ways, "TOP", 0.001)
    monkeypatch.setattr(ways, "BUDGET", 3)
    missed = [ways.run(folder, "crossed_barrel", "random", seed) for seed in range(5)]
    assert {(run.met, run.spent) for run in missed} >= {(False, 4)}
    assert all(run.met or run.suggestions == 1 for run in missed)


def test_figures_compare_by_the_geometric_mean_over_sets():
    def runs(*spent):
        return [Trace(seed, float(x), True, 1.0, 0.1, 5) for seed, x in enumerate(spent)]

    traces = {
        "one": {"plain": runs(10, 20), "random": runs(30, 30), "portfolio": runs(20, 40), "good": runs(5, 10)},
        "two": {"plain": runs(8, 8), "random": runs(2, 2), "portfolio": runs(8, 8), "good": runs(4, 4)},
    }
    found = bench.summary(traces)
    assert found["n_top5"]["one"] == {"plain": 15.0, "random": 30.0, "portfolio": 30.0, "good": 7.5}
    assert found["good_over_plain"] == pytest.approx(0.5)
    assert found["good_over_plain_90"] == pytest.approx([0.5, 0.5])
    assert found["portfolio_over_plain"] == pytest.approx(2**0.5, abs=1e-4)
    assert found["best_single"] == "random"  # 60 ** 0.5 against 120 ** 0.5
    assert found["portfolio_over_best_single_by_set"] == {"one": 1.0, "two": 4.0}
    assert "adversarial_over_plain" not in found
    assert "good_over_plain: 0.500 (90 % interval 0.500 to 0.500)" in bench.markdown(found)
    assert "best_single" not in bench.summary({"one": {"good": runs(5, 10)}})


@pytest.mark.slow
def test_good_advice_finds_a_peak_that_is_hard_to_find(folder, as_a_set):
    spent = {way: [ways.run(folder, "crossed_barrel", way, seed) for seed in range(4)] for way in ("good", "random")}
    assert not any(run.errors for runs in spent.values() for run in runs)
    assert sum(run.spent for run in spent["good"]) < sum(run.spent for run in spent["random"])


@pytest.mark.slow
def test_the_benchmark_ends_in_one_json_line_and_is_resumed(folder, tmp_path, monkeypatch, capfd):
    (tmp_path / "snar.csv").write_text((folder / "peak.csv").read_text().replace("yield", "impurity"))

    def call(*arguments):
        own = ("--data-dir", str(tmp_path), "--cache", str(tmp_path / "runs"), "--jobs", "1")
        monkeypatch.setattr(sys, "argv", ["portfolio.py", *own, *arguments])
        code = bench.main()
        return code, *capfd.readouterr()

    ask = ("--sets", "snar", "--ways", "evolutionary,random", "--first-seed", "3")
    code, out, progress = call(*ask, "--seeds", "2", "--table")
    assert code == 0, progress
    assert progress.count("seed") == 4
    assert out.startswith("| set | evolutionary | random |")
    line = json.loads(out.splitlines()[-1])
    assert line["settings"]["sets"] == {"snar": 120}
    assert (line["settings"]["first_seed"], line["settings"]["seeds"]) == (3, 2)
    assert call(*ask, "--seeds", "3")[2].count("seed") == 2
    for arguments, problem in (
        (("--ways", "luck"), "unknown name 'luck'"),
        (("--sets", "gold"), "unknown name 'gold'"),
        ((), "crossed_barrel.csv"),
    ):
        code, _, refusal = call(*arguments)
        assert code == 2
        assert problem in refusal
        assert "Traceback" not in refusal
