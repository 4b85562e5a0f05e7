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
from ptr_eval.best_of_n.tournament import Knockout, Match, Pair, first_matches, knockout
from ptr_eval.budget import CUT_MARK, keep_end
from ptr_eval.conversation import Conversation
from ptr_eval.errors import UserError
from ptr_eval.harness.ask_desk import AskedOpenings, Sampling, answers_one_by_one
from ptr_eval.harness.asks import Work, carry_out
from ptr_eval.harness.backend import Backend
from ptr_eval.harness.loading import load_model
from ptr_eval.harness.settings import Engine
from ptr_eval.judge import (
    PLAIN,
    JudgedPair,
    JudgeForm,
    count_outcomes,
    read_reply,
    require_readable,
)
from ptr_eval.protocols import Reply

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
    engine: Engine = "auto"
    """When to ask what, as `ptr_engine` in evaluation: whether each tournament goes on by itself
    (`continuous`) or all go round by round (`lockstep`)."""

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
    referee = _Referee(groups, settings, load_model(settings.backend, settings.args), ledger)
    numbered = dict(enumerate(groups))
    apart = answers_one_by_one(referee.lm)
    if settings.engine == "continuous" and not apart:
        raise UserError(
            f"--engine continuous: the backend {settings.backend} answers in batches; leave it out."
        )
    apart = apart and settings.engine != "lockstep"
    parts = [{number: group} for number, group in numbered.items()] if apart else [numbered]
    works = [knockout(part, referee.judge) for part in parts]
    knockouts: dict[int, Knockout] = {}
    # Of tournaments those with the fewest rounds behind them come first.
    for played in carry_out(works, "Matches", settings.engine, in_order=False):
        knockouts |= played
    told = {
        "backend": settings.backend,
        **settings.sampling.generation,
        "seed": settings.seed,
        "judge_form": asdict(settings.form),
    }
    chosen = tuple(_choice(knockouts[number], referee.judged) for number in numbered)
    return Chosen(chosen, told)


class _Referee:
    """Has pairs judged, and keeps what came of it."""

    def __init__(
        self, groups: Sequence[Group], settings: JudgeSettings, lm: Any, ledger: Path
    ) -> None:
        self.lm = lm
        self.judged: dict[Pair, _Judged] = {}
        self._groups = groups
        self._settings = settings
        self._ledger = ledger
        self._count = Backend.of(lm).tokens.count
        self._room = Backend.of(lm).max_prompt_tokens(settings.sampling.generation, None)
        self._first = first_matches(groups)

    def judge(self, pairs: list[Pair]) -> Work[list[int | None]]:
        """Ask about pairs in both orders."""
        form = self._settings.form
        shown = [
            _shown(self._groups[pair.group], pair, form, self._room, self._count) for pair in pairs
        ]
        openings = [opening for both in shown for opening in both.openings(form)]
        (drawn,) = yield [AskedOpenings(self.lm, openings, self._settings.sampling, self._ledger)]
        replies = [reply for (reply,) in drawn]
        for pair, both, forward, backward in zip(
            pairs, shown, replies[::2], replies[1::2], strict=True
        ):
            read = JudgedPair(read_reply(form, forward), read_reply(form, backward))
            self.judged[pair] = _Judged(read, (forward, backward), both.cut)
        # Who was not understood in so many matches as the first round has will not be later.
        if len(self.judged) >= self._first:
            found = [one.pair for one in self.judged.values()]
            require_readable(found, self._settings.model, form, _FLAG)
        return [self.judged[pair].pair.better for pair in pairs]


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
