"""The planner benchmark: pools from tables, exact chance, runs that are kept and resumed, scores, clear refusals."""

import importlib.util
import itertools
import json
import math
import statistics
import sys
from pathlib import Path

import numpy as np
import pytest

BENCH = Path(__file__).resolve().parent.parent.parent / "bench"
sys.path.append(str(BENCH))

from planning import replay as replay_module  # noqa: E402 - the path comes first
from planning.cache import Contest, RunCache  # noqa: E402
from planning.figures import figures, markdown  # noqa: E402
from planning.replay import Run, replay  # noqa: E402
from planning.scoring import acceleration, chance, lead, lead_interval, needed, worst_set  # noqa: E402
from planning.suites import SUITES, Source  # noqa: E402
from planning.tables import load  # noqa: E402

from zosimos.core.errors import DataError  # noqa: E402
from zosimos.core.records import Candidate  # noqa: E402
from zosimos.core.space import row_key  # noqa: E402

TABLE = "metal,heat,const,other,yield\n" + "".join(
    f"{metal},{heat},7,{heat + k},{10 * (metal == 'Cu') - (heat - 30) ** 2 / 100 + k}\n"
    for metal in ("Cu", "Ni")
    for heat in range(10, 60, 5)
    for k in (-0.5, 0.5)
)
SOURCE = Source("table.csv", "yield", "max", ("other",))


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "table.csv").write_text(TABLE)
    return tmp_path


@pytest.fixture
def pool(folder):
    return load(folder, SOURCE)


def run_of(pool, rows, seed=0, cpu=(0.1,), errors=()):
    outcomes = tuple(pool.outcomes[row] for row in rows)
    return Run(seed, tuple(rows), outcomes, tuple(cpu), (None,) * (len(rows) - 2), errors)


# --- tables ---


def test_a_table_becomes_distinct_rows_with_averaged_outcomes(pool):
    assert pool.size == 20
    assert pool.space.names == ("metal", "heat")  # "const" never varies, "other" is ignored
    assert [type(p).__name__ for p in pool.space.parameters] == ["Categorical", "Continuous"]
    best = pool.places['{"heat":30.0,"metal":"Cu"}']
    assert pool.outcomes[best] == pytest.approx(10.0)
    assert max(pool.utilities) == pool.utilities[best]


def test_ties_with_the_last_top_row_count(tmp_path):
    (tmp_path / "ties.csv").write_text("x,y\n" + "".join(f"{x},{max(0, x - 90)}\n" for x in range(98)) + "98,7\n99,7\n")
    ties = load(tmp_path, Source("ties.csv", "y", "max"))
    assert ties.limit(0.01) == 7
    assert sum(utility >= ties.limit(0.01) for utility in ties.utilities) == 3
    assert ties.limit(0.05) == 5
    low = load(tmp_path, Source("ties.csv", "y", "min"))
    assert low.limit(0.01) == 0
    assert low.digest != ties.digest


def test_every_set_of_the_suites_has_its_own_file():
    sources = [source for name in ("pools", "more") for source in SUITES[name].values()]
    assert len({source.file for source in sources}) == len(sources) == 20
    assert list(SUITES["all"].values()) == sources
    with pytest.raises(DataError, match="nowhere"):
        load(Path("nowhere"), sources[0])


# --- chance ---


def test_who_takes_the_first_row_meets_another_order_with_each_seed(pool, monkeypatch):
    class First:
        def __init__(self, shown):
            self.shown, self.seen = shown, 2

        def tell(self, observations):
            for seen in observations:
                assert seen.measurements["yield"].value == pool.outcomes[pool.places[row_key(seen.values)]]

        def ask(self):
            self.seen += 1
            return [Candidate(self.shown.space.candidates[self.seen], "first", repeats="e0001")]

    monkeypatch.setattr(replay_module, "make", lambda name, shown, seed, start: First(shown))
    runs = [replay("first", pool, seed=seed, start=2, budget=6, full=True) for seed in (0, 0, 1)]
    assert runs[0].rows == runs[1].rows != runs[2].rows
    assert runs[2].outcomes == tuple(pool.outcomes[row] for row in runs[2].rows)


def test_chance_is_the_mean_over_all_orders(tmp_path):
    (tmp_path / "small.csv").write_text("x,y\n" + "".join(f"{x},{x // 5}\n" for x in range(7)))
    small = load(tmp_path, Source("small.csv", "y", "max"))  # rows 5 and 6 are the best, tied
    for budget in (1, 3, 7, 50):
        orders = itertools.permutations(range(7))
        first = [min(budget, 1 + min(order.index(5), order.index(6))) for order in orders]
        assert chance(small, 0.01, budget) == pytest.approx(statistics.fmean(first))


