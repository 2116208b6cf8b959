#!/usr/bin/env bash
# Builds the C libraries for another system, or for an older one of this kind, and makes a tarball of them.
#
#   cross.sh NAME     x86_64-linux-gnu, aarch64-linux-gnu, x86_64-linux-musl, aarch64-linux-musl or x86_64-windows-gnu
#
# Variables: FEATURES, TARGET_DIR, VERSION, SONAME. The tarball is $TARGET_DIR/packages/boundtoken-$VERSION-NAME.tar.gz.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# The oldest glibc that the libraries run with: Debian 10, RHEL 8, Ubuntu 18.10, Amazon Linux 2023.
readonly GLIBC=2.28

name=$1
case $name in
x86_64-linux-gnu | aarch64-linux-gnu) triple=${name/-linux/-unknown-linux} target=$triple.$GLIBC ;;
x86_64-linux-musl | aarch64-linux-musl) triple=${name/-linux/-unknown-linux} target=$triple ;;
x86_64-windows-gnu) triple=x86_64-pc-windows-gnu target=$triple ;;
*) sed -n 's/^#   //p' "$0" >&2; exit 2 ;;
esac
export TARGET=$target CARGO=cargo-zigbuild

sysroot=$(rustc --print sysroot)
[ -d "$sysroot/lib/rustlib/$triple/lib" ] || {
    echo "cross.sh: the standard library of Rust for $triple is missing: rustup target add $triple" >&2
    exit 3
}
libraries=$TARGET_DIR/$triple/release
"$here/zig.sh" "$here/build.sh" "$libraries"

# The shared library of Windows gets its name only now, so what links with it is made for that name.
if [ "$name" = x86_64-windows-gnu ]; then
    { echo 'LIBRARY boundtoken.dll'; echo EXPORTS; "$here/functions.sh"; } >"$libraries/boundtoken.def"
    "$here/zig.sh" python3 -m ziglang dlltool -m i386:x86-64 -d "$libraries/boundtoken.def" -l "$libraries/libboundtoken.dll.a"
fi
if [ "${name##*-}" = gnu ] && [ -e "$libraries/libboundtoken.so" ]; then
    "$here/glibc.sh" "$libraries/libboundtoken.so" "cross: $name"
fi
"$here/tarball.sh" "$name" "$libraries"
