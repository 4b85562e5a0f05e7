"""Models that write thoughts and answers: any lm-eval backend, or generations made elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

from pydantic import Field, ValidationInfo, field_validator

from ptr_data.hashing import content_of, hashed
from ptr_data.models.recorded import RecordedFile, index_of
from ptr_data.records import GeneratedText, Question
from ptr_eval.budget import estimate_tokens
from ptr_eval.config import Settings, Text
from ptr_eval.conversation import Conversation
from ptr_eval.protocols import Reply
from ptr_eval.thinking import DEFAULT_END, block_at_end, opening_mark, read_mark, visible_answer

if TYPE_CHECKING:
    from ptr_eval.harness.asks import Work

RECORDED = "recorded"
"""The backend of generations that were made elsewhere."""

PUBLISHED = "published"
"""The name of the published generation settings, which are the defaults."""

_HERE = ("./", "../", "~/")


class GenerationSettings(Settings):
    """How a model samples; the defaults are the published ones."""

    temperature: float = Field(default=0.95, ge=0)
    """The sampling temperature; 0 for greedy decoding."""
    top_p: float | None = Field(default=0.9, gt=0, le=1)
    """Sample from the most probable tokens of this total probability; None for all."""
    top_k: int | None = Field(default=30, ge=1)
    """Sample from so many most probable tokens; None for all, as servers that do not know `top_k`
    need it."""
    max_new_tokens: int = Field(default=2048, ge=1)
    """The longest text, in tokens."""
    seed: int = Field(default=1234, ge=0)
    """What the seeds of the samples are derived from."""
    stop: list[Text] = Field(default_factory=list)
    """Texts at which a generation ends."""

    def to_lm_eval(self) -> dict[str, Any]:
        """Word the settings as lm-eval takes them."""
        settings = {"until": list(self.stop), "max_gen_toks": self.max_new_tokens}
        if self.temperature == 0:
            return {**settings, "do_sample": False, "temperature": 0.0}
        limits = {"top_p": self.top_p, "top_k": self.top_k}
        given = {name: limit for name, limit in limits.items() if limit is not None}
        return {**settings, "do_sample": True, "temperature": self.temperature, **given}


class TextModelSettings(Settings):
    """A model that writes."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=100)
    """What it is called in the data; letters, digits, dots, dashes and underscores."""
    backend: Text
    """A backend of lm-eval, such as `hf`, `vllm` or `local-chat-completions`, or `recorded`."""
    args: dict[str, Any] = Field(default_factory=dict, validate_default=True)
    """The backend's arguments, as lm-eval's --model_args takes them; for `recorded`, `file` names
    the generations. Paths that begin with `./`, `../` or `~/` are taken from the configuration
    file's folder, and so is `file`."""
    revision: Text | None = None
    """The model's revision, recorded with the data and handed to the backend."""
    strategy: Literal["size", "version", "domain"] | None = None
    """In which of the three published ways the model is weaker or stronger than its counterpart:
    by size, by version, or by tuning for a domain."""
    note: str = ""
    """Anything else to be recorded about it."""
    generation: GenerationSettings = Field(default_factory=GenerationSettings)
    """How it samples; `published` for the published settings."""
    thinking_end: str = DEFAULT_END
    """The mark that ends its thinking block, which is left out of the data; empty or `none` to
    keep the block."""
    chat: bool | None = None
    """Whether to ask through its chat template; None does so if it has one."""
    context: int | None = Field(default=None, ge=1)
    """Its context in tokens, where the backend does not know it."""

    @field_validator("generation", mode="before")
    @classmethod
    def _known_preset(cls, value: Any) -> Any:
        if isinstance(value, str) and value != PUBLISHED:
            raise ValueError(f"must be a mapping, or `{PUBLISHED}`")
        return {} if value == PUBLISHED else value

    @field_validator("thinking_end", mode="before")
    @classmethod
    def _mark(cls, value: Any) -> Any:
        return read_mark(value) if value is None or isinstance(value, str) else value

    @field_validator("args")
    @classmethod
    def _paths_below(cls, args: dict[str, Any], info: ValidationInfo) -> dict[str, Any]:
        if info.data.get("backend") == RECORDED:
            if args.keys() != {"file"} or not isinstance(args["file"], str):
                raise ValueError("must have the one key `file`, a path, for recorded generations")
            return {"file": str(_below(args["file"], info))}
        return {
            key: str(_below(value, info)) if _is_path(value) else value
            for key, value in args.items()
        }

    @field_validator("revision")
    @classmethod
    def _stated_once(cls, revision: str | None, info: ValidationInfo) -> str | None:
        if revision and "revision" in (info.data.get("args") or {}):
            raise ValueError("must not be given in `args` as well")
        return revision

    def identity(self) -> Any:
        """Describe the model; one on this machine by what it holds and not by where it is."""
        args = {
            key: content_of(Path(value))
            if isinstance(value, str) and Path(value).exists()
            else value
            for key, value in self.args.items()
        }
        return {**self.model_dump(mode="json"), "args": args}


def _is_path(value: Any) -> bool:
    return isinstance(value, str) and value.startswith(_HERE)


def _below(path: str, info: ValidationInfo) -> Path:
    folder = (info.context or {}).get("folder", Path())
    return Path(folder) / Path(path).expanduser()


