"""The kits for labs and executors pass our own labs, and name what is wrong with broken ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from zosimos.campaign.lab import Executor, Lab, Past, Probe, Steps, Task
from zosimos.campaign.record.experiment import Experiment, Step
from zosimos.campaign.testing import check_lab, executor_checks, lab_checks
from zosimos.core.clock import Clock, ClockKind
from zosimos.core.conformance import Check
from zosimos.core.errors import SpecError
from zosimos.core.objective import Objective
from zosimos.core.records import Measurement
from zosimos.core.space import SearchSpace
from zosimos.labs.colour import ColourLab
from zosimos.labs.pool import PoolLab

TABLE = "x,y,quality\n" + "".join(f"{x},{y},{x * y}\n" for x in (1, 2, 3) for y in (1, 2, 4))
FILES = {"file": TABLE.encode()}
POOL = {"objectives": {"quality": {"goal": "max"}}, "lab": {"kind": "pool", "file": "table.csv", "latency": "1 min"}}
COLOUR = dict(ColourLab.card().spec)


def pool() -> PoolLab:
    return PoolLab({"file": "table.csv", "latency": "1 min"}, FILES)


def colour() -> ColourLab:
    return ColourLab({name: value for name, value in COLOUR["lab"].items() if name != "kind"}, {})


@pytest.mark.slow
@pytest.mark.parametrize("check", [*lab_checks(pool, POOL, FILES), *executor_checks(pool, POOL, FILES)], ids=str)
def test_the_pool_is_a_lab(check: Check) -> None:
    check()


@pytest.mark.slow
@pytest.mark.parametrize("check", [*lab_checks(colour, COLOUR), *executor_checks(colour, COLOUR)], ids=str)
def test_the_colour_lab_is_a_lab(check: Check) -> None:
    check()


class Bath:
    """A water bath that measures how fast sugar dissolves; each breach of the contract is one that authors make."""

    def __init__(self, breach: str = "") -> None:
        self.breach = breach
        self.runs = 0

    @classmethod
    def files(cls, options: Mapping[str, Any]) -> Mapping[str, str]:
        return {}

    @classmethod
    def card(cls) -> None:
        return None

    @property
    def clock(self) -> ClockKind:
        return "sundial" if self.breach == "clock" else "virtual"  # type: ignore[return-value]  # a breach

    def candidates(self) -> None:
        return None

    def outcomes(self, objectives: Sequence[str]) -> Sequence[str]:
        return ()

    def check(self, objectives: Sequence[str], parameters: Sequence[str]) -> None:
        for name in (*objectives, *parameters):
            if name not in ("rate", "temperature") and self.breach != "takes anything":
                raise SpecError(f"the bath knows no {name!r}", field=name)

    def fits(self, space: SearchSpace) -> None:
        return None

    def simulated(self) -> Lab:
        return self

    def account(self, space: SearchSpace, experiments: Sequence[Experiment]) -> Mapping[str, str]:
        return {"sugar": 3.5} if self.breach == "account" else {"sugar": f"{len(experiments)} g"}  # type: ignore[dict-item]  # a breach

    def executor(self, objectives: Sequence[Objective], space: SearchSpace, clock: Clock, past: Past) -> Executor:
        return _BathExecutor(self, past)


CHANCE = iter(range(10_000))


class _BathExecutor:
    def __init__(self, bath: Bath, past: Past) -> None:
        self.breach = bath.breach
        self.past = past
        self.closed = False

    async def prepare(self) -> Mapping[str, Any]:
        return {"zero": {1, 2}} if self.breach == "prepares a set" else {"zero": 0.0}

    def exhausted(self) -> str:
        return None if self.breach == "exhausted" else ""  # type: ignore[return-value]  # a breach

    async def run(self, task: Task, steps: Steps) -> Sequence[Measurement]:
        async def heat(_: str) -> None:
            return None

        async def stir(_: str) -> None:
            return None

        started = any(step for step in self.past.experiments[task.experiment].steps)
        if self.breach == "skips what is done" and started:
            await steps.effect("stir", stir)
        await steps.effect("heat", heat, params={"temperature": task.values["temperature"]})
        await steps.wait(60)
        await steps.effect("stir", stir, repeatable=True)
        value = float(task.values["temperature"]) / 10 + (next(CHANCE) if self.breach == "chance" else 0)
        name = "colour" if self.breach == "measures another" else "rate"
        return [Measurement(name, value, 0.1, origin="simulated")]

    async def probe(self, task: Task, step: Step) -> Probe:
        return "done" if self.breach == "probe" else Probe("undone")  # type: ignore[return-value]  # a breach

    async def safe_state(self) -> None:
        assert not self.closed

    async def close(self) -> None:
        if self.closed and self.breach == "closes once":
            raise RuntimeError("it is closed already")
        self.closed = True


BATH = {
    "space": {"temperature": {"min": 20, "max": 90}},
    "objectives": {"rate": {"goal": "max"}},
    "lab": {"kind": "bath"},
}


@pytest.mark.slow
@pytest.mark.parametrize("check", [*lab_checks(Bath, BATH), *executor_checks(Bath, BATH)], ids=str)
def test_a_small_lab_keeps_the_contract(check: Check) -> None:
    check()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("breach", "named"),
    [
        ("clock", "it has everything that a lab has"),
        ("takes anything", "it refuses an objective that it does not know"),
        ("takes anything", "it refuses a parameter that it does not know"),
        ("account", "it accounts for what was used, in words"),
        ("measures another", "it measures every objective"),
        ("chance", "the same campaign runs the same way"),
        ("prepares a set", "what it prepares is JSON data"),
        ("exhausted", "it says in words what has run out"),
        ("closes once", "it may be made safe and closed at any time, and twice"),
        ("probe", "asked what happened, it says done, undone or unknown"),
        ("skips what is done", "killed before an effect, it goes on with the same steps"),
        ("skips what is done", "killed after an effect, it goes on with the same steps"),
    ],
)
def test_a_breach_of_the_contract_fails_the_check_of_that_name(breach: str, named: str) -> None:
    def broken() -> Bath:
        return Bath(breach)

    by_name = {str(check): check for check in [*lab_checks(broken, BATH), *executor_checks(broken, BATH)]}
    with pytest.raises((AssertionError, RuntimeError, TypeError)):
        by_name[named]()


def test_the_whole_kit_names_the_check_that_failed() -> None:
    with pytest.raises(AssertionError, match="it refuses an objective that it does not know: an objective that it"):
        check_lab(lambda: Bath("takes anything"), BATH)


def test_a_lab_that_lacks_a_part_is_told_which() -> None:
    class Half(Bath):
        account = property()  # type: ignore[assignment]  # it is gone

    (check,) = [check for check in lab_checks(Half, BATH) if str(check) == "it has everything that a lab has"]
    with pytest.raises(AssertionError, match="it has no account"):
        check()
