#!/bin/sh
# Installs into a temporary prefix, builds a program against it with pkg-config, runs it, and checks
# that the library shows nothing but pmpo_*. check_install.sh BUILD-FOLDER
set -eu
t=$(mktemp -d)
trap 'rm -rf "$t"' EXIT
cmake --install "$1" --prefix "$t" > "$t/log"
for f in bin/pmpo include/pmpo.h include/pmpo_data.h include/pmpo_words.h include/pmpo_measure.h \
    include/pmpo_compare.h include/pmpo_report.h include/pmpo_compress.h include/pmpo_approve.h; do
    [ -e "$t/$f" ] || { echo "not installed: $f"; exit 1; }
done
for f in share/man/man1/pmpo.1 share/man/man1/pmpo-optimize.1 share/man/man1/pmpo-models-list.1 share/man/man3/pmpo.3 \
    share/bash-completion/completions/pmpo share/zsh/site-functions/_pmpo share/fish/vendor_completions.d/pmpo.fish; do
    [ -s "$t/$f" ] || { echo "not installed: $f"; exit 1; }
done
pc=$(find "$t" -name pmpo.pc)
lib=$(dirname "$(dirname "$pc")")
cat > "$t/use.c" <<'C'
#include <pmpo.h>
#include <stdio.h>

int main(void)
{
    pmpo_data *d = NULL;
    pmpo_error err;
    pmpo_model *m = NULL;
    pmpo_model_options o;
    pmpo_model_options_init(&o);
    o.model = "/nowhere.gguf";
    pmpo_model_open(&o, &m, &err);
    int rc = pmpo_data_load("/nowhere", NULL, &d, &err);
    printf("%s %d %s\n", pmpo_version(), pmpo_code_exit(rc), pmpo_code_name(rc));
    return 0;
}
C
# The prefix that pmpo.pc names is the configured one; what is asked here is the layout.
PKG_CONFIG_PATH=$(dirname "$pc") pkg-config --define-variable=prefix="$t" --cflags --libs pmpo > "$t/flags"
# shellcheck disable=SC2046
${CC:-cc} "$t/use.c" -o "$t/use" $(cat "$t/flags")
said=$(LD_LIBRARY_PATH=$lib "$t/use")
[ "$said" = "$("$t/bin/pmpo" --version | sed 's/.* //') 2 PMPO_EDATA" ] || { echo "said: $said"; exit 1; }
shown=$(nm -D --defined-only "$lib"/libpmpo.so | awk '{print $3}' | grep -v '^pmpo_' || true)
[ -z "$shown" ] || { echo "libpmpo shows: $shown"; exit 1; }

# OpenBLAS, where it was built with: the installed copy is opened, by program and library.
[ -d "$lib/pmpo" ] || exit 0
opens() { # WHO COMMAND...
    who=$1
    shift
    LD_DEBUG=libs "$@" 2>&1 | grep -q "calling init: $t/.*/pmpo/libscipy_openblas.so" ||
        { echo "$who doesn't open the OpenBLAS installed with it"; exit 1; }
}
echo '{"input":"a","target":"b"}' >"$t/data.jsonl"
printf 'GGUF' >"$t/no.gguf"
opens pmpo "$t/bin/pmpo" score -m "$t/no.gguf" -d "$t/data.jsonl" -p x
opens libpmpo env LD_LIBRARY_PATH="$lib" "$t/use"
