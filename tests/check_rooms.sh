#!/bin/sh
# Holds the tree to docs/design.md: which room may include which, one home for each big library,
# malloc only in base/, no numbers read or written by the host's locale, no source or header name
# in two folders, no private type or macro in two headers, no file over 800 lines, no function over 45 lines or
# with more than 7 parameters. check_rooms.sh DIR; --self-test plants faults.
set -eu

# Top to bottom; a room includes its own files and those of rooms further down.
rooms="api report engine search propose eval score model fetch store data text stats base"

complain() {
    echo "$*"
    failed=1
}

check_includes() { # DIR
    for room in $rooms; do
        [ -d "$1/src/$room" ] || continue
        below=$(echo " $rooms " | sed "s/.* $room / $room /")
        for f in $(find "$1/src/$room" -name "*.[ch]" -o -name "*.cpp"); do
            [ -e "$f" ] || continue
            for inc in $(sed -n 's/^#include "\(.*\)".*/\1/p' "$f"); do
                case $inc in
                pmpo.h | pmpo_custom.h) ;;
                */*)
                    case "$below" in
                    *" ${inc%%/*} "*) ;;
                    *) complain "$f includes $inc, a room above it" ;;
                    esac ;;
                *) complain "$f includes $inc: write ROOM/FILE.h" ;;
                esac
            done
        done
    done
    for f in "$1"/cli/*.[ch]; do
        [ -e "$f" ] || continue
        for inc in $(sed -n 's/^#include "\(.*\)".*/\1/p' "$f"); do
            [ "$inc" = pmpo.h ] || [ -e "$1/cli/$inc" ] ||
                complain "$f includes $inc: cli/ sees only pmpo.h"
        done
    done
}

# An engine knows the contract and models on disk, no prompts, examples or losses; and no other
# engine: only the table does.
check_engines() { # DIR
    for f in $(find "$1/src/engine" -name '*.[ch]' -o -name '*.cpp' 2>/dev/null); do
        for inc in $(sed -n 's/^#include "\(.*\)".*/\1/p' "$f"); do
            case $inc in
            pmpo.h | pmpo_custom.h | model/* | fetch/* | base/* | engine/*.h) ;;
            *) complain "$f includes $inc: an engine sees model/, fetch/ and base/" ;;
            esac
            case $inc in
            engine/*/*)
                [ "${f##*/}" = engines.c ] || [ "$(dirname "$f")" = "$1/src/$(dirname "$inc")" ] ||
                    complain "$f includes $inc of another engine" ;;
            esac
        done
    done
}

check_homes() { # DIR
    home() { # HEADER-PATTERN ROOM
        for f in $(grep -lE "^#include <($2)>" -r "$1/src" "$1/cli" 2>/dev/null || true); do
            case $f in
            "$1/src/$3/"*) ;;
            *) complain "$f includes <$2>, whose home is src/$3" ;;
            esac
        done
    }
    home "$1" 'llama\.h|ggml[a-z-]*\.h|gguf\.h' engine/llama
    home "$1" 'curl/curl\.h' engine/http
    home "$1" 'sqlite3\.h' store
    for f in $(grep -lE '(^|[^_a-zA-Z.>])(malloc|calloc|realloc|free|strdup)\(' -r "$1/src" \
        --include='*.[ch]' 2>/dev/null || true); do
        case $f in
        "$1/src/base/mem.c") ;;
        *) complain "$f allocates by itself: use base/mem.h" ;;
        esac
    done
}

