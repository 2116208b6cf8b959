#!/bin/sh
# Runs Maven here, with a JDK that is new enough and without its colours. The arguments are Maven's.
set -eu
cd "$(dirname "$0")"
JAVA_HOME=$(./jdk.sh)
export JAVA_HOME
# What Maven 3.8 says of its own libraries on a newer Java is no concern of ours.
export MAVEN_OPTS="--enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow ${MAVEN_OPTS:-}"
"$JAVA_HOME/bin/java" --sun-misc-unsafe-memory-access=allow -version >/dev/null 2>&1 || unset MAVEN_OPTS
export MAVEN_OPTS="-Djansi.noreset=true ${MAVEN_OPTS:-}"
exec "${MVN:-mvn}" --batch-mode --quiet -Dstyle.color=never "$@"
