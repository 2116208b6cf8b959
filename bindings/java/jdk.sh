#!/bin/sh
# Prints the folder of a JDK that is new enough: JAVA_HOME if it is, else the first below /usr/lib/jvm.
for jdk in "${JAVA_HOME:-}" /usr/lib/jvm/*; do
    [ -x "$jdk/bin/javac" ] || continue
    version=$("$jdk/bin/javac" -version 2>&1 | sed -n 's/^javac \([0-9]*\).*/\1/p')
    [ "${version:-0}" -ge 22 ] && { echo "$jdk"; exit; }
done
echo 'there is no JDK from version 22 on: install one, such as https://adoptium.net, and set JAVA_HOME' >&2
exit 1
