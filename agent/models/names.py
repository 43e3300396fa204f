"""Models by name: ``offline`` (ours, no network), ``openai:NAME`` on any server of OpenAI's protocol, or several.

A key comes from the environment only, and goes only to OpenAI or to an address that the person named themself. It is
never stored, and never shown: not even a server's error may repeat it.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from zosimos.core.errors import ModelError

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

OFFLINE = "offline"
OPENAI = "https://api.openai.com/v1"
KEY, OWN_KEY = "OPENAI_API_KEY", "ZOSIMOS_API_KEY"
_NO_KEY = "none"  # servers without keys want some text all the same
_NAME = re.compile(r"openai:([\w./:@+-]{1,150})")


def make_model(name: str, *, base_url: str | None = None, api_key: str | None = None) -> BaseChatModel:
    """Return the model of a name, or a chain of those whose names are joined with commas.

    Args:
        name: ``offline`` or ``openai:NAME``; of several, each is asked where those before it are of no use.
        base_url: where the server is; OpenAI itself if left out.
        api_key: the key it wants, as :func:`key_for` finds it. Of a chain, the same rule holds for each model.

    Raises:
        ModelError: no such model, or OpenAI itself without a key and no other to ask.
    """
    names = name.split(",")
    if len(names) == 1:
        found = _one(name, base_url, api_key)
        if isinstance(found, ModelError):
            raise found
        return found
    from zosimos.agent.models.chain import ModelChain

    names = [part.strip() for part in names]
    if len(set(names)) < len(names):
        raise ModelError("a model is asked once", field="model", value=name, allowed="different models")
    return ModelChain(links={part: _one(part, base_url, api_key) for part in names})


def _one(name: str, base_url: str | None, api_key: str | None) -> BaseChatModel | ModelError:
    """Return one model, or why it cannot be asked.

    Raises:
        ModelError: there is no such model.
    """
    if name == OFFLINE:
        from zosimos.agent.offline.brain import OfflineModel

        return OfflineModel()
    match = _NAME.fullmatch(name)
    if match is None:
        raise ModelError(
            f"there is no model {name!r}",
            field="model",
            value=name,
            allowed="offline, openai:NAME such as openai:gpt-4.1 (with --base-url for a server of your own), or several"
            " joined with commas",
        )
    if base_url is None and not api_key:
        return ModelError(
            "OpenAI wants a key",
            field="model",
            value=name,
            allowed=f"a key in {KEY} or {OWN_KEY}",
            hint=f"export {KEY}=...; or --base-url for a server without one; or --model offline",
        )
    from zosimos.agent.models.client import CompatibleModel

    # The address is always said: left out, the client would take one from OPENAI_BASE_URL or OPENAI_API_BASE.
    return CompatibleModel.of(match[1], base_url or OPENAI, api_key or _NO_KEY, native=base_url is None)


def key_for(base_url: str | None, *, named_by_person: bool) -> str | None:
    """Return the key from the environment for an address, if there is one that may go there.

    A key goes to OpenAI, or to an address that the person named on the command line or in ``ZOSIMOS_BASE_URL``. An
    address that only ``zosimos.toml`` names gets none: the file may have come with a folder from somebody else.
    """
    if base_url is not None and not named_by_person:
        return None
    return os.environ.get(OWN_KEY) or os.environ.get(KEY) or None
