#!/bin/sh
# Fetches the pinned llama.cpp source (inside the llama-cpp-python package) into the cache folder,
# checks its SHA-256 and prints where it lies. Does nothing when it is there.
set -eu
python=${PYTHON:-python3}
package=llama-cpp-python version=0.3.36 llama=0.5.0
sha256=832db0699007f1be95a7e41ef12e88926b02ba836461e36a36372db2760c1a2e
cache=${XDG_CACHE_HOME:-$HOME/.cache}/pmpo/src
place=$cache/llama.cpp-$llama
if [ -f "$place/.complete" ]; then
    echo "$place"
    exit 0
fi
say() { echo "pmpo: $*" >&2; }
mkdir -p "$cache"
tmp=$(mktemp -d "$cache/fetching.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
say "fetching the source of llama.cpp $llama (77 MB)"
if ! "$python" -m pip --version >/dev/null 2>&1; then
    say "$python has no pip: apt-get install python3-pip"
    exit 2
fi
# Only the archive is wanted, but pip also asks a source package for its metadata, which takes
# its build requirements; a failure of that alone leaves nothing behind.
quiet=--quiet
[ ! -t 2 ] || quiet= # a terminal gets pip's progress bar
"$python" -m pip download $quiet --disable-pip-version-check --no-deps \
    --no-binary $package -d "$tmp" $package==$version >&2
archive=$(ls "$tmp"/*.tar.gz)
got=$(sha256sum "$archive" | cut -d' ' -f1)
if [ "$got" != "$sha256" ]; then
    say "$archive: SHA-256 is $got, expected $sha256"
    exit 1
fi
tar -xzf "$archive" -C "$tmp"
rm -rf "$tmp"/llama_cpp_python-$version/vendor/llama.cpp/.git
touch "$tmp"/llama_cpp_python-$version/vendor/llama.cpp/.complete
rm -rf "$place"
mv "$tmp"/llama_cpp_python-$version/vendor/llama.cpp "$place"
echo "$place"
