"""What intervals held: known answers, batches that learn nothing of themselves, groups, and the protocol of a table."""

import sys
from pathlib import Path

import numpy as np
import pytest

BENCH = Path(__file__).resolve().parent.parent.parent / "bench"
sys.path.append(str(BENCH))

from planning.coverage import LATE, Said, merged, tallies, with_known  # noqa: E402 - the path comes first
from planning.honesty import honesty, worst  # noqa: E402
from planning.protocol import in_words, protocol  # noqa: E402
from planning.replay import Run  # noqa: E402
from planning.suites import Source  # noqa: E402
from planning.tables import load  # noqa: E402

from zosimos.surrogates.calibration.recalibrate import Recalibrator  # noqa: E402


def stream(n, sd_told, batch=1, seed=0, start=4):
    rng = np.random.default_rng(seed)
    values = rng.normal(size=n)
    return [
        Said(0.0, sd_told, float(value), start + (place // batch) * batch, place % batch)
        for place, value in enumerate(values)
    ]


@pytest.mark.slow
def test_intervals_that_are_told_right_hold_what_they_say_and_too_narrow_ones_are_widened():
    right = tallies([stream(400, 1.0, seed=s) for s in range(3)])["all"].figures()
    assert right["told"]["gap"] < 3
    narrow = tallies([stream(400, 0.5, seed=s) for s in range(3)])["all"].figures()
    assert narrow["told"]["coverage"]["80%"] < 55
    for way in ("scaled", "recalibrated"):
        assert narrow[way]["gap"] < 0.4 * narrow["told"]["gap"]
    assert narrow["scaled"]["nll"] < narrow["told"]["nll"]
    assert narrow["scaled"]["crps"] < narrow["told"]["crps"]


def test_what_a_batch_teaches_is_known_from_the_next_batch_on():
    said = stream(12, 1.0, batch=4)
    known = [recalibrator for _, recalibrator in with_known(said)]
    assert [len(k.scores) for k in known] == [0] * 4 + [4] * 4 + [8] * 4
    assert [k.rows for k in known] == [4] * 4 + [8] * 4 + [12] * 4
    one_by_one = [recalibrator for _, recalibrator in with_known(stream(12, 1.0))]
    residuals = [(said[place].value, 4 + place) for place in range(11)]
    assert one_by_one[-1] == Recalibrator.after(residuals, 15)


def test_late_predictions_and_groups_are_counted_by_themselves():
    found = tallies([stream(16, 1.0, batch=4), stream(16, 1.0, batch=4, seed=1)], lambda said: (f"place {said.place}",))
    assert found["all"].figures()["n"] == 32
    assert found["late"].figures()["n"] == 2 * sum(said.results >= LATE for said in stream(16, 1.0, batch=4)) == 8
    places = [found[f"place {place}"] for place in range(4)]
    assert [part.figures()["n"] for part in places] == [8] * 4
    whole, parts = found["all"].figures(), merged(places).figures()
    assert parts["told"]["coverage"] == whole["told"]["coverage"]
    assert parts["recalibrated"]["crps"] == pytest.approx(whole["recalibrated"]["crps"], abs=1e-3)
    assert tallies([])["all"].figures() == {}


def test_each_table_has_its_coverage_and_the_worst_is_named(tmp_path):
    (tmp_path / "table.csv").write_text("x,y\n" + "".join(f"{x},{x}\n" for x in range(40)))
    pool = load(tmp_path, Source("table.csv", "y", "max"))
    rows = tuple(range(30))
    outcomes = tuple(pool.outcomes[row] for row in rows)

    def run_of(off):
        return Run(0, rows, outcomes, (0.1,) * 28, tuple((y - off, 1.0, 1.0) for y in outcomes[2:]))

    blank = Run(0, rows, outcomes, (0.1,) * 28, ((1.0, 1.0, None),) * 28)
    runs = {"sure": {"ours": [run_of(9.0)], "silent": [blank]}, "unsure": {"ours": [run_of(0.1)], "silent": [blank]}}
    found = honesty({"sure": pool, "unsure": pool}, runs)
    assert list(found) == ["ours"]  # who tells no noise has no intervals for measurements
    assert found["ours"]["all"]["n"] == 56
    assert found["ours"]["by_table"]["sure"]["all"]["told"]["coverage"] == {"50%": 0.0, "80%": 0.0, "95%": 0.0}
    assert found["ours"]["by_table"]["unsure"]["late"]["n"] == 15
    assert found["ours"]["worst"]["all"]["told"] == ["sure", 95.0]
    assert worst({}, "all", "told") == []


def test_a_table_of_ones_own_is_told_with_what_is_needed_to_check_it(tmp_path):
    (tmp_path / "own.csv").write_text("x,y\n1,2\n2,3\n3,5\n")
    pool = load(tmp_path, Source("own.csv", "y", "max"))
    said = protocol(pool)
    assert said["table"] == {"rows": 3, "digest": pool.digest}
    assert len(said["tables_of_the_suites"]) == 20
    found = {"n_top1": {"own": {"zosimos": 2.5}}, "n_top1_se": {"own": {"zosimos": 0.5}}, "af_top1": {"zosimos": 1.2}}
    text = in_words(said, found, 50)
    assert "zosimos 2.5 ± 0.5, 1.20 times as fast as chance" in text
    for part in (pool.digest, said["code"]["planner"], said["code"]["benchmark"], "crossed_barrel"):
        assert part in text
