#!/bin/sh
# Prints the folder of a JDK that is new enough: JAVA_HOME if it is, else the first below /usr/lib/jvm. Fails if there is none.
for jdk in "${JAVA_HOME:-}" /usr/lib/jvm/*; do
    [ -x "$jdk/bin/javac" ] || continue
    version=$("$jdk/bin/javac" -version 2>&1 | sed -n 's/^javac \([0-9]*\).*/\1/p')
    [ "${version:-0}" -ge 22 ] && { echo "$jdk"; exit; }
done
exit 1
