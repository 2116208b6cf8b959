#!/usr/bin/env bash
# Makes Debian packages of the libraries of a folder: libboundtoken1 and libboundtoken-dev.
#
#   debian.sh FOLDER
#
# Variables: TARGET_DIR, VERSION, SONAME, FEATURES, TARGET, and MAINTAINER as Debian writes one: Name <address>.
# The packages are $TARGET_DIR/packages/*_$VERSION-1_ARCHITECTURE.deb.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$here/../../..
folder=$1
abi=${SONAME##*.}
library=libboundtoken$abi
case $TARGET in
aarch64-*) architecture=arm64 multiarch=aarch64-linux-gnu ;;
*) architecture=amd64 multiarch=x86_64-linux-gnu ;;
esac
version=$VERSION-1
maintainer=${MAINTAINER:-boundtoken packages <packages@boundtoken.invalid>}
date=@${SOURCE_DATE_EPOCH:-$(git -C "$here" log -1 --format=%ct)}

stage=$TARGET_DIR/packages/debian
rm -rf "$stage"
mkdir -p "$stage"
stage=$(cd "$stage" && pwd)
umask 022
PREFIX=/usr LIBDIR=/usr/lib/$multiarch INCLUDEDIR=/usr/include DESTDIR=$stage/libboundtoken-dev "$here/install.sh" "$folder"
rm -r "$stage/libboundtoken-dev/usr/share/doc/boundtoken"
install -d "$stage/$library/usr/lib/$multiarch"
# Debian's libraries cannot be executed as programs.
install -m 644 "$stage/libboundtoken-dev/usr/lib/$multiarch/$SONAME" "$stage/$library/usr/lib/$multiarch"
rm "$stage/libboundtoken-dev/usr/lib/$multiarch/$SONAME"

# What the shared library needs of the system: glibc of the newest version that it names, and nothing else.
dynamic=$(readelf --wide --dynamic --version-info "$folder/libboundtoken.so")
needed=$(sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' <<<"$dynamic" | grep -vE '^(libc|libm|libdl|librt|libpthread|libutil|ld-linux.*)\.so\.[0-9]+$' || true)
libc=$(grep -o 'GLIBC_[0-9.]*' <<<"$dynamic" | sort -Vu | tail -n 1)
depends="libc6 (>= ${libc#GLIBC_})"
for other in $needed; do
    [ "$other" = libgcc_s.so.1 ] || { echo "debian.sh: which package has $other?" >&2; exit 1; }
    depends+=", libgcc-s1"
done

copyright() {
    cat <<EOF
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: boundtoken

Files: *
Copyright: 2026 The boundtoken authors
License: Apache-2.0 or Expat
Comment: The library contains crates of other authors. Their licences are in
 /usr/share/doc/$library/THIRD-PARTY.txt.gz.

License: Apache-2.0
 On Debian systems the text of the Apache License, version 2.0, is in
 /usr/share/common-licenses/Apache-2.0.

License: Expat
$(sed -e '1,/^Copyright/d' -e 's/^$/./' -e 's/^/ /' "$root/LICENSE-MIT" | sed '1{/^ \.$/d}')
EOF
}

changelog() {
    printf '%s (%s) unstable; urgency=medium\n\n  * Version %s: see CHANGELOG.md of the sources.\n\n -- %s  %s\n' \
        boundtoken "$version" "$VERSION" "$maintainer" "$(LC_ALL=C date --utc --date="$date" '+%a, %d %b %Y %H:%M:%S +0000')"
}

# Builds the package $1, whose control file is read from the standard input.
build() {
    local package=$stage/$1
    local documents=$package/usr/share/doc/$1
    install -d "$package/DEBIAN" "$documents"
    copyright >"$documents/copyright"
    changelog | gzip --no-name -9 >"$documents/changelog.Debian.gz"
    {
        printf 'Package: %s\nSource: boundtoken\nVersion: %s\nArchitecture: %s\nMaintainer: %s\n' \
            "$1" "$version" "$architecture" "$maintainer"
        printf 'Multi-Arch: same\nPriority: optional\nInstalled-Size: %s\n' "$(du -sk --apparent-size "$package/usr" | cut -f 1)"
        cat
    } >"$package/DEBIAN/control"
    (cd "$package" && find usr -type f -print0 | LC_ALL=C sort -z | xargs -0 md5sum) >"$package/DEBIAN/md5sums"
    find "$package" -exec touch --no-dereference --date="$date" {} +
    local file=$TARGET_DIR/packages/$1_${version}_$architecture.deb
    SOURCE_DATE_EPOCH=${date#@} dpkg-deb --root-owner-group -Zxz --build "$package" "$file" >/dev/null
    echo "package: $file"
}

install -d "$stage/$library/DEBIAN" "$stage/$library/usr/share/doc/$library"
"$here/third-party.sh" | gzip --no-name -9 >"$stage/$library/usr/share/doc/$library/THIRD-PARTY.txt.gz"
echo "libboundtoken $abi $library (>= $VERSION)" >"$stage/$library/DEBIAN/shlibs"
echo 'activate-noawait ldconfig' >"$stage/$library/DEBIAN/triggers"
build "$library" <<EOF
Section: libs
Depends: $depends
Description: verify Kubernetes bound service-account tokens
 A service in a cluster authenticates its callers by their bound
 service-account tokens. This library verifies such a token inside the
 recipient, without a call to the API server, and refuses it as soon as the
 object that it is bound to is gone.
EOF
build libboundtoken-dev <<EOF
Section: libdevel
Depends: $library (= $version), libc6-dev
Description: verify Kubernetes bound service-account tokens, for C programs
 The header, the static library, and the files for pkg-config and CMake of
 libboundtoken, which verifies Kubernetes bound service-account tokens inside
 the recipient.
EOF
rm -rf "$stage"
