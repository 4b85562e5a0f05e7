"""The index of runs of words, against a plain one of texts, and its rules one by one."""

import random
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ptr_data.filters import ngram_build
from ptr_data.filters.ngram_build import build_index
from ptr_data.filters.ngrams import (
    BenchmarkItem,
    NgramSettings,
    fingerprint,
    load_index,
    matches,
    save_index,
    split_words,
)
from ptr_eval.config import checked
from ptr_eval.errors import UserError

SMALL = NgramSettings(n=4, short_n=3, min_words=2, min_characters=2, common=2)


def items_of(*texts: str, task: str = "t") -> list[BenchmarkItem]:
    return [BenchmarkItem(task, "test", number, (text,)) for number, text in enumerate(texts)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Is 1,5 > ½?", "is 1 5 1 2"),
        ("Straße STRASSE", "strasse strasse"),
        ("ﬁne  caf\u0065\u0301\ncafé", "fine café café"),
        ("**Bold**_under_\tx", "bold under x"),
        ("soft\u00adhyphen zero\u200bwidth", "softhyphen zerowidth"),
        ("東京はどこ? Tokyo", "東 京 は ど こ tokyo"),
        ("\ud800 lone", "lone"),
        ("?!", ""),
    ],
)
def test_words_are_caseless_and_without_punctuation(text: str, words: str) -> None:
    assert split_words(text) == words.split()


@given(st.text())
def test_splitting_words_again_changes_nothing(text: str) -> None:
    words = split_words(text)
    assert split_words(" ".join(words)) == words


# Against a plain reference

WORDS = st.lists(st.sampled_from(["a", "bb", "c", "d1", "Ee"]), max_size=12).map(" ".join)
ITEMS = st.lists(st.lists(WORDS, min_size=1, max_size=3), max_size=8).map(
    lambda listed: [BenchmarkItem("t", "test", n, tuple(texts)) for n, texts in enumerate(listed)]
)
RULES = st.builds(
    NgramSettings,
    n=st.integers(4, 6),
    short_n=st.integers(2, 4),
    min_words=st.integers(1, 3),
    min_characters=st.integers(1, 4),
    common=st.integers(1, 3),
)


def runs(text: str, length: int) -> set[str]:
    words = split_words(text)
    return {" ".join(words[i : i + length]) for i in range(len(words) - length + 1)}


def plain_index(items: list[BenchmarkItem], rules: NgramSettings) -> dict[str, int]:
    """Index runs as text: the lowest item that has each."""
    first: dict[tuple[str, ...], int] = {}
    for number, item in enumerate(items):
        for text in item.texts:
            first.setdefault(tuple(split_words(text)), number)
    texts = [(" ".join(words), number) for words, number in first.items() if words]
    index: dict[str, int] = {}
    for text, number in texts:
        count = len(text.split())
        length = rules.n if count >= rules.n else min(count, rules.short_n)
        if count < rules.short_n and (
            count < rules.min_words or len(text.replace(" ", "")) < rules.min_characters
        ):
            continue
        found = Counter(run for run, _ in {(r, n) for t, n in texts for r in runs(t, length)})
        rare = {run for run in runs(text, length) if found[run] <= rules.common}
        if not rare and count >= rules.short_n:
            rare = {text}
        for run in rare:
            index[run] = min(index.get(run, number), number)
    return index


@settings(max_examples=150)
@given(ITEMS, RULES, WORDS)
def test_the_index_finds_what_a_plain_one_of_texts_finds(
    items: list[BenchmarkItem], rules: NgramSettings, text: str
) -> None:
    plain = plain_index(items, rules)
    match = matches(text, build_index(items, rules))
    shared = [run for run in plain if run in runs(text, len(run.split()))]
    if match is None:
        assert not shared
    else:
        assert len(match.words.split()) == max(len(run.split()) for run in shared)
        assert match.document == plain[match.words]