@dataclass(frozen=True, slots=True)
class Prompt:
    """What to ask about a question."""

    query: Question
    """The question."""
    opening: Conversation
    """The conversation that a model is to continue."""


class TextModel(Protocol):
    """Something that writes."""

    @property
    def name(self) -> str:
        """What it is called in the data."""

    def generate(
        self, prompts: Sequence[Prompt], samples: int, ledger: Path | None = None
    ) -> "Work[list[list[GeneratedText]]]":
        """Answer prompts, as work that asks."""

    def close(self) -> None:
        """Give back memory and files."""


def open_model(
    settings: TextModelSettings, folder: Path, *, keep_thinking: bool = False
) -> TextModel:
    """Prepare a model; what takes long waits until it is asked for the first time."""
    if settings.backend == RECORDED:
        file = Path(settings.args["file"])
        return RecordedModel(settings, RecordedFile(file, index_of(file, folder)), keep_thinking)
    return LoadedModel(settings, keep_thinking=keep_thinking)


@dataclass(slots=True)
class LoadedModel:
    """A model behind a backend of lm-eval, loaded when it is first asked."""

    settings: TextModelSettings
    """The model."""
    lm: Any = field(default=None)
    """lm-eval's model; None before it is loaded."""
    keep_thinking: bool = False
    """Whether its texts keep their thinking blocks."""

    @property
    def name(self) -> str:
        """What it is called in the data."""
        return self.settings.name

    def generate(
        self, prompts: Sequence[Prompt], samples: int, ledger: Path | None = None
    ) -> "Work[list[list[GeneratedText]]]":
        """Answer prompts, as `TextModel.generate` has it.

        A prompt too long for the model's context is a failure: a backend would cut off its
        beginning without a word.
        """
        from ptr_eval.harness.ask_desk import AskedOpenings, Sampling

        if not prompts:
            return []
        chosen = self.settings
        # Two models that are asked the same are not to draw the same.
        seed = hashed("sampling", chosen.generation.seed, chosen.name) % 2**31
        asked = AskedOpenings(
            self._loaded(),
            [prompt.opening for prompt in prompts],
            Sampling(chosen.generation.to_lm_eval(), samples, seed),
            ledger=ledger,
            chat=chosen.chat,
            context=chosen.context,
        )
        (replies,) = yield [asked]
        return [[self._generation(reply) for reply in drawn] for drawn in replies]

    def close(self) -> None:
        """Let go of the model's memory."""
        from ptr_eval.harness.backend import Backend
        from ptr_eval.harness.loading import free_memory

        if self.lm is not None:
            is_here = Backend.of(self.lm).kind != "api"
            self.lm = None
            if is_here:
                free_memory()

    def _loaded(self) -> Any:
        from ptr_eval.harness.loading import load_model

        if self.lm is None:
            chosen = self.settings
            revision = {"revision": chosen.revision} if chosen.revision else {}
            self.lm = load_model(chosen.backend, {**chosen.args, **revision})
        return self.lm

    def _generation(self, reply: Reply) -> GeneratedText:
        full = reply.finish_reason == "length"
        if reply.finish_reason is None:
            full = reply.generated_tokens >= self.settings.generation.max_new_tokens
        too_long = "the prompt is too long for the model's context" if reply.truncated else None
        return GeneratedText(
            text=self._text(replace(reply, finish_reason="length" if full else "stop")),
            model=self.name,
            tokens=reply.generated_tokens,
            full=full,
            failed=reply.failure or reply.refusal or too_long,
        )

    def _text(self, reply: Reply) -> str:
        """Leave the thinking block out, or put back what the prompt holds of it."""
        end = self.settings.thinking_end
        visible, block = reply.visible(end), block_at_end(reply.prompt, end)
        if not self.keep_thinking or block == "closed":
            return visible.text
        if block == "open" and (visible.cut_off or end in reply.response):
            return f"{opening_mark(end)}\n{reply.response}"
        return reply.response


@dataclass(slots=True)
class RecordedModel:
    """A model whose texts were written elsewhere, looked up by question."""

    settings: TextModelSettings
    """The model."""
    file: RecordedFile
    """The texts."""
    keep_thinking: bool = False
    """Whether its texts keep their thinking blocks."""

    @property
    def name(self) -> str:
        """What it is called in the data."""
        return self.settings.name

    def generate(
        self, prompts: Sequence[Prompt], samples: int, ledger: Path | None = None
    ) -> "Work[list[list[GeneratedText]]]":
        """Look texts up, as `TextModel.generate` has it; one that is missing is a failure."""
        yield from ()  # Nobody is asked.
        drawn = (self.file.texts(self.name, prompt.query.id) for prompt in prompts)
        return [
            [
                self._generation(*(found[i] if i < len(found) else (None, None)))
                for i in range(samples)
            ]
            for found in drawn
        ]

    def close(self) -> None:
        """Close the files."""
        self.file.close()

    def _generation(self, text: str | None, tokens: int | None) -> GeneratedText:
        limit = self.settings.generation.max_new_tokens
        end = "" if self.keep_thinking else self.settings.thinking_end
        return GeneratedText(
            text=visible_answer(text or "", end),
            model=self.name,
            tokens=estimate_tokens(text or "") if tokens is None else tokens,
            full=tokens is not None and tokens >= limit,
            failed="no text is recorded" if text is None else None,
        )
