"""Asking a judge, a model under a backend of lm-eval, about two answers in both orders.

Whoever has a judge compare two texts does so here: choosing among candidates, comparing rounds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from lm_eval.api.model import LM

from ptr_eval.budget import CUT_MARK, keep_end
from ptr_eval.conversation import Conversation
from ptr_eval.engine import EngineName
from ptr_eval.harness.ask_desk import AskedOpenings, Sampling
from ptr_eval.harness.asks import Work, carry_out
from ptr_eval.harness.backend import Backend
from ptr_eval.judge import PLAIN, JudgedPair, JudgeForm, read_reply
from ptr_eval.protocols import Reply

_GREEDY = {"until": [], "max_gen_toks": 2048, "do_sample": False}
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
    engine: EngineName = "auto"
    """When to ask what, as `ptr_engine` in evaluation."""

    @property
    def model(self) -> str:
        """The model's name."""
        return str(self.args.get("pretrained") or self.args.get("model") or self.backend)

    @property
    def draws(self) -> bool:
        """Whether verdicts are drawn, so that a repeat may differ."""
        return float(self.generation.get("temperature") or 0) > 0

    @property
    def sampling(self) -> Sampling:
        """How verdicts are drawn."""
        return Sampling({**_GREEDY, "do_sample": self.draws, **self.generation}, seed=self.seed)


@dataclass(frozen=True, slots=True)
class ShownPair:
    """Two answers as a judge reads them; both are cut to equal shares if they are too long."""

    question: str
    """What was asked."""
    first: str
    """One answer."""
    second: str
    """The other."""
    cut: bool = False
    """Whether they were cut."""

    def openings(self, form: JudgeForm) -> list[Conversation]:
        """Ask about them in both orders."""
        return [
            form.compare(self.question, self.first, self.second),
            form.compare(self.question, self.second, self.first),
        ]


@dataclass(frozen=True, slots=True)
class AskedPair:
    """What a judge made of two answers, and what that cost."""

    pair: JudgedPair
    """What it said."""
    replies: tuple[Reply, Reply]
    """Its replies in both orders."""
    cut: bool
    """Whether the answers were cut."""

    @property
    def tokens(self) -> int:
        """What the judge read and wrote."""
        return sum(reply.prompt_tokens + reply.generated_tokens for reply in self.replies)


def fitted(lm: LM, pairs: Sequence[ShownPair], settings: JudgeSettings) -> list[ShownPair]:
    """Cut answers to what a judge can read."""
    backend = Backend.of(lm)
    room = backend.max_prompt_tokens(settings.sampling.generation, None)
    if room is None:
        return list(pairs)
    return [_fitted(pair, settings.form, room, backend) for pair in pairs]


def _fitted(pair: ShownPair, form: JudgeForm, room: int, backend: Backend) -> ShownPair:
    count = backend.tokens.count
    empty = form.compare(pair.question, "", "").opening
    besides = sum(count(message.content) for message in empty) + _TEMPLATE_TOKENS
    if besides + count(pair.first) + count(pair.second) <= room:
        return pair
    share = max(0, (room - besides) // 2 - count(CUT_MARK))
    first, second = (keep_end(text, share, count) for text in (pair.first, pair.second))
    return ShownPair(pair.question, first, second, cut=True)


def judge_pairs(
    lm: LM,
    pairs: Sequence[ShownPair],
    settings: JudgeSettings,
    ledger: Path | None,
    repeats: int = 1,
) -> Work[list[list[AskedPair]]]:
    """Ask a judge about pairs, each in both orders: what it says, by pair and repeat."""
    form = settings.form
    shown = fitted(lm, pairs, settings)
    openings = [opening for pair in shown for opening in pair.openings(form)]
    (drawn,) = yield [AskedOpenings(lm, openings, _repeated(settings, repeats), ledger)]
    return [
        [
            AskedPair(
                JudgedPair(read_reply(form, forward), read_reply(form, backward)),
                (forward, backward),
                pair.cut,
            )
            for forward, backward in zip(forwards, backwards, strict=True)
        ]
        for pair, forwards, backwards in zip(shown, drawn[::2], drawn[1::2], strict=True)
    ]


def ask_judge(
    lm: LM, openings: Sequence[Conversation], settings: JudgeSettings, ledger: Path | None
) -> list[Reply]:
    """Ask a judge anything: its replies, by opening."""

    def work() -> Work[list[Reply]]:
        (drawn,) = yield [AskedOpenings(lm, openings, settings.sampling, ledger)]
        return [reply for (reply,) in drawn]

    (replies,) = carry_out([work()], "Judging", settings.engine)
    return replies


def _repeated(settings: JudgeSettings, repeats: int) -> Sampling:
    """Each repeat has a seed of its own."""
    return replace(settings.sampling, samples=repeats)
