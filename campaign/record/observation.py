"""What an experiment found, as planners see it: it follows from the experiment itself."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from zosimos.campaign.record.experiment import Experiment
from zosimos.core.canonical import canonical_json
from zosimos.core.records import Observation


def observed(experiment: Experiment) -> Observation:
    """Return the observation of an experiment that ended.

    It stands where the experiment was really run, and knows which proposer chose the experiment, who advised it and
    what it was made from. What was predicted where it was asked to run says nothing of a run far from there: it counts
    only where it was compared with the result (:func:`zosimos.campaign.record.results.surprise_at`). A retracted result
    is left out of all that is learned (:meth:`zosimos.campaign.record.state.State.counting`); in its place stands a
    trial that a fault ended, of which nothing can be learned.
    """
    candidate = experiment.candidate
    retracted = experiment.status == "retracted"
    failed = experiment.status == "failed" or retracted
    untested = failed or (bool(experiment.achieved) and not experiment.surprise)
    return Observation(
        experiment.id,
        experiment.ran_at,
        experiment.measurements,
        failed=failed,
        predictions={} if untested else candidate.predictions,
        cause="fault" if retracted else experiment.cause,
        origin=candidate.origin,
        author=candidate.author,
        expected=candidate.expected,
        lineage=candidate.lineage or ((candidate.repeats,) if candidate.repeats else ()),
        asked=experiment.values if experiment.achieved else {},
    )


def extended(digest: str, told: Mapping[str, Any]) -> str:
    """Return the running digest of all observations after what one more tells, or what changed of an earlier one."""
    return hashlib.sha256(f"{digest}\n{canonical_json(told)}".encode()).hexdigest()
