#!/bin/sh
# Packs the Node.js package, installs it into a clean project, and runs it there as CommonJS and as ESM.
#
#   package.sh FOLDER     leaves the tarball in FOLDER
set -eu
folder=$(realpath -m "$1")
here=$(cd "$(dirname "$0")" && pwd)
rm -rf "$folder"
mkdir -p "$folder/source" "$folder/project"

echo 'package-node: npm pack'
# Only what the package lists, with the licences, which stand elsewhere in the repository.
cd "$here"
cp -R package.json README.md index.js index.mjs index.d.ts index.d.mts auth.js auth.mjs auth.d.ts auth.d.mts lib prebuilt "$folder/source"
cp ../../LICENSE-APACHE ../../LICENSE-MIT "$folder/source"
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
