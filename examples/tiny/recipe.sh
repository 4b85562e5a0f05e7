#!/bin/sh
# The whole method on two CPU cores: data, three ways of training, five rounds, one report.
#
#     sh recipe.sh OUT [--gsr] [--from-scratch] [--short]
#
# --gsr            also trains and evaluates the combination of candidates
# --from-scratch   trains base, weak and strong models instead of taking those beside this file
# --short          a tenth of the training and a fifth of the questions: it shows that all steps
#                  work, and nothing about the methods
#
# All of it happens in OUT. A step that is done is skipped, so the same command goes on where it
# was stopped; what a step printed is in OUT/steps.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=${1:?name a folder to write to}
shift
gsr='' scratch='' short=''
for option; do
    case $option in
    --gsr) gsr=yes ;;
    --from-scratch) scratch=yes ;;
    --short) short=yes ;;
    *) echo "recipe.sh: unknown option $option; there are --gsr, --from-scratch and --short." >&2
       exit 2 ;;
    esac
done
mkdir -p "$out/steps"
cd "$out"
export HF_HOME="$PWD/hf-home" HF_HUB_OFFLINE=1 TOKENIZERS_PARALLELISM=false
export OMP_NUM_THREADS=1  # Two commands at a time do more than one with two threads.
began=$(date +%s)

options="${scratch:+ --from-scratch}${short:+ --short}"
[ -e steps/options ] || echo "options:$options" >steps/options
[ "$(cat steps/options)" = "options:$options" ] || {
    echo "recipe.sh: $PWD was begun with other $(cat steps/options); name another folder." >&2
    exit 2
}

# ---------------------------------------------------------------------- the steps

data() {
    step sheets python "$here/sheets.py" . \
        ${short:+--queries 400 --replay 400 --documents 100}
    if [ "$scratch" ]; then
        step models python "$here/models.py" models
    else
        step models cp -R "$here/models" .
    fi
    step configurations cp "$here"/*.yaml .
}

build() {
    step build ptr-data build build.yaml
}

prompt() { ask Prompt models/base; }

ptr() {
    fine_tune PTR ptr
    ask PTR runs/ptr
}

ift() {
    fine_tune IFT ift
    ask IFT runs/ift
}

dpo() {
    fine_tune DPO dpo
    ask DPO runs/dpo
}

fine_tune() {  # fine_tune METHOD NAME: as train-NAME.yaml says
    # It takes a minute, so a stopped one starts again from the beginning.
    [ -e "steps/train-$1.done" ] || rm -rf "runs/$2"
    step "train-$1" ptr-train run "train-$2.yaml" ${short:+--set train.max_steps=40}
}

ask() {  # ask METHOD FOLDER: five rounds on questions that no training has seen
    # A training run keeps its last checkpoint, and a model is its own.
    checkpoint=$(ls -d "$2"/checkpoint-* 2>/dev/null || echo "$2")
    step "rounds-$1" ptr-eval run \
        --model hf --model_args "pretrained=$checkpoint,dtype=float32" --device cpu \
        --batch_size 250 --apply_chat_template \
        --include_path "$here" --tasks ptr_tiny,ptr_tiny_heldout \
        --metadata '{"ptr_data": "test", "ptr_rounds": 5, "ptr_instruction": "refine your answer"}' \
        --output_path "results/$1" --log_samples
}

combine() {  # combine METHOD CHECKPOINT: four candidates, and one answer made of them
    checkpoint=$(ls -d "$2"/checkpoint-* 2>/dev/null || echo "$2")
    step "groups-$1" ptr-eval run \
        --model hf --model_args "pretrained=$checkpoint,dtype=float32" --device cpu \
        --batch_size 250 --apply_chat_template \
        --include_path "$here" --tasks ptr_tiny,ptr_tiny_heldout \
        --gen_kwargs do_sample=true,temperature=1.0 \
        --metadata '{"ptr_data": "test", "ptr_protocol": "parallel", "ptr_candidates": 4,
                     "ptr_synthesis": "combine the candidates", "ptr_context": 256}' \
        --output_path "groups/$1" --log_samples
}

gsr() {
    step build-gsr ptr-data build build-gsr.yaml
    fine_tune GSR gsr
    combine GSR runs/gsr
}

candidates() { combine Prompt models/base; }

# ---------------------------------------------------------------------- how they are run

step() {  # step NAME COMMAND...: run it, unless it was done before
    name=$1
    shift
    if [ -e "steps/$name.done" ]; then
        echo "$name: done before, in $(cat "steps/$name.done") s"
        return
    fi
    echo "$name ..."
    since=$(date +%s)
    touch "steps/$name.now"
    "$@" >"steps/$name.log" 2>&1 &
    trap "kill $! 2>/dev/null; rm -f steps/$name.now; exit 143" INT TERM
    wait $! || {
        rm -f "steps/$name.now"
        { tail -n 20 "steps/$name.log"; echo "$name failed; see $PWD/steps/$name.log"; } >&2
        exit 1
    }
    trap - INT TERM
    echo $(($(date +%s) - since)) >"steps/$name.part"
    mv "steps/$name.part" "steps/$name.done"
    rm -f "steps/$name.now"
    echo "$name: $(cat "steps/$name.done") s"
}

together() {  # together LANE...: run them at the same time
    lanes=''
    for lane; do
        "$lane" &
        lanes="$lanes $!"
    done
    trap 'kill $lanes 2>/dev/null; wait; exit 143' INT TERM
    failed=''
    for lane in $lanes; do
        wait "$lane" || failed=yes
    done
    trap - INT TERM
    [ ! "$failed" ]
}

progress() {  # on a terminal: the last lines of the commands that are running
    while sleep 1; do
        line=''
        for now in steps/*.now; do
            [ -e "$now" ] || continue
            last=$(tail -c 600 "${now%.now}.log" | tr '\r' '\n' | grep -o '^[^|]*%|' | tail -n 1)
            line="$line  $(basename "$now" .now): ${last%|}"
        done
        printf '\r\033[K%.*s\r' "$(($(tput cols) - 1))" "$line"
    done
}

rm -f steps/*.now
if [ -t 1 ]; then
    progress &
    trap "kill $! 2>/dev/null" EXIT
fi

data
together build prompt
together ptr ift dpo
if [ "$gsr" ]; then
    together gsr candidates
    step report-gsr ptr-eval report groups/Prompt groups/GSR --out groups-report
fi
step report ptr-eval report --config report.yaml --out report
echo
python "$here/verdict.py" results 2>steps/verdict.log || { cat steps/verdict.log >&2; exit 1; }
echo
[ ! "$short" ] || echo "Shortened: these figures show that the steps work, and nothing else."
[ ! "$gsr" ] || echo "Combining candidates: $PWD/groups-report/report.html"
echo "All answers, plots and tests: $PWD/report/report.html"
echo "$(($(date +%s) - began)) seconds in all."
