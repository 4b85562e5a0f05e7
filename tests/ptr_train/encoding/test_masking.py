"""Parts of thoughts in encoded rows: which tokens do not count, and what that does to the loss."""

from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from ptr_train.encoding.encode import encode_files
from ptr_train.encoding.examples import TrainingExample, with_weights
from ptr_train.encoding.masking import sentence_parts
from ptr_train.encoding.packing import collate
from ptr_train.encoding.settings import EncodingSettings
from ptr_train.encoding.storage import open_encoded
from ptr_train.encoding.tokens import open_encoder
from ptr_train.logprobs import token_logprobs
from ptr_train.objectives import PtrSettings
from ptr_train.objectives.base import Extras, combine
from ptr_train.objectives.ptr import Ptr
from ptr_train.records import Attempt, EncodedRow
from ptr_train.thought_mask import MaskedShare
from tests.ptr_train.encoding.example_factory import TEXTS, made_example, made_row, write_rows
from tests.ptr_train.encoding.tokenizer_factory import ENDS, TEMPLATES, made_tokenizer

THOUGHT = "First, 2+2 is 3.5 or so. No, wait!\nIt may be 5."
SENTENCES = ["First, 2+2 is 3.5 or so. ", "No, wait!\n", "It may be 5."]
TOKENIZERS = {name: made_tokenizer(name) for name in TEMPLATES}


def encoded(
    example: TrainingExample, mask: bool | MaskedShare, template: str = "qwen2", **changed: Any
) -> EncodedRow:
    chosen = EncodingSettings(thought_mask=mask, **changed)
    (row,) = open_encoder(TOKENIZERS[template], chosen).encode([with_weights(example, chosen)])
    return row


def thought_places(row: EncodedRow) -> list[int]:
    return [place for a in row.attempts[:-1] for place in range(a.start, a.end)]


def masked_places(row: EncodedRow) -> list[int]:
    return [place for place in thought_places(row) if not row.weights[place]]


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        (THOUGHT, SENTENCES),
        ("It is 4", ["It is 4"]),
        ("", [""]),
        ('He said "four." Yes.\n', ['He said "four." ', "Yes.\n"]),
        ("**Four.** So 4... right?! Yes", ["**Four.** ", "So 4... ", "right?! ", "Yes"]),
        ("一。二。\u300d三", ["一。", "二。\u300d", "三"]),
        ("one\n\n  two", ["one\n\n  ", "two"]),
        ("see a.b and x = 3.14.", ["see a.b and x = 3.14."]),
    ],
)
def test_where_sentences_end(text: str, sentences: list[str]) -> None:
    ends = list(range(1, len(text) + 1))
    parts = sentence_parts([Attempt(7, 7 + len(text))], [text], [ends])
    assert ["".join(text[place - 7] for place in part) for part in parts] == list(
        filter(None, sentences)
    )


def test_long_texts_without_sentences_take_linear_time() -> None:
    for text in ("." * 200_000, '."' * 100_000, " " * 200_000, ".\t" + "\t" * 200_000 + "x"):
        assert sentence_parts([Attempt(0, 1)], [text], [[1]]) == [[0]]


@pytest.mark.parametrize("template", TEMPLATES)
def test_sentences_are_masked_whole_and_the_last_with_the_end_of_its_turn(template: str) -> None:
    row = encoded(
        made_example([THOUGHT, "5"]), MaskedShare(share=0.5, of="sentences"), template,
        thought_weight=0.25,
    )  # fmt: skip
    blank = " " if template in ("mistral", "transcript") else ""
    end = "" if template in ("headers", "transcript") else ENDS.get(template, "</s>")
    whole = [blank + SENTENCES[0], *SENTENCES[1:-1], SENTENCES[-1] + end, blank + "5" + end]
    tokenizer, masked = TOKENIZERS[template], masked_places(row)
    units = [""]
    for place in thought_places(row):
        units[-1] += tokenizer.decode([row.input_ids[place]])
        if units[-1].strip() == whole[len(units) - 1].strip():
            units.append("")
    assert [unit.strip() for unit in units[:-1]] == [unit.strip() for unit in whole]
    hidden = tokenizer.decode([row.input_ids[place] for place in masked])
    assert "".join(hidden.split()) == "".join(
        "".join(whole[n] for n in sorted(MaskedShare(share=0.5).masked("ptr-1", 4))).split()
    )
    assert {row.weights[place] for place in thought_places(row)} == {0.0, 0.25}


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(sorted(TEMPLATES)), st.lists(TEXTS, max_size=3), st.floats(0, 1),
    st.integers(0, 3),
)  # fmt: skip
def test_the_share_of_tokens_is_met_and_nothing_else_changes(
    template: str, thoughts: list[str], share: float, seed: int
) -> None:
    example = made_example(thoughts, question=f"{len(thoughts)}?")
    row = encoded(example, MaskedShare(share=share, seed=seed), template, thought_weight=0.5)
    whole = encoded(example, False, template, thought_weight=0.5)
    places, masked = thought_places(row), masked_places(row)
    assert abs(len(masked) - share * len(places)) < 1 + 1e-9
    assert row.input_ids == whole.input_ids
    assert row.attempts == whole.attempts
    wanted = [0.0 if n in masked else weight for n, weight in enumerate(whole.weights)]
    assert row.weights == wanted


