"""Readers: what sentences mean and which of them are cries, measured on sentences that nothing was chosen by."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from frozen_sentences import cries, sentences
from hypothesis import given
from hypothesis import strategies as st

from zosimos.agent.lexicon import alarm
from zosimos.agent.reading import reader
from zosimos.agent.reading.ngrams import hashed, weighed
from zosimos.agent.reading.plain import plain
from zosimos.agent.reading.reader import SURE, crying, guesses
from zosimos.surrogates.featurizers import sentences as embedding

DOCS = Path(__file__).resolve().parents[3] / "docs" / "agent.md"


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing can be embedded."""
    monkeypatch.setattr(reader, "embedder", lambda: None)


@pytest.fixture
def fresh() -> Iterator[None]:
    """The embedder is looked for again, and again afterwards."""
    embedding.embedder.cache_clear()
    yield
    embedding.embedder.cache_clear()


@pytest.mark.slow
def test_frozen_sentences_are_understood_as_the_page_says() -> None:
    found = [(sentence, guesses(sentence.text)) for sentence in sentences()]
    first = sum(sentence.right(guess[0].intent) for sentence, guess in found)
    third = sum(any(sentence.right(one.intent) for one in guess[:3]) for sentence, guess in found)
    wrong = sum(guess[0].probability >= SURE and not sentence.right(guess[0].intent) for sentence, guess in found)
    assert first >= 0.9 * len(found)
    assert third >= 0.97 * len(found)
    assert wrong <= 0.03 * len(found)
    page = DOCS.read_text(encoding="utf-8")
    assert f"{first} of 264" in page
    assert f"{third} of 264" in page
    assert f"{wrong} of 264" in page


@pytest.mark.parametrize(
    ("text", "act"),
    [
        ("fit the second series, no wait HALT", "halt"),
        ("make it 0.2 no wait stop stop", "halt"),
        ("add a batch, oh no it is smoking!", "halt"),
        ("set red to 0.3, no wait, 0.4", None),
        ("change the budget to 20, no, wait, 25 please", None),
        ("what if, no wait, what happens if I say stop?", None),
    ],
)
def test_a_cry_that_breaks_off_a_request_is_heard(text: str, act: str | None) -> None:
    found = alarm(text)
    assert (found and found.act) == act


@pytest.mark.slow
def test_frozen_cries_are_caught_as_the_page_says() -> None:
    halted = [(cry.emergency, (found := alarm(cry.text)) is not None and found.act == "halt") for cry in cries()]
    caught, false = sum(act for real, act in halted if real), sum(act for real, act in halted if not real)
    page = DOCS.read_text(encoding="utf-8")
    assert f"{caught} of 60" in page
    assert f"{false} of 60" in page
    assert caught >= 58


def test_probabilities_add_up_and_the_likeliest_comes_first() -> None:
    found = guesses("please repeat experiment 7")
    assert sum(guess.probability for guess in found) == pytest.approx(1.0)
    assert [guess.probability for guess in found] == sorted((guess.probability for guess in found), reverse=True)
    assert found[0].intent == "replicate"


@pytest.mark.usefixtures("alone")
def test_without_embeddings_sentences_and_cries_are_read_all_the_same() -> None:
    assert guesses("please repeat experiment 7")[0].intent == "replicate"
    assert guesses("how many runs are left?")[0].intent == "status"
    assert crying("fire in the hood!! stop everything") > 0.5
    assert crying("how many runs are left?") < 0.1


@pytest.mark.parametrize("text", ["[2J", "whatabout2J it", "it 7q", "[31m", "]0;x", "kx2 jj"])
def test_a_few_letters_that_mean_nothing_halt_nothing(text: str) -> None:
    assert alarm(text) is None


@pytest.mark.parametrize("text", ["[2J stop", "kx2 STOP jj", "]0;x halt!!"])
def test_a_few_letters_with_a_word_that_stops_halt_all_the_same(text: str) -> None:
    found = alarm(text)
    assert found is not None
    assert found.act == "halt"


@pytest.mark.usefixtures("fresh")
def test_a_file_that_is_not_the_one_known_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package, path, _ = embedding._FILES["words"]
    folder = Path(embedding.find_spec(package).submodule_search_locations[0])  # type: ignore[union-attr,index]
    copy = tmp_path / path
    copy.parent.mkdir(parents=True)
    shutil.copy(folder / path, copy)
    spec = SimpleNamespace(submodule_search_locations=[str(tmp_path)])
    monkeypatch.setattr(embedding, "find_spec", lambda name: spec)
    assert embedding._data("words") is not None
    copy.write_bytes(copy.read_bytes() + b" ")
    assert embedding._data("words") is None
    assert embedding.embedder() is None


@given(st.text(max_size=200))
def test_any_text_is_read(text: str) -> None:
    assert 0.0 <= crying(text) <= 1.0
    assert len(guesses(text)) == len({guess.intent for guess in guesses(text)})


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=60))
def test_plain_text_stays_plain(text: str) -> None:
    once = plain(text)
    assert once == once.casefold()
    assert "  " not in once


@pytest.mark.parametrize(
    ("written", "meant"),
    [("ѕt0p", "stop"), ("STOOOOP now", "stop now"), ("s.t.o.p", "stop"), ("ＨＡＬＴ", "halt shouted")],
)
def test_what_only_hides_a_word_is_taken_away(written: str, meant: str) -> None:
    assert plain(written).split() == meant.split()


@pytest.mark.parametrize("text", ["стоп", "останови всё", "δεν", "e0012", "60c", "0.3ml"])
def test_words_of_other_alphabets_and_quantities_stay(text: str) -> None:
    assert plain(text) == text


def test_weights_have_unit_length_and_an_empty_text_none() -> None:
    rarity = np.ones(64)
    places, values = weighed(hashed("one two two", (2, 3), 2, 64), rarity)
    assert np.linalg.norm(values) == pytest.approx(1.0)
    assert places.size == len(set(places.tolist()))
    assert weighed({}, rarity)[1].size == 0
