"""The one table of stand-ins: what replaces names, and what every command line must do."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Entry:
    """A command line of the documents, and what it must do besides ending with status 0."""

    line: str
    """The line as `Line.text` has it; a final ` *` stands for any further arguments."""
    before: str = ""
    """What a user has done before it, by the text around it, as a line for the shell."""
    after: str = ""
    """The command that arguments shown alone, such as `--only base`, belong to."""
    add: str = ""
    """What is added to it, so that it takes a second and needs no GPU."""
    writes: tuple[str, ...] = ()
    """What it writes, as patterns of paths; each must match something new."""
    says: str = ""
    """What it prints, among other things."""
    also: str = ""
    """The command that its comment or the text tells of, such as `# or --kept carry`; run last."""


STAND_INS = {
    # models
    "Qwen/Qwen2.5-0.5B-Instruct": "{model}",
    "Qwen/Qwen3-8B": "{model}",
    "Skywork/Skywork-Reward-V2-Qwen3-8B": "{reward_model}",
    "Qwen/Qwen2.5-7B-Instruct,": "{model},",
    "MODEL": "{model}",
    "OTHER": "{model}",
    "--model vllm": "--model hf",
    "--judge vllm": "--judge local-chat-completions",
    "pretrained=gaotang/RM-R1-Qwen2.5-Instruct-7B": (
        "model=NAME,base_url=http://{host}/v1/chat/completions"
    ),
    "--device cuda": "--device cpu",
    "--batch_size auto": "--batch_size 4",
    "max_model_len=40960": "max_length=1024",
    "max_model_len=8192": "max_length=1024",
    "max_gen_toks=8192": "max_gen_toks=8",
    "max_gen_toks: 512": "max_gen_toks: 8",
    "checkpoint-500": "checkpoint-1",
    # trainings
    "max_length=None": "max_length=None, max_steps=1, use_cpu=True, bf16=False, report_to='none'",
    # data
    "'ptr_*'": "'ptr_gsm*'",
    "limit: 100": "limit: 2",
    "batch_size: 16}": "batch_size: 16}}, generation: {{max_new_tokens: 60, stop: [e]}}",
    "threshold: 0.7": "threshold: 0.7, embedder: {embedder}",
    "limit: 200": "limit: 2, generation: {{max_gen_toks: 8}}",
    "FILE": "answers.jsonl",
    "SAVED_RUN": "{run}",
    # addresses
    "HOST/v1": "{host}/v1",
    "localhost:8000/v1": "{host}/v1",
    "HOST:29500": "localhost:29500",
    "NODE": "0",
    # what may be given, shown as given
    "RUN [RUN ...]": "out/base out/ptr",
    "[--config report.yaml]": "--config report.yaml",
    "[--set KEY=VALUE ...]": "--set train.max_steps=1",
    "[--resume]": "--resume",
    " ...": "",
}
"""What replaces names, in lines and in configurations that documents show. Fields are `Places`'."""

HF = "--model hf --model_args pretrained=MODEL"
CPU = "--set model.cpu=true"
ONE_STEP = f"{CPU} --set model.name=MODEL --set train.max_steps=1"
RUN_GSM8K = "ptr-eval run --tasks ptr_gsm8k"
CANDIDATES = f"{RUN_GSM8K} {HF} --metadata ptr_protocol=parallel --output_path out --log_samples"
LOGGED = f"{HF} --output_path out --log_samples"
BASE_AND = "mkdir -p out && cp -r SAVED_RUN out/base && cp -r SAVED_RUN out/"

FORMS = ("parquet", "jsonl")
SETS = ("data", "prompt_completion", "ift", "dpo")
SAVED = ("out/*/results_*.json", "out/*/samples_*.jsonl")
BUILT = (
    *(f"*/{folder}/train.{form}" for folder in SETS for form in FORMS),
    *(f"*/{folder}/dev.{form}" for folder in SETS for form in FORMS),
    *("*/README.md", "*/manifest.json", "*/dropped.jsonl", "*/work"),
)
REPORT = (
    *("report/report.html", "report/report.md", "report/changed_items.csv"),
    *("report/answers.parquet", "report/answers.csv", "report/plots/*.png", "report/plots/*.svg"),
    *("report/tables/*.md", "report/tables/*.tex", "report/tables/*.csv"),
)
CHANGES = "verdict_changes.jsonl"

