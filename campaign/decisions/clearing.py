"""Clearing: what of a campaign's chemistry only a person can let through, asked and answered on record.

Each finding that needs a yes is a question of its own (``change.proposed`` with the verb ``clear``), which the program
asks and nobody else: no model, chat or file can. The yes (``approval.granted``) is to that substance or pair, for that
reason; it holds for the campaign, also after it was steered, and a rule that became stricter asks again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zosimos.campaign.ledger.events import Draft
from zosimos.campaign.record.approvals import change_digest
from zosimos.campaign.record.experiment import ProposedChange
from zosimos.campaign.record.state import State
from zosimos.campaign.safety.checking import require
from zosimos.campaign.safety.findings import Finding
from zosimos.campaign.setup import Setup
from zosimos.core.errors import StateError

VERB = "clear"
ASKS = "zosimos"
"""Who asks, on record."""
_SHOWN = 5


def cleared(state: State) -> frozenset[str]:
    """Return the digests of all findings that a person said yes to."""
    return frozenset(str(one.content["digest"]) for one in _asked(state) if one.status == "granted")


def unmet(setup: Setup, state: State) -> tuple[Finding, ...]:
    """Return what needs a person's yes, in the campaign as it is, and has none.

    Raises:
        SpecError: something is refused, which no yes lets through.
    """
    report = setup.safety(state.spec)
    require(report)
    return report.unmet(cleared(state))


def questions(setup: Setup, state: State) -> list[Draft]:
    """Return what asks for every yes that is needed and neither given nor asked for.

    Raises:
        SpecError: something is refused, which no yes lets through.
    """
    needed = unmet(setup, state)
    open_ones = {one.content["digest"] for one in _asked(state) if one.status == "open"}
    number = len(state.changes)
    wanted = [one for one in needed if one.digest not in open_ones]
    return [_question(state, one, number + place) for place, one in enumerate(wanted, start=1)]


def refusals(state: State, since: int) -> list[str]:
    """Return what a person said no to, in words, among the changes proposed after the first ``since``."""
    return [
        f"{one.answered_by} said no: {one.content['words']}"
        for one in _asked(state)
        if one.status == "rejected" and one.number > since
    ]


def require_cleared(setup: Setup, state: State) -> None:
    """Refuse to go on while a person's yes is missing.

    Raises:
        SpecError: something is refused, which no yes lets through.
        StateError: says what needs a yes, and where it is said.
    """
    needed = unmet(setup, state)
    if not needed:
        return
    tokens = [one.token for one in _asked(state) if one.status == "open"]
    words = "; ".join(one.words for one in needed[:_SHOWN])
    more = f"; and {len(needed) - _SHOWN} more" if len(needed) > _SHOWN else ""
    raise StateError(
        f"a person must say yes first, for the safety of chemistry: {words}{more}",
        field="species",
        value=needed[0].subject,
        allowed="what is known, or what a person said yes to",
        hint=f"zosimos approve {tokens[0]}" if tokens else f"zosimos approvals {state.id}",
    )


def check_wanted(setup: Setup, state: State, content: Mapping[str, Any]) -> None:
    """Refuse a yes to what nobody needs to say yes to any more, or to what the rules say differently now.

    Raises:
        SpecError: something is refused, which no yes lets through.
        StateError: it is not needed.
    """
    known = {one.digest: one for one in setup.safety(state.spec).needs}
    found = known.get(str(content["digest"]))
    if found is None or (found.words, found.subject) != (content["words"], content["subject"]):
        raise StateError(
            "the campaign, or the rules of chemistry, are not what they were when this was asked",
            field="species",
            value=str(content["subject"]),
            allowed=", ".join(one.subject for one in known.values()) or "nothing needs a yes",
            hint="run it again: what still needs a yes is asked anew",
        )


def _asked(state: State) -> list[ProposedChange]:
    return [one for one in state.changes.values() if one.verb == VERB]


def _question(state: State, finding: Finding, number: int) -> Draft:
    content = {
        "digest": finding.digest,
        "kind": finding.kind,
        "subject": finding.subject,
        "words": finding.words,
        "where": list(finding.where),
    }
    body: dict[str, Any] = {
        "verb": VERB,
        "changes": [],
        "undoes": None,
        "spec_version": state.spec_version,
        "number": number,
        "digest": change_digest(state.id, VERB, (), None, state.spec_version, number, content),
        "by": {"name": ASKS, "at": ""},
        "reason": "",
        "content": content,
    }
    return Draft("change.proposed", body)
