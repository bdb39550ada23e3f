# Nothing is here yet; exactly one is the default.
"$PMPO" models list --json | tr '{' '\n' | grep -c '"default":true'
"$PMPO" models list --json | tr '{' '\n' | grep -c '"present":true'
"$PMPO" models list | grep -c 'the default'
# Without a folder for models none is here, and none is made.
XDG_CACHE_HOME=/dev/null "$PMPO" models list --json | tr '{' '\n' | grep -c '"present":false'
(unset XDG_CACHE_HOME HOME; "$PMPO" models list --json) | tr '{' '\n' | grep -c '"path":null,.*"present":false'
XDG_CACHE_HOME=$PWD/none "$PMPO" models list | grep -c ' -  '
ls
"$PMPO" models info no-such-model
echo $?
