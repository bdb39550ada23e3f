# docs/cli.md has a row for each option of each command, with its default.
"$PMPO" --list-options >list
awk -F '\t' -v doc="$CASES/../../docs/cli.md" '
    BEGIN { while ((getline line < doc) > 0) rows[++n] = line }
    {
        ok = 0
        for (i = 1; i <= n; i++) {
            split(rows[i], cell, / \| /)
            if (rows[i] ~ /^\| / \
                && index(cell[1] " ", "`" $2) \
                && cell[1] ~ ("`" $2 "[` ]") \
                && (cell[2] == "all" \
                    || index(", " cell[2] ",", ", " $1 ",")) \
                && index(rows[i], "| " $3 " |"))
                ok = 1
        }
        if (!ok) print "not in docs/cli.md: " $1 " " $2 ", default " $3
    }' list
awk -F '\t' 'END { print (NR > 100 ? "many rows" : NR " rows") }' list
