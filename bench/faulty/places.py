"""Where the ledger of a run is: a SQLite file, or a schema of a PostgreSQL server behind a proxy."""

from __future__ import annotations

import os
import uuid
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

import sqlalchemy as sa

from faulty import kernel
from faulty.proxy import Proxy
from faulty.server import Server, binaries
from zosimos.campaign.ledger.database.engine import normalised_url


class Place(Protocol):
    """A ledger's place, and what can happen to it."""

    url: str
    cable: kernel.Cable | None

    def way(self, how: str) -> str:
        """Return the URL by which a runner comes that way."""
        ...

    def harm(self, kind: str, how: str) -> None:
        """Begin a fault."""
        ...

    def heal(self) -> None:
        """End every fault."""
        ...


class SqlitePlace:
    """A file, on a small disk of its own where that can be made.

    Args:
        folder: where it is.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / "ledger.db"
        self._kept = folder / "kept.db"
        self.url = str(self._path)
        self.cable: kernel.Cable | None = None
        self._ballast: Path | None = None

    def way(self, how: str) -> str:
        """Return the path, or a link to it from another folder."""
        if how != "link":
            return self.url
        link = self._path.parent / "elsewhere" / "linked.db"
        link.parent.mkdir(exist_ok=True)
        if not link.is_symlink():
            link.symlink_to(self._path)
        return str(link)

    def harm(self, kind: str, how: str) -> None:
        """Fill the disk, or take the file away (a person has kept it)."""
        if kind == "full":
            self._ballast = kernel.fill(self._path.parent)
        elif how == "moved":
            self._path.rename(self._kept)
        elif how == "deleted":
            os.link(self._path, self._kept)
            self._path.unlink()

    def heal(self) -> None:
        """Free the disk; put the file back."""
        if self._ballast is not None:
            self._ballast.unlink(missing_ok=True)
        if self._kept.exists():
            self._kept.replace(self._path)


class PostgresPlace:
    """A schema of a server, reached through a proxy; by a cable that can be pulled, where that can be made.

    Args:
        server: the server's URL.
        number: the run's, for the cable.
        cabled: whether there is to be a cable.
        own: the server itself, if it is this run's own.
    """

    def __init__(self, server: str, number: int, *, cabled: bool, own: Server | None = None) -> None:
        self._own = own
        self._server = sa.make_url(normalised_url(server))
        self._schema = f"faults_{uuid.uuid4().hex}"
        self._admin = sa.create_engine(self._server, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
        with self._admin.connect() as connection:
            connection.execute(sa.schema.CreateSchema(self._schema))
        self.url = self._with()
        self.cable = kernel.Cable(number) if cabled else None
        host = "127.0.0.1" if self.cable is None else self.cable.host
        self._proxy = Proxy(host, (self._server.host or "127.0.0.1", self._server.port or 5432))

    def way(self, how: str) -> str:
        """Return the URL of the proxy, or the server's own."""
        if how == "direct":
            return self.url
        host, port = self._proxy.address
        return self._with(host, port)

    def harm(self, kind: str, how: str) -> None:
        """Cut connections, lose packets, pull the cable, stop the server, or have it drop all and take none."""
        if how == "link" and self.cable is not None:
            self.cable.pull(out=True)
        elif kind == "partition":
            self._proxy("both" if how == "link" else how)
        elif kind == "cut":
            self._proxy("cut")
        elif how == "stopped" and self._own is not None:
            self._own.stop()
        else:
            self._proxy("refuse")
            words = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = :name"
            with self._admin.connect() as connection:
                connection.execute(sa.text(words), {"name": self._schema})

    def heal(self) -> None:
        """Let everything pass again."""
        if self.cable is not None:
            self.cable.pull(out=False)
        self._proxy("heal")
        if self._own is not None:
            self._own.start()

    def close(self) -> None:
        """Take the schema away."""
        self._proxy.close()
        if self.cable is not None:
            self.cable.close()
        with suppress(sa.exc.SQLAlchemyError), self._admin.connect() as connection:
            words = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = :name"
            connection.execute(sa.text(words), {"name": self._schema})
            connection.execute(sa.schema.DropSchema(self._schema, cascade=True))
        if self._own is not None:
            self._own.close()

    def _with(self, host: str | None = None, port: int | None = None) -> str:
        url = self._server.update_query_dict(
            {"options": f"-csearch_path={self._schema}", "application_name": self._schema}
        )
        return url.set(host=host or url.host, port=port or url.port).render_as_string(hide_password=False)


@contextmanager
def placed(database: str, folder: Path, server: str, number: int, hows: Collection[str]) -> Iterator[Place]:
    """Make the place of a run's ledger, for as long as the block lasts.

    Args:
        database: of which kind.
        folder: for its files.
        server: the URL of a server.
        number: the run's.
        hows: how the faults to come are done: some need a place of their own.
    """
    if database == "postgres":
        programs = binaries() if "stopped" in hows else None
        own = None if programs is None else Server(programs)
        url = server if own is None else own.url
        place = PostgresPlace(url, number, cabled="link" in hows and kernel.able(), own=own)
        try:
            yield place
        finally:
            place.close()
        return
    disk = folder / "disk"
    disk.mkdir()
    if not kernel.able():
        yield SqlitePlace(disk)
        return
    with kernel.small_disk(disk):
        yield SqlitePlace(disk)
