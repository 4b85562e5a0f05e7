"""Each check drops what it is meant to, and keeps what only looks like it."""

import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from ptr_data.filters.cleaning import CleaningSettings, clean
from ptr_data.records import Question, question_id
from ptr_data.sources.questions import SourceSettings, read_questions
from ptr_eval.config import checked
from ptr_eval.errors import UserError

real_data = pytest.mark.skipif("PTR_DATA" not in os.environ, reason="PTR_DATA is not set")


def verdict(text: str, reference: str = "", **settings: Any) -> tuple[str, str] | None:
    query = Question(question_id(text), text, reference, "a.jsonl", 1)
    return clean(query, CleaningSettings(**settings))


def reason(text: str, **settings: Any) -> str | None:
    found = verdict(text, **settings)
    return found[0] if found else None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("What is this? ![a cat](https://x.org/a)", "![a cat](https://x.org/a)"),
        ('Explain <img alt="x" src="y"> in this page.', '<img alt="x" src="y"> in this page.'),
        ("Decode data:image/png;base64,AAAA please.", "data:image/png;base64,AAAA plea"),
        ("Describe cat.jpeg in ten words.", "cat.jpeg in ten words."),
        ("Describe the attached picture in ten words.", "attached picture in ten words."),
        ("What is shown in the image below?", "shown in the image below?"),
        ("Look at the photo. Who is it?", "Look at the photo. Who is it?"),
        ("Find x in the figure shown above.", "figure shown above."),
        (
            "In the figure below the two angles are equal.",
            "In the figure below the two angles are ",
        ),
        ("The diagram below shows a square of side 4.", "diagram below shows a square of s"),
        (
            "Run `it`, ```code``` and describe cat.jpeg in ten words.",
            "cat.jpeg in ten words.",
        ),
    ],
)
def test_questions_about_pictures_are_dropped(text: str, found: str) -> None:
    assert verdict(text) == ("image", found)
    assert reason(text, images=False) != "image"


@pytest.mark.parametrize(
    "text",
    [
        "How do I print a picture with my printer?",
        "Paint a picture of life in ancient Rome.",
        "What does the img tag of HTML do?",
        "Write Python code that renames all files ending in .jpg to .png.",
        "What is image segmentation? Which losses are used above all?",
        "In Ruby, what does if !x[0] (y) mean?",
        "Slide the image above the kernel and sum the products.",
        "Hang the picture above the fireplace, not below it.",
        "Why does this print nothing?\n```python\nshow('cat.jpeg')\n```",
        "Why is `cat.jpeg` not shown by this program of mine?",
        "Why does cv2.imread('cat.jpeg') return None in this program?",
        "Correct the page:\n<html><body><img src=then.jpg></body></html>",
        'What is {"icon": "cat.svg", "size": 3} called in JavaScript?',
        "In the diagram below, find $x$. [asy] draw((0,0)--(1,0)); [/asy]",
        "Find x in the figure. \\begin{tikzpicture}\\draw (0,0);\\end{tikzpicture} See the figure.",
    ],
)
def test_talking_of_pictures_is_no_picture(text: str) -> None:
    assert verdict(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "Summarise https://example.org for me.",
        "Summarise HTTP://EXAMPLE.ORG for me.",
        "What is sold on www.example.de these days?",
        "Summarise example.com/news/today for me.",
        "Summarise news.example.co.uk/today for me.",
        "Explain the code at someone.github.io/page to me.",
        "Who is singing in youtu.be/dQw4w9WgXcQ please?",
        'Summarise the article "https://example.org/news" for me.',
        "Run ```code``` and then open https://example.org/news for me.",
        "Transcript<br>https://example.org/watch?v=1<br>Summarise it.",
    ],
)
def test_questions_with_addresses_are_dropped(text: str) -> None:
    assert reason(text) == "url"
    assert reason(text, urls=False) is None


@pytest.mark.parametrize(
    "text",
    [
        "What does a.b.c() return if a.b is None?",
        "What changed between version 1.2.3/4 and 2.0.0-rc.1/x of this package?",
        "Is ASP.NET/C# or Node.js/Socket.io/Redis better for a chat?",
        "What is the difference between http:// and https:// in the browser?",
        "Is it e.g./i.e. in a formal letter, or both?",
        "Write a letter to bob@example.com/Alice about the meeting.",
        "Import java.util.List and org.junit.Test in this class, please.",
        "Should I buy the domain example.com for my shop?",
        "What does this do?\n```\ncurl https://api.example.com/data\n```",
        "What does this do?\n~~~\ncurl https://api.example.com/data",
        "What does `curl https://api.example.com/data` do, in short?",
        "Why does requests.get('https://api.example.com/data') fail here?",
        'Parse {"site": "https://example.com/a", "size": 3} in Python.',
        "Extract the names: <site><url>https://example.com/</url></site>",
        'Centre this: <svg xmlns="http://www.w3.org/2000/svg" width="9"/>',
        "What is the namespace http://www.w3.org/2000/svg good for?",
        "Why does nothing answer at http://localhost:5000/dogs, please?",
        "Why does nothing answer at http://127.0.0.1:5000/dogs, please?",
    ],
)
def test_code_and_versions_are_no_addresses(text: str) -> None:
    assert verdict(text) is None