# What reads or writes a floating-point number by the locale of the calling program: base/plain.h has
# what doesn't. A call of snprintf ends at the first line with ");".
check_plain() { # DIR
    for f in $(find "$1/src" -name '*.[ch]' ! -path '*/src/base/plain.[ch]' 2>/dev/null); do
        found=$(awk '
            /(^|[^_a-zA-Z])(to(lower|upper)|is(al(pha|num)|[x]?digit|space|upper|lower|punct)|strn?casecmp)\(/ { print FNR; exit }
            /(^|[^_a-zA-Z])(strto(d|f|ld)|atof|vs?n?printf|vsnprintf)\(/ { print FNR; exit }
            /(^|[^_a-zA-Z])s?n?printf\(/ { in_call = 1 }
            in_call && /%[-+ #0-9.*]*[aefgAEFG]/ { print FNR; exit }
            /\);/ { in_call = 0 }' "$f")
        [ -z "$found" ] || complain "$f:$found: a number or letter by the host's locale: use base/plain.h, base/str.h"
    done
}

check_lengths() { # DIR
    for f in $(find "$1/src" "$1/cli" "$1/include" "$1/tests" -name '*.[ch]' 2>/dev/null); do
        n=$(wc -l < "$f")
        [ "$n" -le 800 ] || complain "$f has $n lines"
    done
}

check_names() { # DIR
    same() { sed 's/\.[a-z]*$//' | sort -u | sed 's,.*/,,' | sort | uniq -d; }
    for name in $(find "$1/src" -name '*.c' -o -name '*.cpp' 2>/dev/null | same) \
        $(find "$1/src" -name '*.h' 2>/dev/null | same); do
        complain "src/ has files called $name in more than one folder"
    done
}

# What is private to the library has one meaning in it: no two headers define the same type or macro.
check_words() { # DIR
    for name in $(find "$1/src" -name '*.h' 2>/dev/null | sort | xargs -r awk '
        /^} pmpo_[a-z0-9_]+;/ { name = $2; sub(/;.*/, "", name) }
        /^#define PMPO_[A-Z0-9_]+/ { name = $2; sub(/\(.*/, "", name) }
        name != "" && (name in first) && first[name] != FILENAME { print name }
        name != "" { first[name] = FILENAME; name = "" }' | sort -u); do
        complain "src/ has $name in more than one header"
    done
}

# Functions begin in the first column and end with a brace there.
check_functions() { # DIR
    found=$(find "$1/src" "$1/cli" "$1/include" -name '*.[ch]' 2>/dev/null | xargs -r awk '
        function say(what) { printf "%s:%d: %s %s\n", FILENAME, first, name, what }
        FNR == 1 { head = ""; body = 0 }
        body { if ($0 == "}") {
                   body = 0
                   if (FNR - first + 1 > 45) say("has " FNR - first + 1 " lines")
               }
               next }
        !head && /^[A-Za-z].*[a-z0-9_]\(/ && !/^(typedef|extern) / && !/=/ {
            first = FNR
            name = $0; sub(/\(.*/, "", name); sub(/.*[ *]/, "", name) }
        head || (first == FNR && /^[A-Za-z]/) {
            head = head $0
            open = gsub(/\(/, "(", head); shut = gsub(/\)/, ")", head)
            if (open > shut) next
            list = head; sub(/^[^(]*\(/, "", list)
            while (sub(/\([^()]*\)/, "", list)) {}
            if (gsub(/,/, ",", list) > 6 && head !~ /PMPO_PRINTF/)
                say("has more than 7 parameters")
            head = ""; closed = FNR; next }
        $0 == "{" && closed == FNR - 1 { body = 1 }')
    [ -z "$found" ] || complain "$found"
}

check() { # DIR
    failed=0
    check_names "$1"
    check_words "$1"
    check_functions "$1"
    check_includes "$1"
    check_engines "$1"
    check_homes "$1"
    check_plain "$1"
    check_lengths "$1"
    return $failed
}

self_test() {
    t=$(mktemp -d)
    trap 'rm -rf "$t"' EXIT
    plant() { # FILE LINE...
        rm -rf "$t"/*
        mkdir -p "$t/src/base" "$t/src/text" "$t/src/model" "$t/src/engine/llama" "$t/cli"
        echo 'int x;' > "$t/src/base/mem.c"
        printf '%s\n' '#define PMPO_MOST 3' '} pmpo_mem;' > "$t/src/base/mem.h"
        check "$t" > /dev/null || { echo "a clean tree fails"; exit 1; }
        f=$1; shift
        printf '%s\n' "$@" > "$t/$f"
        if check "$t" > /dev/null; then
            echo "not noticed in $f: $1"
            exit 1
        fi
    }
    fine() { # FILE LINE...: no fault
        f=$1; shift
        printf '%s\n' "$@" > "$t/$f"
        check "$t" || { echo "a fault is seen in $f where there is none"; exit 1; }
    }
    plant src/text/a.c '#include "model/model.h"'
    plant src/text/a.c '#include "a.h"'
    plant cli/a.c '#include "base/str.h"'
    plant src/text/a.c '#include <llama.h>'
    plant src/model/a.c '#include <sqlite3.h>'
    plant src/text/a.c 'x = malloc(3);'
    plant src/base/a.c 'free(x);'
    plant src/text/a.c 'x = strtod(s, NULL);'
    plant src/text/a.c 'x = isalpha((unsigned char)c);'
    plant src/text/a.c 'x = strcasecmp(a, b);'
    plant src/text/a.c 'vsnprintf(s, n, fmt, ap);'
    plant src/text/a.c 'snprintf(s, n, "%d of "' '         "%.3f", i, x);'
    plant src/model/a.c '#include "engine/engines.h"'
    plant src/engine/llama/a.c '#include "score/score.h"'
    plant src/engine/llama/a.c '#include "engine/http/http.h"'
    plant src/engine/engines.c '#include <llama.h>'
    seq 801 > "$t/long"
    plant src/text/a.c "$(seq 801)"
    plant src/text/mem.c 'int y;'
    plant src/text/mem.cpp 'int y;'
    plant src/text/a.h '#define PMPO_MOST 4'
    plant src/text/a.h '} pmpo_mem;'
    plant src/text/a.c 'static int f(int a, int b, int c,' '             int (*d)(int, int), int e, int f,' \
        '             int g, int h)' '{' '}'
    plant src/text/a.c 'int f(void)' '{' "$(seq 43)" '}'
    fine src/text/a.c 'snprintf(s, n, "%d", i);' 'pmpo_print(s, n, "%.3f", x);'
    fine src/text/a.c 'int f(int a, int b, int (*c)(int, int), int d, int e, int f, int g)' '{' "$(seq 42)" '}'
    echo "every planted fault was noticed"
}

if [ "$1" = --self-test ]; then
    self_test
else
    check "$1"
fi
