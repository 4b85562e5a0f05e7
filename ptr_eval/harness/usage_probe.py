"""What backends tell of a generation beyond its text, and lm-eval drops on the way.

How many prompt tokens came from a cache, and whether a text ended because its token limit was
reached. Both are read off a backend's own method while it answers.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from ptr_eval.harness.backend import Backend


@dataclass(slots=True)
class Heard:
    """What was heard while a batch was answered."""

    cached: list[float] = field(default_factory=list)
    """The number of cached prompt tokens of each answer told of."""
    cut: set[str] = field(default_factory=set)
    """The texts that reached their token limit."""
    tells: bool = False
    """Whether the backend tells of limits at all."""

    def full(self, response: str) -> bool | None:
        """Tell whether a response reached its token limit."""
        return response in self.cut if self.tells else None


@contextmanager
def listening(backend: Backend) -> Iterator[Heard]:
    """Listen to what a backend tells."""
    heard = Heard()
    name, listen = _TAPS.get(backend.kind, ("", None))
    original = getattr(backend.lm, name, None) if name else None
    if listen is None or original is None:
        yield heard
        return

    def tapped(*args: Any, **kwargs: Any) -> Any:
        result = original(*args, **kwargs)
        listen(heard, backend.lm, result, *args, **kwargs)
        return result

    setattr(backend.lm, name, tapped)
    try:
        yield heard
    finally:
        delattr(backend.lm, name)


def _to_server(heard: Heard, lm: Any, texts: Any, *args: Any, **kwargs: Any) -> None:
    """Read `finish_reason` and `usage`, as OpenAI-compatible servers send them."""
    outputs = kwargs.get("outputs", args[0] if args else None)
    answers = [a for a in (outputs if isinstance(outputs, list) else [outputs]) if a]
    answers = [answer for answer in answers if isinstance(answer, dict)]
    details = [(a.get("usage") or {}).get("prompt_tokens_details") or {} for a in answers]
    told = [detail.get("cached_tokens") for detail in details if isinstance(detail, dict)]
    heard.cached += [float(tokens) for tokens in told if isinstance(tokens, int | float)]
    choices = [choice for answer in answers for choice in _in_order(answer)]
    reasons = [choice.get("finish_reason") for choice in choices]
    heard.tells = heard.tells or any(reasons)
    if len(reasons) == len(texts):
        pairs = zip(texts, reasons, strict=True)
        heard.cut |= {text or "" for text, reason in pairs if reason == "length"}


def _in_order(answer: dict[str, Any]) -> list[dict[str, Any]]:
    choices = [choice for choice in answer.get("choices") or [] if isinstance(choice, dict)]
    return sorted(choices, key=lambda choice: choice.get("index") or 0)


def _to_vllm(heard: Heard, lm: Any, outputs: Any, *args: Any, **kwargs: Any) -> None:
    """Read `RequestOutput.num_cached_tokens` and its completion's `finish_reason`."""
    told = [getattr(output, "num_cached_tokens", None) for output in outputs]
    heard.cached += [float(tokens) for tokens in told if tokens is not None]
    completions = [output.outputs[0] for output in outputs]
    heard.tells = True
    heard.cut |= {done.text for done in completions if done.finish_reason == "length"}


def _to_hf(heard: Heard, lm: Any, rows: Any, *args: Any, **kwargs: Any) -> None:
    """Look for rows that are as long as allowed and end in no end-of-text token."""
    if lm.backend != "causal":
        return
    heard.tells = True
    if rows.shape[1] < kwargs["max_length"]:
        return
    begin, ends = kwargs["context"].shape[1], _end_tokens(lm)
    texts = [lm.tok_decode(row[begin:]) for row in rows.tolist() if row[-1] not in ends]
    stops = [stop for stop in kwargs["stop"] if stop]
    # A row that met a stop is generated on until the whole batch has ended.
    heard.cut |= {text for text in texts if not any(stop in text for stop in stops)}


def _end_tokens(lm: Any) -> set[int | None]:
    config = getattr(lm.model, "generation_config", None)
    known = getattr(config, "eos_token_id", None)
    several = known if isinstance(known, list) else [known]
    return {lm.tokenizer.pad_token_id, lm.tokenizer.eos_token_id, *several}


_TAPS: dict[str, tuple[str, Callable[..., None]]] = {
    "api": ("parse_generations", _to_server),
    "vllm": ("_model_generate", _to_vllm),
    "hf": ("_model_generate", _to_hf),
}
