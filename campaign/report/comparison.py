"""Several campaigns side by side: what they have in common is compared, and what cannot be is said.

A goal is compared where campaigns want the same of a quantity of the same name in the same unit. How far a campaign got
is told by the number of experiments it took, which is what they cost alike.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zosimos.campaign.record.standing import front
from zosimos.campaign.record.state import State
from zosimos.campaign.report.drawing import Hint, Picture, Sheet, styled
from zosimos.campaign.report.figures.progress import aim_of, best_so_far
from zosimos.campaign.report.formatting import aims, brief, number, setting, titled, unit_of, usable
from zosimos.campaign.report.page import rendered, write_page
from zosimos.campaign.report.style import GREEN, SERIES, axis_title, label
from zosimos.campaign.report.subject import Subject
from zosimos.campaign.report.thinning import drawn
from zosimos.campaign.wording import listed
from zosimos.core.errors import SpecError
from zosimos.core.files import require_no_database
from zosimos.core.objective import Objective
from zosimos.core.ranking import by_tier

MOST = 12
"""Campaigns that can be told apart side by side."""
_DASHES = ("-", "--", "-.", ":")
_PANEL = 3.0  # inches


@dataclass(frozen=True)
class SharedGoal:
    """An objective and the campaigns that have it, by their places."""

    objective: Objective
    places: Sequence[int]


def write_comparison(states: Sequence[State], path: Path) -> Path:
    """Write several campaigns side by side as one HTML file, all of it or nothing, and return the file's path.

    Raises:
        SpecError: there are fewer than two, more than :data:`MOST`, or one comes twice.
        InputError: the file cannot be written, or is a database.
    """
    require_no_database(path, "report")
    ids = [state.id for state in states]
    if not 2 <= len(ids) <= MOST or len({*ids}) < len(ids):
        raise SpecError(
            "these campaigns cannot be compared",
            field="campaign",
            value=", ".join(ids),
            allowed=f"2 to {MOST} different campaigns",
            hint=f"compare {MOST} at a time" if len(ids) > MOST else "name each once",
        )
    subjects = [Subject(state) for state in states]
    goals = shared_goals(subjects)
    with styled("comparison"):
        sheet = progress_of(subjects, goals)
    parameters = list(dict.fromkeys(name for state in states for name in state.spec.space))
    text = rendered(
        "comparison.html.j2",
        {},
        states=states,
        names=_names(states),
        colours=[SERIES[k % len(SERIES)] for k in range(len(states))],
        aims=[aims(subject.objectives) for subject in subjects],
        figure=None if sheet is None else Picture("comparison", sheet),
        apart=list(_apart(subjects, goals)),
        reached=[(goal.objective.name, titled(goal.objective.name, goal.objective.unit)) for goal in goals],
        bests=[_bests(subject, goals) for subject in subjects],
        counts=[len(subject.results) for subject in subjects],
        tops=[_top(subject) for subject in subjects],
        parameters=[(name, [_setting(subject, name) for subject in subjects]) for name in parameters],
        spaces=[(name, [_range(state, name) for state in states]) for name in parameters],
    )
    return write_page(path, text)


def shared_goals(subjects: Sequence[Subject]) -> list[SharedGoal]:
    """Return the objectives that two campaigns or more have in common: name, goal, unit and target."""
    found: dict[tuple[Any, ...], tuple[Objective, list[int]]] = {}
    for place, subject in enumerate(subjects):
        for objective in subject.objectives:
            found.setdefault(_same(objective), (objective, []))[1].append(place)
    return [SharedGoal(objective, places) for objective, places in found.values() if len(places) > 1]


def progress_of(subjects: Sequence[Subject], goals: Sequence[SharedGoal]) -> Sheet | None:
    """Return the best so far of each shared goal by the number of experiments; None where there is nothing to draw."""
    curves = [
        [
            (place, best_so_far(subjects[place].state, subjects[place].objectives, goal.objective))
            for place in goal.places
        ]
        for goal in goals
    ]
    if not any(steps for found in curves for _, steps in found):
        return None
    names = _names([subject.state for subject in subjects])
    sheet = Sheet(_PANEL * len(goals) + 0.3 + 0.25 * (len(subjects) // 3))
    made = sheet.figure.subplots(len(goals), 1, sharex=True, squeeze=False)[:, 0]
    for axes, goal, found in zip(made, goals, curves, strict=True):
        objective = goal.objective
        for place, steps in found:
            state = subjects[place].state
            look = {"color": SERIES[place % len(SERIES)], "linestyle": _DASHES[place // len(SERIES) % len(_DASHES)]}
            if not steps:
                axes.plot([], [], label=label(names[place], 40), **look)
                continue
            xs, ys = [*(i for i, _ in steps), len(state.experiments)], [*(v for _, v in steps), steps[-1][1]]
            axes.plot(xs, ys, drawstyle="steps-post", linewidth=2, label=label(names[place], 40), **look)
            rows = [(i, e) for i, e in enumerate(state.experiments.values(), start=1) if usable(e, objective)]
            rows = [rows[k] for k in drawn(len(rows), [e.measurements[objective.name].value for _, e in rows])]
            hints = [
                Hint(label(f"{names[place]}, {e.id}: {brief(e.measurements[objective.name])}", 120)) for _, e in rows
            ]
            values = [e.measurements[objective.name].value for _, e in rows]
            sheet.marks(axes, [i for i, _ in rows], values, hints, s=10, color=look["color"], alpha=0.45)
            if (aim := aim_of(state.spec, objective)) is not None:
                axes.axhline(aim, color=GREEN, linewidth=1, linestyle=":", label="wanted")
        axes.set_ylabel(axis_title(titled(objective.name, objective.unit)))
    made[-1].set_xlabel("experiment")
    sheet.legend(made, columns=3)
    return sheet


def _same(objective: Objective) -> tuple[Any, ...]:
    return objective.name, objective.goal, objective.unit, objective.target


def _names(states: Sequence[State]) -> list[str]:
    """Return the campaigns' names, with the ends of their ids where names are not enough."""
    names = [state.spec.name for state in states]
    return [
        name if names.count(name) == 1 else f"{name} ({state.id[-8:]})"
        for name, state in zip(names, states, strict=True)
    ]


