"""What a judge makes of rounds: how often they win, what length has to do with it, and trust."""

import math
from collections.abc import Iterator, Sequence

import numpy as np

from ptr_eval.judge import MATCH_RESULTS
from ptr_eval.report.data.judged_rounds import JudgedRounds, RoundFigures, agreement
from ptr_eval.report.tables.number_format import number, p_value, percent
from ptr_eval.report.tables.table import Cell, Table, TableRow
from ptr_eval.stats import Estimate
from ptr_eval.stats.length_control import ControlledRate
from ptr_eval.stats.preferences import WinRate

_NAMES = ("run", "task", "judge", "judges itself", "against")

_WINS = (
    "A judge reads each answer beside an earlier one, in both orders. A match is won or lost if it "
    "prefers the same answer both times, a tie if it states a tie once or both texts are equal "
    "(then no judge is asked), order-dependent if it prefers the same place both times, unreadable "
    "if a reply has no verdict in the judge's form, and failed if a request failed or a reply is "
    "empty. The win rate is over wins, losses and ties, a tie half a win; its interval is a t "
    "interval over questions, p is the sign test's over questions, and Holm's adjusts it for the "
    "rounds of one judgement. What failed or was refused in the run itself has no match."
)
_LENGTHS = (
    "How much of the win rate is a liking for longer answers. Longer wins: the share of wins by "
    "the longer answer. Similar: the win rate among answers of which the shorter has at least 80 % "
    "of the other's characters. Same length: what a logistic regression on the difference in "
    "length predicts for no difference (no penalty, errors clustered by question); same style: the "
    "same with headings, bold passages and list entries. These are not AlpacaEval's own figures."
)
_TRUST = (
    "Consistent: how often the judge says the same in both orders. First place: how often it "
    "prefers the answer that is shown first, of which 50 % is no liking. Repeated: how often it "
    "says the same again, where verdicts are drawn and repeated; a judge that always takes the "
    "first place repeats itself, too, so this alone is no reason to trust. Control: the win rate "
    "between two samples of one model and round, where 50 % is expected. People: how far people "
    "agree with it. A judge that judges itself may prefer its own words."
)
_AGREEMENT = (
    "How far two judges agree about the matches that both decided or tied. Raw agreement "
    "overstates: some of it is chance, which kappa takes out."
)


def judged_rounds_table(judged: Sequence[JudgedRounds]) -> Table:
    """Tabulate how often each round wins."""
    return Table(
        "judged-rounds",
        "How often later answers are preferred",
        (
            *_NAMES, "round", "matches", *MATCH_RESULTS, "equal texts", "win rate (%)", "95% low",
            "95% high", "p", "p (Holm)", "order-dependent as ties (%)", "without an answer",
        ),
        tuple(TableRow((*_names(one), *_wins(figures))) for one, figures in _each(judged)),
        _WINS,
    )  # fmt: skip


def judged_lengths_table(judged: Sequence[JudgedRounds]) -> Table:
    """Tabulate what length has to do with it."""
    return Table(
        "judged-lengths",
        "What length has to do with it",
        (
            *_NAMES, "round", "win rate (%)", "longer wins (%)", "similar: matches", "similar (%)",
            "same length (%)", "95% low", "95% high", "same style (%)", "95% low", "95% high",
        ),
        tuple(TableRow((*_names(one), *_lengths(figures))) for one, figures in _each(judged)),
        _LENGTHS,
    )  # fmt: skip


def judges_table(judged: Sequence[JudgedRounds]) -> Table:
    """Tabulate how far the judges can be trusted, and what they cost."""
    return Table(
        "judges",
        "How far the judges can be trusted",
        (
            *_NAMES, "form", "matches", "consistent (%)", "first place (%)", "95% low", "95% high",
            "repeated (%)", "control (%)", "people: matches", "people agree (%)", "kappa", "cut",
            "tokens", "tokens per decided match",
        ),
        tuple(TableRow((*_names(one), *_trust(one))) for one in judged),
        _TRUST,
    )  # fmt: skip


