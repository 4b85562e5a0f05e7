"""Loading models as lm-eval does, outside its command line, and letting go of them."""

import gc
import inspect
import logging
import sys
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from lm_eval.api.model import LM
from lm_eval.api.registry import get_model
from lm_eval.models import MODEL_MAPPING

from ptr_eval.errors import UserError
from ptr_eval.extras import require_backend
from ptr_eval.harness.aggregator import read_aggregator
from ptr_eval.harness.backend import Backend
from ptr_eval.harness.failures import described

_log = logging.getLogger(__name__)

# Others may be secrets.
_CLOSE = 0.85  # "batchsize" is close to "batch_size", "torch_dtype" not to "dtype".
_TOLD = ("pretrained", "model", "base_url", "revision")


def load_model(backend: str, args: Mapping[str, Any]) -> LM:
    """Load a model as lm-eval's `--model BACKEND --model_args ARGS` does."""
    if backend not in MODEL_MAPPING:
        raise UserError(_unknown(backend))
    try:
        lm: LM = get_model(backend).create_from_arg_obj({**_device(backend), **args})
    except ImportError as error:
        require_backend(f"Backend {backend}", backend)
        raise UserError(
            f"Backend {backend} needs a package that is not installed ({described(error)})."
        ) from error
    except (OSError, TypeError, ValueError) as error:
        raise not_loadable(f"Backend {backend}", args, error) from error
    if not Backend.of(lm).exact:
        _log.warning(
            "Backend %s has no tokenizer here: tokens the server does not tell are bytes / 4.",
            backend,
        )
    return lm


def not_loadable(what: str, args: Mapping[str, Any], error: Exception) -> UserError:
    """Say that a model cannot be loaded with its arguments, naming those that are no secrets."""
    told = ", ".join(f"{name}={args[name]}" for name in _TOLD if name in args)
    return UserError(
        f"{what} cannot be loaded with {told or 'its arguments'} ({described(error)}); check them."
    )


def load_aggregator(choice: str, lm: LM) -> LM:
    """Load the model that answers from the second round on, for a run of another one."""
    asked = read_aggregator(choice)
    same = {name: getattr(lm, name, None) for name in ("device", "batch_size")}
    taken = {name: str(value) for name, value in same.items() if value is not None}
    return load_model(asked.backend, {**taken, **asked.args})


def wrong_arguments(backend: str, args: Mapping[str, Any]) -> list[str]:
    """Say what is wrong with a backend's name or the names of its arguments, loading no model.

    Servers' backends take what they do not know without a word, so there every unknown name is
    wrong. Others hand it on to a library: there it is wrong if it looks like one that they know.
    """
    if backend not in MODEL_MAPPING:
        return [_unknown(backend)]
    try:
        require_backend(f"Backend {backend}", backend)
        kind = get_model(backend)
    except UserError as error:
        return [str(error)]
    except ImportError as error:
        return [f"Backend {backend} needs a package that is not installed ({described(error)})."]
    known = sorted(_parameters(kind))
    strict = any(base.__name__ == "TemplateAPI" for base in kind.__mro__)
    problems = []
    for name in sorted(str(name) for name in args if name not in known):
        close = get_close_matches(name, known, 1, _CLOSE)
        if close:
            problems.append(f"`args.{name}`: unknown key; do you mean `{close[0]}`?")
        elif strict:
            problems.append(f"`args.{name}`: unknown key (known: {', '.join(known)}).")
    return problems


def _unknown(backend: str) -> str:
    return f"Backend {backend!r} is unknown; choose one of {', '.join(sorted(MODEL_MAPPING))}."


def _parameters(kind: type[LM]) -> set[str]:
    """Name the arguments that a backend's class and those below it take."""
    found: set[str] = set()
    for base in kind.__mro__:
        if "__init__" in vars(base):
            for parameter in inspect.signature(vars(base)["__init__"]).parameters.values():
                if parameter.kind not in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL):
                    found.add(parameter.name)
    return found - {"self"}


def _device(backend: str) -> dict[str, str]:
    """Name the device where lm-eval's command line would, and its models insist on a GPU."""
    if backend not in ("hf", "hf-auto", "huggingface"):
        return {}
    import torch

    return {} if torch.cuda.is_available() else {"device": "cpu"}


def has_chat_template(lm: LM) -> bool:
    """Tell whether a model is to be asked through a chat template."""
    if any("Chat" in base.__name__ for base in type(lm).__mro__):
        return True
    tokenizer = getattr(lm, "tokenizer", None)
    own = getattr(tokenizer, "chat_template", None) or getattr(lm, "hf_chat_template", None)
    return bool(own or (tokenizer is None and lm.chat_template(True)))


def free_memory() -> None:
    """Give back what models that are no longer referred to held, on the GPU as well."""
    gc.collect()
    if torch := sys.modules.get("torch"):
        torch.cuda.empty_cache()  # Does nothing where there is no GPU.
