# Sourced by demo.sh and test.sh, from the project's top folder: what has to be there before pmpo
# can run. Each step that is done already costs next to nothing.

say() { printf 'pmpo: %s\n' "$*" >&2; }

packages="build-essential cmake ninja-build pkg-config python3 python3-pip ca-certificates
libsqlite3-dev libjansson-dev libxxhash-dev nettle-dev
libcurl4-openssl-dev libcmocka-dev"

# Names the Debian/Ubuntu packages that are missing and installs them.
need_packages() {
    command -v dpkg-query >/dev/null || return 0 # another system: cmake will tell
    missing=
    for p in $packages; do
        case $(dpkg-query -W -f='${Status}' "$p" 2>/dev/null) in
        *'ok installed') ;;
        *) missing="$missing $p" ;;
        esac
    done
    # A pip of one's own will do instead of the system's.
    if python3 -m pip --version >/dev/null 2>&1; then
        missing=$(echo " $missing " | sed 's/ python3-pip / /; s/ python3 / /')
    fi
    missing=$(echo $missing)
    [ -n "$missing" ] || return 0
    say "missing packages: $missing"
    if [ "$(id -u)" = 0 ]; then
        as_root=
    elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
        as_root=sudo
    elif command -v sudo >/dev/null && [ -t 0 ]; then
        as_root=sudo
    else
        say "run this as root, then start again:"
        echo "apt-get update && apt-get install -y $missing" >&2
        exit 2
    fi
    say "installing them"
    quiet='-qq'
    [ ! -t 2 ] || quiet= # apt shows how far it is
    $as_root apt-get update $quiet >&2
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y $quiet $missing >&2
}

# Configures and builds. build_in FOLDER CMAKE-OPTIONS...; without options, as it was configured.
build_in() {
    folder=$1
    shift
    options=$folder/.options
    if [ ! -f "$folder/CMakeCache.txt" ] ||
        { [ $# -gt 0 ] && [ "$(cat "$options" 2>/dev/null)" != "$*" ]; }; then
        say "configuring $folder"
        generator='-G Ninja'
        [ ! -f "$folder/CMakeCache.txt" ] || generator=
        mkdir -p "$folder"
        if ! cmake -S . -B "$folder" $generator "$@" > "$folder/configure.log"; then # stderr is shown
            cat "$folder/configure.log" >&2
            exit 1
        fi
        echo "$*" > "$options"
    fi
    [ -x "$folder/bin/pmpo" ] || say "building (llama.cpp takes some minutes the first time)"
    # Where nobody watches, a line now and then is enough.
    if [ -t 1 ]; then
        cmake --build "$folder"
    else
        cmake --build "$folder" > "$folder/build.log" 2>&1 &
        building=$!
        shown=
        while kill -0 $building 2>/dev/null; do
            sleep 0.2
            now=$(sed -n 's/^\(\[[1-9][0-9]*0\/[0-9]*\]\).*/\1/p' "$folder/build.log" | tail -n 1)
            [ "$now" = "$shown" ] || say "building $now"
            shown=$now
        done
        if ! wait $building; then
            grep -A 12 -m 3 -E 'error|FAILED' "$folder/build.log" >&2 || tail -n 30 "$folder/build.log" >&2
            exit 1
        fi
    fi
}

# Fetches listed models that are not there. need_models NAME...
need_models() {
    for m; do
        build/bin/pmpo models pull "$m" >&2
    done
}
