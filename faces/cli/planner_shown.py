"""The planner's card as people read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zosimos.core.unit_signs import printed
from zosimos.faces.cli import screen

if TYPE_CHECKING:
    from zosimos.campaign.explain.foretold import Foretold
    from zosimos.campaign.explain.planner_card import PlannerCard, Weighed

_SHOWN = 0.005  # a weight below half a percent is none


def card(found: PlannerCard) -> None:
    """Show what planning has done for a campaign, the verdict first."""
    screen.say(found.words)
    if found.foretold:
        heads = ("quantity", "predictions", "off by", "the mean would be", "50 / 80 / 95 % intervals hold")
        screen.say("", "predicted before it was measured (off by: root mean square error)")
        screen.console().print(screen.table(heads, [_line(item) for item in found.foretold]))
    if found.weighed:
        screen.say("", "models by weight (share of what is believed)")
        lines = [line for moment in found.weighed for line in _weights(moment)]
        screen.console().print(screen.table(("results", "quantity", "models"), lines))
    if found.choices:
        screen.say("", "what choices were taken for")
        screen.say(*(f"{item.parameter}: {'; '.join((item.words, *item.notes))}" for item in found.choices))
    if found.embedded:
        screen.say("", "what descriptions of choices tell", *(item.words for item in found.embedded))
    if found.notes:
        screen.say("", *(f"note: {note}" for note in found.notes))


def _line(item: Foretold) -> tuple[object, ...]:
    name = f"{item.quantity} ({printed(item.unit)})" if item.unit else item.quantity
    held = " / ".join(f"{100 * level.share:.0f}" for level in item.coverage)
    of_mean = "" if item.of_mean is None else f"{item.of_mean:.3g}"
    return name, item.predictions, f"{item.error:.3g}", of_mean, held


def _weights(moment: Weighed) -> list[tuple[object, ...]]:
    found: list[tuple[object, ...]] = []
    for name, kinds in moment.weights.items():
        ordered = sorted(kinds.items(), key=lambda pair: -pair[1])
        told = ", ".join(f"{kind} {100 * weight:.0f} %" for kind, weight in ordered if weight >= _SHOWN)
        found.append((moment.results, name, told))
    return found
