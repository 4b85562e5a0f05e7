"""Retired words stay out of names, messages and documents; docs/glossary.md has the right ones."""

import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

WORDS = {
    # Plain English
    "afresh|anew": "again",
    "alike": "the same, equally",
    "amidst": "in, among",
    "amiss": "wrong",
    "answers given elsewhere": "saved answers",
    "by hand": "yourself, manually",
    "hands? over|handed over|handing over": "pass, give",
    "lies? (?:in|at|on|below|beside|between|outside|inside|within|under|there|here)": "is in",
    "likeness": "similarity",
    "looks? that pays?": "name what is gained",
    "mend|mends|mended|mending": "correct, repair",
    "spelt": "written",
    "stands? there (?:again|a second time)": "is given twice",
    "tells? (?:them |it |these |those )?apart|told apart|telling apart": "distinguish",
    "thereof|whence": "of it, from where",
    "to be had": "available",
    "what holds (?:them |it )?together": "name the thing",
    # The glossary's words
    "mishaps?": "failure; data_quality",
    "talks?": "dialogue",
    "wardens?": "supervisor",
    "wordless": "empty",
    # Settings and metrics that were renamed
    r"ptr_similar(?!\w)": "ptr_similarity_threshold",
    r"ptr_wave(?!\w)": "ptr_chunk",
    "ptr_order=asked": "ptr_order=sampled",
    "unparsed@t?": "no_answer@",
    "cut@t?": "truncated@",
    r"(?:maj|pass)@[\dk]+@t?": "one @ only, such as maj@4",
}
"""Patterns of words, in any case, and what to use instead. A blank also matches a line's end."""

NAMES = {
    "Answering": "name what it does",
    "Ask": "PendingPrompt",
    "Bench": "Worker",
    "Chain": "Dialogue",
    "Chapter": "Section",
    "Flip": "VerdictChange",
    "Goal": "LossSpec",
    "Heard": "UsageProbe",
    "Material": "ReportInputs",
    "Plan": "TaskContext",
    "Slot": "AnswerKey",
    "Surroundings": "TrainerHooks",
    "amiss": "wrong",
    "both_sides": "threshold_examples",
    "leaks": "answer_in_question",
    "noted": "stage_stats",
    "revived": "from_json",
    "said": "name what it is",
    "some_left": "require_rows",
}
"""Identifiers of the packages, exactly as written, and what to use instead."""

MODULES = {
    "answering": "generate",
    "both_sides": "threshold_examples",
    "cells": "number_format",
    "forms": "lm_eval_format",
    "hooked": "forward_redirect",
    "leaks": "answer_in_question",
    "listening": "usage_probe",
    "measured": "group_measures",
    "mishaps": "data_quality",
    "noted": "stage_stats",
    "others": "first_round, aggregator",
    "recorder": "answer_hook",
    "replay": "recorded_lm",
    "revived": "from_json",
    "scorecard": "rescore",
    "some_left": "require_rows",
    "stops": "stopping_rules",
    "trial": "run_one",
    "twice": "duplicate_keys",
    "warden": "supervisor",
    "wordless": "empty",
}
"""Names of Python files, and what to use instead."""

PROMPTS: dict[str, tuple[str, ...]] = {"ptr_eval/instructions.py": ("afresh", "mend")}
"""Words that may stay in one file, because they are in a prompt that is sent to models; the issue
"prompts are chosen by figures" decides about these."""

TEXTS = (".py", ".md", ".yaml", ".yml", ".toml", ".html", ".js", ".css", ".sh")
PACKAGES = ("ptr_eval", "ptr_data", "ptr_train")
FOLDERS = (*PACKAGES, "docs", "task_configs", "examples", "reports")
GENERATED = ("reports/tiny/", "reports/wizardlm_1000/", "reports/recorded_answers/report")

Hit = tuple[str, int, str, str]
"""A file, a line, the retired word, and what to use instead."""


def compiled(pattern: str) -> re.Pattern[str]:
    """Compile a pattern for whole words, which may be divided between two lines."""
    words = pattern.replace(" ", r"[\s#]+")
    return re.compile(rf"(?<![A-Za-z0-9])(?:{words})(?![A-Za-z])", re.IGNORECASE)


_WORDS = {compiled(pattern): better for pattern, better in WORDS.items()}


