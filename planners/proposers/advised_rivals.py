"""Advised rivals: laws that somebody states, told apart from the campaign's own within the author's purse.

A law joins the rivals that experiments tell apart, as likely at first as each of them, while its author may spend an
experiment (:mod:`zosimos.planners.proposers.purse`). An experiment that would have been another one without advised
laws counts as spent by the author of the likeliest of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from zosimos.core.errors import SpecError
from zosimos.planners.advice import Advice, Hypothesis
from zosimos.planners.goal.hypotheses import Hypotheses
from zosimos.planners.goal.statements import Law
from zosimos.planners.proposers.purse import Purse
from zosimos.planners.protocol import ProposalContext

MOST = 6  # laws that join, in the order in which they were stated: each is fitted in every decision


@dataclass(frozen=True)
class AdvisedRival:
    """A law, the advice that states it, and its name among the rivals."""

    name: str
    law: Law
    given: Advice


@dataclass(frozen=True)
class AdvisedRivals:
    """The laws that advice in force states, and what their authors may still spend."""

    laws: Sequence[AdvisedRival]
    purse: Purse

    @classmethod
    def of(cls, hypotheses: Hypotheses, context: ProposalContext) -> Self | None:
        """Return those in a context; None where there are none."""
        known = {
            (formula.text, tuple(hypotheses.bounds(name).items())) for name, formula in hypotheses.formulas.items()
        }
        laws: list[AdvisedRival] = []
        for given in context.advice:
            told = [item.statement for item in given.items if isinstance(item, Hypothesis)]
            for place, law in enumerate(told):
                if not isinstance(law, Law) or law.quantity != hypotheses.quantity or not _fits(law, context):
                    continue
                key = law.formula, tuple(sorted(law.constants.items()))
                if key not in known and len(laws) < MOST:
                    known.add(key)
                    laws.append(AdvisedRival(_name(given, place, hypotheses), law, given))
        return cls(laws, Purse.of(context, context.history.lost)) if laws else None

    def admitted(self) -> list[AdvisedRival]:
        """Return those whose authors may spend an experiment."""
        return [one for one in self.laws if self.purse.can(one.given.author)]

    def spend(self, rival: AdvisedRival) -> None:
        """Take an experiment out of an author's allowance."""
        self.purse.spend(rival.given.author)


def _name(given: Advice, place: int, hypotheses: Hypotheses) -> str:
    """Return a law's name: its advice's id, unless a formula of the campaign is called so."""
    name = f"{given.id}.{place + 1}" if place else given.id
    while name in hypotheses.formulas:
        name += "*"
    return name


def _fits(law: Law, context: ProposalContext) -> bool:
    """Say whether a law speaks of what there is: parameters may have gone since it was stated."""
    try:
        law.check(context.space)
    except SpecError:
        return False
    return True
