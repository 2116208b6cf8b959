#!/usr/bin/env bash
# Packs the Java libraries, with the native library, their sources and their documentation, and uses them in a clean project.
#
#   package.sh FOLDER     leaves a Maven repository in FOLDER/repository
#
# Variables: TARGET_DIR, SONAME. Zig links against glibc 2.28, so that the jar runs on every Linux of the last years.
set -euo pipefail
folder=$(realpath -m "$1")
here=$(cd "$(dirname "$0")" && pwd)
tools=$here/../c/packaging
rm -rf "$folder/natives" "$folder/repository" "$folder/project" "$folder/local/dev/boundtoken"
mkdir -p "$folder/project"

# Where this machine has the sources is nobody's business.
RUSTFLAGS="${RUSTFLAGS:-} --remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=/cargo --remap-path-prefix=$(realpath "$here/../..")=/boundtoken"
export RUSTFLAGS
for architecture in x86_64 aarch64; do
    triple=$architecture-unknown-linux-gnu
    if [ ! -d "$(rustc --print sysroot)/lib/rustlib/$triple/lib" ]; then
        "$here/../../crates/testing/not-tested.sh" "the jar for $triple" "rustup target add $triple"
        continue
    fi
    echo "package-java: the native library for $architecture"
    libraries=$folder/target/$triple/release
    FEATURES='aws-lc-rs kubernetes fast-rsa' TARGET=$triple.2.28 CARGO=cargo-zigbuild \
        "$tools/zig.sh" env TARGET_DIR="$folder/target" "$tools/build.sh" "$libraries"
    "$tools/glibc.sh" "$libraries/libboundtoken.so" 'package-java: it'
    mkdir -p "$folder/natives/linux-$architecture"
    cp "$libraries/libboundtoken.so" "$folder/natives/linux-$architecture"
done

echo 'package-java: the jars, with sources and javadoc'
"$here/maven.sh" package source:jar-no-fork javadoc:jar deploy:deploy -DskipTests -Dboundtoken.natives="$folder/natives" \
    -DaltDeploymentRepository="package::file://$folder/repository" --projects '!benches,!example'
# Nobody else needs the tests.
find "$folder/repository" -name '*-tests.jar*' -delete
version=$(basename "$(ls -d "$folder"/repository/dev/boundtoken/boundtoken/[0-9]*)")
for artifact in boundtoken boundtoken-auth boundtoken-servlet boundtoken-spring boundtoken-grpc boundtoken-kafka boundtoken-jaxrs; do
    for suffix in '' -sources -javadoc; do ls "$folder/repository/dev/boundtoken/$artifact/$version/$artifact-$version$suffix.jar" >/dev/null; done
    "$("$here/jdk.sh")/bin/jar" --list --file "$folder/repository/dev/boundtoken/$artifact/$version/$artifact-$version.jar" |
        grep -c '^META-INF/LICENSE-' | grep -qx 2 || { echo "package-java: $artifact has not both licences" >&2; exit 1; }
done

echo 'package-java: a clean project'
# With a local repository of its own, which keeps only what is not ours.
cp -R "$here/package/." "$folder/project"
"$here/maven.sh" --file "$folder/project/pom.xml" -Dmaven.repo.local="$folder/local" -Dboundtoken.repository="file://$folder/repository" \
    -Dboundtoken.version="$version" compile
jars=$(find "$folder/local/dev/boundtoken" -name '*.jar' | sort | paste -sd :)
java=$("$here/jdk.sh")/bin/java
vectors=$here/../../tests/vectors/apiserver-rs256
"$java" --enable-native-access=ALL-UNNAMED -cp "$folder/project/target/classes:$jars" Installed "$vectors"
"$java" --enable-native-access=dev.boundtoken -p "$jars" --add-modules dev.boundtoken.auth -cp "$folder/project/target/classes" Installed "$vectors"
"$here/old-java.sh" "$folder/local/dev/boundtoken/boundtoken/$version/boundtoken-$version.jar"
find "$folder/repository" -name '*.jar' | sort | xargs ls -l
