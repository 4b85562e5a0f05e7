"""The command `ptr-eval`."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ptr_eval import __version__
from ptr_eval.command import add_command, write_to_any_terminal
from ptr_eval.errors import UserError
from ptr_eval.judge_command import add_judge
from ptr_eval.log import log_to_stderr
from ptr_eval.select_command import add_select

if TYPE_CHECKING:
    from ptr_eval.report import RunEntry
    from ptr_eval.suite import FinishedRun

_DESCRIPTION = """\
Ask models again, and score every round.

Our tasks run under lm-eval's own command line:
  lm_eval --include_path "$(ptr-eval tasks-path)" --tasks 'ptr_*' ...
  ptr-eval run --tasks 'ptr_*' ...        the same, with the path already added
"""
_EXAMPLES = {
    "run": "ptr-eval run --model hf --model_args pretrained=Qwen/Qwen2.5-0.5B-Instruct "
    "--tasks ptr_gsm8k --apply_chat_template --metadata ptr_rounds=3 --output_path out "
    "--log_samples",
    "ls": "ptr-eval ls",
    "tasks-path": 'lm_eval --include_path "$(ptr-eval tasks-path)" --tasks ptr_gsm8k ...',
    "link": "ptr-eval link && lm_eval --tasks ptr_gsm8k ...",
    "unlink": "ptr-eval unlink",
    "table": "ptr-eval table out",
    "report": "ptr-eval report out/base out/tuned --out report",
    "suite": "ptr-eval suite suite.yaml --only ptr_gsm8k",
    "score": "ptr-eval score --task ptr_gsm8k --responses answers.jsonl --out scored",
    "rescore": "ptr-eval rescore out --scorers upstream,strict --out rescored",
}

_ANSWERS_KEPT = "; with a ledger (--metadata ptr_ledger=FILE) the same command goes on from here"
_RUN = "a results file, or a folder with some: of several runs the newest is taken"


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command line."""
    write_to_any_terminal()
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        _command(arguments)
    except KeyboardInterrupt:
        raise SystemExit(f"Stopped{_ANSWERS_KEPT if arguments[:1] == ['run'] else ''}.") from None


