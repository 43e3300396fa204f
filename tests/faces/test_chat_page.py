"""The page of a conversation: held anew it is what the page shows, without a model, and with one behind HTTP."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from chat_server import Raw, call, serving, text
from chat_transcript import TURNS, compared, on_the_page, transcript

from zosimos.agent.data import data_in

Cli = Callable[..., Any]


@pytest.mark.slow
def test_the_conversation_of_the_page_is_held_anew(tmp_path: Path) -> None:
    assert len([words for words in TURNS if words != "YES"]) >= 20
    assert compared(transcript(tmp_path)) == compared(on_the_page())


SCRIPT: list[tuple[str, str, dict[str, Any]]] = [
    ("how is it going?", "status", {}),
    ("why did you try e0002?", "explain", {"experiment": "e0002"}),
    ("keep temp below 60", "propose_bounds", {"parameter": "temp", "max": "60 degC"}),
    ("make it 50 instead", "propose_bounds", {"parameter": "temp", "max": "50 degC"}),
    ("what would that do?", "open_proposals", {}),
    ("YES", "steer", {}),
    ("undo that", "propose_undo", {}),
    ("YES", "undo", {}),
    ("list them", "list_experiments", {}),
    ("what matters?", "explain_campaign", {}),
    ("compare e0001 and e0002", "compare", {"first": "e0001", "second": "e0002"}),
    ("how good is the model?", "model_quality", {}),
    ("what is left?", "forecast", {}),
    ("what if we had 20?", "what_if", {"settings": {"budget.experiments": 20}}),
    ("measure e0002 again", "propose_advice", {"replicate": "e0002"}),
    ("YES", "advise", {}),
    ("note that the flask was chipped", "note", {"text": "the flask was chipped"}),
    ("e0001 gave 30 percent", "propose_correction", {"experiment": "e0001", "values": {"yield": 30}}),
    ("YES", "correct", {}),
    ("leave e0003 out", "propose_retraction", {"experiment": "e0003"}),
    ("more daring please", "propose_advice", {"explore": "more"}),
    ("20 experiments then", "propose_settings", {"settings": {"budget.experiments": 20}}),
    ("avoid temp above 70", "propose_advice", {"exclude": "temp > 70"}),
    ("how far are we now?", "status", {}),
]
"""What a person types, the tool that a model calls then, and its arguments; ``YES``: the last proposal is approved."""


def test_the_same_turns_with_a_model_go_through_the_same_tools(cli: Cli, folder: Path) -> None:
    spec = (folder / "tiny.yaml").read_text().replace("batch: 4", "batch: 2")
    (folder / "tiny.yaml").write_text(spec)
    campaign = cli("run", "tiny.yaml", "--set", "budget.experiments=6", "--no-report", "--json").json["campaign"]
    cli("steer", campaign, "--set", "budget.experiments=12")
    cli("resume", campaign, "--no-wait", "--no-report", "--set", "approval=each")
    turns = [item for item in SCRIPT if item[0] != "YES"]
    assert len(turns) == 20
    replies: list[Raw] = []
    for _, tool, arguments in turns:
        replies += [call(tool, arguments), text("Here it is.")]
    tokens: list[str] = []
    with serving(replies) as server:
        options = ("--model", "openai:scripted", "--base-url", server.url, "--json")
        for words, tool, arguments in SCRIPT:
            if words == "YES":
                assert cli("approve", tokens[-1], "--yes", tool).code == 0
                continue
            turn = cli("chat", campaign, "--say", words, *options).json
            assert [item["tool"] for item in turn["calls"]] == [tool]
            assert "error" not in turn["calls"][0], turn["calls"]
            assert turn["calls"][0]["arguments"].items() >= arguments.items()
            tokens += [item["token"] for item in turn["proposals"]]
    shown = cli("show", campaign, "--json").json
    assert [note["text"] for note in shown["noted"]] == ["the flask was chipped"]
    assert shown["spec"]["space"]["temp"]["max"] == 80
    assert shown["runs"][0]["measurements"]["yield"]["value"] == 30
    asked = [data_in(request["messages"][0]["content"]) for request in server.requests]
    assert [turn["asked"] for turn in asked[-1]["conversation"]] == [item[0] for item in turns[-7:-1]]
