#!/bin/sh
# Installs into a temporary prefix, builds a program against it with pkg-config, runs it, and checks
# that the library shows nothing but pmpo_*. check_install.sh BUILD-FOLDER
set -eu
t=$(mktemp -d)
trap 'rm -rf "$t"' EXIT
cmake --install "$1" --prefix "$t" > "$t/log"
for f in bin/pmpo include/pmpo.h include/pmpo_data.h include/pmpo_words.h include/pmpo_measure.h \
    include/pmpo_compare.h; do
    [ -e "$t/$f" ] || { echo "not installed: $f"; exit 1; }
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
