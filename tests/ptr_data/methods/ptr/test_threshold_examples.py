"""Samples from both sides of the threshold."""

import re
from pathlib import Path

from ptr_data.methods.ptr.records import QuestionTexts
from ptr_data.methods.ptr.threshold_examples import write_threshold_examples
from ptr_data.records import GeneratedText
from tests.ptr_data.export.row_factory import query, question_texts


def written(path: Path, scores: list[float], per_side: int = 2) -> str:
    scored = ((score, question_texts(asked=query(f"q {score}"))) for score in scores)
    write_threshold_examples(path, scored, 0.7, per_side)
    return path.read_text(encoding="utf-8")


def test_the_nearest_of_each_side_are_written_with_all_samples(tmp_path: Path) -> None:
    scores = [0.1, 0.95, 0.69, 0.7, 0.4, 0.71, 0.65, 0.99]
    text = written(tmp_path / "read.md", scores)
    kept, dropped = text.split("## Dropped")
    assert re.findall(r"^### (\S+),", kept, re.M) == ["0.700", "0.710"]
    assert re.findall(r"^### (\S+),", dropped, re.M) == ["0.690", "0.650"]
    assert text.count("It is 4.") == text.count("four") == 4
    assert text == written(tmp_path / "again.md", scores[::-1])


def test_a_side_without_queries_says_so(tmp_path: Path) -> None:
    assert written(tmp_path / "read.md", [0.9]).endswith("## Dropped, nearest first\n\nNone.\n")


def test_hostile_answers_stay_in_their_block(tmp_path: Path) -> None:
    hostile = QuestionTexts(
        query(), (), 0, (GeneratedText("````\n<b>\x1b[31m\ud800", "strong", 1),)
    )
    write_threshold_examples(tmp_path / "read.md", [(0.7, hostile)], 0.7)
    text = (tmp_path / "read.md").read_text(encoding="utf-8")
    assert "`````text\n````\n<b>␛[31m[U+D800]\n`````" in text
