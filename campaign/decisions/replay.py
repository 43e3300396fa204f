"""Replay: every decision of a campaign made again from its record, and compared bit for bit."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from zosimos.campaign.decisions.decide import Decide, decide, inputs_recorded
from zosimos.campaign.decisions.forecast import forecast
from zosimos.campaign.ledger.events import Event
from zosimos.campaign.record.fold import apply
from zosimos.campaign.record.repairs import counting
from zosimos.campaign.record.state import State
from zosimos.campaign.record.versions import versions
from zosimos.campaign.setup import Setup
from zosimos.core.canonical import canonical_json


@dataclass(frozen=True)
class Divergence:
    """The first decision that came out differently: what was recorded and what was found now."""

    decision: str
    event: int
    what: str
    recorded: str
    found: str


@dataclass(frozen=True)
class Replay:
    """How many decisions came out the same, the first that did not, and versions that differ from the record's.

    ``written_by`` is the version of Zosimos that wrote the last decision looked at.
    """

    decisions: int
    divergence: Divergence | None
    changed_versions: tuple[str, ...]
    written_by: str = ""


def replay(
    campaign: str,
    events: Iterable[Event],
    setup: Setup,
    decide: Decide = decide,
    progress: Callable[[int], None] = lambda _: None,
) -> Replay:
    """Make every recorded decision again, with no side effect, up to the first that comes out differently.

    The events are gone through twice: the first time to see which a repair set aside.
    """
    state = State(campaign)
    same = 0
    recorded: dict[str, str] = {}
    for event in counting(events):
        if event.kind in ("campaign.created", "session.opened"):
            recorded |= event.body["versions"]
        if event.kind == "decision.made":
            divergence = _compared(state, event, setup, decide)
            if divergence is not None:
                return Replay(same, divergence, _changed(recorded), recorded.get("zosimos", ""))
            same += 1
            progress(same)
        apply(state, event)
    return Replay(same, None, _changed(recorded), recorded.get("zosimos", ""))


def _compared(state: State, event: Event, setup: Setup, decide: Decide) -> Divergence | None:
    body = event.body
    try:
        inputs = inputs_recorded(state, body["inputs"])
    except (KeyError, IndexError) as error:
        return Divergence(body["decision"], event.seq, "inputs", canonical_json(body["inputs"]), str(error))
    if inputs.digest != body["inputs"]["digest"]:
        return Divergence(body["decision"], event.seq, "inputs", body["inputs"]["digest"], inputs.digest)
    if "outlook" in body:  # what the stop rules went by
        told, again = canonical_json(body["outlook"]), forecast(setup, inputs)
        seen = "nothing" if again is None else canonical_json(again.as_json())
        if seen != told:
            return Divergence(body["decision"], event.seq, "outlook", told, seen)
    found = [canonical_json(candidate.as_json()) for candidate in decide(setup, inputs)]
    stored = [canonical_json(item["candidate"]) for item in body["candidates"]]
    for i in range(max(len(found), len(stored))):
        a = stored[i] if i < len(stored) else "nothing"
        b = found[i] if i < len(found) else "nothing"
        if a != b:
            return Divergence(body["decision"], event.seq, f"candidate {i + 1}", a, b)
    return None


def _changed(recorded: dict[str, str]) -> tuple[str, ...]:
    now = versions()
    return tuple(
        f"{name}: {was} then, {now.get(name, 'none')} now" for name, was in recorded.items() if now.get(name) != was
    )
