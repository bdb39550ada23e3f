"""Examples: whatever has rows becomes the library's data."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Union

from ._core import DataError, Keep, check, text, texts
from ._pmpo import ffi, lib

#: A path, rows (dicts of the fields of JSONL, docs/formats.md), a pandas
#: DataFrame, a Hugging Face Dataset, or a Data.
DataLike = Union["Data", str, "os.PathLike[str]", Iterable[Mapping[str, Any]], Any]


def _plain(v: Any) -> Any:
    """Values of NumPy and pandas as JSON knows them; what is missing is None."""
    if isinstance(v, Mapping):
        return {str(k): _plain(x) for k, x in v.items()}
    if isinstance(v, (list, tuple)):
        return [_plain(x) for x in v]
    if hasattr(v, "tolist"):  # NumPy's arrays and scalars
        return _plain(v.tolist())
    if isinstance(v, float) and math.isnan(v):
        return None
    if v is None or isinstance(v, (str, int, float)):
        return v
    if type(v).__name__ in ("NAType", "NaTType"):  # pandas
        return None
    return v


def _rows(source: Any) -> Iterator[Mapping[str, Any]]:
    if hasattr(source, "to_dict") and hasattr(source, "columns"):  # pandas
        yield from source.to_dict(orient="records")
        return
    yield from source  # lists and Hugging Face datasets


#: The fields of docs/formats.md.
_FIELDS = ("id", "input", "prompt", "messages", "target", "chosen",
           "rejected", "rejected_drawn", "options", "answer", "weight")


def _line(row: Mapping[str, Any], number: int) -> str:
    """A row as JSON, without other columns: the library would read past them, but not
    past what JSON has no form for (dates, images) or C no type."""
    parts: list[str] = []
    for k, v in row.items():
        if k not in _FIELDS or (v := _plain(v)) is None:
            continue
        try:
            value = json.dumps(v, ensure_ascii=False, allow_nan=False)
            value.encode() # not where half of a surrogate pair is in it
        except (TypeError, ValueError) as e:
            raise DataError(lib.PMPO_EDATA, f"data:{number}: \"{k}\": {e}") from None
        parts.append(f"\"{k}\": {value}")
    return "{" + ", ".join(parts) + "}"


def _jsonl(source: Any) -> str:
    lines: list[str] = []
    for row in _rows(source):
        if not isinstance(row, Mapping):
            raise TypeError("data are rows of dicts, a path, a DataFrame or a "
                            f"Dataset; a row is {type(row).__name__}")
        lines.append(_line(row, len(lines) + 1))
    return "\n".join(lines) + "\n"


class Data:
    """Examples, read and checked by the library.

    source: a path to JSONL, a BIG-Bench Hard file or a .csv or .tsv table, or rows:
    dicts with the fields of docs/formats.md (input, target, options, ...), as a list, a pandas
    DataFrame or a Hugging Face Dataset. Values that are None or NaN count as
    missing, other columns are ignored. limit: the first examples only; 0: all.
    Raises DataError with the place and cause of the first mistake; the place of
    a row is data:NUMBER, counted from 1."""

    def __init__(self, source: DataLike, *, limit: int = 0) -> None:
        keep = Keep()
        out, err = ffi.new("pmpo_data **"), ffi.new("pmpo_error *")
        o = ffi.new("pmpo_data_options *")
        lib.pmpo_data_options_init(o)
        o.limit = limit
        if isinstance(source, Data):
            raise TypeError("these are Data already")
        if isinstance(source, (str, os.PathLike)):
            code = lib.pmpo_data_load(keep.path(source), o, out, err)
        else:
            code = lib.pmpo_data_parse(keep.pstr(_jsonl(source)), b"data", o, out,
                                       err)
        check(code, err)
        self._init(out[0])

    def _init(self, handle: Any) -> None:
        self._handle = ffi.gc(handle, lib.pmpo_data_free)

    @classmethod
    def _of(cls, handle: Any) -> Data:
        d = cls.__new__(cls)
        d._init(handle)
        return d

    def __len__(self) -> int:
        return int(lib.pmpo_data_count(self._handle))

    @property
    def task(self) -> str:
        """What the task is, where the file says; else ""."""
        return text(lib.pmpo_data_task(self._handle))

    @property
    def majority(self) -> float:
        """Share of the commonest answer, 0..1."""
        return float(lib.pmpo_data_majority(self._handle, ffi.NULL))

    def __getitem__(self, i: int) -> dict[str, Any]:
        """Example i as a dict of the fields it has."""
        n = len(self)
        if not -n <= i < n:
            raise IndexError(i)
        e = lib.pmpo_data_example(self._handle, i % n)
        row: dict[str, Any] = {"id": text(e.id)}
        if e.n_messages:
            row["messages"] = [
                {"role": text(e.messages[k].role),
                 "content": text(e.messages[k].content)}
                for k in range(e.n_messages)]
        else:
            row["input"] = text(e.input)
        row["target"] = text(e.target)
        if e.answer.len:
            row["answer"] = text(e.answer)
        if e.n_options:
            row["options"] = texts(e.options, e.n_options)
        if e.n_rejected:
            row["rejected"] = texts(e.rejected, e.n_rejected)
        if lib.pmpo_data_rejected_drawn(self._handle, i % n):
            row["rejected_drawn"] = True
        row["weight"] = float(e.weight)
        return row

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return (self[i] for i in range(len(self)))

    def to_pandas(self) -> Any:
        """A row an example, a column a field."""
        import pandas

        return pandas.DataFrame(list(self))

    def __repr__(self) -> str:
        return f"<pmpo.Data: {len(self)} examples>"


def data_of(source: DataLike) -> Data:
    return source if isinstance(source, Data) else Data(source)


__all__ = ["Data", "DataLike", "data_of"]