@pytest.mark.parametrize("text", ["", " \n\t", "?!", "\u200b...", "🙂🙂🙂🙂🙂🙂🙂🙂🙂"])
def test_questions_without_a_letter_or_digit_are_empty(text: str) -> None:
    assert verdict(text) == ("empty", "no letter or digit")


def test_length_is_in_characters_without_outer_blanks() -> None:
    assert verdict(" 2+2 = ?\n", min_characters=8, max_characters=8) == (
        "too short",
        "7 characters",
    )
    assert verdict("1+2+3 = ?", min_characters=8, max_characters=8) == ("too long", "9 characters")
    assert verdict(" 12+3 = ? ", min_characters=8, max_characters=8) is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("What is \x00 this, please?", "U+0000"),
        ("What is \x1b[31mthis, please?", "U+001B"),
        ("What is \x96 this, please?", "U+0096"),
        ("What is \ufffd this, please?", "U+FFFD"),
        ("What is \ud83d this, please?", "U+D83D"),
        ("What is \uf0b7 this, please?", "U+F0B7"),
        ("What\u2019s this café?".encode().decode("cp1252"), "â€™s this cafÃ©?"),
        ("Where is the café?".encode().decode("cp1252"), "Ã©?"),
        ("It costs £5, no?".encode().decode("cp1252"), "Â£5, no?"),
    ],
)
def test_broken_characters_are_dropped(text: str, found: str) -> None:
    assert verdict(text) == ("broken characters", found)


@pytest.mark.parametrize(
    "text",
    [
        "A\ttable\r\nwith\x0cpages\u200b and\x85 more?",
        "“Où est le café?” — what does it mean?",
        "What do 👩\u200d👩\u200d👧 and ﷽ stand for?",
        "Was heißt „SÃO PAULO“ or Ângela auf Deutsch?",
    ],
)
def test_unusual_characters_are_not_broken(text: str) -> None:
    assert reason(text, languages=[]) is None


def test_other_languages_are_dropped() -> None:
    text = "Wie viele Menschen leben heute in der Stadt Hamburg?"
    assert verdict(text) == ("language", "de (1.00)")
    assert verdict(text, languages=["en", "de"]) is None
    assert verdict(text, languages=[]) is None
    assert verdict(text, language_bytes=100) is None


def test_leaked_answers_are_dropped() -> None:
    text = "What is 6 times 7? Explain. Answer: 42"
    assert verdict(text, "42") == ("answer in question", "its answer of 1 words")
    assert verdict(text, "43") is None


def test_the_first_reason_wins() -> None:
    text = "Was ist auf dem Bild www.example.de/x.png zu sehen? \ufffd"
    assert reason(text) == "broken characters"
    assert reason(text.replace("\ufffd", "")) == "image"
    assert reason(text.replace("\ufffd", ""), images=False) == "url"
    assert reason(text.replace("\ufffd", ""), images=False, urls=False) == "language"


@pytest.mark.timeout(5)
@pytest.mark.parametrize("text", [
    "![" * 20_000, "<img " * 20_000, "a." * 20_000, "a-" * 50_000, "`" * 50_000, "~~~a" * 20_000,
    "<p " * 20_000, "=('" * 20_000, '(" ' * 20_000, ">http://a" * 20_000,
])  # fmt: skip
def test_hostile_text_takes_no_long_time(text: str) -> None:
    assert reason(text) in {"empty", "too long", "url"}


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(UserError, match="`languages`: no known language: english, zxx; use codes"):
        checked({"languages": ["english", "de", "zxx"]}, CleaningSettings, Path("c.yaml"))


@real_data
def test_a_published_sample_is_dropped_for_the_stated_reasons() -> None:
    path = Path(os.environ["PTR_DATA"]) / "instructions" / "WizardLM_sampled_1000.jsonl"
    found = (
        clean(query, CleaningSettings()) for query in read_questions([SourceSettings(path=path)])
    )
    assert Counter(drop[0] if drop else "kept" for drop in found) == {
        "kept": 983, "language": 9, "url": 3, "image": 2, "empty": 2, "too long": 1
    }  # fmt: skip
