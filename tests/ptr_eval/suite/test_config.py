"""The suite file: what it may hold, and one sentence for everything that cannot work."""

import json
from pathlib import Path

import pytest

from ptr_eval.catalog import tasks_path
from ptr_eval.errors import UserError
from ptr_eval.suite.config import ReportFiles, Suite, known_tasks, read_suite

GOOD = """
out: out
models: {base: org/model}
tasks: {ptr_gsm8k: {}}
"""


def read(folder: Path, text: str) -> Suite:
    path = folder / "suite.yaml"
    path.write_text(text, encoding="utf-8")
    return read_suite(path)


def refused(folder: Path, text: str) -> str:
    """Return what is said against a suite file, without the file's name."""
    with pytest.raises(UserError) as caught:
        read(folder, text)
    return str(caught.value).replace(f"{folder}/suite.yaml", "FILE")


def with_field(field: str, value: str) -> str:
    """Write a good suite file with one field of the whole replaced."""
    rows = [row for row in GOOD.splitlines() if not row.startswith(f"{field}:")]
    return "\n".join([*rows, f"{field}: {value}", ""])


# What works


def test_the_least_a_suite_needs(tmp_path: Path) -> None:
    suite = read(tmp_path, GOOD)
    model, (instruction,), entry = suite.models["base"], suite.instructions, suite.tasks
    assert suite.out == tmp_path / "out"
    assert (model.backend, model.args) == ("hf", {"pretrained": "org/model"})
    assert instruction.choice == instruction.name == "neutral"
    assert entry["ptr_gsm8k"].task_names("ptr_gsm8k") == ["ptr_gsm8k"]
    assert suite.report == ReportFiles()


def test_paths_are_relative_to_the_suite_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere"
    for name in ("elsewhere", "model", "data", "saved"):
        (tmp_path / name).mkdir()
    (tmp_path / "saved" / "results_1.json").write_text('{"configs": {"ptr_x": {"ptr": {}}}}')
    (tmp_path / "strong.yaml").write_text("{backend: hf, args: {pretrained: model}}")
    (tmp_path / "own.py").write_text(
        "from ptr_eval.protocols import PROTOCOLS\nMine = PROTOCOLS['sequential']\n"
    )
    (tmp_path / "words.txt").write_text("Think again.\n")
    (tmp_path / "report.yaml").write_text("")
    monkeypatch.chdir(elsewhere)
    suite = read(
        tmp_path,
        """
        models: {base: ./model, adapted: {args: {pretrained: model, peft: org/adapter}}}
        instructions: [{name: mine, file: words.txt}]
        tasks: {ptr_gsm8k: {metadata: {ptr_data: data}}}
        report: {out: ../report, config: report.yaml}
        defaults:
          metadata:
            ptr_first_round: saved
            ptr_aggregator: hf:./model
            ptr_synthesis: words.txt
            ptr_protocol: own.py:Mine
            ptr_embedder: model
            ptr_chunk: 3
        """,
    )
    assert suite.defaults.metadata == {
        "ptr_first_round": f"{tmp_path}/saved",
        "ptr_aggregator": f"hf:{tmp_path}/model",
        "ptr_synthesis": f"{tmp_path}/words.txt",
        "ptr_protocol": f"{tmp_path}/own.py:Mine",
        "ptr_embedder": f"{tmp_path}/model",
        "ptr_chunk": 3,
    }
    local = str(tmp_path / "model")
    assert [model.args for model in suite.models.values()] == [
        {"pretrained": local},
        {"pretrained": local, "peft": "org/adapter"},
    ]
    assert suite.instructions[0].choice == f"{tmp_path}/words.txt"
    assert suite.tasks["ptr_gsm8k"].metadata == {"ptr_data": f"{tmp_path}/data"}
    assert suite.report == ReportFiles(
        out=tmp_path.parent / "report", config=tmp_path / "report.yaml"
    )
    assert suite.out == tmp_path / "results"