def find_words(name: str, text: str) -> Iterator[Hit]:
    """Find retired words, also as a part of a snake_case or CamelCase name.

    A line that also has the new name of a setting or metric is allowed: it tells of the renaming.
    """
    lines = text.split("\n")
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text)
    for pattern, better in _WORDS.items():
        for found in pattern.finditer(parted):
            number = parted.count("\n", 0, found.start())
            word = " ".join(found[0].split())
            renaming = bool({"_", "@"} & set(better)) and better in lines[number]
            if not renaming and word.lower() not in PROMPTS.get(name, ()):
                yield name, number + 1, word, better


def find_names(name: str, source: str) -> Iterator[Hit]:
    """Find retired identifiers in Python code."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.NAME and token.string in NAMES:
            yield name, token.start[0], token.string, NAMES[token.string]


def find_helpers(name: str, source: str) -> Iterator[Hit]:
    """Find retired words in the names of functions and classes that help tests."""
    defined = re.compile(r"^ *(?:async )?(?:def|class) ((?!test_|Test)\w+)", re.MULTILINE)
    for found in defined.finditer(source):
        number = source.count("\n", 0, found.start())
        for _, _, word, better in find_words(name, found[1]):
            yield name, number + 1, word, better
        if found[1] in NAMES:
            yield name, number + 1, found[1], NAMES[found[1]]


def files() -> list[str]:
    """List the files that are searched, by their paths in the project."""
    found = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "Makefile")]
    for folder in (*FOLDERS, "tests"):
        found += [path for path in (ROOT / folder).rglob("*") if path.suffix in TEXTS]
    names = [path.relative_to(ROOT).as_posix() for path in found]
    return sorted(name for name in names if not name.startswith(GENERATED))


def hits(name: str) -> list[Hit]:
    """Search one file."""
    text, is_code = (ROOT / name).read_text(encoding="utf-8"), name.endswith(".py")
    if name.startswith("tests/"):
        return list(find_helpers(name, text)) if is_code else []
    found = [
        *find_words(name, text),
        *(find_names(name, text) if is_code and name.startswith(PACKAGES) else ()),
    ]
    stem = Path(name).stem
    if is_code and stem in MODULES:
        found.append((name, 0, stem, MODULES[stem]))
    return found


@pytest.mark.parametrize("name", files())
def test_a_file_has_no_retired_words(name: str) -> None:
    found = [f"{n}:{line}: {word} (use: {better})" for n, line, word, better in hits(name)]
    assert found == []


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("# Mend the file.", "Mend"),
        ("def mended_rows(): pass", "mended"),
        ("class MishapCounter: pass", "Mishap"),
        ("They cannot be told\n    # apart.", "told # apart"),
        ("The file lies in a folder.", "lies in"),
        ("`unparsed@2` grew", "unparsed@"),
        ('f"cut@{round}"', "cut@"),
        ("set ptr_similar=0.5", "ptr_similar"),
    ],
)
def test_a_planted_word_is_found(text: str, word: str) -> None:
    ((name, _, found, better),) = find_words("a.py", text)
    assert (name, found) == ("a.py", word)
    assert better in WORDS.values()


@pytest.mark.parametrize(
    "text",
    [
        "Recommend it, amend it.",
        "knaves tell lies",
        "ptr_similarity_threshold=0.6",
        '"ptr_similar": "ptr_similarity_threshold",',
        "pass@1 and shortcut@home",
    ],
)
def test_other_words_are_left_alone(text: str) -> None:
    assert list(find_words("a.py", text)) == []


def test_a_planted_name_is_found() -> None:
    source = "class Heard:\n    '''What was heard and said.'''\n\nsaid = Heard()\n"
    found = [(line, word) for _, line, word, _ in find_names("a.py", source)]
    assert found == [(1, "Heard"), (4, "said"), (4, "Heard")]


def test_a_planted_helper_is_found() -> None:
    source = "def talk() -> None: ...\ndef test_talk() -> None: ...\nclass Surroundings: ...\n"
    found = [(line, word) for _, line, word, _ in find_helpers("tests/a.py", source)]
    assert found == [(1, "talk"), (3, "Surroundings")]


def test_the_allowance_for_prompts_is_for_one_word_of_one_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(PROMPTS, "prompts.py", ("anew",))
    assert list(find_words("prompts.py", "Write it anew.")) == []
    assert len(list(find_words("prompts.py", "Mend it anew."))) == 1
    assert len(list(find_words("other.py", "Write it anew."))) == 1
