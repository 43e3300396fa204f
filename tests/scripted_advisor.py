"""An advisor that says what a script says, and campaigns that ask it, for tests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scripted_lab import Campaign, ScriptedLab

from zosimos.campaign.ledger.store import Ledger

NEVER = {"start": False, "every": None, "plateau": None, "surprise": False, "drift": False}


class Scripted:
    """Answers what a script says for each call, the last again and again, and keeps what it was shown."""

    def __init__(self, *answers: Any) -> None:
        self._answers = answers
        self.views: list[Mapping[str, Any]] = []

    async def advise(self, view: Mapping[str, Any]) -> Any:
        self.views.append(view)
        answer = self._answers[min(len(self.views), len(self._answers)) - 1]
        if isinstance(answer, BaseException):
            raise answer
        return answer() if callable(answer) else answer


def campaign_with(ledger: Ledger, lab: ScriptedLab, when: Mapping[str, Any], **more: Any) -> Campaign:
    spec = {key: more.pop(key) for key in ("planner", "budget", "watch", "objectives") if key in more}
    return Campaign(ledger, lab, advisor={"kind": "scripted", "when": {**NEVER, **when}, **more}, **spec)


def run(campaign: Campaign, advisor: Any, **options: Any) -> Any:
    return campaign.run(advisor=lambda _: advisor, **options)
