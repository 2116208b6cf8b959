#!/bin/sh
# Demands that Java 17 is told what it lacks: old-java.sh JAR
set -eu
jar=$1
old=
for java in /usr/lib/jvm/*/bin/java; do
    case $("$java" -version 2>&1) in *'"17.'*) old=$java ;; esac
done
if [ -z "$old" ]; then
    "$(dirname "$0")/../../crates/testing/not-tested.sh" 'the message for Java 17' 'apt-get install openjdk-17-jdk-headless'
    exit
fi
said=$("$old" -cp "$jar" "$(dirname "$0")/boundtoken/src/test/jar/Old.java" 2>&1) || :
case $said in
*'boundtoken needs Java 22 or newer, and this is Java 17: run the program with a newer Java'*) ;;
*) echo "$said" >&2; exit 1 ;;
esac
