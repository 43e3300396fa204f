"""Examples of a campaign file's fields: a line that a person can write in place of what was wrong."""

from __future__ import annotations

from fnmatch import fnmatchcase

_LINES = (  # of the field that fits first; NAME is the field's own name
    ("name", "name: my first campaign"),
    ("space", "space: {temperature: {min: 20, max: 80, unit: degC}}"),
    ("space.*.min", "min: 10; or choices: or levels: in place of min and max"),
    ("space.*.max", "max: 40; or choices: or levels: in place of min and max"),
    ("space.*.unit", "unit: mL"),
    ("space.*.step", "step: 0.5"),
    ("space.*.levels", "levels: [1, 2, 5]"),
    ("space.*.choices", "choices: [water, ethanol]"),
    ("space.*.choices.*", "choices: [water, ethanol]"),
    ("space.*.*", ""),
    ("space.*", "NAME: {min: 10, max: 40, unit: g}, {levels: [1, 2, 5]} or {choices: [water, ethanol]}"),
    ("context", "context: {humidity: {min: 20, max: 80, unit: percent}}"),
    ("objectives", "objectives: {strength: {goal: max, unit: MPa}}"),
    ("objectives.*.goal", "goal: max, goal: min, or goal: target with target: 300"),
    ("objectives.*.target", "target: 300"),
    ("objectives.*.unit", "unit: MPa"),
    ("objectives.*.u_shared", "u_shared: 0.25; or u_shared: all"),
    ("objectives.*.*", ""),
    ("objectives.*", "NAME: {goal: max, unit: MPa}"),
    ("constraints", "constraints: ['a + 2*b <= 0.8']"),
    ("constraints.*", "constraints: ['a + 2*b <= 0.8']"),
    ("budget", "budget: {experiments: 20}"),
    ("budget.experiments", "experiments: 20"),
    ("budget.time", "time: 8 h"),
    ("budget.cost", "cost: 500, with costs: {each: 12.5, unit: EUR}"),
    ("batch", "batch: 4"),
    ("parallel", "parallel: 4"),
    ("seed", "seed: 1"),
    ("lab", "lab: {kind: pool, file: pool.csv}; leave lab: out to work by hand"),
    ("lab.kind", "lab: {kind: pool, file: pool.csv}; leave lab: out to work by hand"),
    ("candidates", "candidates: pool.csv"),
    ("planner", "planner: {kind: bayesian}; or leave it out"),
    ("planner.start", "start: 8"),
    ("stop", "stop: {reach: {strength: 40 MPa}}; or leave it out"),
    ("stop.reach", "stop: {reach: {strength: 40 MPa}}"),
    ("stop.no_improvement", "no_improvement: 10"),
    ("version", "version: 1; or leave it out"),
    ("costs", "costs: {each: 12.5, unit: EUR}"),
    ("stock.*", "NAME: {amount: 500 g, uses: 25, unit: g}"),
    ("expect.*", "NAME: {at: 60, within: 10}"),
    ("columns", "columns: {Visk.: viscosity}"),
)


def example(field: str) -> str:
    """Return a line by which a field may be written, empty where none is known.

    >>> example("objectives.yield.goal"), example("space.Temp")[:24]
    ('goal: max, goal: min, or goal: target with target: 300', 'Temp: {min: 10, max: 40,')
    """
    for pattern, line in _LINES:
        if field.count(".") == pattern.count(".") and fnmatchcase(field, pattern):
            return line.replace("NAME", field.rpartition(".")[2])
    return ""
