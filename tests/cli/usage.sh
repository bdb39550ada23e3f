# Without a command: a short usage, and misuse.
"$PMPO"
