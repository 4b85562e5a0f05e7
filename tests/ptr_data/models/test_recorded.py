"""Generations made elsewhere: found by question and model, wherever they stand in the file."""

import json
from pathlib import Path
from typing import Any

import pytest

from ptr_data.models.recorded import RecordedFile, index_of
from ptr_data.records import question_id
from ptr_eval.errors import UserError


def write(path: Path, *rows: Any) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def line(query: str, model: str, *texts: str | None, **more: Any) -> dict[str, Any]:
    return {"query": query, "model": model, "texts": texts, **more}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "index"


def opened(path: Path, folder: Path) -> RecordedFile:
    return RecordedFile(path, index_of(path, folder))


def test_texts_are_found_by_model_and_question(tmp_path: Path, folder: Path) -> None:
    path = tmp_path / "file.jsonl"
    write(
        path,
        line("Größe?", "weak", "ü\u2028", None),
        line("Größe?", "strong", "three", tokens=[7]),
        *[line(f"q{n}", "weak", f"t{n}") for n in range(3000)],
    )
    file = opened(path, folder)
    assert file.texts("weak", question_id("  GRÖSSE? ")) == [("ü\u2028", None), (None, None)]
    assert file.texts("strong", question_id("Größe?")) == [("three", 7)]
    found = [file.texts("weak", question_id(f"q{n}")) for n in reversed(range(3000))]
    assert found == [[(f"t{n}", None)] for n in reversed(range(3000))]
    assert file.texts("strong", question_id("q1")) == []
    file.close()


def test_of_equal_questions_the_first_counts(tmp_path: Path, folder: Path) -> None:
    path = write(tmp_path / "file.jsonl", line("Q?", "m", "first"), line("q?", "m", "second"))
    file = opened(path, folder)
    assert file.texts("m", question_id("q?")) == [("first", None)]
    file.close()


def test_a_file_is_indexed_once_and_again_when_it_changed(tmp_path: Path, folder: Path) -> None:
    path = write(tmp_path / "file.jsonl", line("q", "m", "old"))
    first = index_of(path, folder)
    written = first.stat().st_mtime_ns
    assert index_of(path, folder) == first
    assert first.stat().st_mtime_ns == written
    write(path, line("another", "m", "x"), line("q", "m", "new"))
    file = opened(path, folder)
    assert file.texts("m", question_id("q")) == [("new", None)]
    file.close()
    assert sorted(p.suffix for p in folder.iterdir()) == [".sqlite", ".sqlite"]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("{", "is not JSON"),
        ("[1]", "must be an object"),
        ('{"model": "m", "texts": []}', "`query` must be a text"),
        ('{"query": "q", "model": 1, "texts": []}', "`model` must be a text"),
        ('{"query": "q", "model": "m"}', "`texts` must be a list of texts"),
        ('{"query": "q", "model": "m", "texts": [1]}', "`texts` must be a list of texts"),
        ('{"query": "q", "model": "m", "texts": ["t"], "tokens": []}', "`tokens` must be"),
        ('{"query": "q", "model": "m", "texts": ["t"], "tokens": [-1]}', "`tokens` must be"),
        ('{"query": "q", "model": "m", "texts": ["t"], "tokens": [true]}', "`tokens` must be"),
        ('{"query": "q", "model": "m", "texts": ["t"], "tokens": null}', "`tokens` must be"),
    ],
)
def test_a_wrong_line_is_named_and_leaves_no_index(
    tmp_path: Path, folder: Path, row: str, said: str
) -> None:
    path = tmp_path / "file.jsonl"
    path.write_text(json.dumps(line("q", "m", "t")) + "\n\n" + row + "\n", encoding="utf-8")
    with pytest.raises(UserError, match=f"file.jsonl, line 3: {said}"):
        index_of(path, folder)
    assert not list(folder.iterdir())


def test_a_missing_file_is_named(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(UserError, match=r"none.jsonl cannot be read"):
        index_of(tmp_path / "none.jsonl", folder)
