"""Writes the C source of the extension module pmpo._pmpo.

    python build_ffi.py INCLUDE-FOLDER OUT.c [C-COMPILER]

The declarations are pmpo.h itself, sent through the C preprocessor: none is
copied by hand. The C compiler that builds the extension checks each of them
against the header again.
"""

from __future__ import annotations

import pathlib
import subprocess
import sys

import cffi

CALLBACKS = """
extern "Python" void pmpo_python_progress(void *ud, const pmpo_progress *p);
"""


def declarations(include: pathlib.Path, compiler: str) -> str:
    """pmpo.h as plain declarations: shape of what cffi's parser takes."""
    stubs = pathlib.Path(__file__).resolve().parent / "ffi"
    command = [compiler, "-E", "-P", "-nostdinc", "-U__GNUC__", f"-I{stubs}",
               str(include / "pmpo.h")]
    return subprocess.run(command, check=True, capture_output=True,
                          text=True).stdout


def main(include: str, out: str, compiler: str = "cc") -> None:
    builder = cffi.FFI()
    builder.cdef(declarations(pathlib.Path(include), compiler) + CALLBACKS)
    builder.set_source("pmpo._pmpo", '#include "pmpo.h"', py_limited_api=True)
    builder.emit_c_code(out)


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    main(*sys.argv[1:])
