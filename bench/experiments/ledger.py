"""The ledger's rows on disk: read, and added to by several runners at once."""
import contextlib
import fcntl
import gzip
import hashlib
import json
import os


def digest(value):
    text = json.dumps(value, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def write_whole(path, text):
    """The file has all of the text or is as it was, whenever this ends."""
    part = path.with_name(f"{path.name}.new-{os.getpid()}")
    with open(part, "w", encoding="utf-8") as f:
        f.write(text)
        f.flush()
        os.fsync(f.fileno())
    part.replace(path)


def lines_of(path):
    """The file's lines; only a newline ends one, whatever else a text holds that str.splitlines takes for an end."""
    return [line for line in path.read_text(encoding="utf-8").split("\n") if line] if path.exists() else []


def rows_of(path):
    """The rows. One that isn't whole, of a runner that was killed as it wrote, is left out."""
    if not path.exists():
        return []
    whole = path.read_text(encoding="utf-8").rpartition("\n")[0]
    return [json.loads(line) for line in whole.split("\n") if line]


@contextlib.contextmanager
def locked(path, wait=True):
    """Yields whether the lock of this name is this runner's; it goes with the process, too."""
    with open(path, "a") as f:
        try:
            fcntl.flock(f, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
            return
        yield True


class Ledger:
    """The rows, and beside them examples.json: which examples are in a task's test part, so that one that is in
    the parts of two seeds is known; and replies/, so that replies can be marked again when pmpo reads them better."""

    def __init__(self, path, locks):
        self.path, self.locks = path, locks
        self.tests = path.with_name("examples.json")
        self.rows = []
        self.read()

    @staticmethod
    def key(row):
        return (row["task"], row["model"], row["method"], row["version"], row["seed"], row["setting"])

    def read(self):
        """Other runners may have added rows."""
        self.rows = rows_of(self.path)

    def find(self, key):
        return next((r for r in self.rows if self.key(r) == key), None)

    def note_examples(self, row, test):
        """Notes a digest of each input of the test part that the row was measured on, in order."""
        name = "{task} {seed} {train}-{val}-{test}".format(**row, **row["parts"])
        n = max(len(m["bits"]) for m in row["measures"].values())
        with locked(self.locks / "ledger"):
            known = json.loads(self.tests.read_text()) if self.tests.exists() else {}
            if len(known.get(name, "").split()) < n:
                inputs = [json.loads(line) for line in lines_of(test)[:n]]
                known[name] = " ".join(digest(x.get("input") or x.get("messages"))[:8] for x in inputs)
                rows = (json.dumps(k) + ": " + json.dumps(known[k]) for k in sorted(known))
                write_whole(self.tests, "{\n" + ",\n".join(rows) + "\n}\n")

    def replies_of(self, row, kind):
        """Where the replies are that a row was marked by: in the order of its bits, a JSON object each."""
        name = "{task}-{model}-{method}-v{version}-{seed}-{setting}".format(**row)
        return self.path.parent / "replies" / f"{name}-{kind}.jsonl.gz"

    def keep_replies(self, row, kind, replies):
        path = self.replies_of(row, kind)
        path.parent.mkdir(exist_ok=True)
        text = "".join(json.dumps(r, ensure_ascii=False) + "\n" for r in replies)
        path.write_bytes(gzip.compress(text.encode(), 9, mtime=0))  # of the same replies the same bytes

    def kept_replies(self, row, kind):
        """None: they weren't kept."""
        path = self.replies_of(row, kind)
        return [json.loads(line) for line in gzip.open(path, "rt", encoding="utf-8")] if path.exists() else None

    def write_again(self):
        """All rows, some of which were marked again."""
        with locked(self.locks / "ledger"):
            if len(rows_of(self.path)) != len(self.rows):
                raise SystemExit("ledger.py: another runner has added a row: try again")
            write_whole(self.path, "".join(json.dumps(r, ensure_ascii=False) + "\n" for r in self.rows))

    def add(self, row):
        with locked(self.locks / "ledger"):
            self.read()
            if self.path.exists():  # without what a killed runner left of a row
                text = self.path.read_bytes()
                os.truncate(self.path, text.rfind(b"\n") + 1)
            with open(self.path, "a", encoding="utf-8") as f:
                f.write(json.dumps(row, ensure_ascii=False) + "\n")
                f.flush()
                os.fsync(f.fileno())
            self.rows.append(row)
