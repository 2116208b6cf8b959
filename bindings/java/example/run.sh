#!/bin/sh
# Runs the example against the development server. Ends with 0 only if all went as it should.
set -eu
cd "$(dirname "$0")/../../.."
cargo=${CARGO:-cargo} target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
jdk=$(bindings/java/jdk.sh)
. crates/dev-server/examples/run.sh

say 'java: building'
boundtoken=${BOUNDTOKEN:-$target/debug/boundtoken}
[ -n "${BOUNDTOKEN:-}" ] || $cargo build --quiet -p boundtoken-cli
$cargo rustc --quiet -p boundtoken-capi --lib --crate-type cdylib --no-default-features --features aws-lc-rs,kubernetes,fast-rsa
natives=$target/java/natives
mkdir -p "$natives/linux-$(uname -m)"
cp "$target/debug/libboundtoken_capi.so" "$natives/linux-$(uname -m)/libboundtoken.so"
bindings/java/maven.sh package -DskipTests -Dboundtoken.natives="$natives" --projects example --also-make

start_server "$boundtoken"
good=$(token example) other=$(token other)

"$jdk/bin/java" -jar bindings/java/example/target/boundtoken-example-*.jar --kubeconfig="$kubeconfig" --server.port=0 \
    >"$folder/service" 2>"$folder/log" &
service=$!
call_service
case $output in *WARNING*native*) echo 'the service may not call native code' >&2; exit 1 ;; esac
say 'java: all went as it should'
