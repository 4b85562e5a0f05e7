"""Responses that only confirm an earlier answer, such as "No changes needed.", take its score over.

Only a round whose prompt shows one answer to refine can confirm it; the protocol's `refines_from`
says which rounds do. A reply without an answer added nothing to the next prompt, so the round after
it confirms the answer before it.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from ptr_eval.protocols import Protocol
from ptr_eval.runs import Answer
from ptr_eval.scoring import Score


def keep_answers(
    answers: Sequence[Answer], scores: Sequence[Score], protocol: Protocol
) -> list[Score]:
    """Replace the scores of bare confirmations; those with nothing to keep stay as they are."""
    found = list(scores)
    first = getattr(protocol, "refines_from", None)
    for places in [] if first is None else _dialogues(answers, first - 1):
        for shown, (before, place) in enumerate(pairwise(places), start=1):
            # The oldest answers are dropped first: this many dropped, none was in the prompt.
            if scores[place].kept and answers[place].reply.dropped_answers < shown:
                found[place] = _kept(scores[place], found[before], answers[before].round)
    return found


def _dialogues(answers: Sequence[Answer], first: int) -> list[list[int]]:
    """List which answers follow one another, from a round on; what was no answer is left out."""
    places: dict[tuple[int, int, int], list[int]] = {}
    for place, answer in enumerate(answers):
        if answer.reply.outcome == "answered" and answer.round >= first:
            key = answer.question, answer.sample, answer.position
            places.setdefault(key, []).append(place)
    return [sorted(each, key=lambda place: answers[place].round) for each in places.values()]


def _kept(score: Score, before: Score, round_: int) -> Score:
    """Take the earlier score over; where a chain of confirmations begins is what `how` names."""
    if score.verdict != "unparsed" or before.verdict == "unparsed":
        return score
    how = before.how if before.kept else f"kept from round {round_}"
    return replace(before, how=how, span=None, kept=True)