def test_settings_that_are_no_paths_stay_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "hf").mkdir()
    given = {
        "ptr_aggregator": "local-chat-completions:a/b/c",
        "ptr_synthesis": "Make one answer, and/or two, of these.",
        "ptr_protocol": "parallel",
        "ptr_first_round": None,
        "ptr_data": None,
        "ptr_embedder": "org/embedder",
    }
    suite = read(tmp_path, with_field("defaults", json.dumps({"metadata": given})))
    assert suite.defaults.metadata == given
    given = {"ptr_aggregator": "vllm:org/model", "ptr_first_round": "none", "ptr_data": "none"}
    suite = read(tmp_path, with_field("defaults", json.dumps({"metadata": given})))
    assert suite.defaults.metadata == given


def test_a_text_s_file_in_the_current_folder_is_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "words.txt").write_text("Make one answer of these.")
    monkeypatch.chdir(tmp_path / "elsewhere")
    said = refused(tmp_path, with_field("defaults", "{metadata: {ptr_synthesis: words.txt}}"))
    assert f"`ptr_synthesis`, which {tmp_path}/words.txt is not" in said


def test_a_first_round_may_be_one_that_the_suite_makes(tmp_path: Path) -> None:
    text = with_field("defaults", "{metadata: {ptr_first_round: out/base/neutral/ptr_gsm8k}}")
    assert read(tmp_path, text).defaults.metadata == {
        "ptr_first_round": f"{tmp_path}/out/base/neutral/ptr_gsm8k"
    }


def test_the_instruction_null_needs_no_quotes(tmp_path: Path) -> None:
    suite = read(tmp_path, with_field("instructions", "[neutral, null]"))
    assert [each.choice for each in suite.instructions] == ["neutral", "null"]


def test_a_text_as_instruction(tmp_path: Path) -> None:
    suite = read(tmp_path, with_field("instructions", '[{name: doubt, text: "Sure, or not?"}]'))
    assert suite.instructions[0].choice == "Sure, or not?"


def test_no_report(tmp_path: Path) -> None:
    assert read(tmp_path, with_field("report", "false")).report is None


def test_ones_own_tasks(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "base").write_text("ptr: {files: {test: [a.jsonl], dev: b.csv}}\n")
    (tmp_path / "mine" / "a.yaml").write_text("task: mine\nclass: !function a.B\ninclude: base\n")
    (tmp_path / "mine" / "b.yaml").write_text(
        "group: all_mine\ntask: [{task: mine, num_fewshot: 3}, {task: other, ptr: {}}]\n"
    )
    (tmp_path / "mine" / "c.yaml").write_text("[not a task\n")
    (tmp_path / "mine" / "d.yaml").write_text("- not one either\n")
    suite = read(
        tmp_path, with_field("tasks", "{mine: {}, all_mine: {}, ptr_drop: {}}\ninclude_path: mine")
    )
    assert list(suite.tasks) == ["mine", "all_mine", "ptr_drop"]
    known = known_tasks(suite.include_path)
    assert known["all_mine"].folder == tmp_path / "mine"
    assert known["all_mine"].members == ("mine", "other")
    assert known["mine"].data_files == ("a.jsonl", "b.csv")
    assert known["ptr_drop"].folder == tasks_path()


@pytest.mark.parametrize("given", ["1", "100", "100.0", "0.25", "null"])
def test_limits(tmp_path: Path, given: str) -> None:
    suite = read(tmp_path, with_field("defaults", f"{{limit: {given}}}"))
    expected = {"1": 1, "100": 100, "100.0": 100, "0.25": 0.25, "null": None}[given]
    assert suite.defaults.given() == {"limit": expected}


def test_anchors_and_merged_mappings(tmp_path: Path) -> None:
    suite = read(
        tmp_path,
        "models: {a: &m {backend: vllm, args: {pretrained: o/a}}, b: {<<: *m, step: 1}}\n"
        "tasks: {ptr_gsm8k: &t {limit: 3}, ptr_drop: *t}\n",
    )
    assert [model.backend for model in suite.models.values()] == ["vllm", "vllm"]
    assert [entry.limit for entry in suite.tasks.values()] == [3, 3]


