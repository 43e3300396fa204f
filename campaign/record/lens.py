"""Lens: rows that were found under earlier versions of a spec, as they are seen in the space of a later one.

A parameter that came midway has, in every row from before, the value that its ``default`` says it had; one that went is
left out. Nothing on record changes: a decision sees old rows through the lens of its own version, so that decisions
from before are made again as they were. Where no parameter came or went, every row is seen as it stands.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from zosimos.campaign.definition.model import CampaignSpec
from zosimos.core.parameters import Values
from zosimos.core.records import Candidate, Observation
from zosimos.planners.advice import Advice, Item, Point, Prior


@dataclass(frozen=True)
class Lens:
    """What a row from before lacks, with the values it had, and the names of what is not looked at any more.

    ``unwanted`` are objectives that went: of them only what advice expects is left out, results keep them.

    >>> Lens({"salt": 0.0}, frozenset({"colour"})).row({"x": 1.0, "colour": "red"})
    {'x': 1.0, 'salt': 0.0}
    """

    filled: Mapping[str, float | str] = field(default_factory=dict)
    gone: frozenset[str] = frozenset()
    unwanted: frozenset[str] = frozenset()

    @property
    def plain(self) -> bool:
        """Whether everything is seen as it stands."""
        return not self.filled and not self.gone and not self.unwanted

    def row(self, values: Values) -> Values:
        """Return a row as it is seen."""
        if self.filled.keys() <= values.keys() and self.gone.isdisjoint(values):
            return values
        kept = {name: value for name, value in values.items() if name not in self.gone}
        return kept | {name: value for name, value in self.filled.items() if name not in kept}

    def rows(self, rows: Iterable[Values]) -> tuple[Values, ...]:
        """Return rows as they are seen."""
        return tuple(map(self.row, rows))

    def observation(self, seen: Observation) -> Observation:
        """Return what was found, at the row as it is seen, and where it was asked for as that is."""
        row, asked = self.row(seen.values), self.row(seen.asked) if seen.asked else seen.asked
        return seen if row is seen.values and asked is seen.asked else replace(seen, values=row, asked=asked)

    def candidate(self, chosen: Candidate) -> Candidate:
        """Return a candidate at the row as it is seen."""
        row = self.row(chosen.values)
        return chosen if row is chosen.values else replace(chosen, values=row)

    def filling(self, chosen: Candidate) -> Candidate:
        """Return a candidate with the values that it lacks; what went stays where it was."""
        lacking = {name: value for name, value in self.filled.items() if name not in chosen.values}
        return replace(chosen, values={**chosen.values, **lacking}) if lacking else chosen

    def advice(self, given: Advice) -> Advice | None:
        """Return advice with its points as they are seen, and without what it says of what is gone; None: nothing."""
        if self.plain:
            return given
        items = tuple(item for item in map(self._item, given.items) if item is not None)
        return replace(given, items=items) if items else None

    def _item(self, item: Item) -> Item | None:
        if isinstance(item, Point):
            expected = {name: said for name, said in item.expected.items() if name not in self.unwanted}
            return replace(item, values=self.row(item.values), expected=expected)
        if isinstance(item, Prior):
            left = {name: term for name, term in item.terms.items() if name not in self.gone}
            return replace(item, terms=left) if left else None
        return item


def lens_of(specs: Sequence[CampaignSpec]) -> Lens:
    """Return the lens of the last of a campaign's specs; without any, rows are seen as they stand."""
    if not specs:
        return Lens()
    now, wanted = specs[-1].space, specs[-1].objectives.keys()
    if all(spec.space.keys() == now.keys() and spec.objectives.keys() == wanted for spec in specs[:-1]):
        return Lens()
    before = [spec.space.keys() for spec in specs[:-1]]
    gone = frozenset().union(*before) - now.keys()
    filled = {
        name: part.default
        for name, part in now.items()
        if part.default is not None and not all(name in names for names in before)
    }
    unwanted = frozenset().union(*(spec.objectives.keys() for spec in specs[:-1])) - wanted
    return Lens(filled, gone, unwanted)


def check_seen(specs: Sequence[CampaignSpec], *, done: bool) -> None:
    """Refuse a spec in whose space experiments from before cannot be seen.

    Args:
        specs: all specs of a campaign, the new one last.
        done: whether there are experiments.

    Raises:
        ValueError: a parameter came, and nothing says what it was before.
    """
    for name, part in specs[-1].space.items():
        if done and name not in specs[-2].space and part.default is None:
            raise ValueError(f"nothing says what {name} was in the experiments that there are")
