"""Walking back: which correction of a result is the last that stands, so that undoing again goes further back.

An undo is a correction too, and says nothing of being one. It is known by what it did: it gave everything that the
correction before it had changed back what it was. Whoever corrects a value back by hand has taken it back as well.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from zosimos.campaign.record.experiment import Amendment, Experiment
from zosimos.core.records import Measurement

Cell: TypeAlias = Measurement | float | str | None
"""A measurement, where it was run, the text of a note, or the reason of a failure; None: there was none."""


@dataclass(frozen=True)
class _Change:
    """A correction with what it changed, before and after: by ``outcome``, ``at``, ``note`` or ``failed`` and name."""

    amendment: Amendment
    before: Mapping[tuple[str, str], Cell]
    after: Mapping[tuple[str, str], Cell]

    def takes_back(self, other: _Change) -> bool:
        """Say whether it gave all that another one changed back what it was, and changed nothing else."""
        failed = self.amendment.fails and bool(self.amendment.was)  # what came since went with the result
        if not (self.before.keys() >= other.before.keys() if failed else self.before.keys() == other.before.keys()):
            return False
        return all(self.before[cell] == other.after[cell] for cell in other.before) and all(
            self.after[cell] == other.before[cell] for cell in other.before
        )


def last_standing(found: Experiment, made: Collection[str] = ()) -> Amendment | None:
    """Return the last correction of an experiment that was not taken back; None if none is left.

    Args:
        found: the experiment.
        made: the outcomes that are worked out of others; they follow, and are not looked at.
    """
    standing: list[_Change] = []
    for change in _changes(found, made):
        if standing and change.takes_back(standing[-1]):
            standing.pop()
        else:
            standing.append(change)
    return standing[-1].amendment if standing else None


def _changes(found: Experiment, made: Collection[str]) -> list[_Change]:
    """Return the corrections in order; what each changed is known by going back from how things stand now."""
    changes = []
    failed, notes = found.reason if found.status in ("failed", "retracted") else "", dict(found.notes)
    later, again = set[str](), set[str]()
    for amendment in reversed(found.amendments):
        later |= amendment.now.keys() if amendment.kind == "added" else set()
        again |= later.intersection(amendment.gone)  # taken out, and measured again: what it was before is past
        one = _without(again, amendment)
        if one.kind == "corrected" and (one.was or one.now or one.failed or one.now_at or one.notes):
            names = [name for name in (*one.was, *one.now) if name not in made]
            before: dict[tuple[str, str], Cell] = {("outcome", name): one.was.get(name) for name in names}
            after: dict[tuple[str, str], Cell] = {("outcome", name): one.now.get(name) for name in names}
            if one.failed or one.fails:
                before["failed", ""], after["failed", ""] = one.failed, failed
                failed = one.failed
            before |= {("at", name): value for name, value in one.was_at.items()}
            after |= {("at", name): value for name, value in one.now_at.items()}
            before |= {("note", name): text for name, text in one.notes.items()}
            after |= {("note", name): notes.get(name, "") for name in one.notes}
            changes.append(_Change(one, before, after))
        if one.kind in ("corrected", "added"):
            notes |= one.notes
    return changes[::-1]


def _without(names: Collection[str], amendment: Amendment) -> Amendment:
    """Return an amendment as far as it is about other outcomes than some."""
    if not names:
        return amendment
    was, now = (
        {name: item for name, item in part.items() if name not in names} for part in (amendment.was, amendment.now)
    )
    return replace(amendment, was=was, now=now, gone=tuple(name for name in amendment.gone if name not in names))
