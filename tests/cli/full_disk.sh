# What could not be written is not passed over.
[ -e /dev/full ] || { echo "pmpo: write: No space left on device" >&2; exit 1; }
"$PMPO" help >/dev/full
