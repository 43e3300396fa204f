"""The course: the commands by which a person pauses a campaign, halts it, takes it up again or ends it for good.

Each is one transaction, as every command is, and the process that runs the campaign acts on it at once.
"""

from __future__ import annotations

from zosimos.campaign.control.acting import Acting
from zosimos.campaign.control.changes import aborting, continuing, halting, pausing
from zosimos.campaign.ledger.events import Draft
from zosimos.campaign.record.experiment import Notice
from zosimos.campaign.record.state import State
from zosimos.core.errors import StateError

NOBODY_RUNS = (
    "No program runs this campaign now, so nothing was sent to any device: go to the devices. "
    "Whoever takes it up again stops them first."
)


class Course(Acting):
    """What a person may do about how a campaign goes on."""

    def pause(self, reason: str = "") -> None:
        """Let experiments under way finish and start no new ones.

        Of a campaign whose record cannot be changed, ask the program that runs it to stop and make its devices safe.

        Raises:
            StateError: the campaign is not active.
        """
        if self._stopped_unrecorded("pause", reason):
            return

        def build(state: State) -> list[Draft]:
            require_status(state, "active")
            return [pausing(self._by(), reason)]

        self.record.commit(build, self._moment)

    def halt(self, reason: str = "") -> bool:
        """Have the devices stand still now: an emergency. Say whether this was new.

        Devices go to their safe state, experiments under way are cut short and become uncertain, and the campaign is
        paused: a person looks, says what becomes of what was cut short, and goes on or ends it.
        Of a campaign whose record cannot be changed, ask the program that runs it to stop and make its devices safe.

        Raises:
            StateError: the campaign has ended.
        """
        if self._stopped_unrecorded("halt", reason):
            return True

        def build(state: State) -> list[Draft]:
            require_status(state, "active", "paused")
            return [] if state.halted else [halting(self._by(), reason)]

        return bool(self.record.commit(build, self._moment))

    def go_on(self) -> bool:
        """Take a paused or finished campaign up again; say whether it was one.

        Raises:
            StateError: the campaign was aborted.
        """

        def build(state: State) -> list[Draft]:
            require_status(state, "active", "paused", "finished")
            return [] if state.status == "active" else [continuing(self._by())]

        return bool(self.record.commit(build, self._moment))

    def restarted(self, why: str) -> None:
        """Record why the process that ran the campaign is replaced by this one."""

        def build(state: State) -> list[Draft]:
            return [Draft("notice.raised", Notice("restarted", "", "", len(state.observations), why).as_json())]

        self.record.commit(build, self._moment)

    def abort(self, reason: str = "") -> None:
        """End the campaign for good: devices go to their safe state, experiments under way are cut short.

        Of a campaign whose record cannot be changed, ask the program that runs it to stop and make its devices safe.

        Raises:
            StateError: it has ended already.
        """
        if self._stopped_unrecorded("abort", reason):
            return

        def build(state: State) -> list[Draft]:
            require_status(state, "active", "paused")
            return aborting(state, self._by(), reason)

        self.record.commit(build, self._moment)

    def _stopped_unrecorded(self, verb: str, reason: str) -> bool:
        """Ask for a stop beside the chain if nothing can be appended to it; say whether that was so."""
        if self.record.broken is None:
            return False
        self.record.request_stop(verb, self._author, reason)
        return True


def require_status(state: State, *allowed: str) -> None:
    """Refuse what a campaign that stands as this one does not do.

    Raises:
        StateError: its status is none of those allowed.
    """
    if state.status not in allowed:
        raise StateError(
            f"campaign {state.id} is {state.status}",
            field="campaign",
            value=state.reason or state.status,
            allowed=" or ".join(allowed),
            hint=f"zosimos resume {state.id} takes it up again" if state.status in ("paused", "finished") else "",
        )
