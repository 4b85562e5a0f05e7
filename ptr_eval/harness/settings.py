"""The `ptr_*` settings that users give through lm-eval's `--metadata`."""

import math
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal, get_args

from ptr_eval.engine import EngineName
from ptr_eval.errors import UserError
from ptr_eval.harness.near_names import warn_of_near_names
from ptr_eval.instructions import resolve_instruction, resolve_prompt, resolve_synthesis
from ptr_eval.plugins import check_call, load_part, reference_to
from ptr_eval.protocols import PROTOCOLS, Order, Protocol, ProtocolOptions
from ptr_eval.thinking import DEFAULT_END, read_mark

PREFIX = "ptr_"
RUN_WIDE = (
    "ledger", "first_round", "aggregator", "engine", "chunk",
    "max_failed", "max_wait", "max_requests", "max_prompt_tokens",
)  # fmt: skip
"""The settings that hold for a whole run, whatever its tasks."""

SCORING = (
    "scorers", "kept", "thinking_end", "embedder", "similarity_threshold", "pass_k", "sandbox",
    "timeout",
)  # fmt: skip
"""The settings that say how to score; all others are decided when a run is asked."""

RENAMED = {"similar": "similarity_threshold", "wave": "chunk"}
"""TaskSettings of earlier versions, and what they are called now."""
Kept = Literal["carry", "refuse"]
NEWEST = "newest"
"""The wording of a task's `doc_to_text`."""
MAX_ROUNDS = 50
MAX_CANDIDATES = 256


@dataclass(frozen=True, slots=True)
class TaskSettings:
    """How to ask, where the data are, and how to score. Every field is a `ptr_` setting."""

    protocol: str = "sequential"
    """How to ask: "sequential" (refine, with history), "resample" (the control without history) or
    "parallel" (several candidates, then one answer made of them)."""
    prompt: str = NEWEST
    """How the question is worded: "newest", a former wording by its name in the task's file, such
    as "v1", or a file with a template."""
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
    order: Order = "sampled"
    """The order in which candidates are shown: "sampled", "reversed" or "shuffled"."""
    first_round: str | None = None
    """A saved run whose answers are taken for the first round's, instead of asking."""
    aggregator: str | None = None
    """Another model to ask from the second round on: `BACKEND:MODEL`, or a YAML file with
    `backend` and `args`."""
    instruction: str = "neutral"
    """What is said between rounds: a shipped instruction's name, a text file's path, or the text.
    """
    thinking_end: str = DEFAULT_END
    """The mark that ends a model's thinking block; empty, "none" or "null" for no mark."""
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
    """The seed of sampled generations; None sends no seeds. lm-eval's --seed gives the default."""
    engine: EngineName = "auto"
    """When to ask: "continuous" (each dialogue goes on when it is answered), "lockstep" (all go on
    together), or "auto" (continuous where the backend gives answers back one by one)."""
    chunk: int = 1024
    """How many requests are handed to the backend at a time, where it returns them only all
    together."""
    max_failed: float | None = None
    """The share of failed requests above which a run ends; None for never."""
    max_wait: float = 600.0
    """How many seconds to wait, at most, for a server that refuses because of its load."""
    max_requests: int | None = None
    """How many requests a run may plan; one that plans more ends before it sends any. None for no
    cap."""
    max_prompt_tokens: int | None = None
    """How many prompt tokens a run may plan, at most; None for no cap."""
    scorers: tuple[str, ...] = ()
    """Names of the task's scorers to apply; empty for all."""
    kept: Kept = "carry"
    """What becomes of a response that only confirms an earlier answer: "carry" takes over that
    answer's score, "refuse" takes the response for no answer."""
    embedder: str = "BAAI/bge-m3"
    """The embedding model for similarity: a hub name or a local folder."""
    similarity_threshold: float = 0.6
    """The similarity from which a summary counts as right in fixed@t and broken@t."""
    pass_k: tuple[int, ...] = (1,)
    """The k of pass@k, largest last; each needs as many samples (`repeats`)."""
    sandbox: str = "auto"
    """"auto" to use the best isolation found for untrusted code, or "unsafe"."""
    timeout: float = 3.0
    """Seconds a program may run."""

    @classmethod
    def from_metadata(cls, metadata: Mapping[str, Any] | None) -> "TaskSettings":
        """Read the settings out of lm-eval's metadata; only keys that start with `ptr_` are read.

        What is unknown or impossible is refused, all of it at once.
        """
        metadata = metadata or {}
        given = {
            key.removeprefix(PREFIX): value
            for key, value in metadata.items()
            if key.startswith(PREFIX)
        }
        known = {f.name for f in fields(cls)}
        warn_of_near_names(metadata, known)
        problems = [_unknown(key, known) for key in given if key not in known]
        values: dict[str, Any] = {}
        if "protocol" in given:
            given["protocol"] = _located(given["protocol"], metadata, problems)
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
        settings = cls(**{"data": os.environ.get("PTR_DATA") or None, **values})
        settings._check_rounds(explicit="rounds" in given)
        return settings

    def make_protocol(self) -> Protocol:
        """Build the protocol these settings ask for; one that does not fit is refused."""
        where = f"{PREFIX}protocol={self.protocol}"
        factory = load_part(self.protocol, PROTOCOLS, f"{PREFIX}protocol")
        check_call(factory, ("options",), where, _PROTOCOL_SIGNATURE)
        protocol: Protocol = factory(self._options())
        if missing := [name for name in _PROTOCOL_PARTS if not hasattr(protocol, name)]:
            raise UserError(
                f"{where}: it lacks {', '.join(missing)}; it should be {_PROTOCOL_SIGNATURE}."
            )
        return protocol

    @property
    def data_folder(self) -> Path | None:
        """The folder of official files, if the hub is not to be used."""
        return Path(self.data).expanduser() if self.data else None

    def _options(self) -> ProtocolOptions:
        return ProtocolOptions(
            rounds=self.rounds,
            instruction=resolve_instruction(self.instruction),
            thinking_end="" if self.keep_thinking else self.thinking_end,
            synthesis=resolve_synthesis(self.synthesis),
            candidates=self.candidates,
            syntheses=self.syntheses,
            candidate_tokens=self.candidate_tokens,
            order=self.order,
        )

    def _check_rounds(self, *, explicit: bool) -> None:
        """Refuse a number of rounds that a protocol of the user's own does not follow."""
        if self.protocol in PROTOCOLS:
            return
        rounds = len(self.make_protocol().answers_per_round)
        if explicit and rounds != self.rounds:
            raise UserError(
                f"{PREFIX}rounds={self.rounds}: the protocol {self.protocol} has {rounds} rounds; "
                f"leave {PREFIX}rounds out, or let it use `options.rounds`."
            )


