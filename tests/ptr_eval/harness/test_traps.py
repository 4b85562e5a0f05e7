"""lm-eval's options, each where it is known to go wrong with rounds: a trap a test."""

from pathlib import Path
from typing import Any

import pytest
from lm_eval.caching import cache as request_cache
from lm_eval.tasks._yaml_loader import load_yaml

from ptr_eval.catalog import tasks_path
from ptr_eval.errors import UserError
from ptr_eval.harness.prompt_checks import transcript_stops
from ptr_eval.harness.task import RefinementTask
from ptr_eval.instructions import INSTRUCTIONS
from tests.scripted_lm import (
    QUESTIONS,
    ScriptedLM,
    WordLM,
    by_round,
    evaluate,
    gold,
    place,
    planned,
    records,
    samples,
    write_sums,
)  # fmt: skip

Settings = dict[str, Any]


@pytest.fixture
def settings(sums: Path) -> Settings:
    return {"ptr_data": str(sums), "ptr_scorers": "strict"}


@pytest.fixture
def requests_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(request_cache, "PATH", str(tmp_path / "requests"))
    return tmp_path / "requests"


def always_seven(question: int, round_: int) -> str:
    return "The answer is 7."


# --limit and --samples


def test_limit_asks_the_first_documents_in_every_round(settings: Settings) -> None:
    lm = ScriptedLM()
    results = evaluate(lm, settings, limit=10)
    assert [place(prompt)[0] for prompt in lm.prompts] == [*range(10)] * 3
    assert by_round(results) == [0.8, 1.0, 0.8]


