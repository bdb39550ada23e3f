#!/bin/sh
# Makes the .deb and the .tar.gz, and installs and runs them on a clean Debian 12 root that has no network:
# pmpo bench, and examples/c/score.c (built here, for there is no compiler there).
#   check_packages.sh SOURCE-FOLDER BUILD-FOLDER MAKE-TINY
# The root is made by debootstrap once and kept in the cache folder; it needs root and Debian's archive.
# Exit status 77: skipped, with the reason.
set -eu
src=$1 build=$2 make_tiny=$3
skip() { echo "skipped: $*"; exit 77; }
fail() { echo "$*"; exit 1; }
[ "$(uname -m)" = x86_64 ] || skip "packages are tested on x86-64"
command -v dpkg-shlibdeps > /dev/null || skip "dpkg-dev is missing"
command -v debootstrap > /dev/null || skip "debootstrap is missing (apt-get install debootstrap)"
[ "$(id -u)" = 0 ] || skip "a root of its own needs root"

t=$(mktemp -d)
trap 'rm -rf "$t"' EXIT
(cd "$build" && cpack -B "$t/packages" > "$t/log" 2>&1) || fail "$(cat "$t/log")"
deb=$(ls "$t"/packages/*.deb) tgz=$(ls "$t"/packages/*.tar.gz)

more= # with oneDNN where the build found it
case $(dpkg-deb -f "$deb" Depends) in *libdnnl2*) more=,libdnnl2 ;; esac
kept=${XDG_CACHE_HOME:-$HOME/.cache}/pmpo/test/debian-12$more.tar
if [ ! -e "$kept" ]; then
    mkdir -p "$(dirname "$kept")"
    mirror=$(sed -n 's/^URIs: *\(http[^ ]*debian\)\/*$/\1/p; s/^deb \(http[^ ]*debian\)\/* bookworm .*/\1/p' \
        /etc/apt/sources.list /etc/apt/sources.list.d/* 2> /dev/null | head -1)
    debootstrap --variant=minbase \
        --include=libcurl4,libgomp1,libjansson4,libnettle8,libsqlite3-0,libstdc++6,libxxhash0$more \
        bookworm "$t/root" ${mirror:+"$mirror"} > "$t/log" 2>&1 ||
        skip "no clean root could be made: $(tail -1 "$t/log")"
    tar -C "$t/root" -cf "$kept.new" . && mv "$kept.new" "$kept"
else
    mkdir "$t/root"
    tar -C "$t/root" -xf "$kept"
fi
cp "$deb" "$t/root/tmp/pmpo.deb"
"$make_tiny" "$t/root/tmp/tiny.gguf"
${CC:-cc} -I"$src/include" "$src/examples/c/score.c" -o "$t/root/tmp/score" \
    -L"$build" -lpmpo
echo '{"input": "Is 1 below 6?", "target": "yes", "options": ["yes", "no"]}' > "$t/root/tmp/data.jsonl"
inside() { # COMMAND: in the root, without network
    # shellcheck disable=SC2016
    unshare -nmpf /bin/sh -ec 'mount -t proc proc "$1/proc"; exec chroot "$1" /bin/sh -ec "$2"' - "$t/root" \
        "export LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root; $1" \
        < /dev/null > "$t/log" 2>&1 || fail "$1: $(cat "$t/log")"
}
inside "dpkg -i /tmp/pmpo.deb && ldconfig"
inside "pmpo bench -m /tmp/tiny.gguf --template raw --limit 5"
grep -q "noise floor" "$t/log" || fail "$(cat "$t/log")"
inside "/tmp/score /tmp/tiny.gguf /tmp/data.jsonl 'Say yes or no.' raw"
inside "test -s /usr/share/doc/pmpo/LICENSE && test -s /usr/share/doc/pmpo/llama.cpp/LICENSE && test -s /usr/share/doc/pmpo/copyright"
inside "dpkg -P pmpo && ! command -v pmpo"
mkdir "$t/root/opt/pmpo"
tar -C "$t/root/opt/pmpo" --strip-components=1 -xzf "$tgz"
inside "find /opt/pmpo -name pmpo -path '*bin*' -exec {} bench -m /tmp/tiny.gguf --template raw --limit 5 \\;"
grep -q "noise floor" "$t/log" || fail "$(cat "$t/log")"
inside "LD_LIBRARY_PATH=\$(dirname \$(find /opt/pmpo -name libpmpo.so)) /tmp/score /tmp/tiny.gguf /tmp/data.jsonl x raw"
inside "find /opt/pmpo -name LICENSE | grep -q llama.cpp"
