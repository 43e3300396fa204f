"""The purse: how many experiments advice may still spend, by author and all authors together.

An author's own allowance is :func:`zosimos.planners.trust.allowance`. A name costs nothing to make, so two caps hold
over all names that ever advised an experiment: those that have not earned more trust than a stranger share what one
stranger would get, and all together get no more than the most trusted of them would alone. Somebody who speaks under
fifty names spends what they would under one.

An experiment counts as spent from its choice on, and stays so once it was begun, whatever became of it: a failed, an
uncertain or a skipped one took its time and material. One that ended before it began, such as a rejected proposal,
costs nothing and is given back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from zosimos.planners.advice import Hypothesis, Item
from zosimos.planners.goal.statements import Law
from zosimos.planners.protocol import ProposalContext
from zosimos.planners.trust import UNKNOWN, TrustRecord, allowance, trust_in


@dataclass
class Purse:
    """What each author may still spend.

    Args:
        records: what came of each author's predictions.
        since: by author, the experiments chosen since their first advice.
        spent: by author, the experiments that were advised by them.
    """

    records: Mapping[str, TrustRecord]
    since: Mapping[str, int]
    spent: dict[str, int]

    @classmethod
    def of(cls, context: ProposalContext, chosen: Sequence[str]) -> Self:
        """Return the purse in the context of a decision.

        Args:
            context: of the decision.
            chosen: the authors of advised experiments that have no result: under way, or begun and lost.
        """
        seen = context.observations
        names = [*(given.author for given in context.advice), *(one.author for one in seen), *chosen]
        authors = [name for name in dict.fromkeys(names) if name]
        position = len(seen) + len(context.pending)
        own = {name: [i for i, one in enumerate(seen) if one.author == name] for name in authors}
        asking = [one for one in context.advice if any(map(_asks, one.items))]
        given = {name: [one.given for one in asking if one.author == name] for name in authors}
        return cls(
            {name: trust_in(name, seen, context.objectives) for name in authors},
            {name: max(0, position - min([position, *own[name][:1], *given[name]])) for name in authors},
            {name: len(own[name]) + sum(author == name for author in chosen) for name in authors},
        )

    def weight(self, author: str) -> float:
        """Return how far an author is trusted, from 0 to 1."""
        return self.records[author].weight

    def can(self, author: str) -> bool:
        """Say whether an author may spend one more experiment."""
        weight, longest = self.weight(author), max(self.since.values())
        if self.spent[author] >= allowance(weight, self.since[author]):
            return False
        most = max(UNKNOWN, *(record.weight for record in self.records.values()))
        if sum(self.spent.values()) >= allowance(most, longest):
            return False
        strangers = sum(spent for name, spent in self.spent.items() if self.weight(name) <= UNKNOWN)
        return weight > UNKNOWN or strangers < allowance(UNKNOWN, longest)

    def spend(self, author: str) -> None:
        """Take one experiment out of an author's allowance."""
        self.spent[author] += 1


def _asks(item: Item) -> bool:
    """Say whether an item may lead to experiments: of hypotheses only laws do, others inform."""
    return not isinstance(item, Hypothesis) or isinstance(item.statement, Law)
