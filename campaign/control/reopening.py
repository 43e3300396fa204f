"""Taking a campaign up again: what is asked of its record before it goes on."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from zosimos.campaign.decisions.stopping import stop_reason
from zosimos.campaign.record.state import State
from zosimos.core.canonical import digest
from zosimos.core.errors import SpecError, StateError
from zosimos.core.files import read_file


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


def check_source(state: State) -> None:
    """Refuse to go on if the campaign file was changed since the campaign began.

    Raises:
        SpecError: it was; says how to go on.
    """
    if state.source is None:
        return
    path = Path(state.source["path"])
    hint = f"go on with the recorded spec: zosimos resume {state.id} --recorded"
    if path.is_file() and digest(read_file(path, "file", error=SpecError, hint=hint)) != state.source["digest"]:
        raise SpecError(
            "the campaign file was changed since the campaign began",
            field="file",
            value=str(path),
            allowed="the file as it was, or a steering",
            hint=f"apply the change with: zosimos steer {state.id} --file {path}; or go on with the recorded spec: "
            f"zosimos resume {state.id} --recorded",
        )
