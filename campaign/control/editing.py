"""Editing: what a person wants in place of what was proposed, as a proposal of their own.

An edit never changes what a token stands for: it makes another question, under another token, about exactly what the
person typed, and takes the older one back.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zosimos.campaign.control.commands import Commands
from zosimos.campaign.record.experiment import ProposedChange
from zosimos.campaign.setup import Setup
from zosimos.core.errors import SpecError


def edited(commands: Commands, setup: Setup, change: ProposedChange, values: Mapping[str, Any]) -> ProposedChange:
    """Return a person's own proposal with other values than one that is open, which is taken back.

    Args:
        commands: what the person may do.
        setup: the campaign's setup.
        change: the open proposal: a steering, or a correction of a result.
        values: by path, or by outcome, what is wanted instead.

    Raises:
        SpecError: it proposes nothing of that name, or a value does not fit; nothing was changed.
    """
    known = {item.path: item.new for item in change.changes} or dict(change.content.get("values", {}))
    if change.verb not in ("steer", "correct"):
        raise SpecError(
            f"a proposal to {change.verb} has no values to edit", field="--edit", value=change.verb, hint="reject it"
        )
    unknown = sorted(set(values) - set(known))
    if unknown:
        raise SpecError(
            f"the proposal says nothing of {unknown[0]}", field="--edit", value=unknown[0], allowed=", ".join(known)
        )
    wanted: dict[str, Any] = {**known, **values}
    content = wanted if change.verb == "steer" else {**change.content, "values": wanted}
    found = commands.propose(setup, change.verb, content, f"as {change.token}, edited")
    if found.token != change.token:
        commands.reject(change.token, f"edited: {found.token}")
    return found
