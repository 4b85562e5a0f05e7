"""Fingerprints of what encoded rows depend on: the tokenizer, the chat template and the data."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ptr_data.hashing import digest, file_digest
from ptr_train.encoding.settings import EncodingSettings

Fingerprints = Mapping[str, str]
"""A digest of each input, by what messages call it."""


def encoding_inputs(tokenizer: Any, settings: EncodingSettings, data: Path) -> dict[str, str]:
    """Fingerprint the inputs of an encoding beside its settings; where they lie does not count."""
    core = json.loads(tokenizer.backend_tokenizer.to_str())
    names = {name: str(token) for name, token in tokenizer.special_tokens_map.items()}
    # Not the state of the tokenizer's last call.
    content = {**core, "truncation": None, "padding": None}
    template = None if settings.chat is False else tokenizer.chat_template
    return {
        "tokenizer": digest(content, names),
        "chat template": digest(template),
        "data": file_digest(data),
    }


def differing(before: Fingerprints, now: Fingerprints) -> list[str]:
    """Name the inputs that differ; one that only one side knows cannot be compared."""
    return [name for name in before if name in now and before[name] != now[name]]
