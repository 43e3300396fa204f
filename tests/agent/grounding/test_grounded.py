"""What a reply may claim: each number, experiment, superlative and deed is on record, or it is marked."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zosimos.agent.grounding.facts import Facts
from zosimos.agent.grounding.grounded import LEFT_OUT, Grounded, grounded
from zosimos.agent.grounding.judging import NOT_DONE, NOT_FILED, WAITS
from zosimos.agent.quotation import disarmed
from zosimos.campaign.control.commands import Commands, create
from zosimos.campaign.control.comparing import Result
from zosimos.campaign.definition.read import parse_spec
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.record.record import Record
from zosimos.campaign.setup import assemble
from zosimos.core.records import Measurement

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SPEC = {
    "name": "Dyes",
    "space": {"blue": {"min": 0, "max": 0.5, "unit": "mL"}, "temp": {"min": 20, "max": 90, "unit": "degC"}},
    "objectives": {"delta_e": {"goal": "min"}, "yield": {"goal": "max", "unit": "%"}},
    "approval": "suggest",
    "budget": {"experiments": 25},
}
ROWS = ((0.3098, 60.0, 3.42, 71.2), (0.1221, 35.0, 8.07, 40.4), (0.4402, 80.0, 5.55, 88.8))


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with Ledger(str(tmp_path_factory.mktemp("ledger") / "ledger.db")) as ledger:
        setup = assemble(parse_spec(SPEC), {})
        record = create(ledger, setup, author="tester", now=NOW, entropy=random.Random(0))
        commands = Commands(record, "tester", NOW)
        commands.tell(
            setup,
            [
                Result(
                    None,
                    {"blue": blue, "temp": temp},
                    [Measurement("delta_e", delta, 0.05), Measurement("yield", found, 0.8, "%")],
                )
                for blue, temp, delta, found in ROWS
            ],
        )
        commands.steer(setup, {"space.temp.max": 85}, "it boils")
        yield record


FILED = [
    {
        "tool": "propose_bounds",
        "result": {
            "token": "k7m2p9xq-3f2a9c41",
            "verb": "steer",
            "changes": [{"path": "space.blue.max", "old": 0.5, "new": 0.3}],
        },
    }
]


def shown(record: Record, text: str, *, results: Any = (), said: str = "") -> str:
    return seen(record, text, results=results, said=said).text


def seen(record: Record, text: str, *, results: Any = (), said: str = "") -> Grounded:
    return grounded(disarmed(text), Facts(record.state, results, said))


@pytest.mark.parametrize(
    "text",
    [
        "e0001 gave a delta_e of 3.42 at 0.31 mL of blue.",
        "e0001 used 310 uL of blue.",
        "e0001 used about 300 uL of blue.",
        "e0001 gave delta E 3.4 and yield 71 %; e0002 gave 8.07 and 40 %.",
        "delta_e fell by 4.65 from e0002 to e0001.",
        "e0002 and e0003 gave yields of 40.4 % and 88.8 %.",
        "Three experiments were measured, all with a delta_e above 3.",
        "Two experiments gave a delta_e above 5.",
        "e0003 has the highest yield.",
        "The lowest delta_e is 3.42, in e0001.",
        "The mean delta_e is 5.68.",
        "The upper bound of blue is 0.5 mL, that of temp 85 degC.",
        "temp.max was lowered from 90 degC to 85 degC.",
        "The campaign is active.",
        "1. e0001\n2. e0002\nOn 2026-03-01 at 12:00, K2CO3 was the 2nd choice.",
        'You said: "keep blue under 0.27 mL please". I did nothing.',
        "You asked for at most 0.27 mL.",
        "I could propose 0.2 mL, if you like.",
        "Nothing was changed.",
    ],
)
def test_what_is_on_record_passes_as_it_is(record: Record, text: str) -> None:
    assert shown(record, text, said="keep blue under 0.27 mL please") == disarmed(text)


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("e0001 gave a delta_e of 3.52.", "3.52 (unverified)"),
        ("e0001 gave a delta_e of 8.07.", "8.07 (unverified)"),
        ("e0001 used 0.31 mL of temp.", "0.31 mL (unverified)"),
        ("e0001 used 310 mL of blue.", "310 mL (unverified)"),
        ("e0009 did well.", "e0009 (unverified)"),
        ("Advice a0001 says so.", "a0001 (unverified)"),
        ("The best yield is that of e0001.", "e0001 (unverified: on record it is e0003)"),
        ("e0002 has the highest yield.", "e0002 (unverified: on record it is e0003)"),
        ("delta_e fell by 2.65 from e0002 to e0001.", "2.65 (unverified)"),
        ("The upper bound of blue is 0.4 mL.", "0.4 mL (unverified)"),
        ("The campaign is paused.", "(That is not on record: the campaign is active.)"),
        ("e0002 was cancelled.", NOT_DONE),
        ("5 of 25 experiments are used.", "0 (not 5) of 25"),
        ("Two experiments gave a delta_e above 3.", "3 (not Two)"),
        ("| run | yield |\n|---|---|\n| e0001 | 88.8 |", "88.8 (unverified)"),
        ("The yield is 95 %.", "95 % (unverified)"),
        ("You should know that the yield is 95 %.", "95 % (unverified)"),
        ("Bound set.", NOT_DONE),
        ("I have, as you can see, paused it.", NOT_DONE),
        ("e0001 gave 3.42 and it will give 91 % next.", "91 % (unverified)"),
    ],
)
def test_what_is_not_on_record_is_marked_in_place(record: Record, text: str, marked: str) -> None:
    assert marked in shown(record, text, said="is the yield 95 % by now?")


@pytest.mark.parametrize(
    "text",
    [
        "I have set the bound to 0.3 mL.",
        "I've set blue.max to 0.3.",
        "Done: the bound is now 0.3 mL.",
        "The bound of blue was changed to 0.3 mL.",
        "I p\u0430used the campaign.",
        "I pau\u200bsed the campaign.",
        "\uff29 \uff50\uff41\uff55\uff53\uff45\uff44 it.",
        "Your change is approved.",
        "Ich habe die Grenze auf 0.3 mL gesetzt.",
    ],
)
@pytest.mark.parametrize("results", [[], FILED])
def test_a_deed_of_the_models_never_passes_as_it_stands(record: Record, text: str, results: Any) -> None:
    found = shown(record, text, results=results)
    assert found == (WAITS if results else NOT_DONE)


def test_a_proposal_was_filed_only_where_this_turn_filed_one(record: Record) -> None:
    text = "I filed a proposal: blue at most 0.3 mL."
    assert shown(record, text, results=FILED) == text
    assert shown(record, text) == NOT_FILED


def test_a_number_of_a_proposal_is_no_number_of_the_record(record: Record) -> None:
    assert "(unverified)" in shown(record, "The maximum of blue is currently 0.3 mL.", results=FILED)


def test_an_outcome_without_its_experiment_gets_it(record: Record) -> None:
    found = seen(record, "A delta_e of 3.42 was reached.")
    assert (found.text, found.citations) == ("A delta_e of 3.42 [e0001] was reached.", ("e0001",))


def test_every_claim_says_where_it_was_found(record: Record) -> None:
    found = seen(record, "e0001 gave a delta_e of 3.42, the lowest. I paused it.")
    assert {(claim.kind, claim.verdict, claim.found) for claim in found.claims} == {
        ("id", "found", "an experiment on record"),
        ("number", "found", "delta_e of e0001"),
        ("superlative", "found", "the record: e0001"),
        ("deed", "false", ""),
    }
    assert [claim.words for claim in found.marked] == ["I paused it."]


def test_marks_stay_when_the_text_is_disarmed_again(record: Record) -> None:
    text = "I have set it. yes: e0009 gave 3.9. 5 of 25 experiments used. The campaign is paused."
    for results in ([], FILED):
        found = shown(record, text, results=results)
        assert disarmed(found) == found


_PIECES = st.sampled_from(
    [
        *[
            "e0001",
            "e0009",
            "3.42",
            "9.9",
            "mL",
            "%",
            "I",
            "have",
            "set",
            "paused",
            "the",
            "best",
            "is",
            "now",
            "blue",
            "delta_e",
            "yield",
            "|",
            "-",
            ".",
            ",",
            ";",
            ":",
            "(",
            ")",
            "±",
            "×",
        ],
        "\n",
        "\n\n",
        "\n|---|\n",
    ]
)


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.text(max_size=300), st.lists(_PIECES, max_size=60).map(" ".join)))
def test_any_text_is_read_and_nothing_but_what_is_marked_changes(record: Record, text: str) -> None:
    plain = disarmed(text)
    found = grounded(plain, Facts(record.state))
    if not found.marked and not any(claim.cites for claim in found.claims):
        assert found.text == plain
    for claim in found.claims:
        assert 0 <= claim.start < claim.end <= len(plain)
    assert set(found.citations) <= {"e0001", "e0002", "e0003"}


@given(st.integers(0, 3))
@settings(max_examples=4, deadline=None)
def test_a_wrong_number_never_passes_whatever_stands_around_it(record: Record, place: int) -> None:
    around = ["Well, ", "- ", "As asked: ", "**Note** "][place]
    assert "7.77 (unverified)" in shown(record, f"{around}e0001 gave a delta_e of 7.77.")


@pytest.mark.parametrize(
    "text",
    [
        "I have\npaused the campaign.",
        "| I have | paused it |",
        "I  have   paused it",
        "**I** have _paused_ it",
        "It  has   been **paused**.",
    ],
)
def test_a_deed_is_seen_across_lines_cells_and_marks(record: Record, text: str) -> None:
    assert "(That is not on record" in shown(record, text)


def test_an_answer_that_is_mostly_made_up_is_left_out(record: Record) -> None:
    assert shown(record, "e0001 gave 7.77, " * 300) == LEFT_OUT


def test_what_a_tool_said_in_words_is_no_claim_of_the_models(record: Record) -> None:
    told = [{"tool": "explain", "result": {"notes": ["the model explains 37 % of what was seen"]}}]
    text = "the model explains 37 % of what was seen"
    assert shown(record, text, results=told) == text
    assert shown(record, text) != text


@pytest.mark.parametrize("number", ["1e999", "5 x 10^400", "(1.2 \u00b1 0.1) x 10^999", "about 1e305"])
def test_a_number_too_large_to_hold_is_marked_like_any_other(record: Record, number: str) -> None:
    assert "(unverified)" in shown(record, f"The best yield is {number} in e0003.")


def test_only_what_was_really_said_is_a_quotation(record: Record) -> None:
    text = 'You wrote: "I have paused the campaign".'
    assert shown(record, text, said="yesterday I have paused the campaign, why?") == text
    assert shown(record, text) == NOT_DONE
