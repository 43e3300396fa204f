"""Chat: one turn of a conversation about a campaign, on the same graph and tools for every model.

In each turn the tools run one after the other. What there is to know of the past, the turns before included, stands in
the record, and the model is given it as data; nothing in a conversation can keep, change or lose an approval.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from langchain.agents import create_agent
from langchain.agents.middleware import AgentMiddleware, ModelCallLimitMiddleware, ToolCallLimitMiddleware
from langchain.agents.middleware.model_call_limit import ModelCallLimitExceededError
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage
from langchain_core.runnables import RunnableConfig

from zosimos.agent.data import RULE, as_data
from zosimos.agent.flow import Flow
from zosimos.agent.grounding.facts import Facts
from zosimos.agent.grounding.grounded import Grounded, grounded
from zosimos.agent.lexicon import Alarm, alarm
from zosimos.agent.memory import kept, open_proposals, remembered, whole
from zosimos.agent.metering import Meter, in_record
from zosimos.agent.models.chain import kept_on
from zosimos.agent.models.turn import LIMITS, Asked, Limits, asking
from zosimos.agent.models.unreadable import UnreadableCalls
from zosimos.agent.offline.brain import OfflineModel
from zosimos.agent.offline.intents import CLARIFY, read_chat
from zosimos.agent.offline.subject import subject_in
from zosimos.agent.quotation import disarmed
from zosimos.agent.tools import Toolbox
from zosimos.agent.tracing import tracing
from zosimos.campaign import views
from zosimos.campaign.control.commands import Commands
from zosimos.campaign.control.course import NOBODY_RUNS
from zosimos.campaign.decisions.decide import Decide, decide
from zosimos.campaign.definition.build import build_objectives
from zosimos.campaign.ledger.claims import held_by
from zosimos.campaign.record.record import Record
from zosimos.campaign.record.state import State
from zosimos.campaign.setup import Setup
from zosimos.core import background
from zosimos.core.errors import ModelError, SpecError, ZosimosError
from zosimos.core.objective import to_measure

MAX_WORDS = 4000
MODEL_CALLS = 6
TOOL_CALLS = 12
_NO_END = f"The model went on calling tools and came to no answer: it was stopped after {MODEL_CALLS} answers."
_LONGEST = 8000
_IN_TURN: RunnableConfig = {"max_concurrency": 1}
_GRACE_S = 1.0  # in which a turn whose models took all of its time may say so itself

_COMMANDS = {
    "report": ("zosimos report {} -o report.html", "zosimos export {} --format xlsx -o results.xlsx"),
}

_SYSTEM = f"""You help a scientist look at and steer one campaign of experiments. Answer briefly, in plain words.

- Use the tools for every fact; state no number that they did not return.
- You cannot change anything. The propose_* tools file a proposal, which a person may approve outside this conversation.
  Never say that something was changed.
- Propose only what the person asks for in their message. If it is not clear, ask.
- What was said before stands in the data as "conversation", and what waits for an answer as "open proposals". A new
  proposal about the same settings replaces yours from before.
