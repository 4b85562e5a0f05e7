"""Best-of-k with a judge: a model that writes compares two candidates at a time, in a knockout.

Each pair is shown in both orders. The one that is preferred in both goes on; else one of them is
drawn by a hash, and how the match ended is counted.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ptr_eval.best_of_n.candidates import Group
from ptr_eval.best_of_n.choice import Choice, Chosen
from ptr_eval.best_of_n.tournament import Knockout, Match, Pair, knockout
from ptr_eval.budget import CUT_MARK, keep_end
from ptr_eval.conversation import Conversation
from ptr_eval.harness.backend import Backend
from ptr_eval.harness.dialogues import Sampling, run_dialogues
from ptr_eval.harness.loading import load_model
from ptr_eval.judge import (
    PLAIN,
    JudgedPair,
    JudgeForm,
    count_outcomes,
    read_reply,
    require_readable,
)
from ptr_eval.protocols import Reply, Resample

_GREEDY = {"until": [], "max_gen_toks": 2048, "do_sample": False}
_FLAG = "--judge-form"
_TEMPLATE_TOKENS = 64
"""What a chat template adds to a prompt, at most."""


@dataclass(frozen=True, slots=True)
class JudgeSettings:
    """A judge."""

    backend: str
    """A backend of lm-eval, such as `hf`."""
    args: Mapping[str, Any]
    """Its arguments."""
    generation: Mapping[str, Any] = field(default_factory=dict)
    """lm-eval's generation settings that differ from greedy decoding of 2048 tokens."""
    seed: int = 1234
    """What the seeds of sampled verdicts are derived from."""
    form: JudgeForm = PLAIN
    """What it is asked, and the form of its verdicts."""

    @property
    def model(self) -> str:
        """The model's name."""
        return str(self.args.get("pretrained") or self.args.get("model") or self.backend)

    @property
    def sampling(self) -> Sampling:
        """How verdicts are drawn."""
        drawn = float(self.generation.get("temperature") or 0) > 0
        return Sampling({**_GREEDY, "do_sample": drawn, **self.generation}, seed=self.seed)


@dataclass(frozen=True, slots=True)
class _Shown:
    """Two candidates as a judge reads them; both are cut to equal shares if they are too long."""

    question: str
    first: str
    second: str
    cut: bool

    def openings(self, form: JudgeForm) -> list[Conversation]:
        return [
            form.compare(self.question, self.first, self.second),
            form.compare(self.question, self.second, self.first),
        ]


@dataclass(frozen=True, slots=True)
class _Judged:
    """What a judge made of two candidates, and what that cost."""

    pair: JudgedPair
    replies: tuple[Reply, Reply]
    cut: bool


def choose_by_judge(groups: Sequence[Group], settings: JudgeSettings, ledger: Path) -> Chosen:
    """Choose the winner of each group's knockout tournament."""
    lm = load_model(settings.backend, settings.args)
    backend = Backend.of(lm)
    room = backend.max_prompt_tokens(settings.sampling.generation, None)
    form, judged = settings.form, dict[Pair, _Judged]()

    def judge(pairs: list[Pair]) -> list[int | None]:
        count = backend.tokens.count
        shown = [_shown(groups[pair.group], pair, form, room, count) for pair in pairs]
        openings = [opening for both in shown for opening in both.openings(form)]
        drawn = run_dialogues(lm, Resample(1), openings, settings.sampling, ledger=ledger)
        replies = [rounds[0][0] for (rounds,) in drawn]
        for pair, both, forward, backward in zip(
            pairs, shown, replies[::2], replies[1::2], strict=True
        ):
            read = JudgedPair(read_reply(form, forward), read_reply(form, backward))
            judged[pair] = _Judged(read, (forward, backward), both.cut)
        # The first round has every group: who was not understood there will not be later.
        require_readable([one.pair for one in judged.values()], settings.model, form, _FLAG)
        return [judged[pair].pair.better for pair in pairs]

    knockouts = knockout(groups, judge)
    told = {
        "backend": settings.backend,
        **settings.sampling.generation,
        "seed": settings.seed,
        "judge_form": asdict(form),
    }
    return Chosen(tuple(_choice(played, judged) for played in knockouts), told)


def _shown(
    group: Group, pair: Pair, form: JudgeForm, room: int | None, count: Callable[[str], int]
) -> _Shown:
    first, second = group.texts[pair.first], group.texts[pair.second]
    whole = _Shown(group.question, first, second, cut=False)
    if room is None:
        return whole
    empty = form.compare(group.question, "", "").opening
    besides = sum(count(message.content) for message in empty) + _TEMPLATE_TOKENS
    if besides + count(first) + count(second) <= room:
        return whole
    share = max(0, (room - besides) // 2 - count(CUT_MARK))
    return _Shown(
        group.question, keep_end(first, share, count), keep_end(second, share, count), cut=True
    )


def _choice(played: Knockout, judged: Mapping[Pair, _Judged]) -> Choice:
    found = [judged[match.pair] for match in played.matches]
    replies = [reply for one in found for reply in one.replies]
    counts = {
        "tokens": sum(reply.prompt_tokens + reply.generated_tokens for reply in replies),
        "matches": len(found),
        **count_outcomes(one.pair for one in found),
        "truncated": sum(one.cut for one in found),
        "seconds": sum(reply.seconds or 0.0 for reply in replies),
    }
    told = [_told(match, judged[match.pair].pair) for match in played.matches]
    return Choice(played.winner, {"matches": told}, counts)


def _told(match: Match, judged: JudgedPair) -> dict[str, Any]:
    told = {
        "round": match.pair.round,
        "first": match.pair.first,
        "second": match.pair.second,
        "verdicts": list(judged.verdicts),
        "outcome": judged.outcome,
        "winner": match.winner,
    }
    return told if judged.failure is None else {**told, "failure": judged.failure}
