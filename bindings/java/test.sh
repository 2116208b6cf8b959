#!/usr/bin/env bash
# Tests the Java library: `make test-java`. BOUNDTOKEN_VECTORS names more folders with vectors, separated by colons.
# Arguments are passed to Maven, such as -Dtest=MemoryTest, and then nothing else is tested.
set -euo pipefail
cd "$(dirname "$0")/../.."
cargo=${CARGO:-cargo} target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
export CARGO_TARGET_DIR=$target
work=$target/java
mkdir -p "$work"
step() { printf 'test-java: %s\n' "$*"; }
maven() { bindings/java/maven.sh "$@"; }

if ! jdk=$(bindings/java/jdk.sh 2>/dev/null) || ! command -v "${MVN:-mvn}" >/dev/null; then
    crates/testing/not-tested.sh 'the Java library' 'install Maven and a JDK from version 22 on, such as https://adoptium.net, and set JAVA_HOME'
    exit
fi

step 'the C library, the development server, the verdicts of the Rust library'
$cargo rustc --quiet -p boundtoken-capi --lib --crate-type cdylib --no-default-features --features aws-lc-rs,kubernetes,fast-rsa
[ -n "${BOUNDTOKEN:-}" ] || $cargo build --quiet -p boundtoken-cli
$cargo run --quiet -p boundtoken-testing --features boundtoken/aws-lc-rs --example verdicts >"$work/verdicts"
library=${BOUNDTOKEN_LIBRARY:-$target/debug/libboundtoken_capi.so}
options=(-Dboundtoken.library="$library" -Dboundtoken.program="${BOUNDTOKEN:-$target/debug/boundtoken}" -Dboundtoken.verdicts="$work/verdicts")
if [ $# -gt 0 ]; then
    maven test "${options[@]}" --projects boundtoken "$@"
    exit
fi

step 'the generated sources are current'
python3 bindings/java/generate.py --check

step 'javac -Xlint:all -Werror, JUnit'
maven test "${options[@]}" --projects '!benches'
# Maven is quiet, so its closing lines are made of its reports.
sed -n 's/^<testsuite .* tests="\([0-9]*\)" errors="\([0-9]*\)" skipped="\([0-9]*\)" failures="\([0-9]*\)".*/\1 \2 \3 \4/p' \
    bindings/java/*/target/surefire-reports/TEST-*.xml |
    awk '{ tests += $1; errors += $2; skipped += $3; failures += $4 }
        END { print "JUnit: " tests " tests, " errors " errors, " failures " failures, " skipped " skipped" }'

step 'javadoc -Xdoclint:all -Werror'
maven test-compile javadoc:javadoc --projects '!benches,!example'

step 'the jar, with the native library in it'
natives=$work/natives/linux-$(uname -m)
mkdir -p "$natives"
cp "$library" "$natives/libboundtoken.so"
maven package -DskipTests -Dboundtoken.natives="$work/natives" --projects boundtoken
jar=$(ls bindings/java/boundtoken/target/boundtoken-*.jar | grep -v -e sources -e javadoc -e tests)
said=$("$jdk/bin/java" --enable-native-access=ALL-UNNAMED -cp "$jar" bindings/java/boundtoken/src/test/jar/Loads.java)
case $said in 'BuildInfo[version='*) ;; *) echo "the jar does not load its library: $said" >&2; exit 1 ;; esac
said=$("$jdk/bin/java" --module-path "$jar" --add-modules dev.boundtoken --enable-native-access=dev.boundtoken \
    bindings/java/boundtoken/src/test/jar/Loads.java)
case $said in 'BuildInfo[version='*) ;; *) echo "the module does not load its library: $said" >&2; exit 1 ;; esac
said=$("$jdk/bin/java" -Dboundtoken.library=/there/is/none -cp "$jar" bindings/java/boundtoken/src/test/jar/Loads.java 2>&1) || :
case $said in *'cannot load the native library /there/is/none: name a file'*) ;; *) echo "$said" >&2; exit 1 ;; esac

step 'Java 17 is told what it lacks'
bindings/java/old-java.sh "$jar"

step 'the example of a service'
bindings/java/example/run.sh >"$work/example.log" 2>&1 || { cat "$work/example.log" >&2; exit 1; }
