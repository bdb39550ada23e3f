"""test_peers.py MARK: the proxy counts what the server says, caps replies, and refuses what is beyond the budget;
marks are those of the program MARK."""
import http.server
import json
import os
import sys
import tempfile
import threading
import urllib.error
import urllib.request

from model import Marks, Reply, examples
from proxy import Proxy

asked = []


class Upstream(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_POST(self):
        it = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path != "/tokenize":
            asked.append(it)
        reply = {"choices": [{"message": {"content": "hello"}}],
                 "usage": {"prompt_tokens": 42, "completion_tokens": 10,
                           "prompt_tokens_details": {"cached_tokens": 12}}}
        body = json.dumps({"tokens": [1] * 20} if self.path == "/tokenize" else reply).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def post(proxy, **more):
    body = json.dumps({"messages": [], **more}).encode()
    request = urllib.request.Request(proxy.url + "/chat/completions", body)
    return json.loads(urllib.request.urlopen(request).read())


def check_proxy():
    upstream = http.server.HTTPServer(("127.0.0.1", 0), Upstream)
    threading.Thread(target=upstream.serve_forever, daemon=True).start()
    proxy = Proxy(upstream.server_address[1], budget=100, max_tokens=50, grace=1.1)
    assert post(proxy)["choices"][0]["message"]["content"] == "hello"
    assert asked[-1]["max_tokens"] == 50
    post(proxy, max_tokens=4000)
    assert asked[-1]["max_tokens"] == 50
    post(proxy, max_completion_tokens=7)
    assert asked[-1]["max_completion_tokens"] == 7 and "max_tokens" not in asked[-1]
    assert (proxy.prompt, proxy.cached, proxy.generated, proxy.calls) == (90, 36, 30, 3) and proxy.used_up()
    try:
        post(proxy)
        raise SystemExit("a request beyond the budget was answered")
    except urllib.error.HTTPError as e:
        assert e.code == 402
    assert proxy.refused == 1 and len(asked) == 3


def check_shared_beginnings():
    upstream = http.server.HTTPServer(("127.0.0.1", 0), Upstream)
    threading.Thread(target=upstream.serve_forever, daemon=True).start()
    proxy = Proxy(upstream.server_address[1], budget=1000, max_tokens=50)
    for text, spent in (("a", 30), ("a", 30 + 22), ("b", 30 + 22 + 30), ("b", 30 + 22 + 30 + 22)):
        post(proxy, messages=[{"role": "system", "content": text}])
        assert proxy.prompt == spent, (text, proxy.prompt)


def check_marks(program):
    files = []
    with tempfile.TemporaryDirectory() as folder:
        for name, rows in (("a", [{"input": "x", "target": "Yes", "options": ["Yes", "No"]}]),
                           ("b", [{"input": "y", "target": "(B)", "options": ["(A)", "(B)", "(C)"]},
                                  {"input": "z", "chosen": "9 + 9 = 18\n#### 18", "answer": "18",
                                   "rejected": ["17"]}])):
            files.append(os.path.join(folder, name + ".jsonl"))
            with open(files[-1], "w", encoding="utf-8") as f:
                f.writelines(json.dumps(row) + "\n" for row in rows)
        first = examples(files[0], 0)
        known = first + examples(files[1], len(first))
        exact, choice, number = (Marks(program, metric, files) for metric in ("exact", "choice", "number"))
        assert exact(known[0], "Yes, you return. You are now at the origin.") and not exact(known[0], "No.\nYes?")
        assert choice(known[1], "The answer is (B), because (C) is older.") and not choice(known[1], "It may be any.")
        assert number(known[2], "So it is 18.") and not number(known[2], Reply.of("So it is 18", False))


def main():
    check_proxy()
    check_shared_beginnings()
    check_marks(sys.argv[1])


if __name__ == "__main__":
    main()
