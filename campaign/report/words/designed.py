"""What a campaign's design shows: the classical analysis of its runs, as a report has it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from zosimos.campaign.effects import CLEAR, began_with_design, effects, verdicts
from zosimos.campaign.report.formatting import number, titled, with_spread
from zosimos.campaign.report.subject import Subject
from zosimos.core.errors import ZosimosError
from zosimos.surrogates.linear.results import Analysis, Estimate

_MOST = 12  # terms of an outcome
_NAMED = 4  # sentences on what cannot be told apart


@dataclass(frozen=True)
class EffectLine:
    """A term of the model, in words."""

    term: str
    effect: str
    coefficient: str
    p: str
    clear: bool


@dataclass(frozen=True)
class EffectTable:
    """The terms of an outcome's model, the largest first, and what is to be said of them."""

    title: str
    lines: Sequence[EffectLine]
    words: Sequence[str]


def designed(subject: Subject) -> Sequence[EffectTable] | str:
    """Return the effects that the runs of a campaign's design show; in words why there are none; empty: no design."""
    state, setup = subject.state, subject.setup
    if setup is None or began_with_design(state, setup) is None:
        return ""
    try:
        found = effects(state, setup, only_design=True)
    except ZosimosError as error:
        return f"The design shows nothing yet: {error.message}."
    units = {outcome.name: outcome.unit for outcome in subject.outcomes}
    return [_table(titled(name, units.get(name, "")), one) for name, one in found.outcomes.items()]


def _table(title: str, found: Analysis) -> EffectTable:
    ranked = found.by_size
    lines = [_line(one, clear=one.p is not None and one.p < CLEAR) for one in ranked[:_MOST]]
    words = [f"{found.model} model of {found.n} results".capitalize()]
    words += [f"errors from {found.judged_by}"] if found.judged_by else []
    words += [f"{len(ranked) - _MOST} smaller terms are left out here"] if len(ranked) > _MOST else []
    words += [*verdicts(found), *found.aliases[:_NAMED], *found.notes]
    return EffectTable(title, lines, [f"{text[:1].upper()}{text[1:]}." for text in words])


def _line(one: Estimate, *, clear: bool) -> EffectLine:
    reach = None if one.high is None else one.high - one.coefficient
    effect = "" if one.effect is None else with_spread(one.effect, None if not reach else 2 * reach).partition(" ±")[0]
    p = "" if one.p is None else "below 0.001" if one.p < 0.001 else number(one.p, 2)
    return EffectLine(one.label, effect.lstrip("("), with_spread(one.coefficient, reach), p, clear)
