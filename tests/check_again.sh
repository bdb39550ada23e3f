#!/bin/sh
# The command on the page of a run is accepted and makes the same run. check_again.sh PMPO-FAKE
pmpo=$1
. "$(dirname "$0")/check_help.sh"
begin check_again
odd_data 40 >data.jsonl
printf 'Say yes.\nSay no.\n' >mine
mkdir far
printf '{prompt} {input} ' >far/plain
URL=http://127.0.0.1:8000/v1

# The command of a page, as a shell reads it.
command_of() {
    sed -n '/<pre id="again"/,/<\/pre>/p' "$1" | sed 's/.*aria-label="Command">//; s/<\/pre>.*//' |
        sed "s/&#39;/'/g; s/&quot;/\"/g; s/&lt;/</g; s/&gt;/>/g; s/&#13;/\r/g; s/&amp;/\&/g"
}

check() { # OPTIONS...
    rm -f one two page.html
    "$pmpo" optimize -q -d data.jsonl -o one --train 8 --val 6 --test 8 --iterations 2 --hard 2 "$@" \
        </dev/null >out 2>&1 || { fail "$*: the run: $(cat out)"; return; }
    "$pmpo" report one -o page.html >/dev/null || die "$*: no page"
    again=$(command_of page.html | sed "s,DATA,data.jsonl,; s,SERVER,$URL,; s,LIBRARY,mine,; s,@plain,@far/plain,")
    words="\"$pmpo\" ${again#pmpo } -q -o two"
    (eval "$words") </dev/null >out 2>&1 || { fail "$*: $words: $(cat out)"; return; }
    for form in csv text; do
        "$pmpo" show --format $form one >first
        "$pmpo" show --format $form two >second
        cmp -s first second || fail "$*: another run: $words: $(diff first second | head -n 4)"
    done
    if grep -q "$t" page.html; then
        fail "$*: the page has a path of the machine"
    fi
}

check -m fake
check -m fake -p "It's \"odd\" & <so>. {{keep}}Be brief.{{/keep}}" --seed 3
check -m fake -p "$(printf 'Say\r\nyes.')"
check -m fake --preset paper
check -m fake --rewriter none --library mine
check -m fake --rewriter other --rewrite-form small --variants 2
check -m fake --proposers library,contract,merge
check -m fake --proposers library,induce --variants 2 --lowest-loss
check -m fake --val 0
check -m fake --iterations 0
check -m fake --metric none
check -m fake --metric exact --max-tokens 20 --shortlist 2
check -m fake --demos 2 --demos-as turns --length-price 0.001
check -m fake -m another --joint max
echo "joint = mean" >options
check -m fake --config options # one model: it says nothing
printf 'allow-copy = yes\nno-guard = yes\n' >unguarded
check -m fake --config unguarded --preset paper
check -m fake --config unguarded --rewriter none
check -m fake --no-mask --no-hard-cases --no-guard --race paired --no-loss-check
check -m fake --memory 4G
check -m fake --template @far/plain --threads 2 --precision f16
check -m $URL --model-name served
# Characters of several tokens are whole on the page; a path is a word for a shell.
i=0
while [ $i -lt 24 ]; do
    i=$((i + 1))
    echo "{\"input\":\"Is $i odd?\",\"target\":\"日本$i語、東京\"}"
done >wide.jsonl
"$pmpo" optimize -q -m fake -d wide.jsonl -o "my run" --iterations 2 --metric none </dev/null >out 2>&1
grep -q "pmpo show --best 'my run'" out || fail "a path is not quoted: $(tail -n 1 out)"
"$pmpo" report "my run" -o page.html >/dev/null
grep -q "Largest change" page.html || fail "the page has no largest change"
grep -q "$(printf '\357\277\275')" page.html && fail "a character is cut on the page"
finish
