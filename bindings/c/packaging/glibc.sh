#!/bin/sh
# Says which glibc a shared library needs, and fails if that is newer than the packages promise: glibc.sh LIBRARY NAME
set -eu
# The oldest glibc that the libraries run with: Debian 10, RHEL 8, Ubuntu 18.10, Amazon Linux 2023.
oldest=2.28
versions=$(readelf --wide --version-info "$1")
newest=$(printf '%s\n' "$versions" | grep -o 'GLIBC_[0-9.]*' | sort -Vu | tail -n 1)
echo "$2 needs glibc ${newest#GLIBC_}"
[ -n "$newest" ] && [ "$(printf '%s\n' "${newest#GLIBC_}" "$oldest" | sort -V | tail -n 1)" = "$oldest" ]
