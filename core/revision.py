"""The revision of the rules by which a campaign decides, written into its spec when it begins.

A decision is made again from its record bit for bit, so a rule never changes under a campaign that has begun: what is
decided in a new way has a new revision, and campaigns on record keep to theirs.
"""

from __future__ import annotations

REVISION = 10
"""Of the rules by which new campaigns decide.

1: as campaigns on record that say nothing of it. 2: one value has one identity; rules in words hold for decimals and
are solved where they are linear; a search without a signal goes on covering the space. 3: results of which only a
limit is known teach the models as such; totals are rounded to numbers that meet them however they are written; the
prediction of a row is what is believed before rows under way are imagined. 4: outside pools a gain that nobody would
see is worth no experiment, one member thinks that surfaces vary, a search that repeats itself looks elsewhere, and
the last eighth of the budget may confirm leading rows; choices are compared by what is known of them, and effects are
added up; where models do not know where better rows are, every second experiment covers; an outcome with limits is
also modelled on a scale of its own; sums of quantities are believed exactly; a change of results is told only if
where they were measured does not explain it; intervals forget earlier residuals sooner. 5: where rows cannot be
listed no member takes the surface to be rough, and one takes it to be smooth without end; effects are added up in
every pool, and rows are drawn at random where models promise less than chance; of uncertainties that results state,
how much scatters is learned, or said; of many columns few are thought to matter while results are few, and of more
than 2,000 results some are learned from in place of a sparse process. 6: rows are drawn at random where models promise
less than twice what chance does, and the last eighth of the budget is spent where most is believed, where rows cannot
be listed. 7: where rows cannot be listed the level that outcomes vary about is learned, not taken to be their mean.
8: where rows cannot be listed a search that is done with its choices looks at the best of the others. 9: where rows
cannot be listed and nothing is a choice, a search that has hardly anything to gain measures what tells most of where
the best row is; whether it has is judged without results in doubt, by what is believed of the best one. 10: choices
that are described in words are compared by what their clauses say, each direction counting as far as outcomes vary
along it, and effects of choices and of numbers beside them are added up.
"""
EXACT, THIRD, FOURTH, FIFTH, SIXTH, SEVENTH, EIGHTH, NINTH, TENTH = 2, 3, 4, 5, 6, 7, 8, 9, 10
"""The revisions from which this is so."""
