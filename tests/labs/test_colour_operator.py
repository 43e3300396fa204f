"""An operator in the loop: the experiment waits for a person, a crash forgets no question, a rehearsal needs nobody."""

from __future__ import annotations

from pathlib import Path

import pytest
from colour_campaign import ColourCampaign

from zosimos.campaign.control.rehearse import rehearse
from zosimos.campaign.definition import yaml
from zosimos.core.errors import NotFoundError, StateError
from zosimos.labs.colour.options import FOLDER

TEXT = "Wipe the window of the cell"


def asking() -> dict[str, bytes]:
    data = yaml.parse((FOLDER / "protocol.yaml").read_text())
    data["steps"] = [{"ask": {"text": TEXT}}, *data["steps"]]
    return {"protocol": yaml.dump(data).encode()}


@pytest.mark.slow
def test_an_experiment_waits_until_the_operator_has_answered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = ColourCampaign(tmp_path, monkeypatch, files=asking(), budget={"experiments": 2})
    ending = made.run()
    assert ending.status == "waiting"
    assert TEXT in ending.reason
    first, second = made.state.open_questions()
    assert (first.experiment, second.experiment) == ("e0001", "e0002")
    made.commands.approve(first.token)
    with pytest.raises(StateError, match="already answered"):
        made.commands.approve(first.token)
    assert made.run().status == "waiting"
    assert made.statuses() == ["measured", "running"]
    made.commands.reject(second.token, "no cloth")
    assert made.run().status == "finished"
    assert made.statuses() == ["measured", "failed"]
    assert f"the operator said no: {TEXT} (no cloth)" in made.reasons()
    with pytest.raises(NotFoundError):
        made.commands.approve("nobody-asked")


@pytest.mark.slow
def test_an_experiment_without_a_cell_does_not_wait_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = ColourCampaign(tmp_path, monkeypatch, files=asking(), parallel=3, budget={"experiments": 3})
    assert made.run().status == "waiting"
    for question in made.state.open_questions():
        made.commands.approve(question.token)
    assert made.run().status == "waiting"
    for question in made.state.open_questions():
        made.commands.approve(question.token)
    assert made.run().status == "finished"
    assert made.statuses() == ["measured"] * 3


@pytest.mark.slow
def test_a_rehearsal_takes_the_operator_to_have_done_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = ColourCampaign(tmp_path, monkeypatch, files=asking(), budget={"experiments": 2})
    found = rehearse(made.setup)
    assert (found.experiments, found.failed) == (2, 0)
    assert "yes: by the labels" in found.account["target in reach"]
    assert found.account["reagents"].startswith("water ")
    assert "% of 1 mL" in found.account["nearest to a limit"]
