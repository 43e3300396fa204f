"""What is asked of a lab."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from zosimos.campaign.conformance.trial import Trial, measured
from zosimos.campaign.definition.read import parse_spec
from zosimos.campaign.lab import LabCard
from zosimos.core.errors import InputError
from zosimos.core.table import Table

_MEMBERS = ("files", "card", "clock", "candidates", "outcomes", "check", "fits", "simulated", "account", "executor")
_STRANGE = "no such name in any laboratory"


class LabKit:
    """Checks of a lab, each by itself."""

    def __init__(self, trial: Trial) -> None:
        self._trial = trial

    @property
    def _names(self) -> tuple[list[str], list[str]]:
        spec = self._trial.setup().spec
        return [objective.name for objective in measured(spec)], list(spec.space)

    def members(self) -> None:
        """Look for everything that a lab has."""
        lab = self._trial.make()
        missing = [name for name in _MEMBERS if not hasattr(lab, name)]
        assert not missing, f"it has no {', '.join(missing)}"
        assert lab.clock in ("wall", "virtual", "paced"), f"its clock is {lab.clock!r}: wall, virtual or paced is meant"

    def names_files(self) -> None:
        """Ask for its files: the kit must have been given each."""
        options = {name: value for name, value in dict(self._trial.campaign["lab"]).items() if name != "kind"}
        found = self._trial.make().files(options)
        assert isinstance(found, Mapping), f"files must be role: path, not a {type(found).__name__}"
        for role, path in found.items():
            assert isinstance(path, str), f"files must be role: path, not {role!r}: {path!r}"
            assert role in self._trial.files, f"it reads a file {role!r} ({path}), and the kit was not given it"

    def shows_a_campaign(self) -> None:
        """Take the campaign of its card, if it has one, back to it."""
        lab = self._trial.make()
        card = lab.card()
        if card is None:
            return
        assert isinstance(card, LabCard), f"its card must be a LabCard or None, not a {type(card).__name__}"
        assert card.summary.strip(), "its card says nothing of what it does"
        spec = parse_spec({**card.spec, "name": "from the card"})
        lab.check([objective.name for objective in measured(spec)], list(spec.space))
        json.dumps(card.options.model_json_schema())

    def takes(self) -> None:
        """Set the campaign up, and fit its space."""
        setup = self._trial.setup()
        assert setup.lab is not None, "the campaign for the kit names no lab"
        setup.lab.fits(setup.space(setup.spec))

    def refuses_objective(self) -> None:
        """Ask for an objective that no lab has."""
        objectives, parameters = self._names
        self._refused([*objectives, _STRANGE], parameters, "an objective")

    def refuses_parameter(self) -> None:
        """Ask for a parameter that no lab has."""
        objectives, parameters = self._names
        self._refused(objectives, [*parameters, _STRANGE], "a parameter")

    def _refused(self, objectives: Sequence[str], parameters: Sequence[str], what: str) -> None:
        try:
            self._trial.make().check(objectives, parameters)
        except InputError as error:
            words = str(error)
        else:
            raise AssertionError(f"{what} that it does not know must raise SpecError or DataError")
        assert _STRANGE in words, f"the error must name {what} that is not known; it says: {words}"

    def has_columns(self) -> None:
        """Look for the parameters and outcomes among the columns of its table, if it has one."""
        lab = self._trial.make()
        table = lab.candidates()
        if table is None:
            return
        assert isinstance(table, Table), f"candidates must be a Table or None, not a {type(table).__name__}"
        objectives, parameters = self._names
        table.require([*parameters, *lab.outcomes(objectives)])

    def simulates(self) -> None:
        """Look for everything that a lab has in its simulation."""
        lab = self._trial.make().simulated()
        missing = [name for name in _MEMBERS if not hasattr(lab, name)]
        assert not missing, f"its simulation is no lab: it has no {', '.join(missing)}"

    def accounts(self) -> None:
        """Ask what a campaign used up."""
        setup, state = self._trial.simulated(), self._trial.run()
        assert setup.lab is not None, "it was set up in one"
        found = setup.lab.account(setup.space(setup.spec), list(state.experiments.values()))
        texts = [text for pair in found.items() for text in pair]
        assert all(isinstance(text, str) for text in texts), f"an account is fact: words, not {dict(found)}"