# What does not


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("model", "{}", "`model`: unknown key (known: out, include_path, confirm_run_unsafe_code"),
        ("out", "3", "`out`: must be"),
        ("models", "{}", "`models`: must name at least one"),
        ("models", "[a]", "`models`: must be a mapping"),
        ("models", "{1000: org/m}", "`models.1000.[key]`: must be a valid string"),
        ("models", "{a/b: org/m}", "`models.a/b.[key]`: must be a name for a folder"),
        ("models", "{'..': org/m}", "`models....[key]`: must be a name for a folder"),
        ("models", "{ledger: org/m}", "`models.ledger.[key]`: must be another name: the suite us"),
        ("models", "{A: org/m, a: org/m}", "`models`: must have names for different folders, not"),
        ("models", "{m: 3}", "`models.m`: must be a valid mapping"),
        ("models", "{m: ./nowhere}", "`models.m.args`: must have an existing path or a model on t"),
        ("models", "{m: {args: {tokenizer: /a/b}}}", "`models.m.args`: must have an existing pat"),
        ("models", "{m: {args: {peft: org/m/x}}}", "`models.m.args`: must have an existing path "),
        ("models", "{m: {args: {pretrained: 5}}}", "`models.m.args`: must have an existing path o"),
        ("models", "{m: {args: [a]}}", "`models.m.args`: must be a mapping"),
        ("models", "{m: {args: {revision: !!timestamp 2024-01-01}}}", "`models.m.args.revision`: "),
        ("models", "{m: {backend: [hf]}}", "`models.m.backend`: must be a valid string"),
        ("models", "{m: {step: -1}}", "`models.m.step`: must be greater than or equal to 0"),
        ("models", "{m: {method: 1}}", "`models.m.method`: must be a valid string"),
        ("models", "{m: {steps: 1}}", "`models.m.steps`: unknown key"),
        ("instructions", "neutral", "`instructions`: must be a valid list"),
        ("instructions", "[]", "`instructions`: must name at least one"),
        ("instructions", "[kind]", "`instructions.0`: must be one of neutral, "),
        ("instructions", "[3]", "`instructions.0`: must be a valid mapping"),
        ("instructions", "[neutral, neutral]", "`instructions`: must have names for different fo"),
        ("instructions", "[{name: a}]", "`instructions.0`: must be one of neutral, "),
        ("instructions", "[{text: a b}]", "`instructions.0.name` is missing"),
        ("instructions", "[{name: a, text: a b, file: latin1}]", "`instructions.0`: must have a "),
        ("instructions", "[{name: a b, text: a b}]", "`instructions.0.name`: must be a name for"),
        ("instructions", "[{name: a, text: neutrall}]", "`instructions.0`: must be a text (ptr_in"),
        ("instructions", "[{name: a, file: none}]", "`instructions.0.file`: must be an existing "),
        ("instructions", "[{name: a, file: latin1}]", "`instructions.0`: must be a text (ptr_ins"),
        ("tasks", "{}", "`tasks`: must name at least one"),
        ("tasks", "{ptr_gsm: {}}", "`tasks`: must all be able to run (ptr_gsm: unknown task, kno"),
        ("tasks", "{gsm8k: {}}", "`tasks`: must all be able to run (gsm8k: unknown task, known a"),
        ("tasks", "{a: {tasks: nope}}", "`tasks`: must all be able to run (nope: unknown task, k"),
        ("tasks", "{a: {tasks: []}}", "`tasks.a.tasks`: must name at least one"),
        ("tasks", "{ptr_drop: 5}", "`tasks.ptr_drop`: must be a valid mapping"),
        ("tasks", "{ptr_drop: {shots: 5}}", "`tasks.ptr_drop.shots`: unknown key"),
        ("tasks", "{ptr_humaneval: {}}", "`tasks`: must all be able to run (ptr_humaneval runs c"),
        ("tasks", "{ptr_core: {}}", "`tasks`: must all be able to run (ptr_core runs code that t"),
        ("include_path", "nowhere", "`include_path`: must be an existing folder"),
        ("confirm_run_unsafe_code", "sure", "`confirm_run_unsafe_code`: must be a valid boolean"),
        ("defaults", "{rounds: 0}", "`defaults.rounds`: must be greater than or equal to 1"),
        ("defaults", "{rounds: 51}", "`defaults.rounds`: must be less than or equal to 50"),
        ("defaults", "{num_fewshot: true}", "`defaults.num_fewshot`: must be a valid integer"),
        ("defaults", "{limit: 0}", "`defaults.limit`: must be a count from 1 or a share below 1"),
        ("defaults", "{limit: 1.5}", "`defaults.limit`: must be a count from 1 or a share below "),
        ("defaults", "{limit: .inf}", "`defaults.limit`: must be a count from 1 or a share below"),
        ("defaults", "{batch_size: 0}", "`defaults.batch_size`: must be a whole number from 1, "),
        ("defaults", "{batch_size: big}", "`defaults.batch_size`: must be a whole number from 1"),
        ("defaults", "{device: 0}", "`defaults.device`: must be a valid string"),
        ("defaults", '{device: "a\\0"}', "`defaults.device`: must be text without NUL characters"),
        ("defaults", "{seed: -1}", "`defaults.seed`: must be greater than or equal to 0"),
        ("defaults", "{apply_chat_template: 1}", "`defaults.apply_chat_template`: must be true, "),
        ("defaults", "{gen_kwargs: 5}", "`defaults.gen_kwargs`: must be a mapping"),
        ("defaults", "{gen_kwargs: {1: 2}}", "`defaults.gen_kwargs.1.[key]`: must be a valid str"),
        ("defaults", "{extra: 5}", "`defaults.extra`: must be a valid list"),
        ("defaults", "{extra: [--limit, '3']}", "`defaults.extra`: must not have --limit: use th"),
        ("defaults", "{extra: [--output=x]}", "`defaults.extra`: must not have --output: use th"),
        ("defaults", "{extra: [-L3]}", "`defaults.extra`: must not have -L3: use the field of t"),
        ("defaults", "{metadata: {ptr_typo: 1}}", "`defaults.metadata`: ptr_typo: unknown setting"),
        ("defaults", "{rounds: 2, metadata: {ptr_rounds: 3}}", "`defaults.metadata`: must not hav"),
        ("defaults", "{metadata: {ptr_rounds: 0}}", "`defaults.metadata`: ptr_rounds=0: must be "),
        ("defaults", "{metadata: {ptr_ledger: x}}", "`defaults.metadata`: must not have ptr_ledge"),
        ("defaults", "{metadata: {ptr_instruction: a}}", "`defaults.metadata`: must not have ptr"),
        ("defaults", "{metadata: {ptr_data: no}}", "`defaults.metadata`: must have an existing fo"),
        ("defaults", "{metadata: {ptr_embedder: ./n}}", "`defaults.metadata`: must have an exist"),
        (
            "defaults",
            "{metadata: {ptr_aggregator: hf:./n}}",
            "`defaults.metadata`: must have an exi",
        ),
        (
            "defaults",
            "{metadata: {ptr_aggregator: n.yaml}}",
            "`defaults.metadata`: {F}/n.yaml cann",
        ),
        (
            "defaults",
            "{metadata: {ptr_aggregator: strong}}",
            "`defaults.metadata`: ptr_aggregator=",
        ),
        (
            "defaults",
            "{metadata: {ptr_protocol: n.py:P}}",
            "`defaults.metadata`: must have an exis",
        ),
        ("defaults", "{metadata: {ptr_first_round: n}}", "`ptr_first_round` must be a saved run, "),
        ("defaults", "{extra: [--predict_only]}", "`defaults.extra`: must not have --predict_only"),
        ("defaults", "{extra: [--predict]}", "`defaults.extra`: must not have --predict: a report"),
        ("defaults", "{extra: [-C, x.yaml]}", "`defaults.extra`: must not have -C: write what it"),
        ("report", "true", "`report`: must be a valid mapping"),
        ("report", "{config: nowhere}", "`report.config`: must be an existing file"),
        ("report", "{output: here}", "`report.output`: unknown key"),
    ],
)
def test_a_field_that_cannot_work(tmp_path: Path, field: str, value: str, message: str) -> None:
    (tmp_path / "latin1").write_bytes("Überlege noch einmal.".encode("latin-1"))
    said = refused(tmp_path, with_field(field, value))
    assert said.startswith(f"FILE, {message.replace('{F}', str(tmp_path))}")
    assert said.endswith(".")
    assert "\n" not in said


