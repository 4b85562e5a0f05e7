"""Decides which statement of a text is its final answer."""

import re
from dataclasses import dataclass, replace

from ptr_eval.scoring.answers.find import PRONOUN, find_statements
from ptr_eval.scoring.answers.sentences import Sentence, split_sentences, token_at
from ptr_eval.scoring.answers.statement import Matcher, Mood, Rank, Statement, Value

_RETRACTS = re.compile(
    r"^[Xv,\"T&]*(?:Z[Z,vdi]*)?(?:[pd][vw]?|Z,?|[p]w?)[LvWHZ,]*(?:[dv]*B|N[vdKTL]*G)|^[vZ,]*n[,]*(?:p[Lv]*(?:B|N[v]*G))?$|z|^[Znv,]*Z$|Z.*B$"
)
_CONFIRMS = re.compile(
    r"K|N[vw]{0,2}c|[AMP][LvWd]*k|^[dv]*k[,P]*$|M[vd]*(?:P|p|A|$)|^y|(?:p|P[vw]*[Aaw]?|A)[,]*[LvWZT]*[dv]*G(?=$|[t,;:r&])|^[vT,Zi]*G$|O#?L[vd]*G"
)
_GOES_ON = re.compile(r"\w|[.,/:]\d")
_FAR = 5
"""How many tokens behind a box are a remark of their own, so that a "?" is not about the box."""
_REVISION = re.compile("[d#(]{0,2}F+:")
_CONFIRMED_AFTER = re.compile(r"(?:[,&;].*|\A)(?:[GK]|[pw]L?[vd]*G|M[dvp]*)\Z|K")
_REFUSES = re.compile(r"[Nn][^.]*A|N[vwidt]{0,3}[EC]|h")
_ASKS = re.compile("(?:what|who|where|how|why|when|which|is|are|do|does|can)\\b.*[a-z]{3}")
"""Matches a value that is itself a question, such as a title."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text states as its answer."""

    final: Statement | None = None
    """The statement that won; its mood may be `OPEN` where the text does not decide."""
    kept: bool = False
    """Whether the text confirms an earlier answer without stating it."""
    blocked_until: int = 0
    """Up to where answers are denied or left open, so that nothing may be guessed there."""
    denied: tuple[Value, ...] = ()
    """The values that are denied, which may not be guessed."""


def read_answer(matcher: Matcher) -> Reading:
    """Read what a text states as its answer: the last assertion that is not taken back."""
    reader = _Decision(matcher.choices)
    initials = not matcher.choices  # "C." is an option, but "T. J. Duckett" a name
    for sentence in split_sentences(matcher.text, matcher.vocabulary, initials=initials):
        found = find_statements(sentence, matcher)
        reader.add(sentence, [f for f in found if not breaks_off(f, matcher.text)])
    return reader.reading()


def breaks_off(statement: Statement, text: str) -> bool:
    """Whether a text that repeats a statement word for word ends in the middle of its value.

    "The answer is 1704. The answer is 1704. The answer is 170" says 1704.
    """
    value = statement.value
    if value is None or value.start < statement.place or text[value.end :].strip():
        return False
    words = text[statement.place : value.end]
    before = [found.end() for found in re.finditer(re.escape(words), text[: statement.place])]
    longer = [end for end in before if _GOES_ON.match(text, end)]
    return len(longer) > 1 and longer[-1] == before[-1]


