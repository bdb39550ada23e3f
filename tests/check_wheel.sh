#!/bin/sh
# Makes the sdist and the wheels (scripts/wheel.sh), and tests what they are: that the sdist is enough, licences, the
# tag, the same numbers by the module and the program, processors without AVX-512, AVX2 and SSE4 (qemu-user), and a
# Debian 12 root that has Python and nothing of what pmpo needs.
#   check_wheel.sh SOURCE-FOLDER MAKE-TINY [OUT]      OUT: where it is made, and stays; what lies there is
#       tested as it is
set -eu
src=$1 make_tiny=$2
fail() { echo "$*"; exit 1; }
t=$(mktemp -d)
trap 'rm -rf "$t"' EXIT
out=${3:-$t/out}
ls "$out"/pmpo-*.whl > /dev/null 2>&1 || "$src/scripts/wheel.sh" "$out"
wheel=$(ls "$out"/pmpo-*.whl)
version=$(sed -n 's/^project(pmpo VERSION \([0-9.]*\) .*/\1/p' "$src/CMakeLists.txt")

# ---- what is inside
auditwheel=${XDG_CACHE_HOME:-$HOME/.cache}/pmpo/wheel-tools/bin/auditwheel
"$auditwheel" show "$wheel" > "$t/shown"
tr '\n' ' ' < "$t/shown" | grep -o '"[a-z]*linux_[0-9_x]*"' | head -1
case ${wheel##*/} in
pmpo-"$version"-cp310-abi3-manylinux*) ;;
*) fail "${wheel##*/}: not $version, of the stable ABI, for manylinux" ;;
esac
tar -tzf "$out/pmpo-$version.tar.gz" > "$t/sdist"
if grep -E '\.git/|^[^/]*/build|\.gguf$|__pycache__' "$t/sdist"; then fail "the sdist has what it shouldn't"; fi
python3 -m zipfile -l "$wheel" > "$t/files"
for f in licenses/LICENSE licences/llama.cpp/LICENSE licences/llama.cpp/NOTICES licences/openblas/LICENSE.txt \
    licences/libsqlite3-0/copyright licences/libcurl4/copyright licences/libjansson4/copyright \
    licences/libnettle8/copyright licences/libxxhash0/copyright licences/README licences/common-licenses/LGPL-2.1 \
    share/man/man1/pmpo.1 pmpo/py.typed pmpo/bin/pmpo; do
    grep -q "$f" "$t/files" || fail "not in the wheel: $f"
done
for lib in $(sed -n "s/^pmpo.libs\/\([^ ]*\)-[0-9a-f]\{8\}\(\.[^ ]*\) .*/\1\2/p" "$t/files"); do
    python3 -c "import sys, zipfile; z = zipfile.ZipFile(sys.argv[1])
sys.exit(not any(n.endswith('licences/README') and (sys.argv[2] + ':').encode() in z.read(n) for n in z.namelist()))" \
        "$wheel" "$lib" || fail "licences/README doesn't tell of $lib"
done

# ---- the module and the program of a fresh environment
"$make_tiny" "$t/tiny.gguf"
echo '{"input": "Is 1 below 6?", "target": "yes", "options": ["yes", "no"]}' > "$t/data.jsonl"
python3 -m venv "$t/venv"
"$t/venv/bin/pip" install -q "$wheel"
[ "$("$t/venv/bin/pmpo" --version)" = "pmpo $version" ] || fail "pmpo --version: $("$t/venv/bin/pmpo" --version)"
export XDG_CACHE_HOME="$t/cache"
cat > "$t/score.py" << 'PY'
import sys, pmpo
version, model, data, products = sys.argv[1:]
assert pmpo.__version__ == version, pmpo.__version__
m = pmpo.Model(model, precision="f32-fast" if products == "blas" else "native", products=products)
assert m.info["products"] == products, m.info
print(repr(float(m.score(data, "Say yes or no.", template="raw", no_cache=True).loss[0])))
PY
loss_of() { # PROGRAM... : pmpo score's loss of the model half
    "$@" score --json --no-cache --precision native -m "$t/half.gguf" -d "$t/data.jsonl" -p "Say yes or no." \
        --template raw > "$t/said" 2> "$t/err" || fail "$*: $(cat "$t/err")"
    sed 's/.*"prompt":"Say yes or no.","loss":\([0-9.e-]*\),.*/\1/' "$t/said"
}
alike() { # WHO A B MOST
    python3 -c 'import sys; a, b, most = map(float, sys.argv[1:]); sys.exit(not abs(a - b) <= most)' "$2" "$3" "$4" ||
        fail "$1: $2, not $3"
}
# A copy with weights of 16 bits: nobody has to be found who multiplies f32 fastest, which takes minutes where a
# processor is emulated.
"$t/venv/bin/pmpo" score -m "$t/tiny.gguf" -d "$t/data.jsonl" -p x --template raw --precision f16 > /dev/null
mv "$t"/cache/pmpo/models/widened/tiny.*.f16.gguf "$t/half.gguf"
python=$t/venv/bin/python
ours=$("$python" "$t/score.py" "$version" "$t/half.gguf" "$t/data.jsonl" own)
alike "module and program" "$ours" "$(loss_of "$t/venv/bin/pmpo")" 0
blas=$("$python" "$t/score.py" "$version" "$t/tiny.gguf" "$t/data.jsonl" blas)

