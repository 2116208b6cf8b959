#!/usr/bin/env bash
# Installs the libraries of a folder that build.sh filled.
#
#   install.sh FOLDER
#
# Variables: PREFIX, LIBDIR, INCLUDEDIR, DESTDIR, VERSION, SONAME. What lies below PREFIX is found by where the package is, so PREFIX
# may be moved as a whole. A folder elsewhere keeps its absolute name.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$here/../../..
folder=$1
lib=$DESTDIR$LIBDIR include=$DESTDIR$INCLUDEDIR documents=$DESTDIR$PREFIX/share/doc/boundtoken

install -d "$include" "$lib/pkgconfig" "$lib/cmake/boundtoken" "$documents"
install -m 644 "$root/include/boundtoken.h" "$include"
install -m 644 "$root/LICENSE-APACHE" "$root/LICENSE-MIT" "$documents"
install -m 644 "$folder/libboundtoken.a" "$lib"
if [ -e "$folder/boundtoken.dll" ]; then
    install -d "$DESTDIR$PREFIX/bin"
    install -m 755 "$folder/boundtoken.dll" "$DESTDIR$PREFIX/bin"
    install -m 644 "$folder/libboundtoken.dll.a" "$lib"
else
    install -m 755 "$folder/libboundtoken.so" "$lib/$SONAME"
    ln -sf "$SONAME" "$lib/libboundtoken.so"
fi

# The way from the folder $1, which is below PREFIX, to PREFIX.
up() { sed -e 's|^/*||' -e 's|[^/]\{1,\}|..|g' <<<"${1#"$PREFIX"}"; }

pc_prefix=$PREFIX pc_include=$INCLUDEDIR cmake_include=$INCLUDEDIR
case $LIBDIR/ in "$PREFIX"/*)
    pc_prefix="\${pcfiledir}/../$(up "$LIBDIR")"
    case $INCLUDEDIR/ in "$PREFIX"/*)
        pc_include="\${prefix}${INCLUDEDIR#"$PREFIX"}"
        cmake_include="\${_boundtoken_libdir}/$(up "$LIBDIR")${INCLUDEDIR#"$PREFIX"}"
        ;;
    esac
    ;;
esac

libraries=$(cat "$folder/libboundtoken.native-libs")
# Fills $1.in into the folder $2 of the library folder.
fill() {
    sed -e "s|@PREFIX@|$pc_prefix|" -e "s|@INCLUDEDIR@|$pc_include|" -e "s|@CMAKE_INCLUDEDIR@|$cmake_include|" \
        -e "s|@VERSION@|$VERSION|g" -e "s|@SONAME@|$SONAME|g" -e "s|@NATIVE_LIBS@|$libraries|" \
        -e "s|@CMAKE_NATIVE_LIBS@|${libraries// /;}|" "$here/$1.in" >"$lib/$2/$1"
    chmod 644 "$lib/$2/$1"
}
fill boundtoken.pc pkgconfig
fill boundtokenConfig.cmake cmake/boundtoken
fill boundtokenConfigVersion.cmake cmake/boundtoken