@settings(max_examples=100)
@given(ITEMS, RULES, WORDS, WORDS)
def test_nothing_that_was_indexed_gets_through(
    items: list[BenchmarkItem], rules: NgramSettings, before: str, after: str
) -> None:
    index = build_index(items, rules)
    for item in items:
        for text in item.texts:
            if len(split_words(text)) >= rules.short_n:
                shouted = "?! ".join(f"{before} {text} {after}".upper().split(" "))
                assert matches(text, index) is not None
                assert matches(shouted, index) is not None


@settings(max_examples=100)
@given(ITEMS, RULES)
def test_bare_items_are_those_of_which_no_text_matches(
    items: list[BenchmarkItem], rules: NgramSettings
) -> None:
    index = build_index(items, rules)
    unmatched = [
        number
        for number, item in enumerate(items)
        if not any(matches(text, index, whole=True) for text in item.texts)
    ]
    assert unmatched == index.bare.tolist()
    assert all(not split_words(text) for n in unmatched for text in items[n].texts)


@given(ITEMS, RULES, st.integers(1, 20))
def test_working_in_small_pieces_changes_nothing(
    items: list[BenchmarkItem], rules: NgramSettings, words: int
) -> None:
    whole = build_index(items, rules)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ngram_build, "_CHUNK", words)
        assert_equal(build_index(items, rules), whole)


def assert_equal(one: Any, other: Any) -> None:
    for name in one.__slots__:
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


# Rules


def test_a_run_of_thirteen_words_matches_and_one_of_twelve_does_not() -> None:
    words = [f"w{i}" for i in range(20)]
    index = build_index(items_of(" ".join(words)), NgramSettings())
    match = matches("so: " + " ".join(words[3:16]) + " end", index)
    assert match == ("t", "test", 0, " ".join(words[3:16]))
    assert matches(" ".join(words[3:15]), index) is None


def test_a_text_of_eight_to_twelve_words_matches_by_eight_of_them() -> None:
    words = [f"w{i}" for i in range(12)]
    index = build_index(items_of(" ".join(words)), NgramSettings())
    assert matches(" ".join(words[2:10]), index) is not None
    assert matches(" ".join(words[2:9]), index) is None


def test_a_shorter_text_matches_whole_unless_it_is_too_short_to_tell_anything() -> None:
    index = build_index(
        items_of("Who abandoned the northern province?", "Yes.", "Is it so or so?"),
        NgramSettings(),
    )
    assert matches("Tell me: who ABANDONED the northern province", index) is not None
    assert matches("who abandoned the province", index) is None
    assert matches("Yes.", index) is None
    assert matches("Is it so or so?", index) is None


@pytest.mark.parametrize("text", ["Yes.", "Planets orbit", "Is it so or so?", "Evaluate $3-i$."])
def test_a_text_that_says_nothing_else_is_found_however_short(text: str) -> None:
    items = [*items_of("Yes.", "Planets orbit", *["Is it so or so?"] * 20), *items_of("?!")]
    index = build_index([*items, *items_of("Evaluate  $3 - i$", task="maths")], NgramSettings())
    match = matches(f" {text.upper()}\n", index, whole=True)
    assert match is not None
    assert match.words == " ".join(split_words(text))
    assert matches(f"Well: {text}", index, whole=True) is None
    assert len(index.bare) == 1


@pytest.mark.parametrize("text", ["Evaluate $3+i$.", "Evaluate 3/i", "evaluate 3 i", "", "?!"])
def test_short_texts_with_other_signs_or_without_words_are_not_equal(text: str) -> None:
    index = build_index(items_of("Evaluate $3-i$.", "?"), NgramSettings())
    assert matches(text, index, whole=True) is None


def test_a_minus_is_a_minus_however_it_is_written() -> None:
    index = build_index(items_of("\u22124 + ( \u22123 )="), NgramSettings())
    assert matches("-4+(-3) = ", index, whole=True) is not None
    assert matches("4 * 3 = ?", index, whole=True) is None


def test_common_phrases_do_not_count_but_texts_made_of_them_alone_still_match() -> None:
    phrase = "which of these is right"
    index = build_index(
        items_of(f"{phrase} one", f"{phrase} two", f"now {phrase}", f"{phrase} of these is right"),
        SMALL,
    )
    assert matches(f"but {phrase} x", index) is None
    assert matches(f"say {phrase} two", index) == ("t", "test", 1, "these is right two")
    assert matches(f"so {phrase} of these is right", index) is not None


