# report: what it says of files that it can't read or must not replace.
"$PMPO" report
echo "exit $?"
"$PMPO" report none.pmpo
echo "exit $?"
echo text >some.pmpo
"$PMPO" report some.pmpo -o page.html
echo "exit $?"
"$PMPO" report --json some.pmpo
echo "exit $?"
"$PMPO" report some.pmpo none.pmpo
echo "exit $?"
ls
