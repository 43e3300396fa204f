"""The interpreter: carries out a recipe's steps, one after the other. It knows no action by name."""

from __future__ import annotations

from collections.abc import Sequence

from zosimos.campaign.lab import AbortedError, BlockedError
from zosimos.core.errors import ExecutionError, ZosimosError
from zosimos.core.plugins import package_of
from zosimos.workcell.actions.registry import GROUP
from zosimos.workcell.execution.station_run import StationRun
from zosimos.workcell.protocol.model import ProtocolStep


async def carry_out(steps: Sequence[ProtocolStep], at: StationRun) -> None:
    """Carry out steps in order.

    Args:
        steps: of a recipe.
        at: the station, the values and the record.

    Raises:
        ExecutionError: one failed; a defect of an action is named with its package.
    """
    for step in steps:
        try:
            await step.action.run(at)
        except (ZosimosError, AbortedError, BlockedError):
            raise
        except (Exception, SystemExit) as error:
            raise defect(step.kind, error) from error


def defect(kind: str, error: BaseException) -> ExecutionError:
    """Return the error for an action that failed in a way that no action may, in its package's name."""
    package = package_of(GROUP, kind)
    return ExecutionError(
        f"the action {kind} of {package} failed: {type(error).__name__}: {error}",
        field=kind,
        hint=f"this is a defect of {package}: report it to its author",
    )
