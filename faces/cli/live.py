"""What is seen of a campaign while it runs: a live panel in a terminal, plain lines elsewhere, or nothing at all."""

from __future__ import annotations

import contextlib
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from zosimos.faces.cli import screen
from zosimos.faces.cli.context import Desk
from zosimos.faces.cli.tables import ran_at

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.live import Live

    from zosimos.campaign.record.state import State
    from zosimos.core.records import Observation

See = Callable[["State"], None]
_REFRESH_S = 0.1
_PATIENCE = 10  # drawing may take one part in so many of the time


@contextlib.contextmanager
def display(here: Desk, state: State, *, quiet: bool, pace: float | None) -> Iterator[See]:
    """Show a campaign as it goes; gives the function to call after each turn of its loop.

    Args:
        here: for the commands to type.
        state: the campaign as the display begins.
        quiet: show nothing.
        pace: real seconds for each simulated second, if the campaign is paced.
    """
    out = screen.console()
    if quiet:
        yield lambda _: None
    elif out.is_terminal:
        from rich.live import Live

        with Live(console=out, auto_refresh=False) as live:
            panel = _Panel(here, live, pace)
            yield _tolerant(panel)
            panel.last()
    else:
        yield _tolerant(_Lines(here, state))


def _tolerant(see: See) -> See:
    """Go on in silence when nobody reads any more: a closed pipe does not stop a campaign."""
    gone = False

    def tolerant(state: State) -> None:
        nonlocal gone
        if not gone:
            try:
                see(state)
            except OSError:
                gone = True

    return tolerant


class _Lines:
    """A line for each result and for each thing only a person can do."""

    def __init__(self, here: Desk, state: State) -> None:
        self._here = here
        self._seen = len(state.observations)
        self._asked: list[dict[str, Any]] = []

    def __call__(self, state: State) -> None:
        from zosimos.campaign import views

        news = state.observations[self._seen :]
        for place, observation in enumerate(news, start=self._seen + 1):
            screen.say(f"[{place}/{state.spec.budget.experiments}] {_result(state, observation)}")
        self._seen += len(news)
        asked = views.waiting_for(state)
        if asked != self._asked:
            self._asked = asked
            for item in asked:
                screen.say(f"waits: {need(self._here, item)}")


def _result(state: State, observation: Observation) -> str:
    from zosimos.campaign import views, wording

    if observation.failed:
        found = state.experiments[observation.experiment]
        why = str(found.amendments[-1]) if found.status == "retracted" else f"failed: {found.reason}"
        return f"{found.id} {why}"
    outcomes = {name: {**item.as_outcome(), "limit": item.limit} for name, item in observation.measurements.items()}
    told, where = wording.outcomes(state.spec, outcomes), views.in_space(state, observation.values)
    return f"{observation.experiment} {told}  at {wording.recipe(state.spec, where)}"


def need(here: Desk, item: dict[str, Any]) -> str:
    """Return one thing a person must do, with the command that does it."""
    match item["kind"]:
        case "approval":
            what = f"approval of {' '.join(item['experiments'])}"
        case "resolve":
            what = f"{item['experiment']} is uncertain ({item['reason']})"
        case "operator":
            what = f"to do for {item['experiment']}: {item['text']}"
        case "results":
            what = f"results of {' '.join(item['experiments'])}"
        case "broken" | "reopen":
            what = item["reason"]
        case "outcomes":
            what = f"{item['reason']}; then"
        case _:
            what = f"paused ({item['reason']})"
    return f"{what}: {here.hint(item['command'])}"


class _Panel:
    """The live panel, drawn again at most ten times a second and never for more than a tenth of the time."""

    def __init__(self, here: Desk, live: Live, pace: float | None) -> None:
        self._here = here
        self._live = live
        self._pace = pace
        self._next = 0.0
        self._state: State | None = None
        self._best: tuple[tuple[int, str], str] = ((-1, ""), "")

    def __call__(self, state: State) -> None:
        self._state = state
        began = time.monotonic()
        if began < self._next:
            return
        self._live.update(self._drawn(state), refresh=True)
        now = time.monotonic()
        self._next = now + max(_REFRESH_S, _PATIENCE * (now - began))

    def last(self) -> None:
        """Draw the campaign as it ended."""
        if self._state is not None:
            with contextlib.suppress(OSError):
                self._live.update(self._drawn(self._state), refresh=True)

    def _drawn(self, state: State) -> RenderableType:
        from rich.progress_bar import ProgressBar
        from rich.table import Table

        from zosimos.campaign import views, wording
        from zosimos.campaign.decisions.budget import describe

        known = len(state.observations), state.amended
        if self._best[0] != known:
            best = views.best(state)
            words = "nothing yet"
            if best is not None:
                found = wording.outcomes(state.spec, best["outcomes"])
                words = f"{found}  ({best['experiment']}: {wording.recipe(state.spec, ran_at(best))})"
            self._best = (known, words)
        budget = state.spec.budget.experiments
        bar = Table.grid(padding=(0, 1))
        bar.add_row(ProgressBar(budget, min(state.used, budget), width=40), screen.text(f"{state.used}/{budget}"))
        grid = Table.grid(padding=(0, 2))
        grid.add_column(no_wrap=True)
        grid.add_column(overflow="fold")
        grid.add_row(screen.text(state.id, "bold"), screen.text(f"{state.spec.name}  {state.status}"))
        grid.add_row(screen.text("best so far"), screen.text(self._best[1], "green"))
        grid.add_row(screen.text("budget"), bar)
        for name, text in describe(state):
            grid.add_row(screen.text(name), screen.text(text))
        running = [item.id for item in state.active.values() if item.status == "running"]
        grid.add_row(screen.text("running"), screen.text(" ".join(running) or "-"))
        left = time_left(state)
        if left is not None:
            grid.add_row(screen.text("time left"), screen.text(self._left(state, left)))
        for item in views.waiting_for(state):
            grid.add_row(screen.text("waits for you", "yellow"), screen.text(need(self._here, item), "yellow"))
        return grid

    def _left(self, state: State, seconds: float) -> str:
        if self._pace is not None:
            return f"about {screen.duration(seconds * self._pace)} ({screen.duration(seconds)} simulated)"
        return f"about {screen.duration(seconds)}{' simulated' if state.simulated else ''}"


def time_left(state: State) -> float | None:
    """Return about how many seconds of the campaign's time are left, from the experiments that ended; or None."""
    times = [
        max(0.0, (datetime.fromisoformat(item.ended_at) - datetime.fromisoformat(item.started_at)).total_seconds())
        for item in state.experiments.values()
        if item.started_at and item.ended_at and item.status in ("measured", "failed")
    ]
    if not times:
        return None
    left = max(0, state.spec.budget.experiments - state.used)
    rounds = -(-left // (state.spec.parallel or state.spec.batch)) + bool(state.active)
    estimate = statistics.median(times) * rounds
    if state.spec.budget.time is not None and state.running_since:
        passed = state.since(state.running_since, datetime.fromisoformat(state.at))
        estimate = min(estimate, max(0.0, state.spec.budget.time - passed))
    return estimate
