"""Conformance kits for labs, executors and advisors: ``lab_checks`` and so on, each check a test of its own.

Experiments are run in virtual time, in the lab's own simulation, on a ledger in memory; the program "dies" at steps on
record and the campaign is taken up again, as after a power cut.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from zosimos.campaign.conformance.advisors import AdvisorKit
from zosimos.campaign.conformance.executors import ExecutorKit
from zosimos.campaign.conformance.labs import LabKit
from zosimos.campaign.conformance.trial import MakeLab, Trial
from zosimos.core.conformance import Check, run_all
from zosimos.planners.advice import Advisor


def check_lab(make: MakeLab, campaign: Mapping[str, Any], files: Mapping[str, bytes] | None = None) -> None:
    """Run :func:`lab_checks` and :func:`executor_checks`.

    Raises:
        AssertionError: a check failed; it is named.
    """
    run_all([*lab_checks(make, campaign, files), *executor_checks(make, campaign, files)])


def lab_checks(make: MakeLab, campaign: Mapping[str, Any], files: Mapping[str, bytes] | None = None) -> list[Check]:
    """Return the checks of the contract of :class:`Lab`.

    Args:
        make: makes the lab, as ``lambda: MyLab(options, files)``.
        campaign: a campaign for it as plain data, as a campaign file would give it: ``space``, ``objectives``, ``lab``.
        files: the bytes of the lab's files, by role.
    """
    kit = LabKit(Trial(make, campaign, files or {}))
    return [
        Check("it has everything that a lab has", kit.members),
        Check("its files are named by role", kit.names_files),
        Check("its card shows a campaign that it takes", kit.shows_a_campaign),
        Check("it takes the campaign it is made for", kit.takes),
        Check("it refuses an objective that it does not know", kit.refuses_objective),
        Check("it refuses a parameter that it does not know", kit.refuses_parameter),
        Check("its candidates have a column for each parameter", kit.has_columns),
        Check("it can be simulated", kit.simulates),
        Check("it accounts for what was used, in words", kit.accounts),
    ]


def check_executor(make: MakeLab, campaign: Mapping[str, Any], files: Mapping[str, bytes] | None = None) -> None:
    """Run :func:`executor_checks`.

    Raises:
        AssertionError: a check failed; it is named.
    """
    run_all(executor_checks(make, campaign, files))


def executor_checks(
    make: MakeLab, campaign: Mapping[str, Any], files: Mapping[str, bytes] | None = None
) -> list[Check]:
    """Return the checks of the contract of :class:`Executor`, whose arguments are those of :func:`lab_checks`."""
    kit = ExecutorKit(Trial(make, campaign, files or {}))
    return [
        Check("it measures every objective", kit.measures),
        Check("the same campaign runs the same way", kit.repeats),
        Check("what it prepares is JSON data", kit.prepares),
        Check("it says in words what has run out", kit.runs_out),
        Check("it may be made safe and closed at any time, and twice", kit.is_made_safe),
        Check("asked what happened, it says done, undone or unknown", kit.answers),
        Check("killed before an effect, it goes on with the same steps", kit.goes_on_before),
        Check("killed after an effect, it goes on with the same steps", kit.goes_on_after),
    ]


def check_advisor(make: Callable[[], Advisor]) -> None:
    """Run :func:`advisor_checks`.

    Raises:
        AssertionError: a check failed; it is named.
    """
    run_all(advisor_checks(make))


def advisor_checks(make: Callable[[], Advisor]) -> list[Check]:
    """Return the checks of the contract of :class:`~zosimos.planners.advice.Advisor`.

    Args:
        make: makes the advisor.
    """
    kit = AdvisorKit(make)
    return [
        Check("it can be asked", kit.asks),
        Check("it answers with items of advice or none", kit.answers),
        Check("it leaves what it is shown as it was", kit.changes_nothing),
    ]
