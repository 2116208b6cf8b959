#!/bin/sh
# Runs the fast path with AVX-512 IFMA in the emulator Bochs, on any x86-64 machine: `make test-fast-rsa-emulated`. Takes a
# minute or two. TIMEOUT_SECONDS limits that. Needs these Debian packages: bochs, bochs-term, bochsbios, vgabios, isolinux,
# syslinux-common, genisoimage, binutils, openssl.
set -eu
for tool in bochs genisoimage as ld objcopy openssl script; do
    command -v $tool >/dev/null || { echo "  NOT TESTED: there is no $tool"; exit 1; }
done
here=$(dirname "$0")
mkdir -p "${TARGET_DIR:-target}/fast-rsa-emulated"
work=$(cd "${TARGET_DIR:-target}/fast-rsa-emulated" && pwd)
rm -rf "$work"
mkdir -p "$work/sources/rsa_ifma" "$work/sources/crypto" "$work/disc"

# The sources are unchanged except for what they use from `std` and what they make visible.
cp "$here"/*.rs "$work/sources"
for source in "$here"/../../../src/crypto/fast_rsa/rsa_ifma/*; do
    [ -d "$source" ] || cp "$source" "$work/sources/rsa_ifma"
done
cp -r "$here"/../../../src/crypto/lanes "$here"/../../../src/crypto/lanes.rs "$work/sources/crypto"
sed -i 's/pub(super)/pub(crate)/g' "$work"/sources/rsa_ifma/*.rs "$work/sources/crypto/lanes.rs"
sed -i 's/std::sync::LazyLock/crate::board::LazyLock/' "$work/sources/rsa_ifma/encoding.rs"
sed -i 's/is_x86_feature_detected!("avx512f")/crate::board::has(16)/; s/is_x86_feature_detected!("avx512ifma")/crate::board::has(21)/' \
    "$work/sources/crypto/lanes/simd.rs"
printf 'boundtoken tries the fast path' | openssl dgst -sha256 -binary >"$work/sources/rsa_ifma/known_hash.bin"

${RUSTC:-rustc} --edition 2024 --crate-type staticlib --cfg 'feature="fast-rsa-model"' -O -C panic=abort -C relocation-model=static \
    -C codegen-units=1 -C debug-assertions=on -o "$work/program.a" "$work/sources/main.rs"
as --64 "$here/boot.s" -o "$work/boot.o"
ld --no-warn-rwx-segments -n -T "$here/link.ld" --gc-sections -o "$work/program64" "$work/boot.o" "$work/program.a"
objcopy -O elf32-i386 "$work/program64" "$work/disc/program"

modules=/usr/lib/syslinux/modules/bios
cp /usr/lib/ISOLINUX/isolinux.bin $modules/ldlinux.c32 $modules/mboot.c32 $modules/libcom32.c32 "$work/disc"
printf 'DEFAULT it\nLABEL it\nKERNEL mboot.c32\nAPPEND program\n' >"$work/disc/isolinux.cfg"
genisoimage -quiet -o "$work/disc.iso" -b isolinux.bin -c boot.cat -no-emul-boot -boot-load-size 4 \
    -boot-info-table "$work/disc"
cat >"$work/bochsrc" <<END
display_library: term
megs: 256
romimage: file=/usr/share/bochs/BIOS-bochs-latest
vgaromimage: file=/usr/share/bochs/VGABIOS-lgpl-latest
cpu: model=corei7_icelake_u, ips=100000000, reset_on_triple_fault=0
ata0: enabled=1, ioaddr1=0x1f0, ioaddr2=0x3f0, irq=14
ata0-master: type=cdrom, path=$work/disc.iso, status=inserted
boot: cdrom
com1: enabled=1, mode=file, dev=$work/said
log: $work/log
panic: action=fatal
END
# Debian's Bochs waits for a command to its debugger, and needs a terminal to draw on.
echo c >"$work/go"
TERM=xterm script -qfc "timeout -k 5 ${TIMEOUT_SECONDS:-900} bochs -q -rc $work/go -f $work/bochsrc" /dev/null \
    >"$work/screen" 2>&1 </dev/null || true
sed 's/^/  Bochs: /' "$work/said" || true
grep -q '^PASSED' "$work/said"
