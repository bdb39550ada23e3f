"""Between Python and libpmpo: strings, options, errors, calls that take long.

Nothing is decided or computed here: names of options and words of settings
are looked up in the library.
"""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any, TypeVar

from ._pmpo import ffi, lib

T = TypeVar("T")

# ---- errors ------------------------------------------------------------------


class Error(Exception):
    """A call failed. `code` is the library's number (negative), `name` its
    name ("PMPO_EDATA"), the message one line for people."""

    code: int
    name: str

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.name = ffi.string(lib.pmpo_code_name(code)).decode()

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.code, str(self))


class DataError(Error, ValueError):
    """PMPO_EDATA: bad input data; the message names file and line."""


class UsageError(Error, ValueError):
    """PMPO_EUSAGE: arguments that don't go together or are out of range."""


class ModelError(Error):
    """PMPO_EMODEL: there is no such model, or it cannot be used."""


class Cancelled(Error):
    """PMPO_ECANCELLED: `Model.cancel` was called."""


_CLASSES: dict[int, type[Error]] = {
    lib.PMPO_EDATA: DataError,
    lib.PMPO_EUSAGE: UsageError,
    lib.PMPO_EMODEL: ModelError,
    lib.PMPO_ECANCELLED: Cancelled,
}


def error_of(err: Any) -> Error:
    """The exception for a filled pmpo_error."""
    text = ffi.string(err.text).decode(errors="replace")
    return _CLASSES.get(err.code, Error)(err.code, text)


def check(code: int, err: Any) -> None:
    if code < 0:
        err.code = code
        raise error_of(err)


# ---- strings, structs -----------------------------------------------------------


def text(s: Any) -> str:
    """A pmpo_str or a C string."""
    if ffi.typeof(s).kind == "struct":
        return bytes(ffi.buffer(s.ptr, s.len)).decode() if s.len else ""
    return "" if s == ffi.NULL else ffi.string(s).decode(errors="replace")


def texts(p: Any, n: int) -> list[str]:
    """p[0..n), pmpo_str or C strings."""
    return [text(p[i]) for i in range(n)]


def path_bytes(p: str | bytes | os.PathLike[Any]) -> bytes:
    """A file's name as the system has it, which need not be UTF-8."""
    b = os.fsencode(p)
    if b"\0" in b:
        raise ValueError(f"a NUL character inside a file's name: {p!r}")
    return b


class Keep:
    """Memory that C reads during a call: lives as long as this object."""

    def __init__(self) -> None:
        self._kept: list[Any] = []

    def raw(self, s: bytes) -> Any:
        p = ffi.new("char[]", s)
        self._kept.append(p)
        return p

    def path(self, p: str | bytes | os.PathLike[Any]) -> Any:
        """A char *: a file's name."""
        return self.raw(path_bytes(p))

    def cstr(self, s: str) -> Any:
        """A char *."""
        if "\0" in s:
            raise ValueError("a NUL character inside a string")
        return self.raw(s.encode())

    def pstr(self, s: str) -> Any:
        """A pmpo_str."""
        if not isinstance(s, str):
            raise TypeError(f"a text is a str, not {type(s).__name__}: {s!r}")
        b = s.encode()
        return {"ptr": self.raw(b), "len": len(b)}

    def pstrs(self, many: Iterable[str]) -> tuple[Any, int]:
        """An array of pmpo_str, and how many."""
        items = [self.pstr(s) for s in many]
        p = ffi.new("pmpo_str[]", items)
        self._kept.append(p)
        return p, len(items)


def _cname(kind: Any) -> str:
    """A type's name without "struct" or "enum" before it."""
    return str(kind.cname).removeprefix("struct ").removeprefix("enum ")


def _tellers() -> Iterator[tuple[str, Callable[[int], Any]]]:
    """Types of settings, and the function of each that tells its words: those of
    the library's functions "..._name" that take a value of the type."""
    for name in dir(lib):
        if name.endswith("_name"):
            takes = ffi.typeof(getattr(lib, name)).args
            if len(takes) == 1 and takes[0].kind == "enum":
                yield _cname(takes[0]), getattr(lib, name)


_WORDS = dict(_tellers())


def words(type_name: str) -> list[str]:
    """All words of an enumeration, in its order."""
    out: list[str] = []
    while word := text(_WORDS[type_name](len(out))):
        out.append(word)
    return out


def word(type_name: str, value: int) -> str:
    return text(_WORDS[type_name](value))


def _enum(type_name: str, name: str, value: object) -> int:
    known = words(type_name)
    if value not in known:
        raise ValueError(f"{name} is one of {', '.join(known)}, not {value!r}")
    return known.index(str(value))


#: Options that are files' names.
_FILES = ("tokenizer", "ca_file")
#: Fields that only the library sets, or that mean nothing without a function in C.
_UNSET = ("size", "dry_run", "marked_prompt", "n_custom", "approve")


