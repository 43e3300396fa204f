"""Setting a campaign up, from its spec and the bytes of its files, to everything the loop needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from zosimos.campaign.definition.build import (
    build_goal,
    build_objectives,
    build_policy,
    build_space,
    inferred_space,
    pool_rows,
)
from zosimos.campaign.definition.candidates import TableOfCandidates, left_out, refuse_alike, refuse_misspelt, taken_for
from zosimos.campaign.definition.chemistry import settled_choices
from zosimos.campaign.definition.costs import check_affordable
from zosimos.campaign.definition.hypotheses import check_claims, stated_laws
from zosimos.campaign.definition.knowledge import build_sources, check_fidelity, choices_elsewhere, source_role
from zosimos.campaign.definition.model import CampaignSpec, CategoricalSpec
from zosimos.campaign.definition.names import check_choices, check_columns
from zosimos.campaign.definition.read import parse_spec
from zosimos.campaign.definition.steer import plain
from zosimos.campaign.definition.steps import with_steps
from zosimos.campaign.definition.together import check_together
from zosimos.campaign.lab import KnowsUnits, Lab, lab_class
from zosimos.campaign.record.record import Record
from zosimos.campaign.safety.checking import require
from zosimos.campaign.safety.findings import Report
from zosimos.campaign.substances import safety_of
from zosimos.core.clock import ClockKind
from zosimos.core.errors import DataError, PlanningError, SpecError
from zosimos.core.objective import Objective, to_measure
from zosimos.core.parameters import Values
from zosimos.core.pool import Pool
from zosimos.core.revision import REVISION
from zosimos.core.seeds import derive_seed
from zosimos.core.space import SearchSpace
from zosimos.core.table import Table, parse_table
from zosimos.planners.advice import without_excluded
from zosimos.planners.candidates.sampling import check_feasible
from zosimos.planners.goal.conditions import under_latest
from zosimos.planners.goal.goal import Goal
from zosimos.planners.goal.knowledge import Source
from zosimos.planners.goal.statements import Law
from zosimos.planners.history import History
from zosimos.planners.policy import Policy
from zosimos.planners.protocol import ProposalContext
from zosimos.planners.registry import check_proposer_name
from zosimos.surrogates.registry import check_surrogate_name

if TYPE_CHECKING:
    from zosimos.planners.designs.design import Design

CANDIDATES = "candidates"
_KEPT = 16  # versions of a spec whose spaces are kept


@dataclass(frozen=True, eq=False)
class Setup:
    """A validated campaign: its first spec, the files it rests on, its lab and the pool of candidates, if any.

    ``read_as`` says in words how tables that were not plain CSV were read.

    What it builds for a version of the spec it keeps: a campaign has few, and asks for them in every decision.
    """

    spec: CampaignSpec
    files: Mapping[str, bytes]
    lab: Lab | None
    pool: Pool | None
    read_as: Sequence[str] = ()
    _spaces: dict[str, SearchSpace] = field(default_factory=dict, init=False, repr=False)
    _tables: dict[str, tuple[Source, ...]] = field(default_factory=dict, init=False, repr=False)
    _reports: dict[str, Report] = field(default_factory=dict, init=False, repr=False)

    @property
    def clock(self) -> ClockKind:
        """The time the campaign runs on."""
        return self.spec.clock or (self.lab.clock if self.lab is not None else "wall")

    def space(self, spec: CampaignSpec) -> SearchSpace:
        """Return the search space of a version of the spec.

        Raises:
            SpecError: the space is wrong or nothing in it is allowed.
        """
        key = spec.model_dump_json()
        if key not in self._spaces:
            _make_room(self._spaces)
            self._spaces[key] = build_space(spec, self.pool, choices_elsewhere(spec, self._source_tables(spec)))
        return self._spaces[key]

    def objectives(self, spec: CampaignSpec) -> tuple[Objective, ...]:
        """Return the objectives of a version of the spec."""
        return build_objectives(spec)

    def measured(self, spec: CampaignSpec) -> tuple[Objective, ...]:
        """Return what an experiment must measure: objectives, and the quantities others are made of."""
        return to_measure(build_objectives(spec))

    def goal(self, spec: CampaignSpec) -> Goal:
        """Return what a version of the spec is for.

        Raises:
            SpecError: the space is wrong or nothing in it is allowed.
        """
        return build_goal(spec, self.space(spec))

    def policy(self, spec: CampaignSpec) -> Policy:
        """Return how a version of the spec plans."""
        return build_policy(spec)

    def design(self, spec: CampaignSpec) -> Design | None:
        """Return the design of experiments that a version of the spec begins with, if it does.

        Raises:
            SpecError: the space and the design do not go together.
        """
        from zosimos.planners.designs.opening import design_in  # most campaigns begin with none

        request = self.policy(spec).design
        return None if request is None else design_in(self.space(spec), request, sequence_of(spec.seed))

    def laws(self, spec: CampaignSpec) -> tuple[tuple[str, Law], ...]:
        """Return the formulas that a version of the spec states, each with its name."""
        return stated_laws(self.goal(spec).hypotheses, self.policy(spec).mechanisms)

    def sources(self, spec: CampaignSpec) -> tuple[Source, ...]:
        """Return the earlier campaigns that a version of the spec learns from."""
        if not spec.sources:
            return ()
        key = spec.model_dump_json()
        if key not in self._tables:
            _make_room(self._tables)
            self._tables[key] = build_sources(spec, self.space(spec), self._source_tables(spec))
        return self._tables[key]

    def _source_tables(self, spec: CampaignSpec) -> dict[str, Table]:
        """Return the tables of the earlier campaigns that a version of the spec learns from."""
        return {name: parse_table(self.files[source_role(name)], part.file) for name, part in spec.sources.items()}

    def candidates(self, spec: CampaignSpec) -> TableOfCandidates | None:
        """Return what was made of the table of candidates, if there is one."""
        table = None if self.lab is None else self.lab.candidates()
        measured = [quantity.name for quantity in self.measured(spec)]
        if spec.candidates is not None:
            table = parse_table(self.files[CANDIDATES], spec.candidates)
        if table is None:
            return None
        space = self.space(spec)
        return TableOfCandidates(len(space.candidates), taken_for(table, space, measured), left_out(table, space))

    @property
    def left_out(self) -> Sequence[str]:
        """Which rows of the table of candidates are none, in words."""
        table = self.candidates(self.spec)
        return () if table is None else table.left_out

    def context(self, spec: CampaignSpec, history: History, seed: int) -> ProposalContext:
        """Return what a version of the spec plans with.

        Args:
            spec: the version.
            history: what happened; the spec's sources are added to it.
            seed: for the random choices made with it.

        Raises:
            PlanningError: advice leaves nothing to try.
        """
        goal, history = self.goal(spec), replace(history, sources=self.sources(spec))
        known = ProposalContext(goal, history, self.policy(spec), seed, derive_seed(spec.seed, "sequence"))
        return known.within(without_excluded(under_latest(goal.space, history.observations), history.advice))

    def check(self, spec: CampaignSpec, *, recorded: bool = False) -> SearchSpace:
        """Check a new version of the spec before it takes effect, and return its space.

        Args:
            spec: the version.
            recorded: it is on record already, so it was found to leave something to try.

        Raises:
            SpecError: bounds or constraints leave nothing to try, or something is not known here.
        """
        if not recorded:
            check_columns(spec.space, [quantity.name for quantity in self.measured(spec)], spec.columns)
            for name, part in spec.space.items():
                check_choices(name, part.choices if isinstance(part, CategoricalSpec) else ())
        space = self.space(spec)
        check_fidelity(spec, space)
        goal, policy = build_goal(spec, space), self.policy(spec)
        self.sources(spec)  # they are read, and fit
        policy.check(goal)
        for name in policy.shares:
            check_proposer_name(name, f"planner.shares.{name}" if spec.planner.shares else "planner.kind")
        check_surrogate_name(spec.planner.surrogate)
        if goal.costs is not None:
            goal.costs.check(space)
            check_affordable(goal.costs, space)
        if goal.expectation is not None:
            goal.expectation.check(space)
        self._check_errors(goal, policy)
        if goal.hypotheses is not None:
            goal.hypotheses.check(space)
        check_claims(goal.claims, space, list(spec.objectives))
        if policy.mechanisms is not None:
            policy.mechanisms.check(space, [part.name for part in self.measured(spec)])
        check_together(spec, goal)
        if space.pool is None and not recorded:
            check_feasible(space)
        if self.lab is not None:
            self.lab.fits(space)
        if not recorded:
            require(self.safety(spec))
        return space

    def safety(self, spec: CampaignSpec) -> Report:
        """Return what the rules of chemistry say of a version of the spec."""
        key = spec.model_dump_json()
        if key not in self._reports:
            _make_room(self._reports)
            self._reports[key] = safety_of(spec, self.space(spec), self.lab)
        return self._reports[key]

    def safety_at(self, spec: CampaignSpec, values: Values) -> Report:
        """Return what the rules of chemistry say of one point of a version of the spec."""
        return safety_of(spec, self.space(spec), self.lab, values)

    def _check_errors(self, goal: Goal, policy: Policy) -> None:
        """Refuse errors of setting where they would not be used."""
        if not goal.errors:
            return
        from zosimos.planners.models.input_noise import check_errors  # torch: only where it is needed

        check_errors(goal.errors, goal.space)
        refused = [goal.fidelity is not None, policy.acquisition.kind in ("parego", "knowledge-gradient")]
        if any(refused):
            raise SpecError(
                "errors of setting are not used together with fidelities, parego or knowledge-gradient",
                field=f"space.{next(iter(goal.errors))}.error",
                value=next(iter(goal.errors.values())),
                allowed="another acquisition, and one fidelity",
            )


def sequence_of(seed: int) -> int:
    """Return the seed of what goes on from one decision of a campaign to the next, as planners derive it."""
    return derive_seed(derive_seed(seed, "sequence"), "sobol")


def _make_room(kept: dict[str, Any]) -> None:
    """Forget what was built first, once there are many: a campaign may be steered any number of times."""
    while len(kept) >= _KEPT:
        kept.pop(next(iter(kept)), None)


def by_hand(setup: Setup) -> Setup:
    """Return the setup of a campaign that begins, with default steps if a person does its experiments.

    A space of which steps leave nothing, or nothing that is found, stays as it is.
    """
    made = replace(setup, spec=with_steps(setup.spec))
    if made.spec == setup.spec or not made.spec.constraints:
        return made
    try:
        check_feasible(made.space(made.spec))
    except (PlanningError, SpecError):
        return setup
    return made


def assemble(
    spec: CampaignSpec, files: Mapping[str, bytes], *, recorded: bool = False, read_as: Sequence[str] = ()
) -> Setup:
    """Return the setup of a spec and the bytes of its files; a space that was left out is taken from the table.

    Args:
        spec: the spec.
        files: the bytes of its files, by role.
        recorded: the campaign is on record already: units are not checked, as they were not always.
        read_as: how tables were read, in words.

    Raises:
        InputError: they do not fit together.
    """
    lab = lab_class(spec.lab.kind)(spec.lab.options, files) if spec.lab is not None else None
    return replace(fitted(spec, files, lab, recorded=recorded), read_as=read_as)


def reopened(record: Record) -> Setup:
    """Return the setup of a campaign from its record alone: the first spec and the files kept as artifacts.

    Raises:
        NotFoundError: an artifact is missing.
    """
    files = {role: record.ledger.artifact(name) for role, name in record.state.files.items()}
    return assemble(record.state.specs[0], files, recorded=True)


def fitted(spec: CampaignSpec, files: Mapping[str, bytes], lab: Lab | None, *, recorded: bool = False) -> Setup:
    """Return the setup of a spec in a lab that was made already, or by hand; else as :func:`assemble`."""
    if not recorded and spec.revision is None:
        spec = spec.model_copy(update={"revision": REVISION})
    table = lab.candidates() if lab is not None else None
    measured = [quantity.name for quantity in to_measure(build_objectives(spec))]
    outcomes = lab.outcomes(measured) if lab is not None else ()
    if spec.candidates is not None:
        table, outcomes = parse_table(files[CANDIDATES], spec.candidates), measured
    named = frozenset(spec.space)
    if not any(part.role == "control" for part in spec.space.values()):
        spec = _with_inferred_space(spec, table, outcomes)
    elif spec.candidates is not None and table is not None:
        table.refuse_others([*spec.space, *outcomes], "remove the column, or add it to space")
    spec = spec if recorded else settled_choices(spec)
    pool = None if table is None else pool_rows(table, spec)
    if lab is not None:
        lab.check(measured, list(spec.space))
    setup = Setup(spec, files, lab, pool)
    space = setup.check(spec, recorded=recorded)
    if not recorded and table is not None and isinstance(space.pool, Pool):
        refuse_misspelt(table, space.controlled, space.pool)
        refuse_alike(table, [p for p in space.controlled if p.name not in named], space.pool)
    knowing: object = lab  # a lab need not know units
    if isinstance(knowing, KnowsUnits) and not recorded:
        knowing.check_units(setup.measured(spec), space)
    return setup


def _with_inferred_space(spec: CampaignSpec, table: Table | None, outcomes: Sequence[str]) -> CampaignSpec:
    if table is None:
        raise SpecError(
            "the campaign has no space",
            field="space",
            allowed="one parameter or more",
            hint="add space: with the knobs, or candidates: with a CSV file of what exists",
        )
    space = inferred_space(table, outcomes)
    if not space:
        raise DataError(
            f"{table.source} has no column that varies besides the outcomes",
            field="space",
            value=table.columns(outcomes),
            hint="check the file and the names of the objectives",
        )
    data = plain(spec)
    try:
        return parse_spec({**data, "space": {**space, **data["space"]}})
    except SpecError as error:  # it would quote a table that nothing in the campaign file describes
        raise DataError(
            f"the columns of {table.source} make no space",
            field="space",
            value=f"{len(table.header)} columns",
            allowed="different names of 100 characters at most, with numbers or with several names each",
            hint="write the space in the campaign file: then what is wrong with a column can be said",
        ) from error
