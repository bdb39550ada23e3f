"$PMPO" score --help
