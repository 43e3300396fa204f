"""Outlook: what to do next, and whether it is worth going on: from the stop rules, the budget and what is believed."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime

import numpy as np

from zosimos.campaign.decisions.stopping import experiments_since_best, room, stop_reason
from zosimos.campaign.record.experiment import OPEN
from zosimos.campaign.record.standing import front
from zosimos.campaign.report.formatting import recipe, two_digits, usable, with_spread
from zosimos.campaign.report.subject import Subject
from zosimos.campaign.report.words.sentences import Sentence
from zosimos.campaign.wording import listed, some

_SURE = 1.96  # standard deviations: what is likely to be the most that can be reached
_SHOWN = 6  # open experiments that are named


def outlook(subject: Subject) -> list[Sentence]:
    """Return what is to be done next and what speaks for or against going on."""
    makers = (_doubts, _open, _over, _left, _promise, _idle)
    return [sentence for maker in makers for sentence in maker(subject)]


def _doubts(subject: Subject) -> Iterator[Sentence]:
    state = subject.state
    if state.uncertain:
        names = tuple(state.uncertain)
        words = f"Find out what became of {listed(names[:_SHOWN])}, and say it:"
        yield Sentence(words, names, f"zosimos resolve {state.id} {names[0]} ...")
    if state.status == "paused":
        words = f"The campaign is paused: {state.reason}. To go on:"
        yield Sentence(words, command=f"zosimos resume {state.id}")


def _open(subject: Subject) -> Iterator[Sentence]:
    state = subject.state
    names = tuple(e.id for e in state.experiments.values() if e.status in OPEN) if state.active else ()
    if not names or state.status == "aborted":
        return
    listed_names = listed(names[:_SHOWN]) + (" and others" if len(names) > _SHOWN else "")
    if state.spec.lab is None:
        words = f"Do {listed_names} and report what came out:"
        yield Sentence(words, names, f"zosimos tell {state.id} results.csv")
    else:
        yield Sentence(f"The laboratory has to run {listed_names}.", names)


def _over(subject: Subject) -> Iterator[Sentence]:
    state = subject.state
    reason = stop_reason(state, datetime.fromisoformat(state.at)) if state.at else None
    if reason is not None and state.status != "aborted":
        words = f"By its own rules the campaign is over: {reason.words}. To go on all the same:"
        yield Sentence(words, command=f"zosimos steer {state.id} --set {reason.setting}")
    elif state.status in ("finished", "aborted") and state.reason:
        yield Sentence(f"The campaign is {state.status}: {state.reason}.")


def _left(subject: Subject) -> Iterator[Sentence]:
    state = subject.state
    left = room(state)
    if left and state.status in ("active", "paused"):
        command = "" if state.active or state.spec.lab is not None else f"zosimos ask {state.id}"
        yield Sentence(f"The budget allows {some(left, 'more experiment')}{':' if command else '.'}", command=command)


def _promise(subject: Subject) -> Iterator[Sentence]:
    """Say how much better than the best an untried row may be, as the models see it, beside what can be measured."""
    believed, names = subject.believed, front(subject.state)
    if isinstance(believed, str) or not names or len(believed.objectives) != 1:
        return
    objective = believed.objectives[0]
    best = usable(subject.state.experiments[names[0]], objective)
    values = [found.value for e in subject.results if (found := usable(e, objective)) is not None]
    if min(values) == max(values):
        yield Sentence(f"All results of {objective.name} are the same: nothing shows yet where it is better.")
        return
    rows, mean, sd = believed.untried(objective.name)
    if best is None or not rows:
        return
    expected = np.array([objective.utility(float(value)) for value in mean]) + _SURE * sd
    expected = np.minimum(expected, objective.ceiling)
    place = int(np.argmax(expected))
    gain = float(expected[place]) - objective.utility(best.value)
    unit = f" {objective.unit}" if objective.unit else ""
    at = recipe(subject.state.spec, rows[place], 3)
    row = f"{with_spread(float(mean[place]), float(sd[place]))}{unit} is expected at {at}"
    here = believed.belief.context.space.features([believed.row])
    noise = best.uncertainty or math.sqrt(float(believed.belief.models[0].noise(here)[0]))
    if gain <= 0:
        words = (
            f"It is hardly worth going on as it is: of {len(rows)} rows that were not tried, none is likely "
            f"to be better than {names[0]}, even at the better end of its 95 % interval (the most promising: {row})."
        )
    elif gain <= noise:
        words = (
            f"Little is left to gain: the most promising of {len(rows)} rows that were not tried may be better "
            f"than {names[0]} by {two_digits(gain)}{unit} at most, less than one measurement is uncertain by "
            f"({two_digits(noise)}{unit})."
        )
    else:
        words = (
            f"Going on may pay: a row that was not tried may be better than {names[0]} by up to "
            f"{two_digits(gain)}{unit}, the better end of its 95 % interval; {row}."
        )
    yield Sentence(words, believed.rests_on)


def _idle(subject: Subject) -> Iterator[Sentence]:
    state = subject.state
    limit, idle = state.spec.stop.no_improvement, experiments_since_best(state) if subject.results else 0
    if idle < 3:
        return
    last = [seen.experiment for seen in state.counting()][-idle:]
    words = f"The last {idle} results " + (
        "were no better than those before" if subject.ranked else "brought no better value of any one objective"
    )
    words += f"; at {limit} the campaign stops" if limit is not None and idle < limit else ""
    yield Sentence(f"{words}.", tuple(last))
