"""Sequence-classification models as they score a candidate answer to a question."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from ptr_eval.budget import CUT_MARK, keep_end
from ptr_eval.errors import UserError
from ptr_eval.extras import require

Dtype = Literal["auto", "float32", "bfloat16", "float16"]

_UNLIMITED = 1_000_000
"""Tokenizers that state no length state a number far above this."""


@dataclass(frozen=True, slots=True)
class RewardSettings:
    """A reward model."""

    model: str
    """A name on the hub, or a folder."""
    revision: str | None = None
    """Its revision on the hub."""
    device: str | None = None
    """Where it runs; None for a GPU if there is one."""
    batch_size: int = 8
    """How many candidates it scores at a time."""
    dtype: Dtype = "auto"
    """Its weights' type; `auto` for float32 on a CPU and the checkpoint's own elsewhere."""
    max_length: int | None = None
    """How many tokens it reads; None for as many as it can."""
    label: str | None = None
    """Which label's probability is the score, where it has several."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """A question and a candidate, ready to be read."""

    ids: list[int]
    """The tokens."""
    types: list[int] | None = None
    """Which of a pair's texts each token is of; None where a model is not told."""
    truncated: bool = False
    """Whether the candidate or the question lost its beginning."""


@dataclass(frozen=True, slots=True)
class Classifier:
    """A reward model, loaded."""

    model: Any
    """transformers' model."""
    tokenizer: Any
    """Its tokenizer."""
    column: int | None
    """Which of its labels is the score; None if it has but one."""
    limit: int | None
    """How many tokens it reads; None if it states no limit."""
    revision: str | None
    """The commit it is of; None for a local folder."""
    facts: Mapping[str, Any]
    """What its scores depend on besides its weights, as plain JSON types."""

    def encode(self, texts: Sequence[tuple[str, str]]) -> list[Encoded]:
        """Encode candidates; of those that are too long only the end is kept.

        A question that leaves a candidate less than half of the room is cut likewise.
        """
        return [self._fitting(question, text) for question, text in texts]

    def score(self, batch: Sequence[Encoded]) -> list[float]:
        """Score candidates."""
        import torch

        padding = self.model.config.get_text_config().pad_token_id
        try:
            with torch.inference_mode():
                # Models that name no padding find a text's end only where it is alone.
                parts = [batch] if padding is not None else [[one] for one in batch]
                logits = [self.model(**self._inputs(part, padding or 0)).logits for part in parts]
        except torch.OutOfMemoryError as error:
            raise UserError(
                f"A batch of {len(batch)} candidates does not fit into memory; lower --batch-size."
            ) from error
        found = torch.cat(logits).float()
        if self.column is not None:
            found = found.softmax(dim=-1)[:, self.column]
        scores: list[float] = found.reshape(-1).tolist()
        return scores

    def _fitting(self, question: str, text: str) -> Encoded:
        whole = self._encoded(question, text)
        if self.limit is None or len(whole.ids) <= self.limit:
            return whole
        asked, answered = self._count(question), self._count(text)
        # Two marks, and tokens to spare: texts put together may be tokenised otherwise.
        room = self.limit - (len(whole.ids) - asked - answered) - 2 * self._count(CUT_MARK) - 4
        half = max(0, room // 2)
        shorter = self._encoded(
            keep_end(question, max(room - answered, half), self._count),
            keep_end(text, max(room - asked, half), self._count),
        )
        cut = {name: getattr(shorter, name) for name in ("ids", "types")}
        cut = {name: values and values[-self.limit :] for name, values in cut.items()}
        return replace(shorter, **cut, truncated=True)

    def _encoded(self, question: str, text: str) -> Encoded:
        if self.tokenizer.chat_template:
            messages = [
                {"role": "user", "content": question},
                {"role": "assistant", "content": text},
            ]
            ids = self.tokenizer.apply_chat_template(
                messages, return_dict=False, tokenizer_kwargs={"verbose": False}
            )
            return Encoded(ids)
        pair = self.tokenizer(question, text, verbose=False)
        return Encoded(pair["input_ids"], pair.get("token_type_ids"))

    def _count(self, text: str) -> int:
        return len(self.tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"])

    def _inputs(self, batch: Sequence[Encoded], padding: int) -> dict[str, Any]:
        import torch

        longest = max(len(inputs.ids) for inputs in batch)

        def padded(rows: Sequence[Sequence[int]], filler: int) -> Any:
            full = [[*row, *[filler] * (longest - len(row))] for row in rows]
            return torch.tensor(full, device=self.model.device)

        given = {
            "input_ids": padded([inputs.ids for inputs in batch], padding),
            "attention_mask": padded([[1] * len(inputs.ids) for inputs in batch], 0),
        }
        types = [inputs.types for inputs in batch if inputs.types is not None]
        return {**given, "token_type_ids": padded(types, 0)} if types else given


def load_classifier(settings: RewardSettings) -> Classifier:
    """Load a reward model."""
    require("`--reward-model`", "hf", "torch", "transformers")
    from transformers import AutoConfig, AutoTokenizer

    origin = {"revision": settings.revision} if settings.revision else {}
    try:
        config = AutoConfig.from_pretrained(settings.model, **origin)
        _check_kind(settings.model, config.architectures or [])
        column = _column(settings, config)
        model = _model(settings, origin)
        tokenizer = AutoTokenizer.from_pretrained(settings.model, **origin)
    except (OSError, ValueError, ImportError) as error:
        reason = " ".join(str(error).split())[:300]
        raise UserError(
            f"--reward-model {settings.model} cannot be loaded ({reason}); name a "
            "sequence-classification model on the hub, or its folder, with safetensors weights."
        ) from error
    limits = [tokenizer.model_max_length, getattr(config, "max_position_embeddings", None)]
    known = [limit for limit in (*limits, settings.max_length) if limit and limit < _UNLIMITED]
    limit = min(known, default=None)
    facts = {
        "label": settings.label,
        "dtype": str(model.dtype).removeprefix("torch."),
        "max_length": limit,
    }
    revision = getattr(config, "_commit_hash", None) or settings.revision
    return Classifier(model, tokenizer, column, limit, revision, facts)


def _model(settings: RewardSettings, origin: Mapping[str, str]) -> Any:
    import torch
    from transformers import AutoModelForSequenceClassification

    device = torch.device(settings.device or ("cuda" if torch.cuda.is_available() else "cpu"))
    dtype = settings.dtype
    if dtype == "auto" and device.type == "cpu":
        dtype = "float32"
    model, info = AutoModelForSequenceClassification.from_pretrained(
        settings.model, dtype=dtype, use_safetensors=True, output_loading_info=True, **origin
    )
    if missing := sorted(info["missing_keys"]):
        raise UserError(
            f"--reward-model {settings.model} has no weights for {', '.join(missing[:3])}, so its "
            "scores would be random; name a model that was trained to classify sequences."
        )
    return model.to(device).eval()


def _check_kind(name: str, architectures: Sequence[str]) -> None:
    if architectures and not any("SequenceClassification" in kind for kind in architectures):
        raise UserError(
            f"--reward-model {name} is a {architectures[0]}, which does not classify sequences; "
            "give a model that writes text to --judge instead."
        )


def _column(settings: RewardSettings, config: Any) -> int | None:
    names = [str(config.id2label[i]) for i in range(config.num_labels)]
    if settings.label in names and len(names) > 1:
        return names.index(settings.label)
    if len(names) > 1:
        given = "choose one" if settings.label is None else f"{settings.label!r} is none of them"
        raise UserError(f"--label: {settings.model} has the labels {', '.join(names)}; {given}.")
    if settings.label is not None:
        raise UserError(f"--label {settings.label}: {settings.model} has one label; leave it out.")
    return None