ENTRIES = (
    Entry("pip install *"),
    Entry("make *"),
    Entry("sh examples/tiny/recipe.sh OUT"),
    Entry("python examples/smollm2/demo.py *"),
    Entry("python examples/smollm2/get_model.py *"),
    Entry("python -m studies.smollm2.run *"),
    Entry("python -m studies.smollm2.findings *"),
    # evaluation
    Entry(
        "ptr-eval run --model hf --model_args pretrained=Qwen/Qwen2.5-0.5B-Instruct *",
        writes=SAVED,
        says="exact_match@3",
    ),
    Entry("ptr-eval run --model hf", add="--model_args pretrained=MODEL --tasks ptr_gsm8k"),
    Entry("ptr-eval run --tasks 'ptr_*' ...", add=HF, says="exact_match@3"),
    Entry("ptr-eval run --dry-run *", says="prompt tokens, round 1"),
    Entry("ptr-eval table out", says="| round 3"),
    Entry("ptr-eval ls", says="ptr_core"),
    Entry('lm_eval --include_path "$(ptr-eval tasks-path)" *', add=HF, says="exact_match@3"),
    Entry("ptr-eval link", says="Linked our tasks into"),
    Entry("lm_eval --tasks 'ptr_*'", add=HF, says="exact_match@3"),
    Entry("ptr-eval unlink", says="Removed the links."),
    Entry("ptr-eval link && lm_eval --tasks ptr_gsm8k ...", add=HF, says="exact_match@3"),
    Entry("--metadata ptr_data=FOLDER", after=RUN_GSM8K, add=HF, says="exact_match@3"),
    Entry("--metadata key=value ...", after=RUN_GSM8K, add=HF, says="exact_match@3"),
    Entry(
        """--metadata '{"ptr_rounds": 5, "ptr_instruction": "Check it, then answer again."}'""",
        after=RUN_GSM8K,
        add=HF,
        says="exact_match@5",
    ),
    Entry(
        "--model local-chat-completions --model_args model=NAME,base_url=http://HOST/v1/*",
        after=f"{RUN_GSM8K} --apply_chat_template",
        says="exact_match@3",
    ),
    Entry(
        "--model vllm --batch_size auto",
        after=f"{RUN_GSM8K} --model_args pretrained=MODEL",
        says="exact_match@3",
    ),
    Entry(
        "ptr-eval report out/base out/ptr-1000 --out report",
        before=f"{BASE_AND}ptr-1000",
        writes=REPORT,
    ),
    Entry(
        "ptr-eval report out/base out/tuned --out report", before=f"{BASE_AND}tuned", writes=REPORT
    ),
    Entry(
        "ptr-eval report RUN [RUN ...] --out DIR [--config report.yaml]",
        before=f"{BASE_AND}ptr",
        writes=tuple(path.replace("report", "DIR", 1) for path in REPORT),
    ),
    Entry("ptr-eval report out --out report", writes=REPORT),
    Entry(
        "ptr-eval suite suite.yaml",
        writes=(
            "results/base/neutral/ptr_gsm8k/results_*.json",
            "results/ptr-1000/doubt/arc/results_*.json",
            *REPORT,
        ),
        also="ptr-eval suite suite.yaml --dry-run",
    ),
    Entry("ptr-eval suite suite.yaml --only ptr_gsm8k", writes=("results/*/*/ptr_gsm8k/*.json",)),
    Entry(
        "--wandb_args project=NAME",
        after=RUN_GSM8K,
        add=LOGGED,
        writes=("ptr_gsm8k_eval_samples.json",),
    ),
    Entry("--trackio_args project=NAME", after=RUN_GSM8K, add=LOGGED),
    Entry("--only base ptr_gsm8k", after="ptr-eval suite suite.yaml"),
    Entry(
        "ptr-eval score --task ptr_gsm8k --responses answers.jsonl --out scored",
        writes=("scored/*/results_*.json", "scored/*/samples_*.jsonl"),
        says="exact_match",
    ),
    Entry(
        "--include_path mine",
        after="ptr-eval rescore out",
        add="--out rescored-mine",
        writes=(f"rescored-mine/{CHANGES}",),
    ),
    Entry("ptr-eval rescore out --scorers upstream *", writes=(f"rescored/{CHANGES}",)),
    Entry("ptr-eval rescore out --scorers upstream,strict *", writes=(f"rescored/{CHANGES}",)),
    Entry(
        "ptr-eval rescore out --kept refuse --out refused",
        writes=(f"refused/{CHANGES}",),
        also="ptr-eval rescore out --kept carry --out carried",
    ),
    # a model of one's own
    Entry("small() { *"),
    Entry("small refine --dry-run", says="prompt tokens, round 1"),
    Entry("small *", writes=("small/*/*/results_*.json", "small/*.ledger"), says="exact_match@3"),
    Entry("large() { *"),
    Entry("large *", writes=("large/*/*/results_*.json", "large/*.ledger"), says="exact_match@3"),
    Entry("vllm serve Qwen/Qwen3-8B *"),
    Entry("thinks() { *"),
    Entry("thinks refine --dry-run", says="prompt tokens, round 1"),
    Entry("thinks *", writes=("thinks/*/*/results_*.json", "thinks/*.ledger"), says="acc@3"),
    *(
        Entry(
            f"ptr-eval report {name}/refine {name}/repeat {name}/resample --out {name}/report",
            writes=(f"{name}/report/report.html",),
        )
        for name in ("small", "large", "thinks")
    ),
    # parallel refinement
    Entry("ptr-eval run --model vllm *", writes=("out/ledger", *SAVED), says="gap@2"),
    Entry("--metadata ptr_protocol=parallel", after=RUN_GSM8K, add=HF, says="gap@2"),
    Entry("run() { *"),
    Entry("run MODEL out/pool *", writes=("out/pool/*/samples_gsr_math500_*.jsonl",)),
    Entry("run MODEL out/k2 *", writes=("out/k2/*/samples_*.jsonl",), says="gap@2"),
    Entry("run MODEL out/order *", writes=("out/order/*/samples_*.jsonl",), says="gap@2"),
    Entry("run OTHER out/other *", writes=("out/other/*/samples_*.jsonl",), says="gap@2"),
    Entry(
        "ptr-eval score --task gsr_math500 --responses FILE --out DIR",
        writes=("DIR/*/results_*.json",),
        says="maj",
    ),
    Entry(
        "ptr-eval select out --reward-model Skywork/Skywork-Reward-V2-Qwen3-8B --device cuda",
        writes=("out/**/selections_*.jsonl",),
    ),
    Entry(
        "ptr-eval select out --judge vllm *",
        before=CANDIDATES,
        writes=("out/**/selections_*.jsonl",),
        says="decided",
    ),
    Entry(
        "--judge-form form.yaml",
        after="ptr-eval select out --judge vllm "
        "--judge-args pretrained=gaotang/RM-R1-Qwen2.5-Instruct-7B",
        writes=("out/**/selections_*.jsonl",),
        says="decided",
    ),
    # a judge over rounds
    Entry("judged() { *"),
    Entry(
        "judged",
        writes=("out/base/**/judgements_*_first_*.jsonl", "out/base/**/judgements_*.json"),
        says="How often later answers are preferred:",
    ),
    Entry("judged --compare previous", says="the round before"),
    Entry("judged --compare run:out/tuned", says="the same round of"),
    Entry("judged --gen-kwargs *", says="repeated (%)"),
    Entry("judged --rubric rubric.jsonl", says="met (%)"),
    Entry("ptr-eval report out/base --out report", writes=("report/tables/judged-rounds.md",)),
    Entry(
        "ptr-eval judge out/base --page people --matches 50",
        writes=("people/compare.html", "people/choices.csv"),
        also="sed '2s/,,/,left,/' people/choices.csv > choices.csv",
    ),
    Entry("judged --people choices.csv", says="people agree (%)"),
    Entry("--rubric FILE", after="judged", add="--help"),
    Entry("--rubric own", after="judged", add="--help"),
    Entry(
        "ptr-eval judge out/base --judge local-chat-completions *",
        before="mkdir -p out && cp -r SAVED_RUN out/base",
        writes=("out/base/**/judgements_*.jsonl",),
        says="the round before",
    ),
    # a folder of one's own
    Entry("lm_eval --include_path mine *", writes=("out/ledger", "out/*/samples_capitals_*.jsonl")),
    Entry("ptr-eval rescore out --include_path mine *", writes=(f"rescored/{CHANGES}",)),
    Entry(
        "ptr-eval run --tasks ptr_gsm8k --metadata ptr_protocol=mine/capitals.py:Critique *",
        add=HF,
        says="exact_match@5",
    ),
    # data
    Entry(
        "ptr-data build build.yaml",
        writes=BUILT,
        says="rows in",
        also="ptr-data build build.yaml",
    ),
    Entry(
        "ptr-data build CONFIG.yaml",
        writes=(*BUILT, "data/consistency.md", "data/consistency.png", "data/consistency.svg"),
        says="rows in",
    ),
    Entry(
        "ptr-data compare compare.yaml --dry-run",
        says="- large: up to 120 requests, as large, large+examples",
    ),
    Entry(
        "ptr-data compare compare.yaml",
        writes=("comparison/comparison.*", "comparison/answers.jsonl", "comparison/work"),
        says="With the thoughts of small, the answers of large are",
    ),
    Entry("ptr-data stats *", says="unique"),
    Entry(
        "ptr-data show DIR --rows 3",
        says="how would you explain",
        also="ptr-data show DIR --dropped image",
    ),
    Entry("ptr-data show data --split dev --rows 5", says="how would you explain"),
    # training
    Entry("ptr-train run train.yaml", add=CPU, writes=("runs/ptr/checkpoint-*/model.safetensors",)),
    Entry(
        "ptr-train run train.yaml --set optimizer.learning_rate=2e-5 --resume",
        add=f"{CPU} --set train.epochs=4",
        writes=("runs/ptr/checkpoint-*/model.safetensors",),
    ),
    Entry(
        "ptr-train run train.yaml --set train.epochs=1",
        add=CPU,
        writes=("runs/ptr/checkpoint-*/model.safetensors",),
    ),
    Entry(
        "ptr-train run CONFIG.yaml [--set KEY=VALUE ...] [--resume]",
        add=CPU,
        writes=(
            "runs/ptr/checkpoint-1/adapter_model.safetensors",
            "runs/ptr/checkpoint-1/tokenizer.json",
            "runs/ptr/checkpoint-1/chat_template.jinja",
            "runs/ptr/checkpoint-1/README.md",
            "runs/ptr/checkpoint-1/ptr_train.yaml",
            "runs/ptr/eval/step-0/**/results_*.json",
            "runs/ptr/eval/step-1/**/results_*.json",
            "runs/ptr/logs/*",
        ),
    ),
    Entry(
        "ptr-train run 0.5b-1gpu *", add=ONE_STEP, writes=("runs/first/checkpoint-1/*.safetensors",)
    ),
    Entry("ptr-train run CONFIG.yaml --dry-run", add=CPU, says="memory: about "),
    Entry("ptr-train encode train.yaml", says="train: "),
    Entry("ptr-train encode CONFIG.yaml", says="train: "),
    Entry(
        "ptr-train encode gsr-7b-8gpu *",
        add=f"{ONE_STEP} --set data.path=gsr",
        writes=("runs/gsr-7b/encoded/train/*",),
    ),
    Entry("ptr-train show-config published > train.yaml", writes=("train.yaml",)),
    Entry("ptr-train show-config 8b-8gpu-zero3 *", says="deepspeed: zero3"),
    Entry("ptr-train merge runs/ptr/checkpoint-500 *", writes=("merged/model.safetensors",)),
    Entry(
        "ptr-train merge out/checkpoint-500 --out merged",
        before=f"ptr-train run train.yaml {ONE_STEP} --set 'lora={{rank: 8}}' --set out=adapters "
        "&& cp -r adapters/checkpoint-1 out/",
        writes=("merged/model.safetensors",),
    ),
    Entry(
        "ptr-eval run --model hf --model_args pretrained=runs/ptr/checkpoint-500 *",
        before="mv runs/ptr runs/adapters && cp -r runs/first runs/ptr",
        says="exact_match@3",
    ),
    Entry(
        "ptr-eval run --model hf --model_args pretrained=MODEL,peft=runs/ptr/checkpoint-500 ...",
        before="rm -r runs/ptr && mv runs/adapters runs/ptr",
        add="--tasks ptr_gsm8k",
        says="exact_match@3",
    ),
    Entry("ptr-eval report out/eval --out report", before="ln -s runs/ptr out", writes=REPORT),
    Entry("torchrun --standalone --nproc_per_node 8 -m ptr_train.cli run *"),
    Entry("torchrun --nnodes 2 --node_rank NODE *"),
    Entry("torchrun --master_port", add="29501 -m ptr_train.cli run train.yaml"),
    Entry("deepspeed --no_local_rank --num_gpus 8 *"),
    Entry("deepspeed --hostfile hosts --no_local_rank *"),
)
