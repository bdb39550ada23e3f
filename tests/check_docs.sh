#!/bin/sh
# check_docs.sh FAKE PMPO SOURCE: every command that README and docs show does what it should.
#
# Commands in blocks (lines of four blanks and `pmpo`) run in the order of their page, over the fake engine, in a
# folder with the files they name; what they print is held to a shape. Of what needs the network, as of commands in
# the running text, only the command's and the options' names are checked. check_bench.sh runs bench/.
set -u
fake=$1
pmpo=$2
source=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export XDG_CACHE_HOME="$work/cache" LC_ALL=C
unset PMPO_MODEL
failed=0
fail() { echo "check_docs: $*"; failed=1; }
"$pmpo" --list-options >"$work/options"

# ---- what they work on ------------------------------------------------------------------

mkdir "$work/start"
cd "$work/start" || exit 1
awk 'BEGIN {
    split("billing delivery returns", team)
    printf "text,label\n" >"feedback.csv"
    for (i = 0; i < 40; i++) {
        t = team[i % 3 + 1]
        l = sprintf("{\"input\": \"Message %d about it.\", \"target\": \"%s\", \"options\": [\"billing\", \"delivery\", \"returns\"]}", i, t)
        print l >"train.jsonl"; print l >"tickets.jsonl"
        m = l; sub(/, "options.*/, "}", m); print m >"messages.jsonl"
        sub("Message", "Another", l); print l >"test.jsonl"
        printf "message %d,%s\n", i, t >"feedback.csv"
        printf "{\"prompt\": \"Question %d?\", \"chosen\": \"Yes, %d.\", \"rejected\": \"No.\"}\n", i, i >"dpo.jsonl"
        printf "{\"question\": \"%d plus 1?\", \"answer\": \"It is %d.\\n#### %d\"}\n", i, i + 1, i + 1 >"problems.jsonl"
        printf "{\"text\": \"message %d\", \"label\": \"%s\"}\n", i, t >"reviews.jsonl"
        printf "{\"instruction\": \"Say %d.\", \"input\": \"\", \"output\": \"%d\"}\n", i, i >"alpaca.json"
        printf "{\"messages\": [{\"role\": \"user\", \"content\": \"%d?\"}, {\"role\": \"assistant\", \"content\": \"%d\"}]}\n", i, i >"chats.jsonl"
    } }'
printf 'Read the message. Then name the team.\n' >prompt.txt
ln -s "$source/examples" examples

# What a command prints, as a pattern that a line of it has to match.
shape_of() {
    case $1 in
    optimize | resume) echo '^verdict ' ;;
    show) echo '.' ;;
    report) echo '^page .*html (' ;;
    score) echo '^ *1 *[0-9.]* *[0-9.]*' ;;
    eval) echo '^ *1 *[0-9]* *exact' ;;
    audit) echo 'nll mean' ;;
    compare) echo '^best ' ;;
    compress) echo '^prompt\|^shorter\|tokens' ;;
    analyze) echo '95 % interval' ;;
    bench) echo 'noise floor\|rows' ;;
    "data check") echo '^examples .*sound' ;;
    "data import") echo '^written' ;;
    "data split") echo 'train' ;;
    "models list") echo 'qwen2.5-coder-0.5b-instruct' ;;
    *) echo . ;;
    esac
}

name_of() { # the command of "pmpo data import ..."
    case $2 in
    data | models) echo "$2 $3" ;;
    *) echo "$2" ;;
    esac
}

check_names() { # PLACE pmpo COMMAND WORD...: is it a command, and does it take these options?
    place=$1
    shift
    command=$(name_of "$@" x)
    cut -f1 "$work/options" | grep -qx "$command" || { fail "no command: $place"; return; }
    for word in "$@"; do
        case $word in
        --*)
            option=${word%%=*}
            option=$(echo "$option" | tr -d ',;.')
            grep -q "^$command	$option	" "$work/options" || fail "$place: $command takes no $option" ;;
        esac
    done
}

# ---- blocks --------------------------------------------------------------------------------

run_block() { # PAGE COMMAND-LINE
    line=$(echo "$2" | sed 's/  *#.*//; s/-m \(MODEL\|qwen[^ ]*\)/-m fake/g; s/-m OTHER/-m other/g; s/\bRUN\.\.\./run.pmpo/; s/\bRUN\b/run.pmpo/g')
    page=$1
    eval "set -- $line"
    command=$(name_of "$@")
    case $line in
    *"COMMAND"*) return ;; # a form
    *"models pull"* | *"://"*) # the network
        check_names "$page: $line" "$@"
        return
        ;;
    esac
    shift
    program=$fake
    [ "$command" = "models list" ] && program=$pmpo
    "$program" "$@" >"$work/out" 2>"$work/err" </dev/null
    code=$?
    if [ $code -ne 0 ]; then
        fail "$page: $line: exit $code: $(head -2 "$work/err")"
    elif ! grep -q -e "$(shape_of "$command")" "$work/out" && ! grep -q -e "$(shape_of "$command")" "$work/err"; then
        fail "$page: $line: does not look as it should: $(head -3 "$work/out")"
    fi
}

count=0
for page in README.md docs/tutorial.md docs/faq.md docs/cli.md docs/formats.md docs/proposers.md docs/templates.md docs/results.md docs/speed.md \
    docs/scale.md; do
    [ -f "$source/$page" ] || continue
    rm -rf "$work/here"
    cp -r "$work/start" "$work/here"
    cd "$work/here" || exit 1
    [ "$page" != docs/tutorial.md ] || rm tickets.jsonl feedback.jsonl 2>/dev/null # it makes them
    sed ':more; /^    .*\\$/ { N; s/\\\n */ /; b more }' "$source/$page" |
        sed -n 's/^    \(pmpo [a-z].*\)/\1/p' >"$work/lines"
    while IFS= read -r line; do
        count=$((count + 1))
        run_block "$page" "$line"
    done <"$work/lines"
done

# Examples in the pages are sound.
cat "$source"/README.md "$source"/docs/*.md | awk '/^```jsonl/ { n++; on = 1; next } /^```/ { on = 0 }
    on { print >"'"$work"'/block" n ".jsonl" }'
for f in "$work"/block*.jsonl; do
    "$pmpo" data check "$f" >"$work/out" 2>&1 || fail "an example in a page: $(head -2 "$work/out")"
done

# ---- the running text ------------------------------------------------------------------------

cd "$source" || exit 1
grep -ho '`pmpo [^`]*`' README.md docs/*.md | tr -d '`' | sort -u >"$work/inline"
while IFS= read -r line; do
    # shellcheck disable=SC2086
    set -f && set -- $line && set +f
    [ $# -ge 2 ] || continue
    case $2 in help | COMMAND | -*) continue ;; esac
    check_names "$line" "$@"
done <"$work/inline"
echo "$count commands in blocks, $(wc -l <"$work/inline") in the text"
[ $count -ge 25 ] || fail "only $count commands found"
exit $failed
