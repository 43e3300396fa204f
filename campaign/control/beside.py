"""Beside the spec: what a proposal does that leaves it as it is, such as advice, and results corrected or retracted.

It is worked out twice by the same rules: when it is proposed, so that only what can be done is asked about, and when a
person says yes, on the campaign as it is then.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zosimos.campaign.control.corrections import By, correcting, restoring, retracting, uncorrecting
from zosimos.campaign.decisions.advising import Said, giving, withdrawing
from zosimos.campaign.decisions.clearing import check_wanted
from zosimos.campaign.ledger.events import Draft
from zosimos.campaign.record.experiment import ProposedVerb
from zosimos.campaign.record.state import State
from zosimos.campaign.setup import Setup
from zosimos.planners.advice_items import read_item


def done_beside(
    setup: Setup, state: State, verb: ProposedVerb, content: Mapping[str, Any], by: By, reason: str, at: str
) -> list[Draft]:
    """Return what a proposal does, on the campaign as it is.

    Args:
        setup: the campaign's setup.
        state: the campaign.
        verb: what is done, one of those that leave the spec as it is.
        content: ``items``, ``lasting`` and ``cites`` of advice, ``advice`` that is withdrawn, what is cleared, or
            ``experiment`` and, of a correction, ``values``.
        by: who says yes; advice is theirs.
        reason: why.
        at: the present moment.

    Raises:
        ZosimosError: it cannot be done.
    """
    match verb:
        case "advise":
            items = tuple(read_item(item) for item in content["items"])
            lasting, cites = content.get("lasting"), content.get("cites", "")
            return [giving(setup, state, Said(items, by["name"], "person", reason, lasting, cites=cites), by)]
        case "withdraw":
            return [withdrawing(state, content["advice"], by, reason)]
        case "correct":
            return [correcting(setup, state, content["experiment"], content["values"], by, reason, at)]
        case "uncorrect":
            return [uncorrecting(setup, state, content["experiment"], by, reason)]
        case "clear":
            check_wanted(setup, state, content)
            return []
        case "retract":
            return [retracting(state, content["experiment"], by, reason)]
        case _:
            return [restoring(state, content["experiment"], by, reason)]
