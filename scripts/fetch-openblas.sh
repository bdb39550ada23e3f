#!/bin/sh
# Fetches OpenBLAS (the package scipy-openblas32), checks its SHA-256, lays its library, the two it
# needs and its licence into the cache folder, and prints where. Does nothing when they are there.
set -eu
python=${PYTHON:-python3}
version=0.3.34.0.0
case $(uname -m) in
x86_64) sum=5b5df658f32271b3115d845ea91b19bed190591b55d27d9b5399b83071c68ea1 ;;
aarch64) sum=b534496a7c5fd69abf7938cbcc3f4fbb8108d9ed99ac9f93db229abd99281b06 ;;
*)
    echo "pmpo: there is no OpenBLAS package for $(uname -m)" >&2
    exit 1
    ;;
esac
cache=${XDG_CACHE_HOME:-$HOME/.cache}/pmpo/src
place=$cache/openblas-$version
if [ -f "$place/.complete" ]; then
    echo "$place"
    exit 0
fi
say() { echo "pmpo: $*" >&2; }
mkdir -p "$cache"
tmp=$(mktemp -d "$cache/fetching.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
say "fetching OpenBLAS $version (9 MB)"
"$python" -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: \
    -d "$tmp" scipy-openblas32==$version >&2
got=$(sha256sum "$tmp"/*.whl | cut -d' ' -f1)
[ "$got" = "$sum" ] || {
    say "$(basename "$tmp"/*.whl): SHA-256 is $got, expected $sum"
    exit 1
}
"$python" -m zipfile -e "$tmp"/*.whl "$tmp/all"
mkdir "$tmp/openblas"
cp "$tmp"/all/scipy_openblas32/lib/*.so* "$tmp"/all/*.dist-info/licenses/LICENSE.txt "$tmp/openblas/"
touch "$tmp/openblas/.complete"
rm -rf "$place"
mv "$tmp/openblas" "$place"
echo "$place"
