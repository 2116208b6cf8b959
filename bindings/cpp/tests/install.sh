#!/usr/bin/env bash
# Builds a program with the installed headers: with find_package, FetchContent and pkg-config, after the installation was moved.
set -euo pipefail
cd "$(dirname "$0")/../../.."
target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
libraries=${TARGET_DIR:-$target}
work=$target/cpp/install
step() { printf 'test-cpp: %s\n' "$*"; }
quietly() { "$@" >"$work/log" 2>&1 || { cat "$work/log" >&2; echo "failed: $*" >&2; exit 1; }; }
rm -rf "$work"
mkdir -p "$work/program"

step 'make install and make install-cpp, and the second moved elsewhere'
quietly make --no-print-directory install TARGET_DIR="$libraries" PREFIX="$work/c"
quietly make --no-print-directory install-cpp TARGET_DIR="$target" PREFIX="$work/before"
mv "$work/before" "$work/cpp"
if grep -rn "$work/before" "$work/cpp"; then echo 'the installation names its old place' >&2; exit 1; fi

cat >"$work/program/main.cpp" <<'END'
#include <boundtoken.hpp>
#include <iostream>
int main() {
  const auto refused = boundtoken::VerifierBuilder().audience("vault").build();
  std::cout << boundtoken::version() << ' ' << refused.error().name() << '\n';
  return refused.status() == boundtoken::Status::no_issuer ? 0 : 1;
}
END
cat >"$work/program/CMakeLists.txt" <<'END'
cmake_minimum_required(VERSION 3.14)
project(program CXX)
if(SOURCE)
  include(FetchContent)
  FetchContent_Declare(boundtoken-cpp SOURCE_DIR ${SOURCE})
  FetchContent_MakeAvailable(boundtoken-cpp)
else()
  find_package(boundtoken-cpp 0.1 REQUIRED)
endif()
foreach(kind cpp cpp-static)
  add_executable(with-${kind} main.cpp)
  target_link_libraries(with-${kind} PRIVATE boundtoken::${kind})
endforeach()
END
for way in find_package FetchContent; do
    step "$way"
    source=
    if [ "$way" = FetchContent ]; then source=$PWD/bindings/cpp; fi
    quietly cmake -S "$work/program" -B "$work/$way" -DCMAKE_PREFIX_PATH="$work/c;$work/cpp" -DSOURCE="$source"
    quietly cmake --build "$work/$way" --parallel 2
    for kind in cpp cpp-static; do quietly env LD_LIBRARY_PATH="$work/c/lib" "$work/$way/with-$kind"; done
done

step 'pkg-config'
export PKG_CONFIG_PATH=$work/c/lib/pkgconfig:$work/cpp/lib/pkgconfig
[ "$(pkg-config --modversion boundtoken-cpp)" = "$(pkg-config --modversion boundtoken)" ] ||
    { echo 'the versions differ' >&2; exit 1; }
# The flags are words.
quietly g++ -std=c++17 "$work/program/main.cpp" $(pkg-config --cflags --libs boundtoken-cpp) -o "$work/with-pkg-config"
quietly env LD_LIBRARY_PATH="$work/c/lib" "$work/with-pkg-config"
