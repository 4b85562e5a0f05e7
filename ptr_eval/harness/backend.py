"""What differs between lm-eval's backends: seeds, batches, counting tokens, length limits.

A backend's kind follows from the class it inherits from, looked up by name so that no backend is
imported here.
"""

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from lm_eval.api.model import LM

from ptr_eval.errors import UserError
from ptr_eval.harness.failures import described
from ptr_eval.harness.token_counts import TokenCounts

Kind = Literal["hf", "vllm", "api", "other"]
_CLASSES: dict[str, Kind] = {"HFLM": "hf", "VLLM": "vllm", "TemplateAPI": "api"}
_IDENTITY = (
    "pretrained", "revision", "peft", "delta", "model", "base_url", "model_args",
    "chat_template_args", "think_end_token", "add_bos_token", "enable_thinking",
)  # fmt: skip
# lm-eval's names for the same limit; the first that is given counts.
_LIMITS = ("max_gen_toks", "max_new_tokens", "max_tokens", "max_completion_tokens")
_SERVER_LIMITS = ("max_completion_tokens", "max_tokens", "max_gen_toks")
_CLIENT = ("generate_until", "model_call", "amodel_call")
"""The methods with which lm-eval's client asks a server; a backend may have its own."""
_WEIGHTS = ("*.safetensors", "*.bin", "*.gguf", "*.json", "*.jinja", "*.model")


@dataclass(frozen=True, slots=True)
class Backend:
    """A model under lm-eval, and the little that must be known about its kind."""

    lm: LM
    """The model."""
    kind: Kind
    """The family of its backend."""
    tokens: TokenCounts
    """How many tokens texts have."""

    @classmethod
    def of(cls, lm: LM) -> "Backend":
        """Look at a model."""
        names = {base.__name__ for base in type(lm).__mro__}
        kinds: list[Kind] = [kind for name, kind in _CLASSES.items() if name in names]
        kind: Kind = kinds[0] if kinds else "other"
        return cls(lm, kind, TokenCounts.of(lm))

    @property
    def exact(self) -> bool:
        """Whether tokens are the model's own; else they are UTF-8 bytes / 4."""
        return self.tokens.exact

    @property
    def name(self) -> str:
        """What it is called in messages."""
        url = getattr(self.lm, "base_url", None) if self.kind == "api" else None
        return f"The server at {url}" if url else "The model"

    @property
    def batch_size(self) -> int | None:
        """The fixed batch size in which answers are generated together, if there is one."""
        size = getattr(self.lm, "batch_size", None)
        return size if self.kind == "hf" and isinstance(size, int) else None

    @property
    def is_server(self) -> bool:
        """Whether it is a server that lm-eval's own client would ask by HTTP."""
        own = (getattr(type(self.lm), name, None) for name in _CLIENT)
        return self.kind == "api" and all("TemplateAPI." in f"{m.__qualname__}" for m in own if m)

    @property
    def workers(self) -> int:
        """How many requests may be under way at once."""
        return max(1, int(getattr(self.lm, "_concurrent", 1))) if self.kind == "api" else 1

    def max_prompt_tokens(self, settings: Mapping[str, Any], context: int | None) -> int | None:
        """Find how long a prompt may be."""
        known = getattr(self.lm, "max_length", None) if self.exact else None
        total = context or known
        if total is None:
            return None
        wanted = self.max_generated(settings)
        if wanted >= total:
            raise UserError(
                f"max_gen_toks={wanted} leaves no room for a prompt in a context of {total} "
                "tokens; lower it with --gen_kwargs max_gen_toks=N."
            )
        return int(total) - wanted

    def max_generated(self, settings: Mapping[str, Any]) -> int:
        """Find how many tokens a reply may have."""
        names = _SERVER_LIMITS if self.kind == "api" else _LIMITS
        given = [_whole(name, settings[name]) for name in names if settings.get(name) is not None]
        # Servers are told the model's own number under another name.
        own = [getattr(self.lm, name, None) for name in ("max_gen_toks", "_max_gen_toks")]
        return int(next(filter(None, [*given, *own]), 256))

    def seeded(self, settings: Mapping[str, Any], seed: int) -> dict[str, Any]:
        """Add a seed to a request's settings, where the backend takes one there."""
        takes = self.kind in ("api", "vllm") and "seed" not in settings
        return {**settings, "seed": seed} if takes else dict(settings)

    def generate(self, requests: list[Any]) -> list[str]:
        """Answer requests in one call of the backend, without its progress bar."""
        method = self.lm.generate_until
        quiet = "disable_tqdm" in inspect.signature(method).parameters
        try:
            responses: list[str] = method(requests, **({"disable_tqdm": True} if quiet else {}))
        except RuntimeError as error:
            if self.kind != "vllm":
                raise
            # The engine keeps what it could not finish; asked again, it would run for ever.
            raise UserError(engine_failed(error)) from error
        return responses

    def identity(self) -> str:
        """Name the model and its revision, for the ledger."""
        facts = {name: getattr(self.lm, name, None) for name in _IDENTITY}
        pretrained = facts["pretrained"]
        if pretrained is not None and not isinstance(pretrained, str | Path):
            facts["pretrained"] = getattr(pretrained, "name_or_path", type(pretrained).__name__)
        paths = [facts["pretrained"], facts["peft"], facts["delta"], facts["model"]]
        if isinstance(facts["model_args"], Mapping):
            paths.append(facts["model_args"].get("model"))
        stamps = [stamp(str(path)) for path in paths if isinstance(path, str | Path)]
        known = {k: str(v) for k, v in facts.items() if v is not None}
        dtype = str(getattr(getattr(self.lm, "_model", None), "dtype", ""))
        return f"{type(self.lm).__name__} {sorted(known.items())} {dtype} {stamps}"


