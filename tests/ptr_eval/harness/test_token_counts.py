"""Counting tokens as a backend does, many texts at once, or not at all."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lm_eval.models.huggingface import HFLM
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers

from ptr_eval.harness.backend import Backend
from ptr_eval.harness.rescore import load_task
from ptr_eval.harness.rounds import install
from ptr_eval.harness.token_counts import TokenCounts, tokens_per_byte
from tests.scripted_lm import WordLM

BYTES = {char: i for i, char in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}
SPLIT = pre_tokenizers.Split(Regex(r"\d"), "isolated")
MARKS = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
PIECES = {"<unk>": 0, "▁": 1, "a": 2, "é": 3, **{f"<0x{n:02X}>": 4 + n for n in range(256)}}


def made_of(model: Any, normalizer: Any = None, pre_tokenizer: Any = None) -> Tokenizer:
    tokenizer = Tokenizer(model)
    tokenizer.normalizer, tokenizer.pre_tokenizer = normalizer, pre_tokenizer
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(["<s>"])
    return tokenizer


def byte_level(normalizer: Any = None, *, prefix: bool = False) -> Tokenizer:
    steps = pre_tokenizers.Sequence([SPLIT, pre_tokenizers.ByteLevel(add_prefix_space=prefix)])
    return made_of(models.BPE(vocab=BYTES, merges=[]), normalizer, steps)


def pieces(normalizer: Any = None, pre_tokenizer: Any = None) -> Tokenizer:
    model = models.BPE(vocab=PIECES, merges=[], byte_fallback=True, unk_token="<unk>")
    return made_of(model, normalizer, pre_tokenizer)


KNOWN = {
    "bytes": (byte_level(), 1),
    "bytes, composed": (byte_level(normalizers.NFC()), 3),
    "bytes, with a blank before": (byte_level(prefix=True), 2),
    "pieces": (pieces(MARKS), 2),
    "pieces, marked later": (pieces(None, pre_tokenizers.Metaspace()), 2),
    "words": (
        made_of(
            models.WordLevel({"a": 0, "?": 1}, unk_token="?"),
            None,
            pre_tokenizers.WhitespaceSplit(),
        ),
        1,
    ),
}
UNKNOWN = {
    "compatibility forms": byte_level(normalizers.NFKC()),
    "a pattern replaced": pieces(normalizers.Replace(Regex("a"), "▁")),
    "a longer text put in": pieces(normalizers.Replace("a", "▁▁")),
    "a mark that is no token": pieces(normalizers.Prepend("#")),
}
TEXTS = st.lists(
    st.sampled_from(["a", "é", " ", "▁", "7", "<s>", "\U0001d160", "क़", "汉", "👩‍🚀", "\n"])
    | st.text(max_size=3),
    max_size=12,
).map("".join)


@pytest.mark.parametrize("name", KNOWN)
@given(text=TEXTS)
def test_no_text_has_more_tokens_than_its_bytes_allow(name: str, text: str) -> None:
    tokenizer, most = KNOWN[name]
    assert tokens_per_byte(tokenizer) == most
    assert len(tokenizer.encode(text).ids) <= most * len(text.encode("utf-8"))


@pytest.mark.parametrize("name", UNKNOWN)
def test_where_it_is_not_sure_how_long_texts_become_all_are_counted(name: str) -> None:
    assert tokens_per_byte(UNKNOWN[name]) is None


@pytest.mark.parametrize("add_bos", [None, True, False])
def test_texts_counted_together_have_as_many_tokens_as_alone(
    tiny_lm: HFLM, add_bos: bool | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tiny_lm, "add_bos_token", add_bos)
    bos = tiny_lm.tokenizer.decode(tiny_lm.prefix_token_id)
    texts = ["one", f"{bos}two three", "", "one", "four five six " * 9, f"{bos}one"]
    tokens = TokenCounts.of(tiny_lm)
    assert tokens.count_all(texts) == {
        text: len(tiny_lm.tok_encode(text)) if text else 0 for text in texts
    }


def test_other_models_count_by_themselves_and_those_without_a_tokenizer_are_estimated() -> None:
    words = TokenCounts.of(WordLM())
    assert (words.per_byte, words.count_all(["a b", "c"])) == (None, {"": 0, "a b": 2, "c": 1})
    assert words.count_unless_short("a b", 100) == 2
    estimate = TokenCounts.of(object())
    assert (estimate.exact, estimate.count_all(["abcde"])) == (False, {"": 0, "abcde": 2})


def test_a_text_is_counted_only_if_it_may_be_too_long(tiny_lm: HFLM) -> None:
    tokens = Backend.of(tiny_lm).tokens
    text = "one two three"
    assert tokens.per_byte is not None
    most = len(text) * tokens.per_byte + tokens.special
    assert tokens.count_unless_short(text, most) is None
    assert tokens.count_unless_short(text, most - 1) == tokens.count(text)
    assert tokens.count_unless_short(text, None) is None


def test_no_prompt_or_answer_is_encoded_alone(
    tiny_lm: HFLM, sums: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install()
    task = load_task("ptr_gsm8k", {"ptr_data": str(sums), "ptr_rounds": 2})
    task.set_config("num_fewshot", 0)
    task.set_config("generation_kwargs", {"until": [], "max_gen_toks": 4})
    task.build_all_requests(limit=4)
    encode, alone = HFLM.tok_encode, []

    def counted(lm: HFLM, text: str, **more: Any) -> Any:
        alone.append(text)
        return encode(lm, text, **more)

    counted.__qualname__ = encode.__qualname__
    monkeypatch.setattr(HFLM, "tok_encode", counted)
    tiny_lm.generate_rounds(task.instances)
    prompts = [instance.arguments[0] for instance in task.instances]
    # The wrapper itself sorts by length.
    assert sorted(set(alone) - {"a b"}) == sorted(prompts)
    assert len(alone) - alone.count("a b") == len(prompts)
