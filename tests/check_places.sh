#!/bin/sh
# Files and servers that are no longer where they were, and a cache folder that isn't there: what is said, and that what
# it says helps. check_places.sh PMPO MAKE_TINY SERVE_FAKE
set -u
pmpo=$1
t=$(mktemp -d)
server=
trap 'exec 3>&-; [ -z "$server" ] || wait $server; rm -rf "$t"' EXIT
export XDG_CACHE_HOME="$t/cache" LC_ALL=C
unset PMPO_MODEL PMPO_API_KEY
cd "$t" || exit 1
"$2" tiny.gguf chat || exit 1
"$2" other.gguf || exit 1
i=0
while [ $i -lt 20 ]; do
    i=$((i + 1))
    echo "{\"input\":\"Is $i odd?\",\"target\":\"Yes\",\"options\":[\"Yes\",\"No\"]}"
done >data.jsonl
how="-d data.jsonl --train 6 --val 5 --test 5 --iterations 1 --metric none --template raw --no-cache -q"

fail() {
    echo "check_places: $*"
    cat err
    exit 1
}
works() { # WHAT COMMAND...
    what=$1
    shift
    "$pmpo" "$@" >out 2>err || fail "$what"
}
says() { # WHAT WORDS COMMAND...
    what=$1 words=$2
    shift 2
    "$pmpo" "$@" >out 2>err && fail "$what: worked"
    [ "$(wc -l <err)" = 1 ] && grep -q -e "$words" err || fail "$what"
}

# ---- a file ----
# shellcheck disable=SC2086
works "a run" optimize -m tiny.gguf --rewriter none $how -o run
mkdir there
mv tiny.gguf there/new.gguf
says "moved" "run's model: put it back, or say where it is now with -m" resume run --iterations 2 -q
says "another model" "the run's scorer was" resume run -m other.gguf --iterations 2 -q
says "two models" "one scoring model: -m takes one" resume run -m other.gguf -m there/new.gguf --iterations 2 -q
says "no rewriter" "rewriter has no effect" resume run --rewriter other.gguf --iterations 2 -q
says "nowhere" "nowhere.gguf: No such file" resume run -m nowhere.gguf -q
works "-m" resume run -m there/new.gguf --iterations 2 --no-cache -q
works "the place is kept" resume run --iterations 3 --no-cache -q
echo "model = other.gguf" >config
works "a config file's model is another command's" resume run --config config --iterations 4 --no-cache -q

# ---- several, and a rewriter ----
cp there/new.gguf tiny.gguf
# shellcheck disable=SC2086
works "several" optimize -m tiny.gguf -m other.gguf --joint mean --rewriter tiny.gguf $how -o joint
mv other.gguf there
says "the second" "run's model: put it back" resume joint --iterations 2 -q
says "one of two" "the run has 2 scoring models: give -m for each" resume joint -m there/other.gguf --iterations 2 -q
says "the wrong order" "the run's scorer was" resume joint -m there/other.gguf -m tiny.gguf --iterations 2 -q
works "both" resume joint -m tiny.gguf -m there/other.gguf --iterations 2 --no-cache -q
mv tiny.gguf gone.gguf
says "the rewriter's option" "run's rewriter: .* with --rewriter" resume joint -m gone.gguf -m there/other.gguf --iterations 3 -q
works "the rewriter" resume joint -m gone.gguf -m there/other.gguf --rewriter gone.gguf --iterations 3 --no-cache -q

# ---- a server ----
serve() {
    mkfifo "$1"
    "$serve" vllm <"$1" >"$1.url" &
    server=$!
    exec 3>"$1"
    while [ ! -s "$1.url" ]; do sleep 0.1; done
    url=$(cat "$1.url")
}
serve=$3
serve one
# shellcheck disable=SC2086
works "a run on a server" optimize -m "$url" --model-name fake --rewriter none $how -o served
exec 3>&-
wait $server
says "a server that moved" "another address now, say so with -m" resume served --iterations 2 --timeout 1 -q
serve two
works "its new address" resume served -m "$url" --iterations 2 --no-cache -q
works "the address is kept" resume served --iterations 3 --no-cache -q
exec 3>&-
wait $server
server=

# ---- no cache folder ----
nowhere() { env -u HOME -u XDG_CACHE_HOME "$pmpo" "$@"; }
score="score -d data.jsonl -p Say. --no-cache --limit 2"
# shellcheck disable=SC2086
nowhere $score -m gone.gguf --precision f16 >out 2>err && fail "a copy without a place"
grep -q "set HOME or XDG_CACHE_HOME, or take --precision native, which needs no copy$" err || fail "the way out"
# shellcheck disable=SC2086
nowhere $score -m gone.gguf --precision native >out 2>err || fail "the way out fails"
