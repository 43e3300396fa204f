"""What was seen: the observations that decisions rest on, with what was worked out of them so far.

It belongs to a state, and begins again when the observations are not those it was worked out of: a record that was read
again may have lost the last of them, which the running digest says; a result that was corrected or retracted counts
otherwise, which :attr:`~zosimos.campaign.record.state.State.amended` says; and where a parameter came or went, rows
from before are seen through another lens.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence

from zosimos.campaign.record.experiment import Experiment
from zosimos.campaign.record.lens import Lens
from zosimos.core.records import Observation
from zosimos.planners.observed import Kept, Observed


class Seen:
    """A campaign's observations that counted when somebody asked last, in a list that threads beside the loop may read.

    ``known`` of the state's were looked at; ``digest`` is the running digest after them.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._begin("", Lens())

    def _begin(self, amended: str, lens: Lens) -> None:
        self._observations: list[Observation] = []
        self._kept = Kept(self._observations)
        self._known, self._digest, self._amended = 0, "", amended
        self._lens = lens

    def first(
        self,
        n: int,
        observations: Sequence[Observation],
        digests: Sequence[str],
        amended: str,
        retracted: Mapping[str, Experiment],
        lens: Lens,
    ) -> Observed:
        """Return those of the first ``n`` of a campaign's observations that count.

        Args:
            n: at most as many as there are; retracted results are counted here, and left out of what is returned.
            observations: all of them.
            digests: the running digest before the first and after each.
            amended: the digest after the last event by which an earlier result counts otherwise.
            retracted: the experiments whose results do not count, by name.
            lens: how rows from before are seen.
        """
        with self._lock:
            known, total = self._known, len(observations)
            other = self._amended != amended or self._lens != lens
            if other or known > total or (known and digests[known] != self._digest):
                self._begin(amended, lens)
                known = 0
            if known < total:
                later = observations[known:]
                self._observations.extend(lens.observation(seen) for seen in later if seen.experiment not in retracted)
                self._known, self._digest = total, digests[total]
            return Observed(self._kept, n - sum(one.seen <= n for one in retracted.values()))
