"""What actions of other packages may say: not what our own record says, nor what became of another's effect."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, TypeAlias

import pytest

from zosimos.campaign.lab import Probe
from zosimos.campaign.record.experiment import Experiment, Step
from zosimos.core.clock import Clock
from zosimos.core.errors import ExecutionError
from zosimos.core.records import Candidate
from zosimos.core.validation import validated
from zosimos.workcell.action import Action
from zosimos.workcell.deck import Deck
from zosimos.workcell.execution import history
from zosimos.workcell.execution.interpreter import carry_out
from zosimos.workcell.execution.probing import found_out
from zosimos.workcell.execution.recorder import Unrecorded
from zosimos.workcell.execution.scheduling import Holds
from zosimos.workcell.execution.station_run import StationRun
from zosimos.workcell.execution.unsettled import Unsettled
from zosimos.workcell.labfile import LabFile
from zosimos.workcell.protocol.model import ProtocolStep

Install: TypeAlias = Callable[[str, str, Mapping[str, Mapping[str, str]]], None]

BALANCE: dict[str, Any] = {
    "name": "bench",
    "devices": {"scales": {"driver": "mt-sics", "link": "in-process", "url": "sim://bench/scales"}},
    "stations": {"bench": {"devices": {"balance": "scales"}}},
    "world": {},
}


def deck() -> Deck:
    return Deck(validated(LabFile, BALANCE, "lab file"), Clock(), None)


def station_run() -> StationRun:
    one = deck()
    return StationRun(one, Holds(Clock(), lambda _: "", {}), Unrecorded(), "e0001", "bench", {})


def acting(package: str, answer: Any) -> type[Action]:
    """Return an action of a package that says this of every tare."""

    class Thing(Action):
        settles: ClassVar[frozenset[str]] = frozenset({"tare"})

        async def run(self, at: StationRun) -> None:
            """Do nothing."""

        @classmethod
        async def probe(cls, unsettled: Unsettled) -> Any:
            if isinstance(answer, Exception):
                raise answer
            return answer

        @classmethod
        def holds(cls, step: Step) -> bool:
            raise KeyError(step.name)

    Thing.__module__ = f"{package}.things"
    return Thing


def tare() -> Step:
    params = {"device": "scales", "verb": "tare", "channel": "", "amount": None, "station": "bench"}
    return Step(1, "tare", params, False, 1)


def asked(*actions: type[Action]) -> Probe:
    return asyncio.run(found_out(actions, Unsettled(deck(), [tare()], tare())))


def test_the_outcome_of_an_effect_is_what_the_actions_of_its_package_say() -> None:
    assert asked(acting("ours", Probe("done"))).answer == "done"
    assert asked(acting("ours", Probe("unknown", why="no")), acting("ours", Probe("undone"))).answer == "undone"
    assert asked().answer == "unknown"


@pytest.mark.parametrize("other", [Probe("done"), Probe("unknown", why="the balance disagrees")])
def test_packages_that_do_not_agree_leave_it_to_a_person(other: Probe) -> None:
    found = asked(acting("ours", other), acting("theirs", Probe("undone")))
    assert found.answer == "unknown"
    assert "theirs says undone" in found.why


@pytest.mark.parametrize("answer", [KeyError("start"), None, "done", Probe("maybe")])  # type: ignore[arg-type]  # no answer
def test_an_action_that_cannot_say_has_found_out_nothing(answer: Any) -> None:
    found = asked(acting("theirs", answer))
    assert found.answer == "unknown"
    assert "of theirs" in found.why


def test_an_action_that_cannot_say_whether_it_holds_its_device_does() -> None:
    station = Step(0, history.STATION, {}, True, 1, "done", {"station": "bench"}, "read")
    one = Experiment("e0001", Candidate({}, "sobol"), "d0001", 1, "uncertain", [station, tare()])
    assert history.reserved({"e0001": one}, [acting("theirs", None)]) == {"bench": "e0001", "scales": "e0001"}


@pytest.mark.parametrize("name", ["cleaned", "station", "ask"])
def test_no_reading_can_pass_for_what_the_record_is_read_by(name: str) -> None:
    async def look() -> dict[str, Any]:
        return {}

    with pytest.raises(ExecutionError, match=f"may not be called '{name}'"):
        asyncio.run(station_run().read(name, look, role="balance"))
    with pytest.raises(ExecutionError, match=f"may not be called '{name}'"):
        asyncio.run(station_run().work_out(name, dict, {}))


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_is_no_finite_number_is_no_measurement(value: float) -> None:
    with pytest.raises(ExecutionError, match="mass is no finite number"):
        station_run().measured("mass", value)


def test_an_action_cannot_end_the_program(install: Install) -> None:
    code = "from zosimos.workcell.action import Action\nclass Thing(Action):\n"
    code += "    async def run(self, at):\n        raise SystemExit(0)\n"
    install("zosimos-odd", code, {"zosimos.actions": {"leave": "Thing"}})
    step = validated(ProtocolStep, {"leave": {}}, "steps.0")
    with pytest.raises(ExecutionError, match="the action leave of zosimos-odd failed: SystemExit"):
        asyncio.run(carry_out([step], station_run()))
