"""The answer rules of the published PTR evaluation, kept so that its figures can be compared.

They are lax on purpose: each does what the released evaluator did, with its faults, which its
docstring describes. Use the other scorers to learn what a model can do. The published similarity
of summaries had no such fault and has no rule here.
"""

import re
import string
from collections.abc import Mapping, Sequence

from ptr_eval.scoring.score import Score

_LETTER = re.compile(r"(?<![^\W\d_])[A-F](?![^\W\d_])")
_ANSWER_IS_AB = re.compile(r"answer\s{1,99}is\s{1,99}[(\[{]{0,99}([AB])")
_NUMBER = re.compile(r"-?\d+(?:,\d{3})*(?:\.\d+)?")
_ANSWER_IS_NUMBER = re.compile(rf"The answer is[:\s#$]*({_NUMBER.pattern})")
_TOLERANCE = 1e-6
_WORD = re.compile(r"[A-Za-z]+|\d+")
_ARTICLE = re.compile(r"\b(?:a|an|the)\b")
_NO_PUNCTUATION = str.maketrans("", "", string.punctuation)
_ANSWER_LINE = re.compile(r"answer\s*:\s*([^\n]+)", re.IGNORECASE)
_BOX = re.compile(r"\\boxed\{(.*)\}")
_NO_PROGRAM = "failed to extract answer"


def upstream_option(response: str, *, options: Mapping[str, str], gold: str) -> Score:
    """Score the first capital letter from A to F that has no letter next to it.

    The published evaluator did so for MMLU, ARC, CommonsenseQA and HellaSwag, whatever the
    number of options. So "A careful look ... the answer is C" counts as A, and a letter that
    is no option counts as wrong. For Winogrande (two options) it first looked for "answer is A"
    or "answer is B". Labels were letters; other labels are taken by their position here.
    The published evaluator did not count HellaSwag and Winogrande responses without an answer.

    Args:
        response: What the model wrote, without its thinking block.
        options: The texts of the options by label, in order.
        gold: The right label.

    Returns:
        The score; `answer` is a label of `options`, or a letter beyond them.
    """
    stated = _ANSWER_IS_AB.search(response) if len(options) == 2 else None
    found = stated or _LETTER.search(response)
    if found is None:
        return Score.unparsed("no capital letter")
    letter = found[0][-1]
    labels = dict(zip("ABCDEF", options, strict=False))
    answer = letter if letter in options else labels.get(letter, letter)
    return Score.of(answer == gold, answer, "answer is" if stated else "first capital")


def upstream_number(response: str, *, gold: str) -> Score:
    """Score whether any number in the response equals the gold number.

    This is the published `flexible_match` of GSM8K: a number in passing, even one repeated
    from the question, is enough. The published `acc` is the part `first_the_answer_is`: the
    number after the first "The answer is", however often the model corrects itself.

    Args:
        response: What the model wrote, without its thinking block.
        gold: The right number, thousands separators allowed.

    Returns:
        The score, with the part `first_the_answer_is`, 0 or 1.

    Raises:
        ValueError: If `gold` is not a number.
    """
    right = _value(gold)
    stated = _ANSWER_IS_NUMBER.search(response)
    first = float(stated is not None and abs(_value(stated[1]) - right) < _TOLERANCE)
    parts = {"first_the_answer_is": first}
    last = None
    for found in _NUMBER.finditer(response):
        last = found[0]
        if abs(_value(last) - right) < _TOLERANCE:
            return Score(1.0, "correct", last, "any number", parts)
    if last is None:
        return Score.unparsed("no number", kept=False, **parts)
    return Score(0.0, "wrong", last, "any number", parts)


def upstream_span(response: str, *, golds: Sequence[str]) -> Score:
    """Score whether any word or number of the response is a word of any gold answer.

    The published DROP rule. "I do not know, but it certainly was not Brady." is right for
    "Tom Brady", and every response is right that shares an "and" with the answer.

    Args:
        response: What the model wrote, without its thinking block.
        golds: The annotated answers.

    Returns:
        The score; `answer` is the shared word, or the response's first.
    """
    accepted = {word for gold in golds for word in _normalised(gold).split()}
    words = _WORD.findall(_normalised(response))
    if not words:
        return Score.unparsed("no word")
    shared = next((word for word in words if word in accepted), None)
    return Score.of(shared is not None, shared or words[0], "any word")


def upstream_maths(response: str, *, gold: str) -> Score:
    """Score the text after the first "Answer:" on its line.

    The published MATH evaluation asked GPT-4 whether that text equals the gold answer. Here
    the two are compared as strings without spaces, dollar signs, a box and a final full stop:
    where the judge would have accepted another form of the same value, this says wrong.

    Args:
        response: What the model wrote, without its thinking block.
        gold: The right answer.

    Returns:
        The score; `answer` is the text as compared.
    """
    found = _ANSWER_LINE.search(response)
    if found is None:
        return Score.unparsed("no 'Answer:'")
    answer = _plain(found[1])
    return Score.of(answer == _plain(gold), answer, "answer line")


def upstream_code(response: str, *, entry_point: str) -> str:
    """Find the program as the published HumanEval evaluation did.

    It took the text from the first "```python" to the first line that begins with "```", which
    is empty if the opening fence is such a line, and of that the text between the first and
    second "def <entry_point>". Imports and helpers before the function are lost, and a fence
    that does not open the response hides the program. The published time limit was 0.5 s.

    Args:
        response: What the model wrote, without its thinking block.
        entry_point: The function's name.

    Returns:
        The program; if none was found, a text that is not a program.
    """
    head = f"def {entry_point}"
    block = response[response.find("```python\n") : response.find("\n```")]
    pieces = block.split(head)
    return head + pieces[1] if len(pieces) > 1 else _NO_PROGRAM


def _value(number: str) -> float:
    return float(number.replace(",", ""))


def _normalised(text: str) -> str:
    """Return the text in lower case without ASCII punctuation and articles."""
    return _ARTICLE.sub(" ", text.lower().translate(_NO_PUNCTUATION))


def _plain(answer: str) -> str:
    plain = "".join(answer.split()).replace("$", "").rstrip(".")
    boxed = _BOX.fullmatch(plain)
    return boxed[1] if boxed else plain
