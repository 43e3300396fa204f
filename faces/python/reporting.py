"""Results by hand of a campaign on record: one or many, a table told once or again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zosimos.campaign.control.manual_results import REASON, Choices, Differing, Result, chosen
from zosimos.campaign.tables.numbers import Sign
from zosimos.campaign.tables.said import remember
from zosimos.faces.python import results
from zosimos.faces.python.control import Controlled

if TYPE_CHECKING:
    import pandas as pd


class Reporting(Controlled):
    """A campaign on record that is told results."""

    def tell(
        self,
        what: results.Target | Path | Sequence[Any] | pd.DataFrame,
        outcomes: Mapping[str, results.OutcomeValue] | None = None,
        /,
        *,
        failed: str = "",
        outside: bool = False,
        differing: Differing | None = None,
        reason: str = REASON,
        replicates: bool = False,
        columns: Mapping[str, str] | None = None,
        ran_at: Mapping[str, Any] | None = None,
        achieved: bool = False,
        sheet: str | None = None,
        decimal: Sign | None = None,
        **more: results.OutcomeValue,
    ) -> list[str]:
        """Record what is new in results, all of it or nothing, and return the experiments' ids, one for each result.

        Of a table or list that is told again only what is new counts: what is on record is passed over, outcomes that
        an experiment lacked are added, and what differs is refused unless ``differing`` says what becomes of it.

        Args:
            what: a candidate, an experiment's id or values of one's own, with its outcomes; or many results at once:
                the path of a CSV or .xlsx file, a data frame or a list of mappings with its columns (``experiment``,
                the parameters, ``yield_``, ``yield__uncertainty``, ``failed``; others are kept as notes), or a list of
                (candidate or id, outcomes).
            outcomes: by objective a number, (value, standard uncertainty), or (value, u, u_shared), where u_shared is
                that of what all results share and u that of what scatters; or as keywords. Some of them are enough:
                the experiment waits for the others.
            failed: why there is no result, where there is none.
            outside: take values of one's own outside the bounds, levels or constraints too.
            differing: ``"correct"`` corrects what is on record otherwise, ``"keep"`` leaves it and records the rest.
            reason: why it is corrected, for the record.
            replicates: every row of one's own in a table is another measurement, also where the same is on record; one
                result alone, and a pair, always is.
            columns: what columns of a table are, by header, where they are not called so; the campaign remembers it.
            ran_at: of one candidate, values at which it was really run, where these are not those suggested: models
                learn from them.
            achieved: in a table, values far from those suggested are where experiments were really run, too.
            sheet: the sheet that is meant, of a workbook with several.
            decimal: ``"point"`` or ``"comma"``: what stands before decimals, where a file leaves it open.
            **more: outcomes by keyword.

        Raises:
            DataError: a name is unknown or missing, a value is not a finite number or out of range.
            StateError: a candidate has such a result already, results differ from what is on record, or the campaign
                is aborted.
        """
        choices = Choices(outside, chosen(differing), reason, replicates)
        if outcomes or more or failed or ran_at or _is_one(what):
            return [self._told(what, outcomes, more, failed, choices, ran_at)]  # type: ignore[arg-type]  # refused there
        with self._lock:
            found, choices = self._many(what, choices, results.How(columns or {}, sheet, decimal, achieved))
            names = self._commands.report(self._setup, found, choices).experiments
            remember(self._commands, self._setup, columns or {})
            return names

    def preview(
        self,
        what: results.Many,
        *,
        outside: bool = False,
        differing: Differing | None = None,
        replicates: bool = False,
        columns: Mapping[str, str] | None = None,
        achieved: bool = False,
        sheet: str | None = None,
        decimal: Sign | None = None,
    ) -> dict[str, Any]:
        """Return how :meth:`tell` reads a table (a path, a data frame, a list of mappings), and record nothing.

        ``experiments`` are the ids of its results, ``new``, ``completed`` and ``on_record`` what would come of them,
        ``differences`` what is on record otherwise. Raises what :meth:`tell` does, but for differences.
        """
        choices = Choices(outside, chosen(differing), replicates=replicates)
        how = results.How(columns or {}, sheet, decimal, achieved)
        return results.preview(self._setup, self._state, what, choices, how)

    def _many(self, what: Any, choices: Choices, how: results.How) -> tuple[list[Result], Choices]:
        state = self._state
        if isinstance(what, str | Path):
            return list(results.table(state, Path(what), how).results), choices
        pairs = results.are_pairs(what := results.checked_list(what))
        found = results.many(self._setup, state, what, choices, how)
        return found, replace(choices, replicates=pairs or choices.replicates)


def _is_one(what: Any) -> bool:
    """Say whether something is one candidate, not a table of results: an id is no file's name."""
    if isinstance(what, str):
        return not Path(what).suffix and not Path(what).is_file()
    return isinstance(what, Mapping)
