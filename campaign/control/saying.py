"""Saying: what a person writes down about a campaign, and what is kept of a conversation about it.

Neither changes anything that is decided: both stand in the record beside what happened, and never go away.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from zosimos.campaign.control.acting import Acting
from zosimos.campaign.ledger.events import Draft
from zosimos.campaign.record.model_use import Purpose, spent
from zosimos.campaign.record.said import Note, Turn
from zosimos.campaign.record.state import State
from zosimos.core.errors import SpecError
from zosimos.core.ids import local_id

LONGEST = 2000
"""Characters of a note."""


class Saying(Acting):
    """What a person may put on record in words."""

    def note(self, text: str, experiment: str = "") -> Note:
        """Write something down about the campaign, or about one of its experiments. Returns the note.

        Args:
            text: what to write down; control characters become spaces.
            experiment: its id; empty: it is about the whole campaign.

        Raises:
            SpecError: there are no words, or too many.
            NotFoundError: there is no such experiment.
        """
        said = " ".join("".join(" " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in text).split())
        if not said or len(said) > LONGEST:
            raise SpecError(
                "a note has some words", field="text", value=said[:100], allowed=f"1 to {LONGEST} characters"
            )

        def build(state: State) -> list[Draft]:
            about = state.experiment(experiment).id if experiment else ""
            last = int(state.notes[-1].id[1:]) if state.notes else 0
            body = {"note": local_id("note", last + 1), "text": said, "experiment": about, "by": self._by()}
            return [Draft("note.added", body)]

        self.record.commit(build, self._moment)
        return self.record.state.notes[-1]

    def keep_turn(self, turn: Turn) -> None:
        """Put on record what was asked in a conversation and what was answered."""
        body = {**turn.as_body(), "by": self._by()}
        self.record.commit(lambda _: [Draft("chat.answered", body)], self._moment)

    def note_models(self, purpose: Purpose, usage: Sequence[Mapping[str, Any]], seconds: float) -> None:
        """Put on record what answers of models took.

        Args:
            purpose: what they were asked for.
            usage: by ``model``: ``calls``, ``tokens_in``, ``tokens_out``, ``cost_usd`` (None: not known) and whether
                tokens are ``estimated``.
            seconds: spent on waiting for them.
        """
        draft = spent(purpose, usage, seconds, self._by())
        self.record.commit(lambda _: [draft], self._moment)
