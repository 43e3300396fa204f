"""The figures of the benchmark of continuous and mixed problems, as one mapping and as Markdown tables."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from planning.coverage import WAYS as LOOKS
from planning.coverage import Said, merged, tallies
from planning.grid import OURS
from planning.honesty import worst

from surfaces.play import Trial
from surfaces.problems import Array, Problem
from surfaces.ways import BOTORCH

Cells = Mapping[str, Mapping[int, Mapping[str, Sequence[Trial]]]]  # problem -> batch -> way -> runs of the same seeds

CLOSE = 0.01  # of a function's range: a regret below is none
_DRAWS = 10_000
_LEAST = 1e-9  # of a function's range: what a regret counts as at least, so that ratios are numbers


def final_regret(problem: Problem, trial: Trial) -> float:
    """Return the regret, without noise, of the point with the best measured value of a run."""
    better = np.argmin if problem.goal == "min" else np.argmax
    return problem.regret(trial.true[int(better(trial.measured))])


def figures(problems: Mapping[str, Problem], cells: Cells) -> dict[str, Any]:
    """Return all figures.

    ``regret`` (problem: batch: way): the median over seeds of the final regret, that is, how far the point with the
    best measured value at the end of a run is from the optimum, both without noise. ``ratio`` (problem: batch: rival):
    our median over the rival's, with a 90 % interval, paired over seeds. ``within`` (problem: batch): whether our
    median is at most 1 % of the function's range. ``at_most_botorch``: the share of cells (problem and batch) where our
    median is not larger. ``worst_ratio``: the largest ratio to BoTorch of the cells that are not ``within``, 0 if all
    are. ``cpu_s_per_point`` (problem: way): CPU seconds to a point that was chosen, all batches. ``coverage`` (way):
    what intervals held, by problem and by place in a batch.
    """
    regrets = {
        name: {
            batch: {way: np.array([final_regret(problems[name], t) for t in x]) for way, x in row.items()}
            for batch, row in by_batch.items()
        }
        for name, by_batch in cells.items()
    }
    ways = list(dict.fromkeys(way for by_batch in cells.values() for row in by_batch.values() for way in row))
    found: dict[str, Any] = {
        "regret": _each(regrets, lambda name, row: {way: _short(np.median(x)) for way, x in row.items()}),
        "seeds": _each(regrets, lambda name, row: len(next(iter(row.values())))),
        "cpu_s_per_point": {name: _cpu(by_batch.values()) for name, by_batch in cells.items()},
        "failures": {
            way: sum(len(t.errors) for by in cells.values() for row in by.values() for t in row.get(way, ()))
            for way in ways
        },
    }
    if OURS in ways:
        found["ratio"] = _each(regrets, lambda name, row: _ratios(problems[name], row))
        found["within"] = _each(regrets, lambda name, row: bool(np.median(row[OURS]) <= CLOSE * problems[name].span))
    if OURS in ways and BOTORCH in ways:
        found |= _against(found)
    coverage = {way: told for way in ways if (told := _coverage(problems, cells, way))}
    return found | {"coverage": coverage}


def _each(regrets: Mapping[str, Mapping[int, Mapping[str, Array]]], make: Any) -> dict[str, dict[str, Any]]:
    return {name: {str(batch): make(name, row) for batch, row in by.items()} for name, by in regrets.items()}


def _against(found: Mapping[str, Any]) -> dict[str, Any]:
    """Return the two figures over all cells."""
    cells = [(name, batch) for name, by in found["regret"].items() for batch in by]
    ratios = {cell: found["ratio"][cell[0]][cell[1]][BOTORCH][0] for cell in cells}
    open_ratios = [ratio for cell, ratio in ratios.items() if not found["within"][cell[0]][cell[1]]]
    return {
        "at_most_botorch": round(statistics.fmean(ratio <= 1.0 for ratio in ratios.values()), 3),
        "worst_ratio": max(open_ratios, default=0.0),
    }


def _ratios(problem: Problem, row: Mapping[str, Array]) -> dict[str, list[float]]:
    """Return our median over each rival's, and its 90 % interval: seeds are drawn again, the same for both."""
    rng = np.random.default_rng(0)
    ours = np.maximum(row[OURS], _LEAST * problem.span)
    drawn = rng.integers(len(ours), size=(_DRAWS, len(ours)))
    found = {}
    for rival, regrets in row.items():
        if rival != OURS:
            theirs = np.maximum(regrets, _LEAST * problem.span)
            spread = np.median(ours[drawn], axis=1) / np.median(theirs[drawn], axis=1)
            numbers = (np.median(ours) / np.median(theirs), *np.quantile(spread, [0.05, 0.95]))
            found[rival] = [_short(x) for x in numbers]
    return found


