"""Transfer: a pool to search with an earlier table of a related reaction wholly known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from planning.ours import Ours
from planning.suites import SUITES
from planning.tables import Pool, load
from tasks.batch import pool_world
from tasks.play import play, random_rows
from tasks.task import Task, Trace

from zosimos.core.parameters import Categorical, Values
from zosimos.planners.goal.goal import Goal
from zosimos.planners.goal.knowledge import Source
from zosimos.planners.history import History
from zosimos.planners.policy import Policy
from zosimos.planners.protocol import Planner

_START, _BUDGET = 2, 50


@dataclass(frozen=True)
class _Pair:
    """The table searched, the one known, and what its choices are called in the first."""

    target: str
    source: str
    renamed: Mapping[str, Mapping[str, str]]


_HALIDES = {f"FC(F)(F)c1ccc({x})cc1": f"CCc1ccc({x})cc1" for x in ("Cl", "Br", "I")}
_PAIRS = {
    "buchwald_a_to_c": _Pair("buchwald_c", "buchwald_a", {"aryl_halide": _HALIDES}),
    "suzuki_i_to_ii": _Pair("suzuki_ii", "suzuki_i", {}),
}


def run(folder: Path, variant: str, entrant: str, seed: int) -> Trace:
    """Play one run."""
    pair = _PAIRS[variant]
    target = load(folder, SUITES["more"][pair.target])
    known = known_source(load(folder, SUITES["more"][pair.source]), target, pair.renamed)
    start = random_rows(target.space, _START, seed)
    return play(pool_world(target, _BUDGET), _planner(entrant, target, known, seed), start, seed=seed)


def known_source(table: Pool, target: Pool, renamed: Mapping[str, Mapping[str, str]]) -> Source:
    """Return a whole table as a source for another, less the rows with choices that this one does not have."""

    def told(name: str, value: object) -> object:
        return renamed.get(name, {}).get(str(value), value)

    rows: list[Values] = [{name: told(name, x) for name, x in row.items()} for row in table.space.candidates]  # type: ignore[misc]
    kept = [
        (row, outcome)
        for row, outcome in zip(rows, table.outcomes, strict=True)
        if not any(p.problem(row[p.name]) for p in target.space.parameters if isinstance(p, Categorical))
    ]
    found = {target.objective.name: tuple(outcome for _, outcome in kept)}
    return Source("earlier", tuple(row for row, _ in kept), found)


def _planner(entrant: str, pool: Pool, source: Source, seed: int) -> Planner:
    if entrant == "baybe":
        from tasks.baybe_tasks import BayBETasks

        return BayBETasks(pool.space, [pool.objective], source, seed=seed)
    sources = (source,) if entrant == "zosimos" else ()
    return Ours(Goal(pool.space, (pool.objective,)), Policy(start=_START), History(sources=sources), seed=seed)


TASK = Task(
    name="transfer",
    about="an earlier table of a related reaction is known; experiments until one of the top 1 % was measured, "
    "2 random rows first, at most 50",
    variants=tuple(_PAIRS),
    entrants={"zosimos": "own", "alone": "own", "baybe": "peer"},
    ours="zosimos",
    rivals=("alone", "baybe"),
    run=run,
    parts=("play", "batch", "baybe_tasks"),
)