# --- runs ---


@pytest.mark.slow
def test_a_run_starts_alike_for_all_and_ends_with_the_first_top_row(pool):
    short = replay("forest", pool, seed=3, start=2, budget=20, full=False)
    again = replay("forest", pool, seed=3, start=2, budget=20, full=False)
    full = replay("forest", pool, seed=3, start=2, budget=len(short.rows) + 2, full=True)
    assert short.rows == again.rows == full.rows[: len(short.rows)]
    assert len(set(full.rows)) == len(full.rows) == len(short.rows) + 2
    top = pool.limit(0.01)
    assert [pool.utilities[row] >= top for row in short.rows] == [False] * (len(short.rows) - 1) + [True]
    assert len(full.cpu) == len(full.beliefs) == len(full.rows) - 2
    assert all(mean is not None and sd >= 0 and noisy is None for mean, sd, noisy in full.beliefs)
    assert Run.from_json(json.loads(json.dumps(full.as_json()))) == full


class Flaky:
    """Takes the rows in order, and fails at every second question."""

    def __init__(self, pool):
        self.pool, self.told, self.asked = pool, [], 0

    def tell(self, observations):
        self.told += observations

    def ask(self, n=1, pending=()):
        self.asked += 1
        if self.asked % 2:
            raise FloatingPointError("no fit")
        seen = [dict(observation.values) for observation in self.told]
        return [Candidate(next(row for row in self.pool.space.candidates if dict(row) not in seen), "flaky")]


def test_what_a_planner_raises_is_recorded_and_a_random_row_takes_its_place(pool, monkeypatch):
    made = []
    monkeypatch.setattr(replay_module, "make", lambda name, *rest: made.append(Flaky(pool)) or made[-1])
    run = replay("flaky", pool, seed=1, start=2, budget=12, full=True)
    assert len(run.rows) == len(set(run.rows)) == 12
    assert [text.split(":")[0] for text in run.errors] == ["3", "5", "7", "9", "11"]
    assert "FloatingPointError: no fit" in run.errors[0]
    assert [observation.experiment for observation in made[0].told] == [f"e{i:04d}" for i in range(1, 12)]
    assert run.outcomes == tuple(pool.outcomes[row] for row in run.rows)


# --- the cache ---


def test_the_cache_gives_back_runs_by_what_they_depend_on(pool, tmp_path):
    cache = RunCache(tmp_path / "cache")
    contest = Contest("table", pool, "forest", "v1", 6, 2)
    assert cache.runs(contest, [0, 1], full=False) == {}
    short, full = run_of(pool, [3, 4, 5], seed=0), run_of(pool, [3, 4, 5, 6, 7, 8], seed=1)
    cache.add(contest, short)
    cache.add(contest, full)
    assert cache.runs(contest, [0, 1, 2], full=False) == {0: short, 1: full}
    assert cache.runs(contest, [0, 1], full=True) == {1: full}
    for other in ("v2", 7, 3):
        changed = {str: {"version": other}, int: {"budget": other} if other == 7 else {"start": other}}[type(other)]
        values = {"version": "v1", "budget": 6, "start": 2} | changed
        assert cache.runs(Contest("table", pool, "forest", **values), [0, 1], full=False) == {}


def test_a_line_cut_off_by_a_kill_costs_only_itself(pool, tmp_path):
    cache = RunCache(tmp_path)
    contest = Contest("table", pool, "forest", "v1", 6, 2)
    runs = [run_of(pool, [3, 4, 5 + seed], seed=seed) for seed in range(3)]
    cache.add(contest, runs[0])
    path = tmp_path / contest.file_name
    path.write_text(path.read_text() + json.dumps(runs[1].as_json())[:40])
    assert cache.runs(contest, [0, 1], full=False) == {0: runs[0]}
    cache.add(contest, runs[1])
    cache.add(contest, runs[2])
    assert cache.runs(contest, [0, 1, 2], full=False) == dict(enumerate(runs))


# --- scores ---


