"""The claim: the right to run a campaign, one owner at a time, kept as a row of the ledger itself.

Because it is in the database, it follows the ledger through links, other names, mounts and servers. It says who the
owner is (:mod:`.processes`) and until when it holds, by the clock of the database; the owner renews it while it runs.

Whoever wants a claim that somebody left behind asks the operating system first. An owner that it shows dead has lost
it at once. An owner that lives keeps it, also when it is suspended and renews nothing. One that cannot be seen (another
machine, another container, before a reboot) keeps it until its lease is over by the database's clock; and because that
clock may jump, it is watched for ``WATCH_S``, in which a living owner would renew it, and never for longer than a whole
lease by the clock of whoever watches. (Leases: Gray and Cheriton, SOSP 1989. A late write of a former owner is refused
by the chain itself: :class:`zosimos.campaign.record.record.Record`.)

The owner itself sends nothing to a device once it cannot know any more that the claim is still its own
(:meth:`Claim.may_send`): it counts ``SURE_S`` from the moment at which it last renewed it, by a clock that goes on
while the machine sleeps. What is left of the lease then is for stopping the devices.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from math import isfinite
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from zosimos.campaign.ledger.database.engine import MEMORY, readable_errors
from zosimos.campaign.ledger.database.postgres import lock
from zosimos.campaign.ledger.database.sqlite import checkpoint
from zosimos.campaign.ledger.processes import Fate, Process, fate, since_boot, this_process
from zosimos.campaign.ledger.store import Ledger
from zosimos.core.errors import FencedError, LedgerAwayError, LedgerError, LockedError

LEASE_S = 30.0
RENEW_S = 5.0
SURE_S = 20.0
WATCH_S = 6.0
_POLL_S = 1.0
_LARGEST_PID = 2**31 - 1

_metadata = sa.MetaData()
_claims = sa.Table(
    "claims",
    _metadata,
    sa.Column("campaign", sa.Text, primary_key=True),
    sa.Column("token", sa.Text, nullable=False),
    sa.Column("pid", sa.BigInteger, nullable=False),
    sa.Column("host", sa.Text, nullable=False),
    sa.Column("boot", sa.Text, nullable=False),
    sa.Column("namespace", sa.Text, nullable=False),
    sa.Column("started", sa.Text, nullable=False),
    sa.Column("until", sa.Double, nullable=False),
)
_held: set[str] = set()
"""The tokens of this process: one of its number that is not here belongs to work that has ended."""

Notice = Callable[[str], None]


def database_now(connection: Connection) -> float:
    """Return the time of the database's clock, in seconds."""
    if connection.dialect.name == "postgresql":
        return float(connection.execute(sa.text("SELECT extract(epoch FROM clock_timestamp())")).scalar_one())
    return float(connection.execute(sa.text("SELECT (julianday('now') - 2440587.5) * 86400.0")).scalar_one())


@dataclass(frozen=True)
class Surroundings:
    """What a claim rests on, so that tests can be other machines and other times.

    Args:
        here: the process that claims.
        fate: whether another process lives, as seen from here.
        now: seconds by a clock of this machine that goes on while it sleeps.
        database_now: seconds by the database's clock, inside a transaction.
        token: gives the secret name of an owner.
        pause: waits so many seconds of real time.
    """

    here: Callable[[], Process] = this_process
    fate: Callable[[Process, Process], Fate] = fate
    now: Callable[[], float] = since_boot
    database_now: Callable[[Connection], float] = database_now
    token: Callable[[], str] = lambda: secrets.token_hex(16)
    pause: Callable[[float], object] = lambda seconds: threading.Event().wait(seconds)


