"""A repair: it sets aside what lies between the state and itself, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st
from tests.campaign.record.case import BEFORE, UNDER_WAY, UNKNOWN, WHO, WORDS, Case, body, on, refused, without

from zosimos.campaign.ledger.events import Draft, Event
from zosimos.campaign.record.state import State

MISFIT = on("experiment.started", UNKNOWN)
FIRST = len(BEFORE) + 1
ASIDE = {"count": 2, "kinds": {"experiment.started": 1, "session.opened": 1}}
GOOD: dict[str, Any] = {"from": FIRST, "through": FIRST + 1, "set_aside": ASIDE, "numbered": 0, "unreadable": []}
GOOD |= {"by": {"name": "person", "at": ""}, "reason": "an old version wrote it"}


def _repaired(was: State, now: State, event: Event) -> None:
    assert now.broken is None
    assert now.repairs[:-1] == was.repairs
    made = now.repairs[-1]
    assert (made.first, made.last) == (event.body["from"], event.body["through"])
    assert (made.by, made.reason, made.at) == (event.body["by"]["name"], event.body["reason"], event.at)
    assert now.sessions == was.sessions + 1, "the session that was opened there keeps its number"
    assert now.numbered == was.numbered + event.body["numbered"]
    doubted = event.body["unreadable"]
    assert [name for name, one in now.experiments.items() if one.unreadable] == doubted


CASES: Mapping[str, Case] = {
    "record.repaired": Case(
        body(
            **{"from": FIRST, "through": FIRST + 1}, set_aside=ASIDE, numbered=st.integers(0, 9), by=WHO, reason=WORDS
        ).flatmap(lambda made: body(**made, unreadable=st.sampled_from([[], [UNDER_WAY]]))),
        _repaired,
        frozenset({"broken", "repairs", "sessions", "skipped", "experiments", "active", "uncertain", "avoided"}),
        refused(
            "record.repaired",
            *without(GOOD, *GOOD),
            *({**GOOD, "from": place} for place in (1, FIRST - 1, FIRST + 1, FIRST + 2, "2", True)),
            *({**GOOD, "through": place} for place in (FIRST, FIRST + 2, None)),
            *({**GOOD, "set_aside": {"kinds": kinds}} for kinds in ({}, {"x": 1}, {"x": 3}, {"x": "2"}, [2])),
            *({**GOOD, "unreadable": names} for names in (UNKNOWN, [UNKNOWN], [3], None)),
            *({**GOOD, "numbered": count} for count in (-1, 0.5, None)),
            *({**GOOD, "by": by} for by in (None, {}, {"name": 3, "at": ""}, {"name": "ann"})),
            {**GOOD, "reason": None},
        ),
        (*BEFORE, MISFIT, Draft("session.opened", {})),
    ),
}
