"""Models by name, and where a key may go."""

from __future__ import annotations

import pytest

from zosimos.agent.models.names import key_for, make_model
from zosimos.agent.offline.brain import OfflineModel
from zosimos.core.errors import ModelError


@pytest.fixture(autouse=True)
def no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "ZOSIMOS_API_KEY"):
        monkeypatch.delenv(name, raising=False)


def test_offline_needs_nothing() -> None:
    assert isinstance(make_model("offline"), OfflineModel)


@pytest.mark.parametrize("name", ["", "gpt-4", "openai:", "anthropic:x", "openai:a b", "openai:x\ny", "offline "])
def test_an_unknown_model_is_refused(name: str) -> None:
    with pytest.raises(ModelError, match="there is no model"):
        make_model(name, base_url="http://127.0.0.1:1/v1")


def test_openai_itself_wants_a_key() -> None:
    with pytest.raises(ModelError, match="wants a key"):
        make_model("openai:gpt-4.1")


def test_the_key_is_not_in_what_a_model_shows() -> None:
    model = make_model("openai:x", base_url="http://127.0.0.1:1/v1", api_key="sk-very-secret")
    assert "very-secret" not in repr(model) + str(model)


def test_openais_key_goes_only_where_a_person_sent_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "theirs")
    assert key_for(None, named_by_person=False) == "theirs"
    assert key_for("http://lab:1/v1", named_by_person=True) == "theirs"
    assert key_for("http://somewhere/v1", named_by_person=False) is None
    monkeypatch.setenv("ZOSIMOS_API_KEY", "ours")
    assert key_for("http://somewhere/v1", named_by_person=False) is None
    assert key_for("http://lab:1/v1", named_by_person=True) == "ours"
