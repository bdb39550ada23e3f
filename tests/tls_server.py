#!/usr/bin/env python3
"""tls_server.py PORT-FILE LOG [CERT KEY]: a server of one chat model, by TLS where a certificate is given.

It listens on every address, writes its port into PORT-FILE, and a line for each request into LOG: the path and the
key that came with it. Below /moved it sends on to /v1 by plain http. It ends with its standard input."""
import http.server
import json
import os
import ssl
import sys
import threading


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        with open(sys.argv[2], "a") as log:
            print(self.path, self.headers.get("Authorization", "-"), file=log)
        moved = self.path.startswith("/moved/")
        ok = self.path == "/v1/models"
        body = json.dumps({"object": "list", "data": [{"id": "one"}]} if ok else {"message": "no such thing"}).encode()
        self.send_response(307 if moved else 200 if ok else 404)
        if moved:
            self.send_header("Location", f"http://localhost:{self.server.server_port}/v1/models")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = answer

    def log_message(self, *args):
        pass


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, request, client_address):
        pass  # clients that hang up are what is tested


def main():
    server = Server(("", 0), Handler)
    if len(sys.argv) > 3:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[3], sys.argv[4])
        # The handshake is each connection's own, so that a client which ends it disturbs no other.
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    with open(sys.argv[1] + ".new", "w") as f:
        f.write(str(server.server_port))
    os.rename(sys.argv[1] + ".new", sys.argv[1])
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()


main()
