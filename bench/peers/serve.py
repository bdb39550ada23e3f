"""serve.py PROGRAM MODEL PORT: see serve.sh."""
import os
import signal
import sys

from model import AT_ONCE
from proxy import Server, model_path


def main():
    program, model, port = sys.argv[1:]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    threads = int(os.environ.get("PMPO_THREADS", "2"))
    server = Server(program, model_path(model), threads, AT_ONCE, int(port))
    try:
        print(f"serving {model} on port {server.port}", flush=True)
        server.child.wait()
    except KeyboardInterrupt:
        pass
    finally:
        server.close()


if __name__ == "__main__":
    main()
