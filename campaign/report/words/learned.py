"""What was learned: at most five sentences made of numbers from the record, each with the experiments it rests on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from zosimos.campaign.definition.counting import Counting
from zosimos.campaign.record.experiment import Experiment
from zosimos.campaign.record.results import teaching
from zosimos.campaign.record.standing import front
from zosimos.campaign.report.figures.progress import best_so_far
from zosimos.campaign.report.formatting import number, recipe, titled, two_digits, usable, with_spread
from zosimos.campaign.report.style import label
from zosimos.campaign.report.subject import Subject
from zosimos.campaign.report.words.quality import error_told
from zosimos.campaign.report.words.sentences import Sentence
from zosimos.campaign.views import contradicted
from zosimos.campaign.wording import listed, some
from zosimos.core.objective import Objective
from zosimos.core.ranking import Standing, by_tier, merit
from zosimos.core.records import Measurement
from zosimos.core.uncertainty import parts, with_parts
from zosimos.core.unit_signs import printed

MOST = 5
_FIRST = 5  # results that a gain is compared with the best of
_REASON = 60  # characters of a failure's reason
_DIGITS = 4  # of settings: the tables have them all
_WEAK = 0.03  # of the variance: a parameter with less hardly matters


def learned(subject: Subject) -> list[Sentence]:
    """Return what was learned, the most important first; empty while nothing ended."""
    makers = (_best, _without_value, _gain, _matters, _sure, _failed, _contradicted, _surprise, _noise)
    return [sentence for maker in makers for sentence in maker(subject)][:MOST]


def value_of(measurement: Measurement, objective: Objective) -> str:
    """Return a result with its unit, and the distance to the target where one is wanted."""
    text = with_parts(measurement.value, measurement.uncertainty, measurement.u_shared)
    text = f"{text} {objective.unit}".rstrip()
    if objective.goal != "target":
        return text
    return f"{text} ({distance(measurement, objective)} from the target)"


def distance(measurement: Measurement, objective: Objective) -> str:
    """Return how far a result is from the target, as exactly as it is known, with its unit."""
    return f"{gap(measurement, objective)} {objective.unit}".rstrip()


def gap(measurement: Measurement, objective: Objective) -> str:
    """Return how far a result is from the target, as exactly as it is known, without a unit."""
    off = abs(measurement.value - (objective.target or 0.0))
    if not measurement.uncertainty:
        return number(float(f"{off:.6g}"))
    return with_spread(off, measurement.uncertainty).partition(" ±")[0].lstrip("(")


def _best(subject: Subject) -> Iterator[Sentence]:
    complete = {e.id for e in subject.results}
    names = [name for name in front(subject.state) if name in complete]
    if not names:
        return
    top = subject.state.experiments[names[0]]
    count = len(complete)
    found = listed([f"{o.name} {value_of(top.measurements[o.name], o)}" for o in subject.objectives[:4]])
    if subject.ranked:
        settings = recipe(subject.state.spec, top.ran_at, _DIGITS)
        words = f"The best of {some(count, 'result')} is {top.id}: {found}, at {settings}."
        yield Sentence(words, (top.id,))
        return
    if len(names) == 1:
        yield Sentence(f"{top.id} is the best of {some(count, 'result')} in every objective: {found}.", (top.id,))
        return
    ends = []
    for objective in subject.objectives[:3]:
        one = max((subject.state.experiments[name] for name in names), key=lambda e: _gained(objective, e))
        ends.append(f"{objective.name} {value_of(one.measurements[objective.name], objective)} ({one.id})")
    words = (
        f"Of {some(count, 'result')}, {len(names)} are the best compromises: no other is better in one objective "
        f"without being worse in another. They reach {listed(ends)}."
    )
    yield Sentence(words, tuple(sorted(names)))


def _without_value(subject: Subject) -> Iterator[Sentence]:
    """Say of results that none has a value that counts, where that is so."""
    names = tuple(e.id for e in subject.state.experiments.values() if e.status == "measured")
    if names and not subject.results:
        words = f"Of {some(len(names), 'measured experiment')} none has a value"
        which = " of every objective" if len(subject.objectives) > 1 else ""
        yield Sentence(f"{words}{which} that can be compared: what is missing, flagged or a mere limit cannot.", names)


def _gained(objective: Objective, experiment: Experiment) -> float:
    return objective.utility(experiment.measurements[objective.name].value)


def _gain(subject: Subject) -> Iterator[Sentence]:
    """Say what came after the first few results, and how long nothing better has come."""
    objective = (by_tier(subject.objectives) or tuple(subject.objectives))[0]
    counting = Counting(subject.state.spec)
    results = [e for e in subject.results if counting.at(e.values)]
    steps = best_so_far(subject.state, subject.objectives, objective)
    if len(results) <= _FIRST or not steps:
        return
    order = dict(enumerate(subject.state.experiments.values(), start=1))
    early = max(results[:_FIRST], key=lambda e: _merit(subject, objective, e))
    last = order[steps[-1][0]]
    after = len(results) - 1 - results.index(last)
    if last is early or last in results[:_FIRST]:
        words = f"Nothing since the first {_FIRST} results is better in {objective.name} than {last.id}"
        yield Sentence(f"{words}; {some(after, 'result')} came after it.", (last.id, *_tail(results, after)))
        return
    if by_tier(subject.objectives):  # the first of them need not have become better
        words = f"By the order of its goals {last.id} is better than {early.id}, the best of the first {_FIRST} results"
        yield Sentence(f"{words}; {some(after, 'result')} came after it.", (early.id, last.id, *_tail(results, after)))
        return
    was, now = early.measurements[objective.name], last.measurements[objective.name]
    words = (
        f"{titled(objective.name, objective.unit)} went from {with_spread(was.value, was.uncertainty)}, the best of "
        f"the first {_FIRST} results ({early.id}), to {with_spread(now.value, now.uncertainty)} ({last.id})"
    )
    words += f"; the {some(after, 'result')} after it brought nothing better." if after else ", the latest result."
    yield Sentence(words, (*dict.fromkeys([early.id, last.id]), *_tail(results, after)))


def _merit(subject: Subject, objective: Objective, experiment: Experiment) -> Standing:
    """Return what a result is ordered by; one that lacks an outcome that counts before is behind all others."""
    return merit(objective, subject.objectives, teaching(experiment.measurements)) or (-1, 0.0)


def _tail(results: Sequence[Experiment], count: int) -> tuple[str, ...]:
    return tuple(e.id for e in results[len(results) - count :]) if count else ()


def _matters(subject: Subject) -> Iterator[Sentence]:
    believed = subject.believed
    if isinstance(believed, str):
        return
    found = next(iter(believed.effects.values()), None)
    if found is None or not found.variance > 0 or len(found.columns) < 2:
        return
    objective = believed.objectives[0]
    order = sorted(range(len(found.main)), key=lambda k: -found.main[k])
    first = order[0]
    column = found.columns[first]
    trend = found.curves[first].trend(replace(column, unit=printed(column.unit)))
    parts = [f"{found.columns[k].name} {100 * found.main[k]:.0f} %" for k in order[:3] if found.main[k] >= _WEAK]
    tried = [seen.values for seen in believed.belief.context.training]
    still = [one.name for one in found.columns if len({row.get(one.name) for row in tried}) < 2]
    weak = [name for k in order if found.main[k] < _WEAK and (name := found.columns[k].name) not in still]
    words = f"As the models see it, {objective.name} depends most on {listed(parts)} (shares of its variance)"
    words += (
        f"; along {found.columns[first].name} it is {trend}"
        if parts and not trend.startswith(("rises", "falls"))
        else ""
    )
    words += f"; along {found.columns[first].name} it {trend}" if parts and trend.startswith(("rises", "falls")) else ""
    if weak:
        words += f"; {listed(weak[:3])} alone hardly matter{'s' if len(weak) == 1 else ''}"
    words += f"; {listed(still[:3])} {'was' if len(still) == 1 else 'were'} the same in all results" if still else ""
    if parts:
        yield Sentence(f"{words}.", believed.rests_on)


def _sure(subject: Subject) -> Iterator[Sentence]:
    """Say how good the predictions of the first objective are."""
    told = error_told(subject, subject.objectives[0])
    if told is not None:
        yield told


def _failed(subject: Subject) -> Iterator[Sentence]:
    every = list(subject.state.experiments.values())
    failed = [e for e in every if e.status == "failed"]
    if not failed:
        return
    reasons = Counter(label(e.reason or "no reason given", _REASON) for e in failed)
    told = [f"“{reason}” ({count} ×)" if count > 1 else f"“{reason}”" for reason, count in reasons.most_common(2)]
    more = f", and {some(len(reasons) - 2, 'other reason')}" if len(reasons) > 2 else ""
    ended = sum(1 for e in every if e.status in ("measured", "failed"))
    words = f"{len(failed)} of {some(ended, 'experiment')} failed: {', '.join(told)}{more}."
    yield Sentence(words, tuple(e.id for e in failed))


def _surprise(subject: Subject) -> Iterator[Sentence]:
    found = [
        (abs(score), e, name)
        for e in subject.state.experiments.values()
        for name, score in e.surprise.items()
        if name in e.measurements and name in e.candidate.predictions
    ]
    if not found:
        return
    score, experiment, name = max(found, key=lambda row: row[0])
    said, measured = experiment.candidate.predictions[name], experiment.measurements[name]
    unit = f" {printed(measured.unit)}" if measured.unit else ""
    found_value, expected = with_spread(measured.value, measured.uncertainty), with_spread(said.mean, said.spread)
    words = (
        f"The largest surprise was {name} of {experiment.id}: {found_value}{unit} where {expected}{unit} was "
        f"predicted, {score:.1f} standard deviations apart."
    )
    yield Sentence(words, (experiment.id,))


def _contradicted(subject: Subject) -> Iterator[Sentence]:
    """Say what results say against the uncertainties that are stated."""
    for words in contradicted(subject.state).get("uncertainties", ()):
        yield Sentence(f"{words}.")


def _noise(subject: Subject) -> Iterator[Sentence]:
    """Say how exactly the first objective is measured, where results say it."""
    objective = subject.objectives[0]
    known = [
        (e.id, found.uncertainty)
        for e in subject.state.experiments.values()
        if (found := usable(e, objective)) is not None and found.uncertainty
    ]
    if known:
        typical = sorted(size for _, size in known)[len(known) // 2]
        words = (
            f"A result of {objective.name} is typically uncertain by {two_digits(typical)} {objective.unit}".rstrip()
        )
        yield Sentence(f"{words} (standard uncertainty{_shared(subject)}).", tuple(name for name, _ in known))


def _shared(subject: Subject) -> str:
    """Say what all results of the first objective share, where that is said of them."""
    objective = subject.objectives[0]
    experiments = subject.state.experiments.values()
    found = (parts(known, objective) for e in experiments if (known := usable(e, objective)) is not None)
    sizes = sorted(one.shared for one in found if one.said and one.shared)
    if not sizes:
        return ""
    size = f"{two_digits(sizes[len(sizes) // 2])} {objective.unit}".rstrip()
    return f"; the truth may be off by {size} more, the same for all results"
