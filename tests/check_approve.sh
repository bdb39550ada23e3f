#!/bin/sh
# The question of --approve: a signal ends the sitting, answers are lines. check_approve.sh PMPO-FAKE
pmpo=$1
. "$(dirname "$0")/check_help.sh"
begin check_approve
odd_data 24 >data.jsonl
how="-q -m fake -d data.jsonl --train 8 --val 4 --test 8 --iterations 2 --hard 2 --variants 2 --approve"

# Nobody answers; the fifo stays open.
mkfifo answers
# shellcheck disable=SC2086
"$pmpo" optimize $how -o run <answers >out 2>&1 &
pid=$!
exec 3>answers
n=0
while ! grep -q "accept, refuse" out && [ $n -lt 200 ]; do
    n=$((n + 1))
    sleep 0.05
done
grep -q "accept, refuse" out || fail "nothing was asked: $(cat out)"
kill -TERM $pid
(sleep 20; kill -KILL $pid) 2>/dev/null &
watch=$!
wait $pid
[ $? = 3 ] || fail "a signal did not end the question: $(tail -n 3 out)"
kill $watch 2>/dev/null
exec 3>&-
grep -q "everything is kept" out || fail "not kept: $(tail -n 3 out)"

# Two answers in one write, no line's end at the second, then nothing.
printf '\na' | "$pmpo" resume run -q --approve >out 2>&1
code=$?
[ $code = 0 ] || [ $code = 3 ] || fail "resume: exit $code: $(tail -n 3 out)"
[ "$(grep -o "accept, refuse" out | wc -l)" -ge 2 ] || fail "an empty line was taken for an answer"
"$pmpo" show run >/dev/null || fail "the run can't be read"

# What a terminal would obey is blanked: it could hide words.
how="-q -m fake -d data.jsonl --train 8 --val 4 --test 8 --iterations 1 --hard 2 --variants 2 --approve"
escape=$(printf '\033')
# shellcheck disable=SC2086
"$pmpo" optimize $how -p "Say ${escape}[8mso${escape}[0m." -o hidden </dev/null >out 2>&1
grep -q "accept, refuse" out || fail "nothing was asked of the marked prompt: $(cat out)"
grep -q "\[8mso" out || fail "the words are not there: $(cat out)"
sed '/accept, refuse/q' out | grep -q "$escape" && fail "an escape reaches the terminal"

# The editor gets a file in TMPDIR, whatever that is called, and none is left behind.
mkdir "a place"
cat >editor <<'END'
#!/bin/sh
echo "$1" >>"$SEEN"
echo "Say yes or no." >"$1"
END
chmod +x editor
edit_in() { # FOLDER EDITOR NAME
    # shellcheck disable=SC2086
    printf 'e\ns\n' | SEEN="$t/seen" TMPDIR="$1" VISUAL="$2" "$pmpo" optimize $how -o "$3" >out 2>&1
    [ -z "$(ls "a place")" ] || fail "$2 leaves a file: $(ls "a place")"
}
edit_in "$t/a place" "$t/editor" edited
grep -q "^$t/a place/pmpo-prompt-" seen || fail "TMPDIR is not where the prompt was edited: $(cat seen out)"
"$pmpo" show edited --json | grep -q "Say yes or no." || fail "what was edited is not in the run"
edit_in "$t/a place" false refused
grep -q "the editor failed: false $t/a place/pmpo-prompt-" out || fail "a failed editor: $(cat out)"
edit_in "$t/nowhere" "$t/editor" nowhere
grep -q "no prompt can be written in $t/nowhere" out || fail "no such folder: $(cat out)"
finish
