#!/bin/sh
# Builds the native part, packs the Node.js package, installs it into a clean project, and runs it there as CommonJS and as ESM.
#
#   package.sh FOLDER     leaves the tarball in FOLDER
#
# Zig links against glibc 2.28, so that the package runs on every Linux of the last years. Other systems build as they are.
set -eu
folder=$(realpath -m "$1")
here=$(cd "$(dirname "$0")" && pwd)
tools=$here/../c/packaging
rm -rf "$folder"/*.tgz "$folder/source" "$folder/project"
mkdir -p "$folder/source" "$folder/project"
# Only what the package lists, with the licences, which stand elsewhere in the repository.
cd "$here"
cp -R package.json README.md index.js index.mjs index.d.ts index.d.mts auth.js auth.mjs auth.d.ts auth.d.mts lib "$folder/source"
cp ../../LICENSE-APACHE ../../LICENSE-MIT "$folder/source"
mkdir "$folder/source/prebuilt"

echo 'package-node: the native part'
# Where this machine has the sources is nobody's business.
RUSTFLAGS="${RUSTFLAGS:-} --remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=/cargo --remap-path-prefix=$(realpath "$here/../..")=/boundtoken"
export RUSTFLAGS CARGO_TARGET_DIR="$folder/target"
built=$folder/target/release
if [ "$(uname -s)" = Linux ] && ldd --version 2>&1 | grep -qi 'glibc\|gnu'; then
    triple=$(uname -m)-unknown-linux-gnu
    built=$folder/target/$triple/release
    set -- "$tools/zig.sh" cargo-zigbuild zigbuild --target "$triple.2.28"
else
    set -- "${CARGO:-cargo}" build
fi
"$@" --quiet --locked --release --manifest-path "$here/Cargo.toml" >"$folder/build.log" 2>&1 || { cat "$folder/build.log" >&2; exit 1; }
node prebuilt.js "$built" "$folder/source/prebuilt"
case $built in *-linux-gnu/*) "$tools/glibc.sh" "$built/libboundtoken_node.so" 'package-node: it' ;; esac

echo 'package-node: npm pack'
cd "$folder/source"
npm pack --silent --pack-destination "$folder" >/dev/null

echo 'package-node: a clean project'
cd "$folder/project"
cp "$here"/test/installed.* .
echo '{ "private": true }' >package.json
# The package needs nothing else, so nothing is asked for over the network. Scripts are not run: it has none.
npm install --silent --no-audit --no-fund --offline --ignore-scripts "$folder"/boundtoken-*.tgz
vectors=$here/../../tests/vectors/apiserver-rs256
node installed.cjs "$vectors"
node installed.mjs "$vectors"
# The types are found both ways.
"$here/node_modules/.bin/tsc" --noEmit --strict --target es2022 --lib es2022,esnext.disposable --module nodenext --types node \
    --typeRoots "$here/node_modules/@types" installed.types.mts installed.types.cts
ls -l "$folder"/*.tgz
