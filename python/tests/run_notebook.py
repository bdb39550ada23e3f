"""run_notebook.py FILE: runs a notebook from top to bottom; fails where a cell
does, or where one that is to show something shows nothing."""

from __future__ import annotations

import sys

import nbformat
from nbclient import NotebookClient

notebook = nbformat.read(sys.argv[1], as_version=4)
NotebookClient(notebook, timeout=300).execute()
shown = [o for c in notebook.cells if c.cell_type == "code" for o in c.outputs
         if o.output_type == "execute_result"]
assert shown, "no cell shows anything"
assert any("text/html" in o.data for o in shown), "no cell shows HTML"
print(f"{sys.argv[1]}: {len(notebook.cells)} cells, {len(shown)} show something")