def test_limit_as_a_fraction(settings: Settings) -> None:
    lm = ScriptedLM()
    evaluate(lm, settings, limit=0.25)
    assert lm.calls == [QUESTIONS // 4] * 3


@pytest.mark.parametrize("chosen", [[9, 1, 12], [1, 9, 12], [19], [12, 0]])
def test_samples_in_any_order_are_logged_under_their_own_number(
    settings: Settings, chosen: list[int]
) -> None:
    results = evaluate(ScriptedLM(), settings, samples={"ptr_gsm8k": chosen})
    logged = samples(results)
    assert [sample["doc_id"] for sample in logged] == sorted(chosen)
    for sample in logged:
        number = sample["doc_id"]
        assert sample["doc"]["gold"] == str(gold(number))
        assert [response for (response,) in sample["resps"]] == [
            planned(number, t) for t in (1, 2, 3)
        ]
        assert [sample[f"exact_match@{t}"] for t in (1, 2, 3)] == [
            float(planned(number, t).endswith(f" {gold(number)}.")) for t in (1, 2, 3)
        ]


@pytest.mark.parametrize("beyond", [[3, 20], [-1]])
def test_samples_beyond_the_benchmark_are_refused(settings: Settings, beyond: list[int]) -> None:
    with pytest.raises(UserError, match=rf"documents 0 to 19, not {beyond[-1]}\."):
        evaluate(ScriptedLM(), settings, samples={"ptr_gsm8k": beyond})


# Prompts


@pytest.mark.parametrize("chat", [False, True])
def test_few_shot_examples_are_shown_in_every_round(settings: Settings, chat: bool) -> None:
    lm = WordLM()
    results = evaluate(lm, settings, num_fewshot=3, limit=4, apply_chat_template=chat)
    assert len(lm.prompts) == 12
    for prompt in lm.prompts:
        shown = {n for n in range(900, 909) if f"[q{n}]" in prompt}
        assert len(shown) == 3
        assert all(f"The answer is {gold(n)}." in prompt for n in shown)
        assert "<<" not in prompt
    assert by_round(results) == [1.0, 1.0, 0.5]


def test_few_shot_examples_stand_as_turns_of_a_chat(settings: Settings) -> None:
    evaluate(lm := WordLM(), settings, num_fewshot=2, limit=1, apply_chat_template=True)
    assert lm.prompts[0].count("<user>") == 3
    assert lm.prompts[0].count("<assistant>") == 3
    assert lm.prompts[2].count("<user>") == 5


def test_few_shot_examples_may_share_the_questions_turn(settings: Settings) -> None:
    lm = WordLM()
    options: Settings = {"apply_chat_template": True, "fewshot_as_multiturn": False}
    results = evaluate(lm, settings, num_fewshot=2, limit=1, **options)
    assert [prompt.count("<user>") for prompt in lm.prompts] == [1, 2, 3]
    for prompt in lm.prompts:
        assert len({n for n in range(900, 909) if f"[q{n}]" in prompt}) == 2
    assert by_round(results) == [1.0, 1.0, 0.0]


def test_more_examples_than_there_are_is_an_error(settings: Settings) -> None:
    with pytest.raises(UserError, match=r"--num_fewshot 10 asks for more examples than the 9 in"):
        evaluate(ScriptedLM(), settings, num_fewshot=10)


def test_all_examples_of_another_split_may_be_shown(settings: Settings) -> None:
    evaluate(lm := ScriptedLM(), settings, num_fewshot=9, limit=1)
    assert {n for n in range(900, 909) if f"[q{n}]" in lm.prompts[0]} == {*range(900, 909)}


def test_the_question_itself_is_no_example(settings: Settings, tmp_path: Path) -> None:
    text = (tasks_path() / "ptr_gsm8k.yaml").read_text()
    text = text.replace("fewshot_split: train", "fewshot_split: test")
    (tmp_path / "own.yaml").write_text(text.replace("task: ptr_gsm8k", "task: own"))
    own: Settings = {"include_path": tmp_path, "limit": 1}
    evaluate(lm := ScriptedLM(), settings, ["own"], num_fewshot=QUESTIONS - 1, **own)
    assert lm.prompts[0].count("[q0]") == 1
    match = rf"--num_fewshot {QUESTIONS} asks for more examples than the {QUESTIONS - 1} in its sp"
    with pytest.raises(UserError, match=match):
        evaluate(ScriptedLM(), settings, ["own"], num_fewshot=QUESTIONS, **own)


# Stops of a plain transcript


STOP = "\n\nQuestion:"


def test_a_chat_answer_may_restate_the_question(settings: Settings) -> None:
    results = evaluate(lm := WordLM(), settings, limit=1, apply_chat_template=True)
    assert [used["until"] for used in lm.settings] == [[]] * 3
    assert results["configs"]["ptr_gsm8k"]["generation_kwargs"]["until"] == []
    evaluate(lm := WordLM(), settings, limit=1)
    assert [used["until"] for used in lm.settings] == [[STOP]] * 3


@pytest.mark.parametrize("given", [{"until": [STOP]}, {"until": ["END", STOP]}])
def test_stops_of_one_s_own_are_kept_under_a_chat_template(
    settings: Settings, given: Settings
) -> None:
    lm = WordLM()
    evaluate(lm, settings, limit=1, apply_chat_template=True, gen_kwargs=given)
    assert [used["until"] for used in lm.settings] == [given["until"]] * 3


def test_every_shipped_stop_is_one_of_the_transcript() -> None:
    stops = set()
    for path in tasks_path().glob("*.yaml"):
        config = load_yaml(str(path), resolve_func=False)
        until = config.get("generation_kwargs", {}).get("until", [])
        assert transcript_stops(until, "Question: 1 + 1?", "\n\n") == until
        stops |= set(until)
    assert stops == {STOP, "\n\nPassage:", "\n\nArticle:"}


def test_stops_that_a_model_s_own_format_needs_are_kept() -> None:
    until = ["<|im_end|>", "Question:", "\n", "</s>", "\n\n", "```", " ", "Q:"]
    assert transcript_stops(until, "Question: 1 + 1?", "\n\n") == ["Question:", "\n\n"]


def test_a_transcript_that_was_cut_inside_a_thought_has_no_answer(settings: Settings) -> None:
    def cut(question: int, round_: int) -> str:
        return f"<think>It asks for a number. Is it {gold(question)}?"  # And then a stop.

    results = evaluate(lm := ScriptedLM(cut), settings, limit=2)
    assert by_round(results, "no_answer") == [1.0] * 3
    assert not any("It asks for a number" in prompt for prompt in lm.prompts)


def test_a_transcript_that_opens_a_thought_has_no_answer_before_its_end(
    settings: Settings, tmp_path: Path
) -> None:
    where = own_task(tmp_path, 'target_delimiter: "\\nAnswer: "', 'target_delimiter: "\\n<think> "')

    def cut_or_whole(question: int, round_: int) -> str:
        return f"The answer is {gold(question)}." + (
            " </think> The answer is 101." if question else ""
        )

    results = evaluate(ScriptedLM(cut_or_whole), settings, ["own"], **where)
    assert by_round(results, task="own") == [0.5] * 3
    assert by_round(results, "no_answer", task="own") == [0.5] * 3
    where["gen_kwargs"] = {"until": []}
    results = evaluate(ScriptedLM(cut_or_whole), settings, ["own"], **where)
    assert by_round(results, task="own") == [1.0] * 3  # Nothing can have cut it.


# Templates, and system prompts


def own_task(folder: Path, old: str, new: str) -> Settings:
    """Write a task that differs from ptr_gsm8k; what `evaluate` needs to find it."""
    text = (tasks_path() / "ptr_gsm8k.yaml").read_text().replace("task: ptr_gsm8k", "task: own")
    assert old in text
    (folder / "own.yaml").write_text(text.replace(old, new))
    return {"include_path": folder, "limit": 2}


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("{{qustion}}", "own: doc_to_text cannot be filled in ('qustion' is undefined); correct i"),
        ("{{question", "own: doc_to_text cannot be filled in ("),
        ("{% for x %}", "own: doc_to_text cannot be filled in ("),
        ("the question", "own: doc_to_text makes the same prompt of different questions; show wh"),
    ],
)
def test_a_template_that_does_not_fit_is_refused(
    settings: Settings, tmp_path: Path, template: str, message: str
) -> None:
    where = own_task(tmp_path, "{{question}}", template)
    with pytest.raises(UserError) as caught:
        evaluate(lm := ScriptedLM(), settings, ["own"], **where)
    assert str(caught.value).startswith(message)
    assert "a question has the fields question, " in str(caught.value)
    assert "\n" not in str(caught.value)
    assert lm.prompts == []


