"""What holds for a whole run: the ledger, a saved first round, and the model of later rounds.

lm-eval hands all requests of all tasks over in one call, so these belong to the run and not to a
task. They are given once, with `--metadata`; tasks that disagree are refused.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lm_eval.api.model import LM

from ptr_eval.engine import EngineName, Ledger
from ptr_eval.errors import UserError
from ptr_eval.harness.backend import Backend
from ptr_eval.harness.loading import load_aggregator
from ptr_eval.harness.settings import PREFIX, RUN_WIDE, TaskSettings


@dataclass(frozen=True, slots=True)
class RunContext:
    """The run-wide settings."""

    ledger: str | None = None
    """A file that records every reply."""
    first_round: str | None = None
    """A saved run whose first answers are taken instead of asking."""
    aggregator: str | None = None
    """Another model for the rounds from the second on."""
    engine: EngineName = "auto"
    """When to ask what."""
    chunk: int = 1024
    """How many requests are given to the backend at a time."""
    max_failed: float | None = None
    """The share of failed requests above which the run ends."""
    max_wait: float = 600.0
    """How many seconds to wait for a server that refuses because of its load."""
    max_requests: int | None = None
    """How many requests the run may plan."""
    max_prompt_tokens: int | None = None
    """How many prompt tokens the run may plan."""

    @classmethod
    def of(cls, tasks: Mapping[str, TaskSettings]) -> "RunContext":
        """Take the run-wide settings from those of all tasks; tasks that disagree are refused."""
        problems = []
        for name in RUN_WIDE:
            values = {task: getattr(settings, name) for task, settings in tasks.items()}
            if len(set(values.values())) > 1:
                shown = ", ".join(f"{value} in {task}" for task, value in values.items())
                problems.append(
                    f"{PREFIX}{name} holds for a whole run, but its tasks differ ({shown}); "
                    "give it once with --metadata."
                )
        if problems:
            raise UserError.collect(problems)
        first = next(iter(tasks.values()))
        return cls(**{name: getattr(first, name) for name in RUN_WIDE})

    def open_ledger(self, lm: LM) -> Ledger | None:
        """Open the ledger asked for by name, or beside the cache that --use_cache asked for."""
        if self.ledger is None:
            cache = getattr(lm.cache_hook, "dbdict", None)
            return Ledger(Path(f"{cache.filename}.ledger")) if cache is not None else None
        rank = getattr(lm, "rank", 0)
        # One file a rank, as lm-eval's own cache has it.
        name = self.ledger if rank == 0 else f"{self.ledger}.rank{rank}"
        return Ledger(Path(name).expanduser())

    def open_aggregator(self, lm: LM) -> Backend | None:
        """Load the model for the rounds from the second on, if there is one."""
        return Backend.of(load_aggregator(self.aggregator, lm)) if self.aggregator else None
