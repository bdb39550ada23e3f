# Nothing is here yet; exactly one is the default.
"$PMPO" models list --json | tr '{' '\n' | grep -c '"default":true'
"$PMPO" models list --json | tr '{' '\n' | grep -c '"present":true'
"$PMPO" models list | grep -c 'the default'
"$PMPO" models info no-such-model
echo $?
