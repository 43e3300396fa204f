"""Showing: a campaign's report, single figures and what the results say, from Python."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from zosimos.campaign import wording
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.ledger.verify import Head
from zosimos.campaign.record.state import State
from zosimos.core.filenames import file_name
from zosimos.core.settings import Settings
from zosimos.faces.python import notebook
from zosimos.faces.python.candidates import Suggestion
from zosimos.faces.python.control import Controlled

if TYPE_CHECKING:
    from zosimos.campaign.report.drawing import Picture


class Shown(Controlled):
    """A campaign that can be shown to others."""

    _settings: Settings
    _own_ledger: Ledger

    def hypotheses(self) -> dict[str, Any]:
        """Return what is thought to be true, and what results make of it, as ``zosimos hypotheses --json`` prints it.

        ``hypotheses`` are the statements that :meth:`advise` recorded, each with its author's probability (``said``),
        what the results alone make of even odds (``data``), what they make of the author's (``now``; both None where
        there are too few results), and the experiment that would tell most (``next``). ``authors`` holds a Brier score
        for each, ``rivals`` the probabilities of the formulas of the campaign file.
        """
        from zosimos.campaign.explain.hypotheses.standing import hypotheses_of

        with self._lock:
            return hypotheses_of(self._state, self._setup).as_json()

    def explain(
        self,
        experiment: str | Suggestion | None = None,
        *,
        bootstraps: int = 20,
        model: bool = False,
        planner: bool = False,
    ) -> dict[str, Any]:
        """Return what matters and what is believed, or why one experiment was chosen, as ``zosimos explain --json``.

        Args:
            experiment: one experiment, or its id; None: the campaign.
            bootstraps: of a campaign: how often it is all explained again from resampled experiments (0: not).
            model: describe the models instead: assumptions, failures, errors on held-out results.
            planner: say instead what planning did: models by weight, predictions, chance, whether it pays.

        Raises:
            NotFoundError: there is no such experiment.
        """
        from zosimos.campaign.explain import explain_campaign, explain_experiment
        from zosimos.campaign.explain.models import explain_models
        from zosimos.campaign.explain.planner_card import planner_card

        with self._lock:
            state = self._state
            if model:
                return explain_models(state, self._setup).as_json()
            if planner:
                return planner_card(state, self._setup).as_json()
            if experiment is None:
                return explain_campaign(state, self._setup, bootstraps=bootstraps).as_json()
            self._check_open()
            found = state.experiment(experiment.id if isinstance(experiment, Suggestion) else experiment)
            return explain_experiment(state.id, self._own_ledger.events(state.id), self._setup, found.id).as_json()

    def report(self, path: str | Path | None = None) -> Path:
        """Write the report as one HTML file, and return where.

        Args:
            path: where (default: its place in the folder of reports).
        """
        from zosimos.campaign.report import write_report

        state = self._state
        place = Path(path) if path is not None else self._settings.reports / f"{file_name(state.id)}.html"
        return write_report(state, Head(state.seq, state.head), place, self._setup)

    def plot(self, kind: str, path: str | Path | None = None) -> Picture:
        """Draw one of the report's figures, and return it: ``.png`` and ``.svg`` are its bytes.

        A notebook shows it.

        Args:
            kind: ``progress``, ``pareto``, ``effects``, ``contours``, ``ternary``, ``importances``, ``parity``,
                ``parallel``, ``timeline`` or ``instruments``.
            path: a file to write it to as well, ending in ``.png`` or ``.svg``.

        Raises:
            SpecError: there is no such kind, or the file's name ends otherwise.
            StateError: there is nothing to draw yet; says what is missing.
            DataError: the file cannot be written.
        """
        from zosimos.campaign.report.kinds import picture
        from zosimos.campaign.report.subject import Subject

        found = picture(kind, Subject(self._state, self._setup))
        if path is not None:
            found.save(Path(path))
        return found

    def _repr_html_(self) -> str:
        state = self._state
        used = f"{state.used} of {state.spec.budget.experiments} experiments used"
        best = next(iter(self.front), None)
        found = "" if best is None else wording.outcomes(state.spec, _measured(state, best.id))
        waits = ", ".join(wording.to_do(state))
        pairs = [
            ("campaign", state.id),
            ("status", state.status),
            ("budget", used),
            ("experiments", wording.counted(state)),
            ("to do", waits),
            ("best", "" if best is None else f"{best.id}: {wording.recipe(state.spec, best.ran_at)} -> {found}"),
            ("", wording.why_best(state) or wording.why_no_best(state)),
        ]
        return notebook.facts(state.spec.name, pairs)


def _measured(state: State, experiment: str) -> dict[str, Any]:
    found = state.experiments[experiment].measurements
    return {name: item.as_json() | {"limit": item.limit} for name, item in found.items()}
