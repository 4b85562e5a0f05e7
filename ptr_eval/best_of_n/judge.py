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
from ptr_eval.best_of_n.tournament import Knockout, Match, Pair, knockout
from ptr_eval.harness.judging import AskedPair, JudgeSettings, ShownPair, judge_pairs
from ptr_eval.harness.loading import load_model
from ptr_eval.judge import JudgedPair, count_outcomes, require_readable

__all__ = ["JudgeSettings", "choose_by_judge"]

_FLAG = "--judge-form"


def choose_by_judge(groups: Sequence[Group], settings: JudgeSettings, ledger: Path) -> Chosen:
    """Choose the winner of each group's knockout tournament."""
    lm = load_model(settings.backend, settings.args)
    judged = dict[Pair, AskedPair]()

    def judge(pairs: list[Pair]) -> list[int | None]:
        shown = [_shown(groups[pair.group], pair) for pair in pairs]
        asked = judge_pairs(lm, shown, settings, ledger)
        judged.update((pair, once) for pair, (once,) in zip(pairs, asked, strict=True))
        # The first round has every group: who was not understood there will not be later.
        require_readable(
            [one.pair for one in judged.values()], settings.model, settings.form, _FLAG
        )
        return [judged[pair].pair.better for pair in pairs]

    knockouts = knockout(groups, judge)
    told = {
        "backend": settings.backend,
        **settings.sampling.generation,
        "seed": settings.seed,
        "judge_form": asdict(settings.form),
    }
    return Chosen(tuple(_choice(played, judged) for played in knockouts), told)


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
