# Changes a copy of the sources in one place at a time, and runs tests that must then fail. The scripts of the fast paths read this file
# from the root of the repository, after they set
#
# - name: of a folder for the copy, in TARGET_DIR
# - features: of the library
# - filters: what the names of the tests begin with, such as `crypto::p256::`. They run in this order, up to the first that fails
# - only: a part of the names of the mutants to try, or nothing for all
#
# In the end they call `report`.
copy=${TARGET_DIR:-target}/$name
rm -rf "$copy/sources"
mkdir -p "$copy/sources"
git ls-files -z | tar --null --files-from=- --create --file=- | tar --extract --directory="$copy/sources"
# Tests of the library itself need none of these, which would be built anew for each change.
sed -i '/^boundtoken-capi = /d; /^boundtoken-testing.workspace = /d' "$copy/sources/Cargo.toml"
target=$(cd "$copy" && pwd)/target
caught=0
missed=0

tests() {
    for filter in $filters; do
        (cd "$copy/sources" && CARGO_TARGET_DIR=$target BOUNDTOKEN_VERDICTS=600 \
            "${CARGO:-cargo}" test --quiet --features "$features" --lib -- "$filter") >"$copy/log" 2>&1 || return 1
    done
}

# mutant NAME FILE SED-SCRIPT
mutant() {
    case $1 in *"$only"*) ;; *) return ;; esac
    file=$copy/sources/src/crypto/$2
    cp "$file" "$copy/original"
    sed -i "$3" "$file"
    if cmp -s "$file" "$copy/original"; then
        echo "  STALE   $1: nothing in $2 matches any more"
        missed=$((missed + 1))
    elif tests; then
        echo "  MISSED  $1"
        missed=$((missed + 1))
    elif grep -q 'test result: FAILED' "$copy/log"; then
        echo "  caught  $1"
        caught=$((caught + 1))
    else
        echo "  BROKEN  $1: does not compile, see $copy/log"
        missed=$((missed + 1))
    fi
    cp "$copy/original" "$file"
}

report() {
    echo "mutants: $caught caught, $missed not"
    test $missed -eq 0
}

tests || { cat "$copy/log"; echo 'the tests fail without any change'; exit 1; }
