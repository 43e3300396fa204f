"""What advice came to, in words: whose ideas the experiments were, what asking cost, and whether authors learn."""

from __future__ import annotations

from zosimos.campaign.decisions.worth import learned, worth
from zosimos.campaign.report.subject import Subject


def advised(subject: Subject) -> list[str]:
    """Return what advice was worth, a line each; nothing where nobody advised or was asked."""
    state = subject.state
    if not (state.advice or state.calls):
        return []
    found = worth(state)
    lines = [*found.lines(), *(f"the advisor suggested to a person: {words}" for words in found.suggests)]
    learns = learned(subject.setup, state) if subject.setup is not None and state.advice else []
    return lines + [f"{one.author}: {one}" for one in learns]
