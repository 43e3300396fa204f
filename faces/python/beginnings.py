"""Beginnings: a campaign that is begun, opened, gone on with or begun with what another found."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from zosimos.campaign.control.beginning import create
from zosimos.campaign.control.carried_over import begin_with, prepared
from zosimos.campaign.control.commands import Commands
from zosimos.campaign.control.of_file import running_of
from zosimos.campaign.control.taking_in import take_in
from zosimos.campaign.definition.model import CampaignSpec
from zosimos.campaign.definition.read import parse_spec, with_value
from zosimos.campaign.definition.steer import plain
from zosimos.campaign.files import from_file, from_spec
from zosimos.campaign.ledger.opening import exists, open_ledger
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.record.find import LAST, find_campaign
from zosimos.campaign.record.record import Record
from zosimos.campaign.setup import Setup, by_hand, reopened
from zosimos.core.errors import SpecError
from zosimos.core.settings import Settings, load_settings
from zosimos.faces.python.control import Controlled
from zosimos.faces.python.spec import as_data, as_plain

_NO_LEDGER = "zo.Campaign.create makes one; ledger= names another, or go to the folder where the campaign was started"


class Beginnings(Controlled):
    """A campaign on record, and the ways to come by one."""

    def __init__(self, ledger: Ledger, record: Record, setup: Setup, settings: Settings) -> None:
        self._own_ledger = ledger
        self._settings = settings
        self._kept = record.state.head
        super().__init__(record, setup, Commands(record, settings.author))

    @classmethod
    def create(
        cls,
        what: str | Path | Mapping[str, Any] | CampaignSpec,
        *,
        ledger: str | Path | None = None,
        seed: int | None = None,
        overrides: Mapping[str, Any] | None = None,
        folder: str | Path | None = None,
        author: str | None = None,
    ) -> Self:
        """Start a campaign and return it; nothing is run.

        Args:
            what: a campaign file, or its content as a mapping (with :func:`zosimos.maximize` and the like in it, if
                wanted) or as a spec.
            ledger: the file or URL of the ledger (default: the settings').
            seed: instead of the one that is given.
            overrides: dotted path to another value.
            folder: what data files are relative to, unless a campaign file says it (default: the working folder).
            author: who acts, for the record (default: the settings').

        Raises:
            InputError: something in it is wrong; nothing was written.
        """
        settings = _settings(ledger, author)
        wanted = as_plain({**(overrides or {}), **({} if seed is None else {"seed": seed})})
        source: Path | None = None
        texts = [f"{path}={json.dumps(value)}" for path, value in wanted.items()]
        if isinstance(what, str | Path):
            source = Path(what)
            setup = from_file(source, texts)
        else:
            if not isinstance(what, Mapping | CampaignSpec):
                raise SpecError(
                    "this is no campaign",
                    field="what",
                    value=what,
                    allowed="a file's path, a mapping or a CampaignSpec",
                )
            data = plain(what) if isinstance(what, CampaignSpec) else as_data(what)
            for path, value in wanted.items():
                data = with_value(data, path, value)
            setup = from_spec(parse_spec(data), Path(folder or "."))
        setup = by_hand(setup)
        opened = open_ledger(settings.ledger, new=True, hint=_NO_LEDGER)
        try:
            record = create(
                opened,
                setup,
                author=settings.author,
                now=datetime.now(UTC),
                entropy=random.SystemRandom(),
                source=source,
                overrides=texts,
            )
        except BaseException:
            opened.close()
            raise
        campaign = cls(opened, record, setup, settings)
        campaign._kept = ""  # its head was sent to nobody yet
        return campaign

    @classmethod
    def open(cls, name: str = LAST, *, ledger: str | Path | None = None, author: str | None = None) -> Self:
        """Return a campaign that is on record.

        Args:
            name: its id, the end of its id, or ``last``.
            ledger: the file or URL of the ledger (default: the settings').
            author: who acts, for the record (default: the settings').

        Raises:
            NotFoundError: there is no such ledger or campaign.
        """
        settings = _settings(ledger, author)
        opened = open_ledger(settings.ledger, new=False, hint=_NO_LEDGER)
        try:
            record = Record(opened, find_campaign(opened, name))
            return cls(opened, record, reopened(record), settings)
        except BaseException:
            opened.close()
            raise

    @classmethod
    def of_file(
        cls,
        file: str | Path,
        *,
        ledger: str | Path | None = None,
        steer: bool = False,
        author: str | None = None,
    ) -> Self:
        """Return the campaign that a file began in a ledger and that goes on; begin one where there is none.

        Args:
            file: the campaign file.
            ledger: the file or URL of the ledger (default: the settings').
            steer: whether to change the campaign to what the file says now, if it was edited since.
            author: who acts, for the record (default: the settings').

        Raises:
            InputError: the file is wrong, or was edited and nobody says whether to steer; nothing was written.
        """
        settings, path = _settings(ledger, author), Path(file)
        if not exists(settings.ledger):
            return cls.create(path, ledger=ledger, author=author)
        opened = open_ledger(settings.ledger, new=False, hint=_NO_LEDGER)
        try:
            record = running_of(opened, path)
            if record is not None:
                take_in(Commands(record, settings.author), path, steer=steer)
                return cls(opened, record, reopened(record), settings)
        except BaseException:
            opened.close()
            raise
        opened.close()
        return cls.create(path, ledger=ledger, author=author)

    @classmethod
    def carry_over(
        cls,
        old: str,
        file: str | Path,
        *,
        ledger: str | Path | None = None,
        origin: str | Path | None = None,
        ignore: Sequence[str] = (),
        overrides: Mapping[str, Any] | None = None,
        author: str | None = None,
    ) -> Self:
        """Begin the campaign of a file with the results of an old campaign, and return it.

        Args:
            old: the old campaign's id, the end of it, or ``last``.
            file: the new campaign's file; ``default:`` of a parameter says what it was in old experiments without it.
            ledger: the file or URL of the new campaign's ledger (default: the settings').
            origin: that of the old campaign's, if it is another one.
            ignore: parameters of the old campaign that made no difference.
            overrides: dotted path in the new file to another value.
            author: who acts, for the record (default: the settings').

        Raises:
            InputError: the file is wrong, or nothing fits it; nothing was written.
        """
        texts = [f"{path}={json.dumps(value)}" for path, value in as_plain(overrides or {}).items()]
        settings, setup, now = _settings(ledger, author), by_hand(from_file(Path(file), texts)), datetime.now(UTC)
        place = settings.ledger if origin is None else _settings(origin, author).ledger
        with open_ledger(place, new=False, hint=_NO_LEDGER) as there:
            state = Record(there, find_campaign(there, old)).state
            carried = prepared(state, setup, author=settings.author, now=now, ignored=ignore)
            opened = open_ledger(settings.ledger, new=True, hint=_NO_LEDGER)
            try:
                begun = {"author": settings.author, "now": now, "origin": there, "source": Path(file)}
                record = begin_with(carried, opened, setup, **begun)  # type: ignore[arg-type]  # each of its kind
            except BaseException:
                opened.close()
                raise
        campaign = cls(opened, record, setup, settings)
        campaign._kept = ""  # its head was sent to nobody yet
        return campaign


def _settings(ledger: str | Path | None, author: str | None) -> Settings:
    return load_settings(ledger=None if ledger is None else str(ledger), author=author)
