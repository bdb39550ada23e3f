#!/bin/sh
# Installs into a temporary prefix, compares the library's symbols with the list that is kept, builds the
# examples of examples/c against it with CMake and with pkg-config, and runs them.
#   check_install.sh SOURCE-FOLDER BUILD-FOLDER MAKE-TINY
# UPDATE=1 rewrites cmake/pmpo.symbols.
set -eu
src=$1 build=$2 make_tiny=$3
t=$(mktemp -d)
trap 'rm -rf "$t"' EXIT
fail() { echo "$*"; exit 1; }
cmake --install "$build" --prefix "$t/first" > "$t/log"
mv "$t/first" "$t/moved" # nothing may depend on where it was installed
p=$t/moved
for h in "$src"/include/*.h; do
    [ -e "$p/include/${h##*/}" ] || fail "not installed: ${h##*/}"
done
for f in share/man/man1/pmpo.1 share/man/man1/pmpo-optimize.1 share/man/man1/pmpo-models-list.1 share/man/man3/pmpo.3 \
    share/bash-completion/completions/pmpo share/zsh/site-functions/_pmpo share/fish/vendor_completions.d/pmpo.fish; do
    [ -s "$p/$f" ] || fail "not installed: $f"
done
lib=$(dirname "$(find "$p" -name libpmpo.so)")

# ---- documents: no link of an installed one leads nowhere
find "$p/share/doc" -name '*.md' > "$t/pages"
while read -r page; do
    grep -o '](\([^)#]*\)' "$page" | sed 's/^](//' | grep -v '^[a-z]*:' | sort -u > "$t/links" || true
    while read -r to; do
        [ -e "$(dirname "$page")/$to" ] || fail "installed: ${page#"$p/"} links to $to, which is not there"
        echo "$to" >> "$t/followed"
    done < "$t/links"
done < "$t/pages"
[ "$(wc -l < "$t/followed")" -ge 30 ] || fail "only $(wc -l < "$t/followed") links in the installed documents"

# ---- symbols
nm -D --defined-only "$lib/libpmpo.so" | awk '{print $3}' | LC_ALL=C sort > "$t/symbols"
kept=$src/cmake/pmpo.symbols
if [ "${UPDATE:-}" = 1 ]; then
    cp "$t/symbols" "$kept"
fi
diff "$kept" "$t/symbols" || fail "libpmpo shows other symbols than cmake/pmpo.symbols (UPDATE=1 rewrites it)"
if grep -v '^pmpo_' "$t/symbols"; then
    fail "libpmpo shows more than pmpo_*"
fi

# ---- pkg-config
PKG_CONFIG_PATH=$lib/pkgconfig pkg-config --cflags --libs pmpo > "$t/flags"
# shellcheck disable=SC2046
${CC:-cc} -std=c11 "$src/examples/c/score.c" -o "$t/score" $(cat "$t/flags")
[ "$(PKG_CONFIG_PATH=$lib/pkgconfig pkg-config --modversion pmpo)" = \
    "$("$p/bin/pmpo" --version | sed 's/.* //')" ] || fail "pmpo.pc has another version than pmpo"

# ---- CMake
cmake -S "$src/examples/c" -B "$t/build" -DCMAKE_PREFIX_PATH="$p" -DCMAKE_C_FLAGS=-Werror > "$t/log" 2>&1 ||
    fail "$(cat "$t/log")"
cmake --build "$t/build" > "$t/log" 2>&1 || fail "$(cat "$t/log")"

# ---- what the examples do
export XDG_CACHE_HOME="$t/cache" LD_LIBRARY_PATH="$lib"
"$make_tiny" "$t/tiny.gguf"
i=0
while [ $i -lt 12 ]; do
    echo "{\"input\": \"Is $i below 6?\", \"target\": \"$([ $i -lt 6 ] && echo yes || echo no)\", \"options\": [\"yes\", \"no\"]}"
    i=$((i + 1))
done > "$t/data.jsonl"
same() { # WHAT GOT EXPECTED
    [ "$2" = "$3" ] || fail "$1: $2, expected $3"
}
"$t/score" "$t/tiny.gguf" "$t/data.jsonl" "Say yes or no." raw > "$t/scores"
loss=$(awk '/mean loss/ {print $1}' "$t/scores")
said=$("$p/bin/pmpo" score --json -m "$t/tiny.gguf" -d "$t/data.jsonl" -p "Say yes or no." --template raw |
    sed 's/.*"prompt":"Say yes or no.","loss":\([0-9.]*\),.*/\1/' | awk '{printf "%.4f", $1}')
same "score and pmpo score" "$loss" "$said"
if [ -d "$lib/pmpo" ]; then # with OpenBLAS: the installed copy is opened, by program and library
    opens() { # WHO COMMAND...
        who=$1
        shift
        LD_DEBUG=libs "$@" 2>&1 | grep -q "calling init: $t/.*/pmpo/libscipy_openblas.so" ||
            fail "$who doesn't open the OpenBLAS installed with it"
    }
    opens pmpo env -u LD_LIBRARY_PATH "$p/bin/pmpo" score -m "$t/tiny.gguf" -d "$t/data.jsonl" -p x --template raw
    opens libpmpo "$t/score" "$t/tiny.gguf" "$t/data.jsonl" x raw
fi
rc=0; "$t/score" "$t/tiny.gguf" "$t/none.jsonl" x 2> "$t/err" || rc=$?
same "the exit status without data" $rc 2
grep -q 'none.jsonl: No such file' "$t/err" || fail "$(cat "$t/err")"

rc=0; "$t/build/progress" "$t/tiny.gguf" "$t/data.jsonl" "$t/a.pmpo" raw > "$t/whole" || rc=$?
same "progress" $rc 0
grep -q '^done: best prompt' "$t/whole" || fail "$(cat "$t/whole")"
export XDG_CACHE_HOME="$t/another" # so that there is something to do
rc=0; "$t/build/progress" "$t/tiny.gguf" "$t/data.jsonl" "$t/b.pmpo" raw 12 > "$t/part" 2> "$t/err" || rc=$?
same "progress, stopped" $rc 3
grep -q '^stopped: best prompt so far' "$t/part" || fail "$(cat "$t/part" "$t/err")"
rc=0; "$t/build/progress" "$t/tiny.gguf" "$t/data.jsonl" "$t/b.pmpo" > "$t/rest" || rc=$?
same "progress, going on" $rc 0
same "the best prompt after a stop" "$(tail -1 "$t/rest")" "$(tail -1 "$t/whole")"

printf '%s\n' "Be brief." "Say yes or no." "Look at the number." "Think first." > "$t/ideas"
"$t/build/proposer" "$t/tiny.gguf" "$t/data.jsonl" "$t/ideas" "$t/c.pmpo" raw > "$t/whole"
same "proposals" "$(grep -c ' ideas ' "$t/whole")" 4
"$t/build/proposer" "$t/tiny.gguf" "$t/data.jsonl" "$t/ideas" "$t/c.pmpo" > "$t/rest"
diff "$t/whole" "$t/rest" || fail "proposer: resumed otherwise"
rc=0; "$p/bin/pmpo" resume "$t/c.pmpo" 2> "$t/err" > /dev/null || rc=$?
same "pmpo resume of a custom proposer's run" $rc 2
grep -q ideas "$t/err" || fail "$(cat "$t/err")"

# After a text of yes, yes is likelier than after one of no.
yes "yes " | head -100 > "$t/text"
echo '{"input": "So?", "target": "yes"}' > "$t/one.jsonl"
"$t/build/engine" "$t/text" "$t/one.jsonl" "Well" "Now" > "$t/said"
same "engine" "$(awk '{print ($1 > 0 && $1 < 3)}' "$t/said" | tr -d '\n')" 11
