#!/bin/sh
# check_tls.sh PMPO: which servers pmpo trusts, and by which ways a key goes out. Certificates are made here; the
# servers (tls_server.py) write down what reached them. Exit status 77: skipped, with the reason.
set -eu
skip() { echo "skipped: $*"; exit 77; }
command -v python3 > /dev/null || skip "no python3"
command -v openssl > /dev/null || skip "no openssl"
pmpo=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
here=$(cd "$(dirname "$0")" && pwd)
t=$(mktemp -d)
mkfifo "$t/end"
sleep 1000 > "$t/end" & # the servers live as long as it does
holder=$!
trap 'kill $holder 2> /dev/null; rm -rf "$t"' EXIT
cd "$t"
unset http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY PMPO_MODEL SSL_CERT_FILE 2> /dev/null || true
export PMPO_API_KEY=s3cret-key XDG_CACHE_HOME="$t/cache" LC_ALL=C

# ---- certificates ------------------------------------------------------------------

new_key() { openssl genrsa -out "$1.key" 2048 2> /dev/null; }
new_key ca
openssl req -x509 -new -key ca.key -subj "/CN=An authority" -days 2 -out ca.pem
# certificate NAME SUBJECT-ALTERNATIVE-NAMES DAYS
certificate() {
    new_key "$1"
    echo "subjectAltName=$2" > "$1.ext"
    openssl req -new -key "$1.key" -subj "/CN=$1" -out "$1.csr"
    openssl x509 -req -in "$1.csr" -CA ca.pem -CAkey ca.key -CAcreateserial -days "$3" -extfile "$1.ext" \
        -out "$1.pem" 2> /dev/null
}
certificate good DNS:localhost,IP:127.0.0.1 2
certificate other DNS:gpu.example.org 2
certificate old DNS:localhost -1

# ---- servers -----------------------------------------------------------------------

# start NAME [CERTIFICATE]: $port is its port, NAME.log what reached it.
start() {
    : > "$1.log"
    python3 -B "$here/tls_server.py" "$1.port" "$1.log" ${2:+"$2.pem" "$2.key"} < end &
    n=0
    until [ -s "$1.port" ]; do
        n=$((n + 1))
        [ $n -lt 100 ] || { echo "no server"; exit 1; }
        sleep 0.1
    done
    port=$(cat "$1.port")
}
start good good
good=$port
start other other
other=$port
start old old
old=$port
start plain
plain=$port

# ---- what is expected ---------------------------------------------------------------

fail() { echo "check_tls: $*"; cat out err; exit 1; }
info() { "$pmpo" models info "$@" > out 2> err; }
# refused TEXT LOG ARGUMENTS: TEXT stands in the one line said, and nothing reached the server.
refused() {
    text=$1 log=$2
    shift 2
    : > "$log"
    if info "$@"; then fail "$*: not refused"; fi
    [ "$(wc -l < err)" = 1 ] || fail "$*: more than a line"
    grep -qF -e "$text" err || fail "$*: no '$text'"
    if grep -qF s3cret out err; then fail "$*: the key is told"; fi
    [ ! -s "$log" ] || fail "$*: a request went out: $(cat "$log")"
    echo "ok: $(cat err)"
}
# taken LOG AUTHORIZATION ARGUMENTS: the model was found, and each request had that key.
taken() {
    log=$1 key=$2
    shift 2
    : > "$log"
    info "$@" || fail "$*: refused"
    grep -q '^/v1/models ' "$log" || fail "$*: nothing asked"
    if grep -qv " $key\$" "$log"; then fail "$*: another key: $(cat "$log")"; fi
    if grep -qF s3cret out err; then fail "$*: the key is told"; fi
    echo "ok: $*"
}

# ---- TLS is verified ------------------------------------------------------------------

url=https://localhost:$good/v1
refused "--cacert FILE" good.log "$url"
refused certificate good.log "$url" --insecure
taken good.log "Bearer s3cret-key" "$url" --cacert ca.pem
taken good.log "Bearer s3cret-key" "https://127.0.0.1:$good/v1" --cacert ca.pem
refused "other.pem" good.log "$url" --cacert other.pem.missing
# The file that other programs are told of, unless --cacert names one.
export SSL_CERT_FILE="$t/ca.pem"
taken good.log "Bearer s3cret-key" "$url"
refused certificate good.log "$url" --cacert other.pem
SSL_CERT_FILE=$t/missing.pem
refused "missing.pem" good.log "$url"
unset SSL_CERT_FILE
# A system that keeps its certificates elsewhere than the one this libcurl was built for.
if [ -d /etc/ssl ] && unshare -rm true 2> /dev/null; then
    : > good.log
    unshare -rm sh -c 'mount -t tmpfs none /etc/ssl && cp ca.pem /etc/ssl/ca-bundle.pem && exec "$0" models info "$1"' \
        "$pmpo" "$url" > out 2> err || fail "certificates of another distribution"
    grep -q '^/v1/models ' good.log || fail "certificates of another distribution: nothing asked"
    echo "ok: certificates in /etc/ssl/ca-bundle.pem"
fi
refused certificate good.log "$url" --cacert other.pem
refused "ca.key" good.log "$url" --cacert ca.key
refused "target host name" other.log "https://localhost:$other/v1" --cacert ca.pem
refused "expired" old.log "https://localhost:$old/v1" --cacert ca.pem
if grep -qF -e --cacert err; then fail "advice that does not help"; fi
refused "does the server speak TLS?" plain.log "https://localhost:$plain/v1" --cacert ca.pem

# ---- where a key goes -------------------------------------------------------------------

taken plain.log "Bearer s3cret-key" "http://localhost:$plain/v1"
address=$(python3 -c '
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
try:
    s.connect(("192.0.2.1", 9))
    print(s.getsockname()[0])
except OSError:
    pass') # of this machine as others know it; connecting sends nothing
if [ -n "$address" ] && [ "${address#127.}" = "$address" ]; then
    url=http://$address:$plain/v1
    refused "the key would travel unencrypted" plain.log "$url"
    taken plain.log "Bearer s3cret-key" "$url" --insecure
    (unset PMPO_API_KEY && taken plain.log - "$url")
fi
# A redirect takes it nowhere, not even to the same host in the clear.
if info "https://localhost:$good/moved" --cacert ca.pem; then fail "redirected"; fi
grep -qF "a redirect to http://localhost:$good/v1/models, which is not followed" err || fail "redirected"
if grep -q '^/v1' good.log; then fail "the redirect was followed"; fi

# A file with the key: nobody else may read it.
unset PMPO_API_KEY
echo s3cret-key > key
chmod 0644 key
refused "chmod 600" plain.log "http://localhost:$plain/v1" --key-file key
chmod 0600 key
taken plain.log "Bearer s3cret-key" "http://localhost:$plain/v1" --key-file key
echo "check_tls: all of it holds"