def test_scores_follow_from_the_runs(pool):
    order = np.argsort(pool.utilities)[::-1].tolist()  # the best row first
    best, worst = order[0], order[-4:]
    quick, slow = run_of(pool, [*worst[:2], best]), run_of(pool, [*worst, best], errors=("4: no fit",))
    assert (needed(pool, quick, 0.01, 50), needed(pool, slow, 0.01, 50), needed(pool, slow, 0.01, 4)) == (3, 5, 4)
    runs = {"table": {"zosimos": [quick, slow], "baybe": [slow, slow], "forest": [quick, quick]}}
    found = figures({"table": pool}, runs, 50, {"baybe": "1"})
    expected = statistics.fmean(range(1, 21))  # one top row of 20: any place is as likely
    assert found["n_top1"]["table"] == {"zosimos": 4, "baybe": 5, "forest": 3, "random": expected}
    assert found["n_top1_se"]["table"]["zosimos"] == 1
    assert found["af_top1"]["baybe"] == round(expected / 5, 4)
    assert (found["best_peer"], found["ours_over_best_peer"]) == ("forest", 0.75)
    assert (found["worst_set"], found["worst_set_ratio"]) == ("table", 0.75)
    assert found["over_chance"] == {"table": round(4 / expected, 4)}
    assert (found["worst_over_chance"], found["over_any_peer"]) == (round(4 / expected, 4), {"table": 0.75})
    assert found["failures"] == {"zosimos": 1, "baybe": 2, "forest": 0}
    assert found["cpu_s_per_suggestion"]["overall"]["forest"] == 0.1
    table = markdown(found, ["zosimos", "baybe", "forest", "random"])
    assert "| table | 4.0 ± 1.0 | 5.0 ± 0.0 | 3.0 ± 0.0 | 10.5 |" in table


def test_the_lead_is_paired_over_seeds():
    rng = np.random.default_rng(1)
    luck = rng.integers(10, 40, 30).astype(float)
    counts = {"one": {"zosimos": luck, "ax": 2 * luck}, "two": {"zosimos": luck, "ax": luck / 2}}
    by_chance = {"one": 40.0, "two": 40.0}
    factors = acceleration(counts, by_chance)
    assert lead(factors) == ("ax", pytest.approx(1.0))
    assert lead_interval(counts, by_chance) == pytest.approx((1.0, 1.0))  # luck is shared: nothing is uncertain
    assert worst_set(counts, ["ax"]) == ("two", pytest.approx(0.5))
    assert lead({"zosimos": 2.0, "random": 1.0}) is None
    counts["one"]["ax"] = rng.permutation(counts["one"]["ax"])
    low, high = lead_interval(counts, by_chance)
    assert low < math.sqrt(1.0) < high


# --- the command ---


@pytest.fixture
def command(folder, monkeypatch, capsys):
    spec = importlib.util.spec_from_file_location("bench_planners", BENCH / "planners.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["planners.py", "--cache", str(folder / "cache"), *arguments])
        code = module.main()
        return code, *capsys.readouterr()

    return call


@pytest.mark.slow
def test_a_benchmark_ends_in_one_json_line_and_is_resumed(command, folder):
    own = ("--data", str(folder / "table.csv"), "--target", "yield", "--goal", "max", "--ignore", "other")
    with_planners = (*own, "--planners", "forest,random", "--budget", "8", "--jobs", "1")
    code, out, progress = command(*with_planners, "--seeds", "2", "--table")
    assert code == 0
    assert progress.count("table forest seed") == 2
    early = 2 - progress.count("8 rows")
    assert early > 0
    assert out.startswith("| set | forest | random |")
    line = json.loads(out.splitlines()[-1])
    assert set(line) == {"bench", "settings", "figures"}
    assert line["settings"]["sets"] == {"table": 20}
    means = line["figures"]["n_top1"]["table"]
    assert means["random"] == pytest.approx(sum(1 - t / 20 for t in range(8)))
    code, out, progress = command(*with_planners, "--seeds", "2")
    assert (code, progress) == (0, "")
    assert json.loads(out.splitlines()[-1])["figures"]["n_top1"]["table"] == means
    code, out, progress = command(*with_planners, "--seeds", "3", "--full")
    assert progress.count("8 rows") == progress.count("table forest seed") == early + 1
    assert command(*with_planners, "--seeds", "3")[2] == ""


def test_a_wrong_command_is_refused_in_one_block(command, folder):
    own = ("--data", str(folder / "table.csv"), "--target", "yield", "--goal", "max")
    refused = {
        "cannot read": ("--data-dir", str(folder / "nowhere"), "--planners", "forest"),
        "unknown name 'oracle'": (*own, "--planners", "forest,oracle"),
        "computed, not run": (*own, "--planners", "random"),
        "make bench-env": (*own, "--planners", "baybe", "--peer-python", str(folder / "python")),
        "column 'gain' is missing": ("--data", str(folder / "table.csv"), "--target", "gain", "--goal", "max"),
        "needs its target and goal": ("--data", str(folder / "table.csv")),
        "unknown name 'gold'": ("--sets", "gold"),
    }
    for said, arguments in refused.items():
        code, out, block = command(*arguments)
        assert (code, out) == (2, ""), said
        assert said in block
        assert "Traceback" not in block
        assert "field:" in block
