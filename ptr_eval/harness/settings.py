"""The `ptr_*` settings that users give through lm-eval's `--metadata`."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, get_args

from ptr_eval.errors import UserError
from ptr_eval.instructions import resolve_instruction, resolve_synthesis
from ptr_eval.protocols import Order, Parallel, Protocol, Resample, Sequential
from ptr_eval.thinking import DEFAULT_END

PREFIX = "ptr_"
MAX_ROUNDS = 50
MAX_CANDIDATES = 256


@dataclass(frozen=True, slots=True)
class Settings:
    """How to ask, where the data are, and how to score. Every field is a `ptr_` setting."""

    protocol: str = "sequential"
    """How to ask: "sequential" (refine, with history), "resample" (the control without history) or
    "parallel" (several candidates, then one answer made of them)."""
    rounds: int = 3
    """How many rounds, from 1; 3 if not given, and 2 in parallel: the candidates, and the answer
    made of them."""
    candidates: int = 4
    """How many candidates a group has, in parallel."""
    synthesis: str = "examine"
    """What is asked below the candidates: a shipped request's name, a text file's path, or the
    text."""
    syntheses: int = 1
    """How many refined answers to draw from each group, in parallel."""
    candidate_tokens: int = 6144
    """How many tokens of candidates a prompt may show; each candidate may take an equal share."""
    order: Order = "asked"
    """The order in which candidates are shown: "asked", "reversed" or "shuffled"."""
    first_round: str | None = None
    """A saved run whose answers are taken for the first round's, instead of asking."""
    aggregator: str | None = None
    """Another model to ask from the second round on: `BACKEND:MODEL`, or a YAML file with
    `backend` and `args`."""
    instruction: str = "neutral"
    """What is said between rounds: a shipped instruction's name, a text file's path, or the text.
    """
    thinking_end: str = DEFAULT_END
    """The mark that ends a model's thinking block."""
    keep_thinking: bool = False
    """Whether the history carries thinking blocks along."""
    data: str | None = None
    """A folder with the benchmarks' official files, instead of the hub. The environment variable
    PTR_DATA gives a default."""
    ledger: str | None = None
    """A file that records every generation, so that a killed run can go on."""
    context: int | None = None
    """The model's context in tokens, where the backend does not know it."""
    samples: int | None = None
    """How many independent samples of each question; None for the task's `repeats`."""
    seed: int | None = 1234
    """The seed of sampled generations; None sends no seeds."""
    wave: int = 1024
    """How many requests are handed to the backend at a time, where it returns them only all
    together."""
    scorers: tuple[str, ...] = ()
    """Names of the task's scorers to apply; empty for all."""
    embedder: str = "BAAI/bge-m3"
    """The embedding model for similarity: a hub name or a local folder."""
    similar: float = 0.6
    """The similarity from which a summary counts as right in fixed@t and broken@t."""
    pass_k: tuple[int, ...] = (1,)
    """The k of pass@k, largest last; each needs as many samples (`repeats`)."""
    sandbox: str = "auto"
    """"auto" to use the best isolation found for untrusted code, or "unsafe"."""
    timeout: float = 3.0
    """Seconds a program may run."""

    @classmethod
    def from_metadata(cls, metadata: Mapping[str, Any] | None) -> "Settings":
        """Read the settings out of lm-eval's metadata."""
        given = {
            key.removeprefix(PREFIX): value
            for key, value in (metadata or {}).items()
            if key.startswith(PREFIX)
        }
        known = {f.name for f in fields(cls)}
        problems = [
            f"{PREFIX}{key}: unknown setting; known are "
            f"{', '.join(PREFIX + name for name in sorted(known))}."
            for key in given
            if key not in known
        ]
        values: dict[str, Any] = {}
        for key in known & given.keys():
            try:
                values[key] = _READERS[key](given[key])
            except UserError as error:
                problems.append(str(error))
            except (TypeError, ValueError) as error:
                problems.append(f"{PREFIX}{key}={given[key]}: {error}.")
        if problems:
            raise UserError.collect(sorted(problems))
        if values.get("protocol") == "parallel":
            values = {"rounds": 2, **values}
        return cls(**{"data": os.environ.get("PTR_DATA") or None, **values})

    def make_protocol(self) -> Protocol:
        """Build the protocol these settings ask for."""
        return _PROTOCOLS[self.protocol](self)

    @property
    def data_folder(self) -> Path | None:
        """The folder of official files, if the hub is not to be used."""
        return Path(self.data).expanduser() if self.data else None


