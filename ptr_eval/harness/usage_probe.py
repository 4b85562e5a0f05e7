"""What local backends report of a generation beyond its text, and lm-eval drops.

How many prompt tokens came from a cache, and whether a text ended because its token limit was
reached. Both are read from a backend's own method while it answers.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from ptr_eval.harness.backend import Backend
from ptr_eval.protocols import FinishReason


@dataclass(slots=True)
class UsageProbe:
    """What a backend reported while a batch was answered."""

    cached: list[float] = field(default_factory=list)
    """The number of cached prompt tokens of each answer that was reported."""
    at_limit: set[str] = field(default_factory=set)
    """The texts that reached their token limit."""
    reports_limits: bool = False
    """Whether the backend reports limits at all."""

    def finish_reason(self, response: str) -> FinishReason | None:
        """Say why a response ends; None if the backend does not report it."""
        if not self.reports_limits:
            return None
        return "length" if response in self.at_limit else "stop"


@contextmanager
def probe_usage(backend: Backend) -> Iterator[UsageProbe]:
    """Record what a backend reports."""
    probe = UsageProbe()
    name, read = _READERS.get(backend.kind, ("", None))
    original = getattr(backend.lm, name, None) if name else None
    if read is None or original is None:
        yield probe
        return

    def observed(*args: Any, **kwargs: Any) -> Any:
        result = original(*args, **kwargs)
        read(probe, backend.lm, result, *args, **kwargs)
        return result

    setattr(backend.lm, name, observed)
    try:
        yield probe
    finally:
        delattr(backend.lm, name)


def _read_vllm(probe: UsageProbe, lm: Any, outputs: Any, *args: Any, **kwargs: Any) -> None:
    """Read `RequestOutput.num_cached_tokens` and its completion's `finish_reason`."""
    reported = [getattr(output, "num_cached_tokens", None) for output in outputs]
    probe.cached += [float(tokens) for tokens in reported if tokens is not None]
    completions = [output.outputs[0] for output in outputs]
    probe.reports_limits = True
    probe.at_limit |= {done.text for done in completions if done.finish_reason == "length"}


def _read_hf(probe: UsageProbe, lm: Any, rows: Any, *args: Any, **kwargs: Any) -> None:
    """Look for rows that are as long as allowed and end in no end-of-text token."""
    if lm.backend != "causal":
        return
    probe.reports_limits = True
    if rows.shape[1] < kwargs["max_length"]:
        return
    begin, ends = kwargs["context"].shape[1], _end_tokens(lm)
    texts = [lm.tok_decode(row[begin:]) for row in rows.tolist() if row[-1] not in ends]
    stops = [stop for stop in kwargs["stop"] if stop]
    # A row that met a stop is generated on until the whole batch has ended.
    probe.at_limit |= {text for text in texts if not any(stop in text for stop in stops)}


def _end_tokens(lm: Any) -> set[int | None]:
    config = getattr(lm.model, "generation_config", None)
    known = getattr(config, "eos_token_id", None)
    several = known if isinstance(known, list) else [known]
    return {lm.tokenizer.pad_token_id, lm.tokenizer.eos_token_id, *several}


_READERS: dict[str, tuple[str, Callable[..., None]]] = {
    "vllm": ("_model_generate", _read_vllm),
    "hf": ("_model_generate", _read_hf),
}
