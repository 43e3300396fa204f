"""Foresight: is an experiment within its limits, as far as its parameters alone say? Asked before anything moves in it.

The corners of a space are looked at when a campaign is made; a formula such as ``x * (1 - x)`` may be beyond a limit
between them. What is found here would be refused later, by the envelope or at the vessel, with liquid already moved.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from zosimos.core.errors import ExecutionError, ZosimosError
from zosimos.instruments.envelope.envelope import Envelope
from zosimos.workcell.deck import Deck
from zosimos.workcell.execution.interpreter import defect
from zosimos.workcell.liquids.vessel import check_room, content_after
from zosimos.workcell.protocol.fields import amounts
from zosimos.workcell.protocol.model import Protocol, ProtocolStep
from zosimos.workcell.protocol.needs import numbers_of
from zosimos.workcell.reach import Reach

_ROUNDING = 1e-9
_HINT = "nothing was moved; the protocol must drain it before, or narrow the space"


def check_ahead(deck: Deck, protocol: Protocol, station: str, values: Mapping[str, Any]) -> None:
    """Refuse an experiment that its parameters alone show to be outside a limit.

    Budgets are left to :func:`check_budgets_ahead`, since what is left of them changes while an experiment runs.

    Args:
        deck: the devices.
        protocol: what is to be done.
        station: where.
        values: parameters and constants; what steps bring is not known yet.

    Raises:
        ExecutionError: a number is outside its range, an effect outside the lab file's limits, or a vessel too small.
    """
    numbers = numbers_of(values)
    reach, envelope = Reach(deck, station, [numbers]), Envelope(replace(deck.lab.limits(), budgets=()))
    content: float | None = 0.0
    for step in (*protocol.setup, *protocol.steps, *protocol.cleanup):
        for _, amount in amounts(step.action):
            if amount.names <= numbers.keys():
                amount.value(numbers)
        try:
            for effect in step.action.effects(reach):
                envelope.check(effect)
            content = _content_after(deck, station, step, numbers, content)
        except ZosimosError:
            raise
        except Exception as error:
            raise defect(step.kind, error) from error


def check_budgets_ahead(deck: Deck, needed: Mapping[str, float]) -> None:
    """Refuse an experiment that would draw more than a budget has left.

    Args:
        deck: the devices.
        needed: what the experiment draws from each place, in the place's unit.

    Raises:
        ExecutionError: it would.
    """
    for budget in deck.envelope.budgets:
        most = sum(needed.get(place, 0.0) for place in deck.lab.budgets[budget.name].places)
        left = deck.envelope.left(budget)
        if most > left + _ROUNDING:
            raise ExecutionError(
                f"the budget {budget.name!r} does not pay for this experiment",
                field=f"budgets.{budget.name}",
                value=f"{most:.6g} {budget.unit}".rstrip(),
                allowed=f"{max(0.0, left):.6g} of {budget.total:g} {budget.unit}".rstrip(),
                hint="nothing was moved",
            )


def _content_after(
    deck: Deck, station: str, step: ProtocolStep, numbers: Mapping[str, float], content: float | None
) -> float | None:
    """Return how much is in the station's vessel after a step; None once that depends on readings."""
    spec = deck.lab.stations[station]
    moved = list(step.action.transfers(numbers))
    if content is None or (not moved and any(True for _ in step.action.moves())):
        return None
    for source, target, volume in moved:
        check_room(station, spec, target, content, volume, _HINT)
        content = content_after(spec, source, target, content, volume)
    return content
