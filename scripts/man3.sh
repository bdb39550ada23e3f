#!/bin/sh
# man3.sh VERSION INCLUDE-FOLDER: the manual page pmpo(3) on standard output, from the comments and
# declarations of the public headers. pmpo.h includes the others where they belong.
set -eu
version=$1
cd "$2"

# The headers as one text, in the order in which pmpo.h includes them.
whole() {
    while IFS= read -r line; do
        case $line in
        '#include "pmpo'*) name=${line#*\"}; sed '1,/^#endif$/d' "${name%\"}" ;;
        *) printf '%s\n' "$line" ;;
        esac
    done <pmpo.h
}

whole | awk -v version="$version" '
function say(s) { gsub(/\\/, "\\e", s); gsub(/-/, "\\-", s); if (s ~ /^[.\x27]/) s = "\\&" s; print s }
function comment(s) { sub(/^ *\/?\*+ ?/, "", s); sub(/ *\*\/ *$/, "", s); return s }
BEGIN {
    printf ".TH PMPO 3 \"\" \"pmpo %s\" \"Library Functions\"\n.SH NAME\n", version
    print "libpmpo \\- improve a prompt for a language model by measurement"
    print ".SH SYNOPSIS\n.nf\n.B #include <pmpo.h>\n.PP\ncc program.c $(pkg\\-config \\-\\-cflags \\-\\-libs pmpo)\n.fi"
}
# The comment that the first header begins with.
NR == 1 { print ".SH DESCRIPTION"; inside = 1 }
inside {
    last = $0 ~ /\*\//
    text = comment($0)
    if (NR > 1 && text ~ /^    /) { if (!code) print ".PP\n.nf"; code = 1; say(text) }
    else { if (code) print ".fi"; code = 0; if (text == "") print ".PP"; else if (text ~ /^- /) { print ".IP \\(bu 3"; say(substr(text, 3)) } else { sub(/^ +/, "", text); say(text) } }
    if (last) inside = 0
    next
}
# Sections, declarations with the comment before them.
/^\/\* ---- / { s = $0; sub(/^\/\* -+ /, "", s); sub(/ -* *\*\/$/, "", s); heading = toupper(s); held = 0; next }
/^\/\*/ && !/^\/\* ----/ { held = 0; in_comment = 1 }
in_comment { note[++held] = comment($0); if ($0 ~ /\*\//) in_comment = 0; next }
/^PMPO_API/ { decl = ""; in_decl = 1 }
in_decl {
    line = $0; sub(/^PMPO_API /, "", line)
    decl = decl (decl == "" ? "" : "\n") line
    if ($0 ~ /;$/) {
        in_decl = 0
        if (heading != "") { print ".SH " heading; heading = "" }
        print ".PP\n.nf\n.ft B"; n = split(decl, d, "\n"); for (i = 1; i <= n; i++) say(d[i]); print ".ft R\n.fi"
        if (held) { print ".RS 4"; for (i = 1; i <= held; i++) say(note[i]); print ".RE" }
        held = 0
    }
    next
}
/^$/ { held = 0 }
END { print ".SH SEE ALSO\n.BR pmpo (1)" }'
