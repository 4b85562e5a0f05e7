"""Texts of every scorer: some state an answer, some only speak of one."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product

from ptr_eval.scoring import Score, score_maths, score_number, score_options, score_spans


@dataclass(frozen=True)
class Domain:
    """What texts of one scorer are made of."""

    name: str
    score: Callable[[str, str], Score]
    """Scores a response against a gold value."""
    values: tuple[tuple[str, ...], ...]
    """The ways to write a value; the first one is the gold answer."""
    statements: tuple[str, ...]
    """How an answer is stated: `{x}` is a value in any form, `{gold}` the gold answer."""
    working: tuple[str, ...]
    """What may precede a statement."""
    questions: tuple[str, ...]
    """The question, restated."""


STATEMENTS = (
    *("The answer is {x}.", "So the answer is {x}.", "Therefore, the final answer is {x}."),
    *("Answer: {x}", "**Answer:** {x}", "Final answer: {x}", "### Final answer\n{x}"),
    *("The correct answer is {x}.", "My answer is {x}.", "Thus, the answer is: {x}."),
    "\\boxed{{{gold}}}",
    "The final answer is $\\boxed{{{gold}}}$.",
)
CITIES = {"A": "Lyon", "B": "London", "C": "Paris", "D": "Berlin"}
EGGS = ("How many eggs are left of 16 if 3 are eaten?", "What do 9 eggs bring at $2 each?")
SUMS = ("16 - 3 - 4 = 9 eggs are left.", "9 * 2 is what they bring.", "There are 2 steps.")


def number(name: str, mode: str) -> Domain:
    return Domain(
        name,
        lambda response, gold: score_number(response, gold=gold, mode=mode),  # type: ignore[arg-type]
        tuple(
            (value, f"${value}", f"{value} eggs", f"**{value}**", f"**{value} dollars**")
            for value in ("18", "20", "45", "7", "312", "1250", "2.5")
        ),
        (*STATEMENTS, "#### {gold}", "<answer>{gold}</answer>"),
        SUMS,
        EGGS,
    )


DOMAINS = (
    Domain(
        "options",
        lambda response, gold: score_options(response, options=CITIES, gold=gold),
        tuple(
            (label, f"({label})", f"**{label}**", f"{label}. {text}", f"({label}) {text}", text)
            for label, text in CITIES.items()
        ),
        (*STATEMENTS, "{x} is the correct answer.", "I choose {x}.", "<answer>{gold}</answer>"),
        ("Lyon is in France.", "London is in England.", "The Seine is a river."),
        (
            "Which city is the capital?",
            "Which city is the capital?\nA. Lyon\nB. London\nC. Paris\nD. Berlin",
        ),
    ),
    number("number_strict", "strict"),
    number("number_flexible", "flexible"),
    Domain(
        "maths",
        lambda response, gold: score_maths(response, gold=gold),
        tuple(
            (value, f"${value}$", f"\\({value}\\)", f"$\\boxed{{{value}}}$")
            for value in ("18", "20", "-7", r"\frac{3}{4}", r"2\sqrt{5}", "x^2+1", "(4,-9)")
        ),
        STATEMENTS,
        ("We have $a = 3$ and $b = 5$.", "Hence $a + b = 8$.", "There are $2$ cases."),
        ("What is $n$ if $n > 3$?", "Find all $x$ with $2x = 10$."),
    ),
    Domain(
        "spans",
        lambda response, gold: score_spans(response, golds=[[gold]]),
        tuple(
            (value, f'"{value}"', f"**{value}**")
            for value in ("Denver", "Chicago Bears", "Tom Brady", "1915", "42 yards", "St. Louis")
        ),
        (*STATEMENTS, "<answer>{gold}</answer>"),
        ("The passage names two teams.", "They met in the fall.", "It rained all day."),
        ("Which team won the game?", "Who scored in the fourth quarter?"),
    ),
)

# What may stand beside a statement --------------------------------------------------------------

REMARKS = (
    *("The answer is correct because every step was checked.", "Confidence in the answer: 95%"),
    *("Confidence: 95 %", "This answer is supported by the text.", "I checked the answer twice."),
    *("I am 95% sure that this answer is right.", "The answer was verified in 2 ways."),
    *("My answer is unchanged from round 1.", "The answer follows from the first sentence."),
    *("This answer is consistent with what is asked.", "I hope this answer helps."),
    *("Let me know if the answer is unclear.", "The answer is reasonable."),
    *("The answer is as expected.", "This is the same answer as before."),
    "I have compared my answer with the question, and the answer is right.",
)
REPORTS = (
    *("My previous answer was {y}.", "My earlier answer was {y}.", "Earlier I answered {y}."),
    *("In round 1 my answer was {y}.", "My first answer was {y}, which was wrong."),
    *("The answer I gave before was {y}.", "Candidate 2's answer is {y}.", "Previous answer: {y}"),
    *("In my last response I said that the answer is {y}.", "The old answer was {y}."),
    "One candidate says that the answer is {y}, but that is a mistake.",
)
QUESTIONS = ("Question: {q}", "Problem: {q}", "The question was: {q}", "**Question:** {q}")
KEPT = (
    *("No changes needed.", "No change is needed.", "There is nothing to change."),
    *("No further changes are needed.", "No corrections are necessary."),
)
RETRACTIONS = (
    *("Wait, that is wrong.", "Wait, that is not right.", "No, that is wrong.", "Scratch that."),
    *("Hmm, that can't be right.", "Actually, that is incorrect.", "I take that back."),
    *("On second thought, that answer is wrong.", "Hold on, this answer is incorrect."),
)

# Texts that state no answer ---------------------------------------------------------------------

UNSTATED = {
    "denial": (
        *("The answer is not {x}.", "{x} is not the answer.", "The answer cannot be {x}."),
        *("I don't think the answer is {x}.", "I doubt that the answer is {x}.", "Not {x}."),
        *("It is not the case that the answer is {x}.", "The answer is certainly not {x}."),
        *("I no longer think that the answer is {x}.", "{x} is wrong.", "It can't be {x}."),
        *("The claim that the answer is {x} is false.", "{x} is incorrect.", "{x} is ruled out."),
        *("There is no way that the answer is {x}.", "The answer isn't {x}, and it isn't {y}."),
        *("Whoever says that the answer is {x} is mistaken.", "I reject {x} as the answer."),
        *("It would be wrong to answer {x}.", "Neither {x} nor {y} is the answer."),
    ),
    "undecided": (
        *("The answer is {x} or {y}.", "The answer is either {x} or {y}.", "Answer: {x} or {y}"),
        *("I can't decide between {x} and {y}.", "I am torn between {x} and {y}."),
        *("Perhaps the answer is {x}, perhaps it is {y}.", "{x} or {y}? I can't tell."),
        *("On one reading the answer is {x}, on another it is {y}.", "Either {x} or {y}."),
        *("The answer is {x}, or possibly {y}.", "It could be {x}, and it could be {y}."),
        *("The answer is {x} or {y}, depending on what is meant.", "Final answer: {x} or {y}?"),
        *("I am not sure whether the answer is {x} or {y}.", "{x} and {y} are equally likely."),
    ),
    "refusal": (
        *("I can't say whether the answer is {x}.", "I cannot tell if {x} is the answer."),
        *("There is not enough information to choose between {x} and {y}.",),
        *("The answer cannot be determined, as both {x} and {y} fit.",),
        *("The answer is impossible to determine with {x} and {y} alone.",),
        *("I am unable to answer; {x} and {y} are both possible.",),
        *("I don't know the answer. {x} and {y} are both in the text.",),
        *("I'm sorry, but I can't confirm that the answer is {x}.",),
        *("There is no answer to this question: {x} and {y} exclude each other.",),
    ),
    "hedge": (
        *("It might be {x}.", "The answer might be {x}.", "The answer could be {x}."),
        *("It is possible that the answer is {x}.", "Maybe it is {x}, maybe not."),
        *("The answer may or may not be {x}.", "{x} is one possibility.", "Maybe {x}?"),
        *("{x} cannot be ruled out.", "I can't exclude that the answer is {x}."),
        *("It is conceivable that the answer is {x}.", "{x} is a possible answer, among others."),
    ),
    "supposition": (
        *("If the answer is {x}, the rest does not fit.", "Suppose the answer is {x}."),
        *(
            "Assume for a moment that the answer is {x}.",
            "Let's say the answer is {x} and test it.",
        ),
        *("The answer would be {x} if nothing had changed.", "What if the answer is {x}?"),
        *("If it were {x}, the text would say so.", "Suppose that it is {x}."),
        *("Had they asked for the other one, the answer would have been {x}.",),
        *("If the first reading holds, the answer is {x}; if not, it is {y}.",),
    ),
    "question": (
        *("Is the answer {x}?", "Is it {x}?", "Could the answer be {x}?", "Would that be {x}?"),
        *("Why would the answer be {x}?", "Is {x} right?", "Is the answer {x} or {y}?"),
        *("How could the answer be {x}?", "Can we be sure that the answer is {x}?"),
        *("Who says that the answer is {x}?", "Is {x} really the answer?"),
    ),
    "mention": (
        *("A student answered {x}.", "The first candidate says that the answer is {x}."),
        *("My previous answer was {x}.", "Earlier I said that the answer is {x}."),
        *("A common wrong answer is {x}.", "Some would say that the answer is {x}."),
        *("Candidate 2's answer is {x}, candidate 3's answer is {y}.",),
        *("One may be tempted to answer {x}.", "The old answer was {x}."),
        *("You said that the answer is {x}. I have not checked it.",),
        *("The second best answer is {x}.", "My earlier answer, {x}, has to be checked."),
    ),
}
# What flexible must not read either: its fallback may take a number that is only mentioned.
DENIED = ("denial", "undecided", "refusal")
BEFORE = (
    *("", "", "Hmm. ", "Let me think about this again.\n\n", "## Review\n\n", "I read it again. "),
    *("Let me look at the question once more.\n\n", "**Check:** ", "Here is what I can say: "),
)
AFTER = (
    *("", "", " I need more time.", "\n\nI have to stop here.", "\n\nLet me look at it again."),
    *(" More on that later.", "\n\nThis has to be checked."),
)


def unstated(domain: Domain, size: int) -> Iterator[tuple[str, str, tuple[str, str]]]:
    """Kinds and texts that state no answer, with the two values that they may name."""
    rng = random.Random(f"unstated {domain.name}")
    kinds = DENIED if domain.name == "number_flexible" else tuple(UNSTATED)
    templates = [(kind, template) for kind in kinds for template in UNSTATED[kind]]
    frames = list(product(templates, BEFORE, AFTER))
    for (kind, template), before, after in rng.choices(frames, k=size):
        x, y = rng.sample(domain.values, 2)
        text = template.format(x=rng.choice(x), y=rng.choice(y))
        yield kind, before + text + after, (x[0], y[0])
