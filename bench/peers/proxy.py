"""llama-server behind a proxy that counts every token.

The peers see an OpenAI-like endpoint. A request is passed on as it is, but for a cap of its reply tokens; the tokens
of the reply's `usage` are added up: of a prompt those that the server computed, without the beginning that it still
had in memory. A system message counts once, though several slots of the server compute it: pmpo counts a shared
beginning so, too. Once the budget is overdrawn by `grace`, requests are refused: an optimiser
that doesn't look at the clock ends there with what it has.
"""
import http.server
import json
import os
import pathlib
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_until_ready(port, child=None):
    for _ in range(600):
        if child and child.poll() is not None:
            raise SystemExit(f"peers.py: llama-server ended with {child.returncode}: {' '.join(child.args)}")
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2)
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
    raise SystemExit("peers.py: the server isn't ready after five minutes")


class Server:
    """llama-server with one model, until closed; each of `parallel` requests at a time has 8,192 tokens. More than
    eight don't pay: requests in slots that aren't neighbours are computed one after the other, and in one memory for all
    (--kv-unified) each looks through everybody's."""

    def __init__(self, program, model, threads, parallel=8, port=0):
        self.port, context = port or free_port(), 8192 * parallel
        words = [program, "-m", str(model), "--host", "127.0.0.1", "--port", str(self.port), "-np", str(parallel),
                 "-c", str(context), "-t", str(threads), "--no-webui"]
        self.child = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            wait_until_ready(self.port, self.child)
        except SystemExit:
            self.close()
            raise

    def close(self):
        self.child.terminate()
        self.child.wait()


def system_of(asked):
    messages = asked.get("messages") or [{}]
    return messages[0].get("content") if messages[0].get("role") == "system" else None


def count_tokens(base, text):
    """How many tokens the server makes of a text; 0 where it doesn't say."""
    request = urllib.request.Request(base + "/tokenize", json.dumps({"content": text}).encode(),
                                     {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=60) as reply:
            return len(json.load(reply)["tokens"])
    except (OSError, ValueError, KeyError):
        return 0


class Proxy:
    def __init__(self, upstream_port, budget, max_tokens, grace=1.25, upstream="127.0.0.1"):
        self.budget, self.grace, self.max_tokens = budget, grace, max_tokens
        self.prompt = self.cached = self.generated = self.calls = self.refused = 0
        self.told = 1  # the next twentieth of the budget that is told of
        self.lock = threading.Lock()
        self.systems = {}  # system messages that were computed: how many tokens
        base, proxy = f"http://{upstream}:{upstream_port}", self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def answer(self, code, body):
                self.send_response(code)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                if proxy.spent() > proxy.budget * proxy.grace:
                    proxy.refused += 1
                    self.answer(402, b'{"error": {"message": "the token budget is used up", "code": 402}}')
                    return
                asked = json.loads(body)
                for name in ("max_tokens", "max_completion_tokens"):
                    if name in asked:
                        asked[name] = min(asked[name] or proxy.max_tokens, proxy.max_tokens)
                if "max_completion_tokens" not in asked:
                    asked.setdefault("max_tokens", proxy.max_tokens)
                known = proxy.known(system_of(asked), base)
                request = urllib.request.Request(base + self.path, json.dumps(asked).encode(),
                                                 {"Content-Type": "application/json"})
                try:
                    with urllib.request.urlopen(request, timeout=3600) as reply:
                        code, text = reply.status, reply.read()
                except urllib.error.HTTPError as e:
                    code, text = e.code, e.read()
                proxy.count(text, known)
                self.answer(code, text)

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}/v1"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def known(self, system, base):
        """How many tokens of a system message another request has paid for, or pays for now."""
        with self.lock:
            if system and system not in self.systems:
                self.systems[system] = count_tokens(base, system)
                return 0
            return self.systems.get(system, 0)

    def count(self, text, known):
        try:
            usage = json.loads(text).get("usage") or {}
        except ValueError:
            usage = {}
        cached = (usage.get("prompt_tokens_details") or {}).get("cached_tokens") or 0
        cached = max(cached, min(known, usage.get("prompt_tokens", 0)))
        with self.lock:
            self.calls += 1
            self.prompt += usage.get("prompt_tokens", 0) - cached
            self.cached += cached
            self.generated += usage.get("completion_tokens", 0)
            if self.spent() * 20 >= self.told * self.budget:
                print(f"peers: {self.spent()} of {self.budget} tokens, {self.calls} requests", file=sys.stderr,
                      flush=True)
                self.told = self.spent() * 20 // self.budget + 1

    def spent(self):
        return self.prompt + self.generated

    def used_up(self):
        return self.spent() >= self.budget

    def close(self):
        self.http.shutdown()


def model_path(name):
    """A GGUF file, or the file of a model that pmpo has fetched."""
    path = pathlib.Path(name)
    if path.exists():
        return path
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache"))
    return cache / "pmpo" / "models" / f"{name}.gguf"
