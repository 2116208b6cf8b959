#!/usr/bin/env bash
# Prints the licences of the crates that are inside the C libraries: their notices must go wherever the libraries go.
#
# Variables: FEATURES, TARGET (empty for this machine).
set -euo pipefail
cd "$(dirname "$0")/../../.."
triple=${TARGET%%.*}
registry=${CARGO_HOME:-$HOME/.cargo}/registry/src

crates=$(cargo tree --quiet --locked -p boundtoken-capi --no-default-features --features "$FEATURES" --edges normal \
    --target "${triple:-$(rustc -vV | sed -n 's/^host: //p')}" --prefix none --format '{p}|{l}' |
    grep -v ' (/\| (proc-macro)' | sed 's/ (\*)$//' | LC_ALL=C sort -u)
echo 'libboundtoken contains the standard library of Rust (Apache-2.0 OR MIT, https://www.rust-lang.org) and these crates:'
echo
sed 's/^\([^ ]*\) v\([^|]*\)|/  \1 \2: /' <<<"$crates"

# A text that many crates have is printed once, below the names of all.
texts=$(mktemp -d)
trap 'rm -rf "$texts"' EXIT
while read -r name version; do
    for file in "$registry"/*/"$name-$version"/{LICEN[CS]E,COPYING,COPYRIGHT,NOTICE}*; do
        [ -f "$file" ] || continue
        sum=$(sha256sum <"$file" | cut -c 1-64)
        echo "$name $version" >>"$texts/$sum.crates"
        cp "$file" "$texts/$sum.text"
    done
done < <(sed 's/^\([^ ]*\) v\([^|]*\)|.*/\1 \2/' <<<"$crates")
for text in "$texts"/*.text; do
    printf '\n%s\n' '----------------------------------------------------------------------'
    LC_ALL=C sort -u "${text%.text}.crates" | paste -sd , - | sed 's/,/, /g' | fold -s -w 100
    echo
    cat "$text"
done
