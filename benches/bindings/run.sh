#!/bin/sh
# Measures what each language costs: `make bench-bindings`. ROUNDS says how often each program has its turn.
#
# To add a language: a program with one argument, the folder of `boundtoken demo --directory`. It makes a verifier for the audience in
# `audience`, of `issuer`, `jwks.json` and `objects.json`, and then answers each line of standard input, `CASE COUNT`, with one line of
# JSON: {"language": "C", "case": "again", "count": 20000, "nanoseconds": 4012345}. It verifies the token in `token` COUNT times at the
# time of the clock, and reads the subject each time, by the CASE:
#
#   again         a token that was accepted before, with an object of the language for what the token says
#   again-record  the same, with the verdict in one buffer; a language without such a call leaves the case out: it answers {}
#   first         a verifier that remembers nothing checks the signature each time; with an object
#
# Then add it to `programs` below.
set -eu
cd "$(dirname "$0")/../.."
cargo=${CARGO:-cargo} target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
export CARGO_TARGET_DIR="$target"
work=$target/bench-bindings
rm -rf "$work"
mkdir -p "$work"

echo 'bench-bindings: building'
# All with the cryptography that the packages have, and their fast path.
make --no-print-directory capi TARGET_DIR="$target" FEATURES='aws-lc-rs kubernetes fast-rsa' >/dev/null
make --no-print-directory python-develop TARGET_DIR="$target" PYTHON_PROFILE=release >/dev/null
make --no-print-directory node-develop TARGET_DIR="$target" NODE_PROFILE=release >/dev/null
jdk=$(bindings/java/jdk.sh)
bindings/java/maven.sh process-classes --projects benches --also-make >/dev/null
$cargo build --quiet -p boundtoken-cli
"$target/debug/boundtoken" demo --directory "$work/cluster" >/dev/null
# As the C library is built.
CARGO_PROFILE_RELEASE_LTO=fat $cargo build --quiet --release -p boundtoken-bench-bindings --no-default-features --features aws-lc-rs,fast-rsa
link="-Iinclude -L$target/release -lboundtoken -Wl,-rpath,$target/release"
${CC:-cc} -std=gnu11 -O2 benches/bindings/c.c $link -o "$work/c"
${CXX:-c++} -std=c++17 -O2 -Ibindings/cpp/include benches/bindings/cpp.cpp $link -o "$work/cpp"

# A line for each: the language, and the command.
programs="Rust	$target/release/bench-bindings $work/cluster
C	$work/c $work/cluster
C++	$work/cpp $work/cluster
Python	$target/python/venv/bin/python bindings/python/benches/bindings.py $work/cluster
Node.js	${NODE:-node} bindings/node/benches/bindings.js $work/cluster
Java	$jdk/bin/java --enable-native-access=ALL-UNNAMED -Dboundtoken.library=$target/release/libboundtoken.so \
-cp $(cat bindings/java/benches/target/classpath):bindings/java/benches/target/classes dev.boundtoken.benches.Bindings $work/cluster"
printf '%s\n' "$programs" | python3 benches/bindings/run.py "${ROUNDS:-300}"