def test_a_whole_text_of_common_phrases_alone_is_found_by_all_of_its_words() -> None:
    texts = ["a b c d x", "a b c d y", "a b c d z", "b c d e x", "b c d e y", "b c d e z"]
    index = build_index(items_of(*texts, "a b c d e"), SMALL)
    assert matches("a b c d", index) is None
    assert matches("b c d e", index) is None
    assert matches("0 a b c d e 0", index) == ("t", "test", 6, "a b c d e")


def test_a_short_common_phrase_is_left_to_its_items_other_texts() -> None:
    items = [
        BenchmarkItem("t", "test", n, ("so true", f"so true option{n} other{n}")) for n in range(3)
    ] + items_of("now so true 1 2", "2 3 so true 5", "so true 6 7 8")
    index = build_index(items, SMALL)
    assert matches("so true", index) is None
    match = matches("so true option1 other1", index)
    assert match is not None
    assert match.document == 1
    assert not len(index.bare)


def test_a_passage_that_many_items_share_is_no_common_phrase() -> None:
    items = [BenchmarkItem("t", "test", n, ("a b c d e f", f"q{n} r{n} s{n}")) for n in range(9)]
    match = matches("x a b c d y", build_index(items, SMALL))
    assert match == ("t", "test", 0, "a b c d")


def test_items_are_named_by_task_split_and_document() -> None:
    items = [
        BenchmarkItem(task, split, n, (f"{task} {split} {n} x y",))
        for task, split in (("u", "test"), ("u", "dev"), ("v", "test"))
        for n in (0, 1, 5)
    ]
    index = build_index(items, SMALL)
    for item in items:
        match = matches(f"so {item.texts[0]}", index)
        assert match is not None
        assert match[:3] == item[:3]


def test_order_of_words_matters_to_the_hash() -> None:
    words = [f"w{i}" for i in range(8)]
    shuffler = random.Random(1)
    index = build_index(items_of(" ".join(words)), NgramSettings())
    for _ in range(200):
        other = shuffler.sample(words, 8)
        assert (matches(" ".join(other), index) is None) == (other != words)


def test_an_index_of_nothing_matches_nothing() -> None:
    assert matches("any text at all", build_index([], NgramSettings())) is None
    assert matches("", build_index(items_of("a b c d"), SMALL)) is None


# Files


@settings(max_examples=25)
@given(items=ITEMS, rules=RULES)
def test_an_index_comes_back_from_its_file(
    items: list[BenchmarkItem], rules: NgramSettings, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "index.npz"
    index = build_index(items, rules)
    save_index(index, path)
    written = path.read_bytes()
    loaded = load_index(path)
    assert_equal(loaded, index)
    save_index(loaded, path)
    assert path.read_bytes() == written


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x03\x04 broken"])
def test_another_file_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "index.npz"
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"index\.npz is no index of benchmark items; delete it"):
        load_index(path)


def test_arrays_of_another_origin_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "index.npz"
    np.savez(path, hashes=np.zeros(3))
    with pytest.raises(UserError, match="no index of benchmark items"):
        load_index(path)


def test_the_fingerprint_tells_items_and_settings_apart() -> None:
    items = items_of("a b c", "d e f")
    prints = [
        fingerprint(items, SMALL),
        fingerprint(items_of("a b c", "d e"), SMALL),
        fingerprint(items_of("a b c", "d e f", task="u"), SMALL),
        fingerprint(items, SMALL.model_copy(update={"common": 3})),
    ]
    assert len(set(prints)) == 4
    assert fingerprint(items_of("a b c", "d e f"), SMALL) == prints[0]


def test_a_short_run_longer_than_the_long_one_is_refused() -> None:
    with pytest.raises(UserError, match=r"`short_n`: must be at most n \(5\), not 8"):
        checked({"n": 5}, NgramSettings, Path("c.yaml"))