def _cpu(rows: Iterable[Mapping[str, Sequence[Trial]]]) -> dict[str, float]:
    """Return the mean CPU seconds of a chosen point by way, over batches and seeds."""
    spent: dict[str, list[tuple[float, int]]] = {}
    for row in rows:
        for way, trials in row.items():
            spent.setdefault(way, []).extend((sum(t.cpu), sum(b is not None for b in t.beliefs)) for t in trials)
    return {
        way: _short(sum(seconds for seconds, _ in x) / points)
        for way, x in spent.items()
        if (points := sum(count for _, count in x))
    }


def _coverage(problems: Mapping[str, Problem], cells: Cells, way: str) -> dict[str, Any]:
    """Return what the intervals of a way held, scores in units of a function's range.

    By problem over its batches (``all``, and ``late``: from 15 results on), by batch and place over problems (``late``
    ones only), and the problem that is worst.
    """
    parts = {
        (name, batch): tallies((said_in(problems[name], t) for t in row.get(way, ())), lambda s: (f"at {s.place}",))
        for name, by_batch in cells.items()
        for batch, row in by_batch.items()
    }
    by_problem = {
        name: {
            when: told
            for when in ("all", "late")
            if (told := merged(parts[name, batch][when] for batch in by_batch).figures())
        }
        for name, by_batch in cells.items()
    }
    by_problem = {name: told for name, told in by_problem.items() if told}
    if not by_problem:
        return {}
    batches = sorted({batch for _, batch in parts})
    by_place = {
        str(batch): [
            merged(x[f"at {place}"] for (_, b), x in parts.items() if b == batch and f"at {place}" in x).figures()
            for place in range(batch)
        ]
        for batch in batches
        if batch > 1
    }
    return {
        "by_problem": by_problem,
        "by_place": {batch: [told for told in places if told] for batch, places in by_place.items()},
        "worst": {when: {look: worst(by_problem, when, look) for look in LOOKS} for when in ("all", "late")},
    }


def said_in(problem: Problem, trial: Trial) -> list[Said]:
    """Return the predictions of a run."""
    unit = problem.span
    return [
        Said(b.mean / unit, float(np.hypot(b.sd, b.noise)) / unit, value / unit, index - b.place, b.place)
        for index, (b, value) in enumerate(zip(trial.beliefs, trial.measured, strict=True))
        if b is not None
    ]


def _short(number: Any) -> float:
    return float(f"{float(number):.4g}")


def markdown(found: Mapping[str, Any]) -> str:
    """Return regrets and coverage as tables: where ours loses most comes first."""
    cells = [(name, batch) for name, by in found["regret"].items() for batch in by]
    ways = list(found["regret"][cells[0][0]][cells[0][1]])
    rivals = [way for way in ways if way != OURS] if OURS in ways else []

    def loss(cell: tuple[str, str]) -> float:
        ratio = found["ratio"][cell[0]][cell[1]].get(BOTORCH, [0.0])[0] if rivals else 0.0
        return -float(ratio)

    heads = [*ways, *(f"ours / {rival}" for rival in rivals), *(["within 1 %"] if rivals else [])]
    lines = [f"| problem | batch | {' | '.join(heads)} |", f"|{'---|' * (len(heads) + 2)}"]
    for name, batch in sorted(cells, key=loss):
        row = [f"{found['regret'][name][batch][way]:.3g}" for way in ways]
        for rival in rivals:
            middle, low, high = found["ratio"][name][batch][rival]
            row.append(f"{middle:.2g} ({low:.2g} to {high:.2g})")
        row += [("yes" if found["within"][name][batch] else "no")] if rivals else []
        lines.append(f"| {name} | {batch} | {' | '.join(row)} |")
    lines += ["", "| way | problem | told | scaled | recalibrated | NLL | CRPS |", f"|{'---|' * 7}"]
    for way, told in found["coverage"].items():
        for name, when in told["by_problem"].items():
            if "late" in when:
                shares = [" / ".join(f"{x:.0f}" for x in when["late"][look]["coverage"].values()) for look in LOOKS]
                scores = [f"{when['late']['recalibrated'][score]:.3g}" for score in ("nll", "crps")]
                lines.append(f"| {way} | {name} | {' | '.join([*shares, *scores])} |")
    return "\n".join(lines)
