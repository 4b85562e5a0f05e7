"""Questions that hold benchmark items are dropped: training on them would void the evaluation.

What is searched for are the documents of our own task configurations, so that nothing can be
evaluated on that was not kept out of the data. A question that is an item's text, word for word, is
found however short it is. Only wording is compared (see `ptr_data.filters.ngrams`); a paraphrased
or translated item is not found.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import Field, field_validator

from ptr_data.filters.ngram_build import build_index
from ptr_data.filters.ngrams import (
    BenchmarkItem,
    NgramIndex,
    NgramSettings,
    fingerprint,
    load_index,
    matches,
    save_index,
)
from ptr_data.records import Dropped, Question
from ptr_eval.catalog import entries, tasks_path
from ptr_eval.config import FilePath
from ptr_eval.errors import UserError
from ptr_eval.harness.documents import Source
from ptr_eval.harness.task_spec import TaskSpec

STAGE = "decontamination"

_BLANK = re.compile(r"(?<![^\W_])_+(?![^\W_])")


class DecontaminationSettings(NgramSettings):
    """Which benchmarks are kept out, and what counts as holding one of their items."""

    tasks: list[str] = Field(default_factory=list)
    """The tasks whose test documents are searched for; none named for all of ours."""
    without: list[str] = Field(default_factory=list)
    """Tasks to leave out, for lack of their data."""
    fewshot: list[str] = Field(default_factory=list)
    """Tasks of which the documents for few-shot examples are searched for as well."""
    data: FilePath | None = None
    """The folder with the benchmarks' official files; none to read from the hub."""
    answers: bool = True
    """Whether items are known by their answers too, not by their questions alone."""
    references: bool = True
    """Whether a question is searched together with its source's answer."""

    @field_validator("tasks", "without", "fewshot")
    @classmethod
    def _known(cls, names: list[str]) -> list[str]:
        known = _task_names()
        if unknown := sorted(set(names) - set(known)):
            raise ValueError(f"no task named {', '.join(unknown)} (known: {', '.join(known)})")
        return names

    def chosen(self) -> list[str]:
        """List the tasks that are searched for."""
        names = dict.fromkeys(self.tasks or _task_names())
        return [name for name in names if name not in self.without]

    def identity(self) -> Any:
        """Describe the benchmarks by what they hold and not by where they are."""
        files = [(path.name, path.stat().st_size) for path in benchmark_files(self)]
        return [{**self.model_dump(mode="json"), "data": None}, sorted(files)]


def decontaminate(
    questions: Iterable[Question], index: NgramIndex, settings: DecontaminationSettings
) -> Iterator[Question | Dropped]:
    """Drop the questions that hold a benchmark item."""
    for question in questions:
        yield contamination(question, index, settings) or question


def contamination(
    question: Question, index: NgramIndex, settings: DecontaminationSettings
) -> Dropped | None:
    """Look for a benchmark item in a question, then in question and reference together."""
    where, match = "question", matches(question.text, index, whole=True)
    if match is None and settings.references and question.reference:
        together = f"{question.text}\n{question.reference}"
        where, match = "reference", matches(together, index, whole=True)
    if match is None:
        return None
    detail = f'{match.split} document {match.document}, in the {where}: "{match.words}"'
    return Dropped(question, STAGE, f"holds text of {match.task}", detail)


def open_index(settings: DecontaminationSettings, cache: Path | None = None) -> NgramIndex:
    """Read the benchmarks and index them."""
    items = benchmark_items(settings)
    if cache is not None and cache.is_file():
        index = load_index(cache)
        if index.fingerprint == fingerprint(items, settings):
            return index
    index = build_index(items, settings)
    if cache is not None:
        save_index(index, cache)
    return index