def _command(arguments: list[str]) -> None:
    if arguments[:1] == ["run"]:  # lm-eval parses these.
        from ptr_eval.harness.launch import run

        run(arguments[1:])
        return
    options = _parser().parse_args(arguments)
    log_to_stderr(verbose=options.verbose)
    try:
        options.command(options)
    except UserError as error:
        raise SystemExit(str(error)) from None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="ptr-eval",
        description=_DESCRIPTION,
        epilog=f"example:\n  {_EXAMPLES['run']}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"ptr-eval {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    run = _add(commands, "run", _misplaced, "run lm_eval, with our tasks on its path")
    run.description = "`ptr-eval run --help` shows the options, which are lm-eval's."
    _add(commands, "ls", _ls, "list our tasks")
    _add(commands, "tasks-path", _tasks_path, "print the folder of our task configurations")
    _add(commands, "link", _link, "make plain lm_eval find our tasks in this environment")
    _add(commands, "unlink", _unlink, "undo link")
    table = _add(commands, "table", _table, "print a run's results, one column a round")
    table.add_argument("run", type=Path, help=_RUN)
    _add_report(commands)
    _add_suite(commands)
    add_select(commands)
    add_judge(commands)
    _add_scoring(commands)
    return parser


def _add(commands: Any, name: str, function: Any, help_: str) -> argparse.ArgumentParser:
    return add_command(commands, name, function, help_, _EXAMPLES[name])


def _misplaced(options: argparse.Namespace) -> None:
    raise UserError("`run` must be the first argument of ptr-eval.")


def _add_report(commands: Any) -> None:
    report = _add(commands, "report", _report, "report what rounds did, from saved runs")
    report.add_argument(
        "runs",
        nargs="*",
        type=Path,
        metavar="RUN",
        help="a results file, or a folder with some: all runs in it are reported "
        "(default: the runs of the configuration)",
    )
    report.add_argument("--out", required=True, type=Path, help="the folder to write to")
    report.add_argument(
        "--config",
        type=Path,
        help="report.yaml: names, baseline, leaderboard (default: none)",
    )


def _add_suite(commands: Any) -> None:
    suite = _add(commands, "suite", _suite, "run models x instructions x tasks, then report")
    suite.add_argument("suite", type=Path, metavar="SUITE.yaml", help="what to run")
    suite.add_argument(
        "--only",
        nargs="+",
        default=[],
        metavar="NAME",
        help="only these models or tasks (default: all)",
    )
    suite.add_argument(
        "--dry-run",
        action="store_true",
        help="print the lm_eval lines, and what is finished, and run nothing (default: run them)",
    )


def _add_scoring(commands: Any) -> None:
    score = _add(commands, "score", _score, "score answers that you already have")
    score.add_argument("--task", required=True, help="the task whose questions were answered")
    score.add_argument(
        "--responses",
        required=True,
        type=Path,
        help='JSON Lines of {"doc_id": 0, "responses": ["round 1", "round 2"]}',
    )
    score.add_argument("--name", help="the name of the model (default: the file's name)")
    rescore = _add(commands, "rescore", _rescore, "score a saved run again")
    rescore.add_argument("run", type=Path, help=_RUN)
    rescore.add_argument(
        "--scorers",
        help="the task's scorers to apply, the headline first, such as upstream,strict "
        "(default: as in the task)",
    )
    for scoring in (score, rescore):
        scoring.add_argument("--out", required=True, type=Path, help="the folder to write to")
        scoring.add_argument(
            "--metadata",
            nargs="+",
            action="append",
            default=[],
            metavar="KEY=VALUE",
            help="ptr_* settings, or a JSON object of them (default: the task's own)",
        )
        scoring.add_argument(
            "--kept",
            choices=["carry", "refuse"],
            help="whether a response that only confirms an earlier answer takes over its score "
            "(default: the setting ptr_kept)",
        )
        scoring.add_argument(
            "--include_path",
            type=Path,
            help="a folder with tasks of your own (default: the shipped tasks, and for "
            "a saved run those that it was asked with)",
        )
        scoring.add_argument(
            "--confirm_run_unsafe_code",
            action="store_true",
            help="agree that code which a model wrote is run, in a sandbox (default: refuse)",
        )


def _ls(options: argparse.Namespace) -> None:
    from ptr_eval.catalog import entries

    listed = list(entries())
    width = max(len(entry.name) for entry in listed)
    for entry in listed:
        print(f"{entry.name:<{width}}  {entry.kind:<5}  {entry.data}")


def _tasks_path(options: argparse.Namespace) -> None:
    from ptr_eval.catalog import tasks_path

    print(tasks_path())


def _link(options: argparse.Namespace) -> None:
    from ptr_eval.catalog import link

    print(f"Linked our tasks into {link()}; `ptr-eval unlink` undoes it.")


def _unlink(options: argparse.Namespace) -> None:
    from ptr_eval.catalog import unlink

    print("Removed the links." if unlink() else "There was nothing to undo.")


def _table(options: argparse.Namespace) -> None:
    from ptr_eval.harness.rounds_table import table_of_run

    print(table_of_run(options.run))


def _suite(options: argparse.Namespace) -> None:
    from ptr_eval.config import read_yaml_config
    from ptr_eval.report import ReportConfig
    from ptr_eval.suite import read_suite, run_suite, suite_command_lines

    wanted = read_suite(options.suite).report
    if wanted and wanted.config:  # A mistake in it is to be found before hours of running.
        read_yaml_config(wanted.config, ReportConfig)
    if options.dry_run:
        print(*suite_command_lines(options.suite, only=options.only), sep="\n")
    else:
        run_suite(options.suite, only=options.only, report=_report_suite)


def _report_suite(done: "Sequence[FinishedRun]", out: Path, config: Path | None) -> None:
    from ptr_eval.report import RunEntry

    entries = [
        RunEntry(
            path=finished.results,
            name=finished.run.label,
            checkpoint=finished.run.model,
            method=finished.run.method,
            step=finished.run.step,
            instruction=finished.run.instruction,
        )
        for finished in done
    ]
    _write_report(entries, out, config)


def _report(options: argparse.Namespace) -> None:
    _write_report(options.runs, options.out, options.config)


def _write_report(runs: "Sequence[Path | RunEntry]", out: Path, config: Path | None) -> None:
    from ptr_eval.config import read_yaml_config
    from ptr_eval.report import ReportConfig, write_report

    report = write_report(runs, out, read_yaml_config(config, ReportConfig) if config else None)
    print(*report.summary, sep="\n")
    for warning in report.warnings:
        print(warning, file=sys.stderr)
    print(f"{report.html}\n{report.markdown}")


def _metadata(options: argparse.Namespace, **flags: str | None) -> dict[str, Any]:
    """Read the settings as `run` does, and those that have flags of their own."""
    from ptr_eval.harness.lm_eval_format import read_metadata

    metadata = read_metadata(options.metadata)
    for name, value in flags.items():
        if value is not None and f"ptr_{name}" in metadata:
            raise UserError(f"--{name} and ptr_{name} in --metadata are the same; give one.")
    return {**metadata, **{f"ptr_{name}": value for name, value in flags.items() if value}}


def _score(options: argparse.Namespace) -> None:
    from ptr_eval.harness.rescore import score
    from ptr_eval.harness.rounds_table import rounds_table

    results = score(
        options.task,
        options.responses,
        options.out,
        metadata=_metadata(options, kept=options.kept),
        name=options.name,
        unsafe_code=options.confirm_run_unsafe_code,
        include_path=options.include_path,
    )
    print(rounds_table(results))


def _rescore(options: argparse.Namespace) -> None:
    from ptr_eval.harness.rescore import rescore
    from ptr_eval.harness.rounds_table import rounds_table

    results, changes = rescore(
        options.run,
        options.out,
        metadata=_metadata(options, kept=options.kept, scorers=options.scorers),
        unsafe_code=options.confirm_run_unsafe_code,
        include_path=options.include_path,
    )
    for result in results:
        print(rounds_table(result))
    print(*changes, sep="\n", end="\n" if changes else "")
    listed = options.out / "verdict_changes.jsonl"
    print(f"{len(changes)} verdicts changed; they are listed in {listed}.")
