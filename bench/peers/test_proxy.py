"""The proxy counts what the server says, caps replies, and refuses what is beyond the budget."""
import http.server
import json
import threading
import urllib.error
import urllib.request

from peers import is_right, number_of
from proxy import Proxy

asked = []


class Upstream(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_POST(self):
        asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        body = json.dumps({"choices": [{"message": {"content": "hello"}}],
                           "usage": {"prompt_tokens": 30, "completion_tokens": 10}}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def post(proxy, **more):
    body = json.dumps({"messages": [], **more}).encode()
    request = urllib.request.Request(proxy.url + "/chat/completions", body)
    return json.loads(urllib.request.urlopen(request).read())


def main():
    upstream = http.server.HTTPServer(("127.0.0.1", 0), Upstream)
    threading.Thread(target=upstream.serve_forever, daemon=True).start()
    proxy = Proxy(upstream.server_address[1], budget=100, max_tokens=50, grace=1.1)
    assert post(proxy)["choices"][0]["message"]["content"] == "hello"
    assert asked[-1]["max_tokens"] == 50
    post(proxy, max_tokens=4000)
    assert asked[-1]["max_tokens"] == 50
    post(proxy, max_completion_tokens=7)
    assert asked[-1]["max_completion_tokens"] == 7 and "max_tokens" not in asked[-1]
    assert (proxy.prompt, proxy.generated, proxy.calls) == (90, 30, 3) and proxy.used_up()
    try:
        post(proxy)
        raise SystemExit("a request beyond the budget was answered")
    except urllib.error.HTTPError as e:
        assert e.code == 402
    assert proxy.refused == 1 and len(asked) == 3

    assert number_of("1 + 2 = 3.\n#### 1,203") == 1203 and number_of("It is -4.5.") == -4.5
    assert number_of("none") is None
    options = {"target": "No", "options": ["Yes", "No"]}
    assert is_right("exact", "Yes? I think no.", options) and not is_right("exact", "No. Yes", options)
    assert is_right("choice", "(A) is wrong, so (B)", {"target": "(B)"})
    assert not is_right("choice", "no idea", {"target": "(B)"})
    assert is_right("number", "so 7 apples", {"target": "x #### 7", "answer": "7"})


if __name__ == "__main__":
    main()