class Claim:
    """The right to run one campaign, held by whoever has this object.

    Args:
        ledger: where it is kept; None for a right that nobody else could have (:func:`unclaimed`).
        campaign: which campaign.
        token: its owner's secret name.
        since: the moment before it was taken, by ``around.now``.
        taken_over: whether a former owner was not shown to have ended.
        around: what it rests on.
    """

    def __init__(
        self, ledger: Ledger | None, campaign: str, token: str, since: float, *, taken_over: bool, around: Surroundings
    ) -> None:
        self.taken_over = taken_over
        """Whether a former owner was not shown to have ended: its devices may still be moving."""
        self.fenced = False
        """Whether the right is known to be lost for good."""
        self._ledger = ledger
        self._campaign = campaign
        self._token = token
        self._since = since
        self._around = around

    @property
    def due(self) -> bool:
        """Whether it is time to renew it."""
        return self._age() >= RENEW_S

    @property
    def over(self) -> bool:
        """Whether the lease has run out by this process's own time, so that another may hold it by now."""
        return self._age() >= LEASE_S

    def require(self) -> None:
        """Refuse to go on without the right; asks nobody, so it costs nothing.

        Raises:
            FencedError: it was lost for good.
            LedgerAwayError: it was not renewed for so long that another may take it soon, or has.
        """
        if self.fenced:
            raise _fenced(self._campaign)
        if (age := self._age()) >= SURE_S:
            raise LedgerAwayError(
                f"nobody knows whether campaign {self._campaign} may still be run from here: this process was "
                f"suspended, or did not reach the ledger, for {age:.0f} s",
                field="campaign",
                value=self._campaign,
                allowed=f"a claim that was renewed less than {SURE_S:g} s ago",
                hint="nothing was sent meanwhile; resume it once the ledger can be reached",
            )

    def renew(self) -> None:
        """Hold it for another lease: one transaction.

        Raises:
            FencedError: another has it.
            LedgerError: the ledger cannot be reached; the lease goes on running out.
        """
        if self._ledger is None or self.fenced:
            self.require()
            return
        began = self._around.now()
        with self._ledger.writing() as connection:
            until = self._around.database_now(connection) + LEASE_S
            mine = (_claims.c.campaign == self._campaign) & (_claims.c.token == self._token)
            ours = connection.execute(sa.update(_claims).where(mine).values(until=until)).rowcount == 1
        if not ours:
            self.fence()
            self.require()
        self._since = began

    def keep(self) -> None:
        """Renew it if that is due, and refuse to go on without it; errors are those of both."""
        if self.due:
            self.renew()
        self.require()

    def may_send(self, stopping: bool) -> None:
        """Refuse to let bytes go to a device without the right; they may always stop it, until another owns it.

        Raises:
            LedgerError: as :meth:`require`.
        """
        if not stopping or self.fenced:
            self.require()

    def may_stop(self) -> bool:
        """Say whether to bring the devices into their safe state: unless another owner is known to have them.

        After the lease has run out the ledger is asked. If it does not answer, the devices are stopped: that may cut
        another's act short, and no effect happens twice by it.
        """
        if self.over and not self.fenced:
            with suppress(LedgerError):
                self.renew()
        return not self.fenced

    def fence(self) -> None:
        """Know the right to be lost, as when the ledger refused an event of this owner's."""
        self.fenced = True

    def release(self) -> None:
        """Let it go, if it is still ours; where the ledger cannot be reached, the lease runs out."""
        if self._ledger is None:
            return
        _held.discard(self._token)
        with suppress(LedgerAwayError), self._ledger.writing() as connection:
            mine = (_claims.c.campaign == self._campaign) & (_claims.c.token == self._token)
            connection.execute(sa.delete(_claims).where(mine))

    def _age(self) -> float:
        return 0.0 if self._ledger is None else self._around.now() - self._since


def unclaimed(campaign: str = "") -> Claim:
    """Return a right that needs no claim, such as to a campaign that no other process can see."""
    return Claim(None, campaign, "", 0.0, taken_over=False, around=Surroundings())


def held_by(ledger: Ledger, campaign: str, around: Surroundings | None = None) -> str:
    """Return in words who runs a campaign, or may still run it; empty if nobody does. Nothing is written.

    Raises:
        LedgerError: the ledger cannot be read.
    """
    return _named(ledger, campaign, around or Surroundings(), gone=False)


def left_by(ledger: Ledger, campaign: str, around: Surroundings | None = None) -> str:
    """Return in words which process ran a campaign and died before it could let go of it; empty if none did."""
    return _named(ledger, campaign, around or Surroundings(), gone=True)


def _named(ledger: Ledger, campaign: str, around: Surroundings, *, gone: bool) -> str:
    if ledger.url == MEMORY:
        return ""
    here = around.here()
    with ledger.reading() as connection:
        if not sa.inspect(connection).has_table(_claims.name):
            return ""
        row = connection.execute(sa.select(_claims).where(_claims.c.campaign == campaign)).first()
        now = around.database_now(connection)
    if row is None:
        return ""
    found, owner, until = _fate_of(row, here, around)
    dead = found == "dead" or (found == "unseen" and now >= until)
    return f"process {owner.pid} on {owner.host}" if dead is gone else ""


def _fate_of(row: Row[Any], here: Process, around: Surroundings) -> tuple[Fate, Process, float]:
    """Say what became of the owner that a row names, who it is and until when it holds.

    Work of this process that has ended is dead, too.
    """
    owner, until = _owner(row)
    found = around.fate(owner, here)
    ended = found == "alive" and owner == here and row.token not in _held
    return "dead" if ended else found, owner, until


@contextmanager
def execution_claim(
    ledger: Ledger, campaign: str, *, notice: Notice = lambda _: None, around: Surroundings | None = None
) -> Iterator[Claim]:
    """Hold the right to run a campaign.

    Args:
        ledger: where the campaign is.
        campaign: its id.
        notice: called with words for what is waited for, if a former owner cannot be seen and its lease is not over.
        around: what it rests on.

    Raises:
        LockedError: another process holds it.
        LedgerError: the ledger cannot be written.
    """
    taking = _Taking(ledger, campaign, around or Surroundings(), notice)
    while (claim := taking.attempt()) is None:
        taking.around.pause(_POLL_S)
    with _released(claim):
        yield claim