def benchmark_items(settings: DecontaminationSettings) -> list[BenchmarkItem]:
    """Read the benchmarks' documents. All of them are held in memory."""
    if missing := missing_benchmarks(settings):
        raise UserError(f"decontamination: {missing}")
    return [
        BenchmarkItem(source.task, split, number, item_texts(document, settings.answers))
        for source, split in _sources(settings)
        for number, document in enumerate(source.read(split, settings.data))
    ]


def missing_benchmarks(settings: DecontaminationSettings) -> str:
    """Say which benchmarks are not in the data folder; empty if all are."""
    if settings.data is not None and not settings.data.is_dir():
        return (
            f"there is no folder {settings.data}; name the one with the benchmarks' files as "
            "`data`, or leave `data` out to load them from the hub."
        )
    names = [f"{source.task} ({split})" for source, split in missing_files(settings)]
    if not names:
        return ""
    return (
        f"{settings.data} has no files of {', '.join(names)}; put them there, or name the tasks "
        "under `without`."
    )


def benchmark_files(settings: DecontaminationSettings) -> list[Path]:
    """List the benchmarks' official files."""
    if settings.data is None:
        return []
    found = {
        path: None
        for source, split in _sources(settings)
        for path in source.local_files(split, settings.data)
    }
    return list(found)


def missing_files(settings: DecontaminationSettings) -> list[tuple[Source, str]]:
    """List what is not in the data folder."""
    folder = settings.data
    if folder is None:
        return []
    return [
        (source, split)
        for source, split in _sources(settings)
        if not source.local_files(split, folder)
    ]


def _sources(settings: DecontaminationSettings) -> Iterator[tuple[Source, str]]:
    for config in map(_read_config, settings.chosen()):
        for split in _splits(config, settings.fewshot):
            source = TaskSpec.read(config).source
            yield replace(source, local_option="`decontamination: {data: FOLDER}`"), split


def _splits(config: Mapping[str, Any], fewshot: list[str]) -> list[str]:
    splits = [config["test_split"]]
    if config["task"] in fewshot and config["fewshot_split"] not in splits:
        splits.append(config["fewshot_split"])
    return splits


def item_texts(document: Mapping[str, Any], answers: bool) -> tuple[str, ...]:
    """Choose the texts by which a benchmark's document is recognised.

    Its passage or article (test material itself), and its question or code to complete. With
    answers also, of a multiple-choice question, the question with all options, plain and
    lettered, and with the right one; a sentence with one blank is filled with each option. Of
    any other, the question with each right answer, and with the worked solution.
    """
    question = document.get("question") or document.get("prompt") or document.get("document", "")
    texts = [document.get("passage", ""), question]
    if answers:
        texts += _with_answers(question, document)
    return tuple(dict.fromkeys(text for text in texts if text.strip()))


def _with_answers(question: str, document: Mapping[str, Any]) -> Iterator[str]:
    if "choices" in document:
        labels, choices = document["labels"], document["choices"]
        lettered = (f"{label}. {choice}" for label, choice in zip(labels, choices, strict=True))
        yield "\n".join([question, *choices])
        yield "\n".join([question, *lettered])
        if len(_BLANK.findall(question)) == 1:
            before, after = _BLANK.split(question)
            yield from (f"{before}{choice}{after}" for choice in choices)
        else:
            yield f"{question}\n{choices[labels.index(document['gold'])]}"
    elif "golds" in document:
        yield from (f"{question}\n{', '.join(spans)}" for spans in document["golds"])
    else:
        yield from (f"{question}\n{document[key]}" for key in ("gold", "target") if key in document)


@cache
def _task_names() -> tuple[str, ...]:
    return tuple(entry.name for entry in entries() if entry.kind == "task")


def _read_config(task: str) -> dict[str, Any]:
    """Read a task's configuration without importing what it refers to."""

    class Loader(yaml.SafeLoader):
        """Takes references to functions as text."""

    Loader.add_constructor("!function", lambda loader, node: node.value)
    text = (tasks_path() / f"{task}.yaml").read_text(encoding="utf-8")
    config: dict[str, Any] = yaml.load(text, Loader)
    return config
