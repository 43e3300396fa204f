"""Slots: what a sentence of each intent fills in, which tool that calls, and what is asked back where it lacks."""

from __future__ import annotations

import time
from typing import Any

import pytest

from zosimos.agent.offline.asked import asked, experiments_in
from zosimos.agent.offline.intents import read_chat
from zosimos.agent.offline.subject import Subject, subject_in

GEL = Subject(
    {"temperature": "degC", "time": "min"},
    {"solvent": ["water", "ethanol"]},
    {"yield": "%", "purity": "%"},
    budget=40,
    batch=4,
    constraints=["temperature <= 80"],
    last="e0012",
    best="e0007",
)
DYES = Subject({"red": "mL", "blue": "mL"}, {}, {"delta_e": ""}, budget=30, batch=1)


@pytest.mark.parametrize(
    ("intent", "text", "tool", "arguments"),
    [
        ("set_budget", "give it 10 more runs", "propose_settings", {"settings": {"budget.experiments": 50}}),
        ("set_budget", "make it 60 experiments in all", "propose_settings", {"settings": {"budget.experiments": 60}}),
        ("set_budget", "from 40 to 25", "propose_settings", {"settings": {"budget.experiments": 25}}),
        ("set_budget", "double the budget", "propose_settings", {"settings": {"budget.experiments": 80}}),
        ("set_budget", "5 fewer please", "propose_settings", {"settings": {"budget.experiments": 35}}),
        ("set_batch", "one at a time", "propose_settings", {"settings": {"batch": 1}}),
        ("set_batch", "batches of six", "propose_settings", {"settings": {"batch": 6}}),
        ("set_objective", "minimise purity", "propose_settings", {"settings": {"objectives.purity.goal": "min"}}),
        (
            "set_objective",
            "aim for a yield of 80 %",
            "propose_settings",
            {"settings": {"objectives.yield.goal": "target", "objectives.yield.target": 80}},
        ),
        (
            "add_constraint",
            "make sure temperature + time <= 100",
            "propose_settings",
            {"settings": {"constraints": ["temperature <= 80", "temperature + time <= 100"]}},
        ),
        (
            "pin_candidate",
            "try ethanol at temperature 60 degC and time 20 min",
            "propose_advice",
            {"point": "temperature=60 degC,time=20 min,solvent=ethanol"},
        ),
        ("exploration", "be bolder, look elsewhere", "propose_advice", {"explore": "more"}),
        ("exploration", "stick to what works", "propose_advice", {"explore": "less"}),
        ("exploration", "explore less please", "propose_advice", {"explore": "less"}),
        ("exploration", "explore more", "propose_advice", {"explore": "more"}),
        ("set_budget", "raise the budget by 10", "propose_settings", {"settings": {"budget.experiments": 50}}),
        (
            "set_budget",
            "reduce the budget by 5 experiments",
            "propose_settings",
            {"settings": {"budget.experiments": 35}},
        ),
        ("set_budget", "no more than 30 experiments", "propose_settings", {"settings": {"budget.experiments": 30}}),
        ("replicate", "do e0003 once more", "propose_advice", {"replicate": "e0003"}),
        ("replicate", "repeat the best one", "propose_advice", {"replicate": "e0007"}),
        ("exclude", "do not count the last one", "propose_retraction", {"experiment": "e0012"}),
        (
            "correct",
            "run 5 had a yield of 61.5",
            "propose_correction",
            {"experiment": "e0005", "values": {"yield": "61.5"}},
        ),
        (
            "correct",
            "e0005: the purity is 91 and not 19",
            "propose_correction",
            {"experiment": "e0005", "values": {"purity": "91"}},
        ),
        ("explain", "why was e0004 chosen", "explain", {"experiment": "e0004"}),
        ("explain", "compare e0004 and e0005", "compare", {"first": "e0004", "second": "e0005"}),
        ("explain", "which parameter matters most", "explain_campaign", {}),
        ("explain", "why this point", "explain", {"experiment": "e0012"}),
        ("status", "how far are we", "status", {}),
        ("status", "list all runs", "list_experiments", {}),
        ("resume", "go on", "propose_resume", {}),
    ],
)
def test_a_sentence_fills_in_what_it_says(intent: str, text: str, tool: str, arguments: dict[str, Any]) -> None:
    (call,) = asked(intent, text, GEL).calls
    assert call.tool == tool
    assert {name: call.arguments[name] for name in arguments} == arguments
    assert call.arguments.keys() - arguments.keys() <= {"reason"}