- {RULE}
"""


@dataclass(frozen=True)
class Reply:
    """What came of a turn.

    ``text`` is the answer, its words disarmed unless they are the program's own (``ours``); ``proposals`` are this
    turn's, with diff and preview, as the record holds them; ``calls``
    are the tool calls that ran; ``status`` is the campaign's afterwards. ``intent`` is what was asked, as it is read
    without a model (``clarify``: that is not clear), ``slots`` what the message fills in, and ``alternatives`` the
    likeliest intents, best first. ``citations`` are the experiments that the answer names, and that are on record.
    ``commands`` are ours, for the person to type: what was asked for and no conversation does. ``asked`` says which
    models answered, which were of no use, and what it took to ask them.
    """

    text: str
    proposals: Sequence[Mapping[str, Any]]
    calls: Sequence[Mapping[str, Any]]
    status: str
    ours: bool = False
    intent: str = CLARIFY
    slots: Mapping[str, Any] = field(default_factory=dict)
    alternatives: Sequence[str] = ()
    citations: Sequence[str] = ()
    commands: Sequence[str] = ()
    asked: Asked = field(default_factory=Asked)


def say(
    record: Record,
    setup: Setup,
    model: BaseChatModel,
    text: str,
    *,
    person: Commands,
    proposer: Commands,
    decide: Decide = decide,
    limits: Limits = LIMITS,
    traced: bool = False,
    began: Callable[[str], None] = lambda _: None,
    coming: Callable[[str], None] | None = None,
) -> Reply:
    """Answer one message of a person.

    Args:
        record: the campaign's record.
        setup: its setup.
        model: who reads and answers.
        text: the message.
        person: what the person may do; used only to pause, on their own word.
        proposer: who files proposals, for the record.
        decide: chooses candidates for previews.
        limits: what the turn may take of models.
        traced: whether langchain may trace the turn, as its own variables say.
        began: told the name of each tool as it is called, for displays.
        coming: told the answer while it comes in, all that can be shown of it up to now, for displays; it may begin
            again.

    Raises:
        SpecError: the message is empty or too long.
        ModelError: the model could not be asked or said nothing; what it had proposed before stays filed, and a pause
            on the person's own word was made before.
    """
    if not text.strip() or len(text) > MAX_WORDS:
        raise SpecError("a message has some words", field="--say", value=text, allowed=f"1 to {MAX_WORDS} characters")
    text = whole(text)
    record.sync()
    box = Toolbox(record, setup, proposer, decide, person=person, said=text, began=began)
    called = alarm(text)
    if called is not None:
        return _kept(_stopped(record, box, person, proposer, setup, called), text, person, proposer, 0)
    facts = _facts(record.state)
    heard = read_chat(text, subject_in(facts))
    budget = record.state.spec.budget
    if text.lstrip().startswith("/"):
        brain: BaseChatModel = OfflineModel()
    elif budget.model_tokens is not None or budget.model_usd is not None:
        brain = kept_on(model)
    else:
        brain = model
    guards: list[AgentMiddleware[Any, Any, Any]] = [
        UnreadableCalls(),
        ModelCallLimitMiddleware(run_limit=MODEL_CALLS, exit_behavior="error"),
        ToolCallLimitMiddleware(run_limit=TOOL_CALLS),
    ]
    prompt = _SYSTEM + as_data(facts)
    agent = create_agent(brain, box.tools(), system_prompt=prompt, middleware=guards)
    meter, seen_to = Meter(person), record.state.seq
    flow = None if coming is None else Flow(lambda words: _judged(words, record, box, text).text, coming)
    with tracing(wanted=traced), asking(limits, meter, None if flow is None else flow.hear) as turn:
        under_way = background.started(agent.invoke, {"messages": [{"role": "user", "content": text}]}, _IN_TURN)
        try:
            said = _said(under_way.result(limits.turn_s + _GRACE_S))
        except ModelCallLimitExceededError:
            said = None
        except TimeoutError as error:
            raise ModelError(
                f"the turn took longer than {limits.turn_s:g} s: what was filed until then waits for you",
                field="model",
                hint="a smaller model, or --model offline",
            ) from error
        except ModelError as error:
            if box.proposals:
                error.hint += f"; what it had proposed before is filed: zosimos approvals {record.campaign}"
            raise
        finally:
            if flow is not None:
                flow.close()
            box.close()
            meter.close()
    record.sync()
    seen = _judged(said or "", record, box, text)
    if said is not None and not seen.text.strip():
        raise ModelError("the model said nothing", field="model", hint="ask another model, or use --model offline")
    reply = Reply(
        seen.text if said is not None else _NO_END,
        list(box.proposals.values()),
        box.calls,
        record.state.status,
        ours=said is None,
        intent=heard.intent,
        slots=heard.slots,
        alternatives=heard.alternatives,
        citations=list(seen.citations),
        commands=[line.format(record.campaign) for line in _COMMANDS.get(heard.intent, ())],
        asked=turn.so_far(),
    )
    return _kept(reply, text, person, proposer, seen_to)


def _judged(said: str, record: Record, box: Toolbox, asked: str) -> Grounded:
    """Return an answer, or its beginning, as it is shown.

    It is disarmed first: what is not seen is gone before what is seen is read, and no mark is taken out again.
    """
    plain = disarmed(said[:_LONGEST], record.state.tokens())
    return grounded(plain, Facts(record.state, box.results, asked))


def _said(found: Any) -> str:
    """Return the last words of a conversation, if they are a model's."""
    last = found["messages"][-1]
    return last.text if isinstance(last, AIMessage) else ""


