"""What a suggestion and a cold command cost: worlds, ratios, what is left out, and commands that fail."""

import importlib.util
import json
import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).resolve().parent.parent.parent / "bench"
sys.path.append(str(BENCH))

from planning.at_fifty import RESULTS, WORLDS, seconds, world  # noqa: E402 - the path comes first


def bench(name):
    spec = importlib.util.spec_from_file_location(f"bench_{name}", BENCH / f"{name}.py")
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_each_world_has_fifty_rows_that_its_space_allows():
    for name in WORLDS:
        pool, rows, outcomes = world(name)
        assert len(rows) == len(outcomes) == RESULTS
        assert len({tuple(row.values()) for row in rows}) == RESULTS
        assert [pool.space.problems(row) for row in rows] == [[]] * RESULTS
    assert [len(world(name)[0].space.candidates) for name in ("pool", "names")] == [1024, 512]


@pytest.mark.slow
def test_a_suggestion_of_ours_is_timed_in_each_world():
    assert all(0 < seconds("zosimos", name, 1) < 30 for name in WORLDS)


def test_the_cost_is_a_ratio_of_medians_within_one_run(monkeypatch):
    module = bench("planner_cost")
    told = {"pool": {"zosimos": [0.1, 0.2, 9.0], "baybe": [0.4, 0.4, 0.1]}, "names": {"zosimos": [1.0], "baybe": [0.5]}}
    monkeypatch.setattr(module, "stream", lambda *given: iter([told]))
    found = module.at_fifty("baybe", Path("python"), 3)
    assert found["ours_over_peer"] == {"pool": 0.5, "names": 2.0}
    assert found["worst_ours_over_peer"] == 2.0


def test_without_the_peers_interpreter_the_comparison_is_left_out_and_said_so(monkeypatch, capsys, tmp_path):
    module = bench("planner_cost")
    monkeypatch.setattr(
        sys, "argv", ["planner_cost.py", "--parts", "at_50", "--peer-python", str(tmp_path / "no" / "python")]
    )
    assert module.main() == 0
    assert "make bench-env" in json.loads(capsys.readouterr().out)["figures"]["left_out"]["at_50"]
    monkeypatch.setattr(sys, "argv", ["planner_cost.py", "--parts", "memory"])
    assert module.main() == 2
    assert "unknown name 'memory'" in capsys.readouterr().err


@pytest.mark.slow
def test_a_command_that_must_not_fail_is_not_timed_as_if_it_had_worked(tmp_path):
    module = bench("startup")
    help_page = module.timed(["--help"], tmp_path, must=True)
    assert 0 < help_page.first <= help_page.end
    assert help_page.user > 0
    with pytest.raises(RuntimeError, match="zosimos ask nowhere failed"):
        module.timed(["ask", "nowhere"], tmp_path, must=True)


@pytest.mark.slow
def test_a_suggestion_over_ranges_says_what_it_took_and_how_good_its_row_is():
    module = bench("planner_cost")
    found = module.over_ranges([6], [12])[6][12]
    assert found["cpu_s"] > 0.0
    assert found["peak_mib"] >= found["base_mib"] > 50
    assert 0.0 <= found["asked"] <= 3.33
    assert 0.0 <= found["best"] <= 3.33
