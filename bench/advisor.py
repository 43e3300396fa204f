"""An advisor in the loop: what good, useless and hostile advice does to a campaign, and who learns from results.

    python bench/advisor.py --data-dir DIR --seeds 20 --cache FOLDER

Six campaigns run in simulated time, one experiment at a time: the colour lab, a laboratory of two files, and four
measured tables (``bench/advising/problems.py``). Each begins with two space-filling experiments. Then an advisor is
asked after every result, as ``zosimos run`` asks one, and what it says counts for five results. It is over when a
result is good enough: a colour difference of 1, an absorbance within 0.01 of the target, a row of the table's top 5 %.
A campaign that is not there within its budget counts as one experiment more. ``plain`` has no advisor.

Three advisors know the truth. In a call each means one row: ``good`` the best in 60 % of its calls and any row in the
others, ``useless`` any row, ``adversarial`` the worst. It gives

- a prior: by number, the row's value, off by 0.15 of the range, up or down by chance, with a standard deviation of 0.2
  of the range; by name, the row's choice, three times as likely as any other;
- a point: the untried row that is likeliest under this prior, with an expected outcome: its true one in the good
  advisor's right calls, else the best there is; off by 0.15 of the range, standard deviation 0.2 of the range.

Two know nothing but what they are shown, name three points in a call and expect of each the mean of its three nearest
results, weighted by one over the distance: ``learner``, and ``permuted``, to which the outcomes come shuffled, anew in
each call. Their campaigns go on for 16 experiments (15 where that is the budget).

Figures: ``n_to_target`` (problem: advisor: mean experiments) with ``n_to_target_se``; ``A_over_plain``, mean
experiments over those of plain by the geometric mean over problems, with its 90 % interval (``_90``; seeds drawn again,
paired) and ``_by_problem``; ``learner_agrees`` and ``permuted_agrees``, the share of runs in which the test of
agreement (:mod:`zosimos.planners.learning`) says that predictions go with results; ``permuted_detected``, the share of
seeds in which it says so of the learner and not of the permuted; ``learner_changes`` and ``permuted_changes``, the same
of the test of change; ``..._by_problem`` of each; ``advised``, mean experiments that were an advisor's. Finished runs
are kept in the cache folder under the source of these scripts: take another folder when what plans has changed.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from advising.judged import judged
from advising.play import PLAIN, WAYS, Kept, Run
from advising.problems import PROBLEMS
from advising.scripted import KNOWING
from common import report
from planning.options import names, positive
from planning.processes import exit_code
from planning.scoring import mean_and_error
from tasks.figures import compared

from zosimos.planners.learning import Learning

LEARNING = ("learner", "permuted")


def main() -> int:
    """Run the benchmark; 2 if the command line or a file is wrong."""
    options = _options()
    return exit_code(lambda: _run(options))


def _run(options: argparse.Namespace) -> None:
    problems = names(options.problems, tuple(PROBLEMS), "--problems")
    ways = names(options.ways, WAYS, "--ways")
    kept, seeds = Kept(options.cache, options.data_dir), range(options.first_seed, options.first_seed + options.seeds)
    runs: dict[str, dict[str, list[Run]]] = {name: {} for name in problems}
    for way in ways:
        for name in problems:
            runs[name][way] = kept.runs(PROBLEMS[name], way, seeds)
    learned = {
        name: {
            way: [judged(PROBLEMS[name], one, options.data_dir) for one in row[way]] for way in LEARNING if way in row
        }
        for name, row in runs.items()
    }
    found = {**spent(runs), **detected(learned)}
    settings = {"problems": problems, "ways": ways, "first_seed": options.first_seed, "seeds": options.seeds}
    report("advisor", settings, found)


def spent(runs: Mapping[str, Mapping[str, Sequence[Run]]]) -> dict[str, Any]:
    """Return the figures of experiments; comparisons with a way that was not run are left out."""
    by = {
        name: {way: [one.spent for one in row[way]] for way in row if way not in LEARNING} for name, row in runs.items()
    }
    found: dict[str, Any] = {
        "n_to_target": {
            name: {way: round(statistics.fmean(x), 3) for way, x in row.items()} for name, row in by.items()
        },
        "n_to_target_se": {name: {way: mean_and_error(x)[1] for way, x in row.items()} for name, row in by.items()},
        "advised": {
            name: {way: round(statistics.fmean(one.advised for one in x), 2) for way, x in row.items() if way != PLAIN}
            for name, row in runs.items()
        },
        "problems_of_advisors": sum(len(one.problems) for row in runs.values() for x in row.values() for one in x),
    }
    ways = next(iter(by.values()))
    for way in KNOWING:
        if way in ways and PLAIN in ways:
            ratio = compared(by, way, PLAIN)
            found |= {
                f"{way}_over_plain": ratio["ratio"],
                f"{way}_over_plain_90": ratio["ratio_90"],
                f"{way}_over_plain_by_problem": ratio["by_variant"],
            }
    return found


def detected(found: Mapping[str, Mapping[str, Sequence[Learning]]]) -> dict[str, Any]:
    """Return how often the tests tell who learns, from what they say by problem, way and seed."""
    made: dict[str, Any] = {}
    for way in LEARNING:
        rows = {name: row[way] for name, row in found.items() if row.get(way)}
        made |= _shares(f"{way}_agrees", {name: [one.agrees for one in row] for name, row in rows.items()})
        made |= _shares(f"{way}_changes", {name: [one.changes for one in row] for name, row in rows.items()})
    both = {
        name: [a.agrees and not b.agrees for a, b in zip(row["learner"], row["permuted"], strict=True)]
        for name, row in found.items()
        if set(LEARNING) <= set(row)
    }
    return made | _shares("permuted_detected", both)


def _shares(name: str, hits: Mapping[str, Sequence[bool]]) -> dict[str, Any]:
    """Return a share by problem, and its mean over problems; nothing where there is none."""
    by = {problem: round(sum(row) / len(row), 4) for problem, row in hits.items()}
    return {name: round(statistics.fmean(by.values()), 4), f"{name}_by_problem": by} if by else {}


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", type=Path, default=Path(os.environ.get("ZOSIMOS_BENCH_DATA", "data")))
    parser.add_argument("--problems", default=",".join(PROBLEMS), help="only these, with commas between")
    parser.add_argument("--ways", default=",".join(WAYS), help="only these, with commas between")
    parser.add_argument("--seeds", type=positive, default=20)
    parser.add_argument("--first-seed", type=int, default=0, help="the seeds are this one and those after it")
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache" / "zosimos" / "bench" / "advisor")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
