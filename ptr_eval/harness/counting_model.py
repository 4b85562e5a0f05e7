"""A model for counting: a tokenizer and a chat template, where they can be loaded; no weights."""

import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

from lm_eval.api.instance import Instance
from lm_eval.api.model import LM

from ptr_eval.harness.answer_key import AnswerKey, DialogueSpec
from ptr_eval.harness.backend import Backend
from ptr_eval.harness.failures import described
from ptr_eval.harness.plan import RequestPlan, plan_run
from ptr_eval.harness.run_context import RunContext
from ptr_eval.harness.wordings import warn_of_wordings

_log = logging.getLogger(__name__)


class Counted(Exception):
    """Carries the plan out of lm-eval."""

    def __init__(self, plan: RequestPlan) -> None:
        super().__init__("counted")
        self.plan = plan


class CountingLM(LM):
    """Takes the place of a backend: plans what it is asked, and answers nothing."""

    def __init__(self, backend: str, args: Mapping[str, Any], template: str | None = None) -> None:
        super().__init__()
        self._args = dict(args)
        self._server = "completions" in backend
        self._template = template
        self.max_gen_toks = int(args.get("max_gen_toks", 256))
        self.tokenizer = _tokenizer(args)
        self.tok_encode = self._encode if self.tokenizer is not None else None
        self.max_length = self._context()

    @property
    def tokenizer_name(self) -> str:
        """Say whose tokens are counted; the empty name if nobody's are."""
        return str(getattr(self.tokenizer, "name_or_path", "") or "")

    def generate_rounds(self, requests: list[Instance]) -> NoReturn:
        """End the run with the plan of what it would ask."""
        firsts: dict[Any, Instance] = {}
        for request in requests:
            key: AnswerKey = request.arguments[2]
            firsts.setdefault((request.task_name, request.doc_id, key.sample), request)
        tasks = [str(request.task_name) for request in firsts.values()]
        specs = [_spec(request) for request in firsts.values()]
        warn_of_wordings({task: s.context for task, s in zip(tasks, specs, strict=True)})
        run = RunContext.of(dict(zip(tasks, (s.context.settings for s in specs), strict=True)))
        raise Counted(plan_run(tasks, specs, Backend.of(self), run, tokens=True))

    def generate_until(self, requests: list[Instance]) -> NoReturn:
        """Refuse: there is no model."""
        raise TypeError("a counting model cannot answer")

    loglikelihood = generate_until
    loglikelihood_rolling = generate_until

    def apply_chat_template(
        self, chat_history: list[dict[str, str]], add_generation_prompt: bool = True
    ) -> str:
        """Render as the model's own template does; without one, count the messages as JSON."""
        if self.tokenizer is None or (self._server and not self.tokenizer.chat_template):
            return json.dumps(chat_history, ensure_ascii=False)
        thinking = self._args.get("enable_thinking")
        options = {
            **(self._args.get("chat_template_args") or {}),
            **({} if thinking is None else {"enable_thinking": thinking}),
        }
        rendered: str = self.tokenizer.apply_chat_template(
            chat_history,
            tokenize=False,
            add_generation_prompt=add_generation_prompt,
            chat_template=self._template,
            **options,
        )
        return rendered

    def _encode(self, text: str) -> list[int]:
        own = self.tokenizer.bos_token or self.tokenizer.eos_token
        special: dict[str, Any] = {}
        if own and text.startswith(own):
            special = {"add_special_tokens": False}
        elif self._server or self._args.get("add_bos_token") is not None:
            special = {"add_special_tokens": bool(self._args.get("add_bos_token"))}
        ids: list[int] = self.tokenizer.encode(text, **special)
        return ids

    def _context(self) -> int | None:
        """Find the context, as far as a file beside the tokenizer states it."""
        if stated := self._args.get("max_model_len") or self._args.get("max_length"):
            return int(stated)
        if self._server or self.tokenizer is None:
            return None
        from lm_eval.models.utils import resolve_max_length
        from transformers import AutoConfig

        try:
            config = AutoConfig.from_pretrained(self._args["pretrained"], **_source(self._args))
        except (KeyError, OSError, ValueError) as error:
            _log.warning("The model's context is not known (%s).", described(error))
            return None
        return int(resolve_max_length(config, self.tokenizer))


def _spec(request: Instance) -> DialogueSpec:
    _, generation, key = request.arguments
    return DialogueSpec(key.context, key.opening, key.sample, generation)


def _tokenizer(args: Mapping[str, Any]) -> Any:
    """Load the tokenizer that the arguments name, if one can be."""
    name = args.get("tokenizer") or args.get("pretrained") or args.get("model")
    if not isinstance(name, str) or not ("/" in name or Path(name).is_dir()):
        return None
    try:
        from transformers import AutoTokenizer

        return AutoTokenizer.from_pretrained(name, **_source(args))
    except (ImportError, OSError, TypeError, ValueError) as error:
        _log.warning("The tokenizer of %s cannot be loaded (%s).", name, described(error))
        return None


def _source(args: Mapping[str, Any]) -> dict[str, Any]:
    return {name: args[name] for name in ("revision", "trust_remote_code") if name in args}
