"""Best-of-k with a judge: a model that writes compares two candidates at a time, in a knockout.

Each pair is shown in both orders. The one that is preferred in both goes on; else one of them is
drawn by a hash, and how the match ended is counted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ptr_eval.best_of_n.candidates import Group
from ptr_eval.best_of_n.choice import Choice, Chosen
from ptr_eval.best_of_n.tournament import Knockout, Match, Pair, first_matches, knockout
from ptr_eval.errors import UserError
from ptr_eval.harness.ask_desk import answers_one_by_one
from ptr_eval.harness.asks import Work, carry_out
from ptr_eval.harness.judging import AskedPair, JudgeSettings, ShownPair, judge_pairs
from ptr_eval.harness.loading import load_model
from ptr_eval.judge import JudgedPair, count_outcomes, require_readable

__all__ = ["JudgeSettings", "choose_by_judge"]

_FLAG = "--judge-form"


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
        self.judged: dict[Pair, AskedPair] = {}
        self._groups = groups
        self._settings = settings
        self._ledger = ledger
        self._first = first_matches(groups)

    def judge(self, pairs: list[Pair]) -> Work[list[int | None]]:
        """Ask about pairs in both orders."""
        shown = [_shown(self._groups[pair.group], pair) for pair in pairs]
        asked = yield from judge_pairs(self.lm, shown, self._settings, self._ledger)
        self.judged.update((pair, once) for pair, (once,) in zip(pairs, asked, strict=True))
        # Who was not understood in so many matches as the first round has will not be later.
        if len(self.judged) >= self._first:
            found = [one.pair for one in self.judged.values()]
            require_readable(found, self._settings.model, self._settings.form, _FLAG)
        return [self.judged[pair].pair.better for pair in pairs]


def _shown(group: Group, pair: Pair) -> ShownPair:
    return ShownPair(group.question, group.texts[pair.first], group.texts[pair.second])


def _choice(played: Knockout, judged: Mapping[Pair, AskedPair]) -> Choice:
    found = [judged[match.pair] for match in played.matches]
    counts = {
        "tokens": sum(one.tokens for one in found),
        "matches": len(found),
        **count_outcomes(one.pair for one in found),
        "truncated": sum(one.cut for one in found),
        "seconds": sum(reply.seconds or 0.0 for one in found for reply in one.replies),
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
