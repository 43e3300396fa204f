"""Taking a campaign up again: what is asked of its record before it goes on."""

from __future__ import annotations

from datetime import UTC, datetime

from zosimos.campaign.decisions.stopping import stop_reason
from zosimos.campaign.record.state import State
from zosimos.core.errors import StateError


def check_not_over(state: State, now: datetime | None = None) -> None:
    """Refuse to take up a finished campaign that would end again at once.

    Args:
        state: of the campaign.
        now: the moment (default: the present one); a simulated campaign goes by its own time.

    Raises:
        StateError: what ended it still holds; names the setting that lets it go on.
    """
    moment = datetime.fromisoformat(state.at) if state.simulated else now or datetime.now(UTC)
    over = stop_reason(state, moment) if state.status == "finished" else None
    if over is not None:
        raise StateError(
            f"campaign {state.id} is finished, and what ended it still holds: {over.words}",
            field="campaign",
            value=state.id,
            hint=f"ask for more first, such as: zosimos steer {state.id} --set {over.setting}",
        )
