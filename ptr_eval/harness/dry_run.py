"""`ptr-eval run --dry-run`: what a run would ask, without its model."""

import argparse
from collections.abc import Iterator, Sequence
from typing import Any

from lm_eval.config.evaluate_config import EvaluatorConfig
from lm_eval.tasks import TaskManager

from ptr_eval.errors import UserError
from ptr_eval.harness.counting_model import Counted, CountingLM
from ptr_eval.harness.plan import RequestPlan, TaskPlan
from ptr_eval.harness.run_context import RunContext
from ptr_eval.harness.settings import TaskSettings

_HEAD = (
    "task", "questions", "samples", "rounds", "requests", "prompt tokens, round 1",
    "later rounds, at most", "generated, at most",
)  # fmt: skip


def dry_run(given: argparse.Namespace) -> str:
    """Count what a run would ask, and write it as a table."""
    from lm_eval import simple_evaluate

    # Nothing of it is scored, saved or run; what is needed for that is not looked for.
    given.predict_only, given.output_path = True, given.output_path or "."
    config = EvaluatorConfig.from_cli(given)
    manager = config.process_tasks(config.metadata)
    ours, foreign = _divide(config.tasks, manager)
    if not ours:
        return _notes(foreign)[0]
    named = config.apply_chat_template
    model = CountingLM(config.model, config.model_args, named if isinstance(named, str) else None)
    try:
        simple_evaluate(
            model=model,
            tasks=ours,
            task_manager=manager,
            num_fewshot=config.num_fewshot,
            limit=config.limit,
            samples=config.samples,
            gen_kwargs=config.gen_kwargs,
            system_instruction=config.system_instruction,
            apply_chat_template=config.apply_chat_template,
            fewshot_as_multiturn=config.fewshot_as_multiturn,
            fewshot_random_seed=config.seed[3] if config.seed else None,
            predict_only=True,
            confirm_run_unsafe_code=True,
        )
    except Counted as counted:
        plan = counted.plan
    settings = TaskSettings.from_metadata(given.metadata)
    return "\n".join([_table(plan), *_explain(plan, model, settings), *_notes(foreign)])


def _divide(tasks: Sequence[Any], manager: TaskManager) -> tuple[list[Any], list[str]]:
    """Tell our tasks from others, by the section that only ours have; groups are taken apart."""
    ours: list[Any] = []
    foreign: list[str] = []
    for leaf in (leaf for task in tasks for leaf in _leaves(task, manager)):
        config = leaf if isinstance(leaf, dict) else manager.task_index[leaf].cfg or {}
        if "ptr" in config:
            ours.append(leaf)
        else:
            foreign.append(str(config.get("task", leaf)))
    return ours, foreign


def _leaves(task: Any, manager: TaskManager) -> Iterator[Any]:
    if isinstance(task, dict):
        known = manager.task_index.get(str(task.get("task")))
        yield {**(known.cfg or {}), **task} if known and "ptr" not in task else task
        return
    entry = manager.task_index[task]
    members = sorted(entry.tags) if entry.kind.name == "TAG" else (entry.cfg or {}).get("task")
    if entry.kind.name not in ("TAG", "GROUP"):
        yield task
        return
    for member in [members] if isinstance(members, str) else members or []:
        yield from _leaves(member, manager)


def _table(plan: RequestPlan) -> str:
    rows = [_HEAD, *(_row(name, task) for name, task in plan.tasks.items())]
    if len(plan.tasks) > 1:
        rows.append(_row("total", plan.total))
    widths = [max(len(row[i]) for row in rows) for i in range(len(_HEAD))]
    return "\n".join(
        "  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]) for row in rows
    )


def _row(name: str, task: TaskPlan) -> tuple[str, ...]:
    numbers = (
        task.questions, task.samples, task.rounds, task.requests, task.first_tokens,
        task.later_tokens, task.generated_tokens,
    )  # fmt: skip
    return (name, *(f"{number:,}" if number is not None else "" for number in numbers))


def _explain(plan: RequestPlan, model: CountingLM, settings: TaskSettings) -> Iterator[str]:
    if plan.exact:
        yield f"Tokens are those of the tokenizer in {model.tokenizer_name}."
    else:
        yield "No tokenizer could be loaded: tokens are UTF-8 bytes / 4."
    if settings.first_round:
        yield f"Round 1 is not asked: ptr_first_round={settings.first_round} has its answers."
    if settings.aggregator:
        yield (
            f"Rounds from the second on are asked of ptr_aggregator={settings.aggregator}; its "
            "tokens are counted as the first model's."
        )
    if settings.ledger:
        yield f"What ptr_ledger={settings.ledger} has already is counted, and is not asked again."
    try:
        plan.check(RunContext.of({"": settings}))
    except UserError as error:
        yield str(error)
    yield "Nothing was asked."


def _notes(foreign: Sequence[str]) -> list[str]:
    return [f"Not counted, as they are no tasks of ours: {', '.join(foreign)}."] if foreign else []
