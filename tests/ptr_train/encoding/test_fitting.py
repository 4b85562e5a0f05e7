"""Rows made to fit: which thoughts go, and which rows."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ptr_train.encoding.fitting import LeftOutRow, fit
from ptr_train.encoding.settings import EncodingSettings
from ptr_train.encoding.tokens import open_encoder
from ptr_train.records import EncodedRow
from tests.ptr_train.encoding.example_factory import ANSWERS, TEXTS, made_example
from tests.ptr_train.encoding.tokenizer_factory import made_tokenizer

ENCODER = open_encoder(made_tokenizer("llama3"), EncodingSettings())


def text_of(row: EncodedRow | LeftOutRow) -> str:
    assert isinstance(row, EncodedRow)
    return str(ENCODER.tokenizer.decode(row.input_ids))


def test_the_oldest_thoughts_go_with_the_requests_after_them() -> None:
    example = made_example(["first", "second", "third"])
    (whole,) = ENCODER.encode([example])
    (row,) = fit([example], ENCODER.encode, len(whole.input_ids) - 1)
    assert isinstance(row, EncodedRow)
    assert (row.dropped, len(row.attempts)) == (1, 3)
    assert text_of(row) == text_of(whole).replace(
        "<|start_header_id|>assistant<|end_header_id|>\n\nfirst<|eot_id|>"
        "<|start_header_id|>user<|end_header_id|>\n\nAgain, please.<|eot_id|>",
        "",
    )


def test_a_row_that_fits_exactly_is_left_alone() -> None:
    example = made_example()
    (whole,) = ENCODER.encode([example])
    assert fit([example], ENCODER.encode, len(whole.input_ids)) == [whole]


def test_a_row_whose_question_and_answer_do_not_fit_is_left_out() -> None:
    (bare,) = ENCODER.encode([made_example([])])
    examples = [made_example(name="a"), made_example([], "4", name="b")]
    rows = fit(examples, ENCODER.encode, len(bare.input_ids) - 1)
    assert rows[0] == LeftOutRow("a", "too long", len(bare.input_ids))
    assert isinstance(rows[1], EncodedRow)


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.tuples(st.lists(TEXTS, max_size=4), ANSWERS, TEXTS), min_size=1, max_size=4),
    st.integers(2, 160),
)
def test_what_is_kept_fits_and_has_question_answer_and_the_latest_thoughts(
    drawn: list[tuple[list[str], str, str]], max_length: int
) -> None:
    examples = [made_example(*parts, name=str(n)) for n, parts in enumerate(drawn)]
    rows = fit(examples, ENCODER.encode, max_length)
    assert [row.id for row in rows] == [example.id for example in examples]
    for row, example in zip(rows, examples, strict=True):
        if isinstance(row, LeftOutRow):
            (bare,) = ENCODER.encode([made_example([], example.answer, drawn[int(row.id)][2])])
            assert row.tokens == len(bare.input_ids) > max_length
            continue
        assert len(row.input_ids) <= max_length
        assert len(row.attempts) + row.dropped == len(example.thoughts) + 1
        kept = example.thoughts[row.dropped :]
        (same,) = ENCODER.encode([made_example(kept, example.answer, drawn[int(row.id)][2])])
        assert list(row.input_ids) == list(same.input_ids)


def test_many_rows_are_encoded_at_once() -> None:
    sizes = []

    def encode(examples: object) -> list[EncodedRow]:
        assert isinstance(examples, list)
        sizes.append(len(examples))
        return ENCODER.encode(examples)

    fit([made_example(name=str(n)) for n in range(8)], encode, 90)
    assert sizes[0] == 8
    assert len(sizes) <= 3


@pytest.mark.parametrize("count", [0, 1])
def test_no_rows_and_one_row(count: int) -> None:
    assert len(fit([made_example()] * count, ENCODER.encode, 500)) == count
