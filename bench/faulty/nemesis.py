"""The nemesis: it starts the runners of a run, does to them and to their ledger what the plan says, and heals it.

Runners that die or end with an error are started again, as a watchdog would, until the campaign is finished or waits
for a person.
"""

from __future__ import annotations

import json
import os
import random
import signal
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field

from faulty import kernel
from faulty.checker import FOR_PEOPLE, Outcome
from faulty.deadlines import SCALE
from faulty.places import Place
from faulty.plan import OUTAGES, Fault, Plan
from faulty.runner import Campaign, Files, Weather, start
from zosimos.campaign.execution.journal import ANSWER_S

LIMIT_S = 45.0
_LOOK_S = 0.005
_AGAIN_S = 0.15
_SLOW_S = (0.02, 0.1, 0.4, 1.5)


@dataclass
class Struck:
    """What really happened.

    Args:
        faults: kinds of the faults that met a running campaign.
        outages: when those began that take the ledger away.
        starts: how many runners were started.
    """

    faults: list[str] = field(default_factory=list)
    outages: list[float] = field(default_factory=list)
    starts: int = 0


class Nemesis:
    """One run's.

    Args:
        plan: what is to happen.
        place: the ledger's.
        campaign: what runners take up.
        files: the run's.
        weather: shared with the runners.
    """

    def __init__(self, plan: Plan, place: Place, campaign: Campaign, files: Files, weather: Weather) -> None:
        self.struck = Struck()
        self._plan = plan
        self._place = place
        self._campaign = campaign
        self._files = files
        self._weather = weather
        self._chance = random.Random(plan.seed)
        self._boundaries = deque((one.commit, one.how == "before") for one in plan.faults if one.commit)
        self._alive: list[int] = []
        self._next = 0.0
        self._read = 0
        self._outcomes: list[Outcome] = []

    def run(self) -> Sequence[Outcome]:
        """Run the campaign to its end, whatever happens; return how its runners ended."""
        began = time.monotonic()
        coming = deque(sorted(self._coming(began), key=lambda item: item[0]))
        try:
            while True:
                now = time.monotonic()
                while coming and coming[0][0] <= now:
                    coming.popleft()[1]()
                self._reap()
                over = any(one.status == "finished" or one.status in FOR_PEOPLE for one in self._outcomes)
                if not self._alive and over:
                    return self._outcomes
                if now > began + LIMIT_S:
                    return [*self._outcomes, *(Outcome(now, "stuck", "it did not end") for _ in self._alive or [0])]
                if not self._alive and now >= self._next:
                    self._start("same")
                time.sleep(_LOOK_S)
        finally:
            self._over()

    def _coming(self, began: float) -> Sequence[tuple[float, Callable[[], None]]]:
        found: list[tuple[float, Callable[[], None]]] = [(began, lambda: self._start("same"))]
        if self._plan.second is not None:
            how, at_s = self._plan.second
            found.append((began + at_s, lambda: self._start(how)))
        for fault in self._plan.faults:
            if fault.commit:
                continue
            found.append((began + fault.at_s, lambda fault=fault: self._begin(fault)))  # type: ignore[misc]
            found.append((began + fault.at_s + fault.for_s, lambda fault=fault: self._end(fault)))  # type: ignore[misc]
        return found

    def _start(self, how: str) -> None:
        contained = how == "elsewhere" and kernel.able()
        past = how in ("direct", "elsewhere")  # the proxy, and the cable
        dies = None
        if how == "same" and self._boundaries:
            dies = self._boundaries.popleft()
        url = self._place.way("direct" if past else how)
        cable = None if past else self._place.cable
        pid = start(url, self._campaign, self._files, self._weather, elsewhere=contained, cable=cable, dies=dies)
        self._alive.append(pid)
        self.struck.starts += 1

    def _begin(self, fault: Fault) -> None:
        self._reap()
        if not self._alive:
            return
        self.struck.faults.append(fault.kind)
        first = self._alive[0]
        began = time.monotonic()
        if fault.kind in ("kill", "stop", "pause"):
            number = {"kill": signal.SIGKILL, "stop": signal.SIGTERM, "pause": signal.SIGSTOP}[fault.kind]
            with suppress(ProcessLookupError):
                os.kill(first, number)
        elif fault.kind == "clock":
            self._weather.clock_s.value = self._chance.choice((-1.0, 1.0)) * self._chance.choice((3.0, 600.0, 90_000.0))
        elif fault.kind == "slow":
            self._weather.slow_s.value = self._chance.choice(_SLOW_S)
        elif fault.kind == "full" and not kernel.able():
            self._weather.full.value = 1.0
        else:
            self._place.harm(fault.kind, fault.how)
        # A disk that is slow and keeps to the deadlines is no outage: the campaign goes on, slowly.
        if fault.kind in OUTAGES and (fault.kind != "slow" or self._weather.slow_s.value > ANSWER_S * SCALE):
            self.struck.outages.append(began)

    def _end(self, fault: Fault) -> None:
        if fault.kind == "pause":
            for pid in self._alive:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)
        elif fault.kind not in ("kill", "stop"):
            self._heal()

    def _heal(self) -> None:
        for one in (self._weather.slow_s, self._weather.clock_s, self._weather.full):
            one.value = 0.0
        self._place.heal()

    def _reap(self) -> None:
        for pid in list(self._alive):
            found, status = os.waitpid(pid, os.WNOHANG)
            if not found:
                continue
            self._alive.remove(pid)
            self._next = time.monotonic() + _AGAIN_S
            if os.WIFSIGNALED(status):
                self._outcomes.append(Outcome(time.monotonic(), "killed", signal.Signals(os.WTERMSIG(status)).name))
                if os.WTERMSIG(status) == signal.SIGKILL and "kill" not in self.struck.faults:
                    self.struck.faults.append("kill")
            elif status:
                self._outcomes.append(Outcome(time.monotonic(), "bug", f"exit status {status}: see its traceback"))
        if self._files.outcomes.exists():
            lines = self._files.outcomes.read_text().splitlines()
            self._outcomes += [Outcome(**json.loads(line)) for line in lines[self._read :]]
            self._read = len(lines)

    def _over(self) -> None:
        """Leave nothing running and nothing broken."""
        for pid in self._alive:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
        self._alive.clear()
        self._heal()


def as_json(outcomes: Sequence[Outcome]) -> list[dict[str, object]]:
    """Return outcomes as JSON data."""
    return [asdict(one) for one in outcomes]