@contextmanager
def _released(claim: Claim) -> Iterator[None]:
    """Release a claim in the end; what went wrong before is the error that counts."""
    try:
        yield
    except BaseException:
        with suppress(LedgerError):
            claim.release()
        raise
    claim.release()


class _Taking:
    """One attempt after another to take a claim, until it is taken or refused."""

    def __init__(self, ledger: Ledger, campaign: str, around: Surroundings, notice: Notice) -> None:
        self.around = around
        self._ledger = ledger
        self._campaign = campaign
        self._notice = notice
        self._watched: tuple[str, float] | None = None
        self._since = 0.0

    def attempt(self) -> Claim | None:
        """Return the claim; None if its owner cannot be seen and may still hold it.

        Raises:
            LockedError: another holds it.
        """
        if self._ledger.url == MEMORY:  # no other process can see it
            return unclaimed(self._campaign)
        began, here, token = self.around.now(), self.around.here(), self.around.token()
        _held.add(token)  # before another thread can see the row
        taken = False
        try:
            with self._ledger.writing() as connection:
                _made_ready(connection, self._campaign)
                mine = _claims.c.campaign == self._campaign
                row = connection.execute(sa.select(_claims).where(mine).with_for_update()).first()
                former = "" if row is None else self._former(row, here)
                now = self.around.database_now(connection)
                if row is None or former == "dead" or not self._may_hold(row, now):
                    connection.execute(sa.delete(_claims).where(mine))
                    values = {"campaign": self._campaign, "token": token, "until": now + LEASE_S, **asdict(here)}
                    connection.execute(sa.insert(_claims).values(values))
                    taken = True
        finally:
            if not taken:
                _held.discard(token)
        if row is not None and not taken:
            self._watch(row, now)
            return None
        with suppress(LedgerError), readable_errors(self._ledger.url):
            checkpoint(self._ledger.engine)  # whoever opens the file by another name must see the claim
        return Claim(self._ledger, self._campaign, token, began, taken_over=former == "unseen", around=self.around)

    def _former(self, row: Row[Any], here: Process) -> Fate:
        """Say what became of the owner that a row names.

        Raises:
            LockedError: it holds the claim.
        """
        found, owner, _ = _fate_of(row, here, self.around)
        if found == "alive" or (found == "unseen" and self._watched not in (None, (row.token, row.until))):
            raise self._running(owner, here)
        return found

    def _running(self, owner: Process, here: Process) -> LockedError:
        ours = owner == here
        return LockedError(
            f"{'this very' if ours else 'another'} process is running campaign {self._campaign}",
            field="campaign",
            value=self._campaign,
            allowed="one run at a time" if ours else "one process at a time",
            hint="a run that was begun here has not ended: wait for it, or pause the campaign"
            if ours
            else f"it is process {owner.pid} on {owner.host}: steer, pause or watch it from here; or stop it first",
        )

    def _may_hold(self, row: Row[Any], now: float) -> bool:
        """Say whether an owner that cannot be seen may still hold the claim."""
        watched = 0.0 if self._watched is None else self.around.now() - self._since
        return watched < (WATCH_S if now >= _owner(row)[1] else LEASE_S)

    def _watch(self, row: Row[Any], now: float) -> None:
        """Begin to look whether an owner that cannot be seen renews its claim, and say so, once."""
        if self._watched is None:
            self._watched, self._since = (row.token, row.until), self.around.now()
            owner, until = _owner(row)
            limit = max(WATCH_S, min(LEASE_S, until - now))
            self._notice(
                f"process {owner.pid} on {owner.host} ran campaign {self._campaign} and cannot be seen from here: "
                f"waiting up to {limit:.0f} s to see that it is gone"
            )


def _owner(row: Row[Any]) -> tuple[Process, float]:
    """Return the owner that a row names, and until when it holds; nobody, as of long ago, where it is no claim.

    Another program may have written anything into it. Nobody who cannot be named is waited for longer than usual.
    """
    names = (row.token, row.host, row.boot, row.namespace, row.started)
    number = isinstance(row.pid, int) and 0 < row.pid <= _LARGEST_PID
    if not (number and isinstance(row.until, float) and isfinite(row.until) and all(isinstance(n, str) for n in names)):
        return Process(0, "a machine that cannot be named", "", "", ""), 0.0
    return Process(row.pid, row.host, row.boot, row.namespace, row.started), row.until


def _fenced(campaign: str) -> FencedError:
    return FencedError(
        f"another process took campaign {campaign} over",
        field="campaign",
        value=campaign,
        allowed="one process at a time",
        hint="nothing more is done here; zosimos status shows how it goes on there",
    )


def _made_ready(connection: Connection, campaign: str) -> None:
    """Let one at a time take a claim, and make the table of claims where a ledger has none yet."""
    for name in (f"claim {campaign}", "schema"):
        lock(connection, name)
    _metadata.create_all(connection)
