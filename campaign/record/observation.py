"""What an experiment found, as planners see it: it follows from the experiment itself, and from why it failed."""

from __future__ import annotations

from zosimos.campaign.record.experiment import Experiment
from zosimos.core.records import Cause, Observation


def observed(experiment: Experiment, cause: Cause = "unknown") -> Observation:
    """Return the observation of an experiment that ended; ``cause`` says what a failure was due to.

    It knows which proposer chose the experiment, who advised it and what it was made from.
    """
    candidate, failed = experiment.candidate, experiment.status == "failed"
    return Observation(
        experiment.id,
        experiment.values,
        experiment.measurements,
        failed=failed,
        predictions={} if failed else candidate.predictions,
        cause=cause,
        origin=candidate.origin,
        author=candidate.author,
        expected=candidate.expected,
        lineage=candidate.lineage or ((candidate.repeats,) if candidate.repeats else ()),
    )
