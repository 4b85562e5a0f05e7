"""The figures behind a judgement: by round, and of the judge."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from ptr_eval.judge import MATCH_RESULTS, POINTS, MatchResult
from ptr_eval.runs.judgements import JudgedMatch, Judgement
from ptr_eval.stats import Estimate, holm, interval
from ptr_eval.stats.arrays import Codes, Floats
from ptr_eval.stats.judges import (
    FIRST,
    NONE,
    SECOND,
    TIE,
    Kappa,
    cohen_kappa,
    first_place_share,
    position_consistency,
    retest,
)
from ptr_eval.stats.length_control import (
    ControlledRate,
    controlled_rate,
    longer_wins,
    similar_lengths,
)
from ptr_eval.stats.preferences import WinRate, win_rate

_CODES = {"A": FIRST, "B": SECOND, "tie": TIE, None: NONE}
_MAY_FAIL = 0.05
"""The largest share of failed matches with which a win rate is stated without a warning."""
_MANY_DEPEND = 0.5
"""From this share of order-dependent matches on, a judge is said to read places, not answers."""


@dataclass(frozen=True, slots=True)
class RoundFigures:
    """What a judge makes of one round's answers."""

    round: int
    """The round."""
    results: Mapping[MatchResult, int]
    """How many matches ended how."""
    equal: int
    """How many of the ties are equal texts, of which no judge was asked."""
    left_out: int
    """How many matches there are not, since an answer is missing."""
    wins: WinRate
    """The win rate over matches that were won, lost or tied."""
    adjusted: float
    """The p value of its sign test, adjusted for several rounds by Holm's method."""
    dependent_tied: Estimate
    """The win rate if order-dependent matches count as ties, as MT-Bench has it."""
    longer: Estimate
    """How often the longer answer wins."""
    similar: WinRate
    """The win rate among answers within 20 % of the same length."""
    by_length: ControlledRate
    """The win rate that is predicted for answers of the same length."""
    by_style: ControlledRate
    """The same for answers of the same length with as many headings, bold passages and lists."""


@dataclass(frozen=True, slots=True)
class TrustFigures:
    """How far a judge can be trusted."""

    matches: int
    """How many matches it was asked about, the control left out."""
    consistency: Estimate
    """How often it says the same in both orders."""
    first_place: Estimate
    """How often it prefers the answer that is shown first."""
    repeated: Estimate
    """How often it says the same when it is asked again; nan if it was not."""
    control: WinRate
    """The win rate between samples of one model and round: half is expected."""
    people: Kappa
    """Its agreement with people, over the matches that both decided or tied."""
    voted: int
    """How many matches people chose in."""
    cut: int
    """Of how many matches it saw only the end of the answers."""
    tokens: int
    """What it read and wrote, the control and repeats included."""
    per_decided: float
    """The same for each match that was won or lost; nan if none was."""


@dataclass(frozen=True, slots=True)
class JudgedRounds:
    """A judgement with its figures."""

    run: str
    """What the run is called."""
    judgement: Judgement
    """The judgement."""
    rounds: tuple[RoundFigures, ...]
    """By round."""
    trust: TrustFigures
    """Of the judge."""

    @property
    def warnings(self) -> list[str]:
        """What must be known before a win rate is believed."""
        counts: Counter[str] = Counter()
        for figures in self.rounds:
            counts.update(figures.results)
        equal = sum(figures.equal for figures in self.rounds)
        asked, found = counts.total() - equal, list[str]()
        if asked and sum(counts[result] for result in POINTS) == equal:
            found.append("the judge decided no match, so there is no figure")
        elif counts["failed"] > _MAY_FAIL * asked:
            found.append(f"{100 * counts['failed'] / asked:.0f} % of the matches failed")
        if asked and counts["order-dependent"] >= _MANY_DEPEND * asked:
            share = 100 * counts["order-dependent"] / asked
            found.append(f"in {share:.0f} % of the matches it prefers a place, and no answer")
        if self.judgement.itself:
            found.append("the judge is the model that it judges")
        return found


def figures_of(run: str, judgement: Judgement, rng: np.random.Generator) -> JudgedRounds:
    """Compute the figures of a judgement."""
    rounds = [_of_round(judgement, round_) for round_ in judgement.rounds]
    adjusted = holm([figures.wins.p for figures in rounds])
    corrected = (replace(r, adjusted=p) for r, p in zip(rounds, adjusted, strict=True))
    return JudgedRounds(run, judgement, tuple(corrected), _trust(judgement, rng))


