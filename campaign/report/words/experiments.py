"""The table of experiments: what was asked for and achieved, what came out, and every remark on record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from zosimos.campaign.record.experiment import OPEN, Experiment
from zosimos.campaign.record.standing import front
from zosimos.campaign.report.figures.marks import SURPRISING
from zosimos.campaign.report.formatting import brief, number, setting, titled, unit_of, with_spread
from zosimos.campaign.report.subject import Subject
from zosimos.campaign.report.thinning import drawn
from zosimos.campaign.report.words.colours import Palette, palette
from zosimos.campaign.report.words.learned import gap
from zosimos.campaign.wording import standing

CELLS = 30_000
"""Of the table: of longer campaigns it has the best, the latest and a part of the others."""
_LATEST = 100


@dataclass(frozen=True)
class Cell:
    """What a cell says, and the number by which its column is sorted (None: by its text); ``soft`` stands below."""

    text: str
    key: float | None = None
    soft: str = ""


@dataclass(frozen=True)
class Line:
    """An experiment's line.

    ``standing`` is its status in the words of the lab; ``best`` where no other is better; ``colour`` as ``#rrggbb``;
    ``remarks`` in words.
    """

    id: str
    status: str
    standing: str
    best: bool
    colour: str
    cells: Sequence[Cell]
    remarks: Sequence[str]


@dataclass(frozen=True)
class ExperimentTable:
    """Headings of outcomes and parameters, the lines, how many experiments there are, and what colours are made of."""

    headings: Sequence[str]
    lines: Sequence[Line]
    total: int
    palette: Palette | None


def experiment_table(subject: Subject) -> ExperimentTable:
    """Return every experiment in order; of a long campaign the best, the latest and a part of the others."""
    state, spec = subject.state, subject.state.spec
    targets = [o for o in subject.objectives if o.goal == "target"]
    headings = [titled(o.name, o.unit) for o in subject.outcomes]
    headings += [f"{titled(o.name, o.unit)} from target" for o in targets]
    headings += [titled(name, unit_of(spec, name)) for name in spec.space]
    best, colours = set(front(state)), palette(subject.objectives, subject.outcomes)
    names = list(state.experiments)
    room = max(50, CELLS // max(1, len(headings) + 3))
    if len(names) > room:
        first = [k for k, name in enumerate(names) if name in best][:_LATEST]
        chosen = drawn(len(names), first=[*first, *range(len(names) - _LATEST, len(names))])
        names = [names[k] for k in (chosen if len(chosen) <= room else chosen[-room:])]
    lines = []
    for name in names:
        experiment = state.experiments[name]
        cells = [_outcome(experiment, outcome.name) for outcome in subject.outcomes]
        for objective in targets:
            found = experiment.measurements.get(objective.name)
            off = None if found is None else abs(found.value - (objective.target or 0.0))
            cells.append(Cell("" if found is None or found.limit else gap(found, objective), off))
        cells += [_setting(subject, experiment, parameter) for parameter in spec.space]
        colour = "" if colours is None else colours.of(experiment)
        how = standing(state, experiment)
        lines.append(Line(name, experiment.status, how, name in best, colour, cells, _remarks(experiment)))
    return ExperimentTable(headings, lines, len(state.experiments), colours)


def _outcome(experiment: Experiment, name: str) -> Cell:
    found, said = experiment.measurements.get(name), experiment.candidate.predictions.get(name)
    if found is not None:
        return Cell(brief(found), found.value)
    if said is not None and experiment.status in OPEN:
        return Cell("", None, f"expected {with_spread(said.mean, said.spread)}")
    return Cell("")


def _setting(subject: Subject, experiment: Experiment, name: str) -> Cell:
    """Return where an experiment was run in a parameter; softly what one counts as that came later."""
    spec, value = subject.state.spec, subject.at(experiment).get(name)
    if value is None:
        return Cell("–")
    key, text = None if isinstance(value, str) else float(value), setting(spec, name, value)
    if name not in experiment.ran_at:
        return Cell("", key, f"{text}, not set then")
    if name not in experiment.achieved or name not in experiment.values:
        return Cell(text, key)
    return Cell(number(value), key, f"asked for {setting(spec, name, experiment.values[name])}")


def _remarks(experiment: Experiment) -> list[str]:
    found = [experiment.reason] if experiment.reason and experiment.status != "measured" else []
    if experiment.candidate.repeats:
        found.append(f"repeats {experiment.candidate.repeats}")
    found += [
        f"{name}: {score:+.1f} sd from its prediction"
        for name, score in experiment.surprise.items()
        if abs(score) > SURPRISING
    ]
    found += [words for amendment in experiment.amendments if (words := str(amendment)) not in found]
    return found + [f"{name}: {words}" for name, words in experiment.notes.items()]
