"""Reading recorded answers: responses from elsewhere, and the samples of a saved run."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ptr_eval.budget import estimate_tokens
from ptr_eval.errors import UserError
from ptr_eval.harness.backend import writable
from ptr_eval.harness.task_spec import RECORD_FORMAT
from ptr_eval.protocols import Reply
from ptr_eval.readers import read_rows
from ptr_eval.thinking import visible_answer

NOT_RECORDED = "no answer is recorded for this round"


def recorded_reply(response: str | None) -> Reply:
    """Make a reply of a recorded response."""
    if response is None:
        return Reply("", failed=NOT_RECORDED)
    response = writable(response)
    return Reply(
        response,
        generated_tokens=estimate_tokens(response),
        visible_tokens=estimate_tokens(visible_answer(response)),
    )


def read_responses(path: Path) -> dict[int, list[Reply]]:
    """Read answers given elsewhere."""
    if not path.is_file():
        raise UserError(f"--responses {path}: no such file.")
    answers: dict[int, list[Reply]] = {}
    for row in read_rows(path):
        doc_id, responses = row.values.get("doc_id"), row.values.get("responses")
        where = f"{path}, row {row.number}"
        if isinstance(doc_id, bool) or not isinstance(doc_id, int):
            raise UserError(f"{where}: 'doc_id' must be a whole number, not {doc_id!r}.")
        if doc_id in answers:
            raise UserError(f"{where}: document {doc_id} stands there a second time.")
        if not isinstance(responses, list) or not responses:
            raise UserError(f"{where}: 'responses' must be a list of texts, one a round.")
        if not all(r is None or isinstance(r, str) for r in responses):
            raise UserError(f"{where}: every one of 'responses' must be a text or null.")
        answers[doc_id] = [recorded_reply(r) for r in responses]
    if not answers:
        raise UserError(f"{path} holds no rows.")
    return answers


@dataclass(frozen=True, slots=True)
class SavedTask:
    """One task of a saved run."""

    task: str
    """Its name."""
    model: str
    """The model's name, as the results file has it."""
    settings: dict[str, Any]
    """The settings it was run with, as metadata keys."""
    fewshot: int
    """How many few-shot examples were shown."""
    samples: list[dict[str, Any]]
    """One row a document, as saved under the headline scorer."""

    def answers(self) -> list[list[Reply]]:
        """Rebuild what the model replied."""
        return [list(_replies(sample)) for sample in self.samples]

    def first_rounds(self) -> list[list[Reply]]:
        """Rebuild what the model replied in the first round."""
        return [
            [
                reply
                for reply, record in zip(_replies(sample), _records(sample), strict=True)
                if record["round"] == 1
            ]
            for sample in self.samples
        ]


def _replies(sample: dict[str, Any]) -> Iterator[Reply]:
    shown = (arguments["arg_0"] for arguments in sample["arguments"].values())
    for response, prompt, record in zip(sample["resps"], shown, _records(sample), strict=True):
        yield Reply(
            response=response[0],
            prompt=prompt,
            prompt_tokens=record["prompt_tokens"],
            generated_tokens=record["generated_tokens"],
            visible_tokens=record["visible_tokens"],
            dropped=record["dropped_answers"],
            shortened=record["shortened"],
            full=record.get("full"),
            cut=record["prompt_cut"],
            failed=record["failed"],
        )


def _records(sample: dict[str, Any]) -> list[dict[str, Any]]:
    return [arguments["arg_2"] for arguments in sample["arguments"].values()]


def results_file(run: Path) -> Path:
    """Find a run's results file."""
    if run.is_file():
        return run
    found = sorted(run.rglob("results_*.json"), key=lambda path: path.stat().st_mtime)
    if not found:
        raise UserError(f"{run} holds no results_*.json; name the --output_path of an lm_eval run.")
    return found[-1]


def model_of(run: Path) -> str:
    """Tell which model gave a saved run's answers."""
    return str(json.loads(results_file(run).read_text(encoding="utf-8")).get("model_name"))


def read_saved(run: Path) -> list[SavedTask]:
    """Read a saved run's tasks that were asked in rounds."""
    path = results_file(run)
    try:
        results = json.loads(path.read_text(encoding="utf-8"))
        configs = {name: c for name, c in results["configs"].items() if "ptr" in c}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(f"{path} is not a results file of lm_eval.") from error
    if not configs:
        raise UserError(f"{path} has no ptr_* task; only these can be re-scored.")
    return [_saved(path, results, name, config) for name, config in configs.items()]


def _saved(path: Path, results: dict[str, Any], name: str, config: dict[str, Any]) -> SavedTask:
    described = config["ptr"]
    if described.get("format") != RECORD_FORMAT:
        raise UserError(
            f"{path} was written by ptr-eval {described.get('version', 'of another version')}; "
            "re-score it with that version, or run it again."
        )
    stamp = path.name.removeprefix("results_").removesuffix(".json")
    file = path.with_name(f"samples_{name}_{stamp}.jsonl")
    if not file.is_file():
        raise UserError(f"{file} is missing; run lm_eval with --log_samples to keep the answers.")
    rows: dict[int, dict[str, Any]] = {}
    for row in read_rows(file):
        try:
            rows.setdefault(row.values["doc_id"], dict(row.values))
            list(_replies(dict(row.values)))
        except (KeyError, TypeError, AttributeError, IndexError, ValueError) as error:
            raise UserError(f"{file}, row {row.number}: not a sample of ptr-eval.") from error
    settings = {f"ptr_{key}": value for key, value in described["settings"].items()}
    return SavedTask(
        task=name,
        model=str(results.get("model_name") or "model"),
        settings=settings,
        fewshot=int(config.get("num_fewshot") or 0),
        samples=[rows[doc_id] for doc_id in sorted(rows)],
    )
