"""The program pmpo that came with the package: python -m pmpo, or pmpo."""

from __future__ import annotations

import os
import pathlib
import sys


def main() -> None:
    program = pathlib.Path(__file__).parent / "bin" / "pmpo"
    if not program.exists():
        sys.exit("pmpo: the program is not part of this package")
    os.execv(program, [str(program), *sys.argv[1:]])


if __name__ == "__main__":
    main()