def is_sampled(settings: Mapping[str, Any]) -> bool:
    """Tell whether generation settings ask for random sampling."""
    return bool(settings.get("do_sample")) or float(settings.get("temperature") or 0) > 0


def one_limit(given: Mapping[str, Any]) -> dict[str, Any]:
    """Rename the limit of generated tokens to `max_gen_toks`, the name that all backends take."""
    limits = {name: given[name] for name in _LIMITS if given.get(name) is not None}
    if len({_whole(name, value) for name, value in limits.items()}) > 1:
        stated = " and ".join(f"{name}={value}" for name, value in limits.items())
        raise UserError(f"--gen_kwargs gives {stated}, which are names of one limit; give one.")
    others = {name: value for name, value in given.items() if name not in _LIMITS}
    return {**others, **({"max_gen_toks": next(iter(limits.values()))} if limits else {})}


def _whole(name: str, value: Any) -> int:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = 0.0
    if isinstance(value, bool) or number < 1 or not number.is_integer():
        raise UserError(f"{name}={value}: must be a whole number from 1.")
    return int(number)


def engine_failed(error: Exception) -> str:
    """Say that vLLM's engine broke down, and what may help."""
    remedy = "; what it answered before is in the ledger, if one is kept."
    if "CPU Generator" in str(error):
        remedy = (
            ", which on a CPU cannot seed prompts that it takes in pieces; add "
            "max_num_batched_tokens=65536 to --model_args, or --metadata ptr_seed=none."
        )
    return f"vLLM's engine failed ({described(error)}){remedy}"


def stamp(path: str) -> list[tuple[str, int, int]]:
    """List a local checkpoint's files with size and time, so that new weights are noticed."""
    folder = Path(path)
    if not folder.is_dir():
        return []
    files = {file for pattern in _WEIGHTS for file in folder.glob(pattern)}
    return sorted((f.name, f.stat().st_size, f.stat().st_mtime_ns) for f in files)
