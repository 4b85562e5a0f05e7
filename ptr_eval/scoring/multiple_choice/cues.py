"""The words that announce a choice, as a table.

A cue marks a place. Explicit cues name the answer itself ("I choose"). Plain cues ("it must be")
count less, unless they follow a second thought.
"""

import re
from dataclasses import dataclass

from ptr_eval.scoring.multiple_choice.normalize import compile_words


@dataclass(frozen=True, slots=True)
class Cue:
    """Words that announce an option."""

    name: str
    """The name of the rule, as it is reported in `Score.how`."""
    pattern: re.Pattern[str]
    """Matches the words up to the option."""
    explicit: bool = False
    """Whether they name the answer itself."""
    strict: bool = True
    """Whether a bare label must have nothing but punctuation or a reason after it."""
    texts: bool = False
    """Whether the option may be named by its text."""
    marked: bool = False
    """Whether brackets or the word "option" must mark the label."""
    closes: bool = False
    """Whether the clause must end after the option."""


CUES = (
    Cue(
        "box",
        compile_words(r"\\f?boxed ?(?=\{)|\\framebox"),
        explicit=True,
        strict=False,
        texts=True,
    ),
    Cue(
        "tag",
        compile_words(r"<\s?(?:final[_ ]?)?(?:answer|choice|option|ans)\s?>|####(?!#)"),
        explicit=True,
        strict=False,
        texts=True,
    ),
    Cue("double brackets", compile_words(r"\[\[|<<"), explicit=True),
    Cue(
        "choice",
        compile_words(
            r"\b(?:choose|pick|select|go(?:ing)? with|opt(?:ing)? for|vote for|stick(?:ing)? with|"
            r"settl(?:e|ing) (?:on|for)|lean(?:ing)? towards?|prefer|"
            r"stand by(?! my| the)|choosing|selecting|picking|chose|selected|picked|"
            r"(?:would|must|should) (?:say|guess|answer|mark)|"
            r"(?:stand by|stick (?:with|to)|maintain|keep|confirm|reaffirm)(?: my| the)?"
            r"(?: previous| initial| original| earlier| first)? (?:answer|choice|selection),?|"
            r"(?:change|revise|update|correct) (?:it|this|that|my answer) to|"
            r"(?:switch(?:ed|ing)?|chang(?:ed|ing)) to)\b"
            r"(?: that| it's| it is| with| to)?"
        ),
        explicit=True,
    ),
    Cue(
        "my choice",
        compile_words(
            r"\b(?:I|we|let's|let us)(?:'d|'ll|'m|'re| am| are| would| will| must| should)?"
            r"(?: definitely| therefore| thus| still| now| rather)? (?:choose|chose|pick(?:ed)?|"
            r"select(?:ed)?|go(?:ing)? with|opt(?:ed)? for|stick(?:ing)? with|settle on|say|guess|"
            r"answer|mark|keep)\b(?: that| it's| it is)?"
        ),
        explicit=True,
        texts=True,
    ),
    Cue(
        "choice (Chinese)",
        compile_words(
            r"故选|因此选|所以选|应选|应该选|选择|"
            r"(?<![a-z])选(?!项|擇)|选项应?[为是]"
        ),
        explicit=True,
    ),
    Cue(
        "pronoun",
        compile_words(
            r"\b(?:it|that|this|which)"
            r"(?:'s| is| must be| should be| has to be| would be| will be| can only be)\b"
        ),
        closes=True,
    ),
    Cue(
        "conclude",
        compile_words(r"\bconclud(?:e|ing)(?: that)?(?: it is| it's)?(?= )"),
        closes=True,
    ),
    Cue(
        "conclusion",
        compile_words(
            r"(?:^|[.!?]\s|, |; )(?:and )?(?:so|therefore|thus|hence|ergo|consequently|finally|"
            r"accordingly|conclusion|in conclusion|by (?:process of )?elimination)[,:]?(?= )"
            r"|∴|(?:^|(?<![A-Z])\s)(?-i:=?>)(?= )"
        ),
        closes=True,
    ),
    Cue(
        "second thought",
        compile_words(r"\b(?:on second thoughts?|scratch that|correction|make that)[,:.]? ?"),
        closes=True,
    ),
    Cue(
        "remainder",
        compile_words(r"\b(?:leav(?:es|ing)|left with)(?: us)?(?: with)?(?: only)?\b"),
        closes=True,
    ),
    Cue(
        "match",
        compile_words(
            r"\b(?:match(?:es|ing)?|correspond(?:s|ing)? (?:to|with)|points? to|equivalent to|"
            r"align(?:s|ed|ing)? (?:most |best |closely ){0,2}with|consistent with|fits?|"
            r"(?:given|described|represented|stated|indicated|listed|found|shown|answered) "
            r"(?:by|in|as)|supports?|gives|yields|equals|namely)\b|\bi\.e\."
        ),
        marked=True,
    ),
    Cue(
        "made",
        compile_words(
            r"\b(?:makes?|making)(?= [^.!?\n]{1,200} (?:the|my)(?: [a-z-]{3,12}){0,2} "
            r"(?:answer|choice|option)\b)"
        ),
        texts=True,
    ),
    Cue(
        "contrast",
        compile_words(
            r"\bnot (?!only\b)[^.,;\n]{1,60}"
            r"(?:,? but(?: rather| instead)?|[,;] (?:it's|it is))(?= )"
        ),
        texts=True,
        closes=True,
    ),
    Cue(
        "blank",
        compile_words(
            r"\bfill(?:ed|s)?(?: in)?(?: the blanks?)?(?: with| by)"
            r"|(?:blank|underscore|gap|_)\W{0,3}(?:refers to|stands for|=)"
        ),
        texts=True,
        closes=True,
    ),
)