def test_tasks_of_two_folders_cannot_share_a_run(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("task: mine\nptr: {}\n")
    (tmp_path / "b.yaml").write_text("group: mixed\ntask: [mine, ptr_drop]\n")
    for tasks in ("{both: {tasks: [mine, ptr_drop]}}", "{both: {tasks: mixed}}"):
        assert refused(tmp_path, with_field("tasks", f"{tasks}\ninclude_path: .")).startswith(
            "FILE, `tasks`: must all be able to run (both: some tasks are ours and"
        )


@pytest.mark.parametrize("task", ["plain", "some", "nested"])
def test_tasks_of_lm_eval_s_own_kind_are_refused_before_anything_runs(
    tmp_path: Path, task: str
) -> None:
    (tmp_path / "a.yaml").write_text("task: plain\noutput_type: generate_until\n")
    (tmp_path / "b.yaml").write_text("task: mine\nptr: {}\n")
    (tmp_path / "c.yaml").write_text("group: some\ntask: [mine, plain]\n")
    (tmp_path / "d.yaml").write_text("group: nested\ntask: [{group: in, task: [plain]}, mine]\n")
    said = refused(tmp_path, with_field("tasks", f"{{{task}: {{}}}}\ninclude_path: ."))
    assert said == (
        f"FILE, `tasks`: must all be able to run ({task}: plain has no `ptr:` section, so it has "
        "no rounds that a report could show; run lm-eval's own tasks with lm_eval itself)."
    )
    (tmp_path / "c.yaml").write_text("group: some\ntask: [mine, gsm8k]\n")
    said = refused(tmp_path, with_field("tasks", "{some: {}}\ninclude_path: ."))
    assert "(some: gsm8k has no `ptr:` section" in said


def test_all_problems_are_reported_at_once(tmp_path: Path) -> None:
    said = refused(
        tmp_path,
        "models: {m: ./nowhere, n: {steps: 1}}\ninstructions: [kind, {name: ..}]\n"
        "tasks: {nope: {}, nix: {}}\ntypo: 1\n"
        "defaults: {seed: x, metadata: {ptr_chunk: 0, ptr_typo: 1}}\n",
    )
    rows = said.splitlines()
    assert rows[0] == "8 problems:"
    assert {row.split("`")[1] for row in rows[1:]} == {
        "models.m.args", "models.n.steps", "instructions.0", "instructions.1.name", "tasks", "typo",
        "defaults.seed", "defaults.metadata",
    }  # fmt: skip
    assert "nope: unknown task" in said
    assert "nix: unknown task" in said
    assert "ptr_chunk=0: must be a whole number from 1; ptr_typo: unknown setting" in said


def test_names_given_twice_are_not_silently_the_last(tmp_path: Path) -> None:
    text = "models: {m: org/a}\ntasks:\n  ptr_drop: {limit: 1}\n  ptr_drop: {limit: 2}\n"
    expected = "FILE, `tasks.ptr_drop` is given twice, in lines 3 and 4; keep one."
    assert refused(tmp_path, text) == expected
    said = refused(tmp_path, f"{text}models: {{}}\ntypo: 1\n")
    assert said.startswith("4 problems:\n")
    assert "`models` is given twice, in lines 1 and 5" in said
    assert "`models`: must name at least one" in said
    assert "`typo`: unknown key" in said


@pytest.mark.parametrize("text", ["- a\n", "3\n"])
def test_a_file_that_is_no_mapping(tmp_path: Path, text: str) -> None:
    assert refused(tmp_path, text).startswith("FILE: must be a mapping")


def test_an_empty_file(tmp_path: Path) -> None:
    assert "`models` is missing" in refused(tmp_path, "")


@pytest.mark.parametrize("text", ["a: [\n", "a: b: c\n", "a: !!python/name:os.system\n", "\x01"])
def test_a_file_that_is_not_yaml(tmp_path: Path, text: str) -> None:
    said = refused(tmp_path, text)
    assert said.startswith("FILE cannot be read: ")
    assert "\n" not in said


def test_a_file_that_is_not_text(tmp_path: Path) -> None:
    (tmp_path / "suite.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UserError, match="cannot be read"):
        read_suite(tmp_path / "suite.yaml")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"nowhere\.yaml cannot be read"):
        read_suite(tmp_path / "nowhere.yaml")
