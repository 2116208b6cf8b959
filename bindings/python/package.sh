#!/bin/sh
# Makes the source distribution, and the wheel from it. Then it installs the wheel into a new environment, and runs it there.
#
#   package.sh FOLDER     writes both into FOLDER/dist
#
# Zig links against glibc 2.28, so that the wheel runs on every Linux of the last years. The tools of requirements-dev.txt are on PATH.
set -eu
folder=$(realpath -m "$1")
here=$(cd "$(dirname "$0")" && pwd)
rm -rf "$folder/dist" "$folder/source" "$folder/venv"
mkdir -p "$folder/dist" "$folder/source"

echo 'package-python: source distribution'
maturin sdist --manifest-path "$here/Cargo.toml" --out "$folder/dist" 2>"$folder/sdist.log" || { cat "$folder/sdist.log" >&2; exit 1; }
tar -xzf "$folder"/dist/*.tar.gz -C "$folder/source" --strip-components 1

# From the unpacked source, so that one build proves both. Where this machine has the sources is nobody's business.
RUSTFLAGS="${RUSTFLAGS:-} --remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=/cargo --remap-path-prefix=$folder=/boundtoken"
export RUSTFLAGS
echo 'package-python: wheel'
(cd "$folder/source" && CARGO_TARGET_DIR="$folder/target" maturin build --quiet --release --locked --zig \
    --compatibility manylinux_2_28 --out "$folder/dist") >"$folder/wheel.log" 2>&1 || { cat "$folder/wheel.log" >&2; exit 1; }

echo 'package-python: abi3audit'
abi3audit --strict "$folder"/dist/*.whl

# With every Python that is there, in a new environment.
for version in 3.10 3.11 3.12 3.13 3.14 3.15; do
    "python$version" -c '' 2>/dev/null || continue
    echo "package-python: Python $version"
    rm -rf "$folder/venv"
    "python$version" -m venv "$folder/venv"
    "$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-index "$folder"/dist/*.whl
    (cd "$folder" && "$folder/venv/bin/python" -I "$here/tests/installed.py" "$here/../../tests/vectors/apiserver-rs256")
done
ls -l "$folder/dist"