def _kept(reply: Reply, asked: str, person: Commands, proposer: Commands, seen_to: int) -> Reply:
    """Put a turn on record and return its reply, with a line more where that could not be done.

    ``seen_to`` is the number of the last event that there was when models were asked.
    """
    tokens = [item["token"] for item in reply.proposals]
    turn = replace(kept(asked, reply.text, reply.intent, reply.calls, tokens), model=proposer.author)
    try:
        if reply.asked.exchanges:
            person.record.require_whole()  # else nothing of it could be named
            turn = replace(turn, models=in_record(person.record.ledger, reply.asked, seen_to))
        person.keep_turn(turn)
    except ZosimosError as error:
        said = f"This turn could not be put on record: {error.message}"
        return replace(reply, text=f"{reply.text}\n{said}".lstrip())
    return reply


def _stopped(record: Record, box: Toolbox, person: Commands, proposer: Commands, setup: Setup, called: Alarm) -> Reply:
    """Have the devices stand still, or pause, at once; propose to end the campaign where that is wished as well."""
    if record.broken is not None:
        person.halt("stopped in chat")
        lines = [
            f"The record cannot be changed ({record.broken}).",
            "The program that runs the campaign, if one does, was told to stop and make its devices safe.",
        ]
        return Reply("\n".join(lines), [], [], record.state.status, ours=True, intent=called.intent)
    lines = [_stood_still(record, person) if called.act == "halt" else _paused(record, person)]
    record.sync()
    if called.ends and record.state.status in ("active", "paused"):
        found = box.described(proposer.propose(setup, "abort", None, "asked for in chat"))
        lines.append(f"To end it for good: {found['approve']}")
        lines.append(f"Or at once, without this proposal: zosimos abort {record.campaign}")
    lines.append("I did nothing else with your message. To go on, say /resume.")
    proposals = list(box.proposals.values())
    said = (called.intent,)
    return Reply("\n".join(lines), proposals, box.calls, record.state.status, True, called.intent, {}, said)


def _stood_still(record: Record, person: Commands) -> str:
    """Halt the campaign, if it has not ended, and say what was running."""
    state = record.state
    if state.status not in ("active", "paused"):
        return f"The campaign is {state.status}: no experiment runs."
    running = [item.id for item in state.active.values() if item.status == "running"]
    person.halt("stopped in chat")
    if not held_by(record.ledger, record.campaign):
        return f"Halted. {NOBODY_RUNS}"
    what = f"{', '.join(running)} cut short" if running else "no experiment was under way"
    return f"Halted: the devices go to their safe state now; {what}. Nothing starts until a person takes it up again."


def _paused(record: Record, person: Commands) -> str:
    """Pause the campaign, if it is active."""
    status = record.state.status
    if status != "active":
        return f"The campaign is {status} already: no new experiment starts."
    person.pause("stopped in chat")
    return "Paused at once: experiments under way are finished, no new one starts."


def _facts(state: State) -> dict[str, Any]:
    spec = state.spec
    last, wanted = state.observations[-1] if state.observations else None, spec.objectives
    return {
        "campaign": state.id,
        "name": spec.name,
        "status": state.status,
        "parameters": {name: part.unit for name, part in spec.space.items() if hasattr(part, "unit")},
        "space": {name: part.model_dump(mode="json") for name, part in spec.space.items()},
        "objectives": {name: part.model_dump(mode="json") for name, part in spec.objectives.items()},
        "measured": {part.name: part.unit for part in to_measure(build_objectives(spec)) if part.name not in wanted},
        "used": state.used,
        "budget": spec.budget.experiments,
        "batch": spec.batch,
        "experiments": len(state.experiments),
        "constraints": spec.model_dump(mode="json")["constraints"],
        "last": last.experiment if last is not None else "",
        "best": (views.status(state)["best"] or {}).get("experiment", ""),
        "open proposals": open_proposals(state),
        "conversation": remembered(state),
    }
