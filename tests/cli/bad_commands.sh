# One line each on standard error, and exit 2.
for words in frobnicate models "models frob" --frob "help frob" "data"; do
    "$PMPO" $words
    echo "$words: $?"
done