class _Decision:
    """Goes through the sentences of a text and keeps what counts so far."""

    def __init__(self, choices: bool) -> None:
        self.choices = choices
        self.final: Statement | None = None
        self.last: Statement | None = None
        self.pending: Statement | None = None
        self.asked: Statement | None = None
        self.kept = False
        self.blocked = 0
        self.case: Value | None = None
        self.denied: list[Value] = []
        self.thought = False

    def add(self, s: Sentence, found: list[Statement]) -> None:
        """Take in the statements of one sentence, or what it says without a value."""
        if re.search("[Zz]", s.kinds) or "n" in s.kinds[:3] or _REVISION.match(s.kinds):
            self.thought = True
        self._answer_question(s)
        found = [f for f in found if f.how != PRONOUN or self._counts(found, f)]
        asked = s.mark == "?"
        for statement in found:
            own_mark = (
                statement.value and not self.choices and _ASKS.match(str(statement.value.key))
            )
            end = statement.value.end if statement.value else s.end
            far = statement.how == "boxed" and len(s.kinds) - token_at(s, end) > _FAR
            last = statement is found[-1] and not own_mark and not far
            self._take(statement, s, asked and last)
        if not found and s.mark != "?":
            self._without_value(s)

    def _counts(self, found: list[Statement], pronoun: Statement) -> bool:
        """Whether "it is 18" is about the answer: one was rejected before, or it is a case."""
        if pronoun.value is None or not pronoun.value.solid:
            return False
        if pronoun.mood is not Mood.ASSERTED or self.case is not None:
            return True
        before = [f for f in found if f.place < pronoun.place]
        last = before[-1] if before else self.last
        return last is not None and last.mood is not Mood.ASSERTED

    def _answer_question(self, s: Sentence) -> None:
        """Take "Yes." or "No." as the answer to a question about a value."""
        if self.asked and s.kinds[:1] == "y":
            self.final = self.asked
        self.asked = None

    def _take(self, statement: Statement, s: Sentence, asked: bool) -> None:
        """Take in one statement."""
        self.last = statement
        if _is_confirmed(statement, s):
            statement = replace(statement, mood=Mood.ASSERTED)
        if statement.mood is Mood.ASSERTED:
            self._assert(statement, s, asked)
        elif statement.mood is Mood.REPORTED:
            self.pending = statement
            self.blocked = s.end
        elif statement.mood is Mood.DENIED:
            self._deny(statement, s)
        else:
            self.blocked = s.end
            undecided = statement.value is not None and not statement.value.decided
            if self._is_other_case(statement, s) or (undecided and statement.rank is Rank.EXPLICIT):
                self.final = statement

    def _assert(self, statement: Statement, s: Sentence, asked: bool) -> None:
        """Take in an assertion, which may be a question or hold only under a condition."""
        if self._supposed(statement, s):
            return
        if self._is_other_case(statement, s):
            self.final, self.blocked = replace(statement, mood=Mood.OPEN), s.end
        elif asked:
            self.asked, self.blocked = statement, s.end
        elif not self._beaten(statement):
            self.final, self.thought = statement, False
        if _is_conditional(statement, s):
            self.case = self.case or statement.value
        if not asked:
            self.pending = None

    def _deny(self, statement: Statement, s: Sentence) -> None:
        """Take in a denial, which takes back an equal answer if it is about the answer."""
        if not self.choices:
            self.blocked = s.end
        if statement.value:
            self.denied.append(statement.value)
        explicit = statement.rank is Rank.EXPLICIT or self.thought
        if explicit and self.final and _same(self.final.value, statement.value):
            self.final = None

    def _is_other_case(self, statement: Statement, s: Sentence) -> bool:
        """Whether it is the second case of "If ..., the answer is A. If not, it is B."."""
        before = s.kinds[: token_at(s, statement.place)]
        solving = statement.how == "boxed" and not re.search("A|pL", before)  # a case of a solution
        if solving or self.case is None or statement.value is None or "I" not in s.kinds:
            return False
        return self.case.key != statement.value.key

    def _supposed(self, new: Statement, s: Sentence) -> bool:
        """Whether an assertion under a condition differs from the answer that is stated already."""
        conditional = _is_conditional(new, s)
        old = self.final.value if self.final else None
        if conditional and old is not None and self.case is not None:
            return False  # one case of several
        return conditional and old is not None and not self.thought and not _same(old, new.value)

    def _beaten(self, new: Statement) -> bool:
        """Whether a new assertion counts less than the one before, without a second thought."""
        old = self.final
        if old is None or old.mood is not Mood.ASSERTED or self.thought or not old.value:
            return False
        remark = old.value.solid and new.value is not None and not new.value.solid
        return remark or (new.rank is Rank.PLAIN and old.rank is Rank.EXPLICIT)

    def _without_value(self, s: Sentence) -> None:
        """Take in a refusal, a retraction or a confirmation."""
        kinds = s.kinds
        if _REFUSES.search(kinds.partition("X")[0]) and not re.search("K|M", kinds):
            self.blocked = s.end
        if self.case is not None and re.search("[Nn][^.]*A", kinds):
            self.final = None  # an answer under a condition, and then none
        if _RETRACTS.search(kinds) and "P" not in kinds and "O" not in kinds:
            if self.last is not None:
                if self.last.mood is Mood.REPORTED:
                    self.pending = None
                elif self.final is not None:
                    self.final, self.last = None, None
            self.blocked = s.end
        elif _CONFIRMS.search(kinds) and not re.search("[NIe]", re.sub("N[vw]*c|NK", "K", kinds)):
            if self.pending is not None and self.final is None:
                self.final, self.pending = self.pending, None
            elif self.final is None:
                self.kept = True

    def reading(self) -> Reading:
        if self.final is not None:
            return Reading(self.final)
        return Reading(None, self.kept, self.blocked, tuple(self.denied))


def _is_conditional(statement: Statement, s: Sentence) -> bool:
    """Whether a condition is before a statement in its sentence."""
    return "I" in s.kinds[: token_at(s, statement.place)]


def _is_confirmed(statement: Statement, s: Sentence) -> bool:
    """Whether a reported answer is confirmed in the same sentence."""
    if statement.mood is not Mood.REPORTED or statement.value is None:
        return False
    rest = s.kinds[token_at(s, statement.value.end) :]
    return bool(_CONFIRMED_AFTER.search(rest)) and not re.search("[BNX]", rest)


def _same(one: Value | None, other: Value | None) -> bool:
    return one is not None and other is not None and one.key == other.key