def agreement_table(judged: Sequence[JudgedRounds], rng: np.random.Generator) -> Table:
    """Tabulate how far judges of the same answers agree."""
    return Table(
        "judges-agreement",
        "How far judges agree",
        ("run", "task", "judge", "other judge", "matches", "agree (%)", "kappa", "95% low",
         "95% high"),
        tuple(_agreements(judged, rng)),
        _AGREEMENT,
    )  # fmt: skip


def _agreements(judged: Sequence[JudgedRounds], rng: np.random.Generator) -> Iterator[TableRow]:
    for at, one in enumerate(judged):
        for other in judged[at + 1 :]:
            if (one.run, one.judgement.samples) != (other.run, other.judgement.samples):
                continue
            if _shown(one) == _shown(other):
                continue
            if (found := agreement(one.judgement, other.judgement, rng)).matches:
                names = (one.run, one.judgement.task, _shown(one), _shown(other))
                numbers = (number(k, 2) for k in (found.kappa, found.low, found.high))
                yield TableRow(
                    (*map(Cell, names), number(found.matches), percent(found.raw), *numbers)
                )


def _shown(one: JudgedRounds) -> str:
    return f"{one.judgement.judge} ({one.judgement.form})"


def _each(judged: Sequence[JudgedRounds]) -> Iterator[tuple[JudgedRounds, RoundFigures]]:
    for one in judged:
        for figures in one.rounds:
            yield one, figures


def _names(one: JudgedRounds) -> tuple[Cell, ...]:
    told = one.judgement
    itself = "yes" if told.itself else "no"
    return tuple(map(Cell, (one.run, told.task, told.judge, itself, told.against)))


def _wins(figures: RoundFigures) -> tuple[Cell, ...]:
    counts = figures.results
    return (
        number(figures.round),
        number(sum(counts.values())),
        *(number(counts[result]) for result in MATCH_RESULTS),
        number(figures.equal),
        *_estimated(figures.wins.rate),
        p_value(figures.wins.p),
        p_value(figures.adjusted),
        percent(figures.dependent_tied.value),
        number(figures.left_out),
    )


def _lengths(figures: RoundFigures) -> tuple[Cell, ...]:
    return (
        number(figures.round),
        percent(figures.wins.rate.value),
        percent(figures.longer.value),
        number(figures.similar.matches),
        percent(figures.similar.rate.value),
        *_controlled(figures.by_length),
        *_controlled(figures.by_style),
    )


def _trust(one: JudgedRounds) -> tuple[Cell, ...]:
    trust = one.trust
    return (
        Cell(one.judgement.form or "–"),
        number(trust.matches),
        percent(trust.consistency.value),
        *_estimated(trust.first_place),
        _measured(trust.repeated),
        _measured(trust.control.rate),
        number(trust.voted),
        percent(trust.people.raw),
        number(trust.people.kappa, 2),
        number(trust.cut),
        number(trust.tokens),
        number(trust.per_decided),
    )


def _estimated(estimate: Estimate) -> tuple[Cell, ...]:
    return tuple(percent(end) for end in (estimate.value, estimate.low, estimate.high))


def _measured(estimate: Estimate) -> Cell:
    return Cell("not measured") if math.isnan(estimate.value) else percent(estimate.value)


def _controlled(found: ControlledRate) -> tuple[Cell, ...]:
    if found.reason:
        return (Cell(f"not estimable: {found.reason}"), Cell("–"), Cell("–"))
    return _estimated(found.rate)


def in_words(wins: WinRate) -> str:
    """Say how often answers are preferred."""
    rate = wins.rate
    if math.isnan(rate.value):
        return "no win rate"
    ends = "" if math.isnan(rate.low) else f" (95 % interval {100 * rate.low:.1f} to "
    more = f"{100 * rate.high:.1f})" if ends else ""
    return f"preferred in {100 * rate.value:.1f} % of {wins.matches:,} matches{ends}{more}"


def sentences(judged: Sequence[JudgedRounds]) -> Iterator[str]:
    """Say of each judgement what came of it, and what must be known before it is believed."""
    for one in judged:
        told = one.judgement
        rounds = "; ".join(f"round {f.round} is {in_words(f.wins)}" for f in one.rounds)
        known = "; ".join(one.warnings)
        caution = f" But {known}." if known else ""
        yield (
            f"{one.run} on {told.task}, judged by {told.judge} against {told.against}: "
            f"{rounds or 'no match'}.{caution}"
        )
