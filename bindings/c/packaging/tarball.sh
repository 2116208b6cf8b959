#!/usr/bin/env bash
# Makes $TARGET_DIR/packages/boundtoken-$VERSION-NAME.tar.gz of the libraries of a folder. The same files give the same bytes.
#
#   tarball.sh NAME FOLDER
#
# Variables: TARGET_DIR, VERSION, SONAME, FEATURES, TARGET.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
package=boundtoken-$VERSION-$1
stage=$TARGET_DIR/packages/stage
rm -rf "$stage/$package"
PREFIX='' LIBDIR=/lib INCLUDEDIR=/include DESTDIR=$stage/$package "$here/install.sh" "$2"
"$here/third-party.sh" >"$stage/$package/share/doc/boundtoken/THIRD-PARTY.txt"
date=${SOURCE_DATE_EPOCH:-$(git -C "$here" log -1 --format=%ct)}
tar --directory "$stage" --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$date" --create "$package" |
    gzip --no-name -9 >"$TARGET_DIR/packages/$package.tar.gz"
rm -rf "$stage/$package"
echo "package: $TARGET_DIR/packages/$package.tar.gz"
