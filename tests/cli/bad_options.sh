# Every wrong word is named.
try() {
    "$PMPO" "$@"
    echo "$*: $?"
}
try score --frobnicate
try score --frobnicate=3
try score -Z
try score -p
try score --data
try score --json=yes
try score --threads 1x
try score --threads -1
try score --threads 99999
try score --limit 1.5
try score --limit ""
try score --beta nan
try score --beta 0x10
try score --beta 0
try score --loss both
try score --memory 4Q
try score --memory G
try score --iterations 3
try score extra
try score -p x
try score -d x
try score -- -p
try optimize --budget 10
try optimize --budget 0s
try optimize --budget 3days
try optimize --top-p 1.5
try optimize -p a -p b -d x
try optimize --seed -1
try optimize --train 1.0
try data split x --train 24.0
try data split x --train 1.5
try resume
try resume a b
try resume a --iterations 0
try show
try show a --best --json
try models pull
try data check
try data import xml x
try data split - --train 1 --val -1
try analyze -p a -p b
try models list --force
try optimize --rewriter none --max-reply-tokens 20
try score -m "" -d x -p y
try optimize --rewriter "" -d x
try score -d "" -p y
try models info ""
try score -m a.gguf -m b.gguf -d x -p y
try score -m http://a/v1 -m b.gguf -d x -p y
try optimize -m a.gguf -m b.gguf -d x
try optimize --seed 99999999999999999999999
try score -d x -p @
try eval -d x -p y --metric 'exact, frob'
try optimize -d - --approve
try optimize -d x -p - --approve
