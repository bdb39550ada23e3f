#!/bin/sh
# check_manual.sh PMPO MANUAL-FOLDER: manual pages are sound, completion completes.
#
# Pages: one for each command, every option of it in there, no complaint of groff's. Completion: bash's
# function is called as the shell would; zsh and fish parse theirs, where they are installed.
set -eu
pmpo=$1
manual=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "check_manual: $*"; exit 1; }

# ---- pages ---------------------------------------------------------------------------

"$pmpo" --list-options | while IFS="$(printf '\t')" read -r command option value; do
    page=$manual/pmpo-$(echo "$command" | tr ' ' -).1
    name=$(echo "$option" | sed 's/-/\\\\-/g')
    grep -q -e "$name" "$page" || echo "$page lacks $option"
done >"$work/lacks"
[ ! -s "$work/lacks" ] || fail "$(cat "$work/lacks")"
for f in pmpo_score pmpo_optimize pmpo_compare_add pmpo_data_import pmpo_bench_run; do
    grep -q "$f" "$manual/pmpo.3" || fail "pmpo.3 lacks $f"
done
for key in PMPO_API_KEY PMPO_REWRITER_API_KEY PMPO_JUDGE_API_KEY; do
    grep -q "^\.B $key$" "$manual/pmpo.1" || fail "pmpo.1 lacks $key"
done
if command -v groff >/dev/null; then
    for page in "$manual"/*.[13]; do
        groff -man -ww -Tutf8 -z "$page" 2>"$work/said" || fail "$page"
        [ ! -s "$work/said" ] || fail "$page: $(head -3 "$work/said")"
    done
fi

# ---- completion -----------------------------------------------------------------------

if command -v bash >/dev/null; then
    cat >"$work/try.bash" <<'BASH'
. "$1"
offer() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _pmpo; echo " ${COMPREPLY[*]} "; }
want() { case "$(offer "${@:2}")" in *" $1 "*) ;; *) echo "no $1 after ${*:2}"; bad=1 ;; esac; }
cd "$2"
touch examples.jsonl
want optimize pmpo opt
want models pmpo mo
want list pmpo models li
want --prompt pmpo score --pro
want preference pmpo score --loss pre
want bash pmpo completion "" || true
want examples.jsonl pmpo score -d exa
want @examples.jsonl pmpo score -p @exa
[ "$(offer pmpo show --los)" = "  " ] || { echo "show has no --loss"; bad=1; }
exit ${bad:-0}
BASH
    sed -i '/want bash/d' "$work/try.bash"
    mkdir "$work/files"
    PATH="$(dirname "$pmpo"):$PATH" bash "$work/try.bash" "$manual/pmpo.bash" "$work/files" || fail bash
fi
if command -v zsh >/dev/null; then
    zsh -n "$manual/_pmpo" || fail zsh
fi
if command -v fish >/dev/null; then
    fish -n "$manual/pmpo.fish" || fail fish
    fish -c "source $manual/pmpo.fish; complete -C 'pmpo score --lo'" >"$work/fish"
    grep -q -e --loss "$work/fish" || fail "fish offers no --loss"
fi