def check_live_settings(metadata: Mapping[str, Any]) -> None:
    """Refuse settings that cannot hold for a model in memory, which changes while it is trained."""
    TaskSettings.from_metadata(metadata).make_protocol()
    if metadata.get(f"{PREFIX}ledger") is not None:
        raise UserError(
            f"{PREFIX}ledger: a model in training changes from one evaluation to the next, and a "
            "ledger would give it its old answers; leave it out."
        )


_PROTOCOL_PARTS = ("sampled", "answers_per_round", "converse")
_PROTOCOL_SIGNATURE = (
    "a class or function that takes `options: ProtocolOptions` and gives a protocol with "
    "`sampled`, `answers_per_round` and `converse(question)` (see ptr_eval.protocols)"
)


def _unknown(key: str, known: set[str]) -> str:
    if key in RENAMED:
        return f"{PREFIX}{key}: renamed to {PREFIX}{RENAMED[key]}."
    names = ", ".join(PREFIX + name for name in sorted(known))
    return f"{PREFIX}{key}: unknown setting; known are {names}."


def _located(protocol: object, metadata: Mapping[str, Any], problems: list[str]) -> str:
    """Name a protocol of the user's own; a file is looked for beside the task's file, too."""
    source = str(metadata.get("config_source") or "")
    folders = [Path(source).parent] if source.endswith(".yaml") else []
    try:
        return reference_to(protocol, f"{PREFIX}protocol", folders)
    except UserError as error:
        problems.append(str(error))
        return next(iter(PROTOCOLS))


def _protocol(reference: str) -> str:
    load_part(reference, PROTOCOLS, f"{PREFIX}protocol")
    return reference


def _order(value: Any) -> str:
    if value == "asked":
        raise UserError(f"{PREFIX}order=asked: renamed to {PREFIX}order=sampled.")
    return _one_of(*get_args(Order))(value)


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


def _text(resolve: Callable[[str], str]) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if not isinstance(value, str | int | float | None) or isinstance(value, bool):
            raise ValueError("must be a text, or a file's path")
        choice = "null" if value is None else str(value)  # YAML's and JSON's null is a name here.
        resolve(choice)
        return choice

    return read


def _prompt(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("must be the name of a wording, or a file's path")
    resolve_prompt(value, {})
    return value


def _positive(value: Any) -> float:
    wanted = "must be a number above 0"
    try:
        number = float("nan" if isinstance(value, bool) else value)
    except (TypeError, ValueError):
        raise ValueError(wanted) from None
    if not (number > 0 and math.isfinite(number)):
        raise ValueError(wanted)
    return number


def _share(value: Any) -> float:
    if isinstance(value, bool) or not 0 <= float(value) <= 1:
        raise ValueError("must be a share from 0 to 1")
    return float(value)


def _one_of(*names: str) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if value not in names:
            raise ValueError(f"choose one of {', '.join(names)}")
        return str(value)

    return read


def _ledger(value: Any) -> str:
    path = Path(str(value)).expanduser()
    if path.is_dir():
        raise ValueError("is a folder; name a file in it")
    if path.exists() and not path.is_file():
        raise ValueError("is no ordinary file; name one that can be kept")
    if any(above.exists() and not above.is_dir() for above in path.parents):
        raise ValueError("is below a file; name another place")
    return str(value)


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
    "protocol": _protocol,
    "prompt": _prompt,
    "rounds": _whole(1, MAX_ROUNDS),
    "candidates": _whole(1, MAX_CANDIDATES),
    "synthesis": _text(resolve_synthesis),
    "syntheses": _whole(1, MAX_CANDIDATES),
    "candidate_tokens": _whole(1),
    "order": _order,
    "first_round": _optional(str),
    "aggregator": _optional(str),
    "instruction": _text(resolve_instruction),
    "thinking_end": read_mark,
    "keep_thinking": _yes_or_no,
    "data": _optional(str),
    "ledger": _optional(_ledger),
    "context": _optional(_whole(1)),
    "samples": _optional(_whole(1)),
    "seed": _optional(_whole(0)),
    "engine": _one_of(*get_args(EngineName)),
    "chunk": _whole(1),
    "max_failed": _optional(_share),
    "max_wait": _positive,
    "max_requests": _optional(_whole(1)),
    "max_prompt_tokens": _optional(_whole(1)),
    "scorers": _several(str),
    "kept": _one_of(*get_args(Kept)),
    "embedder": str,
    "similarity_threshold": _positive,
    "pass_k": _several(_whole(1)),
    "sandbox": _one_of("auto", "unsafe"),
    "timeout": _positive,
}
