#!/bin/sh
# Build the samples (their binaries are in the repository, too): needs gcc with -m32. The flags make the same bytes each time with the same gcc:
# no build id, no paths, no timestamps.
cd "$(dirname "$0")" || exit 1
flags="-m32 -static -nostdlib -no-pie -fno-pic -Wl,--build-id=none -Wl,-z,noexecstack -Wl,-z,noseparate-code -s"
# shellcheck disable=SC2086
gcc $flags -o hello hello.S || exit 1
# shellcheck disable=SC2086
gcc $flags -O2 -march=pentium4 -mfpmath=sse -std=c11 -Wall -ffreestanding -fno-stack-protector -fno-asynchronous-unwind-tables -fno-builtin \
  -fno-strict-aliasing -ffp-contract=off -o checksums checksums.c || exit 1
# The same as 64-bit code: its system calls are those of i386, with pointers of 32 bits.
# shellcheck disable=SC2086
gcc -m64 ${flags#-m32} -O2 -std=c11 -Wall -ffreestanding -fno-stack-protector -fno-asynchronous-unwind-tables -fno-builtin \
  -fno-strict-aliasing -ffp-contract=off -o checksums64 checksums.c || exit 1
sh linux/build.sh || exit 1
sh debug/build.sh || exit 1
sh inspect/build.sh || exit 1
sh roles/build.sh || exit 1
sh machine/build.sh
