"""How many tokens texts have for a model: counted, many at once, or bounded without counting.

A prompt that cannot be too long for the model is not counted before it is sent. What it cannot
exceed follows from its length in UTF-8 bytes, as far as the kind of tokenizer allows to say.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ptr_eval.budget import estimate_tokens

_OWN = ("HFLM.", "VLLM.", "TemplateAPI.")
"""Whose `tok_encode` is known to add no tokens but the tokenizer's own special ones."""
_KEEP_LENGTH = (
    "BertPreTokenizer", "ByteLevel", "Digits", "Punctuation", "Split", "Whitespace",
    "WhitespaceSplit",
)  # fmt: skip
"""Parts of tokenizers that divide a text, or name its bytes, and add nothing."""


@dataclass(frozen=True, slots=True)
class TokenCounts:
    """Counts the tokens of texts as a model does."""

    lm: Any
    """The model; it counts with `tok_encode`."""
    exact: bool
    """Whether it has a tokenizer; else counts are UTF-8 bytes / 4."""
    per_byte: int | None = None
    """How many tokens a byte may have at most; None if that is not known."""
    special: int = 0
    """How many special tokens may be added."""

    @classmethod
    def of(cls, lm: Any) -> "TokenCounts":
        """Look at a model's tokenizer."""
        encode = getattr(lm, "tok_encode", None)
        # Chat servers' tok_encode hands the text back; then only an estimate is left.
        if encode is None or not _is_token_ids(encode("a b")):
            return cls(lm, exact=False)
        tokenizer = getattr(getattr(lm, "tokenizer", None), "backend_tokenizer", None)
        if tokenizer is None or not _name(encode).startswith(_OWN):
            return cls(lm, exact=True)
        special = tokenizer.num_special_tokens_to_add(False)
        return cls(lm, True, tokens_per_byte(tokenizer), special)

    def count(self, text: str) -> int:
        """Count a text's tokens."""
        return len(self.lm.tok_encode(text)) if self.exact else estimate_tokens(text)

    def count_all(self, texts: Iterable[str]) -> dict[str, int]:
        """Count the tokens of several texts, each once; an empty one has none."""
        wanted = [text for text in dict.fromkeys(texts) if text]
        own = _name(self.lm.tok_encode) if self.exact and wanted else ""
        if own.startswith("VLLM."):
            lengths = [len(ids) for ids in self.lm.tok_encode(wanted)]
        elif own.startswith("HFLM."):
            lengths = _lengths(self.lm, wanted)
        else:
            lengths = [self.count(text) for text in wanted]
        return {"": 0, **dict(zip(wanted, lengths, strict=True))}

    def count_unless_short(self, text: str, most: int | None) -> int | None:
        """Count a text's tokens; None if it surely has at most so many."""
        if most is None:
            return None
        if self.per_byte is not None:
            size = len(text.encode("utf-8", "surrogatepass"))
            if size * self.per_byte + self.special <= most:
                return None
        return self.count(text)


def tokens_per_byte(tokenizer: Any) -> int | None:
    """Find how many tokens a byte of text may have at most; None if that is not sure."""
    # No kind of model makes more tokens of a text than it has characters, or bytes for those that
    # it does not know. So only what makes texts longer before matters: a text's parts, between
    # special tokens, may each get a mark at the beginning; and NFC triples some characters at most.
    most = 1
    for part in [*_parts(tokenizer.normalizer), *_parts(tokenizer.pre_tokenizer)]:
        kind = part["type"]
        if kind in ("Prepend", "Replace", "Metaspace"):
            mark = part.get("prepend") or part.get("content") or part.get("replacement") or ""
            one = kind != "Replace" or len(part["pattern"].get("String", "")) == 1
            if not one or len(mark) != 1 or tokenizer.token_to_id(mark) is None:
                return None
        elif kind not in ("NFC", *_KEEP_LENGTH):
            return None
        most *= 3 if kind == "NFC" else 1
        if kind in ("Prepend", "Metaspace") or part.get("add_prefix_space"):
            most *= 2
        if kind == "ByteLevel" and getattr(tokenizer.model, "byte_fallback", False):
            most *= 2  # A byte's name has up to two bytes itself.
    return most


def _parts(component: Any) -> Sequence[Mapping[str, Any]]:
    """List the parts of a normaliser or pre-tokenizer, as its file would have them."""
    if component is None:
        return []
    state: dict[str, Any] = json.loads(component.__getstate__())
    if state["type"] != "Sequence":
        return [state]
    parts: list[dict[str, Any]] = state.get("normalizers", state.get("pretokenizers", []))
    return parts


def _lengths(lm: Any, texts: Sequence[str]) -> list[int]:
    """Count as `HFLM.tok_encode` does, with one call of the tokenizer for texts of a kind."""
    from lm_eval.models.utils import has_bos_prefix

    bos = lm.tokenizer.decode(lm.prefix_token_id)
    lengths = [0] * len(texts)
    for begun in (True, False):
        places = [i for i, text in enumerate(texts) if has_bos_prefix(text, bos) is begun]
        own = False if begun else lm.add_bos_token
        options = {} if own is None else {"add_special_tokens": own}
        if places:
            chosen = [texts[i] for i in places]
            encoded = lm.tokenizer(chosen, return_attention_mask=False, **options)
            for i, ids in zip(places, encoded["input_ids"], strict=True):
                lengths[i] = len(ids)
    return lengths


def _name(method: Any) -> str:
    return str(getattr(method, "__qualname__", ""))


def _is_token_ids(encoded: Any) -> bool:
    return isinstance(encoded, list) and bool(encoded) and isinstance(encoded[0], int)
