"""A plan as a campaign file: YAML that a person likes to read, the goal and the assumptions as comments on top.

Words come from anywhere. In a comment they stand on their own lines with every line break taken out, so that none can
begin a field; and the finished text is read back and compared before anybody sees it.
"""

from __future__ import annotations

import textwrap

from zosimos.agent.models.turn import Asked
from zosimos.agent.plan import Plan
from zosimos.campaign.definition import yaml
from zosimos.campaign.definition.read import parse_spec
from zosimos.core.errors import PlanError

_WIDTH = 110


def as_yaml(plan: Plan) -> str:
    """Return the campaign file of a plan.

    Raises:
        PlanError: the text would not be read back as the same campaign.
    """
    lines = as_comment(f"Goal: {plan.words}")
    if plan.assumptions:
        lines += ["#", "# Assumed:"]
        lines += [line for text in plan.assumptions for line in as_comment(text, "# - ", "#   ")]
    if plan.left_out:
        lines += ["#", "# Left out, because no field says it:"]
        lines += [line for text in plan.left_out for line in as_comment(text, "# - ", "#   ")]
    if plan.asked.usage.calls:
        lines += ["#", *as_comment(f"Planned by {_took(plan.asked)}")]
    text = "\n".join(lines) + "\n\n" + yaml.dump(plan.data)
    if parse_spec(yaml.parse(text)) != plan.spec:
        raise PlanError("the plan cannot be written as a campaign file", hint="say the goal in plainer words")
    return text


def _took(asked: Asked) -> str:
    """Return which models made a plan, what that took, and the digest of what they were asked: it goes on record."""
    used, about = asked.usage, "about " if asked.usage.estimated else ""
    cost = "price not known" if used.cost_usd is None else f"{used.cost_usd:.4g} $"
    passed = f"; {', '.join(asked.failed)} of no use" if asked.failed else ""
    tokens = f"{about}{used.tokens_in} tokens in and {used.tokens_out} out"
    return f"{', '.join(asked.answered)}{passed}: {tokens}, {cost}, {asked.seconds:.1f} s; prompt {asked.prompt}"


def as_comment(text: str, first: str = "# ", following: str = "# ") -> list[str]:
    """Return text as comment lines; split() knows every line break that YAML knows."""
    plain = "".join(c for c in " ".join(text.split()) if c.isprintable())
    return textwrap.wrap(plain, _WIDTH, initial_indent=first, subsequent_indent=following) or [first.rstrip()]