def _text_option(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{name} is a text (str), not {type(value).__name__}: {value!r}")
    return value


def set_options(o: Any, given: Mapping[str, object], keep: Keep) -> None:
    """Sets fields of an options struct, which was initialised, by name. Text,
    words and numbers are what its declarations say."""
    members = dict(_members(ffi.typeof(o).item))
    for name, value in given.items():
        field = "template_name" if name == "template" else name
        if field not in members or field in _UNSET:
            raise TypeError(f"{_cname(ffi.typeof(o).item)} has no {name}")
        kind = members[field]
        if value is None:
            continue
        if kind.kind == "enum":
            setattr(o, field, _enum(_cname(kind), name, value))
        elif _cname(kind) == "pmpo_str":
            setattr(o, field, keep.pstr(_text_option(name, value)))
        elif name in _FILES and isinstance(value, (str, os.PathLike)):
            setattr(o, field, keep.path(value))
        elif kind.cname == "char *":
            setattr(o, field, keep.cstr(_text_option(name, value)))
        elif kind.kind == "primitive":
            setattr(o, field, value)
        else:
            raise TypeError(f"{name} is not set this way")


def _members(struct: Any) -> Iterator[tuple[str, Any]]:
    for name, field in struct.fields:
        if name:
            yield name, field.type
        else: # members of an unnamed struct or union are members
            yield from _members(field.type)


def fill(cls: type[T], s: Any) -> T:
    """A dataclass from the struct's fields of the same names."""
    values: dict[str, object] = {}
    members = dict(_members(ffi.typeof(s) if ffi.typeof(s).kind == "struct"
                            else ffi.typeof(s).item))
    for f in fields(cls):  # type: ignore[arg-type]
        kind = members.get(f.name)
        if kind is None:
            continue
        value = getattr(s, f.name)
        if kind.kind == "enum":
            value = word(_cname(kind), int(ffi.cast("int", value)))
        elif _cname(kind) in ("pmpo_str", "char *"):
            value = text(value)
        values[f.name] = value
    return cls(**values)


# ---- progress -------------------------------------------------------------------


@dataclass(frozen=True)
class Progress:
    """How far a call has come. `done` of `total` `unit`s (total 0: unknown);
    `loss` of what is being scored and `best`, the incumbent's, in nats, NaN
    where there is none; `left_ms` milliseconds, below 0: unknown."""

    stage: str
    done: int
    total: int
    unit: str
    iteration: int
    iterations: int
    candidate: int
    candidates: int
    loss: float
    best: float
    tokens_per_s: float
    left_ms: int


ProgressFn = Callable[[Progress], object]


@ffi.def_extern()  # type: ignore[misc,untyped-decorator,unused-ignore]
def pmpo_python_progress(ud: Any, p: Any) -> None:
    ffi.from_handle(ud).put(fill(Progress, p))


class Watch:
    """Progress on its way from the thread that works to the one that asked."""

    def __init__(self, fn: ProgressFn | None) -> None:
        self.fn = fn
        self.reports: queue.SimpleQueue[Progress | None] = queue.SimpleQueue()
        self.handle = ffi.new_handle(self)

    def put(self, p: Progress) -> None:
        self.reports.put(p)

    def into(self, o: Any) -> None:
        """Asks for reports in an options struct."""
        if self.fn:
            o.progress = lib.pmpo_python_progress
            o.progress_ud = self.handle


class _Work:
    """A call into the library, in a thread of its own, with what C reads and
    writes meanwhile: that lives as long as the thread."""

    def __init__(self, work: Callable[[], int], watch: Watch, keep: object) -> None:
        self._work, self._watch, self._keep = work, watch, keep
        self._turn = threading.Lock()
        self._begun = self._dropped = False
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="pmpo")
        self.code = 0
        self.failed: BaseException | None = None

    def _run(self) -> None:
        with self._turn:
            if self._dropped:
                return
            self._begun = True
        try:
            self.code = self._work()
        except BaseException as e: # reaches the caller
            self.failed = e
        finally:
            self._over.set()
            self._watch.reports.put(None)

    def start(self) -> None:
        self._thread.start()

    def end(self, stop: Callable[[], bool]) -> None:
        """It doesn't begin any more, or is stopped, and waited for if stop() says so."""
        with self._turn:
            self._dropped = True
        if self._begun and stop():
            while not self._over.is_set():
                try:
                    self._over.wait()
                except BaseException: # the first one is raised already
                    continue


def run(work: Callable[[], int], watch: Watch, stop: Callable[[], bool],
        keep: object = None) -> int:
    """Calls work(), which calls into the library, in a thread of its own, and
    waits: reports reach the progress function in the caller's thread, and ^C
    is heard at once. An exception (KeyboardInterrupt, or what the progress
    function raises) calls stop(). It says whether the end of the work is to be
    waited for: else the exception goes on at once, and the thread is left alone.
    keep: what C reads during the call."""
    job = _Work(work, watch, keep)
    raised: BaseException | None = None
    try:
        job.start()
        while True:
            try:
                report = watch.reports.get(timeout=0.2)
                if report is None:
                    break
                if watch.fn and raised is None:
                    watch.fn(report)
            except queue.Empty:
                continue
            except BaseException as e:
                if raised is None:
                    raised = e
                    if not stop():
                        raise
    except BaseException: # ^C also comes between the lines above
        job.end(stop)
        raise
    if job.failed is not None:
        raise job.failed
    if raised is not None:
        raise raised
    return job.code
