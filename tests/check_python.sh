#!/bin/sh
# Tests the Python module over the library of a build folder, in a virtual environment of its own:
# mypy --strict, pytest, and the notebooks of examples/python.
#   check_python.sh SOURCE-FOLDER BUILD-FOLDER MAKE-TINY PMPO [WHAT]
# WHAT: base (the default), or one of the packages that are worked with (dspy, mlflow, gepa, promptolution),
# each of which gets an environment of its own; mlflow@least and so on: in the oldest version that pyproject.toml
# admits. Exit status 77: skipped, with the reason.
set -eu
src=$1 build=$2 make_tiny=$3 cli=$4 what=${5:-base}
skip() { echo "skipped: $*"; exit 77; }
python3 -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2> /dev/null || skip "no Python 3.10 or newer"
python3 -c 'import venv, ensurepip' 2> /dev/null || skip "no venv (apt-get install python3-venv)"
h=$(python3 -c 'import sysconfig; print(sysconfig.get_path("include"))')
[ -e "$h/Python.h" ] || skip "no Python.h (apt-get install python3-dev)"

# ---- the environment: made once, and again when its list changes
base="cffi>=1.17 setuptools numpy pytest"
case $what in
base) wanted="$base mypy typing_extensions pandas datasets nbclient nbformat ipykernel" ;;
*@least)
    package=${what%@least}
    least=$(sed -n "s/^$package = \\[\"$package>=\([0-9.]*\).*/\1/p" "$src/pyproject.toml")
    [ "$least" ] || { echo "pyproject.toml says no oldest version of $package"; exit 1; }
    wanted="$base pandas $package==$least" ;;
*) wanted="$base pandas $what" ;;
esac
kept=${XDG_CACHE_HOME:-$HOME/.cache}/pmpo/test/python # shared by all build folders
venv=$kept/$what
log=$build/python/log
mkdir -p "$kept" "$build/python"
exec 9> "$venv.lock"
flock 9
if [ "$(cat "$venv/wanted" 2> /dev/null)" != "$wanted" ]; then
    rm -rf "$venv"
    python3 -m venv "$venv" > "$log" 2>&1 || skip "no venv: $(tail -1 "$log")"
    # shellcheck disable=SC2086
    "$venv/bin/pip" install -q $wanted > "$log" 2>&1 || skip "packages can't be had: $(tail -1 "$log")"
    echo "$wanted" > "$venv/wanted"
fi
exec 9>&-
py=$venv/bin/python

# ---- the module: as it is in the tree, with an extension that finds the build folder's library
site=$build/python/$what
rm -rf "$site"
mkdir -p "$site"
cp -r "$src/python/pmpo" "$site/pmpo"
"$py" "$src/python/build_ffi.py" "$src/include" "$site/_pmpo.c" > /dev/null
${CC:-cc} -O1 -fPIC -shared -I"$src/include" -I"$h" "$site/_pmpo.c" -o "$site/pmpo/_pmpo.abi3.so" \
    -L"$build" -lpmpo "-Wl,-rpath,$(cd "$build" && pwd)"

t=$(mktemp -d)
trap 'rm -rf "$t"' EXIT
"$make_tiny" "$t/tiny.gguf"
"$make_tiny" "$t/chat.gguf" chat
export PMPO_TEST_CHAT="$t/chat.gguf"
real=${XDG_CACHE_HOME:-$HOME/.cache}/pmpo/models/smollm2-135m-instruct.gguf
if [ -e "$real" ]; then
    export PMPO_TEST_REAL="$real"
fi
able=${XDG_CACHE_HOME:-$HOME/.cache}/pmpo/models/qwen2.5-coder-0.5b-instruct.gguf
if [ -e "$able" ]; then
    export PMPO_TEST_ABLE="$able"
fi
export PMPO_TEST_SERVER="$(dirname "$make_tiny")/serve_fake"
export PYTHONPATH="$site" PMPO_TEST_MODEL="$t/tiny.gguf" PMPO_TEST_CLI="$cli" PMPO_MODEL="$t/tiny.gguf"
export PYTHONDONTWRITEBYTECODE=1
cd "$src/python/tests"
if [ "$what" = base ]; then
    (cd "$src" && "$venv/bin/mypy" --cache-dir "$build/python/mypy" python/pmpo)
    "$py" -m pytest -q -p no:cacheprovider test_*.py
    export XDG_CACHE_HOME="$t/cache"
    for n in "$src"/examples/python/*.ipynb; do
        (cd "$t" && "$py" "$src/python/tests/run_notebook.py" "$n")
    done
else
    "$py" -m pytest -q -p no:cacheprovider "with_${what%@least}.py"
fi
