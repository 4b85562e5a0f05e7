"""Reading a saved run: its tasks, and their questions with all answers.

Only JSON is read; lm-eval itself is not needed. Files that are cut off or foreign are refused by
name.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ptr_eval.errors import UserError
from ptr_eval.runs.answer import Answer, answer_from_json
from ptr_eval.runs.description import READABLE, TaskDescription, description_from_json
from ptr_eval.runs.files import samples_of, time_of


@dataclass(frozen=True, slots=True)
class SavedTask:
    """One task of one run, as lm-eval saved it."""

    task: str
    """The task."""
    results: Path
    """The results file."""
    samples: Path
    """The samples file beside it."""
    description: TaskDescription
    """How the task was asked and scored."""
    config: Mapping[str, Any]
    """lm-eval's configuration of the task."""
    expected: int
    """How many questions the results file counts."""
    version: str
    """The task's version."""
    facts: Mapping[str, Any]
    """The whole results file: `model_name`, `system_instruction`, `chat_template` and so on."""

    @property
    def model(self) -> str:
        """The model's name, as the results file has it."""
        return str(self.facts.get("model_name") or "model")


@dataclass(frozen=True, slots=True)
class SavedQuestion:
    """A question with the answers it got."""

    number: int
    """Its number; lm-eval's `doc_id`."""
    fields: Mapping[str, Any]
    """What the reader made of it; lm-eval's `doc`."""
    target: str
    """What lm-eval shows as the right answer."""
    fingerprint: str
    """A digest of the question."""
    answers: tuple[Answer, ...]
    """The scored answers, by sample, round and position."""
    offset: int
    """Where its row begins in the samples file, in bytes."""


def read_results(results: Path) -> Mapping[str, Any]:
    """Read a results file as lm-eval wrote it, whatever tasks it has.

    Args:
        results: The file.

    Returns:
        Its content, with `results` by task.

    Raises:
        UserError: If it is no results file.
    """
    try:
        facts: Mapping[str, Any] = json.loads(results.read_text(encoding="utf-8"))
        if all(isinstance(values, Mapping) for values in facts["results"].values()):
            return facts
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(f"{results} is not a results file of lm_eval.") from error
    raise UserError(f"{results} is not a results file of lm_eval.")


def tasks_of(results: Path) -> Iterator[SavedTask]:
    """Read a results file.

    Args:
        results: The file.

    Yields:
        Its refinement tasks; none if all are lm-eval's own.

    Raises:
        UserError: If the file is broken, its samples were not logged, or a version that this one
            cannot read wrote it.
    """
    try:
        facts = json.loads(results.read_text(encoding="utf-8"))
        configs = {name: c for name, c in facts["configs"].items() if "ptr" in c}
        counts = {name: int(facts["n-samples"][name]["effective"]) for name in configs}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(
            f"{results} is not a whole results file of lm_eval ({_short(error)}); remove it or "
            "run it again."
        ) from error
    for name, config in configs.items():
        samples = samples_of(results, name)
        description = _description(results, config["ptr"])
        if not samples.is_file():
            raise UserError(
                f"{samples} is missing; run lm_eval with --log_samples to keep the answers."
            )
        version = str(facts.get("versions", {}).get(name, ""))
        yield SavedTask(name, results, samples, description, config, counts[name], version, facts)


