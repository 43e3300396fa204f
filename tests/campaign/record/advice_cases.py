"""Events of advice: given by somebody, and withdrawn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st
from tests.campaign.record.case import (
    ADVISED,
    BEFORE,
    BY,
    MEASURED,
    NUMBER,
    UNKNOWN,
    WHO,
    WORDS,
    Case,
    body,
    refused,
    without,
)

from zosimos.campaign.ledger.events import Draft, Event
from zosimos.campaign.record.state import State
from zosimos.core.records import Prediction

NEXT = "a0002"
SHARE = st.floats(0, 1)
EXPECTED = st.dictionaries(
    st.just("y"), st.builds(Prediction, NUMBER, st.floats(0.1, 9)).map(Prediction.as_json), max_size=1
)
ITEMS = st.lists(
    st.one_of(
        body(kind="point", values=body(x=SHARE), expected=EXPECTED, reason=WORDS),
        body(kind="replicate", experiment=MEASURED),
        body(kind="exclude", where=st.sampled_from(["x > 0.4", "x < 0.1 or x > 0.9"])),
        body(kind="explore", amount=st.sampled_from(["more", "less"])),
    ),
    min_size=1,
    max_size=3,
)
GIVEN = body(
    advice=NEXT,
    items=ITEMS,
    author=st.sampled_from(["ann", "Ω", "a b"]),
    kind=st.sampled_from(["person", "llm", "program"]),
    reason=WORDS,
    given=1,
    until=st.none() | st.integers(2, 99),
    by=WHO,
)
MORE = body(model=WORDS, prompt=WORDS, cites=WORDS, cost=st.none() | NUMBER)


def _given(was: State, now: State, event: Event) -> None:
    assert list(now.advice) == [*was.advice, event.body["advice"]]
    made = now.advice[event.body["advice"]]
    said = made.advice.as_json()
    assert said == {name: event.body[name] for name in said if name != "id"} | {"id": event.body["advice"]}
    assert (made.by, made.at, made.withdrawn) == (event.body["by"]["name"], event.at, "")
    assert (made.model, made.prompt) == (event.body.get("model", ""), event.body.get("prompt", ""))
    assert made.cites == event.body.get("cites", "")
    assert made.cost == event.body.get("cost")
    assert made.status(len(now.observations)) == "in force"


def _withdrawn(was: State, now: State, event: Event) -> None:
    made = now.advice[event.body["advice"]]
    assert (made.withdrawn, made.withdrawn_by) == (event.at, event.body["by"]["name"])
    assert made.withdrawn_reason == event.body["reason"]
    assert made.status(0) == "withdrawn"
    before = was.advice[made.advice.id]
    assert (made.advice, made.by, made.at) == (before.advice, before.by, before.at)
    assert {**now.advice, made.advice.id: before} == was.advice


def _with(**change: Any) -> dict[str, Any]:
    return {**ADVISED, "advice": NEXT, **change}


def _saying(**item: Any) -> dict[str, Any]:
    return _with(items=[item])


BACK = {"advice": "a0001", "by": BY, "reason": "it was a guess"}

CASES: Mapping[str, Case] = {
    "advice.given": Case(
        GIVEN | st.tuples(GIVEN, MORE).map(lambda two: {**two[0], **two[1]}),
        _given,
        frozenset({"advice"}),
        refused(
            "advice.given",
            *without(_with(), *ADVISED),
            *(_with(advice=name) for name in ("a0001", "a0009")),
            *(_with(items=[]), _with(author=""), _with(author="a\nb"), _with(kind="cat"), _with(given=0)),
            *(_with(until=1), _with(reason=3), _with(cost="much"), _with(by=None)),
            _saying(kind="point", values={"z": 1}, expected={}, reason=""),
            _saying(kind="point", values={"x": 0.5}, expected={"w": {"mean": 1.0, "sd": 1.0}}, reason=""),
            *(_saying(kind="replicate", experiment=UNKNOWN), _saying(kind="exclude", where="z > 1")),
            *(_saying(kind="explore", amount="much"), _saying(kind="dance"), _saying()),
        ),
        BEFORE,
    ),
    "advice.withdrawn": Case(
        body(advice="a0001", by=WHO, reason=WORDS),
        _withdrawn,
        frozenset({"advice"}),
        refused("advice.withdrawn", *without(BACK, *BACK), {**BACK, "advice": NEXT}, {**BACK, "reason": 3})
        | st.just([Draft("advice.withdrawn", BACK)] * 2),
        BEFORE,
    ),
}