# ---- other processors: the right library, and much the same numbers
site=$("$python" -c 'import pmpo, pathlib; print(pathlib.Path(pmpo.__file__).parent)')
if [ "$(uname -m)" != x86_64 ] || ! command -v qemu-x86_64 > /dev/null; then
    echo "not tested: other processors (apt-get install qemu-user)"
else
    less=,-pcid,-x2apic,-tsc-deadline,-hle,-invpcid,-rtm # which aren't emulated
    for which in core2duo:lib/libpmpo Nehalem:x86-64-v2/libpmpo Haswell$less:x86-64-v3/libpmpo; do
        cpu=${which%%:*}
        emulated="qemu-x86_64 -cpu $cpu"
        # shellcheck disable=SC2086
        loss=$(loss_of $emulated "$site/bin/pmpo")
        alike "$cpu" "$loss" "$ours" 0.01
        $emulated -E LD_DEBUG=libs "$site/bin/pmpo" --version 2>&1 |
            grep -q "calling init: .*/${which#*:}.so.0" || fail "$cpu: not ${which#*:}.so.0"
        echo "${cpu%%,*}: loss $loss by ${which#*:}.so.0, here $ours"
        [ "$cpu" != core2duo ] || continue # NumPy needs SSE4.2
        loss=$($emulated "$python" "$t/score.py" "$version" "$t/half.gguf" "$t/data.jsonl" own)
        alike "the module on $cpu" "$loss" "$ours" 0.01
        loss=$($emulated "$python" "$t/score.py" "$version" "$t/tiny.gguf" "$t/data.jsonl" blas)
        alike "OpenBLAS on $cpu" "$loss" "$blas" 0.01
    done
fi

# ---- a clean root
if [ "$(id -u)" != 0 ] || ! command -v debootstrap > /dev/null; then
    echo "not tested: a clean Debian 12 (needs root, apt-get install debootstrap)"
    exit
fi
kept=$HOME/.cache/pmpo/test/debian-12-python.tar
mkdir -p "$(dirname "$kept")" "$t/root"
if [ ! -e "$kept" ]; then
    mirror=$(sed -n 's/^URIs: *\(http[^ ]*debian\)\/*$/\1/p; s/^deb \(http[^ ]*debian\)\/* bookworm .*/\1/p' \
        /etc/apt/sources.list /etc/apt/sources.list.d/* 2> /dev/null | head -1)
    debootstrap --variant=minbase --include=python3-venv bookworm "$t/root" ${mirror:+"$mirror"} > "$t/log" 2>&1 ||
        { echo "not tested: a clean Debian 12: $(tail -1 "$t/log")"; exit; }
    tar -C "$t/root" -cf "$kept.new" . && mv "$kept.new" "$kept"
else
    tar -C "$t/root" -xf "$kept"
fi
mkdir "$t/root/wheels"
"$t/venv/bin/pip" download -q --python-version 3.11 --only-binary :all: -d "$t/root/wheels" "$wheel"
cp "$t/tiny.gguf" "$t/half.gguf" "$t/data.jsonl" "$t/score.py" "$t/root/tmp"
# shellcheck disable=SC2016
unshare -nmpf /bin/sh -ec 'mount -t proc proc "$1/proc"; exec chroot "$1" env -i /bin/sh -ec "$2"' - "$t/root" "
    export LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
    python3 -m venv /opt/pmpo
    /opt/pmpo/bin/pip install -q --no-index --find-links /wheels pmpo
    /opt/pmpo/bin/pmpo bench -m /tmp/tiny.gguf --template raw --limit 5 > /dev/null
    /opt/pmpo/bin/python /tmp/score.py $version /tmp/half.gguf /tmp/data.jsonl own" < /dev/null > "$t/log" 2>&1 ||
    fail "on a clean Debian 12: $(cat "$t/log")"
[ "$(tail -1 "$t/log")" = "$ours" ] || fail "on a clean Debian 12 the loss is $(tail -1 "$t/log"), here $ours"
echo "a clean Debian 12: loss $ours, too"
