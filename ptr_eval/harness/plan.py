"""What a run is about to ask: counted before the first request is sent.

The dialogues are held once with a reply of one letter in the place of every answer. So requests
are counted as the engine will send them. A later round's prompt shows answers whose length is not
known before; there, every answer counts as long as it may become.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ptr_eval.budget import CUT_MARK
from ptr_eval.conversation import Conversation
from ptr_eval.engine import InBatches, PendingTurn, hold
from ptr_eval.errors import UserError
from ptr_eval.harness.answer_key import DialogueSpec
from ptr_eval.harness.backend import Backend
from ptr_eval.harness.requests import Prompter
from ptr_eval.harness.run_context import RunContext
from ptr_eval.harness.settings import PREFIX
from ptr_eval.protocols import Reply

_PLACEHOLDER = Reply("x")


@dataclass(slots=True)
class TaskPlan:
    """What will be asked of one task."""

    questions: int
    """How many questions."""
    samples: int | None
    """How many independent dialogues about each; None for several tasks together."""
    rounds: int | None
    """How many rounds; None for several tasks together."""
    requests: int = 0
    """How many requests, of all rounds."""
    first_tokens: int = 0
    """The prompt tokens of the first round; 0 if not counted."""
    later_tokens: int = 0
    """The most prompt tokens that the later rounds can have; 0 if not counted."""
    generated_tokens: int = 0
    """The most tokens that can be generated."""


@dataclass(frozen=True, slots=True)
class RequestPlan:
    """What a run will ask."""

    tasks: Mapping[str, TaskPlan]
    """By task, in the order in which they were given."""
    exact: bool
    """Whether tokens are the model's own, or UTF-8 bytes / 4."""

    @property
    def total(self) -> TaskPlan:
        """All tasks together."""
        tasks = self.tasks.values()
        return TaskPlan(
            questions=sum(task.questions for task in tasks),
            samples=None,
            rounds=None,
            requests=sum(task.requests for task in tasks),
            first_tokens=sum(task.first_tokens for task in tasks),
            later_tokens=sum(task.later_tokens for task in tasks),
            generated_tokens=sum(task.generated_tokens for task in tasks),
        )

    def check(self, run: RunContext, ranks: int = 1) -> None:
        """Refuse a run that plans more than it may; the plan is that of one of so many ranks."""
        total = self.total
        tokens = total.first_tokens + total.later_tokens
        problems = [
            *_above("max_requests", total.requests * ranks, run.max_requests, "requests"),
            *_above(
                "max_prompt_tokens",
                tokens * ranks,
                run.max_prompt_tokens,
                "prompt tokens" if self.exact else "prompt tokens (UTF-8 bytes / 4)",
            ),
        ]
        if problems:
            raise UserError.collect(problems)

    def __str__(self) -> str:
        """Say in a line how many requests there will be."""
        each = "; ".join(
            f"{name} {task.requests:,} ({task.questions:,} x {task.samples} x {task.rounds})"
            for name, task in self.tasks.items()
        )
        return f"Planned requests (questions x samples x rounds): {self.total.requests:,}. {each}."


def _above(name: str, planned: int, cap: int | None, unit: str) -> Iterator[str]:
    if cap is not None and planned > cap:
        most = "at most " if name == "max_prompt_tokens" else ""
        yield (
            f"{PREFIX}{name}={cap}: this run plans {most}{planned} {unit}, and nothing was asked; "
            f"ask less (--limit, {PREFIX}rounds, {PREFIX}samples), or raise the cap."
        )


def plan_run(
    tasks: Sequence[str], specs: Sequence[DialogueSpec], backend: Backend, run: RunContext,
    *, tokens: bool,
) -> RequestPlan:  # fmt: skip
    """Count what dialogues, each of a task, will ask; their prompt tokens only if asked to."""
    plans = {name: _bare(tasks, specs, name) for name in dict.fromkeys(tasks)}
    # Without their prompts, all dialogues of a task are the same.
    held = range(len(specs)) if tokens else [tasks.index(name) for name in plans]
    chosen = [specs[i] for i in held]
    count = _Count(backend, chosen, [plans[tasks[i]] for i in held], run, tokens)
    hold([spec.context.protocol.converse(spec.opening) for spec in chosen], InBatches(count))
    if not tokens:
        for name, plan in plans.items():
            dialogues = tasks.count(name)
            plan.requests *= dialogues
            plan.generated_tokens *= dialogues
    return RequestPlan(plans, backend.exact)


def _bare(tasks: Sequence[str], specs: Sequence[DialogueSpec], name: str) -> TaskPlan:
    own = [spec for task, spec in zip(tasks, specs, strict=True) if task == name]
    samples = len({spec.sample for spec in own})
    rounds = len(own[0].context.protocol.answers_per_round)
    return TaskPlan(len(own) // samples, samples, rounds)


@dataclass(slots=True)
class _Count:
    """Takes the place of a model: counts what it is asked, and replies with one letter."""

    backend: Backend
    specs: Sequence[DialogueSpec]
    plans: Sequence[TaskPlan]
    run: RunContext
    tokens: bool
    _prompter: Prompter = field(init=False)

    def __post_init__(self) -> None:
        self._prompter = Prompter(self.backend, self.specs, "", self.run.chunk)

    def __call__(self, pending: list[PendingTurn]) -> list[Reply]:
        if pending[0].step > 1 or not self.run.first_round:
            requests = self._prompter.prepare(pending)[0] if self.tokens else []
            for place, turn in enumerate(pending):
                plan = self.plans[turn.dialogue]
                plan.requests += 1
                plan.generated_tokens += self._generated(turn)
                if self.tokens:
                    fitted = requests[place].fitted
                    self._add(turn, fitted.tokens or 0, fitted.conversation)
        return [_PLACEHOLDER] * len(pending)

    def _add(self, turn: PendingTurn, tokens: int, shown: Conversation) -> None:
        spec, plan = self.specs[turn.dialogue], self.plans[turn.dialogue]
        if turn.step == 1:
            plan.first_tokens += tokens
            return
        longest = self._generated(turn)
        most = tokens + len(shown.exchanges) * longest
        if shown.quotation:
            share = shown.quotation.share + self.backend.tokens.count(CUT_MARK)
            most += len(shown.quotation.texts) * min(longest, share)
        limit = self.backend.max_prompt_tokens(spec.generation, spec.context.settings.context)
        # Where not even the question fits, the prompt is longer than the limit.
        plan.later_tokens += most if limit is None else max(tokens, min(most, limit))

    def _generated(self, turn: PendingTurn) -> int:
        return self.backend.max_generated(self.specs[turn.dialogue].generation)