def _of_round(judgement: Judgement, round_: int) -> RoundFigures:
    matches = judgement.of_round(round_)
    counts = Counter(match.result for match in matches)
    decided = [match for match in matches if match.result in POINTS]
    points, clusters = points_of(decided), questions_of(decided)
    lengths = np.array([match.lengths for match in decided], dtype=float).reshape(-1, 2)
    longer = lengths[:, 0] - lengths[:, 1]
    styles = np.array([_difference(match) for match in decided], dtype=float).reshape(-1, 3)
    near = similar_lengths(lengths)
    with_dependent = [m for m in matches if m.result in POINTS or m.result == "order-dependent"]
    return RoundFigures(
        round=round_,
        results={result: counts[result] for result in MATCH_RESULTS},
        equal=sum(not match.asked for match in matches),
        left_out=judgement.left_out.get(round_, 0),
        wins=_none_if_silent(matches, win_rate(points, clusters)),
        adjusted=float("nan"),
        dependent_tied=interval(points_of(with_dependent), questions_of(with_dependent)),
        longer=longer_wins(points, longer, clusters),
        similar=win_rate(points[near], clusters[near]),
        by_length=controlled_rate(points, longer[:, None], clusters),
        by_style=controlled_rate(points, _varied(longer, styles), clusters),
    )


def points_of(matches: Sequence[JudgedMatch]) -> Floats:
    """Give points to matches; an order-dependent one is half a win here."""
    return np.array([POINTS.get(match.result, 0.5) for match in matches], dtype=float)


def questions_of(matches: Sequence[JudgedMatch]) -> Codes:
    """List the questions of matches, over which they cluster."""
    return np.array([match.question for match in matches], dtype=np.int64)


def _none_if_silent(matches: Sequence[JudgedMatch], found: WinRate) -> WinRate:
    """Take the figure away where equal texts alone would make it: the judge decided nothing."""
    asked = [match for match in matches if match.asked]
    heard = any(match.result in POINTS for match in asked)
    return found if heard or not asked else win_rate(np.empty(0))


def _difference(match: JudgedMatch) -> list[int]:
    later, earlier = match.styles
    return [one - other for one, other in zip(later, earlier, strict=True)]


def _varied(longer: Floats, styles: Floats) -> Floats:
    """Put the traits side by side, without those in which no answers differ."""
    varied = (styles != styles[:1]).any(axis=0)
    return np.column_stack([longer, styles[:, varied]])


def _trust(judgement: Judgement, rng: np.random.Generator) -> TrustFigures:
    asked = [match for match in judgement.matches if match.asked and not match.control]
    verdicts, clusters = _verdicts(asked), questions_of(asked)
    control = [m for m in judgement.control if m.asked and m.result in POINTS]
    voted = [match for match in judgement.matches if match.people is not None]
    both = [match for match in voted if match.result in POINTS]
    tokens = sum(match.tokens for match in judgement.matches)
    decided = sum(match.result in ("win", "loss") for match in asked)
    return TrustFigures(
        matches=len(asked),
        consistency=position_consistency(verdicts[:, 0], clusters),
        first_place=first_place_share(verdicts[:, 0], clusters),
        repeated=_repeated(verdicts, clusters),
        control=win_rate(points_of(control), questions_of(control)),
        people=cohen_kappa(
            np.array([match.result for match in both]),
            np.array([match.people for match in both]),
            questions_of(both),
            rng=rng,
        ),
        voted=len(voted),
        cut=sum(match.cut for match in asked),
        tokens=tokens,
        per_decided=tokens / decided if decided else float("nan"),
    )


def _verdicts(matches: Sequence[JudgedMatch]) -> Codes:
    """List verdicts as numbers, by match, repeat and order: [N, R, 2]."""
    repeats = max((len(match.verdicts) for match in matches), default=1)
    codes = [[[_CODES[v] for v in both] for both in match.verdicts] for match in matches]
    return np.array(codes, dtype=np.int64).reshape(-1, repeats, 2)


def _repeated(verdicts: Codes, clusters: npt.NDArray[np.int64]) -> Estimate:
    """Compare repeats, prompt by prompt: each match is two prompts."""
    by_prompt = verdicts.transpose(0, 2, 1).reshape(-1, verdicts.shape[1])
    return retest(by_prompt, np.repeat(clusters, 2))


def agreement(one: Judgement, other: Judgement, rng: np.random.Generator) -> Kappa:
    """Compare what two judges say of the same matches, of those that both decided or tied."""
    theirs = {(m.question, m.later, m.earlier): m for m in other.matches if m.asked}
    pairs = [
        (mine, theirs[mine.question, mine.later, mine.earlier])
        for mine in one.matches
        if mine.asked and (mine.question, mine.later, mine.earlier) in theirs
    ]
    both = [(a, b) for a, b in pairs if a.result in POINTS and b.result in POINTS]
    return cohen_kappa(
        np.array([a.result for a, _ in both]),
        np.array([b.result for _, b in both]),
        questions_of([a for a, _ in both]),
        rng=rng,
    )
