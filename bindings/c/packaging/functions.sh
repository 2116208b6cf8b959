#!/usr/bin/env bash
# Prints the names of the functions of the ABI, one a line. `make generate` keeps abi.json current.
set -euo pipefail
sed -n '/^  "functions": \[/,/^  \]/s/^      "name": "\(boundtoken_[a-z0-9_]*\)",$/\1/p' "$(dirname "$0")/../../abi.json" | grep .
