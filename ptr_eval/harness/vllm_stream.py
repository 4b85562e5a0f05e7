"""Requests to a vLLM engine in this process, each answered as soon as it is finished.

The tokens and the sampling parameters are those of lm-eval's wrapper, which itself gives the engine
a batch and waits for all of it. It is given no more requests than it works on at once: it takes
them first come, first served, and would undo the order in which they were meant.
"""

import contextlib
import logging
from dataclasses import dataclass, field
from typing import Any

from ptr_eval.errors import UserError
from ptr_eval.harness.backend import Backend, engine_failed
from ptr_eval.harness.failures import failures, rejection_of
from ptr_eval.harness.requests import Request
from ptr_eval.protocols import Reply
from ptr_eval.servers import Rejection

_log = logging.getLogger(__name__)


def streams(backend: Backend) -> bool:
    """Tell whether a backend is lm-eval's wrapper around an engine in this process."""
    method = getattr(type(backend.lm), "generate_until", None)
    own = backend.kind == "vllm" and method is not None and method.__qualname__.startswith("VLLM.")
    return own and hasattr(getattr(backend.lm, "model", None), "llm_engine")


@dataclass(slots=True)
class VllmStream:
    """Requests to the engine."""

    backend: Backend
    """lm-eval's wrapper of it."""
    steps: int = field(default=0, init=False)
    """How many steps the engine took."""
    _requests: dict[str, tuple[int, Request, list[str]]] = field(default_factory=dict, init=False)
    _refused: list[tuple[int, Rejection]] = field(default_factory=list, init=False)

    @property
    def holds(self) -> int | None:
        """How many tokens the engine's prefix cache keeps; None if it has none."""
        cache = self._engine.vllm_config.cache_config
        if not cache.enable_prefix_caching or not cache.num_gpu_blocks:
            return None
        return int(cache.num_gpu_blocks * cache.block_size)

    def has_room(self) -> bool:
        """Tell whether the engine would work on another request at once."""
        batch = self.backend.lm.batch_size
        most = int(self._engine.vllm_config.scheduler_config.max_num_seqs)
        return len(self._requests) < (min(most, batch) if isinstance(batch, int) else most)

    def send(self, place: int, request: Request) -> None:
        """Give the engine a request."""
        lm: Any = self.backend.lm
        name = f"ptr-eval-{id(self)}-{place}"
        tokens, params, until = payload_of(lm, request)
        try:
            self._engine.add_request(
                request_id=name,
                prompt={"prompt_token_ids": tokens},
                params=params,
                lora_request=lm.lora_request,
            )
        except failures() as error:
            self._refused.append((place, rejection_of(error)))
        else:
            self._requests[name] = place, request, until

    def receive(self, *, wait: bool) -> list[tuple[int, Reply | Rejection]]:
        """Let the engine work, until something is finished if that is to be waited for."""
        finished: list[tuple[int, Reply | Rejection]] = [*self._refused]
        self._refused = []
        while self._requests:
            finished += self._step()
            if finished or not wait:
                break
        return finished

    def close(self) -> None:
        """Take back what is not finished, so that the next run has the engine for itself."""
        if self.steps:
            _log.info("vLLM's engine took %d steps.", self.steps)
        if self._requests:
            with contextlib.suppress(*_breakdowns()):  # It may have broken down.
                self._engine.abort_request(list(self._requests))

    @property
    def _engine(self) -> Any:
        return self.backend.lm.model.llm_engine

    def _step(self) -> list[tuple[int, Reply | Rejection]]:
        try:
            self.steps += 1
            outputs = self._engine.step()
        except _breakdowns() as error:
            raise UserError(engine_failed(error)) from error
        return [
            self._reply(*self._requests.pop(output.request_id), output)
            for output in outputs
            if output.finished and output.request_id in self._requests
        ]

    def _reply(
        self, place: int, request: Request, until: list[str], output: Any
    ) -> tuple[int, Reply]:
        from lm_eval.models.utils import postprocess_generated_text

        (done,) = output.outputs
        end = self.backend.lm.think_end_token
        cached = output.num_cached_tokens
        reply = Reply(
            postprocess_generated_text(done.text, until, end),
            finish_reason="length" if done.finish_reason == "length" else "stop",
            cached_tokens=None if cached is None else float(cached),
            prompt_tokens=request.fitted.tokens or len(output.prompt_token_ids),
            # Without the thoughts that are left out, the text is counted.
            generated_tokens=0 if end else len(done.token_ids),
        )
        return place, reply


def _breakdowns() -> tuple[type[Exception], ...]:
    """List the errors after which an engine, in this process or one of its own, is of no use."""
    from vllm.v1.engine.exceptions import EngineDeadError

    return RuntimeError, EngineDeadError


def payload_of(lm: Any, request: Request) -> tuple[list[int], Any, list[str]]:
    """Make the tokens, sampling parameters and stops that lm-eval's wrapper would use."""
    from lm_eval.models.utils import maybe_truncate
    from vllm import SamplingParams
    from vllm.sampling_params import RequestOutputKind

    eos = lm.tokenizer.decode(lm.eot_token_id) or getattr(lm.tokenizer, "eos_token", None)
    kwargs, until, wanted = lm.modify_gen_kwargs(
        request.settings, eos=eos, default_max_gen_toks=lm.max_gen_toks
    )
    tokens, most = maybe_truncate(
        lm.tok_encode(request.prompt),
        max_gen_toks=wanted,
        max_model_len=lm.max_length,
        side=lm.truncation_side,
        verbose=True,
    )
    # A stop may stand in a thought; the wrapper, too, applies the others afterwards.
    stop = [s for s in until if s == eos] if lm.think_end_token else until
    params = SamplingParams(max_tokens=most, stop=stop, **kwargs)
    params.output_kind = RequestOutputKind.FINAL_ONLY
    return tokens, params, until
