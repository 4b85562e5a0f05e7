"""Packages that an extra installs: where one is missing, the error names the extra."""

import importlib.util
from collections.abc import Sequence

from ptr_eval.errors import UserError

_TITLES = {"torch": "PyTorch", "liger_kernel": "liger-kernel"}
_HF = ("hf", ("torch", "transformers", "accelerate"))
_API = ("api", ("requests", "aiohttp", "tenacity", "transformers"))
_BACKENDS = {
    "hf": _HF,
    "hf-auto": _HF,
    "huggingface": _HF,
    "vllm": ("vllm", ("vllm",)),
    "local-completions": _API,
    "local-chat-completions": _API,
    "openai-completions": _API,
    "openai-chat-completions": _API,
}


def require(what: str, extra: str, *modules: str) -> None:
    """Refuse to go on without packages, in one sentence that names the extra which has them."""
    missing = [name for name in modules if importlib.util.find_spec(name) is None]
    if missing:
        raise UserError(
            f"{what} needs {_listed([_title(name) for name in missing])}; install "
            f"{'it' if len(missing) == 1 else 'them'} with pip install 'ptr-eval[{extra}]'."
        )


def require_backend(what: str, backend: str | None) -> None:
    """Refuse to go on without what a backend of lm-eval needs, as far as an extra has it."""
    if backend in _BACKENDS:
        extra, modules = _BACKENDS[backend]
        require(what, extra, *modules)


def _title(module: str) -> str:
    return _TITLES.get(module, module.replace("_", "-"))


def _listed(names: Sequence[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last
