"""Benchmark items are kept out of the data: all of them, named."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from ptr_data.filters.decontamination import (
    DecontaminationSettings,
    benchmark_items,
    contamination,
    decontaminate,
    item_texts,
    missing_files,
    open_index,
)
from ptr_data.filters.ngram_build import build_index
from ptr_data.filters.ngrams import matches, split_words
from ptr_data.records import Dropped, Question
from ptr_eval.catalog import entries
from ptr_eval.config import checked
from ptr_eval.errors import UserError
from tests.benchmark_fixtures import FORMS, GSM8K, HUB, lines, write

PTR_DATA = os.environ.get("PTR_DATA")
QUESTION = "Ann has twelve red apples and gives half of them to each of her two best friends."


def settings_for(folder: Path, *tasks: str, **more: Any) -> DecontaminationSettings:
    return DecontaminationSettings(data=folder, tasks=list(tasks), **more)


def gsm8k(folder: Path, question: str = QUESTION, answer: str = "6+6=12\n#### 12") -> Path:
    row = {"question": question, "answer": answer}
    other = {"question": f"Other. {question[:20]}", "answer": "1\n#### 1"}
    return write(folder, {"gsm8k/test.jsonl": lines([row]), "gsm8k/train.jsonl": lines([other])})


def query(text: str, reference: str = "") -> Question:
    return Question("id", text, reference, "file", 1)


def disguised(text: str) -> str:
    """Change case, punctuation and blanks, within another text."""
    shouted = ", --\n".join(text.upper().split())
    return f"Please help me with this:\n*{shouted}*... Thank you!"


# Which texts tell an item


@pytest.mark.parametrize(
    ("document", "texts"),
    [
        ({"question": "Q?", "gold": "5", "target": "2+3\n5"}, ["Q?", "Q?\n5", "Q?\n2+3\n5"]),
        (
            {"question": "Q?", "labels": ["A", "B"], "choices": ["x", "y"], "gold": "B"},
            ["Q?", "Q?\nx\ny", "Q?\nA. x\nB. y", "Q?\ny"],
        ),
        (
            {"question": "So _ won.", "labels": ["A", "B"], "choices": ["x", "y"], "gold": "B"},
            ["So _ won.", "So _ won.\nx\ny", "So _ won.\nA. x\nB. y", "So x won.", "So y won."],
        ),
        (
            {"question": "my_name?", "labels": ["A"], "choices": ["x"], "gold": "A"},
            ["my_name?", "my_name?\nx", "my_name?\nA. x"],
        ),
        (
            {"passage": "P.", "question": "Q?", "golds": [["a", "b"], ["c"]], "target": "T"},
            ["P.", "Q?", "Q?\na, b", "Q?\nc"],
        ),
        ({"document": "D.", "gold": "S.", "target": "S."}, ["D.", "D.\nS."]),
        ({"prompt": "def f():", "target": "T", "test": "x"}, ["def f():", "def f():\nT"]),
        ({"question": " ", "gold": "", "target": ""}, []),
    ],
)
def test_an_item_is_told_by_question_passage_and_answers(
    document: Mapping[str, Any], texts: list[str]
) -> None:
    assert list(item_texts(document, answers=True)) == texts


def test_without_answers_an_item_is_told_by_passage_and_question_alone() -> None:
    document = {"passage": "P.", "question": "Q?", "golds": [["a"]], "target": "T"}
    assert item_texts(document, answers=False) == ("P.", "Q?")


# Nothing that was indexed gets through


@pytest.mark.parametrize("form", FORMS)
def test_every_text_of_made_up_benchmarks_is_found(form: str, tmp_path: Path) -> None:
    task, files = FORMS[form]
    settings = settings_for(write(tmp_path, files), task, min_words=1, min_characters=1)
    items = benchmark_items(settings)
    index = build_index(items, settings)
    assert items
    assert not len(index.bare)
    for item in items:
        for text in item.texts:
            for hidden in (text, disguised(text)):
                match = matches(hidden, index)
                assert match is not None, text
                assert match.words in spaced(" ".join(items[match.document].texts))


@pytest.mark.parametrize("form", FORMS)
def test_every_text_of_made_up_benchmarks_is_found_word_for_word(form: str, tmp_path: Path) -> None:
    task, files = FORMS[form]
    settings = settings_for(write(tmp_path, files), task)
    items = benchmark_items(settings)
    index = build_index(items, settings)
    texts = [text for item in items for text in item.texts]
    for text in [*texts, *(f"\n {text.upper()} " for text in texts)]:
        assert contamination(query(text), index, settings) is not None, text


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.skipif(PTR_DATA is None, reason="PTR_DATA is not set")
def test_every_text_of_the_real_benchmarks_is_found() -> None:
    settings = real_settings()
    items = benchmark_items(settings)
    index = build_index(items, settings)
    assert not len(index.bare)
    texts = dict.fromkeys(text for item in items for text in item.texts)
    assert len(texts) > 100_000
    assert [text for text in texts if contamination(query(text), index, settings) is None] == []
    within = [text for text in texts if matches(disguised(text), index) is None]
    long_enough = [
        words
        for words in map(spaced, within)
        if len(words.split()) >= settings.min_words
        and len(words.replace(" ", "")) >= settings.min_characters
    ]
    assert all(len(words.split()) < settings.short_n for words in long_enough)
    for words in long_enough:  # Common phrases, such as "which of the following is true".
        holding = sum(any(words in spaced(text) for text in item.texts) for item in items)
        assert holding > settings.common, words


def real_settings() -> DecontaminationSettings:
    folder = Path(str(PTR_DATA))
    absent = [source.task for source, _ in missing_files(settings_for(folder))]
    return settings_for(folder, without=absent)


def spaced(text: str) -> str:
    return " ".join(split_words(text))


# Which benchmarks


def test_all_our_tasks_are_searched_for_unless_told_otherwise() -> None:
    names = [entry.name for entry in entries() if entry.kind == "task"]
    assert sorted(names) == sorted(HUB)
    assert DecontaminationSettings().chosen() == names
    some = DecontaminationSettings(tasks=["ptr_gsm8k", "ptr_drop"], without=["ptr_drop"])
    assert some.chosen() == ["ptr_gsm8k"]


def test_documents_for_examples_are_searched_for_where_asked(tmp_path: Path) -> None:
    folder = gsm8k(tmp_path)
    assert [item.split for item in benchmark_items(settings_for(folder, "ptr_gsm8k"))] == ["test"]
    more = settings_for(folder, "ptr_gsm8k", fewshot=["ptr_gsm8k"])
    assert [item[:3] for item in benchmark_items(more)] == [
        ("ptr_gsm8k", "test", 0),
        ("ptr_gsm8k", "train", 0),
    ]


def test_all_benchmarks_without_data_are_named_at_once(tmp_path: Path) -> None:
    settings = settings_for(gsm8k(tmp_path), "ptr_gsm8k", "ptr_drop", "ptr_xsum")
    with pytest.raises(UserError) as caught:
        benchmark_items(settings)
    assert str(caught.value) == (
        f"decontamination: {tmp_path} has no files of ptr_drop (validation), ptr_xsum (test); put "
        "them there, or name the tasks under `without`."
    )
    with pytest.raises(
        UserError, match=r"there is no folder .*nowhere; name the one with the bench"
    ):
        benchmark_items(settings_for(tmp_path / "nowhere", "ptr_gsm8k"))


def test_a_benchmark_that_the_hub_does_not_give_is_named_with_our_setting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def offline(*names: object, **more: object) -> None:
        raise OSError("no network")

    monkeypatch.setattr("datasets.load_dataset", offline)
    with pytest.raises(UserError) as caught:
        benchmark_items(DecontaminationSettings(tasks=["ptr_gsm8k"]))
    assert str(caught.value).endswith(
        "cannot be loaded from the hub (no network); check the network, or give local files with "
        "`decontamination: {data: FOLDER}`."
    )


def test_an_unknown_task_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UserError, match=r"`tasks`: no task named gsm8k \(known: gsr_aime24"):
        checked({"tasks": ["gsm8k"]}, DecontaminationSettings, Path("c.yaml"))


def test_the_data_folder_is_relative_to_the_configuration() -> None:
    raw = {"tasks": ["ptr_gsm8k"], "data": "benchmarks"}
    settings = checked(raw, DecontaminationSettings, Path("/etc/build.yaml"))
    assert settings.data == Path("/etc/benchmarks")


# The filter


def test_a_question_that_holds_an_item_is_dropped_with_the_item_named(tmp_path: Path) -> None:
    settings = settings_for(gsm8k(tmp_path), "ptr_gsm8k")
    index = open_index(settings)
    asked = [query("How tall is the Eiffel tower?"), query(disguised(QUESTION))]
    clean, dropped = decontaminate(asked, index, settings)
    assert clean is asked[0]
    assert dropped == Dropped(
        asked[1],
        "decontamination",
        "holds text of ptr_gsm8k",
        'test document 0, in the question: "ann has twelve red apples and gives half of them to '
        'each of"',
    )


@pytest.mark.parametrize("text", ["Planets orbit", "What is 2 + 2?", "Evaluate $\\log_264$."])
def test_an_item_given_word_for_word_is_dropped_however_short(tmp_path: Path, text: str) -> None:
    settings = settings_for(gsm8k(tmp_path, text), "ptr_gsm8k")
    index = open_index(settings)
    (dropped,) = decontaminate([query(f"{text.upper()}\n")], index, settings)
    assert isinstance(dropped, Dropped)
    assert dropped.detail == f'test document 0, in the question: "{spaced(text)}"'
    within = query(f"Please tell: {text}")
    assert list(decontaminate([within], index, settings)) == [within]


def test_an_item_that_only_question_and_reference_make_together_is_found(tmp_path: Path) -> None:
    steps = "She gives three each to Bo and Cy and keeps none of the apples."
    settings = settings_for(
        gsm8k(tmp_path, "How many are left?", f"{steps}\n#### 0"), "ptr_gsm8k", min_words=9
    )
    index = open_index(settings)
    told = query("So how many are left?", steps)
    (dropped,) = decontaminate([told], index, settings)
    assert isinstance(dropped, Dropped)
    assert dropped.detail.startswith('test document 0, in the reference: "how many are left she')
    assert list(decontaminate([query(told.text)], index, settings)) == [query(told.text)]
    for other in ({"references": False}, {"answers": False}):
        changed = settings.model_copy(update=other)
        assert list(decontaminate([told], open_index(changed), changed)) == [told]


def test_a_kept_index_is_used_until_benchmark_or_settings_change(tmp_path: Path) -> None:
    folder, cache = tmp_path / "data", tmp_path / "index.npz"
    settings = settings_for(gsm8k(folder), "ptr_gsm8k")
    first = open_index(settings, cache)
    os.utime(cache, ns=(1, 1))
    assert open_index(settings, cache).fingerprint == first.fingerprint
    assert cache.stat().st_mtime_ns == 1
    assert matches(QUESTION, open_index(settings, cache)) is not None

    write(folder, {"gsm8k/test.jsonl": lines(GSM8K)})
    assert matches(QUESTION, open_index(settings, cache)) is None
    assert cache.stat().st_mtime_ns != 1
    os.utime(cache, ns=(1, 1))
    open_index(settings.model_copy(update={"common": 5}), cache)
    assert cache.stat().st_mtime_ns != 1
