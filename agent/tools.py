"""Tools: what a model may do about one campaign. It looks, and it proposes; it never acts.

Limits stand in the tools' bodies, where every call goes through them, whoever made or edited it. A proposal is written
to the ledger's store of approvals, so no later message can drop, change or repeat it. A model may call several tools at
once, and a framework may run them in threads: one lock around the record lets them through one after the other.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from zosimos.agent.arguments import TOOLS, Described
from zosimos.agent.knowledge.citing import cited
from zosimos.agent.knowledge.library import Library
from zosimos.agent.knowledge.search import search
from zosimos.agent.knowledge.views import passage_view
from zosimos.agent.looking import Looking
from zosimos.agent.offline.slots import normalised
from zosimos.agent.preview import described
from zosimos.agent.quotation import disarmed
from zosimos.agent.seams import Known, Proposes, Writes
from zosimos.campaign.control.last_act import inverse_of_last
from zosimos.campaign.control.written_advice import written_items
from zosimos.campaign.decisions.decide import Decide, decide
from zosimos.campaign.decisions.proposals import replaces
from zosimos.campaign.definition.described import described as described_change
from zosimos.campaign.definition.model import DiscreteSpec, ParameterSpec
from zosimos.campaign.record.experiment import ProposedChange, ProposedVerb
from zosimos.campaign.record.suggested import in_words
from zosimos.campaign.setup import Setup
from zosimos.core.errors import SpecError, StateError, ZosimosError
from zosimos.core.settings import load_settings
from zosimos.core.units import parse_quantity

if TYPE_CHECKING:
    from langchain_core.tools import BaseTool

MOST_PROPOSALS = 5  # in one turn
_UNSAID = "asked for in chat"


class Toolbox:
    """The tools over one campaign, for one turn of a conversation.

    Args:
        record: the campaign's record.
        setup: its setup.
        commands: what the proposer may do; only proposals are filed, and taken back.
        decide: chooses candidates for previews.
        person: what the person may do; used to write down their own words.
        said: the person's message.
        unsaid: the reason on record for a proposal that needs one and came without.
        began: told the name of each tool as it is called, for displays.
        library: the laboratory's documents; None: those where the settings say.
    """

    def __init__(
        self,
        record: Known,
        setup: Setup,
        commands: Proposes,
        decide: Decide = decide,
        *,
        person: Writes | None = None,
        said: str = "",
        unsaid: str = _UNSAID,
        began: Callable[[str], None] = lambda _: None,
        library: Library | None = None,
    ) -> None:
        self._record = record
        self._setup = setup
        self._commands = commands
        self._decide = decide
        self._person = person
        self._said = said
        self._unsaid = unsaid
        self._began = began
        self._library = library
        self._filed = 0
        self._closed = False
        self.proposals: dict[str, dict[str, Any]] = {}
        self.calls: list[dict[str, Any]] = []
        self.results: list[dict[str, Any]] = []  # what each call returned, for what is said of it
        self._lock = threading.Lock()

    def tools(self) -> list[BaseTool]:
        """Return the tools, the same for every model, for one that is asked through langchain."""
        return [self._tool(item) for item in TOOLS]

    def _tool(self, item: Described) -> BaseTool:
        from langchain_core.tools import StructuredTool  # not for those who call without langchain

        def call(**given: Any) -> str:
            try:
                found = self.call(item.name, given)
            except ZosimosError as error:
                found = {"error": str(error)}
            return json.dumps(found, ensure_ascii=False, allow_nan=False)

        return StructuredTool.from_function(
            call, name=item.name, description=item.description, args_schema=item.arguments
        )

    def call(self, name: str, given: Mapping[str, Any]) -> dict[str, Any]:
        """Do what one of the tools does, and return what it found as JSON data.

        Args:
            name: of the tool.
            given: its arguments, which fit its model.

        Raises:
            ZosimosError: it cannot be done, or the record cannot be read.
        """
        with self._lock:
            if self._closed:
                raise StateError("the turn is over: nothing is done in it any more", field="tool", value=name)
            found: dict[str, Any] = {}
            said: dict[str, Any] = {}
            self._began(name)
            try:
                self._record.sync()
                found = self._bodies()[name](**given)
                said = {key: value for key, value in found.items() if key in ("error", "token")}
            except ZosimosError as error:
                found = said = {"error": str(error)}
                raise
            finally:
                self.calls.append({"tool": name, "arguments": dict(given), **said})
                self.results.append({"tool": name, "result": found})
        return found

    def close(self) -> None:
        """Let no call through any more: a model that was left behind may still make one."""
        self._closed = True

    def _bodies(self) -> Mapping[str, Callable[..., dict[str, Any]]]:
        """Return what each of the tools does."""
        looking = Looking(self._record, self._setup, self._decide)
        return {
            "status": looking.status,
            "list_experiments": looking.experiments,
            "explain": looking.explain,
            "compare": looking.compare,
            "spectrum": looking.spectrum,
            "explain_campaign": looking.explain_campaign,
            "forecast": looking.forecast,
            "model_quality": looking.model_quality,
            "what_if": looking.what_if,
            "search_knowledge": self._passages,
            "open_proposals": self._waiting(looking),
            "withdraw_proposal": self._withdraw,
            "note": self._note,
            "propose_pause": self._proposing("pause"),
            "propose_resume": self._proposing("resume"),
            "propose_abort": self._proposing("abort"),
            "propose_undo": self._undo,
            "propose_bounds": self._bounds,
            "propose_settings": self._settings,
            "propose_advice": self._advice,
            "propose_correction": self._correction,
            "propose_retraction": self._done_to("retract"),
            "propose_restoration": self._done_to("restore"),
        }

    def _passages(self, question: str) -> dict[str, Any]:
        library = self._documents()
        shelf = library.shelf()
        hits = search(library, shelf, question)
        return {"documents": len(shelf.documents), "passages": [passage_view(hit.passage) for hit in hits]}

    def _documents(self) -> Library:
        return self._library or Library(load_settings().library)

    # --- proposing

    def _proposing(self, verb: ProposedVerb) -> Callable[[str], dict[str, Any]]:
        def propose(reason: str = "") -> dict[str, Any]:
            return self._propose(verb, None, reason)

        return propose

    def _bounds(
        self,
        parameter: str,
        min: str | float | None = None,  # noqa: A002 - the arguments are named as in a campaign file
        max: str | float | None = None,  # noqa: A002
        reason: str = "",
    ) -> dict[str, Any]:
        space = self._record.state.spec.space
        if parameter not in space:
            raise SpecError("there is no such parameter", field="parameter", value=parameter, allowed=", ".join(space))
        if min is None and max is None:
            raise SpecError("a bound is given by min, max or both", field=parameter)
        return self._propose("steer", _assignments(parameter, space[parameter], min, max), reason)

    def _settings(self, settings: Mapping[str, Any], reason: str = "") -> dict[str, Any]:
        return self._propose("steer", settings, reason)

    def _advice(self, reason: str = "", passage: str = "", quote: str = "", **said: str) -> dict[str, Any]:
        given = {kind: text for kind, text in said.items() if text}
        if len(given.keys() - {"odds"}) != 1:
            raise SpecError(
                "advice says one thing at a time",
                field="advice",
                value=", ".join(given),
                allowed="one of point, prior, exclude, replicate, explore and hypothesis",
            )
        spec = self._record.state.spec
        laws = self._setup.laws(spec)
        items = written_items(self._setup.space(spec), self._setup.objectives(spec), **given, laws=laws)
        wanted: dict[str, Any] = {"items": [item.as_json() for item in items]}
        if passage or quote:
            wanted["cites"] = str(cited(self._documents(), passage, quote))
        return self._propose("advise", wanted, reason)

    def _correction(self, experiment: str, values: Mapping[str, Any], reason: str = "") -> dict[str, Any]:
        return self._propose("correct", {"experiment": experiment, "values": dict(values)}, reason or self._unsaid)

    def _done_to(self, verb: ProposedVerb) -> Callable[..., dict[str, Any]]:
        def propose(experiment: str, reason: str = "") -> dict[str, Any]:
            return self._propose(verb, {"experiment": experiment}, reason or self._unsaid)

        return propose

    def _undo(self, reason: str = "") -> dict[str, Any]:
        found = inverse_of_last(self._record.state, self._record.events())
        return self._propose(found.verb, found.content or None, reason or self._unsaid)

    def _withdraw(self, token: str, reason: str = "") -> dict[str, Any]:
        change = self._record.state.changes.get(token)
        if change is None or change.status != "open" or change.by != self._commands.author:
            raise StateError("that is no open proposal of yours", field="token", value=disarmed(token))
        said = in_words(change.verb, change.content, self._record.state.experiments)
        said += [described_change(item) for item in change.changes]
        self._commands.reject(token, self._plain(reason) or "withdrawn in chat")
        self.proposals.pop(token, None)
        return {"withdrawn": token, "verb": change.verb, "words": said}

    def _note(self, text: str, experiment: str = "") -> dict[str, Any]:
        if self._person is None or not text.strip() or text.strip() not in normalised(self._said):
            raise SpecError(
                "a note holds words of the person's own message", field="text", value=text, hint="quote them exactly"
            )
        return self._person.note(text, experiment).as_json()

    def _waiting(self, looking: Looking) -> Callable[[], dict[str, Any]]:
        def look() -> dict[str, Any]:
            found = looking.open_proposals()
            self.proposals |= {item["token"]: item for item in found["proposals"]}
            return found

        return look

    def _propose(self, verb: ProposedVerb, wanted: Mapping[str, Any] | None, reason: str) -> dict[str, Any]:
        if self._filed >= MOST_PROPOSALS:
            raise StateError(f"at most {MOST_PROPOSALS} proposals in one turn", value=self._filed)
        change = self._commands.propose(self._setup, verb, wanted, self._plain(reason))
        self._filed += 1
        for older in self._record.state.open_changes():
            if older.by == change.by and replaces(change, older):
                self._replace(older, change)
        return self.described(change)

    def _replace(self, older: ProposedChange, change: ProposedChange) -> None:
        self.proposals.pop(older.token, None)
        try:
            self._commands.reject(older.token, f"replaced by {change.token}")
        except (
            StateError
        ):  # somebody was faster: a person answered it, or the same proposer filed a newer one elsewhere
            self._record.sync()
            if self._record.state.changes[older.token].status == "open":
                raise

    def _plain(self, reason: str) -> str:
        """Return a reason as it is kept, and shown by others: without anything that poses as the program's own."""
        return disarmed(" ".join(reason.split()), self._record.state.tokens())

    def described(self, change: ProposedChange) -> dict[str, Any]:
        """Return a proposal with its diff, what it would do, and how to say yes."""
        self._record.sync()
        now = self._record.state.changes.get(change.token, change)  # what files nothing has it nowhere else
        found = described(self._setup, self._record.state, now, self._decide)
        self.proposals[change.token] = found
        return found


def _assignments(name: str, part: ParameterSpec, low: str | float | None, high: str | float | None) -> dict[str, Any]:
    """Return the new values of a parameter's bounds as paths and numbers in its own unit."""
    unit = str(getattr(part, "unit", ""))
    wanted = {
        side: parse_quantity(value, unit, f"{name}.{side}")
        for side, value in (("min", low), ("max", high))
        if value is not None
    }
    if isinstance(part, DiscreteSpec):  # of its fields, levels is the one that holds bounds
        least, most = wanted.get("min", float("-inf")), wanted.get("max", float("inf"))
        kept = [float(level) for level in part.levels if least <= float(level) <= most]
        if not kept:
            raise SpecError("no level is left", field=name, value=str(wanted), allowed=", ".join(map(str, part.levels)))
        return {f"space.{name}.levels": kept}
    if not hasattr(part, "min"):
        raise SpecError("the campaign file gives it no min and max, so that it has no bounds to move", field=name)
    if part.traits(name).kind == "whole":
        wanted = {side: int(value) if value == int(value) else value for side, value in wanted.items()}
    return {f"space.{name}.{side}": value for side, value in wanted.items()}
