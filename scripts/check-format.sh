#!/bin/sh
# Says where lines of C that changed since BASE are not formatted as .clang-format has it, and fails.
#   scripts/check-format.sh [BASE]     BASE: the commit that the branch left its upstream at, or HEAD
# `git clang-format BASE` puts it right. Passes where there is no clang-format.
set -eu
cd "$(dirname "$0")/.."
if ! command -v git-clang-format >/dev/null || ! git rev-parse --git-dir >/dev/null 2>&1; then
    echo "no clang-format or no git here: the format is not checked"
    exit 0
fi
base=${1:-$(git merge-base HEAD '@{upstream}' 2>/dev/null || echo HEAD)}
found=$(git clang-format --diff --extensions c,h,cpp "$base" 2>&1 || true)
case $found in
'' | 'no modified files to format' | *'did not modify any files')
    echo "changes since $(git rev-parse --short "$base") are formatted"
    exit 0 ;;
esac
echo "$found"
echo "not formatted; git clang-format $base puts it right"
exit 1
