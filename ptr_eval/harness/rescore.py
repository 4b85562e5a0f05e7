"""The two commands that score without a model: answers from elsewhere, and saved runs."""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ptr_eval.catalog import entries, tasks_path
from ptr_eval.errors import UserError
from ptr_eval.harness.recorded_lm import Replay, evaluate_replay
from ptr_eval.harness.settings import Settings
from ptr_eval.harness.task import RefinementTask
from ptr_eval.runs.recorded import SavedTask, read_responses, read_saved


@dataclass(frozen=True, slots=True)
class Flip:
    """An answer whose verdict changed."""

    task: str
    """The task."""
    doc_id: int
    """The document."""
    sample: int
    """Which sample of it, from 0."""
    round: int
    """The round, from 1."""
    before: str
    """The saved verdict."""
    after: str
    """The new one."""
    answer_before: str | None
    """What was extracted then."""
    answer_after: str | None
    """What is extracted now."""


def load_task(
    name: str,
    metadata: Mapping[str, Any],
    documents: Sequence[Mapping[str, Any]] | None = None,
) -> RefinementTask:
    """Build one of our tasks."""
    config = _config(name)
    config["metadata"] = {**config["metadata"], **metadata}
    return RefinementTask(config, documents)


def _config(name: str) -> dict[str, Any]:
    """Read a task's configuration, which always has `metadata` then."""
    from lm_eval.tasks._yaml_loader import load_yaml

    path = Path(name) if name.endswith(".yaml") else tasks_path() / f"{name}.yaml"
    if not path.is_file():
        known = ", ".join(entry.name for entry in entries() if entry.kind == "task")
        raise UserError(f"--task {name}: no such task; choose one of {known}.")
    config: dict[str, Any] = load_yaml(path)
    if "task" not in config or "ptr" not in config:
        raise UserError(f"--task {name} is a group or not a ptr_* task; score one task at a time.")
    return {**config, "metadata": config.get("metadata") or {}}


def score(
    task: str,
    responses: Path,
    out: Path,
    *,
    metadata: Mapping[str, Any],
    name: str | None = None,
    unsafe_code: bool = False,
) -> dict[str, Any]:
    """Score answers given elsewhere, and write the files that an lm-eval run writes."""
    answers = read_responses(responses)
    longest = max(len(replies) for replies in answers.values())
    loaded = load_task(task, _asked(longest, _config(task)["metadata"], metadata))
    if beyond := [i for i in answers if not 0 <= i < len(loaded.eval_docs)]:
        raise UserError(
            f"{responses}: {task} has documents 0 to {len(loaded.eval_docs) - 1}, not {beyond[0]}."
        )
    label = name or responses.name.split(".")[0]
    _confirm(loaded, unsafe_code)
    replay = Replay(label, loaded, list(answers.values()), list(answers), numbered=True)
    return evaluate_replay(replay, out, unsafe_code=unsafe_code)


def rescore(
    run: Path,
    out: Path,
    *,
    metadata: Mapping[str, Any],
    unsafe_code: bool = False,
) -> tuple[list[dict[str, Any]], list[Flip]]:
    """Score a saved run again, with other scorers or settings, without its model or data."""
    all_results: list[dict[str, Any]] = []
    flips: list[Flip] = []
    for saved in read_saved(run):
        task = load_task(saved.task, {**saved.settings, **metadata}, _documents(saved))
        _confirm(task, unsafe_code)
        doc_ids = [sample["doc_id"] for sample in saved.samples]
        replay = Replay(saved.model, task, saved.answers(), doc_ids, numbered=False)
        results = evaluate_replay(replay, out, unsafe_code=unsafe_code)
        flips += _flips(saved, results["samples"][saved.task])
        all_results.append(results)
    lines = [json.dumps(asdict(flip), ensure_ascii=False) for flip in flips]
    (out / "flips.jsonl").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return all_results, flips


def _asked(answers: int, own: Mapping[str, Any], metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Find which rounds so many answers to a document are; in parallel a group comes first."""
    chosen = {"ptr_samples": 1, **metadata}
    settings = Settings.from_metadata({**own, **chosen})
    if settings.protocol != "parallel":
        return {"ptr_rounds": answers, **chosen}
    group = settings.candidates
    if "ptr_candidates" not in metadata:
        # Too few answers are a smaller group, not one with failed candidates.
        group = min(group, answers)
    refined = math.ceil((answers - group) / settings.syntheses)
    return {"ptr_candidates": group, "ptr_rounds": 1 + max(0, refined), **chosen}


def _confirm(task: RefinementTask, unsafe_code: bool) -> None:
    if getattr(task, "UNSAFE_CODE", False) and not unsafe_code:
        raise UserError(
            f"{task.config.task} runs code that a model wrote; add --confirm_run_unsafe_code."
        )


def _documents(saved: SavedTask) -> list[dict[str, Any]]:
    return [sample["doc"] for sample in saved.samples]


def _flips(saved: SavedTask, samples: Sequence[Mapping[str, Any]]) -> Iterator[Flip]:
    new: dict[int, Mapping[str, Any]] = {}
    for sample in samples:
        new.setdefault(sample["doc_id"], sample)
    for old in saved.samples:
        befores = [arguments["arg_2"] for arguments in old["arguments"].values()]
        afters = [arguments["arg_2"] for arguments in new[old["doc_id"]]["arguments"].values()]
        for before, after in zip(befores, afters, strict=True):
            was, now = _headline(before), _headline(after)
            if was["verdict"] != now["verdict"]:
                yield Flip(
                    saved.task,
                    old["doc_id"],
                    before["sample"],
                    before["round"],
                    was["verdict"],
                    now["verdict"],
                    was["answer"],
                    now["answer"],
                )


def _headline(record: Mapping[str, Any]) -> Mapping[str, Any]:
    first: Mapping[str, Any] = next(iter(record["scores"].values()))
    return first
