"""Recovery: what becomes of an effect that was announced and never reported.

If the protocol says it may be repeated, it is done again when the experiment is entered again. Else the laboratory is
asked. If it does not know either, the experiment becomes uncertain and a person decides: done, redo, skip or probe.
Never a silent repeat, never a silent loss.
"""

from __future__ import annotations

import asyncio

from zosimos.campaign.lab import Executor, Probe, Task
from zosimos.campaign.ledger.events import Draft
from zosimos.campaign.record.experiment import Experiment, Step
from zosimos.core.errors import LedgerError

_MAX_ATTEMPTS = 3
_PATIENCE_S = (1.0, 5.0, 30.0)


def interrupted_step(experiment: Experiment) -> Step | None:
    """Return the step of an experiment that was announced and never reported, if there is one."""
    last = experiment.steps[-1] if experiment.steps else None
    return last if last is not None and last.status == "intended" else None


async def settled(executor: Executor, task: Task, experiment: Experiment) -> list[Draft]:
    """Return what to record about an interrupted experiment before it goes on.

    Nothing if no step was cut short or the step may be repeated; else what the laboratory answered.
    """
    step = interrupted_step(experiment)
    if step is None or step.repeatable:
        return []
    probe = await _asked(executor, task, step)
    if probe.answer == "unknown":
        reason = f"step {step.index} ({step.name}) was cut short and may or may not have happened"
        return [_uncertain(experiment, step, f"{reason}: {probe.why}".rstrip(": "))]
    return [outcome(experiment, step, probe, "probed")]


async def settled_in_session(executor: Executor, task: Task, experiment: Experiment, why: str) -> list[Draft]:
    """Return what to record when a step's outcome became unknown while the program runs on.

    Nothing if the step may be repeated: the experiment is then entered again. After ``_MAX_ATTEMPTS`` attempts at the
    same step a person decides.
    """
    step = interrupted_step(experiment)
    if step is None or step.attempt >= _MAX_ATTEMPTS:
        index = None if step is None else step.index
        return [Draft("experiment.uncertain", {"experiment": experiment.id, "step": index, "reason": why})]
    for delay in _PATIENCE_S:
        drafts = await settled(executor, task, experiment)
        if not drafts or drafts[0].kind != "experiment.uncertain":
            return drafts
        await asyncio.sleep(delay)  # a cable put back, a device started again: most are back within a minute
    return await settled(executor, task, experiment)


async def probed_again(executor: Executor, task: Task, experiment: Experiment) -> list[Draft]:
    """Return what to record when a person asks that an uncertain experiment be probed again."""
    step = interrupted_step(experiment)
    if step is None:
        return [Draft("experiment.resolved", {**_by_probe(experiment), "verb": "redo"})]
    probe = await _asked(executor, task, step)
    if probe.answer == "unknown":
        return [_uncertain(experiment, step, f"probed again, still unknown: {probe.why}".rstrip(": "))]
    verb = "done" if probe.answer == "done" else "redo"
    return [
        Draft("experiment.resolved", {**_by_probe(experiment), "verb": verb}),
        outcome(experiment, step, probe, "probed"),
    ]


def outcome(experiment: Experiment, step: Step, probe: Probe, how: str) -> Draft:
    """Return the event that says a step did or did not happen, and who says so."""
    where = {"experiment": experiment.id, "step": step.index, "attempt": step.attempt, "how": how}
    if probe.answer == "done":
        return Draft("step.done", {**where, "result": probe.result})
    return Draft("step.undone", where)


async def _asked(executor: Executor, task: Task, step: Step) -> Probe:
    try:
        return await executor.probe(task, step)
    except LedgerError:
        raise
    except Exception as error:  # noqa: BLE001 - a probe that fails in any way has told us nothing
        return Probe("unknown", why=f"the lab could not be asked: {error}")


def _uncertain(experiment: Experiment, step: Step, reason: str) -> Draft:
    return Draft("experiment.uncertain", {"experiment": experiment.id, "step": step.index, "reason": reason})


def _by_probe(experiment: Experiment) -> dict[str, object]:
    return {"experiment": experiment.id, "by": {"name": "probe", "at": ""}, "note": ""}
