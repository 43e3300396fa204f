"""The families of events, each with its cases, and what faces show of a state that such events lead to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.campaign.record import (
    advice_cases,
    amendment_cases,
    campaign_cases,
    experiment_cases,
    model_cases,
    question_cases,
    repair_cases,
    said_cases,
    step_cases,
)
from tests.campaign.record.case import Case

from zosimos.campaign import views
from zosimos.campaign.record.approvals import standing, waits_for
from zosimos.campaign.record.state import State

FAMILIES = (
    advice_cases,
    amendment_cases,
    campaign_cases,
    experiment_cases,
    model_cases,
    question_cases,
    repair_cases,
    said_cases,
    step_cases,
)
CASES: Mapping[str, Case] = {kind: case for family in FAMILIES for kind, case in family.CASES.items()}


def all_views(state: State) -> list[Any]:
    """Everything that faces show of a state: it must work on whatever folded."""
    asked = [*state.approvals.values(), *state.changes.values(), *state.questions.values()]
    return [
        views.status(state),
        views.waiting_for(state),
        [views.experiment_view(state, one) for one in state.experiments.values()],
        [views.approval_view(state, one) for one in state.approvals.values()],
        [views.change_view(state, one) for one in state.changes.values()],
        [views.question_view(state, one) for one in state.questions.values()],
        [standing(state, one) for one in asked],
        waits_for(state),
    ]
