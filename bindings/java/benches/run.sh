#!/bin/sh
# Measures with JMH: `make bench-java`. JMH_OPTIONS says how long, and an argument which, such as Again.
set -eu
cd "$(dirname "$0")/../../.."
target=${TARGET_DIR:-$PWD/target}
make --no-print-directory capi TARGET_DIR="$target" FEATURES='aws-lc-rs kubernetes fast-rsa'
jdk=$(bindings/java/jdk.sh)
bindings/java/maven.sh process-classes --projects benches --also-make
# shellcheck disable=SC2086
exec "$jdk/bin/java" -cp "$(cat bindings/java/benches/target/classpath):bindings/java/benches/target/classes" org.openjdk.jmh.Main \
    -jvmArgs "--enable-native-access=ALL-UNNAMED -Dboundtoken.library=$target/release/libboundtoken.so -Dboundtoken.repository=$PWD" \
    ${JMH_OPTIONS:--f 1 -wi 5 -w 1 -i 10 -r 1} "$@"
