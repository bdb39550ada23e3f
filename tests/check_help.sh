# Sourced by check_*.sh: a folder of the check's own, data, and what a failed check does.
#   begin NAME         goes to a new folder, $t, which is removed at the end; no cache and no model of the user's
#   odd_data N >FILE   N examples, which ask whether a number is odd
#   fail WORDS...      says so, counts it, and the check goes on
#   die WORDS...       says so, and the check ends
#   finish             the check's exit status: 1 if something failed
set -u

begin() {
    check_name=$1
    failed=0
    t=$(mktemp -d)
    trap 'rm -rf "$t"' EXIT
    cd "$t" || exit 1
    export XDG_CACHE_HOME="$t/cache" LC_ALL=C
    unset PMPO_MODEL
}

odd_data() {
    example=0
    while [ $example -lt "$1" ]; do
        example=$((example + 1))
        echo "{\"input\":\"Is $example odd?\",\"target\":\"Yes\",\"options\":[\"Yes\",\"No\"]}"
    done
}

fail() {
    echo "$check_name: $*"
    failed=$((failed + 1))
}

die() {
    fail "$@"
    exit 1
}

finish() {
    [ $failed = 0 ]
    exit
}