@pytest.mark.parametrize("of", ["tokens", "sentences"])
@given(thoughts=st.lists(TEXTS, max_size=3))
@settings(max_examples=25, deadline=None)
def test_the_shares_0_and_1_are_none_and_all(of: Any, thoughts: list[str]) -> None:
    example = made_example(thoughts)
    nothing, everything = (MaskedShare(share=share, of=of) for share in (0.0, 1.0))
    assert encoded(example, nothing) == encoded(example, False)
    assert encoded(example, everything) == encoded(example, True)


def test_masks_are_stored_and_the_same_from_any_number_of_processes(tmp_path: Path) -> None:
    rows = [made_row([THOUGHT] * (n % 3), f"It is {n}.", name=f"row-{n}") for n in range(7)]
    lines = write_rows(tmp_path / "rows.jsonl", rows)
    mask = MaskedShare(share=0.5, of="sentences", seed=2)
    chosen = EncodingSettings(thought_mask=mask, thought_weight=0.5, shard=2)
    summary = encode_files(lines, TOKENIZERS["qwen2"], chosen, tmp_path / "one")
    encode_files(lines, TOKENIZERS["qwen2"], chosen, tmp_path / "two", processes=2)
    found = list(open_encoded(tmp_path / "one"))
    assert found == list(open_encoded(tmp_path / "two"))
    assert found == [
        encoded(made_example([THOUGHT] * (n % 3), f"It is {n}.", name=f"row-{n}"), mask,
                thought_weight=0.5)
        for n in range(7)
    ]  # fmt: skip
    assert {weight for row in found for weight in row.weights} == {0.0, 0.5, 1.0}
    assert summary.total.supervised == sum(w > 0 for row in found for w in row.weights)
    other = EncodingSettings(
        thought_mask=mask.model_copy(update={"seed": 3}), thought_weight=0.5, shard=2
    )
    encode_files(lines, TOKENIZERS["qwen2"], other, tmp_path / "one")
    assert list(open_encoded(tmp_path / "one")) != found


def by_hand(
    logits: Tensor, rows: list[EncodedRow], mask: MaskedShare, weight: float
) -> tuple[Tensor, float]:
    """The mean over the tokens that count, written with torch's cross entropy, row by row."""
    total, count = torch.zeros((), dtype=torch.float64), 0.0
    for n, row in enumerate(rows):
        places = thought_places(row)
        hidden = {places[part] for part in mask.masked(row.id, len(places))}
        answer = range(row.attempts[-1].start, row.attempts[-1].end)
        counted = {place: weight for place in places if place not in hidden}
        counted |= dict.fromkeys(answer, 1.0)
        for place, share in counted.items():
            target = torch.tensor(row.input_ids[place])
            total = total + share * torch.nn.functional.cross_entropy(logits[n, place - 1], target)
            count += share
    return total, count


@pytest.mark.parametrize("share", [0.0, 0.3, 0.5, 1.0])
def test_the_loss_is_the_one_written_by_hand(share: float) -> None:
    mask, weight = MaskedShare(share=share, seed=1), 0.5
    rows = [
        encoded(made_example([THOUGHT] * n, name=f"row-{n}"), mask, thought_weight=weight)
        for n in range(4)
    ]
    batch = collate([[row] for row in rows], pad_id=0)
    rng = torch.Generator().manual_seed(0)
    hidden = torch.randn(*batch.input_ids.shape, 6, generator=rng, dtype=torch.float64)
    head = torch.randn(len(TOKENIZERS["qwen2"]), 6, generator=rng, dtype=torch.float64)
    hidden.requires_grad_()
    objective = Ptr(PtrSettings(variant="masked_ce", thought_mask=mask))
    logprobs = lambda states, targets: token_logprobs(states, head, targets)  # noqa: E731
    loss = combine(objective(hidden, logprobs, batch, Extras()), {"nll": 1.0}).total
    total, count = by_hand(hidden @ head.T, rows, mask, weight)
    assert loss.item() == pytest.approx((total / count).item(), rel=1e-6)
    ours, theirs = (torch.autograd.grad(value, hidden)[0] for value in (loss, total / count))
    torch.testing.assert_close(ours, theirs, rtol=1e-6, atol=1e-9)
