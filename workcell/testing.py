"""Conformance kit for actions: ``action_checks(STEP, lab=LAB, rig=make_rig, roles=ROLES)``; each check is a test."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from zosimos.core.conformance import Check, run_all
from zosimos.instruments.rig import Rig
from zosimos.workcell.conformance.kit import ActionKit
from zosimos.workcell.conformance.trial import Trial


def check_action(step: Mapping[str, Any], **given: Any) -> None:
    """Run :func:`action_checks`.

    Raises:
        AssertionError: a check failed; it is named.
    """
    run_all(action_checks(step, **given))


def action_checks(
    step: Mapping[str, Any],
    *,
    lab: Mapping[str, Any],
    rig: Callable[[Callable[[], float]], Rig],
    roles: Mapping[str, str],
    inputs: Mapping[str, str] | None = None,
    values: Mapping[str, Any] | None = None,
    before: Sequence[Mapping[str, Any]] = (),
    station: str = "",
) -> list[Check]:
    """Return the checks of the contract of an :class:`~zosimos.workcell.action.Action`.

    The step is carried out in virtual time on simulated devices; the program "dies" before and after its effects, and
    the devices live on.

    Args:
        step: the step as a recipe has it, such as ``{"heat": {"to": "60 degC"}}``.
        lab: a lab file as plain data.
        rig: makes its simulated devices as they are at the beginning, given what tells the time.
        roles: the capability of each role, as in a recipe.
        inputs: parameters and constants that the step speaks of, with their units.
        values: what they are.
        before: steps that come before it in the recipe.
        station: where it is carried out; by default the lab's first.
    """
    kit = ActionKit(Trial(step, lab, rig, roles, inputs or {}, values or {}, before, station))
    return [
        Check("its step reads back as it was written", kit.reads_back),
        Check("it refuses a field that it does not have", kit.refuses_unknown),
        Check("each of its numbers may be a formula in its unit", kit.takes_formulas),
        Check("a role that cannot do it is refused", kit.names_roles),
        Check("the recipe it is tried in can be carried out", kit.fits),
        Check("it has no effect that it did not say", kit.effects_said),
        Check("it acts through the record alone", kit.announces),
        Check("what it may do needs a grant", kit.closed_by_default),
        Check("it takes out of places what it said", kit.draws_said),
        Check("it brings what it said", kit.brings_said),
        Check("twice the same does the same", kit.repeats),
        Check("after a crash it goes on and repeats nothing", kit.survives),
        Check("what it finds out after a crash is so", kit.settles),
    ]
