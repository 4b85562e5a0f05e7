"""Made-up candidates and rows."""

from collections.abc import Sequence

from hypothesis import strategies as st

from ptr_data.export.training_rows import Split, TextOrigin, TrainingRow
from ptr_data.filters.consistency import Consistency
from ptr_data.methods.ptr.records import QuestionTexts
from ptr_data.methods.ptr.rows import ptr_row, sft_row
from ptr_data.records import GeneratedText, Question, question_id
from ptr_eval.protocols import Sequential

PROTOCOL = Sequential(rounds=1, instruction="Again, please.")
ORIGINS = {
    "weak": TextOrigin("weak", "abc", "recorded", "size", 0.95, 0.9, 30, 2048, 1),
    "strong": TextOrigin("strong", None, "recorded"),
}
TEXTS = st.text(max_size=40)
"""Any text that UTF-8 can hold."""


def query(text: str = "What is 2+2?", reference: str = "4") -> Question:
    return Question(question_id(text), text, reference, "made.jsonl", 7)


def weak(text: str, *, full: bool = False, failed: str | None = None) -> GeneratedText:
    return GeneratedText(text, "weak", 10 * len(text), full, failed)


def question_texts(
    thoughts: Sequence[str] = ("3", "5"), shown: int = 2, asked: Question | None = None
) -> QuestionTexts:
    answers = tuple(GeneratedText(text, "strong", 9) for text in ("four", "It is 4."))
    return QuestionTexts(asked or query(), tuple(weak(t) for t in thoughts), shown, answers)


def refined(text: str = "What is 2+2?", split: Split = "train", shown: int = 2) -> TrainingRow:
    made = question_texts(shown=shown, asked=query(text))
    return ptr_row(made, Consistency(1, 0.75, 0.5), PROTOCOL, ORIGINS, split)


def plain(text: str = "Name a colour.", split: Split = "train") -> TrainingRow:
    return sft_row(query(text, "Blue."), split, 3)
