"""vLLM counts the token that ends an answer; transformers' answers are counted by their text."""

from collections.abc import Mapping
from typing import Any

_LENGTHS = {"generated_tokens", "visible_tokens"}


def assert_same_but_for_the_end(vllm: Mapping[str, Any], hf: Mapping[str, Any]) -> None:
    """Compare what is saved of a reply under vLLM and under transformers."""
    assert {k: vllm[k] for k in vllm.keys() - _LENGTHS} == {k: hf[k] for k in hf.keys() - _LENGTHS}
    ended = vllm["finish_reason"] == "stop"
    assert [vllm[k] - hf[k] for k in _LENGTHS] == [ended, ended]
