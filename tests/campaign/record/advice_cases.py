"""Events of advice: given, withdrawn, a hypothesis of it found true or false; an advisor asked, and what came of it."""

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
from tests.campaign.record.model_cases import ACCOUNT, WRONG_ACCOUNTS

from zosimos.campaign.ledger.events import Draft, Event
from zosimos.campaign.record.model_use import total
from zosimos.campaign.record.state import State
from zosimos.core.records import Prediction

NEXT = "a0002"
SHARE = st.floats(0, 1)
EXPECTED = st.dictionaries(
    st.just("y"), st.builds(Prediction, NUMBER, st.floats(0.1, 9)).map(Prediction.as_json), max_size=1
)
STATEMENT = st.one_of(
    body(
        form="trend",
        quantity="y",
        parameter="x",
        direction=st.sampled_from(["rises", "falls"]),
        where=st.sampled_from(["", "x > 0.2"]),
    ),
    body(form="region", quantity="y", where="x > 0.4"),
    body(form="rule", quantity="y", sign=st.sampled_from(["<", ">="]), bound=NUMBER, where="x < 0.5"),
    body(form="law", quantity="y", formula="k * x", constants=body(k=st.just([0.0, 5.0]))),
)
ITEMS = st.lists(
    st.one_of(
        body(kind="point", values=body(x=SHARE), expected=EXPECTED, reason=WORDS),
        body(kind="replicate", experiment=MEASURED),
        body(kind="exclude", where=st.sampled_from(["x > 0.4", "x < 0.1 or x > 0.9"])),
        body(kind="explore", amount=st.sampled_from(["more", "less"])),
        body(kind="hypothesis", statement=STATEMENT, probability=st.sampled_from([0.01, 0.5, 0.99])),
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


def _wanted(was: State, now: State, event: Event) -> None:
    (call,) = now.calls[len(was.calls) :]
    assert (call.moment, call.status, call.by, call.at) == ("word", "wanted", event.body["by"]["name"], event.at)


def _asked(was: State, now: State, event: Event) -> None:
    call = now.calls[event.body["call"] - 1]
    assert (call.moment, call.author) == tuple(event.body[name] for name in ("moment", "author"))
    assert (call.status, call.seen, call.at) == ("asked", event.body["seen"], event.at)
    assert len(now.calls) == max(len(was.calls), event.body["call"])


def _answered(was: State, now: State, event: Event) -> None:
    call, body = now.calls[event.body["call"] - 1], event.body
    used = body["tokens"] or body["cost"] is not None
    counted = total(now).calls - total(was).calls
    assert counted == (1 if used and "models" not in body else 0), "what has an account is counted by it alone"
    assert call.as_json() == was.calls[body["call"] - 1].as_json() | {
        name: item
        for name, item in (*body.items(), ("status", body["said"]))
        if name not in ("call", "said") and item not in ("", [], {}, None)
    }


def _with(**change: Any) -> dict[str, Any]:
    return {**ADVISED, "advice": NEXT, **change}


def _saying(**item: Any) -> dict[str, Any]:
    return _with(items=[item])


TREND = {"form": "trend", "quantity": "y", "parameter": "x", "direction": "rises", "where": ""}


def _stating(statement: Any = TREND, probability: Any = 0.5) -> dict[str, Any]:
    return _saying(kind="hypothesis", statement=statement, probability=probability)


def _resolved(was: State, now: State, event: Event) -> None:
    made, before = now.advice[event.body["advice"]], was.advice[event.body["advice"]]
    assert (made.holds, made.resolved) == (event.body["holds"], event.at)
    assert (made.resolved_by, made.resolved_reason) == (event.body["by"]["name"], event.body["reason"])
    assert (made.advice, made.by, made.at, made.withdrawn) == (before.advice, before.by, before.at, before.withdrawn)
    assert {**now.advice, made.advice.id: before} == was.advice


SETTLED = {"advice": NEXT, "holds": True, "by": BY, "reason": "a colleague measured it"}
BACK = {"advice": "a0001", "by": BY, "reason": "it was a guess"}

OTHER = ["start", "every", "plateau", "surprise", "drift"]
CALL: dict[str, Any] = {"call": 1, "moment": "every", "seen": 1, "author": "rules"}
NOTHING: dict[str, Any] = {"call": 1, "said": "nothing", "advice": "", "words": "", "suggests": [], "tokens": {}}
NOTHING["cost"] = None
WISH = {"by": BY, "reason": ""}
WISHED = (*BEFORE, Draft("advice.wanted", WISH))
ANSWER = body(
    call=1,
    said=st.sampled_from(["nothing", "problem"]),
    advice="",
    words=WORDS,
    suggests=st.lists(WORDS, max_size=2),
    tokens=st.dictionaries(st.sampled_from(["input", "output"]), st.integers(0, 10**6)),
    cost=st.none() | st.floats(0, 9),
)
PAID = st.tuples(ANSWER, ACCOUNT).map(lambda two: {**two[0], "models": two[1]})

CASES: Mapping[str, Case] = {
    "advice.wanted": Case(
        body(by=WHO, reason=WORDS),
        _wanted,
        frozenset({"calls"}),
        refused("advice.wanted", *without(WISH, *WISH), {**WISH, "by": "ann"}, {**WISH, "reason": 3}),
        BEFORE,
    ),
    "advice.asked": Case(
        body(call=2, moment=st.sampled_from(OTHER), seen=1, author=WORDS)
        | body(call=1, moment="word", seen=1, author=WORDS),
        _asked,
        frozenset({"calls"}),
        refused(
            "advice.asked",
            *without(CALL, *CALL),
            *({**CALL, "call": place} for place in (1, 0, -1, 3, True, "1")),
            *({**CALL, "call": 2, **wrong} for wrong in ({"moment": "noon"}, {"moment": "word"}, {"seen": 0})),
            *({**CALL, "call": 2, **wrong} for wrong in ({"author": None}, {"author": 3})),
        )
        | st.just([Draft("advice.asked", {**CALL, "moment": "word"})] * 2),
        WISHED,
    ),
    "advice.answered": Case(
        ANSWER | ANSWER.map(lambda one: {**one, "said": "advice", "advice": "a0001"}) | PAID,
        _answered,
        frozenset({"calls", "models"}),
        refused(
            "advice.answered",
            *without(NOTHING, *NOTHING),
            *({**NOTHING, "call": place} for place in (0, -1, 2)),
            *({**NOTHING, "said": said} for said in ("advice", "wanted", "asked", "no")),
            *({**NOTHING, **wrong} for wrong in ({"advice": "a0001"}, {"said": "advice", "advice": NEXT})),
            *({**NOTHING, **wrong} for wrong in ({"words": 3}, {"suggests": [3]}, {"suggests": "x"}, {"cost": "1"})),
            *({**NOTHING, "tokens": wrong} for wrong in ([], {"input": "many"}, {"input": 0.5})),
            *({**NOTHING, "models": wrong} for wrong in WRONG_ACCOUNTS),
        )
        | st.just([Draft("advice.answered", NOTHING)] * 2),
        (*BEFORE, Draft("advice.asked", CALL)),
    ),
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
            *(_stating(probability=p) for p in (0, 1, 2.0, -0.5, "0.5", None, True)),
            *(_stating({**TREND, "quantity": "w"}), _stating({**TREND, "parameter": "z"})),
            *(_stating({**TREND, "direction": "turns"}), _stating({**TREND, "form": "tale"}), _stating({})),
            *(_stating({**TREND, "where": "x >"}), _stating({**TREND, "more": 1}), _stating("y rises with x")),
            _stating({"form": "law", "quantity": "y", "formula": "k * x", "constants": {}}),
            _stating({"form": "law", "quantity": "y", "formula": "k * x", "constants": {"k": [1.0, 1.0]}}),
            _stating({"form": "rule", "quantity": "y", "sign": ">", "bound": None, "where": "x > 0"}),
        ),
        BEFORE,
    ),
    "advice.resolved": Case(
        body(advice=NEXT, holds=st.booleans(), by=WHO, reason=WORDS),
        _resolved,
        frozenset({"advice"}),
        refused(
            "advice.resolved",
            *without(SETTLED, *SETTLED),
            *({**SETTLED, "advice": name} for name in ("a0001", "a0009")),
            *({**SETTLED, "holds": holds} for holds in (None, 1, "yes")),
            {**SETTLED, "reason": 3},
        ),
        (*BEFORE, Draft("advice.given", _stating())),
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
