"""A campaign on record: what the command line does, from Python.

Everything is one transaction on the ledger, so that a notebook, the command line and a running laboratory may work on
the same campaign at the same time.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

from zosimos.campaign import views
from zosimos.campaign.control.reopening import check_source
from zosimos.campaign.decisions.replay import Replay, replay
from zosimos.campaign.definition.model import CampaignSpec
from zosimos.campaign.execution.loop import Ending
from zosimos.campaign.ledger import verify as chain
from zosimos.campaign.ledger.claims import execution_claim
from zosimos.campaign.ledger.safekeeping.marks import require_kept
from zosimos.campaign.ledger.safekeeping.watching import Watcher
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.ledger.whole import WholeChain
from zosimos.campaign.record.record import Record
from zosimos.campaign.record.verification import verified
from zosimos.campaign.setup import Setup
from zosimos.core.clock import ClockKind
from zosimos.core.filenames import file_name
from zosimos.faces.python import running
from zosimos.faces.python.beginnings import Beginnings
from zosimos.faces.python.reporting import Reporting
from zosimos.faces.python.taking_out import TakenOut


class Campaign(Beginnings, Reporting, TakenOut):
    """A campaign whose whole history is on record.

    Made by :meth:`create`, :meth:`open`, :meth:`of_file` or :meth:`carry_over`. Closed by :meth:`close`, or at the end
    of a ``with`` block.

    >>> import tempfile, zosimos as zo
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     spec = {"name": "film", "space": {"T": zo.Continuous(20, 80)}, "objectives": zo.maximize("yield_")}
    ...     with zo.Campaign.create(spec | {"budget": {"experiments": 8}}, ledger=f"{folder}/lab.db") as campaign:
    ...         first, second = campaign.ask(2)
    ...         _ = campaign.tell(first, yield_=41.0)
    ...     with zo.Campaign.open("last", ledger=f"{folder}/lab.db") as again:
    ...         again.best.id, [c.id for c in again.pending]
    ('e0001', ['e0002'])
    """

    def close(self) -> None:
        """Let go of the ledger; what is known of the campaign can still be looked at."""
        with self._lock:
            if not self._closed:
                self._record.keep()
                self._keep_head()
            self._closed = True
            self._own_ledger.close()

    def _keep_head(self) -> None:
        """Take the head to where heads are kept, if the campaign was changed here."""
        state = self._record.state
        if state.head != self._kept:
            watcher = Watcher(self._own_ledger, state.id, self._settings.witness, trouble=_warned)
            watcher.seen(chain.Head(state.seq, state.head))
            watcher.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def _ledger(self) -> Ledger:
        self._check_open()
        return self._own_ledger

    @contextmanager
    def _deciding(self) -> Iterator[None]:
        with self._lock, execution_claim(self._ledger, self.id):
            yield

    # --- running

    def run(
        self,
        *,
        clock: ClockKind | None = None,
        pace: float | None = None,
        wait: bool = False,
        recorded: bool = False,
    ) -> Ending:
        """Run the campaign in its lab until it ends or cannot go on, and return why: ``status`` and ``reason``.

        One that is paused or finished is resumed first (:meth:`resume`).

        Args:
            clock: the kind of time, if not the campaign's own.
            pace: real seconds that each simulated second takes, when paced.
            wait: whether to wait for people, or to end with the status ``waiting``.
            recorded: go on with the recorded spec although the campaign file was changed.

        Raises:
            StateError: an event loop runs already: ``await campaign.arun()``; or the campaign has no lab.
            LockedError: another process runs it.
            TamperedError: the record is not what was written.
        """
        return running.run(*self._ready(recorded=recorded), **self._options(clock, pace, wait=wait))

    async def arun(
        self,
        *,
        clock: ClockKind | None = None,
        pace: float | None = None,
        wait: bool = False,
        recorded: bool = False,
    ) -> Ending:
        """Run the campaign beside whatever else the running event loop does, as in a notebook.

        Cancelling it ends the session in good order: the campaign can be run again. Arguments and errors are those of
        :meth:`run`.
        """
        return await running.arun(*self._ready(recorded=recorded), **self._options(clock, pace, wait=wait))

    def _ready(self, *, recorded: bool) -> tuple[Record, Setup]:
        """Return a record of the run's own, so that this one can be looked at meanwhile, and the setup."""
        state = verified(self._ledger, self.id)
        if not recorded:
            check_source(self._state)
        return Record(self._ledger, self.id, state), self._setup

    def _options(self, clock: ClockKind | None, pace: float | None, *, wait: bool) -> dict[str, Any]:
        from zosimos.agent.advising.choice import advisors  # only a campaign that runs asks anybody

        watched: dict[str, Any] = {"witness": self._settings.witness, "notice": _warned}
        wire = self._settings.wire / file_name(self.id)
        watched["advisor"] = advisors(self._settings)
        return {"kind": clock, "pace": pace, "wait_for_people": wait, "wire": wire, **watched}

    # --- looking

    @property
    def id(self) -> str:
        """The campaign's id."""
        return self._record.campaign

    @property
    def spec(self) -> CampaignSpec:
        """The spec as it stands."""
        return self._state.spec

    @property
    def status(self) -> str:
        """Where it stands: active, paused, aborted or finished."""
        return self._state.status

    def summary(self) -> dict[str, Any]:
        """Return where the campaign stands and what it waits for, as ``zosimos status --json`` prints it."""
        state = self._state
        return views.status(state) | {"waiting_for": views.waiting_for(state), **views.contradicted(state)}

    def verify(self, saved: str | None = None) -> str:
        """Check that the record is what was written, and return its head.

        Args:
            saved: a head that was kept, to check against: it exposes a record that was cut short.

        Raises:
            TamperedError: it is not; names the first event that is wrong.
        """
        found = chain.verify(self._ledger, self.id, None if saved is None else chain.Head.parse(saved))
        require_kept(self._ledger, self.id)
        return str(found)

    def replay(self) -> Replay:
        """Make every decision again and compare: ``decisions`` came out the same, up to ``divergence`` (None: all)."""
        return replay(self.id, WholeChain(self._ledger, self.id), self._setup)

    def __repr__(self) -> str:
        """Return its id, name, status, how far it is and the best so far."""
        state = self._state
        used = f"{state.used} of {state.spec.budget.experiments} experiments"
        return f"<Campaign {state.id} {state.spec.name!r}: {state.status}, {used}, best {self.best}>"


def _warned(words: str) -> None:
    warnings.warn(words, stacklevel=3)