@pytest.mark.parametrize(
    ("intent", "text"),
    [
        ("set_budget", "more experiments"),
        ("set_budget", "between 30 and 50 experiments"),
        ("set_budget", "80 fewer"),
        ("set_batch", "larger batches"),
        ("set_bounds", "narrow it a bit"),
        ("set_bounds", "temperature below 60 and above 70, temperature below 50"),
        ("set_objective", "make it better"),
        ("set_objective", "maximise and minimise yield"),
        ("set_objective", "yield and purity as high as possible"),
        ("add_constraint", "if ethanol then not too hot"),
        ("pin_candidate", "try temperature 60"),
        ("exploration", "explore more but stay close to the best"),
        ("exploration", "stop exploring so much"),
        ("exploration", "be less risky"),
        ("set_objective", "stop maximising yield"),
        ("set_objective", "don't minimise purity"),
        ("exclude", "do not exclude e0003"),
        ("exclude", "exclude everything but e0003"),
        ("exclude", "exclude e0003 because it was contaminated by e0002"),
        ("exclude", "drop the experiment 60 degC"),
        ("replicate", "don't repeat e0003"),
        ("replicate", "run 5 replicates"),
        ("replicate", "run 3 at a time"),
        ("undo", "don't undo that"),
        ("resume", "do not resume yet"),
        ("set_bounds", "limit temperature to 350 K"),
        ("set_bounds", "cap temperature at 150 F"),
        ("set_bounds", "temperature below 62,5"),
        ("correct", "the yield of e0001 is 1,5"),
        ("correct", "add 5 to the yield of e0007"),
        ("correct", "e0007 yield was off by 10"),
        ("correct", "e0007 yield between 10 and 12"),
        ("set_budget", "give it 500 euros more"),
        ("set_budget", "extend the campaign to 2 more days"),
        ("set_budget", "raise it to 20"),
        ("add_constraint", "temperature + time must be <= 100"),
        ("add_constraint", "temperature <= 60 and time <= 20"),
        ("replicate", "do it again"),
        ("exclude", "leave that rubbish out"),
        ("correct", "e0005 was wrong"),
        ("correct", "yield is 61.5"),
        ("correct", "e0005 yield 61 or 62"),
    ],
)
def test_what_is_missing_or_could_mean_two_things_is_asked_for(intent: str, text: str) -> None:
    found = asked(intent, text, GEL)
    assert not found.calls
    assert found.question


def test_with_one_outcome_a_correction_need_not_name_it() -> None:
    (call,) = asked("correct", "e0002 should be 3.4", DYES).calls
    assert call.arguments["values"] == {"delta_e": "3.4"}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("e0004", ["e0004"]),
        ("runs: run 3, no. 4 and #5", ["e0003", "e0004", "e0005"]),
        ("experiment 3 again, yes experiment 3", ["e0003"]),
        ("at 45 degC", []),
    ],
)
def test_experiments_are_named_in_many_ways(text: str, names: list[str]) -> None:
    assert experiments_in(text, GEL) == names


@pytest.mark.parametrize(
    ("text", "intent", "tool"),
    [
        ("/explain", "explain", "explain_campaign"),
        ("/compare e0001 e0002", "explain", "compare"),
        ("/replicate e0001", "replicate", "propose_advice"),
        ("/exclude e0001", "exclude", "propose_retraction"),
        ("/correct e0001 yield=12.5", "correct", "propose_correction"),
        ("/try temperature=60,time=20,solvent=water", "pin_candidate", "propose_advice"),
        ("/avoid temperature > 70", "exclude", "propose_advice"),
        ("/prior temperature=60±5", "hypothesis", "propose_advice"),
        ("/explore less", "exploration", "propose_advice"),
        ("/set temperature.max=70", "set_bounds", "propose_bounds"),
        ("/set budget.experiments=50", "set_budget", "propose_settings"),
        ("/set batch=2", "set_batch", "propose_settings"),
        ("/set objectives.yield.goal=min", "set_objective", "propose_settings"),
        ("/set planner.kind=sobol", "set_setting", "propose_settings"),
    ],
)
def test_exact_commands_mean_exactly_what_they_say(text: str, intent: str, tool: str) -> None:
    found = read_chat(text, GEL)
    assert (found.intent, [call.tool for call in found.calls]) == (intent, [tool])


_NO_COMMANDS = """
    / /nonsense /explore_sideways /correct_e0001 /set /replicate /status_now /correct_e0001_yield=12,5
    /set_budget.experiments=.nan /set_space.x.levels=[1,.inf] /replicate_run_2_at_60_degC
    /exclude_e0001_and_more
"""


@pytest.mark.parametrize("text", [word.replace("_", " ") for word in _NO_COMMANDS.split()])
def test_what_is_no_exact_command_does_nothing(text: str) -> None:
    assert read_chat(text, GEL).calls == ()


def test_below_the_margin_it_asks_and_names_three() -> None:
    found = read_chat("the thing with the other one", GEL)
    assert (found.intent, found.calls, len(found.alternatives)) == ("clarify", (), 3)


def test_the_subject_of_facts_that_are_not_there_is_empty() -> None:
    assert subject_in({}) == Subject()


def test_an_experiment_that_is_not_on_record_is_asked_about() -> None:
    known = Subject(experiments=frozenset({"e0001"}))
    assert asked("exclude", "leave out e0001", known).calls
    assert not asked("exclude", "leave out e0002", known).calls


@pytest.mark.parametrize(
    "text", ["red plus blue" + " " * 3900 + "below 1", "x" + " " * 3900 + "y", "a" * 4000, "1 " * 2000]
)
def test_a_long_message_is_read_at_once(text: str) -> None:
    began = time.perf_counter()
    read_chat(text, GEL)
    asked("add_constraint", text, GEL)
    assert time.perf_counter() - began < 20.0