def test_a_system_prompt_that_the_chat_template_drops_is_said(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    class Deaf(WordLM):
        def apply_chat_template(
            self, messages: list[dict[str, str]], add_generation_prompt: bool = True
        ) -> str:
            heard = [message for message in messages if message["role"] != "system"]
            return super().apply_chat_template(heard, add_generation_prompt)

    options: Settings = {"system_instruction": "Be brief,\nplease.", "limit": 2}
    said = "6 prompts do not show the system prompt: the chat template leaves it out."
    evaluate(Deaf(), settings, apply_chat_template=True, **options)
    assert said in caplog.messages
    caplog.clear()
    evaluate(WordLM(), settings, apply_chat_template=True, **options)
    evaluate(WordLM(), settings, **options)
    assert not [message for message in caplog.messages if "system prompt" in message]


def test_generation_settings_from_the_command_line_reach_every_round(settings: Settings) -> None:
    lm = ScriptedLM()
    results = evaluate(lm, settings, limit=2, gen_kwargs="max_gen_toks=77,temperature=0.5")
    assert len(lm.settings) == 6
    for used in lm.settings:
        assert (used["max_gen_toks"], used["temperature"]) == (77, 0.5)
        assert used["until"] == ["\n\nQuestion:"]
    assert samples(results)[0]["arguments"][2][1]["max_gen_toks"] == 77


@pytest.mark.parametrize("chat", [False, True])
def test_the_system_instruction_opens_every_round(settings: Settings, chat: bool) -> None:
    lm = WordLM()
    evaluate(lm, settings, limit=2, system_instruction="Be brief.", apply_chat_template=chat)
    opening = "<system> Be brief. </system>" if chat else "Be brief.\n\n"
    assert len(lm.prompts) == 6
    assert all(prompt.startswith(opening) for prompt in lm.prompts)


def test_the_chat_template_renders_every_round(settings: Settings) -> None:
    lm = WordLM()
    results = evaluate(lm, settings, limit=1, apply_chat_template=True)
    first, second, third = lm.prompts
    ask = f"<user> {INSTRUCTIONS['neutral']} </user>\n<assistant>"
    assert first.startswith("<user> Question: [q0]")
    assert first.endswith("</user>\n<assistant>")
    assert second == f"{first} {planned(0, 1)} </assistant>\n{ask}"
    assert third == f"{second} {planned(0, 2)} </assistant>\n{ask}"
    assert by_round(results) == [1.0, 1.0, 0.0]


def test_a_stated_number_of_rounds_and_instruction_are_recorded(settings: Settings) -> None:
    lm = ScriptedLM(lambda question, round_: "The answer is 100.")
    chosen = {**settings, "ptr_rounds": "5", "ptr_instruction": "Once more, please."}
    results = evaluate(lm, chosen, limit=1)
    assert lm.calls == [1] * 5
    assert lm.prompts[4].count("Once more, please.") == 4
    described = results["configs"]["ptr_gsm8k"]["ptr"]
    assert described["settings"]["rounds"] == 5
    assert described["instruction"] == "Once more, please."


# --predict_only


def test_predict_only_asks_all_rounds_and_scores_none(settings: Settings) -> None:
    lm = ScriptedLM()
    results = evaluate(lm, settings, limit=3, predict_only=True)
    assert lm.calls == [3, 3, 3]
    logged = results["samples"]["ptr_gsm8k"]
    assert [sample["doc_id"] for sample in logged] == [0, 1, 2]
    for sample in logged:
        assert sample["bypass"] == 999
        assert sample["filtered_resps"] == [planned(sample["doc_id"], t) for t in (1, 2, 3)]
        assert all(record["scores"] == {} for record in records(sample))
    assert not any("@" in key for key in results["results"]["ptr_gsm8k"])


# --cache_requests


def test_cached_requests_are_used_again(settings: Settings, requests_folder: Path) -> None:
    first = evaluate(ScriptedLM(), settings, cache_requests=True)
    (file,) = requests_folder.iterdir()
    written = file.stat().st_mtime_ns
    second = evaluate(ScriptedLM(), settings, cache_requests=True)
    assert [path.stat().st_mtime_ns for path in requests_folder.iterdir()] == [written]
    assert by_round(first) == by_round(second) == [0.4, 0.7, 0.6]


@pytest.mark.usefixtures("requests_folder")
def test_cached_requests_serve_another_limit(settings: Settings) -> None:
    for limit, expected in [(6, [1.0, 1.0, 4 / 6]), (8, [1.0, 1.0, 0.75]), (2, [1.0, 1.0, 0.0])]:
        lm = ScriptedLM()
        results = evaluate(lm, settings, cache_requests=True, limit=limit)
        assert lm.calls == [limit] * 3
        assert by_round(results) == pytest.approx(expected)


@pytest.mark.usefixtures("requests_folder")
@pytest.mark.parametrize(
    ("change", "options"),
    [
        ({"ptr_rounds": 2}, {}),
        ({"ptr_instruction": "null"}, {}),
        ({"ptr_protocol": "resample"}, {}),
        ({"ptr_samples": 2}, {}),
        ({}, {"gen_kwargs": "max_gen_toks=5"}),
        ({}, {"samples": {"ptr_gsm8k": [4, 2]}}),
        ({}, {"num_fewshot": 2}),
        ({}, {"system_instruction": "Be brief."}),
    ],
    ids=str,
)
def test_cached_requests_are_not_used_after_a_change(
    settings: Settings, change: Settings, options: Settings
) -> None:
    evaluate(ScriptedLM(), settings, cache_requests=True)
    fresh, cached = ScriptedLM(), ScriptedLM()
    expected = evaluate(fresh, {**settings, **change}, **options)
    results = evaluate(cached, {**settings, **change}, cache_requests=True, **options)
    assert (cached.prompts, cached.settings) == (fresh.prompts, fresh.settings)
    assert results["results"] == expected["results"]


@pytest.mark.usefixtures("requests_folder")
@pytest.mark.parametrize(
    "options", [{"fewshot_as_multiturn": False}, {"apply_chat_template": False}], ids=str
)
def test_cached_chats_are_not_used_for_another_rendering(
    settings: Settings, options: Settings
) -> None:
    chat: Settings = {"apply_chat_template": True, "num_fewshot": 2, "limit": 2}
    evaluate(WordLM(), settings, cache_requests=True, **chat)
    fresh, cached = WordLM(), WordLM()
    evaluate(fresh, settings, **{**chat, **options})
    evaluate(cached, settings, cache_requests=True, **{**chat, **options})
    assert cached.prompts == fresh.prompts


@pytest.mark.usefixtures("requests_folder")
def test_cached_requests_are_not_used_for_other_data(settings: Settings, tmp_path: Path) -> None:
    folder = write_sums(tmp_path / "data", numbers=range(100))
    many = {**settings, "ptr_data": str(folder)}
    evaluate(ScriptedLM(always_seven), many, cache_requests=True)
    write_sums(folder, numbers=[*range(99), 500])  # Differs in the last row alone.
    lm = ScriptedLM(always_seven)
    evaluate(lm, many, cache_requests=True)
    assert place(lm.prompts[99])[0] == 500


# --use_cache


def test_a_second_run_with_use_cache_asks_nothing_and_gives_each_round_its_own(
    settings: Settings, tmp_path: Path
) -> None:
    cache = str(tmp_path / "cache")
    first = evaluate(ScriptedLM(), settings, use_cache=cache)
    again = ScriptedLM()
    second = evaluate(again, settings, use_cache=cache)
    assert again.prompts == []
    assert by_round(second) == [0.4, 0.7, 0.6]
    assert second["samples"] == first["samples"]


@pytest.mark.parametrize("options", [{}, {"gen_kwargs": "do_sample=True,temperature=0.9"}], ids=str)
def test_an_interrupted_run_with_use_cache_asks_only_what_is_missing(
    settings: Settings, tmp_path: Path, options: Settings
) -> None:
    chosen = {**settings, "ptr_chunk": 4, "ptr_samples": 2}
    alone = evaluate(ScriptedLM(), chosen, limit=5, **options)
    cache = str(tmp_path / "cache")
    with pytest.raises(KeyboardInterrupt):
        evaluate(ScriptedLM(stops_after=14), chosen, limit=5, use_cache=cache, **options)
    lm = ScriptedLM()
    resumed = evaluate(lm, chosen, limit=5, use_cache=cache, **options)
    assert len(lm.prompts) == 30 - 14  # Batches of 4, 4 and 2, and one of the second round.
    assert resumed["results"] == alone["results"]
    assert resumed["samples"] == alone["samples"]


# repeats


def test_repeats_are_dialogues_of_their_own(settings: Settings) -> None:
    counts: dict[tuple[int, int], int] = {}

    def varied(question: int, round_: int) -> str:
        turn = counts[question, round_] = counts.get((question, round_), -1) + 1
        return f"Sample {turn}. The answer is {gold(question) if turn < round_ else 7}."

    lm = ScriptedLM(varied)
    results = evaluate(lm, {**settings, "ptr_samples": 3, "ptr_rounds": 3}, limit=4)
    assert lm.calls == [12] * 3
    for prompt in lm.prompts:  # A dialogue never sees another sample's answers.
        assert len({n for n in range(3) if f"Sample {n}." in prompt}) <= 1
    assert by_round(results) == pytest.approx([1 / 3, 2 / 3, 1])
    for sample in samples(results):
        assert [record["sample"] for record in records(sample)] == [0, 0, 0, 1, 1, 1, 2, 2, 2]
        texts = [response for (response,) in sample["resps"]]
        assert [text.split(".")[0] for text in texts] == [
            f"Sample {n}" for n in range(3) for _ in range(3)
        ]


def test_repeats_of_a_configuration_are_dialogues_too(settings: Settings) -> None:
    config = {**load_yaml(tasks_path() / "ptr_gsm8k.yaml"), "repeats": 2}
    task = RefinementTask({**config, "metadata": {**settings, "ptr_rounds": 2}})
    lm = ScriptedLM()
    results = evaluate(lm, settings, [task], limit=3)
    assert lm.calls == [6, 6]
    assert [record["sample"] for record in records(samples(results)[0])] == [0, 0, 1, 1]


def test_pass_at_k_counts_a_question_that_any_sample_got_right(settings: Settings) -> None:
    drawn: list[int] = []

    def one_in_two(question: int, round_: int) -> str:
        drawn.append(question)
        return f"The answer is {gold(question) if drawn.count(question) == 1 else 7}."

    chosen = {**settings, "ptr_samples": 2, "ptr_pass_k": "1+2", "ptr_rounds": 1}
    results = evaluate(ScriptedLM(one_in_two), chosen, limit=4)
    assert by_round(results) == [0.5]
    assert by_round(results, "pass2") == [1.0]