def _shown_end(settings: Settings) -> str:
    return "" if settings.keep_thinking else settings.thinking_end


def _sequential(settings: Settings) -> Protocol:
    instruction = resolve_instruction(settings.instruction)
    return Sequential(settings.rounds, instruction, _shown_end(settings))


def _resample(settings: Settings) -> Protocol:
    return Resample(settings.rounds)


def _parallel(settings: Settings) -> Protocol:
    return Parallel(
        candidates=settings.candidates,
        synthesis=resolve_synthesis(settings.synthesis),
        rounds=settings.rounds,
        instruction=resolve_instruction(settings.instruction),
        syntheses=settings.syntheses,
        budget=settings.candidate_tokens,
        order=settings.order,
        thinking_end=_shown_end(settings),
    )


_PROTOCOLS: dict[str, Callable[[Settings], Protocol]] = {
    "sequential": _sequential,
    "resample": _resample,
    "parallel": _parallel,
}


def _whole(low: int, high: int | None = None) -> Callable[[Any], int]:
    wanted = f"must be a whole number from {low}" + (f" to {high}" if high is not None else "")

    def read(value: Any) -> int:
        text = str(value)
        if isinstance(value, bool) or not text.lstrip("-").isdecimal():
            raise ValueError(wanted)
        if int(text) < low or (high is not None and int(text) > high):
            raise ValueError(wanted)
        return int(text)

    return read


def _instruction(value: Any) -> str:
    resolve_instruction(str(value))
    return str(value)


def _synthesis(value: Any) -> str:
    resolve_synthesis(str(value))
    return str(value)


def _positive(value: Any) -> float:
    if not float(value) > 0:
        raise ValueError("must be a number above 0")
    return float(value)


def _one_of(*names: str) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if value not in names:
            raise ValueError(f"choose one of {', '.join(names)}")
        return str(value)

    return read


def _yes_or_no(value: Any) -> bool:
    if str(value).lower() not in ("true", "false", "1", "0", "yes", "no"):
        raise ValueError("must be true or false")
    return str(value).lower() in ("true", "1", "yes")


def _optional(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: None if value is None or str(value).lower() == "none" else read(value)


def _several(read: Callable[[Any], Any]) -> Callable[[Any], tuple[Any, ...]]:
    def read_all(value: Any) -> tuple[Any, ...]:
        if isinstance(value, list | tuple):
            items = list(value)
        else:
            items = [item for item in str(value).replace("+", ",").split(",") if item]
        return tuple(read(item) for item in items)

    return read_all


_READERS: dict[str, Callable[[Any], Any]] = {
    "protocol": _one_of(*_PROTOCOLS),
    "rounds": _whole(1, MAX_ROUNDS),
    "candidates": _whole(1, MAX_CANDIDATES),
    "synthesis": _synthesis,
    "syntheses": _whole(1, MAX_CANDIDATES),
    "candidate_tokens": _whole(1),
    "order": _one_of(*get_args(Order)),
    "first_round": _optional(str),
    "aggregator": _optional(str),
    "instruction": _instruction,
    "thinking_end": str,
    "keep_thinking": _yes_or_no,
    "data": _optional(str),
    "ledger": _optional(str),
    "context": _optional(_whole(1)),
    "samples": _optional(_whole(1)),
    "seed": _optional(_whole(0)),
    "wave": _whole(1),
    "scorers": _several(str),
    "embedder": str,
    "similar": _positive,
    "pass_k": _several(_whole(1)),
    "sandbox": _one_of("auto", "unsafe"),
    "timeout": _positive,
}
