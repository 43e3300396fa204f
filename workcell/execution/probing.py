"""Probing: what the actions of a recipe can find out about an effect that was announced and never reported."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from zosimos.campaign.lab import Probe
from zosimos.core.errors import ZosimosError
from zosimos.workcell.action import Action
from zosimos.workcell.execution.unsettled import Unsettled

_SILENT = Probe("unknown")


async def found_out(actions: Collection[type[Action]], unsettled: Unsettled) -> Probe:
    """Say whether an effect happened.

    Of one package's actions the first that knows is believed, by name. Where actions of several packages settle the
    same verb nobody knows whose effect it was: then all must agree, or a person decides.

    Args:
        actions: those of the recipe.
        unsettled: the effect.
    """
    name = unsettled.step.name
    said: dict[str, Probe] = {}
    for action in sorted(actions, key=lambda one: (one.__name__, one.__module__)):
        package = action.__module__.partition(".")[0]
        if name in action.settles and said.get(package, _SILENT).answer == "unknown":
            said[package] = await _asked(action, package, unsettled)
    answers = {probe.answer for probe in said.values()}
    if len(answers) > 1:
        why = ", ".join(f"{package} says {probe.answer}" for package, probe in sorted(said.items()))
        return Probe("unknown", why=f"actions do not agree whether {unsettled.effect} happened: {why}")
    nothing = Probe("unknown", why=f"nothing shows whether {unsettled.effect} happened")
    return next(iter(said.values()), nothing)


async def _asked(action: type[Action], package: str, unsettled: Unsettled) -> Probe:
    """Ask one action; one that is broken has found out nothing."""
    try:
        found: Any = await action.probe(unsettled)
    except ZosimosError:
        raise
    except Exception as error:  # noqa: BLE001 - a defect of a package says nothing of what happened
        why = f"the action {action.__name__} of {package} failed: {type(error).__name__}: {error}"
        return Probe("unknown", why=why)
    if isinstance(found, Probe) and found.answer in ("done", "undone", "unknown"):
        return found
    return Probe("unknown", why=f"the action {action.__name__} of {package} gave no answer")
