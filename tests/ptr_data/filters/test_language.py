"""Only prose decides on a question's language, and only if it is clear."""

import pytest

from ptr_data.filters.language import NO_LANGUAGE, known_languages, other_language


def other(text: str, *wanted: str) -> str:
    return other_language(text, wanted or ("en",), confidence=0.99, shortest=30)[:2]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Gegeben sei eine quadratische Funktion mit der Gleichung f(x) = 2x + 1.", "de"),
        ("Comment pouvez-vous modifier le fichier XML donné pour ajouter un rôle ?", "fr"),
        ("在使用C#实现A*算法时\uff0c要求代码不能使用循环语句来实现路径搜索。", "zh"),
        ("Напишите короткий рассказ для детей.", "ru"),
        ("Wer war Albert Einstein und was hat er entdeckt?", "de"),
        ("Nenne drei Vorteile der Photosynthese für Pflanzen.", "de"),
        ("Qui était Napoléon Bonaparte et Charles de Gaulle ?", "fr"),
        (
            "Schreibe die folgende Funktion bitte in eine andere Sprache um:\n"
            "```python\ndef total(values):\n    # add all the values in the list\n"
            "    return sum(value for value in values)\n```",
            "de",
        ),
    ],
)
def test_other_languages_are_recognised_around_code_and_formulas(text: str, language: str) -> None:
    assert other(text) == language
    assert other(text, "en", language) == ""


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Hola, ¿qué tal?",
        "max(4, 5, 6) * min(7, 8, 9)=",
        "f(x) = 6x^2 - 2* x + 0.4, so f(4) = and g(x) = 3x^3 - 12 so g(7) =",
        "int main() { std::vector<int> v = {1, 2}; for (auto x : v) std::cout << x; return 0; }",
        "SELECT name, price FROM items WHERE price > 10 ORDER BY name LIMIT 5;",
        "Generate a recipe for a chili con carne dish.",
        'Translate the phrase "Salut tout le monde!" to English.',
        "Translate into German: I would like to book a table for two people tonight.",
        "Categorize different coral reef habitats.",
        "\ud83d" * 40,
        "HOW CAN I IMPROVE MY TIME MANAGEMENT SKILLS AT WORK?",
        "Compare Schulz, Seidel and Dubois.",
        "Name: Müller\nAge: 30\nCity: Dubois",
        "Compare Kaminski, Kaya and Böhm.",
        "Compare Johansson, Jäger and Simon.",
    ],
)
def test_english_code_formulas_and_short_questions_pass(text: str) -> None:
    assert other(text) == ""


def test_a_text_is_judged_from_the_stated_length() -> None:
    text = "Was ist das hier für eine Art?"
    assert len(text.encode()) == 31
    assert other_language(text, ["en"], confidence=0.5, shortest=31).startswith("de (")
    assert other_language(text, ["en"], confidence=0.5, shortest=32) == ""


def test_the_class_of_numbers_and_markup_is_no_language() -> None:
    assert {"en", "de", "zh"} < known_languages()
    assert NO_LANGUAGE not in known_languages()
