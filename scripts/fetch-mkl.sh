#!/bin/sh
# Fetches Intel's MKL (the packages mkl-static and mkl-include), checks their SHA-256, links what
# its matrix product (cblas_sgemm) needs into one object of 12 MB in the cache folder, with the
# headers and the licences beside it, and prints where they lie. Does nothing when they are there.
set -eu
version=2026.2.0
static=090e439bf202b45579c75d2ba50ff7ead05752d553a06aba79c3ed2b5247921b
include=889cc72057a1671fee1e9a8beb2fc4e0d222ba78c08b6d69584dae03fbec4822
cache=${XDG_CACHE_HOME:-$HOME/.cache}/pmpo/src
place=$cache/mkl-$version
if [ -f "$place/.complete" ]; then
    echo "$place"
    exit 0
fi
say() { echo "pmpo: $*" >&2; }
mkdir -p "$cache"
tmp=$(mktemp -d "$cache/fetching.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
say "fetching MKL $version (250 MB; 12 MB of it stay)"
quiet=--quiet
[ ! -t 2 ] || quiet= # a terminal gets pip's progress bar
python3 -m pip download $quiet --disable-pip-version-check --no-deps --only-binary :all: \
    -d "$tmp" mkl-static==$version mkl-include==$version >&2
check() { # FILE SHA256
    got=$(sha256sum "$1" | cut -d' ' -f1)
    [ "$got" = "$2" ] || {
        say "$1: SHA-256 is $got, expected $2"
        exit 1
    }
}
check "$tmp"/mkl_static-*.whl $static
check "$tmp"/mkl_include-*.whl $include
for wheel in "$tmp"/*.whl; do
    python3 -m zipfile -e "$wheel" "$tmp/all"
    rm "$wheel"
done
lib=$tmp/all/mkl_static-$version.data/data/lib
mkdir "$tmp/mkl"
ld -r -o "$tmp/mkl/sgemm.o" -u cblas_sgemm -u MKL_Set_Num_Threads -u MKL_Set_Dynamic -u MKL_CBWR_Set \
    --start-group "$lib"/libmkl_intel_lp64.a "$lib"/libmkl_gnu_thread.a "$lib"/libmkl_core.a --end-group
mv "$tmp/all/mkl_include-$version.data/data/include" "$tmp/mkl/include"
cp "$tmp/all/mkl_static-$version.dist-info/LICENSE.txt" \
    "$tmp/all/mkl_static-$version.data/data/share/doc/mkl/licensing/third-party-programs.txt" "$tmp/mkl/"
touch "$tmp/mkl/.complete"
rm -rf "$place"
mv "$tmp/mkl" "$place"
echo "$place"
