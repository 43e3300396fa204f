"""Pool replay: how many experiments until a top row of a measured table is found, against random choice.

    python bench/pool.py --data FILE.csv --target COLUMN --goal max --seeds 20 --budget 50 --start 2

Each row of the table is an experiment that was really made; rows with the same parameters are replicates and give a
mean and, from two on, its standard uncertainty. Planner and random choice get the same seeds and the same start.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import statistics
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from zosimos.core.errors import PlanningError
from zosimos.core.objective import Objective
from zosimos.core.parameters import Categorical, Continuous, Parameter, Value, Values
from zosimos.core.records import Measurement, Observation
from zosimos.core.seeds import derive_seed
from zosimos.core.space import SearchSpace, row_key
from zosimos.core.table import Table, read_table
from zosimos.planners.planner import make_planner
from zosimos.planners.registry import load_proposer
from zosimos.planners.settings import PlannerSettings

SHARES = {"top5": 0.05, "top1": 0.01}


@dataclass(frozen=True)
class Pool:
    space: SearchSpace
    objective: Objective
    found: dict[str, Measurement]


@dataclass(frozen=True)
class Run:
    needed: dict[str, int]  # experiments until a row of this top share; the budget if none was found
    cpu: float
    suggestions: int


def load(path: Path, target: str, goal: str, ignore: Sequence[str]) -> Pool:
    table = read_table(path)
    names = [name for name in table.header if name not in {target, *ignore}]
    columns = {name: _column(table, name) for name in names}
    rows: list[Values] = [dict(zip(names, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    groups: dict[str, list[float]] = {}
    for index, row in enumerate(rows):
        groups.setdefault(row_key(row), []).append(table.number(index, target))
    found = {
        key: Measurement(target, statistics.fmean(x), statistics.stdev(x) / math.sqrt(len(x)) if len(x) > 1 else None)
        for key, x in groups.items()
    }
    parameters = tuple(_parameter(name, column) for name, column in columns.items())
    objective = Objective(target, "max" if goal == "max" else "min")
    return Pool(SearchSpace(parameters, pool=tuple(rows)), objective, found)


def _column(table: Table, name: str) -> list[Value]:
    texts = table.column(name)
    try:
        [float(text) for text in texts]
    except ValueError:
        return list(texts)
    return [table.number(index, name) for index in range(len(texts))]


def _parameter(name: str, column: Sequence[Value]) -> Parameter:
    numbers = [float(x) for x in column if not isinstance(x, str)]
    if len(numbers) == len(column):
        return Continuous(name, min(numbers), max(numbers))  # refuses a constant column: leave it out with --ignore
    return Categorical(name, tuple(sorted({str(x) for x in column})))


def replay(pool: Pool, settings: PlannerSettings, budget: int, seed: int) -> Run:
    """Run one campaign, one experiment at a time, until a row of the smallest top share or the budget is reached."""
    utility = {key: pool.objective.utility(found.value) for key, found in pool.found.items()}
    ranked = sorted(utility.values(), reverse=True)
    limits = {name: ranked[max(1, math.ceil(share * len(ranked))) - 1] for name, share in SHARES.items()}
    needed = dict.fromkeys(limits, budget)
    seen: list[Observation] = []
    cpu = 0.0
    open_limits = dict(limits)
    for count in range(1, budget + 1):
        began = time.process_time()
        planner = make_planner(
            pool.space, [pool.objective], settings, seed=derive_seed(seed, "decision", count), sequence_seed=seed
        )
        planner.tell(seen)
        try:
            values = planner.ask()[0].values
        except PlanningError:
            break
        cpu += time.process_time() - began
        key = row_key(values)
        seen.append(Observation(f"e{count:04d}", values, {pool.objective.name: pool.found[key]}))
        for name in [name for name, limit in open_limits.items() if utility[key] >= limit]:
            needed[name] = count
            del open_limits[name]
        if not open_limits:
            break
    return Run(needed, cpu, len(seen))


def _one(seed: int, pool: Pool, planner: str, start: int, budget: int) -> tuple[Run, Run]:
    load_proposer(planner)  # imports are not counted
    shares = ({planner: 1.0}, {"random": 1.0})
    ours, chance = (replay(pool, PlannerSettings(s, start), budget, seed) for s in shares)
    return ours, chance


def _mean(numbers: Sequence[float]) -> tuple[float, float]:
    """Return the mean and its standard error."""
    error = statistics.stdev(numbers) / math.sqrt(len(numbers)) if len(numbers) > 1 else math.nan
    return statistics.fmean(numbers), error


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--target", required=True)
    parser.add_argument("--goal", choices=("max", "min"), required=True)
    parser.add_argument("--ignore", nargs="*", default=[])
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--budget", type=int, default=50)
    parser.add_argument("--start", type=int, default=2)
    parser.add_argument("--planner", default="bayesian")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    arguments = parser.parse_args()
    pool = load(arguments.data, arguments.target, arguments.goal, arguments.ignore)
    work = partial(_one, pool=pool, planner=arguments.planner, start=arguments.start, budget=arguments.budget)
    with ProcessPoolExecutor(arguments.jobs, mp_context=get_context("spawn")) as executor:
        runs = list(executor.map(work, range(arguments.seeds)))
    figures: dict[str, float | None] = {}
    print(
        f"{arguments.data.name}: {len(pool.space.candidates)} rows, {arguments.seeds} seeds, budget {arguments.budget}"
    )
    print(f"{'':8}{arguments.planner:>18}{'random':>18}")
    for name in SHARES:
        cells = []
        for side, suffix in ((0, ""), (1, "_random")):
            mean, error = _mean([run[side].needed[name] for run in runs])
            figures[f"n_{name}{suffix}"] = round(mean, 3)
            figures[f"n_{name}{suffix}_se"] = None if math.isnan(error) else round(error, 3)
            cells.append(f"{mean:.1f} ± {error:.1f}")
        print(f"{name:8}{cells[0]:>18}{cells[1]:>18}")
    cpu = sum(run[0].cpu for run in runs) / sum(run[0].suggestions for run in runs)
    figures["cpu_s_per_suggestion"] = round(cpu, 4)
    print(f"{cpu:.3f} CPU s per suggestion")
    settings = {**vars(arguments), "data": arguments.data.name, "rows": len(pool.space.candidates)}
    print(json.dumps({"bench": "pool", "settings": settings, "figures": figures}))


if __name__ == "__main__":
    main()
