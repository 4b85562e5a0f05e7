"""The one table of stand-ins: what replaces names, and what every line must do."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Entry:
    """A command line of the documents, and what it must do."""

    line: str
    """The line as `Line.text` has it; a final ` *` stands for any arguments."""
    after: str = ""
    """The command that arguments shown alone (`--only base`) belong to."""
    add: str = ""
    """What is added, so that it takes seconds or needs no GPU."""
    needs: tuple[str, ...] = ()
    """Saved runs, by their folder, that the text takes for granted."""
    writes: tuple[str, ...] = ()
    """What it writes, as patterns of paths; each must match something new."""
    says: str = ""
    """What it prints, among other things."""


STAND_INS = {
    "Qwen/Qwen2.5-0.5B-Instruct": "{model}",
    "Skywork/Skywork-Reward-V2-Qwen3-8B": "{reward_model}",
    "MODEL": "{model}",
    "OTHER": "{model}",
    "JUDGE": "{model}",
    "http://HOST/v1": "http://{host}/v1",
    "max_model_len=40960": "max_length=1024",
    "--model vllm": "--model hf",
    "--judge vllm": "--judge hf",
    "--batch_size auto": "--batch_size 4",
    "--device cuda": "--device cpu",
    "limit: 100": "limit: 2",
    "max_gen_toks: 512": "max_gen_toks: 8",
    "RUN [RUN ...]": "out/base out/ptr",
    "[--config report.yaml]": "--config report.yaml",
    "[--set KEY=VALUE ...]": "--set train.max_steps=1",
    "[--resume]": "--resume",
    "'ptr_*'": "'ptr_gsm*'",
    "NODE": "0",
    "HOST:29500": "localhost:29500",
    " ...": "",
}
"""What replaces names in lines and in shown configurations: models, data, addresses, sizes."""

RUN = ("out/*/results_*.json", "out/*/samples_ptr_gsm8k_*.jsonl")
REPORT = ("report/report.html", "report/report.md", "report/plots/*.svg", "report/tables/*.csv")
BUILT = ("*/data/train.parquet", "*/ift/train.jsonl", "*/dpo/train.jsonl", "*/manifest.json")
HF = "--model hf --model_args pretrained={model}"
SMALL = "--set model.name={model}"

ENTRIES = (
    Entry("pip install *"),
    Entry("make *"),
    # README.md
    Entry(
        "ptr-eval run --model hf --model_args pretrained=Qwen/Qwen2.5-0.5B-Instruct "
        "--tasks ptr_gsm8k --apply_chat_template --batch_size 16 --limit 100 "
        "--metadata ptr_rounds=3 ptr_ledger=out/ledger --output_path out --log_samples",
        writes=("out/ledger", *RUN),
        says="exact_match@3",
    ),
    Entry("ptr-eval table out", says="| round 3"),
    Entry('lm_eval --include_path "$(ptr-eval tasks-path)" --tasks ptr_gsm8k ...', add=HF, says="ptr_gsm8k"),
    Entry("ptr-eval link", says="Linked our tasks into"),
    Entry("lm_eval --tasks 'ptr_*'", add=HF, says="ptr_gsm8k"),
    Entry("ptr-eval unlink", says="Removed the links."),
    Entry("--metadata ptr_data=FOLDER", after="ptr-eval run --tasks ptr_gsm8k", add=HF),
    Entry("--metadata key=value ...", after="ptr-eval run --tasks ptr_gsm8k", add=HF),
    Entry(
        """--metadata '{"ptr_rounds": 5, "ptr_instruction": "Check it, then answer again."}'""",
        after="ptr-eval run --tasks ptr_gsm8k",
        add=HF,
        says="exact_match@5",
    ),
    Entry("ptr-eval report out/base out/ptr-1000 --out report", needs=("out/base", "out/ptr-1000"), writes=REPORT),
    Entry(
        "ptr-eval suite suite.yaml",
        writes=("results/base/neutral/ptr_gsm8k/*.json", "results/ptr-1000/doubt/arc/*.json", *REPORT),
    ),
    Entry("--only base ptr_gsm8k", after="ptr-eval suite suite.yaml"),
    Entry("ptr-data build build.yaml", writes=BUILT),
    Entry("ptr-data stats DIR", says="unique"),
    Entry("ptr-data show DIR --rows 3", says="how would you explain"),
    Entry("ptr-train run train.yaml", add=SMALL, writes=("runs/ptr/checkpoint-*/model.safetensors",)),
    Entry("ptr-train run train.yaml --set optimizer.learning_rate=2e-5 --resume"),
    Entry("ptr-eval run --model hf", after="", add="--model_args pretrained={model} --tasks ptr_gsm8k"),
    Entry("ptr-eval score --task ptr_gsm8k --responses answers.jsonl --out scored", writes=("scored/*/results_*.json",)),
    Entry("ptr-eval rescore out --scorers upstream --out rescored", says="verdicts changed", writes=("rescored/verdict_changes.jsonl",)),
    Entry("ptr-eval rescore out --kept refuse --out refused", says="verdicts changed", writes=("refused/verdict_changes.jsonl",)),
    Entry("--model local-chat-completions --model_args model=NAME,base_url=http://HOST/v1/chat/completions,num_concurrent=8",
        after="ptr-eval run --tasks ptr_gsm8k --apply_chat_template"),
    Entry("--model vllm --batch_size auto", after="ptr-eval run --tasks ptr_gsm8k --model_args pretrained={model}"),
    # docs
    Entry("ptr-data build CONFIG.yaml", writes=BUILT),
    Entry("lm_eval --include_path mine --tasks capitals --model hf --model_args pretrained=MODEL --metadata ptr_data=DATA ptr_ledger=out/ledger --output_path out --log_samples",
          writes=("out/*/samples_capitals_*.jsonl",)),
    Entry("ptr-eval rescore out --include_path mine --out rescored", writes=("rescored/verdict_changes.jsonl",)),
    Entry("ptr-eval report out --out report", writes=REPORT),
    Entry("ptr-eval run --tasks ptr_gsm8k --metadata ptr_protocol=mine/capitals.py:Critique ptr_rounds=5 ...", add=HF, says="exact_match@5"),
    Entry("ptr-eval run --model vllm --model_args pretrained=MODEL,max_model_len=40960 --batch_size auto --tasks gsr_aime24,gsr_math500 --apply_chat_template --metadata ptr_ledger=out/ledger --output_path out --log_samples",
          writes=("out/ledger", "out/*/samples_gsr_aime24_*"), says="gap@2"),
    Entry("--metadata ptr_protocol=parallel", after="ptr-eval run --tasks ptr_gsm8k", add=HF, says="gap@2"),
    Entry("run() { ptr-eval run --model vllm --model_args pretrained=$1 --batch_size auto --tasks gsr_math500 --apply_chat_template --log_samples --output_path $2 --metadata $3; }"),
    Entry('run MODEL out/pool "ptr_candidates=10 ptr_samples=1 ptr_rounds=1"', writes=("out/pool/*/samples_*",)),
    Entry('run MODEL out/k2 "ptr_candidates=2 ptr_samples=5 ptr_first_round=out/pool"', writes=("out/k2/*/samples_*",)),
    Entry('run MODEL out/order "ptr_candidates=5 ptr_samples=2 ptr_first_round=out/pool ptr_order=reversed"', writes=("out/order/*/samples_*",)),
    Entry('run OTHER out/other "ptr_candidates=5 ptr_samples=2 ptr_first_round=out/pool"', writes=("out/other/*/samples_*",)),
    Entry("ptr-eval score --task gsr_math500 --responses FILE --out DIR", writes=("DIR/*/results_*.json",)),
    Entry("ptr-eval select out --reward-model Skywork/Skywork-Reward-V2-Qwen3-8B --device cuda", writes=("out/*/selections_*",)),
    Entry("ptr-eval select out --judge vllm --judge-args pretrained=JUDGE --gen-kwargs max_gen_toks=8192", writes=("out/*/selections_*",)),
    Entry("ptr-train run gsr-7b-8gpu", add=SMALL),
    Entry("ptr-eval report RUN [RUN ...] --out DIR [--config report.yaml]", needs=("out/base", "out/ptr"), writes=("DIR/report.html",)),
    Entry("ptr-train run CONFIG.yaml [--set KEY=VALUE ...] [--resume]"),
    Entry("ptr-train show-config published > train.yaml", writes=("train.yaml",)),
    Entry("ptr-train run 0.5b-1gpu --set data.path=data --set out=runs/first", add=SMALL, writes=("runs/first/checkpoint-*/model.safetensors",)),
    Entry("ptr-train encode gsr-7b-8gpu --set model.chat_template=qwen3.jinja", add=SMALL, writes=("runs/gsr-7b/encoded/*/*",)),
    Entry("ptr-train run gsr-ablation-refine --set model.chat_template=qwen3.jinja --set data.path=runs/gsr-7b/encoded", add=SMALL),
    Entry("ptr-eval run --model hf --model_args pretrained=runs/ptr/checkpoint-500 --tasks ptr_gsm8k ..."),
    Entry("ptr-eval run --model hf --model_args pretrained=MODEL,peft=runs/ptr/checkpoint-500 ...", add="--tasks ptr_gsm8k"),
    Entry("ptr-train merge runs/ptr/checkpoint-500 --out merged", writes=("merged/model.safetensors",)),
    Entry("ptr-eval report out/eval --out report", writes=REPORT),
    Entry("torchrun --standalone --nproc_per_node 8 -m ptr_train.cli run train.yaml"),
    Entry("deepspeed --no_local_rank --num_gpus 8 --module ptr_train.cli run train.yaml"),
    Entry("torchrun --nnodes 2 --node_rank NODE --nproc_per_node 8 --rdzv_backend c10d --rdzv_endpoint HOST:29500 -m ptr_train.cli run train.yaml"),
    Entry("deepspeed --hostfile hosts --no_local_rank --module ptr_train.cli run train.yaml"),
    Entry("ptr-train encode CONFIG.yaml"),
    Entry("torchrun --master_port", add="29501 -m ptr_train.cli run train.yaml"),
    Entry("sh examples/tiny/recipe.sh OUT"),
    # help
    Entry("ptr-eval run --model hf --model_args pretrained=Qwen/Qwen2.5-0.5B-Instruct --tasks ptr_gsm8k --apply_chat_template --metadata ptr_rounds=3 --output_path out --log_samples", writes=RUN),
    Entry("ptr-eval ls", says="ptr_core"),
    Entry("ptr-eval link && lm_eval --tasks ptr_gsm8k ...", add=HF, says="ptr_gsm8k"),
    Entry("ptr-eval report out/base out/tuned --out report", needs=("out/base", "out/tuned"), writes=REPORT),
    Entry("ptr-eval suite suite.yaml --only ptr_gsm8k"),
    Entry("ptr-eval select out --reward-model Skywork/Skywork-Reward-V2-Qwen3-8B"),
    Entry("ptr-eval rescore out --scorers upstream,strict --out rescored", writes=("rescored/verdict_changes.jsonl",)),
    Entry("ptr-data show data --split dev --rows 5"),
    Entry("ptr-data stats data"),
    Entry("ptr-train run train.yaml --set train.epochs=1"),
    Entry("ptr-train encode train.yaml"),
    Entry("ptr-train show-config 8b-8gpu-zero3 --set model.name=Qwen/Qwen3-8B", says="zero3"),
    Entry("ptr-train merge out/checkpoint-500 --out merged"),
)