def _apart(subjects: Sequence[Subject], goals: Sequence[SharedGoal]) -> Iterator[str]:
    """Say in words what cannot be compared, and what should make a reader careful."""
    names = _names([subject.state for subject in subjects])
    by_name: dict[str, list[tuple[int, Objective]]] = {}
    for place, subject in enumerate(subjects):
        for objective in subject.objectives:
            by_name.setdefault(objective.name, []).append((place, objective))
    for name, found in by_name.items():
        if len(found) == 1:
            yield f"{name} is wanted by {names[found[0][0]]} alone."
        elif len({_same(objective) for _, objective in found}) > 1:
            said = listed([f"{aims([objective])} ({names[place]})" for place, objective in found])
            yield f"{name} is not the same goal everywhere: {said}."
    if not goals:
        yield "The campaigns have no goal in common: what is reached cannot be compared."
    kinds = {subject.state.simulated for subject in subjects}
    if len(kinds) > 1:
        simulated = listed([name for name, s in zip(names, subjects, strict=True) if s.state.simulated])
        yield f"{simulated}: simulated; the others are not."
    every = {name for subject in subjects for name in subject.state.spec.space}
    common = {name for name in every if all(name in subject.state.spec.space for subject in subjects)}
    if every - common:
        yield f"Not every campaign has these parameters: {listed(sorted(every - common))}."
    other = [name for name in sorted(common) if len({_range(subject.state, name) for subject in subjects}) > 1]
    if other:
        yield f"The values allowed are not the same everywhere: {listed(other)}."
    if any(bool(by_tier(subject.objectives)) != bool(by_tier(subjects[0].objectives)) for subject in subjects):
        yield "Some campaigns put their goals in an order of importance and others do not."


def _bests(subject: Subject, goals: Sequence[SharedGoal]) -> list[str]:
    """Return, for each shared goal, the campaign's best result and its experiment."""
    cells = []
    for goal in goals:
        mine = [o for o in subject.objectives if _same(o) == _same(goal.objective)]
        steps = best_so_far(subject.state, mine, mine[0]) if mine else []
        if not steps:
            cells.append("–" if not mine else "no result yet")
            continue
        number_, _ = steps[-1]
        experiment = subject.state.experiments[list(subject.state.experiments)[number_ - 1]]
        cells.append(f"{brief(experiment.measurements[goal.objective.name])} ({experiment.id})")
    return cells


def _top(subject: Subject) -> str:
    """Return which experiment's settings are shown, and whether others are as good."""
    best = front(subject.state)
    if not best:
        return "–"
    others = (
        "" if len(best) == 1 else f", one of {len(best)} {'equally good' if subject.ranked else 'best compromises'}"
    )
    return f"{best[0]}{others}"


def _setting(subject: Subject, name: str) -> str:
    """Return a parameter's value in the campaign's best experiment."""
    best = front(subject.state)
    values = subject.at(subject.state.experiments[best[0]]) if best else {}
    spec = subject.state.spec
    return f"{setting(spec, name, values[name])} {unit_of(spec, name)}".rstrip() if name in values else "–"


def _range(state: State, name: str) -> str:
    """Return the values that a parameter may take, in words."""
    part = state.spec.space.get(name)
    if part is None:
        return "–"
    traits = part.traits(name)
    if traits.levels:
        levels = ", ".join(number(level) for level in traits.levels[:12]) + (" …" if len(traits.levels) > 12 else "")
        return f"{levels} {unit_of(state.spec, name)}".rstrip()
    if traits.bounds is None:
        return "as listed"
    low, high = traits.bounds
    return f"{number(low)} to {number(high)} {unit_of(state.spec, name)}".rstrip()
