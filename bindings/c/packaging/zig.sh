#!/usr/bin/env bash
# Runs a command with cargo-zigbuild and zig from PyPI, which compile and link for any system.
#
#   zig.sh COMMAND...
#
# Variables: TARGET_DIR, where both are installed once.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$TARGET_DIR"
folder=$(cd "$TARGET_DIR" && pwd)/zig
if ! cmp -s "$here/zig-requirements.txt" "$folder/installed"; then
    echo "zig: installing $(sed -n 's/^\([a-z].*==[0-9.]*\).*/\1/p' "$here/zig-requirements.txt" | paste -sd ' ' -)"
    rm -rf "$folder"
    python3 -m venv "$folder"
    "$folder/bin/pip" install --quiet --require-hashes --only-binary :all: -r "$here/zig-requirements.txt"
    cp "$here/zig-requirements.txt" "$folder/installed"
fi
# cargo-zigbuild asks the first python3 for ziglang.
PATH=$folder/bin:$PATH exec "$@"
