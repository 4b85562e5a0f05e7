"""What a judge's replies about two answers, shown in both orders, come to."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NoReturn, get_args

from ptr_eval.errors import UserError
from ptr_eval.judge.form import JudgeForm, Verdict
from ptr_eval.protocols import Reply
from ptr_eval.thinking import DEFAULT_END

MatchOutcome = Literal["decided", "tied", "order-dependent", "unreadable", "failed"]
"""How a match of two answers ends: the same one is preferred in both orders; a tie is stated in one
order or in both; what is preferred is the same place in both orders; a reply has no verdict in the
judge's form; a request failed or was refused, or its reply is empty or was cut off in a thought."""

MATCH_OUTCOMES: tuple[MatchOutcome, ...] = get_args(MatchOutcome)

MatchResult = Literal["win", "loss", "tie", "order-dependent", "unreadable", "failed"]
"""How a match ends for the first of two answers: a decided match is won or lost."""

MATCH_RESULTS: tuple[MatchResult, ...] = get_args(MatchResult)

POINTS: Mapping[MatchResult, float] = {"win": 1.0, "tie": 0.5, "loss": 0.0}
"""What a match is worth for the first answer; the other results are worth nothing, not even 0."""

UNDECIDED = "undecided"
"""What older files have in place of the four other outcomes."""

NO_FIGURE = (
    "There is no best-of-k figure: the judge decided no match, so every choice was drawn by a hash."
)

_SHOWN = 60


@dataclass(frozen=True, slots=True)
class JudgeReply:
    """One reply of a judge, read."""

    text: str
    """What it says outside its thinking blocks."""
    verdict: Verdict | None = None
    """Its verdict; None if it states none in the judge's form."""
    failure: str | None = None
    """Why there is nothing to read; None if there is something."""


@dataclass(frozen=True, slots=True)
class JudgedPair:
    """A judge's replies about two answers, in both orders."""

    forward: JudgeReply
    """The one that read the first answer as A."""
    backward: JudgeReply
    """The one that read it as B."""

    @property
    def verdicts(self) -> tuple[Verdict | None, Verdict | None]:
        """The verdicts in both orders."""
        return self.forward.verdict, self.backward.verdict

    @property
    def failure(self) -> str | None:
        """Why one of the replies could not be read at all; None if both could."""
        return self.forward.failure or self.backward.failure

    @property
    def outcome(self) -> MatchOutcome:
        """How the match ends."""
        if self.failure is not None:
            return "failed"
        if None in self.verdicts:
            return "unreadable"
        if "tie" in self.verdicts:
            return "tied"
        return "order-dependent" if self.better is None else "decided"

    @property
    def better(self) -> int | None:
        """Which answer is preferred in both orders, 0 or 1; None if neither is.

        All else is no preference, which makes the judge's liking for one position harmless
        (Zheng et al. 2023, arXiv 2306.05685).
        """
        if self.verdicts == ("A", "B"):
            return 0
        return 1 if self.verdicts == ("B", "A") else None

    @property
    def result(self) -> MatchResult:
        """How the match ends for the first answer."""
        outcome = self.outcome
        if outcome == "tied":
            return "tie"
        if outcome == "decided":
            return "loss" if self.better else "win"
        return outcome


def read_reply(form: JudgeForm, reply: Reply, thinking_end: str = DEFAULT_END) -> JudgeReply:
    """Read a judge's reply; what it says in a thinking block does not count.

    Args:
        form: The judge's form.
        reply: The reply.
        thinking_end: The mark that ends the judge's thinking block.

    Returns:
        What it says.
    """
    text = reply.visible(thinking_end).text
    failure = reply.failure if reply.refusal is None else f"refused: {reply.refusal}"
    return read_text(form, text, failure, cut=reply.finish_reason == "length")


def read_text(
    form: JudgeForm, text: str, failure: str | None = None, *, cut: bool = False
) -> JudgeReply:
    """Read what a judge says.

    Args:
        form: The judge's form.
        text: What it says outside its thinking blocks.
        failure: Why there is no reply; None if there is one.
        cut: Whether the reply ended at its token limit.

    Returns:
        What it says.
    """
    if failure is None and not text.strip():
        failure = "the token limit cut the reply before its verdict" if cut else "an empty reply"
    if failure is not None:
        return JudgeReply(text, failure=failure)
    return JudgeReply(text, form.read(text))


def count_outcomes(pairs: Iterable[JudgedPair]) -> dict[str, int]:
    """Count how matches ended.

    Args:
        pairs: The matches.

    Returns:
        The number of each outcome, those that did not occur included.
    """
    found = Counter(pair.outcome for pair in pairs)
    return {outcome: found[outcome] for outcome in MATCH_OUTCOMES}


def decides(outcomes: Mapping[str, int]) -> bool:
    """Tell whether choices are a judge's own, and not all drawn by a hash.

    Args:
        outcomes: The number of each outcome of its matches.

    Returns:
        Whether it decided any match, or had none to decide.
    """
    return outcomes.get("decided", 0) > 0 or not any(outcomes.values())


def outcomes_in_words(outcomes: Mapping[str, int]) -> str:
    """Say how matches ended.

    Args:
        outcomes: The number of each outcome.

    Returns:
        Such as "12 matches: 10 decided, 1 tied, 1 failed".
    """
    total = sum(outcomes.values())
    named = [f"{number:,} {outcome}" for outcome, number in outcomes.items() if number]
    listed = ", ".join(named if outcomes.get("decided") else ["0 decided", *named])
    return f"{total:,} {'match' if total == 1 else 'matches'}: {listed}"


def require_readable(pairs: Sequence[JudgedPair], judge: str, form: JudgeForm, flag: str) -> None:
    """Refuse to go on with a judge of whom not a single match could be read.

    Args:
        pairs: The matches; if there are none, nothing is wrong.
        judge: What the judge is called.
        form: The form of its verdicts.
        flag: What chooses the form.

    Raises:
        UserError: If all matches failed, or are unreadable.
    """
    outcomes = count_outcomes(pairs)
    if outcomes["failed"] + outcomes["unreadable"] < len(pairs) or not pairs:
        return
    replies = [reply for pair in pairs for reply in (pair.forward, pair.backward)]
    refuse_silence(replies, judge, form, flag)


def refuse_silence(
    replies: Sequence[JudgeReply], judge: str, form: JudgeForm, flag: str
) -> NoReturn:
    """Say that nothing of what a judge replied can be used.

    Args:
        replies: Its replies.
        judge: What it is called.
        form: The form of its verdicts.
        flag: What chooses the form.

    Raises:
        UserError: Always.
    """
    unread = [reply.text for reply in replies if reply.failure is None and reply.verdict is None]
    failed = [reply.failure for reply in replies if reply.failure is not None]
    if not unread:
        raise UserError(
            f"The judge {judge} answered none of {len(replies):,} requests ({failed[0]}); correct "
            "that, and start again."
        )
    words = " ".join(unread[0].split())
    more = f", and {len(failed):,} failed" if failed else ""
    ending = words if len(words) <= _SHOWN else f"...{words[-_SHOWN:]}"
    raise UserError(
        f"No match could be read: {len(unread):,} of {len(replies):,} replies of the judge {judge} "
        f"have no verdict in the form {form.name} (one ends: {ending!r}){more}; choose the judge's "
        f"own form with {flag}."
    )