def why_foreign(results: Path) -> str | None:
    """Say why a file has no answers to read: another program's, or one of lm-eval's own tasks.

    Args:
        results: A file that is named as results are.

    Returns:
        The end of a sentence that begins with the file; None for a run of refinement tasks, and for
        one that was cut off, which `tasks_of` refuses.
    """
    try:
        facts = json.loads(results.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None if time_of(results) else "is not JSON"
    if not isinstance(facts, dict) or not isinstance(facts.get("configs"), dict):
        return "is not a results file of lm_eval"
    if len(foreign := foreign_tasks(facts)) < len(facts["configs"]):
        return None
    return f"has only lm-eval's own tasks ({', '.join(foreign)}), which have no rounds"


def without_samples(results: Path) -> bool:
    """Tell whether the answers of a run were not logged, of none of its tasks.

    Args:
        results: The results file.

    Returns:
        Whether there is no samples file beside it.
    """
    tasks = _configs_of(results)
    return bool(tasks) and not any(samples_of(results, task).is_file() for task in tasks)


def is_unscored(facts: Mapping[str, Any]) -> bool:
    """Tell whether a run was made with `--predict_only`.

    Args:
        facts: The content of its results file.

    Returns:
        Whether its answers have no scores.
    """
    return any(name.startswith("bypass,") for each in facts["results"].values() for name in each)


def foreign_tasks(facts: Mapping[str, Any]) -> list[str]:
    """List the tasks of a results file that are lm-eval's own.

    Args:
        facts: The content of the file.

    Returns:
        Their names.
    """
    return [name for name, config in facts["configs"].items() if "ptr" not in config]


def samples_are_there(results: Path) -> bool:
    """Look whether a results file is whole, and has a samples file for each of its tasks.

    Args:
        results: The file.

    Returns:
        Whether it is complete.
    """
    tasks = _configs_of(results)
    return bool(tasks) and all(samples_of(results, task).is_file() for task in tasks)


def failed_requests(results: Path) -> int:
    """Count the requests of a run that failed, which running it again asks again.

    Args:
        results: The results file.

    Returns:
        How many, over all tasks and rounds that it asked itself; 0 if an earlier version wrote the
        file, which did not count them.
    """
    tasks = [config.get("ptr", {}) for config in _configs_of(results).values()]
    failed = [(task.get("outcomes") or {}).get("failed", ()) for task in tasks]
    # A first round from another run is not asked.
    asked = [
        f[task.get("first_round_model") is not None :]
        for task, f in zip(tasks, failed, strict=True)
    ]
    return sum(map(sum, asked))


def _configs_of(results: Path) -> Mapping[str, Any]:
    try:
        configs: Mapping[str, Any] = json.loads(results.read_text(encoding="utf-8"))["configs"]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return configs if isinstance(configs, dict) else {}


def questions(saved: SavedTask) -> Iterator[SavedQuestion]:
    """Read a task's questions and answers, row by row.

    A question has one row for each scorer, and each of them describes all scores: only the rows
    of the first scorer are parsed.

    Args:
        saved: The task.

    Yields:
        The questions, in the order of the file.

    Raises:
        UserError: If a row is cut off or foreign.
    """
    applied = saved.description.applied
    # --predict_only has one filter of its own, `none`.
    wanted = [f'"filter": {json.dumps(name)}'.encode() for name in (applied[0], "none")]
    offset = 0
    with saved.samples.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            begin, offset = offset, offset + len(line)
            of_another = b'"filter": "' in line and not any(name in line for name in wanted)
            if of_another and line.endswith(b"}\n"):
                continue
            yield _question(saved.samples, number, begin, line)


def questions_at(samples: Path, offsets: Sequence[int]) -> Iterator[SavedQuestion]:
    """Read single questions again.

    Args:
        samples: The samples file.
        offsets: Where their rows begin, in bytes.

    Yields:
        The questions, in the order of `offsets`.
    """
    with samples.open("rb") as lines:
        for offset in offsets:
            lines.seek(offset)
            yield _question(samples, 0, offset, lines.readline())


def _description(results: Path, section: Any) -> TaskDescription:
    if not isinstance(section, Mapping) or section.get("format") not in READABLE:
        version = section.get("version") if isinstance(section, Mapping) else None
        raise UserError(
            f"{results} was written by ptr-eval {version or 'of another version'}, which this "
            "version cannot read; use that version, or run it again."
        )
    try:
        return description_from_json(section)
    except (KeyError, TypeError, AttributeError) as error:
        raise UserError(f"{results}: its `ptr` section is broken ({_short(error)}).") from error


def _question(samples: Path, number: int, offset: int, line: bytes) -> SavedQuestion:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise UserError(
            f"{samples}, row {number}: not whole JSON; the file was cut off, so run it again."
        ) from error
    try:
        doc_id = int(row["doc_id"])
        return SavedQuestion(
            number=doc_id,
            fields=dict(row["doc"]),
            target=str(row.get("target") or ""),
            fingerprint=str(row["doc_hash"]),
            answers=tuple(_answers(row, doc_id)),
            offset=offset,
        )
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise UserError(
            f"{samples}, row {number}: not a sample of ptr-eval ({error!r})."
        ) from error


def _answers(row: Mapping[str, Any], question: int) -> Iterator[Answer]:
    logged = zip(row["arguments"].values(), row["resps"], strict=True)
    for arguments, (response, *_) in logged:
        yield answer_from_json(arguments["arg_2"], question, arguments["arg_0"], response)


def _short(error: Exception) -> str:
    text = f"no {error}" if isinstance(error, KeyError) else str(error)
    return text if len(text) <= 100 else f"{text[:97]}..."
